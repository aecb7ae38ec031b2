"""Rule `suitability`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.instance.tables import TABLES
from siting.model.rules.admission import Ruling, ruling


def suitability(instance: Instance, rows: pd.DataFrame) -> Ruling:
    r"""Admit a conversion only where the building meets the conditions of its service.

    .. math:: y_{bsm} = 0 \quad \text{if a field of } b \text{ fails a condition of } s
        \text{ or } m

    Conditions are the rows of the `suitability` table; a module with ``own_entrance`` also needs
    a building whose ``independent_access`` is not denied. A fact that nobody knows passes and is
    listed to be checked. Source: building codes per use, as data.
    """
    out = np.zeros(len(rows), bool)
    field = pd.Series("", index=rows.index, dtype=object)
    to_check = pd.Series("", index=rows.index, dtype=object)
    buildings = instance.buildings.iloc[rows["building"]].set_index(rows.index)

    def judge(asked: NDArray[np.bool_], name: str, met: NDArray[np.bool_]) -> None:
        nonlocal out
        unknown = buildings[name].isna().to_numpy() | buildings[name].eq("").to_numpy(bool)
        failing = asked & ~unknown & ~met
        field[failing & ~out] = name
        out |= failing
        new = asked & unknown & ~to_check.str.split(";").map(lambda known: name in known)
        to_check[new] = (to_check[new] + ";" + name).str.strip(";")

    for condition in instance.suitability.itertuples():
        asked = rows["service_id"].eq(condition.service_id).to_numpy(bool)
        if isinstance(condition.module_id, str) and condition.module_id:
            asked = asked & rows["module_id"].eq(condition.module_id).to_numpy(bool)
        name = str(condition.field)
        met = _meets(buildings[name], name, str(condition.comparison), str(condition.value))
        judge(asked, name, met)
    entrance = rows["own_entrance"].fillna(False).astype(bool).to_numpy()
    judge(entrance, "independent_access", buildings["independent_access"].eq(True).to_numpy(bool))
    return ruling(rows, out, "unsuitable", field=field, to_check=to_check)


def _meets(values: pd.Series, field: str, comparison: str, value: str) -> NDArray[np.bool_]:
    """Compare a field with the value of a condition, as the field's declared type has it."""
    column = TABLES["buildings"].column(field)
    kind = "text" if column is None else column.type
    read = _READERS.get(kind, str.strip)
    if comparison in {"at_least", "at_most"}:
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(float)
        limit = float(value)
        return numbers >= limit if comparison == "at_least" else numbers <= limit
    wanted = {read(option) for option in value.split("|")}
    if comparison != "one_of":
        wanted = {read(value)}
    same = values.map(lambda v: (read(v) if isinstance(v, str) else v) in wanted).to_numpy(bool)
    return ~same if comparison == "differs" else same


_YES = {"true", "1", "yes", "y", "是"}

_READERS: dict[str, Callable[[str], object]] = {
    "boolean": lambda text: text.strip().lower() in _YES,
    "number": float,
    "integer": float,
}
