"""QGIS styles, written by hand: renderers by value and by class, with field aliases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from xml.sax.saxutils import quoteattr

_OUTLINE = "#5B6673"


def by_value(
    field: str, values: Mapping[str, tuple[str, str]], *, size_mm: float, hollow: bool = False
) -> str:
    """Return a renderer of points by the value of a field.

    Parameters
    ----------
    values
        Colour and label of each value.
    hollow
        Whether points are rings instead of discs.
    """
    categories = "".join(
        f"<category value={quoteattr(value)} symbol={quoteattr(str(i))} "
        f'label={quoteattr(label)} render="true"/>'
        for i, (value, (_, label)) in enumerate(values.items())
    )
    symbols = "".join(
        _marker(str(i), colour, size_mm, hollow=hollow)
        for i, (colour, _) in enumerate(values.values())
    )
    return (
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(field)} enableorderby="0" '
        f'forceraster="0" symbollevels="0"><categories>{categories}</categories>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )


def by_class(
    field: str,
    classes: Sequence[tuple[float, float, str, str]],
    *,
    kind: Literal["fill", "marker"],
    size_mm: float = 2.0,
) -> str:
    """Return a renderer of polygons or points by classes of a number.

    Parameters
    ----------
    classes
        Lower end, upper end, colour and label of each class.
    """
    ranges = "".join(
        f'<range lower="{low:.6f}" upper="{high:.6f}" symbol="{i}" label={quoteattr(label)} '
        'render="true"/>'
        for i, (low, high, _, label) in enumerate(classes)
    )
    symbols = "".join(
        _fill(str(i), colour) if kind == "fill" else _marker(str(i), colour, size_mm, hollow=False)
        for i, (_, _, colour, _) in enumerate(classes)
    )
    return (
        f'<renderer-v2 type="graduatedSymbol" attr={quoteattr(field)} graduatedMethod='
        '"GraduatedColor" enableorderby="0" forceraster="0" symbollevels="0">'
        f"<ranges>{ranges}</ranges><symbols>{symbols}</symbols></renderer-v2>"
    )


def legend(renderer: str, aliases: Mapping[str, str]) -> str:
    """Return a whole QML style: a renderer and the alias of each field."""
    named = "".join(
        f'<alias index="{i}" field={quoteattr(field)} name={quoteattr(alias)}/>'
        for i, (field, alias) in enumerate(aliases.items())
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22" styleCategories="Symbology|Fields">'
        f"{renderer}<aliases>{named}</aliases></qgis>"
    )


def _marker(name: str, colour: str, size_mm: float, *, hollow: bool) -> str:
    inside = "255,255,255,180" if hollow else rgba(colour)
    options = {
        "name": "circle",
        "color": inside,
        "outline_color": rgba(colour if hollow else "#FFFFFF"),
        "outline_width": "0.3",
        "outline_width_unit": "MM",
        "size": f"{size_mm:g}",
        "size_unit": "MM",
    }
    return symbol(name, "marker", "SimpleMarker", options)


def _fill(name: str, colour: str) -> str:
    options = {
        "color": rgba(colour, 170),
        "style": "solid",
        "outline_color": rgba(_OUTLINE),
        "outline_style": "solid",
        "outline_width": "0.4",
        "outline_width_unit": "MM",
    }
    return symbol(name, "fill", "SimpleFill", options)


def symbol(name: str, kind: str, layer: str, options: Mapping[str, str], defined: str = "") -> str:
    """Return a symbol of one layer.

    Parameters
    ----------
    kind, layer
        As QGIS names them: ``marker`` and ``SimpleMarker``, ``line`` and ``SimpleLine``, ...
    defined
        Its data-defined properties, as XML.
    """
    listed = "".join(
        f'<Option type="QString" name={quoteattr(key)} value={quoteattr(value)}/>'
        for key, value in options.items()
    )
    # Readers before QGIS 3.26 take <prop>, later ones <Option>.
    props = "".join(
        f"<prop k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in options.items()
    )
    own = f"<data_defined_properties>{defined}</data_defined_properties>" if defined else ""
    return (
        f'<symbol type="{kind}" name={quoteattr(name)} alpha="1" clip_to_extent="1" '
        f'force_rhr="0"><layer class="{layer}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{listed}</Option>{props}{own}</layer></symbol>'
    )


def rgba(colour: str, alpha: int = 255) -> str:
    """Return a colour given as ``#RRGGBB`` as QGIS writes it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"
