"""The functions that users call: from an instance to a verified plan."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pandas as pd

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply, name_with_budget, scenario_of
from siting.instance.settings import Scenario
from siting.model.build import build_model, served_alone
from siting.model.cuts import proven_bound
from siting.planner import Options, Plan, Planner
from siting.reach import find_near, find_reach
from siting.replan import replan
from siting.solution import Solution
from siting.solvers.assignment import open_today, serve
from siting.solvers.control import Progress
from siting.travel.findings import travel_findings
from siting.travel.measure import measure_travel
from siting.travel.times import Travel
from siting.verification import Check, Verification, verify_solution
from siting.verification.bound import CERTIFIED_BOUND, check_certified_bound

__all__ = ["Options", "Plan", "assess", "check", "prepare", "prepare_after", "solve", "verify"]


def check(path: Path, *, datum: str = "") -> list[Finding]:
    """Return everything that is wrong, or looks wrong, with an instance; errors first."""
    try:
        instance, findings = read_instance(path, datum=datum)
    except InstanceError as error:
        return list(error.findings)
    return sorted([*findings, *travel_findings(instance)], key=lambda f: f.severity)


def prepare(instance: Instance, *, scenario: str = "", budget: float | None = None) -> Instance:
    """Return the instance under a named scenario and perhaps another total budget."""
    name = scenario if budget is None else name_with_budget(scenario, budget)
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
    start: pd.DataFrame | None = None,
) -> Plan:
    """Plan an instance, see `siting.planner.Planner.solve`."""
    return Planner(options or Options()).solve(
        instance, watch=watch, started=started, export=export, start=start
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
    if provenance.scenario or provenance.overrides:
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
    plain = served_alone(instance)
    model = build_model(plain, find_reach(plain, travel), find_near(plain, travel))
    proven, unknown = proven_bound(model, solution.certificate)
    return Check(CERTIFIED_BOUND, tuple(check_certified_bound(solution, proven, unknown)))


def assess(instance: Instance, *, cache_dir: Path | None = None) -> tuple[Travel, pd.DataFrame]:
    """Return the travel of an instance and who is served where today; nothing is optimised."""
    travel = measure_travel(instance, cache_dir=cache_dir)
    reach = find_reach(instance, travel)
    return travel, serve(instance, reach, open_today(instance), instance.years[0])
