"""The p-median: points go to the nearest open site, and the weighted cost is least."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from siting.classic.answer import Answer, Options
from siting.classic.median_rows import least_cost_by_rows
from siting.classic.problem import Costs, Floats, Marks, Problem
from siting.classic.programs import (
    Columns,
    Rows,
    check_size,
    choice_rows,
    entries,
    program_of,
    site_columns,
    too_few,
)
from siting.classic.reading import Given
from siting.classic.recount import check_choice, nearest_allocation, nearest_open
from siting.classic.relaxation import relaxed
from siting.classic.sourcing import Sourcing, serve, without_unreachable
from siting.classic.swaps import near, swapped
from siting.classic.task import Task, begin, broken, out_of_reach, say_out_of_reach
from siting.errors import Finding, InstanceError
from siting.model.program import YES, Program
from siting.solvers.control import Outcome

_ROUNDS = 8
"""Random choices that exchanges start from."""

_MOST_DENSE = 50_000_000
"""Pairs beyond which no table of all of them is made."""


def p_median(
    demand: Given,
    sites: Given,
    *,
    p: int | None = None,
    budget: float | None = None,
    cutoff: float | None = None,
    strict: bool = False,
    single: bool = False,
    fill_required: bool = False,
    skip_unreachable: bool = False,
    **options: Unpack[Options],
) -> Answer:
    r"""Choose p more sites such that the weighted cost of reaching the nearest open one is least.

    .. math:: \min \sum_i w_i \min_{j : y_j = 1} c_{ij} : \sum_j y_j = p

    With capacities, points are served within them (and then not always by the nearest).

    Parameters
    ----------
    demand, sites
        Tables or files, see `siting.classic.tables`.
    p, budget
        How many more sites are chosen, and what they may cost; beside a budget, at most p.
    cutoff
        Cost at which a site still serves a point; with `strict` it serves only below it.
    single, fill_required
        With capacities, as of `cflp`.
    skip_unreachable
        Leave out points that no site can reach instead of finding no answer.
    **options
        See `siting.classic.answer.Options`.

    Raises
    ------
    InstanceError
        When anything is wrong with the input.

    References
    ----------
    Hakimi 1964, doi 10.1287/opre.12.3.450. The program is that of Elloumi 2010,
    doi 10.1007/s10878-008-9162-0, over the sites and pairs that a Lagrangian bound leaves.
    """
    task = begin("p-median", demand, sites, options, cutoff=cutoff, strict=strict, capacities=True)
    check_size(task.problem, p, budget)
    task = without_unreachable(task, skip=skip_unreachable)
    sourcing = Sourcing(
        p=p, budget=budget, single=single, fill_required=fill_required, travelled=True
    )
    if task.problem.sites.limited:
        return serve(task, sourcing)
    reasons = _reasons(task.problem, p, budget)
    return task.infeasible(*reasons) if reasons else _least_cost(task, p, budget)


def k_nearest_p_median(
    demand: Given,
    sites: Given,
    *,
    p: int | None = None,
    budget: float | None = None,
    k: int = 5,
    cutoff: float | None = None,
    strict: bool = False,
    single: bool = False,
    fill_required: bool = False,
    skip_unreachable: bool = False,
    **options: Unpack[Options],
) -> Answer:
    """Solve the p-median from the k nearest sites of each point on.

    A point that would go farther pays, for the time being, what the next site costs; its sites
    become more until no point does. So the answer is that of `p_median`, proven, and fewer pairs
    are looked at where p is large.

    Parameters
    ----------
    demand, sites, p, budget, cutoff, strict, single, fill_required, skip_unreachable, **options
        As of `p_median`.
    k
        How many sites each point starts with.

    Raises
    ------
    InstanceError
        When anything is wrong with the input.

    References
    ----------
    García, Labbé, Marín 2011, doi 10.1287/ijoc.1100.0418.
    """
    name = "k-nearest-p-median"
    task = begin(name, demand, sites, options, cutoff=cutoff, strict=strict, capacities=True)
    check_size(task.problem, p, budget)
    if k < 1:
        raise InstanceError(name, [Finding(place="-k", value=str(k), rule="must be >= 1")])
    task = without_unreachable(task, skip=skip_unreachable)
    sourcing = Sourcing(
        p=p, budget=budget, single=single, fill_required=fill_required, travelled=True
    )
    if task.problem.sites.limited:
        return serve(task, sourcing)
    reasons = _reasons(task.problem, p, budget)
    return task.infeasible(*reasons) if reasons else _from_nearest(task, p, budget, k)


def _reasons(problem: Problem, p: int | None, budget: float | None) -> list[Finding]:
    out = out_of_reach(problem)
    return [*too_few(problem, p, budget), *say_out_of_reach(problem, out)]


def _least_cost(task: Task, p: int | None, budget: float | None) -> Answer:
    """Return the p-median: a good choice, a bound, and the program over what they leave."""
    problem, sites = task.problem, len(task.problem.sites)
    size = len(problem.points) * sites
    if p is None or budget is not None or size > _MOST_DENSE:
        outcome = _solved(task, problem.costs, p, budget, None)
        return _answered(task, outcome, p, budget)
    fixed = problem.sites.existing | problem.sites.required
    more = p - int(problem.sites.required.sum())
    cost = np.full((len(problem.points), sites), np.inf)
    cost[problem.costs.point, problem.costs.site] = _weighted(problem)
    dense = _without_gaps(cost)
    known = swapped(dense, fixed, more, np.random.default_rng(0), rounds=_ROUNDS)
    value = _value(problem, known)
    kept = np.ones(len(problem.costs), dtype=bool)
    bound = 0.0
    if np.isfinite(value):
        proof = relaxed(cost, fixed, more, value, task.control)
        kept = proof.pairs[problem.costs.point, problem.costs.site]
        bound = max(0.0, proof.bound)
    if value - bound <= task.gap * value or value == 0:
        return _answered(task, Outcome(status="done", bound=bound), p, budget, known=known)
    useful = known if np.isfinite(value) else None
    outcome = _solved(
        task,
        problem.costs.where(kept),
        p,
        budget,
        useful,
        better=lambda y: near(dense, y, fixed, more),
    )
    if outcome.status == "infeasible" and useful is None:
        return task.infeasible()
    if outcome.status == "infeasible":  # nothing better is left
        outcome = Outcome(status="done", bound=value)
    if outcome.bound is not None:
        bound = max(bound, min(outcome.bound, value))
    outcome = replace(outcome, bound=bound)
    return _answered(task, outcome, p, budget, known=useful)


def _solved(
    task: Task,
    costs: Costs,
    p: int | None,
    budget: float | None,
    known: Marks | None,
    *,
    better: Callable[[Floats], Marks] | None = None,
) -> Outcome:
    """Return the engine's choice over some pairs; CP-SAT knows whole numbers only."""
    if len(np.unique(costs.point)) < len(task.problem.points):
        return Outcome(status="infeasible")
    if task.engine == "cpsat":
        return task.solve(median_program(task.problem, costs, p, budget))
    return least_cost_by_rows(task, costs, choice_rows(task.problem, p, budget), known, better)


def _without_gaps(cost: Floats) -> Floats:
    """Return the costs with pairs that cannot be reached dearer than all others together."""
    finite = np.isfinite(cost)
    return cost if finite.all() else np.where(finite, cost, float(cost[finite].sum()) + 1.0)


def _from_nearest(task: Task, p: int | None, budget: float | None, k: int) -> Answer:
    problem = task.problem
    rank = np.arange(len(problem.costs)) - problem.starts[problem.costs.point]
    allowed = np.full(len(problem.points), k)
    while True:
        kept = rank < allowed[problem.costs.point]
        after = np.full(len(problem.points), np.nan)  # what a point pays that goes farther
        following = rank == allowed[problem.costs.point]
        after[problem.costs.point[following]] = problem.costs.cost[following]
        program = median_program(problem, problem.costs.where(kept), p, budget, after)
        outcome = task.solve(program)
        if outcome.point is None or outcome.status != "done":
            return _answered(task, outcome, p, budget)
        opened = outcome.point[: len(problem.sites)] > YES
        _, cost = nearest_open(problem, opened)
        beyond = (cost > after) & (problem.points.weight > 0)
        beyond |= ~np.isfinite(cost)
        if not beyond.any():
            return _answered(task, outcome, p, budget)
        allowed[beyond] += np.maximum(1, allowed[beyond] // 2)


def _weighted(problem: Problem) -> Floats:
    return problem.points.weight[problem.costs.point] * problem.costs.cost


def _value(problem: Problem, opened: Marks) -> float:
    """Return the weighted cost of the nearest open sites; infinite where a point has none."""
    _, cost = nearest_open(problem, opened)
    if not np.isfinite(cost).all():
        return float("inf")
    return float(problem.points.weight @ cost)


def _answered(
    task: Task,
    outcome: Outcome,
    p: int | None,
    budget: float | None,
    *,
    known: Marks | None = None,
) -> Answer:
    """Return the better of the engine's choice and the known one."""
    problem = task.problem
    if outcome.status == "infeasible":
        return task.infeasible()
    opened = known
    if outcome.point is not None:
        found = outcome.point[: len(problem.sites)] > YES
        if known is None or _value(problem, found) < _value(problem, known):
            opened = found
    if opened is None:
        return task.nothing(outcome.bound)
    check_choice(problem, opened, p, budget, exactly=budget is None)
    value = _value(problem, opened)
    if not np.isfinite(value):
        raise broken(problem, "a point can reach no open site")
    return task.answer(
        opened,
        objective=value,
        bound=outcome.bound,
        maximise=False,
        allocation=nearest_allocation(problem, opened),
    )


def median_program(
    problem: Problem,
    costs: Costs,
    p: int | None,
    budget: float | None,
    after: Floats | None = None,
) -> Program:
    r"""Return the program over the costs that points pay step by step.

    The costs of a point in order are :math:`C_1 < \dots < C_K`. It pays :math:`C_1`, and
    :math:`C_{k+1} - C_k` more where no site within :math:`C_k` is open (:math:`z_k = 1`):

    .. math:: z_k + \sum_{j : c_j = C_k} y_j \ge z_{k-1}, \quad z_0 = 1, \quad z_K = 0

    Parameters
    ----------
    costs
        The pairs that may be used.
    after
        What a point may pay instead of using one of them, NaN for none, shape (n,); it stands
        for :math:`C_{K+1}`, and :math:`z_K` is then free.
    """
    sites, count = len(problem.sites), len(problem.points)
    point, level, cost = _levels(costs)
    weight = problem.points.weight
    last = np.append(point[1:] != point[:-1], True)
    after = np.full(count, np.nan) if after is None else after
    step = np.append(cost[1:], 0.0) - cost
    step[last] = after[point[last]] - cost[last]
    has_z = ~last | np.isfinite(step)
    position = np.cumsum(has_z) - 1
    worth = weight[point[has_z]] * step[has_z]
    first = np.append(True, point[1:] != point[:-1])
    base = float(weight[point[first]] @ cost[first])
    rows = np.arange(len(point))
    before = np.flatnonzero(~first)
    matrix = entries(
        np.concatenate([np.ones(len(costs)), np.ones(int(has_z.sum())), -np.ones(len(before))]),
        np.concatenate([level, rows[has_z], before]),
        np.concatenate([costs.site, sites + position[has_z], sites + position[before - 1]]),
        (len(rows), sites + int(has_z.sum())),
    )
    farther = Rows(
        names=[f"farther[{row}]" for row in rows],
        matrix=matrix,
        lower=first.astype(float),
        upper=np.full(len(rows), np.inf),
    )
    columns = [
        site_columns(problem, np.zeros(sites)),
        Columns(names=[f"beyond[{row}]" for row in rows[has_z]], worth=worth, integer=False),
        Columns(names=["nearest"], worth=np.array([base]), fixed=np.array([True])),
    ]
    blocks = [*choice_rows(problem, p, budget), farther]
    return program_of(columns, blocks, "cost", maximise=False)


def _levels(costs: Costs) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return the distinct costs of each point in order, and the level of each pair."""
    new = np.ones(len(costs), dtype=bool)
    new[1:] = (costs.point[1:] != costs.point[:-1]) | (costs.cost[1:] != costs.cost[:-1])
    return costs.point[new], np.cumsum(new) - 1, costs.cost[new]
