"""Two engines in two processes, sharing what they find: the first proof ends it."""

from __future__ import annotations

import contextlib
import importlib.util
import pickle
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from siting.model.program import Objective, Program
from siting.solvers.control import (
    Control,
    EngineError,
    Outcome,
    Progress,
    nothing_to_decide,
)

Floats = NDArray[np.float64]

_TOLERANCE = 1e-6
"""How much a row or a whole number may be off in a point that an engine hands over."""

_STEP_SLACK = 1e-6

_RACERS = ("highs",)
"""Who is always there."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """What a racer is told, once.

    Attributes
    ----------
    program, objective, gap, start
        As for any engine.
    step
        The least by which two values of the objective differ, 0 where it is not known.
    seconds
        Limit, infinity for none.
    """

    program: Program
    objective: Objective
    gap: float
    start: Floats | None
    step: float
    seconds: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Word:
    """What a racer says: a better point, a bound (in the tier's unit), or that it has ended."""

    point: Floats | None = None
    bound: float | None = None
    ended: Literal["", "done", "limit", "infeasible", "failed"] = ""
    text: str = ""


def solve_by_race(
    program: Program,
    objective: Objective,
    *,
    gap: float,
    start: NDArray[np.float64] | None,
    control: Control,
) -> Outcome:
    """Optimise one tier by HiGHS and SCIP at once, each on one thread of its own process.

    Each gets the points that the other finds, checked against the rows first, while it runs; the
    bound is the better of both. Without PySCIPOpt a program of whole numbers is raced by CP-SAT,
    which hears of no points, and any other is left to HiGHS alone. A racer that dies leaves the
    race to the other; none outlives this process.

    Raises
    ------
    EngineError
        When no racer ends with an answer.
    """
    if not program.column_names:
        return nothing_to_decide(program)
    job = Job(
        program=program,
        objective=objective,
        gap=gap,
        start=start,
        step=smallest_step(program, objective),
        seconds=control.remaining(),
    )
    return race(job, control)


def race(job: Job, control: Control) -> Outcome:
    """Run a race as `solve_by_race` does, with what a job says of its objective."""
    job = replace(job, program=replace(job.program, tiers=(), extras={}))
    names = [*_RACERS, *rivals(job.program)]
    heard: queue.Queue[tuple[str, Word]] = queue.Queue()
    racers: dict[str, _Racer] = {}
    try:
        for name in names:
            racers[name] = _Racer(name, job, heard)
        return _race(racers, heard, job, control)
    finally:
        for racer in racers.values():
            racer.kill()


def rivals(program: Program) -> tuple[str, ...]:
    """Return who races against HiGHS, by what is installed."""
    if importlib.util.find_spec("pyscipopt"):
        return ("scip",)
    return ("cpsat",) if bool(program.integer.all()) else ()


def smallest_step(program: Program, objective: Objective) -> float:
    """Return the least by which two values of an objective differ, 0 where it is not known."""
    counting = objective.coefficients != 0
    values = objective.coefficients[counting]
    whole = np.rint(values).astype(np.int64)
    if not program.integer[counting].all() or (whole != values).any() or not len(whole):
        return 0.0
    return float(np.gcd.reduce(np.abs(whole))) / objective.scale


class _Racer:
    """One process, with a thread that passes on what it says."""

    def __init__(self, name: str, job: Job, heard: queue.Queue[tuple[str, Word]]) -> None:
        self.name = name
        self._process = subprocess.Popen(  # noqa: S603  our own module, by our own interpreter
            [sys.executable, "-m", "siting.solvers.race.runner", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._mail: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._mail.put(job)
        self._heard = heard
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._write, self._read)
        ]
        for thread in self._threads:
            thread.start()

    def tell(self, point: Floats) -> None:
        """Hand over a point that another found."""
        self._mail.put(point)

    def kill(self) -> None:
        """End the process, whatever it does, and the threads beside it."""
        self._process.kill()
        self._process.wait()
        self._mail.put(None)
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what could not be written to the dead any more
                pipe.close()  # type: ignore[union-attr]

    def _write(self) -> None:
        pipe = self._process.stdin
        while (message := self._mail.get()) is not None:
            try:
                pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)  # type: ignore[arg-type]
                pipe.flush()  # type: ignore[union-attr]
            except OSError:
                return

    def _read(self) -> None:
        while True:
            try:
                word = pickle.load(self._process.stdout)  # type: ignore[arg-type]  # noqa: S301
            except (EOFError, OSError, pickle.UnpicklingError, ValueError):
                self._heard.put((self.name, Word(ended="failed", text="its process ended")))
                return
            self._heard.put((self.name, word))
            if word.ended:
                return


def _race(
    racers: dict[str, _Racer],
    heard: queue.Queue[tuple[str, Word]],
    job: Job,
    control: Control,
) -> Outcome:
    """Listen until one proves, all have ended or a limit comes."""
    began = time.monotonic()
    running = set(racers)
    point = _checked(job.start, job.program)
    bound: float | None = None
    failures: list[str] = []
    while running and not control.cancelled.is_set() and control.remaining() > 0:
        try:
            name, word = heard.get(timeout=0.1)
        except queue.Empty:
            continue
        bound = job.objective.nearer(bound, word.bound)
        found = _checked(word.point, job.program)
        best = None if point is None else job.objective.value(point)
        if found is not None and job.objective.prefers(job.objective.value(found), best):
            point = found
            for other in running - {name}:
                racers[other].tell(point)
        if word.ended:
            running.discard(name)
            failures += [f"{name}: {word.text}"] if word.ended == "failed" else []
        if word.ended == "infeasible" and point is None:
            return Outcome(status="infeasible")
        _report(point, bound, began, job, control)
        answered = word.ended == "done" and word.point is not None and found is not None
        if answered or _proven(point, bound, job):
            return Outcome(status="done", point=point, bound=bound)
    if len(failures) == len(racers) and point is None:
        raise EngineError(f"no racer gave an answer ({'; '.join(failures)})")
    return Outcome(status="limit", point=point, bound=bound)


def _report(
    point: Floats | None, bound: float | None, began: float, job: Job, control: Control
) -> None:
    if control.watch is not None:
        control.watch(
            Progress(
                stage=job.objective.name,
                incumbent=None if point is None else job.objective.value(point),
                bound=bound,
                seconds=time.monotonic() - began,
            )
        )


def _checked(point: Floats | None, program: Program) -> Floats | None:
    """Return a point with whole numbers made whole and ranges kept; None if it breaks a row."""
    if point is None or not np.isfinite(point).all():
        return None
    kept = np.where(program.integer, np.rint(point), point).clip(program.lower, program.upper)
    if (np.abs(kept - point) > _TOLERANCE * np.maximum(1.0, np.abs(point))).any():
        return None
    return None if program.broken_rows(kept, _TOLERANCE) else kept


def _proven(point: Floats | None, bound: float | None, job: Job) -> bool:
    """Return whether a bound proves a point within the gap, or that no step fits between them."""
    if point is None or bound is None:
        return False
    value = job.objective.value(point)
    apart = bound - value if job.objective.maximise else value - bound
    return apart <= max(job.gap * abs(value), job.step * (1 - _STEP_SLACK))
