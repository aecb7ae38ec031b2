"""Rule `synergy`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.together import pairs_of, together


def synergy(decisions: Decisions) -> Iterator[Row]:
    r"""Services that are better together earn a bonus where they share a building.

    .. math:: v_{b,s,s'} \le \sum_m y_{bsm}, \qquad v_{b,s,s'} \le \sum_m y_{bs'm}

    A pair earns it once in a building, by what is open in the last year; the tier of least money
    counts capital less bonuses. Floor area that both need is counted once, see `floor_area`.
    Source: policies P044, P049 (culture and sports, care and medicine).
    """
    year = decisions.last_year
    rewarded = [pair for pair in pairs_of(decisions) if pair.bonus > 0]
    if not rewarded:
        return
    open_then = decisions.conversions[decisions.active(year)]
    for building_id, rows in open_then.groupby("building_id", sort=True):
        for pair in rewarded:
            columns = rows.index.to_numpy(np.int64)
            state = together(decisions, pair, year, columns, (str(building_id),))
            if state is not None:
                yield from state.rows
