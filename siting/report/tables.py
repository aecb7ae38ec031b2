"""What a plan does, as tables: sites, services, zones, overload, indicators.

Columns are machine names (`labels.HEADINGS` has what people see); names of services, zones and
agencies stand in the language asked for, codes as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.reach import Arcs
from siting.report.labels import (
    NO_AGENCY,
    WHOLE_TOWN,
    Lang,
    filled,
    place_names,
    service_names,
    zone_names,
)
from siting.solution import Solution

UNIT_KEY = ["demand_id", "group", "service_id"]


def need_balance(
    instance: Instance, service_today: pd.DataFrame, service_plan: pd.DataFrame
) -> pd.DataFrame:
    """Return who is served today and in the plan, one row per unit of need.

    Parameters
    ----------
    service_today, service_plan
        Who is served where, columns as `Solution.service`.

    Returns
    -------
    pandas.DataFrame
        In the order of `Instance.units`: ``demand`` (position), ``demand_id, group, service_id,
        zone_id`` (of the listing kind, empty for none), ``need, served_today, served_plan`` in
        units of the service, ``people`` of the group at the point, and the people behind the need
        that is not served, ``without_today, without_plan`` (people x unserved / need).
    """
    units = instance.units
    people = instance.demand[[f"people_{g}" for g in instance.groups]].to_numpy(float)
    group = pd.Index(instance.groups).get_indexer(units["group"])
    point = units["demand"].to_numpy(int)
    balance = units[["demand", *UNIT_KEY]].assign(
        zone_id=zones_of(instance.demand, instance.zone_kind)[point],
        need=units["need"].to_numpy(float) / NEED_GRID,
        people=people[point, group] if len(units) else 0.0,
    )
    keys = pd.MultiIndex.from_frame(balance[UNIT_KEY])
    for when, service in (("today", service_today), ("plan", service_plan)):
        served = service[service["place_id"] != ""]
        amounts = served.groupby(UNIT_KEY)["amount"].sum().reindex(keys, fill_value=0.0)
        balance[f"served_{when}"] = amounts.to_numpy(float)
        unserved = (balance["need"] - balance[f"served_{when}"]).clip(lower=0).round(3)
        balance[f"without_{when}"] = balance["people"] * unserved / balance["need"]
    return balance


def chosen_table(
    instance: Instance,
    solution: Solution,
    balance: pd.DataFrame,
    reach: dict[str, Arcs],
    lang: Lang = "en",
) -> pd.DataFrame:
    """Return one row per chosen conversion, by zone and building.

    ``site`` numbers the buildings as the map does. ``people_new`` are people (not units of need)
    of the service's groups within the standard of the new place and of no place open today; two
    new places may count the same people, so the column does not add up. It is 0 for a facility
    that is kept.
    """
    chosen = solution.chosen.merge(
        instance.buildings[["building_id", "name", "address", "class"]], on="building_id"
    )
    services = instance.services.set_index("service_id")
    zones = place_zones(instance, instance.zone_kind)
    chosen["zone_id"] = [zones[b] for b in chosen["building_id"]]
    chosen["rank"] = [int(services.at[s, "rank"]) for s in chosen["service_id"]]
    order = {zone: i for i, zone in enumerate(zone_names(instance, lang))}
    chosen["order"] = chosen["zone_id"].map(order)
    chosen = chosen.sort_values(["order", "building_id", "rank", "service_id"], ignore_index=True)
    names = place_names(instance)
    served = solution.service.groupby(["place_id", "service_id"])["amount"].sum()
    pairs = list(zip(chosen["building_id"], chosen["service_id"], strict=True))
    min_load = dict(zip(instance.modules["module_id"], instance.modules["min_load"], strict=True))
    approval = {
        (r["class"], r["service_id"]) for r in instance.eligibility.to_dict("records")
        if r["status"] == "needs_approval"
    }  # fmt: skip
    chosen = chosen.assign(
        site=pd.factorize(chosen["building_id"])[0] + 1,
        name=[names[b] for b in chosen["building_id"]],
        address=[filled(a) for a in chosen["address"]],
        zone=chosen["zone_id"].map(zone_names(instance, lang)),
        agency=[filled(services.at[s, "agency"]) or NO_AGENCY[lang] for s in chosen["service_id"]],
        service=chosen["service_id"].map(service_names(instance, lang)),
        unit=[str(services.at[s, "unit"]) for s in chosen["service_id"]],
        served=[float(served.get(pair, 0.0)) for pair in pairs],
        needs_approval=[
            pair in approval and status == "new"
            for pair, status in zip(
                zip(chosen["class"], chosen["service_id"], strict=True),
                chosen["status"],
                strict=True,
            )
        ],
        people_new=_people_new(instance, chosen, balance, reach),
        to_check=[filled(t) for t in chosen["to_check"]],
    )
    used = chosen["served"] / chosen["capacity"].astype(float)
    least = pd.Series([float(min_load.get(m, 0.0)) for m in chosen["module_id"]])
    chosen = chosen.assign(utilisation=used, below_min_load=used < least - 1e-9)
    return chosen[
        [
            "site", "building_id", "name", "address", "zone_id", "zone", "agency", "service_id",
            "service", "module_id", "status", "needs_approval", "floor_area_m2", "works_cost",
            "equipment_cost", "acquisition_cost", "rent_cost", "cost", "yearly_cost", "capacity",
            "unit", "served", "utilisation", "below_min_load", "people_new", "to_check",
        ]
    ]  # fmt: skip


def services_table(
    instance: Instance,
    solution: Solution,
    balance: pd.DataFrame,
    reach: dict[str, Arcs],
    lang: Lang = "en",
) -> pd.DataFrame:
    """Return one row per service, by rank: need, served today and in the plan, people, cost."""
    sums = _sums(balance, ["service_id"])
    services = instance.services.sort_values(["rank", "service_id"], kind="stable")
    new = solution.chosen[solution.chosen["status"] != "keep"]
    rows = []
    for service in services.to_dict("records"):
        service_id = str(service["service_id"])
        today = open_today(instance, service_id)
        plan = open_in_plan(instance, solution, service_id)
        own = sums.loc[service_id] if service_id in sums.index else sums.iloc[:0].sum()
        chosen = solution.chosen[solution.chosen["service_id"] == service_id]
        rows.append(
            {
                "service_id": service_id,
                "service": service_names(instance, lang)[service_id],
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
                "yearly_cost": float(chosen["yearly_cost"].sum()),
            }
        )
    return pd.DataFrame(rows)


def zones_table(
    instance: Instance, solution: Solution, balance: pd.DataFrame, lang: Lang = "en"
) -> pd.DataFrame:
    """Return one row per zone of the listing kind and service.

    Need counts where people live, sites and cost where buildings stand. Points and buildings in
    no zone have an empty ``zone_id``; where the instance has no zones that is the whole area.
    """
    zone_of = place_zones(instance, instance.zone_kind)
    chosen = solution.chosen.assign(zone_id=solution.chosen["building_id"].map(zone_of))
    facilities = instance.facilities.assign(zone_id=instance.facilities["facility_id"].map(zone_of))
    constant = facilities[facilities["building_id"].isna()]
    key = ["zone_id", "service_id"]
    new = chosen[chosen["status"] != "keep"]
    parts = {
        **{c: _sums(balance, key)[c] for c in ("need", "served_today", "served_plan", "people")},
        **{c: _sums(balance, key)[c] for c in ("without_today", "without_plan")},
        "open_today": facilities.groupby(key).size(),
        "open_plan": pd.concat([constant[key], chosen[key]]).groupby(key).size(),
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
    units = dict(zip(services["service_id"], services["unit"], strict=True))
    table["zone"] = table["zone_id"].map(names)
    table["service"] = table["service_id"].map(service_names(instance, lang))
    table["unit"] = table["service_id"].map(units)
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
    total stand in the last rows.
    """
    costs = ["works_cost", "equipment_cost", "acquisition_cost", "rent_cost", "cost"]
    agency = dict(zip(instance.services["service_id"], instance.services["agency"], strict=True))
    opened = solution.chosen[solution.chosen["status"] != "keep"].astype(
        dict.fromkeys([*costs, "yearly_cost"], float)
    )
    owners = opened["service_id"].map(agency).map(filled).rename("agency")
    table = opened.groupby(owners)[[*costs, "yearly_cost"]].sum()
    table.insert(0, "sites", opened.groupby(owners).size())
    ranked = instance.services.sort_values("rank", kind="stable")["agency"].map(filled)
    table = table.loc[[a for a in ranked.drop_duplicates() if a in table.index]]
    budget = instance.settings.budget
    table["budget"] = [_number(budget.agencies.get(a)) for a in table.index]
    table = table.rename(index={"": NO_AGENCY[lang]}).reset_index()
    unallocated = float(solution.cost.get("unallocated", 0.0))
    extra = [_total(table[["sites", *costs, "yearly_cost"]].sum())]
    extra[0]["budget"] = _number(budget.total)
    extra[0]["agency"] = "合计" if lang == "zh" else "Total"
    if unallocated > 0:
        extra[0]["acquisition_cost"] += unallocated
        extra[0]["cost"] += unallocated
        name = "未分摊取得费" if lang == "zh" else "not charged to an agency"
        extra.insert(0, {"agency": name, "acquisition_cost": unallocated, "cost": unallocated})
    return pd.concat([table, pd.DataFrame(extra)], ignore_index=True)


def _total(sums: pd.Series[float]) -> dict[str, Any]:
    return {str(name): float(value) for name, value in sums.items()}


def overload_table(instance: Instance, solution: Solution, lang: Lang = "en") -> pd.DataFrame:
    """Return the places that would be overloaded if all simply chose the nearest, worst first."""
    overload = solution.overload.astype({"capacity": float, "load": float})
    units = dict(zip(instance.services["service_id"], instance.services["unit"], strict=True))
    zones = place_zones(instance, instance.zone_kind)
    overload = overload.assign(
        place=overload["place_id"].map(place_names(instance)),
        zone=[zone_names(instance, lang)[zones[p]] for p in overload["place_id"]],
        service=overload["service_id"].map(service_names(instance, lang)),
        unit=overload["service_id"].map(units),
        over=overload["load"] - overload["capacity"],
        ratio=overload["load"] / overload["capacity"],
    )
    columns = ["place_id", "place", "zone", "service_id", "service", "unit", "capacity", "load"]
    overload = overload[[*columns, "over", "ratio"]]
    return overload.sort_values(["ratio", "place_id"], ascending=[False, True], ignore_index=True)


def targets_table(instance: Instance, solution: Solution, lang: Lang = "en") -> pd.DataFrame:
    """Return the indicators: base, target, what the plan adds, what is still short.

    What is new counts in full, what is not kept is taken off. The indicator's unit says what is
    counted: floor area where it begins with m2, capacity where it names the service's unit,
    places where it names facilities or sites; per head (``per 1000``, ``per person``) of the
    people behind the base value. Nothing is computed for any other unit.
    """
    units = dict(zip(instance.services["service_id"], instance.services["unit"], strict=True))
    kinds = dict(zip(instance.zones["zone_id"], instance.zones["kind"], strict=True))
    changes = _stock_changes(instance, solution)
    rows = []
    for target in instance.targets.to_dict("records"):
        service_id, zone_id, unit = target["service_id"], filled(target["zone_id"]), target["unit"]
        own = changes[changes["service_id"] == service_id]
        if zone_id:
            zone_of = place_zones(instance, kinds[zone_id])
            own = own[own["place_id"].map(zone_of) == zone_id]
        per_head = _per_head(unit)
        people = _number(target["base_people"], _number(instance.settings.base.population))
        stock = _stock_counted(unit, str(units[service_id]))
        added = float(own[stock].sum()) if stock else float("nan")
        added *= per_head / people if per_head else 1.0
        base = _number(target["base_value"])
        short = float(target["value"]) - base - added
        rows.append(
            {
                "target_id": target["target_id"],
                "service": service_names(instance, lang)[service_id],
                "zone": zone_names(instance, lang)[zone_id] if zone_id else WHOLE_TOWN[lang],
                "unit": unit,
                "base_year": target["base_year"],
                "base_people": people,
                "base_value": base,
                "value": float(target["value"]),
                "added": added,
                "plan_value": base + added,
                "shortfall": short if short > 0 or np.isnan(short) else 0.0,
                "binding": bool(target["binding"]),
                "calibre": filled(target["calibre"]),
            }
        )
    columns = [
        "target_id", "service", "zone", "unit", "base_year", "base_people", "base_value", "value",
        "added", "plan_value", "shortfall", "binding", "calibre",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def open_today(instance: Instance, service_id: str) -> NDArray[np.bool_]:
    """Return which of `Instance.places` offer a service today, as a mask."""
    own = instance.facilities["service_id"].eq(service_id).to_numpy(bool)
    return np.concatenate([np.zeros(len(instance.buildings), bool), own])


def open_in_plan(instance: Instance, solution: Solution, service_id: str) -> NDArray[np.bool_]:
    """Return which of `Instance.places` offer a service in the plan, as a mask."""
    facilities = instance.facilities
    constant = facilities["service_id"].eq(service_id) & facilities["building_id"].isna()
    chosen = solution.chosen.loc[solution.chosen["service_id"] == service_id, "building_id"]
    converted = instance.buildings["building_id"].isin(chosen)
    return np.concatenate([converted.to_numpy(bool), constant.to_numpy(bool)])


def people_within(
    balance: pd.DataFrame, arcs: Arcs, places: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the people within the standard of any of the places, by unit of need."""
    people = np.zeros(len(balance))
    reached = arcs.unit[places[arcs.place]]
    people[reached] = balance["people"].to_numpy(float)[reached]
    return people


def _people_new(
    instance: Instance, chosen: pd.DataFrame, balance: pd.DataFrame, reach: dict[str, Arcs]
) -> NDArray[np.float64]:
    """Return the people whom each chosen conversion brings within the standard."""
    position = pd.Index(instance.buildings["building_id"]).get_indexer(chosen["building_id"])
    new = np.zeros(len(chosen))
    for service_id, rows in chosen[chosen["status"] != "keep"].groupby("service_id"):
        arcs = reach[str(service_id)]
        outside = balance["people"].to_numpy(float, copy=True)
        outside[arcs.unit[open_today(instance, str(service_id))[arcs.place]]] = 0.0
        gained = np.bincount(
            arcs.place, weights=outside[arcs.unit], minlength=len(instance.places)
        )
        new[rows.index] = gained[position[rows.index]]
    return new


def zones_of(table: pd.DataFrame, kind: str) -> NDArray[np.object_]:
    """Return the zone of a kind of each row of a table; empty where it has none."""
    column = f"zone_{kind}"
    if column not in table:
        return np.full(len(table), "", dtype=object)
    return table[column].astype(object).where(table[column].notna(), "").to_numpy(object)


def place_zones(instance: Instance, kind: str) -> dict[str, str]:
    """Return the zone of a kind of each building and facility by id; empty where it has none."""
    b, f = instance.buildings, instance.facilities
    ids = [*b["building_id"], *f["facility_id"]]
    return dict(zip(ids, [*zones_of(b, kind), *zones_of(f, kind)], strict=True))


def _stock_changes(instance: Instance, solution: Solution) -> pd.DataFrame:
    """Return what opens (above zero) and closes (below zero): capacity, floor area, places."""
    key, stocks = ["place_id", "service_id"], ["capacity", "floor_area_m2", "places"]
    chosen = solution.chosen.rename(columns={"building_id": "place_id"}).assign(places=1)
    is_kept = chosen["status"] == "keep"
    kept = set(chosen.loc[is_kept, key].itertuples(index=False, name=None))
    changing = instance.facilities[instance.facilities["building_id"].notna()].assign(places=1)
    pairs = zip(changing["building_id"], changing["service_id"], strict=True)
    closed = changing[[pair not in kept for pair in pairs]]
    closed = closed.rename(columns={"facility_id": "place_id"})
    opened = chosen[~is_kept]
    return pd.concat(
        [
            opened[key].join(opened[stocks].astype(float)),
            closed[key].join(-closed[stocks].astype(float)),
        ],
        ignore_index=True,
    )


def _stock_counted(unit: str, service_unit: str) -> str:
    """Return the column of stock changes that an indicator's unit counts; empty for none."""
    text = unit.lower()
    if text.startswith(("m2", "m²", "平方米")):
        return "floor_area_m2"
    if any(word in text for word in ("facilit", "site", "处", "座")):
        return "places"
    return "capacity" if service_unit.lower() in text else ""


def _per_head(unit: str) -> float:
    """Return how many people a per-head unit counts for; 0 for a total."""
    text = unit.lower().replace(",", "").replace(" ", "")
    if any(word in text for word in ("per1000", "/1000", "千人")):
        return 1000.0
    return 1.0 if any(word in text for word in ("perperson", "percapita", "/人", "人均")) else 0.0


def _number(value: object, unknown: float = float("nan")) -> float:
    return unknown if value is None or pd.isna(value) else float(value)


def _sums(balance: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    columns = ["need", "served_today", "served_plan", "people", "without_today", "without_plan"]
    return balance.groupby(by)[columns].sum()


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")
