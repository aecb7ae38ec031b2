"""What open conversions and facilities supply, service by service."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from siting.instance.instance import Instance
from siting.model.conversions import UNLIMITED, capacity_on_grid


def conversion_offers(instance: Instance, conversions: pd.DataFrame) -> pd.DataFrame:
    """Return ``row`` (of `conversions`), ``service_id`` and ``capacity`` of every offer.

    A conversion offers its own service, what `outputs` lists beside, and below zero what an add-on
    takes from its host. Capacities are int64 in 1/NEED_GRID unit, cut to the service's highest
    utilisation, `UNLIMITED` without a limit.
    """
    row = np.arange(len(conversions))
    own = pd.DataFrame(
        {
            "row": row,
            "service_id": conversions["service_id"].to_numpy(),
            "capacity": conversions["capacity"].to_numpy(np.int64),
        }
    )
    caps = instance.services.set_index("service_id")["people_cap"].astype(float)
    beside = instance.outputs[["module_id", "service_id", "capacity"]]
    stated = beside["capacity"].astype(float)
    stated = stated.fillna(beside["service_id"].map(caps).astype(float)).to_numpy()
    further = pd.DataFrame({"row": row, "module_id": conversions["module_id"].to_numpy()}).merge(
        beside.assign(capacity=capacity_on_grid(stated)), on="module_id"
    )
    adding = conversions["host_capacity"].to_numpy(np.int64) > 0
    taken = pd.DataFrame(
        {
            "row": row[adding],
            "service_id": conversions["host_service_id"].to_numpy()[adding],
            "capacity": -conversions["host_capacity"].to_numpy(np.int64)[adding],
        }
    )
    given = pd.concat([own, further[own.columns]], ignore_index=True) if len(further) else own
    given = given.assign(capacity=_usable(instance, given["service_id"], given["capacity"]))
    return pd.concat([given, taken], ignore_index=True) if len(taken) else given


def facility_offers(instance: Instance) -> pd.DataFrame:
    """Return what is open today: ``place`` (position), ``service_id, capacity, outside``."""
    facilities = instance.facilities
    caps = instance.services.set_index("service_id")["people_cap"].astype(float)
    stated = facilities["capacity"].astype(float)
    stated = stated.fillna(facilities["service_id"].map(caps).astype(float)).to_numpy()
    service = facilities["service_id"].reset_index(drop=True)
    return pd.DataFrame(
        {
            "place": np.arange(len(facilities)) + len(instance.buildings),
            "service_id": service,
            "capacity": _usable(instance, service, capacity_on_grid(stated)),
            "outside": facilities["outside"].fillna(False).astype(bool).to_numpy(),
        }
    )


def _usable(instance: Instance, service: pd.Series[str], capacity: ArrayLike) -> NDArray[np.int64]:
    """Return capacities cut to the highest utilisation of their service."""
    highest = instance.services.set_index("service_id")["max_utilisation"].astype(float)
    grid = np.asarray(capacity, np.int64)
    limited = grid != UNLIMITED
    usable = np.rint(grid.astype(float) * service.map(highest).to_numpy(float))
    return np.where(limited, np.where(limited, usable, 0).astype(np.int64), UNLIMITED)


def total_capacity(offers: pd.DataFrame, by: list[str]) -> pd.Series[int]:
    """Return the capacity of all offers of a group; one without a limit frees all."""
    free = offers["capacity"].eq(UNLIMITED)
    limited = offers.assign(capacity=offers["capacity"].where(~free, 0), free=free)
    groups = limited.groupby(by, sort=False)
    return groups["capacity"].sum().where(~groups["free"].any(), UNLIMITED)
