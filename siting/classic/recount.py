"""Every figure again, from the open sites alone; no engine is known here."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.classic.answer import ALLOCATION_COLUMNS
from siting.classic.problem import Floats, Marks, Problem
from siting.classic.task import broken

_LOAD = 1e-6
"""Share by which sums of parts may exceed a capacity or a weight."""


def nearest_open(problem: Problem, opened: Marks) -> tuple[NDArray[np.int64], Floats]:
    """Return the open site of least cost of each point and that cost; -1 and infinity for none."""
    costs = problem.costs
    pairs = np.flatnonzero(opened[costs.site])
    points, first = np.unique(costs.point[pairs], return_index=True)
    site = np.full(len(problem.points), -1)
    cost = np.full(len(problem.points), np.inf)
    site[points], cost[points] = costs.site[pairs[first]], costs.cost[pairs[first]]
    return site, cost


def open_sites(problem: Problem, opened: Marks) -> NDArray[np.int64]:
    """Return how many open sites each point can reach, shape (n,)."""
    reached = problem.costs.point[opened[problem.costs.site]]
    return np.bincount(reached, minlength=len(problem.points))


def check_choice(
    problem: Problem, opened: Marks, p: int | None, budget: float | None, *, exactly: bool
) -> None:
    """Make sure that a choice keeps number, budget and status.

    Raises
    ------
    EngineError
        When it does not.
    """
    sites = problem.sites
    new = opened & ~sites.existing
    if not opened[sites.existing | sites.required].all():
        raise broken(problem, "a required or existing site is closed")
    if p is not None and (new.sum() > p or (exactly and new.sum() != p)):
        raise broken(problem, f"{new.sum()} sites are chosen")
    if budget is not None and sites.price[new].sum() > budget * (1 + 1e-9) + 1e-9:
        raise broken(problem, f"it costs {sites.price[new].sum():g}")


def nearest_allocation(problem: Problem, opened: Marks) -> pd.DataFrame:
    """Return every point at the nearest open site that it can reach."""
    site, cost = nearest_open(problem, opened)
    served = site >= 0
    parts = (problem.points.ids[served], problem.sites.ids[site[served]])
    columns = (*parts, problem.points.weight[served], cost[served])
    return pd.DataFrame(dict(zip(ALLOCATION_COLUMNS, columns, strict=True)))


def allocation_of(problem: Problem, share: Floats) -> pd.DataFrame:
    """Return the shares of points that pairs carry as a table, shape (pairs,)."""
    costs = problem.costs
    used = np.flatnonzero(share > 0)
    point, site = costs.point[used], costs.site[used]
    columns = (
        problem.points.ids[point],
        problem.sites.ids[site],
        problem.points.weight[point] * share[used],
        costs.cost[used],
    )
    return pd.DataFrame(dict(zip(ALLOCATION_COLUMNS, columns, strict=True)))


def check_shares(
    problem: Problem, opened: Marks, share: Floats, *, whole: bool, all_of: bool
) -> None:
    """Make sure that shares keep capacities and weights.

    Parameters
    ----------
    share
        Part of its point that each pair carries, shape (pairs,).
    whole
        Whether every point is served by one site or not at all.
    all_of
        Whether every point is served in full.

    Raises
    ------
    EngineError
        When they do not.
    """
    costs, points = problem.costs, problem.points
    if (share[~opened[costs.site]] > 0).any():
        raise broken(problem, "a closed site serves")
    served = np.bincount(costs.point, share, minlength=len(points))
    if (served > 1 + _LOAD).any() or (all_of and (served < 1 - _LOAD).any()):
        raise broken(problem, "a point is not served in full, or more than once")
    if whole and not np.isin(share, (0.0, 1.0)).all():
        raise broken(problem, "a point is split")
    load = np.bincount(costs.site, share * points.weight[costs.point], minlength=len(problem.sites))
    if (load > problem.sites.capacity * (1 + _LOAD) + _LOAD).any():
        raise broken(problem, "a site serves more than its capacity")
