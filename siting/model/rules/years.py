"""Years in which a limit says something."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.model.decisions import Decisions


def telling_years(
    decisions: Decisions, columns: NDArray[np.int64]
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield years with those of the conversions that are open then, if chosen.

    Left out are years in which no more can be open than in another: a limit that is the same in
    every year says the same there, or more.
    """
    open_in = active_matrix(decisions, columns)
    for i in largest(open_in):
        yield decisions.years[i], columns[open_in[i]]


def active_matrix(decisions: Decisions, columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of the conversions are open in which year, shape (years, columns)."""
    years = np.array(decisions.years)[:, None]
    first = decisions.conversions["year"].to_numpy()[columns]
    last = decisions.conversions["until"].to_numpy()[columns]
    return np.asarray((first <= years) & (years <= last), bool)


def largest(sets: NDArray[np.bool_]) -> list[int]:
    """Return the rows that are not part of another row; of equal ones the last."""

    def is_part(i: int, j: int) -> bool:
        within = not np.any(sets[i] & ~sets[j])
        return within and (i < j or bool(np.any(sets[j] & ~sets[i])))

    count = len(sets)
    return [i for i in range(count) if not any(is_part(i, j) for j in range(count) if j != i)]
