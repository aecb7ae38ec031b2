"""All plans of a tiny town and the best among them: the rules restated from the tables alone.

Plain Python in fractions, without model, reach or verification: every set of conversions is looked
at, every rule is asked of it, and what is left is ranked tier by tier. The other modules of this
name hold the parts: what the tables say (`oracle_town`), what could be chosen (`oracle_options`),
the rules about one building (`oracle_houses`), money (`oracle_money`), places (`oracle_places`)
and stocks (`oracle_targets`), and who can be served (`oracle_service`, `oracle_simplex`).

Left out: the tier `equity`. Taken for granted: need in whole thousandths, one facility of a service
in a building, and floors of equal size.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import oracle_houses
import oracle_money
import oracle_places
from oracle_options import ZERO, Option, all_options, refused_by
from oracle_service import SERVICE_RULES, Supply
from oracle_targets import missed, soft, targets
from oracle_town import Town, amount, meets, number, text

from siting.instance.instance import Instance

Plan = tuple[Option, ...]

Tiers = dict[str, Fraction]
"""The value of every tier by name, in order."""

UP = {"targets": -1, "money": -1}
"""Tiers that are minimised."""


class Oracle:
    """All plans of an instance, with the value of each in every tier.

    Attributes
    ----------
    options
        What may be chosen at all.
    plans
        Every plan that keeps all rules, with its tiers.
    said_no
        Rules that ruled something out; dropping another changes no plan.
    """

    def __init__(self, instance: Instance) -> None:
        self.town = Town(instance)
        self.said_no: set[str] = set()
        self.options = [o for o in all_options(self.town) if self.yes(refused_by(self.town, o))]
        self.supply = Supply(self.town, self.options)
        self.ranks = self.ranked()
        self.plans = {plan: tiers for plan, tiers in self.scored() if tiers is not None}

    # --- rules ---

    def possible(self) -> Iterator[Plan]:
        """Every plan that keeps the rules about conversions."""
        town = self.town
        houses = []
        for b in town.buildings:
            here = [o for o in self.options if o.building == b]
            sets = (c for n in range(len(here) + 1) for c in combinations(here, n))
            houses.append([c for c in sets if self.yes(oracle_houses.broken(town, b, c))])
        for parts in product(*houses):
            plan = tuple(o for part in parts for o in part)
            if self.yes(self.broken(plan)):
                yield plan

    def broken(self, plan: Plan) -> str:
        """The rule about the whole town that a plan breaks; empty for none."""
        town = self.town
        for rule, keeps in oracle_money.RULES.items():
            if town.on(rule) and not keeps(town, plan):
                return rule
        for rule, holds in oracle_places.RULES.items():
            if town.on(rule) and not holds(self.supply, plan):
                return rule
        return "" if targets(town, plan) else "targets"

    def yes(self, rule: str) -> bool:
        """Note a rule that says no."""
        self.said_no |= {rule} - {""}
        return not rule

    def scored(self) -> Iterator[tuple[Plan, Tiers | None]]:
        for plan in self.possible():
            served = self.served(plan)
            yield plan, None if served is None else served | self.later(plan)

    # --- what is best ---

    def ranked(self) -> dict[str, list[str]]:
        """The services of each tier of need served."""
        by_rank = self.town.settings.objective.by_rank
        tiers: dict[str, list[str]] = {}
        for s, row in sorted(self.town.services.items(), key=lambda item: item[1]["rank"]):
            counts = row["weight"] > 0 and any(self.supply.base(s, y) for y in self.town.years)
            if counts:
                tiers.setdefault(f"served[{int(row['rank'])}]" if by_rank else "served", []).append(
                    s
                )
        return tiers or {"served": []}

    def served(self, plan: Plan) -> Tiers | None:
        """The mean over the years of the weighted mean share served; None where nobody may be."""
        town = self.town
        credit = {}
        for s in town.services:
            for year in town.years:
                most = self.supply.credit(s, year, plan)
                if most is None:
                    return None
                credit[s, year] = most
        tiers = dict.fromkeys(self.ranks, ZERO)
        for tier, services in self.ranks.items():
            for year in town.years:
                bases = {s: self.supply.base(s, year) for s in services}
                weights = {s: amount(town.services[s]["weight"]) for s in services if bases[s]}
                for s, weight in weights.items():
                    share = credit[s, year] / bases[s] / len(town.years)
                    tiers[tier] += weight * share / sum(weights.values())
        return tiers

    def later(self, plan: Plan) -> Tiers:
        tiers = {}
        if soft(self.town):
            tiers["targets"] = missed(self.town, plan)
        return tiers | {"money": oracle_money.capital(plan) - self.bonuses(plan)}

    def bonuses(self, plan: Plan) -> Fraction:
        """What better sites and services that go together are worth in money."""
        town = self.town
        rows = town.tables["preferences"] if town.on("preferences") else []
        total = ZERO
        for row in rows:
            for o in plan:
                about = text(row["service_id"]) in ("", o.service)
                if o.is_new and about and meets(town.buildings[o.building], row):
                    total += amount(row["bonus"])
        for pair in oracle_houses.pairs_of(town, "synergy"):
            for b in town.buildings:
                house = tuple(o for o in plan if o.building == b)
                two = {pair["service_id"], pair["other_service_id"]}
                total += amount(pair["bonus"]) * oracle_houses.both(two, house, town.last)
        return total

    def worth(self) -> Fraction | None:
        """What 100 % of tier 1 is worth in money."""
        worth = self.town.settings.objective.worth
        return None if worth is None else 100 * amount(worth)

    def best(self) -> tuple[Tiers, list[Plan]]:
        """The best value of every tier given those before it, and the plans that reach them all."""
        left = list(self.plans)
        found: Tiers = {}
        epsilon = amount(self.town.settings.objective.epsilon)
        for tier in self.plans[left[0]]:
            values = {plan: self.value(tier, plan) for plan in left}
            sign = UP.get(tier, 1)
            found[tier] = sign * max(sign * v for v in values.values())
            held = found[tier] * (1 - epsilon) if tier.startswith("served") else found[tier]
            if tier == "money" or self.worth() is None:
                left = [p for p in left if sign * values[p] >= sign * held]
        return found, left

    def value(self, tier: str, plan: Plan) -> Fraction:
        """A tier as it is ranked: money less what is served is worth, where that is said."""
        tiers, worth = self.plans[plan], self.worth()
        if tier == "money" and worth is not None:
            return tiers["money"] - worth * tiers["served"]
        return tiers[tier]

    @property
    def tied(self) -> set[str]:
        """Rules that tie who is served where; what they rule out is not in `said_no`."""
        town = self.town
        stated: dict[str, Any] = {
            "zone_floor": town.settings.zone_floor,
            "min_load": any(m["min_load"] for m in town.modules.values()),
            "own_zone": any(text(s["own_zone_kind"]) for s in town.services.values()),
            "outside_supply": any(
                number(s["outside_cap"]) is not None for s in town.services.values()
            ),
        }
        return {rule for rule in SERVICE_RULES if town.on(rule) and stated[rule]}
