"""Rule `required`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.locked import locked


def required(decisions: Decisions) -> Iterator[Row]:
    r"""A required building opens, with the service and module named if any; it is charged.

    .. math:: \sum_{c \text{ matching, open by } t} y_c \ge 1

    In a yearly plan :math:`t` is the year of the lock: what opens before must still be open then.
    A lock without a year asks for something at any time. Source: locks table.
    """
    locks = decisions.instance.locks
    yearly = decisions.instance.settings.plan.yearly
    for lock in locks[locks["status"] == "required"].itertuples():
        parts = [lock.building_id, lock.service_id, lock.module_id]
        place = ",".join(part for part in parts if isinstance(part, str) and part)
        matching = locked(decisions.conversions, *parts)
        if yearly and not pd.isna(lock.year):
            due = min(max(int(lock.year), decisions.years[0]), decisions.last_year)
            matching = matching & decisions.active(due)
        yield decisions.row_of(f"required[{place}]", np.flatnonzero(matching), lower=1)
