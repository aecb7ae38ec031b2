"""What a plan does, as tables: sites, services, zones, agencies, overload.

Columns are machine names (`labels.HEADINGS` has what people see); names of services, zones and
agencies stand in the language asked for, codes as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.reach import Arcs
from siting.report.balance import (
    of_services,
    offered,
    open_in_plan,
    open_today,
    people_within,
    place_zones,
)
from siting.report.labels import (
    NO_AGENCY,
    Lang,
    filled,
    in_lang,
    number,
    place_names,
    service_names,
    zone_names,
)
from siting.solution import Solution

_COSTS = ["works_cost", "equipment_cost", "acquisition_cost", "rent_cost", "cost"]
_BALANCE = ["need", "served_today", "served_plan", "people", "without_today", "without_plan"]


def chosen_table(
    instance: Instance,
    solution: Solution,
    balance: pd.DataFrame,
    reach: Mapping[str, Arcs],
    lang: Lang = "en",
) -> pd.DataFrame:
    """Return one row per chosen conversion of the whole plan, by zone and building.

    ``site`` numbers the buildings as the map does. ``served`` is the need served in the last year
    that it is open; several of one service in a building share it by capacity. ``people_new`` are
    people (not units of need)
    of the service's groups within the standard of the new place and of no place open today; two
    new places may count the same people, so the column does not add up. It is 0 for a facility
    that is kept.
    """
    facts = instance.buildings[["building_id", "address", "class"]]
    chosen = solution.chosen.merge(facts, on="building_id")
    building, service = chosen["building_id"], chosen["service_id"]
    zones, min_load = zone_names(instance, lang), _min_loads(instance)
    agencies = of_services(instance, "agency")
    chosen = chosen.assign(
        name=building.map(place_names(instance)),
        address=chosen["address"].map(filled),
        zone_id=building.map(place_zones(instance, instance.zone_kind)),
        agency=[filled(agencies[s]) or NO_AGENCY[lang] for s in service],
        service=service.map(service_names(instance, lang)),
        unit=service.map(of_services(instance, "unit")),
        needs_approval=_needs_approval(instance, chosen),
        served=_served(solution, chosen, instance.years[-1]),
        people_new=_people_new(instance, chosen, balance, reach),
        to_check=chosen["to_check"].map(filled),
        rank=service.map(of_services(instance, "rank")),
    )
    chosen["zone"] = chosen["zone_id"].map(zones)
    chosen["utilisation"] = chosen["served"] / chosen["capacity"].astype(float)
    least = chosen["module_id"].map(min_load).astype(float).fillna(0.0)
    chosen["below_min_load"] = chosen["utilisation"] < least - 1e-9
    order = {zone_id: i for i, zone_id in enumerate(zones)}
    chosen["order"] = chosen["zone_id"].map(order)
    order_by = ["order", "building_id", "rank", "service_id", "year", "until"]
    chosen = chosen.sort_values(order_by, ignore_index=True)
    chosen["site"] = pd.factorize(chosen["building_id"])[0] + 1
    return chosen[
        [
            "site", "building_id", "name", "address", "zone_id", "zone", "agency", "service_id",
            "service", "module_id", "status", "mode", "year", "until", "needs_approval",
            "floor_area_m2", "works_cost", "equipment_cost", "acquisition_cost", "rent_cost",
            "cost", "private_cost", "yearly_cost", "capacity", "unit", "served", "utilisation",
            "below_min_load", "people_new", "to_check",
        ]
    ]  # fmt: skip


def services_table(
    instance: Instance,
    solution: Solution,
    balance: pd.DataFrame,
    reach: Mapping[str, Arcs],
    lang: Lang = "en",
) -> pd.DataFrame:
    """Return one row per service, by rank: need, served today and in the plan, people, cost.

    As it is in the last year; the cost is that of the whole plan, the running cost of that year.
    """
    at_end = solution.in_year(instance.years[-1])
    sums = balance.groupby("service_id")[_BALANCE].sum()
    names = service_names(instance, lang)
    services = instance.services.sort_values(["rank", "service_id"], kind="stable")
    new = at_end.chosen[at_end.chosen["status"] != "keep"]
    running = at_end.chosen.groupby("service_id")["yearly_cost"].sum()
    rows = []
    for service in services.to_dict("records"):
        service_id = str(service["service_id"])
        today = open_today(instance, service_id)
        plan = open_in_plan(instance, at_end, service_id)
        own = sums.loc[service_id] if service_id in sums.index else pd.Series(0.0, _BALANCE)
        chosen = solution.chosen[solution.chosen["service_id"] == service_id]
        rows.append(
            {
                "service_id": service_id,
                "service": names[service_id],
                "agency": filled(service["agency"]) or NO_AGENCY[lang],
                "unit": service["unit"],
                "standard_min": service["standard_min"],
                **own[["need", "served_today", "served_plan"]],
                "share_today": _ratio(own["served_today"], own["need"]),
                "share_plan": _ratio(own["served_plan"], own["need"]),
                "people": own["people"],
                "people_within_today": people_within(balance, reach[service_id], today).sum(),
                "people_within_plan": people_within(balance, reach[service_id], plan).sum(),
                **own[["without_today", "without_plan"]],
                "open_today": int(today.sum()),
                "open_plan": int(plan.sum()),
                "sites": int((new["service_id"] == service_id).sum()),
                "cost": float(chosen["cost"].sum()),
                "yearly_cost": float(running.get(service_id, 0.0)),
            }
        )
    return pd.DataFrame(rows)


def zones_table(
    instance: Instance, solution: Solution, balance: pd.DataFrame, lang: Lang = "en"
) -> pd.DataFrame:
    """Return one row per zone of the listing kind and service.

    Need counts where people live, sites and cost where buildings stand. Points and buildings in
    no zone have an empty ``zone_id``; where the instance has no zones that is the whole area. As
    it is in the last year; the cost is that of the whole plan.
    """
    zone_of = place_zones(instance, instance.zone_kind)
    chosen = solution.chosen.assign(zone_id=solution.chosen["building_id"].map(zone_of))
    at_end = solution.in_year(instance.years[-1]).chosen
    offers = offered(instance, at_end)[["building_id", "service_id"]]
    offers["zone_id"] = offers["building_id"].map(zone_of)
    facilities = instance.facilities.assign(zone_id=instance.facilities["facility_id"].map(zone_of))
    constant = facilities[facilities["building_id"].isna()]
    key = ["zone_id", "service_id"]
    new = at_end[at_end["status"] != "keep"]
    new = new.assign(zone_id=new["building_id"].map(zone_of))
    parts = {
        **dict(balance.groupby(key)[_BALANCE].sum().items()),
        "open_today": facilities.groupby(key).size(),
        "open_plan": pd.concat([constant[key], offers[key]]).groupby(key).size(),
        "sites": new.groupby(key).size(),
        "cost": chosen.groupby(key)["cost"].sum(),
    }
    names = zone_names(instance, lang)
    listed = list(instance.zones.loc[instance.zones["kind"] == instance.zone_kind, "zone_id"])
    if not listed or any("" in part.index.get_level_values(0) for part in parts.values()):
        listed.append("")
    services = instance.services.sort_values(["rank", "service_id"], kind="stable")
    index = pd.MultiIndex.from_product([listed, services["service_id"]], names=key)
    table = pd.DataFrame({c: part.reindex(index, fill_value=0) for c, part in parts.items()})
    table = table.reset_index()
    table["zone"] = table["zone_id"].map(names)
    table["service"] = table["service_id"].map(service_names(instance, lang))
    table["unit"] = table["service_id"].map(of_services(instance, "unit"))
    for when in ("today", "plan"):
        table[f"share_{when}"] = table[f"served_{when}"] / table["need"].where(table["need"] > 0)
    return table[
        [
            "zone_id", "zone", "service_id", "service", "unit", "need", "served_today",
            "served_plan", "share_today", "share_plan", "people", "without_today",
            "without_plan", "open_today", "open_plan", "sites", "cost",
        ]
    ]  # fmt: skip


def agencies_table(instance: Instance, solution: Solution, lang: Lang = "en") -> pd.DataFrame:
    """Return the services opened, their capital and the budget by agency, and the total.

    ``agency`` is what people see; the part of acquisitions that no agency is charged with and the
    total stand in the last rows. Money is that of the whole plan, the running cost that of its
    last year.
    """
    budget, numbers = instance.settings.budget, [*_COSTS, "private_cost", "yearly_cost"]
    opened = solution.chosen[solution.chosen["status"] != "keep"]
    opened = opened.astype(dict.fromkeys(numbers, float)).assign(sites=1.0)
    opened["yearly_cost"] = opened["yearly_cost"].where(opened["until"] >= instance.years[-1], 0.0)
    owner = opened["service_id"].map(of_services(instance, "agency")).map(filled).rename("agency")
    table = opened.groupby(owner)[["sites", *numbers]].sum()
    ranked = instance.services.sort_values("rank", kind="stable")["agency"].map(filled)
    table = table.loc[[agency for agency in ranked.drop_duplicates() if agency in table.index]]
    table["budget"] = [number(budget.agencies.get(str(agency))) for agency in table.index]
    total = {**table.drop(columns="budget").sum().to_dict(), "budget": number(budget.total)}
    last = [{**total, "agency": in_lang(lang, "Total", "合计")}]
    if (unallocated := float(solution.cost.get("unallocated", 0.0))) > 0:
        for column in ("acquisition_cost", "cost"):
            last[0][column] += unallocated
        name = in_lang(lang, "not charged to an agency", "未分摊取得费")
        last.insert(0, {"agency": name, "acquisition_cost": unallocated, "cost": unallocated})
    table = table.rename(index={"": NO_AGENCY[lang]}).reset_index()
    return pd.concat([table, pd.DataFrame(last)], ignore_index=True)


def overload_table(instance: Instance, solution: Solution, lang: Lang = "en") -> pd.DataFrame:
    """Return the places that would be overloaded if all simply chose the nearest, worst first."""
    overload = solution.overload.astype({"capacity": float, "load": float})
    units = of_services(instance, "unit")
    zones = overload["place_id"].map(place_zones(instance, instance.zone_kind))
    overload = overload.assign(
        place=overload["place_id"].map(place_names(instance)),
        zone=zones.map(zone_names(instance, lang)),
        service=overload["service_id"].map(service_names(instance, lang)),
        unit=overload["service_id"].map(units),
        over=overload["load"] - overload["capacity"],
        ratio=overload["load"] / overload["capacity"],
    )
    columns = ["place_id", "place", "zone", "service_id", "service", "unit", "capacity", "load"]
    overload = overload[[*columns, "over", "ratio"]]
    return overload.sort_values(["ratio", "place_id"], ascending=[False, True], ignore_index=True)


def told(table: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    """Return a table for people: without the columns that say nothing in this plan.

    Years in a plan of one period, ways of getting hold of a building where there is no choice,
    money of providers where they pay nothing.
    """
    silent = [] if instance.settings.plan.yearly else ["year", "until"]
    if "mode" in table and not table["mode"].astype(bool).any():
        silent.append("mode")
    if "private_cost" in table:
        amounts = pd.to_numeric(table["private_cost"], errors="coerce").fillna(0.0)
        silent += [] if amounts.any() else ["private_cost"]
    return table.drop(columns=silent, errors="ignore")


def _served(solution: Solution, chosen: pd.DataFrame, last: int) -> list[float]:
    """Return the need that each conversion serves in its last year of the plan."""
    key = ["place_id", "service_id", "year"]
    amounts = solution.service.groupby(key)["amount"].sum()
    served = []
    for site in chosen.to_dict("records"):
        year = min(site["until"], last)
        amount = float(amounts.get((site["building_id"], site["service_id"], year), 0.0))
        beside = chosen[
            (chosen["building_id"] == site["building_id"])
            & (chosen["service_id"] == site["service_id"])
            & (chosen["year"] <= year)
            & (year <= chosen["until"])
        ]
        if len(beside) > 1:
            room = beside["capacity"].astype(float).sum(skipna=False)
            amount *= 1 / len(beside) if np.isnan(room) else float(site["capacity"]) / room
        served.append(amount)
    return served


def _people_new(
    instance: Instance, chosen: pd.DataFrame, balance: pd.DataFrame, reach: Mapping[str, Arcs]
) -> NDArray[np.float64]:
    """Return the people whom each chosen conversion brings within the standard."""
    position = pd.Index(instance.buildings["building_id"]).get_indexer(chosen["building_id"])
    new = np.zeros(len(chosen))
    for service_id, rows in chosen[chosen["status"] != "keep"].groupby("service_id"):
        arcs = reach[str(service_id)]
        outside = balance["people"].to_numpy(float, copy=True)
        outside[arcs.unit[open_today(instance, str(service_id))[arcs.place]]] = 0.0
        gained = np.bincount(arcs.place, weights=outside[arcs.unit], minlength=len(instance.places))
        new[rows.index] = gained[position[rows.index]]
    return new


def _min_loads(instance: Instance) -> dict[str, float]:
    modules = instance.modules
    return dict(zip(modules["module_id"], modules["min_load"], strict=True))


def _needs_approval(instance: Instance, chosen: pd.DataFrame) -> list[bool]:
    """Return which conversions may be made only with an approval; `chosen` has the ``class``."""
    listed = instance.eligibility[instance.eligibility["status"] == "needs_approval"]
    asked = set(zip(listed["class"], listed["service_id"], strict=True))
    rows = zip(chosen["class"], chosen["service_id"], chosen["status"], strict=True)
    return [(kind, service) in asked and status == "new" for kind, service, status in rows]


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")
