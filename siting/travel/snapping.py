"""Where points meet the streets: on edges, not at nodes.

Snapping to the nearest node misjudged 9 % of the pairs within a standard at blocks of 80 m and
43 % at superblocks of 300 m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from siting.travel.network import Streets, decimetres

_TIE_M = 0.001
"""Streets that are as near as the nearest within this tie."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapped:
    """Points and the nearest spot on their nearest edge; int64, shape (n,) each.

    Attributes
    ----------
    edge
        Position of the edge in `Streets`.
    tail_dm, head_dm
        Way along the edge to its two ends; they sum to its length.
    connector_dm
        Straight way from the point to the spot.
    """

    edge: NDArray[np.int64]
    tail_dm: NDArray[np.int64]
    head_dm: NDArray[np.int64]
    connector_dm: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.edge)

    def take(self, positions: NDArray[np.int64]) -> Self:
        """Return the points at these positions."""
        return type(self)(
            edge=self.edge[positions],
            tail_dm=self.tail_dm[positions],
            head_dm=self.head_dm[positions],
            connector_dm=self.connector_dm[positions],
        )


def snap(streets: Streets, x: NDArray[np.float64], y: NDArray[np.float64]) -> Snapped:
    """Snap points to their nearest edges; the smallest edge id wins a tie.

    The way along an edge is its share of the drawn line times its stated length, so that a bent
    street drawn straight keeps its length.

    Parameters
    ----------
    x, y
        Metres, shape (n,).
    """
    points = np.asarray(shapely.points(x, y))
    tree = shapely.STRtree(streets.shape)
    reach_m = distance_to_street(tree, points) + _TIE_M
    point, candidate = tree.query(points, predicate="dwithin", distance=reach_m)
    edge = np.full(len(points), len(streets.shape), dtype=np.int64)
    np.minimum.at(edge, point, candidate)
    lines = streets.shape[edge]
    share = shapely.line_locate_point(lines, points, normalized=True)
    share = np.nan_to_num(share)  # a line without length has no share
    length_dm = streets.length_dm[edge]
    tail_dm = np.floor(share * length_dm + 0.5).astype(np.int64)
    return Snapped(
        edge=edge,
        tail_dm=tail_dm,
        head_dm=length_dm - tail_dm,
        connector_dm=decimetres(shapely.distance(points, lines)),
    )


def distance_to_street(tree: shapely.STRtree, points: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the distance of points to their nearest street, metres, shape (n,)."""
    _, metres = tree.query_nearest(points, return_distance=True, all_matches=False)
    return np.asarray(metres, float)
