"""Every way in which a building could be used, when and for how long, with its cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.instance.instance import KEEP, NEED_GRID, Instance

UNLIMITED = -(2**62)
"""Capacity of a place without a limit, in the grid of need."""

_MODULE_COLUMNS = [
    "module_id",
    "service_id",
    "capacity",
    "floor_area_m2",
    "yard_m2",
    "works_cost",
    "equipment_cost",
    "yearly_cost",
    "min_load",
    "standalone",
    "max_floor",
    "own_entrance",
    "host_service_id",
    "host_capacity",
    "spaces",
    "slots",
    "tags",
]

COLUMNS = [
    "building",
    "building_id",
    "service_id",
    "module_id",
    "class",
    "agency",
    "floor_area_m2",
    "taken_area_m2",
    "yard_m2",
    "standalone",
    "max_floor",
    "own_entrance",
    "capacity",
    "min_load",
    "host_service_id",
    "host_capacity",
    "spaces",
    "slots",
    "tags",
    "works",
    "equipment",
    "rent",
    "acquisition_share",
    "yearly_rent",
    "yearly",
    "private",
    "eligibility",
    "delay_years",
    "status",
    "mode",
    "mode_area_m2",
    "from_year",
    "temporary",
    "year",
    "until",
]


def list_conversions(instance: Instance) -> pd.DataFrame:
    """Return all that could open in a building, what could stay there, and the commitments.

    One row per building, module, way to get hold of the building and year of opening; per
    changeable facility and last year that it is kept; per commitment. Sorted by building, service,
    module, mode and years, with

    - ``building`` (position in `Instance.buildings` and `Instance.places`), ``building_id,
      service_id, module_id, class, agency, status`` (new, keep, committed);
    - what it takes: ``floor_area_m2, taken_area_m2`` (nothing for an add-on that takes places
      from its host), ``yard_m2, spaces, slots, standalone, max_floor, own_entrance``;
    - what it gives: ``capacity`` (int64 in 1/NEED_GRID unit, `UNLIMITED` without a limit),
      ``min_load, host_service_id, host_capacity, tags``;
    - money (int64, smallest unit, the district's part): ``works, equipment, rent`` over all its
      years, ``acquisition_share, yearly_rent, yearly`` and ``private``, what the provider adds;
    - when: ``mode, mode_area_m2, from_year, temporary, year, until``, ``delay_years`` and
      ``eligibility`` (status of the class, empty where not listed).

    Costs: works = works_cost x cost_factor + extra_works_per_m2 x area; rent = yearly rent per m2
    x area x years; the acquisition share charged to the agency = price x area / building area.
    """
    buildings = instance.buildings.assign(building=np.arange(len(instance.buildings)))
    services = instance.services[["service_id", "agency", "people_cap"]]
    new = instance.modules[_MODULE_COLUMNS].merge(services, on="service_id")
    new = new.merge(_with_tenures(instance, buildings), how="cross")
    new = new[_allowed(new["mode_services"], new["service_id"])]
    listed = instance.eligibility[
        ["class", "service_id", "status", "cost_factor", "extra_works_per_m2", "delay_years"]
    ].rename(columns={"status": "eligibility"})
    new = new.merge(listed, on=["class", "service_id"], how="left")
    new = _in_years(instance, new)
    kept = _kept(instance, buildings)
    rows = pd.concat([new, kept], ignore_index=True) if len(kept) else new
    rows = rows.sort_values(
        ["building_id", "service_id", "module_id", "mode", "year", "until"], kind="stable"
    ).reset_index(drop=True)
    for column in ("eligibility", "host_service_id", "spaces", "slots", "tags"):
        rows[column] = rows[column].fillna("").astype(object)
    return _with_costs(instance, rows)


def listed_in(text: object) -> tuple[str, ...]:
    """Return the items of a list column, separated by ``|``; nothing where it is empty."""
    if not isinstance(text, str):
        return ()
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _allowed(lists: pd.Series[str], services: pd.Series[str]) -> np.ndarray:
    """Return where a service is in a list of services, or the list is empty."""
    pairs = zip(lists, services, strict=True)
    return np.array([not _is_text(t) or s in listed_in(t) for t, s in pairs], bool)


def _with_tenures(instance: Instance, buildings: pd.DataFrame) -> pd.DataFrame:
    """Return one row per building and way to get hold of it; its own terms where none is given."""
    names = ["building", "building_id", "class", "owner_level"]
    area = {"floor_area_m2": "building_area_m2"}
    own = buildings[[*names, "floor_area_m2", "acquisition_cost", "yearly_rent_per_m2"]].rename(
        columns=area
    )
    own = own.assign(
        mode="", public_share=1.0, from_year=np.nan, open_years=np.nan, mode_area_m2=np.nan
    ).assign(mode_services="")
    if instance.tenures.empty:
        return own
    several = instance.tenures.rename(
        columns={"years": "open_years", "area_m2": "mode_area_m2", "services": "mode_services"}
    ).drop(columns="source", errors="ignore")
    ways = buildings[[*names, "floor_area_m2"]].rename(columns=area)
    ways = ways.merge(several, on="building_id")
    own = own[~own["building_id"].isin(several["building_id"])]
    return pd.concat([own, ways[own.columns]], ignore_index=True)


def _in_years(instance: Instance, new: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each year of opening; a commitment stands for all rows of its module."""
    first, last = instance.years[0], instance.years[-1]
    locks = instance.locks[instance.locks["status"] == "committed"]
    since = {
        (lock.building_id, lock.service_id, lock.module_id): max(
            first, first if pd.isna(lock.year) else int(lock.year)
        )
        for lock in locks.itertuples()
    }
    keys = list(zip(new["building_id"], new["service_id"], new["module_id"], strict=True))
    committed = np.array([key in since for key in keys], bool)
    is_first = ~new.duplicated(["building_id", "service_id", "module_id"])
    fixed = new[committed & is_first].assign(status="committed")
    fixed["year"] = [since[k] for k, c in zip(keys, committed & is_first, strict=True) if c]
    fixed = fixed.assign(until=last, temporary=False)
    open_ = new[~committed].merge(pd.DataFrame({"year": instance.years}), how="cross")
    end = open_["year"] + open_["open_years"].astype(float) - 1
    open_ = open_.assign(
        status="new",
        until=np.minimum(end.fillna(last), last).astype(np.int64)
        if instance.settings.plan.yearly
        else last,
        temporary=open_["open_years"].notna().to_numpy(),
    )
    return pd.concat([fixed, open_], ignore_index=True) if len(fixed) else open_


def _kept(instance: Instance, buildings: pd.DataFrame) -> pd.DataFrame:
    changing = instance.facilities[instance.facilities["building_id"].notna()]
    services = instance.services[["service_id", "agency", "people_cap"]]
    changing = changing.merge(services, on="service_id")
    stated = changing["capacity"].astype(float).fillna(changing["people_cap"].astype(float))
    # Facilities of one service in one building are kept together; one without a limit frees all.
    kept = (
        changing.assign(capacity=stated, floor_area_m2=changing["floor_area_m2"].astype(float))
        .groupby(["building_id", "service_id", "agency"], sort=True)
        .agg(
            {
                "capacity": lambda c: c.sum(skipna=False),
                "floor_area_m2": "sum",
                "tags": lambda t: "|".join(dict.fromkeys(x for x in t if _is_text(x))),
            }
        )
        .reset_index()
    )
    kept = kept.merge(buildings[["building", "building_id", "class"]], on="building_id")
    kept = kept.merge(pd.DataFrame({"until": instance.years}), how="cross")
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
        min_load=0.0,
        host_capacity=0.0,
        cost_factor=1.0,
        extra_works_per_m2=0.0,
        yearly_rent_per_m2=0.0,
        acquisition_cost=0.0,
        building_area_m2=1.0,
        public_share=1.0,
        delay_years=0.0,
        mode="",
        temporary=False,
        year=instance.years[0],
        status="keep",
    )


def _with_costs(instance: Instance, rows: pd.DataFrame) -> pd.DataFrame:
    plan = instance.settings.plan
    charged = rows["status"].eq("new")

    def grid(amount: pd.Series[float]) -> pd.Series[int]:
        return on_money_grid(instance, amount).where(charged, 0)

    area, share = rows["floor_area_m2"].astype(float), rows["public_share"].astype(float)
    extra = rows["extra_works_per_m2"].astype(float).fillna(0)
    works = rows["works_cost"].astype(float) * rows["cost_factor"].astype(float).fillna(1.0)
    works += extra * area
    equipment = rows["equipment_cost"].astype(float)
    rate = rows["yearly_rent_per_m2"].astype(float).where(~_rent_free(instance, rows), 0.0)

    def rent(part: pd.Series[float] | float) -> pd.Series[int]:
        if plan.yearly:
            return grid(rate * area * part) * (rows["until"] - rows["year"] + 1)
        return grid(rate * area * plan.years * part)

    price = rows["acquisition_cost"].astype(float) * share
    price = price.where(~rows["building_id"].isin(paid_buildings(instance)), 0.0)
    capacity = rows["capacity"].astype(float).fillna(rows["people_cap"].astype(float))
    public = {"works": grid(works * share), "equipment": grid(equipment * share)}
    public["rent"] = rent(share)
    host = rows["host_capacity"].astype(float).fillna(0)
    return rows.assign(
        **public,
        acquisition_share=grid(price * area / rows["building_area_m2"].astype(float)),
        yearly_rent=grid(rate * area * share),
        yearly=on_money_grid(instance, rows["yearly_cost"]),
        private=grid(works) + grid(equipment) + rent(1.0) - sum(public.values()),
        capacity=capacity_on_grid(capacity),
        host_capacity=np.rint(host * NEED_GRID).astype(np.int64),
        taken_area_m2=area.where(host == 0, 0.0),
        delay_years=rows["delay_years"].astype(float).fillna(0),
        year=rows["year"].astype(np.int64),
        until=rows["until"].astype(np.int64),
    )[COLUMNS]


def _rent_free(instance: Instance, rows: pd.DataFrame) -> pd.Series[bool]:
    plan = instance.settings.plan
    free = rows["owner_level"].isin(plan.rent_free_owner_levels)
    if plan.rent_free_services:
        free &= rows["service_id"].isin(plan.rent_free_services)
    return free


def on_money_grid(instance: Instance, amount: pd.Series[float]) -> pd.Series[int]:
    """Return amounts in the smallest unit of money, halves up."""
    steps = 10**instance.settings.money.decimals
    return np.floor(amount.astype(float).fillna(0) * steps + 0.5 + 1e-6).astype(np.int64)


def capacity_on_grid(capacity: pd.Series[float]) -> pd.Series[int]:
    """Return capacities in 1/NEED_GRID unit, `UNLIMITED` where none is given."""
    grid = np.rint(capacity * NEED_GRID)
    return grid.fillna(UNLIMITED).astype(np.int64)


def mode_prices(instance: Instance) -> pd.DataFrame:
    """Return what is paid once for each building and mode, by the district.

    Columns ``building`` (position), ``building_id, mode, price`` (smallest unit of money; 0 where
    the building has a committed conversion, which is paid) and ``land_m2``.
    """
    buildings = instance.buildings.assign(building=np.arange(len(instance.buildings)))
    ways = _with_tenures(instance, buildings)
    price = ways["acquisition_cost"].astype(float) * ways["public_share"].astype(float)
    paid = ways["building_id"].isin(paid_buildings(instance))
    return ways[["building", "building_id", "mode"]].assign(
        price=on_money_grid(instance, price).where(~paid, 0),
        land_m2=buildings["land_m2"].astype(float).to_numpy()[ways["building"]],
    )


def paid_buildings(instance: Instance) -> set[str]:
    """Return the buildings that a commitment has paid for."""
    locks = instance.locks
    return set(locks.loc[locks["status"] == "committed", "building_id"])
