"""What a search found, as the record that is kept."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.instance import NEED_GRID, Instance
from siting.model.build import Model
from siting.model.conversions import UNLIMITED
from siting.reach import Arcs
from siting.solution import (
    CHOSEN_COLUMNS,
    PROVEN_GAP,
    Conflict,
    Provenance,
    Solution,
    Termination,
)
from siting.solvers.assignment import nearest_loads, open_with
from siting.solvers.evaluation import Evaluation, Openings
from siting.solvers.tiers import Search


def record(
    model: Model,
    reach: Mapping[str, Arcs],
    search: Search,
    today: pd.DataFrame,
    *,
    conflict: Conflict | None,
    asked: Mapping[str, Any],
    engine: str,
    started: str,
) -> Solution:
    """Return what a search found with all that follows from it.

    Parameters
    ----------
    today
        Who is served where in every year with what is open now, as `Solution.service`.
    conflict
        Why there is no plan, where that is proven.
    asked
        Options of the search, by name; among them ``gap``.
    engine, started
        As `Provenance` has them.
    """
    instance = model.instance
    at_end = today[today["year"] == instance.years[-1]]
    solution = Solution(
        termination=_termination(search, asked["gap"]),
        limit=search.limit,
        today=model.value.tiers(today)[0],
        served_today=_served(instance, at_end),
        conflict=conflict,
        provenance=_provenance(instance, asked, engine, started),
    )
    if search.found is None:
        return solution
    return _with_plan(solution, model, reach, search, search.found)


def _served(instance: Instance, service: pd.DataFrame) -> dict[str, float]:
    kept = service[service["place_id"] != ""]
    grid = np.rint(kept["amount"].astype(float) * NEED_GRID).groupby(kept["service_id"]).sum()
    return {str(s): float(grid.get(s, 0)) / NEED_GRID for s in instance.services["service_id"]}


def _termination(search: Search, asked: float) -> Termination:
    if search.infeasible:
        return Termination.INFEASIBLE
    if search.found is None:
        return Termination.NONE
    gap = search.tiers[0].gap
    if gap is not None and gap <= PROVEN_GAP:
        return Termination.OPTIMAL
    if search.limit is None or (gap is not None and gap <= asked):
        return Termination.WITHIN_GAP
    return Termination.FEASIBLE


def _with_plan(
    solution: Solution,
    model: Model,
    reach: Mapping[str, Arcs],
    search: Search,
    found: Evaluation,
) -> Solution:
    last = model.instance.years[-1]
    places = open_with(model.decisions, found.opened, last)
    chosen, acquisitions = _chosen(model, found.opened)
    cost = {
        "works": float(chosen["works_cost"].sum()),
        "equipment": float(chosen["equipment_cost"].sum()),
        "rent": float(chosen["rent_cost"].sum()),
        "acquisition": float(acquisitions["acquisition_cost"].sum()),
        "unallocated": float(acquisitions["unallocated"].sum()),
        "yearly": float(chosen["yearly_cost"].sum()),
    }
    cost["total"] = cost["works"] + cost["equipment"] + cost["rent"] + cost["acquisition"]
    decimals = model.instance.settings.money.decimals
    return replace(
        solution,
        objective=search.tiers[0].value,
        bound=search.tiers[0].bound,
        certificate=search.certificate,
        limit=None if solution.termination != Termination.FEASIBLE else solution.limit,
        tiers=search.tiers,
        chosen=chosen,
        acquisitions=acquisitions,
        service=found.service,
        overload=nearest_loads(model.instance, reach, places, last),
        given_up=_named(model, search.given_up),
        cost={name: round(amount, decimals) for name, amount in cost.items()},
    )


def _named(model: Model, opened: Openings | None) -> pd.DataFrame:
    rows = model.decisions.conversions[["building_id", "service_id", "module_id"]]
    return rows[opened if opened is not None else np.zeros(len(rows), bool)].reset_index(drop=True)


def _chosen(model: Model, opened: Openings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the chosen conversions and the buildings they buy, in units of money."""
    decisions = model.decisions
    steps = decisions.money_steps
    rows = decisions.conversions[opened].reset_index(drop=True)
    money = {
        "works_cost": rows["works"],
        "equipment_cost": rows["equipment"],
        "acquisition_cost": rows["acquisition_share"],
        "rent_cost": rows["rent"],
        "cost": rows["works"] + rows["equipment"] + rows["acquisition_share"] + rows["rent"],
        "yearly_cost": rows["yearly"],
        "private_cost": rows["private"],
    }
    capacity = rows["capacity"].where(rows["capacity"] != UNLIMITED) / NEED_GRID
    chosen = rows.assign(
        capacity=capacity.astype(float), **{name: grid / steps for name, grid in money.items()}
    )[list(CHOSEN_COLUMNS)]
    new = rows[rows["status"] == "new"]
    allocated = new.groupby(["building", "mode"])["acquisition_share"].sum()
    bought = decisions.purchases[decisions.bought(opened)]
    bought = bought[bought["price"] > 0]
    part = np.array(
        [allocated[key] for key in zip(bought["building"], bought["mode"], strict=True)], np.int64
    )
    price = bought["price"].to_numpy(np.int64)
    acquisitions = bought[["building_id", "mode", "year"]].assign(
        acquisition_cost=price / steps, allocated=part / steps, unallocated=(price - part) / steps
    )
    return chosen, acquisitions.reset_index(drop=True)


@functools.cache
def _version(package: str) -> str:
    return version(package)


def _provenance(
    instance: Instance, asked: Mapping[str, Any], engine: str, started: str
) -> Provenance:
    packages = (
        "siting",
        "numpy",
        "pandas",
        "scipy",
        "shapely",
        "highspy",
        "ortools",
        "numba",
        "pulp",
    )
    versions = {"python": platform.python_version()}
    for package in packages:
        versions[package] = _version(package)
    return Provenance(
        instance=instance.name,
        instance_hash=instance.content_hash,
        base_hash=instance.base_hash or instance.content_hash,
        scenario=instance.scenario,
        overrides=dict(instance.overrides),
        settings=instance.settings.model_dump(mode="json"),
        synthetic=instance.settings.synthetic,
        engine=engine,
        versions=versions,
        options={name: value for name, value in asked.items() if name != "cache_dir"},
        started=started,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    )
