"""Rule `fit`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.model.rules.admission import Ruling, ruling
from siting.model.rules.spaces import spaces_by_building, usable
from siting.reach import Arcs

AREA_TOLERANCE_M2 = 1e-6


def fit(instance: Instance, rows: pd.DataFrame, reach: Mapping[str, Arcs]) -> Ruling:
    r"""Admit a conversion only where its module fits into the building on its own.

    .. math:: y_{bsm} = 0 \quad \text{if } area_m > usable_{bm} \text{ or } yard_m > yard_b

    The usable area of a module without ``max_floor`` is the whole building. With ``max_floor``
    :math:`f` it is what lies above ground up to that floor: all of it where the building has at
    most :math:`f` floors (or their number is not known, which is listed to be checked), else the
    ground floor plus :math:`f - 1` equal shares of the upper floors. It is no more than the spaces
    of the building that the module may use, and than what the way of getting hold of the building
    leaves. An add-on that takes places from its host asks for no area. Source: floors of the uses
    in building codes.
    """
    del reach
    b = instance.buildings.iloc[rows["building"]].set_index(rows.index)
    total = b["floor_area_m2"].astype(float)
    above = total - b["basement_area_m2"].astype(float).fillna(0)
    floors = b["floors"].astype(float)
    limit = rows["max_floor"].astype(float)
    ground = b["ground_area_m2"].astype(float).fillna(above / floors)
    upper = (above - ground) * (limit - 1) / (floors - 1).where(floors > 1, 1)
    low = above.where(floors.isna() | (floors <= limit), ground + upper)
    room = total.where(limit.isna(), low).to_numpy()
    room = np.fmin(room, rows["mode_area_m2"].astype(float).to_numpy())
    takes_none = rows["host_capacity"].to_numpy() > 0
    spaces = _spaces(instance, rows)
    room = np.where(takes_none, np.inf, np.minimum(room, spaces))
    nowhere = ~takes_none & (spaces < 0)
    short_area = rows["taken_area_m2"].to_numpy(float) - np.maximum(room, 0)
    short_yard = (rows["yard_m2"].astype(float) - b["yard_m2"].astype(float)).to_numpy()
    small = (short_area > AREA_TOLERANCE_M2) | nowhere
    bare = short_yard > AREA_TOLERANCE_M2
    field = pd.Series(np.where(small, "floor_area_m2", "yard_m2"), index=rows.index, dtype=object)
    unknown = (limit.notna() & floors.isna()).to_numpy() & ~takes_none
    return ruling(
        rows,
        small | bare,
        "too_small",
        lacking=np.where(small, short_area, short_yard),
        field=field,
        to_check=pd.Series(np.where(unknown, "floors", ""), index=rows.index, dtype=object),
    )


def _spaces(instance: Instance, rows: pd.DataFrame) -> NDArray[np.float64]:
    """Return the area of the spaces that each conversion may use; -1 where there is none.

    Infinite where the building has no spaces.
    """
    area = np.full(len(rows), np.inf)
    known = spaces_by_building(instance)
    listed = rows["building_id"].isin(known).to_numpy()
    asked = rows.loc[listed, ["building_id", "service_id", "module_id", "spaces"]]
    found = []
    for building_id, *module in asked.itertuples(index=False):
        spaces = known[str(building_id)]
        usable_here = usable(spaces, *module)
        found.append(sum(spaces[s][0] for s in usable_here) if usable_here else -1.0)
    area[listed] = found
    return area
