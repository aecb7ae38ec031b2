r"""The covering of many classes seen through few columns: what each group of classes is covered of.

.. math:: \max \sum_j v_j y_j + \sum_g W_g \theta_g, \quad \theta_g \le 1, \quad
          W_g \theta_g \le \sum_{i \in F} w_i + \sum_{i \in g \setminus F} w_i \sum_{j \in N(i)} y_j

for any :math:`F \subseteq g`: a Benders cut for each group, at a point :math:`y` most violated
where F holds the classes that y covers wholly.

References
----------
J.-F. Cordeau, F. Furini, I. Ljubić, European Journal of Operational Research 275 (2019),
doi:10.1016/j.ejor.2018.12.021
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.model.program import Objective, Program
from siting.solvers.covering.grouping import Groups
from siting.solvers.covering.reductions import Covering

Floats = NDArray[np.float64]

VIOLATED = 1e-7
"""Share of its weight by which a group must break a cut."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupCuts:
    """Cuts of one choice, one for each of some groups.

    Attributes
    ----------
    group
        Of each cut.
    rows
        Over sites and groups, shape (cuts, sites + groups), in shares of the weight of the group.
    limit
        What each row must not exceed.
    open
        Which classes are not in F, packed bits.
    """

    group: NDArray[np.int64]
    rows: sparse.csr_array
    limit: Floats
    open: NDArray[np.uint8]

    def __len__(self) -> int:
        """Return the number of cuts."""
        return len(self.group)


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupedCovering:
    """A covering, its groups and what cuts need of both."""

    covering: Covering
    groups: Groups
    weight: Floats

    @property
    def columns(self) -> int:
        """Number of columns: sites, then groups."""
        return self.covering.sites + self.groups.count

    def worth_of_columns(self) -> Floats:
        """Return the objective: what each site alone covers, then the weight of each group."""
        return np.concatenate([self.covering.own.astype(np.float64), self.groups.weight])

    def cuts(self, choice: Floats, *, whole: float = 1.0) -> tuple[GroupCuts, Floats]:
        """Return the cuts of all groups at shares of sites, and what each is covered of, in shares.

        With `whole` above 1 a class is in F only if it is covered by more than one site.
        """
        from siting.solvers.covering.grouping_kernels import cuts_at

        groups, sites = self.groups, self.covering.sites
        covered, fixed, begin, site, worth, open_ = cuts_at(
            choice, self.covering.of_class, self.weight, groups.order, groups.begins, whole
        )
        size = np.diff(begin)
        cells = sparse.csr_array(
            (-worth / np.repeat(groups.weight, size), site, begin), shape=(groups.count, sites)
        )
        rows = sparse.csr_array(
            sparse.hstack([cells, sparse.eye_array(groups.count)], format="csr")
        )
        cuts = GroupCuts(
            group=np.arange(groups.count),
            rows=rows,
            limit=fixed / groups.weight,
            open=np.packbits(open_),
        )
        return cuts, covered / groups.weight

    def value(self, choice: Floats, covered: Floats) -> float:
        """Return what shares of sites cover, from the shares of each group."""
        return float(self.covering.own @ choice + self.groups.weight @ covered)


def violated(cuts: GroupCuts, point: Floats) -> GroupCuts:
    """Return the cuts that a point (sites, then groups) violates."""
    return some(cuts, cuts.rows @ point > cuts.limit + VIOLATED)


def some(cuts: GroupCuts, kept: NDArray[np.bool_]) -> GroupCuts:
    """Return some of the cuts."""
    return GroupCuts(
        group=cuts.group[kept],
        rows=sparse.csr_array(cuts.rows[np.flatnonzero(kept)]),
        limit=cuts.limit[kept],
        open=cuts.open,
    )


def master_program(
    grouped: GroupedCovering, cuts: list[GroupCuts], lower: Floats, upper: Floats
) -> tuple[Program, Objective]:
    """Return the program of sites (yes or no) and groups with cuts; bounds are of the sites."""
    covering, groups = grouped.covering, grouped.groups.count
    sites = covering.sites
    budget = sparse.csr_array(np.append(covering.cost, np.zeros(groups))[None, :])
    matrix = sparse.csr_array(sparse.vstack([budget, *(cut.rows for cut in cuts)], format="csr"))
    limits = np.concatenate([[covering.budget], *(cut.limit for cut in cuts)])
    program = Program(
        column_names=(*(f"y{j}" for j in range(sites)), *(f"group{g}" for g in range(groups))),
        lower=np.append(lower, np.zeros(groups)),
        upper=np.append(upper, np.ones(groups)),
        integer=np.arange(sites + groups) < sites,
        grid=np.ones(sites + groups),
        row_names=("budget", *(f"cut{k}" for k in range(len(limits) - 1))),
        row_lower=np.full(len(limits), -np.inf),
        row_upper=limits,
        matrix=matrix,
    )
    worth = grouped.worth_of_columns()
    return program, Objective(name="covered", coefficients=worth, maximise=True)
