"""Classes in groups: a cluster of sites that share need, and the classes that it covers most of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.solvers.covering.reductions import Covering

Floats = NDArray[np.float64]

SITES_OF_A_GROUP = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """Classes of a covering in groups.

    Attributes
    ----------
    of_class
        Group of each class, shape (classes,).
    order, begins
        Classes by group; those of group g are ``order[begins[g]:begins[g + 1]]``.
    weight
        Weight of each group, above 0, shape (groups,).
    """

    of_class: NDArray[np.int32]
    order: NDArray[np.int64]
    begins: NDArray[np.int64]
    weight: Floats

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self.weight)


def grouped(covering: Covering, most_sites: int = SITES_OF_A_GROUP) -> Groups:
    """Group classes by the cluster of sites that has most of those that cover them.

    A cluster is a site and those that share most weight with it, in the order of what sites cover.
    """
    from siting.solvers.covering.grouping_kernels import clusters, groups_of

    weight = covering.weight.astype(np.float64)
    worth = covering.matrix().T @ weight
    order = np.argsort(-worth, kind="stable")
    cluster = clusters(covering.of_site(), covering.of_class, weight, order, most_sites)
    group = groups_of(covering.of_class, cluster, int(cluster.max(initial=-1)) + 1)
    used, group = np.unique(group, return_inverse=True)
    return Groups(
        of_class=group.astype(np.int32),
        order=np.argsort(group, kind="stable"),
        begins=np.concatenate([[0], np.cumsum(np.bincount(group, minlength=len(used)))]),
        weight=np.bincount(group, weight, len(used)).astype(np.float64),
    )
