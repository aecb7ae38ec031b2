"""Traces what money buys: first over the whole range, then where the curve bends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from siting.explain.more_money import budget_of
from siting.instance.instance import Instance
from siting.scenarios.case import Case, budget_cases
from siting.scenarios.run import Run
from siting.scenarios.tradeoffs.frontier import Frontier, frontier_of, next_budgets

EVEN_SHARE = 0.4
"""Part of the points that is spread evenly before the others go where the curve bends."""

LEAST_EVEN = 3

Carried = Callable[[Sequence[Case]], list[Run]]
"""Plans cases and returns their runs, in order."""


def trace_frontier(
    base: Instance, carry_out: Carried, *, points: int, top: float, scenario: str = ""
) -> Frontier:
    """Return a frontier of `points` budgets from 0 to `top`.

    Raises
    ------
    InstanceError
        When the scenario is not known.
    """
    even = min(points, max(LEAST_EVEN, round(EVEN_SHARE * points)))
    decimals = base.settings.money.decimals
    budgets = [round(float(b), decimals) for b in np.linspace(0.0, top, even)]
    runs = carry_out(budget_cases(base, budgets, scenario))
    more = next_budgets(frontier_of(runs), points - even, decimals=decimals)
    if more:
        runs += carry_out(budget_cases(base, more, scenario))
    return frontier_of(runs)


def top_budget(town: Instance) -> float:
    """Return a budget from which a frontier is worth tracing down: twice that of the town.

    Raises
    ------
    InstanceError
        When the town has no total budget.
    """
    return 2 * budget_of(town)
