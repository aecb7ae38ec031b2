"""Which places of a zone offer a service, and how much."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.conversions import UNLIMITED
from siting.model.decisions import Decisions
from siting.model.program import Extra, Row
from siting.model.zones import zone_of


def places_in(decisions: Decisions, kind: str, zone_id: str) -> NDArray[np.bool_]:
    """Return which of `Instance.places` lie in a zone."""
    instance = decisions.instance
    zones = [zone_of(table, kind) for table in (instance.buildings, instance.facilities)]
    return np.asarray(np.concatenate(zones) == zone_id, bool)


def fixed_places(decisions: Decisions, service_id: str) -> NDArray[np.int64]:
    """Return the positions of the facilities without choices that offer a service."""
    own = decisions.fixed["service_id"].eq(service_id).to_numpy(bool)
    return decisions.fixed["place"].to_numpy(np.int64)[own]


def need_in(decisions: Decisions, service_id: str, kind: str, zone_id: str, year: int) -> int:
    """Return the need of a service in a zone in a year, in 1/NEED_GRID unit."""
    own = units_in(decisions, service_id, kind, zone_id)
    return int(decisions.instance.need_of(year)[own].sum())


def units_in(decisions: Decisions, service_id: str, kind: str, zone_id: str) -> NDArray[np.bool_]:
    """Return which units of need are of a service and a zone."""
    units = decisions.instance.units
    home = zone_of(decisions.instance.demand, kind) == zone_id
    inside = home[units["demand"].to_numpy(np.int64)]
    return np.asarray(inside & units["service_id"].eq(service_id).to_numpy(bool), bool)


def supply_row(
    decisions: Decisions,
    name: str,
    service_id: str,
    *,
    places: NDArray[np.bool_],
    year: int,
    wanted: float,
    state: Extra | None = None,
) -> Row | None:
    r"""Return ``capacity open at places in a year >= wanted (x state)``, None where it is anyway.

    No capacity counts for more than would be wanted without any other: that changes no plan, and
    stands for one without a limit. What add-ons may take away is added to it.
    """
    fixed = decisions.fixed[decisions.fixed["service_id"] == service_id]
    there = fixed["capacity"].to_numpy(np.int64)[places[fixed["place"].to_numpy(np.int64)]]
    missing = wanted - float(there.sum())
    if np.any(there == UNLIMITED) or missing <= 0:
        return None
    offers = decisions.offers
    row = offers["row"].to_numpy(np.int64)
    at = decisions.conversions["building"].to_numpy(np.int64)[row]
    own = offers["service_id"].eq(service_id).to_numpy(bool)
    own = own & places[at] & decisions.active(year)[row]
    capacity = offers["capacity"].to_numpy(np.int64)[own].astype(float)
    taken = -capacity[(capacity < 0) & (capacity != UNLIMITED)].sum()
    capacity[capacity == UNLIMITED] = np.inf
    total = np.zeros(len(decisions.conversions))
    np.add.at(total, row[own], np.minimum(capacity, missing + taken) / NEED_GRID)
    columns = np.flatnonzero(total)
    if state is None:
        return decisions.row_of(
            name, columns, coefficients=total[columns], lower=missing / NEED_GRID
        )
    return decisions.row_of(
        name,
        columns,
        coefficients=total[columns],
        lower=0,
        extra=((state, -missing / NEED_GRID),),
    )
