"""Out to the reviewers: rows, layers, coordinates, files."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from siting.errors import Finding, InstanceError, nearest
from siting.geo import SHIFTED_DATUMS, WGS84, CrsError, Datum, transform
from siting.report.labels import Lang, in_lang, title
from siting.review import log as review_log
from siting.review.fields import LAYER, REVIEWERS
from siting.review.formats.geopackage import write_geopackage
from siting.review.formats.secondary import FORMATS, Content
from siting.review.layers.layer import RUNS, Layer, described
from siting.review.layers.places import crs_of, moved
from siting.review.layers.public import public_edition
from siting.review.layers.run_layers import review_layers, runs_table
from siting.review.layers.several import together
from siting.review.layers.sites import review_rows
from siting.review.log import LOG_FILE
from siting.review.qgis.project import Shown
from siting.review.qgis.styling import style
from siting.review.run import ROUND_FILE, ReviewedRun, write_round
from siting.review.sheets import FORM, SHEETS, Sheets, missing_for_sheets, write_sheets

log = logging.getLogger(__name__)

GPKG = "gpkg"
KNOWN = (GPKG, *FORMATS, SHEETS)
"""Formats that can be asked for."""

_SHOWN = {LAYER, "sites", "demand", "zones"}
"""Layers of a map that are shown at first."""


@dataclass(frozen=True, kw_only=True)
class Edition:
    """What is exported, and how.

    Attributes
    ----------
    formats
        Of `KNOWN`.
    crs
        Reference system of all layers; the instance's where empty.
    datum
        Where given, lon and lat as the map services of this datum have them, instead of `crs`.
    department
        Only the rows of this department; of all where empty.
    public
        Whether sensitive sites leave no place.
    """

    formats: tuple[str, ...] = (GPKG,)
    crs: str = ""
    datum: Datum = ""
    lang: Lang = "en"
    department: str = ""
    public: bool = False


def export_review(
    runs: Sequence[ReviewedRun],
    edition: Edition,
    *,
    prices: pd.DataFrame | None = None,
    out: Path | None = None,
) -> dict[str, Path]:
    """Write the files of a review, or of several runs side by side; return them by format.

    The first export of a first round says so in its folder; each goes into the log.

    Parameters
    ----------
    prices
        As `siting.review.prices.prices_of` gives them; with one run only.
    out
        The GeoPackage to write; other formats beside it, by their endings. In the first run's
        folder where None: `review.gpkg`, of a department `review_<department>.gpkg`, of the public
        `review_public.gpkg`, of several runs `comparison.gpkg`.

    Raises
    ------
    InstanceError
        When there is no such format or department, the CRS cannot be reached safely, or a file
        that holds verdicts, or that is none of ours, is in the way.
    """
    paths = files_of(runs, edition, out)
    check_edition(runs, edition)
    for path in paths.values():
        refuse_to_replace(path)
    first = runs[0]
    source = first.instance.settings.crs
    target = edition.crs or source
    plain = _layers(runs, edition, prices)
    log.info("writing %s ...", ", ".join(path.name for path in paths.values()))
    layers = _at(plain, runs, edition, source, target)
    crs = crs_of(target, edition.datum)
    for name, path in paths.items():
        with staged(path) as new:
            if name == GPKG:
                called = title(first.results.instance, edition.lang)
                said = in_lang(edition.lang, f"{called}: review", f"{called}：审查")
                entries = _entries(layers, runs, edition.lang)
                write_geopackage(new, layers, entries, first.results, crs, said, edition.lang)
            elif name == SHEETS:
                write_sheets(
                    new,
                    Sheets(
                        run=first, review=layers[LAYER], crs=crs, lang=edition.lang,
                        public=edition.public,
                    ),
                )  # fmt: skip
            else:
                lonlat = _at(plain, runs, edition, source, WGS84, "") if name == "geojson" else {}
                content = Content(layers=layers, lonlat=lonlat, crs=crs, lang=edition.lang)
                FORMATS[name][1](new, content)
    if len(runs) == 1:
        record(first, {path.name: _digest(path) for path in paths.values()})
    return paths


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """Yield where to write a file or folder; all that was written takes its place once whole.

    What is written beside it moves along.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".partial-", dir=path.parent) as stage:
        yield Path(stage) / path.name
        for new in Path(stage).iterdir():
            old = path.with_name(new.name)
            if old.is_dir():
                shutil.rmtree(old)
            new.replace(old)


def layers_of(
    runs: Sequence[ReviewedRun], edition: Edition, prices: pd.DataFrame | None = None
) -> dict[str, Layer]:
    """Return all layers of an edition in its coordinates, and the table of its runs."""
    source = runs[0].instance.settings.crs
    plain = _layers(runs, edition, prices)
    return _at(plain, runs, edition, source, edition.crs or source)


def files_of(runs: Sequence[ReviewedRun], edition: Edition, out: Path | None) -> dict[str, Path]:
    """Return the file or folder of each format.

    Raises
    ------
    InstanceError
        When there is no such format.
    """
    unknown = [name for name in edition.formats if name not in KNOWN]
    if unknown:
        raise InstanceError(
            "review export",
            [
                Finding(
                    place="--format",
                    value=name,
                    rule=f"must be one of {', '.join(KNOWN)}",
                    remedy=nearest(name, KNOWN),
                )
                for name in unknown
            ],
        )
    usual = ["review" if len(runs) == 1 else "comparison", re.sub(r"\W", "_", edition.department)]
    usual += ["public" if edition.public else ""]
    base = out or runs[0].folder / f"{'_'.join(filter(None, usual))}.gpkg"
    stem = base.with_suffix("") if base.suffix in {".gpkg", ".gdb", ".dxf", ".xlsx"} else base
    endings = {name: ending for name, (ending, _) in FORMATS.items()}
    endings |= {GPKG: ".gpkg", SHEETS: "_sheets"}
    return {name: stem.with_name(stem.name + endings[name]) for name in edition.formats}


def check_edition(runs: Sequence[ReviewedRun], edition: Edition) -> None:
    """Make sure that what is asked for can be given.

    Raises
    ------
    InstanceError
        With everything that cannot.
    """
    findings = []
    departments = runs[0].departments
    if edition.department and edition.department not in departments:
        findings.append(
            Finding(
                place="--department",
                value=edition.department,
                rule=f"is none of those that must approve: {', '.join(departments) or 'none'}",
                remedy=nearest(edition.department, departments),
            )
        )
    if edition.datum and edition.datum not in SHIFTED_DATUMS:
        findings.append(
            Finding(
                place="--to-datum",
                value=edition.datum,
                rule=f"must be one of {', '.join(SHIFTED_DATUMS)}",
            )
        )
    if edition.datum and edition.crs:
        rule = "a shifted datum has its own lon and lat, and no other CRS"
        findings.append(Finding(place="--crs", value=edition.crs, rule=rule))
    if edition.crs:
        try:
            transform([0.0], [0.0], runs[0].instance.settings.crs, edition.crs)
        except CrsError as error:
            findings.append(Finding(place="--crs", value=edition.crs, rule=str(error)))
    if SHEETS in edition.formats:
        findings += missing_for_sheets()
        if len(runs) > 1:
            rule = "tell of one run, not of several"
            findings.append(Finding(place="--format", value=SHEETS, rule=rule))
    systems = {run.instance.settings.crs for run in runs}
    if len(systems) > 1:
        rule = f"runs lie in different systems: {', '.join(sorted(systems))}"
        findings.append(Finding(place="RUN", rule=rule, remedy="compare runs of one instance"))
    if findings:
        raise InstanceError("review export", findings)


def refuse_to_replace(path: Path) -> None:
    """Make sure that nothing is lost where a file is to be written.

    Raises
    ------
    InstanceError
        When the file holds verdicts, is open in another program, or is none of a review.
    """
    if not path.exists():
        return
    beside = path.with_name(path.name + "-wal")
    if beside.exists() and beside.stat().st_size:
        raise _in_the_way(path, "is open in another program", "close it there")
    if path.is_dir() and path.suffix != ".gdb":
        held = holding_verdicts(path)
        if not held and any(path.iterdir()):
            raise _in_the_way(path, "is there and no review", "name another by --out")
        for file in held:
            _refuse_verdicts(file)
    elif path.suffix != ".dxf":
        _refuse_verdicts(path)


def holding_verdicts(folder: Path) -> list[Path]:
    """Return the files of a folder of ours that reviewers fill in; none in any other folder."""
    return [
        file
        for pattern in (f"{LAYER}.shp", f"{LAYER}.geojson", f"{FORM}*.xlsx")
        for file in sorted(folder.glob(pattern))
    ]


def _refuse_verdicts(path: Path) -> None:
    from siting.review.returns import read_return

    try:
        table = read_return(path).table
    except InstanceError:
        raise _in_the_way(path, "is there and no review", "name another by --out") from None
    for name in REVIEWERS:
        if name == "department" or name not in table:
            continue
        cells = table[name].map(lambda cell: str(cell).strip() if not pd.isna(cell) else "")
        empty = {"", "0", "False", "false", "F", "no", "no · No", "no · 否"}
        if not cells.isin(empty).all():
            raise _in_the_way(
                path, "holds verdicts; they are never overwritten", "import them, or name another "
                "file by --out",
            )  # fmt: skip


def _in_the_way(path: Path, rule: str, remedy: str) -> InstanceError:
    return InstanceError("review export", [Finding(place=str(path), rule=rule, remedy=remedy)])


def _layers(
    runs: Sequence[ReviewedRun], edition: Edition, prices: pd.DataFrame | None
) -> dict[str, Layer]:
    """Return the layers in the coordinates of the instance."""
    each = []
    for run in runs:
        rows = review_rows(
            run.results,
            departments=run.departments,
            run_id=run.run_id,
            standings=run.standings,
            prices=prices if len(runs) == 1 else None,
            lang=edition.lang,
        )
        if edition.department:
            rows = rows[rows["department"] == edition.department].reset_index(drop=True)
        layers = review_layers(run, rows, edition.lang)
        each.append(public_edition(layers, run, edition.lang) if edition.public else layers)
    joined = each[0] if len(each) == 1 else together(each, edition.lang)
    return {name: layer for name, layer in joined.items() if name == LAYER or len(layer.table)}


def _at(  # noqa: PLR0917
    layers: Mapping[str, Layer],
    runs: Sequence[ReviewedRun],
    edition: Edition,
    source: str,
    target: str,
    datum: Datum | None = None,
) -> dict[str, Layer]:
    """Return layers in a reference system, with the table of runs that says so."""
    shift = edition.datum if datum is None else datum
    table = runs_table(
        list(runs), lang=edition.lang, crs=crs_of(target, shift), datum=shift,
        department=edition.department, public=edition.public,
    )  # fmt: skip
    about = described(RUNS, table, {name: name for name in table}, runs[0], edition.lang)
    return {**moved(layers, source, target, shift), RUNS: about}


def _entries(layers: Mapping[str, Layer], runs: Sequence[ReviewedRun], lang: Lang) -> list[Shown]:
    """Return the layer tree from the top; of several runs each layer once per run."""
    entries = []
    for layer in layers.values():
        look = style(layer, runs[0].results, lang)
        if len(runs) == 1 or not layer.shape:
            entries.append(
                Shown(
                    layer=layer, title=layer.title, style=look,
                    visible=layer.name in _SHOWN,
                )
            )  # fmt: skip
            continue
        for number, run in enumerate(runs):
            entries.append(
                Shown(
                    layer=layer,
                    title=f"{layer.title} · {run.run_id}",
                    style=look,
                    only=f"\"run_id\" = '{run.run_id}'",
                    visible=layer.name in _SHOWN and number == 0,
                )
            )
    return entries


def record(run: ReviewedRun, files: Mapping[str, str]) -> None:
    """Say which round the run is, and what has been handed out: SHA-256 by the file's name."""
    if not (run.folder / ROUND_FILE).exists():
        write_round(run.folder, run.round)
    review_log.append(
        run.folder / LOG_FILE,
        [
            review_log.Entry(
                event="export",
                run_id=run.run_id,
                round=run.round.number,
                file=name,
                file_sha256=digest,
            )
            for name, digest in files.items()
        ],
    )


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files of a folder in the order of their names."""
    files = sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
