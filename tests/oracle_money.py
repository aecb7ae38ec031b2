"""What a plan costs, and the rules of money and land."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

from oracle_options import ZERO, Option
from oracle_town import Town, allows, amount, listed

Plan = tuple[Option, ...]


def bought(plan: Plan) -> dict[str, Option]:
    """By building the conversion with which something new first opens there."""
    first: dict[str, Option] = {}
    for o in plan:
        if o.is_new and (o.building not in first or o.year < first[o.building].year):
            first[o.building] = o
    return first


def capital(plan: Plan) -> Fraction:
    return sum((o.own for o in plan), ZERO) + sum(o.price for o in bought(plan).values())


def charged(o: Option) -> Fraction:
    """What the agency pays for a conversion."""
    return o.own + o.share


def spent_in(plan: Plan, year: int) -> Fraction:
    spent = sum((o.once for o in plan if o.year == year), ZERO)
    spent += sum(o.rent / (o.until - o.year + 1) for o in plan if o.open_in(year))
    return spent + sum(o.price for o in bought(plan).values() if o.year == year)


def budget(town: Town, plan: Plan) -> bool:
    total = town.settings.budget.total
    return total is None or capital(plan) <= amount(total)


def agency_budget(town: Town, plan: Plan) -> bool:
    return all(
        sum(charged(o) for o in plan if o.agency == agency) <= amount(limit)
        for agency, limit in town.settings.budget.agencies.items()
    )


def agency_share(town: Town, plan: Plan) -> bool:
    total = sum(charged(o) for o in plan)
    return all(
        sum(charged(o) for o in plan if o.agency == agency) >= amount(share) * total
        for agency, share in town.settings.budget.agency_shares.items()
    )


def zone_budget(town: Town, plan: Plan) -> bool:
    for zone, limit in town.settings.budget.zones.items():
        here = {b for b, row in town.buildings.items() if town.lies_in(row, zone)}
        spent = sum((o.own for o in plan if o.building in here), ZERO)
        spent += sum(o.price for b, o in bought(plan).items() if b in here)
        if spent > amount(limit):
            return False
    return True


def yearly_budget(town: Town, plan: Plan) -> bool:
    years = town.settings.budget.years
    if not town.yearly:
        return True
    if not town.settings.budget.carry_over:
        return all(spent_in(plan, y) <= amount(years[y]) for y in town.years if y in years)
    spent = given = ZERO
    for year in town.years:
        if year not in years:
            break
        spent += spent_in(plan, year)
        given += amount(years[year])
        if spent > given:
            return False
    return True


def yearly_cost(town: Town, plan: Plan) -> bool:
    limit = town.settings.budget.yearly_cost
    return limit is None or all(
        sum(o.yearly for o in plan if o.open_in(y)) <= amount(limit) for y in town.years
    )


def yearly_rent(town: Town, plan: Plan) -> bool:
    limit = town.settings.budget.yearly_rent
    return limit is None or all(
        sum(o.rent_limit for o in plan if o.open_in(y)) <= amount(limit) for y in town.years
    )


def funds(town: Town, plan: Plan) -> bool:
    rows = town.tables["funds"]
    if not rows:
        return True
    money = {f["fund_id"]: amount(f["amount"]) for f in rows}
    payers = {
        o: {
            f["fund_id"]
            for f in rows
            if allows(listed(f["services"]), o.service)
            and allows(listed(f["agencies"]), o.agency)
            and pays_in(town, listed(f["zones"]), o.building)
        }
        for o in plan
    }
    for n in range(len(money) + 1):
        for some in combinations(money, n):
            cost = sum(charged(o) for o in plan if payers[o] <= set(some))
            if cost > sum(money[f] for f in some):
                return False
    return True


def pays_in(town: Town, zones: tuple[str, ...], building: str) -> bool:
    return not zones or any(town.lies_in(town.buildings[building], zone) for zone in zones)


def land_quota(town: Town, plan: Plan) -> bool:
    quota = town.settings.plan.land_quota_m2
    if not quota:
        return True
    used = [o for b, o in bought(plan).items() if b not in town.paid]
    if not town.yearly:
        return sum(o.land for o in used) <= sum(amount(m) for m in quota.values())
    return all(
        sum(o.land for o in used if o.year == y) <= amount(quota[y])
        for y in town.years
        if y in quota
    )


RULES: dict[str, Callable[[Town, Plan], bool]] = {
    "budget": budget,
    "agency_budget": agency_budget,
    "agency_share": agency_share,
    "zone_budget": zone_budget,
    "yearly_budget": yearly_budget,
    "yearly_cost": yearly_cost,
    "yearly_rent": yearly_rent,
    "funds": funds,
    "land_quota": land_quota,
}
