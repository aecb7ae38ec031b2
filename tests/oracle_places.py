"""Rules about which places are open where, over the whole town."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from oracle_options import ZERO, Offers, Option
from oracle_service import Supply
from oracle_town import Row, Town, amount, number, text

Plan = tuple[Option, ...]


def counting(o: Option, s: str) -> bool:
    """Whether a conversion counts as a place of a service: its own, or one beside it."""
    return o.service == s or s in o.beside


def minimum_per_zone(supply: Supply, plan: Plan) -> bool:
    town = supply.town
    for minimum in town.settings.minimum_per_zone:
        s = minimum.service_id
        for zone in town.zones_meant(minimum):
            places = [(f, f["facility_id"]) for f in town.fixed if f["service_id"] == s]
            places += [
                (town.buildings[o.building], o.building)
                for o in plan
                if o.open_in(town.last) and counting(o, s)
            ]
            count = sum(
                town.lies_in(row, zone) or credited(town, minimum, place, zone)
                for row, place in places
            )
            if count < minimum.count:
                return False
    return True


def credited(town: Town, minimum: Any, place: str, zone: str) -> bool:
    """Whether a place outside a zone counts for it, since enough of its people reach it."""
    share = number(minimum.credit_share)
    if share is None:
        return False
    units = [u for u in town.units[minimum.service_id] if u.lives_in(zone)]
    near = sum((u.need[town.last] for u in units if place in u.minutes), ZERO)
    return near >= share * town.need(minimum.service_id, town.last, zone)


def maximum_per_zone(supply: Supply, plan: Plan) -> bool:
    town = supply.town
    for maximum in town.settings.maximum_per_zone:
        s = maximum.service_id
        for zone in town.zones_meant(maximum):
            fixed = sum(f["service_id"] == s and town.lies_in(f, zone) for f in town.fixed)
            for year in town.years:
                more = sum(
                    o.open_in(year)
                    and counting(o, s)
                    and town.lies_in(town.buildings[o.building], zone)
                    for o in plan
                )
                if more > max(0, maximum.count - fixed):
                    return False
    return True


def capacity_in(supply: Supply, places: Offers, zone: str) -> Fraction | None:
    """What the places of a zone may serve; None without a limit."""
    ends = {f["facility_id"]: f for f in supply.town.facilities} | supply.town.buildings
    caps = [cap for place, cap in places.items() if supply.town.lies_in(ends[place], zone)]
    return None if None in caps else sum(caps, ZERO)


def enough(supply: Supply, plan: Plan, about: tuple[str, str, int], share: Fraction) -> bool:
    """Whether the places of a service in a zone and year have capacity for a share of its need."""
    s, zone, year = about
    capacity = capacity_in(supply, supply.places(s, year, plan), zone)
    return capacity is None or capacity >= share * supply.town.need(s, year, zone)


def first_refusal(supply: Supply, plan: Plan) -> bool:
    town, said = supply.town, supply.town.settings.first_refusal
    if said is None:
        return True
    for o in plan:
        building = town.buildings[o.building]
        zone = town.zones_of(building).get(said.zone_kind)
        small = amount(building["floor_area_m2"]) < amount(said.min_area_m2)
        if not o.is_new or o.service in said.services or small or building["waived"] or not zone:
            continue
        for s in said.services:
            could = any(a.building == o.building and a.service == s for a in supply.options)
            years = [y for y in town.years if o.open_in(y)]
            if could and not all(enough(supply, plan, (s, zone, y), Fraction(1)) for y in years):
                return False
    return True


def hub(supply: Supply, plan: Plan) -> bool:
    return all(
        has_hub(supply, plan, link, o, year)
        for link in supply.town.tables["links"]
        for o in plan
        if o.is_new and o.service == link["service_id"]
        if text(link["module_id"]) in ("", o.module)
        for year in supply.town.years
        if o.open_in(year)
    )


def has_hub(supply: Supply, plan: Plan, link: Row, o: Option, year: int) -> bool:
    town, kind, most = supply.town, text(link["zone_kind"]), number(link["within_min"])
    ends = {f["facility_id"]: f for f in town.facilities} | town.buildings
    own = town.zones_of(town.buildings[o.building]).get(kind)
    for place in supply.open_places(link["hub_service_id"], year, plan):
        same = not kind or (own is not None and town.zones_of(ends[place]).get(kind) == own)
        if same and (most is None or town.walk_min(o.building, place) <= most):
            return True
    return False


def keep_cover(supply: Supply, plan: Plan) -> bool:
    town = supply.town
    return all(
        bool(supply.open_places(s, town.last, plan) & set(u.minutes))
        for s, row in town.services.items()
        if row["keep_cover"]
        for u in town.units[s]
        if town.open_today(s) & set(u.minutes)
    )


def backup(supply: Supply, plan: Plan) -> bool:
    town = supply.town
    for s, row in town.services.items():
        share = number(row["backup_share"])
        if share is not None:
            there = supply.open_places(s, town.last, plan)
            twice = (u.need[town.last] for u in town.units[s] if len(there & set(u.minutes)) > 1)
            if sum(twice, ZERO) < share * town.need(s, town.last):
                return False
    return True


def self_sufficiency(supply: Supply, plan: Plan) -> bool:
    town = supply.town
    return all(
        enough(supply, plan, (said.service_id, zone, town.last), amount(said.share))
        for said in town.settings.self_sufficiency
        for zone in town.zones_meant(said)
    )


def reserve(supply: Supply, plan: Plan) -> bool:
    town = supply.town
    for said in town.settings.reserve:
        for zone in town.zones_meant(said):
            here = {b: row for b, row in town.buildings.items() if town.lies_in(row, zone)}
            room = sum((amount(row["floor_area_m2"]) for row in here.values()), ZERO)
            new = (o for o in plan if o.is_new and o.open_in(town.last) and o.building in here)
            if sum(o.taken for o in new) > (1 - amount(said.share)) * room:
                return False
    return True


RULES: dict[str, Callable[[Supply, Plan], bool]] = {
    "minimum_per_zone": minimum_per_zone,
    "maximum_per_zone": maximum_per_zone,
    "first_refusal": first_refusal,
    "hub": hub,
    "keep_cover": keep_cover,
    "backup": backup,
    "self_sufficiency": self_sufficiency,
    "reserve": reserve,
}
