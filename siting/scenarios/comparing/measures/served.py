"""Need served: by service, zone and group, and all services by weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.scenarios.comparing.measures.account import ALL, Account

_AMOUNTS = ["need", "served", "people", "people_served"]


def served_by(account: Account, keys: Sequence[str], weights: Mapping[str, float]) -> pd.DataFrame:
    r"""Return need served by service within each group of units, then all services together.

    Columns are `keys`, ``service_id, need, served, people, people_served, share``. With
    ``service_id`` empty, the share is that of all services by weight,

    .. math:: \sum_s w_s \, served_s / need_s \Big/ \sum_s w_s

    over the services that are needed there, people count once for each service that they need,
    and need and served are empty, as services have different units.
    """
    by = account.units.groupby([*keys, "service_id"], sort=True)[_AMOUNTS].sum()
    by = by[by["need"] > 0].reset_index()
    by["share"] = by["served"] / by["need"]
    together = _together(by, keys, weights)
    return pd.concat([by, together], ignore_index=True)[[*keys, "service_id", *_AMOUNTS, "share"]]


def _together(by: pd.DataFrame, keys: Sequence[str], weights: Mapping[str, float]) -> pd.DataFrame:
    weight = by["service_id"].map(weights).astype(float)
    parts = by.assign(weight=weight, credit=weight * by["share"])
    columns = ["people", "people_served", "weight", "credit"]
    if keys:
        sums = parts.groupby(list(keys), sort=True)[columns].sum().reset_index()
    else:
        sums = parts[columns].sum().to_frame().T
    return sums.assign(
        service_id=ALL,
        need=np.nan,
        served=np.nan,
        share=sums["credit"] / sums["weight"].where(sums["weight"] > 0),
    )


def score(account: Account, weights: Mapping[str, float]) -> float:
    """Return the share served of all services by weight, as `served_by` has it."""
    whole = served_by(account, [], weights)
    return float(whole.loc[whole["service_id"] == ALL, "share"].iloc[0])


def share_by_person(account: Account, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return the share served of the people of each group at each point, all services by weight.

    Columns ``demand, group, people, share``; without those who need nothing that counts.
    """
    return _share_by(account, ["demand", "group"], weights)


def share_by_point(
    account: Account, weights: Mapping[str, float], points: int
) -> NDArray[np.float64]:
    """Return the share served at each demand point, services by weight; NaN without need."""
    shares = np.full(points, np.nan)
    by = served_by(account, ["demand"], weights)
    by = by[by["service_id"] == ALL]
    shares[by["demand"].to_numpy(int)] = by["share"].to_numpy(float)
    return shares


def _share_by(account: Account, keys: Sequence[str], weights: Mapping[str, float]) -> pd.DataFrame:
    units = account.units[account.units["need"] > 0]
    weight = units["service_id"].map(weights).to_numpy(float)
    credit = weight * (units["served"] / units["need"]).to_numpy(float)
    sums = units.assign(weight=weight, credit=credit).groupby(list(keys), sort=True)
    by = sums.agg({"people": "first", "weight": "sum", "credit": "sum"}).reset_index()
    by = by[by["weight"] > 0]
    return by.assign(share=by["credit"] / by["weight"])[[*keys, "people", "share"]]
