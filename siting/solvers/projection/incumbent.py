"""The best plan so far, its loads settled exactly, and the cuts that all plans seen have shown."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.program import Objective, Program, Row
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection.hall import Separation, row_of
from siting.solvers.projection.master import Master

Floats = NDArray[np.float64]

HELD = "tier["
"""How the names of rows begin that hold earlier tiers at their values."""


class Incumbent:
    """The best point of a program with projected blocks, whatever a master thinks of it.

    Attributes
    ----------
    point, value
        With loads that need can give; None without a plan.
    proven
        Bound that a proof beside the search has come to; None without.
    cuts
        Those that settle the plans seen, since they were last taken.
    """

    def __init__(
        self,
        program: Program,
        master: Master,
        seekers: tuple[Separation, ...],
        objective: Objective,
        decisions: int,
    ) -> None:
        self.program = program
        self.master = master
        self.seekers = seekers
        self.objective = objective
        self.decisions = decisions
        held = [at for at, name in enumerate(program.row_names) if name.startswith(HELD)]
        self.held = program.matrix[held]
        self.least, self.most = program.row_lower[held], program.row_upper[held]
        self.point: Floats | None = None
        self.value: float | None = None
        self.proven: float | None = None
        self.hint: Floats | None = None
        self.cuts: list[Row] = []
        self._lock = threading.Lock()

    def settle(self, point: Floats) -> None:
        """Take in a point of the master whose decisions are whole, from any thread."""
        point = point.copy()
        point[: self.decisions] = np.rint(point[: self.decisions])
        loads = self.master.loads_of @ point
        cuts: list[Row] = []
        for seeker in self.seekers:
            load, halls = seeker.settle(point)
            loads[seeker.written.load] = load / NEED_GRID
            cuts += [row_of(seeker.written, hall, "hall") for hall in halls]
        activity = self.held @ loads
        keeps = not (np.any(activity < self.least) or np.any(activity > self.most))
        value = self.objective.value(loads)
        with self._lock:
            self.cuts += cuts
            if keeps and self.objective.prefers(value, self.value):
                self.point, self.value = loads, value

    def settle_openings(self, decisions: Floats, control: Control) -> None:
        """Take in a choice of decisions; what else the program has is set at its best.

        Where that takes too long the choice is kept as a start that nothing is known of.
        """
        self.hint = decisions
        program = self.master.program
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[: self.decisions] = upper[: self.decisions] = decisions
        fixed = replace(
            program, lower=lower, upper=upper, integer=np.zeros(len(program.integer), bool)
        )
        aim = self.master.objective(self.objective)
        outcome = solve_with_highs(fixed, aim, gap=0.0, start=None, control=control)
        if outcome.status == "done" and outcome.point is not None:
            self.settle(outcome.point)

    def decisions_in(self, columns: int) -> Floats | None:
        """Return the decisions of the best plan as a start whose other columns are not known."""
        known = self.hint if self.point is None else self.point[: self.decisions]
        if known is None:
            return None
        start = np.full(columns, np.nan)
        start[: self.decisions] = known
        return start

    def take_cuts(self) -> tuple[Row, ...]:
        """Return the cuts found since they were last taken."""
        with self._lock:
            cuts, self.cuts = tuple(self.cuts), []
        return cuts
