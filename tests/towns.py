"""Small complete towns in memory, for tests of model and engines.

Only what a test is about need be said: everybody is in one group ``all`` and needs one unit of every
service, every class of building allows every service, and a place is reached where `ways` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

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
    return pd.DataFrame(columns)


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
    locks: Iterable[Row] = (),
    zones: Mapping[str, str] | None = None,
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
    settings
        Sections of `instance.toml`.
    """
    demand = []
    for demand_id, count in people.items():
        groups = count if isinstance(count, Mapping) else {"all": count}
        row = {f"people_{g}": float(n) for g, n in groups.items()}
        demand.append({"demand_id": demand_id, "x": 0.0, "y": 0.0, **row})
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
        "zones": [{"zone_id": z, "kind": kind} for z, kind in (zones or {}).items()],
        "locks": locks,
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
