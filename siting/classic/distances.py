"""Straight lines in the coordinates' own units, and great circles for lon and lat."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from siting.classic.problem import Costs, Floats

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth, on which great circles are measured."""

_MARGIN = 1 + 1e-9
"""The tree looks a little farther than asked for; what it finds is measured again."""

_MOST_AT_ONCE = 4_000_000


def straight_costs(points: Floats, sites: Floats, cutoff: float) -> Costs:
    """Return straight lines between points and sites up to a cutoff.

    Parameters
    ----------
    points, sites
        x and y in any unit, shape (n, 2) and (m, 2).
    """
    point, site = _near(points, sites, cutoff)
    cost = np.hypot(points[point, 0] - sites[site, 0], points[point, 1] - sites[site, 1])
    return Costs.sorted(point, site, cost).within(cutoff, strict=False)


def great_circle_costs(points: Floats, sites: Floats, cutoff_m: float) -> Costs:
    """Return great circles between points and sites up to a cutoff, in metres.

    By the haversine formula on a sphere of `EARTH_RADIUS_M`.

    Parameters
    ----------
    points, sites
        lon and lat in degrees, shape (n, 2) and (m, 2).
    """
    chord = np.inf
    if cutoff_m < np.pi * EARTH_RADIUS_M:
        chord = 2 * np.sin(cutoff_m / EARTH_RADIUS_M / 2)
    point, site = _near(_on_sphere(points), _on_sphere(sites), chord)
    lon_1, lat_1 = np.radians(points[point]).T
    lon_2, lat_2 = np.radians(sites[site]).T
    half = (
        np.sin((lat_2 - lat_1) / 2) ** 2
        + np.cos(lat_1) * np.cos(lat_2) * np.sin((lon_2 - lon_1) / 2) ** 2
    )
    cost = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return Costs.sorted(point, site, cost).within(cutoff_m, strict=False)


def _on_sphere(lonlat: Floats) -> Floats:
    lon, lat = np.radians(lonlat).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _near(
    points: Floats, sites: Floats, radius: float
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the pairs within a radius, and perhaps some a little farther."""
    if np.isinf(radius):
        point, site = np.divmod(np.arange(len(points) * len(sites)), max(1, len(sites)))
        return point, site
    tree, found = KDTree(sites), []
    step = max(1, _MOST_AT_ONCE // max(1, len(sites)))
    reach = np.nextafter(radius * _MARGIN, np.inf)
    for start in range(0, len(points), step):
        some = points[start : start + step]
        lists = np.atleast_1d(tree.query_ball_point(some, reach, return_sorted=True))
        counts = np.array([len(one) for one in lists], np.int64)
        here = np.repeat(np.arange(start, start + len(lists)), counts)
        there = np.concatenate(
            [np.empty(0, np.int64), *(np.asarray(one, np.int64) for one in lists)]
        )
        found.append((here, there))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    point, site = (np.concatenate(part) for part in zip(*found, strict=True))
    return point, site
