"""Rule `required`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.locked import locked


def required(decisions: Decisions) -> Iterator[Row]:
    r"""A required building opens, with the service and module named if any; it is charged.

    .. math:: \sum_{(s,m) \text{ matching}} y_{bsm} \ge 1

    Source: locks table.
    """
    locks = decisions.instance.locks
    for lock in locks[locks["status"] == "required"].itertuples():
        parts = [lock.building_id, lock.service_id, lock.module_id]
        place = ",".join(part for part in parts if isinstance(part, str) and part)
        columns = np.flatnonzero(locked(decisions.conversions, *parts))
        yield Row(
            name=f"required[{place}]", columns=columns, coefficients=np.ones(len(columns)), lower=1
        )
