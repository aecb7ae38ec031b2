"""The only place that knows what a scenario overrides."""

from __future__ import annotations

import pandas as pd

from siting.errors import Finding, InstanceError, nearest
from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.instance.settings import Scenario


def scenario_of(instance: Instance, name: str = "", budget: float | None = None) -> Scenario:
    """Return a named scenario of the instance, with another total budget if one is given.

    Raises
    ------
    InstanceError
        When the instance has no scenario of that name, or the budget is negative.
    """
    known = instance.settings.scenarios
    place = f"instance {instance.name}"
    if name and name not in known:
        rule = f"no such scenario; it has {', '.join(known) or 'none'}"
        raise InstanceError(
            place,
            [Finding(place="instance.toml", column="scenarios", value=f'"{name}"', rule=rule,
                     remedy=nearest(name, list(known)))],
        )  # fmt: skip
    if budget is not None and not budget >= 0:
        finding = Finding(
            place="--budget", value=str(budget), rule="must be a number of at least 0"
        )
        raise InstanceError(place, [finding])
    scenario = known[name] if name else Scenario()
    return scenario if budget is None else scenario.model_copy(update={"budget": budget})


def apply(instance: Instance, scenario: Scenario, *, name: str = "") -> Instance:
    """Return the instance as the scenario has it; everything after this sees only the result.

    Raises
    ------
    InstanceError
        When the scenario names a service, group, agency, building or rule that does not exist;
        with all of them.
    """
    _check(instance, scenario, name)
    settings = instance.settings
    budget = settings.budget.model_copy(
        update={
            "total": settings.budget.total if scenario.budget is None else scenario.budget,
            "yearly_cost": (
                settings.budget.yearly_cost
                if scenario.yearly_cost is None
                else scenario.yearly_cost
            ),
            "agencies": {**settings.budget.agencies, **scenario.agency_budgets},
        }
    )
    rules = {**settings.rules, **scenario.rules}
    services = instance.services.assign(
        standard_min=_overridden(instance.services, "standard_min", scenario.standards_min),
        weight=_overridden(instance.services, "weight", scenario.weights),
    )
    demand = instance.demand
    if scenario.people_factors:
        rest = scenario.people_factors.get("all", 1.0)
        demand = demand.assign(
            **{
                f"people_{group}": demand[f"people_{group}"].astype(float)
                * scenario.people_factors.get(group, rest)
                for group in instance.groups
            }
        )
    changes = {
        "settings": settings.model_copy(update={"budget": budget, "rules": rules}),
        "services": services,
        "demand": demand,
        "locks": _locks(instance, scenario),
    }
    applied = instance.replace(**changes)
    if applied.content_hash == instance.content_hash:
        applied = instance
    return applied.replace(
        scenario=name,
        overrides=scenario.model_dump(mode="json", exclude_defaults=True),
        base_hash=instance.content_hash,
    )


def _overridden(table: pd.DataFrame, column: str, values: dict[str, float]) -> pd.Series[float]:
    return table["service_id"].map(values).astype(float).fillna(table[column].astype(float))


def _locks(instance: Instance, scenario: Scenario) -> pd.DataFrame:
    if not scenario.locks:
        return instance.locks
    added = pd.DataFrame([lock.model_dump() for lock in scenario.locks], dtype=object)
    added["source"] = "scenario"
    if instance.locks.empty:
        return added
    return pd.concat([instance.locks.astype(object), added], ignore_index=True)


def _check(instance: Instance, scenario: Scenario, name: str) -> None:
    services = list(instance.services["service_id"])
    asked: list[tuple[str, str, list[str], str]] = []
    asked += [("standards_min", s, services, "service") for s in scenario.standards_min]
    asked += [("weights", s, services, "service") for s in scenario.weights]
    asked += [
        ("people_factors", g, [*instance.groups, "all"], "group") for g in scenario.people_factors
    ]
    agencies = list(instance.services["agency"].unique())
    asked += [("agency_budgets", a, agencies, "agency") for a in scenario.agency_budgets]
    switchable = [rule.id for rule in RULES.values() if rule.switchable]
    asked += [("rules", r, switchable, "rule that can be switched") for r in scenario.rules]
    buildings = list(instance.buildings["building_id"])
    asked += [("locks", lock.building_id, buildings, "building") for lock in scenario.locks]
    asked += [
        ("locks", lock.service_id, services, "service")
        for lock in scenario.locks
        if lock.service_id
    ]
    modules = list(instance.modules["module_id"])
    asked += [
        ("locks", lock.module_id, modules, "module") for lock in scenario.locks if lock.module_id
    ]
    findings = [
        Finding(
            place="instance.toml",
            column=f"scenarios.{name}.{key}",
            value=f'"{word}"',
            rule=f"no such {what}",
            remedy=nearest(word, known),
        )
        for key, word, known, what in asked
        if word not in known
    ]
    if findings:
        raise InstanceError(f"scenario {name}", findings)
