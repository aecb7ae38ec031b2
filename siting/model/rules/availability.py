"""Rule `availability`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.model.rules.admission import Ruling, ruling
from siting.reach import Arcs


def availability(instance: Instance, rows: pd.DataFrame, reach: Mapping[str, Arcs]) -> Ruling:
    r"""Admit an opening only once the building can be used and the approval is through.

    .. math:: y_{bsm,t} = 0 \quad \text{if } t < \max(start, from_b, from_{mode})
        + \lceil delay_{class,s} \rceil \text{ or } t > last_s

    The approval takes its years from the start of the plan, or from the year in which the building
    can be used. A plan of one period opens within its years, so that :math:`t` is its last year;
    without a first year it has no dates. Source: policies P003, P105, P114-P116, P126, P127 (years
    in which rooms are vacated, lead times, three-year programmes).
    """
    del reach
    plan = instance.settings.plan
    if plan.start_year is None:
        return ruling(rows, np.zeros(len(rows), bool), "not_available")
    b = instance.buildings.iloc[rows["building"]].set_index(rows.index)
    free = np.fmax(b["available_from_year"].astype(float), float(plan.start_year))
    begun = np.fmax(free, rows["from_year"].astype(float))
    earliest = begun + np.ceil(rows["delay_years"].astype(float))
    opening = rows["year"].astype(float)
    late = np.zeros(len(rows))
    if plan.yearly:
        last = instance.services.set_index("service_id")["last_opening_year"].astype(float)
        late = (opening - rows["service_id"].map(last)).fillna(0).to_numpy()
    else:
        opening = pd.Series(float(plan.start_year + plan.years - 1), index=rows.index)
    early = (earliest - opening).to_numpy()
    field = np.where(b["available_from_year"].notna(), "available_from_year", "")
    return ruling(
        rows,
        (early > 0) | (late > 0),
        "not_available",
        lacking=np.maximum(early, late),
        field=pd.Series(np.where(early > 0, field, ""), index=rows.index, dtype=object),
    )
