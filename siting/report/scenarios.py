"""Scenarios in words: what each changes, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.instance.settings import BASE
from siting.report.labels import (
    Lang,
    for_reader,
    in_lang,
    money,
    place_names,
    service_names,
    spoken,
    title,
)
from siting.scenarios.listing import MINUTES, MONEY, MONEY_PER_YEAR, Difference, Listed, Value

_KEYS: dict[str, tuple[str, str]] = {
    "budget": ("budget", "总投资上限"),
    "yearly_cost": ("limit of running cost", "年运行费上限"),
    "yearly_rent": ("limit of rent", "年租金上限"),
    "agency_budgets": ("budget of {}", "{}投资上限"),
    "zone_budgets": ("budget in {}", "{}投资上限"),
    "year_budgets": ("budget of {}", "{}年投资上限"),
    "fund_amounts": ("fund {}", "资金 {}"),
    "people_factors": ("people of {} ×", "{}人数 ×"),
    "zone_people_factors": ("people in {} ×", "{}人数 ×"),
    "need_factors": ("need of {} ×", "{}人均需求 ×"),
    "standards_min": ("standard of {}", "{}标准"),
    "weights": ("weight of {}", "{}权重"),
    "ranks": ("rank of {}", "{}次序"),
    "price_factors": ("prices of {} ×", "{}价格 ×"),
    "available_from_year": ("{} can be used from", "{}可用年份"),
    "unavailable": ("{} is not to be had", "{}不可用"),
    "rules": ("rule “{}”", "规则“{}”"),
    "locks": ("lock on {}", "锁定 {}"),
    "priorities": ("priority of {}", "优先系数 {}"),
    "conditions.extra_cost": ("extra cost of {}", "附加费用 {}"),
    "conditions.delay_years": ("further delay of {}", "追加延迟 {}"),
    "conditions.max_area_m2": ("largest module in {}", "模块面积上限 {}"),
    "conditions.condition": ("condition on {}:", "附加条件 {}："),
    "plan.start_year": ("first year", "起始年"),
    "plan.years": ("years of the plan", "规划年数"),
    "plan.yearly": ("decided year by year", "逐年决策"),
    "plan.outlook_years": ("years looked at after the plan", "规划期后评估年数"),
    "plan.land_quota_m2": ("land quota of {}", "{}年用地指标"),
    "plan.rent_free_owner_levels": ("owners whose buildings are free of rent", "免租产权层级"),
    "plan.rent_free_services": ("services free of rent there", "免租服务"),
    "objective.epsilon": ("share of service that may be given up", "可让出的服务份额"),
    "objective.worth": ("worth of one point", "每一分所值金额"),
    "objective.by_rank": ("services in the order of their rank", "按次序逐层优化"),
    "objective.blank_factor": ("weight of need without any place today", "空白需求权重"),
    "objective.equity_zone_kind": ("worst-served zone raised, of kind", "提升最差分区的类型"),
    "objective.nearness": ("walking made less", "缩短步行"),
}
"""A key in words, with a place for what it is said of."""

_OF_SERVICES = {"standards_min", "weights", "ranks", "need_factors"}
_OF_ZONES = {"zone_budgets", "zone_people_factors"}
_OF_BUILDINGS = {"available_from_year", "unavailable"}
_OTHERS: dict[str, dict[str, tuple[str, str]]] = {
    "people_factors": {"all": ("all groups", "全部组别")},
    "price_factors": {
        "works": ("works", "工程"),
        "equipment": ("equipment", "设备"),
        "acquisition": ("buildings", "建筑取得"),
        "rent": ("rent", "租金"),
        "running": ("running", "运行"),
    },
}

_ON, _OFF = ("on", "启用"), ("off", "停用")
_YES, _NO = ("yes", "是"), ("no", "否")

_UNITS: dict[str, tuple[str, str]] = {
    MINUTES: ("min", "分钟"),
    "year": ("years", "年"),
    "m2": ("m²", "m²"),
    "": ("", ""),
}

_NAMED = 3
"""Differences of one key that a list names; the rest is counted."""

_DIGITS = 6


def scenario_words(
    base: Instance, told: Sequence[Difference], lang: Lang, *, named: int = _NAMED
) -> list[str]:
    """Return what a scenario changes of the instance as it is, a sentence for each key.

    Parameters
    ----------
    named
        Differences of one key that are named; how many more there are is said.
    """
    town = for_reader(base, lang)
    words = []
    for _, members in groupby(told, key=lambda difference: difference.key):
        rows = list(members)
        shown = rows if len(rows) <= named + 1 else rows[:named]
        parts = [f"{_label(town, row, lang)} {_change(town, row, lang)}".strip() for row in shown]
        if more := len(rows) - len(shown):
            parts.append(in_lang(lang, f"and {more} more", f"另有 {more} 项"))
        words.append(in_lang(lang, ", ", "，").join(parts))
    return words


def scenarios_summary(
    base: Instance, listed: Sequence[Listed], lang: Lang = "en"
) -> RenderableType:
    """Return the scenarios of an instance for the terminal, and its grids."""
    if not listed and not base.settings.grids:
        nothing = ("no scenarios in instance.toml", "instance.toml 中没有情景")
        return Group(_title(base, lang), Text(in_lang(lang, *nothing)))
    table = Table(
        box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, collapse_padding=True,
        show_edge=False,
    )  # fmt: skip
    for heading in (("Scenario", "情景"), ("Inherits", "继承"), ("What it changes", "调整内容")):
        table.add_column(in_lang(lang, *heading), overflow="fold")
    for scenario in listed:
        name = Text(scenario.name, style="bold")
        if said := (scenario.title_zh if lang == "zh" else scenario.title):
            name.append(f"\n{said}", style="not bold")
        words = scenario_words(base, scenario.differences, lang)
        same = in_lang(lang, "nothing", "无")
        table.add_row(name, ", ".join(scenario.inherits), Text("\n".join(words) or same))
    return Group(_title(base, lang), "", table, *_grids(base, lang))


def difference_table(
    base: Instance, first: str, second: str, told: Sequence[Difference], lang: Lang = "en"
) -> RenderableType:
    """Return how two scenarios differ, key by key."""
    town = for_reader(base, lang)
    if not told:
        same = (f"{first} and {second} are the same", f"{first} 与 {second} 相同")
        return Group(_title(base, lang), Text(in_lang(lang, *same)))
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    table.add_column(in_lang(lang, "What", "项目"), overflow="fold")
    as_it_is = in_lang(lang, "as it is", "实例本身")
    for name in (first, second):
        table.add_column(as_it_is if name in {"", BASE} else name, justify="right")
    for row in told:
        values = (_said(town, row, value, lang) for value in (row.first, row.second))
        table.add_row(Text(_label(town, row, lang).removesuffix(" ×")), *map(Text, values))
    return Group(_title(base, lang), "", table)


def _title(base: Instance, lang: Lang) -> Text:
    return Text(title(base, lang), style="bold")


def _grids(base: Instance, lang: Lang) -> Iterator[Text]:
    for name, grid in base.settings.grids.items():
        said = {key: values for key, values in grid if values}
        count = 1
        for values in said.values():
            count *= len(values)
        sizes = " × ".join(f"{key} {len(values)}" for key, values in said.items())
        yield Text(in_lang(lang, f"grid {name}: {sizes} = {count} plans",
                           f"组合 {name}：{sizes} = {count} 个方案"))  # fmt: skip


def _label(town: Instance, row: Difference, lang: Lang) -> str:
    en, zh = _KEYS.get(row.key, (f"{row.key} {{}}", f"{row.key} {{}}"))
    return in_lang(lang, en, zh).format(_name(town, row, lang)).strip()


def _name(town: Instance, row: Difference, lang: Lang) -> str:
    """Return what a difference is said of, in words."""
    names: Mapping[str, str] = {}
    if row.key in _OF_SERVICES:
        names = service_names(town, lang)
    elif row.key in _OF_ZONES:
        column = town.zones["name_zh" if lang == "zh" else "name"].fillna("")
        names = dict(zip(town.zones["zone_id"], column, strict=True))
    elif row.key in _OF_BUILDINGS:
        names = {b: b if n == b else f"{n} ({b})" for b, n in place_names(town).items()}
    elif row.key == "agency_budgets":
        names = {row.of: spoken(row.of, lang)}
    elif row.key == "rules":
        names = {i: in_lang(lang, rule.name_en, rule.name_zh) for i, rule in RULES.items()}
    elif row.key in _OTHERS:
        names = {of: in_lang(lang, *words) for of, words in _OTHERS[row.key].items()}
    return names.get(row.of, "") or row.of


def _change(town: Instance, row: Difference, lang: Lang) -> str:
    """Return what a scenario has, and instead of what where that tells something."""
    if row.key == "unavailable":
        return ""
    second = _said(town, row, row.second, lang)
    plain = isinstance(row.second, bool) or row.key.endswith("_factors")
    if plain or row.first is None or row.first == "":
        return second
    first = _said(town, row, row.first, lang)
    return in_lang(lang, f"{second} (was {first})", f"{second}（原 {first}）")


def _said(town: Instance, row: Difference, value: Value, lang: Lang) -> str:
    """Return a value with its unit."""
    if isinstance(value, bool):
        yes, no = (_ON, _OFF) if row.key == "rules" else (_YES, _NO)
        return in_lang(lang, *(yes if value else no))
    if value is None or value == "":
        return _absent(row, lang)
    if isinstance(value, str):
        return value
    if row.key in {"plan.start_year", "available_from_year"}:
        return f"{value:.0f}"
    amount = money(float(value), _DIGITS)
    if row.unit in {MONEY, MONEY_PER_YEAR}:
        yearly = in_lang(lang, " a year", "/年") if row.unit == MONEY_PER_YEAR else ""
        return f"{amount} {town.settings.money.unit}{yearly}"
    return f"{amount} {in_lang(lang, *_UNITS[row.unit])}".strip()


def _absent(row: Difference, lang: Lang) -> str:
    if row.key.endswith("_factors"):
        return "1"
    limits = row.unit in {MONEY, MONEY_PER_YEAR} and not row.key.startswith("conditions.")
    return in_lang(lang, "no limit", "不限") if limits else "–"
