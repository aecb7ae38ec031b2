"""The districts of a country, as they share one budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from siting.errors import Finding, InstanceError, nearest
from siting.instance.instance import Instance
from siting.instance.reading import read_instance


@dataclass(frozen=True, kw_only=True, eq=False)
class District:
    """One district.

    Attributes
    ----------
    weight
        What its share of need served counts among the districts: its people, unless given.
    """

    name: str
    path: Path
    base: Instance
    weight: float


def read_districts(
    country: Path, weights: Mapping[str, float] | None = None, *, datum: str = ""
) -> tuple[list[District], list[Finding]]:
    """Return the districts of a folder of instances, in order of their names, with warnings.

    Parameters
    ----------
    weights
        By name of the district's folder; a district that is not named counts by its people.

    Raises
    ------
    InstanceError
        When there is no instance, one cannot be read, weights name no district or are not above
        0, or districts differ in their money; with all findings.
    """
    weights = weights or {}
    folders = sorted(path.parent for path in country.glob("*/instance.toml"))
    if not folders:
        rule, remedy = "holds no instance", "name a folder with one folder for every district"
        raise InstanceError(str(country), [Finding(place=str(country), rule=rule, remedy=remedy)])
    districts: list[District] = []
    findings: list[Finding] = []
    for folder in folders:
        try:
            base, warnings = read_instance(folder, datum=datum)
        except InstanceError as error:
            findings += error.findings
            continue
        findings += warnings
        weight = weights.get(folder.name, people_of(base))
        districts.append(District(name=folder.name, path=folder, base=base, weight=weight))
    findings += _wrong_weights(weights, [folder.name for folder in folders])
    findings += _wrong_districts(districts, weights)
    if any(finding.severity == "error" for finding in findings):
        raise InstanceError(str(country), findings)
    return districts, findings


def people_of(base: Instance) -> float:
    """Return the people of a district who are counted in its population."""
    counted = base.settings.base.counted_groups or tuple(g for g in base.groups if g != "workers")
    return float(base.demand[[f"people_{group}" for group in counted]].to_numpy(float).sum())


def _wrong_weights(weights: Mapping[str, float], known: list[str]) -> list[Finding]:
    unknown = [
        Finding(
            place="--weights",
            value=f'"{name}"',
            rule="no such district",
            remedy=nearest(name, known),
        )
        for name in weights
        if name not in known
    ]
    negative = [
        Finding(place="--weights", value=f"{name}: {weight:g}", rule="must be above 0")
        for name, weight in weights.items()
        if not weight > 0
    ]
    return [*unknown, *negative]


def _wrong_districts(districts: list[District], weights: Mapping[str, float]) -> list[Finding]:
    findings = []
    for district in districts:
        money, first = district.base.settings.money, districts[0].base.settings.money
        place = f"{district.path}/instance.toml"
        if (money.unit, money.decimals) != (first.unit, first.decimals):
            rule = f'counts money in "{money.unit}" to {money.decimals} decimals, others do not'
            remedy = f'count all money in "{first.unit}" to {first.decimals} decimals'
            findings.append(
                Finding(place=place, column="money", value=money.unit, rule=rule, remedy=remedy)
            )
        if district.name not in weights and not district.weight > 0:
            rule, remedy = "nobody lives here", "leave the district out, or give it a weight"
            findings.append(Finding(place=place, value=district.name, rule=rule, remedy=remedy))
    return findings
