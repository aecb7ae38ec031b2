"""Sites with capacities: which serves how much of what, split among sites or from one each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.classic.answer import Answer, Options
from siting.classic.cover import merged_cover
from siting.classic.problem import Costs, Floats, Points, Problem
from siting.classic.programs import (
    Columns,
    Rows,
    check_size,
    choice_rows,
    entries,
    one_row,
    program_of,
    site_columns,
    too_few,
)
from siting.classic.reading import Given
from siting.classic.recount import allocation_of, check_choice, check_shares
from siting.classic.task import Task, begin, out_of_reach, say_out_of_reach
from siting.errors import Finding
from siting.model.program import YES, Program

_TRIFLE = 1e-9
"""Shares below this are what solvers leave, not service."""

_WHOLE = 1e-6
"""By how much sums of shares may miss a whole number that they stand for."""


@dataclass(frozen=True, kw_only=True)
class Sourcing:
    """What is asked of a problem with capacities.

    Attributes
    ----------
    p, budget
        How many more sites are chosen, and what they may cost.
    single
        Whether a point is served by one site.
    fill_required
        Whether required sites work at their capacity.
    all_of
        Whether every point is served in full; if not, as much as can be.
    charged
        Whether the price of sites counts.
    travelled
        Whether the way to them counts.
    """

    p: int | None = None
    budget: float | None = None
    single: bool = False
    fill_required: bool = False
    all_of: bool = True
    charged: bool = False
    travelled: bool = False


def cflp(
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
    r"""Serve every point in full at the least cost of sites and ways, within capacities.

    .. math::
        \min \sum_j f_j y_j + \sum_{ij} w_i c_{ij} x_{ij} : \sum_j x_{ij} = 1, \;
        x_{ij} \le y_j, \; \sum_i w_i x_{ij} \le q_j y_j

    Without a column of costs, sites cost nothing and p or a budget says how many.

    Parameters
    ----------
    demand, sites
        Tables or files, see `siting.classic.tables`; weights and capacities in one unit.
    p, budget
        How many more sites are chosen, and what they may cost; beside a budget, at most p.
    cutoff
        Cost at which a site still serves a point; with `strict` it serves only below it.
    single
        Serve every point from one site (x is 0 or 1); else points may be split.
    fill_required
        Required sites work at their capacity.
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
    Sridharan 1995, doi 10.1016/0377-2217(95)00042-O.
    """
    task = begin("cflp", demand, sites, options, cutoff=cutoff, strict=strict, capacities=True)
    priced = task.problem.sites.priced
    if not priced or p is not None or budget is not None:
        check_size(task.problem, p, budget)
    sourcing = Sourcing(
        p=p,
        budget=budget,
        single=single,
        fill_required=fill_required,
        charged=priced,
        travelled=True,
    )
    return serve(without_unreachable(task, skip=skip_unreachable), sourcing)


def cmclp(
    demand: Given,
    sites: Given,
    *,
    cutoff: float,
    strict: bool = False,
    p: int | None = None,
    budget: float | None = None,
    single: bool = False,
    **options: Unpack[Options],
) -> Answer:
    r"""Serve the most weight within a cutoff and within capacities, with p more sites.

    .. math::
        \max \sum_{ij} w_i x_{ij} : \sum_{j \in N_i} x_{ij} \le 1, \; x_{ij} \le y_j, \;
        \sum_i w_i x_{ij} \le q_j y_j, \; \sum_j y_j = p

    Parameters
    ----------
    demand, sites, cutoff, strict, p, budget, single, **options
        As of `cflp`.

    Raises
    ------
    InstanceError
        When anything is wrong with the input.

    References
    ----------
    Current, Storbeck 1988, doi 10.1068/b150153; Pirkul, Schilling 1991,
    doi 10.1287/mnsc.37.2.233.
    """
    task = begin("cmclp", demand, sites, options, cutoff=cutoff, strict=strict, capacities=True)
    check_size(task.problem, p, budget)
    return serve(task, Sourcing(p=p, budget=budget, single=single, all_of=False))


def cover_within_capacities(task: Task, *, single: bool) -> Answer:
    """Serve every point at the least cost of sites; ways do not count."""
    return serve(task, Sourcing(single=single, charged=True))


def without_unreachable(task: Task, *, skip: bool, times: int = 1) -> Task:
    """Return the task without the points that too few sites can reach, if that is wished."""
    out = out_of_reach(task.problem, times)
    if not skip or not out.any():
        return task
    return replace(task, problem=task.problem.with_points(~out))


def serve(task: Task, sourcing: Sourcing) -> Answer:
    """Return the best choice of sites and service within capacities."""
    problem = task.problem
    reasons = too_few(problem, sourcing.p, sourcing.budget)
    if sourcing.all_of:
        reasons += say_out_of_reach(problem, out_of_reach(problem))
        reasons += _too_small(problem, sourcing)
    if reasons:
        return task.infeasible(*reasons)
    smaller, class_of = problem, None
    if not sourcing.single and not sourcing.travelled:
        smaller, class_of = _merged(problem)
    outcome = task.solve(_program(smaller, sourcing))
    if outcome.status == "infeasible":
        return task.infeasible()
    if outcome.point is None:
        return task.nothing(outcome.bound)
    opened = outcome.point[: len(problem.sites)] > YES
    share = _shares(smaller, outcome.point[len(problem.sites) :], sourcing)
    if class_of is not None:
        share = _handed_back(problem, smaller, class_of, share)
    exactly = sourcing.budget is None
    check_choice(problem, opened, sourcing.p, sourcing.budget, exactly=exactly)
    check_shares(problem, opened, share, whole=sourcing.single, all_of=sourcing.all_of)
    served = problem.points.weight[problem.costs.point] * share
    value = float(served.sum())
    if sourcing.all_of:
        value = float(problem.sites.charge[opened].sum()) if sourcing.charged else 0.0
        value += float(served @ problem.costs.cost) if sourcing.travelled else 0.0
    whole = _is_whole(problem, sourcing)
    if whole and abs(value - round(value)) <= _WHOLE:
        value = float(round(value))
    return task.answer(
        opened,
        objective=value,
        bound=outcome.bound,
        maximise=not sourcing.all_of,
        allocation=allocation_of(problem, share),
        whole=whole,
    )


def _is_whole(problem: Problem, sourcing: Sourcing) -> bool:
    """Tell whether every choice has a whole objective: weights and capacities, or prices."""
    if sourcing.travelled:
        return False
    if sourcing.all_of:
        return bool((problem.sites.charge % 1 == 0).all())
    sites = problem.sites.capacity[np.isfinite(problem.sites.capacity)]
    return bool((problem.points.weight % 1 == 0).all() and (sites % 1 == 0).all())


def _too_small(problem: Problem, sourcing: Sourcing) -> list[Finding]:
    """Return that even the largest sites together cannot serve all."""
    sites, weight = problem.sites, float(problem.points.weight.sum())
    largest = np.sort(sites.capacity[~sites.existing])[::-1]
    room = float(sites.capacity[sites.existing].sum() + largest[: sourcing.p].sum())
    if room >= weight * (1 - _TRIFLE):
        return []
    rule = f"together hold {room:g} where {weight:g} is to be served"
    return [Finding(place="sites", column="capacity", rule=rule)]


def _program(problem: Problem, sourcing: Sourcing) -> Program:
    """Return the program over open sites and the share of its point that each pair carries."""
    sites, costs, pairs = len(problem.sites), problem.costs, len(problem.costs)
    weight = problem.points.weight[costs.point]
    worth = np.zeros(pairs) if sourcing.all_of else weight
    if sourcing.travelled:
        worth = weight * costs.cost
    charge = problem.sites.charge if sourcing.charged else np.zeros(sites)
    names = [f"serve[{i},{j}]" for i, j in zip(costs.point, costs.site, strict=True)]
    columns = [
        site_columns(problem, charge),
        Columns(names=names, worth=worth, integer=sourcing.single),
    ]
    rows = choice_rows(problem, sourcing.p, sourcing.budget)
    rows += _service_rows(problem, all_of=sourcing.all_of)
    rows += _capacity_rows(problem, fill_required=sourcing.fill_required)
    capacity = problem.sites.capacity
    if sourcing.all_of and np.isfinite(capacity).all():
        rows.append(one_row("room", capacity, lower=float(problem.points.weight.sum())))
    return program_of(columns, rows, "served", maximise=not sourcing.all_of)


def _service_rows(problem: Problem, *, all_of: bool) -> list[Rows]:
    """Return that points are served once (or at most once), and by open sites only."""
    sites, costs, pairs = len(problem.sites), problem.costs, len(problem.costs)
    points, each = len(problem.points), np.arange(len(problem.costs))
    once = entries(np.ones(pairs), costs.point, sites + each, (points, sites + pairs))
    linked = entries(
        np.repeat([1.0, -1.0], pairs),
        np.tile(each, 2),
        np.concatenate([sites + each, costs.site]),
        (pairs, sites + pairs),
    )
    return [
        Rows(
            names=[f"served[{point}]" for point in range(points)],
            matrix=once,
            lower=np.full(points, 1.0 if all_of else -np.inf),
            upper=np.ones(points),
        ),
        Rows(
            names=[f"opened[{pair}]" for pair in range(pairs)],
            matrix=linked,
            lower=np.full(pairs, -np.inf),
            upper=np.zeros(pairs),
        ),
    ]


def _capacity_rows(problem: Problem, *, fill_required: bool) -> list[Rows]:
    """Return that sites serve no more than they hold, and required ones no less if wished."""
    sites, costs, pairs = problem.sites, problem.costs, len(problem.costs)
    limited = np.flatnonzero(np.isfinite(sites.capacity))
    position = np.full(len(sites), -1)
    position[limited] = np.arange(len(limited))
    inside = np.flatnonzero(position[costs.site] >= 0)
    matrix = sparse.csr_array(
        entries(
            np.concatenate([problem.points.weight[costs.point[inside]], -sites.capacity[limited]]),
            np.concatenate([position[costs.site[inside]], np.arange(len(limited))]),
            np.concatenate([len(sites) + inside, limited]),
            (len(limited), len(sites) + pairs),
        )
    )
    filled = sites.required[limited] & fill_required
    return [
        Rows(
            names=[f"capacity[{name}]" for name in sites.ids[limited]],
            matrix=matrix,
            lower=np.where(filled, 0.0, -np.inf),
            upper=np.zeros(len(limited)),
        )
    ]


def _shares(problem: Problem, values: Floats, sourcing: Sourcing) -> Floats:
    """Return what pairs carry, without what solvers leave by tolerance."""
    if sourcing.single:
        return np.where(values > YES, 1.0, 0.0)
    share = np.where(values > _TRIFLE, values, 0.0)
    point = problem.costs.point
    total = np.bincount(point, share, minlength=len(problem.points))[point]
    over = total if sourcing.all_of else np.maximum(total, 1.0)
    return np.divide(share, over, out=np.zeros_like(share), where=over > 0)


def _merged(problem: Problem) -> tuple[Problem, NDArray[np.int64]]:
    """Return the problem with points that reach the same sites as one, and each point's class."""
    cover = merged_cover(problem.costs, problem.points.weight)
    ids = np.arange(len(cover)).astype(str).astype(object)
    costs = Costs(point=cover.owner, site=cover.site, cost=np.zeros(len(cover.owner)))
    points = Points(ids=ids, weight=cover.weight)
    return replace(problem, points=points, costs=costs), cover.class_of


def _handed_back(
    problem: Problem, merged: Problem, class_of: NDArray[np.int64], share: Floats
) -> Floats:
    """Return the shares of points: each has those of its class."""
    sites = len(problem.sites)
    key = class_of[problem.costs.point] * sites + problem.costs.site
    known = merged.costs.point * sites + merged.costs.site
    order = np.argsort(known)
    return share[order[np.searchsorted(known, key, sorter=order)]]
