"""Why no plan keeps all rules: the rows named, nothing superfluous, and the cheapest way out."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from test_brute_force import examples, seeds
from towns import random_town, town

from siting.instance.instance import Instance
from siting.model.build import Model, build_model
from siting.model.program import Program
from siting.plan import solve
from siting.reach import find_reach
from siting.solution import Conflict, Termination
from siting.solvers.conflict import FIRM_RULES, find_conflict, rule_of
from siting.solvers.control import Control
from siting.travel.measure import measure_travel


def model_of(instance: Instance) -> Model:
    return build_model(instance, find_reach(instance, measure_travel(instance)))


def conflict_of(instance: Instance, prices: dict[str, float] | None = None) -> Conflict:
    return find_conflict(model_of(instance), control=Control(), prices=prices)


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
        conflict = find_conflict(model_of(stations({"A": {"lift": False}})), control=control)
        assert not conflict.irreducible
        assert "minimum_per_zone[station,east]" in conflict.rows


def test_what_an_engine_wrongly_calls_infeasible_is_not_explained():
    conflict = conflict_of(stations({"A": {}}))
    assert not conflict.irreducible
    assert conflict.ways_out == ()


def all_points(program: Program) -> np.ndarray:
    return np.array(list(product((0.0, 1.0), repeat=len(program.column_names))))


def excess(program: Program, points: np.ndarray) -> np.ndarray:
    """How much each row would have to give at each point, shape (points, rows)."""
    activity = points @ program.matrix.toarray().T
    over = np.maximum(activity - program.row_upper, program.row_lower - activity)
    return np.where(over > 1e-9, over, 0.0)


@given(seeds)
@examples(40)
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
    conflict = find_conflict(model, control=Control())
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
