"""Plans by hand for tests of the report; `instances/tiny/README.md` draws the town.

The best plan of tiny costs 200: a small clinic (40) and a station (30) share A (price 100), and a
second station (30) opens in B.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.report.results import Results, gather_results
from siting.solution import (
    CHOSEN_COLUMNS,
    SERVICE_COLUMNS,
    Provenance,
    Solution,
    Termination,
)
from siting.travel.measure import measure_travel

TINY = Path(__file__).parents[1] / "instances" / "tiny"

Row = Mapping[str, Any]

# Who is served where: F1 has 300 places and A another 300; the stations hold 120 each.
TODAY = [("D1", "adults", "clinic", "F1", 300.0, 0.0)]
PLAN = [
    *TODAY,
    ("D2", "adults", "clinic", "A", 300.0, 0.0),
    ("D1", "elderly", "station", "A", 100.0, 10.0),
    ("D2", "elderly", "station", "A", 20.0, 0.0),
    ("D2", "elderly", "station", "B", 30.0, 10.0),
    ("D3", "elderly", "station", "B", 80.0, 0.0),
]


def tiny() -> Instance:
    """Return the bundled town that is solved by hand."""
    return read_instance(TINY)[0]


def tiny_chosen() -> pd.DataFrame:
    """Return the conversions of the best plan.

    A costs 100 for 300 m2: the clinic's 150 m2 are charged 50, the station's 100 m2 33.33, and
    16.67 are left over.
    """
    return chosen_rows(
        {"building_id": "A", "service_id": "clinic", "module_id": "clinic_small",
         "floor_area_m2": 150.0, "capacity": 300.0, "works_cost": 40.0,
         "acquisition_cost": 50.0, "cost": 90.0, "yearly_cost": 20.0},
        {"building_id": "A", "service_id": "station", "module_id": "station",
         "floor_area_m2": 100.0, "capacity": 120.0, "works_cost": 30.0,
         "acquisition_cost": 33.33, "cost": 63.33, "yearly_cost": 10.0},
        {"building_id": "B", "service_id": "station", "module_id": "station",
         "floor_area_m2": 100.0, "capacity": 120.0, "works_cost": 30.0, "cost": 30.0,
         "yearly_cost": 10.0},
    )  # fmt: skip


TINY_COST = {
    "works": 100.0,
    "equipment": 0.0,
    "acquisition": 100.0,
    "rent": 0.0,
    "total": 200.0,
    "unallocated": 16.67,
    "yearly": 40.0,
}


def chosen_rows(*rows: Row) -> pd.DataFrame:
    """Return complete rows of `Solution.chosen`; what is not said is 0, new, nothing to check."""
    numbers = dict.fromkeys(CHOSEN_COLUMNS[3:12], 0.0)
    return pd.DataFrame(
        [{**numbers, "status": "new", "to_check": "", **row} for row in rows],
        columns=list(CHOSEN_COLUMNS),
    )


def service_rows(instance: Instance, served: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Return `Solution.service`: the rows given, and all other need unserved."""
    rows = pd.DataFrame(list(served), columns=list(SERVICE_COLUMNS))
    key = ["demand_id", "group", "service_id"]
    left = instance.units.set_index(key)["need"] / 1000
    left = left.sub(rows.groupby(key)["amount"].sum(), fill_value=0.0)
    left = left[left > 1e-9].rename("amount").reset_index()
    return pd.concat([rows, left.assign(place_id="", minutes=np.nan)], ignore_index=True)


def solution_of(instance: Instance, **fields: Any) -> Solution:
    """Return a solution with a made-up provenance."""
    provenance = Provenance(
        instance=instance.name,
        instance_hash=instance.content_hash,
        base_hash=instance.content_hash,
        scenario="",
        overrides={},
        settings=instance.settings.model_dump(mode="json"),
        synthetic=instance.settings.synthetic,
        engine="highs",
        versions={"siting": "0"},
        options={"gap": 0.01},
        started="2026-01-05T09:30:00+00:00",
        machine="paper and pencil",
    )
    costs = dict.fromkeys(TINY_COST, 0.0)
    usual: dict[str, Any] = {
        "termination": Termination.OPTIMAL,
        "objective": 0.5,
        "bound": 0.5,
        "cost": costs,
        "service": service_rows(instance, []),
        "chosen": chosen_rows(),
        "provenance": provenance,
    }
    return Solution(**{**usual, **fields})


def tiny_solution(instance: Instance) -> Solution:
    """Return the best plan of tiny."""
    return solution_of(
        instance,
        objective=0.7,
        bound=0.7,
        today=0.12,
        chosen=tiny_chosen(),
        acquisitions=pd.DataFrame(
            [{"building_id": "A", "acquisition_cost": 100.0, "allocated": 83.33,
              "unallocated": 16.67}]
        ),
        service=service_rows(instance, PLAN),
        served_today={"clinic": 300.0, "station": 0.0},
        overload=pd.DataFrame(
            [{"place_id": "F1", "service_id": "clinic", "capacity": 300.0, "load": 500.0}]
        ),
        cost=TINY_COST,
    )  # fmt: skip


def results_of(
    instance: Instance,
    solution: Solution,
    today: Iterable[tuple[Any, ...]] = (),
    lang: Any = "en",
) -> Results:
    """Return a plan with its tables."""
    return gather_results(
        instance,
        measure_travel(instance),
        solution,
        service_rows(instance, today),
        verified=True,
        lang=lang,
    )


def tiny_results(lang: Any = "en") -> Results:
    """Return the best plan of tiny with its tables."""
    instance = tiny()
    return results_of(instance, tiny_solution(instance), TODAY, lang)
