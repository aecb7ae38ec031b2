"""The index of runs: one SQLite file beside their folders, always what the folders say."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

import pandas as pd

from siting.errors import Finding, InstanceError, nearest
from siting.store.values import SOLUTION_FILE

log = logging.getLogger(__name__)

INDEX = "runs.sqlite"
"""Name of the index beside the runs of all instances."""

IndexTable = Literal["runs", "served", "chosen"]
Made = TypeVar("Made")

_VERSION = 2
"""Of the tables below; an index of another version is made anew."""

_TABLES: dict[IndexTable, dict[str, str]] = {
    "runs": {
        "folder": "TEXT PRIMARY KEY",
        "run_id": "TEXT",
        "instance": "TEXT",
        "scenario": "TEXT",
        "title": "TEXT",
        "title_zh": "TEXT",
        "started": "TEXT",
        "budget": "REAL",
        "termination": "TEXT",
        "objective": "REAL",
        "bound": "REAL",
        "gap": "REAL",
        "gap_of_gain": "REAL",
        "certified_bound": "REAL",
        "today": "REAL",
        "cost": "REAL",
        "yearly_cost": "REAL",
        "sites": "INTEGER",
        "verified": "INTEGER",
        "gap_asked": "REAL",
        "time_limit_s": "REAL",
        "least_money": "INTEGER",
        "engine": "TEXT",
        "seconds": "REAL",
        "instance_hash": "TEXT",
        "base_hash": "TEXT",
    },
    "served": {
        "folder": "TEXT",
        "run_id": "TEXT",
        "service_id": "TEXT",
        "need": "REAL",
        "served": "REAL",
    },
    "chosen": {
        "folder": "TEXT",
        "run_id": "TEXT",
        "building_id": "TEXT",
        "service_id": "TEXT",
        "module_id": "TEXT",
        "status": "TEXT",
        "year": "INTEGER",
        "cost": "REAL",
    },
}

_KINDS = {"REAL": "float64", "INTEGER": "Int64", "TEXT": "object"}
"""Kinds of columns in pandas by those in SQLite."""

_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION}


def list_runs(root: Path) -> pd.DataFrame:
    """Return all runs under `root`, newest first, see `query_runs`."""
    return query_runs(root)


def query_runs(root: Path, where: str = "", table: IndexTable = "runs") -> pd.DataFrame:
    """Return the runs that meet a condition, newest first, or what they serve or choose.

    Parameters
    ----------
    where
        A condition of SQL on the columns of runs: ``budget > 100000 and gap < 0.01``, or ``run_id
        in (select run_id from chosen where building_id = 'B17')``; all runs where empty. It can
        only read.
    table
        ``runs``: a row per run; ``served``: per run and service, need and what is served of it, in
        units of the service; ``chosen``: per run and site. Rows belong together by ``folder``,
        relative to `root`.

    Raises
    ------
    InstanceError
        When the condition cannot be read.
    """
    kept = f"SELECT folder FROM runs WHERE (\n{where.strip() or '1'}\n)"  # noqa: S608  read only
    columns = ", ".join(f"t.{name}" for name in _TABLES[table])
    newest = "ORDER BY r.started DESC, r.run_id DESC, r.folder, t.rowid"
    text = (
        f"SELECT {columns} FROM {table} t JOIN runs r ON r.folder = t.folder "  # noqa: S608
        f"WHERE t.folder IN ({kept}) {newest}"
    )
    with _reading(root) as index:
        try:
            rows = index.execute(text).fetchall()
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise _unreadable(where, error) from None
    frame = pd.DataFrame(rows, columns=list(_TABLES[table]), dtype=object)
    return frame.astype({name: _KINDS[kind.split()[0]] for name, kind in _TABLES[table].items()})


def _unreadable(where: str, error: Exception) -> InstanceError:
    said, columns = str(error), list(_TABLES["runs"])
    remedy = f"columns: {', '.join(columns)}"
    if isinstance(error, sqlite3.DatabaseError) and said.startswith(
        ("not authorized", "access to", "prohibited")
    ):
        said = "only a condition that reads runs, served and chosen is allowed"
    elif said.startswith("no such column"):
        alike = nearest(said.partition(": ")[2], columns)
        remedy = f"{alike}; {remedy}" if alike else remedy
    finding = Finding(place="--where", value=where, rule=said, remedy=remedy)
    return InstanceError("--where", [finding])


def rebuild_index(root: Path) -> int:
    """Write the index anew from the folders and return how many runs it lists."""
    root.mkdir(parents=True, exist_ok=True)

    def anew(index: sqlite3.Connection) -> int:
        _make_tables(index)
        return _catch_up(index, root)

    return _written(root, anew)


def enter_run(root: Path, folder: Path) -> None:
    """Enter a new run; where the index cannot be written now, the next reading of it does."""
    try:
        _written(root, lambda index: _enter(index, root, folder))
    except sqlite3.Error as error:
        log.warning("the index could not be written (%s); it is when runs are listed", error)


@contextmanager
def _reading(root: Path) -> Iterator[sqlite3.Connection]:
    """Open an index that says what the folders say, to be read and nothing else."""
    try:
        if root.is_dir():
            _written(root, lambda index: _catch_up(index, root))
            place = f"{(root / INDEX).resolve().as_uri()}?mode=ro"
            index = sqlite3.connect(place, uri=True, timeout=30, isolation_level=None)
        else:
            index = _in_memory(root)
    except sqlite3.OperationalError:  # the folder cannot be written
        index = _in_memory(root)
    with closing(index):
        index.set_authorizer(_allowed)
        yield index


def _allowed(action: int, subject: str | None, *_: str | None) -> int:
    """Allow to read the tables of the index, and nothing else."""
    of_ours = action == sqlite3.SQLITE_READ and subject in _TABLES
    return sqlite3.SQLITE_OK if of_ours or action in _READING else sqlite3.SQLITE_DENY


def _in_memory(root: Path) -> sqlite3.Connection:
    index = sqlite3.connect(":memory:", isolation_level=None)
    _make_tables(index)
    _catch_up(index, root)
    return index


def _written(root: Path, write: Callable[[sqlite3.Connection], Made]) -> Made:
    """Write to the index in one transaction; one that is damaged is made anew."""
    try:
        return _transaction(root / INDEX, write)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in _DAMAGED:
            raise
    log.warning("%s is damaged and made anew", root / INDEX)
    handle, name = tempfile.mkstemp(prefix=".partial-", dir=root)
    os.close(handle)
    _transaction(Path(name), lambda index: _catch_up(index, root))
    Path(name).chmod(0o644)
    (root / f"{INDEX}-journal").unlink(missing_ok=True)  # of the damaged one
    Path(name).replace(root / INDEX)
    return _transaction(root / INDEX, write)


def _transaction(file: Path, write: Callable[[sqlite3.Connection], Made]) -> Made:
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as index:
        index.execute("BEGIN IMMEDIATE")
        try:
            if index.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                _make_tables(index)
            made = write(index)
        except BaseException:
            index.execute("ROLLBACK")
            raise
        index.execute("COMMIT")
        return made


def _make_tables(index: sqlite3.Connection) -> None:
    for name, columns in _TABLES.items():
        index.execute(f"DROP TABLE IF EXISTS {name}")
        said = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        index.execute(f"CREATE TABLE {name} ({said})")
        if name != "runs":
            index.execute(f"CREATE INDEX {name}_of_run ON {name} (folder)")
    index.execute(f"PRAGMA user_version = {_VERSION}")


def _catch_up(index: sqlite3.Connection, root: Path) -> int:
    """Enter the runs that are not listed, drop those that are gone; return how many there are."""
    there = {_relative(p.parent, root): p.parent for p in root.glob(f"*/[!.]*/{SOLUTION_FILE}")}
    listed = {folder for (folder,) in index.execute("SELECT folder FROM runs")}
    for folder in sorted(listed - set(there)):
        _drop(index, folder)
    for folder in sorted(set(there) - listed):
        _enter(index, root, there[folder])
    return int(index.execute("SELECT count(*) FROM runs").fetchone()[0])


def _relative(folder: Path, root: Path) -> str:
    return folder.relative_to(root).as_posix()


def _drop(index: sqlite3.Connection, folder: str) -> None:
    for table in _TABLES:
        index.execute(f"DELETE FROM {table} WHERE folder = ?", (folder,))  # noqa: S608


def _enter(index: sqlite3.Connection, root: Path, folder: Path) -> None:
    try:
        values = json.loads((folder / SOLUTION_FILE).read_text(encoding="utf-8"))
        entries = _entries(values, {"folder": _relative(folder, root), "run_id": folder.name})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return  # not a run of ours: it is not listed
    _drop(index, _relative(folder, root))
    for table, rows in entries.items():
        names = list(_TABLES[table])
        marks = ", ".join(f":{name}" for name in names)
        index.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608
            rows,
        )


def _entries(
    values: Mapping[str, Any], run: Mapping[str, Any]
) -> dict[IndexTable, Sequence[dict[str, Any]]]:
    """Return the rows of a run by table, from its `solution.json`."""
    provenance, chosen = values["provenance"], values["chosen"] or []
    asked, overrides = provenance["options"], provenance["overrides"]
    row = {
        **run,
        "instance": provenance["instance"],
        "scenario": provenance["scenario"],
        "title": overrides.get("title", ""),
        "title_zh": overrides.get("title_zh", ""),
        "started": provenance["started"],
        "budget": provenance["settings"]["budget"]["total"],
        "termination": values["termination"],
        "objective": values["objective"],
        "bound": values["bound"],
        "gap": values["gap"],
        "gap_of_gain": values.get("gap_of_gain"),
        "certified_bound": values.get("certified_bound"),
        "today": values["today"],
        "cost": values["cost"],
        "yearly_cost": values["costs"].get("yearly"),
        "sites": sum(site.get("status") != "keep" for site in chosen)
        if values["chosen"] is not None
        else None,
        "verified": int(bool(values["verified"])),
        "gap_asked": asked.get("gap"),
        "time_limit_s": asked.get("time_limit_s"),
        "least_money": int(asked.get("least_money", True)),
        "engine": provenance["engine"],
        "seconds": values["seconds"],
        "instance_hash": provenance["instance_hash"],
        "base_hash": provenance.get("base_hash"),
    }
    served = [
        {**run, "service_id": s, "need": told["need"], "served": told["served"]}
        for s, told in values["served"].items()
    ]
    sites = [
        {**run, **{name: site.get(name) for name in list(_TABLES["chosen"])[2:]}} for site in chosen
    ]
    return {"runs": [row], "served": served, "chosen": sites}
