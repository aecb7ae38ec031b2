"""The p-center: the farthest point is as near as can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import numpy as np

from siting.classic.answer import Answer, Options
from siting.classic.cover import cover_rows, merged_cover, undominated
from siting.classic.problem import Floats, Marks, Problem
from siting.classic.programs import check_size, choice_rows, program_of, site_columns, too_few
from siting.classic.reading import Given
from siting.classic.recount import check_choice, nearest_allocation, nearest_open
from siting.classic.sourcing import without_unreachable
from siting.classic.task import Task, begin, broken, out_of_reach, say_out_of_reach
from siting.model.program import YES


def p_center(
    demand: Given,
    sites: Given,
    *,
    p: int | None = None,
    budget: float | None = None,
    cutoff: float | None = None,
    strict: bool = False,
    skip_unreachable: bool = False,
    **options: Unpack[Options],
) -> Answer:
    r"""Choose p more sites such that the largest cost of reaching the nearest open one is least.

    .. math:: \min r : \sum_{j : c_{ij} \le r} y_j \ge 1 \; \forall i, \; \sum_j y_j = p

    The least r is one of the costs; it is found by halving their range, each time by asking
    whether p sites cover all within a cost. Every point counts alike, whatever its weight.

    Parameters
    ----------
    demand, sites
        Tables or files, see `siting.classic.tables`.
    p, budget
        How many more sites are chosen, and what they may cost; beside a budget, at most p.
    cutoff
        Cost at which a site still serves a point; with `strict` it serves only below it.
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
    Minieka 1970, doi 10.1137/1012016.
    """
    task = begin("p-center", demand, sites, options, cutoff=cutoff, strict=strict)
    check_size(task.problem, p, budget)
    task = without_unreachable(task, skip=skip_unreachable)
    problem = task.problem
    reasons = too_few(problem, p, budget) + say_out_of_reach(problem, out_of_reach(problem))
    if reasons:
        return task.infeasible(*reasons)
    if not len(problem.points):
        return task.answer(
            problem.sites.existing,
            objective=0.0,
            bound=0.0,
            maximise=False,
            allocation=nearest_allocation(problem, problem.sites.existing),
        )
    return _by_halving(task, p, budget)


def _by_halving(task: Task, p: int | None, budget: float | None) -> Answer:
    problem = task.problem
    radii = _radii(problem)
    low, high = 0, len(radii)  # radii below `low` are disproven, those from `high` on covered
    best: Marks | None = None
    tried_all = False
    while low < high or (best is None and not tried_all):
        # A first look at the largest radius tells whether there is a choice at all.
        middle = (low + high) // 2 if best is not None else len(radii) - 1
        tried_all = True
        status, opened = _covering(task, radii[middle], p, budget)
        if status == "limit":
            break
        if opened is None:
            if best is None:
                return task.infeasible()
            low = middle + 1
        else:
            best, high = opened, int(np.searchsorted(radii, _radius(problem, opened)))
    if best is None:
        return task.nothing(float(radii[0]))
    check_choice(problem, best, p, budget, exactly=budget is None)
    return task.answer(
        best,
        objective=_radius(problem, best),
        bound=float(radii[min(low, len(radii) - 1)]),
        maximise=False,
        allocation=nearest_allocation(problem, best),
    )


def _radii(problem: Problem) -> Floats:
    """Return the costs that the answer can be, in order.

    None is below what the worst-placed point pays at its nearest site, nor above what the points
    pay with the existing sites alone.
    """
    nearest = problem.costs.cost[problem.starts[:-1]]
    radii = np.unique(problem.costs.cost)
    _, today = nearest_open(problem, problem.sites.existing)
    return radii[(radii >= nearest.max()) & (radii <= today.max())]


def _radius(problem: Problem, opened: Marks) -> float:
    _, cost = nearest_open(problem, opened)
    if not np.isfinite(cost).all():
        raise broken(problem, "a point can reach no open site")
    return float(cost.max())


def _covering(
    task: Task, radius: float, p: int | None, budget: float | None
) -> tuple[str, Marks | None]:
    """Return a choice that covers all within a radius, None where there is none."""
    problem = task.problem
    near = replace(problem, costs=problem.costs.within(radius, strict=False))
    cover = undominated(merged_cover(near.costs, np.ones(len(problem.points))))
    sites = len(problem.sites)
    rows = [*choice_rows(problem, p, budget), cover_rows(cover, sites, 1)]
    program = program_of([site_columns(problem, np.zeros(sites))], rows, "radius", maximise=False)
    outcome = task.solve(program)
    if outcome.point is None:
        return outcome.status, None
    opened = outcome.point[:sites] > YES
    return "done", opened
