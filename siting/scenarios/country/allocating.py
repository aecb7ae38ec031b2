"""Shares a budget out among districts: their frontiers first, then closer where it matters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from siting.errors import Finding, InstanceError
from siting.instance.generate.district import opening_everything
from siting.scenarios.case import Case, budget_cases
from siting.scenarios.country.districts import District
from siting.scenarios.country.sharing_out import Mix, Offer, best_mix
from siting.scenarios.run import Run
from siting.scenarios.tradeoffs.frontier import Frontier, FrontierPoint, frontier_of
from siting.solution import relative_gap

log = logging.getLogger(__name__)

MOST_UNPROVEN = 0.75
"""Part of what a stretch serves more that may be the gap of its larger budget's own run."""

CarriedOut = Callable[[Sequence[tuple[District, Sequence[Case]]]], list[list[Run]]]
"""Plans cases of several districts and returns the runs of each."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Share:
    """What a district gets.

    Attributes
    ----------
    money
        What its plan spends; all of its budget where that is cut into years.
    point
        The point of its frontier that was chosen.
    frontier
        All that is known of what money buys there.
    """

    district: District
    money: float
    point: FrontierPoint
    frontier: Frontier


@dataclass(frozen=True, kw_only=True, eq=False)
class Allocation:
    """A budget shared out.

    Attributes
    ----------
    objective, bound
        Mean of the districts' shares of need served, by weight: what this allocation reaches, and
        what no allocation of the budget exceeds.
    today
        The same with what is open today.
    rounds
        How often frontiers were computed.
    """

    budget: float
    shares: tuple[Share, ...]
    objective: float
    bound: float
    today: float
    rounds: int

    @property
    def gap(self) -> float | None:
        """``(bound - objective) / objective``, never below 0."""
        return relative_gap(self.objective, self.bound)

    @property
    def money(self) -> float:
        """What is shared out."""
        return sum(share.money for share in self.shares)


def allocate(
    districts: Sequence[District],
    budget: float,
    carry_out: CarriedOut,
    *,
    points: int = 6,
    gap: float = 0.005,
    rounds: int = 8,
    enough: Callable[[], bool] = lambda: False,
) -> Allocation:
    """Share a budget out among districts so that the most need is served, by weight.

    Every district's frontier is computed at `points` budgets; one of its plans is chosen for each
    by `best_mix`. What no allocation exceeds is the best mix of bounds, where money between two
    computed budgets may serve what is proven for the larger. Where the two differ most, districts
    get a further point, until they agree.

    Parameters
    ----------
    gap
        Relative gap between the two at which it is good enough.
    rounds
        How often frontiers may be computed.
    enough
        Whether to stop with what is known.

    Raises
    ------
    InstanceError
        When the budget is too small for a plan that keeps all rules in every district.
    """
    decimals = districts[0].base.settings.money.decimals
    total_weight = sum(d.weight for d in districts)
    budgets = [first_budgets(d, budget, points) for d in districts]
    runs: list[list[Run]] = [[] for _ in districts]
    done = 0
    while True:
        asked = [
            (d, budget_cases(d.base, new)) for d, new in zip(districts, budgets, strict=True) if new
        ]
        made = iter(carry_out(asked))
        runs = [own + next(made) if new else own for own, new in zip(runs, budgets, strict=True)]
        done += 1
        _refuse_missing(districts, runs)
        frontiers = [frontier_of(own) for own in runs]
        parts = [d.weight / total_weight for d in districts]
        reached, hoped = _mixes(frontiers, parts, round(budget * 10**decimals), decimals)
        if reached is None:
            raise _too_little(districts, frontiers, budget)
        log.info("allocation: %.6f, at most %.6f", reached.worth, hoped.bound)
        left = relative_gap(reached.worth, hoped.bound)
        if done == rounds or enough() or (left is not None and left <= gap):
            break
        budgets = further_budgets(frontiers, hoped, reached.worth, gap, decimals)
        if not any(budgets):
            break
    shares = [_share(d, f, k) for d, f, k in zip(districts, frontiers, reached.taken, strict=True)]
    return Allocation(
        budget=budget,
        shares=tuple(shares),
        objective=reached.worth,
        bound=hoped.bound,
        today=sum(part * f.today for part, f in zip(parts, frontiers, strict=True)),
        rounds=done,
    )


def first_budgets(district: District, budget: float, points: int) -> list[float]:
    """Return budgets from 0 to what opening everything would cost, and all the money there is.

    They are closer together where they are small. What is proven for all the money holds for any.
    """
    decimals = district.base.settings.money.decimals
    top = min(budget, opening_everything(district.base))
    parts = np.linspace(0.0, 1.0, max(points - 1, 2)) ** 2
    return sorted({*(round(float(top * part), decimals) for part in parts), float(budget)})


def further_budgets(
    frontiers: Sequence[Frontier], hoped: Mix, worth: float, gap: float, decimals: int
) -> list[list[float]]:
    """Return for each district the budgets that would tell most: one, or none.

    Within the stretch that is hoped for, where it serves clearly more than its smaller budget does
    for certain and a closer look can help: where the gap of a run is to blame it cannot.
    """
    found: list[list[float]] = []
    for frontier, k in zip(frontiers, hoped.taken, strict=True):
        low, high = frontier.points[k], frontier.points[min(k + 1, len(frontier.points) - 1)]
        free = _bound(high) - (low.objective or 0.0)
        unproven = _bound(high) - (high.objective or 0.0)
        budget = _within(low, high, decimals)
        worthwhile = free > gap / 2 * worth and unproven < free * MOST_UNPROVEN
        found.append([budget] if worthwhile and low.budget < budget < high.budget else [])
    return found


def _within(low: FrontierPoint, high: FrontierPoint, decimals: int) -> float:
    """Return the budget between two that tells most of what lies there.

    A little less than what the plan of the larger one spends, where that leaves much of its budget:
    then it is known what less money does. Else the middle, the geometric one where they are far
    apart.
    """
    far_apart = 4.0
    far = 0 < far_apart * low.budget < high.budget
    middle = float(np.sqrt(low.budget * high.budget)) if far else (low.budget + high.budget) / 2
    if high.plan is high.run and low.budget < _money_of(high) < middle:
        return round(_money_of(high) - 10.0**-decimals, decimals)
    return round(middle, decimals)


def _mixes(
    frontiers: Sequence[Frontier], parts: Sequence[float], money: int, decimals: int
) -> tuple[Mix | None, Mix]:
    """Return the best mix of plans, and the best mix of bounds."""
    plans = [
        [
            Offer(money=_grid(_money_of(p), decimals), worth=part * (p.objective or 0.0))
            for p in _planned(frontier)
        ]
        for frontier, part in zip(frontiers, parts, strict=True)
    ]
    bounds = [
        [
            Offer(money=_grid(low.budget, decimals), worth=part * _bound(high))
            for low, high in zip(
                frontier.points, [*frontier.points[1:], frontier.points[-1]], strict=True
            )
        ]
        for frontier, part in zip(frontiers, parts, strict=True)
    ]
    hoped = best_mix(bounds, money)
    if hoped is None:
        raise ArithmeticError("budgets begin at 0, which is always affordable")
    return best_mix(plans, money), hoped


def _planned(frontier: Frontier) -> list[FrontierPoint]:
    return [p for p in frontier.points if p.plan is not None]


def _bound(point: FrontierPoint) -> float:
    """Return what no plan of a budget exceeds; 0 where there is none, 1 where nothing is known."""
    if point.infeasible and point.objective is None:
        return 0.0
    return 1.0 if point.bound is None else point.bound


def _money_of(point: FrontierPoint) -> float:
    """Return what a district must be given for a plan.

    What it spends; where its budget is cut into years, so that less of it might come too late, all
    of the budget that it was made with.
    """
    run = point.plan or point.run
    budget = run.values["provenance"]["settings"]["budget"]
    return float(budget["total"] if budget["years"] else run.values["cost"])


def _grid(money: float, decimals: int) -> int:
    return round(money * 10**decimals)


def _share(district: District, frontier: Frontier, at: int) -> Share:
    point = _planned(frontier)[at]
    return Share(district=district, money=_money_of(point), point=point, frontier=frontier)


def _refuse_missing(districts: Sequence[District], runs: Sequence[Sequence[Run]]) -> None:
    """Raise where a district has no plan at any budget."""
    findings = [
        Finding(
            place=str(d.path),
            value=d.name,
            rule="has no plan that keeps all rules, whatever the money",
            remedy=f"see why by `siting solve {d.path}`",
        )
        for d, own in zip(districts, runs, strict=True)
        if all(run.objective is None for run in own)
    ]
    if findings:
        raise InstanceError("allocate", findings)


def _too_little(
    districts: Sequence[District], frontiers: Sequence[Frontier], budget: float
) -> InstanceError:
    """Say that not all districts can have a plan, and which cost most to begin with."""
    least = {
        d.name: min(_money_of(p) for p in _planned(f))
        for d, f in zip(districts, frontiers, strict=True)
    }
    dearest = sorted(least, key=least.__getitem__, reverse=True)[:5]
    told = ", ".join(f"{name} {least[name]:,g}" for name in dearest)
    finding = Finding(
        place="--budget",
        value=f"{budget:,g}",
        rule=f"does not reach for a plan in every district: they need {sum(least.values()):,g}",
        remedy=f"give more; most is needed by {told}",
    )
    return InstanceError("allocate", [finding])
