"""investment_plan.xlsx: what each project costs in each year, and the money of each year."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from siting.report.building_words import building_word
from siting.report.further_sheets import years_sheet
from siting.report.labels import Heading, Lang, filled, in_lang, service_names, spoken, zone_names
from siting.report.projects import spent_columns
from siting.report.results import Results
from siting.report.sheets import table_sheet
from siting.report.tables import told
from siting.report.workbook import open_book
from siting.review.run import ReviewedRun

_BEFORE = ("seq", "project", "agency", "location", "year", "mode", "investment")


def write_investment_plan(
    path: Path, run: ReviewedRun, hidden: Collection[str], lang: Lang
) -> None:
    """Write the projects with their money by year, the years by kind of money, and the funds.

    A plan of one period has its projects with their total alone.

    Parameters
    ----------
    hidden
        Buildings that go by their id.
    """
    results = run.results
    planned = results.planned
    book = open_book(path, planned, lang)
    yearly = spent_columns(planned)
    told_projects = told(_by_id(results.projects, hidden), planned)
    columns = [*_BEFORE, *yearly, "private_cost"]
    projects = told_projects[[name for name in columns if name in told_projects]]
    if "mode" in projects:
        projects = projects.assign(
            mode=projects["mode"].map(lambda code: code and building_word(code, lang))
        )
    note = (
        in_lang(
            lang,
            "Works and equipment in the year of opening, prices when they are paid, rent each year",
            "工程费与设备费计入开放年份，取得费计入支付年份，租金逐年计入",
        )
        if yearly
        else in_lang(
            lang,
            f"One period of {planned.settings.plan.years} years: the plan does not say which year",
            f"按{planned.settings.plan.years}年整体安排，未分年度",
        )
    )
    called = in_lang(lang, "Investment plan", "年度投资计划")
    table_sheet(
        book, called, called, note, projects, frozen=2,
        strong=[row != "project" for row in results.projects["row"]],
        headings={name: _year(name.removeprefix("spent_")) for name in yearly},
    )  # fmt: skip
    if yearly:
        about = in_lang(
            lang,
            "Capital by kind, the budget and what is carried over; running cost is outside it",
            "按类别的投资、预算与结转；年运行费另计",
        )
        years_sheet(book, results, in_lang(lang, "Years", "分年情况"), about)
    if len(planned.funds):
        called = in_lang(lang, "Funds", "资金来源")
        about = in_lang(
            lang,
            "What each fund holds and may be used for; the plan keeps to all of them together",
            "各项资金的额度与用途；方案整体满足各项资金的限制",
        )
        table_sheet(book, called, called, about, _funds(results, lang), headings=_FUNDS)
    book.workbook.close()


def _by_id(projects: pd.DataFrame, hidden: Collection[str]) -> pd.DataFrame:
    own = projects["building_id"].isin(hidden)
    said = projects["building_id"] + " " + projects["service_id"]
    return projects.assign(
        project=projects["project"].mask(own, said), location=projects["location"].mask(own, "")
    )


def _year(year: str) -> Heading:
    return Heading(year, f"{year}年", "money", "money")


_FUNDS = {
    "fund": Heading("Fund", "资金", "name"),
    "amount": Heading("Amount", "额度", "money", "money"),
    "purposes": Heading("For", "用途", "long"),
}


def _funds(results: Results, lang: Lang) -> pd.DataFrame:
    planned = results.planned
    first, second = ("name_zh", "name") if lang == "zh" else ("name", "name_zh")
    names = service_names(planned, lang) | zone_names(planned, lang)
    comma = in_lang(lang, ", ", "、")
    rows = []
    for fund in planned.funds.to_dict("records"):
        listed = [
            comma.join(
                spoken(names.get(part, part), lang)
                for part in filled(fund[column]).split("|")
                if part
            )
            for column in ("services", "agencies", "zones")
        ]
        anything = in_lang(lang, "anything", "不限")
        rows.append(
            {
                "fund": filled(fund[first]) or filled(fund[second]) or fund["fund_id"],
                "amount": float(fund["amount"]),
                "purposes": in_lang(lang, "; ", "；").join(filter(None, listed)) or anything,
            }
        )
    return pd.DataFrame(rows)
