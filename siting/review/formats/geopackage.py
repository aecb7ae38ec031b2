"""review.gpkg: all layers with styles, drop-downs and a QGIS project, in one file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from siting.report.gpkg_file import About, describe
from siting.report.labels import Lang
from siting.report.results import Results
from siting.review.formats.arrow import write_layer
from siting.review.layers.layer import Layer
from siting.review.qgis.project import Shown, project_row
from siting.review.qgis.styling import qml, style

_PROJECTS_TABLE = "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"


def write_geopackage(  # noqa: PLR0917 - what the file is about, in order
    path: Path,
    layers: Mapping[str, Layer],
    entries: Sequence[Shown],
    results: Results,
    crs: str,
    title: str,
    lang: Lang,
) -> None:
    """Write a new GeoPackage 1.3.

    Parameters
    ----------
    entries
        The layer tree, from the top.
    """
    for layer in layers.values():
        geometry = {"GEOMETRY_NAME": "geom"} if layer.shape else {}
        write_layer(
            layer,
            path,
            driver="GPKG",
            crs=crs,
            dataset_options={} if path.exists() else {"VERSION": "1.3"},
            layer_options={
                "FID": "fid",
                "IDENTIFIER": layer.title,
                "DESCRIPTION": layer.description,
                **geometry,
            },
        )
    # Only now: GDAL and sqlite3 must never hold the same file at once.
    with closing(sqlite3.connect(path)) as file, file:
        describe(file, {name: _about(layer, results, lang) for name, layer in layers.items()})
        file.execute(_PROJECTS_TABLE)
        file.execute(
            "INSERT INTO qgis_projects VALUES (?, ?, ?)",
            project_row(path.name, title, entries, crs, lang),
        )


def _about(layer: Layer, results: Results, lang: Lang) -> About:
    return About(
        description=layer.title,
        aliases=layer.aliases,
        qml=qml(style(layer, results, lang)),
        geometry_column="geom" if layer.shape else "",
        choices=layer.choices,
        ranges=layer.ranges,
    )
