"""Blocks whose flow is projected out, less what is settled whatever is chosen."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from siting.model.blocks import ServiceBlock
from siting.model.build import Model
from siting.model.conversions import UNLIMITED
from siting.solvers.flow import maximum_flow

log = logging.getLogger(__name__)


def can_project(block: ServiceBlock) -> bool:
    """Whether loads alone tell what a block is worth: every unit of service counts alike.

    An add-on that takes places from its host breaks the form that cuts rely on.
    """
    taking = (block.option_capacity < 0) & (block.option_capacity != UNLIMITED)
    return not (block.tied or block.by_way or block.unlimited or taking.any())


def project(model: Model) -> Model:
    """Return the model with every block projected that can be, need that is settled left out."""
    blocks = tuple(_reduced(b) if can_project(b) else b for b in model.blocks)
    if log.isEnabledFor(logging.INFO):
        for before, after in zip(model.blocks, blocks, strict=True):
            log.info(
                "%s %d: %d classes, %d ways -> %s",
                before.service_id,
                before.year,
                len(before.need),
                len(before.arc_need),
                f"projected, {np.count_nonzero(np.bincount(after.arc_need))} classes, "
                f"{len(after.arc_need)} ways"
                if after.projected
                else "written out",
            )
    return replace(model, blocks=blocks)


def _reduced(block: ServiceBlock) -> ServiceBlock:
    r"""Return a block without the need that existing places serve in any case.

    With a maximum flow from what is always open, a place that has room left, or room for all, can
    take all need within its reach, and so can every place whose need could move to such a one:
    that need is served in full whatever else opens (the part of
    the Dulmage-Mendelsohn decomposition that is
    reachable from free capacity). It leaves the block with the places that serve it. All other
    places that are always open are full in some best flow for any choice, because augmenting paths
    never take load from a place; their loads are constants.

    References
    ----------
    A. L. Dulmage, N. S. Mendelsohn (1958), doi:10.4153/CJM-1958-052-0
    """
    place = block.arc_index
    fixed, _ = block.useful_capacity()
    flow, load = maximum_flow(block.need, fixed, block.arc_need, place)
    settled_need = np.zeros(len(block.need), bool)
    settled_place = (fixed > 0) & ((load < fixed) | (fixed >= block.reachable))
    while True:
        need = settled_need.copy()
        need[block.arc_need[settled_place[place]]] = True
        places = settled_place.copy()
        places[place[(flow > 0) & need[block.arc_need]]] = True
        if np.array_equal(need, settled_need) and np.array_equal(places, settled_place):
            break
        settled_need, settled_place = need, places
    kept = ~settled_need[block.arc_need]
    less = replace(
        block,
        arc_need=block.arc_need[kept],
        arc_place=block.arc_place[kept],
        arc_factor=block.arc_factor[kept],
    )
    _, option = less.useful_capacity()
    return replace(less, projected=True, fixed=load, option_capacity=option)
