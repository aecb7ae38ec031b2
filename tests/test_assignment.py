"""Who is served where once places are open: most service, least walking, exact parts."""

from __future__ import annotations

from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy.optimize import linprog
from small_towns import model_of
from test_brute_force import examples, seeds
from towns import random_town, town

from siting.instance.instance import NEED_GRID, Instance
from siting.model.build import build_model, compact
from siting.model.conversions import UNLIMITED
from siting.reach import Arcs, find_reach
from siting.solvers.assignment import nearest_loads, open_today, open_with, serve
from siting.solvers.evaluation import evaluate
from siting.travel.measure import measure_travel


def reach_of(instance: Instance) -> dict[str, Arcs]:
    return find_reach(instance, measure_travel(instance))


def opened(instance: Instance, service_id: str, **capacities: float | None) -> pd.DataFrame:
    """Places that are open, with their capacity in units, None for no limit."""
    positions = {p: i for i, p in enumerate(instance.places["place_id"])}
    limits = [UNLIMITED if c is None else round(c * NEED_GRID) for c in capacities.values()]
    return pd.DataFrame(
        {
            "place": np.array([positions[p] for p in capacities], np.int64),
            "service_id": service_id,
            "capacity": np.array(limits, np.int64),
        }
    )


def rows_of(service: pd.DataFrame) -> set[tuple[str, str, float, float]]:
    table = service[["demand_id", "place_id", "amount", "minutes"]].fillna(-1.0)
    return set(table.itertuples(index=False, name=None))


STREET = {
    "people": {"D1": 30, "D2": 25, "D3": 10},
    "ways": {"D1": {"A": 3, "B": 5}, "D2": {"A": 4, "B": 9, "C": 10.0}, "D3": {"C": 10.1}},
    "services": {"clinic": {}},
    "modules": {"m": {"service_id": "clinic", "capacity": 20.0}},
    "buildings": {"A": {}, "B": {}, "C": {}},
}


def test_least_walking_by_hand():
    """A holds 20 and B 50, so that all 55 of D1 and D2 are served; D3 reaches nothing in time.

    Sending one of D2 to B instead of A costs 5 minutes, one of D1 only 2: the 20 in A are of D2,
    its other 5 and all of D1 go to B.
    """
    instance = town(**STREET)
    service = serve(instance, reach_of(instance), opened(instance, "clinic", A=20, B=50), 1)
    assert rows_of(service) == {
        ("D1", "B", 30.0, 5.0),
        ("D2", "A", 20.0, 4.0),
        ("D2", "B", 5.0, 9.0),
        ("D3", "", 10.0, -1.0),
    }


def test_service_comes_before_walking():
    """C is 10 minutes from D2, its very standard, and still full: no other way serves 30.

    The 15 in A are of D1, one minute nearer than D2.
    """
    instance = town(**STREET)
    service = serve(instance, reach_of(instance), opened(instance, "clinic", A=15, C=15), 1)
    assert rows_of(service) == {
        ("D1", "A", 15.0, 3.0),
        ("D1", "", 15.0, -1.0),
        ("D2", "C", 15.0, 10.0),
        ("D2", "", 10.0, -1.0),
        ("D3", "", 10.0, -1.0),
    }


def test_without_limits_everybody_goes_to_the_nearest():
    instance = town(**STREET | {"services": {"clinic": {"kind": "reach"}}})
    service = serve(instance, reach_of(instance), opened(instance, "clinic", A=None, C=None), 1)
    assert rows_of(service) == {
        ("D1", "A", 30.0, 3.0),
        ("D2", "A", 25.0, 4.0),
        ("D3", "", 10.0, -1.0),
    }


def test_a_place_without_limit_beside_one_with():
    """B takes whom A has no room for; the 10 in A are of D2, as above."""
    instance = town(**STREET)
    service = serve(instance, reach_of(instance), opened(instance, "clinic", A=10, B=None), 1)
    assert rows_of(service) == {
        ("D1", "B", 30.0, 5.0),
        ("D2", "A", 10.0, 4.0),
        ("D2", "B", 15.0, 9.0),
        ("D3", "", 10.0, -1.0),
    }


def test_nothing_open():
    instance = town(**STREET)
    service = serve(instance, reach_of(instance), opened(instance, "clinic"), 1)
    assert rows_of(service) == {
        ("D1", "", 30.0, -1.0),
        ("D2", "", 25.0, -1.0),
        ("D3", "", 10.0, -1.0),
    }


def test_parts_of_a_unit_add_up_on_the_grid():
    """Old and young of D1 walk the same ways: one node, split again in thousandths.

    Needs of 3.333 and 6.667 fill A, which holds 4.001, then B; the old come first.
    """
    instance = town(
        people={"D1": {"old": 3.333, "young": 6.667}},
        ways={"D1": {"A": 3, "B": 5}},
        services={"clinic": {}},
        modules={"m": {"service_id": "clinic", "capacity": 4.001}},
        buildings={"A": {}, "B": {}},
    )
    service = serve(instance, reach_of(instance), opened(instance, "clinic", A=4.001, B=4.001), 1)
    service["place_id"] = service["place_id"].astype(str)
    parts = service.set_index(["group", "place_id"])["amount"].to_dict()
    assert parts == {
        ("old", "A"): 3.333,
        ("young", "A"): 0.668,
        ("young", "B"): 4.001,
        ("young", ""): 1.998,
    }


def random_case(seed: int) -> tuple[Instance, pd.DataFrame]:
    rng = Random(seed)  # noqa: S311
    places = "ABCD"[: rng.randint(1, 4)]
    people = {
        f"D{i}": {g: rng.choice([0.0, 7.0, 10.5, 33.333]) for g in ("old", "young")}
        for i in range(rng.randint(1, 5))
    }
    people["D0"]["old"] = 20.0
    minutes = [0.5, 2.0, 2.0, 4.5, 7.0, 10.0, 12.0]
    ways = {
        d: {p: rng.choice(minutes) for p in places if d == "D0" or rng.random() < 0.7}
        for d in people
    }
    instance = town(
        people=people,
        ways=ways,
        services={"clinic": {}},
        modules={"m": {"service_id": "clinic", "capacity": 1.0}},
        buildings={p: {} for p in places},
    )
    limits = [5.0, 12.5, 20.001, 50.0, None]
    capacities = {p: rng.choice(limits) for p in places if rng.random() < 0.8}
    return instance, opened(instance, "clinic", **capacities)


@given(seeds)
@examples(25)
def test_most_service_then_least_walking(seed):
    """Against two linear programs: the most that can be served, then the least person-minutes."""
    instance, places = random_case(seed)
    arcs = reach_of(instance)["clinic"]
    need = instance.units["need"].to_numpy() / NEED_GRID
    limits = dict(zip(places["place"], places["capacity"], strict=True))
    usable = [i for i, p in enumerate(arcs.place) if p in limits]
    unit, place = arcs.unit[usable], arcs.place[usable]
    rows, sides = [], []
    for u in set(unit):
        rows.append(unit == u)
        sides.append(need[u])
    for p in set(place):
        if limits[p] != UNLIMITED:
            rows.append(place == p)
            sides.append(limits[p] / NEED_GRID)
    most = least = 0.0
    if usable:
        matrix = np.array(rows, float)
        most = -linprog(-np.ones(len(usable)), matrix, sides).fun
        cost = arcs.minutes[usable]
        every = np.vstack([matrix, -np.ones(len(usable))])
        least = linprog(cost, every, [*sides, -most + 1e-9]).fun

    service = serve(instance, {"clinic": arcs}, places, 1)
    served = service[service["place_id"] != ""]
    assert served["amount"].sum() == pytest.approx(most, abs=1e-6)
    assert (served["amount"] * served["minutes"]).sum() == pytest.approx(least, abs=1e-5)


@given(seeds)
@examples(25)
def test_rows_add_up_to_needs_and_stay_within_capacities(seed):
    instance, places = random_case(seed)
    service = serve(instance, reach_of(instance), places, 1)
    grains = (service["amount"] * NEED_GRID).round().astype(int)
    assert (grains / NEED_GRID == service["amount"]).all()
    assert (grains > 0).all()
    assert not service.duplicated(["demand_id", "group", "service_id", "place_id"]).any()
    units = grains.groupby([service["demand_id"], service["group"]]).sum()
    asked = instance.units.set_index(["demand_id", "group"])["need"]
    assert units.to_dict() == asked.to_dict()
    ids = instance.places["place_id"]
    for place, capacity in zip(places["place"], places["capacity"], strict=True):
        load = grains[service["place_id"] == ids[place]].sum()
        assert capacity == UNLIMITED or load <= capacity


def test_who_is_open_today_and_in_a_plan():
    """F in A may change, G stays. Today both are open; a plan may put m into A instead."""
    instance = town(
        people={"D1": 10},
        ways={"D1": "AFG"},
        services={"clinic": {}, "reading": {"kind": "reach", "people_cap": 50.0}},
        modules={"m": {"service_id": "clinic", "capacity": 20.0}},
        buildings={"A": {}},
        facilities={
            "F": {"service_id": "clinic", "capacity": 5.0, "building_id": "A"},
            "G": {"service_id": "reading"},
        },
    )
    assert open_today(instance).to_numpy().tolist() == [[1, "clinic", 5000], [2, "reading", 50000]]
    decisions = build_model(instance, reach_of(instance)).decisions
    assert decisions.conversions["module_id"].tolist() == ["keep", "m"]
    plan = open_with(decisions, np.array([False, True]), 1)
    assert plan.to_numpy().tolist() == [[2, "reading", 50000], [0, "clinic", 20000]]
    kept = open_with(decisions, np.array([True, False]), 1)
    assert kept.to_numpy().tolist() == [[2, "reading", 50000], [0, "clinic", 5000]]


def test_nearest_places_that_would_be_overloaded():
    """A is nearest for all 55 of D1 and D2 but holds 20; B, at its limit of nobody, is not over."""
    instance = town(**STREET)
    loads = nearest_loads(instance, reach_of(instance), opened(instance, "clinic", A=20, B=50), 1)
    assert loads.to_dict("records") == [
        {"place_id": "A", "service_id": "clinic", "capacity": 20.0, "load": 55.0}
    ]
    roomy = nearest_loads(instance, reach_of(instance), opened(instance, "clinic", A=55, B=1), 1)
    assert roomy.empty
    free = nearest_loads(instance, reach_of(instance), opened(instance, "clinic", A=None, B=1), 1)
    assert free.empty


@given(seeds)
@examples(20)
def test_service_taken_from_like_openings_is_that_computed_anew(seed):
    model = model_of(random_town(seed))
    random = np.random.default_rng(seed)
    count = len(model.decisions.conversions)
    program, reach = compact(model), model.decisions.reach
    before = random.random(count) < 0.5
    after = before ^ (random.random(count) < 0.2)
    like = evaluate(model, program, reach, before)
    anew = evaluate(model, program, reach, after)
    key = ["year", "demand_id", "group", "service_id", "place_id"]
    tables = [
        found.service.sort_values(key, ignore_index=True)
        for found in (anew, evaluate(model, program, reach, after, like=like))
    ]
    pd.testing.assert_frame_equal(*tables)
