"""Rule `committed`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row


def committed(decisions: Decisions) -> Iterator[Row]:
    r"""A committed conversion is open; it is paid already and costs nothing.

    .. math:: y_{bsm} = 1

    Source: locks table.
    """
    rows = decisions.conversions
    for column in np.flatnonzero(rows["status"].eq("committed")):
        row = rows.iloc[column]
        yield Row(
            name=f"committed[{row['building_id']},{row['service_id']},{row['module_id']}]",
            columns=np.array([column]),
            coefficients=np.ones(1),
            lower=1,
        )
