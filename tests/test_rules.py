"""Rules one by one: the registry, and for each the linear program of the smallest town it bites in.

Every town below has one demand point D1 with 100 people, unless it says otherwise, and buildings A
and B that reach it. One unit of the clinic is worth 1/100 of tier 1, that is 10 000 millionths per
person served. `tests/golden/<rule>.lp` holds the program of tier 1; the text of each case says
which lines the rule put there, or kept out, and why. The lines that every program has are

* ``load(P,s): sum of serve(s,k,P) - load(P,s) = 0``, the load of a place;
* ``capacity(P,s): load(P,s) - capacity * open(P,s,m) <= existing capacity``.

The file of a new rule is written by `write_lp` and then read line by line against its case.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import highspy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_brute_force import examples
from towns import random_town, town

from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.model.build import build_model, compact
from siting.model.lp import write_lp
from siting.model.program import Program
from siting.model.rules import ADMISSION_RULES, DECISION_RULES, SERVICE_RULES
from siting.reach import find_reach
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs
from siting.travel.measure import measure_travel
from siting.verification import CHECKS

GOLDEN = Path(__file__).parent / "golden"


def program_of(instance: Instance) -> Program:
    return compact(build_model(instance, find_reach(instance, measure_travel(instance))))


def lp_of(instance: Instance, path: Path) -> str:
    write_lp(program_of(instance), path)
    return path.read_text(encoding="utf-8")


def clinics(**changes: Any) -> Instance:
    """One service, one module for 60 people, 100 m2 at 10; A and B of 1000 m2."""
    parts: dict[str, Any] = {
        "people": {"D1": 100},
        "ways": {"D1": "AB"},
        "services": {"clinic": {}},
        "modules": {"small": {"service_id": "clinic", "capacity": 60.0}},
        "buildings": {"A": {}, "B": {}},
    }
    return town(**parts | changes)


def in_one_building(**changes: Any) -> Instance:
    """A clinic and a nursery, each for 60 people on 100 m2, in the one building A."""
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


def eligibility() -> Instance:
    """A is an office, B a shop, and only offices may become clinics: no open(B,clinic,small)."""
    return clinics(
        buildings={"A": {}, "B": {"class": "shop"}},
        eligibility=[
            {"class": "office", "service_id": "clinic", "status": "needs_approval"},
            {"class": "shop", "service_id": "clinic", "status": "forbidden"},
        ],
    )


def suitability() -> Instance:
    """Clinics need two floors; B has one, A nobody knows, which passes: no open(B,clinic,small)."""
    return clinics(
        buildings={"A": {}, "B": {"floors": 1.0}},
        suitability=[
            {"service_id": "clinic", "field": "floors", "comparison": "at_least", "value": "2"}
        ],
    )


def fit() -> Instance:
    """The module takes 100 m2; A has exactly that, B 99 m2: no open(B,clinic,small)."""
    return clinics(buildings={"A": {"floor_area_m2": 100.0}, "B": {"floor_area_m2": 99.0}})


def forbidden() -> Instance:
    """A lock forbids B, and with it the facility that could be kept there.

    Neither open(B,clinic,small) nor open(B,clinic,keep) is there.
    """
    return clinics(
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "B"}},
        locks=[{"building_id": "B", "status": "forbidden"}],
    )


def required() -> Instance:
    """A must open with either size: ``required(A): open(A,.,large) + open(A,.,small) >= 1``."""
    return clinics(
        buildings={"A": {}},
        ways={"D1": "A"},
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "large": {"service_id": "clinic", "capacity": 80.0},
        },
        locks=[{"building_id": "A", "status": "required"}],
    )


def committed() -> Instance:
    """The clinic in A is open: ``committed(A,clinic,small): open(A,clinic,small) >= 1``.

    It is paid already: of a budget of 10 it takes nothing, and B alone is in that row.
    """
    return clinics(
        locks=[
            {
                "building_id": "A",
                "service_id": "clinic",
                "module_id": "small",
                "status": "committed",
            }
        ],
        budget={"total": 10},
    )


def one_module() -> Instance:
    """A is a clinic of one size, keeps what is there, or neither: the sum of the three <= 1."""
    return clinics(
        buildings={"A": {}},
        ways={"D1": "A"},
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "large": {"service_id": "clinic", "capacity": 80.0},
        },
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"}},
    )


def standalone() -> Instance:
    """The nursery wants A for itself, so that one of the two stays out: their sum <= 1."""
    return in_one_building(
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0},
            "n": {"service_id": "nursery", "capacity": 60.0, "standalone": True},
        }
    )


def floor_area() -> Instance:
    """Two modules of 100 m2 in 150 m2: ``floor_area(A): 100 + 100 <= 150``."""
    return in_one_building(buildings={"A": {"floor_area_m2": 150.0}})


def yard() -> Instance:
    """Yards of 20 and 30 m2 in one of 40 m2: ``yard(A): 20 c + 30 n <= 40``."""
    return in_one_building(
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0, "yard_m2": 20.0},
            "n": {"service_id": "nursery", "capacity": 60.0, "yard_m2": 30.0},
        },
        buildings={"A": {"yard_m2": 40.0}},
    )


def acquisition() -> Instance:
    """A costs 50, whatever opens there: one row per service, ``open - used(A) <= 0``.

    Keeping F in A buys nothing, so that it is in no such row.
    """
    return in_one_building(
        buildings={"A": {"acquisition_cost": 50.0}},
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"}},
    )


def budget() -> Instance:
    """Of 100, A takes 10 * 1.5 + 0.2 * 100 m2 works, 5 equipment, 0.1 * 100 m2 * 5 years rent.

    In all 35 + 5 + 50 = 90, and 30.25 to buy it, once: ``90 open(A) + 90 open(B) + 30.25 used(A)
    <= 100``, since B has the same rent but is free.
    """
    rented = {"yearly_rent_per_m2": 0.1}
    return clinics(
        modules={"small": {"service_id": "clinic", "capacity": 60.0, "equipment_cost": 5.0}},
        buildings={"A": rented | {"acquisition_cost": 30.25}, "B": rented},
        eligibility=[
            {
                "class": "office",
                "service_id": "clinic",
                "status": "allowed",
                "cost_factor": 1.5,
                "extra_works_per_m2": 0.2,
            }
        ],
        plan={"years": 5},
        budget={"total": 100},
    )


def agency_budget() -> Instance:
    """The health agency has 15, the nursery's none of its own.

    The clinic takes 100 of A's 400 m2, so that of A's price of 60 the agency is charged 15: with
    works of 10, ``25 open(A,clinic,c) <= 15``. The nursery is in no row.
    """
    return in_one_building(
        services={"clinic": {"agency": "health"}, "nursery": {"agency": "education"}},
        buildings={"A": {"floor_area_m2": 400.0, "acquisition_cost": 60.0}},
        budget={"agencies": {"health": 15}},
    )


def yearly_cost() -> Instance:
    """Running costs of 2 each, 3 in all: ``2 open(A) + 2 open(B) <= 3``."""
    return clinics(
        modules={"small": {"service_id": "clinic", "capacity": 60.0, "yearly_cost": 2.0}},
        budget={"yearly_cost": 3},
    )


def minimum_per_zone() -> Instance:
    """Two clinics in each zone: west has F and lacks one, which only A can be; east lacks both.

    ``minimum_per_zone(clinic,west): open(A) >= 1``,
    ``minimum_per_zone(clinic,east): open(B) >= 2``,
    the last of which no plan keeps.
    """
    return clinics(
        buildings={"A": {"zone_part": "west"}, "B": {"zone_part": "east"}},
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "zone_part": "west"}},
        zones={"west": "part", "east": "part"},
        minimum_per_zone=[{"service_id": "clinic", "zone_kind": "part", "count": 2}],
    )


def need() -> Instance:
    """D1 may be served from A and B, in parts, but no more than its 100.

    ``need(clinic,0): serve(clinic,0,A) + serve(clinic,0,B) <= 100``. D2 reaches B alone, where the
    bound of its one amount, 30, says the same. A unit is worth 1e6 / 130.
    """
    return clinics(people={"D1": 100, "D2": 30}, ways={"D1": "AB", "D2": "B"})


def reach() -> Instance:
    """Shelter without limits: D1 reaches A within its 10 minutes, B takes 11, so that B is nowhere.

    ``reach(shelter,1): serve(shelter,1) - open(A,shelter,s) <= 0`` for D1. D2 reaches F, which is
    open already, and needs no row. Who is served adds up in ``load(shelter): 40 v0 + 100 v1 =
    load(shelter)``, worth 1e6 / 140 each; classes count from the first to be met, D2 of 40 first.
    """
    return clinics(
        people={"D0": 40, "D1": 100},
        ways={"D0": {"F": 1}, "D1": {"A": 10, "B": 11}},
        services={"shelter": {"kind": "reach"}},
        modules={"s": {"service_id": "shelter"}},
        facilities={"F": {"service_id": "shelter"}},
    )


def capacity() -> Instance:
    """A serves what opens there: 60, or with the large module 150, cut to the 100 within reach.

    ``capacity(A,clinic): load(A,clinic) - 60 small - 100 large <= 0``. F serves 10 anyway: the
    bound of its load.
    """
    return clinics(
        buildings={"A": {}},
        ways={"D1": "AF"},
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "large": {"service_id": "clinic", "capacity": 150.0},
        },
        facilities={"F": {"service_id": "clinic", "capacity": 10.0}},
    )


CASES: dict[str, Callable[[], Instance]] = {
    case.__name__: case
    for case in (
        eligibility,
        suitability,
        fit,
        forbidden,
        required,
        committed,
        one_module,
        standalone,
        floor_area,
        yard,
        acquisition,
        budget,
        agency_budget,
        yearly_cost,
        minimum_per_zone,
        need,
        reach,
        capacity,
    )
}


def test_every_rule_is_modelled_verified_and_shown():
    kinds = {"admission": ADMISSION_RULES, "decisions": DECISION_RULES, "service": SERVICE_RULES}
    modelled = {rule.__name__: kind for kind, rules in kinds.items() for rule in rules}
    assert modelled == {rule.id: rule.touches for rule in RULES.values()}
    assert set(RULES) <= set(CHECKS)
    assert set(CASES) == set(RULES)
    assert {path.stem for path in GOLDEN.glob("*")} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_states_its_inequality(rule):
    functions = {f.__name__: f for f in (*ADMISSION_RULES, *DECISION_RULES, *SERVICE_RULES)}
    assert ".. math::" in (functions[rule].__doc__ or "")


@pytest.mark.parametrize("rule", RULES)
def test_program_is_the_golden_one(rule, tmp_path):
    golden = (GOLDEN / f"{rule}.lp").read_text(encoding="utf-8")
    assert lp_of(CASES[rule](), tmp_path / "now.lp") == golden


@pytest.mark.parametrize("rule", [r.id for r in RULES.values() if r.switchable])
def test_switched_off_a_rule_leaves_the_program(rule, tmp_path):
    on = CASES[rule]()
    off = on.replace(settings=on.settings.model_copy(update={"rules": {rule: False}}))
    program = lp_of(off, tmp_path / "off.lp")
    assert program != lp_of(on, tmp_path / "on.lp")
    assert f" {rule}(" not in program


def optimum_read(path: Path) -> float | None:
    """Return the optimum that HiGHS finds in a file, None where there is none."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return float(highs.getInfo().objective_function_value)


@given(st.integers(0, 2**32 - 1))
@examples(20)
def test_lp_file_says_what_the_program_says(tmp_path_factory, seed):
    program = program_of(random_town(seed))
    if not program.column_names:
        return
    path = tmp_path_factory.mktemp("lp") / "town.lp"
    for tier, objective in enumerate(program.tiers):
        write_lp(program, path, tier=tier)
        outcome = solve_with_highs(program, objective, gap=0.0, start=None, control=Control())
        read = optimum_read(path)
        assert (read is None) == (outcome.point is None)
        if outcome.point is not None and read is not None:
            expected = objective.value(outcome.point) * objective.scale
            assert read == pytest.approx(expected, abs=1e-4)
