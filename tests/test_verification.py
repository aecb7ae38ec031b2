"""Verification against a plan worked out by hand.

One street, 100 m per dash; adults walk 1 m/s, old people 0.5 m/s::

      west                                  |  east
    D1 - - - B1 - - - D2,B4(F2) - - - F1 - - - B2 - - - D3,B3
    0       300         600          900      1200      1500 m

    adults   D1 100, D2 60, D3 40;  old  D1 20, D2 10, D3 30

Services (weight, standard) and need:

* clinic (2, 10 min), 0.1 per adult, 0.5 per old: D1 10 + 10, D2 6 + 5, D3 4 + 15, in all 50
* reading (1, 5 min), 1 per adult, at most 50 people a module: in all 200
* shelter (1, 10 min), 1 per adult, no limit: in all 200

Today: F1 is a clinic for 8, and reaches D2 and the adults of D3: serves 8. F2 in B4 is a reading
room for 30 and reaches D2: serves 30. Tier 1 is (2 * 8/50 + 30/200 + 0) / 4 = 0.1175.

Plan: clinics C12 in B1 and B2, reading R in B1, B4 keeps its reading room, the shelter S in B3 is
committed. Every clinic is full: B1 12 of D1, F1 8 of D2, B2 12 of D3 (old people of D3 are 10 min
from B2): 32. Reading: 50 of D1 in B1, 30 of D2 in B4: 80. Shelter: the 40 of D3. Tier 1 is
(2 * 32/50 + 80/200 + 40/200) / 4 = 0.47, and no split among these places serves more.

Cost: B1, an office at 90, is bought. C12 there: works 100 * 1.5 + 0.1 * 200 = 170, equipment 10,
acquisition 90 * 200/400 = 45, in all 225; R: 30 + 5.55 + 90 * 100/400 = 58.05. C12 in B2: 100 + 10
+ rent 0.1 * 200 m2 * 5 years = 210. Unallocated 90 - 67.50 = 22.50. Total 170 + 30 + 100 works,
25.55 equipment, 90 acquisition, 100 rent = 515.55; yearly 5 + 1 + 5 + 2 (the shelter) = 13.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import test_verification_money as money
import test_verification_places as places
import test_verification_service as service
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.instance.settings import Settings
from siting.instance.tables import TABLES
from siting.solution import Limit, Provenance, Solution, Termination, Tier
from siting.travel.times import Pairs, Travel
from siting.verification import CHECKS, Verification, verify_solution
from siting.verification.flow import most_served
from siting.verification.prices import exact, in_grid
from siting.verification.recount import Recount

Plan = tuple[Instance, Solution]


def table(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """Complete rows of a table with its defaults, as reading does."""
    declared = [c for c in TABLES[name].columns if not c.pattern]
    extra = [c for c in rows[0] if c not in {d.name for d in declared}] if rows else []
    columns = {c.name: [row.get(c.name, c.default) for row in rows] for c in declared}
    return pd.DataFrame(columns | {c: [row.get(c) for row in rows] for c in extra})


SETTINGS = {
    "crs": "EPSG:32650",
    "speeds_m_s": {"walk": 1.0, "groups": {"old": 0.5}},
    "plan": {"years": 5},
    "rules": {"self_sufficiency": True},
    "budget": {
        "total": 516,
        "yearly_cost": 13,
        "agencies": {"health": 435, "culture": 60},
    },
    "minimum_per_zone": [{"service_id": "clinic", "zone_kind": "part", "count": 1}],
}


@cache
def street() -> Instance:
    return Instance(
        name="street",
        settings=Settings.model_validate(SETTINGS),
        demand=table(
            "demand",
            {"demand_id": "D1", "x": 0, "y": 0, "people_adult": 100, "people_old": 20},
            {"demand_id": "D2", "x": 600, "y": 0, "people_adult": 60, "people_old": 10},
            {"demand_id": "D3", "x": 1500, "y": 0, "people_adult": 40, "people_old": 30},
        ),
        services=table(
            "services",
            {
                "service_id": "clinic",
                "agency": "health",
                "kind": "capacity",
                "standard_min": 10,
                "weight": 2.0,
            },
            {
                "service_id": "reading",
                "agency": "culture",
                "kind": "reach",
                "people_cap": 50,
                "standard_min": 5,
            },
            {"service_id": "shelter", "agency": "civil", "kind": "reach", "standard_min": 10},
        ),
        needs=table(
            "needs",
            {"service_id": "clinic", "group": "adult", "need_per_person": 0.1},
            {"service_id": "clinic", "group": "old", "need_per_person": 0.5},
            {"service_id": "reading", "group": "adult", "need_per_person": 1.0},
            {"service_id": "shelter", "group": "adult", "need_per_person": 1.0},
        ),
        modules=table(
            "modules",
            module("C12", "clinic", 12, 200, yard_m2=40, costs=(100, 10, 5)),
            module("C30", "clinic", 30, 300, yard_m2=60, costs=(150, 20, 9))
            | {"standalone": True, "max_floor": 1},
            module("R", "reading", None, 100, costs=(30, 5.55, 1)) | {"own_entrance": True},
            module("S", "shelter", None, 50, costs=(8, 1, 2)),
        ),
        buildings=table(
            "buildings",
            building("B1", "office", 300, 400, "west")
            | {"yard_m2": 100.0, "acquisition_cost": 90.0, "floors": 2},
            building("B2", "school", 1200, 250, "east")
            | {
                "yard_m2": 50.0,
                "yearly_rent_per_m2": 0.1,
                "winter_sun_h": 1.0,
                "independent_access": False,
            },
            building("B3", "office", 1500, 100, "east") | {"acquisition_cost": 70.0},
            building("B4", "court", 600, 150, "west") | {"acquisition_cost": 60.0},
        ),
        facilities=table(
            "facilities",
            {
                "facility_id": "F1",
                "service_id": "clinic",
                "x": 900,
                "y": 0,
                "capacity": 8,
                "zone_part": "east",
            },
            {
                "facility_id": "F2",
                "service_id": "reading",
                "x": 600,
                "y": 0,
                "capacity": 30,
                "building_id": "B4",
                "floor_area_m2": 80.0,
                "zone_part": "west",
            },
        ),
        eligibility=table(
            "eligibility",
            {
                "class": "office",
                "service_id": "clinic",
                "status": "allowed",
                "cost_factor": 1.5,
                "extra_works_per_m2": 0.1,
            },
            {"class": "office", "service_id": "reading", "status": "needs_approval"},
            {"class": "office", "service_id": "shelter", "status": "allowed"},
            {"class": "school", "service_id": "clinic", "status": "allowed"},
            {"class": "school", "service_id": "reading", "status": "allowed"},
            {"class": "court", "service_id": "clinic", "status": "forbidden"},
        ),
        suitability=table(
            "suitability",
            {
                "service_id": "clinic",
                "module_id": "C30",
                "field": "winter_sun_h",
                "comparison": "at_least",
                "value": "2",
            },
        ),
        zones=table(
            "zones", {"zone_id": "west", "kind": "part"}, {"zone_id": "east", "kind": "part"}
        ),
        locks=table(
            "locks",
            {
                "building_id": "B3",
                "service_id": "shelter",
                "module_id": "S",
                "status": "committed",
            },
            {"building_id": "B4", "service_id": "shelter", "status": "forbidden"},
            {"building_id": "B1", "status": "required"},
        ),
    )


def module(
    module_id: str,
    service_id: str,
    capacity: float | None,
    floor_area_m2: float,
    *,
    costs: tuple[float, float, float],
    yard_m2: float = 0.0,
) -> dict[str, Any]:
    return {
        "module_id": module_id,
        "service_id": service_id,
        "capacity": capacity,
        "floor_area_m2": floor_area_m2,
        "yard_m2": yard_m2,
        "works_cost": costs[0],
        "equipment_cost": costs[1],
        "yearly_cost": costs[2],
    }


def building(
    building_id: str, building_class: str, x: float, floor_area_m2: float, zone: str
) -> dict[str, Any]:
    return {
        "building_id": building_id,
        "class": building_class,
        "x": x,
        "y": 0,
        "floor_area_m2": floor_area_m2,
        "zone_part": zone,
    }


def along_the_street(instance: Instance) -> Travel:
    """Ways along the street; those longer than 600 m are left out."""
    x = instance.demand["x"].to_numpy(float)[:, None] - instance.places["x"].to_numpy(float)
    length_dm = np.rint(np.abs(x) * 10)
    demand, place = np.nonzero(length_dm <= 6000)
    return Travel(
        source="straight",
        demand=demand.astype(np.int32),
        place=place.astype(np.int32),
        length_dm=length_dm[demand, place].astype(np.int32),
        speeds=instance.settings.speeds_m_s,
    )


@cache
def by_hand(instance: Instance) -> Solution:
    """The plan of the module's docstring."""
    nan = float("nan")
    chosen = [
        ("B1", "clinic", "C12", 200, 40, 12, 170, 10, 45, 0, 225, 5, "new", ""),
        (
            "B1",
            "reading",
            "R",
            100,
            0,
            50,
            30,
            5.55,
            22.5,
            0,
            58.05,
            1,
            "new",
            "independent_access",
        ),
        ("B2", "clinic", "C12", 200, 40, 12, 100, 10, 0, 100, 210, 5, "new", ""),
        ("B3", "shelter", "S", 50, 0, nan, 0, 0, 0, 0, 0, 2, "committed", ""),
        ("B4", "reading", "keep", 80, 0, 30, 0, 0, 0, 0, 0, 0, "keep", ""),
    ]
    service = [
        ("D1", "adult", "clinic", "B1", 10, 5),
        ("D1", "old", "clinic", "B1", 2, 10),
        ("D1", "old", "clinic", "", 8, nan),
        ("D2", "adult", "clinic", "F1", 6, 5),
        ("D2", "old", "clinic", "F1", 2, 10),
        ("D2", "old", "clinic", "", 3, nan),
        ("D3", "adult", "clinic", "B2", 4, 5),
        ("D3", "old", "clinic", "B2", 8, 10),
        ("D3", "old", "clinic", "", 7, nan),
        ("D1", "adult", "reading", "B1", 50, 5),
        ("D1", "adult", "reading", "", 50, nan),
        ("D2", "adult", "reading", "B4", 30, 0),
        ("D2", "adult", "reading", "", 30, nan),
        ("D3", "adult", "reading", "", 40, nan),
        ("D1", "adult", "shelter", "", 100, nan),
        ("D2", "adult", "shelter", "", 60, nan),
        ("D3", "adult", "shelter", "B3", 40, 0),
    ]
    bare = Solution(termination=Termination.NONE, provenance=provenance_of(instance))
    floats = ["floor_area_m2", "yard_m2", "capacity", "cost", "yearly_cost", "rent_cost"]
    floats += ["works_cost", "equipment_cost", "acquisition_cost", "private_cost"]
    return replace(
        bare,
        termination=Termination.OPTIMAL,
        objective=0.47,
        bound=0.47,
        today=0.1175,
        tiers=(
            Tier(name="served", value=0.47, bound=0.47, gap=0.0, floor=0.47),
            Tier(name="money", value=515.55, bound=515.55, gap=0.0),
        ),
        chosen=pd.DataFrame(
            [(*row, "", 1, 1, 0) for row in chosen], columns=bare.chosen.columns
        ).astype(dict.fromkeys(floats, float)),
        acquisitions=pd.DataFrame(
            [("B1", "", 1, 90.0, 67.5, 22.5)], columns=bare.acquisitions.columns
        ),
        service=pd.DataFrame([(*row, 1) for row in service], columns=bare.service.columns).astype(
            {"amount": float, "minutes": float}
        ),
        served_today={"clinic": 8.0, "reading": 30.0, "shelter": 0.0},
        cost={
            "works": 300.0,
            "equipment": 25.55,
            "acquisition": 90.0,
            "rent": 100.0,
            "total": 515.55,
            "unallocated": 22.5,
            "yearly": 13.0,
        },
    )


def provenance_of(instance: Instance) -> Provenance:
    return Provenance(
        instance=instance.name,
        instance_hash=instance.content_hash,
        base_hash="",
        scenario="",
        overrides={},
        settings={},
        synthetic="",
        engine="",
        versions={},
        options={},
        started="",
        machine="",
    )


def verify(instance: Instance, solution: Solution) -> Verification:
    return verify_solution(instance, along_the_street(instance), solution)


def findings(instance: Instance, solution: Solution, rule: str) -> list[str]:
    recount = Recount(instance, along_the_street(instance), solution)
    return [str(finding) for finding in CHECKS[rule](recount)]


def choose(solution: Solution, *conversions: tuple[str, str, str]) -> Solution:
    """Add rows that name a conversion, with figures copied from the first row."""
    rows = [
        solution.chosen.iloc[0].to_dict()
        | dict(zip(["building_id", "service_id", "module_id"], ids, strict=True))
        for ids in conversions
    ]
    return replace(solution, chosen=pd.concat([solution.chosen, pd.DataFrame(rows)]))


def rechoose(solution: Solution, row: int, **changes: Any) -> Solution:
    return replace(solution, chosen=changed(solution.chosen, row, changes))


def reserve(solution: Solution, row: int, **changes: Any) -> Solution:
    return replace(solution, service=changed(solution.service, row, changes))


def changed(frame: pd.DataFrame, row: int, changes: dict[str, Any]) -> pd.DataFrame:
    frame = frame.copy()
    for column, value in changes.items():
        frame.loc[row, column] = value
    return frame


def drop(solution: Solution, *rows: int) -> Solution:
    return replace(solution, chosen=solution.chosen.drop(index=list(rows)))


def with_cost(solution: Solution, **changes: float) -> Solution:
    return replace(solution, cost=solution.cost | changes)


VIOLATIONS: list[tuple[str, Callable[[Solution], Solution], str]] = [
    (
        "eligibility",
        lambda s: rechoose(s, 2, building_id="B4"),
        "eligibility[B4/clinic/C12]: class court may not become clinic: forbidden",
    ),
    (
        "eligibility",
        lambda s: choose(s, ("B4", "reading", "R")),
        "eligibility[B4/reading/R]: class court may not become reading: not listed",
    ),
    (
        "suitability",
        lambda s: rechoose(s, 2, module_id="C30"),
        "suitability[B2/clinic/C30]: winter_sun_h is 1.0, it must be at least 2",
    ),
    (
        "suitability",
        lambda s: choose(s, ("B2", "reading", "R")),
        "suitability[B2/reading/R]: module needs an entrance of its own, the building has none",
    ),
    (  # B1 has two floors of 200 m2, and C30 may only use the first
        "fit",
        lambda s: rechoose(s, 0, module_id="C30"),
        "fit[B1/clinic/C30]: module takes 300 m2, the building has 200 m2 up to floor 1",
    ),
    (
        "fit",
        lambda s: choose(s, ("B3", "clinic", "C12")),
        "fit[B3/clinic/C12]: module takes 200 m2, the building has 100 m2",
    ),
    (
        "fit",
        lambda s: choose(s, ("B4", "clinic", "C12")),
        "fit[B4/clinic/C12]: module takes 40 m2 of yard, the building has 0 m2",
    ),
    (
        "forbidden",
        lambda s: choose(s, ("B4", "shelter", "S")),
        "forbidden[B4/shelter/S]: chosen, but the lock B4/shelter forbids it",
    ),
    (
        "required",
        lambda s: drop(s, 0, 1),
        "required[B1]: 0 matching conversions are chosen, the lock requires at least 1",
    ),
    (
        "committed",
        lambda s: drop(s, 3),
        "committed[B3/shelter/S]: committed and paid, but not among the chosen",
    ),
    (
        "one_module",
        lambda s: choose(s, ("B1", "clinic", "C30")),
        "one_module[B1/clinic]: 2 modules are chosen (C12, C30), at most 1 may be",
    ),
    (
        "standalone",
        lambda s: rechoose(s, 0, module_id="C30"),
        "standalone[B1]: C30 must have the building to itself, 1 more conversions are chosen there",
    ),
    (  # 200 + 100 + 300 of 400 m2
        "floor_area",
        lambda s: choose(s, ("B1", "clinic", "C30")),
        "floor_area[B1]: modules take 600 m2, the building has 400 m2",
    ),
    (  # kept, the reading room still takes its 80 m2 of 150
        "floor_area",
        lambda s: choose(s, ("B4", "reading", "R")),
        "floor_area[B4]: modules take 180 m2, the building has 150 m2",
    ),
    (  # 40 + 60 of 50 m2
        "yard",
        lambda s: choose(s, ("B2", "clinic", "C30")),
        "yard[B2]: modules take 100 m2 of yard, the building has 50 m2 of yard",
    ),
    (
        "acquisition",
        lambda s: replace(s, acquisitions=s.acquisitions.iloc[:0]),
        "acquisition[B1]: paid 0.00 money in 0 rows, due is 90.00 money once",
    ),
    (
        "acquisition",
        lambda s: replace(s, acquisitions=pd.concat([s.acquisitions] * 2)),
        "acquisition[B1]: paid 180.00 money in 2 rows, due is 90.00 money once",
    ),
    (  # what is kept or committed buys nothing
        "acquisition",
        lambda s: replace(
            s, acquisitions=s.acquisitions.assign(building_id="B4", acquisition_cost=60.0)
        ),
        "acquisition[B4]: paid 60.00 money in 1 rows, due is 0.00 money once",
    ),
    (  # works 8 and equipment 1 more; B1 is bought already
        "budget",
        lambda s: choose(s, ("B1", "shelter", "S")),
        "budget[total]: the plan costs 524.55 money, the budget is 516.00 money",
    ),
    (  # 225 + works 150 + equipment 20 + rent 0.1 * 300 * 5
        "agency_budget",
        lambda s: rechoose(s, 2, module_id="C30"),
        "agency_budget[health]: the agency is charged 545.00 money, its budget is 435.00 money",
    ),
    (
        "yearly_cost",
        lambda s: choose(s, ("B1", "shelter", "S")),
        "yearly_cost[total]: the plan runs at 15.00 money a year, the limit is 13.00 money",
    ),
    (
        "minimum_per_zone",
        lambda s: drop(s, 0),
        "minimum_per_zone[clinic/west]: open places: 0, needed: at least 1",
    ),
    (
        "need",
        lambda s: reserve(s, 1, amount=3.0),
        "need[D1/old/clinic]: served and unserved parts add up to 11, the need is 10",
    ),
    (
        "need",
        lambda s: reserve(s, 14, group="old"),
        "need[D1/old/shelter]: served and unserved parts add up to 100, the need is 0",
    ),
    (  # 600 m at 0.5 m/s
        "reach",
        lambda s: reserve(s, 4, place_id="B2", minutes=20.0),
        "reach[D2/old/clinic to B2]: 2 are served at 20 min, the standard is 10 min",
    ),
    (
        "reach",
        lambda s: reserve(s, 13, place_id="B1", minutes=5.0),
        "reach[D3/adult/reading to B1]: 40 are served, but no way is known",
    ),
    (
        "reach",
        lambda s: reserve(s, 3, minutes=4.5),
        "reach[D2/adult/clinic to F1]: the plan states 4.5 min, the way takes 5 min",
    ),
    (
        "capacity",
        lambda s: reserve(reserve(s, 1, amount=5.0), 2, amount=5.0),
        "capacity[B1/clinic]: 15 are served, the capacity is 12",
    ),
    (  # the cap of people of the service
        "capacity",
        lambda s: reserve(reserve(s, 9, amount=60.5), 10, amount=39.5),
        "capacity[B1/reading]: 60.5 are served, the capacity is 50",
    ),
    (  # a facility that may change serves from its building
        "capacity",
        lambda s: reserve(s, 11, place_id="F2"),
        "capacity[F2/reading]: 30 are served, but the service is not open here",
    ),
    (
        "score.objective",
        lambda s: replace(s, objective=0.48, tiers=()),
        "score.objective[plan]: the plan states 0.480000000, recomputed it is 0.470000000",
    ),
    (
        "score.objective",
        lambda s: replace(s, tiers=(replace(s.tiers[0], value=0.5),)),
        "score.objective[tier served]: the plan states 0.500000000, recomputed it is 0.470000000",
    ),
    (
        "score.objective",
        lambda s: replace(s, tiers=(replace(s.tiers[0], floor=0.5),)),
        (
            "score.objective[tier served]: the plan is worth 0.470000000, "
            "later tiers had to keep 0.500000000"
        ),
    ),
    (
        "score.today",
        lambda s: replace(s, today=0.1),
        "score.today[today]: the plan states 0.100000000, recomputed it is 0.117500000",
    ),
    (
        "score.served_today",
        lambda s: replace(s, served_today=s.served_today | {"clinic": 9.0}),
        "score.served_today[clinic]: the plan states 9, today's facilities serve 8",
    ),
    (
        "score.bound",
        lambda s: replace(s, bound=0.46, tiers=(), termination=Termination.WITHIN_GAP),
        "score.bound[bound]: the objective 0.470000000 is above the bound 0.460000000",
    ),
    (
        "score.bound",
        lambda s: replace(s, bound=0.517, tiers=()),
        "score.bound[termination]: it says optimal, the gap is 0.1, proof needs 1e-07 at most",
    ),
    (
        "score.bound",
        lambda s: replace(s, bound=None, tiers=(), termination=Termination.WITHIN_GAP),
        "score.bound[termination]: it says within_gap, but states no bound",
    ),
    (
        "score.bound",
        lambda s: replace(s, termination=Termination.FEASIBLE),
        "score.bound[termination]: it says feasible, but names no limit that came before the proof",
    ),
    (
        "score.bound",
        lambda s: replace(s, termination=Termination.INFEASIBLE),
        "score.bound[termination]: it says infeasible, with a plan",
    ),
    (
        "score.bound",
        lambda s: replace(s, objective=None),
        "score.bound[termination]: it says optimal, with no plan",
    ),
    (
        "score.bound",
        lambda s: replace(s, tiers=(replace(s.tiers[0], gap=0.5),)),
        "score.bound[tier served]: the tier states a gap of 0.5, its value and bound give 0.0",
    ),
    (
        "score.bound",
        lambda s: replace(s, tiers=(replace(s.tiers[0], bound=0.517, gap=None),)),
        "score.bound[tier served]: the tier states a bound of 0.517, the plan 0.47",
    ),
    (
        "score.cost",
        lambda s: rechoose(s, 0, works_cost=169.99),
        (
            "score.cost[B1/clinic/C12]: works_cost: the plan states 169.99, "
            "the tables give 170.00 money"
        ),
    ),
    (
        "score.cost",
        lambda s: replace(s, acquisitions=s.acquisitions.assign(allocated=90.0)),
        "score.cost[B1]: allocated: the plan states 90.0, the tables give 67.50 money",
    ),
    (
        "score.cost",
        lambda s: with_cost(s, total=493.05),
        "score.cost[plan]: total: the plan states 493.05, the tables give 515.55 money",
    ),
    (
        "score.cost",
        lambda s: replace(s, cost={k: v for k, v in s.cost.items() if k != "rent"}),
        "score.cost[plan]: rent: the plan states NaN, the tables give 100.00 money",
    ),
    (
        "score.cost",
        lambda s: replace(s, tiers=(Tier(name="money", value=500.0, bound=None, gap=None),)),
        "score.cost[plan]: tier money: the plan states 500.0, the tables give 515.55 money",
    ),
    (
        "score.best_service",
        lambda s: reserve(reserve(s, 1, amount=0.0), 2, amount=10.0),
        "score.best_service[clinic]: the plan serves 30, its open places can serve 32",
    ),
    (
        "ids",
        lambda s: rechoose(s, 2, building_id="B9"),
        "ids[B9/clinic/C12]: the instance has no such building, or no such module of the service",
    ),
    (
        "ids",
        lambda s: rechoose(s, 2, module_id="R"),
        "ids[B2/clinic/R]: the instance has no such building, or no such module of the service",
    ),
    (
        "ids",
        lambda s: rechoose(s, 2, module_id="keep"),
        "ids[B2/clinic/keep]: the instance has no such building, or no such module of the service",
    ),
    (
        "ids",
        lambda s: choose(s, ("B1", "clinic", "C12")),
        "ids[B1/clinic/C12]: the conversion is listed 2 times",
    ),
    (
        "ids",
        lambda s: reserve(s, 3, place_id="F9"),
        "ids[F9]: the instance has no such place_id; 1 rows, 6 in all",
    ),
    (
        "ids",
        lambda s: reserve(s, 16, demand_id="D9"),
        "ids[D9]: the instance has no such demand_id; 1 rows, 40 in all",
    ),
    (
        "grid",
        lambda s: reserve(reserve(s, 1, amount=1.9995), 2, amount=8.0005),
        "grid[D1/old/clinic]: the amount 1.9995 must be a multiple of 0.001, and not negative",
    ),
    (
        "grid",
        lambda s: reserve(reserve(s, 1, amount=-2.0), 2, amount=12.0),
        "grid[D1/old/clinic]: the amount -2.0 must be a multiple of 0.001, and not negative",
    ),
    (
        "grid",
        lambda s: rechoose(s, 0, works_cost=170.004),
        "grid[B1/clinic/C12]: works_cost 170.004 must be a multiple of 0.01",
    ),
    (
        "grid",
        lambda s: with_cost(s, total=515.554),
        "grid[cost]: total 515.554 must be a multiple of 0.01",
    ),
    (
        "details",
        lambda s: rechoose(s, 0, capacity=13.0),
        "details[B1/clinic/C12]: capacity: the plan states 13, the tables 12",
    ),
    (
        "details",
        lambda s: rechoose(s, 3, capacity=9.0),
        "details[B3/shelter/S]: capacity: the plan states 9, the tables inf",
    ),
    (
        "details",
        lambda s: rechoose(s, 4, status="new"),
        "details[B4/reading/keep]: status: the plan states new, it is keep",
    ),
    (
        "details",
        lambda s: rechoose(s, 1, to_check=""),
        "details[B1/reading/R]: to_check lacks 1 unknown facts: independent_access",
    ),
]


def test_plan_by_hand_passes_every_check():
    instance = street()
    verification = verify(instance, by_hand(instance))
    assert verification.findings == ()
    assert verification.passed
    assert [check.rule for check in verification.checks] == list(CHECKS)


@pytest.mark.parametrize(("rule", "violate", "expected"), VIOLATIONS)
def test_violation_is_caught_with_its_amount(rule, violate, expected):
    instance = street()
    assert expected in findings(instance, violate(by_hand(instance)), rule)


def test_changed_instance_is_a_finding():
    instance = street()
    solution = by_hand(instance)
    heavier = instance.replace(services=instance.services.assign(weight=[3.0, 1.0, 1.0]))
    (finding,) = findings(heavier, solution, "provenance")
    assert finding == (
        f"provenance[street]: the plan was made from content {instance.content_hash[:12]}, "
        f"the instance now has {heavier.content_hash[:12]}: it has changed since"
    )


def test_there_is_a_check_per_rule_and_a_violation_per_check():
    assert RULES.keys() <= CHECKS.keys()
    others = CHECKS.keys() - RULES.keys()
    assert all(o.startswith("score.") for o in others - {"provenance", "ids", "grid", "details"})
    caught = {rule for rule, _, _ in VIOLATIONS} | {"provenance"}  # has its own test
    cases = [*money.CASES, *places.CASES, *service.CASES]
    caught |= {case.rule for case in cases}
    assert caught == CHECKS.keys()


@pytest.mark.parametrize("rule", RULES)
def test_switch_of_a_rule_is_honoured_where_it_has_one(rule):
    switched = Settings.model_validate(SETTINGS | {"rules": SETTINGS["rules"] | {rule: False}})
    instance = street().replace(settings=switched)
    violate = {name: violate for name, violate, _ in VIOLATIONS}.get(rule, lambda s: s)
    checked = {check.rule for check in verify(instance, violate(by_hand(instance))).checks}
    assert (rule in checked) is not RULES[rule].switchable
    assert checked | {rule} == CHECKS.keys()


def test_admission_does_not_apply_to_what_is_kept_or_committed():
    """B3 takes nothing, B4's class may become nothing, and both plans stay as they were."""
    instance = street()
    eligibility = instance.eligibility[instance.eligibility["service_id"] != "shelter"]
    instance = instance.replace(eligibility=eligibility.reset_index(drop=True))
    assert verify(instance, by_hand(instance)).passed


@pytest.mark.parametrize("termination", [Termination.INFEASIBLE, Termination.NONE])
def test_no_plan_is_checked_for_provenance_only(termination):
    instance = street()
    solution = Solution(termination=termination, provenance=provenance_of(instance))
    verification = verify(instance, solution)
    assert [check.rule for check in verification.checks] == ["provenance"]
    assert verification.passed
    assert not verify(instance.replace(locks=table("locks")), solution).passed


def test_plan_that_converts_nothing_passes():
    """Nothing is open and nothing chosen: every unit is unserved, every score is 0."""
    instance = street().replace(
        settings=Settings.model_validate({"crs": "EPSG:32650"}),
        facilities=table("facilities"),
        locks=table("locks"),
    )
    units = instance.units
    service = pd.DataFrame(
        {
            "demand_id": units["demand_id"],
            "group": units["group"],
            "service_id": units["service_id"],
            "place_id": "",
            "amount": units["need"] / 1000,
            "minutes": np.nan,
            "year": 1,
        }
    )
    money = ("works", "equipment", "acquisition", "rent", "total", "unallocated", "yearly")
    solution = Solution(
        termination=Termination.FEASIBLE,
        limit=Limit.TIME,
        objective=0.0,
        service=service,
        cost=dict.fromkeys(money, 0.0),
        provenance=provenance_of(instance),
    )
    assert verify(instance, solution).findings == ()


def test_order_of_rows_and_empty_cells_of_a_file_change_nothing():
    instance = street()
    solution = by_hand(instance)
    read_back = replace(
        solution,
        chosen=solution.chosen[::-1].replace({"to_check": {"": np.nan}}),
        service=solution.service[::-1].replace({"place_id": {"": np.nan}}),
    )
    assert verify(instance, read_back).findings == ()


def test_given_minutes_of_a_group_hold_for_it():
    """A table says 12 min from D3 to B2 for the old: the 8 of them are beyond the standard."""
    instance = street()
    straight = along_the_street(instance)
    old = straight.pairs("old", "walk")
    b2 = list(instance.places["place_id"]).index("B2")
    beyond = (old.demand == 2) & (old.place == b2)
    shuffled = np.random.default_rng(0).permutation(len(old.minutes))
    given_minutes = {
        "": straight.pairs("adult", "walk"),
        "old": Pairs(
            demand=old.demand[shuffled],
            place=old.place[shuffled],
            minutes=np.where(beyond, 12.0, old.minutes)[shuffled],
        ),
    }
    travel = replace(straight, source="table", given=given_minutes)
    verification = verify_solution(instance, travel, by_hand(instance))
    assert "reach[D3/old/clinic to B2]: 8 are served at 12 min, the standard is 10 min" in [
        str(finding) for finding in verification.findings
    ]


def test_units_of_the_instance_are_held_against_its_tables():
    """D1's adults need 10 of clinic; an instance that counts 2 grains more is found out."""
    instance = street().replace(name="miscounted")
    units = instance.units.copy()
    first = (units["demand_id"] == "D1") & (units["group"] == "adult")
    units.loc[first & (units["service_id"] == "clinic"), "need"] += 2
    instance.__dict__["units"] = units
    found = findings(instance, by_hand(instance), "need")
    assert (
        "need[D1/adult/clinic]: the instance counts a need of 10.002, its tables give 10" in found
    )
    assert "need[clinic]: the instance counts 50.002 in all, its tables give 50" in found


def test_need_is_scaled_to_its_published_total():
    """100 published instead of 50 doubles every need of clinic: the plan serves D1's 20 of 20."""
    instance = street()
    published = instance.services.assign(published_need=[100.0, np.nan, np.nan])
    found = findings(instance.replace(services=published), by_hand(instance), "need")
    assert "need[D1/adult/clinic]: served and unserved parts add up to 10, the need is 20" in found
    assert len(found) == 6  # the six units of clinic, and no complaint about the instance


@pytest.mark.parametrize(
    ("facts", "usable_m2"),
    [
        ({"floors": 2}, 200),  # half of 400 on the first floor
        ({"floors": 1}, 400),
        ({"floors": None}, 400),  # not known: all above ground, to be checked
        ({"floors": None, "basement_area_m2": 150.0}, 250),
        ({"floors": 3, "basement_area_m2": 100.0}, 100),
        ({"floors": 2, "ground_area_m2": 250.0}, 250),
        ({"floors": 5, "ground_area_m2": 200.0}, 200),
    ],
)
def test_lowest_floors_hold_what_may_not_go_higher(facts, usable_m2):
    instance = street()
    buildings = instance.buildings.assign(**{k: [v] + [None] * 3 for k, v in facts.items()})
    modules = instance.modules.assign(
        floor_area_m2=[200.0, usable_m2 + 1.0, 100.0, 50.0], yard_m2=0.0
    )
    tight = instance.replace(buildings=buildings, modules=modules)
    solution = rechoose(by_hand(instance), 0, module_id="C30")
    assert findings(tight, solution, "fit") == [
        (
            f"fit[B1/clinic/C30]: module takes {usable_m2 + 1} m2, "
            f"the building has {usable_m2} m2 up to floor 1"
        )
    ]
    modules = modules.assign(floor_area_m2=[200.0, float(usable_m2), 100.0, 50.0])
    assert findings(tight.replace(modules=modules), solution, "fit") == []


def test_second_floor_counts_beside_the_ground_floor():
    """400 m2 on 5 floors, 200 of them on the ground: the second has (400 - 200) / 4 = 50."""
    instance = street()
    buildings = instance.buildings.assign(floors=[5, 1, 1, 1], ground_area_m2=[200.0] + [None] * 3)
    modules = instance.modules.assign(max_floor=[2, 2, 2, 2], floor_area_m2=[260, 250, 100, 50])
    high = instance.replace(buildings=buildings, modules=modules)
    assert findings(high, by_hand(instance), "fit")[0] == (
        "fit[B1/clinic/C12]: module takes 260 m2, the building has 250 m2 up to floor 2"
    )


@pytest.mark.parametrize(
    ("field", "value", "comparison", "wanted", "passes"),
    [
        ("year_built", 1995, "at_least", "1996", False),
        ("year_built", 1996, "at_least", "1996", True),
        ("fire_grade", 3, "at_most", "2", False),
        ("fire_grade", 2, "at_most", "2", True),
        ("fire_grade", None, "at_most", "2", True),
        ("lift", True, "equals", "true", True),
        ("lift", False, "equals", "true", False),
        ("sensitive", True, "differs", "true", False),
        ("owner_consent", "refused", "differs", "refused", False),
        ("owner_consent", "open", "differs", "refused", True),
        ("land_use", "R2", "one_of", "A33|R2", True),
        ("land_use", "M1", "one_of", "A33|R2", False),
        ("floors", 2, "one_of", "1|2", True),
        ("floors", 3, "equals", "2", False),
    ],
)
def test_condition_compares_as_its_field_is_declared(field, value, comparison, wanted, passes):
    condition = {
        "service_id": "clinic",
        "field": field,
        "comparison": comparison,
        "value": wanted,
    }
    instance = street()
    instance = instance.replace(
        suitability=table("suitability", condition),
        buildings=instance.buildings.assign(**{field: pd.Series([value] * 4, dtype=object)}),
    )
    assert (findings(instance, by_hand(instance), "suitability") == []) is passes


@pytest.mark.parametrize(
    ("amount", "decimals", "grains"),
    [
        (1.005, 2, 101),  # as written; the float just below would round to 100
        (0.125, 2, 13),
        (0.1249, 2, 12),
        (2.5, 0, 3),
        (-0.5, 0, 0),
        (1234567.895, 2, 123456790),
    ],
)
def test_money_is_rounded_as_it_is_written_halves_up(amount, decimals, grains):
    counted = Settings.model_validate({"crs": "EPSG:32650", "money": {"decimals": decimals}})
    assert in_grid(exact(amount), counted) == grains
    assert exact(np.float64(amount)) == Decimal(str(amount))


@st.composite
def mutations(draw: st.DrawFn) -> Callable[[Solution], Solution]:
    """One change of one cell, or one row less, of the plan by hand."""
    what = draw(st.sampled_from(["chosen", "service", "drop chosen", "drop service", "score"]))
    if what == "chosen":
        changes = st.one_of(
            _cell("building_id", ["B1", "B2", "B3", "B4"]),
            _cell("service_id", ["clinic", "reading", "shelter"]),
            _cell("module_id", ["C12", "C30", "R", "S", "keep"]),
            _cell("status", ["new", "keep", "committed"]),
            *(
                st.tuples(st.just(column), st.integers(0, 30000).map(lambda n: n / 100))
                for column in ("floor_area_m2", "capacity", "works_cost", "rent_cost", "cost")
            ),
        )
        row, (column, value) = draw(st.integers(0, 4)), draw(changes)
        return lambda s: rechoose(s, row, **{column: value})
    if what == "service":
        changes = st.one_of(
            _cell("demand_id", ["D1", "D2", "D3"]),
            _cell("group", ["adult", "old"]),
            _cell("service_id", ["clinic", "reading", "shelter"]),
            _cell("place_id", ["B1", "B2", "B3", "B4", "F1", "F2", ""]),
            st.tuples(st.just("amount"), st.integers(-1, 200_000).map(lambda n: n / 1000)),
            st.tuples(st.just("minutes"), st.integers(0, 300).map(lambda n: n / 10)),
        )
        row, (column, value) = draw(st.integers(0, 16)), draw(changes)
        return lambda s: reserve(s, row, **{column: value})
    if what == "drop chosen":
        row = draw(st.integers(0, 4))
        return lambda s: drop(s, row)
    if what == "drop service":
        row = draw(st.integers(0, 16))
        return lambda s: replace(s, service=s.service.drop(index=row))
    name, value = draw(st.sampled_from(["objective", "today", "bound"])), draw(st.floats(0, 1))
    return lambda s: replace(s, **{name: value})


def _cell(column: str, values: list[str]) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(st.just(column), st.sampled_from(values))


@settings(deadline=None, max_examples=50)
@given(mutation=mutations())
def test_any_single_change_of_the_plan_is_caught(mutation):
    instance = street()
    solution = by_hand(instance)
    mutant = mutation(solution)
    unserved = solution.service["place_id"] == ""
    minutes_of_nobody = mutant.service.reindex(solution.service.index).loc[unserved, "minutes"]
    assume(minutes_of_nobody.isna().all())  # no one goes there, so they say nothing
    assume(
        not mutant.chosen.equals(solution.chosen)
        or not mutant.service.equals(solution.service)
        or any(
            abs(getattr(mutant, name) - getattr(solution, name)) > 1e-6
            for name in ("objective", "today", "bound")
        )
    )
    assert not verify(instance, mutant).passed


@settings(deadline=None)
@given(data=st.data(), largest=st.sampled_from([3, 7, 2**30]))
def test_most_served_is_the_optimum_of_the_transport_problem(data, largest):
    """The linear program over amounts per arc has the same optimum, and no flow code in it."""
    needs = data.draw(st.lists(st.integers(1, 20), min_size=1, max_size=6))
    limits = data.draw(
        st.lists(st.one_of(st.integers(0, 25), st.just(np.inf)), min_size=1, max_size=4)
    )
    pairs = [(u, p) for u in range(len(needs)) for p in range(len(limits))]
    arcs = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    unit = np.array([u for u, _ in arcs], dtype=np.int64)
    place = np.array([p for _, p in arcs], dtype=np.int64)
    most = most_served(np.array(needs), np.array(limits, dtype=float), unit, place, largest=largest)
    if not arcs:
        assert most == 0
        return
    rows = np.vstack(
        [unit == u for u in range(len(needs))] + [place == p for p in range(len(limits))]
    )
    finite = np.where(np.isinf(limits), sum(needs), limits)
    optimum = linprog(-np.ones(len(arcs)), A_ub=rows, b_ub=np.concatenate([needs, finite]))
    assert most == pytest.approx(-optimum.fun, abs=1e-6)


def test_amounts_beyond_32_bits_are_counted():
    """5 million needs of 1,000 grains each: two places share 3e9 + 1, of which 2e9 + 3e8 fit."""
    need = np.array([3_000_000_001, 300_000_000])
    capacity = np.array([2_000_000_000.0, 5_000_000_000.0])
    unit, place = np.array([0, 1]), np.array([0, 1])
    assert most_served(need, capacity, unit, place) == 2_300_000_000
