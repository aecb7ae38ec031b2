"""What a rule would have to give, in words."""

from __future__ import annotations

import re
from typing import Any

from siting.instance.rulebook import RULES
from siting.model.build import Model
from siting.model.rules.locked import locked
from siting.model.zones import in_zone
from siting.solvers.near_misses import near_misses

_MONEY_RULES = frozenset(
    {
        "budget",
        "agency_budget",
        "agency_share",
        "zone_budget",
        "yearly_budget",
        "funds",
        "yearly_cost",
        "yearly_rent",
    }
)

_AREA_RULES = frozenset({"floor_area", "yard", "land_quota", "reserve"})

_SERVICE_AT = {
    "self_sufficiency": 0,
    "backup": 0,
    "zone_floor": 0,
    "own_zone": 0,
    "outside_supply": 0,
    "min_load": 1,
}
"""Rules whose rows are in units of a service, and where in the row's place the service stands."""

_TEXTS = {
    "budget": (
        "the budget of {limit:,.2f} {unit} lacks {amount:,.2f}",
        "总预算 {limit:,.2f} {unit} 尚缺 {amount:,.2f}",
    ),
    "agency_budget": (
        "the budget of {0}, {limit:,.2f} {unit}, lacks {amount:,.2f}",
        "{0}的预算 {limit:,.2f} {unit} 尚缺 {amount:,.2f}",
    ),
    "agency_share": (
        "{0} is {amount:,.2f} {unit} short of its least share of what is spent",
        "{0}距最低投资比例尚差 {amount:,.2f} {unit}",
    ),
    "zone_budget": (
        "the budget of {zone}, {limit:,.2f} {unit}, lacks {amount:,.2f}",
        "{zone}的预算 {limit:,.2f} {unit} 尚缺 {amount:,.2f}",
    ),
    "yearly_budget": (
        "the money {through}{0}, {limit:,.2f} {unit}, lacks {amount:,.2f}",
        "{through}{0} 年的资金 {limit:,.2f} {unit} 尚缺 {amount:,.2f}",
    ),
    "funds": (
        "the money of {funds}, {limit:,.2f} {unit}, lacks {amount:,.2f}",
        "{funds}的资金 {limit:,.2f} {unit} 尚缺 {amount:,.2f}",
    ),
    "funds[none]": (
        "no fund may pay for {amount:,.2f} {unit} of it",
        "其中 {amount:,.2f} {unit} 无资金可支付",
    ),
    "yearly_cost": (
        "the limit of running cost, {limit:,.2f} {unit} a year, lacks {amount:,.2f}{in_year}",
        "年运行费上限 {limit:,.2f} {unit} 尚缺 {amount:,.2f}{in_year}",
    ),
    "yearly_rent": (
        "the limit of rent, {limit:,.2f} {unit} a year, lacks {amount:,.2f}{in_year}",
        "年租金上限 {limit:,.2f} {unit} 尚缺 {amount:,.2f}{in_year}",
    ),
    "land_quota": (
        "the land quota, {limit:,.0f} m2, lacks {amount:,.0f}{in_year}",
        "用地指标 {limit:,.0f} 平方米尚缺 {amount:,.0f}{in_year}",
    ),
    "standalone": (
        "{0}: a module that wants the building to itself would have to share it",
        "{0}：须独占建筑的模块将与其他模块共用",
    ),
    "compatibility": (
        "{0}: {service1} and {service2} would have to share the building",
        "{0}：{service1}与{service2}将同楼",
    ),
    "maximum_per_zone": (
        "{zone1} would have {amount:,.0f} more {service0} than it may",
        "{zone1}的{service0}将超出上限 {amount:,.0f} 处",
    ),
    "first_refusal": (
        "{0} would become {service1} before those with the first claim have enough places",
        "{0}将改作{service1}，而享有优先选用权的服务尚未补足缺口",
    ),
    "add_on": (
        "{0}: {1} would be open without a host",
        "{0}：{1} 将无依托设施",
    ),
    "add_on+": (
        "{0}: the host would lack {amount:,.0f} places for {1}",
        "{0}：依托设施尚缺 {amount:,.0f} 个名额（{1}）",
    ),
    "hub": (
        "{1}: {link_service} would open without {hub_service} near it ({0})",
        "{1}：{link_service}附近将无{hub_service}（{0}）",
    ),
    "keep_cover": (
        "people of {1} ({2}) would lose {service0} within reach",
        "{1} 的居民（{2}）将失去可达的{service0}",
    ),
    "backup": (
        "{amount:,.0f} {unit} more would need two places of {service0} within reach",
        "尚有 {amount:,.0f} {unit}未达到{service0}双重可达的要求",
    ),
    "self_sufficiency": (
        "{zone1} lacks {amount:,.0f} {unit} of {service0} of its own",
        "{zone1}自有{service0}尚缺 {amount:,.0f} {unit}",
    ),
    "reserve": (
        "{zone0}: {amount:,.0f} m2 of what is kept in reserve would be used",
        "{zone0}：将占用预留空间 {amount:,.0f} 平方米",
    ),
    "targets": (
        "target {0} is missed by {amount:,.2f} {unit}{in_year}",
        "指标 {0} 尚差 {amount:,.2f} {unit}{in_year}",
    ),
    "zone_floor": (
        "{zone1} lacks {amount:,.0f} {unit} of {service0} to be served as it should",
        "{zone1}的{service0}距最低服务比例尚缺 {amount:,.0f} {unit}",
    ),
    "min_load": (
        "{0}: {service1} would be used by {amount:,.0f} {unit} less than it must",
        "{0}：{service1}距最低负荷尚差 {amount:,.0f} {unit}",
    ),
    "own_zone": (
        "{amount:,.0f} {unit} more of {service0} would be served across the border of their zone",
        "{service0}跨区服务将超出 {amount:,.0f} {unit}",
    ),
    "outside_supply": (
        "{amount:,.0f} {unit} more of {service0} would come from outside",
        "{service0}的区外供给将超出上限 {amount:,.0f} {unit}",
    ),
}
"""Words by rule; numbers stand for the parts of the row's place, ``zone0`` for the name of a zone.

What has no words of its own is said by the amount and the name of the rule.
"""


def describe(model: Model, row_name: str, amount: float) -> dict[str, Any]:
    """Return one way out: the row, its rule and place, how much it must give, and the words."""
    rule, place = re.fullmatch(r"(\w+)\[(.*)\]", row_name).groups()  # type: ignore[union-attr]
    unit = _unit(model, rule, place)
    text, text_zh = _words(model, rule, place, amount, unit)
    return {
        "row": row_name,
        "rule": rule,
        "rule_zh": RULES[rule].name_zh,
        "place": place,
        "amount": round(amount, 6),
        "unit": unit,
        "text": text,
        "text_zh": text_zh,
    }


def _unit(model: Model, rule: str, place: str) -> str:
    instance = model.instance
    if rule in _MONEY_RULES:
        return instance.settings.money.unit
    if rule in _AREA_RULES:
        return "m2"
    services = instance.services.set_index("service_id")["unit"]
    if rule in _SERVICE_AT:
        return str(services[place.split(",")[_SERVICE_AT[rule]]])
    if rule == "targets":
        target = instance.targets.set_index("target_id").loc[place.partition(",")[0]]
        kinds = {"floor_area": "m2", "yard": "m2", "count": "places"}
        return kinds.get(str(target["measure"]), str(services[target["service_id"]]))
    return "places"


def _words(model: Model, rule: str, place: str, amount: float, unit: str) -> tuple[str, str]:
    if rule == "minimum_per_zone":
        return _too_few(model, place, amount)
    if rule in {"required", "committed"}:
        building_id, service_id, module_id = [*place.split(","), None, None][:3]
        near = model.listed[locked(model.listed, str(building_id), service_id, module_id)]
        why, why_zh = near_misses(near, 1)
        return f"{place} cannot open as {rule}: {why}", f"{place} 无法按锁定开放：{why_zh}"
    key = rule
    if rule == "funds" and place == "none":
        key = "funds[none]"
    if rule == "add_on" and "+" in place.split(",")[1]:
        key = "add_on+"
    if key not in _TEXTS:
        name = RULES[rule]
        return (
            f"{place}: {amount:,.2f} {unit} more would be needed ({name.name_en})",
            f"{place}：尚缺 {amount:,.2f} {unit}（{name.name_zh}）",
        )
    english, chinese = _TEXTS[key]
    parts = place.split(",")
    facts = {"amount": amount, "unit": unit, "limit": _limit(model, f"{rule}[{place}]")}
    return (
        english.format(*parts, **facts, **_named(model, rule, parts, zh=False)),
        chinese.format(*parts, **facts, **_named(model, rule, parts, zh=True)),
    )


def _limit(model: Model, row_name: str) -> float:
    """Return the limit of a row over decisions, 0 where the row is another."""
    program = model.program
    if row_name not in program.row_names:
        return 0.0
    row = program.row_names.index(row_name)
    upper, lower = float(program.row_upper[row]), float(program.row_lower[row])
    return upper if upper < float("inf") else lower


def _named(model: Model, rule: str, parts: list[str], *, zh: bool) -> dict[str, str]:
    """Return the names of the services, zones, funds and years that a row's place speaks of."""
    instance = model.instance
    services = set(instance.services["service_id"])
    zones = set(instance.zones["zone_id"])
    named = {}
    for i, part in enumerate(parts):
        if part in services:
            named[f"service{i}"] = _service(model, part, zh=zh)
        if part in zones:
            named[f"zone{i}"] = _zone(model, part, zh=zh)
    named["zone"] = named.get("zone0", "")
    if rule == "funds" and parts != ["none"]:
        funds = instance.funds.set_index("fund_id")
        own = [_name(funds.loc[fund], fund, zh=zh) for fund in parts[0].split("+")]
        named["funds"] = ("、" if zh else ", ").join(own)
    if rule == "hub":
        link = instance.links.set_index("link_id").loc[parts[0]]
        named["link_service"] = _service(model, str(link["service_id"]), zh=zh)
        named["hub_service"] = _service(model, str(link["hub_service_id"]), zh=zh)
    carried = instance.settings.budget.carry_over
    named["through"] = ("截至 " if zh else "through ") if carried else ("" if zh else "of ")
    dated = instance.settings.plan.yearly and parts[-1].isdigit()
    named["in_year"] = (f"（{parts[-1]} 年）" if zh else f" in {parts[-1]}") if dated else ""
    return named


def _service(model: Model, service_id: str, *, zh: bool) -> str:
    services = model.instance.services.set_index("service_id")
    return _name(services.loc[service_id], service_id, zh=zh)


def _zone(model: Model, zone_id: str, *, zh: bool) -> str:
    zones = model.instance.zones.drop_duplicates("zone_id").set_index("zone_id")
    return _name(zones.loc[zone_id], zone_id, zh=zh)


def _name(row: Any, own_id: str, *, zh: bool) -> str:
    return str((row["name_zh"] if zh else "") or row["name"] or own_id)


def _too_few(model: Model, place: str, amount: float) -> tuple[str, str]:
    """Say why a zone cannot have as many places as it should."""
    instance = model.instance
    service_id, zone_id = place.split(",", 1)
    inside = in_zone(instance, instance.buildings, zone_id)
    listed = model.listed
    near = listed[listed["service_id"].eq(service_id) & inside[listed["building"]]]
    why, why_zh = near_misses(near, int(_limit(model, f"minimum_per_zone[{place}]")))
    count = round(amount)
    service, service_zh = (_service(model, service_id, zh=zh) for zh in (False, True))
    zone, zone_zh = (_zone(model, zone_id, zh=zh) for zh in (False, True))
    return (
        f"{zone} needs {count} more {service}; {why}",
        f"{zone_zh}还缺 {count} 处{service_zh}；{why_zh}",
    )
