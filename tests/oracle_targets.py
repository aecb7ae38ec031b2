"""Stocks and how far a plan misses what they shall reach."""

from __future__ import annotations

from fractions import Fraction

from oracle_options import ZERO, Option, stated
from oracle_town import Row, Town, amount, listed, number, text

Plan = tuple[Option, ...]


def hard(town: Town) -> list[Row]:
    return [t for t in town.tables["targets"] if t["hard"]] if town.on("targets") else []


def soft(town: Town) -> list[Row]:
    return [t for t in town.tables["targets"] if not t["hard"]] if town.on("targets") else []


def services_of(target: Row) -> set[str]:
    return {target["service_id"], *listed(target["also_services"])}


def of_option(target: Row, o: Option, services: set[str], tag: str) -> Fraction:
    """What a new or committed conversion adds to a stock, wherever it is."""
    fits = not tag or tag in o.tags
    own = fits and o.service in services
    match target["measure"]:
        case "count":
            return Fraction(own)
        case "floor_area":
            return o.area * own
        case "yard":
            return o.yard * own
    total = (o.capacity or ZERO) * own
    total += sum((cap or ZERO) for s, cap in o.beside.items() if s in services and fits)
    return total - (o.host_capacity if o.host in services and fits else ZERO)


def of_facility(town: Town, target: Row, facility: Row, services: set[str], tag: str) -> Fraction:
    if facility["service_id"] not in services or (tag and tag not in listed(facility["tags"])):
        return ZERO
    match target["measure"]:
        case "count":
            return Fraction(1)
        case "floor_area":
            return amount(facility["floor_area_m2"])
        case "yard":
            return ZERO
    return stated(town, facility) or ZERO


def home(town: Town, facility: Row) -> Row:
    building = text(facility["building_id"])
    return town.buildings[building] if building else facility


def in_zone(town: Town, target: Row, row: Row) -> bool:
    zone = text(target["zone_id"])
    return not zone or town.lies_in(row, zone)


def change(town: Town, target: Row, plan: Plan, services: set[str], tag: str) -> Fraction:
    """What the last year has more than today."""
    more = sum(
        of_option(target, o, services, tag)
        for o in plan
        if o.status != "keep"
        and o.open_in(town.last)
        and in_zone(town, target, town.buildings[o.building])
    )
    kept = {(o.building, o.service) for o in plan if o.status == "keep" and o.open_in(town.last)}
    for facility in town.facilities:
        building = text(facility["building_id"])
        gone = building and (building, facility["service_id"]) not in kept
        if gone and in_zone(town, target, home(town, facility)):
            more -= of_facility(town, target, facility, services, tag)
    return Fraction(more)


def today(town: Town, target: Row, services: set[str], tag: str) -> Fraction:
    """The stock that the facilities table holds."""
    return sum(
        (
            of_facility(town, target, f, services, tag)
            for f in town.facilities
            if in_zone(town, target, home(town, f))
        ),
        ZERO,
    )


def shortfall(town: Town, target: Row, plan: Plan) -> tuple[Fraction, Fraction]:
    """How far a plan misses a target, and what that is relative to: what is wanted.

    What a share wants grows with the whole; it is relative to what it wants of today's whole.
    """
    services, tag = services_of(target), text(target["tag"])
    per, value = target["per"], amount(target["value"])
    sign = 1 if target["comparison"] == "at_least" else -1
    if per == "per_year":
        return per_year(town, target, plan, sign)
    base = number(target["base_value"])
    whole = stock = ZERO
    if per == "share":
        of = {text(target["share_of"]) or target["service_id"]}
        said = number(target["base_stock"])
        stock = today(town, target, of, "") if said is None else said
        whole = stock + change(town, target, plan, of, "")
        base = None if base is None else base * stock
    elif base is not None and per == "per_1000":
        base *= amount(target["base_people"]) / 1000
    elif base is not None and per == "per_person":
        base *= amount(target["base_people"])
    if base is None:
        base = today(town, target, services, tag)
    people = town.people(town.last, text(target["zone_id"]))
    each = {"total": Fraction(1), "per_1000": people / 1000, "per_person": people, "share": whole}
    goal = value * each[per]
    reached = base + change(town, target, plan, services, tag)
    wanted = value * stock if per == "share" else goal
    return max(ZERO, sign * (goal - reached)), wanted


def per_year(town: Town, target: Row, plan: Plan, sign: int) -> tuple[Fraction, Fraction]:
    services, tag = services_of(target), text(target["tag"])
    missing = ZERO
    goal = amount(target["value"]) * (1 if town.yearly else town.settings.plan.years)
    for year in town.years:
        opened = sum(
            of_option(target, o, services, tag)
            for o in plan
            if o.status != "keep"
            and o.year == year
            and in_zone(town, target, town.buildings[o.building])
        )
        missing += max(ZERO, sign * (goal - opened))
    return missing, goal


def targets(town: Town, plan: Plan) -> bool:
    """Whether all hard targets are reached."""
    return all(not shortfall(town, t, plan)[0] for t in hard(town))


def missed(town: Town, plan: Plan) -> Fraction:
    """The sum of the relative shortfalls of the soft targets."""
    parts = (shortfall(town, t, plan) for t in soft(town))
    return sum((short / goal for short, goal in parts if goal > 0), ZERO)
