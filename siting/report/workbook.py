"""plan.xlsx: the whole plan for people who have nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from siting.instance.instance import Instance
from siting.report.further_sheets import further_sheet, years_sheet
from siting.report.key_facts import key_facts
from siting.report.labels import (
    Heading,
    Lang,
    in_lang,
    percent_up,
    title,
)
from siting.report.results import Results
from siting.report.sheets import (
    DARK,
    PALE,
    RULE,
    Book,
    fit_columns,
    head,
    page,
    picture_sheet,
    table,
    table_sheet,
)
from siting.report.tables import agencies_table, told

_SHEETS: dict[str, tuple[str, str, str, str]] = {
    "summary": ("Summary", "概要", "", ""),
    "map": ("Map", "地图", "Chosen sites and need served", "选址结果与服务情况"),
    "chosen": (
        "Chosen sites",
        "选址结果",
        "One row per service in a building; site numbers as on the map",
        "每行为一处建筑中的一项服务；编号与地图一致",
    ),
    "not_chosen": (
        "Not chosen",
        "未选建筑",
        "Every other candidate building and why the plan does without it",
        "其余候选建筑及未选原因",
    ),
    "zones": (
        "By zone",
        "分区情况",
        "Need counts where people live, sites and cost where buildings stand",
        "需求按居住地统计，场所与投资按建筑所在地统计",
    ),
    "projects": (
        "Projects",
        "项目表",
        "List of projects in the form of the plans' annex, ready to print",
        "重大项目表（规划附表格式），可直接打印",
    ),
    "years": (
        "Years",
        "分年情况",
        "What opens, is spent and is served, year by year",
        "逐年新开设施、支出与服务水平",
    ),
    "outlook": (
        "After the plan",
        "规划期后",
        (
            "Need of later years and what the places of the last year would serve; unused "
            "capacity is stranded where need has gone"
        ),
        "规划期后各年需求与末年设施可服务量；需求减少处为闲置容量",
    ),
    "targets": (
        "Indicators",
        "指标",
        "Stocks per head, in total or by year; by rank, most missed first",
        "人均、总量或年度指标，与步行可达需求分别统计；按次序和缺口排列",
    ),
    "index": (
        "Index",
        "综合指数",
        (
            "Weighted mean share of need served, 100 = all, under the headings of the city's "
            "monitoring (seven haves, five qualities)"
        ),
        "各服务覆盖率加权平均，100为全部满足；按“七有”“五性”归类",
    ),
    "unit_costs": (
        "Unit costs",
        "单位成本",
        "Capital per unit of need that nobody served before; the dearest first",
        "每新增一单位服务量的投资，由高到低",
    ),
    "attendance": (
        "Attendance areas",
        "就近入学片区",
        (
            "Whole communities at one or two open schools each, loads at most 5 % above capacity; "
            "those that cannot come first"
        ),
        "各社区整体划入一至两所学校，负荷不超过容量5%；无法整体划入者列于前",
    ),
    "hubs": (
        "Hubs",
        "中心与站点",
        "Which open hub each station belongs to",
        "各站点所属的中心机构",
    ),
    "overload": (
        "Nearest place",
        "就近超载",
        "Places that would be overloaded if all chose the nearest; the plan keeps capacities",
        "若居民均选择最近设施将超载的地点；规划分配方案不超容量",
    ),
    "provenance": (
        "Provenance",
        "数据与出处",
        "What the plan was made from and by",
        "方案的数据、参数与计算过程",
    ),
}
"""Name and explanation of each sheet, English and Chinese."""

_LONG_LINE = 150
"""Characters of a key fact that fill its line."""


def write_workbook(path: Path, results: Results, *, map_png: bytes) -> None:
    """Write plan.xlsx; `map_png` is the picture of its map sheet."""
    lang = results.lang
    names = {key: words[lang == "zh"] for key, words in _SHEETS.items()}
    notes = {key: words[2 + (lang == "zh")] for key, words in _SHEETS.items()}
    told_of = {
        "targets": results.targets,
        "years": results.years,
        "outlook": results.outlook,
        "attendance": results.attendance,
        "hubs": results.hubs,
        "unit_costs": results.unit_costs,
    }
    names = {key: name for key, name in names.items() if key not in told_of or len(told_of[key])}
    book = open_book(path, results.instance, lang)
    _summary(book, results, names, notes)
    picture_sheet(book, names["map"], notes["map"], map_png)
    table_sheet(
        book, names["chosen"], names["chosen"], notes["chosen"],
        told(results.chosen, results.planned).drop(columns=["zone_id", "service_id"]),
        frozen=3, bars=["utilisation"],
    )  # fmt: skip
    text = "text_zh" if lang == "zh" else "text"
    not_chosen = ["building_id", "name", "address", "zone", "class", "owner", "floor_area_m2"]
    table_sheet(
        book, names["not_chosen"], names["not_chosen"], notes["not_chosen"],
        results.not_chosen[[*not_chosen, "reason", text]], frozen=2,
        headings={text: Heading("Explanation", "说明", "long")},
    )  # fmt: skip
    table_sheet(
        book, names["zones"], names["zones"], notes["zones"],
        results.zones.drop(columns=["zone_id", "service_id"]), frozen=2,
        bars=["share_today", "share_plan"],
    )  # fmt: skip
    _projects(book, results, names["projects"], notes["projects"])
    if "years" in names:
        years_sheet(book, results, names["years"], notes["years"])
    for key, frozen, bars in (
        ("outlook", 3, ["share"]),
        ("targets", 2, []),
        ("index", 1, []),
        ("unit_costs", 3, []),
        ("attendance", 3, ["area_share"]),
        ("hubs", 2, []),
    ):
        if key in names:
            frame, headings = further_sheet(results, key)
            table_sheet(
                book, names[key], names[key], notes[key], frame,
                frozen=frozen, bars=bars, headings=headings,
            )  # fmt: skip
    table_sheet(
        book, names["overload"], names["overload"], notes["overload"],
        results.overload.drop(columns=["service_id"]), frozen=2,
    )  # fmt: skip
    _provenance(book, results, names["provenance"], notes["provenance"])
    book.workbook.close()


def open_book(path: Path, instance: Instance, lang: Lang) -> Book:
    """Return a new workbook that carries the title and the synthetic notice of an instance."""
    import xlsxwriter

    settings, name = instance.settings, title(instance, lang)
    workbook = xlsxwriter.Workbook(str(path))
    workbook.set_properties({"title": name, "comments": settings.synthetic})
    return Book(
        workbook=workbook,
        lang=lang,
        money=settings.money,
        notice=settings.synthetic,
        footer=" · ".join(filter(None, [name, settings.credit])),
    )


def _summary(
    book: Book, results: Results, names: Mapping[str, str], notes: Mapping[str, str]
) -> None:
    sheet = book.workbook.add_worksheet(names["summary"])
    lang = results.lang
    columns = [
        "service", "agency", "unit", "need", "served_today", "served_plan", "share_today",
        "share_plan", "without_today", "without_plan", "people_within_today",
        "people_within_plan", "sites", "cost",
    ]  # fmt: skip
    services = results.services[columns]
    agencies = told(agencies_table(results.instance, results.solution, lang), results.planned)
    fitted = (fit_columns(book, sheet, services), fit_columns(book, sheet, agencies), [26.0])
    widths = [max(column) for column in zip_longest(*fitted, fillvalue=0.0)]
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    note = in_lang(
        lang,
        "Which vacated building becomes which public service",
        "腾退空间转公共服务设施选址方案",
    )
    row = head(book, sheet, title(results.instance, lang), note, len(columns))
    key = book.style(bold=True, font_color=DARK, bg_color=PALE, border=1, border_color=RULE)
    value = book.style(text_wrap=True, border=1, border_color=RULE)
    for label, text in key_facts(results):
        sheet.write_string(row, 0, label, key)
        sheet.merge_range(row, 1, row, len(columns) - 1, text, value)
        sheet.set_row(row, 32 if len(text) > _LONG_LINE else 18)
        row += 1
    section = book.style(bold=True, font_size=12, font_color=DARK)
    row += 1
    sheet.write_string(
        row, 0, in_lang(lang, "Need served, before and after", "服务水平：规划前后"), section
    )
    bars = ["share_today", "share_plan"]
    row = table(book, sheet, row + 1, services, widths=widths, bars=bars) + 1
    sheet.write_string(row, 0, in_lang(lang, "Capital by agency", "各责任单位投资"), section)
    strong = [False] * (len(agencies) - 1) + [True]
    row = table(book, sheet, row + 1, agencies, widths=widths, strong=strong) + 1
    sheet.write_string(row, 0, in_lang(lang, "Sheets of this workbook", "本工作簿各表"), section)
    link = book.style(font_color="#1F5FA8", underline=1)
    for sheet_key, name in list(names.items())[1:]:
        row += 1
        sheet.write_url(row, 0, f"internal:'{name}'!A1", link, name)
        sheet.write_string(row, 1, notes[sheet_key], book.style())
    page(book, sheet, landscape=True)


def _projects(book: Book, results: Results, name: str, note: str) -> None:
    columns = [
        "seq", "project", "agency", "year", "location", "mode", "investment", "private_cost",
        "content", "benefit",
    ]  # fmt: skip
    projects = told(results.projects, results.planned)
    table_sheet(
        book, name, name, note, projects[[c for c in columns if c in projects]],
        strong=[row != "project" for row in results.projects["row"]],
    )  # fmt: skip


def _provenance(book: Book, results: Results, name: str, note: str) -> None:
    sheet = book.workbook.add_worksheet(name)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 100)
    row = head(book, sheet, name, note, 2)
    key = book.style(bold=True, font_color=DARK, bg_color=PALE, border=1, border_color=RULE)
    value = book.style(text_wrap=True, border=1, border_color=RULE, valign="top", align="left")
    for label, text in _origin(results):
        sheet.write_string(row, 0, label, key)
        sheet.write_string(row, 1, text, value)
        row += 1
    page(book, sheet, landscape=True)


def _origin(results: Results) -> Iterator[tuple[str, str]]:
    solution, lang = results.solution, results.lang
    p = solution.provenance
    yield in_lang(lang, "Instance", "实例"), p.instance
    yield in_lang(lang, "Content hash", "内容校验值"), p.instance_hash
    if p.scenario:
        yield in_lang(lang, "Scenario", "情景"), p.scenario
        yield in_lang(lang, "Content hash before the scenario", "应用情景前的校验值"), p.base_hash
    yield in_lang(lang, "Solver", "求解器"), p.engine
    yield in_lang(lang, "Options", "求解参数"), json.dumps(p.options, ensure_ascii=False)
    yield (
        in_lang(lang, "Versions", "软件版本"),
        ", ".join(f"{k} {v}" for k, v in p.versions.items()),
    )
    yield in_lang(lang, "Started", "开始时间"), p.started
    yield in_lang(lang, "Machine", "计算环境"), p.machine
    yield in_lang(lang, "Time taken", "用时"), f"{solution.seconds:.1f} s"
    yield in_lang(lang, "How it ended", "终止状态"), str(solution.termination)
    for tier in solution.tiers:
        known = [f"value {tier.value:.8g}"]
        known += [] if tier.bound is None else [f"bound {tier.bound:.8g}"]
        known += [] if tier.gap is None else [f"gap {percent_up(tier.gap)}"]
        yield in_lang(lang, f"Tier: {tier.name}", f"目标层：{tier.name}"), ", ".join(known)
    for path, value in _flat(p.settings):
        yield f"instance.toml: {path}", value


def _flat(settings: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if name in ("scenarios", "grids", "tables"):
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        elif value not in (None, "", [], ()):
            yield (
                f"{path}{name}",
                value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
            )
