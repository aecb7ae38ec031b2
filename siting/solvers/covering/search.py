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


def searched(
    covering: Covering, relaxation: Relaxation | None, bound: Bound | None, control: Control
) -> Mask:
    """Return a good choice within the budget, by position.

    The tabu search looks at the sites that the relaxation uses and at those whose reduced cost is
    least, and starts from the largest shares.
    """
    from siting.solvers.covering.kernels import search

    near = np.ones(covering.sites, bool)
    rank = -covering.own.astype(np.float64)
    if relaxation is not None and bound is not None:
        used = relaxation.choice > _FAVOURED
        reserve = np.argsort(np.where(used, -1.0, bound.lost), kind="stable")
        near[reserve[int(used.sum()) + _RESERVE :]] = False
        rank = -relaxation.choice
    few = restricted(covering, ~near, np.zeros(covering.sites, bool))
    order = np.argsort(rank[near], kind="stable")
    paid = np.cumsum(few.cost[order])
    start = np.zeros(few.sites, bool)
    start[order[paid <= few.budget]] = True
    if control.cancelled.is_set():
        steps = 1
    else:
        opened = max(1, int(start.sum()))
        entries = len(few.of_class[1])
        breadth = entries / max(1, few.classes)
        work = opened * (entries / max(1, few.sites)) * breadth + few.sites
        steps = int(max(_LEAST_STEPS, min(_MOST_STEPS, _MOST_WORK / work)))
    found = [
        search(
            few.of_site(),
            few.of_class,
            few.own.astype(np.float64),
            few.weight.astype(np.float64),
            few.cost,
            few.budget,
            start,
            1 + steps // len(_SEEDS),
            seed,
        )
        for seed in _SEEDS
    ]
    best, _ = max(found, key=lambda one: one[1])
    chosen = np.zeros(covering.sites, bool)
    chosen[np.flatnonzero(near)[best]] = True
    return chosen
