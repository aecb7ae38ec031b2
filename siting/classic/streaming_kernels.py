"""Loops of `streaming`, compiled."""

# ruff: noqa: C901, PLR0912, PLR0915, PLR0917  one compiled loop takes its arrays one by one

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit

EMPTY = 0
"""Class of the points that no site covers."""

HASH_OF_NONE = (0, 0x9E3779B97F4A7C15)
"""Hash of the empty set."""

_UNKNOWN = -1
_BITS = 64
_TIE = 1e-12
"""Squared distances this close to the squared cutoff, relative, are decided by `hypot`."""

Array = NDArray[Any]


@njit
def within(dx: float, dy: float, cutoff: float, inclusive: bool) -> bool:
    """Return whether a difference of coordinates lies within the cutoff."""
    squared, limit = dx * dx + dy * dy, cutoff * cutoff
    if abs(squared - limit) > _TIE * limit:
        return bool(squared < limit)
    length = math.hypot(dx, dy)
    return bool(length <= cutoff if inclusive else length < cutoff)


@njit
def survey(
    site_x: Array, site_y: Array, cutoff: float, grid: Array, margin: float, starts: Array
) -> tuple[Array, Array]:
    """Return what sites cover each cell wholly and partly, as (2, cells) counts, then members.

    With empty `starts` the counts are returned (and no members); with the starts of each list,
    shape (2, cells), the lists are filled, sites ascending.
    """
    x0, y0, side, nx, ny = grid[0], grid[1], grid[2], int(grid[3]), int(grid[4])
    filling = starts.shape[1] > 0
    counts = np.zeros((2, nx * ny), np.int64)
    members = np.empty(starts[1, -1] if filling else 0, np.int32)
    for j in range(len(site_x)):
        dx, dy = site_x[j] - x0, site_y[j] - y0
        low_x = max(0, math.floor((dx - cutoff - margin) / side) - 1)
        high_x = min(nx - 1, math.floor((dx + cutoff + margin) / side) + 1)
        low_y = max(0, math.floor((dy - cutoff - margin) / side) - 1)
        high_y = min(ny - 1, math.floor((dy + cutoff + margin) / side) + 1)
        for cx in range(low_x, high_x + 1):
            near_x = max(0.0, cx * side - dx, dx - (cx + 1) * side)
            far_x = max((cx + 1) * side - dx, dx - cx * side)
            for cy in range(low_y, high_y + 1):
                near_y = max(0.0, cy * side - dy, dy - (cy + 1) * side)
                if math.hypot(near_x, near_y) > cutoff + margin:
                    continue
                far_y = max((cy + 1) * side - dy, dy - cy * side)
                partly = int(math.hypot(far_x, far_y) >= cutoff - margin)
                cell = cx * ny + cy
                if filling:
                    members[starts[partly, cell] + counts[partly, cell]] = j
                counts[partly, cell] += 1
    return counts, members


@njit
def _mixed(word: Any) -> Any:
    """Return a 64-bit word scrambled (the finaliser of splitmix64)."""
    word = np.uint64(word)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@njit
def _class_of(
    sites: Array, count: int, indptr: Array, site: Array, table: Array, hashes: Array, used: int
) -> int:
    """Return the class of a sorted set of sites, `used` and its entry written if it is new.

    Sets are looked up by a 128-bit hash and compared in full: no collision can merge two sets.
    """
    first, second = np.uint64(count), np.uint64(HASH_OF_NONE[1])
    for k in range(count):
        first = _mixed(first ^ _mixed(np.uint64(sites[k]) + np.uint64(0x9E3779B97F4A7C15)))
        second = _mixed(
            second + _mixed(np.uint64(sites[k]) * np.uint64(0xD1342543DE82EF95) + np.uint64(1))
        )
    mask = np.uint64(len(table) - 1)
    slot = first & mask
    while table[slot] >= 0:
        known = table[slot]
        begin = indptr[known]
        if (
            hashes[known, 0] == first
            and hashes[known, 1] == second
            and indptr[known + 1] - begin == count
        ):
            same = True
            for k in range(count):
                if site[begin + k] != sites[k]:
                    same = False
                    break
            if same:
                return int(known)
        slot = (slot + np.uint64(1)) & mask
    table[slot] = used
    hashes[used, 0], hashes[used, 1] = first, second
    site[indptr[used] : indptr[used] + count] = sites[:count]
    indptr[used + 1] = indptr[used] + count
    return used


@njit
def rehash(table: Array, hashes: Array, used: int) -> None:
    """Fill an empty table with the classes known."""
    mask = np.uint64(len(table) - 1)
    for known in range(used):
        slot = hashes[known, 0] & mask
        while table[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = known


@njit
def rehash_shortcuts(old: tuple[Array, Array, Array], new: tuple[Array, Array, Array]) -> None:
    """Move the shortcuts of a full table into an empty one."""
    mask = np.uint64(len(new[0]) - 1)
    for k in range(len(old[0])):
        if old[2][k] < 0:
            continue
        slot = _mixed(old[1][k] ^ _mixed(np.uint64(old[0][k]))) & mask
        while new[2][slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        new[0][slot], new[1][slot], new[2][slot] = old[0][k], old[1][k], old[2][k]


@njit
def absorb(
    x: Array,
    y: Array,
    weight: Array,
    begin: int,
    state: Array,
    total: Array,
    cell_class: Array,
    indptr: Array,
    site: Array,
    table: Array,
    hashes: Array,
    shortcuts: tuple[Array, Array, Array],
    grid: Array,
    starts: Array,
    members: Array,
    site_x: Array,
    site_y: Array,
    cutoff: float,
    inclusive: bool,
    classes: Array,
) -> int:
    """Add points from `begin` to the classes; return where it stopped for want of room.

    A shortcut is an exact key, the cell and which of the sites that cover it partly cover the
    point (as bits, where they are at most 64); every other point takes the full way by its set.
    `state` holds the number of classes and of shortcuts; `classes`, unless empty, receives the
    class of each point.
    """
    x0, y0, side, nx, ny = grid[0], grid[1], grid[2], int(grid[3]), int(grid[4])
    inverse = 1.0 / side
    key_cell, key_bits, key_class = shortcuts
    mask = np.uint64(len(key_cell) - 1)
    scratch = np.empty(len(site_x), np.int32)
    most = len(site_x)
    for i in range(begin, len(x)):
        px, py = x[i], y[i]
        fx, fy = (px - x0) * inverse, (py - y0) * inverse
        found = EMPTY
        if fx >= 0 and fy >= 0 and fx < nx and fy < ny:
            cell = int(fx) * ny + int(fy)
            edge, edge_end = starts[1, cell], starts[1, cell + 1]
            count = edge_end - edge
            bits = np.uint64(0)
            slot = np.uint64(0)
            if count == 0:
                found = cell_class[cell]
            elif count <= _BITS:
                for k in range(count):
                    j = members[edge + k]
                    if within(px - site_x[j], py - site_y[j], cutoff, inclusive):
                        bits |= np.uint64(1) << np.uint64(k)
                slot = _mixed(bits ^ _mixed(np.uint64(cell))) & mask
                found = _UNKNOWN
                while key_class[slot] >= 0:
                    if key_cell[slot] == cell and key_bits[slot] == bits:
                        found = key_class[slot]
                        break
                    slot = (slot + np.uint64(1)) & mask
            else:
                found = _UNKNOWN
            if found == _UNKNOWN:
                used = state[0]
                if (
                    used + 2 > len(total)
                    or 2 * used > len(table)
                    or 2 * state[1] > len(key_cell)
                    or indptr[used] + most > len(site)
                ):
                    return i
                size = 0
                inside, inside_end = starts[0, cell], starts[0, cell + 1]
                while inside < inside_end or edge < edge_end:
                    if edge >= edge_end or (
                        inside < inside_end and members[inside] < members[edge]
                    ):
                        scratch[size] = members[inside]
                        size += 1
                        inside += 1
                        continue
                    j = members[edge]
                    if within(px - site_x[j], py - site_y[j], cutoff, inclusive):
                        scratch[size] = j
                        size += 1
                    edge += 1
                found = _class_of(scratch, size, indptr, site, table, hashes, used)
                if found == used:
                    state[0] += 1
                if count == 0:
                    cell_class[cell] = found
                elif count <= _BITS:
                    key_cell[slot], key_bits[slot], key_class[slot] = cell, bits, found
                    state[1] += 1
        total[found] += weight[i]
        if len(classes):
            classes[i] = found - 1
    return len(x)
