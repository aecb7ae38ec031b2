"""The most that open places can serve, service by service and year by year.

No rule ties the amounts of two services or of two years, so that for given openings each service
of each year is a linear program of its own, of some dozens of amounts. Where amounts count alike
and no rule ties them it is a maximum flow, whose value is its smallest cut, found by looking at
all of them; else the program is solved in fractions with a proof by duality (`oracle_simplex`).
Both are exact for the data as they stand.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

from oracle_options import ZERO, Offers, Option, stated, usable
from oracle_simplex import maximise
from oracle_town import Town, Unit, amount, number, text

SERVICE_RULES = ("zone_floor", "min_load", "own_zone", "outside_supply")

Key = tuple[str, int, frozenset[tuple[str, Fraction | None]], frozenset[tuple[str, Fraction]]]


class Supply:
    """What can be served with given openings, computed once for each set of places."""

    def __init__(self, town: Town, options: list[Option]) -> None:
        self.town = town
        self.options = options
        self.known: dict[Key, Fraction | None] = {}
        self.priority = {u: town.priority(s, u) for s, units in town.units.items() for u in units}
        self.everywhere = {s: self.possible(s) for s in town.services}
        self.outside = {f["facility_id"] for f in town.facilities if f["outside"]}
        self.facilities = {
            s: {
                f["facility_id"]: usable(town, s, stated(town, f))
                for f in town.fixed
                if f["service_id"] == s
            }
            for s in town.services
        }

    def possible(self, s: str) -> set[str]:
        """Places that offer a service or could."""
        fixed = {f["facility_id"] for f in self.town.fixed if f["service_id"] == s}
        return fixed | {o.building for o in self.options if o.gives(s)}

    def places(self, s: str, year: int, plan: tuple[Option, ...]) -> Offers:
        """The open places of a service with what each may serve."""
        found: Offers = dict(self.facilities[s])
        for o in plan:
            if o.open_in(year) and s in o.offers:
                before, more = found.get(o.building, ZERO), o.offers[s]
                found[o.building] = None if None in (before, more) else before + more
        return found

    def open_places(self, s: str, year: int, plan: tuple[Option, ...]) -> set[str]:
        fixed = set(self.facilities[s])
        return fixed | {o.building for o in plan if o.open_in(year) and o.gives(s)}

    def base(self, s: str, year: int) -> Fraction:
        """The need of a service as it counts in tier 1."""
        return sum((self.priority[u] * u.need[year] for u in self.town.units[s]), ZERO)

    def credit(self, s: str, year: int, plan: tuple[Option, ...]) -> Fraction | None:
        """The most need served, as it counts; None where no amounts keep the rules."""
        places, floors = self.places(s, year, plan), self.least_loads(s, year, plan)
        key = (s, year, frozenset(places.items()), frozenset(floors.items()))
        if key not in self.known:
            self.known[key] = self.most(s, year, places, floors)
        return self.known[key]

    def least_loads(self, s: str, year: int, plan: tuple[Option, ...]) -> dict[str, Fraction]:
        """What opens must be used by so many."""
        floors: dict[str, Fraction] = {}
        if self.town.on("min_load") and self.town.services[s]["kind"] == "capacity":
            for o in plan:
                if o.is_new and o.open_in(year) and o.service == s and o.min_load:
                    least = o.min_load * (o.offers[s] or ZERO)
                    floors[o.building] = floors.get(o.building, ZERO) + least
        return floors

    def most(
        self, s: str, year: int, places: Offers, floors: dict[str, Fraction]
    ) -> Fraction | None:
        if any(cap is not None and cap < 0 for cap in places.values()):
            return None
        units = [u for u in self.town.units[s] if u.need[year]]
        arcs = [(u, p) for u in units for p in places if p in u.minutes]
        worth = [self.priority[u] * self.town.worth(s, u.minutes[p]) for u, p in arcs]
        rows: list[list[Fraction]] = []
        limits: list[Fraction] = []

        def most_of(marked: list[bool], limit: Fraction, sign: int = 1) -> None:
            rows.append([Fraction(sign * mark) for mark in marked])
            limits.append(sign * limit)

        for place, least in floors.items():
            most_of([p == place for _, p in arcs], least, -1)
        self.tie(s, year, arcs, most_of)
        if not rows and len(set(worth)) <= 1:
            needs = [(u.need[year], {p for p in places if p in u.minutes}) for u in units]
            return smallest_cut(needs, places) * (worth[0] if worth else 1)
        for unit in units:
            most_of([u is unit for u, _ in arcs], unit.need[year])
        for place, cap in places.items():
            if cap is not None:
                most_of([p == place for _, p in arcs], cap)
        return maximise(worth, rows, limits)

    def tie(self, s: str, year: int, arcs: list[tuple[Unit, str]], most_of: Any) -> None:
        """Add the rows of the rules of service."""
        town, row = self.town, self.town.services[s]
        if town.on("zone_floor") and year == town.last:
            for floor in town.settings.zone_floor:
                if floor.service_id == s:
                    for zone in town.zones_meant(floor):
                        here = [u for u in town.units[s] if u.lives_in(zone)]
                        near = (u for u in here if self.everywhere[s] & set(u.minutes))
                        least = amount(floor.share) * sum((u.need[year] for u in near), ZERO)
                        most_of([u.lives_in(zone) for u, _ in arcs], least, -1)
        kind = text(row["own_zone_kind"])
        if town.on("own_zone") and kind:
            most = (1 - amount(row["own_zone_share"])) * town.need(s, year)
            most_of([not self.at_home(kind, u, p) for u, p in arcs], most)
        cap = number(row["outside_cap"])
        if town.on("outside_supply") and cap is not None:
            most_of([p in self.outside for _, p in arcs], cap)

    def at_home(self, kind: str, unit: Unit, place: str) -> bool:
        """Whether a place lies in the zone of that kind that a unit lives in."""
        ends = {f["facility_id"]: f for f in self.town.facilities} | self.town.buildings
        zone = self.town.zones_of(ends[place]).get(kind)
        return zone is not None and zone == unit.zones.get(kind)


def smallest_cut(units: list[tuple[Fraction, set[str]]], places: Offers) -> Fraction:
    """The most that places can serve: the smallest cut over all sides of the units."""
    total = sum((need for need, _ in units), ZERO)
    best = total
    for n in range(1, len(units) + 1):
        for side in combinations(range(len(units)), n):
            reached = set().union(*(units[u][1] for u in side))
            rest = sum((need for u, (need, _) in enumerate(units) if u not in side), ZERO)
            caps = (total if cap is None else cap for p, cap in places.items() if p in reached)
            best = min(best, rest + sum(caps))
    return best
