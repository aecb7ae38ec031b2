"""What the local search needs of a model, as arrays that compiled code takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import KDTree

from siting.instance.instance import NEED_GRID
from siting.model.build import Model
from siting.model.conversions import UNLIMITED
from siting.solvers.search.choices import Rules
from siting.solvers.search.flow_state import Network
from siting.solvers.search.state import Town

Array = NDArray[Any]

NO_LIMIT = 2**44
"""Capacity that stands for none, in the grid of need: sums of it stay exact."""

NEAR = 12
"""Buildings that are looked at when something closes in one, itself included."""

LEAST_COST = 1e-4
"""Least cost of a conversion, in that of the average one: what is free comes first, not alone."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Supply:
    """What is open in the places of a `Network`.

    Attributes
    ----------
    fixed_place, fixed
        Places where something is always open, and how much.
    column, place, change
        Offers of conversions, sorted by conversion.
    """

    fixed_place: Array
    fixed: Array
    column: Array
    place: Array
    change: Array


def network_of(model: Model) -> tuple[Network, Supply]:
    """Return the blocks of a model one after the other, and what is open in them."""
    need, way_class, way_place, fixed, block_of, covers = [], [], [], [], [], []
    column, place, change = [], [], []
    classes = places = 0
    for number, block in enumerate(model.blocks):
        need.append(block.need)
        way_class.append(block.arc_need + classes)
        way_place.append(np.searchsorted(block.places, block.arc_place) + places)
        unlimited = 1 if block.unlimited else NO_LIMIT
        fixed.append(np.where(block.fixed == UNLIMITED, unlimited, block.fixed))
        block_of.append(np.full(len(block.places), number))
        covers.append(np.full(len(block.places), block.unlimited))
        column.append(block.option_column)
        place.append(block.option_place + places)
        free = block.option_capacity == UNLIMITED
        change.append(np.where(free, unlimited, block.option_capacity))
        classes += len(block.need)
        places += len(block.places)
    of_need, of_place = _joined(way_class), _joined(way_place)
    order = np.argsort(of_place, kind="stable")
    needs = _joined(need)
    reachable = np.zeros(places, np.int64)
    np.add.at(reachable, of_place, needs[of_need])
    always = _joined(fixed)
    network = Network(
        way_start=np.searchsorted(of_need, np.arange(classes + 1)).astype(np.int64),
        way_place=of_place.astype(np.int32),
        at_start=np.searchsorted(of_place[order], np.arange(places + 1)).astype(np.int64),
        at_way=order.astype(np.int32),
        at_need=of_need[order].astype(np.int32),
        need=needs,
        reachable=reachable,
        block=_joined(block_of).astype(np.int32),
        covers=_joined(covers).astype(np.bool_),
        value=np.array([block.value for block in model.blocks]) / NEED_GRID,
    )
    by_column = np.argsort(_joined(column), kind="stable")
    supply = Supply(
        fixed_place=np.flatnonzero(always),
        fixed=always[always != 0],
        column=_joined(column)[by_column],
        place=_joined(place)[by_column],
        change=_joined(change)[by_column],
    )
    return network, supply


def _joined(parts: list[Array]) -> Array:
    return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)


def town_of(
    model: Model, network: Network, supply: Supply, rules: Rules, guide: Array | None
) -> Town:
    """Return what conversions offer, where they are and what they cost."""
    decisions = model.decisions
    count = len(decisions.conversions)
    block = network.block[supply.place]
    useful = np.minimum(np.maximum(supply.change, 0), network.reachable[supply.place])
    useful = np.where(
        network.covers[supply.place] & (supply.change > 0),
        network.reachable[supply.place],
        useful,
    )
    most = np.zeros(count)
    np.add.at(most, supply.column, useful * network.value[block])
    services = {b.service_id: code for code, b in enumerate(model.blocks)}
    code = np.array([services[b.service_id] for b in model.blocks], np.int64)[block]
    low, high = np.full(count, len(services) + len(code)), np.full(count, -1)
    np.minimum.at(low, supply.column, code)
    np.maximum.at(high, supply.column, code)
    pairs = supply.column * max(len(network.value), 1) + block
    apart = np.ones(count, np.bool_)
    apart[supply.column[_repeated(pairs)]] = False
    building = decisions.conversions["building"].to_numpy(np.int64)
    order = np.argsort(building, kind="stable")
    houses = len(model.instance.buildings)
    cost, price, space = _costs(model, rules)
    likely = np.zeros(count) if guide is None else np.clip(guide[:count], 0.0, 1.0)
    return Town(
        offer_start=np.searchsorted(supply.column, np.arange(count + 1)).astype(np.int64),
        offer_place=supply.place,
        offer_change=supply.change,
        most=most,
        service=np.where(low == high, low, -1).astype(np.int64),
        apart=apart,
        building=building,
        house_start=np.searchsorted(building[order], np.arange(houses + 1)).astype(np.int64),
        house=order.astype(np.int64),
        **_neighbours(model),
        cost=cost,
        price=price,
        space=space,
        guide=likely.astype(np.float64),
    )


def _repeated(values: Array) -> Array:
    """Return where a value has been before."""
    first = np.unique(values, return_index=True)[1]
    mask = np.ones(len(values), bool)
    mask[first] = False
    return mask


def _costs(model: Model, rules: Rules) -> tuple[Array, Array, Array]:
    """Return `cost`, `price` and `space` of `Town`."""
    count = len(model.decisions.conversions)
    binding = ~rules.local & np.isfinite(rules.upper) & (rules.upper > 0)
    weight = np.where(binding, 1 / np.where(binding, rules.upper, 1.0), 0.0)
    takes = sparse.csr_array(model.program.matrix).maximum(0)
    shares = np.asarray(takes.T @ weight)
    own, sites = shares[:count], shares[count:]
    price = np.where(rules.group >= 0, np.append(sites, 0.0)[rules.slot], 0.0)
    typical = float((own + price).mean())
    rooms = rules.local & np.isfinite(rules.upper) & (rules.upper > 1)
    room = np.where(rooms, 1 / np.where(rooms, rules.upper, 1.0), 0.0)
    space = np.zeros(len(model.program.column_names))
    by_row = takes.tocoo()
    np.maximum.at(space, by_row.col, by_row.data * room[by_row.row])
    typical = typical if typical > 0 else 1 / LEAST_COST
    return np.maximum(own, LEAST_COST * typical), price, np.minimum(space[:count], 1.0) * typical


def _neighbours(model: Model) -> dict[str, Array]:
    """Return the buildings nearest each building as `Town` has them."""
    points = model.instance.buildings[["x", "y"]].to_numpy(float)
    points = np.nan_to_num(points)
    houses = len(points)
    wanted = min(NEAR, houses)
    near = KDTree(points).query(points, k=wanted)[1].reshape(houses, wanted)
    lists = []
    for house, others in enumerate(near):
        lists += [house, *others[others != house][: wanted - 1]]
    return {
        "near_start": np.arange(houses + 1, dtype=np.int64) * wanted,
        "near": np.array(lists, np.int64),
    }
