"""The review layer of a GeoPackage, cell by cell as SQLite holds it.

A reader that knows types would turn text in a field of numbers into 0 without a word.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from siting.errors import InstanceError
from siting.review.fields import LAYER
from siting.review.returns.checks import Spot
from siting.review.returns.returned import Return, make_return

_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_HEADER_BYTES = 8
_EMPTY = 0b0001_0000


def read_geopackage(path: Path, file: str) -> Return:
    """Return the review layer of a GeoPackage that is whole.

    Parameters
    ----------
    file
        Its name in findings.

    Raises
    ------
    InstanceError
        When it has no such layer.
    """
    with closing(sqlite3.connect(path)) as package:
        package.row_factory = sqlite3.Row
        package.text_factory = _text
        table = _layer(package, Spot(file=file))
        spot = Spot(file=file, layer=table)
        try:
            rows = package.execute(f"SELECT rowid AS _row, * FROM {_quoted(table)}").fetchall()  # noqa: S608
        except sqlite3.DatabaseError as error:
            raise InstanceError(file, [spot.about("damaged", what=str(error))]) from None
        described = package.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
        geometry, crs = _geometry(package, table)
    key = next((column["name"] for column in described if column["pk"]), "")
    names = [str(c["name"]) for c in described if c["name"] not in {geometry, key}]
    return make_return(
        spot,
        names,
        [[row[name] for row in rows] for name in names],
        [f"fid {row[key] if key else row['_row']}" for row in rows],
        shapes=[_shape(row[geometry]) for row in rows] if geometry else None,
        crs=crs,
    )


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _layer(package: sqlite3.Connection, spot: Spot) -> str:
    """Return the table of the layer as it is written there."""
    there = [str(row[0]) for row in package.execute("SELECT table_name FROM gpkg_contents")]
    tables = {row[0] for row in package.execute("SELECT name FROM sqlite_master")}
    found = next((name for name in there if name.lower() == LAYER and name in tables), "")
    if not found:
        layers = ", ".join(name for name in there if name != "layer_styles") or "-"
        finding = spot.about("no_layer", layer=LAYER, there=layers)
        raise InstanceError(spot.file, [finding])
    return found


def _geometry(package: sqlite3.Connection, table: str) -> tuple[str, str]:
    """Return the column of points and their CRS; each empty where there is none."""
    row = package.execute(
        "SELECT g.column_name, s.* FROM gpkg_geometry_columns g LEFT JOIN gpkg_spatial_ref_sys s "
        "ON s.srs_id = g.srs_id WHERE g.table_name = ?",
        (table,),
    ).fetchone()
    return ("", "") if row is None else (str(row["column_name"]), _crs(dict(row)))


def _crs(system: Mapping[str, Any]) -> str:
    """Return a reference system of `gpkg_spatial_ref_sys` as text; -1 and 0 stand for none."""
    if system["srs_id"] is None or int(system["srs_id"]) in {-1, 0}:
        return ""
    if str(system["organization"]).upper() == "EPSG":
        return f"EPSG:{int(system['organization_coordsys_id'])}"
    wkt = str(system.get("definition_12_063") or "")
    return wkt if wkt not in {"", "undefined"} else str(system["definition"])


def _shape(blob: object) -> Any:
    """Return a geometry in the encoding of GeoPackage; None for none, and for what is damaged."""
    import shapely

    if not isinstance(blob, bytes) or blob[:2] != b"GP":
        return None
    (flags,) = struct.unpack_from("B", blob, 3)
    start = _HEADER_BYTES + _ENVELOPE_BYTES.get(flags >> 1 & 0b111, 0)
    if flags & _EMPTY:
        return None
    return shapely.from_wkb(blob[start:], on_invalid="ignore")
