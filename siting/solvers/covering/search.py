"""Good choices for maximal covering, without proof."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siting.solvers.control import Control
from siting.solvers.covering.bound import Bound, Relaxation
from siting.solvers.covering.reductions import Covering, restricted

Mask = NDArray[np.bool_]

_FAVOURED = 1e-4
"""Share of a site in the linear relaxation from which on the search looks at it."""

_RESERVE = 150
"""Sites beside those used that the search looks at."""

_LEAST_STEPS = 200
_MOST_STEPS = 60_000
_MOST_WORK = 3e8
_SEEDS = (0, 1, 2)


class Searching:
    """The sites among which choices are sought, and the search.

    The sites that the relaxation uses, and those beside them whose reduced cost is least.
    """

    def __init__(
        self, covering: Covering, relaxation: Relaxation | None, bound: Bound | None
    ) -> None:
        self._near = np.ones(covering.sites, bool)
        rank = -covering.own.astype(np.float64)
        self._share = np.ones(covering.sites)
        if relaxation is not None and bound is not None:
            used = relaxation.choice > _FAVOURED
            reserve = np.argsort(np.where(used, -1.0, bound.lost), kind="stable")
            self._near[reserve[int(used.sum()) + _RESERVE :]] = False
            self._share = relaxation.choice
            rank = -relaxation.choice
        self.few = restricted(covering, ~self._near, np.zeros(covering.sites, bool))
        self._share = self._share[self._near]
        self._rank = rank[self._near]
        self._lists = self.few.of_site(), self.few.of_class
        self._own = self.few.own.astype(np.float64)
        self._weight = self.few.weight.astype(np.float64)
        self._matrix = self.few.matrix()

    def first(self) -> Mask:
        """Return the sites with the largest shares that the budget pays for."""
        return self._paid(np.argsort(self._rank, kind="stable"))

    def drawn(self, rng: np.random.Generator, least: float) -> Mask:
        """Return sites drawn one after the other by their shares, as many as the budget pays for.

        By the keys of Efraimidis and Spirakis (2006), doi:10.1016/j.ipl.2005.11.003.
        """
        keys = np.log(rng.random(self.few.sites)) / np.maximum(self._share, least)
        return self._paid(np.argsort(-keys))

    def run(self, start: Mask, steps: int, *, seed: int) -> Mask:
        """Return the best choice that a tabu search meets."""
        from siting.solvers.covering.kernels import search

        few = self.few
        best, _ = search(
            *self._lists,
            self._own,
            self._weight,
            few.cost,
            few.budget,
            start,
            1 + steps,
            seed,
        )
        return best

    def value(self, choice: Mask) -> float:
        """Return the weight that a choice covers of what is open to choice."""
        covered = self._matrix @ choice.astype(np.float64) > 0
        return float(self._weight[covered].sum() + self._own[choice].sum())

    def placed(self, choice: Mask) -> Mask:
        """Return a choice by position in the whole covering."""
        chosen = np.zeros(len(self._near), bool)
        chosen[np.flatnonzero(self._near)[choice]] = True
        return chosen

    def steps(self, opened: int) -> int:
        """Return how many steps of a search are worth while: fewer where each is work."""
        entries = len(self.few.of_class[1])
        breadth = entries / max(1, self.few.classes)
        work = opened * (entries / max(1, self.few.sites)) * breadth + self.few.sites
        return int(max(_LEAST_STEPS, min(_MOST_STEPS, _MOST_WORK / work)))

    def _paid(self, order: NDArray[np.int64]) -> Mask:
        choice = np.zeros(self.few.sites, bool)
        choice[order[np.cumsum(self.few.cost[order]) <= self.few.budget]] = True
        return choice


def searched(
    covering: Covering, relaxation: Relaxation | None, bound: Bound | None, control: Control
) -> Mask:
    """Return a good choice within the budget, by position.

    The best of a few tabu searches that start from the largest shares of the relaxation.
    """
    searching = Searching(covering, relaxation, bound)
    start = searching.first()
    steps = 1 if control.cancelled.is_set() else searching.steps(max(1, int(start.sum())))
    found = [searching.run(start, steps // len(_SEEDS), seed=seed) for seed in _SEEDS]
    return searching.placed(max(found, key=searching.value))
