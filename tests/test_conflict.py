"""Why no plan keeps all rules: the rows named, nothing superfluous, and the cheapest way out."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from small_towns import clinics, in_one_building, model_of, two_years
from test_brute_force import examples, seeds
from towns import random_town, town

from siting.instance.instance import Instance
from siting.model.build import compact
from siting.model.program import Program
from siting.plan import solve
from siting.solution import Conflict, Termination
from siting.solvers.conflict import FIRM_RULES, find_conflict, rule_of
from siting.solvers.control import Control


def conflict_of(
    instance: Instance,
    prices: dict[str, float] | None = None,
    control: Control | None = None,
) -> Conflict:
    model = model_of(instance)
    return find_conflict(model, compact(model), control=control or Control(), prices=prices)


def words(conflict: Conflict) -> list[str]:
    return [way["text"] for way in conflict.ways_out]


def stations(buildings: dict[str, dict[str, Any]], **changes: Any) -> Instance:
    """East needs a station; one takes 100 m2 and 20 m2 of yard, and a building with a lift."""
    parts: dict[str, Any] = {
        "people": {"D1": 100},
        "ways": {"D1": list(buildings)},
        "services": {"station": {"name": "Care station", "name_zh": "养老服务驿站"}},
        "modules": {
            "small": {
                "service_id": "station",
                "capacity": 60.0,
                "floor_area_m2": 100.0,
                "yard_m2": 20.0,
            },
            "large": {
                "service_id": "station",
                "capacity": 90.0,
                "floor_area_m2": 180.0,
                "yard_m2": 20.0,
            },
        },
        "buildings": {
            b: {"zone_part": "east", "yard_m2": 20.0} | row for b, row in buildings.items()
        },
        "suitability": [
            {"service_id": "station", "field": "lift", "comparison": "equals", "value": "true"}
        ],
        "zones": {"east": "part", "west": "part"},
        "minimum_per_zone": [
            {"service_id": "station", "zone_kind": "part", "zones": ["east"], "count": 1}
        ],
    }
    instance = town(**parts | changes)
    zones = instance.zones.assign(
        name=instance.zones["zone_id"].str.title(), name_zh=["东街道", "西街道"]
    )
    return instance.replace(zones=zones)


def test_only_candidate_is_too_small():
    """B-014 has 60 of the 100 m2 that the smaller module takes."""
    conflict = conflict_of(stations({"B-014": {"floor_area_m2": 60.0}}))
    assert conflict.rows == ("minimum_per_zone[station,east]",)
    assert conflict.irreducible
    (way,) = conflict.ways_out
    assert way == {
        "row": "minimum_per_zone[station,east]",
        "rule": "minimum_per_zone",
        "rule_zh": "每个分区最少设施数",
        "place": "station,east",
        "amount": 1.0,
        "unit": "places",
        "text": "East needs 1 more Care station; the only candidate: B-014 is 40 m2 too small",
        "text_zh": "东街道还缺 1 处养老服务驿站；唯一候选：B-014 面积差 40 平方米",
    }


@pytest.mark.parametrize(
    ("building", "locks", "says"),
    [
        ({"yard_m2": 15.0}, [], "has a yard that is 5 m2 too small"),
        ({"lift": False}, [], "does not meet the condition on lift"),
        ({"class": "shop"}, [], "is of a class that may not become this service"),
        ({}, [{"building_id": "A", "status": "forbidden"}], "is forbidden by a lock"),
    ],
)
def test_reason_of_the_only_candidate(building, locks, says):
    office = [{"class": "office", "service_id": "station", "status": "allowed"}]
    instance = stations({"A": building}, locks=locks, eligibility=office)
    assert words(conflict_of(instance)) == [
        f"East needs 1 more Care station; the only candidate: A {says}"
    ]


def test_closest_of_many_candidates_and_of_none():
    """Too small by 10, then by 40 m2, then unsuitable; the fourth is not named."""
    many = {
        "A": {"lift": False},
        "B": {"floor_area_m2": 60.0},
        "C": {"floor_area_m2": 90.0},
        "D": {"class": "shop"},
    }
    office = [{"class": "office", "service_id": "station", "status": "allowed"}]
    (said,) = words(conflict_of(stations(many, eligibility=office)))
    assert said.removeprefix("East needs 1 more Care station; closest: ").split("; ") == [
        "C is 10 m2 too small",
        "B is 40 m2 too small",
        "A does not meet the condition on lift",
    ]
    assert words(conflict_of(stations({"A": {"zone_part": "west"}}))) == [
        "East needs 1 more Care station; no candidate building is there"
    ]


def test_two_more_than_there_can_be():
    """Three stations are asked for, F exists and A may become one: one is missing."""
    instance = stations(
        {"A": {}},
        ways={"D1": "AF"},
        facilities={"F": {"service_id": "station", "capacity": 10.0, "zone_part": "east"}},
        minimum_per_zone=[
            {"service_id": "station", "zone_kind": "part", "zones": ["east"], "count": 3}
        ],
    )
    conflict = conflict_of(instance)
    assert conflict.rows == ("minimum_per_zone[station,east]",)
    assert words(conflict) == [
        "East needs 1 more Care station; only A can; no other candidate is there"
    ]


def test_required_building_against_the_budget():
    """A costs 10 of 8: to give 2, a quarter of the budget, is cheaper than to give the lock."""
    instance = town(
        people={"D1": 100},
        ways={"D1": "AB"},
        services={"clinic": {}},
        modules={"small": {"service_id": "clinic", "capacity": 60.0}},
        buildings={"A": {}, "B": {}},
        locks=[{"building_id": "A", "status": "required"}],
        budget={"total": 8, "yearly_cost": 100},
        money={"unit": "万元"},
    )
    conflict = conflict_of(instance)
    assert set(conflict.rows) == {"required[A]", "budget[total]"}
    assert conflict.irreducible
    assert words(conflict) == ["the budget of 8.00 万元 lacks 2.00"]
    assert conflict.ways_out[0]["amount"] == 2.0
    # At 1 per unit of money, 2 is dearer than 1 for the lock.
    assert words(conflict_of(instance, prices={"budget": 1.0})) == [
        "A cannot open as required: the rules that conflict leave no room for A"
    ]


def test_three_rows_and_nothing_of_the_others():
    """Two required services of 100 m2 each in 150 m2; C is required too, and does no harm."""
    instance = town(
        people={"D1": 100},
        ways={"D1": "AC"},
        services={"clinic": {}, "nursery": {}},
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0},
            "n": {"service_id": "nursery", "capacity": 60.0},
        },
        buildings={"A": {"floor_area_m2": 150.0}, "C": {}},
        locks=[
            {"building_id": "A", "service_id": "clinic", "status": "required"},
            {"building_id": "A", "service_id": "nursery", "status": "required"},
            {"building_id": "C", "status": "required"},
        ],
        budget={"total": 1000},
    )
    conflict = conflict_of(instance)
    assert set(conflict.rows) == {"required[A,clinic]", "required[A,nursery]", "floor_area[A]"}
    assert words(conflict) == ["A: 50.00 m2 more would be needed (modules share the floor area)"]


def test_commitment_that_a_lock_forbids():
    lock = {"building_id": "A", "service_id": "clinic", "module_id": "small"}
    instance = town(
        people={"D1": 100},
        ways={"D1": "A"},
        services={"clinic": {}},
        modules={"small": {"service_id": "clinic", "capacity": 60.0}},
        buildings={"A": {}},
        locks=[lock | {"status": "committed"}, {"building_id": "A", "status": "forbidden"}],
    )
    conflict = conflict_of(instance)
    assert conflict.rows == ("committed[A,clinic,small]",)
    assert words(conflict) == [
        "A,clinic,small cannot open as committed: the only candidate: A is forbidden by a lock"
    ]


def test_a_solve_ends_with_the_conflict():
    plan = solve(stations({"B-014": {"floor_area_m2": 60.0}}))
    assert plan.solution.termination is Termination.INFEASIBLE
    assert not plan.solution.has_plan
    assert plan.solution.conflict is not None
    assert plan.solution.conflict.rows == ("minimum_per_zone[station,east]",)
    assert plan.verification.passed


def test_without_time_nothing_is_called_irreducible():
    cancelled = Control()
    cancelled.cancelled.set()
    for control in (cancelled, Control().within(0.0)):
        conflict = conflict_of(stations({"A": {"lift": False}}), control=control)
        assert not conflict.irreducible
        assert "minimum_per_zone[station,east]" in conflict.rows


def test_what_an_engine_wrongly_calls_infeasible_is_not_explained():
    conflict = conflict_of(stations({"A": {}}))
    assert not conflict.irreducible
    assert conflict.ways_out == ()


def required(*places: str) -> list[dict[str, Any]]:
    """Locks on ``building`` or ``building,service``."""
    keys = ("building_id", "service_id")
    return [dict(zip(keys, p.split(","), strict=False)) | {"status": "required"} for p in places]


MONEY = {"money": {"unit": "k USD"}}

NORTH: dict[str, Any] = {
    "buildings": {"A": {"zone_part": "north"}, "B": {"zone_part": "north"}},
    "zones": {"north": "part", "south": "part"},
    "homes": {"D1": {"zone_part": "north"}},
}

ONLY_A = NORTH | {"buildings": {"A": {"zone_part": "north"}}, "ways": {"D1": "A"}}

NO_CLINIC = {"building_id": "A", "service_id": "clinic", "status": "forbidden"}

WARDS = {
    f"w{beds}": {
        "service_id": "nursery",
        "capacity": float(beds),
        "host_service_id": "clinic",
        "host_capacity": float(beds),
    }
    for beds in (10, 15)
}

CLINIC = {"c": {"service_id": "clinic", "capacity": 60.0}}

RENTED = {"A": {"yearly_rent_per_m2": 0.02}, "B": {"yearly_rent_per_m2": 0.02}}

WAYS_OUT: dict[str, tuple[Instance, str]] = {
    "agency_budget": (
        clinics(
            services={"clinic": {"agency": "health"}},
            locks=required("A"),
            budget={"agencies": {"health": 8}},
            **MONEY,
        ),
        "the budget of health, 8.00 k USD, lacks 2.00",
    ),
    "agency_share": (
        in_one_building(
            services={"clinic": {"agency": "health"}, "nursery": {"agency": "education"}},
            locks=[*required("A,nursery"), NO_CLINIC],
            budget={"agency_shares": {"health": 0.25}},
            **MONEY,
        ),
        "health is 2.50 k USD short of its least share of what is spent",
    ),
    "zone_budget": (
        clinics(**NORTH, **MONEY, locks=required("A"), budget={"zones": {"north": 7}}),
        "the budget of north, 7.00 k USD, lacks 3.00",
    ),
    "yearly_budget": (
        two_years(locks=required("A", "B"), budget={"years": {2026: 9, 2027: 9}}, **MONEY),
        "the money through 2027, 18.00 k USD, lacks 2.00",
    ),
    "yearly_budget without carry-over": (
        two_years(
            locks=[lock | {"year": 2026.0} for lock in required("A")],
            budget={"years": {2026: 9}, "carry_over": False},
            **MONEY,
        ),
        "the money of 2026, 9.00 k USD, lacks 1.00",
    ),
    "funds": (
        clinics(
            locks=required("A", "B"),
            funds=[
                {"fund_id": "f", "amount": 8.0, "name": "Lottery"},
                {"fund_id": "g", "amount": 8},
            ],
            **MONEY,
        ),
        "the money of Lottery, g, 16.00 k USD, lacks 4.00",
    ),
    "funds for nothing": (
        clinics(
            locks=required("A"),
            funds=[{"fund_id": "f", "amount": 8.0, "services": "nursery"}],
            **MONEY,
        ),
        "no fund may pay for 10.00 k USD of it",
    ),
    "yearly_cost": (
        clinics(
            modules={"small": {"service_id": "clinic", "capacity": 60.0, "yearly_cost": 4.0}},
            locks=required("A"),
            budget={"yearly_cost": 3},
            **MONEY,
        ),
        "the limit of running cost, 3.00 k USD a year, lacks 1.00",
    ),
    "yearly_rent": (
        two_years(buildings=RENTED, locks=required("A", "B"), budget={"yearly_rent": 3}, **MONEY),
        "the limit of rent, 3.00 k USD a year, lacks 1.00 in 2027",
    ),
    "land_quota": (
        clinics(
            buildings={"A": {"land_m2": 400.0}, "B": {}},
            locks=required("A"),
            plan={"start_year": 2026, "years": 2, "land_quota_m2": {2026: 100, 2027: 200}},
        ),
        "the land quota, 300 m2, lacks 100",
    ),
    "standalone": (
        in_one_building(
            modules={
                **CLINIC,
                "n": {"service_id": "nursery", "capacity": 60.0, "standalone": True},
            },
            locks=required("A,clinic", "A,nursery"),
        ),
        "A: a module that wants the building to itself would have to share it",
    ),
    "compatibility": (
        in_one_building(
            pairs=[{"service_id": "clinic", "other_service_id": "nursery", "kind": "incompatible"}],
            locks=required("A,clinic", "A,nursery"),
        ),
        "A: clinic and nursery would have to share the building",
    ),
    "maximum_per_zone": (
        clinics(
            **NORTH,
            locks=required("A", "B"),
            maximum_per_zone=[{"service_id": "clinic", "zone_kind": "part", "count": 1}],
        ),
        "north would have 1 more clinic than it may",
    ),
    "first_refusal": (
        in_one_building(
            **ONLY_A,
            first_refusal={"services": ["nursery"], "zone_kind": "part"},
            locks=required("A,clinic"),
        ),
        "A would become clinic before those with the first claim have enough places",
    ),
    "add_on": (
        in_one_building(
            modules={**CLINIC, "w10": WARDS["w10"]},
            locks=[*required("A,nursery"), NO_CLINIC],
        ),
        "A: w10 would be open without a host",
    ),
    "add_on to a full host": (
        in_one_building(
            modules={"c": {"service_id": "clinic", "capacity": 20.0}, **WARDS},
            locks=[
                {
                    "building_id": "A",
                    "service_id": "nursery",
                    "module_id": m,
                    "status": "required",
                }
                for m in WARDS
            ],
        ),
        "A: the host would lack 5 places for w10+w15",
    ),
    "hub": (
        in_one_building(
            links=[{"link_id": "care", "service_id": "nursery", "hub_service_id": "clinic"}],
            locks=[*required("A,nursery"), NO_CLINIC],
        ),
        "A: nursery would open without clinic near it (care)",
    ),
    "keep_cover": (
        clinics(
            ways={"D1": "AF"},
            services={"clinic": {"keep_cover": True}},
            facilities={"F": {"service_id": "clinic", "capacity": 1.0, "building_id": "A"}},
            locks=[{"building_id": "A", "status": "forbidden"}],
        ),
        "people of D1 (all) would lose clinic within reach",
    ),
    "backup": (
        clinics(ways={"D1": "A"}, services={"clinic": {"backup_share": 0.4, "unit": "visit"}}),
        "40 visit more would need two places of clinic within reach",
    ),
    "self_sufficiency": (
        clinics(
            **ONLY_A,
            rules={"self_sufficiency": True},
            self_sufficiency=[{"service_id": "clinic", "zone_kind": "part"}],
        ),
        "north lacks 40 person of clinic of its own",
    ),
    "reserve": (
        clinics(
            **ONLY_A | {"buildings": {"A": {"zone_part": "north", "floor_area_m2": 110.0}}},
            locks=required("A"),
            reserve=[{"zone_kind": "part", "share": 0.5}],
        ),
        "north: 45 m2 of what is kept in reserve would be used",
    ),
    "targets": (
        clinics(
            services={"clinic": {"unit": "bed"}},
            targets=[{"target_id": "beds", "service_id": "clinic", "value": 150.0, "hard": True}],
        ),
        "target beds is missed by 30.00 bed",
    ),
    "targets per year": (
        two_years(
            targets=[
                {
                    "target_id": "yearly",
                    "service_id": "clinic",
                    "value": 150.0,
                    "hard": True,
                    "per": "per_year",
                    "measure": "floor_area",
                }
            ],
            locks=[{"building_id": b, "status": "required", "year": 2026.0} for b in ("A", "B")],
        ),
        "target yearly is missed by 150.00 m2 in 2027",
    ),
    "zone_floor": (
        clinics(
            **ONLY_A,
            zone_floor=[{"service_id": "clinic", "zone_kind": "part", "share": 0.8}],
        ),
        "north lacks 20 person of clinic to be served as it should",
    ),
    "min_load": (
        clinics(
            people={"D1": 20},
            modules={"small": {"service_id": "clinic", "capacity": 60.0, "min_load": 0.5}},
            locks=required("A"),
        ),
        "A: clinic would be used by 10 person less than it must",
    ),
    "own_zone": (
        clinics(
            **ONLY_A | {"buildings": {"A": {"zone_part": "south"}}},
            services={"clinic": {"own_zone_kind": "part", "own_zone_share": 0.9}},
            zone_floor=[{"service_id": "clinic", "zone_kind": "part", "share": 0.5}],
        ),
        "40 person more of clinic would be served across the border of their zone",
    ),
    "outside_supply": (
        clinics(
            **NORTH | {"buildings": {"A": {}}, "ways": {"D1": "F"}},
            services={"clinic": {"outside_cap": 30.0}},
            facilities={"F": {"service_id": "clinic", "capacity": 100.0, "outside": True}},
            zone_floor=[{"service_id": "clinic", "zone_kind": "part", "share": 0.5}],
        ),
        "20 person more of clinic would come from outside",
    ),
}
"""By rule a town that it leaves without a plan, and what its way out says."""


@pytest.mark.parametrize("case", WAYS_OUT)
def test_words_of_a_way_out(case):
    """Locks hold, whatever they cost, so that the rule in question gives way."""
    instance, says = WAYS_OUT[case]
    rule = case.partition(" ")[0]
    firm = {"required": 1000.0}
    if rule in {"own_zone", "outside_supply"}:
        firm["zone_floor"] = 1000.0
    conflict = conflict_of(instance, prices=firm)
    assert conflict.irreducible
    assert rule in {rule_of(row) for row in conflict.rows}
    assert says in words(conflict)
    assert all("{" not in way["text_zh"] for way in conflict.ways_out)


def all_points(program: Program) -> np.ndarray:
    return np.array(list(product((0.0, 1.0), repeat=len(program.column_names))))


def excess(program: Program, points: np.ndarray) -> np.ndarray:
    """How much each row would have to give at each point, shape (points, rows)."""
    activity = points @ program.matrix.toarray().T
    over = np.maximum(activity - program.row_upper, program.row_lower - activity)
    return np.where(over > 1e-9, over, 0.0)


@given(seeds)
@examples(25)
def test_conflicts_of_random_towns(seed):
    """Against all points: nothing keeps the rows named, something keeps all but any one of them.

    The way out costs as little as at any point that keeps the definitions.
    """
    instance = random_town(seed)
    model = model_of(instance)
    program = model.program
    if len(program.column_names) > 12 or not program.row_names:
        return
    broken = excess(program, all_points(program))
    if (broken.max(axis=1) == 0).any():
        return
    conflict = find_conflict(model, compact(model), control=Control())
    assert conflict.irreducible
    firm = [i for i, name in enumerate(program.row_names) if rule_of(name) in FIRM_RULES]
    named = [i for i, name in enumerate(program.row_names) if name in conflict.rows]
    assert (broken[:, firm + named].max(axis=1) > 0).all()
    for i in named:
        others = [*firm, *(j for j in named if j != i)]
        assert (broken[:, others].max(axis=1, initial=0.0) == 0).any()

    finite = np.where(np.isfinite(program.row_upper), program.row_upper, program.row_lower)
    price = np.array([1 / abs(side) if side else 1.0 for side in finite])
    price[firm] = 0.0
    keeping = broken[:, firm].max(axis=1, initial=0.0) == 0
    cheapest = (broken[keeping] @ price).min()
    prices = dict(zip(program.row_names, price, strict=True))
    ways = conflict.ways_out
    assert sum(prices[way["row"]] * way["amount"] for way in ways) == pytest.approx(
        cheapest, abs=1e-5
    )
