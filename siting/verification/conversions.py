"""Chosen conversions, looked up in the instance's tables again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import pandas as pd

from siting.instance.instance import KEEP, Instance

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """One row of `Solution.chosen` with all that the instance says about it.

    Attributes
    ----------
    position
        Row in `Solution.chosen`, from 0.
    building, service, module
        Rows of their tables; for a kept facility `module` has the facility's figures.
    terms
        Row of `eligibility` for the building's class and the service; None where there is none.
    """

    position: int
    building_id: str
    service_id: str
    module_id: str
    status: Literal["new", "keep", "committed"]
    building: Row
    service: Row
    module: Row
    terms: Row | None

    @property
    def name(self) -> str:
        """Name in findings."""
        return f"{self.building_id}/{self.service_id}/{self.module_id}"

    @property
    def capacity(self) -> float:
        """Units of the service it can serve; infinite without a limit."""
        return capacity_or_cap(self.module["capacity"], self.service)


def is_known(value: Any) -> bool:
    """Whether a table cell says anything."""
    return not (value is None or value == "" or pd.isna(value))


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table by column name."""
    return cast("list[Row]", table.to_dict("records"))


def capacity_or_cap(capacity: Any, service: Row) -> float:
    """Return a place's own capacity, else the service's cap of people, else infinity."""
    for limit in (capacity, service["people_cap"]):
        if is_known(limit):
            return float(limit)
    return float("inf")


def matches(lock: Row, conversion: Conversion) -> bool:
    """Whether a lock speaks of a conversion; a lock's empty cell stands for any."""
    return all(
        not is_known(lock[column]) or str(lock[column]) in ("", getattr(conversion, column))
        for column in ("building_id", "service_id", "module_id")
    )


def chosen_conversions(instance: Instance, chosen: pd.DataFrame) -> Iterator[Conversion]:
    """Yield the chosen conversions that exist in the instance; any others are skipped."""
    used = instance.buildings[instance.buildings["building_id"].isin(chosen["building_id"])]
    buildings = _rows_by(used, "building_id")
    services = _rows_by(instance.services, "service_id")
    modules = _rows_by(instance.modules, "module_id")
    terms = {(t["class"], t["service_id"]): t for t in records(instance.eligibility)}
    committed = {
        (lock["building_id"], lock["service_id"], lock["module_id"])
        for lock in records(instance.locks)
        if lock["status"] == "committed"
    }
    ids = chosen[["building_id", "service_id", "module_id"]].fillna("").astype(str)
    for position, (building_id, service_id, module_id) in enumerate(
        ids.itertuples(index=False, name=None)
    ):
        keep = module_id == KEEP
        module = _kept(instance, building_id, service_id) if keep else modules.get(module_id)
        if (
            building_id not in buildings
            or service_id not in services
            or module is None
            or module["service_id"] != service_id
        ):
            continue
        building = buildings[building_id]
        is_committed = (building_id, service_id, module_id) in committed
        yield Conversion(
            position=position,
            building_id=building_id,
            service_id=service_id,
            module_id=module_id,
            status="committed" if is_committed else "keep" if keep else "new",
            building=building,
            service=services[service_id],
            module=module,
            terms=terms.get((building["class"], service_id)),
        )


def _rows_by(table: pd.DataFrame, key: str) -> dict[str, Row]:
    return {str(row[key]): row for row in records(table)}


def _kept(instance: Instance, building_id: str, service_id: str) -> Row | None:
    """Return the figures of the facility of a service that stands in a building, or None."""
    facilities = instance.facilities
    here = facilities[
        (facilities["building_id"] == building_id) & (facilities["service_id"] == service_id)
    ]
    if here.empty:
        return None
    return {
        "service_id": service_id,
        "capacity": here["capacity"].astype(float).sum(skipna=False),
        "floor_area_m2": here["floor_area_m2"].astype(float).sum(),
        "yard_m2": 0.0,
        "standalone": False,
    }
