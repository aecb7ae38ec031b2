"""How evenly a plan serves: the worst zone, and inequality among people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.scenarios.comparing.measures.account import ALL, Account
from siting.scenarios.comparing.measures.served import share_by_person


def gini(shares: NDArray[np.float64], people: NDArray[np.float64]) -> float:
    r"""Return the Gini coefficient of the share served, over people.

    .. math:: G = \frac{\sum_i \sum_j p_i p_j |x_i - x_j|}{2 P^2 \bar x},
        \quad P = \sum_i p_i, \quad \bar x = \sum_i p_i x_i / P

    0 where all are served alike; NaN where nobody is served. Computed as one less twice the area
    under the Lorenz curve; weighted forms: Berger and Balay (2020), doi 10.2478/jos-2020-0013.

    Parameters
    ----------
    shares, people
        Share served and number of each kind of people, shape (n,).
    """
    total, served = float(people.sum()), float(people @ shares)
    if not (total > 0 and served > 0):
        return float("nan")
    order = np.argsort(shares, kind="stable")
    step = people[order] / total
    curve = np.concatenate([[0.0], np.cumsum(people[order] * shares[order]) / served])
    return max(0.0, 1.0 - float(step @ (curve[1:] + curve[:-1])))


def equity(account: Account, zones: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return how evenly each service, and all by weight, are spread.

    Columns ``service_id, worst_zone_id, worst_share, best_zone_id, best_share`` (of the zones of
    the listing kind where it is needed) and ``gini``: over the people of every group that needs
    it, of the share of their need that is served.

    Parameters
    ----------
    zones
        As `siting.scenarios.comparing.measures.served.served_by` has them by ``zone_id``.
    """
    zones = zones[zones["share"].notna()]
    persons = share_by_person(account, weights)
    inequality = {ALL: gini(persons["share"].to_numpy(float), persons["people"].to_numpy(float))}
    units = account.units[account.units["need"] > 0]
    shares = units["served"].to_numpy(float) / units["need"].to_numpy(float)
    people = units["people"].to_numpy(float)
    for service_id, rows in units.groupby("service_id", sort=True).indices.items():
        inequality[str(service_id)] = gini(shares[rows], people[rows])
    rows = []
    for service_id, own in zones.groupby("service_id", sort=True):
        low, high = own.loc[own["share"].idxmin()], own.loc[own["share"].idxmax()]
        rows.append(
            {
                "service_id": service_id,
                "worst_zone_id": low["zone_id"],
                "worst_share": float(low["share"]),
                "best_zone_id": high["zone_id"],
                "best_share": float(high["share"]),
                "gini": inequality[str(service_id)],
            }
        )
    return pd.DataFrame(rows)
