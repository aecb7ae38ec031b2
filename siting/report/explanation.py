"""Explanations for the terminal: prices of rules and sites, and what more money would buy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from siting.explain import (
    Interval,
    MoneyStep,
    NextSites,
    RulePrice,
    RulePrices,
    SitePrice,
    SitePrices,
)
from siting.explain.differences import Site
from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.report.balance import of_services
from siting.report.labels import (
    Lang,
    for_reader,
    in_lang,
    money,
    place_names,
    scenario_title,
    service_names,
    title,
    unit_name,
    value_label,
    whole,
    zone_names,
)
from siting.report.sentences import proof
from siting.solution import PROVEN_GAP, Solution, Termination

_POINTS = 100
"""Points of the whole score."""

_DECIMALS = 3
"""Decimals of a point that are shown."""

_NOISE = 1e-9
"""Part of the last decimal that is rounding."""

_LARGE = 10_000

_MOST_NAMED = 8
"""More rules than this are counted rather than named."""


def interval_text(price: Interval, lang: Lang) -> str:
    """Return a price in points, rounded outwards so that it never claims too much."""
    low, high = _rounded(price.low, math.floor), _rounded(price.high, math.ceil)
    if price.distinguishable:
        if price.high is None:
            return in_lang(lang, f"at least {low}", f"至少 {low}")
        return low if low == high else f"{low} – {high}"
    nothing = in_lang(lang, "not distinguishable from 0", "与 0 无法区分")
    if price.high is None:
        return nothing
    if price.high <= PROVEN_GAP:
        return in_lang(lang, f"0 ({nothing})", f"0（{nothing}）")
    return nothing + in_lang(lang, f" (at most {high})", f"（至多 {high}）")


def rule_prices_summary(prices: RulePrices, lang: Lang = "en") -> RenderableType:
    """Return the prices of rules: what each costs, and the rules that have no price."""
    solution = prices.base.solution
    instance = for_reader(prices.base.instance, lang)
    parts: list[RenderableType] = [_title(instance, lang), Text(proof(solution, lang)), ""]
    table = _table(lang, ("Rule", "规则"), ("Price, points", "代价（分）"), ("Capital", "总投资"))
    decimals = _decimals(instance, solution)
    differences = []
    for price in prices.prices:
        name = _rule_name(price.rule, lang)
        table.add_row(Text(name), _price(price, lang), _signed(price.cost, decimals))
        if text := _differences(instance, price.served, lang):
            differences.append(Text(f"  {name}: {text}", style="dim"))
    parts.append(table)
    if differences:
        lead = in_lang(lang, "Served without the rule, more or less:", "去掉规则后服务量增减：")
        parts += [Text(lead), *differences]
    parts += _rules_without_price(prices, lang)
    parts.append(
        _note(
            lang,
            "A price is how much more need the best plan would serve without the rule: it lies "
            "within what is shown for certain. One point is 1 % of the weighted need. Capital and "
            "amounts are the difference of two plans: the one found without the rule less the one "
            "with all rules. Without a rule only need served is optimised, so that its capital "
            "may not be the least.",
            "代价指去掉该规则后最优方案可多服务的需求，必在所示区间内；1 分为加权需求的 1%。"
            "总投资与服务量为两个方案之差：去掉该规则所得方案减去全部规则下的方案。去掉规则时"
            "只优化服务量，其投资未必最低。",
        )
    )
    return Group(*parts)


def site_summary(
    instance: Instance,
    solution: Solution,
    price: SitePrice,
    why: Mapping[str, str],
    lang: Lang = "en",
) -> RenderableType:
    """Return what one building means to a plan: who gains, what would stand in, at what loss.

    Parameters
    ----------
    why
        By building that the plan does not use: why not, in the reader's language.
    """
    instance = for_reader(instance, lang)
    names = place_names(instance)
    parts: list[RenderableType] = [_title(instance, lang)]
    name = names[price.building_id]
    heading = price.building_id if name == price.building_id else f"{price.building_id} {name}"
    parts += [Text(heading, style="bold"), *_used_for(instance, solution, price, lang)]
    if len(price.gains):
        parts += ["", _gains(instance, price.gains, lang)]
    if price.building_id in why:
        lead = in_lang(lang, "Why not: ", "未选原因：")
        parts.append(Text(lead + why[price.building_id]))
    parts += ["", *_site_price(instance, solution, price, lang)]
    return Group(*parts)


def sites_summary(
    instance: Instance,
    solution: Solution,
    prices: SitePrices,
    not_chosen: pd.DataFrame,
    lang: Lang = "en",
) -> RenderableType:
    """Return what all chosen buildings mean to a plan, and why the others are not chosen.

    Parameters
    ----------
    not_chosen
        One row per building that the plan does not use, as `not_chosen_table`.
    """
    instance = for_reader(instance, lang)
    names = place_names(instance)
    parts: list[RenderableType] = [_title(instance, lang), Text(proof(solution, lang)), ""]
    table = _table(
        lang,
        ("Building", "建筑"),
        ("Without it, points lost", "缺失代价（分）"),
        ("Served", "服务量"),
        ("In its stead", "替代"),
    )
    for price in prices.prices:
        table.add_row(
            Text(_called(price.building_id, names)),
            _price(price, lang),
            whole(float(price.gains["served"].sum())),
            Text(_listed(instance, price.comes, lang)),
        )
    parts.append(table)
    late = in_lang(lang, "Not reached in the time given: ", "时间不足，未及：")
    fixed = in_lang(lang, "Committed, open in any case: ", "已定，必开：")
    for lead, buildings in ((late, prices.not_reached), (fixed, prices.committed)):
        if buildings:
            parts.append(Text(lead + in_lang(lang, ", ", "、").join(buildings)))
    if len(not_chosen):
        parts += ["", _reasons(not_chosen, lang)]
    parts.append(
        _note(
            lang,
            "Points lost: how much less the best plan without the building serves. In its stead: "
            "what the plan found without it opens and this plan does not.",
            "缺失代价：不用该建筑时最优方案少服务的需求（分）。替代：不用该建筑所得方案新开、"
            "本方案未开的设施。",
        )
    )
    return Group(*parts)


def money_summary(
    instance: Instance, solution: Solution, found: NextSites, lang: Lang = "en"
) -> RenderableType:
    """Return what more money would buy, step by step."""
    instance = for_reader(instance, lang)
    unit, decimals = instance.settings.money.unit, _decimals(instance, solution)
    parts: list[RenderableType] = [_title(instance, lang), Text(proof(solution, lang)), ""]
    table = _table(
        lang,
        (f"Budget, {unit}", f"预算（{unit}）"),
        ("Gain, points", "增益（分）"),
        ("Spent", "花费"),
    )
    lines: list[Text] = []
    for step in found.steps:
        budget = f"{money(step.budget, decimals)} (+{100 * step.more:g} %)"
        table.add_row(Text(budget), _gain(step, lang), _signed(step.cost, decimals))
        lines += [Text(f"  {budget}: {line}") for line in _step_lines(instance, step, lang)]
    parts += [table, *lines]
    if found.not_reached:
        late = in_lang(lang, "Not reached in the time given: ", "时间不足，未及：")
        parts.append(Text(late + ", ".join(f"+{100 * more:g} %" for more in found.not_reached)))
    parts.append(
        _note(
            lang,
            "Gain: how much more the best plan serves with the larger budget, for certain within "
            "what is shown. Sites and amounts are the difference of the two plans that were "
            "found. Only the total grows; limits of agencies, zones and funds stay.",
            "增益：预算增加后最优方案多服务的需求，必在所示区间内。设施与服务量为两个已得方案"
            "之差。仅总预算增加，各单位、分区与专项资金上限不变。",
        )
    )
    return Group(*parts)


def _rules_without_price(prices: RulePrices, lang: Lang) -> Iterator[Text]:
    leads = (
        ("Not reached in the time given", "时间不足，未及", prices.not_reached),
        ("On, but does not bind here", "已启用，此处不起作用", prices.idle),
        ("On, changes the measure (no price)", "已启用，改变计量（无代价）", prices.measuring),
        ("Switched off", "未启用", prices.off),
    )
    for en, zh, rules in leads:
        if rules:
            text = Text(in_lang(lang, f"{en}: ", f"{zh}："), style="bold")
            names = in_lang(lang, "; ", "；").join(_rule_name(rule, lang) for rule in rules)
            if len(rules) > _MOST_NAMED:
                names = in_lang(
                    lang,
                    f"{len(rules)} rules, named in prices.csv",
                    f"{len(rules)}条规则，见 prices.csv",
                )
            yield text.append(names, style="not bold")


def _price(priced: RulePrice | SitePrice, lang: Lang) -> Text:
    if priced.price is not None:
        style = "bold" if priced.price.distinguishable else ""
        return Text(interval_text(priced.price, lang), style=style)
    if priced.termination == Termination.INFEASIBLE:
        return Text(in_lang(lang, "no plan keeps all rules", "无满足全部规则的方案"))
    return Text(in_lang(lang, "not found in time", "时限内未得方案"))


def _gain(step: MoneyStep, lang: Lang) -> Text:
    if step.gain is None:
        return Text(in_lang(lang, "not found in time", "时限内未得方案"))
    style = "bold" if step.gain.distinguishable else ""
    return Text(interval_text(step.gain, lang), style=style)


def _step_lines(instance: Instance, step: MoneyStep, lang: Lang) -> Iterator[str]:
    if step.comes:
        yield in_lang(lang, "opens ", "新开：") + _listed(instance, step.comes, lang)
    if step.goes:
        yield in_lang(lang, "gives up ", "不再开：") + _listed(instance, step.goes, lang)
    if text := _differences(instance, step.served, lang):
        yield text


def _used_for(
    instance: Instance, solution: Solution, price: SitePrice, lang: Lang
) -> Iterator[Text]:
    names = service_names(instance, lang)
    here = solution.chosen[solution.chosen["building_id"] == price.building_id]
    for row in here.to_dict("records"):
        status = value_label(str(row["status"]), lang)
        yield Text(f"  {names[row['service_id']]} ({row['module_id']}), {status}")


def _gains(instance: Instance, gains: pd.DataFrame, lang: Lang) -> Table:
    names, zones = service_names(instance, lang), zone_names(instance, lang)
    units = of_services(instance, "unit")
    table = _table(
        lang,
        ("Who gains", "受益者"),
        ("Zone", "分区"),
        ("Served here", "在此服务"),
        ("Newly within the standard", "新增达标人口"),
    )
    for row in gains.to_dict("records"):
        service_id = str(row["service_id"])
        table.add_row(
            Text(f"{names[service_id]}, {unit_name(units[service_id], lang)}"),
            Text(zones.get(row["zone_id"], row["zone_id"])),
            whole(row["served"]),
            whole(row["people_new"]),
        )
    return table


def _site_price(
    instance: Instance, solution: Solution, price: SitePrice, lang: Lang
) -> Iterator[Text]:
    closed = price.asked == "closed"
    lead = in_lang(
        lang,
        "Without it the best plan serves less by " if closed else "Forcing it open costs ",
        "不用该建筑，最优方案少服务：" if closed else "强制开放的代价：",
    )
    if price.price is not None:
        points = in_lang(lang, " points", " 分") if price.price.distinguishable else ""
        yield Text(lead + interval_text(price.price, lang) + points, style="bold")
    elif price.kept_out is not None:
        yield Text(in_lang(lang, "No service is admitted here.", "此处无可准入的服务。"))
    else:
        yield Text(lead + _price(price, lang).plain, style="bold")
    comes = in_lang(lang, "The plan found instead opens: ", "所得方案新开：")
    goes = in_lang(lang, "and has no longer: ", "不再开：")
    for text, sites in ((comes, price.comes), (goes, price.goes)):
        if sites:
            yield Text(text + _listed(instance, sites, lang))
    if text := _differences(instance, price.served, lang):
        decimals, unit = _decimals(instance, solution), instance.settings.money.unit
        capital = in_lang(lang, "capital", "总投资")
        amount = _signed(price.cost, decimals)
        differs = in_lang(lang, "That plan less this one: ", "该方案减本方案：")
        yield Text(f"{differs}{text}; {capital} {amount} {unit}", style="dim")


def _reasons(not_chosen: pd.DataFrame, lang: Lang) -> Table:
    table = _table(lang, ("Not chosen", "未选建筑"), ("Why", "原因"), numbers=False)
    for row in not_chosen.to_dict("records"):
        reason = value_label(row["reason"], lang)
        text = row["text_zh" if lang == "zh" else "text"]
        table.add_row(Text(str(row["building_id"])), Text(f"{reason}: {text}"))
    return table


def _differences(instance: Instance, served: Mapping[str, float], lang: Lang) -> str:
    """Return by how much served amounts differ, services without a difference left out."""
    names, units = service_names(instance, lang), of_services(instance, "unit")
    parts = [
        f"{names[s]} {amount:+,.0f} {unit_name(units[s], lang)}"
        for s, amount in served.items()
        if abs(amount) >= 1
    ]
    return in_lang(lang, "; ", "；").join(parts)


def _listed(instance: Instance, sites: Sequence[Site], lang: Lang) -> str:
    names = service_names(instance, lang)
    texts = [f"{s.building_id} {names[s.service_id]} ({s.module_id})" for s in sites]
    return in_lang(lang, ", ", "、").join(texts)


def _called(building_id: str, names: Mapping[str, str]) -> str:
    name = names[building_id]
    return building_id if name == building_id else f"{building_id} {name}"


def _rule_name(rule: str, lang: Lang) -> str:
    return in_lang(lang, RULES[rule].name_en, RULES[rule].name_zh)


def _signed(amount: float | None, decimals: int) -> str:
    if amount is None:
        return "–"
    return f"{'+' if amount > 0 else ''}{money(amount, decimals)}"


def _rounded(price: float | None, towards: Callable[[float], int]) -> str:
    if price is None:
        return "–"
    steps = price * _POINTS * 10**_DECIMALS
    guard = _NOISE if towards is math.floor else -_NOISE
    text = f"{towards(steps + guard) / 10**_DECIMALS:.{_DECIMALS}f}"
    return text.rstrip("0").rstrip(".")


def _decimals(instance: Instance, solution: Solution) -> int:
    """Return how many decimals of money are shown: none where amounts are large."""
    return 0 if solution.cost["total"] >= _LARGE else instance.settings.money.decimals


def _title(instance: Instance, lang: Lang) -> Text:
    scenario = scenario_title(instance, lang)
    text = Text(title(instance, lang), style="bold")
    text.append(f"  {scenario}" if scenario else "", style="not bold")
    if notice := instance.settings.synthetic:
        text.append(f"\n{notice}", style="not bold yellow")
    return text


def _table(lang: Lang, *headings: tuple[str, str], numbers: bool = True) -> Table:
    """Return an empty table that fits 80 columns: text on the left, then numbers."""
    table = Table(
        box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, collapse_padding=True,
        show_edge=False,
    )  # fmt: skip
    for i, (en, zh) in enumerate(headings):
        heading = in_lang(lang, en, zh)
        table.add_column(heading, justify="right" if i and numbers else "left", overflow="fold")
    return table


def _note(lang: Lang, en: str, zh: str) -> Text:
    return Text("\n" + in_lang(lang, en, zh), style="dim")
