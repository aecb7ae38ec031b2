"""Recomputed rules on how many places zones have, and whose gap is closed first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.errors import Finding
from siting.instance.instance import NEED_GRID
from siting.instance.settings import ZoneMinimum
from siting.verification.admission import admitted
from siting.verification.conversions import number
from siting.verification.outcome import breach, figure
from siting.verification.recount import Recount

_TOLERANCE = 1e-6


def check_minimum_per_zone(recount: Recount) -> Iterator[Finding]:
    """Check that every zone that a minimum speaks of has that many open places in the last year.

    Places outside count where they reach the share of the zone's need that is stated.
    """
    for minimum in recount.instance.settings.minimum_per_zone:
        service_id = minimum.service_id
        places = _open_places(recount, service_id, recount.last_year)
        homes = recount.sites(minimum.zone_kind)[places]
        for zone_id in recount.zones(minimum.zone_kind, minimum.zones):
            counts = homes == zone_id
            if minimum.credit_share is not None:
                counts |= _credited(recount, minimum, zone_id, places)
            count = int(counts.sum())
            if count < minimum.count:
                words = f"open places: {count}, needed: at least {minimum.count}"
                yield breach("minimum_per_zone", f"{service_id}/{zone_id}", words)


def check_maximum_per_zone(recount: Recount) -> Iterator[Finding]:
    """Check that no zone has more open places than its maximum, or than exist for good."""
    for maximum in recount.instance.settings.maximum_per_zone:
        service_id = maximum.service_id
        sites = recount.sites(maximum.zone_kind)
        existing = sites[_fixed_places(recount, service_id)]
        for year in recount.years:
            homes = sites[_open_places(recount, service_id, year)]
            for zone_id in recount.zones(maximum.zone_kind, maximum.zones):
                count = int((homes == zone_id).sum())
                most = max(maximum.count, int((existing == zone_id).sum()))
                if count > most:
                    words = f"open places: {count}, at most {most} may be"
                    place = recount.place(service_id, zone_id, year=year)
                    yield breach("maximum_per_zone", place, words)


def check_self_sufficiency(recount: Recount) -> Iterator[Finding]:
    """Check that zones have capacity for a share of their own need in the last year."""
    year = recount.last_year
    for wanted in recount.instance.settings.self_sufficiency:
        for zone_id in recount.zones(wanted.zone_kind, wanted.zones):
            there = _capacity(recount, wanted.service_id, wanted.zone_kind, zone_id, year)
            need = _need(recount, wanted.service_id, wanted.zone_kind, zone_id, year)
            due = wanted.share * need
            if there < due - _TOLERANCE * max(1.0, due):
                words = (
                    f"capacity for {figure(there / NEED_GRID)}, "
                    f"needed: at least {figure(due / NEED_GRID)}"
                )
                yield breach("self_sufficiency", f"{wanted.service_id}/{zone_id}", words)


def check_first_refusal(recount: Recount) -> Iterator[Finding]:
    """Check that others use what suits the first claimants only where their gap is closed."""
    refusal = recount.instance.settings.first_refusal
    if refusal is None:
        return
    claimed: dict[str, set[str]] = defaultdict(set)
    for c in admitted(recount):
        if c.service_id in refusal.services:
            claimed[c.building_id].add(c.service_id)
    for c in recount.new:
        zone_id = c.building.get(f"zone_{refusal.zone_kind}")
        area = number(c.building["floor_area_m2"])
        if (
            c.service_id in refusal.services
            or c.building["waived"]
            or area < refusal.min_area_m2
            or zone_id not in recount.zone_kind_of
        ):
            continue
        for service_id in sorted(claimed[c.building_id]):
            for year in (year for year in recount.years if c.is_active(year)):
                there = _capacity(recount, service_id, refusal.zone_kind, str(zone_id), year)
                need = _need(recount, service_id, refusal.zone_kind, str(zone_id), year)
                if there < need - _TOLERANCE * max(1, need):
                    words = (
                        f"{service_id} has the first claim, {zone_id} has "
                        f"{figure(there / NEED_GRID)} of the {figure(need / NEED_GRID)} it needs"
                    )
                    place = recount.place(c.building_id, c.service_id, year=year)
                    yield breach("first_refusal", place, words)


def _fixed_places(recount: Recount, service_id: str) -> NDArray[np.int64]:
    """Return positions of the facilities of a service that cannot change."""
    own = recount.fixed[recount.fixed["service_id"] == service_id]
    return recount.place_positions(own["facility_id"])


def _open_places(recount: Recount, service_id: str, year: int) -> NDArray[np.int64]:
    """Return a position per facility and conversion that offers a service in a year."""
    offering = [c.building_id for c in recount.active(year) if c.offers_service(service_id)]
    return np.concatenate([_fixed_places(recount, service_id), recount.place_positions(offering)])


def _credited(
    recount: Recount, minimum: ZoneMinimum, zone_id: str, places: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which places have the share of a zone's need within reach that makes them count."""
    there = np.zeros(len(recount.instance.places), dtype=bool)
    there[places] = True
    within = recount.ways.within(minimum.service_id, there)
    need = recount.need(recount.last_year)
    at_home = recount.homes(minimum.zone_kind) == zone_id
    reached = np.zeros(len(recount.instance.places))
    np.add.at(reached, within.place, np.where(at_home, need, 0)[within.unit])
    whole = _need(recount, minimum.service_id, minimum.zone_kind, zone_id, recount.last_year)
    due = (minimum.credit_share or 0.0) * whole
    enough: NDArray[np.bool_] = reached[places] >= due - _TOLERANCE * max(1.0, due)
    return enough


def _need(recount: Recount, service_id: str, kind: str, zone_id: str, year: int) -> int:
    """Return the need of a service of those who live in a zone."""
    own = (recount.units["service_id"] == service_id).to_numpy(bool)
    return int(recount.need(year)[own & (recount.homes(kind) == zone_id)].sum())


def _capacity(recount: Recount, service_id: str, kind: str, zone_id: str, year: int) -> float:
    """Return what the places in a zone can serve of a service."""
    offers = recount.open_in(year)
    offers = offers[offers["service_id"] == service_id]
    inside = recount.sites(kind)[offers["place"].to_numpy(np.int64)] == zone_id
    return float(offers["capacity"].to_numpy(float)[inside].sum())
