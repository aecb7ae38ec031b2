"""Conversions, looked up in the instance's tables again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from siting.instance.instance import KEEP, NEED_GRID, Instance

Row = Mapping[str, Any]

UNLIMITED = float("inf")


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """One way to use a building for some years, with all that the instance says about it.

    Attributes
    ----------
    position
        Row in `Solution.chosen`, from 0; -1 for one that could be chosen.
    building_id, service_id, module_id, mode, year, until
        As the plan states them.
    status
        What it is by the tables.
    label
        Name in findings.
    building, service, module
        Rows of their tables; for a kept facility `module` has the facility's figures.
    terms
        Row of `eligibility` for the building's class and the service; None where there is none.
    asked
        Rows of `conditions` that hold for it; none where the rule is off, or nothing new opens.
    tenure
        Row of `tenures` for its mode; None where there is none.
    outputs
        Rows of `services` that it offers beside its own, with the capacity stated.
    """

    position: int
    building_id: str
    service_id: str
    module_id: str
    mode: str
    year: int
    until: int
    status: Literal["new", "keep", "committed"]
    label: str
    building: Row
    service: Row
    module: Row
    terms: Row | None
    asked: tuple[Row, ...]
    tenure: Row | None
    outputs: tuple[tuple[Row, Any], ...]

    @property
    def name(self) -> str:
        """Name in findings."""
        return self.label

    @property
    def capacity(self) -> float:
        """Units of the service it can serve; infinite without a limit."""
        return capacity_or_cap(self.module["capacity"], self.service)

    @property
    def offers(self) -> list[tuple[str, float]]:
        """Services that it offers, its own first, and how much of each may be used, in grains."""
        own = (self.service_id, usable(self.module["capacity"], self.service))
        return [own] + [(str(s["service_id"]), usable(c, s)) for s, c in self.outputs]

    @property
    def host_service_id(self) -> str:
        """Service that must be open in the same building; empty where it stands alone."""
        return text(self.module["host_service_id"])

    @property
    def adds_on(self) -> bool:
        """Whether it is an add-on, which lives in a host."""
        return self.host_service_id != ""

    @property
    def host_capacity(self) -> float:
        """Units that it takes from its host."""
        return number(self.module["host_capacity"]) if self.adds_on else 0.0

    @property
    def taken_area_m2(self) -> float:
        """Floor area that it takes; nothing for an add-on that takes places of its host."""
        return 0.0 if self.host_capacity > 0 else number(self.module["floor_area_m2"])

    @property
    def delay_years(self) -> float:
        """Years that approval and its conditions take before it may open."""
        years = [number(row["delay_years"]) for row in self.asked]
        return math.fsum([*years, number(self.terms["delay_years"]) if self.terms else 0.0])

    @property
    def slots(self) -> tuple[str, ...]:
        """Hours in which it takes its area; empty for all."""
        return listed(self.module["slots"])

    @property
    def tags(self) -> tuple[str, ...]:
        """What targets tell apart."""
        return listed(self.module["tags"])

    def offers_service(self, service_id: str) -> bool:
        """Whether a service is its own or among its outputs."""
        return any(offered == service_id for offered, _ in self.offers)

    def is_active(self, year: int) -> bool:
        """Whether it is open in a year."""
        return self.year <= year <= self.until


def is_known(value: Any) -> bool:
    """Whether a table cell says anything."""
    return not (value is None or value == "" or pd.isna(value))


def text(value: Any) -> str:
    """Return a table's text, empty where it is empty."""
    return str(value) if is_known(value) else ""


def number(value: Any) -> float:
    """Return a table's number, 0 where it is empty."""
    return float(value) if is_known(value) else 0.0


def listed(value: Any) -> tuple[str, ...]:
    """Return the entries of a list in a text cell."""
    return tuple(part.strip() for part in text(value).split("|") if part.strip())


def allows(value: Any, name: str) -> bool:
    """Whether a list in a text cell names something; an empty one names everything."""
    return not listed(value) or name in listed(value)


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table by column name."""
    if table.empty:
        return []
    names = list(table.columns)
    columns = [table[name].tolist() for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def capacity_or_cap(capacity: Any, service: Row) -> float:
    """Return a place's own capacity, else the service's cap of people, else infinity."""
    for limit in (capacity, service["people_cap"]):
        if is_known(limit):
            return float(limit)
    return UNLIMITED


def usable(capacity: Any, service: Row) -> float:
    """Return how much of a capacity may be used, in 1/`NEED_GRID` unit; infinite without limit."""
    share = service["max_utilisation"]
    limit = capacity_or_cap(capacity, service) * (float(share) if is_known(share) else 1.0)
    return float(np.rint(limit * NEED_GRID))


def matches(lock: Row, conversion: Conversion) -> bool:
    """Whether a lock speaks of a conversion; a lock's empty cell stands for any."""
    return all(
        text(lock[column]) in ("", getattr(conversion, column))
        for column in ("building_id", "service_id", "module_id")
    )


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All that an instance says about conversions, by id."""

    instance: Instance
    _kept: dict[tuple[str, str], Row | None] = field(default_factory=dict)

    @cached_property
    def buildings(self) -> dict[str, Row]:
        """Rows of buildings."""
        return _rows_by(self.instance.buildings, "building_id")

    @cached_property
    def services(self) -> dict[str, Row]:
        """Rows of services."""
        return _rows_by(self.instance.services, "service_id")

    @cached_property
    def modules(self) -> dict[str, Row]:
        """Rows of modules."""
        return _rows_by(self.instance.modules, "module_id")

    @cached_property
    def terms(self) -> dict[tuple[str, str], Row]:
        """Rows of eligibility by class and service."""
        return {(t["class"], t["service_id"]): t for t in records(self.instance.eligibility)}

    @cached_property
    def tenures(self) -> dict[str, dict[str, Row]]:
        """Ways to get hold of each building by mode, in the order of the table."""
        ways: dict[str, dict[str, Row]] = {}
        for row in records(self.instance.tenures):
            ways.setdefault(str(row["building_id"]), {})[str(row["mode"])] = row
        return ways

    @cached_property
    def outputs(self) -> dict[str, list[Row]]:
        """Rows of outputs by module."""
        rows: dict[str, list[Row]] = {}
        for row in records(self.instance.outputs):
            rows.setdefault(str(row["module_id"]), []).append(row)
        return rows

    @cached_property
    def commitments(self) -> dict[tuple[str, str, str], Row]:
        """Locks that commit a conversion, by building, service and module."""
        return {
            (text(lock["building_id"]), text(lock["service_id"]), text(lock["module_id"])): lock
            for lock in records(self.instance.locks)
            if lock["status"] == "committed"
        }

    @cached_property
    def suitability(self) -> list[Row]:
        """Rows of suitability."""
        return records(self.instance.suitability)

    @cached_property
    def conditions(self) -> dict[str, list[Row]]:
        """Rows of conditions of each building, where the rule is on."""
        rows: dict[str, list[Row]] = {}
        on = self.instance.rule_on("conditions")
        for row in records(self.instance.conditions) if on else []:
            rows.setdefault(str(row["building_id"]), []).append(row)
        return rows

    @cached_property
    def spaces(self) -> dict[str, list[Row]]:
        """Sub-spaces of each building that has any."""
        rows: dict[str, list[Row]] = {}
        for row in records(self.instance.spaces):
            rows.setdefault(str(row["building_id"]), []).append(row)
        return rows

    def modes(self, building_id: str) -> tuple[str, ...]:
        """Return the ways to get hold of a building; one without a name where none is stated."""
        return tuple(self.tenures.get(building_id, {"": None}))

    def conversion(
        self,
        ids: tuple[str, str, str],
        *,
        mode: str,
        year: int,
        until: int,
        position: int = -1,
    ) -> Conversion | None:
        """Return a conversion by building, service and module; None where there is no such one."""
        building_id, service_id, module_id = ids
        keep = module_id == KEEP
        module = self.kept(building_id, service_id) if keep else self.modules.get(module_id)
        if (
            building_id not in self.buildings
            or service_id not in self.services
            or module is None
            or module["service_id"] != service_id
        ):
            return None
        building = self.buildings[building_id]
        status: Literal["new", "keep", "committed"] = "keep" if keep else "new"
        if ids in self.commitments:
            status = "committed"
        label = [*ids, mode] if mode else [*ids]
        if self.instance.settings.plan.yearly:
            label.append(f"..{until}" if status == "keep" else str(year))
        return Conversion(
            position=position,
            building_id=building_id,
            service_id=service_id,
            module_id=module_id,
            mode=mode,
            year=year,
            until=until,
            status=status,
            label="/".join(label),
            building=building,
            service=self.services[service_id],
            module=module,
            terms=self.terms.get((building["class"], service_id)),
            asked=tuple(
                row
                for row in (self.conditions.get(building_id, []) if status == "new" else [])
                if text(row["service_id"]) in ("", service_id)
            ),
            tenure=self.tenures.get(building_id, {}).get(mode),
            outputs=tuple(
                (self.services[str(row["service_id"])], row["capacity"])
                for row in ([] if keep else self.outputs.get(module_id, []))
            ),
        )

    def chosen(self, chosen: pd.DataFrame) -> Iterator[Conversion]:
        """Yield the chosen conversions that exist in the instance; any others are skipped."""
        ids = chosen[["building_id", "service_id", "module_id"]].fillna("").astype(str)
        for position, (key, mode, year, until) in enumerate(
            zip(
                ids.itertuples(index=False, name=None),
                chosen["mode"],
                chosen["year"],
                chosen["until"],
                strict=True,
            )
        ):
            found = self.conversion(
                cast("tuple[str, str, str]", key),
                mode=text(mode),
                year=int(number(year)),
                until=int(number(until)),
                position=position,
            )
            if found is not None:
                yield found

    def options(self) -> Iterator[Conversion]:
        """Yield all that could newly open, each as if from the first year of the plan on."""
        years = self.instance.years
        for building_id in self.buildings:
            for module_id, module in self.modules.items():
                service_id = str(module["service_id"])
                ids = (building_id, service_id, module_id)
                if ids in self.commitments:
                    continue
                for mode in self.modes(building_id):
                    tenure = self.tenures.get(building_id, {}).get(mode)
                    if tenure is None or allows(tenure["services"], service_id):
                        found = self.conversion(ids, mode=mode, year=years[0], until=years[-1])
                        if found is not None:
                            yield found

    def kept(self, building_id: str, service_id: str) -> Row | None:
        """Return the figures of the facility of a service that stands in a building, or None."""
        key = building_id, service_id
        if key not in self._kept:
            facilities = self.instance.facilities
            here = facilities[
                (facilities["building_id"] == building_id)
                & (facilities["service_id"] == service_id)
            ]
            service = self.services.get(service_id)
            self._kept[key] = None if here.empty or service is None else _together(here, service)
        return self._kept[key]


def _together(facilities: pd.DataFrame, service: Row) -> Row:
    """Return the figures of facilities that are kept together."""
    stated = [capacity_or_cap(capacity, service) for capacity in facilities["capacity"]]
    return {
        "service_id": service["service_id"],
        "capacity": None if UNLIMITED in stated else sum(stated),
        "floor_area_m2": facilities["floor_area_m2"].astype(float).sum(),
        "yard_m2": 0.0,
        "min_load": 0.0,
        "standalone": False,
        "host_service_id": None,
        "host_capacity": 0.0,
        "spaces": "",
        "slots": "",
        "tags": "",
        "facilities": records(facilities),
    }


def _rows_by(table: pd.DataFrame, key: str) -> dict[str, Row]:
    return {str(row[key]): row for row in records(table)}
