"""Runs on a Ray cluster: this machine or many."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import sys
from functools import lru_cache
from typing import Any

from siting.scenarios.running.executors.work import Heard, Task, Worker

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anyone
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # the default that is to come
os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")  # workers run what is installed

import ray
from ray.exceptions import RayError

_HERE = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
"""This machine and no other: Ray replaces 127.0.0.1 by an address that others reach."""


class Cluster:
    """A pool of actors with one processor each, wherever the cluster has one.

    Shared values lie in the object store of the cluster, once per machine. An actor that finds no
    free processor waits until there is one; no case waits with it.
    """

    def __init__(self, workers: int | None, address: str) -> None:
        self._own = not ray.is_initialized()
        if self._own and address:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        elif self._own:
            ray.init(
                address="local",
                num_cpus=workers,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                _node_ip_address=_HERE,
            )
        self.size = workers or _processors()
        self._actors: dict[int, Any] = {}
        self._answers: dict[Any, int] = {}
        self._numbers = itertools.count()

    def share(self, value: Any) -> Any:
        """Put a value into the object store."""
        return ray.put(value)

    def start(self) -> int:
        """Ask the cluster for another actor."""
        number = next(self._numbers)
        actor: Any = ray.remote(num_cpus=1, max_restarts=0)(_Actor).remote(number)
        self._actors[number] = actor
        self._answers[actor.begin.remote()] = number
        return number

    def give(self, worker: int, task: Task) -> None:
        """Send a task."""
        self._answers[self._actors[worker].solve.remote(task)] = worker

    def hear(self) -> Heard:
        """Wait until an actor answers or is lost."""
        (answer, *_), _ = ray.wait(list(self._answers), num_returns=1)
        number = self._answers.pop(answer)
        try:
            heard: Heard = ray.get(answer)
        except RayError as error:
            ray.kill(self._actors.pop(number))
            text = type(error).__name__
            return Heard(worker=number, news="died", text=text)
        return heard

    def close(self) -> None:
        """End all actors, and the cluster if it was begun here."""
        for actor in self._actors.values():
            with contextlib.suppress(RayError):
                ray.kill(actor)
        self._actors.clear()
        if self._own:
            ray.shutdown()


def _processors() -> int:
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))


class _Actor:
    """A worker of the cluster."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._worker = Worker()
        self._fetch = lru_cache(maxsize=4)(ray.get)  # an instance and a few grounds

    def begin(self) -> Heard:
        """Say that it is there."""
        return Heard(worker=self._number, news="ready")

    def solve(self, task: Task) -> Heard:
        """Answer a task."""
        return self._worker.answer(self._number, task, self._fetch)
