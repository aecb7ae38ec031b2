"""Sentences on runs side by side: what is served, what is proven of it, what changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from siting.explain.intervals import Interval
from siting.report.comparison.naming import (
    counted,
    percent_above,
    percent_below,
    points,
    run_title,
    spelled,
    today_share,
)
from siting.report.labels import Lang, in_lang, percent_up, service_names, share, zone_names
from siting.scenarios.comparing.comparison import Comparison
from siting.scenarios.tradeoffs.frontier import Frontier, FrontierPoint, Step
from siting.solution import PROVEN_GAP

_MOST_SERVICES = 3
_TELLING = 0.0005
"""Least difference of a service's share that is told."""


def introduction(comparison: Comparison, frontier: Frontier | None, lang: Lang) -> Iterator[str]:
    """Say what is compared, what is served today, and whether all of it was re-checked."""
    runs, planned = len(comparison.runs), len(comparison.planned)
    budgets = 0 if frontier is None else len(frontier.points)
    today = share(today_share(comparison))
    yield in_lang(
        lang,
        f"{counted(runs, 'plan')} of one town side by side"
        + (f", {budgets} of them for the trade-off of budget and need served." if budgets else "."),
        f"同一地区{runs}个方案的对比"
        + (f"，其中{budgets}个用于预算与服务率的关系。" if budgets else "。"),
    )
    yield in_lang(
        lang,
        f"Today {today} of the need is served, services by weight.",
        f"现状加权服务率为{today}。",
    )
    failed = [
        run_title(comparison, label, lang)
        for label in comparison.planned
        if not comparison.facts(label)["verified"]
    ]
    if failed:
        listed = in_lang(lang, ", ", "、").join(failed)
        yield in_lang(
            lang,
            f"FAILED the re-check, do not use: {listed}.",
            f"复核未通过，请勿使用：{listed}。",
        )
    elif planned:
        yield in_lang(
            lang,
            "Every plan found was re-checked against all rules by separate code: passed.",
            "所得方案均已由独立程序逐条复核全部规则：通过。",
        )


def frontier_sentences(comparison: Comparison, frontier: Frontier, lang: Lang) -> Iterator[str]:
    """Say what the first money buys, and what each further step adds for certain."""
    unit = comparison.base.settings.money.unit
    without = [p for p in frontier.points if p.infeasible]
    if without:
        most = spelled(max(p.budget for p in without), unit, lang)
        yield in_lang(
            lang, f"With {most} or less no plan keeps all rules.",
            f"预算不超过{most}时，没有满足全部规则的方案。",
        )  # fmt: skip
    unknown = [p for p in frontier.points if p.objective is None and not p.infeasible]
    for point in unknown:
        amount = spelled(point.budget, unit, lang)
        yield in_lang(
            lang, f"With {amount} no plan was found in the time given.",
            f"预算{amount}：时限内未找到方案。",
        )  # fmt: skip
    known = [p for p in frontier.points if p.objective is not None]
    if not known:
        return
    yield _first(known[0], frontier.today, unit, lang)
    for step, point in zip(frontier.steps, known[1:], strict=True):
        yield _next(step, known[known.index(point) - 1], point, unit, lang)


def _first(point: FrontierPoint, today: float, unit: str, lang: Lang) -> str:
    amount = spelled(point.budget, unit, lang)
    served = share(point.objective or 0.0)
    if point.budget == 0:
        lead = in_lang(lang, f"Without money {served} is served", f"不投入资金时服务率为{served}")
    else:
        lead = in_lang(
            lang, f"The first {amount} serve {served}", f"最初的{amount}达到服务率{served}"
        )
    against = in_lang(lang, f", against {share(today)} today", f"，现状为{share(today)}")
    return lead + _proven(point.objective, point.bound, lang) + against + in_lang(lang, ".", "。")


def _next(step: Step, low: FrontierPoint, high: FrontierPoint, unit: str, lang: Lang) -> str:
    more = spelled(step.high - step.low, unit, lang)
    upto = spelled(step.high, unit, lang)
    gain = (high.objective or 0.0) - (low.objective or 0.0)
    lead = in_lang(lang, f"The next {more} (to {upto})", f"再增加{more}（至{upto}）")
    served = share(high.objective or 0.0)
    if not step.gain.distinguishable:
        at_most = "" if step.gain.high is None else points(step.gain.high).lstrip("+")
        if step.gain.high is not None and step.gain.high <= PROVEN_GAP:
            return in_lang(
                lang, f"{lead} add nothing: {served} stays the best, proven.",
                f"{lead}不再提高：{served}已证明为最优。",
            )  # fmt: skip
        limit = in_lang(lang, f", at most {at_most} points", f"，至多{at_most}个百分点")
        found = points(gain).lstrip("+")
        return in_lang(
            lang,
            f"{lead} add {found} points in the plans found, to {served}; "
            f"not distinguishable from 0{limit if at_most else ''}.",
            f"{lead}，所得方案提高{found}个百分点，达{served}；"
            f"与0无法区分{limit if at_most else ''}。",
        )
    between = _between(step.gain, lang)
    return in_lang(
        lang,
        f"{lead} add {points(gain).lstrip('+')} points, to {served}{between}.",
        f"{lead}提高{points(gain).lstrip('+')}个百分点，达{served}{between}。",
    )


def _between(gain: Interval, lang: Lang) -> str:
    low = f"{int(gain.low * 10_000 + 1e-6) / 100:.2f}"
    if gain.high is None:
        return in_lang(lang, f" (proven: at least {low})", f"（已证明至少{low}）")
    high = f"{-int(-(gain.high * 10_000 - 1e-6) // 1) / 100:.2f}"
    if low == high:
        return in_lang(lang, " (proven)", "（已证明）")
    return in_lang(lang, f" (proven: between {low} and {high})", f"（已证明在{low}与{high}之间）")


def _proven(objective: float | None, bound: float | None, lang: Lang) -> str:
    """Return between what the best plan lies."""
    if objective is None or bound is None:
        return in_lang(lang, " (nothing proven)", "（未证明）")
    if bound - objective <= PROVEN_GAP * max(objective, 1e-12):
        return in_lang(lang, " (proven best)", "（已证明最优）")
    least, most = percent_below(objective), percent_above(bound)
    return in_lang(
        lang, f" (proven: the best plan serves between {least} and {most})",
        f"（已证明：最优方案在{least}与{most}之间）",
    )  # fmt: skip


def scenario_sentences(
    comparison: Comparison, labels: Sequence[str], lang: Lang
) -> Iterator[tuple[str, list[str]]]:
    """Yield the title of each run and what is said of it, held against the first."""
    for label in labels:
        title = run_title(comparison, label, lang)
        if label not in comparison.planned:
            yield title, list(_no_plan(comparison, label, lang))
            continue
        said = [_standing(comparison, label, lang)]
        if label != comparison.first:
            said.append(_against(comparison, label, lang))
            said += _services(comparison, label, lang)
        said.append(_people(comparison, label, lang))
        yield title, said


def _no_plan(comparison: Comparison, label: str, lang: Lang) -> Iterator[str]:
    values = comparison.runs[label].values
    conflict = values["conflict"]
    if conflict is None:
        yield in_lang(
            lang, "No plan was found in the time given; whether one exists is not known.",
            "时限内未找到方案；是否存在方案未知。",
        )  # fmt: skip
        return
    rows = ", ".join(conflict["rows"])
    yield in_lang(
        lang, f"Proven: no plan keeps all rules. In conflict: {rows}.",
        f"已证明：没有方案能满足全部规则。相互冲突：{rows}。",
    )  # fmt: skip
    ways = [str(way["text_zh" if lang == "zh" else "text"]) for way in conflict["ways_out"]]
    if ways:
        yield in_lang(lang, "Cheapest way out: ", "代价最小的解决办法：") + "; ".join(ways)


def _standing(comparison: Comparison, label: str, lang: Lang) -> str:
    facts = comparison.facts(label)
    unit = comparison.base.settings.money.unit
    cost = spelled(float(facts["cost"]), unit, lang)
    served, gap = share(float(facts["objective"])), facts["gap"]
    proven = _proven(facts["objective"], facts["bound"], lang)
    if gap is not None and gap > PROVEN_GAP and not pd.isna(gap):
        said = percent_up(float(gap))
        proven = proven[:-1] + in_lang(lang, f", gap {said})", f"，差距{said}）")
    count, buildings = int(facts["sites"]), int(facts["buildings"])
    text = in_lang(
        lang,
        f"Serves {served}{proven} for {cost}: {counted(count, 'new service')} in "
        f"{counted(buildings, 'building')}.",
        f"服务率{served}{proven}，投资{cost}，在{buildings}处建筑新增服务{count}项。",
    )
    if not facts["same_score"]:
        score = share(float(facts["score"]))
        text += in_lang(
            lang,
            " It counts need otherwise than the instance as given (people, weights or ranks); "
            f"by the given weights {score} of its need is served.",
            f"其需求口径与原设定不同（人口、权重或次序）；按原权重，其需求服务率为{score}。",
        )
    return text


def _against(comparison: Comparison, label: str, lang: Lang) -> str:
    first, facts = comparison.facts(comparison.first), comparison.facts(label)
    name = run_title(comparison, comparison.first, lang)
    unit = comparison.base.settings.money.unit
    resized = comparison.changes
    resized = resized[(resized["run"] == label) & (resized["change"] == "resized")]
    more = float(facts["cost"]) - float(first["cost"])
    sign = "+" if more > 0 else ("−" if more < 0 else "±")
    money = sign + spelled(abs(more), unit, lang)
    moves = in_lang(
        lang,
        f"gains {counted(int(facts['gained']), 'site')}, loses {int(facts['lost'])}, resizes "
        f"{len(resized)}; capital {money}",
        f"新增{int(facts['gained'])}处、减少{int(facts['lost'])}处、调整规模{len(resized)}处；投资{money}",
    )
    both = bool(first["same_score"]) and bool(facts["same_score"])
    if not both:
        by = points(float(facts["score"]) - float(first["score"]))
        served = in_lang(
            lang, f"{by} points by the given weights (not proven)",
            f"按原权重{by}个百分点（未经证明）",
        )  # fmt: skip
    else:
        served = _difference(first, facts, lang)
    return in_lang(
        lang, f"Against “{name}”: need served {served}; {moves}.",
        f"与“{name}”相比：服务率{served}；{moves}。",
    )  # fmt: skip


def _difference(first: dict[str, object], facts: dict[str, object], lang: Lang) -> str:
    """Return by how much the best plans of two runs differ, for certain."""
    low_a, high_a, low_b, high_b = (
        None if v is None or pd.isna(v) else float(str(v))
        for v in (first["objective"], first["bound"], facts["objective"], facts["bound"])
    )
    by = points((low_b or 0.0) - (low_a or 0.0))
    if high_a is None or high_b is None or low_a is None or low_b is None:
        return in_lang(lang, f"{by} points (not proven)", f"{by}个百分点（未证明）")
    low, high = low_b - high_a, high_b - low_a
    if low <= PROVEN_GAP and high >= -PROVEN_GAP:
        if high - low <= PROVEN_GAP:
            return in_lang(lang, "the same (proven)", "相同（已证明）")
        return in_lang(lang, f"{by} points, not distinguishable", f"{by}个百分点，与之无法区分")
    if high - low <= PROVEN_GAP:
        return in_lang(lang, f"{by} points (proven)", f"{by}个百分点（已证明）")
    return in_lang(
        lang,
        f"{by} points (proven: between {points(low)} and {points(high)})",
        f"{by}个百分点（已证明在{points(low)}与{points(high)}之间）",
    )


def _services(comparison: Comparison, label: str, lang: Lang) -> list[str]:
    """Say which services gain and lose most against the first run."""
    table = comparison.served[comparison.served["service_id"] != ""]
    shares = table.set_index(["run", "service_id"])["share"]
    change = (shares[label] - shares[comparison.first]).dropna()
    change = change[change.abs() >= _TELLING]
    names = service_names(comparison.base, lang)
    said = []
    for part, en, zh in (
        (change[change > 0].sort_values(ascending=False), "Better served", "提高"),
        (change[change < 0].sort_values(), "Less served", "降低"),
    ):
        if len(part):
            listed = in_lang(lang, ", ", "、").join(
                f"{names[str(s)]} {points(float(v), decimals=1)}"
                for s, v in part.head(_MOST_SERVICES).items()
            )
            said.append(in_lang(lang, f"{en}, points: {listed}.", f"{zh}（百分点）：{listed}。"))
    return said


def _people(comparison: Comparison, label: str, lang: Lang) -> str:
    facts = comparison.facts(label)
    parts = []
    if not pd.isna(facts["mean_min"]):
        minutes = f"{float(facts['mean_min']):.1f}"
        parts.append(
            in_lang(
                lang,
                f"those served walk {minutes} min on average",
                f"被服务者平均步行{minutes}分钟",
            )
        )
    if facts["worst_zone_id"]:
        zone = zone_names(comparison.base, lang)[str(facts["worst_zone_id"])]
        worst = share(float(facts["worst_share"]))
        parts.append(
            in_lang(lang, f"worst served zone {zone} with {worst}", f"服务最差分区{zone}，{worst}")
        )
    if not pd.isna(facts["gini"]):
        even = f"{float(facts['gini']):.3f}"
        parts.append(in_lang(lang, f"Gini over people {even}", f"按人口计基尼系数{even}"))
    text = in_lang(lang, "; ", "；").join(parts)
    return text[:1].upper() + text[1:] + in_lang(lang, ".", "。") if text else ""
