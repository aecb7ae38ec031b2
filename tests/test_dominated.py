"""Conversions that another can stand in for: no plan needs them, unless a rule does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from full_towns import random_full_town
from hypothesis import given
from oracle import Oracle
from test_brute_force import compare, examples, key, seeds
from towns import random_town, town

from siting.instance.instance import Instance
from siting.model.build import Model, build_model, compact
from siting.model.dominated import find_dominated
from siting.reach import find_near, find_reach
from siting.solvers.projection.narrowing import narrow, sizes
from siting.solvers.projection.reducing import project
from siting.travel.measure import measure_travel


def model_of(instance: Instance) -> Model:
    travel = measure_travel(instance)
    return build_model(instance, find_reach(instance, travel), find_near(instance, travel))


def fallen(model: Model, columns: np.ndarray) -> set[tuple[Any, ...]]:
    """What conversions are, as the oracle names its options."""
    names = ["building_id", "service_id", "module_id", "mode", "year", "until"]
    return set(model.decisions.conversions.loc[columns, names].itertuples(index=False, name=None))


def corner(**changes: Any) -> Instance:
    """One building for the 10 people of D1::

        D1 (10) --- A: small (10 places, 10), grand (30 places, 20)

    ``grand`` serves nobody more than ``small`` and costs twice as much.
    """
    given = {
        "people": {"D1": 10.0},
        "ways": {"D1": ["A"]},
        "services": {"clinic": {}},
        "modules": {
            "small": {"service_id": "clinic", "capacity": 10.0, "works_cost": 10.0},
            "grand": {"service_id": "clinic", "capacity": 30.0, "works_cost": 20.0},
        },
        "buildings": {"A": {}},
        "budget": {"total": 50.0},
    }
    return town(**{**given, **changes})


def modules_fallen(instance: Instance) -> list[str]:
    model = model_of(instance)
    columns = find_dominated(model.decisions, compact(model))
    return list(model.decisions.conversions.loc[columns, "module_id"])


def test_the_larger_module_serves_nobody_more_and_falls() -> None:
    assert modules_fallen(corner()) == ["grand"]
    assert compare(corner(), "auto").chosen["module_id"].tolist() == ["small"]


def test_of_modules_that_are_alike_one_stays() -> None:
    alike = {"service_id": "clinic", "capacity": 10.0, "works_cost": 10.0}
    assert modules_fallen(corner(modules={"one": alike, "other": alike})) == ["other"]


NEEDED: dict[str, dict[str, Any]] = {
    "required": {
        "locks": [
            {
                "building_id": "A",
                "service_id": "clinic",
                "module_id": "grand",
                "status": "required",
            }
        ]
    },
    "self_sufficiency": {
        "rules": {"self_sufficiency": True},
        "zones": {"north": "part", "south": "part"},
        "homes": {"D1": {"zone_part": "north"}, "D2": {"zone_part": "north"}},
        "people": {"D1": 10.0, "D2": 20.0},
        "buildings": {"A": {"zone_part": "north"}},
        "self_sufficiency": [{"service_id": "clinic", "zone_kind": "part", "share": 0.9}],
    },
    "targets": {
        "targets": [
            {
                "target_id": "places",
                "service_id": "clinic",
                "value": 20.0,
                "base_value": 0.0,
                "binding": True,
            }
        ]
    },
    "preferences": {
        "preferences": [
            {
                "service_id": "clinic",
                "field": "floors",
                "comparison": "at_least",
                "value": "1",
                "bonus": 5.0,
            }
        ]
    },
}
"""By rule what makes the town of `corner` need the larger module, or asks nothing more of it."""


@pytest.mark.parametrize("rule", ["required", "self_sufficiency", "targets"])
def test_a_rule_that_needs_the_larger_module_keeps_it(rule: str) -> None:
    instance = corner(**NEEDED[rule])
    assert modules_fallen(instance) == []
    assert compare(instance, "auto").chosen["module_id"].tolist() == ["grand"]


def test_a_rule_that_counts_both_alike_changes_nothing() -> None:
    assert modules_fallen(corner(**NEEDED["preferences"])) == ["grand"]


def test_modules_that_may_stand_together_do_not_fall() -> None:
    """Twins in different services, or in different buildings, are two sites."""
    alike = {"capacity": 10.0, "works_cost": 10.0}
    two = corner(
        people={"D1": 20.0},
        ways={"D1": ["A", "B"]},
        modules={"small": {"service_id": "clinic", **alike}},
        buildings={"A": {}, "B": {}},
    )
    assert modules_fallen(two) == []


@given(seeds)
@examples(8)
def test_no_best_plan_needs_them(seed: int) -> None:
    assert_nothing_is_lost(random_town(seed))


@given(seeds)
@examples(5)
def test_nor_under_parts_of_the_full_set_of_rules(seed: int) -> None:
    assert_nothing_is_lost(random_full_town(seed))


@pytest.mark.slow
@given(seeds)
@examples(200)
def test_no_best_plan_of_many_towns_needs_them(seed: int) -> None:
    assert_nothing_is_lost(random_town(seed))


@pytest.mark.slow
@given(seeds)
@examples(80)
def test_nor_of_many_under_parts_of_the_full_set_of_rules(seed: int) -> None:
    assert_nothing_is_lost(random_full_town(seed))


def assert_nothing_is_lost(instance: Instance) -> None:
    """Hold the best of all plans against the best without what falls."""
    model = model_of(instance)
    programs = (compact(model), compact(project(model)))
    falling = [fallen(model, find_dominated(model.decisions, p)) for p in programs]
    if not any(falling):
        return
    oracle = Oracle(instance)
    if oracle.plans:
        _, best = oracle.best()
        for gone in falling:
            assert any(gone.isdisjoint(map(key, plan)) for plan in best), gone


@pytest.mark.slow
def test_enough_towns_have_some_for_that_to_say_something() -> None:
    models = [model_of(random_town(seed)) for seed in range(30)]
    assert sum(find_dominated(m.decisions, compact(m)).any() for m in models) >= 5


def test_what_falls_is_shut_in_every_row_and_keeps_its_column() -> None:
    model = model_of(corner())
    projected = project(model)
    narrowed, program = narrow(model, projected, compact(projected))
    names = list(model.decisions.conversions["module_id"])
    open_to_choice = {names[c] for c in np.flatnonzero(narrowed.program.upper > 0)}
    assert open_to_choice == {"small"}
    assert np.array_equal(program.upper[: len(names)], narrowed.program.upper)
    assert program.column_names == compact(projected).column_names


def test_sizes_before_and_after() -> None:
    """D2 is served by F whatever opens, nothing reaches D3, and A cannot hold more than D1."""
    instance = corner(
        people={"D1": 10.0, "D2": 5.0, "D3": 2.0},
        ways={"D1": ["A"], "D2": ["F"]},
        facilities={"F": {"service_id": "clinic", "capacity": 8.0}},
    )
    model = model_of(instance)
    projected = project(model)
    dominated = find_dominated(projected.decisions, compact(projected))
    table = {line[:26].strip(): line[26:].split() for line in sizes(model, projected, dominated)}
    assert table == {
        "": ["before", "after"],
        "points": ["3", "1"],
        "units of need": ["3", "1"],
        "merged units": ["2", "1"],
        "ways": ["2", "1"],
        "places": ["2", "1"],
        "conversions": ["2", "1"],
        "parts that share no need": ["2", "1"],
        "conversions dominated": ["1"],
        "need always served": ["5"],
        "need never served": ["2"],
    }
