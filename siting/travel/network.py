"""The streets that may be walked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance


@dataclass(frozen=True, kw_only=True, eq=False)
class Streets:
    """Edges of the network in the order of their ids, n of them, walked both ways.

    Attributes
    ----------
    tail, head
        Nodes at the two ends, positions below `node_count`, int64, shape (n,).
    length_dm
        Length, int64, shape (n,); 0 is allowed, and so are loops and parallel edges.
    shape
        Lines from tail to head, in metres, shape (n,).
    node_count
        Number of nodes.
    """

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    length_dm: NDArray[np.int64]
    shape: NDArray[np.object_]
    node_count: int


def decimetres(metres: ArrayLike) -> NDArray[np.int64]:
    """Round metres to integer decimetres, halves up."""
    return np.floor(np.asarray(metres, float) * 10 + 0.5).astype(np.int64)


def read_streets(instance: Instance) -> Streets:
    """Return the network of an instance without its service tunnels.

    An edge without geometry is drawn as its chord; one that is drawn from head to tail is
    turned round.

    Raises
    ------
    InstanceError
        When a geometry is not a line, or no edge is left to walk on.
    """
    edges = instance.network_edges.assign(row=np.arange(len(instance.network_edges)) + 2)
    service_tunnel = edges["tunnel"].astype(bool) & (edges["kind"] == "service")
    edges = edges[~service_tunnel].sort_values("edge_id")
    if edges.empty:
        nothing = Finding(place="network_edges", rule="has no street to walk on")
        raise InstanceError(instance.name, [nothing])
    nodes = instance.network_nodes.sort_values("node_id")
    position = pd.Series(np.arange(len(nodes)), index=nodes["node_id"])
    tail = position.loc[edges["u"]].to_numpy(np.int64)
    head = position.loc[edges["v"]].to_numpy(np.int64)
    ends = nodes[["x", "y"]].to_numpy(float)[np.stack([tail, head], axis=1)]
    return Streets(
        tail=tail,
        head=head,
        length_dm=decimetres(edges["length_m"]),
        shape=_shapes(instance.name, edges, ends),
        node_count=len(nodes),
    )


def _shapes(name: str, edges: pd.DataFrame, ends: NDArray[np.float64]) -> NDArray[np.object_]:
    shapes = np.asarray(shapely.linestrings(ends))
    drawn = np.flatnonzero(edges["geometry"].fillna("") != "")
    lines = np.asarray(shapely.from_wkt(edges["geometry"].iloc[drawn], on_invalid="ignore"))
    bad = (shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING) | shapely.is_empty(lines)
    if bad.any():
        raise InstanceError(
            name,
            [
                Finding(
                    place="network_edges",
                    row=int(row["row"]),
                    column="geometry",
                    value=str(row["geometry"])[:40],
                    rule="must be a LINESTRING as WKT",
                    remedy="leave it empty for a straight edge",
                )
                for _, row in edges.iloc[drawn[bad]].iterrows()
            ],
        )
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    tails, heads = ends[drawn, 0], ends[drawn, 1]
    astray = np.hypot(*(first - tails).T) + np.hypot(*(last - heads).T)
    astray_if_turned = np.hypot(*(last - tails).T) + np.hypot(*(first - heads).T)
    shapes[drawn] = np.where(astray_if_turned < astray, shapely.reverse(lines), lines)
    return shapes


def connected_parts(streets: Streets) -> NDArray[np.int64]:
    """Return the part of the network that each edge belongs to, int64, shape (n,)."""
    graph = coo_array(
        (np.ones(len(streets.tail)), (streets.tail, streets.head)),
        shape=(streets.node_count, streets.node_count),
    )
    _, part = connected_components(graph.tocsr(), directed=False)
    return np.asarray(part[streets.tail], np.int64)
