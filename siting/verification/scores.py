"""Recomputed scores: what the plan is worth, costs, and cannot be beaten by."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from siting.errors import Finding
from siting.instance.instance import NEED_GRID
from siting.solution import PROVEN_GAP, Termination, relative_gap
from siting.verification.conversions import records
from siting.verification.outcome import breach, figure
from siting.verification.prices import in_words
from siting.verification.recount import Recount

_SCORE_TOLERANCE = 1e-9


def check_objective(recount: Recount) -> Iterator[Finding]:
    """Check that the objective is tier 1 of who is served."""
    value = recount.value(recount.served)
    yield from _compare("score.objective", "plan", recount.solution.objective, value)
    for tier in recount.solution.tiers:
        if (
            tier.name == "served"
            and tier.floor is not None
            and value < tier.floor - _SCORE_TOLERANCE
        ):
            words = f"the plan is worth {value:.9f}, later tiers had to keep {tier.floor:.9f}"
            yield breach("score.objective", "tier served", words)
        if tier.name == "served" and _keeps_first_tier(recount):
            yield from _compare("score.objective", "tier served", tier.value, value)


def check_today(recount: Recount) -> Iterator[Finding]:
    """Check that tier 1 of today is the most that today's facilities can serve."""
    value = recount.value(recount.best_today)
    yield from _compare("score.today", "today", recount.solution.today, value)


def check_served_today(recount: Recount) -> Iterator[Finding]:
    """Check that units served today are the most that today's facilities can serve."""
    stated = recount.solution.served_today
    for service_id in sorted(stated.keys() | recount.best_today.keys()):
        amount = stated.get(service_id, 0.0)
        most = recount.best_today.get(service_id, 0) / NEED_GRID
        if not abs(amount - most) <= 0.5 / NEED_GRID:
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
    if bound is not None and not objective <= bound + _SCORE_TOLERANCE:
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
        if tier.gap is not None and (gap is None or abs(gap - tier.gap) > _SCORE_TOLERANCE):
            words = f"the tier states a gap of {tier.gap}, its value and bound give {gap}"
            yield breach("score.bound", f"tier {tier.name}", words)
        if tier.name == "served" and tier.bound != bound:
            words = f"the tier states a bound of {tier.bound}, the plan {bound}"
            yield breach("score.bound", f"tier {tier.name}", words)


def check_cost(recount: Recount) -> Iterator[Finding]:
    """Check that costs of every conversion, every building and the plan follow from the tables."""
    for c, price in zip(recount.conversions, recount.prices, strict=True):
        row = recount.stated[c.position]
        for column, due in (
            ("works_cost", price.works),
            ("equipment_cost", price.equipment),
            ("acquisition_cost", price.acquisition),
            ("rent_cost", price.rent),
            ("cost", price.cost),
            ("yearly_cost", price.yearly),
        ):
            yield from _compare_money(recount, c.name, column, row[column], due)
    yield from _check_acquisitions(recount)
    yield from _check_totals(recount)


def check_best_service(recount: Recount) -> Iterator[Finding]:
    """Check that the open places of the plan could not serve more of any service that counts."""
    for service_id, most in recount.best_in_plan.items():
        served = recount.served[service_id]
        counts = recount.services[service_id]["weight"] > 0
        if served > most or (served < most and counts):
            words = (
                f"the plan serves {figure(served / NEED_GRID)}, "
                f"its open places can serve {figure(most / NEED_GRID)}"
            )
            yield breach("score.best_service", service_id, words)


def _keeps_first_tier(recount: Recount) -> bool:
    """Whether later tiers may give up nothing of the first."""
    objective = recount.instance.settings.objective
    return objective.epsilon == 0 and objective.worth is None


def _compare(rule: str, place: str, stated: float | None, value: float) -> Iterator[Finding]:
    if stated is None or not abs(stated - value) <= _SCORE_TOLERANCE:
        said = "nothing" if stated is None else f"{stated:.9f}"
        yield breach(rule, place, f"the plan states {said}, recomputed it is {value:.9f}")


def _check_acquisitions(recount: Recount) -> Iterator[Finding]:
    for row in records(recount.solution.acquisitions):
        building_id = str(row["building_id"])
        allocated = _allocated(recount, building_id)
        unallocated = recount.purchases.get(building_id, 0) - allocated
        for column, due in (("allocated", allocated), ("unallocated", unallocated)):
            yield from _compare_money(recount, building_id, column, row[column], due)


def _allocated(recount: Recount, building_id: str) -> int:
    priced = zip(recount.conversions, recount.prices, strict=True)
    return sum(price.acquisition for c, price in priced if c.building_id == building_id)


def _check_totals(recount: Recount) -> Iterator[Finding]:
    prices, bought = recount.prices, sum(recount.purchases.values())
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
        if tier.name == "money" and _keeps_first_tier(recount):
            yield from _compare_money(recount, "plan", "tier money", tier.value, recount.capital)


def _compare_money(
    recount: Recount, place: str, what: str, stated: float, due: int
) -> Iterator[Finding]:
    settings = recount.instance.settings
    scaled = float(stated) * 10**settings.money.decimals
    if not abs(scaled - due) < 0.5:  # noqa: PLR2004
        said = f"{Decimal(repr(float(stated))):,f}"
        words = f"{what}: the plan states {said}, the tables give {in_words(due, settings)}"
        yield breach("score.cost", place, words)
