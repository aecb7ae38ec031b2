"""What the conditions of approvals ask of conversions: money, years and a largest area."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.instance.instance import Instance

_ASKED = {"extra_cost": "sum", "delay_years": "sum", "max_area_m2": "min"}


def asked_of(instance: Instance, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what `conditions` ask of each conversion; nothing where the rule is off.

    Columns ``extra_cost`` (money), ``delay_years`` and ``max_area_m2`` (NaN without a limit), one
    entry per row of `rows`. The row for every use of the building and the one for the service hold
    together: costs and delays add up, the smaller area counts.

    Parameters
    ----------
    rows
        With ``building_id`` and ``service_id``.
    """
    table = instance.conditions
    if table.empty or not instance.rule_on("conditions"):
        none = {"extra_cost": 0.0, "delay_years": 0.0, "max_area_m2": np.nan}
        return pd.DataFrame(none, index=rows.index)
    stated = table.astype(dict.fromkeys(_ASKED, float)).assign(
        service_id=table["service_id"].fillna("")
    )
    uses = rows[["building_id", "service_id"]].drop_duplicates()
    pairs = uses.merge(stated, on="building_id", suffixes=("", "_stated"))
    named = pairs["service_id_stated"]
    own = named.eq("") | named.eq(pairs["service_id"])
    asked = pairs[own].groupby(["building_id", "service_id"]).agg(_ASKED)
    found = rows[["building_id", "service_id"]].join(asked, on=["building_id", "service_id"])
    return found[list(_ASKED)].fillna({"extra_cost": 0.0, "delay_years": 0.0})
