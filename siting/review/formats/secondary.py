"""The secondary formats: FileGDB, Shapefile, GeoJSON, DXF, workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from siting.geo import WGS84, axis_names
from siting.report.labels import Lang
from siting.review.fields import LAYER, SHORT
from siting.review.formats.arrow import write_layer
from siting.review.formats.dxf import label, write_dxf
from siting.review.formats.workbook import write_workbook
from siting.review.layers.layer import Layer

_CUT_BYTES = 254
"""Of a text in a Shapefile."""

_SHORT_LETTERS = 10


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is written.

    Attributes
    ----------
    layers
        In the coordinates of `crs`.
    lonlat
        The same in lon and lat of WGS 84.
    """

    layers: Mapping[str, Layer]
    lonlat: Mapping[str, Layer]
    crs: str
    lang: Lang


def write_filegdb(path: Path, content: Content) -> None:
    """Write an Esri file geodatabase, with names of fields and codes as tables."""
    for layer in [*content.layers.values(), *_dictionaries(content.layers)]:
        kinds = {name: "time" if kind == "day" else kind for name, kind in layer.kinds.items()}
        write_layer(replace(layer, kinds=kinds), path, driver="OpenFileGDB", crs=content.crs)


def write_shapefiles(path: Path, content: Content) -> None:
    """Write a folder of Shapefiles in UTF-8, and `names.csv` with what their fields stand for."""
    path.mkdir()
    rows = []
    for layer in content.layers.values():
        short = short_names(layer)
        cut = replace(
            layer,
            table=_cut(layer.table).rename(columns=short),
            kinds={short.get(name, name): kind for name, kind in layer.kinds.items()},
        )
        write_layer(
            cut,
            path / f"{layer.name}.{'shp' if layer.shape else 'dbf'}",
            driver="ESRI Shapefile",
            crs=content.crs,
            layer_options={"ENCODING": "UTF-8"},
        )
        rows += [
            {"layer": layer.name, "field": short[name], "name": name, "label": alias}
            for name, alias in layer.aliases.items()
        ]
    _csv(pd.DataFrame(rows), path / "names.csv")


def write_geojson(path: Path, content: Content) -> None:
    """Write a folder with one RFC 7946 file per layer, lon and lat of WGS 84."""
    path.mkdir()
    for layer in content.lonlat.values():
        nowhere = replace(layer, shape="Point", table=layer.table.assign(geometry=None))
        write_layer(
            layer if layer.shape else nowhere,
            path / f"{layer.name}.geojson",
            driver="GeoJSON",
            crs=WGS84,
            layer_options={"RFC7946": "YES", "WRITE_NAME": "NO"},
        )


def write_drawing(path: Path, content: Content) -> None:
    """Write a DXF, and beside it a CSV of what is at each point."""
    write_dxf(path, content.layers)
    x, y = axis_names(content.crs)
    rows: list[dict[str, Any]] = []
    for layer in content.layers.values():
        if layer.shape != "Point":
            continue
        for row in layer.table.to_dict("records"):
            point = row["geometry"]
            where = (None, None) if point is None else (point.x, point.y)
            rows.append({"layer": layer.name, "text": label(row), x: where[0], y: where[1]})
    _csv(pd.DataFrame(rows), path.with_name(f"{path.stem}_dxf.csv"))


def write_sheets(path: Path, content: Content) -> None:
    """Write a workbook."""
    write_workbook(path, content.layers, content.crs, content.lang)


FORMATS: dict[str, tuple[str, Callable[[Path, Content], None]]] = {
    "gdb": (".gdb", write_filegdb),
    "shp": ("_shp", write_shapefiles),
    "geojson": ("_geojson", write_geojson),
    "dxf": (".dxf", write_drawing),
    "xlsx": (".xlsx", write_sheets),
}
"""Ending of the file or folder and what writes it, by format."""


def short_names(layer: Layer) -> dict[str, str]:
    """Return the name of each field in a Shapefile: at most 10 ASCII letters, no two alike."""
    taken: dict[str, str] = {}
    for name in layer.aliases:
        known = SHORT.get(name, "") if layer.name == LAYER else ""
        short = known or "".join(c for c in name if c.isascii())[:_SHORT_LETTERS] or "field"
        number = 1
        while short.lower() in taken.values():
            number += 1
            short = f"{short[: _SHORT_LETTERS - len(str(number))]}{number}"
        taken[name] = short.lower()
    return taken


def _cut(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts fit, cut between two letters."""

    def fitting(value: Any) -> Any:
        if not isinstance(value, str) or len(value.encode()) <= _CUT_BYTES:
            return value
        kept = value.encode()[: _CUT_BYTES - len("…".encode())]
        return kept.decode(errors="ignore") + "…"

    texts = [name for name in table if table[name].dtype == object or table[name].dtype == "str"]
    return table.assign(
        **{
            str(name): pd.Series([fitting(v) for v in table[name]], table.index, dtype=object)
            for name in texts
        }
    )


def _dictionaries(layers: Mapping[str, Layer]) -> list[Layer]:
    """Return the names of fields and the labels of codes as tables."""
    names = [
        {"layer": layer.name, "field": name, "label": alias}
        for layer in layers.values()
        for name, alias in layer.aliases.items()
    ]
    codes = [
        {"layer": layer.name, "field": name, "code": code, "label": label}
        for layer in layers.values()
        for name, labels in layer.choices.items()
        for code, label in labels.items()
    ]
    return [
        Layer(name=name, table=pd.DataFrame(rows), shape="", title=name, description="", aliases={})
        for name, rows in (("field_names", names), ("codes", codes))
        if rows
    ]


def _csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, encoding="utf-8-sig")
