"""What an engine is told while it runs, and what it hands back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from siting.errors import SitingError
from siting.model.program import Objective, Program
from siting.solution import Limit

T = TypeVar("T")


class EngineError(SitingError):
    """An engine that cannot take a program as it is, or that failed; says why."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a search stands.

    Attributes
    ----------
    stage
        ``served`` or ``money``: the tier.
    incumbent, bound
        Value of the best plan so far and what none can beat; None where not known yet.
    seconds
        Since the start of the stage.
    """

    stage: str
    incumbent: float | None
    bound: float | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Control:
    """Limits of a search, and the line to those who watch it.

    Attributes
    ----------
    deadline
        `time.monotonic` after which the search stops; None for no limit.
    cancelled
        Set to stop the search with the best plan so far.
    out_of_memory
        Set, before `cancelled`, where a limit of memory is the reason.
    watch
        Called with every `Progress`, possibly from another thread.
    threads
        Cores that may be used at a time.
    """

    deadline: float | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    out_of_memory: threading.Event = field(default_factory=threading.Event)
    watch: Callable[[Progress], None] | None = None
    threads: int = 1

    def remaining(self) -> float:
        """Return the seconds left, infinity without a limit."""
        return np.inf if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def within(self, seconds: float) -> Control:
        """Return a control that also ends after so many seconds."""
        end = time.monotonic() + min(seconds, self.remaining())
        return replace(self, deadline=end if np.isfinite(end) else None)

    def limit_hit(self) -> Limit:
        """Return which limit stopped the search."""
        if self.out_of_memory.is_set():
            return Limit.MEMORY
        return Limit.INTERRUPT if self.cancelled.is_set() else Limit.TIME


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What an engine found for one tier.

    Attributes
    ----------
    status
        ``done``: stopped by itself at the gap asked for; ``limit``: stopped by a limit, perhaps
        without a point; ``infeasible``: proven.
    point
        Values of all columns of the best point, None without one.
    bound
        What no point can beat, in the tier's own unit; None where nothing is known.
    """

    status: Literal["done", "limit", "infeasible"]
    point: NDArray[np.float64] | None = None
    bound: float | None = None


class Engine(Protocol):
    """Optimises one tier of a program."""

    def __call__(
        self,
        program: Program,
        objective: Objective,
        *,
        gap: float,
        start: NDArray[np.float64] | None,
        control: Control,
    ) -> Outcome:
        """Return the best point found, with what is proven of it.

        A start has NaN where a value is not known.
        """
        ...


def bound_by_gap(objective: Objective, point: NDArray[np.float64], gap: float) -> float | None:
    """Return what no point beats if the gap holds relative to the value, the bound or either."""
    if gap >= 1:
        return None
    value = objective.value(point)
    slack = abs(value) * gap / (1 - gap)
    return value + slack if objective.maximise else value - slack


def nothing_to_decide(program: Program) -> Outcome:
    """Return the outcome of a program without columns, which most solvers refuse."""
    kept = bool((program.row_lower <= 0).all() and (program.row_upper >= 0).all())
    if not kept:
        return Outcome(status="infeasible")
    return Outcome(status="done", point=np.empty(0), bound=0.0)


def run_cancellable(work: Callable[[], T], control: Control) -> T:
    """Run `work` in a thread; Ctrl-C cancels the control and waits for the best plan so far."""
    future = _started(work)
    while not future.done():
        try:
            wait([future], timeout=0.2)
        except KeyboardInterrupt:
            control.cancelled.set()
    return future.result()


def run_or_leave(work: Callable[[], T], control: Control) -> T | None:
    """Run `work` that nothing can stop; None as soon as the control is cancelled.

    What is left behind runs on, in a thread that does not keep the program alive.
    """
    future = _started(work)
    while not future.done() and not control.cancelled.is_set():
        wait([future], timeout=0.1)
    return future.result() if future.done() else None


@contextmanager
def calling_on_cancel(stop: Callable[[], object], control: Control) -> Iterator[None]:
    """Call `stop` if the control is cancelled within the block."""
    over = threading.Event()

    def attend() -> None:
        while not over.wait(0.1):
            if control.cancelled.is_set():
                stop()

    attending = threading.Thread(target=attend, daemon=True)
    attending.start()
    try:
        yield
    finally:
        over.set()
        attending.join()


def _started(work: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def target() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  raised again where the result is asked for
            future.set_exception(error)

    threading.Thread(target=target, daemon=True).start()
    return future
