"""Rule `outside_supply`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.program import Row
from siting.model.rules.service import WrittenBlock
from siting.model.tying import ties_of


def outside_supply(written: WrittenBlock) -> Iterator[Row]:
    r"""Places outside the district serve no more than may be counted on.

    .. math:: \sum_{p \text{ outside}} z_{ps} \le cap_s

    Source: policies P108 and P109, supply across the border with a cap of its own.
    """
    block, instance = written.block, written.decisions.instance
    if not ties_of(instance, block.service_id).outside:
        return
    outside = set(written.decisions.fixed.loc[written.decisions.fixed["outside"], "place"])
    loads = written.load[np.isin(block.places, sorted(outside))]
    cap = instance.services.set_index("service_id")["outside_cap"].astype(float)
    if len(loads):
        yield Row(
            name=written.name("outside_supply", block.service_id),
            columns=loads,
            coefficients=np.ones(len(loads)),
            upper=float(cap[block.service_id]),
        )
