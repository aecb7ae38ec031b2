"""Recomputed rules on what the plan costs, who pays and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from siting.errors import Finding
from siting.verification.conversions import number, records, text
from siting.verification.outcome import breach, figure
from siting.verification.prices import Price, exact, in_grid, in_words
from siting.verification.recount import Recount

_ROUNDING = Decimal("1e-6")
"""Part of an amount by which shares of it may miss what is due."""

_AREA_TOLERANCE_M2 = 1e-6


def check_acquisition(recount: Recount) -> Iterator[Finding]:
    """Check that every building that is bought is paid once, when and as it is first used."""
    settings = recount.instance.settings
    decimals = settings.money.decimals
    stated: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for row in records(recount.solution.acquisitions):
        paid = round(number(row["acquisition_cost"]) * 10**decimals)
        stated[str(row["building_id"])].append((text(row["mode"]), int(number(row["year"])), paid))
    for building_id in sorted(stated.keys() | recount.purchases.keys()):
        purchase, rows = recount.purchases.get(building_id), stated.get(building_id, [])
        due, paid = purchase.price if purchase else 0, sum(paid for _, _, paid in rows)
        if paid != due or len(rows) > 1:
            words = (
                f"paid {in_words(paid, settings)} in {len(rows)} rows, "
                f"due is {in_words(due, settings)} once"
            )
            yield breach("acquisition", building_id, words)
        for mode, year, _ in rows:
            if purchase and (mode, year) != (purchase.mode, purchase.year):
                words = (
                    f"paid {_as(mode)}in {year}, first used {_as(purchase.mode)}in {purchase.year}"
                )
                yield breach("acquisition", building_id, words)


def check_one_tenure(recount: Recount) -> Iterator[Finding]:
    """Check that every building is got hold of in one way."""
    modes: dict[str, set[str]] = defaultdict(set)
    for c in recount.conversions:
        if c.status != "keep":
            modes[c.building_id].add(c.mode)
    for building_id, used in modes.items():
        if len(used) > 1:
            words = f"used in {len(used)} ways ({', '.join(sorted(used))}), at most 1 may be"
            yield breach("one_tenure", building_id, words)


def check_budget(recount: Recount) -> Iterator[Finding]:
    """Check that capital of the whole plan stays within the total budget."""
    settings = recount.instance.settings
    if settings.budget.total is not None:
        limit = in_grid(exact(settings.budget.total), settings)
        if recount.capital > limit:
            words = (
                f"the plan costs {in_words(recount.capital, settings)}, "
                f"the budget is {in_words(limit, settings)}"
            )
            yield breach("budget", "total", words)


def check_agency_budget(recount: Recount) -> Iterator[Finding]:
    """Check that what an agency is charged stays within its budget."""
    settings = recount.instance.settings
    charged = _charged(recount)
    for agency, budget in settings.budget.agencies.items():
        limit = in_grid(exact(budget), settings)
        if charged[agency] > limit:
            words = (
                f"the agency is charged {in_words(charged[agency], settings)}, "
                f"its budget is {in_words(limit, settings)}"
            )
            yield breach("agency_budget", agency, words)


def check_agency_share(recount: Recount) -> Iterator[Finding]:
    """Check that an agency gets its least share of what all are charged."""
    settings = recount.instance.settings
    charged = _charged(recount)
    total = sum(charged.values())
    for agency, share in settings.budget.agency_shares.items():
        due = exact(share) * total
        if charged[agency] < due - _ROUNDING * max(1, total):
            words = (
                f"the agency is charged {in_words(charged[agency], settings)} "
                f"of {in_words(total, settings)}, it must be {figure(100 * share)} % at least"
            )
            yield breach("agency_share", agency, words)


def check_zone_budget(recount: Recount) -> Iterator[Finding]:
    """Check that what is spent in a zone stays within its budget."""
    settings = recount.instance.settings
    for zone_id, budget in settings.budget.zones.items():
        limit = in_grid(exact(budget), settings)
        spent = sum(
            _without_price(price)
            for c, price in recount.priced
            if recount.lies_in(c.building, zone_id)
        )
        spent += sum(
            purchase.price
            for building_id, purchase in recount.purchases.items()
            if recount.lies_in(recount.catalogue.buildings[building_id], zone_id)
        )
        if spent > limit:
            words = (
                f"{in_words(spent, settings)} are spent here, "
                f"the budget is {in_words(limit, settings)}"
            )
            yield breach("zone_budget", zone_id, words)


def check_yearly_budget(recount: Recount) -> Iterator[Finding]:
    """Check that spending keeps to the money of each year, and what earlier ones left."""
    settings, budget = recount.instance.settings, recount.instance.settings.budget
    if not recount.yearly:
        return
    so_far, available, all_named = 0, Decimal(0), True
    for year in recount.years:
        spent = _spent_in(recount, year)
        so_far += spent
        all_named &= year in budget.years
        if year not in budget.years:
            continue
        available += exact(budget.years[year])
        limit = in_grid(exact(budget.years[year]), settings)
        if not budget.carry_over and spent > limit:
            words = (
                f"{in_words(spent, settings)} are spent, the year has {in_words(limit, settings)}"
            )
            yield breach("yearly_budget", str(year), words)
        limit = in_grid(available, settings)
        if budget.carry_over and all_named and so_far > limit:
            words = (
                f"{in_words(so_far, settings)} are spent up to this year, "
                f"the budget until then is {in_words(limit, settings)}"
            )
            yield breach("yearly_budget", str(year), words)


def check_yearly_cost(recount: Recount) -> Iterator[Finding]:
    """Check that running cost of what is open stays within its limit in every year."""
    limit = recount.instance.settings.budget.yearly_cost
    costs = {
        year: sum(price.yearly for c, price in recount.priced if c.is_active(year))
        for year in recount.years
    }
    return _check_each_year(recount, "yearly_cost", limit, costs, "runs at")


def check_yearly_rent(recount: Recount) -> Iterator[Finding]:
    """Check that rent of what is open stays within its limit in every year."""
    limit = recount.instance.settings.budget.yearly_rent
    rents = {
        year: sum(price.yearly_rent for c, price in recount.priced if c.is_active(year))
        for year in recount.years
    }
    return _check_each_year(recount, "yearly_rent", limit, rents, "pays a rent of")


def check_land_quota(recount: Recount) -> Iterator[Finding]:
    """Check that land of buildings first used in a year stays within the quota of the year."""
    quotas = recount.instance.settings.plan.land_quota_m2
    if not quotas:
        return
    if recount.yearly:
        limits = {str(year): quotas[year] for year in recount.years if year in quotas}
    else:
        limits = {"total": sum(quotas.values())}
    for place, limit in limits.items():
        land = sum(
            purchase.land_m2
            for purchase in recount.purchases.values()
            if place in ("total", str(purchase.year))
        )
        if land > limit + _AREA_TOLERANCE_M2:
            words = f"{figure(land)} m2 of land are taken up, the quota is {figure(limit)} m2"
            yield breach("land_quota", place, words)


def _charged(recount: Recount) -> dict[str, int]:
    """Return what each agency is charged."""
    charged: dict[str, int] = defaultdict(int)
    for c, price in recount.priced:
        charged[text(c.service["agency"])] += price.cost
    return charged


def _without_price(price: Price) -> int:
    return price.works + price.equipment + price.rent


def _spent_in(recount: Recount, year: int) -> int:
    """Return the capital that is spent in a year: openings, rent of what is open, purchases."""
    opening = sum(p.works + p.equipment for c, p in recount.priced if c.year == year)
    rent = sum(p.yearly_rent for c, p in recount.priced if c.is_active(year))
    bought = sum(p.price for p in recount.purchases.values() if p.year == year)
    return opening + rent + bought


def _check_each_year(
    recount: Recount, rule: str, limit: float | None, amounts: dict[int, int], does: str
) -> Iterator[Finding]:
    if limit is None:
        return
    settings = recount.instance.settings
    most = in_grid(exact(limit), settings)
    for year, amount in amounts.items():
        if amount > most:
            words = (
                f"the plan {does} {in_words(amount, settings)} a year, "
                f"the limit is {in_words(most, settings)}"
            )
            yield breach(rule, str(year) if recount.yearly else "total", words)


def _as(mode: str) -> str:
    return f"as {mode} " if mode else ""
