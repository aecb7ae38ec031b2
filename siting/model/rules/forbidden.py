"""Rule `forbidden`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.model.rules.admission import Ruling, ruling
from siting.model.rules.locked import locked


def forbidden(instance: Instance, rows: pd.DataFrame) -> Ruling:
    r"""Keep forbidden uses out.

    .. math:: y_{bsm} = 0 \quad \text{if a lock forbids } b \text{, } (b, s) \text{ or }
        (b, s, m)

    Keeping a facility as it is is not forbidden by a lock on its building. Source: locks table,
    verdicts of reviewers.
    """
    out = np.zeros(len(rows), bool)
    for lock in instance.locks[instance.locks["status"] == "forbidden"].itertuples():
        out |= locked(rows, lock.building_id, lock.service_id, lock.module_id)
    return ruling(rows, out, "forbidden", field=pd.Series("locks", index=rows.index))
