"""The covering problems: all of the weight with the fewest sites, or the most with few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np

from siting.classic.answer import Answer, Options
from siting.classic.cover import (
    Steps,
    cheapest_cover,
    check_covered,
    counted_rows,
    covered_columns,
    merged_cover,
    most_covered,
)
from siting.classic.problem import Marks, Problem
from siting.classic.programs import check_size, one_row, program_of, site_columns
from siting.classic.reading import Given
from siting.classic.recount import check_choice, nearest_allocation, open_sites
from siting.classic.sourcing import cover_within_capacities, without_unreachable
from siting.classic.task import begin
from siting.errors import Finding, InstanceError
from siting.model.program import YES
from siting.solution import Termination


def lscp(
    demand: Given,
    sites: Given,
    *,
    cutoff: float,
    strict: bool = False,
    share: float = 1.0,
    backup: int = 1,
    single: bool = False,
    skip_unreachable: bool = False,
    **options: Unpack[Options],
) -> Answer:
    r"""Cover every point with the fewest sites, or the cheapest where sites have a cost.

    .. math:: \min \sum_j c_j y_j : \sum_{j \in N_i} y_j \ge K \; \forall i

    With capacities, every point is served in full within the cutoff by sites with room for it.

    Parameters
    ----------
    demand, sites
        Tables or files, see `siting.classic.tables`.
    cutoff
        Cost at which a site still covers a point; with `strict` it covers only below it.
    share
        Least share of the weight that is covered.
    backup
        How many open sites it takes to cover a point.
    single
        With capacities: serve every point from one site.
    skip_unreachable
        Leave out points that too few sites can reach instead of finding no answer.
    **options
        See `siting.classic.answer.Options`.

    Raises
    ------
    InstanceError
        When anything is wrong with the input.

    References
    ----------
    Toregas, Swain, ReVelle, Bergman 1971, doi 10.1287/opre.19.6.1363; with capacities Current,
    Storbeck 1988, doi 10.1068/b150153.
    """
    task = begin("lscp", demand, sites, options, cutoff=cutoff, strict=strict, capacities=True)
    _check_cover(task.problem, share, backup)
    task = without_unreachable(task, skip=skip_unreachable, times=backup)
    if task.problem.sites.limited:
        if share < 1 or backup > 1:
            rule = "cannot stand beside capacities"
            raise InstanceError("lscp", [Finding(place="--share, --backup", rule=rule)])
        return cover_within_capacities(task, single=single)
    return cheapest_cover(task, share, backup)


def lscp_b(
    demand: Given,
    sites: Given,
    *,
    cutoff: float,
    strict: bool = False,
    skip_unreachable: bool = False,
    **options: Unpack[Options],
) -> Answer:
    r"""Cover every point with the fewest sites, and of such choices back up the most points.

    .. math::
        \max \sum_i u_i : \sum_{j \in N_i} y_j \ge 1 + u_i, \; \sum_j c_j y_j = v,
        \; u_i \in \{0, 1\}

    where v is the value of `lscp`. The objective counts the points that two open sites or more
    cover, whatever their weight; `Answer.figures` has ``sites``, the value v.

    Parameters
    ----------
    demand, sites, cutoff, strict, skip_unreachable, **options
        As of `lscp`.

    Raises
    ------
    InstanceError
        When anything is wrong with the input.

    References
    ----------
    Daskin, Stern 1981, doi 10.1287/trsc.15.2.137; Church, Murray 2018,
    doi 10.1007/978-3-319-99846-6.
    """
    task = begin("lscp-b", demand, sites, options, cutoff=cutoff, strict=strict)
    task = without_unreachable(task, skip=skip_unreachable)
    problem = task.problem
    fewest = cheapest_cover(replace(task, gap=0.0), 1.0, 1)
    if fewest.objective is None:
        return fewest
    value = fewest.objective
    cover = merged_cover(problem.costs, np.ones(len(problem.points)))
    most = float(cover.points[cover.sites_each > 1].sum())

    def ended(opened: Marks, bound: float | None) -> Answer:
        backed = float((open_sites(problem, opened) > 1).sum())
        return task.answer(
            opened,
            objective=backed,
            bound=bound,
            maximise=True,
            allocation=nearest_allocation(problem, opened),
            figures={"sites": value},
            whole=True,
        )

    if fewest.termination != Termination.OPTIMAL:
        return ended(_opened(problem, fewest.chosen), most)
    rows = [counted_rows(cover, len(problem.sites), 2, first=True)]
    rows.append(one_row("fewest", problem.sites.charge, upper=value * (1 + 1e-9)))
    columns = [
        site_columns(problem, np.zeros(len(problem.sites))),
        covered_columns(cover, cover.points.astype(float), integer=False),
    ]
    program = program_of(columns, rows, "backup", maximise=True)
    outcome = task.solve(program)
    if outcome.point is None:
        return ended(_opened(problem, fewest.chosen), outcome.bound)
    opened = outcome.point[: len(problem.sites)] > YES
    check_choice(problem, opened, None, value, exactly=False)
    check_covered(problem, opened, 1.0, 1)
    return ended(opened, outcome.bound)


def mclp(
    demand: Given,
    sites: Given,
    *,
    cutoff: float | None = None,
    strict: bool = False,
    p: int | None = None,
    budget: float | None = None,
    backup: int = 1,
    decay: Sequence[tuple[float, float]] = (),
    **options: Unpack[Options],
) -> Answer:
    r"""Cover the most weight with p more sites, or within a budget.

    .. math::
        \max \sum_i w_i u_i : K u_i \le \sum_{j \in N_i} y_j, \; \sum_j y_j = p

    With `decay`, a point counts by how near its nearest open site is: each step is one covering
    of its own, worth what it adds to the next.

    Parameters
    ----------
    demand, sites, cutoff, strict, backup, **options
        As of `lscp`.
    p, budget
        How many more sites are chosen, and what they may cost; beside a budget, at most p.
    decay
        Steps of cost and share of the weight that counts up to it, such as ``((300, 1), (600,
        0.5))``; instead of the cutoff.

    Raises
    ------
    InstanceError
        When anything is wrong with the input.

    References
    ----------
    Church, ReVelle 1974, doi 10.1007/BF01942293; steps of cover Berman, Krass 2002,
    doi 10.1016/S0305-0548(01)00079-X.
    """
    steps = _steps("mclp", cutoff, decay)
    task = begin("mclp", demand, sites, options, cutoff=steps[-1][0], strict=strict)
    _check_cover(task.problem, 1.0, backup)
    check_size(task.problem, p, budget)
    return most_covered(task, steps, p=p, budget=budget, backup=backup, strict=strict)


def bclp(
    demand: Given,
    sites: Given,
    *,
    cutoff: float,
    strict: bool = False,
    p: int | None = None,
    budget: float | None = None,
    backup: int = 2,
    share: float = 1.0,
    skip_unreachable: bool = False,
    **options: Unpack[Options],
) -> Answer:
    r"""Cover every point once, and the most weight by a second site, with p more sites.

    .. math::
        \max \sum_i w_i u_i : \sum_{j \in N_i} y_j \ge 1 \; \forall i, \;
        K u_i \le \sum_{j \in N_i} y_j, \; \sum_j y_j = p

    Parameters
    ----------
    demand, sites, cutoff, strict, skip_unreachable, **options
        As of `lscp`.
    p, budget
        As of `mclp`.
    backup
        How many open sites a point needs to count.
    share
        Least share of the weight that is covered once; 0 asks for none.

    Raises
    ------
    InstanceError
        When anything is wrong with the input.

    References
    ----------
    Hogan, ReVelle 1986, doi 10.1287/mnsc.32.11.1434.
    """
    task = begin("bclp", demand, sites, options, cutoff=cutoff, strict=strict)
    _check_cover(task.problem, share, backup)
    check_size(task.problem, p, budget)
    if share >= 1:
        task = without_unreachable(task, skip=skip_unreachable)
    steps = ((cutoff, 1.0),)
    return most_covered(task, steps, p=p, budget=budget, backup=backup, strict=strict, share=share)


def _check_cover(problem: Problem, share: float, backup: int) -> None:
    findings = []
    if not 0 <= share <= 1:
        rule = "must be between 0 and 1"
        findings.append(Finding(place="--share", value=f"{share:g}", rule=rule))
    if backup < 1:
        findings.append(Finding(place="--backup", value=str(backup), rule="must be >= 1"))
    if findings:
        raise InstanceError(problem.name, findings)


def _steps(name: str, cutoff: float | None, decay: Sequence[tuple[float, float]]) -> Steps:
    """Return the cost and value of each step of cover."""
    if (cutoff is None) == (not decay):
        rule = "must say what a site covers"
        remedy = "give one of --cutoff and --decay"
        raise InstanceError(name, [Finding(place="--cutoff", rule=rule, remedy=remedy)])
    if cutoff is not None:
        return ((cutoff, 1.0),)
    steps = tuple((float(cost), float(value)) for cost, value in decay)
    costs, values = zip(*steps, strict=True)
    if list(costs) != sorted(set(costs)) or list(values) != sorted(set(values), reverse=True):
        rule = "costs must rise and values fall from step to step"
    elif not 0 <= values[-1] <= values[0] <= 1:
        rule = "values must be between 0 and 1"
    else:
        return steps
    said = ",".join(f"{cost:g}:{value:g}" for cost, value in steps)
    raise InstanceError(name, [Finding(place="--decay", value=said, rule=rule)])


def _opened(problem: Problem, chosen: Sequence[str]) -> Marks:
    return problem.sites.existing | np.isin(problem.sites.ids, np.array(chosen, object))
