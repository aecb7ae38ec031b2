"""What a plan costs, by agency, year and kind."""

from __future__ import annotations

import pandas as pd

from siting.instance.instance import Instance
from siting.solution import Solution

_COLUMNS = ["agency", "year", "kind", "in_capital", "amount"]


def spending(town: Instance, solution: Solution) -> pd.DataFrame:
    """Return what is paid: ``agency, year, kind, in_capital, amount`` (in the unit of money).

    Kinds in the capital: ``works, equipment, acquisition, rent``; beside it ``running`` (of each
    year that a service is open) and ``private``. Works and equipment are paid as a service opens,
    acquisition as its building is bought, rent in every year. The agency is empty for the part of
    an acquisition that is charged to none. A plan of one period has one year.
    """
    agencies = dict(zip(town.services["service_id"], town.services["agency"], strict=True))
    chosen = solution.chosen
    if chosen.empty:
        return pd.DataFrame(columns=_COLUMNS)
    agency = chosen["service_id"].map(agencies).fillna("").astype(str)
    bought = {
        (row["building_id"], row["mode"]): int(row["year"])
        for row in solution.acquisitions.to_dict("records")
    }
    keys = zip(chosen["building_id"], chosen["mode"], chosen["year"], strict=True)
    parts = [
        pd.DataFrame({"agency": agency, "year": year, "kind": kind, "amount": chosen[column]})
        for kind, column, year in (
            ("works", "works_cost", chosen["year"]),
            ("equipment", "equipment_cost", chosen["year"]),
            ("acquisition", "acquisition_cost", [bought.get((b, m), y) for b, m, y in keys]),
            ("private", "private_cost", chosen["year"]),
        )
    ]
    last = chosen["until"].clip(upper=town.years[-1])
    span = (last - chosen["year"] + 1).astype(float)
    for year in town.years:
        open_then = (chosen["year"] <= year) & (year <= last)
        for kind, cost in (
            ("rent", chosen["rent_cost"].astype(float) / span),
            ("running", chosen["yearly_cost"]),
        ):
            amount = cost.where(open_then, 0.0)
            parts.append(
                pd.DataFrame({"agency": agency, "year": year, "kind": kind, "amount": amount})
            )
    left = solution.acquisitions
    parts.append(
        pd.DataFrame(
            {
                "agency": "",
                "year": left["year"],
                "kind": "acquisition",
                "amount": left["unallocated"],
            }
        )
    )
    paid = pd.concat([part for part in parts if len(part)], ignore_index=True)
    paid = paid.astype({"year": int, "amount": float})
    table = paid.groupby(["agency", "year", "kind"], sort=True)["amount"].sum().reset_index()
    table = table[table["amount"] != 0].reset_index(drop=True)
    beside = table["kind"].isin(["running", "private"])
    return table.assign(in_capital=~beside, amount=table["amount"].round(6))[_COLUMNS]
