"""A scenario to plan, in full and with a name of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from siting.instance.instance import Instance
from siting.instance.scenario import apply, name_with_budget, scenario_of
from siting.instance.settings import BASE, Scenario


@dataclass(frozen=True, kw_only=True)
class Case:
    """One plan that is wanted.

    Attributes
    ----------
    name
        Tells the case apart from the others; as `siting.prepare` names what it makes: a scenario,
        ``scenario+budget=N``, ``budget=N``, or empty for the instance as it is.
    scenario
        All that differs from the instance.
    """

    name: str = ""
    scenario: Scenario

    def of(self, base: Instance) -> Instance:
        """Return the instance as the case has it."""
        return apply(base, self.scenario, name=self.name)


def named_cases(base: Instance, names: Iterable[str]) -> list[Case]:
    """Return the cases of scenarios of an instance; ``base`` and no name are the instance as it is.

    Raises
    ------
    InstanceError
        When a scenario is not known.
    """
    return [
        Case(name="" if name == BASE else name, scenario=scenario_of(base, name)) for name in names
    ]


def budget_cases(base: Instance, budgets: Iterable[float], scenario: str = "") -> list[Case]:
    """Return the cases of a scenario under other total budgets, ascending.

    Raises
    ------
    InstanceError
        When the scenario is not known or a budget is below 0.
    """
    return [
        Case(
            name=name_with_budget(scenario, budget),
            scenario=scenario_of(base, scenario, budget),
        )
        for budget in sorted(set(budgets))
    ]
