"""plan.gpkg: the plan for a GIS, styled and with readable field names."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd

from siting.report.basemap import NEED_CLASSES, service_symbols
from siting.report.gpkg_file import About, describe, write_layer
from siting.report.gpkg_layers import (
    allocation_layer,
    at_buildings,
    demand_layer,
    facilities_layer,
    not_chosen_layer,
    zones_layer,
)
from siting.report.labels import HEADINGS, Heading, Lang, field_names, service_names, value_label
from siting.report.qml import by_class, by_value, legend
from siting.report.results import Results
from siting.report.tables import told
from siting.report.why_not import REASONS

_LAYERS: dict[str, tuple[str, str]] = {
    "zones": ("Zones, before and after", "分区服务水平（规划前后）"),
    "served_from": ("Who is served where in the plan", "规划服务分配"),
    "demand": ("Demand points", "需求点"),
    "facilities": ("Existing facilities", "现有设施"),
    "not_chosen": ("Buildings not chosen", "未选建筑"),
    "chosen": ("Chosen sites", "选址结果"),
}
"""Layers from the ground up: name and what it is, English and Chinese."""

REASON_COLOURS = ("#4D4D4D", "#8C6D31", "#BD9E39", "#9ECAE1", "#A1D99B", "#E6550D", "#9E9AC8")
"""Of the reasons why a building is not chosen, in the order of `REASONS`."""


def write_geopackage(path: Path, results: Results) -> None:
    """Write the plan as layers of one GeoPackage 1.3 in the instance's CRS.

    Sites, buildings not chosen with their reason, facilities, demand with its share served, who
    is served where, and zones before and after (a table without shapes where none are given).
    Headings stand as field aliases, styles in ``layer_styles``.
    """
    layers = _layers(results)
    path.unlink(missing_ok=True)
    settings, styles = results.instance.settings, plan_styles(results)
    about = {}
    for name, layer in layers.items():
        title = _LAYERS[name][results.lang == "zh"]
        says = " · ".join(filter(None, [title, settings.synthetic, settings.credit]))
        write_layer(path, name, layer, says)
        aliases = field_aliases(results, layer)
        styled = name in styles and "geometry" in layer
        qml = legend(styles[name], aliases) if styled else ""
        about[name] = About(description=title, aliases=aliases, qml=qml)
    with closing(sqlite3.connect(path)) as file, file:
        describe(file, about)


def _layers(results: Results) -> dict[str, pd.DataFrame]:
    """Return each layer with its geometry; a layer without rows is left out."""
    chosen = told(results.chosen, results.planned).assign(
        to_check=[field_names(fields, results.lang) for fields in results.chosen["to_check"]]
    )
    layers: dict[str, pd.DataFrame] = {
        "zones": zones_layer(results),
        "served_from": allocation_layer(results),
        "demand": demand_layer(results),
        "facilities": facilities_layer(results),
        "not_chosen": not_chosen_layer(results),
        "chosen": at_buildings(chosen, results),
    }
    return {name: layer for name, layer in layers.items() if len(layer)}


def field_aliases(results: Results, layer: pd.DataFrame) -> dict[str, str]:
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


def plan_styles(results: Results) -> dict[str, str]:
    """Return the renderer of each styled layer."""
    lang, services = results.lang, service_legend(results)
    reasons = {
        reason: (colour, value_label(reason, lang))
        for reason, colour in zip(REASONS, REASON_COLOURS, strict=True)
    }
    return {
        "zones": by_class("share_plan", need_classes(lang), kind="fill"),
        "demand": by_class("share_plan", need_classes(lang), kind="marker", size_mm=1.8),
        "facilities": by_value("service_id", services, size_mm=1.4, hollow=True),
        "not_chosen": by_value("reason", reasons, size_mm=1.6),
        "chosen": by_value("service_id", services, size_mm=3.6),
    }


def service_legend(results: Results) -> dict[str, tuple[str, str]]:
    """Return colour and name of each service by id."""
    names = service_names(results.instance, results.lang)
    symbols = service_symbols(results.instance)
    return {s: (colour, names[s]) for s, (colour, _) in symbols.items()}


def need_classes(lang: Lang) -> list[tuple[float, float, str, str]]:
    """Return the classes of the share served: lower end, upper end, colour and label."""
    ends = [0.0, *(end for end, *_ in NEED_CLASSES[:-1]), 1.000001]
    return [
        (low, high, colour, zh if lang == "zh" else en)
        for low, high, (_, colour, en, zh) in zip(ends[:-1], ends[1:], NEED_CLASSES, strict=True)
    ]
