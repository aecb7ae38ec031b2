"""The pipeline that users call: from an instance to a verified plan."""

from __future__ import annotations

import functools
import logging
import os
import platform
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.errors import Finding, InstanceError
from siting.instance.instance import NEED_GRID, Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply, scenario_of
from siting.instance.settings import Scenario
from siting.model.build import Model, build_model, compact
from siting.model.conversions import UNLIMITED
from siting.model.cuts import proven_bound
from siting.model.lp import write_lp
from siting.model.program import Program
from siting.reach import Arcs, find_near, find_reach
from siting.replan import replan
from siting.solution import (
    CHOSEN_COLUMNS,
    PROVEN_GAP,
    Provenance,
    Solution,
    Termination,
)
from siting.solvers.afterwards import ATTENDANCE_S, Afterwards, look_after, nothing_after
from siting.solvers.assignment import nearest_loads, open_today, open_with, serve
from siting.solvers.conflict import find_conflict
from siting.solvers.control import Control, Progress
from siting.solvers.engines import engine_named, pose
from siting.solvers.evaluation import Evaluation, Openings, evaluate
from siting.solvers.highs import write_mps
from siting.solvers.memory import refuse_too_large, within_memory
from siting.solvers.tiers import Search, search_tiers
from siting.travel.findings import travel_findings
from siting.travel.measure import measure_travel
from siting.travel.times import Travel
from siting.verification import Check, Verification, verify_solution
from siting.verification.bound import CERTIFIED_BOUND, check_certified_bound

log = logging.getLogger(__name__)

_RESERVE_S = 10.0
"""Seconds of a time limit kept for checking, drawing and storing, at most half of the limit."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to solve.

    Attributes
    ----------
    gap
        Relative gap at which tier 1 may stop; 0 asks for a proof to 1e-7.
    time_limit_s
        For everything from reading on, measured from `started`; None for no limit.
    engine
        See `siting.solvers.engines`.
    memory_limit_gib
        Most memory that the process and its children may hold while an engine runs, GiB; a model
        that could not be written within it is refused. None for no limit.
    cache_dir
        Where measured travel is kept between runs; None keeps nothing.
    """

    gap: float = 0.005
    time_limit_s: float | None = None
    engine: str = "auto"
    memory_limit_gib: float | None = None
    cache_dir: Path | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A solution with what it was made from and what the checks say of it.

    Attributes
    ----------
    instance
        As the scenario has it.
    service_today
        Who is served where in the last year with what is open now, as `Solution.service`.
    afterwards
        What follows from the plan beside its solution: its years, the years after, who attends
        which school.
    model
        Kept for explanation and export.
    """

    instance: Instance
    travel: Travel
    solution: Solution
    service_today: pd.DataFrame
    verification: Verification
    afterwards: Afterwards
    model: Model = field(repr=False)


def check(path: Path, *, datum: str = "") -> list[Finding]:
    """Return everything that is wrong, or looks wrong, with an instance; errors first."""
    try:
        instance, findings = read_instance(path, datum=datum)
    except InstanceError as error:
        return list(error.findings)
    return sorted([*findings, *travel_findings(instance)], key=lambda f: f.severity)


def prepare(instance: Instance, *, scenario: str = "", budget: float | None = None) -> Instance:
    """Return the instance under a named scenario and perhaps another total budget."""
    name = scenario if budget is None else f"{scenario}+budget={budget:g}".lstrip("+")
    return apply(instance, scenario_of(instance, scenario, budget), name=name)


def prepare_after(
    instance: Instance,
    solution: Solution,
    year: int,
    *,
    dropped: Collection[str] = (),
    locked: Collection[str] = (),
) -> Instance:
    """Return the instance as a plan of it stands at the beginning of a year, see `replan`.

    Raises
    ------
    InstanceError
        When the instance is not the one that was planned, or `replan` cannot.
    """
    provenance = solution.provenance
    if instance.content_hash != provenance.base_hash:
        finding = Finding(
            place=f"instance {instance.name}",
            rule="is not the one that the run planned, or has changed since",
            remedy="plan on from a run of the instance as it is now",
        )
        raise InstanceError("--after", [finding])
    scenario = Scenario.model_validate(provenance.overrides)
    planned = apply(instance, scenario, name=provenance.scenario)
    name = f"{provenance.scenario}+from={year}".lstrip("+")
    onward = replan(planned, solution, year, dropped=dropped, locked=locked)
    return apply(instance, onward, name=name)


def solve(
    instance: Instance,
    options: Options | None = None,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
    export: Path | None = None,
) -> Plan:
    """Plan an instance: the most need served, then the least money, then the least walking.

    Parameters
    ----------
    instance
        With its scenario applied (`prepare`).
    watch
        Called with the progress of the search, possibly from another thread.
    started
        `time.monotonic` from which the time limit counts; now by default.
    export
        Where to write the program of tier 1 as well, ``.lp`` or ``.mps``.

    Raises
    ------
    EngineError
        When the engine is not known or cannot represent the model.
    InstanceError
        When the written model alone would exceed the limit of memory.
    """
    options = options or Options()
    started = time.monotonic() if started is None else started
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    engine_named(options.engine)  # a wrong name is said before anything is measured
    limit = options.time_limit_s
    control = Control(
        deadline=None if limit is None else started + max(limit - _RESERVE_S, limit / 2),
        watch=watch,
    )
    log.info("measuring travel ...")
    travel = measure_travel(instance, cache_dir=options.cache_dir)
    reach = find_reach(instance, travel)
    log.info("building the model ...")
    model = build_model(instance, reach, find_near(instance, travel))
    today = _today(instance, reach)
    if export is not None:
        refuse_too_large(model, options.memory_limit_gib)
        export_program(compact(model), export)
    posed = pose(model, options.engine, memory_limit_gib=options.memory_limit_gib)
    log.info("program: %d rows, %d columns, %d non-zeros", *posed.program.size)

    def evaluated(opened: Openings) -> Evaluation:
        return evaluate(posed.model, posed.program, reach, opened)

    with within_memory(control, options.memory_limit_gib):
        search = search_tiers(
            posed.model,
            posed.program,
            posed.engine,
            evaluated,
            gap=options.gap,
            control=control,
            certified=posed.certify,
        )
    today_at_end = today[today["year"] == instance.years[-1]].reset_index(drop=True)
    solution = Solution(
        termination=_termination(search, options.gap),
        limit=search.limit,
        today=model.value.tiers(today)[0],
        served_today=_served(instance, today_at_end),
        provenance=_provenance(instance, options, posed.name, stamp),
    )
    if search.infeasible:
        solution = replace(
            solution, conflict=find_conflict(posed.model, posed.program, control=control)
        )
    afterwards = nothing_after()
    if search.found is not None:
        solution = _with_plan(solution, model, reach, search, search.found)
        seconds = ATTENDANCE_S if limit is None else min(ATTENDANCE_S, _RESERVE_S / 4, limit / 8)
        afterwards = look_after(
            model, reach, search.found.opened, solution.service, today, seconds=seconds
        )
    solution = replace(solution, seconds=time.monotonic() - started)
    log.info("re-computing every rule and score ...")
    return Plan(
        instance=instance,
        travel=travel,
        solution=solution,
        service_today=today_at_end,
        verification=verify_solution(instance, travel, solution),
        afterwards=afterwards,
        model=model,
    )


def verify(
    path: Path,
    solution: Solution,
    *,
    datum: str = "",
    cache_dir: Path | None = None,
    bound: bool = False,
) -> Verification:
    """Re-compute every rule and score of a solution from its instance alone.

    The scenario stored with the solution is applied to the instance as it is now; a changed
    instance is a finding.

    Parameters
    ----------
    bound
        Also recompute the certified bound, from the stored multipliers and the rows of the model
        as it is now; no solver takes part.

    Raises
    ------
    InstanceError
        When the instance cannot be read, or a bound is to be checked and none is certified.
    """
    if bound and solution.certificate is None:
        rule = "the run has no certified bound"
        remedy = "plan anew with more time, or verify without --bound"
        raise InstanceError("--bound", [Finding(place="--bound", rule=rule, remedy=remedy)])
    base, _ = read_instance(path, datum=datum)
    provenance = solution.provenance
    instance = base
    if provenance.scenario:
        scenario = Scenario.model_validate(provenance.overrides)
        instance = apply(base, scenario, name=provenance.scenario)
    travel = measure_travel(instance, cache_dir=cache_dir)
    verification = verify_solution(instance, travel, solution)
    if not bound:
        return verification
    return Verification((*verification.checks, _check_bound(instance, travel, solution)))


def _check_bound(instance: Instance, travel: Travel, solution: Solution) -> Check:
    if solution.certificate is None:
        return Check(CERTIFIED_BOUND, ())
    model = build_model(instance, find_reach(instance, travel), find_near(instance, travel))
    proven, unknown = proven_bound(model, solution.certificate)
    return Check(CERTIFIED_BOUND, tuple(check_certified_bound(solution, proven, unknown)))


def assess(instance: Instance, *, cache_dir: Path | None = None) -> tuple[Travel, pd.DataFrame]:
    """Return the travel of an instance and who is served where today; nothing is optimised."""
    travel = measure_travel(instance, cache_dir=cache_dir)
    reach = find_reach(instance, travel)
    return travel, serve(instance, reach, open_today(instance), instance.years[0])


def _today(instance: Instance, reach: Mapping[str, Arcs]) -> pd.DataFrame:
    """Return who is served where in every year with what is open now."""
    places = open_today(instance)
    tables = [serve(instance, reach, places, year) for year in instance.years]
    return pd.concat(tables, ignore_index=True)


def export_program(program: Program, path: Path) -> None:
    """Write a program with tier 1 as its objective, by the ending of `path`: ``.lp``, ``.mps``.

    Raises
    ------
    InstanceError
        When the ending is another.
    """
    if path.suffix == ".lp":
        write_lp(program, path)
    elif path.suffix == ".mps":
        write_mps(program, path)
    else:
        rule = "must end in .lp or .mps"
        raise InstanceError("--export", [Finding(place="--export", value=str(path), rule=rule)])


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


def _provenance(instance: Instance, options: Options, engine: str, started: str) -> Provenance:
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
    asked: dict[str, Any] = {
        "gap": options.gap,
        "time_limit_s": options.time_limit_s,
        "engine": options.engine,
        "memory_limit_gib": options.memory_limit_gib,
    }
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
        options=asked,
        started=started,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    )
