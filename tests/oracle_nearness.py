"""The least walking that openings allow, of all ways to serve enough: exact, from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from oracle import Oracle, Plan
from oracle_options import ZERO
from oracle_simplex import maximise
from oracle_town import amount


def most_spared(oracle: Oracle, plan: Plan, floors: Mapping[str, Fraction]) -> Fraction | None:
    """Return the most minutes that people can be spared with a plan; None where it serves less.

    Parameters
    ----------
    floors
        Least value of each tier of need served.
    """
    town, supply = oracle.town, oracle.supply
    columns: list[tuple[str, int, int]] = []
    goal: list[Fraction] = []
    counts: list[dict[str, Fraction]] = []
    rows: list[dict[int, Fraction]] = []
    limits: list[Fraction] = []
    for year in town.years:
        walked = {s: amount(r["weight"]) for s, r in town.services.items() if r["mode"] == "walk"}
        total = sum((w for s, w in walked.items() if w and supply.base(s, year)), ZERO)
        for s in town.services:
            places = supply.places(s, year, plan)
            units = [u for u in town.units[s] if u.need[year]]
            arcs = [(u, p) for u in units for p in places if p in u.minutes]
            first = len(columns)
            base = supply.base(s, year)
            for u, p in arcs:
                columns.append((s, year, len(columns)))
                counted = supply.priority[u] / base / len(town.years) if base else ZERO
                spared = max(longest(oracle, s) - amount(u.minutes[p]), ZERO)
                goal.append(walked[s] / total * counted * spared if walked.get(s) else ZERO)
                counts.append(credit(oracle, s, year, counted * town.worth(s, u.minutes[p])))
            numbered = [(first + i, u, p) for i, (u, p) in enumerate(arcs)]
            for unit in units:
                rows.append({i: Fraction(1) for i, u, _ in numbered if u is unit})
                limits.append(unit.need[year])
            for place, cap in places.items():
                if cap is not None:
                    rows.append({i: Fraction(1) for i, _, p in numbered if p == place})
                    limits.append(cap)
            for place, least in supply.least_loads(s, year, plan).items():
                rows.append({i: Fraction(-1) for i, _, p in numbered if p == place})
                limits.append(-least)

            def most_of(
                marked: list[bool], limit: Fraction, sign: int = 1, at: int = first
            ) -> None:
                rows.append({at + i: Fraction(sign) for i, mark in enumerate(marked) if mark})
                limits.append(sign * limit)

            supply.tie(s, year, arcs, most_of)
    for tier, floor in floors.items():
        rows.append({i: -c[tier] for i, c in enumerate(counts) if c.get(tier)})
        limits.append(-floor)
    dense = [[row.get(i, ZERO) for i in range(len(columns))] for row in rows]
    return maximise(goal, dense, limits)


def longest(oracle: Oracle, s: str) -> Fraction:
    """The longest way to a service that counts."""
    steps = [r for r in oracle.town.tables["decay"] if r["service_id"] == s]
    if steps and oracle.town.on("decay"):
        return max(amount(step["minutes"]) for step in steps)
    return amount(oracle.town.services[s]["standard_min"])


def credit(oracle: Oracle, s: str, year: int, counted: Fraction) -> dict[str, Fraction]:
    """What an amount adds to the tier of its service."""
    for tier, services in oracle.ranks.items():
        weights = {x: amount(oracle.town.services[x]["weight"]) for x in services}
        total = sum((w for x, w in weights.items() if oracle.supply.base(x, year)), ZERO)
        if s in services and total:
            return {tier: weights[s] / total * counted}
    return {}


def nearest(oracle: Oracle) -> tuple[dict[str, Fraction], dict[Plan, Fraction]]:
    """Return the floors of need served, and what every plan that keeps them can spare."""
    given_up = amount(oracle.town.settings.objective.epsilon)
    left, floors = list(oracle.plans), {}
    for tier in oracle.ranks:
        best = max(oracle.plans[plan][tier] for plan in left)
        floors[tier] = best * (1 - given_up)
        left = [plan for plan in left if oracle.plans[plan][tier] >= floors[tier]]
    found = {plan: most_spared(oracle, plan, floors) for plan in left}
    return floors, {plan: spared for plan, spared in found.items() if spared is not None}
