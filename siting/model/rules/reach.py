"""Rule `reach`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.program import Row
from siting.model.rules.service import WrittenBlock


def reach(written: WrittenBlock) -> Iterator[Row]:
    r"""Need is served only from open places within its standard.

    .. math:: v_k \le \sum_{p \in N(k)} \sum_m y_{psm}

    for a service without limits, where :math:`v_k` is the share served; classes within reach of an
    existing place are served anyway. For a service with limits there is an amount :math:`x_{kp}`
    only where :math:`p` is within the standard of :math:`k`. Source: standards of minutes.
    """
    block = written.block
    if not block.unlimited:
        return
    options: list[list[int]] = [[] for _ in block.places]
    for column, place in zip(block.option_column, block.option_place, strict=True):
        options[place].append(int(column))
    index = np.searchsorted(block.places, block.arc_place)
    starts = np.searchsorted(block.arc_need, np.arange(len(block.need) + 1))
    for k in range(len(block.need)):
        near = index[starts[k] : starts[k + 1]]
        if np.any(block.fixed[near] != 0):
            continue
        opening = np.array([column for place in near for column in options[place]], np.int64)
        yield Row(
            name=written.name("reach", block.service_id, str(k)),
            columns=np.append(written.part[k], opening),
            coefficients=np.append(1.0, -np.ones(len(opening))),
            upper=0,
        )
