"""Rule `priorities`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.reach import Arcs


def priorities(instance: Instance, reach: Mapping[str, Arcs]) -> NDArray[np.float64]:
    r"""Return what one unit of need counts: the more, the earlier it is served.

    .. math:: f_k = \prod_{rows \text{ matching } k} factor \cdot
        \begin{cases} blank & \text{no place reaches } k \text{ today} \\ 1 & \text{else}
        \end{cases}

    The rows of the `priorities` table match by service, group and zone of the demand point; an
    empty cell matches all. Tier 1 counts the share of the need so weighted. Source: policies P005
    (school districts first), P076 (blank areas first), P080 (workers), P081 (children first).
    """
    units = instance.units
    factors = np.ones(len(units))
    kinds = dict(zip(instance.zones["zone_id"], instance.zones["kind"], strict=True))
    point = units["demand"].to_numpy(np.int64)
    for row in instance.priorities.itertuples():
        mask = np.ones(len(units), bool)
        for column in ("service_id", "group"):
            asked = getattr(row, column)
            if isinstance(asked, str) and asked:
                mask &= units[column].eq(asked).to_numpy(bool)
        if isinstance(row.zone_id, str) and row.zone_id:
            homes = instance.demand.get(f"zone_{kinds[row.zone_id]}")
            inside = np.zeros(len(instance.demand), bool)
            if homes is not None:
                inside = homes.eq(row.zone_id).to_numpy(bool)
            mask &= inside[point]
        factors[mask] *= float(row.factor)
    blank = instance.settings.objective.blank_factor
    if blank > 1:
        factors[~_reached_today(instance, reach)] *= blank
    return factors


def _reached_today(instance: Instance, reach: Mapping[str, Arcs]) -> NDArray[np.bool_]:
    reached = np.zeros(len(instance.units), bool)
    for service_id, arcs in reach.items():
        offering = np.zeros(len(instance.places), bool)
        own = instance.facilities["service_id"].eq(service_id).to_numpy(bool)
        offering[len(instance.buildings) :] = own
        reached[arcs.to(offering).unit] = True
    return reached
