"""Rule `add_on`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.model.conversions import UNLIMITED
from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.alternatives import Alternatives, alternatives


def add_on(decisions: Decisions) -> Iterator[Row]:
    r"""An add-on is open only beside its host, and takes no more places than the host has free.

    .. math:: y_{bm} \le \sum_{h: \, free_h \ge taken_m} y_{bh}, \qquad
        \sum_m taken_m \, y_{bm} \le \sum_h free_h \, y_{bh}

    for all that is open in the same year. Free is what the host may use of its capacity and, where
    a kept facility states how much of it is in use, no more than the rest. The second row stands
    where several add-ons share a host. Source: policies P021, P051, P136, P145 (nursery classes in
    kindergartens, wings of hospitals, beds in health centres).
    """
    conversions = decisions.conversions
    if not decisions.adds_on.any():
        return
    free = _free_places(decisions)
    takes = conversions["host_capacity"].to_numpy(np.int64)
    service = conversions["service_id"].to_numpy(object)
    host_service = conversions["host_service_id"].to_numpy(object)
    building = conversions["building"].to_numpy(np.int64)
    sharing: dict[tuple[int, str], list[Alternatives]] = {}
    for group in alternatives(decisions, decisions.adds_on):
        host = str(host_service[group.columns[0]])
        sharing.setdefault((group.building, host), []).append(group)
    for (house, host), groups in sharing.items():
        # An add-on is no host of its own service.
        hosts = (building == house) & (service == host)
        hosts &= ~(decisions.adds_on & (host_service == host))
        for year in decisions.years:
            open_then = decisions.active(year)
            beside = np.flatnonzero(hosts & open_then)
            adding = [g for g in groups if open_then[g.columns].any()]
            for group in adding:
                mine = group.columns[open_then[group.columns]]
                able = beside[free[beside] >= takes[mine[0]]]
                yield decisions.row_of(
                    decisions.label("add_on", group.building_id, group.module_id, year=year),
                    np.append(mine, able),
                    coefficients=np.append(np.ones(len(mine)), -np.ones(len(able))),
                    upper=0,
                )
            total = sum(int(takes[g.columns[0]]) for g in adding)
            if len(adding) > 1 and np.any(free[beside] < total):
                mine = np.concatenate([g.columns[open_then[g.columns]] for g in adding])
                mine = mine[takes[mine] > 0]
                yield decisions.row_of(
                    decisions.label(
                        "add_on",
                        adding[0].building_id,
                        "+".join(g.module_id for g in adding),
                        year=year,
                    ),
                    np.append(mine, beside),
                    coefficients=np.append(takes[mine], -np.minimum(free[beside], total))
                    / NEED_GRID,
                    upper=0,
                )


def _free_places(decisions: Decisions) -> NDArray[np.float64]:
    """Return what add-ons may take of each conversion as their host, in 1/NEED_GRID unit."""
    conversions = decisions.conversions
    # The first offer of a conversion is that of its own service.
    free = decisions.offers.drop_duplicates("row")["capacity"].to_numpy(float)
    free[free == UNLIMITED] = np.inf
    stated = decisions.instance.facilities
    stated = stated[stated["occupancy"].notna() & stated["building_id"].notna()]
    kept = conversions["status"].eq("keep").to_numpy(bool)
    for building_id, service_id in stated.groupby(["building_id", "service_id"]).groups:
        mine = kept & conversions["building_id"].eq(building_id).to_numpy(bool)
        mine &= conversions["service_id"].eq(service_id).to_numpy(bool)
        unused = _unused(decisions.instance, str(building_id), str(service_id))
        free[mine] = np.minimum(free[mine], unused)
    return free


def _unused(instance: Instance, building_id: str, service_id: str) -> float:
    """Return what the facilities of a service in a building do not use today, on the grid."""
    own = instance.facilities["building_id"].eq(building_id)
    own &= instance.facilities["service_id"].eq(service_id)
    facilities = instance.facilities[own]
    caps = instance.services.set_index("service_id")["people_cap"].astype(float)
    capacity = facilities["capacity"].astype(float).fillna(caps[service_id]).fillna(np.inf)
    unused = (1 - facilities["occupancy"].astype(float).fillna(0)) * capacity
    return float(np.floor(unused.sum() * NEED_GRID + 1e-6))
