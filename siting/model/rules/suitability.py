"""Rule `suitability`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.model.conditions import is_known, meets
from siting.model.rules.admission import Ruling, ruling
from siting.reach import Arcs


def suitability(instance: Instance, rows: pd.DataFrame, reach: Mapping[str, Arcs]) -> Ruling:
    r"""Admit a conversion only where the building meets the conditions of its service.

    .. math:: y_{bsm} = 0 \quad \text{if a field of } b \text{ fails a condition of } s
        \text{ or } m

    Conditions are the rows of the `suitability` table, one without a service holding for all; a
    module with ``own_entrance`` also needs a building whose ``independent_access`` is not denied.
    A fact that nobody knows passes and is listed to be checked. Source: building codes per use, as
    data.
    """
    del reach
    out = np.zeros(len(rows), bool)
    field = pd.Series("", index=rows.index, dtype=object)
    to_check = pd.Series("", index=rows.index, dtype=object)
    buildings = instance.buildings.iloc[rows["building"]].set_index(rows.index)

    def judge(asked: NDArray[np.bool_], name: str, met: NDArray[np.bool_]) -> None:
        nonlocal out
        unknown = ~is_known(buildings[name])
        failing = asked & ~unknown & ~met
        field[failing & ~out] = name
        out |= failing
        new = asked & unknown & ~to_check.str.split(";").map(lambda known: name in known)
        to_check[new] = (to_check[new] + ";" + name).str.strip(";")

    for condition in instance.suitability.itertuples():
        asked = np.ones(len(rows), bool)
        for column in ("service_id", "module_id"):
            wanted = getattr(condition, column)
            if isinstance(wanted, str) and wanted:
                asked &= rows[column].eq(wanted).to_numpy(bool)
        name = str(condition.field)
        met = meets(buildings[name], name, str(condition.comparison), str(condition.value))
        judge(asked, name, met)
    entrance = rows["own_entrance"].fillna(False).astype(bool).to_numpy()
    judge(entrance, "independent_access", buildings["independent_access"].eq(True).to_numpy(bool))
    return ruling(rows, out, "unsuitable", field=field, to_check=to_check)
