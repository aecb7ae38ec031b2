"""Bounded shortest ways from one source after another, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit

Array = NDArray[Any]
Rows = tuple[Array, Array, Array]
"""Rows sorted by a key: where those of each key start, and two columns."""

_NODE_BITS = 32
_NODE_MASK = 2**_NODE_BITS - 1
_NEVER = np.iinfo(np.int32).max
_ROOM = 1024


@njit(nogil=True)
def search(  # noqa: C901, PLR0912, PLR0917  one loop, compiled
    first: int,
    last: int,
    limit_dm: int,
    begin: tuple[Array, Array],
    streets: Rows,
    behind: Rows,
    along: Rows,
    targets: int,
) -> Array:
    """Return source, target and length of the pairs within the limit, int32, shape (n, 3).

    Dijkstra with a heap of ``length << 32 | node``; what a source touched is undone after it, so
    that its cost does not depend on the size of the network.

    Parameters
    ----------
    first, last
        Sources to search from.
    begin
        Nodes at which each source begins and its way there, int32, shape (sources, 2).
    streets
        By node: the nodes next to it and the length in between.
    behind
        By node: the targets whose edge ends there, and the rest of the way to them.
    along
        By source: the targets on its own edge, and the way along it.
    targets
        Number of targets.
    """
    node_starts, neighbour, street_dm = streets
    behind_starts, behind_target, behind_dm = behind
    along_starts, along_target, along_dm = along
    reached = np.full(len(node_starts) - 1, _NEVER, np.int32)
    touched = np.empty(len(reached), np.int32)
    best = np.full(targets, _NEVER, np.int32)
    met = np.empty(targets, np.int32)
    heap = np.empty(_ROOM, np.int64)
    out = np.empty((_ROOM, 3), np.int32)
    found = 0
    for source in range(first, last):
        size, touches, meets = 0, 0, 0
        for end in range(2):
            node, way = begin[0][source, end], begin[1][source, end]
            if way <= limit_dm and way < reached[node]:
                touches = _lower(reached, touched, touches, node, way)
                size = _push(heap, size, (np.int64(way) << _NODE_BITS) | node)
        while size > 0:
            way, node = heap[0] >> _NODE_BITS, heap[0] & _NODE_MASK
            size = _pop(heap, size)
            if way > reached[node]:
                continue
            for k in range(behind_starts[node], behind_starts[node + 1]):
                total, there = way + behind_dm[k], behind_target[k]
                if total <= limit_dm and total < best[there]:
                    meets = _lower(best, met, meets, there, total)
            while size + node_starts[node + 1] - node_starts[node] > len(heap):
                heap = np.concatenate((heap, np.empty_like(heap)))
            for k in range(node_starts[node], node_starts[node + 1]):
                total, there = way + street_dm[k], neighbour[k]
                if total <= limit_dm and total < reached[there]:
                    touches = _lower(reached, touched, touches, there, total)
                    size = _push(heap, size, (total << _NODE_BITS) | there)
        for k in range(along_starts[source], along_starts[source + 1]):
            if along_dm[k] <= limit_dm and along_dm[k] < best[along_target[k]]:
                meets = _lower(best, met, meets, along_target[k], along_dm[k])
        while found + meets > len(out):
            out = np.concatenate((out, np.empty_like(out)))
        for k in range(meets):
            out[found, 0], out[found, 1], out[found, 2] = source, met[k], best[met[k]]
            found += 1
        best[met[:meets]] = _NEVER
        reached[touched[:touches]] = _NEVER
    return out[:found].copy()


@njit(nogil=True)
def _lower(ways: Array, seen: Array, count: int, at: int, way: int) -> int:
    """Set a shorter way; return how many have been seen, this one included."""
    if ways[at] == _NEVER:
        seen[count] = at
        count += 1
    ways[at] = way
    return count


@njit(nogil=True)
def _push(heap: Array, size: int, key: int) -> int:
    """Add a key to the heap; return its new size."""
    at = size
    while at > 0 and heap[(at - 1) >> 1] > key:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = key
    return size + 1


@njit(nogil=True)
def _pop(heap: Array, size: int) -> int:
    """Take the least key off the heap; return its new size."""
    size -= 1
    key, at, below = heap[size], 0, 1
    while below < size:
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= key:
            break
        heap[at] = heap[below]
        at, below = below, 2 * below + 1
    heap[at] = key
    return size
