"""Streets: blocks of about 150 m, some superblocks, lanes in old quarters, missing links."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SPACING_SPREAD = 0.15
_SHAKE_M = 9.0
_SUPERBLOCK_CHANCE = 0.25
_LANE_CHANCE = 0.65
_MISSING_CHANCE = 0.05
_MAIN_STREET_EVERY = 5
_LONGEST_BEND = 0.03


@dataclass(frozen=True, kw_only=True, eq=False)
class Streets:
    """A connected network of streets.

    Attributes
    ----------
    x, y
        Nodes, metres, shape (nodes,).
    u, v
        Ends of the edges as positions of nodes, shape (edges,).
    length_m
        Length of the edges, at least their chord, shape (edges,).
    kind
        ``main``, ``street`` or ``lane``, shape (edges,).
    """

    x: FloatArray
    y: FloatArray
    u: IntArray
    v: IntArray
    length_m: FloatArray
    kind: NDArray[np.str_]

    def beside(self, edges: IntArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Return a point a little off each of the given edges, rounded to 0.1 m."""
        start = np.column_stack([self.x[self.u[edges]], self.y[self.u[edges]]])
        along = np.column_stack([self.x[self.v[edges]], self.y[self.v[edges]]]) - start
        chord = np.hypot(*along.T)[:, None]
        across = np.column_stack([-along[:, 1], along[:, 0]]) / chord
        part = rng.uniform(0.2, 0.8, (len(edges), 1))
        off = rng.uniform(12.0, 32.0, (len(edges), 1)) * rng.choice([-1.0, 1.0], (len(edges), 1))
        x, y = np.round(start + part * along + off * across, 1).T
        return x, y

    @property
    def middles(self) -> FloatArray:
        """Middle of each edge, shape (edges, 2)."""
        return np.column_stack(
            [(self.x[self.u] + self.x[self.v]) / 2, (self.y[self.u] + self.y[self.v]) / 2]
        )


def draw_streets(
    outline: BaseGeometry,
    old_quarters: BaseGeometry,
    block_m: float,
    rng: np.random.Generator,
) -> Streets:
    """Return the streets of a town; lanes run east to west within its old quarters."""
    west, south, east, north = outline.bounds
    columns = _lines(west, east, block_m, rng)
    rows = _lines(south, north, block_m, rng)
    shape = (len(columns), len(rows))
    x = columns[:, None] + rng.normal(0.0, _SHAKE_M, shape)
    y = rows[None, :] + rng.normal(0.0, _SHAKE_M, shape)
    shapely.prepare(outline)
    shapely.prepare(old_quarters)
    node = shapely.contains_xy(outline, x, y)
    old = shapely.contains_xy(old_quarters, x, y)
    i, j = np.indices(shape)
    main_i, main_j = i % _MAIN_STREET_EVERY == 0, j % _MAIN_STREET_EVERY == 0
    middle = (i % 2 == 1) & (j % 2 == 1) & ~main_i & ~main_j & ~old
    node &= ~(middle & (rng.random(shape) < _SUPERBLOCK_CHANCE))

    across = node[:-1] & node[1:]
    upward = node[:, :-1] & node[:, 1:]
    across &= main_j[:-1] | (rng.random(across.shape) > _MISSING_CHANCE)
    upward &= main_i[:, :-1] | (rng.random(upward.shape) > _MISSING_CHANCE)
    lane = upward[:-1] & upward[1:] & old[:-1, :-1] & (rng.random(upward[:-1].shape) < _LANE_CHANCE)
    halved = np.zeros_like(upward)
    halved[:-1] |= lane
    halved[1:] |= lane

    corner = np.arange(x.size).reshape(shape)
    half = x.size + np.arange(upward.size).reshape(upward.shape)
    half_x = (x[:, :-1] + x[:, 1:]) / 2
    half_y = (y[:, :-1] + y[:, 1:]) / 2
    whole = upward & ~halved
    kind_across = np.where(main_j[:-1], "main", "street")
    kind_upward = np.where(main_i[:, :-1], "main", "street")
    edges = [
        (corner[:-1][across], corner[1:][across], kind_across[across]),
        (corner[:, :-1][whole], corner[:, 1:][whole], kind_upward[whole]),
        (corner[:, :-1][halved], half[halved], kind_upward[halved]),
        (half[halved], corner[:, 1:][halved], kind_upward[halved]),
        (half[:-1][lane], half[1:][lane], np.full(int(lane.sum()), "lane")),
    ]
    u, v, kind = (np.concatenate(parts) for parts in zip(*edges, strict=True))
    place = np.column_stack(
        [np.concatenate([x.ravel(), half_x.ravel()]), np.concatenate([y.ravel(), half_y.ravel()])]
    )
    return _connected(place, u, v, kind, rng)


def _lines(low: float, high: float, block_m: float, rng: np.random.Generator) -> FloatArray:
    count = max(2, int((high - low) / block_m))
    gaps = rng.uniform(1 - _SPACING_SPREAD, 1 + _SPACING_SPREAD, count)
    gaps *= (high - low - block_m / 2) / gaps.sum()
    return low + block_m / 4 + np.concatenate([[0.0], np.cumsum(gaps)])


def _connected(
    place: FloatArray, u: IntArray, v: IntArray, kind: NDArray[np.str_], rng: np.random.Generator
) -> Streets:
    """Keep the largest connected part, number its nodes anew, and measure its edges."""
    graph = coo_array((np.ones(len(u)), (u, v)), shape=(len(place), len(place)))
    part = connected_components(graph, directed=False)[1]
    used = part == np.bincount(part[u]).argmax()
    number = np.cumsum(used) - 1
    kept = used[u]
    x, y = np.round(place[used], 1).T
    u, v = number[u[kept]], number[v[kept]]
    chord = np.hypot(x[u] - x[v], y[u] - y[v])
    length = np.ceil(chord * rng.uniform(1.0, 1.0 + _LONGEST_BEND, len(chord)) * 10) / 10
    return Streets(x=x, y=y, u=u, v=v, length_m=length, kind=kind[kept])
