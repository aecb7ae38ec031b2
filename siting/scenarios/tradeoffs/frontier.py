"""What money buys: need served by budget, each point between a plan and a bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.explain.intervals import Best, Interval, price_between
from siting.instance.instance import KEEP
from siting.scenarios.run import Run
from siting.solution import relative_gap


@dataclass(frozen=True, kw_only=True)
class FrontierPoint:
    """What is known of the best plan of a budget.

    Attributes
    ----------
    objective, bound
        Between which the most served lies: a plan of a smaller budget may be the best one known,
        and what holds of a larger budget holds here. None where nothing is known.
    run
        The run of this budget; what it reached and proved itself is in its values.
    plan
        The run whose plan reaches `objective`; None without a plan.
    """

    budget: float
    objective: float | None
    bound: float | None
    run: Run
    plan: Run | None

    @property
    def gap(self) -> float | None:
        """``(bound - objective) / objective``, never below 0; None where one is not known."""
        return relative_gap(self.objective, self.bound)

    @property
    def carried(self) -> bool:
        """Whether the best plan known is that of a smaller budget."""
        return self.plan is not None and self.plan is not self.run

    @property
    def infeasible(self) -> bool:
        """Whether no plan keeps all rules with so little money."""
        return bool(self.run.values["termination"] == "infeasible")


@dataclass(frozen=True, kw_only=True)
class Step:
    """What more money buys between two budgets.

    Attributes
    ----------
    gain
        How much more is served, as a share.
    per_unit
        The same for every unit of money.
    """

    low: float
    high: float
    gain: Interval
    per_unit: Interval


@dataclass(frozen=True, kw_only=True, eq=False)
class Frontier:
    """Need served by budget.

    Attributes
    ----------
    points
        Ascending by budget.
    today
        Served with what is open today.
    """

    points: tuple[FrontierPoint, ...]
    today: float

    @property
    def steps(self) -> tuple[Step, ...]:
        """What more money buys from each point with a plan to the next."""
        planned = [p for p in self.points if p.objective is not None]
        return tuple(_step(low, high) for low, high in pairwise(planned))

    def sites(self) -> pd.DataFrame:
        """Return at which budgets each site is chosen.

        Columns ``building_id, service_id, budgets`` (how many have it), ``first, last`` (smallest
        and largest of them) and ``without`` (budgets between the two that do not), most frequent
        first. Facilities that are kept as they are do not count.
        """
        chosen: dict[tuple[str, str], list[float]] = {}
        planned = [p for p in self.points if p.plan is not None]
        for point in planned:
            for building, service in sorted(_opened(point)):
                chosen.setdefault((building, service), []).append(point.budget)
        rows = [
            {
                "building_id": building,
                "service_id": service,
                "budgets": len(at),
                "first": at[0],
                "last": at[-1],
                "without": sum(at[0] < p.budget < at[-1] for p in planned) - max(len(at) - 2, 0),
            }
            for (building, service), at in chosen.items()
        ]
        columns = ["building_id", "service_id", "budgets", "first", "last", "without"]
        table = pd.DataFrame(rows, columns=columns)
        order = ["budgets", "first", "building_id", "service_id"]
        return table.sort_values(order, ascending=[False, True, True, True], ignore_index=True)


def frontier_of(runs: Sequence[Run]) -> Frontier:
    """Return the frontier of runs of one scenario that differ in their total budget.

    Whoever has more money can do what less money does, so that objectives never fall and bounds
    never rise against the budget: each point takes the best of those below and the nearest bound
    of those above.

    Raises
    ------
    ValueError
        When there is no run, or one has no total budget.
    """
    if not runs:
        raise ValueError("a frontier needs at least one run")
    ordered = sorted(runs, key=budget_of_run)
    points = []
    plan: Run | None = None
    for run in ordered:
        if run.objective is not None and (plan is None or run.objective > (plan.objective or 0.0)):
            plan = run
        points.append(
            FrontierPoint(
                budget=budget_of_run(run),
                objective=None if plan is None else plan.objective,
                bound=run.bound,
                run=run,
                plan=plan,
            )
        )
    bound: float | None = None
    for at, point in reversed(list(enumerate(points))):
        known = [b for b in (bound, point.bound) if b is not None]
        bound = min(known, default=None)
        points[at] = replace(point, bound=bound if point.objective is not None else None)
    return Frontier(points=tuple(points), today=float(ordered[0].values["today"]))


def budget_of_run(run: Run) -> float:
    """Return the total budget that a run was made with.

    Raises
    ------
    ValueError
        When it had none.
    """
    total = run.values["provenance"]["settings"]["budget"]["total"]
    if total is None:
        raise ValueError(f"{run.folder} was planned without a total budget")
    return float(total)


def envelope(frontier: Frontier) -> NDArray[np.float64]:
    """Return the least concave curve above all bounds: budgets and shares, shape (k, 2)."""
    known = [(p.budget, p.bound) for p in frontier.points if p.bound is not None]
    hull: list[tuple[float, float]] = []
    for x, y in known:
        while len(hull) > 1 and not _bends_down(hull[-2], hull[-1], (x, y)):
            hull.pop()
        hull.append((x, y))
    return np.array(hull, float).reshape(-1, 2)


def next_budgets(frontier: Frontier, count: int, *, decimals: int = 0) -> list[float]:
    r"""Return budgets that would tell most about a frontier, at most `count`.

    Between two points the curve runs within a box as high as what the larger bound and the smaller
    plan leave open. The largest box is halved again and again, taking the curve through the middle
    of its chord until it is known: where the curve bends, boxes are large. Where no plan keeps all
    rules it is taken to begin at what is served today.

    References
    ----------
    S. Ruzika, M. M. Wiecek (2005), Journal of Optimization Theory and Applications 126(3),
    doi:10.1007/s10957-005-5494-4
    """
    known = []
    for p in frontier.points:
        if p.infeasible:
            known.append(_Known(p.budget, frontier.today, frontier.today))
        elif p.objective is not None and p.bound is not None:
            known.append(_Known(p.budget, p.objective, p.bound))
    boxes = list(pairwise(known))
    found: list[float] = []
    while boxes and len(found) < count:
        boxes.sort(key=_area)
        low, high = boxes.pop()
        budget = round((low.budget + high.budget) / 2, decimals)
        if not low.budget < budget < high.budget:
            continue
        middle = _Known(budget, (low.objective + high.objective) / 2, (low.bound + high.bound) / 2)
        found.append(budget)
        boxes += [(low, middle), (middle, high)]
    return sorted(found)


class _Known(NamedTuple):
    budget: float
    objective: float
    bound: float


def _area(box: tuple[_Known, _Known]) -> float:
    low, high = box
    return (high.budget - low.budget) * (high.bound - low.objective)


def _bends_down(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether b lies above the line from a to c."""
    return (b[1] - a[1]) * (c[0] - a[0]) > (c[1] - a[1]) * (b[0] - a[0])


def _step(low: FrontierPoint, high: FrontierPoint) -> Step:
    gain = price_between(_best(high), _best(low))
    more = high.budget - low.budget
    per_unit = Interval(low=gain.low / more, high=None if gain.high is None else gain.high / more)
    return Step(low=low.budget, high=high.budget, gain=gain, per_unit=per_unit)


def _best(point: FrontierPoint) -> Best:
    if point.objective is None:
        raise ValueError(f"no plan is known at {point.budget:g}")
    return Best(objective=point.objective, bound=point.bound)


def _opened(point: FrontierPoint) -> set[tuple[str, str]]:
    rows = [] if point.plan is None else point.plan.values["chosen"]
    return {(r["building_id"], r["service_id"]) for r in rows if r["module_id"] != KEEP}
