"""Plans by hand for tests of the report; `instances/tiny/README.md` draws the town.

The best plan of tiny costs 200: a small clinic (40) and a station (30) share A (price 100), and a
second station (30) opens in B.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from towns import table

from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.report.results import Results, gather_results
from siting.solution import (
    ACQUISITION_COLUMNS,
    CHOSEN_COLUMNS,
    SERVICE_COLUMNS,
    Provenance,
    Solution,
    Termination,
)
from siting.solvers.afterwards import Afterwards
from siting.solvers.attendance import AREA_COLUMNS
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


@cache
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
    """Return complete rows of `Solution.chosen`.

    What is not said is 0, new, nothing to check, open in every year.
    """
    usual = {**dict.fromkeys(CHOSEN_COLUMNS[3:12], 0.0), "status": "new", "to_check": "",
             "mode": "", "year": 1, "until": 9999, "private_cost": 0.0}  # fmt: skip
    return pd.DataFrame([{**usual, **row} for row in rows], columns=list(CHOSEN_COLUMNS))


def service_rows(
    instance: Instance, served: Iterable[tuple[Any, ...]], year: int | None = None
) -> pd.DataFrame:
    """Return `Solution.service` of a year: the rows given, and all other need unserved."""
    year = instance.years[-1] if year is None else year
    rows = pd.DataFrame([(*row, year) for row in served], columns=list(SERVICE_COLUMNS))
    key = ["demand_id", "group", "service_id"]
    left = instance.units.assign(need=instance.need_of(year)).set_index(key)["need"] / 1000
    left = left.sub(rows.groupby(key)["amount"].sum(), fill_value=0.0)
    left = left[left > 1e-9].rename("amount").reset_index()
    left = left.assign(place_id="", minutes=np.nan, year=year)
    return pd.concat([rows, left], ignore_index=True) if len(rows) else left[rows.columns]


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
            [{"building_id": "A", "mode": "", "year": 1, "acquisition_cost": 100.0,
              "allocated": 83.33, "unallocated": 16.67}]
        ),
        service=service_rows(instance, PLAN),
        served_today={"clinic": 300.0, "station": 0.0},
        overload=pd.DataFrame(
            [{"place_id": "F1", "service_id": "clinic", "capacity": 300.0, "load": 500.0}]
        ),
        cost=TINY_COST,
    )  # fmt: skip


def yearly_tiny() -> Instance:
    """Return tiny decided year by year, 2021 to 2023, looked at to 2025.

    10 % more people in 2022, 20 % more in 2023, as many as now in 2024, half of them in 2025. The
    office A may be bought for 100 or rented at 0.2 per m2, half of all then paid by its owner.
    """
    instance = tiny()
    plan = instance.settings.plan.model_copy(
        update={"yearly": True, "years": 3, "outlook_years": 2}
    )
    budget = instance.settings.budget.model_copy(
        update={"total": None, "years": {2021: 60.0, 2022: 140.0, 2023: 30.0}}
    )
    growth = {2022: 1.1, 2023: 1.2, 2024: 1.0, 2025: 0.5}
    ways = [
        {"building_id": "A", "mode": "buy", "acquisition_cost": 100.0},
        {"building_id": "A", "mode": "rent", "yearly_rent_per_m2": 0.2, "public_share": 0.5},
    ]
    return instance.replace(
        settings=instance.settings.model_copy(update={"plan": plan, "budget": budget}),
        population=table("population", [{"year": y, "factor": f} for y, f in growth.items()]),
        tenures=table("tenures", ways),
    )


def yearly_solution(instance: Instance) -> Solution:
    """Return a plan of `yearly_tiny`: a station rented in A from 2021, one in B in 2022 alone, a
    small clinic in C in 2023.

    A: works 15 of 30, rent 0.2 x 100 m2 / 2 = 10 a year; its owner pays 15 + 30. B: works 30.
    C: works 40. The station of A serves the 100 elderly people of D1 and 20 of D2 in each year,
    that of B the 88 of D3 in 2022, the clinic of C the 144 people of D4 in 2023.
    """
    rent = {"building_id": "A", "service_id": "station", "module_id": "station",
            "floor_area_m2": 100.0, "capacity": 120.0, "works_cost": 15.0, "rent_cost": 30.0,
            "cost": 45.0, "yearly_cost": 10.0, "mode": "rent", "year": 2021, "until": 2023,
            "private_cost": 45.0}  # fmt: skip
    short = {"building_id": "B", "service_id": "station", "module_id": "station",
             "floor_area_m2": 100.0, "capacity": 120.0, "works_cost": 30.0, "cost": 30.0,
             "yearly_cost": 10.0, "year": 2022, "until": 2022}  # fmt: skip
    late = {"building_id": "C", "service_id": "clinic", "module_id": "clinic_small",
            "floor_area_m2": 150.0, "capacity": 300.0, "works_cost": 40.0, "cost": 40.0,
            "yearly_cost": 20.0, "year": 2023, "until": 2023}  # fmt: skip
    station = [
        ("D1", "elderly", "station", "A", 100.0, 10.0),
        ("D2", "elderly", "station", "A", 20.0, 0.0),
    ]
    served = {
        2021: [*TODAY, *station],
        2022: [*TODAY, *station, ("D3", "elderly", "station", "B", 88.0, 0.0)],
        2023: [
            *TODAY, *station, ("D4", "adults", "clinic", "C", 120.0, 0.0),
            ("D4", "elderly", "clinic", "C", 24.0, 0.0),
        ],
    }  # fmt: skip
    return solution_of(
        instance,
        chosen=chosen_rows(rent, short, late),
        service=pd.concat(
            [service_rows(instance, rows, year) for year, rows in served.items()],
            ignore_index=True,
        ),
        served_today={"clinic": 300.0, "station": 0.0},
        cost={**TINY_COST, "works": 85.0, "acquisition": 0.0, "rent": 30.0, "total": 115.0,
              "unallocated": 0.0, "yearly": 40.0},
        acquisitions=pd.DataFrame(columns=list(ACQUISITION_COLUMNS)),
    )  # fmt: skip


AFTER = Afterwards(
    years=pd.DataFrame(
        {"year": [2021, 2022, 2023], "value": [0.36, 0.49, 0.35], "today": [0.12, 0.11, 0.1]}
    ),
    outlook=pd.DataFrame(
        [
            {"year": y, "service_id": "station", "need": need, "served": s, "capacity": 120.0,
             "unused": 120.0 - s}
            for y, need, s in [(2023, 300.0, 120.0), (2024, 250.0, 120.0), (2025, 125.0, 75.0)]
        ]
    ),
    attendance=pd.DataFrame(
        [
            ("clinic", "community", "c1", 60.0, "F1", 60.0, 5.0, 60.0, 300.0, "", 0.0),
            ("clinic", "community", "c2", 40.0, "", np.nan, np.nan, np.nan, np.nan, "no_room", 0.0),
        ],
        columns=list(AREA_COLUMNS),
    ),
)  # fmt: skip
"""What follows from the yearly plan, as numbers to be shown."""


def results_of(
    instance: Instance,
    solution: Solution,
    today: Iterable[tuple[Any, ...]] = (),
    lang: Any = "en",
    afterwards: Afterwards | None = None,
) -> Results:
    """Return a plan with its tables."""
    return gather_results(
        instance,
        measure_travel(instance),
        solution,
        service_rows(instance, today),
        verified=True,
        lang=lang,
        afterwards=afterwards,
    )


@cache
def tiny_results(lang: Any = "en") -> Results:
    """Return the best plan of tiny with its tables."""
    instance = tiny()
    return results_of(instance, tiny_solution(instance), TODAY, lang)
