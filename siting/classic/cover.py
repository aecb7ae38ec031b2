"""Covering: which sites cover what, merged, and the two programs over it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.classic.answer import Answer
from siting.classic.problem import Costs, Floats, Marks, Problem
from siting.classic.programs import (
    Columns,
    Rows,
    choice_rows,
    entries,
    one_row,
    program_of,
    site_columns,
    too_few,
)
from siting.classic.recount import check_choice, nearest_allocation, open_sites
from siting.classic.task import Task, broken, out_of_reach, say_out_of_reach
from siting.model.merging import merge
from siting.model.program import YES
from siting.solvers.control import Outcome, run_cancellable

Steps = tuple[tuple[float, float], ...]
"""Cost and value of each step of cover, costs rising, values falling."""

_MOST_COMPARED = 5_000
"""Classes beyond which each is not compared with every other."""

_SMALL = 20_000
"""Pairs up to which a plain program is quicker than the engine made for covering."""

_SHARE = 1e-9
"""By how little of the weight a cover may miss its share: what sums of floats lose."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cover:
    """Which sites cover what, merged: points that the same sites cover are one class.

    Attributes
    ----------
    owner, site
        Class and site of each pair, sorted, int64, shape (k,).
    weight
        Of each class, shape (c,).
    points
        How many points each class holds, shape (c,).
    class_of
        Class of each point, -1 where no site covers it, shape (n,).
    """

    owner: NDArray[np.int64]
    site: NDArray[np.int64]
    weight: Floats
    points: NDArray[np.int64]
    class_of: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of classes."""
        return len(self.weight)

    @property
    def sites_each(self) -> NDArray[np.int64]:
        """How many sites cover each class, shape (c,)."""
        return np.bincount(self.owner, minlength=len(self))


def merged_cover(costs: Costs, weight: Floats) -> Cover:
    """Merge the points that the same sites cover; those that none covers are in no class.

    Parameters
    ----------
    costs
        The pairs that cover.
    weight
        Of each point, shape (n,).
    """
    class_of = np.full(len(weight), -1)
    if not len(costs):
        none = np.empty(0, np.int64)
        return Cover(owner=none, site=none, weight=np.empty(0), points=none, class_of=class_of)
    order = np.lexsort((costs.site, costs.point))
    points, owner = np.unique(costs.point[order], return_inverse=True)
    key = costs.site[order]
    merged, first = merge(owner.reshape(-1), key, len(points))
    leads = np.isin(owner, first)
    class_of[points] = merged
    return Cover(
        owner=merged[owner[leads]],
        site=key[leads],
        weight=np.bincount(merged, weight[points], minlength=len(first)).astype(float),
        points=np.bincount(merged, minlength=len(first)),
        class_of=class_of,
    )


def cover_rows(cover: Cover, sites: int, least: float) -> Rows:
    """Return ``sum of y >= least`` for each class."""
    ones = np.ones(len(cover.owner))
    matrix = entries(ones, cover.owner, cover.site, (len(cover), sites))
    return _at_least("cover", matrix, least)


def undominated(cover: Cover) -> Cover:
    """Return the cover without classes that are covered whenever another one is.

    Each class is worth nothing here; only that it is covered once is asked for.
    """
    if len(cover) > _MOST_COMPARED:
        return cover
    ones = np.ones(len(cover.owner))
    sites = int(cover.site.max(initial=-1)) + 1
    matrix = entries(ones, cover.owner, cover.site, (len(cover), sites))
    shared = sparse.coo_array(matrix @ matrix.T)
    size = cover.sites_each
    row, column = shared.coords
    implied = np.unique(column[(shared.data == size[row]) & (row != column)])
    kept = ~np.isin(np.arange(len(cover)), implied)
    position = np.cumsum(kept) - 1
    pairs = kept[cover.owner]
    return replace(
        cover,
        owner=position[cover.owner[pairs]],
        site=cover.site[pairs],
        weight=cover.weight[kept],
        points=cover.points[kept],
    )


def counted_rows(cover: Cover, at: int, times: int, *, first: bool = False) -> Rows:
    """Return that a class counts only if so many open sites cover it.

    ``times x u <= sum of y``; where all must be covered a `first` time, the sharper
    ``1 + (times - 1) x u <= sum of y``.

    Parameters
    ----------
    at
        Column of the first class; the others follow.
    """
    classes, ones = np.arange(len(cover)), np.ones(len(cover.owner))
    matrix = entries(
        np.concatenate([ones, np.full(len(cover), -float(times - first))]),
        np.concatenate([cover.owner, classes]),
        np.concatenate([cover.site, at + classes]),
        (len(cover), at + len(cover)),
    )
    return _at_least("counted", matrix, int(first))


def _at_least(kind: str, matrix: sparse.csr_array, least: float) -> Rows:
    count = matrix.shape[0]
    return Rows(
        names=[f"{kind}[{row}]" for row in range(count)],
        matrix=matrix,
        lower=np.full(count, float(least)),
        upper=np.full(count, np.inf),
    )


def covered_columns(cover: Cover, worth: Floats, *, integer: bool) -> Columns:
    """Return one column per class that says whether it is covered."""
    names = [f"covered[{row}]" for row in range(len(cover))]
    return Columns(names=names, worth=worth, integer=integer)


def _least_weight(weight: Floats, share: float) -> float:
    """Return the weight that a share asks for; a whole number where weights are whole."""
    least = share * float(weight.sum())
    whole = bool((weight % 1 == 0).all())
    return float(np.ceil(least * (1 - _SHARE))) if whole else least * (1 - _SHARE)


def cheapest_cover(task: Task, share: float, backup: int) -> Answer:
    """Return the cheapest choice that covers a share of the weight."""
    problem, sites = task.problem, len(task.problem.sites)
    partial = share < 1
    out = out_of_reach(problem, backup)
    weight = problem.points.weight
    least = _least_weight(weight, share)
    if partial and weight[~out].sum() < least:
        return task.infeasible(*say_out_of_reach(problem, out, backup))
    if not partial and out.any():
        return task.infeasible(*say_out_of_reach(problem, out, backup))
    cover = merged_cover(problem.costs, weight)
    columns = [site_columns(problem, problem.sites.charge)]
    rows = [cover_rows(undominated(cover) if backup == 1 else cover, sites, backup)]
    if partial:
        columns.append(covered_columns(cover, np.zeros(len(cover)), integer=backup > 1))
        rows = _share_rows(cover, sites, backup, least)
    outcome = task.solve(program_of(columns, rows, "cost", maximise=False))
    if outcome.status == "infeasible":
        return task.infeasible()
    if outcome.point is None:
        return task.nothing(outcome.bound)
    opened = outcome.point[:sites] > YES
    check_choice(problem, opened, None, None, exactly=False)
    check_covered(problem, opened, share, backup)
    charge = problem.sites.charge
    return task.answer(
        opened,
        objective=float(charge[opened].sum()),
        bound=outcome.bound,
        maximise=False,
        allocation=nearest_allocation(problem, opened),
        whole=bool((charge % 1 == 0).all()),
    )


def _share_rows(cover: Cover, at: int, times: int, least: float) -> list[Rows]:
    """Return that the classes counted, the columns from `at`, weigh enough together."""
    weighed = np.append(np.zeros(at), cover.weight)
    return [counted_rows(cover, at, times), one_row("share", weighed, lower=least)]


def check_covered(problem: Problem, opened: Marks, share: float, backup: int) -> None:
    """Make sure, from the open sites alone, that enough is covered."""
    covered = open_sites(problem, opened) >= backup
    weight = problem.points.weight
    least = _least_weight(weight, share) * (1 - _SHARE)
    if (not covered.all()) if share >= 1 else (weight[covered].sum() < least):
        raise broken(problem, "too little is covered")


def _value_of(problem: Problem, opened: Marks, steps: Steps, backup: int, strict: bool) -> float:
    """Return the weight covered, by step, from the open sites alone."""
    value = np.zeros(len(problem.points))
    for cost, worth in steps:
        near = replace(problem, costs=problem.costs.within(cost, strict=strict))
        covered = open_sites(near, opened) >= backup
        value[covered] = np.maximum(value[covered], worth)
    return float(problem.points.weight @ value)


def most_covered(
    task: Task,
    steps: Steps,
    *,
    p: int | None,
    budget: float | None,
    backup: int,
    strict: bool,
    share: float = 0.0,
) -> Answer:
    """Return the choice that covers the most weight, and at least a share of it once."""
    problem, sites = task.problem, len(task.problem.sites)
    reasons = too_few(problem, p, budget)
    once = out_of_reach(problem)
    if share >= 1 and once.any():
        reasons += say_out_of_reach(problem, once)
    if reasons:
        return task.infeasible(*reasons)
    cover = _cover_by_step(problem, steps, strict=strict)
    plain = backup == 1 and share == 0 and (p is None) != (budget is None)
    if plain and task.engine == "auto" and len(cover.owner) > _SMALL:
        outcome = _by_covering_engine(task, cover, p, budget)
        return _covered_answer(task, cover, outcome, steps, p=p, budget=budget, strict=strict)
    columns = [site_columns(problem, np.zeros(sites))]
    columns.append(covered_columns(cover, cover.weight, integer=backup > 1))
    rows = [*choice_rows(problem, p, budget), counted_rows(cover, sites, backup, first=share >= 1)]
    if share > 0:
        weight = problem.points.weight
        first = merged_cover(problem.costs, weight)
        if share >= 1:
            rows.append(cover_rows(undominated(first), sites, 1))
        else:
            columns.append(covered_columns(first, np.zeros(len(first)), integer=False))
            rows += _share_rows(first, sites + len(cover), 1, _least_weight(weight, share))
    outcome = task.solve(program_of(columns, rows, "covered", maximise=True))
    return _covered_answer(
        task,
        cover,
        outcome,
        steps,
        p=p,
        budget=budget,
        strict=strict,
        backup=backup,
        share=share,
    )


def _by_covering_engine(task: Task, cover: Cover, p: int | None, budget: float | None) -> Outcome:
    """Return the choice of the engine that is made for covering, filled up to p sites."""
    from siting.solvers.covering.maximal import Cover as Covered
    from siting.solvers.covering.maximal import maximal_cover

    sites = task.problem.sites
    whole = bool((cover.weight % 1 == 0).all())
    covered = Covered(
        sites=len(sites),
        indptr=np.searchsorted(cover.owner, np.arange(len(cover) + 1)).astype(np.int64),
        site=cover.site.astype(np.int32),
        weight=cover.weight.astype(np.int64) if whole else cover.weight,
    )
    found = run_cancellable(
        lambda: maximal_cover(
            covered,
            site_cost=sites.charge if p is None else (~sites.existing).astype(float),
            budget=float(p) if p is not None else float(budget or 0),
            required=sites.required,
            gap=task.gap,
            control=task.control,
        ),
        task.control,
    )
    if found.chosen is None:
        return Outcome(status=found.status, bound=found.bound)
    opened = found.chosen | sites.existing
    if p is not None:  # more sites never cover less
        unused = np.flatnonzero(~opened)
        opened[unused[: p - int((opened & ~sites.existing).sum())]] = True
    return Outcome(status=found.status, point=opened.astype(float), bound=found.bound)


def _covered_answer(
    task: Task,
    cover: Cover,
    outcome: Outcome,
    steps: Steps,
    *,
    p: int | None,
    budget: float | None,
    strict: bool,
    backup: int = 1,
    share: float = 0.0,
) -> Answer:
    problem = task.problem
    if outcome.status == "infeasible":
        return task.infeasible()
    if outcome.point is None:
        return task.nothing(outcome.bound)
    opened = outcome.point[: len(problem.sites)] > YES
    check_choice(problem, opened, p, budget, exactly=budget is None)
    if share > 0:
        check_covered(problem, opened, share, 1)
    return task.answer(
        opened,
        objective=_value_of(problem, opened, steps, backup, strict),
        bound=outcome.bound,
        maximise=True,
        allocation=nearest_allocation(problem, opened),
        whole=bool((cover.weight % 1 == 0).all()),
    )


def _cover_by_step(problem: Problem, steps: Steps, *, strict: bool) -> Cover:
    """Return every step of cover as points of its own, worth what it adds to the next."""
    count, costs = len(problem.points), problem.costs
    gains = -np.diff([value for _, value in steps] + [0.0])
    parts = [costs.within(cost, strict=strict) for cost, _ in steps]
    joined = Costs(
        point=np.concatenate([part.point + k * count for k, part in enumerate(parts)]),
        site=np.concatenate([part.site for part in parts]),
        cost=np.concatenate([part.cost for part in parts]),
    )
    weight = np.concatenate([problem.points.weight * gain for gain in gains])
    return merged_cover(joined.where(weight[joined.point] > 0), weight)
