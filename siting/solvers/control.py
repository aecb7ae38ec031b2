"""What an engine is told while it runs, and what it hands back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from siting.errors import SitingError
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
    watch
        Called with every `Progress`, possibly from another thread.
    """

    deadline: float | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    watch: Callable[[Progress], None] | None = None

    def remaining(self) -> float:
        """Return the seconds left, infinity without a limit."""
        return np.inf if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def until(self, share: float) -> Control:
        """Return a control that ends after a share of the time left."""
        if self.deadline is None:
            return self
        return Control(
            deadline=time.monotonic() + share * self.remaining(),
            cancelled=self.cancelled,
            watch=self.watch,
        )

    def limit_hit(self) -> Limit:
        """Return which limit stopped the search."""
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


def run_cancellable(work: Callable[[], T], control: Control) -> T:
    """Run `work` in a thread; Ctrl-C cancels the control and waits for the best plan so far."""
    results: list[T] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001  raised again by the caller's thread
            errors.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    while thread.is_alive():
        try:
            thread.join(0.2)
        except KeyboardInterrupt:
            control.cancelled.set()
    if errors:
        raise errors[0]
    return results[0]
