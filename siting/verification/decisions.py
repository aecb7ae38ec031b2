"""Recomputed rules on which conversions may be chosen, alone and together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from siting.errors import Finding
from siting.instance.instance import Instance
from siting.instance.tables import BUILDINGS
from siting.verification.conversions import Conversion, Row, is_known, matches, records
from siting.verification.outcome import breach, figure
from siting.verification.prices import exact, in_grid, in_words
from siting.verification.recount import Recount

_AREA_TOLERANCE_M2 = 1e-6
_TRUE = {"true", "1", "1.0", "yes", "y", "是"}
_COMPARISONS = {
    "at_least": "at least",
    "at_most": "at most",
    "equals": "",
    "differs": "other than",
    "one_of": "one of",
}


def check_eligibility(recount: Recount) -> Iterator[Finding]:
    """Check that class and service of every new conversion are listed as possible."""
    for c in _new(recount):
        status = c.terms["status"] if c.terms else "not listed"
        if status not in {"allowed", "needs_approval"}:
            building_class = c.building["class"]
            words = f"class {building_class} may not become {c.service_id}: {status}"
            yield breach("eligibility", c.name, words)


def check_suitability(recount: Recount) -> Iterator[Finding]:
    """Check that known facts of a building meet the conditions of what is put into it."""
    for c in _new(recount):
        for condition in _conditions(recount, c):
            value = c.building.get(condition["field"])
            if is_known(value) and not _is_met(condition, value):
                comparison = f"{_COMPARISONS[condition['comparison']]} {condition['value']}"
                words = f"{condition['field']} is {value}, it must be {comparison.strip()}"
                yield breach("suitability", c.name, words)
        access = c.building.get("independent_access")
        if c.module["own_entrance"] and is_known(access) and not access:
            words = "module needs an entrance of its own, the building has none"
            yield breach("suitability", c.name, words)


def check_fit(recount: Recount) -> Iterator[Finding]:
    """Check that a new module alone fits the floors it may use and the yard."""
    for c in _new(recount):
        needed, usable = float(c.module["floor_area_m2"]), _usable_area_m2(c)
        if needed > usable + _AREA_TOLERANCE_M2:
            top = c.module["max_floor"]
            where = f" up to floor {figure(top)}" if is_known(top) else ""
            words = f"module takes {figure(needed)} m2, the building has {figure(usable)} m2{where}"
            yield breach("fit", c.name, words)
        needed, yard = float(c.module["yard_m2"]), _number(c.building["yard_m2"])
        if needed > yard + _AREA_TOLERANCE_M2:
            words = f"module takes {figure(needed)} m2 of yard, the building has {figure(yard)} m2"
            yield breach("fit", c.name, words)


def check_forbidden(recount: Recount) -> Iterator[Finding]:
    """Check that no chosen conversion matches a lock that forbids it."""
    for lock in _locks(recount.instance, "forbidden"):
        for c in recount.conversions:
            if matches(lock, c):
                yield breach("forbidden", c.name, f"chosen, but the lock {_name(lock)} forbids it")


def check_required(recount: Recount) -> Iterator[Finding]:
    """Check that every lock that requires a conversion has at least one that matches."""
    for lock in _locks(recount.instance, "required"):
        if not any(matches(lock, c) for c in recount.conversions):
            words = "0 matching conversions are chosen, the lock requires at least 1"
            yield breach("required", _name(lock), words)


def check_committed(recount: Recount) -> Iterator[Finding]:
    """Check that every committed conversion is chosen."""
    for lock in _locks(recount.instance, "committed"):
        if not any(matches(lock, c) for c in recount.conversions):
            words = "committed and paid, but not among the chosen"
            yield breach("committed", _name(lock), words)


def check_one_module(recount: Recount) -> Iterator[Finding]:
    """Check that a building has at most one module of a service."""
    modules: dict[tuple[str, str], list[str]] = defaultdict(list)
    for c in recount.conversions:
        modules[c.building_id, c.service_id].append(c.module_id)
    for (building_id, service_id), ids in modules.items():
        if len(ids) > 1:
            words = f"{len(ids)} modules are chosen ({', '.join(sorted(ids))}), at most 1 may be"
            yield breach("one_module", f"{building_id}/{service_id}", words)


def check_standalone(recount: Recount) -> Iterator[Finding]:
    """Check that a standalone module is the only conversion of its building."""
    for building_id, here in _by_building(recount).items():
        for c in here:
            if c.module["standalone"] and len(here) > 1:
                words = (
                    f"{c.module_id} must have the building to itself, "
                    f"{len(here) - 1} more conversions are chosen there"
                )
                yield breach("standalone", building_id, words)


def check_floor_area(recount: Recount) -> Iterator[Finding]:
    """Check that modules of a building share its floor area."""
    return _check_area(recount, "floor_area", "floor_area_m2", "m2")


def check_yard(recount: Recount) -> Iterator[Finding]:
    """Check that modules of a building share its yard."""
    return _check_area(recount, "yard", "yard_m2", "m2 of yard")


def check_acquisition(recount: Recount) -> Iterator[Finding]:
    """Check that every building that is bought is paid once, at its price; no other is paid."""
    settings = recount.instance.settings
    decimals = settings.money.decimals
    paid: dict[str, list[int]] = defaultdict(list)
    for building_id, price in recount.solution.acquisitions[
        ["building_id", "acquisition_cost"]
    ].itertuples(index=False, name=None):
        paid[str(building_id)].append(round(_number(price) * 10**decimals))
    for building_id in sorted(paid.keys() | recount.purchases.keys()):
        due = recount.purchases.get(building_id, 0)
        rows = paid.get(building_id, [])
        if sum(rows) != due or len(rows) > 1:
            words = (
                f"paid {in_words(sum(rows), settings)} in {len(rows)} rows, "
                f"due is {in_words(due, settings)} once"
            )
            yield breach("acquisition", building_id, words)


def check_budget(recount: Recount) -> Iterator[Finding]:
    """Check that capital of the whole plan stays within the total budget."""
    settings = recount.instance.settings
    if settings.budget.total is not None:
        limit = in_grid(exact(settings.budget.total), settings)
        if recount.capital > limit:
            words = (
                f"the plan costs {in_words(recount.capital, settings)}, "
                f"the budget is {in_words(limit, settings)}"
            )
            yield breach("budget", "total", words)


def check_agency_budget(recount: Recount) -> Iterator[Finding]:
    """Check that what an agency is charged stays within its budget."""
    settings = recount.instance.settings
    charged: dict[str, int] = defaultdict(int)
    for c, price in zip(recount.conversions, recount.prices, strict=True):
        charged[str(c.service["agency"])] += price.cost
    for agency, budget in settings.budget.agencies.items():
        limit = in_grid(exact(budget), settings)
        if charged[agency] > limit:
            words = (
                f"the agency is charged {in_words(charged[agency], settings)}, "
                f"its budget is {in_words(limit, settings)}"
            )
            yield breach("agency_budget", agency, words)


def check_yearly_cost(recount: Recount) -> Iterator[Finding]:
    """Check that running cost of the plan stays within its limit."""
    settings = recount.instance.settings
    if settings.budget.yearly_cost is not None:
        limit = in_grid(exact(settings.budget.yearly_cost), settings)
        yearly = sum(price.yearly for price in recount.prices)
        if yearly > limit:
            words = (
                f"the plan runs at {in_words(yearly, settings)} a year, "
                f"the limit is {in_words(limit, settings)}"
            )
            yield breach("yearly_cost", "total", words)


def check_minimum_per_zone(recount: Recount) -> Iterator[Finding]:
    """Check that every zone that a minimum speaks of has that many open places of the service."""
    instance = recount.instance
    constant = instance.facilities[instance.facilities["building_id"].isna()]
    for minimum in instance.settings.minimum_per_zone:
        column = f"zone_{minimum.zone_kind}"
        service_id = minimum.service_id
        homes = [c.building.get(column) for c in recount.conversions if c.service_id == service_id]
        homes += [f.get(column) for f in records(constant) if f["service_id"] == service_id]
        zones = instance.zones["zone_id"][instance.zones["kind"] == minimum.zone_kind]
        for zone_id in zones:
            count = homes.count(zone_id)
            if count < minimum.count and (not minimum.zones or zone_id in minimum.zones):
                words = f"open places: {count}, needed: at least {minimum.count}"
                yield breach("minimum_per_zone", f"{service_id}/{zone_id}", words)


def facts_to_check(recount: Recount, conversion: Conversion) -> set[str]:
    """Return the facts that nobody knows of a building, but that admission to it reads."""
    if conversion.status != "new":
        return set()
    instance, module = recount.instance, conversion.module
    read: set[str] = set()
    if instance.rule_on("suitability"):
        read |= {str(condition["field"]) for condition in _conditions(recount, conversion)}
        read |= {"independent_access"} if module["own_entrance"] else set()
    if instance.rule_on("fit") and is_known(module["max_floor"]):
        read.add("floors")
    return {fact for fact in read if not is_known(conversion.building.get(fact))}


def _new(recount: Recount) -> Iterator[Conversion]:
    """Yield the conversions that admission rules speak of."""
    return (c for c in recount.conversions if c.status == "new")


def _conditions(recount: Recount, conversion: Conversion) -> list[Row]:
    """Return the suitability rows for a conversion."""
    return [
        row
        for row in recount.suitability
        if row["service_id"] == conversion.service_id
        and (not is_known(row["module_id"]) or row["module_id"] in ("", conversion.module_id))
    ]


def _is_met(condition: Row, value: Any) -> bool:
    """Whether a known fact compares with a condition's value as it must."""
    column, text = BUILDINGS.column(condition["field"]), str(condition["value"])
    comparison = condition["comparison"]
    texts = text.split("|") if comparison == "one_of" else [text]
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
    above = area - _number(building["basement_area_m2"])
    floors = building["floors"]
    if not is_known(floors) or floors <= top:
        return above
    ground = building["ground_area_m2"] if is_known(building["ground_area_m2"]) else above / floors
    return float(ground + (above - ground) * (top - 1) / (floors - 1))


def _check_area(recount: Recount, rule: str, column: str, unit: str) -> Iterator[Finding]:
    for building_id, here in _by_building(recount).items():
        taken = sum(_number(c.module[column]) for c in here)
        there = _number(here[0].building[column])
        if taken > there + _AREA_TOLERANCE_M2:
            words = f"modules take {figure(taken)} {unit}, the building has {figure(there)} {unit}"
            yield breach(rule, building_id, words)


def _by_building(recount: Recount) -> dict[str, list[Conversion]]:
    grouped: dict[str, list[Conversion]] = defaultdict(list)
    for c in recount.conversions:
        grouped[c.building_id].append(c)
    return grouped


def _locks(instance: Instance, status: str) -> Iterator[Row]:
    return (lock for lock in records(instance.locks) if lock["status"] == status)


def _name(lock: Row) -> str:
    parts = (lock["building_id"], lock["service_id"], lock["module_id"])
    return "/".join(str(part) for part in parts if is_known(part) and part != "")


def _number(value: Any) -> float:
    """Return a table's number, 0 where it is empty."""
    return float(value) if is_known(value) else 0.0
