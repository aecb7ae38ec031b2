"""Workers that stay from one lot of runs to the next, with what they have learnt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from siting.instance.instance import Instance
from siting.scenarios.running.executors.opening import open_pool
from siting.scenarios.running.executors.work import Pool


class Crew:
    """A pool with those of its workers that are there, and what has been shared with them.

    Attributes
    ----------
    idle
        Numbers of the workers that wait for a task.
    size
        How many workers there are, those that are only beginning among them.
    grounds
        What `Pool.share` made of each `Ground`, by family.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.idle: list[int] = []
        self.size = 0
        self.grounds: dict[str, Any] = {}
        self._bases: dict[int, tuple[Instance, Any]] = {}

    def grow(self, workers: int) -> None:
        """Begin as many workers as are missing of a number, at most as many as the pool has."""
        while self.size < min(workers, self.pool.size):
            self.pool.start()
            self.size += 1

    def lose(self, worker: int) -> None:
        """Take note that a worker is there no more."""
        self.size -= 1
        self.idle = [number for number in self.idle if number != worker]

    def share_base(self, base: Instance) -> Any:
        """Return what `Pool.share` made of an instance, the same for the same object."""
        if id(base) not in self._bases:
            self._bases[id(base)] = (base, self.pool.share(base))
        return self._bases[id(base)][1]


@contextmanager
def crew_of(executor: str, *, workers: int | None = None, address: str = "") -> Iterator[Crew]:
    """Keep workers until the block ends, see `open_pool`; none is begun before it is needed."""
    with closing(open_pool(executor, workers=workers, address=address)) as pool:
        yield Crew(pool)
