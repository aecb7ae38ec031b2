"""The indicators of the plans: stocks per head, in total or by year, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.cells import items_of
from siting.instance.instance import Instance
from siting.model.zones import zone_of
from siting.report.balance import as_of, of_services, people_by_point, place_zones
from siting.report.labels import WHOLE_TOWN, Lang, filled, number, service_names, zone_names
from siting.solution import Solution

_PER_THOUSAND = 1000.0
_COLUMNS = [
    "rank", "target_id", "service", "zone", "unit", "base_year", "base_people", "base_value",
    "added", "plan_value", "comparison", "value", "shortfall", "shortfall_share", "hard",
    "binding", "calibre",
]  # fmt: skip

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stocks:
    """What is counted: one row per offer, with its measures.

    Attributes
    ----------
    today
        Of every facility; ``changes`` tells those that the plan may close.
    opened
        Of every new or committed conversion, with the years in which it is open.
    closed
        Of the facilities that are not kept to the end.
    """

    instance: Instance
    last: int
    people: pd.DataFrame
    today: pd.DataFrame
    opened: pd.DataFrame
    closed: pd.DataFrame

    def change(self, target: Row, services: Sequence[str], tag: str) -> float:
        """Return what the last year has more than today."""
        open_at_end = self.opened[self.opened["until"] >= self.last]
        more = self.counted(open_at_end, target, services, tag)
        return more - self.counted(self.closed, target, services, tag)

    def counted(self, stock: pd.DataFrame, target: Row, services: Sequence[str], tag: str) -> float:
        """Return the stock of some services in the zone of a target, by its measure."""
        own = stock[stock["service_id"].isin(services)]
        if tag:
            own = own[np.array([tag in items_of(tags) for tags in own["tags"]], bool)]
        if zone := filled(target["zone_id"]):
            kinds = dict(
                zip(self.instance.zones["zone_id"], self.instance.zones["kind"], strict=True)
            )
            own = own[own["place_id"].map(place_zones(self.instance, kinds[zone])) == zone]
        return float(own[target["measure"]].sum())

    def people_of(self, target: Row) -> float:
        """Return the people of the last year that a target speaks of."""
        zone = filled(target["zone_id"])
        base = self.instance.settings.base.population
        if not zone:
            yearly = self.instance.settings.plan.yearly
            return float(self.people["people"].sum()) if yearly or base is None else float(base)
        kinds = dict(zip(self.instance.zones["zone_id"], self.instance.zones["kind"], strict=True))
        own = zone_of(self.instance.demand, kinds[zone]) == zone
        return float(self.people["people"].to_numpy(float)[own].sum())


def targets_table(instance: Instance, solution: Solution, lang: Lang = "en") -> pd.DataFrame:
    """Return the targets: base, what the plan adds, what it comes to, what is still short.

    Measured in the last year, in the unit of the target. Open facilities and conversions count by
    the target's measure; per head they are divided by the people of the last year, for a share by
    the stock of the whole. ``shortfall`` is how far the target is missed, whether it is a floor or
    a ceiling, ``shortfall_share`` that over the target. Listed by rank, then the most missed first.

    Parameters
    ----------
    instance
        As it is planned, with all its years.
    """
    if instance.targets.empty:
        return pd.DataFrame(columns=_COLUMNS)
    stocks = _stocks(instance, solution)
    names, zones = service_names(instance, lang), zone_names(instance, lang)
    rows = []
    for target in instance.targets.to_dict("records"):
        zone_id = filled(target["zone_id"])
        base, after, short = _standing(stocks, target)
        wanted = float(target["value"])
        rows.append(
            {
                **{name: target[name] for name in ("target_id", "unit", "base_year")},
                "rank": int(number(target["rank"], 1)),
                "service": names[target["service_id"]],
                "zone": zones[zone_id] if zone_id else WHOLE_TOWN[lang],
                "base_people": number(target["base_people"]),
                "base_value": base,
                "added": after - base,
                "plan_value": after,
                "comparison": target["comparison"],
                "value": wanted,
                "shortfall": short,
                "shortfall_share": short / wanted if wanted else float("nan"),
                "hard": bool(target["hard"]) and instance.rule_on("targets"),
                "binding": bool(target["binding"]),
                "calibre": filled(target["calibre"]),
            }
        )
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.sort_values(
        ["rank", "shortfall_share", "target_id"], ascending=[True, False, True], ignore_index=True
    )


def _standing(stocks: _Stocks, target: Row) -> tuple[float, float, float]:
    """Return a target's value before and after the plan and how far it is missed."""
    services = [target["service_id"], *items_of(target["also_services"])]
    tag, per, wanted = filled(target["tag"]), target["per"], float(target["value"])
    sign = 1.0 if target["comparison"] == "at_least" else -1.0
    if per == "per_year":
        added = _by_year(stocks, target, services, tag)
        missing = float(np.maximum(0.0, sign * (wanted - added)).sum())
        return 0.0, float(added.min() if sign > 0 else added.max()), missing
    base, stated = number(target["base_value"]), not pd.isna(target["base_value"])
    today = stocks.counted(stocks.today, target, services, tag)
    change = stocks.change(target, services, tag)
    if per == "share":
        of = [filled(target["share_of"]) or target["service_id"]]
        whole = number(target["base_stock"], stocks.counted(stocks.today, target, of, ""))
        before = base if stated else _over(today, whole)
        stock = (base * whole if stated else today) + change
        scale = whole + stocks.change(target, of, "")
    else:
        heads = {"per_1000": _PER_THOUSAND, "per_person": 1.0}.get(per)
        people = stocks.people_of(target)
        then = number(target["base_people"], people)
        scale = people / heads if heads else 1.0
        before = base if stated else _over(today, scale)
        stock = (before * (then / heads if heads else 1.0) if stated else today) + change
    after = _over(stock, scale)
    return before, after, max(0.0, sign * (wanted - after))


def _over(stock: float, scale: float) -> float:
    return stock / scale if scale else 0.0


def _by_year(stocks: _Stocks, target: Row, services: Sequence[str], tag: str) -> np.ndarray:
    """Return the new stock of each year; of one period, its mean over the years."""
    plan, opened = stocks.instance.settings.plan, stocks.opened
    if not plan.yearly:
        return np.array([stocks.counted(opened, target, services, tag)]) / plan.years
    return np.array(
        [
            stocks.counted(opened[opened["year"] == year], target, services, tag)
            for year in stocks.instance.years
        ]
    )


def _stocks(instance: Instance, solution: Solution) -> _Stocks:
    last = instance.years[-1]
    town = as_of(instance, last)
    caps = of_services(instance, "people_cap")
    facilities = instance.facilities
    capacity = facilities["capacity"].astype(float)
    capacity = capacity.fillna(facilities["service_id"].map(caps).astype(float)).fillna(0.0)
    home = facilities["building_id"]
    today = pd.DataFrame(
        {
            "place_id": home.where(home.notna(), facilities["facility_id"]),
            "service_id": facilities["service_id"],
            "tags": facilities["tags"],
            "capacity": capacity,
            "floor_area": facilities["floor_area_m2"].astype(float).fillna(0.0),
            "yard": 0.0,
            "count": 1.0,
        }
    )
    chosen = solution.chosen.astype({"year": int, "until": int})
    kept = chosen[(chosen["status"] == "keep") & (chosen["until"] >= last)]
    staying = set(zip(kept["building_id"], kept["service_id"], strict=True))
    pairs = zip(today["place_id"], today["service_id"], strict=True)
    closed = home.notna().to_numpy() & np.array([pair not in staying for pair in pairs], bool)
    return _Stocks(
        instance=instance,
        last=last,
        people=pd.DataFrame({"people": people_by_point(town)}),
        today=today,
        opened=_opened(instance, chosen[chosen["status"] != "keep"]),
        closed=today[closed],
    )


def _opened(instance: Instance, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return what each conversion gives of its own service, beside it, and takes from its host."""
    modules = instance.modules.set_index("module_id")
    rows = []
    for site in chosen.to_dict("records"):
        module = modules.loc[site["module_id"]]
        common = {
            "place_id": site["building_id"],
            "tags": module["tags"],
            "year": site["year"],
            "until": site["until"],
        }
        own = {
            "service_id": site["service_id"],
            "capacity": number(site["capacity"], 0.0),
            "floor_area": float(site["floor_area_m2"]),
            "yard": float(site["yard_m2"]),
            "count": 1.0,
        }
        rows.append(common | own)
        taken = number(module["host_capacity"], 0.0)
        if taken > 0:
            rows.append(common | _capacity_alone(filled(module["host_service_id"]), -taken))
        beside = instance.outputs[instance.outputs["module_id"] == site["module_id"]]
        caps = of_services(instance, "people_cap")
        for output in beside.to_dict("records"):
            room = number(output["capacity"], number(caps[output["service_id"]], 0.0))
            rows.append(common | _capacity_alone(output["service_id"], room))
    columns = [
        "place_id", "service_id", "tags", "year", "until", "capacity", "floor_area", "yard",
        "count",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _capacity_alone(service_id: str, capacity: float) -> dict[str, object]:
    return {
        "service_id": service_id, "capacity": capacity, "floor_area": 0.0, "yard": 0.0,
        "count": 0.0,
    }  # fmt: skip
