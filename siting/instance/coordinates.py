"""Where rows lie: shapes of layers, and lon and lat, become metres of the instance's CRS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from siting.errors import Finding
from siting.geo import (
    CrsError,
    Datum,
    FloatArray,
    project,
    suggest_crs,
    to_wgs84,
    transform,
    within_area,
)
from siting.instance.formats import RawTable
from siting.instance.given import GivenTable
from siting.instance.tables import Table

_SHAPES = {
    "zones": ("Polygon", "MultiPolygon"),
    "network_edges": ("LineString",),
}
"""Kinds of shape that the column `geometry` of a table may hold."""

_DISAGREE_M = 1.0
_DECIMALS = 3
"""Coordinates that were computed are kept to the millimetre."""


def unfold_shapes(
    table: Table, raw: RawTable, crs: str, datum: Datum
) -> tuple[RawTable, list[Finding]]:
    """Turn the shapes of a layer into the columns that the table has for them.

    Shapes of a table with a column `geometry` become WKT, those of others x and y: of a point
    itself, of a larger shape a point within it. They take the place of columns of these names.
    Without a `crs` shapes stay where they are.
    """
    if raw.geometry is None or not (table.column("x") or table.column("geometry")):
        return raw, []
    if not raw.crs:
        rule = "layer has no CRS"
        return raw, [Finding(place=raw.place, rule=rule, remedy="assign it in the GIS")]
    try:
        shapes = _in_metres(raw.geometry, raw.crs, crs, datum) if crs else raw.geometry
    except CrsError as error:
        return raw, [Finding(place=raw.place, rule=str(error))]
    if table.column("geometry"):
        return _with_columns(raw, {"geometry": _wkt(shapes)}), []
    points = shapely.point_on_surface(shapes)
    x, y = shapely.get_x(points), shapely.get_y(points)
    findings = _stale_columns(raw, x, y)
    return _with_columns(raw, {"x": x, "y": y}), findings


def _in_metres(
    shapes: NDArray[np.object_], source: str, crs: str, datum: Datum
) -> NDArray[np.object_]:
    def move(xy: FloatArray) -> FloatArray:
        x, y = xy.T
        if datum and xy.size and np.nanmax(np.abs(xy)) <= 180:  # noqa: PLR2004 - degrees
            x, y = to_wgs84(x, y, datum)
        if source != crs:
            x, y = (np.round(axis, _DECIMALS) for axis in transform(x, y, source, crs))
        return np.column_stack([x, y])

    moved: NDArray[np.object_] = shapely.transform(shapely.force_2d(shapes), move)
    return moved


def _wkt(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.asarray(shapely.to_wkt(shapes, rounding_precision=-1), dtype=object)


def _with_columns(raw: RawTable, columns: dict[str, NDArray[Any]]) -> RawTable:
    kept = [(h, c) for h, c in zip(raw.header, raw.cells, strict=True) if h not in columns]
    return replace(
        raw,
        header=(*(h for h, _ in kept), *columns),
        cells=(*(c for _, c in kept), *columns.values()),
        geometry=None,
    )


def _stale_columns(raw: RawTable, x: FloatArray, y: FloatArray) -> list[Finding]:
    """Tell of columns x and y that say something else than the points of the layer."""
    if not {"x", "y"} <= set(raw.header):
        return []
    cells = (pd.Series(raw.cells[raw.header.index(name)]) for name in ("x", "y"))
    stated_x, stated_y = (pd.to_numeric(c, errors="coerce").to_numpy(float) for c in cells)
    apart = np.hypot(stated_x - x, stated_y - y)
    count = int(np.sum(apart > _DISAGREE_M))
    if not count:
        return []
    return [
        Finding(
            severity="warning",
            place=raw.place,
            column="x, y",
            rule=f"lie up to {np.nanmax(apart):.0f} m from the points of the layer in {count} rows",
            remedy="the points are used; delete the columns",
        )
    ]


def read_shapes(given: GivenTable) -> tuple[GivenTable, list[Finding]]:
    """Check the WKT of a column `geometry` and write it in one way, so that equal is the same."""
    kinds = _SHAPES.get(given.declared.name)
    if kinds is None or not len(given):
        return given, []
    texts = given.frame["geometry"].to_numpy(object)
    shapes = shapely.from_wkt(np.where(texts == "", None, texts), on_invalid="ignore")
    filled, known = texts != "", ~shapely.is_missing(shapes)
    names = np.array([shape.geom_type if shape is not None else "" for shape in shapes])
    findings = given.findings(filled & ~known, "geometry", "must be WKT", value=_start_of(texts))
    findings += given.findings(
        known & ~np.isin(names, kinds),
        "geometry",
        f"must be a {' or '.join(kinds)}",
        value=_start_of(texts),
    )
    written = np.where(known, _wkt(shapes), "")
    frame = given.frame.assign(geometry=pd.Series(written, dtype=object))
    return replace(given, frame=frame), findings


def _start_of(texts: NDArray[np.object_]) -> Callable[[int], str]:
    return lambda i: f'"{texts[i][:30]}..."' if len(texts[i]) > 30 else f'"{texts[i]}"'  # noqa: PLR2004


def degrees_to_metres(
    given: GivenTable, crs: str, datum: Datum
) -> tuple[GivenTable, list[Finding]]:
    """Fill x and y from the columns lon and lat, and drop those.

    x and y stay NaN where lon and lat are no degrees or cannot be turned into `crs`, which is a
    finding.
    """
    if not {"lon", "lat"} & set(given.frame.columns):
        return given, []
    if not {"lon", "lat"} <= set(given.frame.columns) or not crs:
        return _without_degrees(given), []
    lon, lat = (given.frame[name].to_numpy(float) for name in ("lon", "lat"))
    findings = _no_degrees(given, lon, lat)
    if findings:
        return _without_degrees(given), findings
    known = np.isfinite(lon) & np.isfinite(lat)
    try:
        right_lon, right_lat = to_wgs84(lon[known], lat[known], datum)
        east, north = project(right_lon, right_lat, crs)
        findings = _wrong_area(given, right_lon, right_lat, crs)
    except CrsError as error:
        findings = [Finding(place=given.place, rule=str(error))]
    if findings:
        return _without_degrees(given), findings
    x, y = np.full(len(lon), np.nan), np.full(len(lon), np.nan)
    x[known], y[known] = np.round(east, _DECIMALS), np.round(north, _DECIMALS)
    frame = given.frame.assign(x=x, y=y)
    return _without_degrees(replace(given, frame=frame)), []


def _without_degrees(given: GivenTable) -> GivenTable:
    return replace(given, frame=given.frame.drop(columns=["lon", "lat"], errors="ignore"))


def _no_degrees(given: GivenTable, lon: FloatArray, lat: FloatArray) -> list[Finding]:
    wide, high = np.abs(lon) > 180, np.abs(lat) > 90  # noqa: PLR2004
    if most(wide):
        return [given.about("lon, lat", "are metres, not degrees", "call the columns x and y")]
    if most(high & (np.abs(lon) <= 90)):  # noqa: PLR2004
        return [given.about("lon, lat", "are swapped", "lon is the easting")]
    return [
        *given.findings(wide, "lon", "must be between -180 and 180"),
        *given.findings(high, "lat", "must be between -90 and 90"),
    ]


def _wrong_area(given: GivenTable, lon: FloatArray, lat: FloatArray, crs: str) -> list[Finding]:
    """Tell of lon and lat for which the CRS is not made."""
    outside = ~within_area(*project(lon, lat, crs), crs)
    if not most(outside):
        return []
    high = np.abs(lon) <= 90  # noqa: PLR2004
    if most(high & within_area(*project(np.where(high, lat, 0), np.where(high, lon, 0), crs), crs)):
        return [given.about("lon, lat", "are swapped", "lon is the easting")]
    return [
        given.about(
            "lon, lat",
            f"lie outside of the area that {crs} is made for",
            f'a CRS that fits is "{suggest_crs(lon, lat)}"',
        )
    ]


def most(marked: NDArray[np.bool_]) -> bool:
    """Tell whether more than half are marked."""
    return bool(marked.size and np.mean(marked) > 0.5)  # noqa: PLR2004
