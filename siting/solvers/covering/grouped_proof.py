"""Proof of a covering of many classes: masters in rounds, each knowing more of what choices cover.

A master covers no less than any choice does, so that its bound is one; what it says of its own
choice is recounted, and the cuts there make it right at that choice.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from siting.solvers.control import Control, Outcome, Progress
from siting.solvers.covering.bound import bound_of, fixed_by
from siting.solvers.covering.grouped_bound import GroupedRelaxation, relaxed_in_groups
from siting.solvers.covering.grouped_master import master_program
from siting.solvers.covering.reductions import Covering
from siting.solvers.highs import solve_with_highs

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LOG = logging.getLogger(__name__)

_PART_LEFT = 0.3
"""Part of the distance between bound and best at which a master stops, until that is little."""

_LITTLE = 1e-5
"""Distance, relative, from which on masters are solved to the end."""

_MOST_MET = 8
"""Choices of a master whose cuts the next one knows."""

_ROUNDING = 1e-9
"""Relative error of sums of weights."""

_TWICE = 2.0
"""Share from which on a class is covered in the second cut of a choice: by two sites."""


def proved_in_groups(
    covering: Covering,
    *,
    start: Mask | None,
    aim: float,
    gap: float,
    step: float,
    control: Control,
) -> Outcome:
    """Return the best choice of a covering if one beats the aim, and what none beats.

    Parameters
    ----------
    start
        A choice within the budget.
    aim
        What choices are to beat, less than which need not be proven.
    gap, step
        Proof asked for, relative; and the least by which two choices differ, 0 where not known.

    Notes
    -----
    The outcome has the sites alone as its point, and leaves the constant of the covering out.
    """
    found = relaxed_in_groups(covering, control)
    if found is None:
        return Outcome(status="limit")
    proof = _Proof(covering, found, aim=aim, gap=gap, step=step, control=control)
    if start is not None:
        proof.meet(start)
    return proof.run()


class _Proof:
    """The best choice, the bound and the cuts so far."""

    def __init__(
        self,
        covering: Covering,
        found: GroupedRelaxation,
        *,
        aim: float,
        gap: float,
        step: float,
        control: Control,
    ) -> None:
        self._covering, self._grouped = covering, found.grouped
        self._relaxation, self._cuts = found.relaxation, list(found.cuts)
        self._aim, self._gap, self._step = aim - covering.constant, gap, step
        self._control = control
        self._met: set[bytes] = set()
        self._best: Mask | None = None
        self._value = -np.inf
        self._bound = np.inf

    def meet(self, choice: Mask) -> None:
        """Learn the cuts of a choice that is new, and keep it if it is the best."""
        if (name := choice.tobytes()) in self._met:
            return
        self._met.add(name)
        shares = choice.astype(np.float64)
        for whole in (1.0, _TWICE):
            cuts, covered = self._grouped.cuts(shares, whole=whole)
            self._cuts.append(cuts)
        value = self._grouped.value(shares, covered)
        if value > self._value:
            self._best, self._value = choice, value

    def run(self) -> Outcome:
        """Solve masters until one proves that nothing beats the best, or time ends."""
        covering = self._covering
        bound = bound_of(covering, self._relaxation.price)
        self._bound = bound.value - covering.constant
        rounds = 0
        while not self._proven():
            if self._control.cancelled.is_set() or self._control.remaining() <= 0:
                return self._outcome("limit")
            floor = self._floor() + covering.constant
            zero, one = fixed_by(bound, floor, self._step)
            if not self._round(zero, one):
                return self._outcome("limit")
            rounds += 1
            _LOG.info(
                "master %d: bound %.3f, best %.3f, aim %.3f; %d of %d sites open to choice",
                rounds,
                self._bound + covering.constant,
                self._value + covering.constant,
                self._aim + covering.constant,
                covering.sites - int((zero | one).sum()),
                covering.sites,
            )
        return self._outcome("done")

    def _round(self, zero: Mask, one: Mask) -> bool:
        """Solve one master, of sites that are not decided; whether it taught anything."""
        program, objective = master_program(
            self._grouped, self._cuts, one.astype(np.float64), (~zero).astype(np.float64)
        )
        seen: list[Floats] = []
        floor = self._floor()
        outcome = solve_with_highs(
            program,
            objective,
            gap=self._stops_at(floor),
            start=self._started(zero, one),
            control=replace(self._control, watch=self._watch(floor)),
            found=seen.append,
        )
        if outcome.status == "infeasible":
            self._lower(floor)
            return True
        if outcome.point is not None:
            seen.append(outcome.point)
        before, known = self._bound, len(self._met)
        for point in seen[-_MOST_MET:]:
            self.meet(point[: self._covering.sites] > 0.5)  # noqa: PLR2004
        if outcome.bound is not None:
            self._lower(max(floor, outcome.bound))
        taught = self._bound < before or len(self._met) > known
        return outcome.status == "done" and taught

    def _stops_at(self, floor: float) -> float:
        """Return the gap at which the next master stops."""
        apart = (self._bound - floor) / max(1.0, abs(floor))
        if apart > _LITTLE:
            return _PART_LEFT * apart
        return max(self._gap, 0.9 * self._step / max(1.0, abs(self._bound)))

    def _started(self, zero: Mask, one: Mask) -> Floats | None:
        if self._best is None or (self._best & zero).any() or (one & ~self._best).any():
            return None
        shares = self._best.astype(np.float64)
        return np.concatenate([shares, self._grouped.cuts(shares)[1]])

    def _watch(self, floor: float) -> Callable[[Progress], None]:
        def heard(progress: Progress) -> None:
            if progress.bound is not None:
                self._lower(max(floor, progress.bound))
            if self._control.watch is not None:
                self._control.watch(replace(progress, incumbent=None, bound=self._bound))

        return heard

    def _floor(self) -> float:
        """Return what a choice must beat."""
        return max(self._value, self._aim)

    def _lower(self, bound: float) -> None:
        if self._step:
            bound = self._step * math.floor(bound / self._step * (1 + 1e-12) + 1e-6)
        self._bound = min(self._bound, bound)

    def _proven(self) -> bool:
        slack = max(self._gap, 0.0 if self._step else _ROUNDING)
        return self._bound - self._floor() <= slack * abs(self._floor())

    def _outcome(self, status: Literal["done", "limit"]) -> Outcome:
        point = None if self._best is None else self._best.astype(np.float64)
        bound = self._floor() if status == "done" and not self._gap else self._bound
        return Outcome(status=status, point=point, bound=bound)
