"""The p-median with rows made only where a choice needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siting.classic.problem import Costs, Floats, Marks, Problem
from siting.classic.programs import Columns, Rows, entries, program_of, site_columns
from siting.classic.recount import nearest_open
from siting.classic.task import Task
from siting.model.program import YES, Program
from siting.solvers.control import Outcome

_VIOLATED = 1e-6
_MOST_ROUNDS = 60
_FEW = 30
"""Sites up to which none is ruled out before the search: it is as quick with all."""

_SLACK = 1e-7
_WITH_HIGHS = ("auto", "highs")


@dataclass(frozen=True, kw_only=True, eq=False)
class Payments:
    """What each point pays, as a share of the way between its least and largest cost.

    Attributes
    ----------
    costs
        The pairs that may be used.
    cost
        Weighted cost of each pair, shape (k,).
    starts
        Where the pairs of each point begin, shape (n + 1,).
    least, spread
        Least cost of each point and how much larger its largest is, shape (n,).
    """

    costs: Costs
    cost: Floats
    starts: NDArray[np.int64]
    least: Floats
    spread: Floats

    def at(self, y: Floats) -> Floats:
        """Return the cost at which each point's nearer sites are open to a sum of 1, shape (n,)."""
        open_here = y[self.costs.site]
        total = np.cumsum(open_here)
        before = np.append(0.0, total)[self.starts[:-1]]
        enough = total - before[self.costs.point] >= 1 - 1e-9
        enough[self.starts[1:] - 1] = True
        where = np.flatnonzero(enough)
        points, first = np.unique(self.costs.point[where], return_index=True)
        level = np.empty(len(self.least))
        level[points] = self.cost[where[first]]
        return level

    def owed(self, y: Floats, level: Floats) -> Floats:
        """Return what each point pays at least when sites are open by y, shape (n,)."""
        nearer = np.maximum(level[self.costs.point] - self.cost, 0.0)
        return level - np.bincount(
            self.costs.point, nearer * y[self.costs.site], minlength=len(level)
        )

    def rows(self, sites: int, level: Floats, asked: NDArray[np.int64]) -> Rows:
        r"""Return that points pay a level less what nearer sites save.

        .. math:: pays_i + \sum_{j : c_{ij} < C} (C - c_{ij}) \, y_j \ge C
        """
        number = np.full(len(level), -1)
        number[asked] = np.arange(len(asked))
        spread = self.spread
        nearer = (self.cost < level[self.costs.point]) & (number[self.costs.point] >= 0)
        point = self.costs.point[nearer]
        matrix = entries(
            np.concatenate(
                [(level[point] - self.cost[nearer]) / spread[point], np.ones(len(asked))]
            ),
            np.concatenate([number[point], np.arange(len(asked))]),
            np.concatenate([self.costs.site[nearer], sites + asked]),
            (len(asked), sites + len(level)),
        )
        return Rows(
            names=[f"pays[{point}]" for point in asked],
            matrix=matrix,
            lower=(level - self.least)[asked] / spread[asked],
            upper=np.full(len(asked), np.inf),
        )


def payments_of(problem: Problem, costs: Costs) -> Payments:
    """Return the payments of a problem over some of its pairs; every point has one at least."""
    cost = problem.points.weight[costs.point] * costs.cost
    starts = np.searchsorted(costs.point, np.arange(len(problem.points) + 1))
    least = cost[starts[:-1]]
    return Payments(
        costs=costs, cost=cost, starts=starts, least=least, spread=cost[starts[1:] - 1] - least
    )


def least_cost_by_rows(
    task: Task,
    costs: Costs,
    choice: list[Rows],
    known: Marks | None,
    better: Callable[[Floats], Marks] | None,
) -> Outcome:
    """Return the p-median over some of the pairs, and a bound on it.

    First the rows that the relaxed program needs, then those that its choices need.

    Parameters
    ----------
    choice
        Rows on how many sites are open.
    known
        A choice to begin with.
    better
        Returns a good choice near the relaxed program's point.

    References
    ----------
    Rows made on demand: Duran-Mateluna, Ales, Elloumi 2023, doi 10.1016/j.cor.2022.105988.
    """
    problem = task.problem
    payments, sites = payments_of(problem, costs), len(problem.sites)
    rows = [*choice, _reach_rows(payments, sites)]
    y = np.ones(sites) if known is None else known.astype(float)
    rows = _added(payments, rows, y, np.zeros(len(payments.least)))
    bound = -np.inf
    for _ in range(_MOST_ROUNDS):
        outcome = task.solve(_relaxed(_program(problem, payments, rows)))
        if outcome.status == "infeasible" or outcome.point is None:
            return outcome
        bound = max(bound, outcome.bound if outcome.bound is not None else -np.inf)
        y, paid = outcome.point[:sites], outcome.point[sites:-1]
        more = _added(payments, rows, y, paid)
        if len(more) == len(rows) or not task.control.remaining():
            break
        rows = more
    if better is not None:
        found = better(y)
        if _value(problem, found) < _value(problem, known):
            known = found
    program = _program(problem, payments, rows)
    closed = _closed(task, program, _value(problem, known))
    return _whole(task, payments, rows, bound, known=known, closed=closed)


def _closed(task: Task, program: Program, value: float) -> Marks:
    """Return the sites that no choice below a value opens, by what the relaxed program pays them.

    Whatever the multipliers are, they prove a bound, and what a site adds to it.
    """
    sites = len(task.problem.sites)
    none = np.zeros(sites, dtype=bool)
    if not np.isfinite(value) or sites < _FEW or task.engine not in _WITH_HIGHS:
        return none
    from siting.solvers.duals import lp_multipliers

    tier = program.tiers[0]
    gain = replace(tier, coefficients=-tier.coefficients, maximise=True)
    paid = lp_multipliers(program, gain, task.control)
    if paid is None:
        return none
    paid = np.where(np.isfinite(program.row_upper), paid, np.minimum(paid, 0.0))
    paid = np.where(np.isfinite(program.row_lower), paid, np.maximum(paid, 0.0))
    sides = np.where(paid > 0, program.row_upper, program.row_lower)
    worth = gain.coefficients - program.matrix.T @ paid
    most = float(paid[paid != 0] @ sides[paid != 0])
    most += float(np.maximum(worth * program.lower, worth * program.upper).sum())
    room = most + value * tier.scale * (1 + _SLACK)
    return (worth[:sites] < -room) & (program.lower[:sites] == 0)


def _whole(
    task: Task,
    payments: Payments,
    rows: list[Rows],
    bound: float,
    *,
    known: Marks | None,
    closed: Marks,
) -> Outcome:
    """Return the best choice of whole sites, adding the rows that choices turn out to need."""
    problem, sites = task.problem, len(task.problem.sites)
    best, value = known, _value(problem, known)
    while True:
        program = _program(problem, payments, rows)
        program.upper[:sites][closed] = 0.0
        outcome = task.solve(program, start=_point(program, payments, best))
        if outcome.bound is not None:
            bound = max(bound, min(outcome.bound, value))
        if outcome.point is not None:
            found = outcome.point[:sites] > YES
            if _value(problem, found) < value:
                best, value = found, _value(problem, found)
        point = None if best is None else best.astype(float)
        settled = value - bound <= max(task.gap, 1e-9) * abs(value)
        if outcome.status != "done" or settled or outcome.point is None:
            if outcome.status == "infeasible" and best is None:
                return outcome
            if outcome.status == "infeasible":  # nothing better is left
                bound = value
            stopped = outcome.status == "limit" and not settled
            return Outcome(status="limit" if stopped else "done", point=point, bound=bound)
        more = _added(payments, rows, found.astype(float), outcome.point[sites:-1])
        if len(more) == len(rows):
            return Outcome(status="done", point=point, bound=bound)
        rows = more


def _value(problem: Problem, opened: Marks | None) -> float:
    if opened is None:
        return float("inf")
    _, cost = nearest_open(problem, opened)
    return float(problem.points.weight @ cost) if np.isfinite(cost).all() else float("inf")


def _added(payments: Payments, rows: list[Rows], y: Floats, paid: Floats) -> list[Rows]:
    """Return the rows and those that a choice breaks."""
    level = payments.at(y)
    owed = payments.owed(y, level)
    short = owed - payments.least - paid * payments.spread
    scale = np.maximum(payments.spread, 1e-12)
    asked = np.flatnonzero((payments.spread > 0) & (short > _VIOLATED * scale))
    return [*rows, payments.rows(len(y), level, asked)] if len(asked) else rows


def _reach_rows(payments: Payments, sites: int) -> Rows:
    """Return that every point has an open site among its pairs."""
    count, pairs = len(payments.least), len(payments.costs)
    matrix = entries(np.ones(pairs), payments.costs.point, payments.costs.site, (count, sites))
    names = [f"reach[{point}]" for point in range(count)]
    return Rows(names=names, matrix=matrix, lower=np.ones(count), upper=np.full(count, np.inf))


def _program(problem: Problem, payments: Payments, rows: list[Rows]) -> Program:
    count = len(payments.least)
    columns = [
        site_columns(problem, np.zeros(len(problem.sites))),
        Columns(
            names=[f"pays[{point}]" for point in range(count)],
            worth=payments.spread,
            integer=False,
        ),
        Columns(names=["nearest"], worth=np.array([payments.least.sum()]), fixed=np.array([True])),
    ]
    return program_of(columns, rows, "cost", maximise=False)


def _relaxed(program: Program) -> Program:
    return replace(program, integer=np.zeros(len(program.column_names), dtype=bool))


def _point(program: Program, payments: Payments, opened: Marks | None) -> Floats | None:
    """Return a choice as a start, None where it is none of the program."""
    if opened is None:
        return None
    y = opened.astype(float)
    level = payments.at(y)
    spread = np.where(payments.spread > 0, payments.spread, 1.0)
    paid = np.clip((payments.owed(y, level) - payments.least) / spread, 0.0, 1.0)
    point = np.concatenate([y, paid, [1.0]])
    return None if program.broken_rows(point) else point
