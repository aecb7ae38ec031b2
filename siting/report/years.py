"""A plan year by year, and the years after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.report.balance import of_services
from siting.report.labels import Lang, number, service_names
from siting.solution import Solution

_OUTLOOK = ["service_id", "service", "unit", "year", "need", "served", "share", "capacity",
            "unused", "unused_share"]  # fmt: skip


def years_table(instance: Instance, solution: Solution, years: pd.DataFrame) -> pd.DataFrame:
    """Return one row per year of a plan that decides each year; no row for one period.

    ``value`` and ``value_today`` are tier 1 in that year alone. Openings count new and committed
    conversions, closings what is given up or runs out before the plan ends. Money is what is spent
    in the year: works and equipment of what opens, rent of what is open, prices of what is bought;
    ``available`` is the budget of the year with what earlier years left, ``carried_over`` what is
    left for the next. ``yearly_cost`` is the running cost, outside the capital. For each service
    ``need_``, ``served_`` and ``share_`` follow with its id.

    Parameters
    ----------
    years
        ``year, value, today``: tier 1 by year, with the plan and with what is open now.
    """
    if not instance.settings.plan.yearly:
        return pd.DataFrame()
    values = years.set_index("year")
    budget = instance.settings.budget
    left = 0.0
    rows = []
    for year in instance.years:
        spent = spending(instance, solution, year)
        limit = number(budget.years.get(year))
        available = limit + left
        rest = available - spent["spent"]
        left = rest if budget.carry_over and np.isfinite(rest) else 0.0
        known = year in values.index
        rows.append(
            {
                "year": year,
                "value": float(values["value"].get(year)) if known else np.nan,
                "value_today": float(values["today"].get(year)) if known else np.nan,
                **_moves(instance, solution, year),
                **spent,
                "budget": limit,
                "available": available,
                "carried_over": left if np.isfinite(limit) else np.nan,
                **_services(instance, solution, year),
            }
        )
    return pd.DataFrame(rows)


def spending(instance: Instance, solution: Solution, year: int) -> dict[str, float]:
    """Return what is spent in a year, by kind, and the running cost and private money beside."""
    chosen, bought = solution.chosen, solution.acquisitions
    begun = chosen[chosen["year"] == year]
    active = solution.in_year(year).chosen
    span = (active["until"].clip(upper=instance.years[-1]) - active["year"] + 1).astype(float)
    new = begun["status"] == "new"
    parts = {
        "works": float(begun.loc[new, "works_cost"].sum()),
        "equipment": float(begun.loc[new, "equipment_cost"].sum()),
        "acquisition": float(bought.loc[bought["year"] == year, "acquisition_cost"].sum()),
        "rent": float((active["rent_cost"].astype(float) / span).sum()),
    }
    decimals = instance.settings.money.decimals
    return {
        **{kind: round(amount, decimals) for kind, amount in parts.items()},
        "spent": round(sum(parts.values()), decimals),
        "private_cost": float(begun["private_cost"].sum()),
        "yearly_cost": float(active["yearly_cost"].sum()),
    }


def _moves(instance: Instance, solution: Solution, year: int) -> dict[str, int]:
    """Return how many services open in a year, close with it, and are open."""
    chosen, facilities = solution.chosen, instance.facilities
    new = chosen["status"] != "keep"
    kept = chosen[~new]
    changing = facilities[facilities["building_id"].notna()]
    stays = set(zip(kept["building_id"], kept["service_id"], strict=True))
    pairs = zip(changing["building_id"], changing["service_id"], strict=True)
    given_up = sum(pair not in stays for pair in pairs) if year == instance.years[0] else 0
    ended = (chosen["until"] == year - 1) & (year > instance.years[0])
    fixed = int(facilities["building_id"].isna().sum())
    return {
        "openings": int((new & (chosen["year"] == year)).sum()),
        "closings": int(ended.sum()) + given_up,
        "open_places": fixed + len(solution.in_year(year).chosen),
    }


def _services(instance: Instance, solution: Solution, year: int) -> dict[str, float]:
    rows = solution.service[solution.service["year"] == year]
    need = rows.groupby("service_id")["amount"].sum()
    served = rows[rows["place_id"] != ""].groupby("service_id")["amount"].sum()
    found: dict[str, float] = {}
    for service_id in instance.services["service_id"]:
        wanted, done = float(need.get(service_id, 0.0)), float(served.get(service_id, 0.0))
        found[f"need_{service_id}"] = wanted
        found[f"served_{service_id}"] = done
        found[f"share_{service_id}"] = done / wanted if wanted else np.nan
    return found


def shares_by_year(instance: Instance, years: pd.DataFrame, lang: Lang = "en") -> pd.DataFrame:
    """Return one row per service: its share served in each year, need in the first and last.

    Columns of the years are ``share_<year>``.
    """
    names, units = service_names(instance, lang), of_services(instance, "unit")
    rows: list[dict[str, Any]] = []
    for service_id in instance.services.sort_values(["rank", "service_id"])["service_id"]:
        need, share = years[f"need_{service_id}"], years[f"share_{service_id}"]
        if not need.any():
            continue
        by_year = dict(zip((f"share_{y}" for y in years["year"]), share, strict=True))
        ends = {"need_first": need.iloc[0], "need_last": need.iloc[-1]}
        rows.append({"service": names[service_id], "unit": units[service_id], **ends, **by_year})
    return pd.DataFrame(rows)


def outlook_table(instance: Instance, outlook: pd.DataFrame, lang: Lang = "en") -> pd.DataFrame:
    """Return the years after the plan by service: what its places serve, what stands unused.

    The last year of the plan comes first, to compare with. ``unused`` capacity is stranded where
    need has gone; services without need and places are left out.
    """
    if outlook.empty:
        return pd.DataFrame(columns=_OUTLOOK)
    services = instance.services.sort_values(["rank", "service_id"])["service_id"]
    order = {service_id: i for i, service_id in enumerate(services)}
    names, units = service_names(instance, lang), of_services(instance, "unit")
    known = outlook.groupby("service_id")[["need", "capacity"]].transform("sum").any(axis=1)
    table = outlook[known].assign(
        service=lambda t: t["service_id"].map(names),
        unit=lambda t: t["service_id"].map(units),
        share=lambda t: t["served"] / t["need"].where(t["need"] > 0),
        unused_share=lambda t: t["unused"] / t["capacity"].where(t["capacity"] > 0),
        order=lambda t: t["service_id"].map(order),
    )
    return table.sort_values(["order", "year"], ignore_index=True)[_OUTLOOK]
