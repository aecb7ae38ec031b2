"""The tier that lets people walk less: by how much their ways are shorter than the standard."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.conversions import UNLIMITED
from siting.model.program import Row
from siting.model.rules.service import WrittenBlock

Floats = NDArray[np.float64]

NEARNESS_SCALE = 1e5
"""The tier is handed to solvers in so many parts of a minute: one person is a number near 1."""


def nearness_of(written: WrittenBlock) -> tuple[NDArray[np.int64], Floats]:
    r"""Return the columns of a block that count in the tier, and what one unit of each counts.

    .. math:: \max \frac{1}{\sum_s w_s} \sum_s w_s
        \frac{\sum_k f_k \sum_{p \in N(k)} (limit_s - min_{kp}) \, x_{kp}}{\sum_k f_k d_k}

    over the services that people walk to, in minutes: the mean over the years of how much shorter
    than the longest that counts a way is, 0 for who is not served. What more is served never
    counts less. Source: policies P086, P091, near and convenient first; it is the covering of
    Berman and Krass 2002, doi:10.1016/S0305-0548(00)00079-X, that falls evenly with the way.
    """
    block = written.block
    if block.arc_spared is None or not block.spared_value:
        return np.empty(0, np.int64), np.empty(0)
    worth = block.spared_value * block.factor[block.arc_need] * block.arc_spared
    return written.part, worth


def open_where_served(written: WrittenBlock) -> Iterator[Row]:
    r"""Yield the rows that let somebody be served only from a place that is open.

    .. math:: x_{kp} \le d_k \sum_m y_{psm}

    They follow from capacity where that is whole, and bring the relaxation nearer where a place has
    no limit: its capacity is then all the need within reach.
    """
    block = written.block
    if block.arc_spared is None:
        return
    free = np.zeros(len(block.places), bool)
    free[block.option_place[block.option_capacity == UNLIMITED]] = True
    free &= block.fixed == 0
    options: list[list[int]] = [[] for _ in block.places]
    for column, place in zip(block.option_column, block.option_place, strict=True):
        options[place].append(int(column))
    place_ids = written.place_ids
    for arc in np.flatnonzero(free[block.arc_index]):
        k, place = int(block.arc_need[arc]), int(block.arc_index[arc])
        opening = np.array(options[place], np.int64)
        need = block.need[k] / NEED_GRID
        yield Row(
            name=written.name("served_if_open", block.service_id, str(k), place_ids[place]),
            columns=np.append(written.part[arc], opening),
            coefficients=np.append(1.0, np.full(len(opening), -need)),
            upper=0.0,
        )
