"""How the layers of a review look in QGIS: colours, sizes, labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd

from siting.report.geopackage import REASON_COLOURS, need_classes, service_legend
from siting.report.labels import Lang, value_label
from siting.report.qml import rgba, symbol
from siting.report.results import Results
from siting.report.why_not import REASONS
from siting.review.fields import LAYER
from siting.review.layers.layer import Layer
from siting.review.qgis.form import form, properties, read_only

INK, PAPER, OUTLINE, PALE = "#22303F", "#FFFFFF", "#5B6673", "#E3E7EB"
FONT = "Noto Sans CJK SC"
"""Font of labels; QGIS takes its own where it is not there."""

DECISION_COLOURS: dict[str, str] = {
    "approve": "#2E9E4F",
    "conditional": "#8BC34A",
    "reject": "#C62828",
    "hold": "#F9A825",
    "other": "#6A1B9A",
}
"""Colour of the ring around a site, by what has been decided."""

SITE_MM = (2.6, 4.6)
"""Diameter of a site: smallest and largest module of its service."""

_MIDDLE_MM, _RING_MM, _APART_MM = 3.4, 0.7, 4.0
_DEMAND_MM = (0.5, 1.1)
"""Diameter of a demand point: without people, and more for 1,000 people."""

_NAMES_FROM = 15_000
"""Sites are labelled with their names from this scale on, and with their ids before."""


def style(layer: Layer, results: Results, lang: Lang) -> str:
    """Return the elements of a layer's QGIS style, for a style file and a project alike."""
    if not layer.shape:
        return read_only(layer)
    fields = form(layer, lang) if layer.name == LAYER else read_only(layer)
    return f"{_renderer(layer, results, lang)}{_labels(layer)}{fields}"


def qml(elements: str) -> str:
    """Return a whole QGIS style file."""
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22.16" styleCategories="AllStyleCategories" '
        f'labelsEnabled="{labels_on(elements)}">{elements}</qgis>'
    )


def labels_on(elements: str) -> int:
    """Whether a style has labels, as QGIS counts it."""
    return int("<labeling" in elements)


def _renderer(layer: Layer, results: Results, lang: Lang) -> str:
    services = service_legend(results)
    reasons = {
        reason: (colour, value_label(reason, lang))
        for reason, colour in zip(REASONS, REASON_COLOURS, strict=True)
    }
    if layer.name in {LAYER, "sites"}:
        rooms, moved = _rooms(results), _beside(layer.table)

        def site(index: str, service_id: str, colour: str) -> str:
            expressions = _sized(rooms.get(service_id, (0.0, 0.0)))
            expressions |= moved.get(service_id, {})
            expressions |= _decided(colour) if layer.name == LAYER else {}
            return _marker(index, colour, _MIDDLE_MM, expressions=expressions)

        return _categories("service_id", services, site)
    draw: dict[str, Callable[[], str]] = {
        "candidates": lambda: _categories(
            "reason", reasons, lambda i, _, c: _marker(i, c, 1.5, "square")
        ),
        "facilities": lambda: _categories("service_id", services, lambda i, _, c: _ring(i, c)),
        "allocation": lambda: _categories("service_id", services, lambda i, _, c: _line(i, c)),
        "reach_areas": lambda: _categories(
            "service_id", services, lambda i, _, c: _fill(i, c, 30, c)
        ),
        "demand": lambda: _classes(lang, lambda i, c: _marker(i, c, 1.6, expressions=_BY_PEOPLE)),
        "zones": lambda: _classes(lang, lambda i, c: _fill(i, c, 90, OUTLINE)),
    }
    return draw[layer.name]()


_BY_PEOPLE = {"size": f'{_DEMAND_MM[0]} + {_DEMAND_MM[1]} * sqrt("people" / 1000.0)'}


def _rooms(results: Results) -> dict[str, tuple[float, float]]:
    """Return the smallest and the largest capacity of a service's modules."""
    modules = results.instance.modules
    rooms = modules["capacity"].astype(float).groupby(modules["service_id"]).agg(["min", "max"])
    return {str(s): (float(low), float(high)) for s, low, high in rooms.itertuples()}


def _sized(room: tuple[float, float]) -> dict[str, str]:
    low, high = room
    if not high > low:
        return {}
    small, large = SITE_MM
    scaled = f'scale_linear("capacity", {low:g}, {high:g}, {small}, {large})'
    return {"size": f"coalesce({scaled}, {_MIDDLE_MM})"}


def _decided(colour: str) -> dict[str, str]:
    """Return the ring of a site by its decision; what this plan does not open is pale."""
    whens = " ".join(
        f"WHEN \"decision\" = '{code}' THEN '{ring}'" for code, ring in DECISION_COLOURS.items()
    )
    return {
        "outlineColor": f"CASE {whens} ELSE '{PAPER}' END",
        "outlineWidth": f'if("decision" IS NULL, 0.3, {_RING_MM})',
        "fillColor": f"if(\"module_id\" IS NULL, '{PALE}', '{colour}')",
    }


def _beside(rows: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return where each service's markers go, so that what shares a building stands apart.

    Services of a building lie in a row, departments below each other. By service: the property
    of the symbol and its expression.
    """
    uses = rows[["building_id", "service_id"]].drop_duplicates()
    place = uses.groupby("building_id").cumcount()
    count = uses.groupby("building_id")["service_id"].transform("size")
    uses = uses.assign(across=((place - (count - 1) / 2) * _APART_MM).round(2))
    departments = rows["department"].drop_duplicates() if "department" in rows else []
    down = _steps("department", [str(name) for name in departments])
    moved = {}
    for service_id, own in uses.groupby("service_id"):
        aside = own[own["across"] != 0].groupby("across")["building_id"].agg(list)
        across = _case("building_id", aside.to_dict())
        if across != "0" or down != "0":
            moved[str(service_id)] = {"offset": f"to_string({across}) || ',' || to_string({down})"}
    return moved


def _steps(field: str, values: Sequence[str]) -> str:
    middle = (len(values) - 1) / 2
    steps = {(i - middle) * _APART_MM: [value] for i, value in enumerate(values)}
    return _case(field, {step: codes for step, codes in steps.items() if step})


def _case(field: str, amounts: Mapping[float, list[str]]) -> str:
    """Return an expression: the amount by the value of a field, 0 for all others."""
    whens = " ".join(
        f'WHEN "{field}" IN ({", ".join(map(_text, values))}) THEN {amount:g}'
        for amount, values in amounts.items()
    )
    return f"CASE {whens} ELSE 0 END" if whens else "0"


def _text(value: str) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _categories(
    field: str, values: Mapping[str, tuple[str, str]], draw: Callable[[str, str, str], str]
) -> str:
    listed = "".join(
        f'<category value={quoteattr(value)} symbol="{i}" label={quoteattr(label)} '
        'render="true" type="string"/>'
        for i, (value, (_, label)) in enumerate(values.items())
    )
    symbols = "".join(
        draw(str(i), value, colour) for i, (value, (colour, _)) in enumerate(values.items())
    )
    return (
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(field)} enableorderby="0" '
        f'forceraster="0" symbollevels="0"><categories>{listed}</categories>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )


def _classes(lang: Lang, draw: Callable[[str, str], str]) -> str:
    classes = need_classes(lang)
    listed = "".join(
        f'<range lower="{low:.6f}" upper="{high:.6f}" symbol="{i}" label={quoteattr(label)} '
        'render="true"/>'
        for i, (low, high, _, label) in enumerate(classes)
    )
    symbols = "".join(draw(str(i), colour) for i, (_, _, colour, _) in enumerate(classes))
    return (
        '<renderer-v2 type="graduatedSymbol" attr="share_plan" graduatedMethod="GraduatedColor" '
        'enableorderby="0" forceraster="0" symbollevels="0">'
        f"<ranges>{listed}</ranges><symbols>{symbols}</symbols></renderer-v2>"
    )


def _marker(
    index: str,
    colour: str,
    size_mm: float,
    shape: str = "circle",
    *,
    expressions: Mapping[str, str] | None = None,
) -> str:
    options = {
        "name": shape, "color": rgba(colour), "outline_color": rgba(PAPER),
        "outline_width": "0.3", "outline_width_unit": "MM", "size": f"{size_mm:g}",
        "size_unit": "MM",
    }  # fmt: skip
    defined = properties(expressions) if expressions else ""
    return symbol(index, "marker", "SimpleMarker", options, defined)


def _ring(index: str, colour: str) -> str:
    options = {
        "name": "square", "color": rgba(PAPER), "outline_color": rgba(colour),
        "outline_width": "0.35", "outline_width_unit": "MM", "size": "1.6", "size_unit": "MM",
    }  # fmt: skip
    return symbol(index, "marker", "SimpleMarker", options)


def _line(index: str, colour: str) -> str:
    options = {
        "line_color": rgba(colour, 120), "line_width": "0.2", "line_width_unit": "MM",
        "line_style": "solid",
    }  # fmt: skip
    return symbol(index, "line", "SimpleLine", options)


def _fill(index: str, colour: str, alpha: int, edge: str) -> str:
    options = {
        "color": rgba(colour, alpha), "style": "solid", "outline_color": rgba(edge),
        "outline_style": "solid", "outline_width": "0.3", "outline_width_unit": "MM",
    }  # fmt: skip
    return symbol(index, "fill", "SimpleFill", options)


_NAME = f'if(@map_scale <= {_NAMES_FROM}, coalesce("name", "building_id"), "building_id")'

_LABELS: dict[str, tuple[str, float, str, int]] = {
    LAYER: (_NAME, 8, INK, 6),
    "sites": (_NAME, 8, INK, 6),
    "zones": ('"zone"', 9, OUTLINE, 4),
}
"""What is written beside features: expression, size in points, colour, placement."""


def _labels(layer: Layer) -> str:
    """Return the labels of a layer: one per zone, and one per building at its first row."""
    if layer.name not in _LABELS:
        return ""
    expression, size, colour, placement = _LABELS[layer.name]
    in_the_way = int(layer.shape == "Point")
    if "building_id" in layer.table:
        first = np.flatnonzero(~layer.table.duplicated(["run_id", "building_id"])) + 1
        ids = ", ".join(map(str, first))
        expression = f'if($id IN ({ids or 0}) OR "run_id" IS NULL, {expression}, NULL)'
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName={quoteattr(expression)} isExpression="1" fontSize="{size:g}" '
        f'fontSizeUnit="Point" textColor="{rgba(colour)}" textOpacity="1" fontFamily="{FONT}" '
        'namedStyle="Regular" multilineHeight="1" useSubstitutions="0">'
        f'<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" '
        f'bufferColor="{rgba(PAPER)}" bufferOpacity="1" bufferJoinStyle="128"/></text-style>'
        f'<text-format wrapChar="" multilineAlign="3"/><placement placement="{placement}" '
        'dist="3" distUnits="MM" offsetType="1" predefinedPositionOrder='
        '"R,L,TR,BR,TL,BL,T,B" polygonPlacementFlags="2"/>'
        f'<rendering drawLabels="1" displayAll="0" obstacle="{in_the_way}" scaleVisibility="0" '
        'upsidedownLabels="0"/></settings></labeling>'
    )
