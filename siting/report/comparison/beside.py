"""What is asked beside the runs, in words and tables: one order, what is robust, alternatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from siting.explain.intervals import Interval
from siting.instance.instance import Instance
from siting.report.comparison.folder import Further
from siting.report.comparison.naming import case_title, counted, percent_above, points, spelled
from siting.report.comparison.summary import Section
from siting.report.labels import Lang, in_lang, service_names, share
from siting.scenarios.other_plans.alternatives import Alternative
from siting.scenarios.other_plans.diverse import DiversePlan
from siting.scenarios.robust.core import core_rows
from siting.scenarios.robust.from_runs import NESTED_LIST, Robust
from siting.scenarios.robust.nested import NestedPlans, nested_rows, nestedness_rows
from siting.scenarios.robust.regret import regret_rows
from siting.scenarios.robust.reserve import reserve_rows
from siting.scenarios.robust.two_stage import StagedPlan, staged_rows, staged_values
from siting.solution import PROVEN_GAP

_MOST_NAMED = 8


def nested_told(base: Instance, nested: NestedPlans, lang: Lang) -> Further:
    """Return one order for the project list, and what it costs to keep to it."""
    unit = base.settings.money.unit
    lines = []
    for step in nested.steps:
        amount, served = spelled(step.budget, unit, lang), share(step.best.objective)
        opens, enlarged = len(step.opens), len(step.enlarged)
        lines.append(
            in_lang(
                lang,
                f"Up to {amount}: {served} served; opens {counted(opens, 'site')}, enlarges "
                f"{enlarged}; the price of keeping to the order is {_interval(step.price, lang)}.",
                f"至{amount}：服务率{served}；新开{opens}处，扩大{enlarged}处；"
                f"按序实施的代价为{_interval(step.price, lang)}。",
            )
        )
    if nested.not_reached:
        left = in_lang(lang, ", ", "、").join(spelled(b, unit, lang) for b in nested.not_reached)
        lines.append(in_lang(lang, f"Not reached in the time: {left}.", f"时限内未完成：{left}。"))
    title = in_lang(lang, "One order for the project list", "项目实施次序")
    order, price = nested_rows(nested), nestedness_rows(nested)
    return Further(
        sections=[Section(title=title, lines=lines)],
        tables={"nested": order, "nestedness": price},
        values={"nested": {"order": plain_rows(order), "price": plain_rows(price)}},
    )


def robust_told(base: Instance, robust: Robust, lang: Lang) -> Further:
    """Return what plans have in common, and how each does in the world of another."""
    core = robust.core
    some = sum(0 < site.count < site.of for site in core.sites)
    lines = [
        in_lang(
            lang,
            f"Of {counted(len(core.plans), 'plan')}: {counted(len(core.no_regret), 'site')} opened "
            f"by every one, {some} by some, {len(core.never)} that could open by none.",
            f"{len(core.plans)}个方案中，{len(core.no_regret)}处均被选用，{some}处部分选用，"
            f"{len(core.never)}处可选而均未选用。",
        ),
        *_regrets(base, robust, lang),
        *_reserve(base, robust, lang),
    ]
    tables = {
        "core": core_rows(core),
        "regret": regret_rows(robust.regrets),
        "reserve": reserve_rows(robust.reserve),
    }
    title = in_lang(lang, "What is right whatever happens", "各情景下均稳妥的选择")
    return Further(
        sections=[Section(title=title, lines=lines)],
        tables=tables,
        values={name: plain_rows(table) for name, table in tables.items()},
    )


def _regrets(base: Instance, robust: Robust, lang: Lang) -> Iterator[str]:
    table = robust.regrets
    for plan in table.plans:
        worst = table.worst(plan)
        name = _plan_name(base, plan, lang)
        if worst is None:
            yield in_lang(
                lang, f"“{name}” lived in the other worlds: its regret is not known.",
                f"“{name}”在其他情景下的遗憾值未知。",
            )  # fmt: skip
            continue
        known = {w: table.cells[plan, w].amount for w in table.worlds}
        where = max(known, key=lambda w: -1.0 if (a := known[w]) is None else a.low)
        there = case_title(base, where, lang)
        yield in_lang(
            lang,
            f"“{name}” lived in the other worlds: largest regret {_interval(worst, lang)}"
            + (f", in “{there}”." if worst.distinguishable else "."),
            f"“{name}”置于其他情景：最大遗憾值{_interval(worst, lang)}"
            + (f"（“{there}”）。" if worst.distinguishable else "。"),
        )
        broken = [w for w in table.worlds if table.cells[plan, w].lived.broken]
        if broken:
            listed = in_lang(lang, ", ", "、").join(case_title(base, w, lang) for w in broken)
            yield in_lang(
                lang, f"“{name}” would not keep all rules in: {listed}.",
                f"“{name}”在以下情景中不满足全部规则：{listed}。",
            )  # fmt: skip
    if table.least_worst is not None:
        name = _plan_name(base, table.least_worst, lang)
        yield in_lang(
            lang, f"Of these the largest regret is least for “{name}”.",
            f"其中最大遗憾值最小的是“{name}”。",
        )  # fmt: skip


def _reserve(base: Instance, robust: Robust, lang: Lang) -> Iterator[str]:
    if not robust.reserve:
        return
    names = service_names(base, lang)
    listed = in_lang(lang, ", ", "、").join(
        f"{r.project.building_id} {names[r.project.service_id]}"
        for r in robust.reserve[:_MOST_NAMED]
    )
    yield in_lang(
        lang, f"With more money than the first plan has, next come: {listed}.",
        f"资金多于首个方案时，依次考虑：{listed}。",
    )  # fmt: skip


def staged_told(base: Instance, plan: StagedPlan, lang: Lang) -> Further:
    """Return a plan for all worlds: what is opened now, and what that leaves open."""
    least = plan.aim != "expected"
    title = (
        in_lang(lang, "One plan for all worlds: least regret", "兼顾各情景：最大遗憾最小")
        if least
        else in_lang(lang, "One plan for all worlds: best on average", "兼顾各情景：期望最优")
    )
    if plan.objective is None:
        ended = in_lang(
            lang, f"No plan was found ({plan.termination}).", f"未得方案（{plan.termination}）。"
        )
        lines = [ended]
    else:
        bound = "" if plan.bound is None else _bound(plan, lang, least=least)
        amount = points(plan.objective).lstrip("+") if least else share(plan.objective)
        lines = [
            in_lang(
                lang,
                f"Opens {counted(len(plan.now), 'site')} now, the same in all "
                f"{len(plan.worlds)} worlds, and decides "
                f"{1 - plan.now_share:.0%} of the money later.",
                f"现在新开{len(plan.now)}处，在{len(plan.worlds)}个情景中相同；"
                f"{1 - plan.now_share:.0%}的资金以后再定。",
            ),
            in_lang(
                lang,
                f"Largest regret {amount} points{bound}.",
                f"最大遗憾值{amount}个百分点{bound}。",
            )
            if least
            else in_lang(
                lang, f"Serves {amount} on average{bound}.", f"平均服务率{amount}{bound}。"
            ),
        ]
        for world in plan.worlds:
            name = case_title(base, world.name, lang)
            much = share(world.value)
            lines.append(
                in_lang(
                    lang,
                    f"In “{name}”: {much} served, {counted(len(world.later), 'site')} later.",
                    f"“{name}”：服务率{much}，以后新开{len(world.later)}处。",
                )
            )
    key = "least_regret" if least else "best_expected"
    rows, values = staged_rows(plan), staged_values(plan)
    return Further(
        sections=[Section(title=title, lines=lines)],
        tables={key: values, f"{key}_sites": rows},
        values={
            key: {
                "objective": plan.objective,
                "bound": plan.bound,
                "termination": str(plan.termination),
                "worlds": plain_rows(values),
            }
        },
    )


def _bound(plan: StagedPlan, lang: Lang, *, least: bool) -> str:
    bound = plan.bound or 0.0
    if least:
        said = points(bound).lstrip("+")
        return in_lang(lang, f" (none does with less than {said})", f"（任何方案不低于{said}）")
    said = percent_above(bound)
    return in_lang(lang, f" (none serves more than {said})", f"（任何方案不超过{said}）")


def alternatives_told(
    base: Instance, plans: Sequence[Alternative | DiversePlan], lang: Lang
) -> Further:
    """Return other good plans of the town: what each serves, its rank, how far it differs.

    Parameters
    ----------
    plans
        Of `siting.scenarios.other_plans.alternatives` or `siting.scenarios.other_plans.diverse`.
    """
    lines, rows = [], []
    first = set(plans[0].sites) if plans else set()
    for plan in plans:
        own = set(plan.sites)
        more, less = len(own - first), len(first - own)
        name, served = case_title(base, plan.instance.scenario, lang), share(plan.objective)
        best = getattr(plan, "best_rank", None)
        worst = getattr(plan, "worst_rank", None)
        parts = [in_lang(lang, f"{served} served", f"服务率{served}")]
        if best is not None:
            parts.append(_ranked(best, worst, lang))
        if plan is not plans[0]:
            other = case_title(base, plans[0].instance.scenario, lang)
            parts.append(
                in_lang(
                    lang,
                    f"has {counted(more, 'site')} that {other} has not, lacks {less} that it has",
                    f"较{other}多{more}处、少{less}处",
                )
            )
        lines.append(in_lang(lang, f"{name}: {'; '.join(parts)}.", f"{name}：{'；'.join(parts)}。"))
        rows.append(
            {
                "plan": plan.instance.scenario,
                "objective": plan.objective,
                "bound": getattr(plan, "bound", None),
                "best_rank": best,
                "worst_rank": worst,
                "sites": len(own),
                "more": more,
                "less": less,
            }
        )
    table = pd.DataFrame(rows)
    title = in_lang(lang, "Other plans as good or nearly so", "同样好或接近的其他方案")
    return Further(
        sections=[Section(title=title, lines=lines)],
        tables={"alternatives": table},
        values={"alternatives": plain_rows(table)},
    )


def _ranked(best: int, worst: int | None, lang: Lang) -> str:
    """Return which rank a plan is proven to have."""
    if worst == best:
        return in_lang(lang, f"rank {best}", f"名次{best}")
    if worst is None:
        return in_lang(lang, f"rank {best} or later", f"名次{best}或更后")
    return in_lang(lang, f"rank between {best} and {worst}", f"名次在{best}与{worst}之间")


def together(parts: Sequence[Further]) -> Further:
    """Return several as one."""
    return Further(
        sections=[section for part in parts for section in part.sections],
        tables={name: table for part in parts for name, table in part.tables.items()},
        values={key: value for part in parts for key, value in part.values.items()},
        pictures={name: draw for part in parts for name, draw in part.pictures.items()},
    )


def _plan_name(base: Instance, name: str, lang: Lang) -> str:
    if name == NESTED_LIST:
        return in_lang(lang, "the one order", "统一次序")
    return case_title(base, name, lang)


def _interval(amount: Interval, lang: Lang) -> str:
    """Return an amount of need served in points; what may be nothing is said so."""
    high = None if amount.high is None else points(amount.high).lstrip("+")
    if amount.high is not None and amount.high <= PROVEN_GAP:
        return in_lang(lang, "0 (proven)", "0（已证明）")
    if not amount.distinguishable:
        nothing = in_lang(lang, "not distinguishable from 0", "与0无法区分")
        most = "" if high is None else in_lang(lang, f" (at most {high} points)", f"（至多{high}）")
        return nothing + most
    low = points(amount.low).lstrip("+")
    if high is None:
        return in_lang(lang, f"at least {low} points", f"至少{low}个百分点")
    if low == high:
        return in_lang(lang, f"{low} points", f"{low}个百分点")
    return in_lang(lang, f"{low} to {high} points", f"{low}至{high}个百分点")


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, what is not known as None."""
    shown = table.astype(object).where(table.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in shown.to_dict("records")]
