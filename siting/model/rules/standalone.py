"""Rule `standalone`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row


def standalone(decisions: Decisions) -> Iterator[Row]:
    r"""A standalone module has its building to itself.

    .. math:: \sum_{(s',m) \text{ standalone}} y_{bs'm} + \sum_{m \text{ other}} y_{bsm} \le 1
        \quad \forall s \text{ with other modules in } b

    One row per service in the building, since a service has at most one module there. Source:
    kindergartens of four or more classes and schools do not share a building.
    """
    for building_id, columns in decisions.conversions.groupby(
        "building_id", sort=True
    ).indices.items():
        rows = decisions.conversions.iloc[columns]
        alone = rows["standalone"].astype(bool).to_numpy()
        if not alone.any() or len(columns) == 1:
            continue
        others = rows[~alone].groupby("service_id", sort=True).groups or {"": []}
        for service_id, members in others.items():
            place = f"{building_id},{service_id}" if service_id else str(building_id)
            together = np.concatenate([columns[alone], np.asarray(members, np.int64)])
            yield Row(
                name=f"standalone[{place}]",
                columns=together,
                coefficients=np.ones(len(together)),
                upper=1,
            )
