"""Why the buildings that come closest cannot open, in words."""

from __future__ import annotations

import pandas as pd

_MOST_NEAR_MISSES = 3

_REASONS = {
    "too_small": ("is {lacking:,.0f} m2 too small", "面积差 {lacking:,.0f} 平方米"),
    "yard": ("has a yard that is {lacking:,.0f} m2 too small", "场地差 {lacking:,.0f} 平方米"),
    "not_available": (
        "cannot open in time, by {lacking:,.0f} years",
        "无法按期开放（差 {lacking:,.0f} 年）",
    ),
    "too_few_people": (
        "has {lacking:,.0f} people too few within reach",
        "服务范围内少 {lacking:,.0f} 人",
    ),
    "too_large": (
        "would be {lacking:,.0f} m2 larger than a site may be",
        "超出单点规模上限 {lacking:,.0f} 平方米",
    ),
    "not_approved": (
        "would be {lacking:,.0f} m2 larger than its approval allows",
        "超出附加条件的面积上限 {lacking:,.0f} 平方米",
    ),
    "unsuitable": ("does not meet the condition on {field}", "不满足条件 {field}"),
    "not_planned": ("is planned for other services", "规划未许可该服务"),
    "forbidden": ("is forbidden by a lock", "被锁定禁止"),
    "not_eligible": ("is of a class that may not become this service", "建筑类别不允许"),
}
"""Words by reason; what came closer stands first."""


def near_misses(near: pd.DataFrame, wanted: int) -> tuple[str, str]:
    """Say of the listed conversions of some place why `wanted` of them cannot open."""
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
    order = {reason: rank for rank, reason in enumerate(_REASONS)}
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
