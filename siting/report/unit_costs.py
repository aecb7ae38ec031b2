"""What a unit of need newly served costs, place by place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.report.balance import UNIT_KEY
from siting.solution import Solution

UPPER_QUARTILE = 0.75
"""A cost per unit above this quantile of its service is flagged."""

_LEAST = 4
"""Places of a service from which on a quartile says anything."""


def unit_costs_table(
    chosen: pd.DataFrame, solution: Solution, balance: pd.DataFrame
) -> pd.DataFrame:
    """Return the capital per unit newly served of each new conversion, the dearest first.

    What the plan adds to a unit of need is laid on the new places that serve it, in proportion to
    what each serves of it; so the units newly served add up to what the plan adds. One that only
    takes over people served before has none, and no cost per unit. Flagged as ``dear`` is what
    lies above the upper quartile of its service, from four places on.

    Parameters
    ----------
    chosen
        The table of `siting.report.tables.chosen_table`.
    solution, balance
        As of the last year; a conversion that ended before is not listed.
    """
    new = solution.chosen[solution.chosen["status"] != "keep"]
    opened = set(zip(new["building_id"], new["service_id"], strict=True))
    pairs = zip(solution.service["place_id"], solution.service["service_id"], strict=True)
    here = solution.service[np.array([pair in opened for pair in pairs], bool)]
    added = balance.set_index(UNIT_KEY)
    gain = (added["served_plan"] - added["served_today"]).clip(lower=0)
    of_unit = here.groupby(UNIT_KEY)["amount"].transform("sum")
    keys = pd.MultiIndex.from_frame(here[UNIT_KEY])
    share = np.minimum(1.0, gain.reindex(keys).to_numpy(float) / of_unit.to_numpy(float))
    newly = (here["amount"] * share).groupby([here["place_id"], here["service_id"]]).sum()
    last = solution.chosen.set_index(["building_id", "service_id", "module_id"]).index
    keys = pd.MultiIndex.from_frame(chosen[["building_id", "service_id", "module_id"]])
    listed = chosen[keys.isin(last) & chosen["status"].eq("new").to_numpy()]
    columns = ["site", "building_id", "name", "zone", "service_id", "service", "module_id", "unit"]
    table = listed[[*columns, "cost", "served"]].copy()
    pairs = zip(table["building_id"], table["service_id"], strict=True)
    table["served_new"] = [float(newly.get(pair, 0.0)) for pair in pairs]
    table["unit_cost"] = table["cost"] / table["served_new"].where(table["served_new"] > 0)
    groups = table.groupby("service_id")["unit_cost"]
    most = groups.transform(lambda costs: costs.quantile(UPPER_QUARTILE))
    table["dear"] = (table["unit_cost"] > most + 1e-9) & (groups.transform("count") >= _LEAST)
    return table.sort_values("unit_cost", ascending=False, ignore_index=True)
