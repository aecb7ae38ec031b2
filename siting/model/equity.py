"""The tier that raises the worst-served zone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from siting.instance.instance import NEED_GRID
from siting.model.program import Extra, Row
from siting.model.rules.service import WrittenBlock, credits_of

LEAST_SHARE = Extra(name="least_share", integer=False, tier="equity", worth=1.0)
"""The share of what could be served that the worst-served zone gets."""

_SCALE = 1e3


def least_share(written: Sequence[WrittenBlock]) -> list[Row]:
    r"""Return the rows that hold the least share below the share of every zone.

    .. math:: \theta \sum_{k \in z} value_k \, need_k \le \sum_{k \in z} \sum_p value_{kp} x_{kp}
        \quad \forall z

    over the need that some place could reach, all services and years together.
    """
    if not written:
        return []
    kind = written[0].decisions.instance.settings.objective.equity_zone_kind
    if not kind:
        return []
    zones = sorted({zone for w in written for zone in set(w.block.homes[kind])} - {""})
    rows = []
    for zone in zones:
        columns, worths, attainable = [], [], 0.0
        for block in (w.block for w in written):
            inside = block.homes[kind] == zone
            attainable += block.value * float((block.factor * block.need)[inside].sum()) / NEED_GRID
        if attainable <= 0:
            continue
        for w in written:
            inside = w.block.homes[kind] == zone
            at, worth = credits_of(w, inside)
            columns.append(at)
            worths.append(worth / attainable * _SCALE)
        rows.append(
            Row(
                name=f"least_share[{zone}]",
                columns=np.concatenate(columns),
                coefficients=np.concatenate(worths),
                lower=0.0,
                extra=((LEAST_SHARE, -_SCALE),),
            )
        )
    return rows
