"""A run under review: its plan with all tables, its round, and what was decided before it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from siting import store
from siting.caching import user_folder
from siting.errors import Finding, InstanceError
from siting.explain.kept_runs import instance_of_run, plan_of_run
from siting.instance.instance import Instance
from siting.instance.settings import Scenario
from siting.planner import Plan
from siting.report.labels import Lang, for_reader
from siting.report.results import Results, gather_results
from siting.review.log import LOG_FILE, read
from siting.review.standing import Standing, standings
from siting.review.verdicts import Verdict
from siting.solution import Solution

ROUND_FILE = "round.json"
"""Beside a run's other files: which round it is."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """Which round of review a run is.

    Attributes
    ----------
    number
        1 for the first.
    previous
        Run id of the round before; empty for the first.
    scenario, overrides
        The scenario of the first round by name and in full, without any verdict.
    """

    number: int = 1
    previous: str = ""
    scenario: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @property
    def base(self) -> Scenario:
        """The scenario of the first round, without any verdict."""
        return Scenario.model_validate(dict(self.overrides))


@dataclass(frozen=True, kw_only=True, eq=False)
class ReviewedRun:
    """What is reviewed.

    Attributes
    ----------
    instance_path
        Where the instance was read from.
    instance
        As it was planned, its scenario applied.
    plan
        The stored plan with all that it was made from, re-checked.
    results
        Its tables, in the reader's language.
    earlier
        All verdicts of the rounds before this one, in their order.
    standings
        Where every use stands after those.
    departments
        That must each approve a site; empty where one verdict of whomever is enough.
    """

    folder: Path
    instance_path: Path
    instance: Instance
    plan: Plan
    results: Results
    round: Round
    earlier: tuple[Verdict, ...]
    standings: tuple[Standing, ...]
    departments: tuple[str, ...]

    @property
    def run_id(self) -> str:
        """Name of the run's folder."""
        return self.folder.name

    @property
    def solution(self) -> Solution:
        """The plan as it is stored."""
        return self.plan.solution


def reviewed_run(
    run: str,
    *,
    root: Path = Path("solutions"),
    instance_path: Path | None = None,
    datum: str = "",
    lang: Lang = "en",
) -> ReviewedRun:
    """Return a stored run with all that its review needs; nothing is searched anew.

    Parameters
    ----------
    run
        Its folder or id.
    root
        Where runs are looked for by id.
    instance_path
        Where the instance is, if not where it was.

    Raises
    ------
    InstanceError
        When there is no such run, it has no plan, its plan fails verification, or its instance has
        changed since.
    """
    folder = store.find_run(run, root).resolve()
    solution, values = store.load_run(folder)
    path = instance_path or Path(values["instance_path"])
    town = instance_of_run(solution, path, datum=datum)
    plan = plan_of_run(town, solution, cache_dir=user_folder())
    if not plan.verification.passed:
        raise _refused(folder, "fails verification and is no result", "see `siting verify`")
    number = read_round(folder, solution)
    earlier = earlier_verdicts(folder, number.number)
    departments = town.settings.review.departments
    results = gather_results(
        for_reader(town, lang),
        plan.travel,
        solution,
        plan.service_today,
        verified=True,
        lang=lang,
        afterwards=plan.afterwards,
        model=plan.model,
    )
    return ReviewedRun(
        folder=folder,
        instance_path=path,
        instance=town,
        plan=plan,
        results=results,
        round=number,
        earlier=earlier,
        standings=standings(earlier, departments),
        departments=departments,
    )


def read_round(folder: Path, solution: Solution) -> Round:
    """Return which round a run is; the first, planned with its own scenario, where none is said.

    Raises
    ------
    InstanceError
        When its `ROUND_FILE` cannot be read.
    """
    path = folder / ROUND_FILE
    provenance = solution.provenance
    if not path.exists():
        return Round(scenario=provenance.scenario, overrides=provenance.overrides)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Round(
            number=int(values["number"]),
            previous=str(values["previous"]),
            scenario=str(values["scenario"]),
            overrides=dict(values["overrides"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        rule = f"says no round ({type(error).__name__}: {error})"
        raise _refused(path, rule, "restore the file from a copy, or solve the round again") from (
            error
        )


def write_round(folder: Path, number: Round) -> None:
    """Say which round a run is."""
    values = {
        "number": number.number,
        "previous": number.previous,
        "scenario": number.scenario,
        "overrides": dict(number.overrides),
    }
    text = json.dumps(values, ensure_ascii=False, indent=1)
    (folder / ROUND_FILE).write_text(text + "\n", encoding="utf-8")


def earlier_verdicts(folder: Path, number: int) -> tuple[Verdict, ...]:
    """Return the verdicts of the rounds before this one, in their order."""
    path = folder / LOG_FILE
    if number == 1 or not path.exists():
        return ()
    return tuple(
        entry.verdict for entry in read(path) if entry.verdict is not None and entry.round < number
    )


def _refused(place: Path, rule: str, remedy: str) -> InstanceError:
    return InstanceError("review", [Finding(place=str(place), rule=rule, remedy=remedy)])
