"""The only place that knows what a scenario overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import pandas as pd
from pydantic import BaseModel

from siting.errors import Finding, InstanceError, nearest
from siting.instance.instance import KEEP, Instance
from siting.instance.rulebook import RULES
from siting.instance.settings import Budget, Scenario

Section = TypeVar("Section", bound=BaseModel)


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
    services = instance.services.assign(
        standard_min=_overridden(instance.services, "standard_min", scenario.standards_min),
        weight=_overridden(instance.services, "weight", scenario.weights),
        rank=_overridden(instance.services, "rank", scenario.ranks),
    )
    funds = instance.funds
    if scenario.fund_amounts:
        amounts = funds["fund_id"].map(scenario.fund_amounts).astype(float)
        funds = funds.assign(amount=amounts.fillna(funds["amount"].astype(float)))
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
        "settings": settings.model_copy(
            update={
                "budget": _budget(settings.budget, scenario),
                "rules": {**settings.rules, **scenario.rules},
                "plan": _changed(settings.plan, scenario.plan),
                "objective": _changed(settings.objective, scenario.objective),
            }
        ),
        "services": services,
        "demand": demand,
        "funds": funds,
        "priorities": _with_rows(instance.priorities, scenario.priorities),
        "locks": _with_rows(instance.locks, scenario.locks),
    }
    applied = instance.replace(**changes)
    if applied.content_hash == instance.content_hash:
        applied = instance
    return applied.replace(
        scenario=name,
        overrides=scenario.model_dump(mode="json", exclude_unset=True),
        base_hash=instance.content_hash,
    )


def _overridden(table: pd.DataFrame, column: str, values: Mapping[str, float]) -> pd.Series[float]:
    return table["service_id"].map(values).astype(float).fillna(table[column].astype(float))


def _budget(budget: Budget, scenario: Scenario) -> Budget:
    """Return the budget; yearly slices that are not named keep their part of another total."""
    years = budget.years
    if scenario.budget is not None and budget.total:
        years = {year: part * scenario.budget / budget.total for year, part in years.items()}
    given = {
        "total": scenario.budget,
        "yearly_cost": scenario.yearly_cost,
        "yearly_rent": scenario.yearly_rent,
    }
    return budget.model_copy(
        update={
            **{key: value for key, value in given.items() if value is not None},
            "agencies": {**budget.agencies, **scenario.agency_budgets},
            "zones": {**budget.zones, **scenario.zone_budgets},
            "years": {**years, **scenario.year_budgets},
        }
    )


def _changed(section: Section, changes: Section | None) -> Section:
    """Return a section of settings with the keys that the scenario gives."""
    if changes is None:
        return section
    return section.model_copy(update={k: getattr(changes, k) for k in changes.model_fields_set})


def _with_rows(table: pd.DataFrame, rows: Sequence[BaseModel]) -> pd.DataFrame:
    """Return a table with the rows that the scenario adds."""
    if not rows:
        return table
    added = pd.DataFrame([row.model_dump() for row in rows], dtype=object)
    added["source"] = "scenario"
    if table.empty:
        return added.reindex(columns=table.columns)
    return pd.concat([table.astype(object), added], ignore_index=True)


def _check(instance: Instance, scenario: Scenario, name: str) -> None:
    services = list(instance.services["service_id"])
    asked: list[tuple[str, str, list[str], str]] = []
    asked += [("standards_min", s, services, "service") for s in scenario.standards_min]
    asked += [("weights", s, services, "service") for s in scenario.weights]
    asked += [("ranks", s, services, "service") for s in scenario.ranks]
    zones = list(instance.zones["zone_id"])
    asked += [("zone_budgets", z, zones, "zone") for z in scenario.zone_budgets]
    funds = list(instance.funds["fund_id"])
    asked += [("fund_amounts", f, funds, "fund") for f in scenario.fund_amounts]
    for row in scenario.priorities:
        named = (
            (row.service_id, services, "service"),
            (row.group, list(instance.groups), "group"),
            (row.zone_id, zones, "zone"),
        )
        asked += [("priorities", word, known, what) for word, known, what in named if word]
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
    modules = [*instance.modules["module_id"], KEEP]
    asked += [
        ("locks", lock.module_id, modules, "module") for lock in scenario.locks if lock.module_id
    ]
    findings = [
        Finding(
            place="instance.toml",
            column=f"scenarios.{name}.{key}",
            value=f'"{word}"',
            rule=f"no such {what}",
            remedy="" if word in RULES else nearest(word, known),
        )
        for key, word, known, what in asked
        if word not in known
    ]
    if findings:
        raise InstanceError(f"scenario {name}", findings)
