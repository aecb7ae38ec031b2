"""Recomputed rules on how much is served in zones, at places and across borders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from siting.errors import Finding
from siting.instance.instance import NEED_GRID
from siting.verification.attainable import attainable
from siting.verification.conversions import is_known, number, text
from siting.verification.outcome import breach, figure
from siting.verification.recount import Recount

_TOLERANCE = 1e-6


def check_zone_floor(recount: Recount) -> Iterator[Finding]:
    """Check that the least share of what could be served in a zone is served in the last year.

    Amounts are rounded to the grid part by part, so each part may miss one grain.
    """
    year = recount.last_year
    need = recount.need(year)
    rows = recount.served_in(year)
    rows = rows[rows["unit"] >= 0]
    for floor in recount.instance.settings.zone_floor:
        homes = recount.homes(floor.zone_kind)
        could = attainable(recount, floor.service_id)
        served = rows[rows["service_id"] == floor.service_id]
        zone_of_row = homes[served["unit"].to_numpy(np.int64)]
        for zone_id in recount.zones(floor.zone_kind, floor.zones):
            due = floor.share * int(need[could & (homes == zone_id)].sum())
            parts = served[zone_of_row == zone_id]
            amount = int(parts["grains"].sum())
            if amount < due - len(parts) - _TOLERANCE * max(1.0, due):
                words = (
                    f"{_amount(amount)} are served of {_amount(due / floor.share)} that could be, "
                    f"at least {_amount(due)} must be"
                )
                yield breach("zone_floor", f"{floor.service_id}/{zone_id}", words)


def check_min_load(recount: Recount) -> Iterator[Finding]:
    """Check that new places of capacity services are used up to their least load."""
    for year in recount.years:
        rows = recount.served_in(year)
        least: dict[tuple[str, str], float] = defaultdict(float)
        for c in recount.active(year):
            if c.status == "new" and c.service["kind"] == "capacity":
                share, most = number(c.module["min_load"]), c.offers[0][1]
                if share > 0 and np.isfinite(most):
                    least[c.building_id, c.service_id] += share * most
        for (building_id, service_id), due in least.items():
            here = (rows["place_id"] == building_id) & (rows["service_id"] == service_id)
            load = int(rows.loc[here, "grains"].sum())
            if load < due - int(here.sum()) - _TOLERANCE * max(1.0, due):
                words = f"{_amount(load)} are served, at least {_amount(due)} must be"
                yield breach("min_load", recount.place(building_id, service_id, year=year), words)


def check_own_zone(recount: Recount) -> Iterator[Finding]:
    """Check that not more than a share of need is served outside its own zone."""
    for service_id, service in recount.services.items():
        kind = text(service["own_zone_kind"])
        if not kind:
            continue
        homes, sites = recount.homes(kind), recount.sites(kind)
        share = 1 - number(service["own_zone_share"])
        for year in recount.years:
            rows = recount.served_in(year)
            rows = rows[
                (rows["service_id"] == service_id) & (rows["unit"] >= 0) & (rows["place"] >= 0)
            ]
            home = homes[rows["unit"].to_numpy(np.int64)]
            site = sites[rows["place"].to_numpy(np.int64)]
            across = int(rows.loc[(home != site) | (home == ""), "grains"].sum())
            most = share * recount.base(year)[service_id]
            if across > most + _TOLERANCE * max(1.0, most):
                words = (
                    f"{_amount(across)} are served outside their own {kind}, "
                    f"at most {_amount(most)} may be"
                )
                yield breach("own_zone", recount.place(service_id, year=year), words)


def check_outside_supply(recount: Recount) -> Iterator[Finding]:
    """Check that facilities outside the district serve no more than their cap."""
    facilities = recount.instance.facilities
    outside = set(facilities.loc[facilities["outside"].astype(bool), "facility_id"])
    for service_id, service in recount.services.items():
        if not is_known(service["outside_cap"]):
            continue
        most = float(service["outside_cap"]) * NEED_GRID
        for year in recount.years:
            rows = recount.served_in(year)
            there = (rows["service_id"] == service_id) & rows["place_id"].isin(outside)
            amount = int(rows.loc[there, "grains"].sum())
            if amount > most + _TOLERANCE * max(1.0, most):
                words = f"{_amount(amount)} are served outside, at most {_amount(most)} may be"
                yield breach("outside_supply", recount.place(service_id, year=year), words)


def _amount(grains: float) -> str:
    return figure(grains / NEED_GRID)
