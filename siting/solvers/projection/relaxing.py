"""The linear relaxation of a master, tightened by cuts until they stop paying."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from siting.model.program import Objective, Row
from siting.solvers.control import Control, Progress
from siting.solvers.highs import as_highs_lp
from siting.solvers.projection.hall import Hall, Separation, row_of
from siting.solvers.projection.master import Master
from siting.solvers.projection.mir import Rounding, strengthened

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

STALLED_ROUNDS = 6
"""Rounds over which the bound must move, else rounding is tried next, and then nothing."""

LEAST_MOVE = 1e-4
"""Part of the bound that it must move by over those rounds."""

PART_OF_GAP = 0.02
"""Part of the gap asked for that it must move by, where that is more."""

NEAR = 0.02
"""A row this close to its limit, relative, is tried for rounding."""

TIGHT = 1e-4
"""A cut this close to its limit, relative, is kept."""

CENTRE = 0.5
"""How far cuts are sought from the latest point towards the mean of earlier ones."""

MOST_ROUNDINGS = 8
"""Times that rounding is tried."""

FINE_GAP = 0.005
"""Gap asked for up to which it is tried: it closes some hundredths of a per cent."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxation:
    """A linear relaxation at its optimum.

    Attributes
    ----------
    value
        Its objective: no plan beats it.
    point, reduced_costs
        Of the columns of the master, in the sense of the objective as it stands.
    cuts
        Those that are tight, for the search and for later tiers.
    halls, roundings
        All Hall cuts added, with their rows, and all roundings of such: what can be certified.
    """

    value: float
    point: Floats
    reduced_costs: Floats
    cuts: tuple[Row, ...] = ()
    halls: tuple[tuple[Hall, Row], ...] = ()
    roundings: tuple[tuple[Hall, Rounding], ...] = ()

    def after(self, earlier: Relaxation | None) -> Relaxation:
        """Return this with the cuts of an earlier relaxation that it began with among its own."""
        if earlier is None:
            return self
        kept = set(earlier.cuts)
        halls = tuple(cut for cut in earlier.halls if cut[1] in kept)
        roundings = tuple(cut for cut in earlier.roundings if cut[1].row in kept)
        return replace(self, halls=(*halls, *self.halls), roundings=(*roundings, *self.roundings))


def relax(
    master: Master,
    seekers: tuple[Separation, ...],
    objective: Objective,
    cuts: tuple[Row, ...],
    control: Control,
    *,
    gap: float = 0.0,
) -> Relaxation | None:
    """Return the relaxation of a master with all cuts that pay; None without an optimum in time.

    A search that may stop at a wide gap has no use for cuts that move the bound by little.

    Hall cuts are sought half-way between the optimum and the mean of earlier ones (in-out
    separation), which needs a fraction of the rounds. Once they stall, near rows are rounded.

    References
    ----------
    W. Ben-Ameur, J. Neto (2007), Networks 49(1), doi:10.1002/net.20137
    """
    began = time.monotonic()
    tightening = _Tightening(master, seekers, master.objective(objective), cuts)
    values: list[float] = []
    roundings = 0
    while control.remaining() > 0 and not control.cancelled.is_set():
        if not tightening.solve(control):
            break
        values.append(tightening.value)
        _tell(control, objective, tightening.value, time.monotonic() - began)
        new = tightening.separate()
        if not new or _stalled(values, max(LEAST_MOVE, PART_OF_GAP * gap)):
            if roundings == MOST_ROUNDINGS or gap > FINE_GAP:
                break
            roundings += 1
            values.clear()
            new += tightening.round_near()
        if not new:
            break
    found = tightening.found()
    if found is not None:
        log.info(
            "relaxation: at most %.6f after %d cuts, %d of them tight, %.1f s",
            found.value,
            len(tightening.pool),
            len(found.cuts),
            time.monotonic() - began,
        )
    return found


class _Tightening:
    """A linear program that takes cuts and starts each time where it ended."""

    def __init__(
        self,
        master: Master,
        seekers: tuple[Separation, ...],
        aim: Objective,
        cuts: tuple[Row, ...],
    ) -> None:
        self.master, self.seekers, self.aim = master, seekers, aim
        program = master.program
        loose = replace(program, integer=np.zeros(len(program.integer), bool))
        self.highs = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.passModel(as_highs_lp(loose, aim))
        self.pool: list[Row] = []
        self.halls: list[tuple[Hall, Row]] = []
        self.roundings: list[tuple[Hall, Rounding]] = []
        self.centre: Floats | None = None
        self.best: Relaxation | None = None
        for row in cuts:
            self._add(row)

    @property
    def value(self) -> float:
        """Value of the latest optimum."""
        if self.best is None:
            raise ValueError("nothing was solved yet")
        return self.best.value

    def solve(self, control: Control) -> bool:
        """Solve with the cuts so far; whether that was done in time."""
        if np.isfinite(control.remaining()):
            self.highs.setOptionValue("time_limit", self.highs.getRunTime() + control.remaining())
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return False
        answer = self.highs.getSolution()
        point = np.array(answer.col_value)
        self.best = Relaxation(
            value=self.aim.value(point), point=point, reduced_costs=np.array(answer.col_dual)
        )
        return True

    def separate(self) -> list[Row]:
        """Add Hall cuts that the latest optimum breaks, or one between it and earlier ones."""
        if self.best is None:
            return []
        loads = self.master.loads_of @ self.best.point
        between = loads if self.centre is None else _between(loads, self.centre)
        new = []
        for seeker in self.seekers:
            broken = list(seeker.broken(between))
            if not broken and self.centre is not None:
                broken = list(seeker.broken(loads))
            for hall in broken:
                row = row_of(seeker.written, hall, "hall")
                self.halls.append((hall, row))
                self._add(row)
                new.append(row)
        self.centre = between
        return new

    def round_near(self) -> list[Row]:
        """Add the rounding of every Hall cut near its limit that the latest optimum breaks."""
        if self.best is None:
            return []
        point, integer = self.best.point, self.master.program.integer
        near = [(hall, row) for hall, row in self.halls if _slack(row, point) < NEAR]
        tried = [(hall, strengthened(row, point, integer, "mir")) for hall, row in near]
        new = [(hall, rounding) for hall, rounding in tried if rounding is not None]
        self.roundings += new
        for _, rounding in new:
            self._add(rounding.row)
        return [rounding.row for _, rounding in new]

    def found(self) -> Relaxation | None:
        """Return the latest optimum with the cuts that are tight there."""
        best = self.best
        if best is None:
            return None
        tight = tuple(row for row in self.pool if _slack(row, best.point) < TIGHT)
        return replace(best, cuts=tight, halls=tuple(self.halls), roundings=tuple(self.roundings))

    def _add(self, row: Row) -> None:
        self.highs.addRow(
            -highspy.kHighsInf,
            row.upper,
            len(row.columns),
            row.columns.astype(np.int32),
            row.coefficients,
        )
        self.pool.append(row)


def _tell(control: Control, objective: Objective, bound: float, seconds: float) -> None:
    if control.watch is not None:
        control.watch(Progress(stage=objective.name, incumbent=None, bound=bound, seconds=seconds))


def _between(point: Floats, centre: Floats) -> Floats:
    return (1 - CENTRE) * point + CENTRE * centre


def _stalled(values: list[float], least_move: float) -> bool:
    if len(values) <= STALLED_ROUNDS:
        return False
    before, now = values[-1 - STALLED_ROUNDS], values[-1]
    return abs(before - now) < least_move * max(abs(now), 1e-12)


def _slack(row: Row, point: Floats) -> float:
    """Return how far a point is from the limit of a row, relative above 1."""
    return float(row.upper - row.coefficients @ point[row.columns]) / max(1.0, abs(row.upper))
