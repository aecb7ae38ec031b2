"""Shortest ways along a network, unrounded; points meet it on edges, not at nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting.classic.problem import Costs, Floats
from siting.errors import Finding, InstanceError
from siting.travel.snapping import distance_to_street

_BATCH = 16
_TIE = 1e-9
"""Share by which an edge may be farther than the nearest and still tie with it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """Edges in the order of their ids, n of them, walked both ways.

    Attributes
    ----------
    tail, head
        Nodes at the two ends, positions below `nodes`, int64, shape (n,).
    length
        Along the edge, in metres, shape (n,).
    shape
        Lines from tail to head, shape (n,).
    nodes
        Number of nodes.
    """

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    length: Floats
    shape: NDArray[np.object_]
    nodes: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Met:
    """Where points meet the network: the edge, the way to its ends, connector included."""

    edge: NDArray[np.int64]
    to_tail: Floats
    to_head: Floats
    along: Floats
    connector: Floats


def network_of(nodes: pd.DataFrame, edges: pd.DataFrame, xy: Floats) -> Network:
    """Return a network from its tables.

    Parameters
    ----------
    nodes, edges
        The tables ``network_nodes`` and ``network_edges``; an edge without geometry is its chord.
    xy
        Metres, one row per node, shape (k, 2).
    """
    edges = edges.sort_values("edge_id")
    position = pd.Series(np.arange(len(nodes)), index=nodes["node_id"])
    tail = position.loc[edges["u"]].to_numpy(np.int64)
    head = position.loc[edges["v"]].to_numpy(np.int64)
    return Network(
        tail=tail,
        head=head,
        length=edges["length_m"].to_numpy(float),
        shape=_shapes(edges, xy[np.stack([tail, head], axis=1)]),
        nodes=len(nodes),
    )


def _shapes(edges: pd.DataFrame, ends: Floats) -> NDArray[np.object_]:
    """Return each edge as it is drawn, from tail to head; the chord where nothing is drawn."""
    shapes = np.asarray(shapely.linestrings(ends))
    drawn = np.flatnonzero(edges["geometry"].fillna("") != "")
    lines = np.asarray(shapely.from_wkt(edges["geometry"].iloc[drawn], on_invalid="ignore"))
    bad = (shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING) | shapely.is_empty(lines)
    if bad.any():
        rule, remedy = "must be a LINESTRING as WKT", "leave it empty for a straight edge"
        ids = edges["edge_id"].iloc[drawn[bad]]
        raise InstanceError(
            "network",
            [
                Finding(
                    place="network_edges",
                    column="geometry",
                    value=str(one),
                    rule=rule,
                    remedy=remedy,
                )
                for one in ids
            ],
        )
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    tails, heads = ends[drawn, 0], ends[drawn, 1]
    as_drawn = np.hypot(*(first - tails).T) + np.hypot(*(last - heads).T)
    turned = np.hypot(*(last - tails).T) + np.hypot(*(first - heads).T)
    shapes[drawn] = np.where(turned < as_drawn, shapely.reverse(lines), lines)
    return shapes


def network_costs(network: Network, points: Floats, sites: Floats, cutoff: float) -> Costs:
    """Return the shortest ways from points to sites up to a cutoff, connectors included.

    Parameters
    ----------
    points, sites
        Metres, shape (n, 2) and (m, 2).
    """
    here, there = meet(network, points), meet(network, sites)
    graph = _graph(network, there)
    tail, head = network.tail[here.edge], network.head[here.edge]
    found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for start in range(0, len(sites), _BATCH):
        batch = np.arange(start, min(start + _BATCH, len(sites)))
        reached = dijkstra(graph, indices=network.nodes + batch, limit=float(cutoff))
        ways = np.minimum(reached[:, tail] + here.to_tail, reached[:, head] + here.to_head)
        same = there.edge[batch][:, None] == here.edge[None, :]
        row, point = np.nonzero(same)
        site = batch[row]
        on_edge = np.abs(there.along[site] - here.along[point])
        on_edge += there.connector[site] + here.connector[point]
        ways[row, point] = np.minimum(ways[row, point], on_edge)
        row, point = np.nonzero(np.isfinite(ways) & (ways <= cutoff))
        found.append((point, batch[row], ways[row, point]))
    point, site, cost = (np.concatenate(part) for part in zip(*found, strict=True))
    return Costs.sorted(point, site, cost)


def meet(network: Network, xy: Floats) -> Met:
    """Snap points to their nearest edges; the smallest edge id wins a tie."""
    points = np.asarray(shapely.points(xy))
    tree = shapely.STRtree(network.shape)
    reach = distance_to_street(tree, points)
    point, candidate = tree.query(points, predicate="dwithin", distance=reach * (1 + _TIE) + _TIE)
    edge = np.full(len(points), len(network.shape), np.int64)
    np.minimum.at(edge, point, candidate)
    lines = network.shape[edge]
    share = np.nan_to_num(shapely.line_locate_point(lines, points, normalized=True))
    along = share * network.length[edge]
    connector = np.asarray(shapely.distance(points, lines))
    return Met(
        edge=edge,
        to_tail=along + connector,
        to_head=network.length[edge] - along + connector,
        along=along,
        connector=connector,
    )


def _graph(network: Network, sources: Met) -> csr_array:
    """Return the network with each source leading to its edge's ends; of parallels the shortest."""
    nodes = network.nodes + np.arange(len(sources.edge))
    ends = network.tail[sources.edge], network.head[sources.edge]
    rows = np.concatenate([network.tail, network.head, nodes, nodes])
    columns = np.concatenate([network.head, network.tail, *ends])
    lengths = [network.length, network.length, sources.to_tail, sources.to_head]
    length = np.concatenate(lengths)
    order = np.lexsort((length, columns, rows))
    rows, columns, length = rows[order], columns[order], length[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    size = network.nodes + len(sources.edge)
    return csr_array((length[first], (rows[first], columns[first])), shape=(size, size))
