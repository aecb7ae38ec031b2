"""Blocks whose need counts by factors, as one plain block for every factor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow

from siting.model.blocks import ServiceBlock
from siting.model.build import Model
from siting.model.conversions import UNLIMITED
from siting.model.merging import merge
from siting.model.rules.min_load import least_loads, unreached_by
from siting.model.tying import ties_of

HELD = "held"
"""Level of the block that holds least loads alone."""


def can_level(model: Model, block: ServiceBlock) -> bool:
    """Whether a tied block is worth what plain blocks of its levels of need are worth."""
    taking = (block.option_capacity < 0) & (block.option_capacity != UNLIMITED)
    kinds = ties_of(model.instance, block.service_id).kinds
    return block.tied and not (block.by_way or block.unlimited or taking.any() or kinds)


def levels_of(model: Model, block: ServiceBlock) -> tuple[ServiceBlock, ...]:
    r"""Return plain blocks that together are worth what a block is, for any openings.

    With the factors :math:`0 = f_0 < f_1 < \dots` of its classes of need and :math:`F_l` the
    maximum flow to the need that counts :math:`f_l` or more, the most service is worth

    .. math:: v \sum_l (f_l - f_{l-1}) \, F_l

    since what may be served is a matroid, whose best base serves the most of every level at once.
    Least loads change nothing of that, as long as they can be served by themselves: what serves
    the most need and what fills the places can be joined. Where they may fail to, a further block
    holds them.

    References
    ----------
    N. S. Mendelsohn, A. L. Dulmage (1958), Canadian Journal of Mathematics 10, 517-518: joining
    two matchings, doi:10.4153/CJM-1958-052-0
    """
    factors = np.unique(block.factor)
    steps = np.diff(factors, prepend=0.0)
    parts = [
        replace(
            only(block, block.factor >= least, np.ones(len(block.arc_need), bool)),
            value=block.value * step,
            tied=False,
            level=f">={least:g}",
        )
        for least, step in zip(factors, steps, strict=True)
        if block.value > 0 and step > 0
    ]
    return (*parts, *_holding(model, block))


def levelled(model: Model) -> tuple[Model, tuple[tuple[int, ...], ...]]:
    """Return the model with the levels of every tied block that has them in its stead.

    The second part holds, for every block of `model`, the positions of what stands for it.
    """
    blocks: list[ServiceBlock] = []
    positions = []
    for block in model.blocks:
        stands = levels_of(model, block) if can_level(model, block) else (block,)
        positions.append(tuple(range(len(blocks), len(blocks) + len(stands))))
        blocks += stands
    return replace(model, blocks=tuple(blocks)), tuple(positions)


def only(block: ServiceBlock, kept: NDArray[np.bool_], ways: NDArray[np.bool_]) -> ServiceBlock:
    """Return a block with some classes of need and some ways; equal ways are one class.

    Every class that is kept has a way that is.
    """
    among = np.cumsum(kept) - 1
    ways = ways & kept[block.arc_need]
    owner, key = among[block.arc_need[ways]], block.arc_place[ways]
    merged, representative = merge(owner, key, int(kept.sum()))
    leads = np.zeros(len(merged), bool)
    leads[representative] = True
    need = np.zeros(len(representative), np.int64)
    np.add.at(need, merged, block.need[kept])
    units = kept[block.merged]
    return replace(
        block,
        need=need,
        factor=np.ones(len(need)),
        homes={},
        merged=merged[among[block.merged[units]]],
        unit=block.unit[units],
        arc_need=merged[owner[leads[owner]]],
        arc_place=key[leads[owner]],
        arc_factor=np.ones(int(leads[owner].sum())),
    )


def _holding(model: Model, block: ServiceBlock) -> tuple[ServiceBlock, ...]:
    """Return a block that is worth nothing, for least loads that may lack the need they ask for.

    With every place at its highest least load, a maximum flow fills all but some. Those, the need
    within their reach and the places that this need fills instead, and so on, are in doubt;
    all other places are filled by other need whatever else opens.
    """
    if not ties_of(model.instance, block.service_id).least_load:
        return ()
    asked = least_loads(model.decisions, block)
    least = np.zeros(len(block.places), np.int64)
    np.maximum.at(least, block.option_place, np.ceil(asked).astype(np.int64))
    places, classes = _in_doubt(block, least)
    if not (places.any() or unreached_by(model.decisions, block).any()):
        return ()
    held = only(block, classes, places[block.arc_index])
    options = (asked > 0) & places[block.option_place]
    return (
        replace(
            held,
            value=0.0,
            level=HELD,
            fixed=np.zeros_like(block.fixed),
            option_column=block.option_column[options],
            option_place=block.option_place[options],
            option_capacity=block.option_capacity[options],
        ),
    )


def _in_doubt(
    block: ServiceBlock, least: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the places whose least loads may not be met together, and the need around them."""
    asking = least[block.arc_index] > 0
    place, need = block.arc_index[asking], block.arc_need[asking]
    k, p = len(block.need), len(block.places)
    graph = max_flow.SimpleMaxFlow()
    ways = graph.add_arcs_with_capacity(k + place, need, block.need[need])
    into = graph.add_arcs_with_capacity(np.full(p, k + p), k + np.arange(p), least)
    graph.add_arcs_with_capacity(np.arange(k), np.full(k, k + p + 1), block.need)
    status = graph.solve(k + p, k + p + 1)
    if status != graph.OPTIMAL:
        raise ArithmeticError(f"maximum flow failed: {status}")
    flow = graph.flows(ways)
    places, classes = graph.flows(into) < least, np.zeros(k, bool)
    while True:
        around = classes.copy()
        around[need[places[place]]] = True
        filling = places.copy()
        filling[place[(flow > 0) & around[need]]] = True
        if np.array_equal(around, classes) and np.array_equal(filling, places):
            return places, classes
        places, classes = filling, around
