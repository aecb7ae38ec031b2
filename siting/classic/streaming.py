"""Demand points merged by the set of sites that cover them, chunk by chunk.

Memory depends on the sites and on how many different sets there are, not on how many points.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.solvers.covering.cover import Cover

Floats = NDArray[np.float64]
Chunk = tuple[Floats, Floats, NDArray[Any]]
"""x, y and weight of some points."""

_LEAST_CELLS = 2**14
_CELLS_PER_SITE = 2**7
_MOST_CELLS = 2**20
_MOST_PAIRS = 2**23
"""Cells of the grid laid over the sites, and pairs of a cell and a site that reaches it."""


def stream_cover(
    site_x: Floats, site_y: Floats, points: Iterable[Chunk], *, cutoff: float, inclusive: bool
) -> Cover:
    """Merge demand points by the set of sites within a straight-line cutoff of them.

    Parameters
    ----------
    site_x, site_y
        Coordinates of the sites, in the unit of `cutoff`.
    points
        Chunks of x, y and weight (whole numbers of any size, or floats), read once.
    cutoff, inclusive
        A site covers the points within the cutoff, or strictly below it.

    Returns
    -------
    Cover
        Exact: nothing is rounded. Squared distances are compared, and those within 1e-12
        (relative) of the squared cutoff are decided by the distance as C's `hypot` has it, which
        is also what `numpy.hypot` returns.
    """
    merger = _Merger(site_x, site_y, cutoff, inclusive=inclusive)
    for x, y, weight in points:
        merger.absorb(x, y, weight, classes=np.empty(0, np.int32))
    return merger.cover()


def stream_classes(
    site_x: Floats, site_y: Floats, points: Iterable[Chunk], *, cutoff: float, inclusive: bool
) -> tuple[Cover, NDArray[np.int32]]:
    """Return what `stream_cover` does and the class of each point, -1 where no site covers it."""
    merger = _Merger(site_x, site_y, cutoff, inclusive=inclusive)
    parts = [np.empty(0, np.int32)]
    for x, y, weight in points:
        parts.append(np.empty(len(x), np.int32))
        merger.absorb(x, y, weight, classes=parts[-1])
    return merger.cover(), np.concatenate(parts)


class _Merger:
    """Classes found so far, with a grid that says what sites reach a cell wholly or partly."""

    def __init__(self, site_x: Floats, site_y: Floats, cutoff: float, *, inclusive: bool) -> None:
        from siting.classic import streaming_kernels as kernels

        self._kernels = kernels
        self._site_x = np.ascontiguousarray(site_x, np.float64)
        self._site_y = np.ascontiguousarray(site_y, np.float64)
        self._cutoff, self._inclusive = float(cutoff), inclusive
        self._grid, margin = _grid_over(self._site_x, self._site_y, self._cutoff)
        where = (self._site_x, self._site_y, self._cutoff, self._grid, margin)
        counts, _ = kernels.survey(*where, np.empty((2, 0), np.int64))
        ends = np.cumsum(counts.reshape(-1))
        flat = np.concatenate([[0], ends])
        cells = counts.shape[1]
        self._starts = np.stack([flat[: cells + 1], flat[cells:]])
        _, self._members = kernels.survey(*where, self._starts)
        self._cell_class = np.full(cells, -1, np.int32)
        self._state = np.array([1, 0])  # the empty set is class 0
        self._indptr = np.zeros(2**10 + 1, np.int64)
        self._site = np.empty(max(2**14, 4 * len(site_x)), np.int32)
        self._hashes = np.zeros((2**10, 2), np.uint64)
        self._hashes[0] = kernels.HASH_OF_NONE
        self._total = np.zeros(2**10, np.int64)
        self._shortcuts = (np.empty(0, np.int32), np.empty(0, np.uint64), np.empty(0, np.int32))
        self._grow_tables(2**12, 2**14)

    def absorb(
        self, x: Floats, y: Floats, weight: NDArray[Any], *, classes: NDArray[np.int32]
    ) -> None:
        """Add points; `classes` receives the class of each unless it is empty."""
        if weight.dtype.kind == "f" and self._total.dtype.kind != "f":
            self._total = self._total.astype(np.float64)
        done = 0
        while (
            done := self._kernels.absorb(
                np.ascontiguousarray(x, np.float64),
                np.ascontiguousarray(y, np.float64),
                weight,
                done,
                self._state,
                self._total,
                self._cell_class,
                self._indptr,
                self._site,
                self._table,
                self._hashes,
                self._shortcuts,
                self._grid,
                self._starts,
                self._members,
                self._site_x,
                self._site_y,
                self._cutoff,
                self._inclusive,
                classes,
            )
        ) < len(x):
            self._make_room()

    def cover(self) -> Cover:
        """Return the classes that hold points."""
        used = int(self._state[0])
        return Cover(
            sites=len(self._site_x),
            indptr=self._indptr[1 : used + 1].copy(),
            site=self._site[: self._indptr[used]].copy(),
            weight=self._total[1:used].copy(),
            never=self._total[0].item(),
        )

    def _make_room(self) -> None:
        """Double whatever is full."""
        used, shortcuts = self._state.tolist()
        if used + 2 > len(self._total):
            more = len(self._total)
            self._total = np.append(self._total, np.zeros_like(self._total))
            self._indptr = np.append(self._indptr, np.zeros(more, np.int64))
            self._hashes = np.append(self._hashes, np.zeros_like(self._hashes), axis=0)
        if self._indptr[used] + len(self._site_x) > len(self._site):
            self._site = np.append(self._site, np.empty_like(self._site))
        tables, keys = len(self._table), len(self._shortcuts[0])
        if 2 * used > tables or 2 * shortcuts > keys:
            self._grow_tables(
                tables * (2 if 2 * used > tables else 1), keys * (2 if 2 * shortcuts > keys else 1)
            )

    def _grow_tables(self, classes: int, shortcuts: int) -> None:
        table = np.full(classes, -1, np.int32)
        self._kernels.rehash(table, self._hashes, int(self._state[0]))
        self._table = table
        new = (
            np.empty(shortcuts, np.int32),
            np.empty(shortcuts, np.uint64),
            np.full(shortcuts, -1, np.int32),
        )
        if self._state[1]:
            self._kernels.rehash_shortcuts(self._shortcuts, new)
        self._shortcuts = new


def _grid_over(x: Floats, y: Floats, cutoff: float) -> tuple[Floats, float]:
    """Return a grid (x0, y0, side, columns, rows) over all a site covers, and its margin.

    The margin is how far a cell may be off through rounding; what lies as close to a cell's edge
    is decided point by point.
    """
    if not len(x):
        return np.array([0.0, 0.0, 1.0, 1.0, 1.0]), 0.0
    reach = cutoff * (1 + 1e-9) if cutoff > 0 else 1e-9
    low = np.array([x.min(), y.min()]) - reach
    high = np.array([x.max(), y.max()]) + reach
    extent = high - low
    largest = max(float(np.abs([low, high]).max()), float(extent.max()))
    cells = min(max(_LEAST_CELLS, _CELLS_PER_SITE * len(x)), _MOST_CELLS)
    side = max(
        reach * np.sqrt(np.pi * len(x) / _MOST_PAIRS),
        np.sqrt(float(extent.prod()) / cells),
        float(extent.max()) / _MOST_CELLS,
    )
    count = np.floor(extent / side) + 1
    # A site's edge may fall short of the grid by rounding alone: a cell more on each side.
    grid = np.array([*(low - side), side, *(count + 2)])
    return grid, float(1e-6 * side + 1e-12 * largest)
