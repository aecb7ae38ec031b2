"""The instance that a stored run was made from, and the plan as it was when it was made."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from siting.errors import Finding, InstanceError
from siting.explain.trials import opened_as
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply
from siting.instance.settings import Scenario
from siting.model.build import build_model
from siting.planner import Plan
from siting.reach import find_near, find_reach
from siting.solution import Solution
from siting.solvers.afterwards import look_after, nothing_after
from siting.solvers.assignment import open_today, serve
from siting.travel.measure import measure_travel
from siting.verification import verify_solution


def instance_of_run(solution: Solution, path: Path, *, datum: str = "") -> Instance:
    """Return the instance of a run, its scenario applied, exactly as the run was made from it.

    Parameters
    ----------
    path
        Where the instance is now.

    Raises
    ------
    InstanceError
        When the run has no plan, the instance is not there, or it has changed since.
    """
    if not solution.has_plan:
        raise _refused("RUN", "has no plan", "see `siting runs`")
    if not path.exists():
        raise _refused(str(path), "the run's instance is not there", "name it by --instance")
    instance, _ = read_instance(path, datum=datum)
    provenance = solution.provenance
    if provenance.scenario or provenance.overrides:
        scenario = Scenario.model_validate(provenance.overrides)
        instance = apply(instance, scenario, name=provenance.scenario)
    if instance.content_hash != provenance.instance_hash:
        raise _refused(
            str(path),
            "the instance has changed since the run was made",
            "solve it again, or name the instance of the run by --instance",
        )
    return instance


def plan_of_run(instance: Instance, solution: Solution, *, cache_dir: Path | None = None) -> Plan:
    """Return a stored plan with all that it was made from, re-checked; nothing is searched anew.

    Attendance areas are looked for again; where verification fails, nothing that follows from
    the plan is.

    Parameters
    ----------
    instance
        As `instance_of_run` gives it.
    """
    travel = measure_travel(instance, cache_dir=cache_dir)
    verification = verify_solution(instance, travel, solution)
    reach = find_reach(instance, travel)
    model = build_model(instance, reach, find_near(instance, travel))
    places = open_today(instance)
    today = pd.concat(
        [serve(instance, reach, places, year) for year in instance.years], ignore_index=True
    )
    afterwards = nothing_after()
    if verification.passed:
        opened = opened_as(model, solution.chosen)
        afterwards = look_after(model, reach, opened, solution.service, today)
    return Plan(
        instance=instance,
        travel=travel,
        solution=solution,
        service_today=today[today["year"] == instance.years[-1]].reset_index(drop=True),
        verification=verification,
        afterwards=afterwards,
        model=model,
    )


def _refused(place: str, rule: str, remedy: str) -> InstanceError:
    return InstanceError("run", [Finding(place=place, rule=rule, remedy=remedy)])
