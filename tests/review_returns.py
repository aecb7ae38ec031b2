"""Returned review files of every format, sound ones and damaged ones, for tests.

Three sites of `instances/tiny` are under review by two departments: a clinic and a station in A,
a station in B. In the sound return both approve all of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from report_plans import tiny_results

from siting.instance.instance import Instance
from siting.review.fields import FIELDS, SHORT
from siting.review.layers.sites import review_rows

PLANNING, FIRE = DEPARTMENTS = ("规划", "消防")
RUN = "20261122-101010-abc123"
NUMBERS = [field.name for field in FIELDS if field.type in {"number", "whole"}]

Frame = gpd.GeoDataFrame


@cache
def _exported(lang: Any, departments: tuple[str, ...]) -> Frame:
    return review_rows(tiny_results(lang), departments=departments, run_id=RUN, lang=lang)


def exported(lang: Any = "en", departments: Sequence[str] = DEPARTMENTS) -> Frame:
    """Return what was exported: A clinic, A station and B station for each department."""
    return _exported(lang, tuple(departments)).copy()


def town() -> Instance:
    """Return the instance as it was planned."""
    return tiny_results().planned


def approved(lang: Any = "en") -> Frame:
    """Return what comes back where both departments approve everything; rows 1 to 6."""
    rows = exported(lang)
    return rows.assign(
        decision="approve",
        reviewer=rows["department"].map({PLANNING: "李雷", FIRE: "韩梅梅"}),
        date="2026-11-22",
    ).astype(dict.fromkeys(NUMBERS, float))


def with_cells(frame: Frame, row: int, **cells: Any) -> Frame:
    """Return a frame with cells of one row, from 1, replaced."""
    frame = frame.copy()
    for name, value in cells.items():
        column = frame[name].astype(object)
        column.iloc[row - 1] = value
        numbers = name in NUMBERS and not isinstance(value, str)
        frame[name] = column.astype(float) if numbers else column
    return frame


def with_row(frame: Frame, like: int, **cells: Any) -> Frame:
    """Return a frame with a further row, a copy of another with some cells replaced."""
    added = with_cells(frame.iloc[[like - 1]], 1, **cells)
    return gpd.GeoDataFrame(pd.concat([frame, added], ignore_index=True), crs=frame.crs)


def write_gpkg(frame: Frame, path: Path) -> Path:
    """Write a GeoPackage with features 1 to n."""
    pyogrio.write_dataframe(
        frame, path, layer="review", driver="GPKG", geometry_type="Point",
        dataset_options={"VERSION": "1.3"},
        layer_options={"FID": "fid", "GEOMETRY_NAME": "geom"},
    )  # fmt: skip
    return path


def write_gdb(frame: Frame, path: Path) -> Path:
    """Write a FileGDB with features 1 to n."""
    pyogrio.write_dataframe(
        frame, path, layer="review", driver="OpenFileGDB", geometry_type="Point"
    )
    return path


def write_shp(frame: Frame, path: Path, encoding: str = "UTF-8") -> Path:
    """Write a Shapefile with short names and features 0 to n - 1."""
    cut = frame.rename(columns=SHORT).assign(commit=frame["commit"].astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a text that is cut off is what a test wants
        pyogrio.write_dataframe(cut, path, driver="ESRI Shapefile", encoding=encoding)
    return path


def write_geojson(frame: Frame, path: Path) -> Path:
    """Write GeoJSON, lon and lat."""
    pyogrio.write_dataframe(
        frame.to_crs("EPSG:4326"), path, driver="GeoJSON", layer_options={"RFC7946": "YES"}
    )
    return path


def write_xlsx(frame: Frame, path: Path, lang: str = "", title: int = 0) -> Path:
    """Write a workbook with the sheet `review`, `title` rows above its header."""
    table = pd.DataFrame(frame.drop(columns="geometry"))
    if lang:
        table = table.rename(columns={field.name: getattr(field, lang) for field in FIELDS})
    table.to_excel(path, sheet_name="review", index=False, startrow=title)
    return path


def write_csv(frame: Frame, path: Path) -> Path:
    """Write CSV with BOM."""
    pd.DataFrame(frame.drop(columns="geometry")).to_csv(path, index=False, encoding="utf-8-sig")
    return path


WRITERS: dict[str, Callable[[Frame, Path], Path]] = {
    "gpkg": write_gpkg,
    "gdb": write_gdb,
    "shp": write_shp,
    "geojson": write_geojson,
    "xlsx": write_xlsx,
    "csv": write_csv,
}
