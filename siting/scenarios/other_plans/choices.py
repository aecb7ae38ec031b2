"""Other plans of a town, kept as runs that reviewers can open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from siting.instance.instance import NEED_GRID, Instance
from siting.instance.settings import Scenario
from siting.scenarios.case import Case
from siting.scenarios.run import Run
from siting.solution import Solution
from siting.store import load_run, save_run
from siting.verification import Verification


class Choice(Protocol):
    """One of several plans of a town."""

    @property
    def instance(self) -> Instance:
        """The town under the name of the plan."""

    @property
    def solution(self) -> Solution:
        """The plan."""

    @property
    def verification(self) -> Verification:
        """What the checks say of it."""


def keep_choices(choices: Sequence[Choice], instance_path: Path, root: Path) -> list[Run]:
    """Store each plan as a run of its own, without pictures and workbook.

    Parameters
    ----------
    instance_path
        Where the instance was read from.
    root
        Folder of all runs.
    """
    runs = []
    for choice in choices:
        town = choice.instance
        folder = save_run(
            choice.solution,
            {service: amount / NEED_GRID for service, amount in town.base_need.items()},
            {},
            root=root,
            verified=choice.verification.passed,
            instance_path=instance_path,
        )
        scenario = Scenario.model_validate(dict(town.overrides))
        _, values = load_run(folder)
        runs.append(
            Run(case=Case(name=town.scenario, scenario=scenario), folder=folder, values=values)
        )
    return runs
