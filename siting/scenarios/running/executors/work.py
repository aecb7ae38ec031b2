"""What a worker does, wherever it is: one case after another, with one planner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from siting.instance.instance import NEED_GRID, Instance
from siting.planner import Ground, Options, Planner
from siting.scenarios.case import Case
from siting.solution import Solution


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """One case to plan.

    Attributes
    ----------
    base
        What `Pool.share` made of the instance that the case differs from.
    ground
        What it made of the `Ground` of the case; None where the worker lays its own.
    options
        How to solve it; its limits are those of this run.
    """

    base: Any
    ground: Any
    case: Case
    options: Options


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """What is kept of a case.

    Attributes
    ----------
    need
        Need of each service in the last year, in its unit.
    verified
        Whether every check passed.
    """

    solution: Solution
    need: dict[str, float]
    verified: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """What a pool hears of a worker.

    Attributes
    ----------
    worker
        Its number, as `Pool.start` gave it.
    news
        ``ready`` to be given its first task; ``solved``; ``failed``: its task raised `text`;
        ``died``: it is there no more, and `text` says what is known of why.
    """

    worker: int
    news: Literal["ready", "solved", "failed", "died"]
    solved: Solved | None = None
    text: str = ""


class Pool(Protocol):
    """Workers that are given one task at a time."""

    size: int
    """How many workers there should be."""

    def share(self, value: Any) -> Any:
        """Make something large known to all workers and return what a task names it by."""
        ...

    def start(self) -> int:
        """Begin another worker and return its number; it says when it is ready."""
        ...

    def give(self, worker: int, task: Task) -> None:
        """Give a worker that is ready or has answered its next task."""
        ...

    def hear(self) -> Heard:
        """Wait for the next news of any worker."""
        ...

    def close(self) -> None:
        """End all workers at once, whatever they do."""
        ...


class Worker:
    """Plans tasks with one planner, so that tasks that differ in money alone share their work."""

    def __init__(self) -> None:
        self._planner: Planner | None = None

    def answer(self, number: int, task: Task, fetch: Callable[[Any], Any]) -> Heard:
        """Return what became of a task: ``solved``, or ``failed`` where it raised anything.

        Parameters
        ----------
        number
            Of this worker.
        fetch
            Returns what was shared under a name.
        """
        try:
            base = fetch(task.base)
            ground = None if task.ground is None else fetch(task.ground)
            solved = self._solve(task.case.of(base), ground, task.options)
        except Exception as error:  # noqa: BLE001  told where the case is reported
            text = f"{type(error).__name__}: {error}"
            return Heard(worker=number, news="failed", text=text)
        return Heard(worker=number, news="solved", solved=solved)

    def _solve(self, instance: Instance, ground: Ground | None, options: Options) -> Solved:
        planner = self._planner = self._planner or Planner(options)
        planner.options = options
        if ground is not None:
            planner.stand_on(ground)
        plan = planner.solve(instance)
        need = {service: amount / NEED_GRID for service, amount in instance.base_need.items()}
        return Solved(solution=plan.solution, need=need, verified=plan.verification.passed)
