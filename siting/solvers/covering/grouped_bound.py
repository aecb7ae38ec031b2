"""The linear relaxation of a covering of many classes, by cuts of its groups."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.solvers.control import Control
from siting.solvers.covering.bound import Relaxation
from siting.solvers.covering.grouped_master import (
    GroupCuts,
    GroupedCovering,
    some,
    violated,
)
from siting.solvers.covering.grouping import SITES_OF_A_GROUP, grouped
from siting.solvers.covering.reductions import Covering

Floats = NDArray[np.float64]

_LOG = logging.getLogger(__name__)

_CLOSE = 1e-6
"""Relative distance from what the best shares of sites cover at which the relaxation ends."""

_TOWARDS = 0.5
"""How far cuts are sought from the best shares so far towards the latest optimum."""

_FEW_CUTS = 0.02
"""Part of the groups; with fewer cuts from between, they are sought at the optimum itself too."""

_MOST_ROUNDS = 500
_LOOSE = 1e-3
_PATIENCE = 3
"""Optima in a row at which a cut is this loose, in shares, before it leaves."""

_WORTH_DROPPING = 0.1
"""Part of the rows that must go for the others to be told."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupedRelaxation:
    """The relaxation, as far as it got, with the cuts that are priced in it."""

    relaxation: Relaxation
    grouped: GroupedCovering
    cuts: list[GroupCuts]


def relaxed_in_groups(
    covering: Covering, control: Control, most_sites: int = SITES_OF_A_GROUP
) -> GroupedRelaxation | None:
    """Solve the linear relaxation by cuts; None if there is no time for a first optimum.

    Cuts are sought between the best shares so far and the latest optimum (in-out separation). The
    price of a class is that of the cuts that it is open in, so that prices bound wherever time
    ends the rounds.

    References
    ----------
    W. Ben-Ameur, J. Neto (2007), Networks 49(1), doi:10.1002/net.20137
    """
    groups = GroupedCovering(
        covering=covering,
        groups=grouped(covering, most_sites),
        weight=covering.weight.astype(np.float64),
    )
    lp = _Master(groups)
    core = np.full(covering.sites, min(1.0, covering.budget / float(covering.cost.sum())))
    cuts, covered = groups.cuts(core)
    best = groups.value(core, covered)
    lp.add(cuts)
    lp.add(groups.cuts(np.zeros(covering.sites))[0])
    rounds = 0
    for rounds in range(_MOST_ROUNDS):  # noqa: B007  said in the log
        if not lp.solve(control) or lp.value - best <= _CLOSE * lp.value:
            break
        between = _TOWARDS * lp.choice + (1 - _TOWARDS) * core
        added = 0
        for choice in (between, lp.choice):
            cuts, covered = groups.cuts(choice)
            if (value := groups.value(choice, covered)) > best:
                best, core = value, choice
            new = violated(cuts, lp.point)
            lp.add(new)
            added += len(new)
            if added > _FEW_CUTS * groups.groups.count:
                break
        if not added:
            break
        lp.drop_loose()
    if not len(lp.point):
        return None
    _LOG.info(
        "relaxed in %d groups: %.3f after %d rounds, shares that cover %.3f, %d cuts",
        groups.groups.count,
        lp.value + covering.constant,
        rounds,
        best + covering.constant,
        lp.count,
    )
    return lp.relaxation()


class _Master:
    """The relaxed master, solved again from where it was after every round of cuts."""

    def __init__(self, groups: GroupedCovering) -> None:
        import highspy

        self._groups, self._sites = groups, groups.covering.sites
        self._scale = 1 / float(groups.worth_of_columns().max(initial=1))
        self._highs: Any = highspy.Highs()
        self._highs.setOptionValue("output_flag", False)
        self._highs.setOptionValue("threads", 1)
        self._highs.setOptionValue("presolve", "off")
        self._highs.setOptionValue("solver", "simplex")
        lp = highspy.HighsLp()
        columns, sites = groups.columns, self._sites
        lp.num_col_, lp.num_row_ = columns, 1
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = groups.worth_of_columns() * self._scale
        lp.col_lower_, lp.col_upper_ = np.zeros(columns), np.ones(columns)
        lp.row_lower_ = np.array([-highspy.kHighsInf])
        lp.row_upper_ = np.array([groups.covering.budget])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array([0, sites], np.int32)
        lp.a_matrix_.index_ = np.arange(sites, dtype=np.int32)
        lp.a_matrix_.value_ = groups.covering.cost
        self._highs.passModel(lp)
        self._optimal = highspy.HighsModelStatus.kOptimal
        self._cuts: list[GroupCuts] = []
        self._price = np.empty(0)
        self._loose = np.empty(0, np.int64)
        self.value = np.inf
        self.point = np.empty(0)

    @property
    def choice(self) -> Floats:
        """Shares of the sites at the latest optimum."""
        return self.point[: self._sites].clip(0, 1)

    @property
    def count(self) -> int:
        """Number of cuts."""
        return sum(len(cuts) for cuts in self._cuts)

    def add(self, cuts: GroupCuts) -> None:
        """Add cuts as rows."""
        if not len(cuts):
            return
        rows = cuts.rows
        self._highs.addRows(
            len(cuts),
            np.full(len(cuts), -np.inf),
            cuts.limit,
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            rows.data,
        )
        self._cuts.append(cuts)
        self._loose = np.append(self._loose, np.zeros(len(cuts), np.int64))

    def drop_loose(self) -> None:
        """Drop cuts that have been loose for some time; the basis stays, without their slacks."""
        import highspy

        basis = self._highs.getBasis()
        basic = np.array([status == highspy.HighsBasisStatus.kBasic for status in basis.row_status])
        drop = np.append(False, self._loose >= _PATIENCE) & basic
        if drop.sum() < _WORTH_DROPPING * len(drop):
            return
        self._highs.deleteRows(int(drop.sum()), np.flatnonzero(drop).astype(np.int32))
        basis.row_status = [
            status for status, gone in zip(basis.row_status, drop, strict=True) if not gone
        ]
        self._highs.setBasis(basis)
        kept = ~drop[1:]
        ends = np.cumsum([len(cuts) for cuts in self._cuts])
        parts = np.split(kept, ends[:-1])
        self._cuts = [some(cuts, part) for cuts, part in zip(self._cuts, parts, strict=True)]
        self._loose = self._loose[kept]
        self._price = self._price[kept[: len(self._price)]]

    def solve(self, control: Control) -> bool:
        """Solve with the cuts so far; whether there was time for it."""
        import highspy

        if control.cancelled.is_set() or control.remaining() <= 0:
            return False
        if np.isfinite(control.remaining()):
            self._highs.setOptionValue("time_limit", self._highs.getRunTime() + control.remaining())
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return False
        solution = self._highs.getSolution()
        self.point = np.array(solution.col_value)
        self.value = self._highs.getInfo().objective_function_value / self._scale
        self._price = np.abs(np.array(solution.row_dual)[1:]) / self._scale
        limit = np.concatenate([np.empty(0), *(cuts.limit for cuts in self._cuts)])
        slack = limit - np.array(solution.row_value)[1:]
        self._loose = np.where(slack > _LOOSE, self._loose + 1, 0)
        return True

    def relaxation(self) -> GroupedRelaxation:
        """Return the latest optimum, with the prices of its cuts as prices of the classes."""
        groups = self._groups.groups
        price = np.zeros(len(groups.of_class))
        kept = []
        begin = 0
        for cuts in self._cuts:
            paid = self._price[begin : begin + len(cuts)]  # those of the last round have no price
            begin += len(cuts)
            if not paid.any():
                continue
            kept.append(some(cuts, paid > 0))
            share = np.zeros(groups.count)
            share[cuts.group] = paid / groups.weight[cuts.group]
            open_ = np.unpackbits(cuts.open, count=len(price)).astype(bool)
            price[open_] += (self._groups.weight * share[groups.of_class])[open_]
        return GroupedRelaxation(
            relaxation=Relaxation(choice=self.choice, price=price),
            grouped=self._groups,
            cuts=kept,
        )
