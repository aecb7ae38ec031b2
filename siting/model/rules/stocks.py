"""How much of a stock conversions and facilities are: beds, m2, places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.cells import items_of
from siting.instance.instance import NEED_GRID, Instance
from siting.instance.people import people_factors
from siting.model.conversions import UNLIMITED
from siting.model.decisions import Decisions
from siting.model.zones import in_zone

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Stock:
    """What is counted.

    Attributes
    ----------
    services
        Services that count.
    measure
        ``capacity, floor_area, yard`` or ``count``.
    tag, zone_id
        Only places with this tag, or in this zone; all where empty.
    """

    services: frozenset[str]
    measure: str
    tag: str = ""
    zone_id: str = ""


def added(decisions: Decisions, stock: Stock) -> Floats:
    """Return what each conversion that is new or committed adds; 0 for what is kept.

    An add-on takes from the stock of its host's service what it takes of the host; capacity that
    is not limited does not count.
    """
    c, instance = decisions.conversions, decisions.instance
    own = c["service_id"].isin(stock.services).to_numpy(bool)
    if stock.measure == "capacity":
        amount = np.where(own, _limited(c["capacity"]), 0.0)
        beside = instance.outputs[instance.outputs["service_id"].isin(stock.services)]
        given = beside["capacity"].astype(float)
        given = given.fillna(beside["service_id"].map(_caps(instance)).astype(float)).fillna(0)
        further = c["module_id"].map(given.groupby(beside["module_id"]).sum())
        amount += further.astype(float).fillna(0).to_numpy()
        hosted = c["host_service_id"].isin(stock.services).to_numpy(bool)
        amount -= np.where(hosted, c["host_capacity"].to_numpy(float) / NEED_GRID, 0.0)
    elif stock.measure == "count":
        amount = own.astype(float)
    else:
        amount = np.where(own, c[f"{stock.measure}_m2"].to_numpy(float), 0.0)
    counts = c["status"].ne("keep").to_numpy(bool) & _tagged(c["tags"], stock.tag)
    if stock.zone_id:
        counts &= in_zone(instance, instance.buildings, stock.zone_id)[c["building"]]
    return np.where(counts, amount, 0.0)


def standing(instance: Instance, stock: Stock) -> Floats:
    """Return what each facility is of a stock today."""
    facilities = instance.facilities
    counts = facilities["service_id"].isin(stock.services).to_numpy(bool) & _tagged(
        facilities["tags"], stock.tag
    )
    if stock.zone_id:
        # What may change lies where its building does, as what replaces it.
        inside = in_zone(instance, instance.buildings, stock.zone_id)
        homes = dict(zip(instance.buildings["building_id"], inside, strict=True))
        own = in_zone(instance, facilities, stock.zone_id)
        pairs = zip(facilities["building_id"], own, strict=True)
        counts &= np.array([homes.get(home, alone) for home, alone in pairs], bool)
    if stock.measure == "capacity":
        stated = facilities["capacity"].astype(float)
        stated = stated.fillna(facilities["service_id"].map(_caps(instance)).astype(float))
        amount = stated.fillna(0).to_numpy(float)
    elif stock.measure == "floor_area":
        amount = facilities["floor_area_m2"].astype(float).fillna(0).to_numpy()
    else:
        amount = np.full(len(facilities), 1.0 if stock.measure == "count" else 0.0)
    return np.where(counts, amount, 0.0)


def change(decisions: Decisions, stock: Stock) -> tuple[Floats, float]:
    """Return what each conversion changes by the last year, and what all closing would.

    Of a facility that may change nothing is left unless it is kept to the end.
    """
    open_at_end = decisions.active(decisions.last_year)
    by_conversion = np.where(open_at_end, added(decisions, stock), 0.0)
    c, facilities = decisions.conversions, decisions.instance.facilities
    amount = standing(decisions.instance, stock)
    changing = facilities["building_id"].notna().to_numpy(bool) & (amount > 0)
    kept = c["status"].eq("keep").to_numpy(bool) & open_at_end
    for facility in np.flatnonzero(changing):
        mine = kept & c["building_id"].eq(facilities["building_id"].iloc[facility]).to_numpy(bool)
        mine &= c["service_id"].eq(facilities["service_id"].iloc[facility]).to_numpy(bool)
        by_conversion[mine] += amount[facility]
    return by_conversion, -float(amount[changing].sum())


def people_at_end(instance: Instance, zone_id: str) -> float:
    """Return the people of the last year who count, of a zone or of the whole town."""
    base = instance.settings.base
    if not instance.settings.plan.yearly and not zone_id and base.population is not None:
        return float(base.population)
    groups = list(base.counted_groups) or [g for g in instance.groups if g != "workers"]
    people = instance.demand[[f"people_{g}" for g in groups]].to_numpy(float)
    total = (people * people_factors(instance, instance.years[-1])[groups].to_numpy()).sum(axis=1)
    if zone_id:
        total = total[in_zone(instance, instance.demand, zone_id)]
    return float(total.sum())


def _caps(instance: Instance) -> pd.Series[float]:
    return instance.services.set_index("service_id")["people_cap"].astype(float)


def _limited(capacity: pd.Series[int]) -> Floats:
    grid = capacity.to_numpy(np.int64)
    return np.where(grid == UNLIMITED, 0.0, grid / NEED_GRID)


def _tagged(tags: pd.Series[str], tag: str) -> NDArray[np.bool_]:
    if not tag:
        return np.ones(len(tags), bool)
    known = {text: tag in items_of(text) for text in set(tags)}
    return tags.map(known).to_numpy(bool)
