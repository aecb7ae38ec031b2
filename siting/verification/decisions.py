"""Recomputed rules on what must be chosen, and what may stand side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.errors import Finding
from siting.instance.instance import NEED_GRID
from siting.verification.admission import lock_name
from siting.verification.conversions import (
    Conversion,
    Row,
    capacity_or_cap,
    is_known,
    matches,
    number,
    records,
)
from siting.verification.conversions import text as text_of
from siting.verification.outcome import breach, figure
from siting.verification.recount import Recount

_CAPACITY_TOLERANCE = 1e-6


def check_required(recount: Recount) -> Iterator[Finding]:
    """Check that every lock that requires a conversion has one that matches, open in time."""
    for lock in records(recount.instance.locks):
        if lock["status"] != "required":
            continue
        due = _year_due(recount, lock)
        matching = [c for c in recount.conversions if matches(lock, c)]
        if due is None and not matching:
            words = "0 matching conversions are chosen, the lock requires at least 1"
            yield breach("required", lock_name(lock), words)
        elif due is not None and not any(c.year <= due <= c.until for c in matching):
            words = f"0 matching conversions are open in {due}, the lock requires at least 1"
            yield breach("required", lock_name(lock), words)


def check_committed(recount: Recount) -> Iterator[Finding]:
    """Check that every committed conversion is chosen, from its year to the end."""
    for ids, lock in recount.catalogue.commitments.items():
        first = committed_from(recount, lock)
        if first > recount.last_year:
            continue
        matching = [
            c
            for c in recount.conversions
            if (c.building_id, c.service_id, c.module_id) == ids and c.status == "committed"
        ]
        if not matching:
            words = "committed and paid, but not among the chosen"
            yield breach("committed", lock_name(lock), words)
        for c in matching:
            if (c.year, c.until) != (first, recount.last_year):
                words = (
                    f"open from {c.year} to {c.until}, "
                    f"committed from {first} to {recount.last_year}"
                )
                yield breach("committed", lock_name(lock), words)


def check_one_module(recount: Recount) -> Iterator[Finding]:
    """Check that a building has one module of a service at a time, and an add-on once."""
    for year in recount.years:
        modules: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for c in recount.active(year):
            key = [c.building_id, c.service_id, *([c.module_id] if c.adds_on else [])]
            modules[tuple(key)].append(c.module_id)
        for named, ids in modules.items():
            if len(ids) > 1:
                words = (
                    f"{len(ids)} modules are chosen ({', '.join(sorted(ids))}), at most 1 may be"
                )
                yield breach("one_module", recount.place(*named, year=year), words)


def check_compatibility(recount: Recount) -> Iterator[Finding]:
    """Check that services that do not go together are never in one building."""
    apart = [p for p in records(recount.instance.pairs) if p["kind"] == "incompatible"]
    for year in recount.years:
        for building_id, here in recount.active_by_building(year).items():
            services = {c.service_id for c in here}
            for pair in apart:
                both = str(pair["service_id"]), str(pair["other_service_id"])
                if set(both) <= services:
                    place = recount.place(building_id, *both, year=year)
                    yield breach("compatibility", place, "both are here, they may not be together")


def check_add_on(recount: Recount) -> Iterator[Finding]:
    """Check that every add-on has a host in its building that has room for it."""
    for year in recount.years:
        for building_id, here in recount.active_by_building(year).items():
            for c in here:
                if c.adds_on and not _hosts(here, c.host_service_id):
                    place = recount.place(building_id, c.module_id, year=year)
                    words = f"no {c.host_service_id} is open in the building to be added on to"
                    yield breach("add_on", place, words)
            for service_id in sorted({c.host_service_id for c in here if c.adds_on}):
                place = recount.place(building_id, service_id, year=year)
                for words in _short_of_room(here, service_id):
                    yield breach("add_on", place, words)


def check_hub(recount: Recount) -> Iterator[Finding]:
    """Check that what needs a hub has one open in its zone and within its minutes."""
    for link in records(recount.instance.links):
        for year in recount.years:
            offers = recount.open_in(year)
            hubs = recount.places_with(offers, str(link["hub_service_id"]))
            for c in recount.active(year):
                if (
                    c.status == "new"
                    and c.service_id == link["service_id"]
                    and text_of(link["module_id"]) in ("", c.module_id)
                ):
                    yield from _check_link(recount, link, c, hubs.copy(), year)


def committed_from(recount: Recount, lock: Row) -> int:
    """Return the year from which a commitment is open."""
    first = recount.years[0]
    known = recount.yearly and is_known(lock["year"])
    return max(first, int(number(lock["year"]))) if known else first


def _year_due(recount: Recount, lock: Row) -> int | None:
    """Return the year in which a required conversion must be open; None for any."""
    if not recount.yearly or not is_known(lock["year"]):
        return None
    return min(max(int(number(lock["year"])), recount.years[0]), recount.last_year)


def _hosts(here: list[Conversion], service_id: str) -> list[Conversion]:
    """Return what may host add-ons to a service; one of them is no host of the others."""
    return [c for c in here if c.service_id == service_id and c.host_service_id != service_id]


def _short_of_room(here: list[Conversion], service_id: str) -> Iterator[str]:
    """Yield where add-ons take more than their host has, or has free while it is kept."""
    taken = sum(c.host_capacity for c in here if c.host_service_id == service_id)
    hosts = _hosts(here, service_id)
    if taken <= 0 or not hosts:
        return
    there = sum(c.offers[0][1] for c in hosts) / NEED_GRID
    if taken > there + _CAPACITY_TOLERANCE:
        yield f"add-ons take {figure(taken)} of {service_id}, the host has {figure(there)}"
    for kept in (c for c in hosts if c.status == "keep"):
        facilities = kept.module["facilities"]
        if any(is_known(f["occupancy"]) for f in facilities):
            free = sum(
                (1 - number(f["occupancy"])) * capacity_or_cap(f["capacity"], kept.service)
                for f in facilities
            )
            if taken > free + _CAPACITY_TOLERANCE:
                yield f"add-ons take {figure(taken)} of {service_id}, {figure(free)} are not in use"


def _check_link(
    recount: Recount, link: Row, c: Conversion, hubs: NDArray[np.bool_], year: int
) -> Iterator[Finding]:
    """Yield where none of the open hubs is in the zone and within the minutes of a link."""
    wanted = [f"an open {link['hub_service_id']}"]
    here = int(recount.place_positions([c.building_id])[0])
    kind = text_of(link["zone_kind"])
    if kind:
        zones = recount.sites(kind)
        hubs &= (zones == zones[here]) & (zones != "")
        wanted.append(f"in the same {kind}")
    if is_known(link["within_min"]):
        within_min = number(link["within_min"])
        hubs &= recount.ways.near(here, within_min)
        wanted.append(f"within {figure(within_min)} min on foot")
    if not hubs.any():
        place = recount.place(link["link_id"], c.building_id, year=year)
        yield breach("hub", place, f"{c.service_id} needs {' '.join(wanted)}, there is none")
