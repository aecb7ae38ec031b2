"""Rule `own_zone`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.program import Row
from siting.model.rules.service import WrittenBlock
from siting.model.tying import ties_of
from siting.model.zones import zone_of

_DECIMALS = 9
"""Decimals of the limit: 1 - 0.9 is 0.1, whatever floating point makes of it."""


def own_zone(written: WrittenBlock) -> Iterator[Row]:
    r"""At most a small share of all need is served across the borders of its own zone.

    .. math:: \sum_{k, \, p: \, z(p) \ne z(k)} x_{kp} \le (1 - share) \sum_k need_k

    All pupils are enrolled somewhere, so the share is one of all need. Source: policy P087,
    standards S005 and S109 (at least 99 % in the own school district).
    """
    block, instance = written.block, written.decisions.instance
    kind = ties_of(instance, block.service_id).home_kind
    if not kind:
        return
    service = instance.services.set_index("service_id").loc[block.service_id]
    crossing = written.part[crosses(written, kind)]
    own = instance.units["service_id"].eq(block.service_id).to_numpy(bool)
    need = float(instance.need_of(block.year)[own].sum()) / NEED_GRID
    if len(crossing):
        yield Row(
            name=written.name("own_zone", block.service_id),
            columns=crossing,
            coefficients=np.ones(len(crossing)),
            upper=round((1 - float(service["own_zone_share"])) * need, _DECIMALS),
        )


def crosses(written: WrittenBlock, kind: str) -> NDArray[np.bool_]:
    """Return which ways of a block lead out of a zone of that kind, or from or to none."""
    block, instance = written.block, written.decisions.instance
    places = np.concatenate(
        [zone_of(table, kind) for table in (instance.buildings, instance.facilities)]
    )
    home, away = block.homes[kind][block.arc_need], places[block.arc_place]
    return np.asarray((home != away) | (home == ""), bool)
