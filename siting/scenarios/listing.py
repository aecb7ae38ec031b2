"""What scenarios change: of an instance as it is, or one of them beside another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from pydantic import BaseModel

from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.instance.scenario import apply, scenario_of
from siting.instance.settings import BASE, PriceFactors, Scenario

Value = float | bool | str | None

MONEY, MONEY_PER_YEAR, MINUTES = "money", "money per year", "min"

_SECTIONS = ("plan", "objective")
_BY_BUDGET = {
    "agency_budgets": "agencies",
    "zone_budgets": "zones",
    "year_budgets": "years",
}
_BY_SERVICE = {"standards_min": ("standard_min", MINUTES), "weights": ("weight", ""),
               "ranks": ("rank", "")}  # fmt: skip
_UNITS = {"worth": MONEY, "land_quota_m2": "m2", "start_year": "", "years": "year",
          "extra_cost": MONEY, "delay_years": "year", "max_area_m2": "m2"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that two scenarios have differently.

    Attributes
    ----------
    key
        As in a scenario: ``budget``, ``standards_min``, ``plan.years`` ...
    of
        The agency, zone, fund, service, group, building or rule that it is said of; empty where
        it is of all.
    unit
        ``money``, ``money per year``, ``min``, ``year``, ``m2`` or empty.
    first, second
        What either has; None for nothing, such as no limit.
    """

    key: str
    of: str
    unit: str
    first: Value
    second: Value


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A scenario as it is listed.

    Attributes
    ----------
    inherits
        Scenarios that it starts from.
    differences
        What it states that differs from the instance as it is (`first`), everything that it
        inherits included. What follows from that, such as yearly slices that keep their part of
        another budget, is told by `differences`.
    """

    name: str
    title: str
    title_zh: str
    inherits: tuple[str, ...]
    differences: tuple[Difference, ...]


def list_scenarios(base: Instance) -> list[Listed]:
    """Return the scenarios of an instance, in the order of its settings."""
    return [
        Listed(
            name=name,
            title=scenario.title,
            title_zh=scenario.title_zh,
            inherits=scenario.inherits,
            differences=tuple(
                told
                for told in differences(base, BASE, name)
                if told.key.partition(".")[0] in scenario_of(base, name).model_fields_set
            ),
        )
        for name, scenario in base.settings.scenarios.items()
    ]


def differences(base: Instance, first: str, second: str) -> list[Difference]:
    """Return all that two scenarios of an instance have differently, as applied.

    Parameters
    ----------
    first, second
        Names of scenarios; ``base`` is the instance as it is.

    Raises
    ------
    InstanceError
        When a scenario is not known.
    """
    one, other = (_facts(base, scenario_of(base, name)) for name in (first, second))
    return [
        Difference(
            key=key,
            of=of,
            unit=_unit(key),
            first=one.get((key, of)),
            second=other.get((key, of)),
        )
        for key, of in {**one, **other}
        if one.get((key, of)) != other.get((key, of))
    ]


def _unit(key: str) -> str:
    if key in _BY_SERVICE:
        return _BY_SERVICE[key][1]
    if key in {"yearly_cost", "yearly_rent"}:
        return MONEY_PER_YEAR
    if key in {"budget", "fund_amounts", *_BY_BUDGET}:
        return MONEY
    return _UNITS.get(key.rpartition(".")[2], "")


def _facts(base: Instance, scenario: Scenario) -> dict[tuple[str, str], Value]:
    """Return all that a scenario could change, as it has it, by key and of what."""
    return {(key, of): value for key, of, value in _told(base, apply(base, scenario), scenario)}


def _told(base: Instance, town: Instance, scenario: Scenario) -> Iterator[tuple[str, str, Value]]:
    budget = town.settings.budget
    yield "budget", "", budget.total
    yield "yearly_cost", "", budget.yearly_cost
    yield "yearly_rent", "", budget.yearly_rent
    for key, name in _BY_BUDGET.items():
        yield from _by_name(key, getattr(budget, name))
    yield from _by_name("fund_amounts", _column(town.funds, "fund_id", "amount"))
    for section in _SECTIONS:
        yield from _of_section(section, getattr(town.settings, section))
    rest = scenario.people_factors.get("all", 1.0)
    people = {group: scenario.people_factors.get(group, rest) for group in base.groups}
    if len(set(people.values())) == 1:
        people = {"all": next(iter(people.values()))}
    else:
        people = {group: factor for group, factor in people.items() if factor != 1}
    yield from _by_name("people_factors", {k: v for k, v in people.items() if v != 1})
    for key in ("zone_people_factors", "need_factors"):
        factors = getattr(scenario, key)
        yield from _by_name(key, {of: factor for of, factor in factors.items() if factor != 1})
    for key, (column, _) in _BY_SERVICE.items():
        yield from _by_name(key, _column(town.services, "service_id", column))
    prices = scenario.price_factors or PriceFactors()
    yield from _by_name("price_factors", prices.model_dump())
    years = _column(town.buildings, "building_id", "available_from_year")
    yield from _by_name("available_from_year", years)
    yield from _by_name("unavailable", dict.fromkeys(scenario.unavailable, True))
    switchable = (rule.id for rule in RULES.values() if rule.switchable)
    yield from _by_name("rules", {rule: town.rule_on(rule) for rule in switchable})
    yield from _by_name("locks", _rows(scenario.locks, "status"))
    yield from _by_name("priorities", _rows(scenario.priorities, "factor"))
    for column in ("extra_cost", "delay_years", "max_area_m2", "condition"):
        yield from _by_name(f"conditions.{column}", _asked(town.conditions, column))


def _by_name(key: str, values: Mapping[str, Value]) -> Iterator[tuple[str, str, Value]]:
    for of, value in values.items():
        yield key, str(of), value


def _column(table: pd.DataFrame, name: str, column: str) -> dict[str, Value]:
    known = table[table[column].notna()]
    return {str(k): float(v) for k, v in zip(known[name], known[column], strict=True)}


def _asked(conditions: pd.DataFrame, column: str) -> dict[str, Value]:
    """Return what the conditions ask under a column, by building and service."""
    asking = conditions[conditions[column].notna() & ~conditions[column].isin([0, ""])]
    uses = zip(asking["building_id"], asking["service_id"].fillna(""), strict=True)
    return {
        ", ".join(filter(None, use)): str(value) if column == "condition" else float(value)
        for use, value in zip(uses, asking[column], strict=True)
    }


def _of_section(name: str, section: BaseModel) -> Iterator[tuple[str, str, Value]]:
    for key, value in section.model_dump().items():
        if isinstance(value, dict):
            yield from _by_name(f"{name}.{key}", value)
        else:
            shown = ", ".join(value) if isinstance(value, tuple) else value
            yield f"{name}.{key}", "", shown


def _rows(rows: Sequence[BaseModel], said: str) -> dict[str, Value]:
    """Return what rows say, by what they say it of."""
    told: dict[str, Value] = {}
    for row in rows:
        cells = row.model_dump(exclude={said}, exclude_none=True)
        year = cells.pop("year", None)
        value = getattr(row, said)
        told[", ".join(map(str, cells.values()))] = value if year is None else f"{value} {year}"
    return told
