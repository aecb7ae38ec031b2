"""The oracle itself, in towns small enough to know the answer, and how often each rule matters.

Everybody lives at D1 unless the text says otherwise; ``A`` and ``B`` are buildings, ``F`` is a
facility; a line between two of them says that one reaches the other.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest
from full_towns import random_full_town
from oracle import Oracle
from oracle_service import smallest_cut
from oracle_simplex import maximise
from towns import town

from siting.instance.instance import Instance
from siting.instance.rulebook import RULES


def clinics(**changes: Any) -> Instance:
    """D1 (100 people) -- A, B: a clinic for 60 costs 10 anywhere."""
    parts: dict[str, Any] = {
        "people": {"D1": 100},
        "ways": {"D1": "AB"},
        "services": {"clinic": {}},
        "modules": {"small": {"service_id": "clinic", "capacity": 60.0}},
        "buildings": {"A": {}, "B": {}},
    }
    return town(**parts | changes)


def two_services(**changes: Any) -> Instance:
    """D1 (100 people) -- A: a clinic and a nursery, each for 60 on 100 m2 at 10."""
    parts: dict[str, Any] = {
        "people": {"D1": 100},
        "ways": {"D1": "A"},
        "services": {"clinic": {}, "nursery": {}},
        "modules": {
            "c": {"service_id": "clinic", "capacity": 60.0},
            "n": {"service_id": "nursery", "capacity": 60.0},
        },
        "buildings": {"A": {}},
    }
    return town(**parts | changes)


def yearly(years: int = 2, **more: Any) -> dict[str, Any]:
    return {"start_year": 2021, "years": years, "yearly": True, **more}


def best(instance: Instance) -> tuple[dict[str, float], list[str]]:
    """The best tiers and one plan that reaches them."""
    found, plans = Oracle(instance).best()
    return {name: float(value) for name, value in found.items()}, sorted(map(str, plans[0]))


def test_two_clinics_serve_all():
    tiers, plan = best(clinics())
    assert tiers == {"served": 1.0, "money": 20.0}
    assert plan == ["A,clinic,small,,1..1", "B,clinic,small,,1..1"]


def test_a_budget_leaves_one_clinic():
    assert best(clinics(budget={"total": 19}))[0] == {"served": 0.6, "money": 10.0}


def test_what_opens_later_serves_less():
    """One may open each year: 60 % in 2021, all in 2022, 80 % on average."""
    money = {"years": {2021: 10, 2022: 10}}
    assert best(clinics(plan=yearly(), budget=money))[0] == {"served": 0.8, "money": 20.0}


def test_money_left_over_may_be_spent_later_or_not():
    """Nothing can open in 2021 for 6; the 14 of 2022 pay one, with what was left two."""
    money = {"years": {2021: 6, 2022: 14}}
    assert best(clinics(plan=yearly(), budget=money))[0] == {"served": 0.5, "money": 20.0}
    money["carry_over"] = False
    assert best(clinics(plan=yearly(), budget=money))[0] == {"served": 0.3, "money": 10.0}


def test_a_building_is_bought_in_the_year_it_is_first_used():
    """A costs 10 and its clinic 10; a year has 10 and keeps nothing: neither year can pay both."""
    instance = clinics(
        buildings={"A": {"acquisition_cost": 10.0}},
        ways={"D1": "A"},
        plan=yearly(),
        budget={"years": {2021: 10, 2022: 10}, "carry_over": False},
    )
    assert best(instance) == ({"served": 0.0, "money": 0.0}, [])


def test_people_grow_by_the_most_specific_row():
    """50 people in 2021 and 100 in the north in 2022, of whom a clinic serves 60."""
    instance = clinics(
        buildings={"A": {}},
        ways={"D1": "A"},
        zones={"north": "part"},
        homes={"D1": {"zone_part": "north"}},
        population=[
            {"year": 2021, "factor": 0.5},
            {"year": 2022, "factor": 0.5},
            {"year": 2022, "zone_id": "north", "factor": 1.0},
        ],
        plan=yearly(),
    )
    assert best(instance)[0]["served"] == pytest.approx((1 + 0.6) / 2)


def test_cohorts_grow_up():
    """Born 2014: 20, 2015: 40, 2016: 60. Aged 6 and 7 in 2021: 60; in 2022: 100."""
    instance = clinics(
        people={"D1": {"6_7": 60}},
        buildings={"A": {}},
        ways={"D1": "A"},
        cohorts=[
            {"birth_year": year, "people": people}
            for year, people in ((2014, 20.0), (2015, 40.0), (2016, 60.0))
        ],
        base={"year": 2021},
        plan=yearly(),
    )
    assert best(instance)[0]["served"] == pytest.approx((1 + 0.6) / 2)


def test_a_loan_ends():
    """A is lent for a year, at 0.01 a m2; a loan of each year serves in both."""
    instance = clinics(
        buildings={"A": {}},
        ways={"D1": "A"},
        tenures=[{"building_id": "A", "mode": "loan", "yearly_rent_per_m2": 0.01, "years": 1.0}],
        plan=yearly(),
    )
    tiers, plan = best(instance)
    assert plan == ["A,clinic,small,loan,2021..2021", "A,clinic,small,loan,2022..2022"]
    assert tiers == {"served": 0.6, "money": 22.0}


def test_a_facility_may_stay_until_it_is_replaced():
    """F (20 places) stands in A; the clinic for 60 may open in 2022, when its money comes."""
    instance = clinics(
        buildings={"A": {}},
        ways={"D1": "A"},
        facilities={"F": {"service_id": "clinic", "capacity": 20.0, "building_id": "A"}},
        plan=yearly(),
        budget={"years": {2021: 0, 2022: 10}},
    )
    tiers, plan = best(instance)
    assert tiers == {"served": 0.4, "money": 10.0}
    assert plan == ["A,clinic,keep,,2021..2021", "A,clinic,small,,2022..2022"]


def test_an_add_on_takes_places_of_its_host():
    """A wing of 30 for the nursery takes 15 of the 60 of the clinic, which must be there."""
    modules = {
        "c": {"service_id": "clinic", "capacity": 60.0},
        "wing": {
            "service_id": "nursery",
            "capacity": 30.0,
            "host_service_id": "clinic",
            "host_capacity": 15.0,
        },
    }
    assert best(two_services(modules=modules))[0]["served"] == pytest.approx((0.45 + 0.3) / 2)
    without = two_services(modules=modules, buildings={"A": {"allowed_services": "nursery"}})
    assert best(without) == ({"served": 0.0, "money": 0.0}, [])


def test_sub_spaces_hold_what_may_use_them():
    """Ground 100 and upper 100 m2; both modules take 100 m2, the nursery on the ground only."""
    spaces = [{"building_id": "A", "space": n, "area_m2": 100.0} for n in ("ground", "upper")]
    modules = {
        "c": {"service_id": "clinic", "capacity": 60.0},
        "n": {"service_id": "nursery", "capacity": 60.0, "spaces": "ground"},
    }
    assert best(two_services(modules=modules, spaces=spaces))[0]["served"] == 0.6
    modules["c"]["spaces"] = "ground"
    assert best(two_services(modules=modules, spaces=spaces))[0]["served"] == 0.3


def test_a_fund_pays_for_its_purpose():
    """10 for nurseries and 9 for anything: the fund of the nursery cannot pay the clinic."""
    funds = [
        {"fund_id": "children", "amount": 10.0, "services": "nursery"},
        {"fund_id": "any", "amount": 9.0},
    ]
    tiers, plan = best(two_services(funds=funds))
    assert tiers == {"served": 0.3, "money": 10.0}
    assert plan == ["A,nursery,n,,1..1"]


def test_what_stands_empty_does_not_open():
    """D1 (100) -- A, B: not enough for 54 in both, but for 45."""
    modules = {"small": {"service_id": "clinic", "capacity": 60.0, "min_load": 0.9}}
    assert best(clinics(modules=modules))[0] == {"served": 0.6, "money": 10.0}
    modules["small"]["min_load"] = 0.75
    assert best(clinics(modules=modules))[0] == {"served": 1.0, "money": 20.0}


def test_a_station_needs_its_hub():
    """F (clinic, 200 m from A, 3.6 minutes on foot) is the hub of a nursery within 4 minutes."""
    parts: dict[str, Any] = {
        "modules": {"n": {"service_id": "nursery", "capacity": 60.0}},
        "facilities": {"F": {"service_id": "clinic", "capacity": 5.0, "x": 200.0}},
    }
    link = {"link_id": "L", "service_id": "nursery", "hub_service_id": "clinic"}
    near, far = ([link | {"within_min": minutes}] for minutes in (4.0, 3.0))
    assert best(two_services(**parts, links=near))[0]["money"] == 10.0
    assert best(two_services(**parts, links=far))[0]["money"] == 0.0


def test_who_has_a_place_keeps_one():
    """F (10 places) stands in A, whose 100 m2 a nursery for 60 would fill."""
    parts: dict[str, Any] = {
        "buildings": {"A": {"floor_area_m2": 100.0}},
        "ways": {"D1": ["A", "F"]},
        "facilities": {
            "F": {
                "service_id": "clinic",
                "capacity": 10.0,
                "building_id": "A",
                "floor_area_m2": 50.0,
            }
        },
        "modules": {"n": {"service_id": "nursery", "capacity": 60.0}},
    }
    services = {"clinic": {"keep_cover": True}, "nursery": {}}
    assert best(two_services(**parts))[0]["served"] == 0.3
    assert best(two_services(**parts, services=services))[0]["served"] == 0.05


def test_schools_choose_first():
    """A nursery may not open in A while the 100 places of the clinic there are missing."""
    first = {"services": ("clinic",), "zone_kind": "part"}
    parts: dict[str, Any] = {
        "buildings": {"A": {"zone_part": "north"}},
        "zones": {"north": "part"},
        "homes": {"D1": {"zone_part": "north"}},
        "first_refusal": first,
    }
    assert best(two_services(**parts))[0]["served"] == 0.3
    parts["buildings"] = {"A": {"zone_part": "north", "waived": True}}
    assert best(two_services(**parts))[0]["served"] == 0.6


def test_services_that_go_together_share_a_room():
    """150 m2 for two modules of 100: only with 50 shared, which both save where both are."""
    small = {"A": {"floor_area_m2": 150.0}}
    pair = {"service_id": "clinic", "other_service_id": "nursery", "kind": "synergy"}
    assert best(two_services(buildings=small))[0] == {"served": 0.3, "money": 10.0}
    pair |= {"shared_area_m2": 50.0, "bonus": 3.0}
    assert best(two_services(buildings=small, pairs=[pair]))[0] == {"served": 0.6, "money": 17.0}


def test_few_may_cross_the_border_of_a_district():
    """D1 (100, north) -- A (south): of 60 places only 20 serve, a fifth of the need."""
    instance = clinics(
        services={"clinic": {"own_zone_kind": "part", "own_zone_share": 0.8}},
        buildings={"A": {"zone_part": "south"}},
        ways={"D1": "A"},
        zones={"north": "part", "south": "part"},
        homes={"D1": {"zone_part": "north"}},
    )
    assert best(instance)[0]["served"] == pytest.approx(0.2)


def test_a_zone_gets_its_floor_though_others_count_more():
    """D1 (60, north, counts thrice) -- A -- D2 (40, south): the south gets half of 40 of 60."""
    parts: dict[str, Any] = {
        "people": {"D1": 60, "D2": 40},
        "ways": {"D1": "A", "D2": "A"},
        "buildings": {"A": {}},
        "zones": {"north": "part", "south": "part"},
        "homes": {"D1": {"zone_part": "north"}, "D2": {"zone_part": "south"}},
        "priorities": [{"zone_id": "north", "factor": 3.0}],
    }
    assert best(clinics(**parts))[0]["served"] == pytest.approx(180 / 220)
    floor = [{"service_id": "clinic", "zone_kind": "part", "share": 0.5}]
    found = best(clinics(**parts, zone_floor=floor))
    assert found[0]["served"] == pytest.approx((3 * 40 + 20) / 220)


def test_service_far_away_counts_less():
    """D1 -- 4 min -- A, 9 min -- B: 60 count in full and 40 by half."""
    decay = [{"service_id": "clinic", "minutes": m, "value": v} for m, v in ((5, 1.0), (9, 0.5))]
    assert best(clinics(ways={"D1": {"A": 4, "B": 9}}, decay=decay))[0]["served"] == 0.8


def test_ranks_go_before_weights():
    """Money for one: the nursery has the lower rank, whatever the clinic weighs."""
    services = {"clinic": {"rank": 2.0, "weight": 9.0}, "nursery": {"rank": 1.0}}
    instance = two_services(services=services, budget={"total": 10}, objective={"by_rank": True})
    assert best(instance)[0] == {"served[1]": 0.6, "served[2]": 0.0, "money": 10.0}


def test_a_soft_target_comes_before_money():
    """D1 -- B; nobody reaches A, but with 90 places wanted a clinic opens there too."""
    instance = clinics(
        ways={"D1": "B"},
        budget={"total": 20},
        targets=[{"target_id": "T", "service_id": "clinic", "value": 90.0}],
    )
    assert best(instance)[0] == {"served": 0.6, "targets": 0.0, "money": 20.0}


def test_a_bonus_is_worth_its_money():
    """Money for one clinic; the one in B costs 5 more, and being on one floor is worth 8."""
    instance = clinics(
        people={"D1": 60},
        buildings={"A": {"floors": 4.0}, "B": {"floors": 1.0, "acquisition_cost": 5.0}},
        preferences=[{"field": "floors", "comparison": "at_most", "value": "1", "bonus": 8.0}],
    )
    tiers, plan = best(instance)
    assert tiers == {"served": 1.0, "money": 7.0}
    assert plan == ["B,clinic,small,,1..1"]


def test_simplex_and_smallest_cut_agree():
    rng = Random(1)  # noqa: S311
    for _ in range(200):
        units = [
            (Fraction(rng.randint(0, 9)), {p for p in "ABC" if rng.random() < 1 / 2})
            for _ in range(rng.randint(1, 4))
        ]
        places = {p: None if rng.random() < 1 / 5 else Fraction(rng.randint(0, 9)) for p in "ABC"}
        arcs = [(u, p) for u, (_, near) in enumerate(units) for p in sorted(near)]
        rows = [[Fraction(u == v) for v, _ in arcs] for u in range(len(units))]
        limits = [need for need, _ in units]
        for place, cap in places.items():
            if cap is not None:
                rows.append([Fraction(place == p) for _, p in arcs])
                limits.append(cap)
        assert maximise([Fraction(1)] * len(arcs), rows, limits) == smallest_cut(units, places)


def test_simplex_says_where_nothing_is():
    one = Fraction(1)
    assert maximise([one], [[one], [-one]], [one, -2 * one]) is None
    with pytest.raises(ValueError, match="no end"):
        maximise([one], [[-one]], [one])


# --- the random towns -----------------------------------------------------------------------------

VALUES = {"priorities", "decay", "preferences", "synergy"}
"""Rules that rule nothing out."""


def matters(instance: Instance, oracle: Oracle) -> set[str]:
    """The rules without which the best of the tiers would be another."""
    known = oracle.best()[0] if oracle.plans else None
    found = set()
    for rule in (oracle.said_no | oracle.tied | VALUES) & RULES.keys():
        if RULES[rule].switchable and oracle.town.on(rule):
            rules = {**instance.settings.rules, rule: False}
            settings = instance.settings.model_copy(update={"rules": rules})
            other = Oracle(instance.replace(settings=settings))
            if (other.best()[0] if other.plans else None) != known:
                found.add(rule)
    return found


@pytest.mark.slow
def test_every_rule_matters_in_some_random_town():
    switchable = {rule.id for rule in RULES.values() if rule.switchable}
    missing = set(switchable)
    for seed in range(1000):
        instance = random_full_town(seed)
        missing -= matters(instance, Oracle(instance)) if missing else set()
        if not missing:
            return
    raise AssertionError(sorted(missing))
