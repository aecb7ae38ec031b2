"""Rule `conditions`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.model.rules.admission import Ruling, ruling
from siting.model.rules.fit import AREA_TOLERANCE_M2
from siting.reach import Arcs


def conditions(instance: Instance, rows: pd.DataFrame, reach: Mapping[str, Arcs]) -> Ruling:
    r"""Admit no module larger than the approval of its building and service says.

    .. math:: y_{bsm} = 0 \quad \text{if } area_m > \min_{a \in A(b, s)} max_a

    .. math:: works_{bsm} \mathrel{+}= \sum_{a \in A(b, s)} extra_a, \qquad
        delay_{bs} \mathrel{+}= \sum_{a \in A(b, s)} delay_a

    :math:`A(b, s)` are the rows of `conditions` for the building and either this service or every
    use. Cost and delay are part of every new conversion from the start
    (`siting.model.approvals.asked_of`): the rule `availability` reads the delay, the budgets the
    cost. Source: approvals with conditions by those who review the sites.
    """
    del instance, reach
    over = (rows["floor_area_m2"].astype(float) - rows["approved_area_m2"]).to_numpy(float)
    out = over > AREA_TOLERANCE_M2
    return ruling(rows, out, "not_approved", lacking=np.where(out, over, np.nan))
