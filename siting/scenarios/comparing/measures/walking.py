"""How long people walk to where they are served, each as often as there are people."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.scenarios.comparing.measures.account import ALL, Account

CLASS_MIN = 5.0
"""Width of a class of walking time in minutes."""

_NOISE = 1e-9


def walking(account: Account, walked: Collection[str]) -> pd.DataFrame:
    """Return the minutes walked by service and by all together, one way.

    Columns ``service_id, people`` (who need it), ``people_served, share_served, mean_min,
    median_min, p90_min``: of those who are served, by people.

    Parameters
    ----------
    walked
        Services that people walk to; the others are left out.
    """
    rows = []
    for service_id, needing, ways in _parts(account, walked):
        minutes, people = ways["minutes"].to_numpy(float), ways["people"].to_numpy(float)
        served = float(people.sum())
        rows.append(
            {
                "service_id": service_id,
                "people": needing,
                "people_served": served,
                "share_served": served / needing if needing else np.nan,
                "mean_min": float(minutes @ people) / served if served else np.nan,
                "median_min": quantile(minutes, people, 0.5),
                "p90_min": quantile(minutes, people, 0.9),
            }
        )
    return pd.DataFrame(rows)


def walking_classes(account: Account, walked: Collection[str]) -> pd.DataFrame:
    """Return the people by 5-minute class of walking time, and those who are not served.

    Columns ``service_id, from_min, to_min`` (included; both empty for those not served),
    ``people, share_of_served, share_of_need``; the shares of need of a service add up to 1.
    """
    rows = []
    for service_id, needing, ways in _parts(account, walked):
        served = float(ways["people"].sum())
        group = np.ceil(ways["minutes"].to_numpy(float) / CLASS_MIN - _NOISE).clip(min=1)
        sums = ways["people"].groupby(group).sum()
        classes = range(1, int(max(sums.index, default=0)) + 1)
        for upper in classes:
            people = float(sums.get(float(upper), 0.0))
            rows.append(
                {
                    "service_id": service_id,
                    "from_min": CLASS_MIN * (upper - 1),
                    "to_min": CLASS_MIN * upper,
                    "people": people,
                    "share_of_served": people / served if served else np.nan,
                    "share_of_need": people / needing if needing else np.nan,
                }
            )
        left = max(0.0, needing - served)
        rows.append(
            {
                "service_id": service_id,
                "from_min": np.nan,
                "to_min": np.nan,
                "people": left,
                "share_of_served": np.nan,
                "share_of_need": left / needing if needing else np.nan,
            }
        )
    return pd.DataFrame(rows)


def quantile(values: NDArray[np.float64], weights: NDArray[np.float64], part: float) -> float:
    """Return the least value that at least a part of the weight does not exceed; NaN of nothing."""
    if not weights.sum() > 0:
        return float("nan")
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    first = int(np.searchsorted(reached, part * reached[-1] * (1 - _NOISE)))
    return float(values[order][first])


def _parts(account: Account, walked: Collection[str]) -> list[tuple[str, float, pd.DataFrame]]:
    """Return each service, and all together, with the people who need it and the ways to it."""
    units = account.units[account.units["need"] > 0]
    units = units[units["service_id"].isin(walked)]
    ways = account.ways[account.ways["service_id"].isin(walked)]
    needing = units.groupby("service_id")["people"].sum()
    own = ways.groupby("service_id").indices
    parts = [(str(s), float(n), ways.iloc[own.get(s, [])]) for s, n in needing.items()]
    return [*parts, (ALL, float(needing.sum()), ways)]
