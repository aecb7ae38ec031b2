r"""DXF for CAD: one CAD layer per map layer, points and shapes with their names as texts.

Written as R12, the one that every program reads, in the code page of Chinese Windows (936);
letters that it lacks stand as ``\U+XXXX``. Attributes have no place in it; a CSV beside has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from siting.review.layers.layer import Layer

_TEXT_M = 15.0
"""Height of texts in metres."""

_CODE_PAGE, _ENCODING = "ANSI_936", "gbk"
_COLOURS = {"review": 1, "sites": 1, "candidates": 8, "facilities": 5, "demand": 9,
            "allocation": 253, "reach_areas": 3, "zones": 7}  # fmt: skip


def write_dxf(path: Path, layers: Mapping[str, Layer]) -> None:
    """Write all layers that have shapes."""
    drawn = {name: layer for name, layer in layers.items() if layer.shape}
    lines = [*_tables(drawn), "0", "SECTION", "2", "ENTITIES"]
    for name, layer in drawn.items():
        for row in layer.table.to_dict("records"):
            if row["geometry"] is not None:
                lines += _entity(name.upper(), row["geometry"], label(row))
    text = "\n".join([*lines, "0", "ENDSEC", "0", "EOF"]) + "\n"
    path.write_bytes(text.encode(_ENCODING))


def label(row: Mapping[str, Any]) -> str:
    """Return what is written beside a feature: id, service and name."""
    shown = [row.get(key) for key in ("building_id", "facility_id", "zone")]
    named = [row.get(key) for key in ("service", "name")]
    return " ".join(str(text) for text in [*shown, *named] if isinstance(text, str) and text)


def escaped(text: str) -> str:
    r"""Return a text in one line, ``\U+20BB7`` for letters that the code page lacks."""

    def letter(sign: str) -> str:
        try:
            sign.encode(_ENCODING)
        except UnicodeEncodeError:
            return f"\\U+{ord(sign):04X}"
        return sign

    return "".join(map(letter, " ".join(text.split())))


def _tables(layers: Iterable[str]) -> Iterator[str]:
    names = [name.upper() for name in layers]
    yield from ("0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", "AC1009")
    yield from ("9", "$DWGCODEPAGE", "3", _CODE_PAGE, "0", "ENDSEC")
    yield from ("0", "SECTION", "2", "TABLES", "0", "TABLE", "2", "STYLE", "70", "1", "0", "STYLE")
    yield from ("2", "CHINESE", "70", "0", "40", "0", "41", "1", "50", "0", "71", "0", "42", "2.5")
    yield from ("3", "txt", "4", "gbcbig.shx", "0", "ENDTAB")
    yield from ("0", "TABLE", "2", "LAYER", "70", str(len(names)))
    for name in names:
        colour = str(_COLOURS.get(name.lower(), 7))
        yield from ("0", "LAYER", "2", name, "70", "0", "62", colour, "6", "CONTINUOUS")
    yield from ("0", "ENDTAB", "0", "ENDSEC")


def _entity(layer: str, shape: Any, text: str) -> Iterator[str]:
    match shape.geom_type:
        case "Point":
            yield from ("0", "POINT", "8", layer, *_at(shape.x, shape.y))
        case "LineString":
            yield from _polyline(layer, shape.coords, closed=False)
        case _:
            for part in shape.geoms:
                for ring in (part.exterior, *part.interiors):
                    yield from _polyline(layer, ring.coords[:-1], closed=True)
    if text:
        where = shape if shape.geom_type == "Point" else shape.representative_point()
        place = _at(where.x + _TEXT_M / 2, where.y + _TEXT_M / 2)
        yield from ("0", "TEXT", "8", layer, "7", "CHINESE", *place, "40", f"{_TEXT_M:g}")
        yield from ("1", escaped(text))


def _polyline(layer: str, points: Iterable[tuple[float, ...]], *, closed: bool) -> Iterator[str]:
    yield from ("0", "POLYLINE", "8", layer, "66", "1", "70", str(int(closed)), *_at(0, 0))
    for x, y, *_ in points:
        yield from ("0", "VERTEX", "8", layer, *_at(x, y))
    yield from ("0", "SEQEND", "8", layer)


def _at(x: float, y: float) -> tuple[str, ...]:
    return "10", f"{x:.4f}", "20", f"{y:.4f}", "30", "0.0"
