"""Rule `minimum_per_zone`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.instance.settings import ZoneMinimum
from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.offering import fixed_places, places_in, units_in
from siting.model.zones import zones_named

_TOLERANCE = 1e-6


def minimum_per_zone(decisions: Decisions) -> Iterator[Row]:
    r"""Each zone has at least so many open places of a service, existing ones included.

    .. math:: \sum_{c \text{ offering } s, \, b \in zone, \text{ open in the last year}} y_c
        \ge minimum - existing_{s,zone}

    Facilities that may change count where they are kept. A place outside counts too where it has
    at least a share of the zone's need within its reach, if the setting gives one. Source:
    standards S014, S038, S121.
    """
    instance = decisions.instance
    for minimum in instance.settings.minimum_per_zone:
        offered = decisions.offering(minimum.service_id) & decisions.active(decisions.last_year)
        at = decisions.conversions["building"].to_numpy(np.int64)
        existing = fixed_places(decisions, minimum.service_id)
        for zone in zones_named(instance, minimum.zone_kind, minimum.zones):
            counts = places_in(decisions, minimum.zone_kind, zone)
            if minimum.credit_share is not None:
                counts |= _near_enough(decisions, minimum, zone, minimum.credit_share)
            missing = minimum.count - int(counts[existing].sum())
            if missing > 0:
                yield decisions.row_of(
                    f"minimum_per_zone[{minimum.service_id},{zone}]",
                    offered & counts[at],
                    lower=missing,
                )


def _near_enough(
    decisions: Decisions, minimum: ZoneMinimum, zone: str, share: float
) -> NDArray[np.bool_]:
    """Return which places have that share of the zone's need within their reach."""
    instance = decisions.instance
    inside = units_in(decisions, minimum.service_id, minimum.zone_kind, zone)
    need = np.where(inside, instance.need_of(decisions.last_year), 0).astype(float)
    arcs = decisions.reach[minimum.service_id]
    near = np.bincount(arcs.place, weights=need[arcs.unit], minlength=len(instance.places))
    return np.asarray(near >= share * need.sum() - _TOLERANCE, bool)
