"""Whom a site serves: where they live, by zone."""

from __future__ import annotations

import pandas as pd

from siting.model.zones import zone_of
from siting.report.labels import zone_names
from siting.report.results import Results

MOST_ROWS = 10
"""Rows of a site; each of its services names as many zones as fit, the others are added up."""


def who_gains(results: Results, building_id: str) -> pd.DataFrame:
    """Return who is served in a building, by service and the zone where they live.

    Returns
    -------
    pandas.DataFrame
        ``service_id, zone, amount, minutes``: need served in the last year that the building is
        used, in units of the service, and the mean way there; the largest first, zones beyond
        its part of `MOST_ROWS` together with an empty ``zone``.
    """
    chosen = results.chosen[results.chosen["building_id"] == building_id]
    last = results.planned.years[-1]
    until = int(chosen["until"].clip(upper=last).max())
    served = results.solution.service
    served = served[(served["place_id"] == building_id) & (served["year"] == until)]
    instance = results.instance
    zones = dict(
        zip(instance.demand["demand_id"], zone_of(instance.demand, instance.zone_kind), strict=True)
    )
    names = zone_names(instance, results.lang)
    told = pd.DataFrame(
        {
            "service_id": served["service_id"],
            "zone": served["demand_id"].map(zones).map(names),
            "amount": served["amount"].astype(float),
            "way": served["amount"] * served["minutes"].astype(float),
        }
    )
    sums = told.groupby(["service_id", "zone"], as_index=False)[["amount", "way"]].sum()
    sums = sums.sort_values(["service_id", "amount"], ascending=[True, False], ignore_index=True)
    named = max(1, MOST_ROWS // max(1, sums["service_id"].nunique()) - 1)
    place = sums.groupby("service_id").cumcount()
    size = sums.groupby("service_id")["zone"].transform("size")
    beyond = (place >= named) & (size > named + 1)
    sums["zone"] = sums["zone"].where(~beyond, "")
    sums = sums.groupby(["service_id", "zone"], as_index=False, sort=False).sum()
    sums["minutes"] = sums["way"] / sums["amount"]
    return sums.drop(columns="way")
