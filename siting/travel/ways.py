"""Shortest ways in integer decimetres, so that sums are exact and ties at a standard hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from siting.travel.network import Streets, decimetres
from siting.travel.snapping import Snapped

Progress = Callable[[int, int], None]
"""Called with how many points have been searched from, and of how many."""

_BATCH = 16


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
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return source, target and length of all pairs within the limit.

    The sources become nodes of the graph; a way ends by the better end of its target's edge.
    """
    graph = _graph(streets, sources)
    along = _along_one_edge(sources, targets)
    tail, head = streets.tail[targets.edge], streets.head[targets.edge]
    from_tail_dm = targets.tail_dm + targets.connector_dm
    from_head_dm = targets.head_dm + targets.connector_dm
    nothing = np.empty(0, np.int64)
    found = [(nothing, nothing, nothing)]
    for start in range(0, len(sources), _BATCH):
        stop = min(start + _BATCH, len(sources))
        nodes = streets.node_count + np.arange(start, stop)
        reached_dm = dijkstra(graph, indices=nodes, limit=float(limit_dm))
        ways_dm = np.minimum(reached_dm[:, tail] + from_tail_dm, reached_dm[:, head] + from_head_dm)
        first, last = np.searchsorted(along[0], (start, stop))
        source, target, along_dm = along[:, first:last]
        at = (source - start, target)
        ways_dm[at] = np.minimum(ways_dm[at], along_dm)
        row, target = np.nonzero(ways_dm <= limit_dm)
        found.append((row + start, target, ways_dm[row, target].astype(np.int64)))
        if progress is not None:
            progress(stop, len(sources))
    source, target, length_dm = (np.concatenate(column) for column in zip(*found, strict=True))
    return source, target, length_dm


def _graph(streets: Streets, sources: Snapped) -> csr_array:
    """Return streets and sources as a weighted graph, each source leading to its edge's ends.

    Of parallel edges the shortest is kept, since a sparse matrix would sum them. Zeros are
    stored, and csgraph takes a stored zero as an edge of length 0.
    """
    nodes = streets.node_count + np.arange(len(sources))
    tail_dm = sources.connector_dm + sources.tail_dm
    head_dm = sources.connector_dm + sources.head_dm
    rows = np.concatenate([streets.tail, streets.head, nodes, nodes])
    columns = np.concatenate(
        [streets.head, streets.tail, streets.tail[sources.edge], streets.head[sources.edge]]
    )
    length_dm = np.concatenate([streets.length_dm, streets.length_dm, tail_dm, head_dm])
    order = np.lexsort((length_dm, columns, rows))
    rows, columns, length_dm = rows[order], columns[order], length_dm[order]
    shortest = np.ones(len(order), dtype=bool)
    shortest[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    size = streets.node_count + len(sources)
    return csr_array(
        (length_dm[shortest].astype(float), (rows[shortest], columns[shortest])),
        shape=(size, size),
    )


def _along_one_edge(sources: Snapped, targets: Snapped) -> NDArray[np.int64]:
    """Return source, target and length of the pairs on one edge that need not pass its ends.

    Shape (3, n), sorted by source.
    """
    source = pd.DataFrame({"edge": sources.edge, "source": np.arange(len(sources))})
    target = pd.DataFrame({"edge": targets.edge, "target": np.arange(len(targets))})
    both = source.merge(target, on="edge").sort_values("source")
    a, b = both["source"].to_numpy(), both["target"].to_numpy()
    between_dm = np.abs(sources.tail_dm[a] - targets.tail_dm[b])
    return np.stack([a, b, sources.connector_dm[a] + between_dm + targets.connector_dm[b]])


def _sorted(
    demand: NDArray[np.integer], place: NDArray[np.integer], length_dm: NDArray[np.int64]
) -> Ways:
    order = np.lexsort((place, demand))
    return Ways(
        demand=demand[order].astype(np.int32),
        place=place[order].astype(np.int32),
        length_dm=length_dm[order].astype(np.int32),
    )
