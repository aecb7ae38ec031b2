"""What walking is spared: by how much ways are shorter than the longest that counts as served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance

if TYPE_CHECKING:
    from siting.model.value import Value

Floats = NDArray[np.float64]


def spared_min(instance: Instance, service_id: str, minutes: Floats) -> Floats:
    """Return by how many minutes ways are shorter than the longest that counts as served."""
    return np.maximum(instance.limits_min[service_id] - minutes, 0.0)


def spared_per_unit(instance: Instance, factor: Floats) -> dict[tuple[str, int], float]:
    """Return what a unit of need that is spared a minute counts, by service and year.

    Services that people walk to count by their weights, as in tier 1; the others not at all.

    Parameters
    ----------
    factor
        How often each of `Instance.units` counts, shape (units,).
    """
    services = instance.services[instance.services["mode"] == "walk"]
    weights = services.set_index("service_id")["weight"].astype(float)
    each: dict[tuple[str, int], float] = {}
    for year in instance.years:
        need = _need_by_service(instance, year, factor)
        counted = {str(s): w for s, w in weights.items() if w > 0 and need.get(s, 0) > 0}
        for s, weight in counted.items():
            share = weight * NEED_GRID / need[s] / sum(counted.values())
            each[s, year] = float(share) / len(instance.years)
    return each


def spared_of(value: Value, service: pd.DataFrame) -> float:
    """Return the minutes that who is served where is spared in the mean, 0 for the unserved."""
    instance = value.instance
    each = spared_per_unit(instance, value.factor)
    counted = value.counted(service)
    served = service[counted > 0]
    counted, minutes = counted[counted > 0], served["minutes"].to_numpy(float)
    total = 0.0
    for (service_id, year), rows in served.groupby(["service_id", "year"]).indices.items():
        spared = spared_min(instance, str(service_id), minutes[rows])
        total += each.get((str(service_id), int(year)), 0.0) * float(counted[rows] @ spared)
    return total


def standard_walk_min(instance: Instance) -> float:
    """Return the mean of the longest ways that count, by weight: the walk if nobody were served.

    A plan that spares ``v`` minutes has a mean walk of this less ``v``, where whoever is not served
    counts as walking all of it.
    """
    once = np.ones(len(instance.units))
    each = spared_per_unit(instance, once)
    need = {year: _need_by_service(instance, year, once) for year in instance.years}
    return sum(
        worth * float(need[year][s]) / NEED_GRID * instance.limits_min[s]
        for (s, year), worth in each.items()
    )


def _need_by_service(instance: Instance, year: int, factor: Floats) -> pd.Series:
    """Return the need of a year by service, each unit as often as it counts."""
    of_unit = instance.units["service_id"].to_numpy(object)
    return pd.Series(instance.need_of(year) * factor).groupby(of_unit).sum()
