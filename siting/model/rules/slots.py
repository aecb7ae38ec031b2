"""What is in a room at the same time: by slot of the day, and by year."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.instance.cells import items_of
from siting.model.decisions import Decisions
from siting.model.rules.years import active_matrix, largest

Moment = tuple[tuple[str, ...], int, NDArray[np.int64]]
"""A slot (nothing where the building has none), a year, and the conversions that meet then."""


def named_slots(decisions: Decisions, columns: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the slots that the modules of a building name."""
    texts = decisions.conversions["slots"].to_numpy(object)[columns]
    return tuple(sorted({slot for text in set(texts) for slot in items_of(text)}))


def crowded(
    decisions: Decisions,
    columns: NDArray[np.int64],
    amounts: NDArray[np.float64],
    limit: float,
    slots: tuple[str, ...],
    *,
    every: bool = False,
) -> Iterator[Moment]:
    """Yield when conversions could together exceed a limit.

    Parameters
    ----------
    columns, amounts
        Conversions and what each takes.
    slots
        Slots of the building; a module that names none is there in all.
    every
        Whether to yield also moments when no more meet than at another.
    """
    texts = [items_of(t) for t in decisions.conversions["slots"].to_numpy(object)[columns]]
    open_in = active_matrix(decisions, columns)
    sets, moments = [], []
    for slot in slots or ("",):
        there = np.array([not own or not slot or slot in own for own in texts], bool)
        for year, is_open in zip(decisions.years, open_in, strict=True):
            meeting = there & is_open & (amounts > 0)
            if amounts[meeting].sum() > limit:
                sets.append(meeting)
                moments.append(((slot,) if slot else (), year, columns[meeting]))
    kept = range(len(sets)) if every or not sets else largest(np.array(sets, bool))
    for i in kept:
        yield moments[i]
