"""Runs in processes of their own on this machine."""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from siting.scenarios.running.executors.attending import attend
from siting.scenarios.running.executors.mapping import lay_down
from siting.scenarios.running.executors.work import Heard, Task

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What linear algebra asks the environment for, once, when it is loaded."""


@dataclass(frozen=True, eq=False)
class _Attended:
    process: BaseProcess
    line: connection.Connection


class Processes:
    """A pool of processes that end with this one, or when it is closed, whatever they do.

    Each begins a new interpreter, so that a script that plans in processes keeps what it does
    behind ``if __name__ == "__main__":``.
    """

    def __init__(self, workers: int) -> None:
        self.size = workers
        self._folder = Path(tempfile.mkdtemp(prefix="siting-shared-"))
        self._workers: dict[int, _Attended] = {}
        self._numbers = itertools.count()

    def share(self, value: Any) -> Path:
        """Write a value to where workers map its arrays from."""
        path = self._folder / f"{next(self._numbers)}"
        lay_down(value, path)
        return path

    def start(self) -> int:
        """Begin a process; it is ready once it has loaded what it needs."""
        number = next(self._numbers)
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=attend, args=(number, theirs), daemon=True, name=f"plans-{number}"
        )
        with _environment(dict.fromkeys(_ONE_THREAD, "1")), _interrupts_for_this_one():
            process.start()
        theirs.close()
        self._workers[number] = _Attended(process, ours)
        return number

    def give(self, worker: int, task: Task) -> None:
        """Send a task; that a worker is there no more is heard afterwards."""
        with contextlib.suppress(OSError):
            self._workers[worker].line.send(task)

    def hear(self) -> Heard:
        """Wait until a worker says something or ends."""
        places: dict[Any, int] = {}
        for number, worker in self._workers.items():
            places |= {worker.line: number, worker.process.sentinel: number}
        number = places[connection.wait(list(places))[0]]
        worker = self._workers[number]
        with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
            if worker.line.poll():
                heard: Heard = worker.line.recv()
                return heard
        self._end(number)
        return Heard(worker=number, news="died", text=_why(worker.process.exitcode))

    def close(self) -> None:
        """End all workers and what they have begun, and remove what was shared."""
        for number in list(self._workers):
            self._end(number)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, number: int) -> None:
        worker = self._workers.pop(number)
        if hasattr(os, "killpg") and worker.process.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.kill()
        worker.process.join()
        worker.line.close()


def _why(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"ended by {signal.Signals(-exit_code).name}"
    return f"ended with code {exit_code}"


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables for a process that is begun within."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _interrupts_for_this_one() -> Iterator[None]:
    """Keep Ctrl-C from a process that is begun within; this one has it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
