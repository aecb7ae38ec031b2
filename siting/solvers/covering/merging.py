"""Choices for maximal covering made of the best parts of several searches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siting.solvers.control import Control
from siting.solvers.covering.bound import Bound, Relaxation
from siting.solvers.covering.program import program_of
from siting.solvers.covering.reductions import Covering, restricted
from siting.solvers.covering.search import Searching
from siting.solvers.highs import solve_with_highs

Mask = NDArray[np.bool_]

_LOTS = 6
"""Merged choices that are merged in their turn."""

_RUNS = 6
"""Searches whose choices are merged."""

_STEPS = 4_000
_MERGE_S = 6.0
_GAP = 1e-5
_LEAST_SHARE = 0.01
"""What a site counts at least where starts are drawn by shares of the relaxation."""

_HALF = 0.5


def merged(covering: Covering, relaxation: Relaxation, bound: Bound, control: Control) -> Mask:
    """Return the best of several merged choices, by position; as many as there is time for.

    Searches start from sites drawn by their share in the relaxation. The best choice among all
    sites that any of them opens is an integer program that is solved in seconds, which keeps what
    each search found best (tour merging). Its result is searched once more.

    References
    ----------
    W. Cook, P. Seymour (2003), INFORMS Journal on Computing 15(3), doi:10.1287/ijoc.15.3.233.16078
    """
    searching = Searching(covering, relaxation, bound)
    control = replace(control, watch=None)  # what parts are worth says nothing of the whole
    rng = np.random.default_rng(0)
    lots: list[Mask] = []
    while len(lots) < _LOTS and _goes_on(control):
        runs: list[Mask] = []
        while len(runs) < _RUNS and _goes_on(control):
            start = searching.drawn(rng, _LEAST_SHARE)
            runs.append(searching.run(start, _STEPS, seed=int(rng.integers(2**31))))
        if runs:
            lots.append(_best_of(searching, runs, rng, control))
    return searching.placed(_best_of(searching, lots or [searching.first()], rng, control))


def _best_of(
    searching: Searching, choices: list[Mask], rng: np.random.Generator, control: Control
) -> Mask:
    """Return the best choice among the sites of all choices, searched once more."""
    union = np.any(choices, axis=0)
    among = restricted(searching.few, ~union, np.zeros(len(union), bool))
    start = max(choices, key=searching.value)
    if among.sites and _goes_on(control):
        program, objective = program_of(among)
        outcome = solve_with_highs(
            program, objective, gap=_GAP, start=None, control=control.within(_MERGE_S)
        )
        if outcome.point is not None:
            found = np.zeros(len(union), bool)
            found[np.flatnonzero(union)[outcome.point[: among.sites] > _HALF]] = True
            start = max(start, found, key=searching.value)
    return searching.run(start, _STEPS, seed=int(rng.integers(2**31)))


def _goes_on(control: Control) -> bool:
    return not control.cancelled.is_set() and control.remaining() > 0
