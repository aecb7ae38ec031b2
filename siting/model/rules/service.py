"""Columns that the rules of service speak of, as `compact` lays them out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.model.blocks import ServiceBlock


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

    block: ServiceBlock
    load: NDArray[np.int64]
    part: NDArray[np.int64]
    place_ids: tuple[str, ...]
