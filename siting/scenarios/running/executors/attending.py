"""A process that plans what it is sent, and ends with its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from functools import lru_cache
from multiprocessing.connection import Connection

from siting.scenarios.running.executors.mapping import pick_up
from siting.scenarios.running.executors.work import Heard, Task, Worker


def attend(number: int, line: Connection) -> None:
    """Answer tasks until the line is closed."""
    if hasattr(os, "setsid"):
        os.setsid()  # what the parent ends ends with all that was begun here
    threading.Thread(target=_end_with_parent, daemon=True).start()
    fetch = lru_cache(maxsize=4)(pick_up)  # an instance and a few grounds
    worker = Worker()
    line.send(Heard(worker=number, news="ready"))
    while True:
        try:
            task: Task = line.recv()
        except EOFError:
            return
        line.send(worker.answer(number, task, fetch))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
