"""Rule `maximum_per_zone`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.offering import fixed_places, places_in
from siting.model.rules.years import telling_years
from siting.model.zones import zones_named


def maximum_per_zone(decisions: Decisions) -> Iterator[Row]:
    r"""Each zone has at most so many open places of a service, existing ones included.

    .. math:: \sum_{c \text{ offering } s, \, b \in zone, \text{ open in } t} y_c
        \le \max(0, maximum - existing_{s,zone})

    Where more exist already nothing opens beside them. Source: standard S030 (one or two reading
    spaces per block).
    """
    instance = decisions.instance
    at = decisions.conversions["building"].to_numpy(np.int64)
    for maximum in instance.settings.maximum_per_zone:
        offered = decisions.offering(maximum.service_id)
        existing = fixed_places(decisions, maximum.service_id)
        for zone in zones_named(instance, maximum.zone_kind, maximum.zones):
            counts = places_in(decisions, maximum.zone_kind, zone)
            room = max(0, maximum.count - int(counts[existing].sum()))
            columns = np.flatnonzero(offered & counts[at])
            for year, open_then in telling_years(decisions, columns):
                if len(open_then) > room:
                    name = decisions.label("maximum_per_zone", maximum.service_id, zone, year=year)
                    yield decisions.row_of(name, open_then, upper=room)
