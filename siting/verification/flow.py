"""The most that open places can serve, as a maximum flow."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

_LARGEST = 2**30
"""Largest amount on one arc; scipy counts flow in 32 bits."""

Ints = NDArray[np.int64]


def most_served(
    need: Ints, capacity: NDArray[np.float64], unit: Ints, place: Ints, *, largest: int = _LARGEST
) -> int:
    """Return the largest amount of need that places can serve together.

    Parameters
    ----------
    need
        Need of each unit, integers, shape (n,).
    capacity
        Capacity of each place, integers or infinity, shape (m,).
    unit, place
        Arcs: positions of a unit and of a place that it may be served from, shape (k,).
    largest
        Amounts above it are split into parts with the same arcs.
    """
    unlimited = np.zeros(len(need), dtype=bool)
    unlimited[unit[np.isinf(capacity[place])]] = True
    certain = int(need[unlimited].sum())
    limited = ~unlimited[unit] & (capacity[place] > 0)
    if not limited.any():
        return certain
    need, unit, place = _merged(need, unit[limited], place[limited])
    wanted = np.bincount(place, weights=need[unit], minlength=len(capacity))
    supply = np.minimum(capacity, wanted).astype(np.int64)
    need, unit, place = _in_parts(need, unit, place, largest)
    supply, place, unit = _in_parts(supply, place, unit, largest)
    return certain + _maximum_flow(need, supply, unit, place)


def _merged(need: Ints, unit: Ints, place: Ints) -> tuple[Ints, Ints, Ints]:
    """Merge units that reach the same places; units that reach none are left out.

    Units are told apart place by place, in order: those alike so far stay alike where the next
    place is the same.
    """
    order = np.lexsort((place, unit))
    unit, place = unit[order], place[order]
    units, first, arcs = np.unique(unit, return_index=True, return_counts=True)
    kind = np.zeros(len(units), dtype=np.int64)
    going = np.arange(len(units))
    for nth in range(int(arcs.max())):
        going = going[arcs[going] > nth]
        kind[going] = _numbered(kind[going], place[first[going] + nth])
    kind = _numbered(kind, arcs)
    total = np.zeros(int(kind.max()) + 1, dtype=np.int64)
    np.add.at(total, kind, need[units])
    kept = np.unique(kind, return_index=True)[1]
    is_kept = np.zeros(len(units), dtype=bool)
    is_kept[kept] = True
    arc_kept = np.repeat(is_kept, arcs)
    return total, np.repeat(kind, arcs)[arc_kept], place[arc_kept]


def _numbered(first: Ints, second: Ints) -> Ints:
    """Return a number for each pair of whole numbers, in the order of their first mention."""
    return pd.factorize(first * (int(second.max()) + 1) + second)[0].astype(np.int64)


def _in_parts(amount: Ints, near: Ints, far: Ints, largest: int) -> tuple[Ints, Ints, Ints]:
    """Split amounts above `largest`; every part has all the arcs ``(near, far)`` of the whole."""
    parts = np.maximum(-(-amount // largest), 1)
    first = np.cumsum(parts) - parts
    pieces = np.full(int(parts.sum()), largest, dtype=np.int64)
    pieces[first + parts - 1] = amount - (parts - 1) * largest
    copies = parts[near]
    nth = np.arange(int(copies.sum())) - np.repeat(np.cumsum(copies) - copies, copies)
    return pieces, np.repeat(first[near], copies) + nth, np.repeat(far, copies)


def _maximum_flow(need: Ints, supply: Ints, unit: Ints, place: Ints) -> int:
    source, sink = len(need) + len(supply), len(need) + len(supply) + 1
    units, places = np.arange(len(need)), len(need) + np.arange(len(supply))
    tail = np.concatenate([np.full(len(need), source), unit, places])
    head = np.concatenate([units, len(need) + place, np.full(len(supply), sink)])
    most = np.concatenate([need, np.minimum(need[unit], supply[place]), supply])
    graph = csr_array((most.astype(np.int32), (tail, head)), shape=(sink + 1, sink + 1))
    flow = maximum_flow(graph, source, sink).flow
    return int(flow[[source]].data.astype(np.int64).sum())
