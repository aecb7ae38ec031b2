"""Rule `need`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.instance.instance import NEED_GRID
from siting.model.program import Row
from siting.model.rules.service import WrittenBlock


def need(written: WrittenBlock) -> Iterator[Row]:
    r"""A unit of need is served at most once, in whole or in parts.

    .. math:: \sum_p x_{kp} \le need_k

    For a service without limits the share served :math:`v_k \le 1` is a bound of its column.
    A projected block has no amounts: its engine cuts off loads that no amounts can give.
    """
    block = written.block
    if block.unlimited or block.projected:
        return
    starts = np.searchsorted(block.arc_need, np.arange(len(block.need) + 1))
    for k in range(len(block.need)):
        columns = written.part[starts[k] : starts[k + 1]]
        if len(columns) > 1:
            yield Row(
                name=written.name("need", block.service_id, str(k)),
                columns=columns,
                coefficients=np.ones(len(columns)),
                upper=block.need[k] / NEED_GRID,
            )
