"""What is looked up, and said, of a conversion that the plan does without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.model.conditions import is_known, meets
from siting.report.balance import place_zones
from siting.report.labels import Lang, in_lang
from siting.solution import Solution

LANGS: tuple[Lang, Lang] = ("en", "zh")

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Why one conversion was not chosen.

    `hope` orders answers of the same reason: the largest speaks for the building.
    """

    reason: str
    hope: float
    service_id: str = ""
    module_id: str = ""
    text: str
    text_zh: str


Condition = tuple[str, str, str]
"""Field, comparison and value."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Town:
    """What the answers look up.

    `listed` has, by building, every conversion with the reason of the admission rules.

    Attributes
    ----------
    wanted, unserved
        Need within the standard by service, and its part that the plan does not serve, in units
        of the service by position of the place.
    spent
        Capital of the plan by agency.
    given_up
        Conversions dropped because they cost more than their worth.
    """

    instance: Instance
    solution: Solution
    wanted: dict[str, NDArray[np.float64]]
    unserved: dict[str, NDArray[np.float64]]
    listed: dict[str, list[Row]]
    prices: dict[tuple[str, str], float]
    services: dict[str, Row]
    locks: dict[str, list[Row]]
    suitability: dict[str, list[Row]]
    approvals: dict[str, list[Row]]
    staying: dict[str, list[str]]
    spent: dict[str, float]
    given_up: set[tuple[str, ...]]
    names: dict[str, str]
    names_zh: dict[str, str]
    _failing: dict[Condition, set[str]] = field(default_factory=dict)

    @cached_property
    def rent(self) -> float:
        """Rent of the last year of the plan."""
        years = self.instance.years
        chosen = self.solution.chosen
        if not self.instance.settings.plan.yearly:
            return float(chosen["rent_cost"].sum()) / float(self.instance.settings.plan.years)
        then = chosen[(chosen["year"] <= years[-1]) & (years[-1] <= chosen["until"])]
        span = then["until"].clip(upper=years[-1]) - then["year"] + 1
        return float((then["rent_cost"].astype(float) / span.astype(float)).sum())

    @cached_property
    def buildings_of(self) -> dict[str, set[str]]:
        """Buildings of every zone that has a budget of its own."""
        instance = self.instance
        kinds = dict(zip(instance.zones["zone_id"], instance.zones["kind"], strict=True))
        homes = {z: place_zones(instance, kinds[z]) for z in instance.settings.budget.zones}
        return {
            zone_id: {place for place, zone in zones.items() if zone == zone_id}
            for zone_id, zones in homes.items()
        }

    @cached_property
    def paid_in(self) -> dict[str, float]:
        """Capital of the plan in every zone that has a budget of its own."""
        chosen, bought = self.solution.chosen, self.solution.acquisitions
        paid = {}
        for zone_id, buildings in self.buildings_of.items():
            own = chosen[chosen["building_id"].isin(buildings)]
            parts = own[["works_cost", "equipment_cost", "rent_cost"]].to_numpy(float).sum()
            prices = bought.loc[bought["building_id"].isin(buildings), "acquisition_cost"]
            paid[zone_id] = float(parts) + float(prices.sum())
        return paid

    def fails(self, building_id: str, condition: Condition) -> bool:
        """Whether what is known of a building does not meet a condition."""
        if condition not in self._failing:
            name, comparison, value = condition
            buildings = self.instance.buildings
            known = is_known(buildings[name])
            failing = known & ~meets(buildings[name], name, comparison, value)
            self._failing[condition] = set(buildings["building_id"][failing])
        return building_id in self._failing[condition]


def called(town: Town, module: Row, lang: Lang) -> str:
    """Return a service with its module, as texts begin."""
    name = in_lang(lang, town.names[module["service_id"]], town.names_zh[module["service_id"]])
    return in_lang(lang, f"{name} ({module['module_id']})", f"{name}（{module['module_id']}）")
