"""`ServiceBlock`: who could be served from where, one per service."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.model.conversions import UNLIMITED, capacity_on_grid
from siting.model.decisions import Decisions
from siting.model.merging import merge
from siting.reach import Arcs


@dataclass(frozen=True, kw_only=True, eq=False)
class ServiceBlock:
    """Merged need of one service, its ways and the capacities that decisions open.

    Attributes
    ----------
    value
        What one unit of the service adds to tier 1 (share of the whole).
    need
        Need of each merged unit, int64 in 1/NEED_GRID unit, shape (k,).
    merged, unit
        Class of each unit of need that anything could reach, and its position in
        `Instance.units`.
    arc_need, arc_place
        Ways: class of need and place position, sorted, shape (n,).
    places
        Positions of the places that could offer the service, sorted.
    fixed
        Capacity always open at each of `places`, int64, `UNLIMITED` without a limit.
    option_column, option_place, option_capacity
        Conversions that open the service: decision column, index in `places`, capacity.
    """

    service_id: str
    value: float
    need: NDArray[np.int64]
    merged: NDArray[np.int64]
    unit: NDArray[np.int64]
    arc_need: NDArray[np.int64]
    arc_place: NDArray[np.int64]
    places: NDArray[np.int64]
    fixed: NDArray[np.int64]
    option_column: NDArray[np.int64]
    option_place: NDArray[np.int64]
    option_capacity: NDArray[np.int64]

    @property
    def unlimited(self) -> bool:
        """Whether being within the standard of any open place is enough."""
        return bool(
            np.all((self.fixed == UNLIMITED) | (self.fixed == 0))
            and np.all(self.option_capacity == UNLIMITED)
        )

    @cached_property
    def reachable(self) -> NDArray[np.int64]:
        """Need within reach of each of `places`, in 1/NEED_GRID unit."""
        index = np.searchsorted(self.places, self.arc_place)
        total = np.zeros(len(self.places), np.int64)
        np.add.at(total, index, self.need[self.arc_need])
        return total

    def useful_capacity(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return `fixed` and `option_capacity`, none above what its place could ever serve."""
        fixed = np.where(self.fixed == UNLIMITED, self.reachable, self.fixed)
        most = self.reachable[self.option_place]
        option = np.where(self.option_capacity == UNLIMITED, most, self.option_capacity)
        return np.minimum(fixed, self.reachable), np.minimum(option, most)


def tier_values(instance: Instance) -> dict[str, float]:
    """Return what one unit of each service adds to tier 1: ``weight / need / sum of weights``.

    Services without need or weight count for nothing.
    """
    base = instance.base_need
    weights = {
        str(s.service_id): float(s.weight) if base[str(s.service_id)] > 0 else 0.0
        for s in instance.services.itertuples()
    }
    total = sum(weights.values())
    return {s: w * NEED_GRID / base[s] / total if w > 0 else 0.0 for s, w in weights.items()}


def make_blocks(decisions: Decisions, reach: dict[str, Arcs]) -> tuple[ServiceBlock, ...]:
    """Return the block of every service that counts and that something could reach."""
    values = tier_values(decisions.instance)
    blocks = (
        _block(decisions, service_id, reach[service_id], values[service_id])
        for service_id in sorted(values)
        if values[service_id] > 0
    )
    return tuple(block for block in blocks if len(block.need))


def _block(decisions: Decisions, service_id: str, arcs: Arcs, value: float) -> ServiceBlock:
    instance = decisions.instance
    facilities = instance.facilities
    own = facilities["service_id"].eq(service_id) & facilities["building_id"].isna()
    caps = instance.services.set_index("service_id")["people_cap"].astype(float)
    stated = facilities["capacity"].astype(float).fillna(caps.get(service_id, np.nan))
    fixed_place = np.flatnonzero(own) + len(instance.buildings)
    fixed_capacity = capacity_on_grid(stated[own]).to_numpy()
    column = np.flatnonzero(decisions.conversions["service_id"].eq(service_id))
    option_place = decisions.conversions["building"].to_numpy(np.int64)[column]

    offering = np.zeros(len(instance.places), bool)
    offering[fixed_place] = True
    offering[option_place] = True
    arcs = arcs.to(offering)
    unit, owner = np.unique(arcs.unit, return_inverse=True)
    merged, representative = merge(owner.astype(np.int64), arcs.place.astype(np.int64), len(unit))
    need = np.zeros(len(representative), np.int64)
    np.add.at(need, merged, instance.units["need"].to_numpy(np.int64)[unit])
    is_leader = np.zeros(len(unit), bool)
    is_leader[representative] = True
    kept = is_leader[owner]

    places = np.unique(arcs.place).astype(np.int64)
    fixed = np.zeros(len(places), np.int64)
    known = np.isin(fixed_place, places)
    fixed[np.searchsorted(places, fixed_place[known])] = fixed_capacity[known]
    useful = np.isin(option_place, places)
    return ServiceBlock(
        service_id=service_id,
        value=value,
        need=need,
        merged=merged,
        unit=unit.astype(np.int64),
        arc_need=merged[owner[kept]],
        arc_place=arcs.place[kept].astype(np.int64),
        places=places,
        fixed=fixed,
        option_column=column[useful],
        option_place=np.searchsorted(places, option_place[useful]),
        option_capacity=decisions.conversions["capacity"].to_numpy(np.int64)[column[useful]],
    )
