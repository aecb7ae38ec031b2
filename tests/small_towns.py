"""The smallest towns that rules bite in, and their programs.

Every town has one demand point D1 with 100 people, unless it says otherwise, and buildings A and B
that reach it. One unit of the clinic is worth 1/100 of tier 1, that is 10 000 millionths per person
served.
"""

from __future__ import annotations

from typing import Any

from towns import town

from siting.instance.instance import Instance
from siting.model.build import Model, build_model, compact
from siting.model.program import Program
from siting.reach import find_near, find_reach
from siting.travel.measure import measure_travel


def model_of(instance: Instance) -> Model:
    travel = measure_travel(instance)
    return build_model(instance, find_reach(instance, travel), find_near(instance, travel))


def program_of(instance: Instance) -> Program:
    return compact(model_of(instance))


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


def two_years(**changes: Any) -> Instance:
    """The clinics of 2026 and 2027, one year after the other."""
    return clinics(plan={"yearly": True, "start_year": 2026, "years": 2}, **changes)
