"""Shapes of sub-districts and communities around given points, with given areas.

No real boundary is read: the outline grows from squares around the inner points, and each
sub-district is its cell of a power diagram whose weights are moved until all areas are right
(Aurenhammer 1987, doi 10.1137/0216006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from siting.instance.generate.rounding import share_out
from siting.instance.generate.spec import District

FloatArray = NDArray[np.float64]
Shape = BaseGeometry

_CLOSE_M = 700.0
_AREA_TOLERANCE = 0.001
_MOST_ROUNDS = 2000
_RELAXATION = 0.3


@dataclass(frozen=True, kw_only=True, eq=False)
class Shapes:
    """The ground of a town.

    Attributes
    ----------
    outline
        The whole town.
    districts, cells
        The districts and the polygon of each.
    communities
        Polygons nested in the districts.
    district_of
        Position of each community's district, shape (communities,).
    """

    outline: Shape
    districts: tuple[District, ...]
    cells: list[Shape]
    communities: list[Shape]
    district_of: NDArray[np.int64]

    def community_of(self, x: FloatArray, y: FloatArray) -> NDArray[np.int64]:
        """Return the position of the community that each point lies in, or lies nearest to."""
        tree = shapely.STRtree(self.communities)
        return np.asarray(tree.nearest(shapely.points(x, y)), np.int64)


def draw_shapes(
    districts: tuple[District, ...], communities: int, rng: np.random.Generator
) -> Shapes:
    """Return a town whose sub-districts have their areas and hold their inner points."""
    points = np.array([(d.x, d.y) for d in districts])
    areas_m2 = np.array([d.area_km2 * 1e6 for d in districts])
    outline = _outline(points, areas_m2)
    cells = [_on_metres(cell) for cell in _power_diagram(outline, points, areas_m2)]
    counts = 1 + share_out([d.people for d in districts], max(0, communities - len(districts)))
    pieces = [_split(cell, int(count), rng) for cell, count in zip(cells, counts, strict=True)]
    return Shapes(
        outline=shapely.union_all(cells),
        districts=districts,
        cells=cells,
        communities=[piece for parts in pieces for piece in parts],
        district_of=np.repeat(np.arange(len(districts)), [len(parts) for parts in pieces]),
    )


def _on_metres(shape: Shape) -> Shape:
    return shapely.set_precision(shape, 1.0)


def _outline(points: FloatArray, areas_m2: FloatArray) -> Shape:
    """Squares around the points, closed over gaps, scaled until the area is the sum of all."""

    def grown(scale: float) -> Shape:
        half = scale * np.sqrt(areas_m2) / 2
        x, y = points.T
        squares = shapely.box(x - half, y - half, x + half, y + half)
        wide = shapely.union_all(squares).buffer(_CLOSE_M, join_style="mitre")
        return wide.buffer(-_CLOSE_M, join_style="mitre")

    low, high = 0.3, 3.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if grown(middle).area < areas_m2.sum() else (low, middle)
    return grown(high)


def _power_diagram(outline: Shape, points: FloatArray, areas_m2: FloatArray) -> list[Shape]:
    middle = points.mean(axis=0)
    sites = points - middle
    ground = shapely.transform(outline, lambda c: c - middle)
    weights = np.zeros(len(sites))
    for _ in range(_MOST_ROUNDS):
        cells = _cells(ground, sites, weights)
        found = shapely.area(cells)
        if np.abs(found / areas_m2 - 1).max() < _AREA_TOLERANCE:
            break
        weights += _RELAXATION * (areas_m2 - found)
    return [shapely.transform(cell, lambda c: c + middle) for cell in cells]


def _cells(ground: Shape, sites: FloatArray, weights: FloatArray) -> list[Shape]:
    """Where each site's squared distance less its weight is smallest, within the ground."""
    west, south, east, north = ground.bounds
    lifted = (sites**2).sum(axis=1) - weights
    cells = []
    for i, site in enumerate(sites):
        corners = np.array([(west, south), (east, south), (east, north), (west, north)])
        for j in np.argsort(((sites - site) ** 2).sum(axis=1), kind="stable"):
            if j != i and len(corners):
                corners = _half(corners, 2 * (sites[j] - site), lifted[j] - lifted[i])
        cells.append(shapely.Polygon(corners).intersection(ground))
    return cells


def _half(corners: FloatArray, normal: FloatArray, limit: float) -> FloatArray:
    """Return the part of a convex polygon where ``normal @ p <= limit``."""
    height = corners @ normal - limit
    inside = height <= 0
    if inside.all():
        return corners
    kept = []
    for k in range(len(corners)):
        after = (k + 1) % len(corners)
        if inside[k]:
            kept.append(corners[k])
        if inside[k] != inside[after]:
            step = height[k] / (height[k] - height[after])
            kept.append(corners[k] + step * (corners[after] - corners[k]))
    return np.array(kept)


def _split(cell: Shape, count: int, rng: np.random.Generator) -> list[Shape]:
    """Split a district into communities of similar size: relaxed Voronoi cells."""
    if count == 1:
        return [cell]
    west, south, east, north = cell.bounds
    drawn = rng.uniform((west, south), (east, north), (400 * count, 2))
    ground = drawn[shapely.contains_xy(cell, drawn[:, 0], drawn[:, 1])]
    seeds = ground[:count]
    for _ in range(12):
        nearest = cKDTree(seeds).query(ground)[1]
        sizes = np.maximum(np.bincount(nearest, minlength=count), 1)[:, None]
        sums = np.stack([np.bincount(nearest, c, minlength=count) for c in ground.T], axis=1)
        seeds = sums / sizes
    voronoi = shapely.voronoi_polygons(shapely.MultiPoint(np.round(seeds, 1)), extend_to=cell)
    parts = [_on_metres(part.intersection(cell)) for part in voronoi.geoms]
    return [part for part in parts if not part.is_empty]
