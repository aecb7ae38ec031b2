"""How returns are damaged: builders of files, and what a case holds."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from review_returns import (
    DEPARTMENTS,
    Frame,
    approved,
    with_cells,
    write_csv,
    write_gdb,
    write_geojson,
    write_gpkg,
    write_shp,
    write_xlsx,
)

Build = Callable[[Path], Path]


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """One damaged return.

    Attributes
    ----------
    build
        Writes it into a folder and returns its path.
    says
        Every error, then every warning after a line ``-- warnings``; as text.
    checks
        Keys of the checks that it fails, in the order of `says`.
    """

    build: Build
    says: tuple[str, ...]
    checks: tuple[str, ...]
    departments: tuple[str, ...] = DEPARTMENTS
    options: Mapping[str, Any] = field(default_factory=dict)


def gpkg(frame: Frame) -> Build:
    return lambda folder: write_gpkg(frame, folder / "back.gpkg")


def xlsx(frame: Frame) -> Build:
    return lambda folder: write_xlsx(frame, folder / "back.xlsx")


def csv(frame: Frame) -> Build:
    return lambda folder: write_csv(frame, folder / "back.csv")


def geojson(frame: Frame) -> Build:
    return lambda folder: write_geojson(frame, folder / "back.geojson")


def row(number: int, **cells: Any) -> Build:
    return gpkg(with_cells(approved(), number, **cells))


# Files


def empty(folder: Path) -> Path:
    path = folder / "back.gpkg"
    path.touch()
    return path


def text_called_gpkg(folder: Path) -> Path:
    path = folder / "back.gpkg"
    path.write_text("the link has expired", encoding="utf-8")
    return path


def plain_sqlite(folder: Path) -> Path:
    path = folder / "back.gpkg"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE review (building_id TEXT)")
    return path


def half(folder: Path) -> Path:
    path = write_gpkg(approved(), folder / "back.gpkg")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def other_layer(folder: Path) -> Path:
    path = folder / "back.gpkg"
    whole = write_gpkg(approved(), folder / "whole.gpkg")
    shutil.copyfile(whole, path)
    with closing(sqlite3.connect(path)) as file, file:
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            file.execute(f"UPDATE {table} SET table_name = 'sites'")  # noqa: S608
    return path


def sql(*statements: str) -> Build:
    """Change a sound GeoPackage behind the back of every program that knows types."""

    def build(folder: Path) -> Path:
        path = write_gpkg(approved(), folder / "back.gpkg")
        with closing(sqlite3.connect(path)) as file, file:
            for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
                file.create_function(name, 1, lambda _: 0)
            for statement in statements:
                file.execute(statement)
        return path

    return build


def docx_called_xlsx(folder: Path) -> Path:
    path = folder / "back.xlsx"
    path.write_bytes(b"PK\x03\x04 half a zip")
    return path


def other_sheet(folder: Path) -> Path:
    path = folder / "back.xlsx"
    pd.DataFrame({"note": ["see mail"]}).to_excel(path, sheet_name="notes", index=False)
    return path


def sheet(**cells: object) -> Build:
    """Change cells of a sound workbook, by address."""

    def build(folder: Path) -> Path:
        path = write_xlsx(approved(), folder / "back.xlsx")
        book = openpyxl.load_workbook(path)
        for address, value in cells.items():
            book["review"][address] = value
        book.save(path)
        return path

    return build


def shp(frame: Frame, *gone: str, encoding: str = "UTF-8") -> Build:
    def build(folder: Path) -> Path:
        path = write_shp(frame, folder / "back.shp", encoding)
        for suffix in gone:
            path.with_suffix(suffix).unlink()
        if ".cpg" in gone:
            dbf = path.with_suffix(".dbf")
            content = bytearray(dbf.read_bytes())
            content[29] = 0  # many programs leave the code page unsaid
            dbf.write_bytes(content)
        return path

    return build


def gdb_without_tables(folder: Path) -> Path:
    path = write_gdb(approved(), folder / "back.gdb")
    for part in path.glob("*.gdbtable"):
        part.unlink()
    return path


def cut_json(folder: Path) -> Path:
    path = write_geojson(approved(), folder / "back.geojson")
    path.write_text(path.read_text(encoding="utf-8")[:500], encoding="utf-8")
    return path


def bare_json(folder: Path) -> Path:
    path = folder / "back.geojson"
    path.write_text(json.dumps({"type": "Feature"}), encoding="utf-8")
    return path


def ragged_csv(folder: Path) -> Path:
    path = write_csv(approved(), folder / "back.csv")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    lines[2] += ",too,many"
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


def pdf(folder: Path) -> Path:
    path = folder / "back.pdf"
    path.write_bytes(b"%PDF-1.7")
    return path


def points(x: Any, y: Any) -> Any:
    import geopandas as gpd

    return gpd.GeoSeries(gpd.points_from_xy(x, y), crs="EPSG:4548")


def shifted(folder: Path) -> Path:
    from siting.geo import from_wgs84

    path = write_geojson(approved(), folder / "back.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    for feature in content["features"]:
        lon, lat = from_wgs84(*feature["geometry"]["coordinates"], "gcj02")
        feature["geometry"]["coordinates"] = [float(lon), float(lat)]
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def area(folder: Path) -> Path:
    path = write_geojson(approved(), folder / "back.geojson")
    content = json.loads(path.read_text(encoding="utf-8"))
    lon, lat = content["features"][0]["geometry"]["coordinates"]
    ring = [[lon, lat], [lon + 1e-4, lat], [lon, lat + 1e-4], [lon, lat]]
    content["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
