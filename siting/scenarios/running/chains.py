"""Which case is planned where: those that differ in money alone follow one another."""

from __future__ import annotations

from collections.abc import Sequence


def chains_of(families: Sequence[str], budgets: Sequence[float]) -> list[list[int]]:
    """Return positions by family, each family by ascending budget."""
    chains: dict[str, list[int]] = {}
    for position in sorted(range(len(families)), key=lambda p: budgets[p]):
        chains.setdefault(families[position], []).append(position)
    return list(chains.values())


class Chains:
    """Hands out cases so that every worker stays on one chain as long as there is work in it.

    Parts of a chain wait, or belong to the worker that takes one case after another from them. A
    worker without a part takes the longest that waits; where none waits it takes the second half
    of the longest part that another has left.
    """

    def __init__(self, chains: Sequence[Sequence[int]]) -> None:
        self._waiting = [list(chain) for chain in chains]
        self._taken: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return sum(len(part) for part in (*self._waiting, *self._taken.values()))

    def next_for(self, worker: int) -> int | None:
        """Return the next case of a worker; None where nothing is left to begin."""
        part = self._taken.pop(worker, []) or self._new_part()
        if not part:
            return None
        case, *self._taken[worker] = part
        return case

    def leave(self, worker: int, again: int | None = None) -> None:
        """Let what a worker had left wait for another, and one of its cases once more."""
        part = self._taken.pop(worker, [])
        self._waiting.append(part if again is None else [again, *part])

    def _new_part(self) -> list[int]:
        longest = max(self._waiting, key=len, default=[])
        if longest:
            self._waiting.remove(longest)
            return longest
        left = max(self._taken.values(), key=len, default=[])
        part = left[len(left) // 2 :]
        del left[len(left) // 2 :]
        return part
