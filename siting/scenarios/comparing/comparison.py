"""Any runs of one instance side by side: measures of each, recomputed from what is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.scenarios.comparing.measures.account import ALL, Account, Crowd
from siting.scenarios.comparing.measures.equity import equity
from siting.scenarios.comparing.measures.served import served_by, share_by_point
from siting.scenarios.comparing.measures.sites import changes, sites
from siting.scenarios.comparing.measures.spending import spending
from siting.scenarios.comparing.measures.usage import usage, usage_by_service
from siting.scenarios.comparing.measures.walking import walking, walking_classes
from siting.scenarios.run import Run
from siting.solution import Solution
from siting.store import load_run
from siting.travel.times import Travel
from siting.verification.recount import Recount
from siting.verification.targets import standings

TODAY = "today"
"""Label of what is open today."""

BASE = "base"
"""Label of the instance as it is, planned."""

_SAME_PEOPLE = frozenset(
    {"inherits", "title", "title_zh", "budget", "yearly_cost", "yearly_rent", "agency_budgets",
     "zone_budgets", "year_budgets", "fund_amounts", "standards_min", "weights", "ranks",
     "objective"}
)  # fmt: skip
"""Keys of a scenario that change neither people, need, years nor what is known of places."""

_OTHER_SCORE = frozenset({"standards_min", "weights", "ranks", "objective"})
"""Those of them that change what the objective counts."""

_SAME_SCORE = (_SAME_PEOPLE - _OTHER_SCORE) | {
    "rules", "locks", "conditions", "price_factors", "available_from_year", "unavailable",
}  # fmt: skip
"""Keys with which the objective counts what it counts in the instance as it is."""

_LATER_AIMS = frozenset({"epsilon", "worth", "equity_zone_kind", "nearness"})
"""Keys of the objective that speak of the tiers after need served."""

_COUNTING_RULES = frozenset({"priorities", "decay"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Runs side by side.

    All tables are in long form; their first column ``run`` is the label of a run, or `TODAY`
    where that is told. A run without a plan stands in `overview` alone. Measures are of the last
    year of a plan; people are the weights wherever people are spoken of. All services together
    (an empty ``service_id``) are weighed as the instance weighs them before any scenario, so that
    runs that weigh them differently are held against the same yardstick.

    Attributes
    ----------
    base
        The instance before any scenario.
    runs
        By label, in their order; others are held against the first that has a plan.
    towns
        The instance as each run has it, by label.
    overview
        One row per run: ``scenario, budget, termination, verified, objective, bound, gap, today,
        score`` (all services by the instance's weights), ``same_score`` (whether the objective
        counts what that of the instance counts, so that its bound can be compared), ``cost,
        running_cost, sites, buildings, gained, lost, mean_min, gini, worst_zone_id, worst_share,
        seconds, reused, folder``.
    served, zones, groups
        `served_by` over the town, by ``zone_id``, by ``group``; with `TODAY`.
    costs
        Of `siting.scenarios.comparing.measures.spending`.
    usage, places
        `usage_by_service`, and `usage` of every place.
    walking, walking_classes
        Of `siting.scenarios.comparing.measures.walking`; with `TODAY`.
    equity
        Of `siting.scenarios.comparing.measures.equity`; with `TODAY`.
    targets
        ``target_id, service_id, zone_id, comparison, stock, wanted, shortfall,
        shortfall_share``.
    sites
        Of `siting.scenarios.comparing.measures.sites`.
    changes
        Against the first run with a plan: `changes` of the same module.
    points
        Share served at each demand point, all services by weight: ``demand_id, share``; with
        `TODAY`.
    """

    base: Instance
    runs: Mapping[str, Run]
    towns: Mapping[str, Instance]
    overview: pd.DataFrame
    served: pd.DataFrame
    zones: pd.DataFrame
    groups: pd.DataFrame
    costs: pd.DataFrame
    usage: pd.DataFrame
    places: pd.DataFrame
    walking: pd.DataFrame
    walking_classes: pd.DataFrame
    equity: pd.DataFrame
    targets: pd.DataFrame
    sites: pd.DataFrame
    changes: pd.DataFrame
    points: pd.DataFrame

    @property
    def planned(self) -> list[str]:
        """Labels of the runs that have a plan."""
        return [label for label, run in self.runs.items() if run.objective is not None]

    @property
    def first(self) -> str:
        """Label of the run that the others are held against; empty where none has a plan."""
        return next(iter(self.planned), "")

    def facts(self, label: str) -> dict[str, Any]:
        """Return the row of a run in `overview`."""
        rows = self.overview[self.overview["run"] == label]
        return {str(key): value for key, value in rows.iloc[0].to_dict().items()}


def labels_of(runs: Sequence[Run]) -> list[str]:
    """Return a label for each run: the name of its case, numbered where several have the same."""
    taken = {TODAY}
    labels = []
    for run in runs:
        name = run.case.name or BASE
        label, number = name, 2
        while label in taken:
            label, number = f"{name} ({number})", number + 1
        taken.add(label)
        labels.append(label)
    return labels


def compare_runs(
    base: Instance,
    runs: Sequence[Run],
    travel: Travel,
    service_today: pd.DataFrame,
    *,
    watch: Callable[[str], None] | None = None,
) -> Comparison:
    """Return runs of an instance side by side, from what is stored of each.

    Parameters
    ----------
    base
        The instance before any scenario, as the runs were made from it.
    travel, service_today
        Its travel times, and who is served where by what is open today in the last year of the
        plan, as `siting.plan.assess` returns them for the town of that year.
    watch
        Called with the label of each run as its turn comes.
    """
    labelled = dict(zip(labels_of(runs), runs, strict=True))
    walked = set(base.services.loc[base.services["mode"] == "walk", "service_id"].astype(str))
    weights = {
        str(s): float(w)
        for s, w in zip(base.services["service_id"], base.services["weight"], strict=True)
    }
    crowd = Crowd(base)
    parts: dict[str, list[pd.DataFrame]] = {}

    def keep(label: str, tables: Mapping[str, pd.DataFrame]) -> None:
        for name, table in tables.items():
            parts.setdefault(name, []).append(table.assign(run=label))

    keep(TODAY, _of_people(base, crowd.account(service_today), weights, walked))
    towns: dict[str, Instance] = {}
    rows = []
    first: pd.DataFrame | None = None
    for label, run in labelled.items():
        if watch is not None:
            watch(label)
        town = towns[label] = _town_of(base, run)
        facts = _facts(label, run, town)
        if run.objective is not None:
            solution, _ = load_run(run.folder)
            own = crowd if _says_only(run, _SAME_PEOPLE) else Crowd(town)
            account = own.account(solution.service)
            opened = sites(solution)
            first = opened if first is None else first
            tables = _of_people(town, account, weights, walked) | _of_places(
                town, travel, solution, account
            )
            tables |= {"sites": opened, "changes": changes(first, opened)}
            keep(label, tables)
            facts |= _measures(tables, opened, solution)
        rows.append(facts)
    tables = {name: pd.concat(found, ignore_index=True) for name, found in parts.items()}
    tables = {name: table[["run", *table.columns.drop("run")]] for name, table in tables.items()}
    empty = {name: pd.DataFrame(columns=["run"]) for name in _TABLES}
    overview = pd.DataFrame(rows, columns=list(_OVERVIEW))
    return Comparison(
        base=base, runs=labelled, towns=towns, overview=overview, **{**empty, **tables}
    )


_TABLES = (
    "served", "zones", "groups", "costs", "usage", "places", "walking", "walking_classes",
    "equity", "targets", "sites", "changes", "points",
)  # fmt: skip

_OVERVIEW = (
    "run", "scenario", "budget", "termination", "verified", "objective", "bound", "gap", "today",
    "score", "same_score", "cost", "running_cost", "sites", "buildings", "gained", "lost",
    "mean_min", "gini", "worst_zone_id", "worst_share", "seconds", "reused", "folder",
)  # fmt: skip


def _town_of(base: Instance, run: Run) -> Instance:
    """Return the instance as a run has it; people and places shared where they are the same."""
    if not _says_only(run, _SAME_PEOPLE):
        return run.case.of(base)
    scenario = run.case.scenario
    if "budget" not in scenario.model_fields_set:
        return base.replace(scenario=run.case.name)
    budget = base.settings.budget.model_copy(update={"total": scenario.budget})
    settings = base.settings.model_copy(update={"budget": budget})
    return base.replace(settings=settings, scenario=run.case.name)


def _says_only(run: Run, keys: frozenset[str]) -> bool:
    return run.case.scenario.model_fields_set <= keys


def _counts_the_same(run: Run) -> bool:
    """Whether the objective of a run is of the same need, weighed as in the instance."""
    scenario = run.case.scenario
    switched = _COUNTING_RULES & scenario.rules.keys()
    aims = set() if scenario.objective is None else scenario.objective.model_fields_set
    return _says_only(run, _SAME_SCORE | {"objective"}) and not switched and aims <= _LATER_AIMS


def _of_people(
    town: Instance, account: Account, weights: Mapping[str, float], walked: set[str]
) -> dict[str, pd.DataFrame]:
    zones = served_by(account, ["zone_id"], weights)
    shares = share_by_point(account, weights, len(town.demand))
    points = pd.DataFrame({"demand_id": town.demand["demand_id"], "share": shares})
    return {
        "served": served_by(account, [], weights),
        "zones": zones,
        "groups": served_by(account, ["group"], weights),
        "walking": walking(account, walked),
        "walking_classes": walking_classes(account, walked),
        "equity": equity(account, zones, weights),
        "points": points,
    }


def _of_places(
    town: Instance, travel: Travel, solution: Solution, account: Account
) -> dict[str, pd.DataFrame]:
    recount = Recount(town, travel, solution)
    places = usage(recount, account)
    return {
        "costs": spending(town, solution),
        "places": places,
        "usage": usage_by_service(places),
        "targets": _targets(recount),
    }


def _targets(recount: Recount) -> pd.DataFrame:
    columns = [
        "target_id", "service_id", "zone_id", "comparison", "stock", "wanted", "shortfall",
        "shortfall_share",
    ]  # fmt: skip
    rows = [
        {
            **{name: standing.target[name] for name in columns[:4]},
            "stock": standing.stock,
            "wanted": standing.wanted,
            "shortfall": standing.shortfall,
            "shortfall_share": standing.shortfall / standing.scale if standing.scale else np.nan,
        }
        for standing in standings(recount)
    ]
    return pd.DataFrame(rows, columns=columns)


def _facts(label: str, run: Run, town: Instance) -> dict[str, Any]:
    """Return what the record of a run says, with a plan or without."""
    values = run.values
    return {
        "run": label,
        "scenario": run.case.name,
        "budget": town.settings.budget.total,
        "termination": values["termination"],
        "verified": bool(values["verified"]),
        "objective": values["objective"],
        "bound": values["bound"],
        "gap": values["gap"],
        "today": values["today"],
        "same_score": _counts_the_same(run),
        "cost": values["cost"],
        "seconds": values["seconds"],
        "reused": run.reused,
        "folder": str(run.folder),
    }


def _measures(
    tables: Mapping[str, pd.DataFrame], opened: pd.DataFrame, solution: Solution
) -> dict[str, Any]:
    """Return what the tables of a run come to in one row."""

    def whole(name: str, column: str) -> Any:
        table = tables[name]
        rows = table.loc[table["service_id"] == ALL, column]
        return rows.iloc[0] if len(rows) else None

    new = opened[opened["status"] != "keep"]
    change = tables["changes"]["change"].value_counts()
    return {
        "score": whole("served", "share"),
        "running_cost": solution.cost.get("yearly"),
        "sites": len(new),
        "buildings": int(new["building_id"].nunique()),
        "gained": int(change.get("gained", 0)),
        "lost": int(change.get("lost", 0)),
        "mean_min": whole("walking", "mean_min"),
        "gini": whole("equity", "gini"),
        "worst_zone_id": whole("equity", "worst_zone_id"),
        "worst_share": whole("equity", "worst_share"),
    }
