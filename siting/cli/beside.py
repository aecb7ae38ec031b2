"""What `compare` is asked beside its runs: one order, what is robust, one plan for all, others."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from siting.cli.plans import ROOT
from siting.cli.screen import Stages
from siting.errors import Finding, InstanceError

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.instance.instance import Instance
    from siting.plan import Options
    from siting.report.comparison.folder import Further
    from siting.report.labels import Lang
    from siting.scenarios.other_plans.alternatives import Alternative
    from siting.scenarios.other_plans.diverse import DiversePlan
    from siting.scenarios.robust.from_runs import Robust
    from siting.scenarios.run import Run
    from siting.scenarios.tradeoffs.frontier import Frontier
    from siting.solvers.control import Progress

_TWO = 2

MOST_BUDGETS = 5
"""Budgets of a frontier that are looked at as worlds, first, last and evenly between."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What is asked.

    Attributes
    ----------
    alternatives
        How many of the best plans are wanted; with `within`, how many different ones that serve
        at most so many per cent less.
    now_share
        Part of the money that a plan for all worlds decides now.
    """

    nested: bool = False
    robust: bool = False
    least_regret: bool = False
    best_expected: bool = False
    alternatives: int = 0
    within: float | None = None
    now_share: float = 0.5

    @property
    def count(self) -> int:
        """How many questions there are."""
        return (
            self.nested
            + self.robust
            + self.least_regret
            + self.best_expected
            + (self.alternatives > 0)
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """Answers, and the runs that came with them."""

    further: Further
    runs: Sequence[Run] = ()


def answer(
    base: Instance,
    path: Path,
    runs: Sequence[Run],
    frontier: Frontier | None,
    asked: Beside,
    *,
    options: Options,
    deadline: float | None,
    lang: Lang,
    shown: Stages,
) -> Told:
    """Answer what is asked beside the runs, each question in its part of the time left.

    Raises
    ------
    InstanceError
        When a question needs other runs than there are.
    """
    from siting.report.comparison import beside as telling

    parts = _given_up(base, runs, lang)
    more: list[Run] = []
    left = asked.count

    def within_part() -> Options:
        nonlocal left
        part = options
        if deadline is not None:
            part = replace(options, time_limit_s=max(1.0, deadline - time.monotonic()) / left)
        left -= 1
        return part

    nested = None
    if asked.nested:
        from siting.scenarios.robust.nested import nested_plans

        shown.status.update("one order for the project list ...")
        free = [p.run for p in frontier.points if p.run.objective is not None] if frontier else []
        _need(len(free) >= _TWO, "--nested", "needs at least two budgets with a plan", "--budgets")
        nested = nested_plans(base, path, free, within_part(), root=ROOT, watch=shown.watch)
        parts.append(telling.nested_told(base, nested, lang))
    if asked.robust or asked.least_regret or asked.best_expected:
        from siting.scenarios.robust.from_runs import robust_of

        shown.status.update("what is right whatever happens ...")
        worlds = _worlds(runs, frontier)
        _need(len(worlds) >= _TWO, "--robust", "needs at least two plans", "--scenarios")
        robust = robust_of(base, worlds, replace(options, time_limit_s=None), nested=nested)
        if asked.robust:
            within_part()
            parts.append(telling.robust_told(base, robust, lang))
        if asked.least_regret:
            parts.append(
                _staged(base, robust, "regret", asked, within_part(), lang=lang, shown=shown)
            )
        if asked.best_expected:
            parts.append(
                _staged(base, robust, "expected", asked, within_part(), lang=lang, shown=shown)
            )
    if asked.alternatives:
        shown.status.update("other plans ...")
        found = _alternatives(base, asked, within_part(), shown.watch)
        from siting.scenarios.other_plans.choices import keep_choices

        more += keep_choices(found, path, ROOT)
        parts.append(telling.alternatives_told(base, found, lang))
    return Told(further=telling.together(parts), runs=more)


def _given_up(base: Instance, runs: Sequence[Run], lang: Lang) -> list[Further]:
    """Return what runs gain that give up some of the need served, where several do."""
    from siting.report.comparison.given_up import equity_told, nearness_told
    from siting.scenarios.tradeoffs.giving_up import equity_rows, nearness_rows

    raised, nearer = equity_rows(runs), nearness_rows(base, runs)
    parts = [equity_told(raised, lang)] if len(raised) >= _TWO else []
    return parts + ([nearness_told(nearer, lang)] if len(nearer) >= _TWO else [])


def _worlds(runs: Sequence[Run], frontier: Frontier | None) -> list[Run]:
    """Return the runs whose worlds are looked at: scenarios, or some of the budgets without."""
    points = {p.run.case.name for p in frontier.points} if frontier else set()
    planned = {run.case.name: run for run in runs if run.objective is not None}
    named = [run for name, run in planned.items() if name not in points]
    if len(named) >= _TWO:
        return named
    others = [run for name, run in planned.items() if name in points]
    others.sort(key=lambda run: run.case.scenario.budget or 0.0)
    most = min(len(others), MOST_BUDGETS)
    steps = [round(k * (len(others) - 1) / max(most - 1, 1)) for k in range(most)]
    return [*named, *(others[step] for step in steps)]


def _staged(
    base: Instance,
    robust: Robust,
    aim: Literal["regret", "expected"],
    asked: Beside,
    options: Options,
    *,
    lang: Lang,
    shown: Stages,
) -> Further:
    from siting.report.comparison.beside import staged_told
    from siting.scenarios.robust.two_stage import plan_for_all

    shown.status.update("one plan for all worlds ...")
    plan = plan_for_all(
        robust.worlds,
        aim,
        options,
        best=robust.best,
        now_share=asked.now_share,
        watch=shown.watch,
    )
    return staged_told(base, plan, lang)


def _alternatives(
    base: Instance, asked: Beside, options: Options, watch: Callable[[Progress], None]
) -> Sequence[Alternative | DiversePlan]:
    from siting.scenarios.other_plans.alternatives import find_alternatives
    from siting.scenarios.other_plans.diverse import find_diverse

    if asked.within is None:
        return find_alternatives(base, options, asked.alternatives, watch=watch).plans
    return find_diverse(base, options, asked.alternatives, asked.within, watch=watch).plans


def _need(there: bool, place: str, rule: str, remedy: str) -> None:
    if not there:
        raise InstanceError("compare", [Finding(place=place, rule=rule, remedy=f"add {remedy}")])
