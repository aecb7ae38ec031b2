"""How layers, field names and styles get into a GeoPackage 1.3.

Layers are written first, by GDAL; what stands beside them afterwards, by sqlite3: the two must
never hold the same file at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

_STYLES_TABLE = """CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""

_SCHEMA_TABLES = {
    "gpkg_data_columns": """(
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
    mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name))""",
    "gpkg_data_column_constraints": """(
    constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
    min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))""",
}
"""Tables of the schema extension, by name."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What stands beside a layer's rows.

    Attributes
    ----------
    description
        What the layer is.
    aliases
        What people see above each field; no two alike.
    qml
        Its QGIS style; empty for none.
    geometry_column
        Where its shapes are; empty for a table.
    choices
        Codes of a field with what people see for them.
    ranges
        Least and largest value of a field.
    """

    description: str
    aliases: Mapping[str, str]
    qml: str = ""
    geometry_column: str = "geom"
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def write_layer(path: Path, name: str, layer: pd.DataFrame, description: str) -> None:
    """Add a layer to a GeoPackage, or make one with it; a table where it has no geometry."""
    import pyogrio

    spatial = "geometry" in layer
    kind = str(layer["geometry"].geom_type.iloc[0]) if spatial else None
    polygons = kind in ("Polygon", "MultiPolygon")
    pyogrio.write_dataframe(
        layer,
        path,
        layer=name,
        driver="GPKG",
        append=path.exists(),
        geometry_type="MultiPolygon" if polygons else kind,
        promote_to_multi=polygons,
        dataset_options={} if path.exists() else {"VERSION": "1.3"},
        layer_options={"FID": "fid", "IDENTIFIER": name, "DESCRIPTION": description}
        | ({"GEOMETRY_NAME": "geom"} if spatial else {}),
    )


def describe(file: sqlite3.Connection, layers: Mapping[str, About]) -> None:
    """Add field names, choices and styles to a GeoPackage whose layers have been written."""
    for table, columns in _SCHEMA_TABLES.items():
        file.execute(f"CREATE TABLE {table} {columns}")
        file.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
            (table, "http://www.geopackage.org/spec/#extension_schema"),
        )
    for name, about in layers.items():
        limited = {field: f"{name}_{field}" for field in [*about.choices, *about.ranges]}
        file.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, constraint_name)"
            " VALUES (?, ?, ?, ?, ?)",
            [(name, f, alias, alias, limited.get(f)) for f, alias in about.aliases.items()],
        )
        file.executemany(
            "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, "
            "description) VALUES (?, 'enum', ?, ?)",
            [
                (limited[f], code, label)
                for f, labels in about.choices.items()
                for code, label in labels.items()
            ],
        )
        file.executemany(
            "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, min, "
            "min_is_inclusive, max, max_is_inclusive) VALUES (?, 'range', ?, 1, ?, 1)",
            [(limited[f], low, high) for f, (low, high) in about.ranges.items()],
        )
    _add_styles(file, layers)


def _add_styles(file: sqlite3.Connection, layers: Mapping[str, About]) -> None:
    file.execute(_STYLES_TABLE)
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, ?, ?)",
        ("layer_styles", "attributes", "layer_styles"),
    )
    file.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "ui) VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', NULL)",
        [
            (name, about.geometry_column, name, about.qml, about.description)
            for name, about in layers.items()
            if about.qml
        ],
    )
