"""Recomputed rules on which conversions may be chosen at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from siting.errors import Finding
from siting.instance.instance import NEED_GRID
from siting.instance.tables import BUILDINGS
from siting.verification.conversions import (
    Conversion,
    Row,
    allows,
    is_known,
    listed,
    matches,
    number,
    records,
    text,
    usable,
)
from siting.verification.outcome import breach, figure
from siting.verification.recount import Recount

AREA_TOLERANCE_M2 = 1e-6
_NEED_TOLERANCE = 1e-6
_TRUE = {"true", "1", "1.0", "yes", "y", "是"}
_COMPARISONS = {
    "at_least": "at least",
    "at_most": "at most",
    "equals": "",
    "differs": "other than",
    "one_of": "one of",
}

Objections = Callable[[Recount, Conversion], Iterator[str]]
"""Yields in words what keeps a new conversion out."""


def check_eligibility(recount: Recount) -> Iterator[Finding]:
    """Check that class and service of every new conversion are listed as possible."""
    return _check(recount, "eligibility")


def check_suitability(recount: Recount) -> Iterator[Finding]:
    """Check that known facts of a building meet the conditions of what is put into it."""
    return _check(recount, "suitability")


def check_fit(recount: Recount) -> Iterator[Finding]:
    """Check that a new module alone fits the floors and spaces it may use and the yard."""
    return _check(recount, "fit")


def check_availability(recount: Recount) -> Iterator[Finding]:
    """Check that nothing new opens before its building can be used, nor after its programme."""
    return _check(recount, "availability")


def check_planned_use(recount: Recount) -> Iterator[Finding]:
    """Check that new uses are among those that the plan of the building allows."""
    return _check(recount, "planned_use")


def check_max_size(recount: Recount) -> Iterator[Finding]:
    """Check that no new site is larger than the ceiling of its service."""
    return _check(recount, "max_size")


def check_conditions(recount: Recount) -> Iterator[Finding]:
    """Check that no new module is larger than the conditions of its approval allow."""
    return _check(recount, "conditions")


def check_min_reach(recount: Recount) -> Iterator[Finding]:
    """Check that new places with a cap of people have enough people within reach."""
    return _check(recount, "min_reach")


def check_forbidden(recount: Recount) -> Iterator[Finding]:
    """Check that no chosen conversion matches a lock that forbids it."""
    for lock in _forbidding(recount):
        for c in recount.conversions:
            if matches(lock, c):
                words = f"chosen, but the lock {lock_name(lock)} forbids it"
                yield breach("forbidden", c.name, words)


def facts_to_check(recount: Recount, conversion: Conversion) -> set[str]:
    """Return the facts that nobody knows of a building, but that admission to it reads."""
    if conversion.status != "new":
        return set()
    instance, module = recount.instance, conversion.module
    read: set[str] = set()
    if instance.rule_on("suitability"):
        read |= {str(condition["field"]) for condition in _asked_facts(recount, conversion)}
        read |= {"independent_access"} if module["own_entrance"] else set()
    lives_in_host = float(module.get("host_capacity") or 0) > 0
    if instance.rule_on("fit") and is_known(module["max_floor"]) and not lives_in_host:
        read.add("floors")
    return {fact for fact in read if not is_known(conversion.building.get(fact))}


def admitted(recount: Recount) -> list[Conversion]:
    """Return all that some rule of admission does not keep out in every year.

    New conversions (once for all years), commitments, and facilities that may be kept.
    """
    rules = [r for r in _OBJECTIONS if recount.instance.rule_on(r) and r != "availability"]
    locks = list(_forbidding(recount)) if recount.instance.rule_on("forbidden") else []
    found = [
        c
        for c in recount.catalogue.options()
        if not any(words for rule in rules for words in _OBJECTIONS[rule](recount, c))
        and _opens_some_year(recount, c)
    ]
    first, last = recount.years[0], recount.last_year
    for building_id, service_id, module_id in [
        *recount.catalogue.commitments,
        *_changeable(recount),
    ]:
        c = recount.catalogue.conversion(
            (building_id, service_id, module_id), mode="", year=first, until=last
        )
        found += [c] if c is not None else []
    return [c for c in found if not any(matches(lock, c) for lock in locks)]


def meets(row: Row, building: Row) -> bool | None:
    """Whether a known fact compares with a value as a row wants; None where it is not known."""
    value = building.get(row["field"])
    return _compares(row, value) if is_known(value) else None


def lock_name(lock: Row) -> str:
    """Return the name of a lock in findings."""
    parts = (lock["building_id"], lock["service_id"], lock["module_id"])
    return "/".join(text(part) for part in parts if text(part))


def usable_spaces(recount: Recount, c: Conversion) -> dict[str, float] | None:
    """Return the sub-spaces that a conversion may use and their area; None where there are none.

    What is kept may use them all.
    """
    spaces = recount.catalogue.spaces.get(c.building_id)
    if spaces is None:
        return None
    return {
        str(row["space"]): number(row["area_m2"])
        for row in spaces
        if c.status == "keep"
        or (allows(c.module["spaces"], str(row["space"])) and allows(row["services"], c.service_id))
    }


def _check(recount: Recount, rule: str) -> Iterator[Finding]:
    for c in recount.new:
        for words in _OBJECTIONS[rule](recount, c):
            yield breach(rule, c.name, words)


def _eligibility(recount: Recount, c: Conversion) -> Iterator[str]:
    del recount
    status = c.terms["status"] if c.terms else "not listed"
    if status not in {"allowed", "needs_approval"}:
        yield f"class {c.building['class']} may not become {c.service_id}: {status}"


def _suitability(recount: Recount, c: Conversion) -> Iterator[str]:
    for condition in _asked_facts(recount, c):
        if meets(condition, c.building) is False:
            comparison = f"{_COMPARISONS[condition['comparison']]} {condition['value']}"
            value = c.building.get(condition["field"])
            yield f"{condition['field']} is {value}, it must be {comparison.strip()}"
    access = c.building.get("independent_access")
    if c.module["own_entrance"] and is_known(access) and not access:
        yield "module needs an entrance of its own, the building has none"


def _fit(recount: Recount, c: Conversion) -> Iterator[str]:
    if c.host_capacity == 0:
        yield from _fit_floors(recount, c)
    needed, yard = number(c.module["yard_m2"]), number(c.building["yard_m2"])
    if needed > yard + AREA_TOLERANCE_M2:
        yield f"module takes {figure(needed)} m2 of yard, the building has {figure(yard)} m2"


def _fit_floors(recount: Recount, c: Conversion) -> Iterator[str]:
    needed, there = number(c.module["floor_area_m2"]), _usable_area_m2(c)
    if needed > there + AREA_TOLERANCE_M2:
        top = c.module["max_floor"]
        where = f" up to floor {figure(top)}" if is_known(top) else ""
        yield f"module takes {figure(needed)} m2, the building has {figure(there)} m2{where}"
    if c.tenure and is_known(c.tenure["area_m2"]):
        part = float(c.tenure["area_m2"])
        if needed > part + AREA_TOLERANCE_M2:
            words = f"module takes {figure(needed)} m2, {figure(part)} m2 can be had as {c.mode}"
            yield words
    spaces = usable_spaces(recount, c)
    if spaces is not None and not spaces:
        yield "module may use none of the spaces of the building"
    elif spaces is not None and needed > sum(spaces.values()) + AREA_TOLERANCE_M2:
        area, names = figure(sum(spaces.values())), ", ".join(spaces)
        yield f"module takes {figure(needed)} m2, the spaces it may use ({names}) have {area} m2"


def _availability(recount: Recount, c: Conversion) -> Iterator[str]:
    plan = recount.instance.settings.plan
    if plan.start_year is None:
        return
    delay = math.ceil(c.delay_years - 1e-9)
    stated = [c.building["available_from_year"], c.tenure["from_year"] if c.tenure else None]
    known = [int(float(year)) for year in stated if is_known(year)]
    if not plan.yearly:
        last = plan.start_year + plan.years - 1
        if known and max(known) + delay > last:
            yield f"possible from {max(known) + delay}, the plan ends in {last}"
        return
    first = max(plan.start_year, *known) if known else plan.start_year
    if c.year < first + delay:
        yield f"opens in {c.year}, possible from {first + delay}"
    latest = c.service["last_opening_year"]
    if is_known(latest) and c.year > latest:
        yield f"opens in {c.year}, the last year for {c.service_id} is {int(latest)}"


def _opens_some_year(recount: Recount, c: Conversion) -> bool:
    if not recount.instance.rule_on("availability"):
        return True
    for year in recount.years:
        ids = (c.building_id, c.service_id, c.module_id)
        then = recount.catalogue.conversion(ids, mode=c.mode, year=year, until=recount.last_year)
        if then is not None and not list(_availability(recount, then)):
            return True
    return False


def _planned_use(recount: Recount, c: Conversion) -> Iterator[str]:
    del recount
    planned = c.building["allowed_services"]
    if not allows(planned, c.service_id):
        yield f"planned for {', '.join(listed(planned))}, not for {c.service_id}"


def _max_size(recount: Recount, c: Conversion) -> Iterator[str]:
    del recount
    area, ceiling = number(c.module["floor_area_m2"]), c.service["site_max_m2"]
    if is_known(ceiling) and area > float(ceiling) + AREA_TOLERANCE_M2:
        yield f"module takes {figure(area)} m2, a site may have {figure(float(ceiling))} m2"


def _conditions(recount: Recount, c: Conversion) -> Iterator[str]:
    del recount
    area = number(c.module["floor_area_m2"])
    for row in c.asked:
        if is_known(row["max_area_m2"]) and area > row["max_area_m2"] + AREA_TOLERANCE_M2:
            most = figure(float(row["max_area_m2"]))
            yield f"module takes {figure(area)} m2, its approval allows {most} m2"


def _min_reach(recount: Recount, c: Conversion) -> Iterator[str]:
    share, most = number(c.module["min_load"]), usable(c.module["capacity"], c.service)
    if c.service["kind"] != "reach" or share <= 0 or np.isinf(most):
        return
    need = recount.need_near(c.service_id).get(c.building_id, 0)
    least = share * most
    if need < least - _NEED_TOLERANCE * max(1.0, least):
        yield (
            f"a need of {figure(need / NEED_GRID)} is within reach, "
            f"it takes {figure(least / NEED_GRID)}"
        )


_OBJECTIONS: dict[str, Objections] = {
    "eligibility": _eligibility,
    "suitability": _suitability,
    "fit": _fit,
    "availability": _availability,
    "planned_use": _planned_use,
    "max_size": _max_size,
    "conditions": _conditions,
    "min_reach": _min_reach,
}


def _forbidding(recount: Recount) -> Iterator[Row]:
    return (lock for lock in records(recount.instance.locks) if lock["status"] == "forbidden")


def _changeable(recount: Recount) -> Iterator[tuple[str, str, str]]:
    """Yield the facilities that may be kept, as building, service and module."""
    facilities = recount.instance.facilities
    pairs = facilities.loc[facilities["building_id"].notna(), ["building_id", "service_id"]]
    for building_id, service_id in pairs.drop_duplicates().itertuples(index=False, name=None):
        yield str(building_id), str(service_id), "keep"


def _asked_facts(recount: Recount, conversion: Conversion) -> list[Row]:
    """Return the suitability rows for a conversion; an empty cell stands for any."""
    return [
        row
        for row in recount.catalogue.suitability
        if text(row["service_id"]) in ("", conversion.service_id)
        and text(row["module_id"]) in ("", conversion.module_id)
    ]


def _compares(condition: Row, value: Any) -> bool:
    """Whether a known fact compares with a condition's value as it must."""
    column, wording = BUILDINGS.column(condition["field"]), str(condition["value"])
    comparison = condition["comparison"]
    texts = wording.split("|") if comparison == "one_of" else [wording]
    kind = column.type if column else "text"
    have: Any
    wanted: list[Any]
    if kind in {"number", "integer"}:
        have, wanted = float(value), [float(t) for t in texts]
    elif kind == "boolean":
        have, wanted = bool(value), [t.strip().lower() in _TRUE for t in texts]
    else:
        have, wanted = str(value), [t.strip() for t in texts]
    if comparison == "at_least":
        return bool(have >= wanted[0])
    if comparison == "at_most":
        return bool(have <= wanted[0])
    return (have not in wanted) if comparison == "differs" else (have in wanted)


def _usable_area_m2(conversion: Conversion) -> float:
    """Return the floor area that a module may use: all of it, or the floors up to its highest.

    Upper floors of a building are taken to be equally large.
    """
    building, top = conversion.building, conversion.module["max_floor"]
    area = float(building["floor_area_m2"])
    if not is_known(top):
        return area
    above = area - number(building["basement_area_m2"])
    floors = building["floors"]
    if not is_known(floors) or floors <= top:
        return above
    ground = building["ground_area_m2"] if is_known(building["ground_area_m2"]) else above / floors
    return float(ground + (above - ground) * (top - 1) / (floors - 1))
