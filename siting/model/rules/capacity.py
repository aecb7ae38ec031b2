"""Rule `capacity`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.instance.instance import NEED_GRID
from siting.model.program import Row
from siting.model.rules.service import WrittenBlock


def capacity(written: WrittenBlock) -> Iterator[Row]:
    r"""A place serves no more than the capacity that is open there.

    .. math:: z_p - \sum_m cap_{pm} \, y_{psm} \le existing_p, \qquad
        \sum_k x_{kp} - z_p = 0

    Capacities are cut to the highest utilisation of the service; an add-on takes from its host's.
    Those above what lies within reach of the place are cut to that, which changes no plan.
    Source: policy P059, radius and load.
    """
    block = written.block
    if block.unlimited:
        yield Row(
            name=written.name("load", block.service_id),
            columns=np.append(written.part, written.load),
            coefficients=np.append(block.need / NEED_GRID, -1.0),
            lower=0,
            upper=0,
        )
        return
    fixed, option = block.useful_capacity()
    order = np.argsort(block.arc_place, kind="stable")
    by_place = np.searchsorted(block.arc_place[order], block.places)
    ends = np.append(by_place[1:], len(order))
    for p, place_id in enumerate(written.place_ids):
        if not block.projected:
            arcs = written.part[order[by_place[p] : ends[p]]]
            yield Row(
                name=written.name("load", place_id, block.service_id),
                columns=np.append(arcs, written.load[p]),
                coefficients=np.append(np.ones(len(arcs)), -1.0),
                lower=0,
                upper=0,
            )
        mine = block.option_place == p
        if mine.any():
            yield Row(
                name=written.name("capacity", place_id, block.service_id),
                columns=np.append(written.load[p], block.option_column[mine]),
                coefficients=np.append(1.0, -option[mine] / NEED_GRID),
                upper=fixed[p] / NEED_GRID,
            )
