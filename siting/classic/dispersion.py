"""The p-dispersion: open sites lie as far from each other as can be."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import pandas as pd

from siting.classic.answer import ALLOCATION_COLUMNS, Answer, Options
from siting.classic.problem import Floats, Marks, Problem
from siting.classic.programs import (
    Rows,
    check_size,
    choice_rows,
    entries,
    program_of,
    site_columns,
    too_few,
)
from siting.classic.reading import Given
from siting.classic.recount import check_choice
from siting.classic.task import Task, begin
from siting.errors import Finding, InstanceError
from siting.model.program import YES


def p_dispersion(
    sites: Given,
    *,
    p: int,
    budget: float | None = None,
    **options: Unpack[Options],
) -> Answer:
    r"""Choose p more sites such that the least cost between two open ones is largest.

    .. math:: \max r : y_j + y_k \le 1 \; \forall j < k : c_{jk} < r, \; \sum_j y_j = p

    Existing sites are open ones too. The largest r is one of the costs; it is found by halving
    their range, each time by asking for p sites of which no two are nearer. With a matrix, its
    ``demand_id`` names sites as well, and of two costs of a pair the lesser counts.

    Parameters
    ----------
    sites
        Table or file, see `siting.classic.tables`.
    p, budget
        How many more sites are chosen, and what they may cost.
    **options
        See `siting.classic.answer.Options`.

    Raises
    ------
    InstanceError
        When anything is wrong with the input, or fewer than two sites would be open.

    References
    ----------
    Kuby 1987, doi 10.1111/j.1538-4632.1987.tb00133.x; by thresholds Sayah, Irnich 2017,
    doi 10.1016/j.ejor.2016.06.036.
    """
    task = begin("p-dispersion", None, sites, options)
    problem = task.problem
    check_size(problem, p, budget)
    reasons = too_few(problem, p, None) + too_few(problem, None, budget)
    if reasons:
        return task.infeasible(*reasons)
    if p + int(problem.sites.existing.sum()) < 2:  # noqa: PLR2004
        rule = "fewer than two sites would be open, which have no distance"
        raise InstanceError("p-dispersion", [Finding(place="-p", value=str(p), rule=rule)])
    return _by_halving(task, _between(problem), p, budget)


def _between(problem: Problem) -> Floats:
    """Return the cost between each two sites, infinite on the diagonal, shape (m, m).

    Raises
    ------
    InstanceError
        When a pair has no cost.
    """
    sites, costs = len(problem.sites), problem.costs
    between = np.full((sites, sites), np.inf)
    between[costs.point, costs.site] = costs.cost
    between = np.minimum(between, between.T)
    missing = np.argwhere(np.triu(~np.isfinite(between), 1))
    if len(missing):
        first, second = problem.sites.ids[missing[0]]
        finding = Finding(
            place="matrix",
            value=f'"{first}", "{second}"',
            rule=f"{len(missing)} pairs of sites have no cost",
            remedy="p-dispersion needs one for each",
        )
        raise InstanceError("p-dispersion", [finding])
    np.fill_diagonal(between, np.inf)
    return between


def _by_halving(task: Task, between: Floats, p: int, budget: float | None) -> Answer:
    problem = task.problem
    fixed = problem.sites.existing | problem.sites.required
    radii = np.unique(between[np.isfinite(between)])
    radii = radii[radii <= _radius(between, fixed)]
    low, high = -1, len(radii)  # radii up to `low` are attained, those from `high` on disproven
    best: Marks | None = None
    while low + 1 < high:
        middle = (low + high) // 2 if best is not None else 0
        status, opened = _apart(task, between, radii[middle], p, budget)
        if status == "limit":
            break
        if opened is None:
            if best is None:
                return task.infeasible()
            high = middle
        else:
            best = opened
            low = int(np.searchsorted(radii, _radius(between, opened)))
    if best is None:
        return task.nothing(float(radii[-1]))
    check_choice(problem, best, p, budget, exactly=True)
    return task.answer(
        best,
        objective=_radius(between, best),
        bound=float(radii[min(high, len(radii)) - 1]),
        maximise=True,
        allocation=pd.DataFrame(columns=ALLOCATION_COLUMNS),
    )


def _radius(between: Floats, opened: Marks) -> float:
    """Return the least cost between two open sites; infinite for fewer than two."""
    return float(between[np.ix_(opened, opened)].min(initial=np.inf))


def _apart(
    task: Task, between: Floats, radius: float, p: int, budget: float | None
) -> tuple[str, Marks | None]:
    """Return a choice of which no two are nearer than a radius, None where there is none."""
    problem = task.problem
    rows = choice_rows(problem, p, budget, exactly=True)
    rows += _clique_rows(between < radius)
    worth = np.zeros(len(problem.sites))
    outcome = task.solve(
        program_of([site_columns(problem, worth)], rows, "distance", maximise=True)
    )
    if outcome.point is None:
        return outcome.status, None
    return "done", outcome.point > YES


def _clique_rows(near: Marks) -> list[Rows]:
    """Return rows of at most one open site among sites that are all near each other.

    Each pair that is near, shape (m, m), is in one row at least; larger sets make sharper rows.
    """
    left = np.triu(near, 1)
    degree = near.sum(axis=1)
    members = []
    for first in np.argsort(-degree, kind="stable"):
        while (left[first] | left[:, first]).any():
            clique = [first]
            candidates = np.flatnonzero(near[first])
            fresh = left[first, candidates] | left[candidates, first]
            for other in candidates[np.lexsort((-degree[candidates], ~fresh))]:
                if near[other, clique].all():
                    clique.append(other)
            members.append(np.array(clique))
            inside = np.ix_(clique, clique)
            left[inside] = False
    if not members:
        return []
    counts = np.array([len(clique) for clique in members])
    row = np.repeat(np.arange(len(members)), counts)
    matrix = entries(np.ones(len(row)), row, np.concatenate(members), (len(members), len(near)))
    return [
        Rows(
            names=[f"apart[{k}]" for k in range(len(members))],
            matrix=matrix,
            lower=np.full(len(members), -np.inf),
            upper=np.ones(len(members)),
        )
    ]
