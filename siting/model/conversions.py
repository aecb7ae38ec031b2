"""Every way in which a building could be used, when and for how long, with its cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.cells import items_of
from siting.instance.instance import KEEP, NEED_GRID, Instance
from siting.model.approvals import asked_of

Floats = NDArray[np.float64]

UNLIMITED = -(2**62)
"""Capacity of a place without a limit, in the grid of need."""

_YEAR_DECIMALS = 9
"""Sums of years that agree to so many decimals are the same."""

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
    "approved_area_m2",
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
    - when: ``mode, mode_area_m2, from_year, temporary, year, until``, ``delay_years`` (with that of
      `conditions`), ``eligibility`` (status of the class, empty where not listed) and
      ``approved_area_m2`` (largest floor area by `conditions`, NaN without a limit).

    Costs: works = works_cost x cost_factor + extra_works_per_m2 x area, and the extra cost of
    `conditions`, which the provider has no part in; rent = yearly rent per m2 x area x years; the
    acquisition share charged to the agency = price x area / building area.
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


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _allowed(lists: pd.Series[str], services: pd.Series[str]) -> NDArray[np.bool_]:
    """Return where a service is in a list of services, or the list is empty."""
    pairs = zip(lists, services, strict=True)
    return np.array([not _is_text(t) or s in items_of(t) for t, s in pairs], bool)


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
    stay = open_["open_years"].to_numpy(float)
    end = np.fmin(open_["year"].to_numpy() + stay - 1, last).astype(np.int64)
    open_ = open_.assign(
        status="new",
        until=end if instance.settings.plan.yearly else last,
        temporary=~np.isnan(stay),
    )
    return pd.concat([fixed, open_], ignore_index=True) if len(fixed) else open_


def _kept(instance: Instance, buildings: pd.DataFrame) -> pd.DataFrame:
    changing = instance.facilities[instance.facilities["building_id"].notna()]
    if changing.empty:
        return changing
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
    charged = rows["status"].eq("new").to_numpy(bool)

    def numbers(column: str, blank: float = np.nan) -> Floats:
        values = rows[column].to_numpy(float)
        return np.where(np.isnan(values), blank, values)

    def grid(amount: Floats) -> NDArray[np.int64]:
        return np.where(charged, on_money_grid(instance, amount), 0)

    asked = asked_of(instance, rows)
    extra = asked["extra_cost"].to_numpy(float)
    delay = np.where(charged, asked["delay_years"], 0.0)
    area, share = numbers("floor_area_m2"), numbers("public_share")
    works = numbers("works_cost") * numbers("cost_factor", 1.0)
    works += numbers("extra_works_per_m2", 0.0) * area
    equipment = numbers("equipment_cost")
    rate = np.where(_rent_free(instance, rows), 0.0, numbers("yearly_rent_per_m2"))
    year, until = rows["year"].to_numpy(np.int64), rows["until"].to_numpy(np.int64)

    def rent(part: Floats | float) -> NDArray[np.int64]:
        if plan.yearly:
            return grid(rate * area * part) * (until - year + 1)
        return grid(rate * area * plan.years * part)

    paid = rows["building_id"].isin(paid_buildings(instance)).to_numpy(bool)
    price = np.where(paid, 0.0, numbers("acquisition_cost") * share)
    capacity, cap = numbers("capacity"), numbers("people_cap")
    public = {"works": grid(works * share + extra), "equipment": grid(equipment * share)}
    public["rent"] = rent(share)
    host = numbers("host_capacity", 0.0)
    return rows.assign(
        **public,
        acquisition_share=grid(price * area / numbers("building_area_m2")),
        yearly_rent=grid(rate * area * share),
        yearly=on_money_grid(instance, numbers("yearly_cost")),
        private=grid(works + extra) + grid(equipment) + rent(1.0) - sum(public.values()),
        capacity=capacity_on_grid(np.where(np.isnan(capacity), cap, capacity)),
        host_capacity=np.rint(host * NEED_GRID).astype(np.int64),
        taken_area_m2=np.where(host == 0, area, 0.0),
        delay_years=np.round(numbers("delay_years", 0.0) + delay, _YEAR_DECIMALS),
        approved_area_m2=np.where(charged, asked["max_area_m2"], np.nan),
        year=year,
        until=until,
    )[COLUMNS]


def _rent_free(instance: Instance, rows: pd.DataFrame) -> NDArray[np.bool_]:
    plan = instance.settings.plan
    free = rows["owner_level"].isin(plan.rent_free_owner_levels)
    if plan.rent_free_services:
        free &= rows["service_id"].isin(plan.rent_free_services)
    return free.to_numpy(bool)


def on_money_grid(instance: Instance, amount: Floats) -> NDArray[np.int64]:
    """Return amounts in the smallest unit of money, halves up; 0 where none is given."""
    steps = 10**instance.settings.money.decimals
    known = np.where(np.isnan(amount), 0.0, amount)
    return np.floor(known * steps + 0.5 + 1e-6).astype(np.int64)


def capacity_on_grid(capacity: Floats) -> NDArray[np.int64]:
    """Return capacities in 1/NEED_GRID unit, `UNLIMITED` where none is given."""
    unlimited = np.isnan(capacity)
    grid = np.rint(np.where(unlimited, 0.0, capacity) * NEED_GRID).astype(np.int64)
    return np.where(unlimited, UNLIMITED, grid)


def mode_prices(instance: Instance) -> pd.DataFrame:
    """Return what is paid once for each building and mode, by the district.

    Columns ``building`` (position), ``building_id, mode, price`` (smallest unit of money; 0 where
    the building has a committed conversion, which is paid) and ``land_m2``.
    """
    buildings = instance.buildings.assign(building=np.arange(len(instance.buildings)))
    ways = _with_tenures(instance, buildings)
    price = ways["acquisition_cost"].to_numpy(float) * ways["public_share"].to_numpy(float)
    paid = ways["building_id"].isin(paid_buildings(instance)).to_numpy(bool)
    return ways[["building", "building_id", "mode"]].assign(
        price=np.where(paid, 0, on_money_grid(instance, price)),
        land_m2=buildings["land_m2"].to_numpy(float)[ways["building"]],
    )


def paid_buildings(instance: Instance) -> set[str]:
    """Return the buildings that a commitment has paid for."""
    locks = instance.locks
    return set(locks.loc[locks["status"] == "committed", "building_id"])
