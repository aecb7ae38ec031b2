"""From an instance to its model: conversions and their cost, admission, blocks, program, tiers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from towns import town

from siting.instance.instance import Instance
from siting.model.build import Model, build_model, compact
from siting.model.conversions import UNLIMITED, list_conversions, mode_prices
from siting.model.lp import lp_names, write_lp
from siting.model.program import Program, Row
from siting.reach import find_reach
from siting.solution import Limit
from siting.solvers.control import Control, Outcome
from siting.solvers.evaluation import Evaluation, evaluate
from siting.solvers.highs import solve_with_highs
from siting.solvers.tiers import Search, search_tiers
from siting.travel.measure import measure_travel


def model_of(instance: Instance) -> Model:
    return build_model(instance, find_reach(instance, measure_travel(instance)))


def clinics(**changes: Any) -> Instance:
    """One service, one module for 60 people, 100 m2 at 10; A and B reached by the 100 of D1."""
    parts: dict[str, Any] = {
        "people": {"D1": 100},
        "ways": {"D1": "AB"},
        "services": {"clinic": {}},
        "modules": {"small": {"service_id": "clinic", "capacity": 60.0}},
        "buildings": {"A": {}, "B": {}},
    }
    return town(**parts | changes)


# --- conversions and their cost -------------------------------------------------------------------


def test_costs_by_hand():
    """Works 10.333 * 1.5 + 0.05 * 150 m2 = 22.9995, counted as 23.00; equipment 0.005 as 0.01.

    Rent 0.1 * 150 * 5 = 75; of the price of 90.01, 150 of 400 m2 are 33.75375, counted as 33.75.
    """
    instance = clinics(
        modules={
            "m": {
                "service_id": "clinic",
                "capacity": 12.3455,
                "floor_area_m2": 150.0,
                "works_cost": 10.333,
                "equipment_cost": 0.005,
                "yearly_cost": 1.005,
            }
        },
        buildings={
            "A": {"floor_area_m2": 400.0, "acquisition_cost": 90.01, "yearly_rent_per_m2": 0.1}
        },
        ways={"D1": "A"},
        eligibility=[
            {
                "class": "office",
                "service_id": "clinic",
                "status": "allowed",
                "cost_factor": 1.5,
                "extra_works_per_m2": 0.05,
            }
        ],
        plan={"years": 5},
    )
    row = list_conversions(instance).iloc[0]
    money = row[["works", "equipment", "rent", "acquisition_share", "yearly"]].tolist()
    assert money == [2300, 1, 7500, 3375, 101]
    assert mode_prices(instance)["price"].tolist() == [9001]
    assert row["capacity"] == 12346


def test_what_stays_and_what_is_committed_costs_nothing():
    """The reading room in A may stay; the clinic is committed there, so A is paid for both others.

    The reading room has no capacity of its own: 50 people by its service, as has module r.
    """
    instance = town(
        people={"D1": 100},
        ways={"D1": "A"},
        services={
            "clinic": {"agency": "health"},
            "reading": {"kind": "reach", "people_cap": 50.0, "agency": "culture"},
            "shelter": {"kind": "reach"},
        },
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0, "yearly_cost": 3.0},
            "r": {"service_id": "reading", "yearly_cost": 2.0},
            "s": {"service_id": "shelter"},
        },
        buildings={"A": {"acquisition_cost": 80.0}},
        facilities={"F": {"service_id": "reading", "building_id": "A", "floor_area_m2": 70.0}},
        locks=[
            {"building_id": "A", "service_id": "clinic", "module_id": "c", "status": "committed"}
        ],
    )
    rows = list_conversions(instance).set_index("module_id")
    assert rows["status"].to_dict() == {"c": "committed", "r": "new", "s": "new", "keep": "keep"}
    charged = rows[["works", "equipment", "rent", "acquisition_share"]].sum(axis=1)
    assert charged.to_dict() == {"c": 0, "r": 1000, "s": 1000, "keep": 0}
    assert rows["yearly"].to_dict() == {"c": 300, "r": 200, "s": 0, "keep": 0}
    assert rows["capacity"].to_dict() == {"c": 60000, "r": 50000, "s": UNLIMITED, "keep": 50000}
    assert rows["floor_area_m2"].to_dict() == {"c": 100, "r": 100, "s": 100, "keep": 70}
    assert rows["agency"].to_dict() == {"c": "health", "r": "culture", "s": "", "keep": "culture"}
    assert mode_prices(instance)["price"].tolist() == [0]


# --- admission ------------------------------------------------------------------------------------


def listed(instance: Instance) -> pd.DataFrame:
    return model_of(instance).listed.set_index(["building_id", "module_id"])


@pytest.mark.parametrize(
    ("known", "max_floor", "usable", "to_check"),
    [
        # 1000 m2, 200 of them below ground: 800 on the floors.
        ({"floors": 4.0}, None, 1000, ""),
        ({"floors": 4.0}, 1, 200, ""),
        ({"floors": 4.0}, 3, 600, ""),
        ({"floors": 4.0, "ground_area_m2": 350.0}, 2, 500, ""),  # 350 + (800 - 350) / 3
        ({"floors": 2.0}, 3, 800, ""),
        ({"floors": 2.0}, 2, 800, ""),
        ({}, 1, 800, "floors"),
        ({"floors": 1.0, "ground_area_m2": 300.0}, 1, 800, ""),
    ],
)
def test_floors_a_module_may_use(known, max_floor, usable, to_check):
    modules = {
        name: {
            "service_id": "clinic",
            "capacity": 60.0,
            "floor_area_m2": float(usable + more),
            "max_floor": max_floor,
        }
        for name, more in {"fits": 0, "too_large": 3}.items()
    }
    building = {"floor_area_m2": 1000.0, "basement_area_m2": 200.0} | known
    rows = listed(clinics(modules=modules, buildings={"A": building}, ways={"D1": "A"}))
    assert rows["reason"].tolist() == ["", "too_small"]
    assert rows["lacking"].tolist()[1] == pytest.approx(3.0)
    assert rows["to_check"].tolist() == [to_check, to_check]


@pytest.mark.parametrize(
    ("field", "comparison", "value", "passing", "failing"),
    [
        ("floors", "at_least", "2", [2.0, 3.0], [1.0]),
        ("year_built", "at_most", "2001", [1990.0, 2001.0], [2002.0]),
        ("floors", "equals", "3", [3.0], [2.0]),
        ("fire_grade", "one_of", "1|2", [1.0, 2.0], [3.0]),
        ("lift", "equals", "true", [True], [False]),
        ("lift", "differs", "true", [False], [True]),
        ("owner_consent", "differs", "refused", ["agreed", "open"], ["refused"]),
        ("owner_level", "one_of", "district | municipal", ["district", "municipal"], ["central"]),
        ("owner", "equals", "District", ["District"], ["district"]),
    ],
)
def test_conditions_on_buildings(field, comparison, value, passing, failing):
    """A fact that nobody knows passes and is to be checked."""
    facts = [*passing, *failing, None]
    rows = listed(
        clinics(
            buildings={f"B{i}": {field: fact} for i, fact in enumerate(facts)},
            ways={"D1": ["B0"]},
            suitability=[
                {
                    "service_id": "clinic",
                    "field": field,
                    "comparison": comparison,
                    "value": value,
                }
            ],
        )
    )
    out = [False] * len(passing) + [True] * len(failing) + [False]
    assert rows["reason"].tolist() == ["unsuitable" if o else "" for o in out]
    assert rows["field"].tolist() == [field if o else "" for o in out]
    assert rows["to_check"].tolist() == [""] * (len(facts) - 1) + [field]


def test_condition_of_one_module_and_own_entrance():
    """Only the large one needs a lift; only the small one an entrance of its own."""
    rows = listed(
        clinics(
            modules={
                "large": {"service_id": "clinic", "capacity": 90.0},
                "small": {"service_id": "clinic", "capacity": 60.0, "own_entrance": True},
            },
            buildings={
                "A": {"lift": False, "independent_access": False},
                "B": {"lift": True, "independent_access": True},
                "C": {},
            },
            suitability=[
                {
                    "service_id": "clinic",
                    "module_id": "large",
                    "field": "lift",
                    "comparison": "equals",
                    "value": "true",
                }
            ],
        )
    )
    assert rows["field"].tolist() == ["lift", "independent_access", "", "", "", ""]
    assert rows["to_check"].tolist() == ["", "", "", "", "lift", "independent_access"]


def test_first_reason_is_named_and_what_stays_is_spared():
    """A is a shop of 50 m2 without a yard: wrong class, too small, no yard; B lacks but a yard.

    The facility in A may stay there, and the commitment there holds, whatever A is.
    """
    rows = listed(
        town(
            people={"D1": 100},
            ways={"D1": "AB"},
            services={"clinic": {}, "nursery": {}},
            modules={
                "c": {"service_id": "clinic", "capacity": 60.0, "yard_m2": 30.0},
                "n": {"service_id": "nursery", "capacity": 60.0},
            },
            buildings={"A": {"class": "shop", "floor_area_m2": 50.0}, "B": {"yard_m2": 10.0}},
            facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"}},
            eligibility=[
                {"class": "office", "service_id": s, "status": "allowed"}
                for s in ("clinic", "nursery")
            ],
            locks=[
                {
                    "building_id": "A",
                    "service_id": "nursery",
                    "module_id": "n",
                    "status": "committed",
                }
            ],
        )
    )
    assert rows["reason"].to_dict() == {
        ("A", "c"): "not_eligible",
        ("A", "keep"): "",
        ("A", "n"): "",
        ("B", "c"): "too_small",
        ("B", "n"): "",
    }
    assert rows.loc[("B", "c"), "field"] == "yard_m2"
    assert rows.loc[("B", "c"), "lacking"] == 20.0


@pytest.mark.parametrize(
    ("lock", "left"),
    [
        ({}, []),
        ({"service_id": "clinic"}, ["n"]),
        ({"service_id": "clinic", "module_id": "c"}, ["keep", "n"]),
        ({"service_id": "clinic", "module_id": "keep"}, ["c", "n"]),
        ({"service_id": "nursery"}, ["c", "keep"]),
    ],
)
def test_reach_of_a_lock_that_forbids(lock, left):
    model = model_of(
        town(
            people={"D1": 100},
            ways={"D1": "A"},
            services={"clinic": {}, "nursery": {}},
            modules={
                "c": {"service_id": "clinic", "capacity": 60.0},
                "n": {"service_id": "nursery", "capacity": 60.0},
            },
            buildings={"A": {}},
            facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"}},
            locks=[{"building_id": "A", "status": "forbidden"} | lock],
        )
    )
    assert model.decisions.conversions["module_id"].tolist() == left


# --- blocks ---------------------------------------------------------------------------------------


def test_ends_of_ways():
    """The standard is 10 minutes, end included, and a breath of rounding with it."""
    minutes = {"A": 10.0, "B": 10.0 + 1e-10, "C": 10.0 + 1e-6}
    instance = clinics(ways={"D1": minutes}, buildings={b: {} for b in minutes})
    (block,) = model_of(instance).blocks
    assert block.places.tolist() == [0, 1]


def test_value_of_a_unit():
    """Weights 2, 1 and 5 of what nobody needs: 2/3 over 100 clinic units, 1/3 over 300 of care."""
    instance = clinics(
        services={
            "clinic": {"weight": 2.0},
            "care": {"weight": 1.0},
            "nobody": {"weight": 5.0},
            "weightless": {"weight": 0.0},
        },
        needs=[
            {"service_id": "clinic", "group": "all", "need_per_person": 1.0},
            {"service_id": "care", "group": "all", "need_per_person": 3.0},
            {"service_id": "weightless", "group": "all", "need_per_person": 1.0},
        ],
    )
    value = model_of(instance).value
    assert value.per_unit == pytest.approx({("clinic", 1): 2 / 300, ("care", 1): 1 / 900})
    assert [block.service_id for block in model_of(instance).blocks] == ["clinic"]


def test_merged_need_and_its_ways():
    """D1 and D2 reach A and F, whatever their minutes; D3 A alone; D4 only B, which offers nothing.

    A may take 60 or 200, of which 170 are within reach; F has 10 and is within reach of 150.
    """
    instance = clinics(
        people={"D1": 100, "D2": 50, "D3": 20, "D4": 7},
        ways={"D1": {"A": 2, "F": 9}, "D2": {"A": 7, "F": 1}, "D3": "A", "D4": "B"},
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "large": {"service_id": "clinic", "capacity": 200.0},
        },
        buildings={"A": {}, "B": {"class": "shop"}},
        facilities={"F": {"service_id": "clinic", "capacity": 10.0}},
        eligibility=[{"class": "office", "service_id": "clinic", "status": "allowed"}],
    )
    (block,) = model_of(instance).blocks
    assert block.need.tolist() == [150_000, 20_000]
    assert block.merged.tolist() == [0, 0, 1]
    assert list(zip(block.arc_need, block.arc_place, strict=True)) == [(0, 0), (0, 2), (1, 0)]
    assert block.places.tolist() == [0, 2]
    assert block.reachable.tolist() == [170_000, 150_000]
    fixed, option = block.useful_capacity()
    assert fixed.tolist() == [0, 10_000]
    assert option.tolist() == [170_000, 60_000]  # large, small
    assert not block.unlimited


def test_one_place_with_a_limit_makes_a_service_limited():
    shelter = {
        "services": {"clinic": {"kind": "reach"}},
        "modules": {"s": {"service_id": "clinic"}},
    }
    (free,) = model_of(clinics(**shelter)).blocks
    assert free.unlimited
    facilities = {"F": {"service_id": "clinic", "capacity": 5.0}}
    ways = {"D1": ["A", "B", "F"]}
    (mixed,) = model_of(clinics(**shelter, facilities=facilities, ways=ways)).blocks
    assert not mixed.unlimited
    fixed, option = mixed.useful_capacity()
    assert fixed.tolist() == [0, 0, 5_000]
    assert option.tolist() == [100_000, 100_000]


# --- program --------------------------------------------------------------------------------------


def test_columns_of_the_program():
    """Two conversions, the price of A; loads of A and B; one amount per way of the one class."""
    program = compact(model_of(clinics(buildings={"A": {"acquisition_cost": 5.0}, "B": {}})))
    assert program.column_names == (
        "open[A,clinic,small]",
        "open[B,clinic,small]",
        "used[A]",
        "load[A,clinic]",
        "load[B,clinic]",
        "serve[clinic,0,A]",
        "serve[clinic,0,B]",
    )
    assert program.integer.tolist() == [True] * 3 + [False] * 4
    assert program.grid.tolist() == [1.0] * 3 + [0.001] * 4
    assert program.upper.tolist() == [1.0] * 3 + [60.0] * 2 + [100.0] * 2
    assert program.size == (6, 7, 12)  # six rows of two
    served, money = program.tiers
    plan = np.array([1.0, 1.0, 1.0, 60.0, 40.0, 60.0, 40.0])
    assert program.broken_rows(plan) == []
    assert served.value(plan) == pytest.approx(1.0)
    assert money.value(plan) == pytest.approx(25.0)
    free = np.array([1.0, 1.0, 0.0, 60.0, 60.0, 60.0, 60.0])
    assert program.broken_rows(free) == ["acquisition[A,clinic]", "need[clinic,0]"]


def test_price_is_paid_only_where_something_new_opens():
    """A has a facility that may stay, B nothing that may come: no column for either price."""
    instance = clinics(
        modules={"n": {"service_id": "clinic", "capacity": 60.0}},
        buildings={
            "A": {"class": "shop", "acquisition_cost": 5.0},
            "B": {"class": "shop", "acquisition_cost": 5.0},
            "C": {"acquisition_cost": 7.5},
        },
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"}},
        eligibility=[{"class": "office", "service_id": "clinic", "status": "allowed"}],
    )
    decisions = model_of(instance).decisions
    bought = decisions.purchases[["building", "price"]]
    assert bought.to_numpy().tolist() == [[2, 750]]
    assert decisions.names() == ["open[A,clinic,keep]", "open[C,clinic,n]", "used[C]"]
    assert decisions.points(np.array([True, False])).tolist() == [1.0, 0.0, 0.0]
    assert decisions.points(np.array([True, True])).tolist() == [1.0, 1.0, 1.0]
    assert decisions.capital().tolist() == [0.0, 10.0, 7.5]


def test_program_without_more_rows_is_itself():
    program = Program(
        column_names=("x",),
        lower=np.zeros(1),
        upper=np.ones(1),
        integer=np.ones(1, bool),
        grid=np.ones(1),
        matrix=sparse.csr_array((0, 1)),
    )
    assert program.with_rows([]) is program
    row = Row(name="required[A]", columns=np.array([0]), coefficients=np.ones(1), lower=1)
    assert program.with_rows([row]).with_rows([row]).row_names == ("required[A]",) * 2


def test_names_that_an_lp_file_allows(tmp_path):
    """Chinese ids lose their signs; names that then agree end in their position."""
    assert lp_names(("open[甲,诊所,小]", "open[乙,诊所,小]", "used[A 1]")) == [
        "open(_,__,_)",
        "open(_,__,_)_1",
        "used(A_1)",
    ]
    instance = clinics(buildings={"甲": {}, "乙": {}}, ways={"D1": ["甲", "乙"]})
    path = tmp_path / "town.lp"
    write_lp(compact(model_of(instance)), path, tier=1)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["\\ tier money, in 1/1", "Minimize", lines[2]]
    assert lines[2].startswith(" obj: + 10 open(")
    assert lines[-1] == "End"


# --- tiers ----------------------------------------------------------------------------------------


def search(
    instance: Instance,
    engine: Callable[..., Outcome] = solve_with_highs,
    control: Control | None = None,
) -> tuple[Search, list[str]]:
    """Return the search and the buildings it opens."""
    reach = find_reach(instance, measure_travel(instance))
    model = build_model(instance, reach)
    program = compact(model)

    def evaluated(opened: Any, _floors: Any) -> Evaluation:
        return evaluate(model, program, reach, opened)

    found = search_tiers(model, program, engine, evaluated, gap=0.0, control=control or Control())
    if found.found is None:
        return found, []
    return found, model.decisions.conversions["building_id"][found.found.opened].tolist()


def two_prices(**goals: float) -> Instance:
    """A serves 60 at 10; B serves 5 more at 100."""
    return town(
        people={"D1": 60, "D2": 5, "D3": 35},
        ways={"D1": "A", "D2": "B"},
        services={"clinic": {}},
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "dear": {"service_id": "clinic", "capacity": 5.0, "works_cost": 100.0},
        },
        buildings={"A": {"class": "office"}, "B": {"class": "shop"}},
        suitability=[
            {
                "service_id": "clinic",
                "module_id": m,
                "field": "class",
                "comparison": "equals",
                "value": c,
            }
            for m, c in (("small", "office"), ("dear", "shop"))
        ],
        objective=goals,
    )


@pytest.mark.parametrize(
    ("goals", "buildings", "values", "given_up"),
    [
        ({}, ["A", "B"], (0.65, 0.65, 110.0), None),
        # 0.65 * 0.93 = 0.6045 is more than A alone, 0.65 * 0.92 = 0.598 is less.
        ({"epsilon": 0.07}, ["A", "B"], (0.65, 0.6045, 110.0), None),
        ({"epsilon": 0.08}, ["A"], (0.60, 0.598, 10.0), None),
        # B adds 5 points at 100: worth it above 20 a point. 10 - 60 * 19; 110 - 65 * 21.
        ({"worth": 19.0}, ["A"], (0.60, None, -1130.0), [False, True]),
        ({"worth": 21.0}, ["A", "B"], (0.65, None, -1255.0), [False, False]),
        # Nothing is worth its money below 10 / 60 a point.
        ({"worth": 0.1}, [], (0.0, None, 0.0), [True, True]),
    ],
)
def test_what_the_second_tier_may_give_up(goals, buildings, values, given_up):
    value, floor, second = values
    found, opened = search(two_prices(**goals))
    assert opened == buildings
    served, money = found.tiers
    assert served.value == pytest.approx(value, abs=1e-12)
    assert served.bound == pytest.approx(0.65, abs=1e-9)
    assert served.floor == (None if floor is None else pytest.approx(floor, abs=1e-9))
    assert money.value == pytest.approx(second, abs=1e-9)
    assert money.bound == pytest.approx(second, abs=1e-6)
    assert (None if found.given_up is None else found.given_up.tolist()) == given_up


def answering(*outcomes: Outcome) -> Callable[..., Outcome]:
    """Return an engine that gives these answers one after the other."""
    left = list(outcomes)

    def engine(program: Program, *_: Any, **__: Any) -> Outcome:
        outcome = left.pop(0)
        if outcome.point is None:
            return outcome
        point = np.zeros(len(program.column_names))
        point[: len(outcome.point)] = outcome.point
        return Outcome(status=outcome.status, point=point, bound=outcome.bound)

    return engine


def said(status: Any, opened: list[float] | None = None, bound: float | None = None) -> Outcome:
    return Outcome(status=status, point=None if opened is None else np.array(opened), bound=bound)


def test_values_are_recomputed_and_bounds_kept_honest():
    """An engine that says nothing of loads, and bounds that its own plans beat."""
    engine = answering(said("done", [1.0, 1.0], 0.5), said("done", [1.0, 0.9999], 300.0))
    found, opened = search(two_prices(), engine)
    assert opened == ["A", "B"]
    served, money = found.tiers
    assert (served.value, served.bound, served.gap) == (0.65, 0.65, 0.0)
    assert (money.value, money.bound, money.gap) == (110.0, 110.0, 0.0)
    assert found.limit is None


@pytest.mark.parametrize("worse", [[0.0, 1.0], [0.0, 0.0]])
def test_second_tier_may_not_lose_what_the_first_reached(worse):
    """Cheaper, but 0.05 or nothing: the plan of tier 1 stands, its money unproven."""
    found, opened = search(
        two_prices(), answering(said("done", [1.0, 1.0], 0.65), said("done", worse, 0.0))
    )
    assert opened == ["A", "B"]
    assert (found.tiers[1].value, found.tiers[1].bound) == (110.0, 0.0)


def test_limits_of_the_first_tier():
    found, _ = search(two_prices(), answering(said("limit")))
    assert (found.found, found.tiers, found.limit) == (None, (), Limit.TIME)
    found, _ = search(two_prices(), answering(said("infeasible")))
    assert found.infeasible
    plans = answering(said("limit", [1.0, 0.0], 0.65), said("limit"))
    found, opened = search(two_prices(), plans)
    assert opened == ["A"]
    assert found.limit is Limit.TIME
    assert found.tiers[0].gap == pytest.approx(0.05 / 0.6)
    assert found.tiers[1].bound is None


def test_cancelled_in_the_first_tier_the_second_is_left_out():
    """The plan found so far is the answer; an engine asked twice would fail here."""
    control = Control()
    first = answering(said("limit", [1.0, 0.0], 0.65))

    def interrupted(*args: Any, **options: Any) -> Outcome:
        control.cancelled.set()
        return first(*args, **options)

    found, opened = search(two_prices(), interrupted, control)
    assert opened == ["A"]
    assert found.limit is Limit.INTERRUPT
    assert (found.tiers[1].value, found.tiers[1].bound, found.tiers[1].gap) == (10.0, None, None)
