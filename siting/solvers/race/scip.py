"""SCIP, by PySCIPOpt, as a racer."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscipopt import SCIP_EVENTTYPE, SCIP_HEURTIMING, SCIP_RESULT, Eventhdlr, Heur, Model, quicksum

from siting.model.program import Objective, Program
from siting.solvers.control import EngineError
from siting.solvers.race.racing import Job, Word
from siting.solvers.race.runner import Line

_PAUSE = 0.1
"""Seconds between two bounds, so that talk costs nothing."""

_EVENTS = (
    SCIP_EVENTTYPE.BESTSOLFOUND,
    SCIP_EVENTTYPE.NODESOLVED,
    SCIP_EVENTTYPE.LPEVENT,
)


def run_scip(job: Job, line: Line) -> Word:
    """Run SCIP on one thread and return its last word."""
    program, scale = job.program, job.objective.scale
    model = Model()
    model.hideOutput()
    columns = _columns(model, program, job.objective)
    _add_rows(model, program, columns)
    model.setParam("limits/gap", job.gap)
    model.setParam("limits/absgap", 0.999 * job.step * scale)
    model.setParam("misc/catchctrlc", False)
    if np.isfinite(job.seconds):
        model.setParam("limits/time", job.seconds)
    if job.start is not None:
        model.addSol(_started(model, columns, job.start))
    model.includeEventhdlr(_Speaking(line, columns, scale), "speaking", "says what is found")
    model.includeHeur(
        _Hearing(line, columns),
        "hearing",
        "tries what another engine found",
        "y",
        priority=10**6,
        timingmask=SCIP_HEURTIMING.BEFORENODE
        | SCIP_HEURTIMING.DURINGLPLOOP
        | SCIP_HEURTIMING.AFTERLPNODE,
        usessubscip=False,
    )
    model.optimizeNogil()
    status = model.getStatus()
    if status in {"infeasible", "inforunbd"}:
        return Word(ended="infeasible")
    done = status in {"optimal", "gaplimit"}
    if not done and status not in {"timelimit", "memlimit", "userinterrupt"}:
        raise EngineError(f"SCIP stopped without an answer: {status}")
    return Word(
        point=_point(model, columns) if model.getNSols() else None,
        bound=_bound(model, scale),
        ended="done" if done else "limit",
    )


def _columns(model: Model, program: Program, objective: Objective) -> list[Any]:
    columns = [
        model.addVar(
            vtype=("B" if low == 0 and high == 1 else "I") if whole else "C",
            lb=low,
            ub=high if np.isfinite(high) else None,
            obj=coefficient,
        )
        for low, high, whole, coefficient in zip(
            program.lower.tolist(),
            program.upper.tolist(),
            program.integer.tolist(),
            objective.coefficients.tolist(),
            strict=True,
        )
    ]
    if objective.maximise:
        model.setMaximize()
    return columns


def _add_rows(model: Model, program: Program, columns: list[Any]) -> None:
    matrix = program.matrix
    starts, indices, values = (a.tolist() for a in (matrix.indptr, matrix.indices, matrix.data))
    sides = zip(program.row_lower.tolist(), program.row_upper.tolist(), strict=True)
    for row, (low, high) in enumerate(sides):
        here = range(starts[row], starts[row + 1])
        total = quicksum(values[k] * columns[indices[k]] for k in here)
        if low == high:
            model.addCons(total == low)
        elif np.isfinite(low) and np.isfinite(high):
            model.addCons(low <= (total <= high))
        elif np.isfinite(high):
            model.addCons(total <= high)
        elif np.isfinite(low):
            model.addCons(total >= low)


def _started(model: Model, columns: list[Any], point: NDArray[np.float64]) -> Any:
    known = np.isfinite(point)
    if known.all():
        return _solution(model, columns, point)
    solution = model.createPartialSol()
    for at in np.flatnonzero(known):
        model.setSolVal(solution, columns[at], point[at])
    return solution


def _solution(model: Model, columns: list[Any], point: NDArray[np.float64]) -> Any:
    solution = model.createOrigSol()
    for column, value in zip(columns, point.tolist(), strict=True):
        if value:
            model.setSolVal(solution, column, value)
    return solution


def _point(model: Model, columns: list[Any]) -> NDArray[np.float64]:
    best = model.getBestSol()
    return np.array([model.getSolVal(best, column) for column in columns])


def _bound(model: Model, scale: float) -> float | None:
    bound = model.getDualbound()
    return bound / scale if abs(bound) < model.infinity() else None


class _Speaking(Eventhdlr):  # type: ignore[misc]  # Any to mypy
    """Says every better point at once and the bound now and then."""

    def __init__(self, line: Line, columns: list[Any], scale: float) -> None:
        self._line, self._columns, self._scale = line, columns, scale
        self._said = 0.0

    def eventinit(self) -> None:
        for kind in _EVENTS:
            self.model.catchEvent(kind, self)

    def eventexit(self) -> None:
        for kind in _EVENTS:
            self.model.dropEvent(kind, self)

    def eventexec(self, event: Any) -> None:
        if event.getType() == SCIP_EVENTTYPE.BESTSOLFOUND:
            self._line.say(Word(point=_point(self.model, self._columns)))
        elif time.monotonic() > self._said + _PAUSE:
            self._said = time.monotonic()
            self._line.say(Word(bound=_bound(self.model, self._scale)))


class _Hearing(Heur):  # type: ignore[misc]  # Any to mypy
    """Tries the newest point of another engine."""

    def __init__(self, line: Line, columns: list[Any]) -> None:
        self._line, self._columns = line, columns

    def heurexec(self, heurtiming: Any, nodeinfeasible: Any) -> dict[str, Any]:  # noqa: ARG002
        point = self._line.newest()
        if point is None:
            return {"result": SCIP_RESULT.DIDNOTRUN}
        taken = self.model.trySol(_solution(self.model, self._columns, point))
        return {"result": SCIP_RESULT.FOUNDSOL if taken else SCIP_RESULT.DIDNOTFIND}
