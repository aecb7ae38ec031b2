"""Loops of grouped covering, compiled; covers come as in `kernels`."""

# ruff: noqa: C901, PLR0917  one compiled loop takes its arrays one by one

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit

Array = NDArray[Any]
Lists = tuple[Array, Array]

_WHOLE = 1 - 1e-9
"""Share of sites from which on a class counts as covered: a cut is valid wherever it lies."""


@njit
def clusters(of_site: Lists, of_class: Lists, weight: Array, order: Array, size: int) -> Array:
    """Return the cluster of each site: in turn a site and those left that share most with it.

    Parameters
    ----------
    order
        Sites in the order in which they may begin a cluster.
    size
        Most sites of a cluster.
    """
    sites = len(order)
    cluster = np.full(sites, -1, np.int32)
    shared = np.zeros(sites)
    met = np.empty(sites, np.int32)
    count = 0
    for first in order:
        if cluster[first] >= 0:
            continue
        cluster[first] = count
        nears = 0
        for at in range(of_site[0][first], of_site[0][first + 1]):
            i = of_site[1][at]
            for to in range(of_class[0][i], of_class[0][i + 1]):
                k = of_class[1][to]
                if cluster[k] >= 0:
                    continue
                if shared[k] == 0:
                    met[nears] = k
                    nears += 1
                shared[k] += weight[i]
        for _ in range(size - 1):
            most = 0.0
            pick = -1
            for at in range(nears):
                k = met[at]
                if cluster[k] < 0 and shared[k] > most:
                    pick, most = k, shared[k]
            if pick < 0:
                break
            cluster[pick] = count
        for at in range(nears):
            shared[met[at]] = 0.0
        count += 1
    return cluster


@njit
def groups_of(of_class: Lists, cluster: Array, clusters: int) -> Array:
    """Return the group of each class: the cluster that has most of its sites, the first of such."""
    classes = len(of_class[0]) - 1
    group = np.empty(classes, np.int32)
    hits = np.zeros(clusters, np.int32)
    for i in range(classes):
        pick, most = -1, 0
        for at in range(of_class[0][i], of_class[0][i + 1]):
            near = cluster[of_class[1][at]]
            hits[near] += 1
            if hits[near] > most:
                pick, most = near, hits[near]
        group[i] = pick
        for at in range(of_class[0][i], of_class[0][i + 1]):
            hits[cluster[of_class[1][at]]] = 0
    return group


@njit
def cuts_at(
    choice: Array,
    of_class: Lists,
    weight: Array,
    order: Array,
    begins: Array,
    whole: float,
) -> tuple[Array, Array, Array, Array, Array, Array]:
    r"""Return what each group is covered of by shares of sites, and the cut that says so.

    Parameters
    ----------
    order, begins
        Classes by group; those of group g from ``begins[g]`` on.
    whole
        Share of sites from which on a class enters a cut as covered; 1 or more.

    Returns
    -------
    covered
        :math:`\sum_i w_i \min(1, \sum_{j \in N(i)} y_j)` of each group.
    fixed, begin, site, worth
        The cut :math:`\theta_g \le f_g + \sum_j a_j y_j`: f, and j and a from ``begin[g]`` on.
    open
        Which classes are not in f.
    """
    groups = len(begins) - 1
    covered, fixed = np.zeros(groups), np.zeros(groups)
    begin = np.zeros(groups + 1, np.int64)
    site, worth = np.empty(2**16, np.int32), np.empty(2**16)
    sums = np.zeros(len(choice))
    met = np.empty(len(choice), np.int32)
    open_ = np.ones(len(weight), np.bool_)
    used = 0
    for g in range(groups):
        count = 0
        for at in range(begins[g], begins[g + 1]):
            i = order[at]
            reach = 0.0
            for to in range(of_class[0][i], of_class[0][i + 1]):
                reach += choice[of_class[1][to]]
            covered[g] += weight[i] * min(1.0, reach)
            if reach >= whole * _WHOLE:
                fixed[g] += weight[i]
                open_[i] = False
                continue
            for to in range(of_class[0][i], of_class[0][i + 1]):
                j = of_class[1][to]
                if sums[j] == 0:
                    met[count] = j
                    count += 1
                sums[j] += weight[i]
        if used + count > len(site):
            more = max(len(site), count)
            site = np.append(site, np.empty(more, np.int32))
            worth = np.append(worth, np.empty(more))
        for at in range(count):
            site[used], worth[used] = met[at], sums[met[at]]
            sums[met[at]] = 0.0
            used += 1
        begin[g + 1] = used
    return covered, fixed, begin, site[:used], worth[:used], open_
