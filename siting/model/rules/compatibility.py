"""Rule `compatibility`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.alternatives import Alternatives, alternatives
from siting.model.rules.years import telling_years


def compatibility(decisions: Decisions) -> Iterator[Row]:
    r"""Services that do not go together are never open in one building at the same time.

    .. math:: \sum_m y_{bsm} + \sum_m y_{bs'm} \le 1 \quad \forall (s, s') \text{ incompatible}

    Source: policies P043, P046, P050.
    """
    pairs = decisions.instance.pairs
    pairs = pairs[pairs["kind"] == "incompatible"]
    if pairs.empty:
        return
    named = set(pairs["service_id"]) | set(pairs["other_service_id"])
    mask = decisions.conversions["service_id"].isin(named).to_numpy(bool)
    houses: dict[str, dict[str, list[Alternatives]]] = defaultdict(lambda: defaultdict(list))
    for group in alternatives(decisions, mask):
        houses[group.building_id][group.service_id].append(group)
    for building_id, services in houses.items():
        for one, other in zip(pairs["service_id"], pairs["other_service_id"], strict=True):
            if one == other:
                continue
            for a, b in product(services.get(one, []), services.get(other, [])):
                parts = (building_id, one, other, *a.beside, *b.beside)
                both = np.append(a.columns, b.columns)
                for year, columns in telling_years(decisions, both):
                    name = decisions.label("compatibility", *parts, year=year)
                    yield decisions.row_of(name, columns, upper=1)
