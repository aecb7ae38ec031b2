"""Runs that are on disk, as runs of cases of their instance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.settings import Scenario
from siting.scenarios.case import Case
from siting.scenarios.run import Run
from siting.store import load_run


def kept_runs(
    folders: Sequence[Path], *, moved: Path | None = None, datum: str = ""
) -> tuple[Instance, Path, list[Run]]:
    """Return the instance of some runs, where it is, and the runs as of their cases.

    Parameters
    ----------
    moved
        Where the instance is, if it is not where it was.

    Raises
    ------
    InstanceError
        When a folder holds no readable run, the instance is not there, or a run was not made from
        it as it is now; with all such runs.
    """
    runs, paths = [], []
    for folder in folders:
        solution, values = load_run(folder)
        provenance = solution.provenance
        case = Case(
            name=provenance.scenario, scenario=Scenario.model_validate(provenance.overrides)
        )
        runs.append(Run(case=case, folder=folder, values=values, reused=True))
        paths.append(Path(values["instance_path"]))
    path = moved or paths[0]
    if not path.exists():
        rule = "the instance of the runs is not there"
        finding = Finding(place=str(path), rule=rule, remedy="name it by --instance")
        raise InstanceError("compare", [finding])
    base, _ = read_instance(path, datum=datum)
    hashes = [run.values["provenance"]["base_hash"] for run in runs]
    findings = [
        Finding(
            place=str(run.folder),
            rule=f"was not made from {path} as it is now",
            remedy="compare runs of one instance that has not changed since; runs that plan on "
            "from others have an instance of their own",
        )
        for run, base_hash in zip(runs, hashes, strict=True)
        if base_hash != base.content_hash
    ]
    if findings:
        raise InstanceError("compare", findings)
    return base, path, runs


def differs_in_budget_alone(run: Run) -> bool:
    """Whether all that a case changes in its instance is the total budget."""
    said = run.case.scenario.model_fields_set - {"title", "title_zh", "inherits"}
    return said == {"budget"}
