"""Executors by name."""

from __future__ import annotations

import importlib.util
import os

from siting.errors import Finding, InstanceError, nearest
from siting.scenarios.running.executors.work import Pool

EXECUTORS = ("serial", "processes", "ray")


def open_pool(name: str, *, workers: int | None = None, address: str = "") -> Pool:
    """Return the pool of a name, without a worker yet; each is imported only when asked for.

    Parameters
    ----------
    workers
        How many; by default as many as there are processors, here or in the cluster.
    address
        Of a Ray cluster; empty for one on this machine.

    Raises
    ------
    InstanceError
        When there is no such executor, or it is not installed.
    """
    if workers is not None and workers < 1:
        rule = "must be at least 1"
        raise InstanceError(
            "--workers", [Finding(place="--workers", value=str(workers), rule=rule)]
        )
    if name == "serial":
        from siting.scenarios.running.executors.serial import Serial

        return Serial()
    if name == "processes":
        from siting.scenarios.running.executors.processes import Processes

        return Processes(workers or _processors())
    if name == "ray":
        if importlib.util.find_spec("ray") is None:
            rule, remedy = "needs the package ray, which is not installed", "install siting[ray]"
            finding = Finding(place="--executor", value='"ray"', rule=rule, remedy=remedy)
            raise InstanceError("--executor", [finding])
        from siting.scenarios.running.executors.ray import Cluster

        return Cluster(workers, address)
    rule = f"no such executor; there are {', '.join(EXECUTORS)}"
    finding = Finding(
        place="--executor", value=f'"{name}"', rule=rule, remedy=nearest(name, EXECUTORS)
    )
    raise InstanceError("--executor", [finding])


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
