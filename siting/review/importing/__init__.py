"""From what came back to the verdicts that hold: read, checked, recorded, told."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siting import store
from siting.errors import Finding, InstanceError
from siting.instance.settings_file import scenario_text
from siting.report.labels import Lang, for_reader
from siting.report.results import gather_results
from siting.review.checking import check_return, replaced
from siting.review.database.address import address_of
from siting.review.importing.verdicts_file import write_verdicts
from siting.review.layers.sites import review_rows
from siting.review.log import LOG_FILE, Entry, append, read, verdicts_in
from siting.review.prices import read_prices
from siting.review.returns import Return, layer_in, read_return
from siting.review.returns.copying import sha256_of_files
from siting.review.run import ReviewedRun
from siting.review.standing import Standing, scenario_after, standings
from siting.review.verdicts import Verdict

if TYPE_CHECKING:
    import geopandas as gpd

log = logging.getLogger(__name__)

Source = Path | str
"""A file, or the address of a database: ``postgresql://...``."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Imported:
    """What an import brought.

    Attributes
    ----------
    verdicts
        All of the return.
    recorded
        Those that the log did not hold already.
    standings
        Where every use stands now.
    scenario
        The scenario of the next round as text of `instance.toml`.
    written
        New files.
    findings
        Warnings; errors never come as far as this.
    """

    verdicts: tuple[Verdict, ...]
    recorded: tuple[Verdict, ...]
    standings: tuple[Standing, ...]
    scenario: str
    written: tuple[Path, ...]
    findings: tuple[Finding, ...]


def is_database(source: Source) -> bool:
    """Whether a source is the address of a database."""
    return str(source).startswith(("postgresql:", "postgres:"))


def read_source(
    source: Source, *, crs: str | None = None, encoding: str | None = None, run: str = ""
) -> Return:
    """Return what a file or a database says.

    Parameters
    ----------
    run
        Of a database that holds several; its folder or id.

    Raises
    ------
    InstanceError
        When it cannot be read.
    """
    if is_database(source):
        from siting.review.returns.database import read_database

        return read_database(str(source), run)
    return read_return(Path(source), crs=crs, encoding=encoding)


def run_of(returned: Return) -> str:
    """Return the run that a return was exported from.

    Raises
    ------
    InstanceError
        When it names none.
    """
    if not returned.run_id:
        findings = [*returned.findings, returned.spot.about("no_run", column="run_id")]
        raise InstanceError(returned.place, findings)
    return returned.run_id


def verdicts_from(
    source: Source, run: ReviewedRun, *, crs: str | None = None, encoding: str | None = None
) -> tuple[tuple[Verdict, ...], list[Finding]]:
    """Return the verdicts of a return and the warnings about it.

    Parameters
    ----------
    source
        A file, or the address of a database.
    crs
        Of its points, in place of what the file states.
    encoding
        Of the text of a Shapefile without .cpg.

    Raises
    ------
    InstanceError
        When anything in it is wrong, with all findings.
    """
    return verdicts_of(read_source(source, crs=crs, encoding=encoding, run=run.run_id), run)


def verdicts_of(returned: Return, run: ReviewedRun) -> tuple[tuple[Verdict, ...], list[Finding]]:
    """Return the verdicts of a return that was read and the warnings about it.

    Raises
    ------
    InstanceError
        When anything in it is wrong, with all findings.
    """
    log.info("checking %s ...", returned.place)
    exported = exported_rows(run, language_of(returned))
    verdicts, findings = check_return(returned, exported, run.instance, run.departments)
    findings += replaced(verdicts, _recorded(run), returned.spot)
    if any(finding.severity == "error" for finding in findings):
        raise InstanceError(returned.place, findings)
    return verdicts, findings


def exported_rows(run: ReviewedRun, lang: Lang) -> gpd.GeoDataFrame:
    """Return the rows that reviewers of a language were given."""
    results = run.results
    if results.lang != lang:
        results = gather_results(
            for_reader(run.instance, lang),
            run.plan.travel,
            run.solution,
            run.plan.service_today,
            verified=results.verified,
            lang=lang,
            afterwards=run.plan.afterwards,
            model=run.plan.model,
        )
    return review_rows(
        results,
        departments=run.departments,
        run_id=run.run_id,
        standings=run.standings,
        prices=read_prices(run.folder, lang),
        lang=lang,
    )


def language_of(returned: Return) -> Lang:
    """Return the language that a return was exported in, by what it says of the state of sites."""
    states = returned.table.get("state", np.empty(0, object))
    chinese = [any(ord(sign) > 0x2E7F for sign in str(text)) for text in states if text]  # noqa: PLR2004  CJK
    return "zh" if chinese and sum(chinese) > len(chinese) / 2 else "en"


def import_verdicts(
    verdicts: Sequence[Verdict],
    run: ReviewedRun,
    source: Source,
    findings: Sequence[Finding] = (),
    *,
    out: Path | None = None,
) -> Imported:
    """Record verdicts in the audit log and write them, with the scenario of the next round.

    A verdict that the log holds already is not recorded again. Files go to the new folder `out`,
    or beside the run's own; where the log cannot be written none is left.

    Raises
    ------
    InstanceError
        When `out` exists, or the log is broken.
    """
    store.refuse_existing(out)
    before = _recorded(run)
    held = {verdict.key: verdict for verdict in before}
    new = tuple(verdict for verdict in verdicts if held.get(verdict.key) != verdict)
    stand = standings([*before, *new], run.departments)
    name = f"round_{run.round.number + 1}"
    text = scenario_text(name, scenario_after(run.round.base, stand))
    files: dict[str, store.FileWriter] = {
        "verdicts.csv": partial(
            _write_csv,
            verdicts,
            run.run_id,
            run.solution.provenance.instance_hash,
        ),
        "scenario.toml": lambda path: _write_text(text, path),
    }
    written = _write(run, files, out) if verdicts else ()
    try:
        append(run.folder / LOG_FILE, _entries(new, run, source))
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        if out is not None and written:
            out.rmdir()
        raise
    return Imported(
        verdicts=tuple(verdicts),
        recorded=new,
        standings=stand,
        scenario=text,
        written=written,
        findings=tuple(findings),
    )


def _recorded(run: ReviewedRun) -> tuple[Verdict, ...]:
    """Return all verdicts of the log, those of earlier rounds and of this one."""
    return verdicts_in(read(run.folder / LOG_FILE))


def _entries(verdicts: Sequence[Verdict], run: ReviewedRun, source: Source) -> list[Entry]:
    file, digest = _named(source)
    known = read_prices(run.folder, "en")
    priced: Mapping[tuple[str, str], Any] = {
        (row["building_id"], row["service_id"]): row for row in known.to_dict("records")
    }
    entries = []
    for verdict in verdicts:
        price = priced.get((verdict.building_id, verdict.service_id), {})
        low, high = (_known(price.get(name)) for name in ("price_low", "price_high"))
        entries.append(
            Entry(
                event="verdict",
                run_id=run.run_id,
                round=run.round.number,
                verdict=verdict,
                file=file,
                file_sha256=digest,
                price_low=low,
                price_high=high,
            )
        )
    return entries


def _known(amount: Any) -> float | None:
    return None if amount is None or np.isnan(amount) else float(amount)


def _named(source: Source) -> tuple[str, str]:
    """Return what the log says of a source: its name without a password, and its SHA-256."""
    if is_database(source):
        return address_of(str(source)).shown, ""
    path = layer_in(Path(source))
    return path.name, sha256_of_files(path)


def _write(
    run: ReviewedRun, files: Mapping[str, store.FileWriter], out: Path | None
) -> tuple[Path, ...]:
    if out is not None:

        def write(partial_folder: Path, _: Path) -> None:
            for name, write_file in files.items():
                write_file(partial_folder / name)

        folder = store.save_folder(write, out.parent, "", out=out)
        return tuple(folder / name for name in files)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    while True:
        named = {f"review-{Path(n).stem}-{stamp}{Path(n).suffix}": w for n, w in files.items()}
        if not any((run.folder / name).exists() for name in named):
            break
        stamp = f"{stamp}-2"
    return tuple(run.folder / name for name in store.add_files(run.folder, named))


def _write_csv(verdicts: Sequence[Verdict], run_id: str, instance_hash: str, path: Path) -> None:
    write_verdicts(verdicts, path, run_id=run_id, instance_hash=instance_hash)


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")
