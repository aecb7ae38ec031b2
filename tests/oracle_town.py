"""What the tables of a town say, read in plain Python and fractions for the oracle.

Nothing here knows the model, reach or verification. Need has to lie on the grid of thousandths, so
that rounding changes nothing; `Town` refuses a town whose need does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import floor
from operator import eq, ge, le, ne
from typing import Any

import numpy as np

from siting.instance.instance import Instance

TIE_MIN = 1e-9

Row = dict[str, Any]


def number(value: Any) -> Fraction | None:
    known = value is not None and not (isinstance(value, float) and np.isnan(value))
    return Fraction(repr(float(value))) if known else None


def amount(value: Any) -> Fraction:
    return number(value) or Fraction(0)


def hundredths(money: Fraction) -> Fraction:
    return Fraction(floor(money * 100 + Fraction(1, 2)), 100)


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def listed(value: Any) -> tuple[str, ...]:
    return tuple(part for part in text(value).split("|") if part)


def allows(names: Iterable[str], name: str) -> bool:
    """Whether a list, which allows everything where it is empty, allows a name."""
    names = tuple(names)
    return not names or name in names


def meets(row: Row, condition: Row) -> bool | None:
    """Whether a fact of a building meets a condition; None where nobody knows."""
    fact, value = row[condition["field"]], condition["value"]
    if fact is None or (isinstance(fact, float) and np.isnan(fact)):
        return None
    if isinstance(fact, (bool, np.bool_)):
        fact, value = str(bool(fact)).lower(), value.lower()
    elif isinstance(fact, str):
        pass
    elif condition["comparison"] == "one_of":
        return number(fact) in [Fraction(v) for v in value.split("|")]
    else:
        fact, value = number(fact), Fraction(value)
    compare = {"at_least": ge, "at_most": le, "equals": eq, "differs": ne}
    if condition["comparison"] == "one_of":
        return fact in value.split("|")
    return bool(compare[condition["comparison"]](fact, value))


@dataclass(frozen=True, eq=False)
class Unit:
    """The need of a group at a demand point for a service.

    `minutes` holds the places within its reach, `zones` its zones by kind.
    """

    point: str
    group: str
    zones: dict[str, str]
    need: dict[int, Fraction]
    minutes: dict[str, float]

    def lives_in(self, zone: str) -> bool:
        return zone in self.zones.values()


class Town:
    """The tables of an instance and what follows from them before anything is decided."""

    def __init__(self, instance: Instance) -> None:
        self.settings = instance.settings
        self.tables: dict[str, list[Row]] = {
            name: frame.to_dict("records") for name, frame in instance.tables.items()
        }
        self.buildings = {b["building_id"]: b for b in self.tables["buildings"]}
        self.services = {s["service_id"]: s for s in self.tables["services"]}
        self.modules = {m["module_id"]: m for m in self.tables["modules"]}
        self.facilities = self.tables["facilities"]
        self.fixed = [f for f in self.facilities if not text(f["building_id"])]
        self.kind_of = {z["zone_id"]: z["kind"] for z in self.tables["zones"]}
        plan = self.settings.plan
        self.yearly = plan.yearly
        first = plan.start_year or 1
        self.years = tuple(range(first, first + (plan.years if plan.yearly else 1)))
        self.first, self.last = self.years[0], self.years[-1]
        self.paid = {k["building_id"] for k in self.tables["locks"] if k["status"] == "committed"}

    def on(self, rule: str) -> bool:
        return self.settings.rules.get(rule, rule != "self_sufficiency")

    # --- zones ---

    def zones_of(self, row: Row) -> dict[str, str]:
        kinds = dict.fromkeys(self.kind_of.values())
        return {k: row[f"zone_{k}"] for k in kinds if text(row.get(f"zone_{k}"))}

    def lies_in(self, row: Row, zone: str) -> bool:
        return zone in self.zones_of(row).values()

    def zones_meant(self, said: Any) -> list[str]:
        """The zones that a row of the settings speaks of."""
        return list(said.zones) or [z for z, k in self.kind_of.items() if k == said.zone_kind]

    # --- people and need ---

    def cohort_factor(self, zones: dict[str, str], group: str, year: int) -> Fraction:
        ages = group.split("_")
        if len(ages) != 2 or not all(a.isdigit() for a in ages):
            return Fraction(1)
        rows = self.tables["cohorts"]
        own = [r for r in rows if text(r["zone_id"]) and r["zone_id"] in zones.values()]
        rows = own or [r for r in rows if not text(r["zone_id"])]
        born = {int(r["birth_year"]): amount(r["people"]) for r in rows}
        base = self.settings.base.year
        span = range(int(ages[0]), int(ages[1]) + 1)
        if base is None or any(y - a not in born for y in (year, base) for a in span):
            return Fraction(1)
        before = sum(born[base - a] for a in span)
        return sum(born[year - a] for a in span) / before if before else Fraction(1)

    def people_factor(self, point: Row, group: str, year: int) -> Fraction:
        if not self.yearly:
            return Fraction(1)
        zones = self.zones_of(point)
        order = list(dict.fromkeys(self.kind_of.values()))
        best: tuple[Any, Fraction] | None = None
        for row in self.tables["population"]:
            zone, of = text(row["zone_id"]), text(row["group"])
            if row["year"] != year or of not in ("", group):
                continue
            if zone and zone not in zones.values():
                continue
            rank = (bool(zone), bool(of), -order.index(self.kind_of[zone]) if zone else 0)
            if best is None or rank > best[0]:
                best = (rank, amount(row["factor"]))
        return best[1] if best else self.cohort_factor(zones, group, year)

    def people(self, year: int, zone: str = "") -> Fraction:
        """The people that targets count."""
        counted = self.settings.base.counted_groups or [g for g in self.groups if g != "workers"]
        if not self.yearly and not zone and self.settings.base.population:
            return amount(self.settings.base.population)
        return sum(
            amount(d[f"people_{g}"]) * self.people_factor(d, g, year)
            for d in self.tables["demand"]
            if not zone or self.lies_in(d, zone)
            for g in counted
        )

    @cached_property
    def groups(self) -> list[str]:
        return [c[7:] for c in self.tables["demand"][0] if c.startswith("people_")]

    @cached_property
    def units(self) -> dict[str, list[Unit]]:
        return {s: list(self.units_of(s)) for s in self.services}

    def units_of(self, s: str) -> Iterator[Unit]:
        rates = [r for r in self.tables["needs"] if r["service_id"] == s]
        raw = sum(
            amount(d[f"people_{r['group']}"]) * amount(r["need_per_person"])
            for d in self.tables["demand"]
            for r in rates
        )
        published = number(self.services[s]["published_need"])
        scale = published / raw if published is not None and raw else Fraction(1)
        for d in self.tables["demand"]:
            for r in rates:
                base = amount(d[f"people_{r['group']}"]) * amount(r["need_per_person"]) * scale
                if not base:
                    continue
                need = {y: base * self.people_factor(d, r["group"], y) for y in self.years}
                if any((n * 1000).denominator > 1 for n in (base, *need.values())):
                    raise ValueError(f"need of {s} at {d['demand_id']} is not in thousandths")
                yield Unit(
                    point=d["demand_id"],
                    group=r["group"],
                    zones=self.zones_of(d),
                    need=need,
                    minutes=self.within_reach(d["demand_id"], r["group"], s),
                )

    def need(self, s: str, year: int, zone: str = "") -> Fraction:
        units = (u for u in self.units[s] if not zone or u.lives_in(zone))
        return sum((u.need[year] for u in units), Fraction(0))

    # --- reach and what service is worth ---

    def steps(self, s: str) -> list[Row]:
        """The steps by which service counts less, nearest first."""
        if not self.on("decay"):
            return []
        rows = [r for r in self.tables["decay"] if r["service_id"] == s]
        return sorted(rows, key=lambda r: r["minutes"])

    def within_reach(self, point: str, group: str, s: str) -> dict[str, float]:
        steps = self.steps(s)
        limit = steps[-1]["minutes"] if steps else self.services[s]["standard_min"]
        named = {text(w["group"]) for w in self.tables["travel"]}
        own = group if group in named else ""
        return {
            w["destination_id"]: w["minutes"]
            for w in self.tables["travel"]
            if w["origin_id"] == point
            and text(w["group"]) == own
            and w["minutes"] <= limit + TIE_MIN
        }

    def worth(self, s: str, minutes: float) -> Fraction:
        steps = self.steps(s)
        reached = (r for r in steps if minutes <= r["minutes"] + TIE_MIN)
        return amount(next(reached)["value"]) if steps else Fraction(1)

    def priority(self, s: str, unit: Unit) -> Fraction:
        """How often the need of a unit counts."""
        factor = Fraction(1)
        if not self.on("priorities"):
            return factor
        for row in self.tables["priorities"]:
            zone = text(row["zone_id"])
            if (
                text(row["service_id"]) in ("", s)
                and text(row["group"]) in ("", unit.group)
                and (not zone or unit.lives_in(zone))
            ):
                factor *= amount(row["factor"])
        if not self.open_today(s) & set(unit.minutes):
            factor *= amount(self.settings.objective.blank_factor)
        return factor

    def open_today(self, s: str) -> set[str]:
        """The places of a service today, each where it stands itself."""
        return {f["facility_id"] for f in self.facilities if f["service_id"] == s}

    def walk_min(self, building: str, place: str) -> float:
        """Minutes on foot between a building and a place, in a straight line with its detour."""
        ends = {f["facility_id"]: f for f in self.facilities} | self.buildings
        a, b = ends[building], ends[place]
        metres = float(np.hypot(a["x"] - b["x"], a["y"] - b["y"]))
        settings = self.settings
        return metres * settings.travel.detour_factor / (60 * settings.speeds_m_s.walk)
