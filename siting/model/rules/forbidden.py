"""Rule `forbidden`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.model.rules.admission import Ruling, ruling
from siting.model.rules.locked import locked
from siting.reach import Arcs


def forbidden(instance: Instance, rows: pd.DataFrame, reach: Mapping[str, Arcs]) -> Ruling:
    r"""Keep forbidden uses out.

    .. math:: y_{bsm} = 0 \quad \text{if a lock forbids } b \text{, } (b, s) \text{ or }
        (b, s, m)

    A lock on a whole building also closes the facility that could be kept there; one that names a
    service or module does not reach further. Against a commitment it leaves no plan. Source: locks
    table, verdicts of reviewers.
    """
    del reach
    out = np.zeros(len(rows), bool)
    for lock in instance.locks[instance.locks["status"] == "forbidden"].itertuples():
        out |= locked(rows, lock.building_id, lock.service_id, lock.module_id)
    # Unlike the other admission rules, this one spares nothing.
    said = ruling(rows, out, "forbidden", field=pd.Series("locks", index=rows.index))
    return replace(said, out=out)
