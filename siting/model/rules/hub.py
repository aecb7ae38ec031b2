"""Rule `hub`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.alternatives import alternatives
from siting.model.rules.offering import fixed_places, places_in
from siting.model.zones import zone_of


def hub(decisions: Decisions) -> Iterator[Row]:
    r"""What needs a hub opens only with an open one near it, or in its zone, in every year.

    .. math:: \sum_m y_{bsm} \le \sum_{c \text{ offering the hub's service near } b} y_c

    for what is open in the same year; no row where a facility without choices is such a hub. The
    hub may be in the same building. Source: policies P057, P063-P067, P089 (stations and centres,
    care and clinic, branch and parent school).
    """
    conversions = decisions.conversions
    at = conversions["building"].to_numpy(np.int64)
    for link in decisions.instance.links.itertuples():
        bound = decisions.is_new & conversions["service_id"].eq(link.service_id).to_numpy(bool)
        if isinstance(link.module_id, str) and link.module_id:
            bound &= conversions["module_id"].eq(link.module_id).to_numpy(bool)
        hubs = decisions.offering(link.hub_service_id)
        existing = fixed_places(decisions, link.hub_service_id)
        for group in alternatives(decisions, bound):
            around = _around(decisions, link, group.building)
            if around[existing].any():
                continue
            for year in decisions.years:
                open_then = decisions.active(year)
                factor = np.zeros(len(conversions))
                factor[group.columns[open_then[group.columns]]] += 1
                factor[hubs & open_then & around[at]] -= 1
                columns = np.flatnonzero(factor)
                if np.any(factor > 0):
                    parts = (str(link.link_id), group.building_id, *group.beside)
                    yield decisions.row_of(
                        decisions.label("hub", *parts, year=year),
                        columns,
                        coefficients=factor[columns],
                        upper=0,
                    )


def _around(decisions: Decisions, link: Any, building: int) -> NDArray[np.bool_]:
    """Return the places where a hub of a link would do for a building."""
    instance = decisions.instance
    around = np.ones(len(instance.places), bool)
    if isinstance(link.zone_kind, str) and link.zone_kind:
        home = str(zone_of(instance.buildings, link.zone_kind)[building])
        around &= places_in(decisions, link.zone_kind, home) & bool(home)
    if not np.isnan(float(link.within_min)):
        near = decisions.near[str(link.link_id)]
        close = np.zeros(len(around), bool)
        close[near[near[:, 0] == building, 1]] = True
        close[building] = True
        around &= close
    return around
