"""What is left to decide once nothing is asked that no plan needs, and how much that is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from siting.instance.instance import NEED_GRID
from siting.model.blocks import ServiceBlock
from siting.model.build import Model
from siting.model.dominated import find_dominated
from siting.model.program import Program

log = logging.getLogger(__name__)


def narrow(whole: Model, projected: Model, program: Program) -> tuple[Model, Program]:
    """Return a projected model and its program with dominated conversions shut.

    They keep their columns, so that a choice means the same in every model, and a plan to start
    from may have them open. Rows of the projected model see the useful part of capacities alone,
    which lets more conversions fall than those of the whole model would.
    """
    dominated = find_dominated(projected.decisions, program)
    if log.isEnabledFor(logging.INFO):
        for line in sizes(whole, projected, dominated):
            log.info("%s", line)
    decided = _shut(projected.program, dominated)
    return replace(projected, program=decided), _shut(program, dominated)


def _shut(program: Program, columns: NDArray[np.bool_]) -> Program:
    upper = program.upper.copy()
    upper[: len(columns)][columns] = 0.0
    return replace(program, upper=upper)


def sizes(whole: Model, narrowed: Model, dominated: NDArray[np.bool_]) -> list[str]:
    """Return a table of what there was and what is left, one line each.

    Counts are sums over services and years. Need is always served where places that are open
    anyway take all of it whatever else opens, and never where nothing could reach it.
    """
    instance, blocks = whole.instance, whole.blocks
    left = [block for block in narrowed.blocks if len(block.arc_need)]
    points = instance.units["demand"].to_numpy(np.int64)
    counted = {service_id for service_id, _ in whole.value.per_unit}
    wanted = instance.units["service_id"].isin(counted).to_numpy(bool)
    reached = sum(int(b.need.sum()) for b in blocks)
    asked = sum(int(instance.need_of(year)[wanted].sum()) for year in instance.years)
    open_to_choice = sum(int(b.need[np.unique(b.arc_need)].sum()) for b in left)
    rows: list[tuple[str, float, float]] = [
        ("points", len(np.unique(points[wanted])), _points_left(blocks, narrowed.blocks, points)),
        (
            "units of need",
            int(wanted.sum()) * len(instance.years),
            sum(int(np.isin(b.merged, n.arc_need).sum()) for b, n in _pairs(whole, narrowed)),
        ),
        ("merged units", sum(len(b.need) for b in blocks), sum(_classes(b) for b in left)),
        ("ways", sum(len(b.arc_need) for b in blocks), sum(len(b.arc_need) for b in left)),
        ("places", sum(len(b.places) for b in blocks), sum(_places(b) for b in left)),
        ("conversions", len(dominated), int(np.count_nonzero(~dominated))),
        ("parts that share no need", _parts(blocks), _parts(left)),
    ]
    return [
        f"{'':<26}{'before':>14}{'after':>14}",
        *(f"{name:<26}{before:>14,}{after:>14,}" for name, before, after in rows),
        f"{'conversions dominated':<26}{np.count_nonzero(dominated):>14,}",
        f"{'need always served':<26}{(reached - open_to_choice) / NEED_GRID:>14,.0f}",
        f"{'need never served':<26}{(asked - reached) / NEED_GRID:>14,.0f}",
    ]


def _pairs(whole: Model, narrowed: Model) -> zip[tuple[ServiceBlock, ServiceBlock]]:
    return zip(whole.blocks, narrowed.blocks, strict=True)


def _points_left(
    before: Sequence[ServiceBlock], after: Sequence[ServiceBlock], points: NDArray[np.int64]
) -> int:
    pairs = zip(before, after, strict=True)
    units = [b.unit[np.isin(b.merged, n.arc_need)] for b, n in pairs]
    return len(np.unique(points[np.concatenate([np.empty(0, np.int64), *units])]))


def _classes(block: ServiceBlock) -> int:
    return len(np.unique(block.arc_need))


def _places(block: ServiceBlock) -> int:
    return len(np.unique(block.arc_place))


def _parts(blocks: Sequence[ServiceBlock]) -> int:
    """Return how many parts the ways of blocks fall into, each block by itself."""
    count = 0
    for block in blocks:
        k, p = len(block.need), len(block.places)
        ends = (block.arc_need, k + block.arc_index)
        graph = sparse.coo_array((np.ones(len(ends[0])), ends), shape=(k + p, k + p))
        _, part = csgraph.connected_components(graph, directed=False)
        count += len(np.unique(part[block.arc_need]))
    return count
