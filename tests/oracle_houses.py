"""Which conversions may be chosen together in one building."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

from oracle_options import ZERO, Option, matches, spaces_of
from oracle_town import Row, Town, amount, number, text

House = tuple[Option, ...]


def broken(town: Town, b: str, house: House) -> str:
    """The rule that the conversions of one building break; empty for none."""
    if len({o.mode for o in house if o.status != "keep"}) > 1:
        return "one_tenure"
    for lock in town.tables["locks"]:
        if lock["building_id"] == b and not is_open(town, lock, house):
            return str(lock["status"])
    for year in town.years:
        now = tuple(o for o in house if o.open_in(year))
        for rule, holds in RULES.items():
            if town.on(rule) and not holds(town, b, now, house):
                return rule
    return ""


def is_open(town: Town, lock: Row, house: House) -> bool:
    """Whether a lock that asks for something open has it."""
    mine = [o for o in house if matches(lock, o)]
    match lock["status"]:
        case "committed":
            return any(o.status == "committed" for o in mine)
        case "required" if town.on("required"):
            by = number(lock["year"])
            if by is None or not town.yearly:
                return bool(mine)
            return any(o.open_in(min(max(int(by), town.first), town.last)) for o in mine)
    return True


def one_module(_: Town, __: str, now: House, ___: House) -> bool:
    mains = [o.service for o in now if not o.host]
    extras = [o.module for o in now if o.host]
    return len(set(mains)) == len(mains) and len(set(extras)) == len(extras)


def standalone(_: Town, __: str, now: House, ___: House) -> bool:
    mains = [o for o in now if not o.host]
    return len(mains) <= 1 or not any(o.standalone for o in mains)


def both(services: set[str], house: House, year: int) -> bool:
    return services <= {o.service for o in house if o.open_in(year)}


def shared(town: Town, now: House, house: House, among: House) -> Fraction:
    """Floor area that services in one building need only once, of those `among` which it counts."""
    saved = ZERO
    for pair in pairs_of(town, "synergy"):
        two = {pair["service_id"], pair["other_service_id"]}
        if both(two, house, town.last) and all(any(o.service == s for o in now) for s in two):
            saved += amount(pair["shared_area_m2"]) * (two <= {o.service for o in among})
    return saved


def pairs_of(town: Town, kind: str) -> list[Row]:
    on = town.on({"synergy": "synergy", "incompatible": "compatibility"}[kind])
    return [p for p in town.tables["pairs"] if p["kind"] == kind] if on else []


def by_slot(now: House) -> list[House]:
    """Conversions that are there at the same hours."""
    slots = {slot for o in now for slot in o.slots}
    if not slots:
        return [now]
    return [tuple(o for o in now if not o.slots or slot in o.slots) for slot in slots]


def floor_area(town: Town, b: str, now: House, house: House) -> bool:
    for there in by_slot(now):
        taking = tuple(o for o in there if o.taken)
        if not fits_together(town, b, taking, now, house):
            return False
        for mode in town.tables["tenures"]:
            most = number(mode["area_m2"])
            mine = tuple(o for o in taking if o.mode == mode["mode"] and o.status != "keep")
            if mode["building_id"] == b and most is not None:
                saved = shared(town, now, house, mine)
                if sum(o.taken for o in mine) - saved > most:
                    return False
    return True


def fits_together(town: Town, b: str, taking: House, now: House, house: House) -> bool:
    spaces = {
        sp["space"]: amount(sp["area_m2"]) for sp in town.tables["spaces"] if sp["building_id"] == b
    }
    if not spaces:
        room = amount(town.buildings[b]["floor_area_m2"]) + shared(town, now, house, taking)
        return sum(o.taken for o in taking) <= room
    allowed = {o: set(spaces_of(town, o)) for o in taking}
    for n in range(len(spaces) + 1):
        for some in combinations(spaces, n):
            inside = tuple(o for o in taking if allowed[o] <= set(some))
            room = sum(spaces[name] for name in some) + shared(town, now, house, inside)
            if sum(o.taken for o in inside) > room:
                return False
    return True


def yard(town: Town, b: str, now: House, _: House) -> bool:
    room = amount(town.buildings[b]["yard_m2"])
    return all(sum(o.yard for o in there) <= room for there in by_slot(now))


def compatibility(town: Town, _: str, now: House, __: House) -> bool:
    there = {o.service for o in now}
    pairs = pairs_of(town, "incompatible")
    return not any({p["service_id"], p["other_service_id"]} <= there for p in pairs)


def add_on(town: Town, b: str, now: House, _: House) -> bool:
    for s in {o.host for o in now if o.host}:
        hosts = [o for o in now if o.service == s and not o.host]
        if not hosts:
            return False
        taken = sum(o.host_capacity for o in now if o.host == s)
        offers = [o.offers[s] for o in hosts]
        if None not in offers and taken > sum(offers):
            return False
        for facility in town.facilities:
            if (text(facility["building_id"]), facility["service_id"]) == (b, s):
                used = number(facility["occupancy"])
                stays = [o.capacity for o in hosts if o.status == "keep"]
                if used is not None and any(
                    capacity is not None and taken > (1 - used) * capacity for capacity in stays
                ):
                    return False
    return True


Holds = Callable[[Town, str, House, House], bool]

RULES: dict[str, Holds] = {
    "one_module": one_module,
    "standalone": standalone,
    "floor_area": floor_area,
    "yard": yard,
    "compatibility": compatibility,
    "add_on": add_on,
}
"""Rules about the conversions of a building that are open in a year."""
