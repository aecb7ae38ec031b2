"""Every engine against all plans of tiny random towns.

The oracle restates the rules from the tables in plain Python, in fractions, without model, reach or
verification. Need is a whole number of halves and every amount of money a whole number of
hundredths, so two plans that differ at all in tier 1 differ by far more than any tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, product
from math import floor
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from towns import random_town

from siting.instance.instance import Instance
from siting.plan import Options, Plan, solve
from siting.solution import Termination

OTHERS = ["mathopt", "mathopt:scip", "cpsat", "pulp", "pulp:HiGHS"]


seeds = st.integers(0, 2**32 - 1)


def examples(count: int) -> Any:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# --- the oracle -----------------------------------------------------------------------------------


def number(value: Any) -> Fraction | None:
    known = value is not None and not (isinstance(value, float) and np.isnan(value))
    return Fraction(repr(float(value))) if known else None


def hundredths(amount: Fraction) -> Fraction:
    return Fraction(floor(amount * 100 + Fraction(1, 2)), 100)


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Option:
    building: str
    service: str
    module: str
    status: str
    agency: str
    capacity: Fraction | None
    area: Fraction
    yard: Fraction
    standalone: bool
    own: Fraction = Fraction(0)
    share: Fraction = Fraction(0)
    yearly: Fraction = Fraction(0)


@dataclass
class Oracle:
    """All plans of an instance."""

    instance: Instance
    known: dict[Any, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tables = {name: frame.to_dict("records") for name, frame in self.instance.tables.items()}
        self.buildings = {b["building_id"]: b for b in tables["buildings"]}
        self.services = {s["service_id"]: s for s in tables["services"]}
        self.facilities = tables["facilities"]
        self.modules = tables["modules"]
        self.conditions = tables["suitability"]
        self.locks = tables["locks"]
        self.zones = tables["zones"]
        self.terms = {(t["class"], t["service_id"]): t for t in tables["eligibility"]}
        self.paid = {k["building_id"] for k in self.locks if k["status"] == "committed"}
        self.options = [o for o in self.all_options() if self.admitted(o)]
        near: dict[str, dict[str, float]] = {}
        for way in tables["travel"]:
            near.setdefault(way["origin_id"], {})[way["destination_id"]] = way["minutes"]
        self.units: dict[str, list[tuple[Fraction, set[str]]]] = {}
        for s, service in self.services.items():
            self.units[s] = []
            for demand in tables["demand"]:
                ways = near.get(demand["demand_id"], {})
                reached = {p for p, m in ways.items() if m <= service["standard_min"] + 1e-9}
                for rate in tables["needs"]:
                    if rate["service_id"] == s:
                        people = number(demand[f"people_{rate['group']}"])
                        need = people * number(rate["need_per_person"])
                        if need:
                            self.units[s].append((need, reached))

    def on(self, rule: str) -> bool:
        return self.instance.settings.rules.get(rule, True)

    def limit_of(self, row: dict[str, Any]) -> Fraction | None:
        own = number(row["capacity"])
        return own if own is not None else number(self.services[row["service_id"]]["people_cap"])

    def all_options(self) -> Iterator[Option]:
        years = self.instance.settings.plan.years
        for b, building in self.buildings.items():
            for module in self.modules:
                s, m = module["service_id"], module["module_id"]
                lock = {"building_id": b, "service_id": s, "module_id": m, "status": "committed"}
                is_committed = any(lock.items() <= k.items() for k in self.locks)
                area = number(module["floor_area_m2"])
                terms = self.terms.get((building["class"], s))
                factor = number(terms["cost_factor"]) if terms else Fraction(1)
                extra = number(terms["extra_works_per_m2"]) if terms else Fraction(0)
                price = number(building["acquisition_cost"])
                own = (
                    hundredths(number(module["works_cost"]) * factor + extra * area)
                    + hundredths(number(module["equipment_cost"]))
                    + hundredths(number(building["yearly_rent_per_m2"]) * area * years)
                )
                share = hundredths(price * area / number(building["floor_area_m2"]))
                yield Option(
                    building=b,
                    service=s,
                    module=m,
                    status="committed" if is_committed else "new",
                    agency=self.services[s]["agency"],
                    capacity=self.limit_of(module),
                    area=area,
                    yard=number(module["yard_m2"]),
                    standalone=bool(module["standalone"]),
                    own=Fraction(0) if is_committed else own,
                    share=Fraction(0) if is_committed or b in self.paid else share,
                    yearly=hundredths(number(module["yearly_cost"])),
                )
        for facility in self.facilities:
            if text(facility["building_id"]):
                yield Option(
                    building=facility["building_id"],
                    service=facility["service_id"],
                    module="keep",
                    status="keep",
                    agency=self.services[facility["service_id"]]["agency"],
                    capacity=self.limit_of(facility),
                    area=number(facility["floor_area_m2"]),
                    yard=Fraction(0),
                    standalone=False,
                )

    def matches(self, lock: dict[str, Any], o: Option) -> bool:
        return (
            lock["building_id"] == o.building
            and text(lock["service_id"]) in ("", o.service)
            and text(lock["module_id"]) in ("", o.module)
        )

    def admitted(self, o: Option) -> bool:
        locks = (k for k in self.locks if k["status"] == "forbidden")
        if self.on("forbidden") and any(self.matches(k, o) for k in locks):
            return False
        if o.status != "new":
            return True
        building = self.buildings[o.building]
        module = next(m for m in self.modules if m["module_id"] == o.module)
        terms = self.terms.get((building["class"], o.service), {"status": "forbidden"})
        return (
            (not self.on("eligibility") or terms["status"] in {"allowed", "needs_approval"})
            and (not self.on("suitability") or self.suits(o, building, module))
            and (not self.on("fit") or self.fits(o, building, module))
        )

    def suits(self, o: Option, building: dict[str, Any], module: dict[str, Any]) -> bool:
        if module["own_entrance"] and building["independent_access"] is False:
            return False
        for c in self.conditions:
            if c["service_id"] == o.service and text(c["module_id"]) in ("", o.module):
                floors = number(building[c["field"]])
                if floors is not None and floors < Fraction(c["value"]):
                    return False
        return True

    def fits(self, o: Option, building: dict[str, Any], module: dict[str, Any]) -> bool:
        usable = number(building["floor_area_m2"])
        top, floors = number(module["max_floor"]), number(building["floors"])
        if top is not None:
            usable -= number(building["basement_area_m2"]) or 0
            if floors is not None and floors > top:
                usable = usable * top / floors  # no ground_area_m2 here: equal floors
        return o.area <= usable and o.yard <= number(building["yard_m2"])

    def plans(self) -> Iterator[tuple[Option, ...]]:
        houses = []
        for b in self.buildings:
            here = [o for o in self.options if o.building == b]
            sets = [c for n in range(len(here) + 1) for c in combinations(here, n)]
            houses.append([c for c in sets if self.house_keeps_rules(b, c)])
        for parts in product(*houses):
            plan = tuple(o for part in parts for o in part)
            if self.town_keeps_rules(plan):
                yield plan

    def house_keeps_rules(self, b: str, here: tuple[Option, ...]) -> bool:
        services = [o.service for o in here]
        if len(set(services)) < len(services):
            return False
        if self.on("standalone") and len(here) > 1 and any(o.standalone for o in here):
            return False
        building = self.buildings[b]
        if self.on("floor_area") and sum(o.area for o in here) > number(building["floor_area_m2"]):
            return False
        if self.on("yard") and sum(o.yard for o in here) > number(building["yard_m2"]):
            return False
        for lock in self.locks:
            wanted = lock["status"] == "committed" or (
                lock["status"] == "required" and self.on("required")
            )
            mine = lock["building_id"] == b
            if wanted and mine and not any(self.matches(lock, o) for o in here):
                return False
        return True

    def capital(self, plan: tuple[Option, ...]) -> Fraction:
        bought = {o.building for o in plan if o.status == "new"} - self.paid
        prices = (hundredths(number(self.buildings[b]["acquisition_cost"])) for b in bought)
        return sum((o.own for o in plan), Fraction(0)) + sum(prices)

    def town_keeps_rules(self, plan: tuple[Option, ...]) -> bool:
        budget = self.instance.settings.budget
        total, yearly = number(budget.total), number(budget.yearly_cost)
        if self.on("budget") and total is not None and self.capital(plan) > total:
            return False
        if self.on("yearly_cost") and yearly is not None and sum(o.yearly for o in plan) > yearly:
            return False
        if self.on("agency_budget"):
            for agency, limit in budget.agencies.items():
                if sum(o.own + o.share for o in plan if o.agency == agency) > number(limit):
                    return False
        if self.on("minimum_per_zone"):
            for minimum in self.instance.settings.minimum_per_zone:
                column, s = f"zone_{minimum.zone_kind}", minimum.service_id
                fixed = [f for f in self.facilities if not text(f["building_id"])]
                homes = [f.get(column) for f in fixed if f["service_id"] == s]
                homes += [self.buildings[o.building].get(column) for o in plan if o.service == s]
                zones = minimum.zones or [z["zone_id"] for z in self.zones]
                if any(homes.count(zone) < minimum.count for zone in zones):
                    return False
        return True

    def served(self, s: str, plan: tuple[Option, ...]) -> Fraction:
        places = [
            (f["facility_id"], self.limit_of(f))
            for f in self.facilities
            if f["service_id"] == s and not text(f["building_id"])
        ]
        places += [(o.building, o.capacity) for o in plan if o.service == s]
        key = (s, frozenset(places))
        if key not in self.known:
            self.known[key] = self.smallest_cut(self.units[s], places)
        return self.known[key]

    @staticmethod
    def smallest_cut(
        units: list[tuple[Fraction, set[str]]], places: list[tuple[str, Fraction | None]]
    ) -> Fraction:
        """The most that places can serve: the smallest cut over all sides of the units."""
        total = sum((need for need, _ in units), Fraction(0))
        best = total
        for n in range(1, len(units) + 1):
            for side in combinations(range(len(units)), n):
                reached = set().union(*(units[u][1] for u in side))
                rest = sum(
                    (need for u, (need, _) in enumerate(units) if u not in side), Fraction(0)
                )
                caps = (total if cap is None else cap for p, cap in places if p in reached)
                best = min(best, rest + sum(caps))
        return best

    def value(self, plan: tuple[Option, ...]) -> Fraction:
        counted = {}
        for s, service in self.services.items():
            base = sum((need for need, _ in self.units[s]), Fraction(0))
            if base and service["weight"] > 0:
                counted[s] = (number(service["weight"]), base)
        weights = sum(w for w, _ in counted.values())
        shares = (w * self.served(s, plan) / base for s, (w, base) in counted.items())
        return sum(shares, Fraction(0)) / weights if weights else Fraction(0)


# --- the comparison -------------------------------------------------------------------------------


def compare(instance: Instance, engine: str) -> Plan:
    """Solve an instance and hold the answer against all its plans."""
    oracle = Oracle(instance)
    plans = {plan: oracle.value(plan) for plan in oracle.plans()}
    answer = solve(instance, Options(gap=0.0, engine=engine))
    solution = answer.solution
    assert answer.verification.passed, [str(f) for f in answer.verification.findings]
    if not plans:
        assert solution.termination is Termination.INFEASIBLE
        assert solution.conflict is not None
        assert solution.conflict.rows
        assert solution.conflict.irreducible
        assert solution.conflict.ways_out
        return answer

    best = max(plans.values())
    goals = instance.settings.objective
    served, money = solution.tiers
    assert served.bound == pytest.approx(float(best), abs=1e-9)
    chosen = solution.chosen[["building_id", "service_id", "module_id"]]
    ids = set(chosen.itertuples(index=False, name=None))
    mine = next(p for p in plans if {(o.building, o.service, o.module) for o in p} == ids)
    assert solution.objective == pytest.approx(float(plans[mine]), abs=1e-12)
    assert Fraction(repr(solution.cost["total"])) == oracle.capital(mine)

    if goals.worth is not None:
        worth = 100 * number(goals.worth)
        least = min(oracle.capital(p) - worth * value for p, value in plans.items())
        assert money.value == pytest.approx(float(least), abs=1e-6)
        assert oracle.capital(mine) - worth * plans[mine] == pytest.approx(float(least), abs=1e-6)
    else:
        held = best * (1 - number(goals.epsilon))
        least = min(oracle.capital(p) for p, value in plans.items() if value >= held)
        assert plans[mine] >= held
        assert oracle.capital(mine) == least
        assert money.value == pytest.approx(float(least), abs=1e-9)
    assert money.bound == pytest.approx(float(least), abs=1e-6)
    if not goals.epsilon and goals.worth is None:
        assert plans[mine] == best
        assert solution.termination is Termination.OPTIMAL
    return answer


@given(seeds)
@example(15569)  # HiGHS took a floor of tier 1 with little room for one that nothing can keep
@examples(70)
def test_highs_finds_the_best_plan(seed):
    compare(random_town(seed), "highs")


@pytest.mark.parametrize("engine", OTHERS)
@given(seed=seeds)
@examples(5)
def test_other_engines_find_the_best_plan(engine, seed):
    compare(random_town(seed), engine)


@pytest.mark.slow
@given(seeds)
@examples(600)
def test_highs_finds_the_best_of_many_plans(seed):
    compare(random_town(seed), "highs")


@pytest.mark.slow
@pytest.mark.parametrize("engine", OTHERS)
@given(seed=seeds)
@examples(60)
def test_other_engines_find_the_best_of_many_plans(engine, seed):
    compare(random_town(seed), engine)
