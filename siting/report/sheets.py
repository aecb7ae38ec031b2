"""Sheets of a workbook: tables with headings, widths, print layout; values only, no formulas."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.settings import Money
from siting.report.labels import (
    HEADINGS,
    Heading,
    Lang,
    field_names,
    unit_name,
    value_label,
)

DARK, PALE, RULE, NOTICE = "#1F3A5F", "#E8EEF5", "#BFC9D6", "#FFF2CC"
_WIDEST = {"long": 56.0, "name": 34.0, "text": 26.0}
_WRAPPED = ("long", "name")
_A3 = 8
_A4 = 9
_WIDE_SHEET = 150
_BAR = "#5B9BD5"
_PICTURE_COLUMNS = 14
_CODES = ("reason", "status", "comparison")


@dataclass(frozen=True, kw_only=True, eq=False)
class Book:
    """A workbook being written.

    Attributes
    ----------
    workbook
        The XlsxWriter workbook.
    notice
        What is made up in the data; stands at the head of every sheet.
    """

    workbook: Any
    lang: Lang
    money: Money
    notice: str
    footer: str
    _formats: dict[tuple[tuple[str, object], ...], Any] = field(default_factory=dict)

    def style(self, **properties: object) -> Any:
        """Return a cell format; made once per workbook."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            font = "Microsoft YaHei" if self.lang == "zh" else "Calibri"
            base = {"font_name": font, "font_size": 10, "valign": "vcenter"}
            self._formats[key] = self.workbook.add_format(base | dict(properties))
        return self._formats[key]


def head(book: Book, sheet: Any, title: str, note: str, width: int) -> int:
    """Write title, note and synthetic notice over `width` columns; return the next free row."""
    sheet.hide_gridlines(2)
    sheet.set_row(0, 26)
    sheet.write(0, 0, title, book.style(bold=True, font_size=15, font_color=DARK))
    row = 1
    if note:
        sheet.write(row, 0, note, book.style(font_color="#555555"))
        row += 1
    if book.notice:
        style = book.style(bg_color=NOTICE, text_wrap=True, font_color="#7F6000")
        sheet.merge_range(row, 0, row, max(width - 1, 1), book.notice, style)
        sheet.set_row(row, 30)
        row += 1
    return row + 1


def table(
    book: Book,
    sheet: Any,
    row: int,
    frame: pd.DataFrame,
    *,
    widths: Sequence[float],
    bars: Sequence[str] = (),
    strong: Sequence[bool] = (),
    headings: Mapping[str, Heading] | None = None,
) -> int:
    """Write a table with its headings from `row` on; return the next free row.

    Parameters
    ----------
    widths
        Widths of the columns, as `fit_columns` returns them.
    bars
        Columns of shares that get a data bar, full at 100 %.
    strong
        Rows to be written as subtotals.
    headings
        Headings that differ from the usual ones.
    """
    shown = _headings(frame, headings)
    head_style = book.style(
        bold=True, font_color="white", bg_color=DARK, text_wrap=True, border=1,
        border_color=RULE, align="center",
    )  # fmt: skip
    texts = [heading.text(book.lang, book.money.unit) for heading in shown.values()]
    sheet.write_row(row, 0, texts, head_style)
    lines = [lines_of(text, width, bold=True) for text, width in zip(texts, widths, strict=False)]
    sheet.set_row(row, 15 * max(lines, default=1) + 6)
    strong = list(strong) or [False] * len(frame)
    heights = [1] * len(frame)
    for column, (name, heading) in enumerate(shown.items()):
        decimals = _decimals(book, heading, frame[name])
        styles = [_cell_style(book, heading, decimals, subtotal=s) for s in (False, True)]
        for i, value in enumerate(frame[name].tolist()):
            _write(sheet, row + 1 + i, column, _shown(book, name, value), styles[strong[i]])
        if heading.kind in _WRAPPED:
            for i, value in enumerate(frame[name].tolist()):
                heights[i] = max(
                    heights[i], lines_of(_as_shown(book, name, None, value), widths[column])
                )
        if name in bars and len(frame):
            sheet.conditional_format(
                row + 1, column, row + len(frame), column,
                {
                    "type": "data_bar", "bar_color": _BAR, "min_type": "num",
                    "max_type": "num", "min_value": 0, "max_value": 1,
                },
            )  # fmt: skip
    for i, height in enumerate(heights):
        if height > 1:
            sheet.set_row(row + 1 + i, 13.5 * height + 3)
    return row + 1 + len(frame)


def table_sheet(
    book: Book,
    name: str,
    title: str,
    note: str,
    frame: pd.DataFrame,
    *,
    frozen: int = 0,
    bars: Sequence[str] = (),
    strong: Sequence[bool] = (),
    headings: Mapping[str, Heading] | None = None,
) -> None:
    """Add a sheet with one table, ready to filter and to print; `frozen` columns stay in sight."""
    sheet = book.workbook.add_worksheet(name)
    top = head(book, sheet, title, note, len(frame.columns))
    widths = fit_columns(book, sheet, frame, headings)
    end = table(book, sheet, top, frame, widths=widths, bars=bars, strong=strong, headings=headings)
    sheet.freeze_panes(top + 1, frozen)
    if len(frame) and not any(strong):
        sheet.autofilter(top, 0, end - 1, len(frame.columns) - 1)
    page(book, sheet, landscape=True, paper=_A3 if sum(widths) > _WIDE_SHEET else _A4)
    sheet.repeat_rows(top)
    sheet.print_area(0, 0, max(end - 1, top), len(frame.columns) - 1)


def picture_sheet(book: Book, name: str, note: str, picture: bytes) -> None:
    """Add a sheet with a picture (PNG) that prints on one page."""
    sheet = book.workbook.add_worksheet(name)
    row = head(book, sheet, name, note, _PICTURE_COLUMNS)
    look = {"image_data": BytesIO(picture), "x_scale": 0.75, "y_scale": 0.75}
    sheet.insert_image(row, 0, "map.png", look)
    page(book, sheet, landscape=True)
    sheet.fit_to_pages(1, 1)


def fit_columns(
    book: Book, sheet: Any, frame: pd.DataFrame, headings: Mapping[str, Heading] | None = None
) -> list[float]:
    """Set the widths of the columns by their content, Chinese counting double; return them."""
    widths = []
    for column, (name, heading) in enumerate(_headings(frame, headings).items()):
        decimals = _decimals(book, heading, frame[name])
        shown = [_as_shown(book, name, decimals, value) for value in frame[name].tolist()]
        content = max((_width(text) for text in shown), default=0.0)
        # Headings wrap, Chinese ones anywhere, others between words; their unit stays whole.
        text = heading.text(book.lang, book.money.unit)
        least = max(_width(text) / 3, *(_width(word) for word in _words(text)))
        width = min(max(content, least, 6.0), _WIDEST.get(heading.kind, 18.0)) + 2.5
        while _breaks_unit(text, width):
            width += 0.5
        sheet.set_column(column, column, width)
        widths.append(width)
    return widths


def page(book: Book, sheet: Any, *, landscape: bool, paper: int = _A4) -> None:
    """Lay a sheet out for printing: one page wide, numbered."""
    if landscape:
        sheet.set_landscape()
    sheet.set_paper(paper)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L&8{book.footer.replace('&', '&&')}&R&8&P / &N")


def sheet_name(text: str, taken: set[str]) -> str:
    """Return a valid sheet name that is not taken yet, and take it."""
    clean = "".join("_" if c in "[]:*?/\\'" else c for c in text).strip() or "_"
    name, number = clean[:31], 2
    while name.lower() in taken:
        name, number = f"{clean[:27]} ({number})", number + 1
    taken.add(name.lower())
    return name


def _headings(frame: pd.DataFrame, own: Mapping[str, Heading] | None) -> dict[str, Heading]:
    return {name: own[name] if own and name in own else HEADINGS[name] for name in frame.columns}


def _decimals(book: Book, heading: Heading, values: pd.Series[Any]) -> int | None:
    """Return how many decimals a column shows; None where it is no column of numbers."""
    if heading.kind in ("text", *_WRAPPED):
        return None
    most = {"money": book.money.decimals, "share": 1, "number": 3, "tenth": 1}.get(heading.kind, 0)
    numbers = pd.to_numeric(values, errors="coerce").dropna()
    return 0 if heading.kind != "share" and (numbers == numbers.round()).all() else most


def _cell_style(book: Book, heading: Heading, decimals: int | None, *, subtotal: bool) -> Any:
    look: dict[str, object] = {"border": 1, "border_color": RULE, "valign": "top"}
    if decimals is None:
        look |= {"align": "left", "indent": 1, "text_wrap": heading.kind in _WRAPPED}
    else:
        zeros = "." + "0" * decimals if decimals else ""
        look["num_format"] = f"0{zeros}%" if heading.kind == "share" else f"#,##0{zeros}"
    if subtotal:
        look |= {"bold": True, "bg_color": PALE}
    return book.style(**look)


def _write(sheet: Any, row: int, column: int, value: str | float | None, style: Any) -> None:
    if value is None:
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, value, style)


def _shown(book: Book, name: str, value: Any) -> str | float | None:
    if isinstance(value, (bool, np.bool_)):
        return value_label(bool(value), book.lang)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, (int, float, np.integer, np.floating)):
        return float(value) if math.isfinite(value) else None
    if name == "to_check":
        return field_names(str(value), book.lang)
    if name == "unit":
        return unit_name(str(value), book.lang)
    return value_label(value, book.lang) if name in _CODES else str(value)


def _as_shown(book: Book, name: str, decimals: int | None, value: Any) -> str:
    shown = _shown(book, name, value)
    if shown is None:
        return ""
    return shown if isinstance(shown, str) else f"{shown:,.{decimals or 0}f}"


def _width(text: str) -> float:
    """Return the width of a text in characters; Chinese ones count double."""
    return sum(2.0 if unicodedata.east_asian_width(c) in "WF" else 1.0 for c in text)


def _words(text: str) -> list[str]:
    """Return the pieces that a line may be broken between: words and single Chinese characters."""
    return re.findall(r"[^\s\u2e80-\uffef]+|[\u2e80-\uffef]", text)


def lines_of(text: str, width: float, *, bold: bool = False) -> int:
    """Return how many lines a text takes in a column of a width."""
    return max(_line_of_words(text, width, bold=bold), default=0) + 1


def _line_of_words(text: str, width: float, *, bold: bool = False) -> list[int]:
    """Return the line that each of `_words` comes to stand on, from 0."""
    line, left, found = 0, width - 2.0, []
    for word in _words(text):
        size = _width(word) * (1.05 if bold else 0.95)
        if size > left:
            line, left = line + 1, width - 2.0
        left -= size + (1.0 if word.isascii() else 0.0)
        found.append(line)
    return found


def _breaks_unit(text: str, width: float) -> bool:
    """Whether a heading is broken within the brackets of its unit."""
    words = _words(text)
    opening = [i for i, word in enumerate(words) if word[0] in "(（"]
    lines = _line_of_words(text, width, bold=True)
    return bool(opening) and width < _width(text) + 2.0 and len(set(lines[opening[-1] :])) > 1
