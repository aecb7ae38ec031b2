"""Runs one after another, in this process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from siting.scenarios.running.executors.work import Heard, Task, Worker


class Serial:
    """A pool of one worker, which is this process."""

    size = 1

    def __init__(self) -> None:
        self._worker = Worker()
        self._task: Task | None = None

    def share(self, value: Any) -> Any:
        """Return the value: there is nobody to share it with."""
        return value

    def start(self) -> int:
        """Return the number of the only worker."""
        return 0

    def give(self, worker: int, task: Task) -> None:  # noqa: ARG002  as any pool
        """Keep a task until it is listened for."""
        self._task = task

    def hear(self) -> Heard:
        """Plan the task that was given, if there is one.

        Raises
        ------
        KeyboardInterrupt
            Where Ctrl-C was pressed meanwhile, though an engine made the best of it.
        """
        task, self._task = self._task, None
        if task is None:
            return Heard(worker=0, news="ready")
        with _heeding_interrupts():
            return self._worker.answer(0, task, lambda value: value)

    def close(self) -> None:
        """End nothing: no worker is left."""


@contextmanager
def _heeding_interrupts() -> Iterator[None]:
    """Raise `KeyboardInterrupt` at the end where one came within, even if it was caught there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt
