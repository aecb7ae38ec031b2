"""The only place that knows what a scenario overrides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel

from siting.errors import Finding, InstanceError, nearest
from siting.instance.given import plain_number
from siting.instance.inheriting import in_full, with_keys
from siting.instance.instance import KEEP, Instance
from siting.instance.rulebook import RULES
from siting.instance.settings import (
    BASE,
    Budget,
    ConditionRow,
    Lock,
    PriceFactors,
    Scenario,
)

Section = TypeVar("Section", bound=BaseModel)


def scenario_of(instance: Instance, name: str = "", budget: float | None = None) -> Scenario:
    """Return a named scenario of the instance in full, with another total budget if one is given.

    Raises
    ------
    InstanceError
        When the instance has no scenario of that name, or the budget is negative.
    """
    known = instance.settings.scenarios
    place = f"instance {instance.name}"
    name = "" if name == BASE else name
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
    scenario = in_full(known[name], known, name) if name else Scenario()
    return scenario if budget is None else scenario.model_copy(update={"budget": budget})


def name_with_budget(scenario: str, budget: float) -> str:
    """Return the name of a scenario under another total budget: ``scenario+budget=N``."""
    return f"{scenario}+budget={plain_number(budget)}".lstrip("+")


def apply(instance: Instance, scenario: Scenario, *, name: str = "") -> Instance:
    """Return the instance as the scenario has it; everything after this sees only the result.

    A factor on people also holds for need that is scaled to a published total: the total is that
    of the people as they are.

    Raises
    ------
    InstanceError
        When the scenario names a service, group, zone, agency, fund, building or rule that does
        not exist, or inherits from none that is known; with all of them.
    """
    scenario = in_full(scenario, instance.settings.scenarios, name)
    _check(instance, scenario, name)
    settings = instance.settings
    funds = instance.funds
    if scenario.fund_amounts:
        amounts = funds["fund_id"].map(scenario.fund_amounts).astype(float)
        funds = funds.assign(amount=amounts.fillna(funds["amount"].astype(float)))
    buildings = instance.buildings
    if scenario.available_from_year:
        said = buildings["building_id"].map(scenario.available_from_year).astype(float)
        years = said.fillna(buildings["available_from_year"].astype(float))
        buildings = buildings.assign(available_from_year=years)
    demand = _demand(instance, scenario)
    changes = {
        "settings": settings.model_copy(
            update={
                "budget": _budget(settings.budget, scenario),
                "rules": {**settings.rules, **scenario.rules},
                "plan": _changed(settings.plan, scenario.plan),
                "objective": _changed(settings.objective, scenario.objective),
            }
        ),
        "demand": demand,
        "needs": _needs(instance.needs, scenario),
        "services": _services(instance, scenario, demand),
        "buildings": buildings,
        "funds": funds,
        "priorities": _with_rows(instance.priorities, scenario.priorities),
        "locks": _with_rows(instance.locks, (*scenario.locks, *_closures(scenario))),
        "conditions": _conditions(instance.conditions, scenario.conditions),
    }
    applied = _priced(instance.replace(**changes), scenario.price_factors)
    if applied.content_hash == instance.content_hash:
        applied = instance
    return applied.replace(
        scenario=name,
        overrides=scenario.model_dump(mode="json", exclude_unset=True),
        base_hash=instance.content_hash,
    )


def _overridden(table: pd.DataFrame, column: str, values: Mapping[str, float]) -> pd.Series[float]:
    return table["service_id"].map(values).astype(float).fillna(table[column].astype(float))


def _demand(instance: Instance, scenario: Scenario) -> pd.DataFrame:
    """Return the demand with the factors on its people by group and by zone."""
    demand = instance.demand
    rest = scenario.people_factors.get("all", 1.0)
    by_group = {group: scenario.people_factors.get(group, rest) for group in instance.groups}
    by_zone = np.ones(len(demand))
    kinds = dict(zip(instance.zones["zone_id"], instance.zones["kind"], strict=True))
    for zone, factor in scenario.zone_people_factors.items():
        homes = demand.get(f"zone_{kinds[zone]}")
        if homes is not None:
            by_zone[homes.eq(zone).to_numpy(bool)] *= factor
    if not scenario.people_factors and not scenario.zone_people_factors:
        return demand
    people = {f"people_{group}": factor * by_zone for group, factor in by_group.items()}
    return demand.assign(**{c: demand[c].astype(float) * factor for c, factor in people.items()})


def _needs(needs: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    if not scenario.need_factors:
        return needs
    factors = needs["service_id"].map(scenario.need_factors).astype(float).fillna(1.0)
    return needs.assign(need_per_person=needs["need_per_person"].astype(float) * factors)


def _services(instance: Instance, scenario: Scenario, demand: pd.DataFrame) -> pd.DataFrame:
    """Return the services; published totals follow the factors on people and need."""
    services = instance.services.assign(
        standard_min=_overridden(instance.services, "standard_min", scenario.standards_min),
        weight=_overridden(instance.services, "weight", scenario.weights),
        rank=_overridden(instance.services, "rank", scenario.ranks),
    )
    published = services["published_need"].astype(float)
    same = demand is instance.demand and not scenario.need_factors
    if same or published.isna().all():
        return services
    rates = _needs(instance.needs, scenario)
    raw = _raw_need(instance.demand, instance.needs), _raw_need(demand, rates)
    before, after = (services["service_id"].map(need).astype(float) for need in raw)
    factors = (after / before.where(before > 0)).fillna(1.0)
    return services.assign(published_need=published * factors)


def _raw_need(demand: pd.DataFrame, needs: pd.DataFrame) -> dict[str, float]:
    """Return the need by service before any scaling."""
    people = {group: float(demand[f"people_{group}"].sum()) for group in set(needs["group"])}
    need = needs["group"].map(people) * needs["need_per_person"].astype(float)
    return dict(need.groupby(needs["service_id"]).sum())


def _closures(scenario: Scenario) -> list[Lock]:
    return [Lock(building_id=b, status="forbidden") for b in scenario.unavailable]


_PRICES = (
    ("works", "modules", "works_cost"),
    ("works", "eligibility", "extra_works_per_m2"),
    ("equipment", "modules", "equipment_cost"),
    ("running", "modules", "yearly_cost"),
    ("acquisition", "buildings", "acquisition_cost"),
    ("acquisition", "tenures", "acquisition_cost"),
    ("rent", "buildings", "yearly_rent_per_m2"),
    ("rent", "tenures", "yearly_rent_per_m2"),
)
"""Kinds of price with the tables and columns that state them."""


def _priced(instance: Instance, factors: PriceFactors | None) -> Instance:
    """Return the instance with factors on its prices."""
    if factors is None:
        return instance
    tables = instance.tables
    for kind, name, column in _PRICES:
        table, factor = tables[name], getattr(factors, kind)
        if factor != 1 and len(table):
            tables[name] = table.assign(**{column: table[column].astype(float) * factor})
    return instance.replace(**{name: tables[name] for _, name, _ in _PRICES})


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
    return section if changes is None else with_keys(section, changes)


def _with_rows(table: pd.DataFrame, rows: Sequence[BaseModel]) -> pd.DataFrame:
    """Return a table with the rows that the scenario adds."""
    if not rows:
        return table
    added = pd.DataFrame([row.model_dump() for row in rows], dtype=object)
    added["source"] = "scenario"
    if table.empty:
        return added.reindex(columns=table.columns)
    return pd.concat([table.astype(object), added], ignore_index=True)


def _conditions(table: pd.DataFrame, rows: Sequence[ConditionRow]) -> pd.DataFrame:
    """Return the conditions; a scenario's row takes the place of one about the same use."""
    if not rows:
        return table
    said = {(row.building_id, row.service_id or "") for row in rows}
    uses = zip(table["building_id"], table["service_id"].fillna(""), strict=True)
    others = np.array([use not in said for use in uses], bool)
    return _with_rows(table[others].reset_index(drop=True), rows)


def _check(instance: Instance, scenario: Scenario, name: str) -> None:
    findings = [
        Finding(
            place="instance.toml",
            column=f"scenarios.{name}.{key}",
            value=f'"{word}"',
            rule=f"no such {what}",
            remedy="" if word in RULES else nearest(word, known),
        )
        for key, words, known, what in _named(instance, scenario)
        for word in words
        if word not in known
    ]
    if findings:
        raise InstanceError(f"scenario {name}", findings)


def _named(
    instance: Instance, scenario: Scenario
) -> Iterator[tuple[str, Iterable[str], list[str], str]]:
    """Yield the names that each key speaks of, the names there are, and what they name."""
    services = list(instance.services["service_id"])
    for key in ("standards_min", "weights", "ranks", "need_factors"):
        yield key, getattr(scenario, key), services, "service"
    zones = list(instance.zones["zone_id"])
    for key in ("zone_budgets", "zone_people_factors"):
        yield key, getattr(scenario, key), zones, "zone"
    yield "fund_amounts", scenario.fund_amounts, list(instance.funds["fund_id"]), "fund"
    agencies = list(instance.services["agency"].unique())
    yield "agency_budgets", scenario.agency_budgets, agencies, "agency"
    groups = list(instance.groups)
    yield "people_factors", scenario.people_factors, [*groups, "all"], "group"
    for row in scenario.priorities:
        yield "priorities", filter(None, [row.service_id]), services, "service"
        yield "priorities", filter(None, [row.group]), groups, "group"
        yield "priorities", filter(None, [row.zone_id]), zones, "zone"
    switchable = [rule.id for rule in RULES.values() if rule.switchable]
    yield "rules", scenario.rules, switchable, "rule that can be switched"
    buildings = list(instance.buildings["building_id"])
    for key in ("available_from_year", "unavailable"):
        yield key, getattr(scenario, key), buildings, "building"
    modules = [*instance.modules["module_id"], KEEP]
    for lock in scenario.locks:
        yield "locks", [lock.building_id], buildings, "building"
        yield "locks", filter(None, [lock.service_id]), services, "service"
        yield "locks", filter(None, [lock.module_id]), modules, "module"
    for condition in scenario.conditions:
        yield "conditions", [condition.building_id], buildings, "building"
        yield "conditions", filter(None, [condition.service_id]), services, "service"
