"""Rule `fit`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.model.rules.admission import Ruling, ruling

AREA_TOLERANCE_M2 = 1e-6


def fit(instance: Instance, rows: pd.DataFrame) -> Ruling:
    r"""Admit a conversion only where its module fits into the building on its own.

    .. math:: y_{bsm} = 0 \quad \text{if } area_m > usable_{bm} \text{ or } yard_m > yard_b

    The usable area of a module without ``max_floor`` is the whole building. With ``max_floor``
    :math:`f` it is what lies above ground up to that floor: all of it where the building has at
    most :math:`f` floors (or their number is not known, which is listed to be checked), else the
    ground floor plus :math:`f - 1` equal shares of the upper floors. Source: floors of the uses in
    building codes.
    """
    b = instance.buildings.iloc[rows["building"]].set_index(rows.index)
    total = b["floor_area_m2"].astype(float)
    above = total - b["basement_area_m2"].astype(float).fillna(0)
    floors = b["floors"].astype(float)
    limit = rows["max_floor"].astype(float)
    ground = b["ground_area_m2"].astype(float).fillna(above / floors)
    upper = (above - ground) * (limit - 1) / (floors - 1).where(floors > 1, 1)
    low = above.where(floors.isna() | (floors <= limit), ground + upper)
    usable = total.where(limit.isna(), low)
    short_area = (rows["floor_area_m2"].astype(float) - usable).to_numpy()
    short_yard = (rows["yard_m2"].astype(float) - b["yard_m2"].astype(float)).to_numpy()
    small = short_area > AREA_TOLERANCE_M2
    bare = short_yard > AREA_TOLERANCE_M2
    field = pd.Series(np.where(small, "floor_area_m2", "yard_m2"), index=rows.index, dtype=object)
    unknown = (limit.notna() & floors.isna()).to_numpy()
    return ruling(
        rows,
        small | bare,
        "too_small",
        lacking=np.where(small, short_area, short_yard),
        field=field,
        to_check=pd.Series(np.where(unknown, "floors", ""), index=rows.index, dtype=object),
    )
