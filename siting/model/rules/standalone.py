"""Rule `standalone`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.years import telling_years


def standalone(decisions: Decisions) -> Iterator[Row]:
    r"""A standalone module has its building to itself, but for its add-ons.

    .. math:: \sum_{(s',m) \text{ standalone}} y_{bs'm} + \sum_{m \text{ other}} y_{bsm} \le 1
        \quad \forall s \text{ with other modules in } b

    One row per service in the building, since a service has at most one module there; in a yearly
    plan for what is open in the same year. Source: kindergartens of four or more classes and
    schools do not share a building.
    """
    conversions = decisions.conversions[~decisions.adds_on]
    for building_id, rows in conversions.groupby("building_id", sort=True):
        alone = rows["standalone"].astype(bool).to_numpy()
        if not alone.any():
            continue
        others = rows[~alone].groupby("service_id", sort=True).groups or {"": []}
        for service_id, members in others.items():
            parts = [building_id, service_id] if service_id else [building_id]
            together = np.append(rows.index[alone], np.asarray(members, np.int64))
            for year, columns in telling_years(decisions, together):
                if len(columns) > 1:
                    name = decisions.label("standalone", *map(str, parts), year=year)
                    yield decisions.row_of(name, columns, upper=1)
