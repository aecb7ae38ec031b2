"""Exact reductions of maximal covering; what is left speaks of the same sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.model.merging import merge
from siting.solvers.covering.cover import Cover

Floats = NDArray[np.float64]
Lists = tuple[NDArray[np.int64], NDArray[np.int32]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Covering:
    r"""Maximal covering of what is open to choice: choose sites within the budget.

    .. math:: \max \sum_j v_j y_j + \sum_i w_i \min(1, \sum_{j \in N(i)} y_j), \quad
              \sum_j c_j y_j \le B, \quad y \in \{0, 1\}^n

    Attributes
    ----------
    site
        Number of each site left, by which a choice is read back, shape (n,).
    own
        Weight :math:`v_j` that a site alone covers.
    cost, budget
        :math:`c_j` above 0, and :math:`B`.
    weight
        :math:`w_i` of each class, covered by at least two sites.
    of_class
        Sites :math:`N(i)` of each class, as ``(indptr, positions in site)``.
    constant
        Weight that is covered by any choice.
    """

    site: NDArray[np.int64]
    own: NDArray[Any]
    cost: Floats
    budget: float
    weight: NDArray[Any]
    of_class: Lists
    constant: float

    @property
    def sites(self) -> int:
        """Number of sites left."""
        return len(self.site)

    @property
    def classes(self) -> int:
        """Number of classes left."""
        return len(self.weight)

    def matrix(self) -> sparse.csr_array:
        """Return which site covers which class, shape (classes, sites), CSR of ones."""
        indptr, indices = self.of_class
        shape = (self.classes, self.sites)
        return sparse.csr_array((np.ones(len(indices)), indices, indptr), shape=shape)

    def of_site(self) -> Lists:
        """Return the classes of each site, as ``(indptr, classes)``."""
        transposed = self.matrix().tocsc()
        return transposed.indptr.astype(np.int64), transposed.indices.astype(np.int32)

    def worth(self, chosen: NDArray[np.bool_]) -> float:
        """Return the weight that chosen sites (by position) cover."""
        reached = (self.matrix() @ chosen.astype(np.float64)) > 0
        return self.constant + (self.own[chosen].sum() + self.weight[reached].sum()).item()


def reduced(cover: Cover, cost: Floats, budget: float, must: NDArray[np.bool_]) -> Covering:
    """Return what is left to choose once some sites are open.

    Parameters
    ----------
    cost
        Cost of each site; infinite for one that must not open.
    budget
        Money left for sites beside those that must open.
    must
        Sites that open whatever else does.

    Notes
    -----
    Classes covered by a site that must open become a constant. Sites that cannot be paid leave
    their classes, classes that no site covers any more leave, equal ones merge, and a class of
    one site becomes weight of that site. A site leaves if another covers all that it does at no
    more cost: in any choice the one may stand for the other. Round by round until nothing changes.
    """
    owner = cover.owner()
    served = np.zeros(cover.classes, bool)
    served[owner[must[cover.site]]] = True
    open_ = ~must & (cost <= budget)
    kept = ~served[owner] & open_[cover.site]
    covering = Covering(
        site=np.flatnonzero(open_),
        own=np.zeros(int(open_.sum()), cover.weight.dtype),
        cost=cost[open_],
        budget=budget,
        weight=cover.weight,
        of_class=_lists(owner[kept], (np.cumsum(open_) - 1)[cover.site[kept]], cover.classes),
        constant=cover.weight[served].sum().item(),
    )
    covering, _ = _merged(covering)
    while (fewer := _without_dominated(covering)).sites < covering.sites:
        covering = fewer
    return covering


def restricted(covering: Covering, zero: NDArray[np.bool_], one: NDArray[np.bool_]) -> Covering:
    """Return the covering with some sites (by position) closed and others open."""
    return _restricted(covering, zero, one)[0]


def narrowed(covering: Covering, kept: NDArray[np.bool_]) -> tuple[Covering, NDArray[np.int64]]:
    """Return the covering of some sites alone, and the class that each class went into, or -1."""
    return _restricted(covering, ~kept, np.zeros(covering.sites, bool))


def _restricted(
    covering: Covering, zero: NDArray[np.bool_], one: NDArray[np.bool_]
) -> tuple[Covering, NDArray[np.int64]]:
    owner = np.repeat(np.arange(covering.classes), np.diff(covering.of_class[0]))
    site = covering.of_class[1]
    served = np.zeros(covering.classes, bool)
    served[owner[one[site]]] = True
    left = ~zero & ~one
    kept = ~served[owner] & left[site]
    constant = covering.own[one].sum() + covering.weight[served].sum()
    return _merged(
        Covering(
            site=covering.site[left],
            own=covering.own[left],
            cost=covering.cost[left],
            budget=covering.budget - float(covering.cost[one].sum()),
            weight=covering.weight,
            of_class=_lists(owner[kept], (np.cumsum(left) - 1)[site[kept]], covering.classes),
            constant=covering.constant + constant.item(),
        )
    )


def _merged(covering: Covering) -> tuple[Covering, NDArray[np.int64]]:
    """Merge equal classes, fold those of one site into it, drop those of none or no weight.

    Also returned is the class that each went into, -1 for none.
    """
    indptr, site = covering.of_class
    counts = np.diff(indptr)
    single = counts == 1
    own = covering.own.copy()
    np.add.at(own, site[indptr[:-1][single]], covering.weight[single])
    kept = (counts > 1) & (covering.weight > 0)
    owner = np.repeat(np.arange(len(counts)), counts)
    inside = kept[owner]
    number = np.cumsum(kept) - 1
    left = int(kept.sum())
    merged, first = merge(number[owner[inside]], site[inside].astype(np.int64), left)
    weight = np.zeros(len(first), covering.weight.dtype)
    np.add.at(weight, merged, covering.weight[kept])
    leads = np.zeros(left, bool)
    leads[first] = True
    of_lead = leads[number[owner[inside]]]
    into = np.full(len(counts), -1)
    into[kept] = merged
    smaller = Covering(
        site=covering.site,
        own=own,
        cost=covering.cost,
        budget=covering.budget,
        weight=weight,
        of_class=_lists(
            merged[number[owner[inside][of_lead]]],
            site[inside][of_lead].astype(np.int64),
            len(first),
        ),
        constant=covering.constant,
    )
    return smaller, into


def _without_dominated(covering: Covering) -> Covering:
    from siting.solvers.covering.kernels import dominated

    out = dominated(covering.of_site(), covering.of_class, covering.own, covering.cost)
    if not out.any():
        return covering
    return restricted(covering, zero=out, one=np.zeros(covering.sites, bool))


def _lists(owner: NDArray[np.int64], member: NDArray[np.int64], owners: int) -> Lists:
    """Return the members of each owner, ascending, from pairs."""
    order = np.lexsort((member, owner))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=owners))])
    return indptr.astype(np.int64), member[order].astype(np.int32)
