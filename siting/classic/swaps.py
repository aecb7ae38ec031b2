"""Good choices for the p-median by exchanging one site at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siting.classic.problem import Floats, Marks
from siting.classic.programs import entries


def swapped(
    cost: Floats, fixed: Marks, p: int, rng: np.random.Generator, *, rounds: int = 3
) -> Marks:
    """Return p sites beside the fixed ones that no single exchange can better.

    Each round starts from another random choice; the best is kept.

    Parameters
    ----------
    cost
        Weighted cost of serving each point from each site, finite, shape (n, m).
    fixed
        Sites that are open in any case, shape (m,).

    References
    ----------
    Teitz, Bart 1968, doi 10.1287/opre.16.5.955; all exchanges at once as in Whitaker 1983,
    doi 10.1080/03155986.1983.11731889.
    """
    if not p:
        return fixed
    best, best_value = fixed, np.inf
    free = np.flatnonzero(~fixed)
    for round_number in range(rounds):
        opened = fixed.copy()
        if round_number == 0:
            for _ in range(p):
                opened[_best_addition(cost, opened)] = True
        else:
            opened[rng.choice(free, p, replace=False)] = True
        value = _exchange(cost, opened, fixed)
        if value < best_value:
            best, best_value = opened, value
    return best


def near(cost: Floats, y: Floats, fixed: Marks, p: int) -> Marks:
    """Return the p sites beside the fixed ones that are largest in y, bettered by exchanges."""
    opened, free = fixed.copy(), np.flatnonzero(~fixed)
    opened[free[np.argsort(-y[free], kind="stable")[:p]]] = True
    if p:
        _exchange(cost, opened, fixed)
    return opened


def _best_addition(cost: Floats, opened: Marks) -> int:
    served = cost[:, opened].min(axis=1, initial=np.inf)
    value = np.minimum(cost, served[:, None]).sum(axis=0)
    value[opened] = np.inf
    return int(np.argmin(value))


def _exchange(cost: Floats, opened: Marks, fixed: Marks) -> float:
    """Exchange sites in place as long as it pays; return the value."""
    while True:
        inside = np.flatnonzero(opened)
        nearest, first, second = _two_nearest(cost, inside)
        value = float(first.sum())
        leaving = np.flatnonzero(opened & ~fixed)
        entering = np.flatnonzero(~opened)
        if not len(leaving) or not len(entering):
            return value
        gain = np.maximum(first[:, None] - cost[:, entering], 0.0).sum(axis=0)
        # What the points of a leaving site lose, given who enters.
        loss = np.minimum(second[:, None], cost[:, entering])
        loss -= np.minimum(first[:, None], cost[:, entering])
        member = entries(np.ones(len(cost)), inside[nearest], np.arange(len(cost)), cost.T.shape)
        net = gain[None, :] - (member @ loss)[leaving]
        out, into = np.unravel_index(int(np.argmax(net)), net.shape)
        if net[out, into] <= 1e-9 * value:
            return value
        opened[leaving[out]], opened[entering[into]] = False, True


def _two_nearest(
    cost: Floats, inside: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return the position of the nearest open site of each point, its cost and the next one's."""
    rows = np.arange(len(cost))
    near = cost[:, inside]
    nearest = near.argmin(axis=1)
    first = near[rows, nearest]
    if len(inside) == 1:
        return nearest, first, np.full(len(cost), np.inf)
    near[rows, nearest] = np.inf
    return nearest, first, near.min(axis=1)
