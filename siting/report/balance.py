"""Who is served today and in the plan, and what else all tables and maps look up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.model.zones import zone_of
from siting.reach import Arcs
from siting.solution import Solution

UNIT_KEY = ["demand_id", "group", "service_id"]


def as_of(instance: Instance, year: int) -> Instance:
    """Return the town as of a year; a plan of one period has only one."""
    return instance.in_year(year) if instance.settings.plan.yearly else instance


def need_balance(
    instance: Instance, service_today: pd.DataFrame, service_plan: pd.DataFrame
) -> pd.DataFrame:
    """Return who is served today and in the plan, one row per unit of need.

    Parameters
    ----------
    instance
        As of one year (`Instance.in_year`).
    service_today, service_plan
        Who is served where in that year, columns as `Solution.service`.

    Returns
    -------
    pandas.DataFrame
        In the order of `Instance.units`: ``demand`` (position), ``demand_id, group, service_id,
        zone_id`` (of the listing kind, empty for none), ``need, served_today, served_plan,
        unserved_today, unserved_plan`` in units of the service, ``people`` of the group at the
        point, and ``without_today, without_plan``, the people behind the need that is not served
        (people x unserved / need).
    """
    units = instance.units
    people = instance.demand[[f"people_{g}" for g in instance.groups]].to_numpy(float)
    group = pd.Index(instance.groups).get_indexer(units["group"])
    point = units["demand"].to_numpy(int)
    balance = units[["demand", *UNIT_KEY]].assign(
        zone_id=zone_of(instance.demand, instance.zone_kind)[point],
        need=units["need"].to_numpy(float) / NEED_GRID,
        people=people[point, group] if len(units) else 0.0,
    )
    keys = pd.MultiIndex.from_frame(balance[UNIT_KEY])
    for when, service in (("today", service_today), ("plan", service_plan)):
        served = service[service["place_id"] != ""]
        amounts = served.groupby(UNIT_KEY)["amount"].sum().reindex(keys, fill_value=0.0)
        balance[f"served_{when}"] = amounts.to_numpy(float)
        unserved = (balance["need"] - balance[f"served_{when}"]).clip(lower=0).round(3)
        balance[f"unserved_{when}"] = unserved
        needed = balance["need"].where(balance["need"] > 0)
        balance[f"without_{when}"] = (balance["people"] * unserved / needed).fillna(0.0)
    return balance


def share_by_point(instance: Instance, balance: pd.DataFrame, when: str) -> NDArray[np.float64]:
    """Return the share of need served at each demand point: mean of its services by weight.

    NaN where a point needs nothing.
    """
    weights = of_services(instance, "weight")
    sums = balance.groupby(["demand", "service_id"])[["need", f"served_{when}"]].sum()
    sums = sums[sums["need"] > 0]
    weight = sums.index.get_level_values("service_id").map(weights).to_numpy(float)
    ratio = (sums[f"served_{when}"] / sums["need"]).to_numpy(float)
    point = sums.index.get_level_values("demand").to_numpy(int)
    total = np.bincount(point, weight, minlength=len(instance.demand))
    served = np.bincount(point, weight * ratio, minlength=len(instance.demand))
    return np.asarray(served / np.where(total > 0, total, np.nan), float)


def people_by_point(instance: Instance) -> NDArray[np.float64]:
    """Return the people at each demand point, of the groups that add up to the population."""
    groups = instance.settings.base.counted_groups or tuple(
        g for g in instance.groups if g != "workers"
    )
    people = instance.demand[[f"people_{g}" for g in groups]].to_numpy(float)
    return np.asarray(people.sum(axis=1), float)


def open_today(instance: Instance, service_id: str) -> NDArray[np.bool_]:
    """Return which of `Instance.places` offer a service today, as a mask."""
    own = instance.facilities["service_id"].eq(service_id).to_numpy(bool)
    return np.concatenate([np.zeros(len(instance.buildings), bool), own])


def offered(instance: Instance, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return ``row`` (of `chosen`), ``building_id, service_id, capacity`` of all it offers.

    Its own service, and what its module offers beside; the capacity NaN without a limit.
    """
    own = chosen.reset_index(names="row")[["row", "building_id", "module_id"]]
    beside = instance.outputs[["module_id", "service_id", "capacity"]]
    caps = beside["service_id"].map(of_services(instance, "people_cap")).astype(float)
    beside = beside.assign(capacity=beside["capacity"].astype(float).fillna(caps))
    further = own.merge(beside, on="module_id").drop(columns="module_id")
    columns = ["building_id", "service_id", "capacity"]
    given = chosen[columns].astype({"capacity": float}).reset_index(names="row")
    return pd.concat([given, further], ignore_index=True) if len(further) else given


def open_in_plan(instance: Instance, solution: Solution, service_id: str) -> NDArray[np.bool_]:
    """Return which of `Instance.places` offer a service in the plan, as a mask."""
    facilities = instance.facilities
    constant = facilities["service_id"].eq(service_id) & facilities["building_id"].isna()
    offers = offered(instance, solution.chosen)
    own = offers.loc[offers["service_id"] == service_id, "building_id"]
    converted = instance.buildings["building_id"].isin(own)
    return np.concatenate([converted.to_numpy(bool), constant.to_numpy(bool)])


def people_within(
    balance: pd.DataFrame, arcs: Arcs, places: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the people within the standard of any of the places, by unit of need."""
    people = np.zeros(len(balance))
    reached = arcs.unit[places[arcs.place]]
    people[reached] = balance["people"].to_numpy(float)[reached]
    return people


def facility_supply(instance: Instance) -> pd.DataFrame:
    """Return ``facility_id, zone_id, service_id, capacity`` of what is open today.

    The capacity is the service's cap of people where the facility states none, and infinite where
    there is no limit at all.
    """
    facilities = instance.facilities
    caps = facilities["service_id"].map(of_services(instance, "people_cap")).astype(float)
    return pd.DataFrame(
        {
            "facility_id": facilities["facility_id"],
            "zone_id": zone_of(facilities, instance.zone_kind),
            "service_id": facilities["service_id"],
            "capacity": facilities["capacity"].astype(float).fillna(caps).fillna(np.inf),
        }
    )


def place_zones(instance: Instance, kind: str) -> dict[str, str]:
    """Return the zone of a kind of each building and facility by id; empty where it has none."""
    b, f = instance.buildings, instance.facilities
    ids = [*b["building_id"], *f["facility_id"]]
    return dict(zip(ids, [*zone_of(b, kind), *zone_of(f, kind)], strict=True))


def of_services(instance: Instance, column: str) -> dict[str, Any]:
    """Return a column of `services` by id."""
    return dict(zip(instance.services["service_id"], instance.services[column], strict=True))
