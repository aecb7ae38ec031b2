"""Which sites a plan opens, and rows that speak of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from siting.model.decisions import Decisions
from siting.model.program import Extra, Row
from siting.solvers.evaluation import Openings

PairSet = frozenset[int]
"""Positions in `Sites.pairs` of what a plan opens."""

MOST_WAYS = 64
"""Rows at most for the ways in which a plan may open its sites."""


class Sites:
    """Pairs of building and service in which something new may open.

    Module, way to get hold of the building and year tell no plans apart here, and what stays as it
    is today is no site of a plan: closing it for nothing makes no other plan.

    Attributes
    ----------
    pairs
        Building and service of each.
    pair
        By conversion its position in `pairs`, -1 where nothing new opens.
    kinds
        By pair its conversions in groups of which at most one is ever chosen: add-ons stand beside
        their host, and temporary uses follow one another.
    """

    def __init__(self, decisions: Decisions) -> None:
        self.decisions = decisions
        self.is_new = decisions.is_new
        table = decisions.conversions
        number: dict[tuple[str, str], int] = {}
        self.pair = np.full(len(table), -1, np.int64)
        groups: list[dict[tuple[str, int], list[int]]] = []
        for c, row in enumerate(table.itertuples()):
            if not self.is_new[c]:
                continue
            p = number.setdefault((str(row.building_id), str(row.service_id)), len(number))
            self.pair[c] = p
            if p == len(groups):
                groups.append({})
            alone = str(row.module_id) if decisions.adds_on[c] else ""
            passing = c if int(row.until) < decisions.last_year else -1
            groups[p].setdefault((alone, passing), []).append(c)
        self.pairs = tuple(number)
        self.kinds = tuple(
            tuple(np.array(group, np.int64) for group in kinds.values()) for kinds in groups
        )

    def of(self, opened: Openings) -> PairSet:
        """Return what a choice of conversions opens."""
        return frozenset(self.pair[opened & self.is_new].tolist())

    def names(self, pairs: Collection[int]) -> tuple[tuple[str, str], ...]:
        """Return building and service of pairs, in order."""
        return tuple(sorted(self.pairs[p] for p in pairs))

    def other_than(self, opened: Openings, number: int) -> list[Row]:
        r"""Return rows that exclude plans that open just the sites of a plan, and no other plan.

        .. math:: \sum_{p \in plan} (1 - u_p) + \sum_{c \notin plan} y_c \ge 1

        with :math:`u_p` the sum of the conversions of a pair that exclude one another. Where some
        do not, there is a row for each choice of one group of every pair; past `MOST_WAYS` a plan
        may come back that opens the same sites in yet another way, never in the way of this one.

        References
        ----------
        E. Balas, R. Jeroslow (1972), SIAM Journal on Applied Mathematics 23(1):61-69,
        doi:10.1137/0123007
        """
        known = self.of(opened)
        further = np.flatnonzero(self.is_new & ~np.isin(self.pair, list(known)))
        rows = []
        for way, inside in enumerate(self._ways(known, opened)):
            rows.append(
                self.decisions.row_of(
                    f"alternative[{number},{way}]",
                    np.concatenate([further, inside]),
                    coefficients=np.repeat([1.0, -1.0], [len(further), len(inside)]),
                    lower=1.0 - len(known),
                )
            )
        return rows

    def differing(self, opened: Openings, difference: Extra, number: int) -> list[Row]:
        r"""Return rows by which a column is at most the number of a plan's sites that do not open.

        .. math:: difference \le \sum_{p \in plan} (1 - u_p)
        """
        known = self.of(opened)
        return [
            self.decisions.row_of(
                f"different[{number},{way}]",
                inside,
                upper=float(len(known)),
                extra=((difference, 1.0),),
            )
            for way, inside in enumerate(self._ways(known, opened))
        ]

    def _ways(self, known: PairSet, opened: Openings) -> Iterator[NDArray[np.int64]]:
        """Yield the conversions of one group of every pair, the way of the plan first."""
        kinds = [
            sorted(self.kinds[p], key=lambda group: not opened[group].any()) for p in sorted(known)
        ]
        for chosen in islice(product(*kinds), MOST_WAYS):
            yield np.concatenate([np.empty(0, np.int64), *chosen])
