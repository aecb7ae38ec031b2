"""Rule `max_size`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.model.rules.admission import Ruling, ruling
from siting.model.rules.fit import AREA_TOLERANCE_M2
from siting.reach import Arcs


def max_size(instance: Instance, rows: pd.DataFrame, reach: Mapping[str, Arcs]) -> Ruling:
    r"""Admit no module larger than one site of its service may be.

    .. math:: y_{bsm} = 0 \quad \text{if } area_m > max_s

    Source: policies P092, P094 (large facilities stay out of the core).
    """
    del reach
    ceiling = instance.services.set_index("service_id")["site_max_m2"].astype(float)
    over = rows["floor_area_m2"].astype(float) - rows["service_id"].map(ceiling).astype(float)
    out = (over > AREA_TOLERANCE_M2).to_numpy(bool)
    return ruling(rows, out, "too_large", lacking=np.where(out, over, np.nan))
