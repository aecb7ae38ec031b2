"""Grids: every combination of scenarios, people, standards, prices and budgets as cases."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from pydantic import ValidationError

from siting.errors import Finding, InstanceError, nearest
from siting.instance.given import plain_number
from siting.instance.instance import Instance
from siting.instance.scenario import scenario_of
from siting.instance.settings import BASE, Grid, Objective, PriceFactors, Scenario
from siting.instance.settings.grid import numbers_of
from siting.scenarios.case import Case

_PARTS = re.compile(r"[;；,，]\s*(?=[^\W\d]\w*\s*[=＝])")
"""What separates the parts of a grid; a list of numbers has no key after its comma."""

_DECIMALS = 9


def parse_budgets(text: str) -> list[float]:
    """Return the budgets of ``A:B:STEP``, ends included, or of a list ``1,2,3``, ascending.

    Raises
    ------
    InstanceError
        When it is neither, or a budget is below 0.
    """
    try:
        budgets = sorted(set(numbers_of(text)))
    except ValueError as error:
        raise _refused("--budgets", "", text, str(error)) from None
    if budgets[0] < 0:
        raise _refused("--budgets", "", text, "must be at least 0")
    return budgets


def parse_grid(text: str) -> Grid:
    """Return the grid of a line such as ``budget=5..60 step 5; people=0.9|1|1.1``.

    Raises
    ------
    InstanceError
        When a part cannot be read, with all that are wrong.
    """
    said: dict[str, object] = {}
    findings: list[Finding] = []
    for part in filter(None, (p.strip() for p in _PARTS.split(text.strip(" ;；")))):
        key, sign, value = (p.strip() for p in re.split("([=＝])", part + "=", maxsplit=1))
        known = list(Grid.model_fields)
        if key not in known:
            findings += _findings(key, "", "no such key", nearest(key, known))
        elif not sign or not value.rstrip("="):
            findings += _findings(key, "", "must have values: budget=5..60 step 5")
        elif key in said:
            findings += _findings(key, "", "is given twice")
        else:
            value = value.rstrip("=").strip()
            several = tuple(v.strip() for v in value.split("|"))
            said[key] = several if key == "scenarios" else value
    if not said and not findings:
        findings += _findings("", f'"{text}"', "must name what it combines: people=0.9|1|1.1")
    try:
        grid = Grid.model_validate(said)
    except ValidationError as error:
        for problem in error.errors():
            key = str(problem["loc"][0])
            limit = {"greater_than": "> 0", "greater_than_equal": ">= 0"}.get(problem["type"])
            stated = str(problem.get("ctx", {}).get("error", problem["msg"]))
            rule = f"must be {limit}" if limit else stated
            findings += _findings(key, f'"{said[key]}"', rule)
    if findings:
        raise InstanceError("--grid", findings)
    return grid


def grid_cases(base: Instance, grid: Grid | str) -> list[Case]:
    """Return the cases of a grid: budgets change first, then prices, standards, people.

    Cases in a row then differ in money alone as often as can be, which is what plans share.

    Parameters
    ----------
    grid
        A grid, the name of one in the instance, or a line as `parse_grid` reads it. A factor on
        people, standards or prices multiplies what the scenario has.

    Raises
    ------
    InstanceError
        When the line cannot be read or a scenario is not known.
    """
    if isinstance(grid, str):
        grid = base.settings.grids.get(grid.strip()) or _line(base, grid)
    if grid.give_up and grid.nearer:
        rule = "gives up need for people to walk less, give_up for the worst-served zone"
        raise _refused("--grid", "nearer", "", rule, "ask for one of them")
    names = grid.scenarios or (BASE,)
    told = len(names) > 1 or names != (BASE,)
    factors: list[list[tuple[str, float] | None]] = [
        [*((key, factor) for factor in getattr(grid, key))] or [None]
        for key in ("people", "standards", "prices", "give_up", "nearer", "budget")
    ]
    cases = []
    for name in names:
        scenario = scenario_of(base, name)
        for changes in itertools.product(*factors):
            steps = [change for change in changes if change is not None]
            parts = [f"{key}={plain_number(value)}" for key, value in steps]
            start = [name] if told and name != BASE else []
            changed = scenario
            for key, value in steps:
                changed = _CHANGES[key](base, changed, value)
            cases.append(Case(name="+".join([*start, *parts]), scenario=changed))
    return list({case.name: case for case in cases}.values())


def _line(base: Instance, text: str) -> Grid:
    known = list(base.settings.grids)
    if "=" not in text and "＝" not in text:
        rule = f"no such grid; it has {', '.join(known) or 'none'}"
        remedy = nearest(text, known) or 'or write one: "budget=5..60 step 5; people=0.9|1|1.1"'
        raise _refused("--grid", "", text, rule, remedy)
    return parse_grid(text)


def _people(base: Instance, scenario: Scenario, factor: float) -> Scenario:
    del base
    factors = {"all": 1.0, **scenario.people_factors}
    scaled = {group: round(value * factor, _DECIMALS) for group, value in factors.items()}
    return scenario.model_copy(update={"people_factors": scaled})


def _standards(base: Instance, scenario: Scenario, factor: float) -> Scenario:
    services = base.services
    minutes = dict(zip(services["service_id"], services["standard_min"].astype(float), strict=True))
    minutes |= scenario.standards_min
    scaled = {service: round(value * factor, _DECIMALS) for service, value in minutes.items()}
    return scenario.model_copy(update={"standards_min": scaled})


def _prices(base: Instance, scenario: Scenario, factor: float) -> Scenario:
    del base
    factors = (scenario.price_factors or PriceFactors()).model_dump()
    scaled = {kind: round(value * factor, _DECIMALS) for kind, value in factors.items()}
    return scenario.model_copy(update={"price_factors": PriceFactors(**scaled)})


def _give_up(base: Instance, scenario: Scenario, percent: float) -> Scenario:
    if not base.zone_kind:
        raise _refused("--grid", "give_up", f"{percent:g}", "the instance has no zones")
    return _giving_up(scenario, percent, {"equity_zone_kind": base.zone_kind})


def _nearer(base: Instance, scenario: Scenario, percent: float) -> Scenario:
    if not base.services["mode"].eq("walk").any():
        raise _refused("--grid", "nearer", f"{percent:g}", "people walk to no service")
    return _giving_up(scenario, percent, {"nearness": True})


def _giving_up(scenario: Scenario, percent: float, goal: dict[str, object]) -> Scenario:
    said = {} if scenario.objective is None else scenario.objective.model_dump(exclude_unset=True)
    objective = Objective.model_validate(said | {"epsilon": percent / 100} | goal)
    return scenario.model_copy(update={"objective": objective})


def _budget(base: Instance, scenario: Scenario, amount: float) -> Scenario:
    del base
    return scenario.model_copy(update={"budget": amount})


_CHANGES = {
    "people": _people,
    "standards": _standards,
    "prices": _prices,
    "give_up": _give_up,
    "nearer": _nearer,
    "budget": _budget,
}


def _findings(key: str, value: str, rule: str, remedy: str = "") -> Iterator[Finding]:
    yield Finding(place="--grid", column=key, value=value, rule=rule, remedy=remedy)


def _refused(place: str, column: str, value: str, rule: str, remedy: str = "") -> InstanceError:
    finding = Finding(place=place, column=column, value=f'"{value}"', rule=rule, remedy=remedy)
    return InstanceError(place, [finding])
