"""Shortest ways in integer decimetres, so that sums are exact and ties at a standard hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from siting.travel.network import Streets, decimetres
from siting.travel.snapping import Snapped

Progress = Callable[[int, int], None]
"""Called with how many points have been searched from, and of how many."""

_BATCH = 256


class Ways(NamedTuple):
    """One way per pair, sorted by demand and place: positions and length, int32, shape (n,)."""

    demand: NDArray[np.int32]
    place: NDArray[np.int32]
    length_dm: NDArray[np.int32]


def straight_ways(
    demand_xy: NDArray[np.float64],
    place_xy: NDArray[np.float64],
    *,
    detour_factor: float,
    limit_dm: int,
) -> Ways:
    """Return straight lines times a factor, up to a limit.

    Parameters
    ----------
    demand_xy, place_xy
        Metres, shape (n, 2) and (m, 2).
    """
    radius_m = (limit_dm + 1) / (10 * detour_factor)
    near = KDTree(demand_xy).sparse_distance_matrix(
        KDTree(place_xy), radius_m, output_type="ndarray"
    )
    length_dm = decimetres(near["v"] * detour_factor)
    within = length_dm <= limit_dm
    return _sorted(near["i"][within], near["j"][within], length_dm[within])


def network_ways(
    streets: Streets,
    demand: Snapped,
    places: Snapped,
    *,
    limit_dm: int,
    max_connector_dm: int,
    progress: Progress | None = None,
) -> Ways:
    """Return the shortest ways along the streets, connectors included, up to a limit.

    Points farther than `max_connector_dm` from their street have none. The search starts from
    the fewer of the two sides.
    """
    near_demand = np.flatnonzero(demand.connector_dm <= max_connector_dm)
    near_places = np.flatnonzero(places.connector_dm <= max_connector_dm)
    demand, places = demand.take(near_demand), places.take(near_places)
    if len(demand) < len(places):
        of_demand, of_place, length_dm = _search(streets, demand, places, limit_dm, progress)
    else:
        of_place, of_demand, length_dm = _search(streets, places, demand, limit_dm, progress)
    return _sorted(near_demand[of_demand], near_places[of_place], length_dm)


def _search(
    streets: Streets,
    sources: Snapped,
    targets: Snapped,
    limit_dm: int,
    progress: Progress | None,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return source, target and length of all pairs within the limit.

    A way begins at the better end of its source's edge and ends by the better end of its target's,
    or stays on the edge that both share. Batches of sources are searched side by side.
    """
    from siting.travel.ways_kernels import search

    nodes = streets.node_count
    tail, head, length_dm = streets.tail, streets.head, streets.length_dm
    two_ways = (np.append(tail, head), np.append(head, tail), np.tile(length_dm, 2))
    begin, end = _ends(streets, sources), _ends(streets, targets)
    every = np.repeat(np.arange(len(targets)), 2)
    shared = (
        begin,
        _by_key(*two_ways, nodes),
        _by_key(end[0].ravel(), every, end[1].ravel(), nodes),
        _by_key(*_along_one_edge(sources, targets), len(sources)),
        len(targets),
    )

    def searched(first: int) -> NDArray[np.int32]:
        return search(first, min(first + _BATCH, len(sources)), limit_dm, *shared)

    parts = [np.empty((0, 3), np.int32)]
    starts = range(0, len(sources), _BATCH)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for first, found in zip(starts, pool.map(searched, starts), strict=True):
            parts.append(found)
            if progress is not None:
                progress(min(first + _BATCH, len(sources)), len(sources))
    source, target, way_dm = np.concatenate(parts).T
    return source, target, way_dm


def _by_key(
    key: NDArray[np.integer],
    value: NDArray[np.integer],
    length_dm: NDArray[np.integer],
    keys: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return where the rows of each key start, shape (keys + 1,), and the rows sorted by key."""
    order = np.argsort(key, kind="stable")
    starts = np.searchsorted(key[order], np.arange(keys + 1))
    return starts, value[order].astype(np.int32), length_dm[order].astype(np.int32)


def _ends(streets: Streets, points: Snapped) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the two nodes of each point's edge and the way to them, shape (points, 2)."""
    nodes = np.stack([streets.tail[points.edge], streets.head[points.edge]], axis=1)
    along_dm = np.stack([points.tail_dm, points.head_dm], axis=1) + points.connector_dm[:, None]
    return nodes.astype(np.int32), along_dm.astype(np.int32)


def _along_one_edge(
    sources: Snapped, targets: Snapped
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return source, target and length of the pairs on one edge that need not pass its ends."""
    source = pd.DataFrame({"edge": sources.edge, "source": np.arange(len(sources))})
    target = pd.DataFrame({"edge": targets.edge, "target": np.arange(len(targets))})
    both = source.merge(target, on="edge")
    a, b = both["source"].to_numpy(), both["target"].to_numpy()
    between_dm = np.abs(sources.tail_dm[a] - targets.tail_dm[b])
    return a, b, sources.connector_dm[a] + between_dm + targets.connector_dm[b]


def _sorted(
    demand: NDArray[np.integer], place: NDArray[np.integer], length_dm: NDArray[np.integer]
) -> Ways:
    order = np.lexsort((place, demand))
    return Ways(
        demand=demand[order].astype(np.int32),
        place=place[order].astype(np.int32),
        length_dm=length_dm[order].astype(np.int32),
    )
