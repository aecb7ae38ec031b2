"""Recomputed rules on how conversions share a building's floors and yard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from siting.errors import Finding
from siting.verification.admission import AREA_TOLERANCE_M2, usable_spaces
from siting.verification.conversions import Conversion, is_known, number, records
from siting.verification.outcome import breach, figure
from siting.verification.recount import Recount


def check_standalone(recount: Recount) -> Iterator[Finding]:
    """Check that a standalone module is the only conversion of its building but for add-ons."""
    for year in recount.years:
        for building_id, here in recount.active_by_building(year).items():
            hosts = [c for c in here if not c.adds_on]
            for c in hosts:
                if c.module["standalone"] and len(hosts) > 1:
                    words = (
                        f"{c.module_id} must have the building to itself, "
                        f"{len(hosts) - 1} more conversions are chosen there"
                    )
                    yield breach("standalone", recount.place(building_id, year=year), words)


def check_floor_area(recount: Recount) -> Iterator[Finding]:
    """Check that modules of a building share its floor area, its spaces and what is rented.

    What two services need only once counts once where both are in the same room at the same time.
    """
    for year, building_id, here in _sharing(recount):
        there = number(here[0].building["floor_area_m2"])
        for slot, then in _by_slot(here):
            place = recount.place(building_id, *([slot] if slot else []), year=year)
            if building_id in recount.catalogue.spaces:
                yield from _check_spaces(recount, place, then)
            else:
                taken = _taken_m2(recount, then)
                yield from _check_sum("floor_area", place, taken, there, "m2")
        yield from _check_modes(recount, building_id, here, year)


def check_yard(recount: Recount) -> Iterator[Finding]:
    """Check that modules of a building share its yard."""
    for year, building_id, here in _sharing(recount):
        there = number(here[0].building["yard_m2"])
        for slot, then in _by_slot(here):
            place = recount.place(building_id, *([slot] if slot else []), year=year)
            taken = sum(number(c.module["yard_m2"]) for c in then)
            yield from _check_sum("yard", place, taken, there, "m2 of yard")


def check_reserve(recount: Recount) -> Iterator[Finding]:
    """Check that new uses leave a share of the floor area of every zone free in the last year."""
    taken: dict[str, float] = defaultdict(float)
    for c in recount.active(recount.last_year):
        if c.status == "new":
            taken[c.building_id] += c.taken_area_m2
    for reserve in recount.instance.settings.reserve:
        for zone_id in recount.zones(reserve.zone_kind, reserve.zones):
            here = [
                building
                for building in records(recount.instance.buildings)
                if recount.lies_in(building, zone_id)
            ]
            used = sum(taken[str(building["building_id"])] for building in here)
            area = sum(number(building["floor_area_m2"]) for building in here)
            free = (1 - reserve.share) * area
            if used > free + AREA_TOLERANCE_M2:
                words = (
                    f"new uses take {figure(used)} of {figure(area)} m2, "
                    f"{figure(free)} m2 may be used"
                )
                yield breach("reserve", zone_id, words)


def synergies(recount: Recount) -> Iterator[tuple[str, float, float]]:
    """Yield building, bonus and shared area of all services that gain by it in the last year."""
    for building_id, here in recount.active_by_building(recount.last_year).items():
        services = {c.service_id for c in here}
        for pair in records(recount.instance.pairs):
            both = {str(pair["service_id"]), str(pair["other_service_id"])}
            if pair["kind"] == "synergy" and both <= services:
                yield building_id, number(pair["bonus"]), number(pair["shared_area_m2"])


def _sharing(recount: Recount) -> Iterator[tuple[int, str, list[Conversion]]]:
    """Yield year, building and what is open there."""
    for year in recount.years:
        for building_id, here in recount.active_by_building(year).items():
            yield year, building_id, here


def _taken_m2(recount: Recount, here: Sequence[Conversion]) -> float:
    """Return the floor area that conversions in one room take, less what services share."""
    taken = sum(c.taken_area_m2 for c in here)
    if not recount.instance.rule_on("synergy"):
        return taken
    services = {c.service_id for c in here}
    return taken - sum(
        number(pair["shared_area_m2"])
        for pair in records(recount.instance.pairs)
        if pair["kind"] == "synergy"
        and {str(pair["service_id"]), str(pair["other_service_id"])} <= services
    )


def _by_slot(here: Sequence[Conversion]) -> Iterator[tuple[str, list[Conversion]]]:
    """Yield what takes area in each slot; without slots everything does at all hours."""
    slots = sorted({slot for c in here for slot in c.slots})
    for slot in slots or [""]:
        yield slot, [c for c in here if not c.slots or slot in c.slots]


def _check_sum(rule: str, place: str, taken: float, there: float, unit: str) -> Iterator[Finding]:
    if taken > there + AREA_TOLERANCE_M2:
        words = f"modules take {figure(taken)} {unit}, the building has {figure(there)} {unit}"
        yield breach(rule, place, words)


def _check_spaces(recount: Recount, place: str, here: Sequence[Conversion]) -> Iterator[Finding]:
    """Yield the spaces of a building that what may go nowhere else exceeds the most (Hall 1935)."""
    area = {
        str(row["space"]): number(row["area_m2"])
        for row in recount.catalogue.spaces[here[0].building_id]
    }
    allowed = [frozenset(usable_spaces(recount, c) or ()) for c in here]
    excess: dict[tuple[str, ...], tuple[float, float]] = {}
    for count in range(len(area) + 1):
        for spaces in combinations(sorted(area), count):
            inside = [
                c
                for c, may_use in zip(here, allowed, strict=True)
                if may_use <= set(spaces) or c.taken_area_m2 == 0
            ]
            excess[spaces] = _taken_m2(recount, inside), sum(area[space] for space in spaces)
    worst = max(excess, key=lambda spaces: excess[spaces][0] - excess[spaces][1])
    taken, there = excess[worst]
    if taken > there + AREA_TOLERANCE_M2:
        names = ", ".join(worst) or "none"
        words = (
            f"modules take {figure(taken)} m2 of the spaces {names}, they have {figure(there)} m2"
        )
        yield breach("floor_area", place, words)


def _check_modes(
    recount: Recount, building_id: str, here: Sequence[Conversion], year: int
) -> Iterator[Finding]:
    """Yield where more is used than can be had of the building in a mode."""
    for mode in sorted({c.mode for c in here if c.tenure and is_known(c.tenure["area_m2"])}):
        there = number(recount.catalogue.tenures[building_id][mode]["area_m2"])
        for slot, then in _by_slot(here):
            taken = _taken_m2(recount, [c for c in then if c.mode == mode])
            if taken > there + AREA_TOLERANCE_M2:
                parts = [building_id, mode, *([slot] if slot else [])]
                words = f"modules take {figure(taken)} m2, {figure(there)} m2 can be had as {mode}"
                yield breach("floor_area", recount.place(*parts, year=year), words)
