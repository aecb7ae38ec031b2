"""Sheets of the workbook on years, indicators, schools and hubs."""

from __future__ import annotations

from itertools import zip_longest

import pandas as pd

from siting.report.framework import ALL
from siting.report.labels import HEADINGS, Heading, in_lang
from siting.report.results import Results
from siting.report.sheets import DARK, Book, fit_columns, head, page, table
from siting.report.years import shares_by_year


def further_sheet(results: Results, key: str) -> tuple[pd.DataFrame, dict[str, Heading]]:
    """Return a further table as its sheet shows it, with headings that differ."""
    text = {"text": Heading("Why not", "未能划入的原因", "long")}
    match key:
        case "index":
            return _index(results)
        case "attendance":
            dropped = ["service_id", "area", "place_id", "reason"]
            return results.attendance.drop(columns=dropped), text
        case "hubs":
            dropped = ["link_id", "service_id", "hub_service_id"]
            return results.hubs.drop(columns=dropped), {}
        case "unit_costs":
            return results.unit_costs.drop(columns=["building_id", "service_id"]), {}
        case "outlook":
            return results.outlook.drop(columns=["service_id"]), {}
        case _:
            target = {"target_id": Heading("Indicator", "指标")}
            return results.targets, target


def _index(results: Results) -> tuple[pd.DataFrame, dict[str, Heading]]:
    """Return the index with one row per zone: all services, then each heading with the plan."""
    table = results.index
    zones = table[["zone_id", "zone"]].drop_duplicates()
    keys = [table["zone_id"], table["zone"], table["heading_id"]]
    values = table.set_index(keys)[["index_today", "index_plan", "change"]]
    wide = pd.MultiIndex.from_frame(zones)
    shown = pd.DataFrame({"zone": zones["zone"].to_numpy(object)})
    headings: dict[str, Heading] = {}
    texts = dict(zip(table["heading_id"], table["heading"], strict=True))
    for heading_id, text in texts.items():
        own = values.xs(heading_id, level="heading_id").reindex(wide)
        columns = ["index_today", "index_plan"] if heading_id == ALL else ["index_plan", "change"]
        for column in columns:
            name = f"{heading_id}_{column}"
            shown[name] = own[column].to_numpy(float).round(1)
            usual = HEADINGS[column]
            headings[name] = Heading(f"{text}: {usual.en}", f"{text}：{usual.zh}", "tenth")
    return shown, headings


def years_sheet(book: Book, results: Results, name: str, note: str) -> None:
    """Write what opens and is spent by year, and under it the services by year."""
    lang, years = results.lang, results.years
    money = [
        "year", "value_today", "value", "openings", "closings", "open_places", "works",
        "equipment", "acquisition", "rent", "spent", "budget", "available", "carried_over",
        "private_cost", "yearly_cost",
    ]  # fmt: skip
    silent = [c for c in ("budget", "available", "carried_over") if years["budget"].isna().all()]
    silent += [] if years["private_cost"].any() else ["private_cost"]
    moves = years[[column for column in money if column not in silent]]
    services = shares_by_year(results.planned, years, lang)
    shares = [column for column in services if column.startswith("share_")]
    headings = {column: Heading(column[6:], column[6:], "share") for column in shares}
    headings["value"] = Heading("Score", "得分", "share")
    sheet = book.workbook.add_worksheet(name)
    row = head(book, sheet, name, note, len(moves.columns))
    fitted = (
        fit_columns(book, sheet, moves, headings),
        fit_columns(book, sheet, services, headings),
    )
    widths = [max(column) for column in zip_longest(*fitted, fillvalue=0.0)]
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    row = table(book, sheet, row, moves, widths=widths, headings=headings) + 1
    section = book.style(bold=True, font_size=12, font_color=DARK)
    sheet.write_string(row, 0, in_lang(lang, "Share of need served", "各服务服务率"), section)
    table(book, sheet, row + 1, services, widths=widths, bars=shares, headings=headings)
    page(book, sheet, landscape=True)
