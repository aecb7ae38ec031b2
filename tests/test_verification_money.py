"""Rules on money: a plan that breaks each, and prices worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans_by_hand import (
    YEARLY,
    Case,
    breaks_its_rule_and_its_neighbour_does_not,
    found,
    opens,
    plan,
    small_town,
)

from siting.solution import Tier
from siting.travel.measure import measure_travel
from siting.verification.pooling import unmet
from siting.verification.recount import Recount

BOTH_WAYS = [
    {"building_id": "A", "mode": "buy", "acquisition_cost": 50.0},
    {"building_id": "A", "mode": "rent", "yearly_rent_per_m2": 0.02},
]


def holding() -> Iterator[Case]:
    """Cases of how buildings are got hold of."""
    ways = small_town(plan=YEARLY, tenures=BOTH_WAYS)
    bought = {"building_id": "A", "mode": "buy", "acquisition_cost": 50.0}
    used = opens("A", "C10", mode="buy", year=2022), opens("A", "N10", mode="buy", year=2023)
    yield Case(
        "acquisition",
        ways,
        plan(ways, *used, acquisitions=[bought | {"year": 2023}]),
        "acquisition[A]: paid as buy in 2023, first used as buy in 2022",
        plan(ways, *used, acquisitions=[bought | {"year": 2022}]),
    )
    yield Case(
        "acquisition",
        ways,
        plan(ways, *used),
        "acquisition[A]: paid 0.00 money in 0 rows, due is 50.00 money once",
        plan(ways, opens("A", "C10", mode="rent")),
    )
    yield Case(
        "one_tenure",
        ways,
        plan(ways, opens("A", "C10", mode="buy", until=2021), opens("A", "N10", mode="rent")),
        "one_tenure[A]: used in 2 ways (buy, rent), at most 1 may be",
        plan(ways, opens("A", "C10", mode="rent", until=2021), opens("A", "N10", mode="rent")),
    )


def limits() -> Iterator[Case]:
    """Cases of budgets: works of 10 each, rent of A 0.02 for 100 m2, B bought at 40."""
    houses = {"A": {"yearly_rent_per_m2": 0.02}, "B": {"acquisition_cost": 40.0}}

    def money(**budget: object) -> dict[str, object]:
        return {"buildings": houses, "plan": YEARLY, "budget": budget}

    a, b = opens("A", "C10"), opens("B", "N10", year=2022)
    # 2021: 10 + 2; 2022: 2 + 10 + 40; 2023: 2.
    carried = small_town(**money(years={2021: 20, 2022: 43}))
    richer = small_town(**money(years={2021: 20, 2022: 44}))
    yield Case(
        "yearly_budget",
        carried,
        plan(carried, a, b),
        "yearly_budget[2022]: 64.00 money are spent up to this year, "
        "the budget until then is 63.00 money",
        plan(richer, a, b),
        richer,
    )
    strict = small_town(**money(years={2021: 20, 2022: 44}, carry_over=False))
    looser = small_town(**money(years={2021: 12, 2022: 52, 2023: 2}, carry_over=False))
    yield Case(
        "yearly_budget",
        strict,
        plan(strict, a, b),
        "yearly_budget[2022]: 52.00 money are spent, the year has 44.00 money",
        plan(looser, a, b),
        looser,
    )
    # With 2021 not named, nothing is said of what may be carried.
    unnamed = small_town(**money(years={2022: 1}))
    alone = small_town(**money(years={2022: 1}, carry_over=False))
    yield Case(
        "yearly_budget",
        alone,
        plan(alone, a),
        "yearly_budget[2022]: 2.00 money are spent, the year has 1.00 money",
        plan(unnamed, a, b),
        unnamed,
    )
    zoned = {"zones": {"north": "part"}} | money(zones={"north": 49})
    zoned["buildings"] = {k: row | {"zone_part": "north"} for k, row in houses.items()}
    north = small_town(**zoned)
    yield Case(
        "zone_budget",
        north,
        plan(north, b),
        "zone_budget[north]: 50.00 money are spent here, the budget is 49.00 money",
        plan(north, a),
    )
    # Works of 10 in A, 5 more for every use of it and 2.5 for clinics.
    asked = [
        {"building_id": "A", "extra_cost": 5.0},
        {"building_id": "A", "service_id": "clinic", "extra_cost": 2.5},
    ]
    dearer = small_town(conditions=asked, budget={"total": 32.49})
    enough = small_town(conditions=asked, budget={"total": 32.5})
    yield Case(
        "budget",
        dearer,
        plan(dearer, opens("A", "C10"), opens("A", "N10")),
        "budget[total]: the plan costs 32.50 money, the budget is 32.49 money",
        plan(enough, opens("A", "C10"), opens("A", "N10")),
        enough,
    )
    # A 16 with rent of health; 10 + 4 of education, the price of B being shared by area.
    shares = small_town(**money(agency_shares={"education": 0.5}))
    fair = small_town(**money(agency_shares={"education": 0.46}))
    yield Case(
        "agency_share",
        shares,
        plan(shares, a, b),
        "agency_share[education]: the agency is charged 14.00 money of 30.00 money, "
        "it must be 50 % at least",
        plan(fair, a, b),
        fair,
    )
    rent = small_town(**money(yearly_rent=3))
    yield Case(
        "yearly_rent",
        rent,
        plan(rent, opens("A", "C10"), opens("A", "N10", year=2023)),
        "yearly_rent[2023]: the plan pays a rent of 4.00 money a year, the limit is 3.00 money",
        plan(rent, opens("A", "C10", until=2022), opens("A", "N10", year=2023)),
    )
    at_once = small_town(buildings=houses, budget={"yearly_rent": 3})
    yield Case(
        "yearly_rent",
        at_once,
        plan(at_once, opens("A", "C10"), opens("A", "N10")),
        "yearly_rent[total]: the plan pays a rent of 4.00 money a year, the limit is 3.00 money",
        plan(at_once, opens("A", "C10")),
    )
    running = {"C10": {"yearly_cost": 3.0}, "N10": {"yearly_cost": 2.0}}
    runs = small_town(plan=YEARLY, modules=running, budget={"yearly_cost": 4})
    yield Case(
        "yearly_cost",
        runs,
        plan(runs, opens("A", "C10", until=2022), opens("A", "N10", year=2022)),
        "yearly_cost[2022]: the plan runs at 5.00 money a year, the limit is 4.00 money",
        plan(runs, opens("A", "C10", until=2021), opens("A", "N10", year=2022)),
    )
    land = {"A": {"land_m2": 60.0}, "B": {"land_m2": 50.0}}
    quota = small_town(plan=YEARLY | {"land_quota_m2": {2021: 100, 2022: 60}}, buildings=land)
    yield Case(
        "land_quota",
        quota,
        plan(quota, opens("A", "C10"), opens("B", "C10")),
        "land_quota[2021]: 110 m2 of land are taken up, the quota is 100 m2",
        plan(quota, opens("A", "C10"), opens("A", "N10", year=2022), opens("B", "C10", year=2022)),
    )
    summed = small_town(plan={"land_quota_m2": {2021: 60, 2022: 40}}, buildings=land)
    yield Case(
        "land_quota",
        summed,
        plan(summed, opens("A", "C10"), opens("B", "C10")),
        "land_quota[total]: 110 m2 of land are taken up, the quota is 100 m2",
        plan(summed, opens("A", "C10")),
    )


def funding() -> Iterator[Case]:
    """Cases of funds: every module costs 10."""
    purse = [
        {"fund_id": "care", "amount": 15.0, "services": "clinic|nursery"},
        {"fund_id": "health", "amount": 5.0, "agencies": "health"},
        {"fund_id": "south", "amount": 100.0, "zones": "south"},
    ]
    zones = {"zones": {"south": "part"}, "buildings": {"A": {}, "B": {"zone_part": "south"}}}
    town = small_town(**zones, funds=purse)
    # Clinic of A: care or health; nursery of A: care alone. 20 in all, of 20.
    yield Case(
        "funds",
        small_town(**zones, funds=[purse[0] | {"amount": 14.99}, *purse[1:]]),
        plan(town, opens("A", "C10"), opens("A", "N10")),
        "funds[care+health]: 20.00 money can be paid from nothing else, there are 19.99 money",
        plan(town, opens("A", "C10"), opens("A", "N10")),
        town,
    )
    yield Case(
        "funds",
        small_town(**zones, funds=[purse[0] | {"amount": 9.0}, *purse[1:]]),
        plan(town, opens("A", "N10"), opens("B", "N10")),
        "funds[care]: 10.00 money can be paid from nothing else, there are 9.00 money",
        plan(town, opens("A", "N10"), opens("B", "N10")),
        town,
    )
    yield Case(
        "funds",
        town,
        plan(town, opens("A", "R")),
        "funds[A/reading/R]: no fund may pay for it, it costs 10.00 money",
        plan(town, opens("B", "R")),
    )


CASES = [*holding(), *limits(), *funding()]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken_rule_is_found_and_its_neighbour_is_not(case):
    breaks_its_rule_and_its_neighbour_does_not(case)


def prices(instance, *chosen):
    return Recount(instance, measure_travel(instance), plan(instance, *chosen)).prices


def test_district_pays_its_share_and_the_provider_the_rest():
    """Works 33.33, equipment 5, rent 0.0333 x 100 m2, price 50 for 1000 m2, a quarter public."""
    tenure = {
        "building_id": "A",
        "mode": "lease",
        "acquisition_cost": 50.0,
        "yearly_rent_per_m2": 0.0333,
        "public_share": 0.25,
    }
    costs = {"C10": {"works_cost": 33.33, "equipment_cost": 5.0, "yearly_cost": 4.0}}
    yearly = small_town(plan=YEARLY, tenures=[tenure], modules=costs)
    (price,) = prices(yearly, opens("A", "C10", mode="lease", year=2022))
    assert (price.works, price.equipment, price.acquisition) == (833, 125, 125)  # 8.3325, 1.25
    assert (price.rent, price.yearly_rent) == (2 * 83, 83)  # 0.8325 in each of two years
    assert price.yearly == 400
    assert price.private == (3333 + 500 + 2 * 333) - (833 + 125 + 166)
    at_once = small_town(plan={"years": 3}, tenures=[tenure], modules=costs)
    (price,) = prices(at_once, opens("A", "C10", mode="lease"))
    assert price.rent == 250  # 0.8325 x 3 = 2.4975
    recount = Recount(
        yearly, measure_travel(yearly), plan(yearly, opens("A", "C10", mode="lease", year=2022))
    )
    assert recount.purchases["A"].price == 1250
    assert recount.capital == 833 + 125 + 166 + 1250


def test_the_plan_pays_in_full_what_conditions_ask():
    """Works 33.33 by half, and 7 whole; the provider pays the other half of the works alone."""
    conditions = [{"building_id": "A", "extra_cost": 7.0}]
    parts = {
        "tenures": [{"building_id": "A", "mode": "lease", "public_share": 0.5}],
        "modules": {"C10": {"works_cost": 33.33}},
        "conditions": conditions,
    }
    asked = small_town(**parts)
    (price,) = prices(asked, opens("A", "C10", mode="lease"))
    assert (price.works, price.private) == (2367, 1666)  # 16.665 + 7, of 40.33
    off = small_town(**parts, rules={"conditions": False})
    (price,) = prices(off, opens("A", "C10", mode="lease"))
    assert (price.works, price.private) == (1667, 1666)


def test_public_stock_is_free_of_rent_for_the_services_named():
    houses = {"A": {"yearly_rent_per_m2": 0.1, "owner_level": "district"}}
    free = {"rent_free_owner_levels": ["district"]}
    chosen = opens("A", "C10"), opens("A", "N10")
    rents = {
        "none": small_town(buildings=houses, plan={"years": 1}),
        "all": small_town(buildings=houses, plan={"years": 1} | free),
        "clinic": small_town(
            buildings=houses, plan={"years": 1, "rent_free_services": ["clinic"]} | free
        ),
    }
    paid = {name: [p.rent for p in prices(town, *chosen)] for name, town in rents.items()}
    assert paid == {"none": [1000, 1000], "all": [0, 0], "clinic": [0, 1000]}


def test_what_is_committed_is_paid_with_its_building():
    instance = small_town(
        buildings={"A": {"acquisition_cost": 50.0}},
        locks=[
            {"building_id": "A", "service_id": "clinic", "module_id": "C10", "status": "committed"}
        ],
    )
    solution = plan(instance, opens("A", "C10"), opens("A", "N10"))
    assert [p.cost for p in prices(instance, opens("A", "C10"), opens("A", "N10"))] == [0, 1000]
    assert found(instance, solution, "acquisition") == []


def test_private_cost_and_the_money_tier_are_held_against_the_tables():
    instance = small_town(tenures=[{"building_id": "A", "mode": "rent", "public_share": 0.5}])
    right = {"works_cost": 5.0, "equipment_cost": 0.0, "acquisition_cost": 0.0}
    right |= {"rent_cost": 0.0, "cost": 5.0, "yearly_cost": 0.0, "private_cost": 5.0}
    totals = {"works": 5.0, "equipment": 0.0, "acquisition": 0.0, "rent": 0.0, "total": 5.0}
    totals |= {"unallocated": 0.0, "yearly": 0.0}
    solution = plan(instance, opens("A", "C10", mode="rent", **right), cost=totals)
    assert found(instance, solution, "score.cost") == []
    wrong = plan(
        instance, opens("A", "C10", mode="rent", **right | {"private_cost": 0.0}), cost=totals
    )
    assert found(instance, wrong, "score.cost") == [
        (
            "score.cost[A/clinic/C10/rent]: private_cost: the plan states 0.0, "
            "the tables give 5.00 money"
        )
    ]
    tiers = (Tier(name="money", value=10.0, bound=None, gap=None),)
    assert found(instance, replace(solution, tiers=tiers), "score.cost") == [
        "score.cost[plan]: tier money: the plan states 10.0, the tables give 5.00 money"
    ]


@given(
    demands=st.lists(
        st.tuples(st.frozensets(st.sampled_from("abc"), min_size=1), st.integers(0, 20)),
        max_size=6,
    ),
    amounts=st.tuples(*[st.integers(0, 25)] * 3),
)
def test_unmet_demand_is_the_largest_excess_over_any_set_of_pools(demands, amounts):
    """Hall's condition, all sets tried."""
    pools = dict(zip("abc", amounts, strict=True))
    sets = [frozenset(p for i, p in enumerate("abc") if n >> i & 1) for n in range(8)]

    def excess(names: frozenset[str]) -> int:
        inside = sum(amount for allowed, amount in demands if allowed <= names)
        return inside - sum(pools[name] for name in names)

    lacking, dry = unmet(demands, pools)
    assert lacking == max(excess(names) for names in sets)
    assert lacking == 0 or excess(dry) == lacking
