"""Plans written down by hand, for tests of the verification."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from towns import NEAR_MIN, town

from siting.instance.instance import Instance
from siting.solution import (
    ACQUISITION_COLUMNS,
    CHOSEN_COLUMNS,
    SERVICE_COLUMNS,
    Provenance,
    Solution,
    Termination,
)
from siting.travel.measure import measure_travel
from siting.travel.times import Travel
from siting.verification import CHECKS
from siting.verification.recount import Recount

YEARLY = {"yearly": True, "start_year": 2021, "years": 3}

Cells = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """A plan that breaks a rule, the words that must say so, and a neighbour that keeps it."""

    rule: str
    instance: Instance
    bad: Solution
    words: str
    good: Solution
    good_instance: Instance | None = None

    def __str__(self) -> str:
        """Name of the test."""
        return self.words.split(":")[0]


def small_town(**changes: Any) -> Instance:
    """A clinic, a nursery and a reading room; buildings A and B, which all people reach."""
    parts: dict[str, Any] = {
        "people": {"D1": 10.0, "D2": 20.0},
        "ways": {"D1": ["A", "B", "F"], "D2": ["A", "B", "F"]},
        "services": {
            "clinic": {"agency": "health"},
            "nursery": {"agency": "education"},
            "reading": {"kind": "reach", "agency": "culture"},
        },
        "modules": {
            "C10": {"service_id": "clinic", "capacity": 10.0},
            "C20": {"service_id": "clinic", "capacity": 20.0},
            "N10": {"service_id": "nursery", "capacity": 10.0},
            "R": {"service_id": "reading"},
        },
        "buildings": {"A": {}, "B": {}},
    }
    for name, change in changes.items():
        if name in {"services", "modules", "buildings"}:
            given = parts[name]
            rows = {key: given.get(key, {}) | dict(row) for key, row in change.items()}
            parts[name] = given | rows
        else:
            parts[name] = change
    facilities = parts.get("facilities", {})
    parts["ways"] = {
        d: [p for p in near if p in parts["buildings"] or p in facilities]
        if not isinstance(near, Mapping)
        else near
        for d, near in parts["ways"].items()
    }
    return town(**parts)


def opens(building_id: str, module_id: str, service_id: str = "", **cells: Any) -> Cells:
    """A chosen conversion; the first letter of a module says its service."""
    letters = {"C": "clinic", "N": "nursery", "R": "reading"}
    service = service_id or letters[module_id[0]]
    return {"building_id": building_id, "service_id": service, "module_id": module_id} | cells


def serves(demand_id: str, service_id: str, place_id: str, amount: float, **cells: Any) -> Cells:
    """Part of a unit of need."""
    row = {"demand_id": demand_id, "service_id": service_id, "place_id": place_id}
    return row | {"group": "all", "amount": amount, "minutes": NEAR_MIN} | cells


def plan(
    instance: Instance,
    *chosen: Cells,
    service: Iterable[Cells] = (),
    acquisitions: Iterable[Cells] = (),
    **fields: Any,
) -> Solution:
    """A solution; years left out are all years of the plan."""
    first, last = instance.years[0], instance.years[-1]
    opened = [{"mode": "", "year": first, "until": last, "to_check": ""} | c for c in chosen]
    bought = [{"mode": "", "year": first} | dict(a) for a in acquisitions]
    rows = [{"year": last} | dict(s) for s in service]
    bare = Solution(termination=Termination.FEASIBLE, provenance=provenance_of(instance))
    return replace(
        bare,
        chosen=_frame(opened, CHOSEN_COLUMNS),
        acquisitions=_frame(bought, ACQUISITION_COLUMNS),
        service=_frame(rows, SERVICE_COLUMNS),
        **fields,
    )


def _frame(rows: list[Cells], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({c: [row.get(c, np.nan) for row in rows] for c in columns})


def provenance_of(instance: Instance) -> Provenance:
    """Where a plan says it comes from."""
    return Provenance(
        instance=instance.name,
        instance_hash=instance.content_hash,
        base_hash="",
        scenario="",
        overrides={},
        settings={},
        synthetic="",
        engine="",
        versions={},
        options={},
        started="",
        machine="",
    )


def found(
    instance: Instance, solution: Solution, rule: str, travel: Travel | None = None
) -> list[str]:
    """What one check says."""
    recount = Recount(instance, travel or measure_travel(instance), solution)
    return [str(finding) for finding in CHECKS[rule](recount)]


def breaks_its_rule_and_its_neighbour_does_not(case: Case) -> None:
    """The test of a case."""
    assert found(case.instance, case.bad, case.rule) == [case.words]
    assert found(case.good_instance or case.instance, case.good, case.rule) == []
