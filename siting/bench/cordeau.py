"""Covering instances of Cordeau, Furini and Ljubić by their published generator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PAIRS = (
    *((10, radius) for radius in (5.5, 5.75, 6.0, 6.25)),
    *((15, radius) for radius in (4.0, 4.25, 4.5, 4.75, 5.0)),
    *((20, radius) for radius in (3.25, 3.5, 3.75, 4.0, 4.25)),
)
"""Budgets (sites of cost 1) and radii of the maximal covering problems; covered is below."""

_SIDE = 30
_RAND_MAX = 2**31 - 1
_MOST_DEMAND = 100


def chunks(
    customers: int, sites: int, seed: int, *, size: int = 2**20
) -> tuple[Floats, Iterator[tuple[Floats, Floats, NDArray[np.int64]]]]:
    """Return the coordinates of the sites, shape (sites, 2), and customers as x, y and demand.

    ``rand()`` of the GNU C library after ``srand(seed)`` gives all sites, then all customers,
    each x then y, as ``rand() / RAND_MAX * 30`` to 6 decimals, then the costs of the sites (here
    all 1), then the demands, ``rand() % 100 + 1``. Customers come in chunks of `size`: a second
    generator runs ahead to the demands.

    References
    ----------
    J.-F. Cordeau, F. Furini, I. Ljubić, Benders decomposition for very large scale partial set
    covering and maximal covering location problems, European Journal of Operational Research 275
    (2019), doi:10.1016/j.ejor.2018.12.021
    """
    from siting.bench.cordeau_kernels import seeded, skip

    places = seeded(seed)
    site_xy = _coordinates(places, sites)
    demands = places.copy()
    skip(demands, 2 * customers + sites)
    return site_xy, _customers(places, demands, customers, size)


def _customers(
    places: NDArray[Any], demands: NDArray[Any], customers: int, size: int
) -> Iterator[tuple[Floats, Floats, NDArray[np.int64]]]:
    from siting.bench.cordeau_kernels import draw

    for begin in range(0, customers, size):
        count = min(size, customers - begin)
        xy = _coordinates(places, count)
        demand = np.empty(count, np.int64)
        draw(demands, demand)
        yield xy[:, 0], xy[:, 1], demand % _MOST_DEMAND + 1


def _coordinates(state: NDArray[Any], count: int) -> Floats:
    from siting.bench.cordeau_kernels import draw

    drawn = np.empty(2 * count, np.int64)
    draw(state, drawn)
    return (np.rint(drawn / _RAND_MAX * _SIDE * 1e6) / 1e6).reshape(count, 2)
