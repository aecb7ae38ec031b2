"""One racer in a process of its own: hears points on stdin, says what it finds on stdout.

Run as ``python -m siting.solvers.race.runner NAME``. It ends with its parent: when stdin closes.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from siting.solvers.control import Control, EngineError
from siting.solvers.race.racing import Job, Word


class Line:
    """What a racer says and hears."""

    def __init__(self, source: BinaryIO, out: BinaryIO) -> None:
        self._source, self._out = source, out
        self._lock = threading.Lock()
        self._mail: queue.SimpleQueue[NDArray[np.float64]] = queue.SimpleQueue()

    def listen(self) -> None:
        """Receive points until the parent is gone, then leave at once."""
        while True:
            try:
                self._mail.put(pickle.load(self._source))  # noqa: S301  from our own parent
            except (EOFError, OSError, pickle.UnpicklingError):
                os._exit(0)

    def say(self, word: Word) -> None:
        """Tell the parent."""
        with self._lock:
            pickle.dump(word, self._out, pickle.HIGHEST_PROTOCOL)
            self._out.flush()

    def newest(self) -> NDArray[np.float64] | None:
        """Return the newest point that came since the last call; each beats those before it."""
        point = None
        while not self._mail.empty():
            point = self._mail.get()
        return point


def main(name: str) -> None:
    """Run one racer on the job that stdin brings."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a solver prints must not mix with what we say
    job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301  from our own parent
    line = Line(sys.stdin.buffer, out)
    threading.Thread(target=line.listen, daemon=True).start()
    try:
        line.say(_runner(name)(job, line))
    except EngineError as error:
        line.say(Word(ended="failed", text=str(error)))
    os._exit(0)  # no waiting for threads or destructors


def _runner(name: str) -> Any:
    if name == "scip":
        from siting.solvers.race.scip import run_scip

        return run_scip
    if name == "highs":
        from siting.solvers.race.highs import run_highs

        return run_highs
    return _run_cpsat


def _run_cpsat(job: Job, line: Line) -> Word:
    """Run CP-SAT: it hears of no points, and tells its own at the end."""
    from siting.solvers.cpsat import solve_with_cpsat

    outcome = solve_with_cpsat(
        job.program,
        job.objective,
        gap=job.gap,
        start=job.start,
        control=Control(watch=lambda progress: line.say(Word(bound=progress.bound))),
    )
    return Word(point=outcome.point, bound=outcome.bound, ended=outcome.status)


if __name__ == "__main__":
    main(sys.argv[1])
