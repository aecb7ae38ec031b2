"""A town on its way: its people, places and modules before any further rule holds in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

START = 2021


@dataclass
class Draft:
    """A town on its way: what `town` takes, and the chance that fills it."""

    rng: Random
    yearly: bool
    years: int
    people: dict[str, Any] = field(default_factory=dict)
    homes: dict[str, Any] = field(default_factory=dict)
    ways: dict[str, Any] = field(default_factory=dict)
    services: dict[str, Any] = field(default_factory=dict)
    modules: dict[str, Any] = field(default_factory=dict)
    buildings: dict[str, Any] = field(default_factory=dict)
    facilities: dict[str, Any] = field(default_factory=dict)
    eligibility: list[Any] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def one(self, choices: Sequence[T]) -> T:
        return self.rng.choice(choices)

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        return self.rng.sample(choices, min(count, len(choices)))

    def rarely(self, value: T, usual: T) -> T:
        return value if self.rng.random() < 1 / 6 else usual

    @property
    def service(self) -> str:
        return self.one(list(self.services))

    @property
    def module(self) -> str:
        return self.one(list(self.modules))

    @property
    def building(self) -> str:
        return self.one(list(self.buildings))

    @property
    def last(self) -> int:
        return START + self.years - 1

    @property
    def new_module(self) -> str:
        """A module beside the others that may be open in one building; one of those if none."""
        return f"m{len(self.modules)}" if len(self.modules) < MODULES else list(self.modules)[-1]

    def add(self, table: str, *rows: Any) -> None:
        self.tables.setdefault(table, []).extend(rows)

    def set(self, section: str, **keys: Any) -> None:
        self.settings.setdefault(section, {}).update(keys)

    def two_services(self) -> tuple[str, str]:
        a, b = self.some(list(self.services), 2)
        return a, b


MODULES = 4

ZONES = {"north": "part", "south": "part", "hill": "ward", "dale": "ward"}


def zones(d: Draft) -> dict[str, Any]:
    return {
        "zone_part": d.one(["north", "north", "south", None]),
        "zone_ward": d.one(["hill", "dale"]),
    }


def base(rng: Random) -> Draft:
    yearly = rng.random() < 1 / 2
    d = Draft(rng, yearly, rng.choice([2, 2, 2, 3]) if yearly else 5)
    houses, sizes = rng.choice(
        {2: [(2, 3), (3, 2), (2, 2)], 3: [(2, 2), (1, 3)], 5: [(2, 3), (3, 2), (3, 3), (2, 4)]}[
            d.years
        ]
    )
    groups = d.one([["all"], ["all"], ["6_7", "65p"]])
    for i in range(d.one([2, 2, 3])):
        d.people[f"D{i}"] = {g: d.one([10.0, 20.0, 35.0, 40.0]) for g in groups}
        d.homes[f"D{i}"] = zones(d)
    for s in ["clinic", "school", "station"][: d.one([1, 2, 2, 2, 3])]:
        kind = d.one(["capacity", "capacity", "capacity", "reach", "capped"])
        d.services[s] = {
            "kind": "capacity" if kind == "capacity" else "reach",
            "people_cap": 25.0 if kind == "capped" else None,
            "weight": d.one([1.0, 2.0, 3.0]),
            "rank": d.one([1.0, 2.0]),
            "agency": d.one(["east", "west"]),
        }
    for i in range(sizes):
        d.modules[f"m{i}"] = module(d, list(d.services)[i % len(d.services)])
    for i, b in enumerate("ABC"[:houses]):
        d.buildings[b] = {
            "class": d.one(["office", "office", "shop"]),
            "x": [0.0, 100.0, 1000.0][i],
            "floor_area_m2": d.one([50.0, 100.0, 150.0, 200.0]),
            "yard_m2": d.one([30.0, 30.0, 40.0]),
            "acquisition_cost": d.one([0.0, 0.0, 10.0, 25.0]),
            "yearly_rent_per_m2": d.rarely(0.03, 0.0),
            "floors": d.one([None, 1.0, 4.0]),
            **zones(d),
        }
    for f in ["F", "G"][: d.one([0, 1, 1, 2])]:
        facility(d, f, d.one([None, None, *d.buildings]))
    minutes = [4.0, 4.0, 8.0, 10.0, 10.0 + 1e-6, None]
    for point in d.people:
        near = {p: d.one(minutes) for p in [*d.buildings, *d.facilities]}
        d.ways[point] = {p: m for p, m in near.items() if m}
    d.eligibility = [
        {"class": c, "service_id": s, "status": d.one(["allowed"] * 6 + ["needs_approval"])}
        for c in ["office", "shop"]
        for s in d.services
    ]
    d.set("plan", years=d.years, yearly=yearly, start_year=START)
    d.set("budget", total=d.one([None, 30.0, 50.0, 70.0]))
    d.set("objective", **d.one([{}, {}, {}, {"epsilon": 0.125}]))
    d.set("rules")
    return d


def module(d: Draft, s: str) -> dict[str, Any]:
    limited = d.services[s]["kind"] == "capacity"
    return {
        "service_id": s,
        "capacity": d.one([10.0, 20.0, 30.0, 40.0]) if limited else None,
        "floor_area_m2": d.one([40.0, 60.0, 80.0]),
        "yard_m2": d.one([0.0, 20.0, 25.0]),
        "works_cost": d.one([10.0, 20.0, 30.0, 7.35]),
        "equipment_cost": d.rarely(5.0, 0.0),
        "yearly_cost": d.one([1.0, 2.0]),
        "standalone": d.rarely(value=True, usual=False),
    }


def facility(d: Draft, name: str, home: str | None) -> None:
    s = d.service
    taken = [(f.get("building_id"), f["service_id"]) for f in d.facilities.values()]
    limited = d.services[s]["kind"] == "capacity"
    d.facilities[name] = {
        "service_id": s,
        "building_id": None if (home, s) in taken else home,
        "capacity": d.one([5.0, 10.0, 20.0]) if limited else None,
        "floor_area_m2": d.one([0.0, 50.0]),
        "tags": d.one(["", "old"]),
        **zones(d),
    }
