"""comments_<department>.xlsx: what a department says of every site, to print, sign and send back.

`siting review import` reads it like any other return.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from siting.report.labels import Lang, in_lang, title
from siting.report.sheets import lines_of
from siting.review.fields import FIELDS, LAYER, REVIEWERS
from siting.review.formats.workbook import add_drop_downs, cells, looks, write_cell
from siting.review.layers.layer import Layer
from siting.review.run import ReviewedRun

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_FACTS = {
    "building_id": 9.0, "name": 22.0, "zone": 12.0, "service": 16.0, "floor_area_m2": 9.0,
    "cost": 10.0, "year": 7.0, "people_new": 10.0, "price_says": 36.0, "earlier": 26.0,
}  # fmt: skip
"""Facts that are shown, with the width of their column; the others are hidden."""

_THEIRS = {
    "decision": 16.0, "reason": 30.0, "proposed_use": 16.0, "extra_cost": 11.0,
    "delay_years": 9.0, "max_area_m2": 11.0, "condition": 26.0, "commit": 11.0, "reviewer": 12.0,
    "date": 12.0,
}  # fmt: skip
_OURS = {"border": 1, "text_wrap": True, "valign": "top"}
_A3 = 8
_HEADER_PT, _LEAST_PT = 46.0, 31.0
"""Heights of rows: room to write by hand in each."""


def write_comment_form(  # noqa: PLR0917
    path: Path, run: ReviewedRun, review: Layer, crs: str, department: str, lang: Lang
) -> None:
    """Write the form of a department: its rows alone, with room for a signature on every page."""
    import xlsxwriter

    own = review.table["department"].fillna("") == department
    layer = replace(review, table=review.table[own].reset_index(drop=True))
    table = cells(layer, crs, lang)
    hidden = [f.name for f in FIELDS if f.name not in _FACTS and f.name not in _THEIRS]
    widths = {**_FACTS, **_THEIRS}
    hidden += [name for name in ("year", "price_says", "earlier") if table[name].isna().all()]
    columns = [*(name for name in widths if name not in hidden), *hidden]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet(LAYER)
        formats = looks(book)
        decimals = run.results.planned.settings.money.decimals
        ours = {
            name: book.add_format({**_OURS, "num_format": shown})
            for name, shown in (
                ("cost", f"#,##0.{'0' * decimals}".rstrip(".")),
                ("year", "0"),
                ("", "#,##0"),
            )
        }
        top = _head(book, sheet, run, department, lang)
        for column, name in enumerate(columns):
            theirs = name in REVIEWERS
            header = formats["reviewers" if theirs else "ours"]
            sheet.write_string(top, column, layer.aliases[name], header)
            sheet.set_column(
                column, column, widths.get(name, 10.0), None, {"hidden": name in hidden}
            )
            filled = formats["day" if name == "date" else "fill_in"]
            look = filled if theirs else ours.get(name, ours[""])
            for row, value in enumerate(table[name], start=top + 1):
                write_cell(sheet, row, column, value, look)
        last = top + len(table)
        sheet.set_row(top, _HEADER_PT)
        for row, lines in enumerate(_lines(table, widths), start=top + 1):
            sheet.set_row(row, max(_LEAST_PT, 14.5 * lines + 2))
        add_drop_downs(book, sheet, layer, columns, (top + 1, last), lang)
        shown = len(columns) - len(hidden)
        sheet.freeze_panes(top + 1, 2)
        sheet.set_landscape()
        sheet.set_paper(_A3)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(top)
        sheet.print_area(0, 0, last, shown - 1)
        sheet.set_footer(_signature(lang))


def _head(book: Workbook, sheet: Worksheet, run: ReviewedRun, department: str, lang: Lang) -> int:
    """Write what the form is and how to fill it in; return the row of the headers."""
    called = in_lang(lang, "Comments on the sites", "场所审查意见表")
    colon = in_lang(lang, ": ", "：")
    about = [
        title(run.results.planned, lang),
        in_lang(lang, f"run {run.run_id}", f"方案 {run.run_id}"),
        in_lang(lang, f"round {run.round.number}", f"第{run.round.number}轮"),
    ]
    how = in_lang(
        lang,
        "Fill in the yellow columns. A reason is needed to reject a building or to propose another "
        "use; conditions are an extra cost, a delay or a largest floor area.",
        "请填写黄色各列。否决建筑或建议其他用途须写明理由；附条件同意请填写增加费用、推迟年数或"
        "最大建筑面积。",
    )
    looks_of_head = book.add_format({"bold": True, "font_size": 15})
    sheet.write_string(0, 0, colon.join(filter(None, [called, department])), looks_of_head)
    synthetic = run.results.planned.settings.synthetic
    lines = [" · ".join(about), how, *([synthetic] if synthetic else [])]
    for row, line in enumerate(lines, start=1):
        sheet.write_string(row, 0, line)
    return len(lines) + 2


def _lines(table: pd.DataFrame, widths: Mapping[str, float]) -> list[int]:
    """Return how many lines each row takes."""
    return [
        max(lines_of(text, widths[name]) for name, text in row.items() if isinstance(text, str))
        for row in table[list(widths)].to_dict("records")
    ]


def _signature(lang: Lang) -> str:
    return in_lang(
        lang,
        "&LReviewed by: ____________________&CDate: ______________&RStamp          &P / &N",
        "&L审查人（签字）：____________________&C日期：______________&R（盖章）          &P / &N",
    )
