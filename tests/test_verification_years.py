"""Plans by years, against one worked out by hand.

Two years, 2021 and 2022; D1 has 10 children of 3 to 5 and 20 adults, D2 has 10 adults. Born in
2016, 2017, 2018 were 4, 3, 3 children, in 2019 were 5: those aged 3 to 5 were 10 in 2021, and are
11 in 2022. The population table says 1.5 for adults of D2's zone in 2022.

Nursery for children (weight 1), clinic for adults (weight 3): need 10 and 30, then 11 and 35.

Plan: N8, a nursery for 8, opens in A in 2022, bought for 40 of which the district pays a half; C20,
a clinic for 20 of which 90 % may be used, rents B from 2021 for a year, at 0.05 x 100 m2. F, a
clinic for 9, stands in A and closes after 2021.

2021: clinic 18 in B and 9 in A of 30, nursery 0 of 10; tier 1 is (3 * 27/30 + 0) / 4 = 0.675.
2022: nursery 8 of 11, clinic 0; (8/11) / 4. The mean is (0.675 + 2/11) / 2.
Today: clinic 9 of 30, then 9 of 35: 3/4 * (9/30 + 9/35) / 2.

Cost: N8 works 12 / 2 = 6, acquisition 20 * 100/400 = 5; C20 works 10, rent 5. The rest of A is 15.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plans_by_hand import YEARLY, found, opens, plan, serves, small_town
from towns import town

from siting.instance.instance import Instance
from siting.solution import Limit, Solution, Tier
from siting.travel.measure import measure_travel
from siting.verification import verify_solution
from siting.verification.headcount import Headcount

OBJECTIVE = (0.675 + 2 / 11) / 2
TODAY = 3 / 4 * (9 / 30 + 9 / 35) / 2

BORN = {2016: 4.0, 2017: 3.0, 2018: 3.0, 2019: 5.0}


def growing(**changes: Any) -> Instance:
    parts: dict[str, Any] = {
        "people": {"D1": {"3_5": 10.0, "adult": 20.0}, "D2": {"3_5": 0.0, "adult": 10.0}},
        "homes": {"D2": {"zone_part": "south"}},
        "zones": {"south": "part"},
        "ways": {"D1": ["A", "B", "F"], "D2": ["A", "B"]},
        "services": {"nursery": {}, "clinic": {"weight": 3.0, "max_utilisation": 0.9}},
        "needs": [
            {"service_id": "nursery", "group": "3_5", "need_per_person": 1.0},
            {"service_id": "clinic", "group": "adult", "need_per_person": 1.0},
        ],
        "modules": {
            "N8": {"service_id": "nursery", "capacity": 8.0, "works_cost": 12.0},
            "C20": {"service_id": "clinic", "capacity": 20.0},
        },
        "buildings": {"A": {"floor_area_m2": 400.0}, "B": {}},
        "facilities": {"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"}},
        "tenures": [
            {"building_id": "A", "mode": "buy", "acquisition_cost": 40.0, "public_share": 0.5},
            {"building_id": "B", "mode": "short", "yearly_rent_per_m2": 0.05, "years": 1},
        ],
        "cohorts": [{"birth_year": y, "people": n} for y, n in BORN.items()],
        "population": [{"year": 2022, "group": "adult", "zone_id": "south", "factor": 1.5}],
        "plan": {"yearly": True, "start_year": 2021, "years": 2},
        "base": {"year": 2021},
        "budget": {"years": {2021: 15, 2022: 26}, "total": 41},
    }
    return town(**parts | changes)


def by_hand(instance: Instance) -> Solution:
    nothing = dict.fromkeys(["yard_m2", "equipment_cost", "yearly_cost", "private_cost"], 0.0)
    costs = ("works_cost", "acquisition_cost", "rent_cost", "cost")

    def of(*amounts: float) -> dict[str, float]:
        return dict(zip(costs, amounts, strict=True))

    area = {"floor_area_m2": 100.0}
    n8 = nothing | area | of(6.0, 5.0, 0.0, 11.0) | {"capacity": 8.0, "private_cost": 6.0}
    c20 = nothing | area | of(10.0, 0.0, 5.0, 15.0) | {"capacity": 20.0}
    kept = nothing | of(0.0, 0.0, 0.0, 0.0) | {"capacity": 10.0, "floor_area_m2": 0.0}
    none = {"minutes": float("nan")}
    adult, child = {"group": "adult"}, {"group": "3_5"}
    return plan(
        instance,
        opens("A", "N8", "nursery", mode="buy", year=2022, status="new", **n8),
        opens("B", "C20", "clinic", mode="short", until=2021, status="new", **c20),
        opens("A", "keep", "clinic", until=2021, status="keep", **kept),
        service=[
            serves("D1", "clinic", "B", 11.0, year=2021, **adult),
            serves("D1", "clinic", "A", 9.0, year=2021, **adult),
            serves("D2", "clinic", "B", 7.0, year=2021, **adult),
            serves("D2", "clinic", "", 3.0, year=2021, **adult | none),
            serves("D1", "nursery", "", 10.0, year=2021, **child | none),
            serves("D1", "clinic", "", 20.0, year=2022, **adult | none),
            serves("D2", "clinic", "", 15.0, year=2022, **adult | none),
            serves("D1", "nursery", "A", 8.0, year=2022, **child),
            serves("D1", "nursery", "", 3.0, year=2022, **child | none),
        ],
        acquisitions=[
            {
                "building_id": "A",
                "mode": "buy",
                "year": 2022,
                "acquisition_cost": 20.0,
                "allocated": 5.0,
                "unallocated": 15.0,
            }
        ],
        limit=Limit.TIME,
        objective=OBJECTIVE,
        today=TODAY,
        served_today={"clinic": 9.0, "nursery": 0.0},
        tiers=(
            Tier(name="served", value=OBJECTIVE, bound=None, gap=None, floor=OBJECTIVE),
            Tier(name="money", value=41.0, bound=None, gap=None),
        ),
        cost={
            "works": 16.0,
            "equipment": 0.0,
            "acquisition": 20.0,
            "rent": 5.0,
            "total": 41.0,
            "unallocated": 15.0,
            "yearly": 0.0,
        },
    )


def test_plan_by_hand_passes_every_check():
    instance = growing()
    solution = by_hand(instance)
    verification = verify_solution(instance, measure_travel(instance), solution)
    assert verification.findings == ()


def rechosen(solution: Solution, row: int, **cells: object) -> Solution:
    chosen = solution.chosen.astype(object)
    for column, value in cells.items():
        chosen.loc[row, column] = value
    return replace(solution, chosen=chosen)


def reserved(solution: Solution, row: int, **cells: object) -> Solution:
    service = solution.service.astype(object)
    for column, value in cells.items():
        service.loc[row, column] = value
    return replace(solution, service=service)


BREACHES = [
    (
        "need",
        lambda s: reserved(s, 6, amount=10.0),
        "need[D2/adult/clinic/2022]: served and unserved parts add up to 10, the need is 15",
    ),
    (
        "reach",
        lambda s: reserved(s, 0, minutes=4.0),
        "reach[D1/adult/clinic to B/2021]: the plan states 4 min, the way takes 5 min",
    ),
    (
        "capacity",
        lambda s: reserved(s, 2, amount=8.0),
        "capacity[B/clinic/2021]: 19 are served, the capacity is 18",
    ),
    (
        "capacity",
        lambda s: reserved(s, 5, place_id="A", minutes=5.0),
        "capacity[A/clinic/2022]: 20 are served, but the service is not open here",
    ),
    (
        "ids",
        lambda s: reserved(s, 5, year=2023),
        "ids[2023]: the plan has no such year; 1 rows, 20 in all",
    ),
    (
        "ids",
        lambda s: reserved(s, 5, year=None),
        "ids[no year]: the plan has no such year; 1 rows, 20 in all",
    ),
    (
        "ids",
        lambda s: rechosen(s, 0, mode="swap"),
        'ids[A/nursery/N8]: the building cannot be got hold of as "swap", but as buy',
    ),
    (
        "details",
        lambda s: rechosen(s, 0, until=2023),
        "details[A/nursery/N8/buy/2022]: open from 2022 to 2023, the plan is from 2021 to 2022",
    ),
    (
        "details",
        lambda s: rechosen(s, 1, until=2022),
        (
            "details[B/clinic/C20/short/2021]: open until 2022, "
            "opened as short in 2021 it is so until 2021"
        ),
    ),
    (
        "details",
        lambda s: rechosen(s, 2, year=2022, until=2022),
        "details[A/clinic/keep/..2022]: kept from 2022, what is kept is so from 2021",
    ),
    (
        "details",
        lambda s: rechosen(s, 2, mode="buy"),
        "details[A/clinic/keep/buy/..2021]: kept as buy, what is kept has no mode",
    ),
    (
        "yearly_budget",
        lambda s: rechosen(s, 0, year=2021),
        (
            "yearly_budget[2021]: 41.00 money are spent up to this year, "
            "the budget until then is 15.00 money"
        ),
    ),
    (
        "score.best_service",
        lambda s: reserved(s, 7, amount=7.0),
        "score.best_service[nursery/2022]: the plan serves 7, its open places can serve 8",
    ),
    (
        "score.today",
        lambda s: replace(s, today=0.225),
        "score.today[today]: the plan states 0.225000000, recomputed it is 0.208928571",
    ),
    (
        "score.objective",
        lambda s: replace(s, objective=0.675),
        "score.objective[plan]: the plan states 0.675000000, recomputed it is 0.428409091",
    ),
    (
        "score.served_today",
        lambda s: replace(s, served_today={"clinic": 10.0}),
        "score.served_today[clinic]: the plan states 10, today's facilities serve 9",
    ),
]


@pytest.mark.parametrize(
    ("rule", "change", "words"), BREACHES, ids=lambda x: "" if callable(x) else str(x)[:40]
)
def test_change_of_the_plan_is_found(rule, change, words):
    instance = growing()
    assert found(instance, change(by_hand(instance)), rule) == [words]


def test_mode_for_other_services_is_none_for_this_one():
    tenures = [{"building_id": "A", "mode": "buy", "services": "nursery|reading"}]
    instance = small_town(tenures=tenures)
    assert found(instance, plan(instance, opens("A", "C10", mode="buy")), "ids") == [
        "ids[A/clinic/C10/buy]: as buy the building is for nursery, reading only"
    ]
    assert found(instance, plan(instance, opens("A", "N10", mode="buy")), "ids") == []


def test_committed_is_open_from_its_year_to_the_end():
    lock = {"building_id": "A", "service_id": "clinic", "module_id": "C10", "status": "committed"}
    tenures = [{"building_id": "A", "mode": mode} for mode in ("buy", "rent")]
    instance = small_town(plan=YEARLY, locks=[lock | {"year": 2022}], tenures=tenures)
    right = opens("A", "C10", mode="buy", year=2022)
    assert found(instance, plan(instance, right), "committed") == []
    early = plan(instance, right | {"year": 2021})
    assert found(instance, early, "committed") == [
        "committed[A/clinic/C10]: open from 2021 to 2023, committed from 2022 to 2023"
    ]
    otherwise = plan(instance, right | {"mode": "rent"}, service=[])
    details = found(instance, plan(instance, right | {"mode": "rent"}), "details")
    assert 'details[A/clinic/C10/rent/2022]: mode: the plan states "rent", it is "buy"' in details
    assert found(instance, otherwise, "committed") == []
    assert found(instance, plan(instance), "committed") == [
        "committed[A/clinic/C10]: committed and paid, but not among the chosen"
    ]
    before = small_town(plan=YEARLY, locks=[lock | {"year": 2010}])
    assert found(before, plan(before, opens("A", "C10")), "committed") == []
    later = small_town(plan=YEARLY, locks=[lock | {"year": 2030}])
    assert found(later, plan(later), "committed") == []


@pytest.mark.parametrize(
    ("year", "until", "says"), [(2022, 2023, 0), (2021, 2022, 0), (2021, 2021, 1), (2023, 2023, 1)]
)
def test_required_is_open_by_its_year(year, until, says):
    lock = {"building_id": "A", "status": "required", "year": 2022}
    instance = small_town(plan=YEARLY, locks=[lock])
    solution = plan(instance, opens("A", "C10", year=year, until=until))
    words = "required[A]: 0 matching conversions are open in 2022, the lock requires at least 1"
    assert found(instance, solution, "required") == [words][:says]


def test_units_by_year_are_held_against_the_tables():
    """One child more in 2022 than the cohorts give."""
    instance = growing()
    solution = by_hand(instance)
    need = instance.need_of(2022).copy()
    need[(instance.units["service_id"] == "nursery").to_numpy()] += 1000
    miscounted = growing()
    miscounted.__dict__["need_of"] = lambda year: need if year == 2022 else instance.need_of(year)
    said = found(miscounted, solution, "need")
    assert "need[D1/3_5/nursery/2022]: the instance counts a need of 12, its tables give 11" in said
    assert "need[nursery/2022]: the instance counts 12 in all, its tables give 11" in said


def factor(instance: Instance, group: str, point: int = 0, year: int = 2022) -> float:
    people = Headcount(instance).people(year)
    row = people[(people["group"] == group) & (people["demand"] == point)]
    before = float(instance.demand[f"people_{group}"].iloc[point])
    return float(row["people"].iloc[0]) / before


def test_most_specific_statement_of_population_holds():
    homes = {"D1": {"zone_part": "south", "zone_ward": "w1"}, "D2": {"zone_ward": "w1"}}
    people = {d: {"3_5": 10.0, "adult": 10.0} for d in ("D1", "D2")}
    given = {"people": people, "homes": homes, "zones": {"south": "part", "w1": "ward"}}
    rows = [
        ({}, 1.1),
        ({"group": "adult"}, 1.2),
        ({"zone_id": "w1"}, 1.3),
        ({"zone_id": "south"}, 1.4),
        ({"zone_id": "w1", "group": "adult"}, 1.5),
        ({"zone_id": "south", "group": "adult"}, 1.6),
    ]

    def first(count: int) -> Instance:
        population = [{"year": 2022, "factor": f} | row for row, f in rows[:count]]
        return growing(**given, population=population)

    adults = [factor(first(n), "adult") for n in range(7)]
    assert adults == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6])
    assert factor(first(6), "adult", point=1) == pytest.approx(1.5)
    assert factor(first(6), "3_5") == pytest.approx(1.4)  # over the cohorts
    assert factor(first(0), "3_5") == pytest.approx(1.1)  # 11 of 10


def test_cohorts_speak_of_closed_ages_that_they_hold_in_full():
    assert factor(growing(), "3_5") == pytest.approx(1.1)
    short = [{"birth_year": y, "people": n} for y, n in BORN.items() if y != 2016]
    assert factor(growing(cohorts=short), "3_5") == 1.0
    unborn = [{"birth_year": y, "people": 0.0 if y < 2019 else n} for y, n in BORN.items()]
    assert factor(growing(cohorts=unborn), "3_5") == 1.0
    assert factor(growing(base={}), "3_5") == 1.0
    own = [{"birth_year": y, "people": n, "zone_id": "south"} for y, n in BORN.items()]
    homes = {"D1": {"zone_part": "south"}}
    assert factor(growing(cohorts=own, homes=homes), "3_5") == pytest.approx(1.1)
    assert factor(growing(cohorts=own), "3_5") == 1.0


def test_people_of_a_target_are_those_of_the_last_year():
    """In 2022 D1 has 11 children and 20 adults, D2 15 adults: a bed for each of the 46."""
    target = {"target_id": "beds", "service_id": "clinic", "value": 1000.0, "per": "per_1000"}
    words = "targets[beds]: the stock comes to 0, the target is at least {0}: it misses by {0}"
    counts = {
        "": (growing(targets=[target | {"hard": True}]), 46),
        "zone": (growing(targets=[target | {"hard": True, "zone_id": "south"}]), 15),
        "groups": (
            growing(
                targets=[target | {"hard": True}],
                base={"year": 2021, "counted_groups": ["3_5"]},
            ),
            11,
        ),
        "population": (
            growing(
                targets=[target | {"hard": True}], plan={}, base={"year": 2021, "population": 99}
            ),
            99,
        ),
    }
    for instance, people in counts.values():
        assert found(instance, plan(instance), "targets") == [words.format(people)]
