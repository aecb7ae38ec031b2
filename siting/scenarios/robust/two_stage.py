"""One plan for several worlds: what to open now, and what later, once the world is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.errors import Finding, InstanceError
from siting.explain.intervals import Best, Interval
from siting.model.decisions import CONVERSION_KEY
from siting.planner import Options
from siting.scenarios.robust.joint import lay_out
from siting.scenarios.robust.projects import Project, projects_in, projects_of
from siting.scenarios.robust.regret import check_value, mean_of, regret_of, worst_of
from siting.scenarios.robust.staged_search import Found, Stages, least_regret, most_expected
from siting.scenarios.robust.worlds import TOLERANCE, World
from siting.solution import PROVEN_GAP, Termination, relative_gap
from siting.solvers.control import Progress
from siting.solvers.evaluation import Openings

Floats = NDArray[np.float64]

Aim = Literal["expected", "regret"]

NOW_SHARE = 0.5
"""Part of each world's money that is decided now, by default."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StagedWorld:
    """How the plan goes on in a world.

    Attributes
    ----------
    chosen
        All conversions in the end, columns of `CONVERSION_KEY`.
    later
        What opens only once this world is known.
    value
        Tier 1 in this world.
    cost, cost_later
        Capital of all, and of what is opened later, at this world's prices.
    regret
        How much more the world's own best plan serves; None where nothing is known of that.
    """

    name: str
    chosen: pd.DataFrame
    later: tuple[Project, ...]
    value: float
    cost: float
    cost_later: float
    regret: Interval | None


@dataclass(frozen=True, kw_only=True, eq=False)
class StagedPlan:
    """A plan for several worlds.

    Attributes
    ----------
    aim
        ``expected``: the largest weighted mean of tier 1; ``regret``: the least of the largest
        regret.
    now_share
        Part of each world's money that is decided now; 1 where all is.
    weights
        Of the worlds, adding up to 1.
    objective
        What the aim comes to, recomputed; a regret is against the best plans known.
    bound
        What no plan beats: above an expected value, below a regret. Against plans that nobody has
        found yet a regret could only be larger.
    now
        What is opened now, the same in all worlds.
    """

    aim: Aim
    now_share: float
    weights: Mapping[str, float]
    termination: Termination
    objective: float | None = None
    bound: float | None = None
    now: tuple[Project, ...] = ()
    worlds: tuple[StagedWorld, ...] = ()
    seconds: float = 0.0

    @property
    def worst_regret(self) -> Interval | None:
        """The largest regret; None where one is not known."""
        return worst_of([world.regret for world in self.worlds])

    @property
    def expected_regret(self) -> Interval | None:
        """The mean regret; None where one is not known."""
        regrets = [world.regret for world in self.worlds]
        return mean_of(regrets, [self.weights[world.name] for world in self.worlds])


def plan_for_all(
    worlds: Sequence[World],
    aim: Aim,
    options: Options | None = None,
    *,
    best: Mapping[str, Best],
    weights: Mapping[str, float] | None = None,
    now_share: float = NOW_SHARE,
    watch: Callable[[Progress], None] | None = None,
) -> StagedPlan:
    r"""Return a plan in two stages: what is opened now in all worlds, and the rest in each.

    What is opened now must be admitted in every world and stays as it is in all of them. Once it
    is known which world has come, more opens by that world's rules, for at most the part
    :math:`1 - now\_share` of its total budget:

    .. math::
        \max_{x, y} \sum_w p_w \, served_w(y^w) \quad\text{or}\quad
        \min_{x, y} \max_w \, \bigl(best_w - served_w(y^w)\bigr), \qquad
        y^w \ge x, \quad cost^w(y^w) - cost^w(x) \le (1 - now\_share) \, budget^w

    with :math:`y^w` within all rules of :math:`w`, its budget among them. With a share of 1 all is
    decided now, facilities that are kept too: one plan that keeps the rules of every world. With a
    share of 0 each world has its own best plan. Only tier 1 counts, so that of two plans that
    serve as much either may be found, however dear.

    By the engine ``auto`` the cuts of our own engine hold the needs of all worlds, where no rule
    ties who is served where; the least regret of large worlds is then sought by weights, with
    a bound of its own. Other engines take the worlds written out.

    Parameters
    ----------
    best
        What is known of the best plan of each world, by name; all of them for ``regret``.
    weights
        Of the worlds, in any unit; all alike where not given.

    Raises
    ------
    InstanceError
        When worlds are not decided over the same years, the share is not within 0 and 1, or money
        is split and a world has no total budget.
    ArithmeticError
        When the recount of the plan says another value.
    """
    options = options or Options()
    started = time.monotonic()
    _check(worlds, now_share)
    given = np.array([1.0 if weights is None else weights[world.name] for world in worlds])
    parts = given / given.sum()
    all_now = now_share >= 1
    stages = Stages(
        worlds=tuple(worlds),
        layout=lay_out(worlds, all_now=all_now),
        later=() if all_now else tuple((1 - now_share) * _budget(world) for world in worlds),
        options=options,
        control=options.control(started, watch),
    )
    if aim == "expected":
        found = _capped(most_expected(stages, parts), parts, worlds, best)
    else:
        found = least_regret(stages, np.array([best[world.name].objective for world in worlds]))
    plan = StagedPlan(
        aim=aim,
        now_share=now_share,
        weights={world.name: float(p) for world, p in zip(worlds, parts, strict=True)},
        termination=_termination(aim, found, options.gap),
        objective=found.objective,
        bound=found.bound,
    )
    if found.point is not None:
        plan = replace(plan, **_told(stages, found.point, best))
    return replace(plan, seconds=time.monotonic() - started)


def _check(worlds: Sequence[World], now_share: float) -> None:
    findings = []
    if not 0 <= now_share <= 1:
        rule = "must be within 0 and 1"
        findings.append(Finding(place="--now-share", value=f"{now_share:g}", rule=rule))
    findings += [
        Finding(
            place=f"scenario {world.name or 'base'}",
            rule="its years are not those of the others, so that nothing can be decided for both",
        )
        for world in worlds
        if world.instance.years != worlds[0].instance.years
    ]
    findings += [
        Finding(
            place=f"scenario {world.name or 'base'}",
            rule="no total budget, of which a part could be left for later",
            remedy="give budget.total, or decide all now (--now-share 1)",
        )
        for world in worlds
        if now_share < 1 and world.instance.settings.budget.total is None
    ]
    if findings:
        raise InstanceError("a plan for several worlds", findings)


def _budget(world: World) -> float:
    return float(world.instance.settings.budget.total or 0.0)


def _capped(
    found: Found, parts: Floats, worlds: Sequence[World], best: Mapping[str, Best]
) -> Found:
    """Return what was found with a bound no higher than the mean of the worlds' own bounds."""
    bounds = [best[w.name].bound if w.name in best else None for w in worlds]
    known = [bound for bound in bounds if bound is not None]
    if found.objective is None or len(known) < len(bounds):
        return found
    mean = max(found.objective, float(parts @ np.array(known)))
    return replace(found, bound=mean if found.bound is None else min(found.bound, mean))


def _termination(aim: Aim, found: Found, asked: float) -> Termination:
    if found.infeasible:
        return Termination.INFEASIBLE
    if found.objective is None:
        return Termination.NONE
    gap = relative_gap(found.objective, found.bound)
    if aim == "regret" and found.bound is not None:  # against all that could be served
        gap = found.objective - found.bound
    if gap is not None and gap <= PROVEN_GAP:
        return Termination.OPTIMAL
    return Termination.WITHIN_GAP if gap is not None and gap <= asked else Termination.FEASIBLE


def _told(stages: Stages, point: Floats, best: Mapping[str, Best]) -> dict[str, Any]:
    """Return what is opened now and how every world goes on, all recounted."""
    layout = stages.layout
    opened_now = layout.now[point[layout.now] > 0.5]  # noqa: PLR2004
    ahead = layout.decisions.conversions.iloc[opened_now]
    now = projects_of(ahead)
    told = []
    for at, (world, opened) in enumerate(zip(stages.worlds, stages.opened(point), strict=True)):
        value = world.served(opened)
        broken = world.broken(opened)
        if value is None or broken:
            raise ArithmeticError(
                f"the plan breaks {', '.join(broken) or 'rules on who is served'}"
            )
        check_value(world, "the plan", opened, value)
        chosen = world.model.decisions.conversions.loc[opened, list(CONVERSION_KEY)]
        mine = projects_of(chosen)
        if not set(now) <= set(mine):
            raise ArithmeticError(f"{world.name} does not open what is opened now")
        cost = world.cost(opened)
        later_cost = cost - _cost_of(world, opened, now)
        if stages.later and later_cost > stages.later[at] * (1 + TOLERANCE) + TOLERANCE:
            raise ArithmeticError(f"{world.name} spends {later_cost:g} later, which is too much")
        told.append(
            StagedWorld(
                name=world.name,
                chosen=chosen.reset_index(drop=True),
                later=tuple(project for project in mine if project not in set(now)),
                value=value,
                cost=cost,
                cost_later=round(later_cost, world.instance.settings.money.decimals),
                regret=regret_of(value, best.get(world.name)),
            )
        )
    return {"now": now, "worlds": tuple(told)}


def _cost_of(world: World, opened: Openings, projects: Sequence[Project]) -> float:
    """Return the capital of some of the openings alone."""
    rows = world.model.decisions.conversions
    wanted = set(projects)
    mine = np.array([project in wanted for project in projects_in(rows)], np.bool_)
    return world.cost(opened & mine)


def staged_rows(plan: StagedPlan) -> pd.DataFrame:
    """Return one row per site and world in which it opens.

    Returns
    -------
    pandas.DataFrame
        ``when`` (now, later), ``world`` (empty for now), ``building_id, service_id, module_id,
        mode, year, until``.
    """
    rows = [("now", "", *project) for project in plan.now]
    rows += [("later", world.name, *p) for world in plan.worlds for p in world.later]
    return pd.DataFrame(rows, columns=["when", "world", *Project._fields])


def staged_values(plan: StagedPlan) -> pd.DataFrame:
    """Return one row per world.

    Returns
    -------
    pandas.DataFrame
        ``world, weight, served, regret_low, regret_high, cost, cost_later, later`` (sites).
    """
    return pd.DataFrame(
        [
            {
                "world": world.name,
                "weight": plan.weights[world.name],
                "served": world.value,
                "regret_low": None if world.regret is None else world.regret.low,
                "regret_high": None if world.regret is None else world.regret.high,
                "cost": world.cost,
                "cost_later": world.cost_later,
                "later": len(world.later),
            }
            for world in plan.worlds
        ]
    )
