"""A safe copy of what came back: all files that belong together, and every edit that was saved."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from siting.errors import InstanceError
from siting.review.returns.checks import ReturnFinding, Spot

SUFFIXES = (".gpkg", ".gdb", ".shp", ".geojson", ".json", ".xlsx", ".csv")
"""Formats that are read."""

_SQLITE = b"SQLite format 3\x00"
_NEEDED = (".shp", ".shx", ".dbf")
"""Parts without which a Shapefile cannot be read."""

_PARTS = (*_NEEDED, ".prj", ".cpg")
_WAIT_S = 10.0


@contextmanager
def safe_copy(path: Path) -> Iterator[Path]:
    """Copy a return into a folder of its own, which is gone when the block ends.

    A GeoPackage is copied through SQLite, so that edits which a GIS that still has it open has
    saved into its write-ahead log come along, and then checked for damage; a Shapefile comes with
    all its parts, a FileGDB as the whole folder. The return itself is only read.

    Raises
    ------
    InstanceError
        When it is not there, empty, damaged, locked, incomplete or of another format.
    """
    _refuse(path, _missing(path))
    with tempfile.TemporaryDirectory(prefix="siting-return-") as folder:
        copy = Path(folder) / path.name
        match path.suffix.lower():
            case ".gpkg":
                _refuse(path, _copy_geopackage(path, copy))
            case ".shp" | ".dbf" | ".shx":
                copy = _copy_shapefile(path, Path(folder))
            case ".gdb":
                shutil.copytree(path, copy, ignore=shutil.ignore_patterns("*.lock"))
            case _:
                shutil.copyfile(path, copy)
        yield copy


def sha256_of_files(path: Path) -> str:
    """Return the SHA-256 of all files of a return, in the order of their names."""
    digest = hashlib.sha256()
    files = [path]
    if path.is_dir():
        files = sorted(part for part in path.iterdir() if part.suffix != ".lock")
    elif path.suffix.lower() in _NEEDED:
        files = _parts(path)
    for part in files:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def _refuse(path: Path, findings: list[ReturnFinding]) -> None:
    if findings:
        raise InstanceError(path.name, findings)


def _missing(path: Path) -> list[ReturnFinding]:
    """Return why a path cannot be copied at all."""
    spot, suffix = Spot(file=path.name), path.suffix.lower()
    if not path.exists():
        return [spot.about("no_file")]
    if suffix not in {*SUFFIXES, ".dbf", ".shx"} or path.is_dir() != (suffix == ".gdb"):
        return [spot.about("format")]
    if path.is_file() and path.stat().st_size == 0:
        return [spot.about("empty_file")]
    if suffix in _NEEDED:
        there = {part.suffix.lower() for part in _parts(path)}
        return [spot.about("part_missing", part=p) for p in _NEEDED if p not in there]
    return []


def _parts(path: Path) -> list[Path]:
    return sorted(
        part
        for part in path.parent.iterdir()
        if part.stem == path.stem and part.suffix.lower() in _PARTS
    )


def _copy_shapefile(path: Path, folder: Path) -> Path:
    for part in _parts(path):
        shutil.copyfile(part, folder / f"{path.stem}{part.suffix.lower()}")
    return folder / f"{path.stem}.shp"


def _copy_geopackage(path: Path, copy: Path) -> list[ReturnFinding]:
    """Copy what is saved in a GeoPackage, and return what is wrong with it."""
    spot = Spot(file=path.name)
    with path.open("rb") as stream:
        if stream.read(len(_SQLITE)) != _SQLITE:
            return [spot.about("not_geopackage")]
    place = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(place, uri=True, timeout=_WAIT_S)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # waits for its lock
            source.backup(target)
        with closing(sqlite3.connect(copy)) as target:
            says = [str(row[0]) for row in target.execute("PRAGMA quick_check(1)")]
            tables = {row[0] for row in target.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return [spot.about("locked")]
        return [spot.about("damaged", what=str(error))]
    if says != ["ok"]:
        return [spot.about("damaged", what=says[0])]
    return [] if "gpkg_contents" in tables else [spot.about("not_geopackage")]
