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
    field = np.full(len(rows), "", object)
    to_check = np.full(len(rows), "", object)
    building = rows["building"].to_numpy(np.int64)
    listed: dict[str, NDArray[np.bool_]] = {}

    def judge(asked: NDArray[np.bool_], name: str, met: NDArray[np.bool_]) -> None:
        known = is_known(instance.buildings[name])[building]
        failing = asked & known & ~met[building]
        field[failing & ~out] = name
        out[failing] = True
        before = listed.setdefault(name, np.zeros(len(rows), bool))
        new = asked & ~known & ~before
        before |= new
        to_check[new] = [f"{names};{name}".strip(";") for names in to_check[new]]

    for condition in instance.suitability.itertuples():
        asked = np.ones(len(rows), bool)
        for column in ("service_id", "module_id"):
            wanted = getattr(condition, column)
            if isinstance(wanted, str) and wanted:
                asked &= rows[column].eq(wanted).to_numpy(bool)
        name = str(condition.field)
        values = instance.buildings[name]
        met = meets(values, name, str(condition.comparison), str(condition.value))
        judge(asked, name, met)
    entrance = rows["own_entrance"].fillna(False).astype(bool).to_numpy()
    has_own = instance.buildings["independent_access"].eq(True).to_numpy(bool)
    judge(entrance, "independent_access", has_own)
    return ruling(
        rows,
        out,
        "unsuitable",
        field=pd.Series(field, rows.index),
        to_check=pd.Series(to_check, rows.index),
    )
