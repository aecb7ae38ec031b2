"""plan.gpkg: the plan for a GIS, styled and with readable field names."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.model.zones import zone_of
from siting.report.balance import of_services, people_by_point, share_by_point
from siting.report.basemap import NEED_CLASSES, service_symbols, zone_shapes
from siting.report.labels import HEADINGS, Heading, field_names, service_names, value_label
from siting.report.qml import by_class, by_value, legend
from siting.report.results import Results
from siting.report.tables import told
from siting.report.why_not import REASONS

if TYPE_CHECKING:
    import geopandas as gpd

_LAYERS: dict[str, tuple[str, str]] = {
    "zones": ("Zones, before and after", "分区服务水平（规划前后）"),
    "served_from": ("Who is served where in the plan", "规划服务分配"),
    "demand": ("Demand points", "需求点"),
    "facilities": ("Existing facilities", "现有设施"),
    "not_chosen": ("Buildings not chosen", "未选建筑"),
    "chosen": ("Chosen sites", "选址结果"),
}
"""Layers from the ground up: name and what it is, English and Chinese."""

_REASON_COLOURS = ("#4D4D4D", "#8C6D31", "#BD9E39", "#9ECAE1", "#A1D99B", "#E6550D", "#9E9AC8")

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


def write_geopackage(path: Path, results: Results) -> None:
    """Write the plan as layers of one GeoPackage 1.3 in the instance's CRS.

    Sites, buildings not chosen with their reason, facilities, demand with its share served, who
    is served where, and zones before and after (a table without shapes where none are given).
    Headings stand as field aliases, styles in ``layer_styles``.
    """
    layers = _layers(results)
    path.unlink(missing_ok=True)
    settings = results.instance.settings
    for name, layer in layers.items():
        says = [_LAYERS[name][results.lang == "zh"], settings.synthetic, settings.credit]
        _write_layer(path, name, layer, " · ".join(filter(None, says)))
    # Only now: pyogrio and sqlite3 must never hold the same file at once.
    with closing(sqlite3.connect(path)) as file, file:
        _name_fields(file, layers, results)
        _add_styles(file, layers, results)


def _layers(results: Results) -> dict[str, pd.DataFrame]:
    """Return each layer with its geometry; a layer without rows is left out."""
    import geopandas as gpd

    instance, lang = results.instance, results.lang
    buildings = _points(instance.buildings, "building_id", instance.settings.crs)
    facilities = _points(instance.facilities, "facility_id", instance.settings.crs)
    chosen = told(results.chosen, results.planned).assign(
        to_check=[field_names(fields, lang) for fields in results.chosen["to_check"]]
    )
    not_chosen = results.not_chosen.rename(columns={"class": "building_class"})
    layers: dict[str, pd.DataFrame] = {
        "zones": _zones(results),
        "served_from": _served_from(results, buildings, facilities),
        "demand": _demand(results),
        "facilities": gpd.GeoDataFrame(
            instance.facilities[["facility_id", "service_id", "name", "capacity"]].assign(
                service=instance.facilities["service_id"].map(service_names(instance, lang)),
                zone_id=zone_of(instance.facilities, instance.zone_kind),
            ),
            geometry=facilities.to_numpy(),
            crs=facilities.crs,
        ),
        "not_chosen": gpd.GeoDataFrame(
            not_chosen, geometry=buildings.reindex(not_chosen["building_id"]).to_numpy(),
            crs=buildings.crs,
        ),
        "chosen": gpd.GeoDataFrame(
            chosen, geometry=buildings.reindex(chosen["building_id"]).to_numpy(),
            crs=buildings.crs,
        ),
    }  # fmt: skip
    return {name: layer for name, layer in layers.items() if len(layer)}


def _points(table: pd.DataFrame, key: str, crs: str) -> gpd.GeoSeries:
    import geopandas as gpd

    points = gpd.points_from_xy(table["x"].astype(float), table["y"].astype(float))
    return gpd.GeoSeries(points, index=table[key], crs=crs)


def _demand(results: Results) -> gpd.GeoDataFrame:
    import geopandas as gpd

    instance, balance = results.instance, results.balance
    table = pd.DataFrame(
        {
            "demand_id": instance.demand["demand_id"],
            "zone_id": zone_of(instance.demand, instance.zone_kind),
            "people": people_by_point(instance),
            "share_today": share_by_point(instance, balance, "today"),
            "share_plan": share_by_point(instance, balance, "plan"),
        }
    )
    wide = balance.pivot_table(
        index="demand", columns="service_id", values="unserved_plan", aggfunc="sum", fill_value=0.0
    )
    wide = wide.reindex(range(len(instance.demand)), fill_value=0.0)
    table = table.join(wide.add_prefix("unserved_"))
    points = _points(instance.demand, "demand_id", instance.settings.crs)
    return gpd.GeoDataFrame(table, geometry=points.to_numpy(), crs=points.crs)


def _served_from(
    results: Results, buildings: gpd.GeoSeries, facilities: gpd.GeoSeries
) -> gpd.GeoDataFrame:
    """Return one line per demand point, service and place that serves it."""
    import geopandas as gpd
    import shapely

    served = results.at_end.service
    served = served[served["place_id"] != ""]
    lines = served.groupby(["demand_id", "service_id", "place_id"], as_index=False)["amount"].sum()
    minutes = served.groupby(["demand_id", "service_id", "place_id"])["minutes"].max()
    lines["minutes"] = minutes.to_numpy(float)
    places = pd.concat([pd.Series(buildings), pd.Series(facilities)])
    demand = results.instance.demand.set_index("demand_id")[["x", "y"]].astype(float)
    ends = shapely.get_coordinates(places.reindex(lines["place_id"]).to_numpy(object))
    starts = demand.loc[lines["demand_id"]].to_numpy()
    geometry = shapely.linestrings(np.stack([starts, ends], axis=1))
    return gpd.GeoDataFrame(lines, geometry=geometry, crs=buildings.crs)


def _zones(results: Results) -> pd.DataFrame:
    """Return one row per zone: need served before and after, people without each service."""
    import geopandas as gpd

    instance, table = results.instance, results.zones
    weights = of_services(instance, "weight")
    needed = table[table["need"] > 0].assign(weight=lambda t: t["service_id"].map(weights))
    columns: dict[str, Any] = {"zone": table.groupby("zone_id", sort=False)["zone"].first()}
    for when in ("today", "plan"):
        weighted = (needed[f"share_{when}"] * needed["weight"]).groupby(needed["zone_id"]).sum()
        columns[f"share_{when}"] = weighted / needed.groupby("zone_id")["weight"].sum()
    sums = table.groupby("zone_id", sort=False)[["sites", "cost"]].sum()
    people = pd.Series(people_by_point(instance)).groupby(
        zone_of(instance.demand, instance.zone_kind)
    )
    columns |= {"people": people.sum(), "sites": sums["sites"], "cost": sums["cost"]}
    wide = table.pivot_table(
        index="zone_id", columns="service_id", values="without_plan", aggfunc="sum"
    )
    zones = pd.DataFrame(columns).join(wide.add_prefix("without_"))
    zones = zones.rename_axis("zone_id").reset_index()
    shapes = zone_shapes(instance)
    if shapes.empty:
        return zones
    zones = zones[zones["zone_id"].isin(shapes.index)]
    geometry = shapes.loc[zones["zone_id"]].to_numpy()
    return gpd.GeoDataFrame(zones, geometry=geometry, crs=instance.settings.crs)


def _write_layer(path: Path, name: str, layer: pd.DataFrame, description: str) -> None:
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


def _aliases(results: Results, layer: pd.DataFrame) -> dict[str, str]:
    """Return what people see above each field of a layer; no two alike."""
    names = service_names(results.instance, results.lang)
    unit = results.instance.settings.money.unit
    extra = {
        "unserved": Heading("Need not served", "未服务需求"),
        "without": Heading("People without", "未服务人口"),
        "building_class": HEADINGS["class"],
        "amount": Heading("Need served", "服务量"),
        "minutes": Heading("Minutes", "分钟"),
    }
    aliases: dict[str, str] = {}
    for field in layer.columns.drop("geometry", errors="ignore"):
        start, _, service = str(field).partition("_")
        if field in HEADINGS or field in extra:
            alias = (HEADINGS.get(field) or extra[field]).text(results.lang, unit)
        else:
            alias = f"{extra[start].text(results.lang, unit)}: {names[service]}"
        aliases[field] = f"{alias} [{field}]" if alias in aliases.values() else alias
    return aliases


def _name_fields(
    file: sqlite3.Connection, layers: dict[str, pd.DataFrame], results: Results
) -> None:
    for table, columns in _SCHEMA_TABLES.items():
        file.execute(f"CREATE TABLE {table} {columns}")
        file.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
            (table, "http://www.geopackage.org/spec/#extension_schema"),
        )
    file.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, name, title) VALUES (?, ?, ?, ?)",
        [
            (name, field, alias, alias)
            for name, layer in layers.items()
            for field, alias in _aliases(results, layer).items()
        ],
    )


def _add_styles(
    file: sqlite3.Connection, layers: dict[str, pd.DataFrame], results: Results
) -> None:
    file.execute(_STYLES_TABLE)
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, ?, ?)",
        ("layer_styles", "attributes", "layer_styles"),
    )
    for name, qml in _styles(results).items():
        if name not in layers or "geometry" not in layers[name]:
            continue
        qml_with_aliases = legend(qml, _aliases(results, layers[name]))
        file.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "ui) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL)",
            (name, name, qml_with_aliases, _LAYERS[name][results.lang == "zh"]),
        )


def _styles(results: Results) -> dict[str, str]:
    """Return the renderer of each styled layer."""
    instance, lang = results.instance, results.lang
    names, symbols = service_names(instance, lang), service_symbols(instance)
    services = {s: (colour, names[s]) for s, (colour, _) in symbols.items()}
    reasons = {
        reason: (colour, value_label(reason, lang))
        for reason, colour in zip(REASONS, _REASON_COLOURS, strict=True)
    }
    ends = [0.0, *(end for end, *_ in NEED_CLASSES[:-1]), 1.000001]
    classes = [
        (low, high, colour, zh if lang == "zh" else en)
        for low, high, (_, colour, en, zh) in zip(ends[:-1], ends[1:], NEED_CLASSES, strict=True)
    ]
    return {
        "zones": by_class("share_plan", classes, kind="fill"),
        "demand": by_class("share_plan", classes, kind="marker", size_mm=1.8),
        "facilities": by_value("service_id", services, size_mm=1.4, hollow=True),
        "not_chosen": by_value("reason", reasons, size_mm=1.6),
        "chosen": by_value("service_id", services, size_mm=3.6),
    }
