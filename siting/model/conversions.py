"""Every way in which a building could be used, with its cost, and why some are out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.instance.instance import KEEP, NEED_GRID, Instance

UNLIMITED = -1
"""Capacity of a place without a limit, in the grid of need."""


def list_conversions(instance: Instance) -> pd.DataFrame:
    """Return all pairs of building and module, the facilities that may stay, and the commitments.

    One row per conversion, sorted by building, service and module, with ``building`` (position in
    `Instance.buildings` and `Instance.places`), ``building_id, service_id, module_id, class,
    agency``, ``floor_area_m2, yard_m2, standalone, max_floor, own_entrance``, ``capacity`` (int64
    in 1/NEED_GRID unit, `UNLIMITED` without a limit), the costs ``works, equipment, rent,
    acquisition_share, yearly`` (int64, smallest unit of money), ``eligibility`` (status of the
    class, empty where not listed) and ``status`` (new, keep, committed).

    Costs: works = works_cost x cost_factor + extra_works_per_m2 x area; rent = yearly rent per m2
    x area x years; the acquisition share charged to the agency = price x area / building area.
    """
    buildings = instance.buildings.assign(building=np.arange(len(instance.buildings)))
    services = instance.services[["service_id", "agency", "people_cap"]]
    new = instance.modules.merge(services, on="service_id").merge(
        buildings[
            [
                "building",
                "building_id",
                "class",
                "acquisition_cost",
                "yearly_rent_per_m2",
                "floor_area_m2",
            ]
        ].rename(columns={"floor_area_m2": "building_area_m2"}),
        how="cross",
    )
    listed = instance.eligibility[
        ["class", "service_id", "status", "cost_factor", "extra_works_per_m2"]
    ].rename(columns={"status": "eligibility"})
    new = new.merge(listed, on=["class", "service_id"], how="left")
    new = _with_commitments(instance, new)
    kept = _kept(instance, buildings)
    rows = pd.concat([new, kept], ignore_index=True) if len(kept) else new
    rows = rows.sort_values(["building_id", "service_id", "module_id"], kind="stable")
    rows = rows.reset_index(drop=True)
    rows["eligibility"] = rows["eligibility"].fillna("")
    return _with_costs(instance, rows)


def _with_commitments(instance: Instance, new: pd.DataFrame) -> pd.DataFrame:
    committed = instance.locks[instance.locks["status"] == "committed"]
    keys = set(
        zip(committed["building_id"], committed["service_id"], committed["module_id"], strict=True)
    )
    pairs = zip(new["building_id"], new["service_id"], new["module_id"], strict=True)
    return new.assign(status=["committed" if pair in keys else "new" for pair in pairs])


def _kept(instance: Instance, buildings: pd.DataFrame) -> pd.DataFrame:
    changing = instance.facilities[instance.facilities["building_id"].notna()]
    services = instance.services[["service_id", "agency", "people_cap"]]
    changing = changing.merge(services, on="service_id")
    stated = changing["capacity"].astype(float).fillna(changing["people_cap"].astype(float))
    # Facilities of one service in one building are kept together; one without a limit frees all.
    kept = (
        changing.assign(capacity=stated, floor_area_m2=changing["floor_area_m2"].astype(float))
        .groupby(["building_id", "service_id", "agency"], sort=True)
        .agg({"capacity": lambda c: c.sum(skipna=False), "floor_area_m2": "sum"})
        .reset_index()
    )
    kept = kept.merge(buildings[["building", "building_id", "class"]], on="building_id")
    return kept.assign(
        people_cap=np.nan,
        module_id=KEEP,
        yard_m2=0.0,
        standalone=False,
        max_floor=np.nan,
        own_entrance=False,
        works_cost=0.0,
        equipment_cost=0.0,
        yearly_cost=0.0,
        cost_factor=1.0,
        extra_works_per_m2=0.0,
        yearly_rent_per_m2=0.0,
        acquisition_cost=0.0,
        building_area_m2=1.0,
        status="keep",
    )


def _with_costs(instance: Instance, rows: pd.DataFrame) -> pd.DataFrame:
    steps = 10**instance.settings.money.decimals

    def grid(amount: pd.Series[float]) -> pd.Series[int]:
        return np.floor(amount.astype(float).fillna(0) * steps + 0.5 + 1e-6).astype(np.int64)

    area = rows["floor_area_m2"].astype(float)
    charged = rows["status"].eq("new")
    paid = rows["building_id"].isin(_paid_buildings(instance))
    extra = rows["extra_works_per_m2"].astype(float).fillna(0)
    works = rows["works_cost"].astype(float) * rows["cost_factor"].astype(float).fillna(1.0)
    rent = rows["yearly_rent_per_m2"].astype(float) * area * instance.settings.plan.years
    share = rows["acquisition_cost"].astype(float) * area / rows["building_area_m2"].astype(float)
    capacity = rows["capacity"].astype(float).fillna(rows["people_cap"].astype(float))
    return rows.assign(
        works=grid(works + extra * area).where(charged, 0),
        equipment=grid(rows["equipment_cost"]).where(charged, 0),
        rent=grid(rent).where(charged, 0),
        acquisition_share=grid(share).where(charged & ~paid, 0),
        yearly=grid(rows["yearly_cost"]),
        capacity=capacity_on_grid(capacity),
    )[
        [
            "building",
            "building_id",
            "service_id",
            "module_id",
            "class",
            "agency",
            "floor_area_m2",
            "yard_m2",
            "standalone",
            "max_floor",
            "own_entrance",
            "capacity",
            "works",
            "equipment",
            "rent",
            "acquisition_share",
            "yearly",
            "eligibility",
            "status",
        ]
    ]


def capacity_on_grid(capacity: pd.Series[float]) -> pd.Series[int]:
    """Return capacities in 1/NEED_GRID unit, `UNLIMITED` where none is given."""
    grid = np.rint(capacity * NEED_GRID)
    return grid.fillna(UNLIMITED).astype(np.int64)


def acquisition_prices(instance: Instance) -> pd.Series[int]:
    """Return the price of each building, smallest unit of money, by position; 0 where it is paid.

    A building with a committed conversion is paid already.
    """
    prices = instance.buildings["acquisition_cost"].astype(float)
    steps = 10**instance.settings.money.decimals
    grid = np.floor(prices * steps + 0.5 + 1e-6).astype(np.int64)
    return grid.where(~instance.buildings["building_id"].isin(_paid_buildings(instance)), 0)


def _paid_buildings(instance: Instance) -> set[str]:
    locks = instance.locks
    return set(locks.loc[locks["status"] == "committed", "building_id"])
