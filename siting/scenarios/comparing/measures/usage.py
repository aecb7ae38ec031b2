"""How full places are: load over capacity of what exists and what is chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.instance.instance import NEED_GRID
from siting.scenarios.comparing.measures.account import ALL, Account
from siting.verification.recount import Recount

EXISTING = "existing"
"""Kind of a facility that stands without a choice."""

FULL = 0.999
"""Share of the capacity from which a place counts as full."""


def usage(recount: Recount, account: Account) -> pd.DataFrame:
    """Return every open place of the last year with its capacity and load.

    Columns ``place_id, service_id, kind`` (``existing, keep, new, committed``), ``capacity``
    (infinite without a limit), ``load`` (units served there), ``utilisation`` (empty without a
    limit). A building that offers a service beside another is listed for both.
    """
    offers = recount.open_in(recount.last_year)
    loads = account.ways.groupby(["place_id", "service_id"])["amount"].sum().round(3)
    key = pd.MultiIndex.from_frame(offers[["place_id", "service_id"]])
    active = recount.active(recount.last_year)
    of_building = {c.building_id: str(c.status) for c in active}
    of_offer = {(c.building_id, c.service_id): str(c.status) for c in active}
    kinds = [of_offer.get(offer, of_building.get(offer[0], EXISTING)) for offer in key]
    table = pd.DataFrame(
        {
            "place_id": offers["place_id"],
            "service_id": offers["service_id"],
            "kind": kinds,
            "capacity": offers["capacity"] / NEED_GRID,
            "load": loads.reindex(key, fill_value=0.0).to_numpy(float),
        }
    )
    limited = np.isfinite(table["capacity"]) & (table["capacity"] > 0)
    return table.assign(utilisation=table["load"] / table["capacity"].where(limited))


def usage_by_service(places: pd.DataFrame) -> pd.DataFrame:
    """Return the places of `usage` by service and kind, then all kinds together (kind empty).

    Columns ``service_id, kind, places, capacity, load, utilisation`` (of those with a limit),
    ``full`` (places used to their capacity) and ``unused`` (places that nobody goes to).
    """
    both = pd.concat([places, places.assign(kind=ALL)], ignore_index=True)
    limited = np.isfinite(both["capacity"])
    both = both.assign(
        places=1,
        limited_load=both["load"].where(limited, 0.0),
        limited_capacity=both["capacity"].where(limited, 0.0),
        full=(both["utilisation"] >= FULL).astype(int),
        unused=(both["load"] == 0).astype(int),
    )
    columns = ["places", "capacity", "load", "limited_load", "limited_capacity", "full", "unused"]
    table = both.groupby(["service_id", "kind"], sort=True)[columns].sum().reset_index()
    used = table["limited_load"] / table["limited_capacity"].where(table["limited_capacity"] > 0)
    table = table.assign(utilisation=used)
    return table[
        ["service_id", "kind", "places", "capacity", "load", "utilisation", "full", "unused"]
    ]
