"""Rule `min_reach`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.model.conversions import UNLIMITED
from siting.model.rules.admission import Ruling, ruling
from siting.reach import Arcs


def min_reach(instance: Instance, rows: pd.DataFrame, reach: Mapping[str, Arcs]) -> Ruling:
    r"""Admit a module of a reach service only where enough people live within its reach.

    .. math:: y_{bsm} = 0 \quad \text{if } \sum_{k: \, b \in N(k)} need_k < least_m \cdot cap_m

    For services of kind reach with a cap of people, by the need of the last year; a service of
    kind capacity has `min_load` instead, which counts who comes. Source: policy P090 (no empty
    facilities).
    """
    services = instance.services.set_index("service_id")
    usable = rows["service_id"].map(services["max_utilisation"].astype(float)).to_numpy()
    capacity = np.rint(rows["capacity"].to_numpy(float) * usable)
    least = rows["min_load"].astype(float).fillna(0).to_numpy()
    asked = rows["service_id"].map(services["kind"]).eq("reach").to_numpy(bool)
    asked = asked & (least > 0) & rows["capacity"].ne(UNLIMITED).to_numpy()
    missing = np.full(len(rows), np.nan)
    building = rows["building"].to_numpy(np.int64)
    for service_id in sorted(set(rows["service_id"][asked])):
        mine = asked & rows["service_id"].eq(service_id).to_numpy(bool)
        near = _need_within_reach(instance, reach[service_id])
        missing[mine] = (least * capacity)[mine] - near[building[mine]]
    out = missing > _TOLERANCE
    return ruling(rows, out, "too_few_people", lacking=np.where(out, missing / NEED_GRID, np.nan))


_TOLERANCE = 1e-6


def _need_within_reach(instance: Instance, arcs: Arcs) -> NDArray[np.float64]:
    """Return the need of the last year within reach of each place, in 1/NEED_GRID unit."""
    need = instance.need_of(instance.years[-1])[arcs.unit].astype(float)
    near = np.bincount(arcs.place, weights=need, minlength=len(instance.places))
    return np.asarray(near, np.float64)
