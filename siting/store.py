"""Runs on disk: whole or not at all, never overwritten, listed in an index that can be rebuilt."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.certificate import CERTIFICATE_FILE, read_certificate, write_certificate
from siting.errors import Finding, InstanceError
from siting.solution import (
    ACQUISITION_COLUMNS,
    CHOSEN_COLUMNS,
    SERVICE_COLUMNS,
    Conflict,
    Limit,
    Provenance,
    Solution,
    Termination,
    Tier,
)

INDEX = "runs.sqlite"
"""Name of the index beside the runs of all instances."""

FileWriter = Callable[[Path], None]

_INDEX_COLUMNS = {
    "run_id": "TEXT PRIMARY KEY",
    "instance": "TEXT",
    "scenario": "TEXT",
    "started": "TEXT",
    "termination": "TEXT",
    "objective": "REAL",
    "bound": "REAL",
    "gap": "REAL",
    "cost": "REAL",
    "verified": "INTEGER",
    "engine": "TEXT",
    "seconds": "REAL",
    "instance_hash": "TEXT",
    "folder": "TEXT",
}


def result_values(
    solution: Solution, need: Mapping[str, float], *, verified: bool | None, folder: Path | None
) -> dict[str, Any]:
    """Return the result as plain values: the keys of the JSON line, then what a reload needs.

    Parameters
    ----------
    need
        Need of each service in the last year, in its unit.
    verified
        Whether every check passed; None where nothing was checked.
    folder
        The run's folder; None where nothing is stored.
    """
    kept = None
    if solution.has_plan:
        kept = solution.service[solution.service["place_id"] != ""]
        kept = kept[kept["year"] == solution.service["year"].max()]
    served = {} if kept is None else kept.groupby("service_id")["amount"].sum().to_dict()
    return {
        "termination": solution.termination.value,
        "objective": solution.objective,
        "bound": solution.bound,
        "gap": solution.gap,
        "gap_of_gain": solution.gap_of_gain,
        "certified_bound": solution.certified_bound,
        "tiers": [asdict(tier) for tier in solution.tiers],
        "cost": solution.cost.get("total"),
        "served": {
            service: {
                "need": amount,
                "served": round(float(served.get(service, 0.0)), 3) if solution.has_plan else None,
                "share": (
                    float(served.get(service, 0.0)) / amount
                    if solution.has_plan and amount
                    else None
                ),
            }
            for service, amount in need.items()
        },
        "chosen": _records(solution.chosen) if solution.has_plan else None,
        "solution_dir": None if folder is None else str(folder),
        "verified": verified,
        "seconds": round(solution.seconds, 3),
        "certified_gap": solution.certified_gap,
        "limit": None if solution.limit is None else solution.limit.value,
        "today": solution.today,
        "served_today": solution.served_today,
        "costs": solution.cost,
        "acquisitions": _records(solution.acquisitions),
        "overload": _records(solution.overload),
        "given_up": _records(solution.given_up),
        "conflict": None if solution.conflict is None else asdict(solution.conflict),
        "provenance": asdict(solution.provenance),
    }


def save_run(
    solution: Solution,
    need: Mapping[str, float],
    files: Mapping[str, FileWriter],
    *,
    root: Path,
    verified: bool,
    instance_path: Path,
    out: Path | None = None,
) -> Path:
    """Write a run and return its folder: ``root/<instance>/<run>``, or `out`.

    All is written to a temporary folder beside it, which is then renamed, so that a crash leaves
    the old or the new and never half. Runs under `root` enter the index; one at `out` does not.

    Parameters
    ----------
    files
        Writers by file name, each given the path to write.
    instance_path
        Where the instance was read from, for `siting verify`.

    Raises
    ------
    InstanceError
        When `out` exists already.
    """
    provenance = solution.provenance

    def write(partial: Path, folder: Path) -> None:
        for name, write_file in files.items():
            write_file(partial / name)
        if solution.has_plan:
            write_need(solution.service, partial / "need.csv")
        if solution.certificate is not None:
            write_certificate(solution.certificate, partial / CERTIFICATE_FILE)
        values = result_values(solution, need, verified=verified, folder=folder)
        values["instance_path"] = str(instance_path)
        text = json.dumps(values, ensure_ascii=False, indent=1, default=_plain)
        (partial / "solution.json").write_text(text + "\n", encoding="utf-8")

    folder = save_folder(write, root / provenance.instance, provenance.instance_hash, out=out)
    if out is None:
        _enter(root, folder)
    return folder


def save_folder(
    write: Callable[[Path, Path], None],
    parent: Path,
    content_hash: str,
    *,
    prefix: str = "",
    out: Path | None = None,
) -> Path:
    """Write a new folder whole or not at all, and return it: `out`, or a new one in `parent`.

    Parameters
    ----------
    write
        Given the temporary folder to write into and the folder that it will become.

    Raises
    ------
    InstanceError
        When `out` exists already.
    """
    refuse_existing(out)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = out or _free(parent / f"{prefix}{stamp}-{content_hash[:6]}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder.parent))
    try:
        write(partial, folder)
        partial.chmod(0o755)
        return _rename(partial, folder, may_step_aside=out is None)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def refuse_existing(out: Path | None) -> None:
    """Raise where a folder that is to be made exists already.

    Raises
    ------
    InstanceError
        When it does.
    """
    if out is not None and out.exists():
        finding = Finding(
            place=str(out),
            rule="exists already; runs are never overwritten",
            remedy="name a new folder",
        )
        raise InstanceError("--out", [finding])


def write_need(service: pd.DataFrame, path: Path) -> None:
    """Write who is served where, the columns of `SERVICE_COLUMNS`."""
    service[list(SERVICE_COLUMNS)].assign(minutes=service["minutes"].round(6)).to_csv(
        path, index=False, encoding="utf-8-sig", float_format="%.10g"
    )


def load_run(folder: Path) -> tuple[Solution, dict[str, Any]]:
    """Return a stored solution and the values of its `solution.json`.

    Raises
    ------
    InstanceError
        When the folder holds no readable run.
    """
    try:
        values = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
        service = pd.DataFrame(columns=SERVICE_COLUMNS)
        if values["objective"] is not None:
            service = pd.read_csv(
                folder / "need.csv",
                dtype=dict.fromkeys(SERVICE_COLUMNS[:4], str),
                encoding="utf-8-sig",
                keep_default_na=False,
                na_values={"minutes": [""]},
            )
        return _solution(folder, values, _dated(service, values, ["year"])), values
    except (OSError, ValueError, KeyError, TypeError) as error:
        finding = Finding(
            place=str(folder),
            rule=f"is no readable run ({type(error).__name__}: {error})",
            remedy="name a folder that `siting solve` wrote, or a run id that `siting runs` lists",
        )
        raise InstanceError("run", [finding]) from error


def find_run(name: str, root: Path) -> Path:
    """Return the folder of a run named by its path or by its id.

    Raises
    ------
    InstanceError
        When there is no such run.
    """
    if (Path(name) / "solution.json").exists():
        return Path(name)
    found = sorted(root.glob(f"*/{name}/solution.json")) if name else []
    if len(found) == 1:
        return found[0].parent
    rule = "no such run" if not found else f"{len(found)} runs have this id"
    remedy = "see `siting runs`, or name the run's folder"
    raise InstanceError("run", [Finding(place="RUN", value=f'"{name}"', rule=rule, remedy=remedy)])


def list_runs(root: Path) -> pd.DataFrame:
    """Return the index of all runs under `root`, newest first; rebuilt where it is missing."""
    if not (root / INDEX).exists():
        rebuild_index(root)
    try:
        with closing(_connect(root)) as index:
            return pd.read_sql_query("SELECT * FROM runs ORDER BY started DESC, run_id DESC", index)
    except (sqlite3.DatabaseError, pd.errors.DatabaseError):
        rebuild_index(root)
        with closing(_connect(root)) as index:
            return pd.read_sql_query("SELECT * FROM runs ORDER BY started DESC, run_id DESC", index)


def rebuild_index(root: Path) -> int:
    """Write the index anew from the folders and return how many runs it lists."""
    root.mkdir(parents=True, exist_ok=True)
    (root / INDEX).unlink(missing_ok=True)
    folders = [p.parent for p in sorted(root.glob("*/[!.]*/solution.json"))]
    for folder in folders:
        _enter(root, folder)
    with closing(_connect(root)) as index:
        return int(index.execute("SELECT count(*) FROM runs").fetchone()[0])


def _connect(root: Path) -> sqlite3.Connection:
    index = sqlite3.connect(root / INDEX, timeout=30)
    columns = ", ".join(f"{name} {kind}" for name, kind in _INDEX_COLUMNS.items())
    try:
        index.execute(f"CREATE TABLE IF NOT EXISTS runs ({columns})")
    except sqlite3.DatabaseError:  # no index of ours: the caller rebuilds it
        index.close()
        raise
    return index


def _enter(root: Path, folder: Path) -> None:
    try:
        values = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
        provenance = values["provenance"]
        row = {
            "run_id": folder.name,
            "instance": provenance["instance"],
            "scenario": provenance["scenario"],
            "started": provenance["started"],
            "termination": values["termination"],
            "objective": values["objective"],
            "bound": values["bound"],
            "gap": values["gap"],
            "cost": values["cost"],
            "verified": int(bool(values["verified"])),
            "engine": provenance["engine"],
            "seconds": values["seconds"],
            "instance_hash": provenance["instance_hash"],
            "folder": str(folder.relative_to(root)),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return  # not a run of ours: it is not listed
    marks = ", ".join(f":{name}" for name in row)
    with closing(_connect(root)) as index, index:
        index.execute(f"INSERT OR REPLACE INTO runs ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608


def _free(folder: Path) -> Path:
    candidate, number = folder, 2
    while candidate.exists():
        candidate = folder.with_name(f"{folder.name}-{number}")
        number += 1
    return candidate


def _rename(partial: Path, folder: Path, *, may_step_aside: bool) -> Path:
    """Rename to `folder`, or to the next free name where another run took it meanwhile."""
    while True:
        try:
            os.rename(partial, folder)  # noqa: PTH104  fails where the target holds anything
        except OSError:
            if not (may_step_aside and folder.exists()):
                raise
            folder = _free(folder)
        else:
            return folder


def _solution(folder: Path, values: dict[str, Any], service: pd.DataFrame) -> Solution:
    conflict, certified = values["conflict"], values["certified_bound"]
    chosen = _dated(pd.DataFrame(values["chosen"] or []), values, CHOSEN_COLUMNS)
    return Solution(
        termination=Termination(values["termination"]),
        limit=None if values["limit"] is None else Limit(values["limit"]),
        objective=values["objective"],
        bound=values["bound"],
        certificate=None
        if certified is None
        else read_certificate(folder / CERTIFICATE_FILE, certified),
        today=values["today"],
        tiers=tuple(Tier(**tier) for tier in values["tiers"]),
        chosen=chosen.reindex(columns=list(CHOSEN_COLUMNS)).astype({"capacity": float}),
        acquisitions=_dated(
            pd.DataFrame(values["acquisitions"]), values, ACQUISITION_COLUMNS
        ).reindex(columns=list(ACQUISITION_COLUMNS)),
        service=service,
        served_today=values["served_today"],
        overload=pd.DataFrame(
            values["overload"], columns=["place_id", "service_id", "capacity", "load"]
        ),
        given_up=pd.DataFrame(
            values["given_up"], columns=["building_id", "service_id", "module_id"]
        ),
        cost=values["costs"],
        conflict=None
        if conflict is None
        else Conflict(
            rows=tuple(conflict["rows"]),
            irreducible=conflict["irreducible"],
            ways_out=tuple(conflict["ways_out"]),
        ),
        provenance=Provenance(**values["provenance"]),
        seconds=values["seconds"],
    )


def _dated(rows: pd.DataFrame, values: dict[str, Any], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows with those columns that runs from before plans by year did not have."""
    label = values["provenance"]["settings"]["plan"]["start_year"] or 1
    usual = {"mode": "", "year": label, "until": label, "private_cost": 0.0}
    missing = {name: usual[name] for name in columns if name in usual and name not in rows}
    return rows.assign(**missing)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype(object).where(table.notna(), None)
    return [
        {str(key): _plain(value) for key, value in row.items()} for row in rows.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
