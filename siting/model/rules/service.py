"""Columns that the rules of service speak of, as `compact` lays them out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.blocks import ServiceBlock
from siting.model.decisions import Decisions


@dataclass(frozen=True, kw_only=True, eq=False)
class WrittenBlock:
    """A block written out as columns.

    Attributes
    ----------
    load
        Column of the load of each of ``block.places``; for an unlimited service one column, the
        need served.
    part
        Column of each arc's amount; for an unlimited service of each class of need's share served.
    place_ids
        Id of each of ``block.places``.
    """

    decisions: Decisions
    block: ServiceBlock
    load: NDArray[np.int64]
    part: NDArray[np.int64]
    place_ids: tuple[str, ...]

    @property
    def is_last(self) -> bool:
        """Whether this is the year in which what the plan reaches is measured."""
        return self.block.year == self.decisions.last_year

    def name(self, rule: str, *parts: str) -> str:
        """Return the name of a row of this service and year."""
        level = (self.block.level,) if self.block.level else ()
        return self.decisions.label(rule, *parts, *level, year=self.block.year)

    def amounts(self, classes: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return columns and coefficients of what the marked classes of need are served."""
        if self.block.unlimited:
            at = np.flatnonzero(classes)
            return self.part[at], self.block.need[at] / NEED_GRID
        at = np.flatnonzero(classes[self.block.arc_need])
        return self.part[at], np.ones(len(at))


def credits_of(
    written: WrittenBlock, classes: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the columns of a block that count in tier 1, and what one unit of each counts.

    Parameters
    ----------
    classes
        Only what is served to these classes of need; all where not given.
    """
    block = written.block
    if classes is None and np.all(block.factor == 1.0) and np.all(block.arc_factor == 1.0):
        return written.load, np.full(len(written.load), block.value)
    if block.unlimited:
        worth = block.value * block.factor * block.need / NEED_GRID
        counted = classes
    else:
        worth = block.value * block.factor[block.arc_need] * block.arc_factor
        counted = None if classes is None else classes[block.arc_need]
    return (written.part, worth) if counted is None else (written.part[counted], worth[counted])
