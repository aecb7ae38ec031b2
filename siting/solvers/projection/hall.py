"""Hall cuts: no set of places can serve more than the need that lies within their reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow
from scipy import sparse
from scipy.sparse import csgraph

from siting.instance.instance import NEED_GRID
from siting.model.program import Row
from siting.model.rules.service import WrittenBlock

Floats = NDArray[np.float64]

LEAST_VIOLATION = 1e-6
"""Part of the need of a set that a cut must be broken by to be worth adding."""

_GRAINS = 0.5
"""Grains of need that it must be broken by at least: rounding is not worth a cut."""

_ROUNDING = 1e-3
"""Part of a grain that a load may fall short of a whole one by."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Hall:
    """One Hall cut of a block, by the sets that it speaks of.

    Attributes
    ----------
    block
        Position of the block in `Model.blocks`.
    classes
        Classes of need that are filled up, sorted.
    places
        Positions in ``block.places`` of those that must fill them, sorted.
    """

    block: int
    classes: NDArray[np.int64]
    places: NDArray[np.int64]


def row_of(written: WrittenBlock, cut: Hall, name: str) -> Row:
    r"""Return the lifted Hall cut of a set of need and a set of places.

    .. math:: \sum_{p \in S} \Bigl( \sum_m (q_{pm} - r_p)^+ y_{pm} - t_p \Bigr) \le d(U), \qquad
        r_p = d(N(p) \setminus U)

    An open place serves :math:`z_p = \sum_m q_{pm} y_{pm} - t_p`, with :math:`t_p` its idle
    capacity, and finds at most :math:`r_p` of that outside :math:`U`; a closed one serves nobody.
    What is left is served in :math:`U`, which holds :math:`d(U)`. Loads of places that are always
    open are constants on the right. It holds for any :math:`U` and :math:`S`.
    """
    block = written.block
    inside = np.zeros(len(block.need), bool)
    inside[cut.classes] = True
    beyond = np.where(inside, 0, block.need)[block.arc_need]
    # Sums of whole numbers below 2**53 are exact.
    outside = np.bincount(block.arc_index, weights=beyond, minlength=len(block.places))
    always = cut.places[block.fixed[cut.places] > 0]
    limit = block.need[cut.classes].sum() - (block.fixed[always] - outside[always]).sum()
    chosen = np.zeros(len(block.places), bool)
    chosen[cut.places] = True
    named = chosen[block.option_place]
    excess = np.maximum(block.option_capacity - outside[block.option_place], 0)
    named &= excess > 0
    idle = written.load[np.unique(block.option_place[named])]
    return Row(
        name=name,
        columns=np.append(idle, block.option_column[named]),
        coefficients=np.append(np.full(len(idle), -1.0), excess[named] / NEED_GRID),
        upper=float(limit) / NEED_GRID,
    )


class Separation:
    """Finds the Hall cuts of one projected block that a point breaks.

    For loads :math:`z` and openings :math:`Y` a maximum flow from places to need, with
    :math:`Y_p d_k` on every way, carries all of :math:`z` exactly when no lifted cut is broken;
    else its minimum cut is the most broken one.
    """

    def __init__(self, at: int, written: WrittenBlock) -> None:
        block = written.block
        self.at = at
        self.written = written
        order = np.argsort(block.arc_index, kind="stable")
        self.place = block.arc_index[order]
        self.need = block.arc_need[order]
        self.has_ways = np.zeros(len(block.places), bool)
        self.has_ways[self.place] = True
        positive = block.option_capacity > 0
        self.column = block.option_column[positive]
        self.option_place = block.option_place[positive]

    def broken(self, point: Floats) -> Iterator[Hall]:
        """Yield the cuts that a point with loads breaks."""
        load = np.floor(point[self.written.load] * NEED_GRID + _ROUNDING).astype(np.int64)
        opened = self._opened(point)
        _, side = self._flow(load, opened)
        if side is not None:
            yield from self._parts(load, opened, side)

    def settle(self, point: Floats) -> tuple[NDArray[np.int64], list[Hall]]:
        """Return what every place serves with openings of whole numbers, and the cuts that say so.

        With these cuts a master values these openings exactly.
        """
        opened = self._opened(np.rint(point))
        capacity = self.written.block.fixed.copy()
        np.add.at(
            capacity,
            self.written.block.option_place,
            self.written.block.option_capacity
            * np.rint(point[self.written.block.option_column]).astype(np.int64),
        )
        load, side = self._flow(np.maximum(capacity, 0), opened)
        if side is None:
            return load, []
        return load, list(self._parts(capacity, opened, side))

    def _opened(self, point: Floats) -> Floats:
        """Return how far each place is open, 0 to 1."""
        block = self.written.block
        opened = np.zeros(len(block.places))
        np.add.at(opened, self.option_place, point[self.column])
        return np.where(block.fixed > 0, 1.0, np.clip(opened, 0.0, 1.0))

    def _flow(
        self, load: NDArray[np.int64], opened: Floats
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
        """Return what of the loads finds need, and the source side of the cut that stops more.

        Loads of places whose need is settled are taken as they are.
        """
        block = self.written.block
        done = load.copy()
        load = np.where(self.has_ways, load, 0)
        used = load[self.place] > 0
        if not used.any():
            return done, None
        place, need = self.place[used], self.need[used]
        k, p = len(block.need), len(block.places)
        graph = max_flow.SimpleMaxFlow()
        width = np.ceil(opened[place] * block.need[need]).astype(np.int64)
        graph.add_arcs_with_capacity(k + place, need, width)
        into = graph.add_arcs_with_capacity(np.full(p, k + p), k + np.arange(p), load)
        graph.add_arcs_with_capacity(np.arange(k), np.full(k, k + p + 1), block.need)
        status = graph.solve(k + p, k + p + 1)
        if status != graph.OPTIMAL:
            raise ArithmeticError(f"maximum flow failed: {status}")
        if graph.optimal_flow() >= load.sum():
            return done, None
        done[self.has_ways] = graph.flows(into)[self.has_ways]
        side = np.zeros(k + p + 2, bool)
        side[graph.get_source_side_min_cut()] = True
        side[k : k + p] &= load > 0
        return done, side

    def _parts(
        self,
        load: NDArray[np.int64],
        opened: Floats,
        side: NDArray[np.bool_],
    ) -> Iterator[Hall]:
        """Yield the parts of a minimum cut that do not touch, each broken by itself."""
        block = self.written.block
        k, p = len(block.need), len(block.places)
        in_cut, filled = side[k : k + p], side[:k]
        inner = in_cut[self.place] & filled[self.need]
        graph = sparse.coo_array(
            (np.ones(int(inner.sum())), (self.need[inner], k + self.place[inner])),
            shape=(k + p, k + p),
        )
        _, label = csgraph.connected_components(graph, directed=False)
        weight = block.need[self.need].astype(float)
        outside = np.bincount(self.place, weights=weight * ~filled[self.need], minlength=p)
        excess = np.where(in_cut, load - opened * outside, 0.0)
        count = int(label.max()) + 1
        size = np.bincount(label[:k], weights=np.where(filled, block.need, 0), minlength=count)
        broken = np.bincount(label[k:], weights=excess, minlength=count) - size
        for part in np.flatnonzero(broken > LEAST_VIOLATION * size + _GRAINS):
            yield Hall(
                block=self.at,
                classes=np.flatnonzero(filled & (label[:k] == part)),
                places=np.flatnonzero(in_cut & (label[k:] == part)),
            )
