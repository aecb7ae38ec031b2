"""Rule `eligibility`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from siting.instance.instance import Instance
from siting.model.rules.admission import Ruling, ruling
from siting.reach import Arcs


def eligibility(instance: Instance, rows: pd.DataFrame, reach: Mapping[str, Arcs]) -> Ruling:
    r"""Admit a conversion only where the class of building allows the service.

    .. math:: y_{bsm} = 0 \quad \text{unless } status(class_b, s) \in
        \{allowed, needs\_approval\}

    A pair that the `eligibility` table does not list is not allowed. Source: eligibility by class
    as data (policies P008-P026, P093).
    """
    del instance, reach
    allowed = rows["eligibility"].isin(["allowed", "needs_approval"]).to_numpy()
    return ruling(rows, ~allowed, "not_eligible", field=pd.Series("class", index=rows.index))
