"""Loops of maximal covering, compiled.

Covers come both ways: classes of each site (`of_site`) and sites of each class (`of_class`), each
as ``(indptr, indices)``.
"""

# ruff: noqa: C901, PLR0912, PLR0915, PLR0917, NPY002  one compiled loop takes its arrays one by one

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit

Array = NDArray[Any]
Lists = tuple[Array, Array]

_PATIENCE = 200
"""Steps without a better choice before the search jumps."""

_MOST_FOUND = 200_000
_SHARE = 1e-6
_APART = 0.1
_VIOLATION = 0.02
"""Triples are looked for among classes that share between a tenth and nine tenths of a site."""


@njit
def dominated(of_site: Lists, of_class: Lists, own: Array, cost: Array) -> Array:
    """Return the sites that another covers everything of, at no more cost.

    Of sites that are equal the first is kept. `own` is the weight that a site alone covers: where
    there is some, nothing dominates it.
    """
    indptr, members = of_site
    out = np.zeros(len(cost), np.bool_)
    for j in range(len(cost)):
        begin, end = indptr[j], indptr[j + 1]
        if own[j] > 0:
            continue
        if begin == end:
            out[j] = True
            continue
        rare = members[begin]
        for at in range(begin, end):
            i = members[at]
            if of_class[0][i + 1] - of_class[0][i] < of_class[0][rare + 1] - of_class[0][rare]:
                rare = i
        for at in range(of_class[0][rare], of_class[0][rare + 1]):
            k = of_class[1][at]
            size = indptr[k + 1] - indptr[k]
            if k == j or out[k] or cost[k] > cost[j] or size < end - begin:
                continue
            if size == end - begin and cost[k] == cost[j] and own[k] == 0 and k > j:
                continue  # perhaps equal: the other gives way
            a, b = begin, indptr[k]
            while a < end and b < indptr[k + 1]:
                if members[a] < members[b]:
                    break
                if members[a] == members[b]:
                    a += 1
                b += 1
            if a == end:
                out[j] = True
                break
    return out


@njit
def search(
    of_site: Lists,
    of_class: Lists,
    own: Array,
    weight: Array,
    cost: Array,
    budget: float,
    start: Array,
    steps: int,
    seed: int,
) -> tuple[Array, float]:
    """Return the best choice within the budget met by a tabu search, and the weight it covers.

    Each step makes the best swap of an open site for a closed one, then opens what money is left
    for, by weight per cost; what was opened or closed rests for a while unless the step would beat
    all before. After long without a better choice some sites of the best one close at random.
    """
    np.random.seed(seed)
    sites = len(own)
    even = cost.min() == cost.max()
    hits = np.zeros(len(weight), np.int32)
    adds = own.copy()
    for j in range(sites):
        for at in range(of_site[0][j], of_site[0][j + 1]):
            adds[j] += weight[of_site[1][at]]
    loses = own.copy()
    opened = np.zeros(sites, np.bool_)
    rests = np.zeros(sites, np.int64)
    shared = np.zeros(sites)
    met = np.empty(sites, np.int32)
    best = start.copy()
    wanted = start.copy()
    best_value = -1.0
    value = 0.0
    left = budget
    stale = 0
    for step in range(steps):
        if step == 0 or stale > _PATIENCE:
            stale = 0
            share = 0.0 if step == 0 else np.random.uniform(0.05, 0.4)
            for j in range(sites):
                wanted[j] = best[j] and np.random.random() >= share
                rests[j] = 0
            for j in range(sites):
                if opened[j] and not wanted[j]:
                    value -= loses[j]
                    left += cost[j]
                    _toggle(j, -1, of_site, of_class, weight, hits, adds, loses, opened)
            for j in range(sites):
                if wanted[j] and not opened[j] and cost[j] <= left:
                    value += adds[j]
                    left -= cost[j]
                    _toggle(j, 1, of_site, of_class, weight, hits, adds, loses, opened)
        else:
            out, into = -1, -1
            most = -np.inf
            freest, freest_adds = -1, -1.0
            for k in range(sites):
                if not opened[k] and rests[k] <= step and adds[k] > freest_adds:
                    freest, freest_adds = k, adds[k]
            for j in range(sites):
                if not opened[j]:
                    continue
                count = 0
                for at in range(of_site[0][j], of_site[0][j + 1]):
                    i = of_site[1][at]
                    if hits[i] != 1:
                        continue
                    for to in range(of_class[0][i], of_class[0][i + 1]):
                        k = of_class[1][to]
                        if shared[k] == 0:
                            met[count] = k
                            count += 1
                        shared[k] += weight[i]
                money = left + cost[j]
                if even:
                    if freest >= 0 and rests[j] <= step and freest_adds - loses[j] > most:
                        out, into, most = j, freest, freest_adds - loses[j]
                else:
                    for k in range(sites):
                        if opened[k] or cost[k] > money:
                            continue
                        change = adds[k] + shared[k] - loses[j]
                        resting = rests[j] > step or rests[k] > step
                        if change > most and (not resting or value + change > best_value):
                            out, into, most = j, k, change
                for at in range(count):
                    k = met[at]
                    change = adds[k] + shared[k] - loses[j]
                    shared[k] = 0.0
                    if change <= most or opened[k] or cost[k] > money:
                        continue
                    resting = rests[j] > step or rests[k] > step
                    if not resting or value + change > best_value:
                        out, into, most = j, k, change
            if out < 0:
                stale = _PATIENCE + 1
                continue
            value -= loses[out]
            _toggle(out, -1, of_site, of_class, weight, hits, adds, loses, opened)
            value += adds[into]
            _toggle(into, 1, of_site, of_class, weight, hits, adds, loses, opened)
            left += cost[out] - cost[into]
            rests[out] = step + 4 + np.random.randint(0, 8)
            rests[into] = step + 2 + np.random.randint(0, 4)
        while True:
            pick = -1
            rate = 0.0
            for j in range(sites):
                if opened[j] or cost[j] > left:
                    continue
                if adds[j] / cost[j] > rate:
                    pick, rate = j, adds[j] / cost[j]
            if pick < 0:
                break
            value += adds[pick]
            left -= cost[pick]
            _toggle(pick, 1, of_site, of_class, weight, hits, adds, loses, opened)
        stale += 1
        if value > best_value:
            best_value = value
            best[:] = opened
            stale = 0
    return best, best_value


@njit
def _toggle(
    j: int,
    change: int,
    of_site: Lists,
    of_class: Lists,
    weight: Array,
    hits: Array,
    adds: Array,
    loses: Array,
    opened: Array,
) -> None:
    """Open or close a site; update what opening each adds and what closing each loses."""
    opened[j] = change > 0
    for at in range(of_site[0][j], of_site[0][j + 1]):
        i = of_site[1][at]
        before = hits[i]
        hits[i] = before + change
        after = hits[i]
        begin, end = of_class[0][i], of_class[0][i + 1]
        if before + after == 1:  # covered now and not before, or the other way
            for to in range(begin, end):
                adds[of_class[1][to]] -= change * weight[i]
            loses[j] += change * weight[i]
        elif min(before, after) == 1:  # covered twice now and once before, or the other way
            for to in range(begin, end):
                k = of_class[1][to]
                if opened[k] and k != j:
                    loses[k] -= change * weight[i]
                    break


@njit
def violated_triples(
    of_class: Lists,
    of_site: Lists,
    choice: Array,
    covered: Array,
    tight: Array,
    first: int,
    work: int,
) -> tuple[Array, Array]:
    """Return triples of classes whose cut a relaxed choice violates, and by how much.

    The cut is that of `covering_cuts`; only `tight` classes are looked at, from the `first`
    on, until so many entries have been.
    """
    indptr, sites = of_class
    classes = len(covered)
    reach = np.zeros(classes)
    for i in range(classes):
        for at in range(indptr[i], indptr[i + 1]):
            reach[i] += choice[sites[at]]
    found = np.empty((_MOST_FOUND, 3), np.int32)
    by = np.empty(_MOST_FOUND)
    count = 0
    seen = np.full(classes, -1, np.int32)
    near = np.empty(classes, np.int32)
    of_first = np.zeros(len(choice), np.bool_)
    of_second = np.zeros(len(choice), np.bool_)
    for turn in range(classes):
        i = (first + turn) % classes
        if not tight[i]:
            continue
        nears = 0
        for at in range(indptr[i], indptr[i + 1]):
            j = sites[at]
            of_first[j] = True
            if choice[j] < _SHARE:
                continue
            for to in range(of_site[0][j], of_site[0][j + 1]):
                k = of_site[1][to]
                if k > i and tight[k] and seen[k] != i:
                    seen[k] = i
                    near[nears] = k
                    nears += 1
        for second in range(nears):
            k = near[second]
            both = 0.0
            for at in range(indptr[k], indptr[k + 1]):
                of_second[sites[at]] = True
                if of_first[sites[at]]:
                    both += choice[sites[at]]
            if _APART < both < 1 - _APART:
                for third in range(second + 1, nears):
                    m = near[third]
                    work -= indptr[m + 1] - indptr[m]
                    paid = reach[i] + reach[k] - both
                    for at in range(indptr[m], indptr[m + 1]):
                        j = sites[at]
                        if of_first[j] == of_second[j]:  # a third of all, or new
                            paid += choice[j]
                    over = covered[i] + covered[k] + covered[m] - 1 - paid
                    if over > _VIOLATION and count < _MOST_FOUND:
                        found[count, 0], found[count, 1], found[count, 2] = i, k, m
                        by[count] = over
                        count += 1
            for at in range(indptr[k], indptr[k + 1]):
                of_second[sites[at]] = False
            if work < 0 or count == _MOST_FOUND:
                return found[:count], by[:count]
        for at in range(indptr[i], indptr[i + 1]):
            of_first[sites[at]] = False
    return found[:count], by[:count]
