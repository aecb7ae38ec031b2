"""review.xlsx: the sites with drop-downs, and the other layers as sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.geo import axis_names
from siting.report.labels import Lang, in_lang
from siting.review.codes import YES_NO, both
from siting.review.fields import FIELDS, LAYER, REVIEWERS, Field
from siting.review.layers.layer import Layer

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

LISTS = "lists"
"""Sheet that the drop-downs take their entries from."""

_MOST_ROWS = 1_048_575
_SPARE_ROWS = 200
"""Rows below the sites in which a reviewer may add others, with the same drop-downs."""

_WIDE = {"reason", "condition", "price_says", "earlier", "to_check", "text", "served_by", "address"}


def write_workbook(path: Path, layers: Mapping[str, Layer], crs: str, lang: Lang) -> None:
    """Write one sheet per layer: one row of headers, label above machine name, both frozen.

    Sheets of points end in their coordinates, headed by axis and reference system. Cells of
    choices hold ``code · label``; the sites' have drop-downs.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        formats = looks(book)
        for layer in layers.values():
            sheet = book.add_worksheet(layer.name)
            table = cells(layer, crs, lang)
            _write(sheet, table, layer, formats)
            if layer.name == LAYER:
                add_drop_downs(book, sheet, layer, list(table), (1, len(table)), lang)


def looks(book: Workbook) -> dict[str, Any]:
    """Return the formats of headers and of cells to fill in."""
    head = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
    fill_in = {"bg_color": "#FFFBEF", "border": 1, "text_wrap": True, "valign": "top"}
    return {
        "ours": book.add_format({**head, "bg_color": "#E3E7EB"}),
        "reviewers": book.add_format({**head, "bg_color": "#FFF2CC"}),
        "fill_in": book.add_format(fill_in),
        "day": book.add_format({**fill_in, "num_format": "yyyy-mm-dd"}),
    }


def cells(layer: Layer, crs: str, lang: Lang) -> pd.DataFrame:
    """Return the rows as people see them, shapes as coordinates of points."""
    table = pd.DataFrame(layer.table.drop(columns="geometry", errors="ignore"))
    if layer.name == LAYER:
        for name, labels in layer.choices.items():
            table[name] = [
                both(str(code), labels.get(str(code), str(code))) if code else None
                for code in table[name]
            ]
        table["commit"] = [_yes_no(value, lang) for value in table["commit"]]
    if layer.shape == "Point":
        x, y = axis_names(crs)
        points = layer.table["geometry"]
        decimals = 3 if x.endswith("_m") else 8
        table[x] = [None if p is None else round(p.x, decimals) for p in points]
        table[y] = [None if p is None else round(p.y, decimals) for p in points]
    return table


def _yes_no(value: object, lang: Lang) -> str:
    code = "yes" if value else "no"
    return both(code, in_lang(lang, *YES_NO[code]))


def _write(sheet: Worksheet, table: pd.DataFrame, layer: Layer, formats: Mapping[str, Any]) -> None:
    reviewed = layer.name == LAYER
    for column, name in enumerate(map(str, table.columns)):
        theirs = reviewed and name in REVIEWERS
        header = f"{layer.aliases[name]}\n{name}" if name in layer.aliases else name
        sheet.write_string(0, column, header, formats["reviewers" if theirs else "ours"])
        width = 36 if name in _WIDE else min(max(12, len(header) * 0.9), 24)
        sheet.set_column(column, column, width)
        filled = formats["day" if name == "date" else "fill_in"] if theirs else None
        for row, value in enumerate(table[name], start=1):
            write_cell(sheet, row, column, value, filled)
    sheet.set_row(0, 48)
    sheet.freeze_panes(1, 2 if reviewed else 1)
    sheet.autofilter(0, 0, min(len(table), _MOST_ROWS), len(table.columns) - 1)


def write_cell(sheet: Worksheet, row: int, column: int, value: Any, look: Any) -> None:
    """Write a cell as what it is; an empty one where it has a look."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        if look is not None:
            sheet.write_blank(row, column, None, look)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, look)
    elif isinstance(value, bool) or pd.api.types.is_bool(value):
        sheet.write_boolean(row, column, bool(value), look)
    else:
        sheet.write_number(row, column, float(value), look)


def add_drop_downs(  # noqa: PLR0917
    book: Workbook,
    sheet: Worksheet,
    layer: Layer,
    columns: Sequence[str],
    rows: tuple[int, int],
    lang: Lang,
) -> None:
    """Put lists on choices, and what is allowed on numbers and dates.

    Parameters
    ----------
    columns
        Fields by their place in the sheet.
    rows
        The first and the last, counted from 0; spare rows below get the same.
    """
    lists = book.add_worksheet(LISTS)
    lists.hide()
    first, last = rows[0], rows[1] + _SPARE_ROWS
    listed = 0
    fields = {f.name: f for f in FIELDS}
    for column, name in enumerate(columns):
        f = fields.get(name)
        if f is None or (not f.reviewers and name != "service_id"):
            continue
        entries = _entries(f, layer, lang)
        if entries:
            lists.write_column(0, listed, entries)
            letter = chr(ord("A") + listed)
            source = f"={LISTS}!${letter}$1:${letter}${len(entries)}"
            listed += 1
            rule: dict[str, Any] = {"validate": "list", "source": source}
        elif f.name in layer.ranges:
            low, high = layer.ranges[f.name]
            kind = "integer" if f.type == "whole" else "decimal"
            rule = {"validate": kind, "criteria": "between", "minimum": low, "maximum": high}
        elif f.type == "day":
            rule = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1)}
        else:
            continue
        sheet.data_validation(first, column, last, column, {**rule, "ignore_blank": True})


def _entries(f: Field, layer: Layer, lang: Lang) -> list[str]:
    if f.type == "yes_no":
        return [both(code, in_lang(lang, *words)) for code, words in YES_NO.items()]
    return [both(code, label) for code, label in layer.choices.get(f.name, {}).items()]
