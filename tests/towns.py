"""Small complete towns in memory, for tests of model and engines.

Only what a test is about need be said: everybody is in one group ``all`` and needs one unit of
every service, every class of building allows every service, and `ways` says who reaches what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.given import frame_of
from siting.instance.instance import Instance
from siting.instance.settings import Settings
from siting.instance.tables import TABLES

Row = Mapping[str, Any]
Rows = Mapping[str, Row]

STANDARD_MIN = 10.0
NEAR_MIN = 5.0

_DEFAULTS: dict[str, Row] = {
    "services": {"kind": "capacity", "standard_min": STANDARD_MIN},
    "modules": {"floor_area_m2": 100.0, "works_cost": 10.0},
    "buildings": {"class": "office", "floor_area_m2": 1000.0, "x": 0.0, "y": 0.0},
    "facilities": {"x": 0.0, "y": 0.0},
    "targets": {"unit": "unit"},
}


def table(name: str, rows: Iterable[Row]) -> pd.DataFrame:
    """Return complete rows of a table, typed as reading types them."""
    rows = [{**_DEFAULTS.get(name, {}), **row} for row in rows]
    declared = {c.name: c for c in TABLES[name].columns if not c.pattern}
    names = [*declared, *dict.fromkeys(n for row in rows for n in row if n not in declared)]
    columns = {}
    for column in names:
        says = declared.get(column) or TABLES[name].column(column)
        assert says is not None, f"{name} has no column {column}"
        values = [row.get(column, says.default) for row in rows]
        if says.type in {"number", "integer"}:
            columns[column] = np.array([np.nan if v is None else v for v in values], float)
        else:
            columns[column] = np.array([*values, None], dtype=object)[:-1]
    return frame_of(columns)


def town(
    *,
    people: Mapping[str, float | Mapping[str, float]],
    ways: Mapping[str, Mapping[str, float] | Iterable[str]],
    services: Rows,
    modules: Rows | None = None,
    buildings: Rows | None = None,
    facilities: Rows | None = None,
    needs: Iterable[Row] | None = None,
    eligibility: Iterable[Row] | None = None,
    suitability: Iterable[Row] = (),
    conditions: Iterable[Row] = (),
    locks: Iterable[Row] = (),
    zones: Mapping[str, str] | None = None,
    homes: Rows | None = None,
    population: Iterable[Row] = (),
    cohorts: Iterable[Row] = (),
    funds: Iterable[Row] = (),
    spaces: Iterable[Row] = (),
    tenures: Iterable[Row] = (),
    outputs: Iterable[Row] = (),
    links: Iterable[Row] = (),
    pairs: Iterable[Row] = (),
    preferences: Iterable[Row] = (),
    priorities: Iterable[Row] = (),
    decay: Iterable[Row] = (),
    targets: Iterable[Row] = (),
    **settings: Any,
) -> Instance:
    """Return an instance.

    Parameters
    ----------
    people
        By demand point: a number, or numbers by group.
    ways
        By demand point the places it reaches: their minutes, or names that are `NEAR_MIN` away.
    services, modules, buildings, facilities
        Rows by id.
    zones
        Kind by zone.
    homes
        By demand point its zones by column, as ``{"D1": {"zone_part": "north"}}``.
    settings
        Sections of `instance.toml`.

    The other tables are given by their rows.
    """
    demand = []
    for demand_id, count in people.items():
        groups = count if isinstance(count, Mapping) else {"all": count}
        row = {f"people_{g}": float(n) for g, n in groups.items()}
        home = (homes or {}).get(demand_id, {})
        demand.append({"demand_id": demand_id, "x": 0.0, "y": 0.0, **row, **home})
    groups = list(dict.fromkeys(c[7:] for row in demand for c in row if c.startswith("people_")))
    if needs is None:
        needs = [
            {"service_id": s, "group": g, "need_per_person": 1.0} for s in services for g in groups
        ]
    houses = _named("building_id", buildings or {})
    if eligibility is None:
        classes = sorted({row.get("class", "office") for row in houses}) or ["office"]
        eligibility = [
            {"class": c, "service_id": s, "status": "allowed"} for c in classes for s in services
        ]
    minutes = [
        {"origin_id": d, "destination_id": p, "minutes": m}
        for d, near in ways.items()
        for p, m in (near if isinstance(near, Mapping) else dict.fromkeys(near, NEAR_MIN)).items()
    ]
    tables = {
        "demand": demand,
        "services": _named("service_id", services),
        "needs": needs,
        "modules": _named("module_id", modules or {}),
        "buildings": houses,
        "facilities": _named("facility_id", facilities or {}),
        "eligibility": eligibility,
        "suitability": suitability,
        "conditions": conditions,
        "zones": [{"zone_id": z, "kind": kind} for z, kind in (zones or {}).items()],
        "locks": locks,
        "population": population,
        "cohorts": cohorts,
        "funds": funds,
        "spaces": spaces,
        "tenures": tenures,
        "outputs": outputs,
        "links": links,
        "pairs": pairs,
        "preferences": preferences,
        "priorities": priorities,
        "decay": decay,
        "targets": targets,
        "travel": minutes,
    }
    return Instance(
        name="town",
        settings=Settings.model_validate(
            {"crs": "EPSG:32650", "travel": {"source": "table"}, **settings}
        ),
        **{name: table(name, rows) for name, rows in tables.items()},
    )


def _named(column: str, rows: Rows) -> list[dict[str, Any]]:
    return [{column: name, **row} for name, row in rows.items()]


def random_town(seed: int) -> Instance:
    """Return a town of at most 14 conversions in which most rules bite now and then.

    Drawn evenly from a seed: towns that Hypothesis builds choice by choice resemble one another so
    much that many rules never bite.
    """
    rng = Random(seed)  # noqa: S311
    one = rng.choice

    def rarely(value: Any, usual: Any = None) -> Any:
        return value if rng.random() < 1 / 6 else usual

    groups = one([["all"], ["young", "old"]])
    points = [f"D{i}" for i in range(one([1, 2, 2, 3]))]
    people = {d: {g: one([10.0, 20.0, 35.0, 0.0]) for g in groups} for d in points}
    services = {}
    for s in ["clinic", "station", "school"][: one([1, 2, 2, 3])]:
        kind = one(["capacity", "capacity", "reach", "capped"])
        services[s] = {
            "kind": "capacity" if kind == "capacity" else "reach",
            "people_cap": 25.0 if kind == "capped" else None,
            "weight": one([1.0, 2.0, 3.0, 1.0, 0.0]),
            "agency": one(["east", "west"]),
        }
    needs = [
        {"service_id": s, "group": g, "need_per_person": one([1.0, 1.0, 0.5])}
        for s in services
        for g in groups
    ]
    modules = {}
    for i in range(one([2, 3, 3, 4])):
        s = one(list(services))
        limited = services[s]["kind"] == "capacity"
        modules[f"m{i}"] = {
            "service_id": s,
            "capacity": one([10.0, 20.0, 30.0]) if limited else rarely(15.0),
            "floor_area_m2": one([40.0, 60.0, 80.0]),
            "yard_m2": one([0.0, 20.0, 25.0]),
            "works_cost": one([10.0, 20.0, 30.0, 7.35]),
            "equipment_cost": rarely(5.0, 0.0),
            "yearly_cost": one([1.0, 2.0]),
            "standalone": one([False, False, True]),
            "max_floor": rarely(2.0),
            "own_entrance": rarely(value=True, usual=False),
        }
    zones = ["north", "north", "south", None]
    buildings = {
        b: {
            "class": one(["office", "office", "shop"]),
            "floor_area_m2": one([50.0, 100.0, 150.0, 200.0]),
            "yard_m2": one([0.0, 30.0, 30.0, 40.0]),
            "acquisition_cost": one([0.0, 0.0, 10.0, 25.0]),
            "yearly_rent_per_m2": rarely(0.03, 0.0),
            "floors": one([None, 1.0, 4.0]),
            "basement_area_m2": rarely(20.0),
            "independent_access": one([None, True, False]),
            "zone_part": one(zones),
        }
        for b in ["A", "B", "C"][: one([2, 2, 3, 3])]
    }
    facilities: dict[str, dict[str, Any]] = {}
    for f in ["F", "G"][: one([0, 1, 1, 2])]:
        s = one(list(services))
        home = one([None, *buildings])
        taken = [(g["building_id"], g["service_id"]) for g in facilities.values()]
        limited = services[s]["kind"] == "capacity"
        facilities[f] = {
            "service_id": s,
            "building_id": None if (home, s) in taken else home,
            "capacity": one([5.0, 12.0]) if limited else rarely(10.0),
            "floor_area_m2": one([0.0, 50.0]),
            "zone_part": one(zones),
        }
    minutes = [4.0, 4.0, 10.0, 10.0, 10.0 + 1e-6, None]
    ways = {d: {p: one(minutes) for p in [*buildings, *facilities]} for d in points}
    ways = {d: {p: m for p, m in row.items() if m} for d, row in ways.items()}
    ways[points[0]]["A"] = 4.0  # a travel table is not empty
    eligibility = [
        {
            "class": c,
            "service_id": s,
            "status": one(["allowed"] * 5 + ["needs_approval", "forbidden"]),
            "cost_factor": rarely(1.5, 1.0),
            "extra_works_per_m2": rarely(0.05, 0.0),
        }
        for c in ["office", "shop"]
        for s in services
        if rarely(value=False, usual=True)
    ]
    condition = {"service_id": "clinic", "field": "floors", "comparison": "at_least", "value": "2"}
    locks = {}
    for _ in range(one([0, 0, 0, 1, 2])):
        m, b = one(list(modules)), one(list(buildings))
        status = one(["required", "forbidden", "committed"])
        depth = 2 if status == "committed" else one([0, 1, 2])
        s = modules[m]["service_id"]
        what = {"building_id": b}
        if depth >= 1:
            what["service_id"] = s
        if depth == 2:
            what["module_id"] = m if status == "committed" else rarely("keep", m)
        locks[tuple(what.values())] = what | {"status": status}
    minimum = {
        "service_id": one(list(services)),
        "zone_kind": "part",
        "zones": one([("north",), ("north",), ()]),
    }
    off = one(
        [None] * 20
        + ["floor_area", "yard", "standalone", "budget", "fit", "eligibility", "suitability"]
        + ["forbidden", "required", "agency_budget", "yearly_cost", "minimum_per_zone"]
    )
    return town(
        people=people,
        ways=ways,
        services=services,
        modules=modules,
        buildings=buildings,
        facilities=facilities,
        needs=needs,
        eligibility=eligibility,
        suitability=[condition] if rng.random() < 1 / 3 else [],
        locks=list(locks.values()),
        zones={"north": "part", "south": "part"},
        plan={"years": 5},
        budget={
            "total": one([None, 20.0, 40.0, 60.0]),
            "yearly_cost": one([None, None, 3.0]),
            "agencies": one([{}, {}, {"east": 30.0}, {"east": 20.0, "west": 35.0}]),
        },
        minimum_per_zone=[minimum] if rng.random() < 1 / 4 else [],
        rules={off: False} if off else {},
        objective=one([{}, {}, {}, {"epsilon": 0.125}, {"worth": 0.75}]),
    )
