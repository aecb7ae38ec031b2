"""The tables of a comparison, with what people read beside the ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from siting.report.comparison.naming import run_title
from siting.report.labels import Lang, place_names, service_names, zone_names
from siting.scenarios.comparing.comparison import TODAY, Comparison
from siting.scenarios.tradeoffs.frontier import Frontier

LONG = (
    "overview", "served", "zones", "groups", "costs", "usage", "places", "walking",
    "walking_classes", "equity", "targets", "changes",
)  # fmt: skip
"""Tables of `Comparison` that are written as they are, one file each."""


def long_tables(comparison: Comparison, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the tables of a comparison in long form, names beside ids, by name of the file."""
    return {name: _named(comparison, getattr(comparison, name), lang) for name in LONG}


def frontier_tables(frontier: Frontier) -> dict[str, pd.DataFrame]:
    """Return the points of a frontier, what lies between them, and the sites by budget.

    ``own_objective`` and ``own_bound`` are of the run of the budget itself; ``objective`` and
    ``bound`` count what smaller and larger budgets tell.
    """
    points = [
        {
            "budget": p.budget,
            "objective": p.objective,
            "bound": p.bound,
            "gap": p.gap,
            "own_objective": p.run.objective,
            "own_bound": p.run.bound,
            "carried": p.carried,
            "termination": p.run.values["termination"],
            "cost": None if p.plan is None else p.plan.values["cost"],
            "solution_dir": None if p.plan is None else str(p.plan.folder),
        }
        for p in frontier.points
    ]
    steps = [
        {
            "from_budget": s.low,
            "to_budget": s.high,
            "gain_low": s.gain.low,
            "gain_high": s.gain.high,
            "per_unit_low": s.per_unit.low,
            "per_unit_high": s.per_unit.high,
            "distinguishable": s.gain.distinguishable,
        }
        for s in frontier.steps
    ]
    columns = [
        "from_budget", "to_budget", "gain_low", "gain_high", "per_unit_low", "per_unit_high",
        "distinguishable",
    ]  # fmt: skip
    return {
        "frontier": pd.DataFrame(points),
        "frontier_steps": pd.DataFrame(steps, columns=columns),
        "frontier_sites": frontier.sites(),
    }


def sites_table(comparison: Comparison, lang: Lang) -> pd.DataFrame:
    """Return every site that a plan opens: in how many plans, and with which module in each.

    Columns ``building_id, building, service_id, service, plans``, then one per run, named by its
    label and empty where the run has no such site; those that most plans open come first.
    """
    keys = ["building_id", "service_id"]
    planned = comparison.planned
    columns = ["building_id", "building", "service_id", "service", "plans", *planned]
    opened = comparison.sites
    if opened.empty:
        return pd.DataFrame(columns=columns)
    opened = opened[opened["status"] != "keep"]
    modules = opened.set_index([*keys, "run"])["module_id"]
    wide = modules.unstack("run").reindex(columns=planned)  # noqa: PD010  nothing to aggregate
    plans = wide.notna().sum(axis=1)
    table = wide.astype(object).where(wide.notna(), "").assign(plans=plans).reset_index()
    buildings, services = place_names(comparison.base), service_names(comparison.base, lang)
    table = table.assign(
        building=table["building_id"].map(buildings), service=table["service_id"].map(services)
    )
    table = table.sort_values(["plans", *keys], ascending=[False, True, True], ignore_index=True)
    return table[columns]


def across(
    comparison: Comparison,
    table: pd.DataFrame,
    keys: Sequence[str],
    value: str,
    *,
    today: bool = False,
) -> pd.DataFrame:
    """Return one row per key and one column per run, named by its label."""
    labels = [*([TODAY] if today else []), *comparison.planned]
    if table.empty or value not in table:
        return pd.DataFrame(columns=[*keys, *labels])
    wide = table.pivot_table(
        index=list(keys), columns="run", values=value, sort=False, dropna=False, aggfunc="first",
        observed=True,
    )  # fmt: skip
    return wide.dropna(how="all").reindex(columns=labels).reset_index()


def _named(comparison: Comparison, table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table with the titles of runs and the names of services, zones and places."""
    base = comparison.base
    labels = [TODAY, *comparison.runs]
    titles = {label: run_title(comparison, label, lang) for label in labels}
    everything = {"": {"en": "All services, by weight", "zh": "全部服务（加权）"}[lang]}
    names = {
        "run": ("title", titles),
        "service_id": ("service", everything | service_names(base, lang)),
        "zone_id": ("zone", zone_names(base, lang)),
        "worst_zone_id": ("worst_zone", zone_names(base, lang)),
        "best_zone_id": ("best_zone", zone_names(base, lang)),
        "place_id": ("place", place_names(base)),
        "building_id": ("building", place_names(base)),
    }
    shown = table
    for key, (column, known) in names.items():
        if key in shown:
            at = shown.columns.get_loc(key)
            if isinstance(at, int):
                shown = shown.copy()
                shown.insert(at + 1, column, shown[key].map(known))
    return shown.replace([np.inf, -np.inf], np.nan)
