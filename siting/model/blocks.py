"""`ServiceBlock`: who could be served from where, one per service and year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.model.conversions import UNLIMITED
from siting.model.decisions import Decisions
from siting.model.merging import merge, runs
from siting.model.spared import spared_min, spared_per_unit
from siting.model.tying import ties_of
from siting.model.zones import zone_of
from siting.reach import Arcs

if TYPE_CHECKING:
    from siting.model.value import Value


_SHAPE = (
    "need",
    "arc_need",
    "arc_place",
    "places",
    "fixed",
    "option_column",
    "option_place",
    "option_capacity",
)
"""Fields of a block that say which loads its places can have."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ServiceBlock:
    """Merged need of one service in one year, its ways and the capacities that decisions open.

    Attributes
    ----------
    value
        What one unit of the service that counts once adds to its tier of need served.
    tied
        Whether rules speak of who is served from where, so that the most service for given
        openings is no longer a maximum flow.
    by_way
        Whether it matters from where a unit is served.
    projected
        Whether an engine holds the loads by cuts of its own, so that ways are not written out.
    level
        Which part of a tied block this is; empty for a whole one.
    need
        Need of each merged unit, int64 in 1/NEED_GRID unit, shape (k,).
    factor
        How often each merged unit counts, shape (k,).
    homes
        By kind of zone that a rule reads: the zone of each merged unit, empty for none.
    merged, unit
        Class of each unit of need that anything could reach, and its position in
        `Instance.units`.
    arc_need, arc_place, arc_factor
        Ways: class of need, place position and what a unit counts that is served this way;
        sorted, shape (n,).
    arc_spared
        By how many minutes each way is shorter than the longest that counts, shape (n,); None
        where nobody asks.
    spared_value
        What one unit that counts once and is spared a minute adds to the tier `nearness`.
    places
        Positions of the places that could offer the service, sorted.
    fixed
        Capacity always open at each of `places`, int64, `UNLIMITED` without a limit.
    option_column, option_place, option_capacity
        Offers of conversions: decision column, index in `places`, capacity; below zero where an
        add-on takes from its host.
    """

    service_id: str
    year: int
    value: float
    tied: bool
    by_way: bool
    need: NDArray[np.int64]
    factor: NDArray[np.float64]
    homes: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    merged: NDArray[np.int64]
    unit: NDArray[np.int64]
    arc_need: NDArray[np.int64]
    arc_place: NDArray[np.int64]
    arc_factor: NDArray[np.float64]
    places: NDArray[np.int64]
    fixed: NDArray[np.int64]
    option_column: NDArray[np.int64]
    option_place: NDArray[np.int64]
    option_capacity: NDArray[np.int64]
    arc_spared: NDArray[np.float64] | None = None
    spared_value: float = 0.0
    projected: bool = False
    level: str = ""

    @cached_property
    def unlimited(self) -> bool:
        """Whether being within the standard of any open place is enough."""
        return bool(
            not self.by_way
            and np.all((self.fixed == UNLIMITED) | (self.fixed == 0))
            and np.all(self.option_capacity == UNLIMITED)
        )

    @cached_property
    def arc_index(self) -> NDArray[np.int64]:
        """Position in `places` of each way's place."""
        return np.searchsorted(self.places, self.arc_place)

    @cached_property
    def reachable(self) -> NDArray[np.int64]:
        """Need within reach of each of `places`, in 1/NEED_GRID unit."""
        total = np.zeros(len(self.places), np.int64)
        np.add.at(total, self.arc_index, self.need[self.arc_need])
        return total

    def same_as(self, other: ServiceBlock) -> bool:
        """Whether need, ways and offers are those of another block, whatever they are worth."""
        return (self.service_id, self.year) == (other.service_id, other.year) and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in _SHAPE
        )

    def useful_capacity(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return `fixed` and `option_capacity`, none above what its place could ever serve.

        Where an add-on may take from its host, capacities stay as they are.
        """
        shrinks = np.zeros(len(self.places), bool)
        taken = (self.option_capacity < 0) & (self.option_capacity != UNLIMITED)
        shrinks[self.option_place[taken]] = True
        most = self.reachable[self.option_place]
        fixed = np.where(self.fixed == UNLIMITED, self.reachable, self.fixed)
        fixed = np.where(shrinks, fixed, np.minimum(fixed, self.reachable))
        option = np.where(self.option_capacity == UNLIMITED, most, self.option_capacity)
        option = np.where(shrinks[self.option_place], option, np.minimum(option, most))
        return fixed, option


def make_blocks(decisions: Decisions, value: Value) -> tuple[ServiceBlock, ...]:
    """Return the block of every service and year that counts and that something could reach.

    A service that counts for nothing has a block where a rule speaks of its amounts.
    """
    counted = {service_id for service_id, _ in value.per_unit}
    return tuple(
        block
        for service_id in sorted(decisions.reach)
        if service_id in counted or ties_of(decisions.instance, service_id).any
        for block in _blocks_of(decisions, value, service_id)
        if len(block.need)
    )


def _blocks_of(decisions: Decisions, value: Value, service_id: str) -> Iterator[ServiceBlock]:
    """Yield the blocks of a service: its classes and ways are the same in every year."""
    instance = decisions.instance
    ties = ties_of(instance, service_id)
    own = decisions.fixed[decisions.fixed["service_id"] == service_id]
    offers = decisions.offers[decisions.offers["service_id"] == service_id]
    column = offers["row"].to_numpy(np.int64)
    option_place = decisions.conversions["building"].to_numpy(np.int64)[column]
    offering = np.zeros(len(instance.places), bool)
    offering[own["place"]] = True
    offering[option_place] = True
    arcs = decisions.reach[service_id].to(offering)
    arc_factor = value.of_minutes(service_id, arcs.minutes)
    told = [arc_factor]
    if ties.walked:
        told.append(spared_min(instance, service_id, arcs.minutes))
    unit, owner = runs(arcs.unit)
    point = instance.units["demand"].to_numpy(np.int64)[unit]
    homes = {kind: zone_of(instance.demand, kind)[point] for kind in ties.kinds}
    told_apart = pd.DataFrame({"factor": value.factor[unit], **homes})
    merged, representative = merge(
        *_keys(owner, arcs, _levels(told), told_apart, len(instance.places)),
        len(unit),
    )
    is_leader = np.zeros(len(unit), bool)
    is_leader[representative] = True
    kept = is_leader[owner]
    places = np.unique(arcs.place).astype(np.int64)
    fixed = np.zeros(len(places), np.int64)
    reached = np.isin(own["place"], places)
    fixed[np.searchsorted(places, own["place"][reached])] = own["capacity"][reached]
    plain = bool(np.all(arc_factor == 1.0) and np.all(value.factor[unit] == 1.0))
    block = ServiceBlock(
        service_id=service_id,
        year=instance.years[0],
        value=0.0,
        tied=ties.any or not plain,
        by_way=ties.by_way or not bool(np.all(arc_factor == 1.0)),
        need=np.zeros(len(representative), np.int64),
        factor=value.factor[unit[representative]],
        homes={kind: zones[representative] for kind, zones in homes.items()},
        merged=merged,
        unit=unit.astype(np.int64),
        arc_need=merged[owner[kept]],
        arc_place=arcs.place[kept].astype(np.int64),
        arc_factor=arc_factor[kept],
        arc_spared=told[1][kept] if ties.walked else None,
        places=places,
        fixed=fixed,
        option_column=column,
        option_place=option_place,
        option_capacity=offers["capacity"].to_numpy(np.int64),
    )
    spared = spared_per_unit(instance, value.factor) if ties.walked else {}
    for year in instance.years:
        need = np.zeros(len(representative), np.int64)
        np.add.at(need, merged, instance.need_of(year)[unit])
        useful = decisions.active(year)[column] & np.isin(option_place, places)
        yield replace(
            block,
            year=year,
            value=value.per_unit.get((service_id, year), 0.0),
            spared_value=spared.get((service_id, year), 0.0),
            need=need,
            option_column=column[useful],
            option_place=np.searchsorted(places, option_place[useful]),
            option_capacity=block.option_capacity[useful],
        )


def _levels(told: list[NDArray[np.float64]]) -> NDArray[np.int64]:
    """Return a number for what ways are told apart by, from 0."""
    level = np.zeros(len(told[0]), np.int64)
    for values in told:
        different, which = np.unique(values, return_inverse=True)
        level = level * len(different) + which
    return level


def _keys(
    owner: NDArray[np.int64],
    arcs: Arcs,
    level: NDArray[np.int64],
    told_apart: pd.DataFrame,
    places: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of owner and key, sorted: ways with their worth, and what tells units apart."""
    key = arcs.place.astype(np.int64)
    levels, alike = int(level.max(initial=0)) + 1, told_apart.drop_duplicates().shape[0] <= 1
    if levels == 1 and alike:  # ways are sorted already
        return owner, key
    key += places * level
    if not alike:
        code = told_apart.groupby(list(told_apart.columns), sort=True).ngroup().to_numpy(np.int64)
        owner = np.append(owner, np.arange(len(told_apart)))
        key = np.append(key, places * levels + code)
    order = np.lexsort((key, owner))
    return owner[order], key[order]
