"""Recomputed scores: what the plan is worth, costs, and cannot be beaten by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import numpy as np
import pandas as pd

from siting.errors import Finding
from siting.instance.instance import NEED_GRID
from siting.solution import PROVEN_GAP, Termination, relative_gap
from siting.verification.conversions import records
from siting.verification.flow import most_served
from siting.verification.outcome import breach, figure
from siting.verification.prices import in_words
from siting.verification.recount import Recount
from siting.verification.tiers import HALF_A_GRAIN, SCORE_TOLERANCE, net_cost
from siting.verification.ties import ties_amounts, ties_value
from siting.verification.value import Value

_PROGRAM_TOLERANCE = 1e-7
"""How far a linear program over amounts may be from its optimum, as a share."""


def check_objective(recount: Recount) -> Iterator[Finding]:
    """Check that the objective is tier 1 of who is served, and the other ranks have their tier."""
    value = Value(recount)
    first = value.tier(value.of_plan, value.ranks[0])
    yield from _compare("score.objective", "plan", recount.solution.objective, first)
    tiers = {tier.name: tier for tier in recount.solution.tiers}
    for rank in value.ranks:
        name = "served" if rank is None else f"served[{rank}]"
        tier = tiers.get(name)
        if tier is None:
            continue
        reached = value.tier(value.of_plan, rank)
        if tier.floor is not None and reached < tier.floor - SCORE_TOLERANCE:
            words = f"the plan is worth {reached:.9f}, later tiers had to keep {tier.floor:.9f}"
            yield breach("score.objective", f"tier {name}", words)
        yield from _compare("score.objective", f"tier {name}", tier.value, reached)


def check_today(recount: Recount) -> Iterator[Finding]:
    """Check that tier 1 of today is the most that today's facilities can serve.

    Where rules tie who is served from where, or some count more than others, today may come to
    less.
    """
    value = Value(recount)
    most = value.tier(value.of_today, value.ranks[0])
    tied = any(ties_amounts(recount, s) or ties_value(recount, s) for s in recount.services)
    tolerance = _PROGRAM_TOLERANCE if recount.ways.decay else SCORE_TOLERANCE
    stated = recount.solution.today
    if not (tied and stated <= most + tolerance):
        yield from _compare("score.today", "today", stated, most, tolerance)


def check_served_today(recount: Recount) -> Iterator[Finding]:
    """Check that units served in the last year are the most that today's facilities can serve."""
    stated = recount.solution.served_today
    for service_id in sorted(stated.keys() | recount.services.keys()):
        amount = stated.get(service_id, 0.0)
        most = 0.0
        if service_id in recount.services:
            most = (
                _most(recount, service_id, {recount.last_year: recount.open_today})[
                    recount.last_year
                ]
                / NEED_GRID
            )
        tied = ties_amounts(recount, service_id) or ties_value(recount, service_id)
        if not (abs(amount - most) <= 0.5 / NEED_GRID or (tied and amount <= most)):
            words = f"the plan states {figure(amount)}, today's facilities serve {figure(most)}"
            yield breach("score.served_today", service_id, words)


def check_bound(recount: Recount) -> Iterator[Finding]:
    """Check that the objective lies within the bound, and the bound supports the termination."""
    solution = recount.solution
    termination, objective, bound = solution.termination, solution.objective, solution.bound
    if objective is None or termination in {Termination.INFEASIBLE, Termination.NONE}:
        words = f"it says {termination}, with {'no' if objective is None else 'a'} plan"
        yield breach("score.bound", "termination", words)
        return
    if bound is not None and not objective <= bound + SCORE_TOLERANCE:
        words = f"the objective {objective:.9f} is above the bound {bound:.9f}"
        yield breach("score.bound", "bound", words)
    gap = solution.gap
    if termination is Termination.OPTIMAL and (gap is None or gap > PROVEN_GAP):
        stated = "unknown" if gap is None else f"{gap:.3g}"
        words = f"it says optimal, the gap is {stated}, proof needs {PROVEN_GAP:.3g} at most"
        yield breach("score.bound", "termination", words)
    if termination is Termination.WITHIN_GAP and bound is None:
        yield breach("score.bound", "termination", "it says within_gap, but states no bound")
    if termination is Termination.FEASIBLE and solution.limit is None:
        words = "it says feasible, but names no limit that came before the proof"
        yield breach("score.bound", "termination", words)
    for tier in solution.tiers:
        gap = relative_gap(tier.value, tier.bound)
        if tier.gap is not None and (gap is None or abs(gap - tier.gap) > SCORE_TOLERANCE):
            words = f"the tier states a gap of {tier.gap}, its value and bound give {gap}"
            yield breach("score.bound", f"tier {tier.name}", words)
        if tier is solution.tiers[0] and tier.bound != bound:
            words = f"the tier states a bound of {tier.bound}, the plan {bound}"
            yield breach("score.bound", f"tier {tier.name}", words)


def check_cost(recount: Recount) -> Iterator[Finding]:
    """Check that costs of every conversion, every building and the plan follow from the tables."""
    for c, price in recount.priced:
        row = recount.stated[c.position]
        for column, due in (
            ("works_cost", price.works),
            ("equipment_cost", price.equipment),
            ("acquisition_cost", price.acquisition),
            ("rent_cost", price.rent),
            ("cost", price.cost),
            ("yearly_cost", price.yearly),
            ("private_cost", price.private),
        ):
            yield from _compare_money(recount, c.name, column, row[column], due)
    yield from _check_acquisitions(recount)
    yield from _check_totals(recount)


def check_best_service(recount: Recount) -> Iterator[Finding]:
    """Check that the open places of the plan could not serve more of any service that counts.

    Where rules tie who is served from where, the plan may serve less than they could.
    """
    offers = {year: recount.open_in(year) for year in recount.years}
    for service_id, service in recount.services.items():
        counts = service["weight"] > 0 and not (
            ties_amounts(recount, service_id)
            or ties_value(recount, service_id)
            or recount.instance.settings.objective.equity_zone_kind
            or recount.instance.settings.objective.nearness
        )
        for year, most in _most(recount, service_id, offers).items():
            served = recount.served(year)[service_id]
            if served > most or (served < most and counts):
                words = (
                    f"the plan serves {figure(served / NEED_GRID)}, "
                    f"its open places can serve {figure(most / NEED_GRID)}"
                )
                yield breach("score.best_service", recount.place(service_id, year=year), words)


def _most(recount: Recount, service_id: str, offers: Mapping[int, pd.DataFrame]) -> dict[int, int]:
    """Return the most of a service that offers can serve by year, in 1/`NEED_GRID` unit."""
    there = np.zeros(len(recount.instance.places), dtype=bool)
    for open_then in offers.values():
        there |= recount.places_with(open_then, service_id)
    within = recount.ways.within(service_id, there)
    most = {}
    for year, open_then in offers.items():
        here = open_then[open_then["service_id"] == service_id]
        place_at = np.full(len(there), -1)
        place_at[here["place"]] = np.arange(len(here))
        place = place_at[within.place]
        open_way = place >= 0
        most[year] = most_served(
            recount.need(year),
            here["capacity"].to_numpy(float),
            within.unit[open_way],
            place[open_way],
        )
    return most


def _compare(
    rule: str,
    place: str,
    stated: float | None,
    value: float,
    tolerance: float = SCORE_TOLERANCE,
) -> Iterator[Finding]:
    if stated is None or not abs(stated - value) <= tolerance:
        said = "nothing" if stated is None else f"{stated:.9f}"
        yield breach(rule, place, f"the plan states {said}, recomputed it is {value:.9f}")


def _check_acquisitions(recount: Recount) -> Iterator[Finding]:
    for row in records(recount.solution.acquisitions):
        building_id = str(row["building_id"])
        allocated = _allocated(recount, building_id)
        purchase = recount.purchases.get(building_id)
        unallocated = (purchase.price if purchase else 0) - allocated
        for column, due in (("allocated", allocated), ("unallocated", unallocated)):
            yield from _compare_money(recount, building_id, column, row[column], due)


def _allocated(recount: Recount, building_id: str) -> int:
    return sum(price.acquisition for c, price in recount.priced if c.building_id == building_id)


def _check_totals(recount: Recount) -> Iterator[Finding]:
    prices = recount.prices
    bought = sum(purchase.price for purchase in recount.purchases.values())
    totals = {
        "works": sum(price.works for price in prices),
        "equipment": sum(price.equipment for price in prices),
        "acquisition": bought,
        "rent": sum(price.rent for price in prices),
        "total": recount.capital,
        "unallocated": bought - sum(price.acquisition for price in prices),
        "yearly": sum(price.yearly for price in prices),
    }
    for name, due in totals.items():
        stated = recount.solution.cost.get(name, float("nan"))
        yield from _compare_money(recount, "plan", name, stated, due)
    for tier in recount.solution.tiers:
        if tier.name == "money":
            yield from _compare_net(recount, tier.value)


def _compare_net(recount: Recount, stated: float) -> Iterator[Finding]:
    """Yield where the money tier is not capital less bonuses and what the service is worth."""
    settings, due = recount.instance.settings, net_cost(recount)
    if not abs(stated * 10**settings.money.decimals - due) <= HALF_A_GRAIN:
        said = f"{Decimal(repr(float(stated))):,f}"
        words = f"the plan states {said}, the tables give {in_words(round(due), settings)}"
        yield breach("score.cost", "plan", f"tier money: {words}")


def _compare_money(
    recount: Recount, place: str, what: str, stated: float, due: int
) -> Iterator[Finding]:
    settings = recount.instance.settings
    scaled = float(stated) * 10**settings.money.decimals
    if not abs(scaled - due) < 0.5:  # noqa: PLR2004
        said = f"{Decimal(repr(float(stated))):,f}"
        words = f"{what}: the plan states {said}, the tables give {in_words(due, settings)}"
        yield breach("score.cost", place, words)
