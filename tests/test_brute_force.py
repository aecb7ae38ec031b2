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
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from towns import town

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
        if self.on("forbidden") and any(
            k["status"] == "forbidden" and self.matches(k, o) for k in self.locks
        ):
            return False
        if o.status != "new":
            return True
        building = self.buildings[o.building]
        module = next(m for m in self.modules if m["module_id"] == o.module)
        terms = self.terms.get((building["class"], o.service))
        if self.on("eligibility") and not (
            terms and terms["status"] in {"allowed", "needs_approval"}
        ):
            return False
        if self.on("suitability"):
            if module["own_entrance"] and building["independent_access"] is False:
                return False
            for c in self.conditions:
                if c["service_id"] == o.service and text(c["module_id"]) in ("", o.module):
                    floors = number(building[c["field"]])
                    if floors is not None and floors < Fraction(c["value"]):
                        return False
        if self.on("fit"):
            usable = number(building["floor_area_m2"])
            top, floors = number(module["max_floor"]), number(building["floors"])
            if top is not None:
                usable -= number(building["basement_area_m2"]) or 0
                if floors is not None and floors > top:
                    usable = usable * top / floors  # no ground_area_m2 here: equal floors
            if o.area > usable or o.yard > number(building["yard_m2"]):
                return False
        return True

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
                rest = sum((need for u, (need, _) in enumerate(units) if u not in side), Fraction(0))
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


# --- random towns ---------------------------------------------------------------------------------


def random_town(seed: int) -> Instance:
    """Return a town of at most 14 conversions in which most rules bite now and then.

    Drawn evenly from a seed: towns that Hypothesis builds choice by choice resemble one another so
    much that many rules never bite.
    """
    rng = Random(seed)
    one = rng.choice

    def rarely(value: Any, usual: Any = None) -> Any:
        return value if rng.random() < 1 / 6 else usual

    groups = one([["all"], ["young", "old"]])
    points = [f"D{i}" for i in range(one([1, 2, 2, 3]))]
    people = {d: {g: one([10.0, 20.0, 35.0, 0.0]) for g in groups} for d in points}
    services = {}
    for s in ["clinic", "station", "school"][: one([1, 2, 2, 3])]:
        kind = one(["capacity", "capacity", "reach", "capped"])
        services[s] = {
            "kind": "capacity" if kind == "capacity" else "reach",
            "people_cap": 25.0 if kind == "capped" else None,
            "weight": one([1.0, 2.0, 3.0, 1.0, 0.0]),
            "agency": one(["east", "west"]),
        }
    needs = [
        {"service_id": s, "group": g, "need_per_person": one([1.0, 1.0, 0.5])}
        for s in services
        for g in groups
    ]
    modules = {}
    for i in range(one([2, 3, 3, 4])):
        s = one(list(services))
        limited = services[s]["kind"] == "capacity"
        modules[f"m{i}"] = {
            "service_id": s,
            "capacity": one([10.0, 20.0, 30.0]) if limited else rarely(15.0),
            "floor_area_m2": one([40.0, 60.0, 80.0]),
            "yard_m2": one([0.0, 20.0, 25.0]),
            "works_cost": one([10.0, 20.0, 30.0, 7.35]),
            "equipment_cost": rarely(5.0, 0.0),
            "yearly_cost": one([1.0, 2.0]),
            "standalone": one([False, False, True]),
            "max_floor": rarely(2.0),
            "own_entrance": rarely(value=True, usual=False),
        }
    zones = ["north", "north", "south", None]
    buildings = {
        b: {
            "class": one(["office", "office", "shop"]),
            "floor_area_m2": one([50.0, 100.0, 150.0, 200.0]),
            "yard_m2": one([0.0, 30.0, 30.0, 40.0]),
            "acquisition_cost": one([0.0, 0.0, 10.0, 25.0]),
            "yearly_rent_per_m2": rarely(0.03, 0.0),
            "floors": one([None, 1.0, 4.0]),
            "basement_area_m2": rarely(20.0),
            "independent_access": one([None, True, False]),
            "zone_part": one(zones),
        }
        for b in ["A", "B", "C"][: one([2, 2, 3, 3])]
    }
    facilities: dict[str, dict[str, Any]] = {}
    for f in ["F", "G"][: one([0, 1, 1, 2])]:
        s = one(list(services))
        home = one([None, *buildings])
        taken = [(g["building_id"], g["service_id"]) for g in facilities.values()]
        limited = services[s]["kind"] == "capacity"
        facilities[f] = {
            "service_id": s,
            "building_id": None if (home, s) in taken else home,
            "capacity": one([5.0, 12.0]) if limited else rarely(10.0),
            "floor_area_m2": one([0.0, 50.0]),
            "zone_part": one(zones),
        }
    minutes = [4.0, 4.0, 10.0, 10.0, 10.0 + 1e-6, None]
    ways = {d: {p: one(minutes) for p in [*buildings, *facilities]} for d in points}
    ways = {d: {p: m for p, m in row.items() if m} for d, row in ways.items()}
    ways[points[0]]["A"] = 4.0  # a travel table is not empty
    eligibility = [
        {
            "class": c,
            "service_id": s,
            "status": one(["allowed"] * 5 + ["needs_approval", "forbidden"]),
            "cost_factor": rarely(1.5, 1.0),
            "extra_works_per_m2": rarely(0.05, 0.0),
        }
        for c in ["office", "shop"]
        for s in services
        if rarely(value=False, usual=True)
    ]
    condition = {"service_id": "clinic", "field": "floors", "comparison": "at_least", "value": "2"}
    locks = {}
    for _ in range(one([0, 0, 0, 1, 2])):
        m, b = one(list(modules)), one(list(buildings))
        status = one(["required", "forbidden", "committed"])
        depth = 2 if status == "committed" else one([0, 1, 2])
        s = modules[m]["service_id"]
        what = {"building_id": b}
        what |= {"service_id": s} if depth else {}
        what |= {"module_id": rarely("keep", m) if status != "committed" else m} if depth == 2 else {}
        locks[tuple(what.values())] = what | {"status": status}
    minimum = {
        "service_id": one(list(services)),
        "zone_kind": "part",
        "zones": one([("north",), ("north",), ()]),
    }
    off = one(
        [None] * 20
        + ["floor_area", "yard", "standalone", "budget", "fit", "eligibility", "suitability"]
        + ["forbidden", "required", "agency_budget", "yearly_cost", "minimum_per_zone"]
    )
    return town(
        people=people,
        ways=ways,
        services=services,
        modules=modules,
        buildings=buildings,
        facilities=facilities,
        needs=needs,
        eligibility=eligibility,
        suitability=[condition] if rng.random() < 1 / 3 else [],
        locks=list(locks.values()),
        zones={"north": "part", "south": "part"},
        plan={"years": 5},
        budget={
            "total": one([None, 20.0, 40.0, 60.0]),
            "yearly_cost": one([None, None, 3.0]),
            "agencies": one([{}, {}, {"east": 30.0}, {"east": 20.0, "west": 35.0}]),
        },
        minimum_per_zone=[minimum] if rng.random() < 1 / 4 else [],
        rules={off: False} if off else {},
        objective=one([{}, {}, {}, {"epsilon": 0.125}, {"worth": 0.75}]),
    )


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
@examples(100)
def test_highs_finds_the_best_plan(seed):
    compare(random_town(seed), "highs")


@pytest.mark.parametrize("engine", OTHERS)
@given(seed=seeds)
@examples(8)
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
@examples(120)
def test_other_engines_find_the_best_of_many_plans(engine, seed):
    compare(random_town(seed), engine)
