"""What a rule would have to give, in words."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from siting.instance.rulebook import RULES
from siting.model.build import Model
from siting.model.rules.locked import locked

_MOST_NEAR_MISSES = 3

_REASONS = {
    "forbidden": ("is forbidden by a lock", "被锁定禁止"),
    "not_eligible": ("is of a class that may not become this service", "建筑类别不允许"),
    "unsuitable": ("does not meet the condition on {field}", "不满足条件 {field}"),
    "too_small": ("is {lacking:,.0f} m2 too small", "面积差 {lacking:,.0f} 平方米"),
    "yard": ("has a yard that is {lacking:,.0f} m2 too small", "场地差 {lacking:,.0f} 平方米"),
}


def describe(model: Model, row_name: str, amount: float) -> dict[str, Any]:
    """Return one way out: the row, its rule and place, how much it must give, and the words."""
    rule, place = re.fullmatch(r"(\w+)\[(.*)\]", row_name).groups()  # type: ignore[union-attr]
    unit = _unit(model, rule)
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


def _unit(model: Model, rule: str) -> str:
    if rule in {"budget", "agency_budget", "yearly_cost"}:
        return model.instance.settings.money.unit
    return "m2" if rule in {"floor_area", "yard"} else "places"


def _words(model: Model, rule: str, place: str, amount: float, unit: str) -> tuple[str, str]:
    instance = model.instance
    if rule == "minimum_per_zone":
        service_id, zone_id = place.split(",", 1)
        service = instance.services.set_index("service_id").loc[service_id]
        zone = instance.zones.set_index("zone_id").loc[zone_id]
        inside = instance.buildings[f"zone_{zone['kind']}"].eq(zone_id)
        listed = model.listed
        near = listed[listed["service_id"].eq(service_id) & inside[listed["building"]].to_numpy()]
        row = model.program.row_names.index(f"{rule}[{place}]")
        why, why_zh = _near_misses(near, int(model.program.row_lower[row]))
        count = round(amount)
        name_zh = service["name_zh"] or service["name"] or service_id
        return (
            f"{zone['name'] or zone_id} needs {count} more {service['name'] or service_id}; {why}",
            f"{zone['name_zh'] or zone['name'] or zone_id}还缺 {count} 处{name_zh}；{why_zh}",
        )
    if rule in {"required", "committed"}:
        parts = [*place.split(","), None, None][:3]
        near = model.listed[locked(model.listed, str(parts[0]), parts[1], parts[2])]
        why, why_zh = _near_misses(near, 1)
        return f"{place} cannot open as {rule}: {why}", f"{place} 无法按锁定开放：{why_zh}"
    if rule == "budget":
        limit = instance.settings.budget.total or 0.0
        return (
            f"the budget of {limit:,.2f} {unit} lacks {amount:,.2f}",
            f"总预算 {limit:,.2f} {unit} 尚缺 {amount:,.2f}",
        )
    name = RULES[rule]
    return (
        f"{place}: {amount:,.2f} {unit} more would be needed ({name.name_en})",
        f"{place}：尚缺 {amount:,.2f} {unit}（{name.name_zh}）",
    )


def _near_misses(near: pd.DataFrame, wanted: int) -> tuple[str, str]:
    """Say of the buildings there why `wanted` of them cannot open."""
    if near.empty:
        return "no candidate building is there", "当地没有候选建筑"
    able = sorted(near.loc[near["reason"] == "", "building_id"].unique())
    named = ", ".join(able[:_MOST_NEAR_MISSES])
    if len(able) >= wanted:
        more = len(able) - _MOST_NEAR_MISSES
        rest, rest_zh = (f" and {more} more", f"等 {len(able)} 处") if more > 0 else ("", "")
        return (
            f"the rules that conflict leave no room for {named}{rest}",
            f"冲突的规则使 {named}{rest_zh} 无法采用",
        )
    lead, lead_zh = (f"only {named} can; ", f"仅 {named} 可用；") if able else ("", "")
    unable = near[~near["building_id"].isin(able)]
    if unable.empty:
        return f"{lead}no other candidate is there", f"{lead_zh}当地没有其他候选建筑"
    # A building that is only too small came closer than one whose class is wrong.
    order = {"too_small": 0, "unsuitable": 1, "forbidden": 2, "not_eligible": 3}
    ranked = unable.assign(rank=unable["reason"].map(order)).sort_values(["rank", "lacking"])
    best = ranked.drop_duplicates("building_id").head(_MOST_NEAR_MISSES)
    said, said_zh = [], []
    for row in best.itertuples():
        key = "yard" if row.field == "yard_m2" and row.reason == "too_small" else str(row.reason)
        english, chinese = _REASONS[key]
        said.append(f"{row.building_id} {english.format(field=row.field, lacking=row.lacking)}")
        said_zh.append(f"{row.building_id} {chinese.format(field=row.field, lacking=row.lacking)}")
    alone = len(set(near["building_id"])) == 1
    lead, lead_zh = (
        ("the only candidate: ", "唯一候选：")
        if alone
        else (
            f"{lead}closest: ",
            f"{lead_zh}最接近者：",
        )
    )
    return lead + "; ".join(said), lead_zh + "；".join(said_zh)
