"""The most need that places can serve, whoever is served from where."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siting.model.blocks import ServiceBlock
from siting.model.conversions import UNLIMITED

Ints = NDArray[np.int64]


def most_served(block: ServiceBlock, opened: NDArray[np.bool_]) -> int:
    """Return the most that a block whose amounts no rule ties can serve with a choice open.

    Grains of need; where need that is settled has left the block, the loads of the places that
    serve it count as they are.
    """
    capacity, unlimited = _open(block, opened)
    certain = np.zeros(len(block.need), bool)
    certain[block.arc_need[unlimited[block.arc_index]]] = True
    settled = np.ones(len(block.places), bool)
    settled[block.arc_index] = False
    used = ~certain[block.arc_need]
    _, load = maximum_flow(block.need, capacity, block.arc_need[used], block.arc_index[used])
    return int(block.need[certain].sum() + capacity[settled].sum() + load.sum())


def _open(block: ServiceBlock, opened: NDArray[np.bool_]) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the capacity open at each place, and which places have no limit."""
    chosen = opened[block.option_column]
    place = np.append(np.arange(len(block.places)), block.option_place[chosen])
    offered = np.append(block.fixed, block.option_capacity[chosen])
    free = offered == UNLIMITED
    unlimited = np.zeros(len(block.places), bool)
    unlimited[place[free]] = True
    capacity = np.zeros(len(block.places), np.int64)
    np.add.at(capacity, place[~free], offered[~free])
    return np.where(unlimited, 0, np.maximum(capacity, 0)), unlimited


def maximum_flow(need: Ints, capacity: Ints, way_need: Ints, way_place: Ints) -> tuple[Ints, Ints]:
    """Return amounts that serve the most need: of every way and of every place.

    Parameters
    ----------
    need, capacity
        Of each class of need, shape (k,), and of each place, shape (p,).
    way_need, way_place
        Positions of a class and of a place that it may be served from, shape (n,).
    """
    from ortools.graph.python import max_flow

    flow = np.zeros(len(way_need), np.int64)
    load = np.zeros(len(capacity), np.int64)
    used = np.flatnonzero(capacity[way_place] > 0)
    if not len(used):
        return flow, load
    k, p = len(need), len(capacity)
    graph = max_flow.SimpleMaxFlow()
    ways = graph.add_arcs_with_capacity(way_need[used], k + way_place[used], need[way_need[used]])
    graph.add_arcs_with_capacity(np.full(k, k + p), np.arange(k), need)
    out = graph.add_arcs_with_capacity(k + np.arange(p), np.full(p, k + p + 1), capacity)
    status = graph.solve(k + p, k + p + 1)
    if status != graph.OPTIMAL:
        raise ArithmeticError(f"maximum flow failed: {status}")
    flow[used] = graph.flows(ways)
    load[:] = graph.flows(out)
    return flow, load
