"""Rule `keep_cover`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.offering import fixed_places


def keep_cover(decisions: Decisions) -> Iterator[Row]:
    r"""Whoever has a place of the service within reach today has one at the end, too.

    .. math:: \sum_{c \text{ offering } s, \, b \in N(k), \text{ open in the last year}} y_c \ge 1

    for every unit of need :math:`k` within reach of a place that exists; none where a facility
    without choices reaches it. Units with the same places have one row. Source: policy P074
    (merging of stations within 15 minutes).
    """
    instance = decisions.instance
    services = instance.services
    facilities = instance.facilities["service_id"]
    for service_id in services.loc[services["keep_cover"].fillna(False).astype(bool), "service_id"]:
        arcs = decisions.reach[service_id]
        today, sure = np.zeros((2, len(instance.places)), bool)
        today[len(instance.buildings) :] = facilities.eq(service_id)
        sure[fixed_places(decisions, service_id)] = True
        covered = np.setdiff1d(arcs.unit[today[arcs.place]], arcs.unit[sure[arcs.place]])
        offering = decisions.offering(service_id) & decisions.active(decisions.last_year)
        at = decisions.conversions["building"].to_numpy(np.int64)
        starts = np.searchsorted(arcs.unit, covered)
        ends = np.searchsorted(arcs.unit, covered, side="right")
        told = set()
        for unit, start, end in zip(covered, starts, ends, strict=True):
            near = np.zeros(len(instance.places), bool)
            near[arcs.place[start:end]] = True
            columns = np.flatnonzero(offering & near[at])
            if columns.tobytes() not in told:
                told.add(columns.tobytes())
                k = instance.units.iloc[unit]
                name = f"keep_cover[{service_id},{k['demand_id']},{k['group']}]"
                yield decisions.row_of(name, columns, lower=1)
