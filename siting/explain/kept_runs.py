"""The instance that a stored run was made from."""

from __future__ import annotations

from pathlib import Path

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply
from siting.instance.settings import Scenario
from siting.solution import Solution


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
        raise _refused("RUN", "has no plan to explain", "see `siting runs`")
    if not path.exists():
        raise _refused(str(path), "the run's instance is not there", "name it by --instance")
    instance, _ = read_instance(path, datum=datum)
    provenance = solution.provenance
    if provenance.scenario:
        scenario = Scenario.model_validate(provenance.overrides)
        instance = apply(instance, scenario, name=provenance.scenario)
    if instance.content_hash != provenance.instance_hash:
        raise _refused(
            str(path),
            "the instance has changed since the run was made",
            "solve it again, or name the instance of the run by --instance",
        )
    return instance


def _refused(place: str, rule: str, remedy: str) -> InstanceError:
    return InstanceError("explain", [Finding(place=place, rule=rule, remedy=remedy)])
