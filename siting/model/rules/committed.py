"""Rule `committed`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.locked import locked


def committed(decisions: Decisions) -> Iterator[Row]:
    r"""A committed conversion is open from its year on; it is paid already and costs nothing.

    .. math:: y_{bsm} = 1

    Source: locks table.
    """
    locks = decisions.instance.locks
    for lock in locks[locks["status"] == "committed"].itertuples():
        parts = (lock.building_id, lock.service_id, lock.module_id)
        columns = np.flatnonzero(locked(decisions.conversions, *parts))
        yield Row(
            name=f"committed[{','.join(parts)}]",
            columns=columns,
            coefficients=np.ones(len(columns)),
            lower=1,
        )
