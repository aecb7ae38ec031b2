"""The indicators of the plans: stocks per head or in total, before and after."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.report.balance import of_services, place_zones
from siting.report.labels import WHOLE_TOWN, Lang, filled, number, service_names, zone_names
from siting.solution import Solution


def targets_table(instance: Instance, solution: Solution, lang: Lang = "en") -> pd.DataFrame:
    """Return the indicators: base, target, what the plan adds, what is still short.

    What is new counts in full, what is not kept is taken off. The indicator's unit says what is
    counted: floor area where it begins with m2, capacity where it names the service's unit,
    places where it names facilities or sites; per head (``per 1000``, ``per person``) of the
    people behind the base value. Nothing is computed for any other unit.
    """
    units = of_services(instance, "unit")
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
        people = number(target["base_people"], number(instance.settings.base.population))
        stock = _stock_counted(unit, str(units[service_id]))
        added = float(own[stock].sum()) if stock else float("nan")
        added *= per_head / people if per_head else 1.0
        base = number(target["base_value"])
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


def _stock_changes(instance: Instance, solution: Solution) -> pd.DataFrame:
    """Return what opens (above zero) and closes (below zero): capacity, floor area, places."""
    key, stocks = ["place_id", "service_id"], ["capacity", "floor_area_m2", "places"]
    chosen = solution.chosen.rename(columns={"building_id": "place_id"}).assign(places=1)
    is_kept = chosen["status"] == "keep"
    kept = set(chosen.loc[is_kept, key].itertuples(index=False, name=None))
    changing = instance.facilities[instance.facilities["building_id"].notna()].assign(places=1)
    pairs = zip(changing["building_id"], changing["service_id"], strict=True)
    closed = changing[np.array([pair not in kept for pair in pairs], bool)]
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
