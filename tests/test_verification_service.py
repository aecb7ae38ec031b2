"""Rules on amounts, their worth and stocks: a plan that breaks each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans_by_hand import (
    YEARLY,
    Case,
    Cells,
    breaks_its_rule_and_its_neighbour_does_not,
    found,
    opens,
    plan,
    serves,
    small_town,
)
from scipy.optimize import linprog

from siting.instance.instance import Instance
from siting.solution import Tier
from siting.travel.measure import measure_travel
from siting.verification.flow import most_served
from siting.verification.recount import Recount
from siting.verification.value import Value, most_worth

ZONES = {"north": "part", "south": "part"}
SIDES = {"A": {"zone_part": "north"}, "B": {"zone_part": "south"}}
HOMES = {"D1": {"zone_part": "north"}, "D2": {"zone_part": "south"}}
ZONED = {"zones": ZONES, "buildings": SIDES, "homes": HOMES}


def amounts() -> Iterator[Case]:
    """Cases of rules on how much is served: D1 has 10 people, D2 20."""
    floor = {"service_id": "clinic", "zone_kind": "part", "share": 0.5}
    floored = small_town(**ZONED, zone_floor=[floor])
    a, b = opens("A", "C10"), opens("B", "C10")
    yield Case(
        "zone_floor",
        floored,
        plan(floored, a, b, service=[serves("D1", "clinic", "A", 10.0)]),
        "zone_floor[clinic/south]: 0 are served of 20 that could be, at least 10 must be",
        plan(
            floored,
            a,
            b,
            service=[serves("D1", "clinic", "A", 5.0), serves("D2", "clinic", "B", 9.999)],
        ),
    )
    # Nothing that is admitted reaches D2, so nothing is asked for it.
    cut_off = small_town(
        **ZONED, zone_floor=[floor], ways={"D1": ["A"], "D2": ["B"]},
        locks=[{"building_id": "B", "status": "forbidden"}],
    )  # fmt: skip
    open_to_all = small_town(**ZONED, zone_floor=[floor], ways={"D1": ["A"], "D2": ["B"]})
    served = [serves("D1", "clinic", "A", 10.0)]
    yield Case(
        "zone_floor",
        open_to_all,
        plan(open_to_all, a, service=served),
        "zone_floor[clinic/south]: 0 are served of 20 that could be, at least 10 must be",
        plan(cut_off, a, service=served),
        cut_off,
    )
    loaded = small_town(
        plan=YEARLY,
        modules={"C20": {"min_load": 0.5}},
        services={"clinic": {"max_utilisation": 0.8}},
    )
    c20 = opens("A", "C20", year=2022)
    enough = [serves("D1", "clinic", "A", 8.0, year=y) for y in (2022, 2023)]
    yield Case(  # 0.5 of 0.8 of 20
        "min_load",
        loaded,
        plan(loaded, c20, service=[enough[0], serves("D1", "clinic", "A", 7.0)]),
        "min_load[A/clinic/2023]: 7 are served, at least 8 must be",
        plan(loaded, c20, service=enough),
    )
    schools = small_town(
        **ZONED, services={"clinic": {"own_zone_kind": "part", "own_zone_share": 0.9}}
    )
    yield Case(
        "own_zone",
        schools,
        plan(schools, a, service=[serves("D2", "clinic", "A", 3.5)]),
        "own_zone[clinic]: 3.5 are served outside their own part, at most 3 may be",
        plan(
            schools,
            a,
            service=[serves("D2", "clinic", "A", 3.0), serves("D1", "clinic", "A", 7.0)],
        ),
    )
    nowhere = schools.replace(demand=schools.demand.assign(zone_part=None))
    yield Case(
        "own_zone",
        nowhere,
        plan(nowhere, a, service=[serves("D1", "clinic", "A", 7.0)]),
        "own_zone[clinic]: 7 are served outside their own part, at most 3 may be",
        plan(schools, a, service=[serves("D1", "clinic", "A", 7.0)]),
        schools,
    )
    away = {"F": {"service_id": "clinic", "capacity": 20.0, "outside": True}}
    capped = small_town(facilities=away, services={"clinic": {"outside_cap": 4.0}})
    yield Case(
        "outside_supply",
        capped,
        plan(capped, service=[serves("D1", "clinic", "F", 2.0), serves("D2", "clinic", "F", 2.5)]),
        "outside_supply[clinic]: 4.5 are served outside, at most 4 may be",
        plan(capped, service=[serves("D1", "clinic", "F", 4.0)]),
    )


def worth() -> Iterator[Case]:
    """Cases of the value of service. Only the clinic counts: 1 / 3 of the weights."""
    only = {"nursery": {"weight": 0.0}, "reading": {"weight": 0.0}}
    a = opens("A", "C10")
    served = [serves("D1", "clinic", "A", 10.0)]
    # D1 counts twice: 20 of 20 + 20.
    first = small_town(
        services=only, zones=ZONES, homes=HOMES, priorities=[{"zone_id": "north", "factor": 2.0}]
    )
    yield Case(
        "priorities",
        first,
        plan(first, a, service=served, objective=1 / 3),
        "priorities[plan]: the plan states 0.333333333, with its priorities it is 0.500000000",
        plan(first, a, service=served, objective=0.5),
    )
    # F reaches D2, so that only D1 is blank today: 10 x 3 of 30 + 20.
    blank = small_town(
        services=only,
        facilities={"F": {"service_id": "clinic", "capacity": 1.0}},
        ways={"D1": ["A"], "D2": ["A", "F"]},
        objective={"blank_factor": 3.0},
    )
    yield Case(
        "priorities",
        blank,
        plan(blank, a, service=served, objective=0.5),
        "priorities[plan]: the plan states 0.500000000, with its priorities it is 0.600000000",
        plan(blank, a, service=served, objective=0.6),
    )
    # 4 min count 1, 5 min count 0.5, 12 min 0.1: 5 of 30.
    steps = [(4.0, 1.0), (8.0, 0.5), (12.0, 0.1)]
    decayed = small_town(
        services=only,
        decay=[{"service_id": "clinic", "minutes": m, "value": v} for m, v in steps],
        ways={"D1": {"A": 5.0}, "D2": {"A": 12.0, "B": 13.0}},
    )
    yield Case(
        "decay",
        decayed,
        plan(decayed, a, service=served, objective=1 / 3),
        "decay[plan]: the plan states 0.333333333, "
        "with service that counts less with distance it is 0.166666667",
        plan(decayed, a, service=served, objective=1 / 6),
    )
    far = serves("D2", "clinic", "B", 10.0, minutes=13.0)
    near = serves("D2", "clinic", "A", 10.0, minutes=12.0)
    yield Case(
        "decay",
        decayed,
        plan(decayed, opens("B", "C10"), service=[far], objective=0.0),
        "decay[D2/all/clinic to B]: served at 13 min, nothing counts beyond 12 min",
        plan(decayed, a, service=[near], objective=1 / 30),
    )


def preferred() -> Iterator[Case]:
    """Cases of bonuses: 3 where clinic and nursery stay together, 2 for a clinic in A."""
    pair = {"service_id": "clinic", "other_service_id": "nursery", "kind": "synergy", "bonus": 3.0}
    prefer = {"field": "floors", "comparison": "at_most", "value": "2", "bonus": 2.0}
    floors = {"A": {"floors": 2.0}, "B": {}}
    both = opens("A", "C10"), opens("A", "N10", year=2023)

    def money(value: float) -> tuple[Tier, ...]:
        return (Tier(name="money", value=value, bound=None, gap=None),)

    together = small_town(plan=YEARLY, pairs=[pair])
    yield Case(
        "synergy",
        together,
        plan(together, *both, tiers=money(20.0)),
        "synergy[tier money]: the plan states 20, with bonuses of 3 it is 17",
        plan(together, *both, tiers=money(17.0)),
    )
    parted = both[0], opens("A", "N10", until=2022)
    yield Case(
        "synergy",
        together,
        plan(together, *parted, tiers=money(17.0)),
        "synergy[tier money]: the plan states 17, with bonuses of 0 it is 20",
        plan(together, *parted, tiers=money(20.0)),
    )
    # Of B nobody knows the floors, and the nursery is not asked about.
    better = small_town(preferences=[prefer | {"service_id": "clinic"}], buildings=floors)
    three = opens("A", "C10"), opens("A", "N10"), opens("B", "C10")
    yield Case(
        "preferences",
        better,
        plan(better, *three, tiers=money(30.0)),
        "preferences[tier money]: the plan states 30, with bonuses of 2 it is 28",
        plan(better, *three, tiers=money(28.0)),
    )
    off = small_town(preferences=[prefer], buildings=floors, rules={"preferences": False})
    everybody = small_town(preferences=[prefer], buildings=floors)
    yield Case(
        "score.cost",
        small_town(preferences=[prefer], buildings=floors, rules={"preferences": False}),
        priced(off, three, money(26.0)),
        "score.cost[plan]: tier money: the plan states 26.0, the tables give 30.00 money",
        priced(everybody, three, money(26.0)),
        everybody,
    )
    # Half of the clinic's need is served, a third of the weights: 100 / 6 points at 0.6.
    worth = small_town(objective={"worth": 0.6})
    served = [serves("D1", "clinic", "A", 10.0), serves("D2", "clinic", "B", 5.0)]
    yield Case(
        "score.cost",
        worth,
        priced(worth, three, money(30.0), service=served),
        "score.cost[plan]: tier money: the plan states 30.0, the tables give 20.00 money",
        priced(worth, three, money(20.0), service=served),
    )


def priced(instance: Instance, chosen: tuple[Cells, ...], tiers: tuple[Tier, ...], **fields: Any):
    """A plan of modules that cost 10 in works and nothing else."""
    columns = ("equipment_cost", "acquisition_cost", "rent_cost", "yearly_cost", "private_cost")
    money = dict.fromkeys(columns, 0.0) | {"works_cost": 10.0, "cost": 10.0}
    names = ("equipment", "acquisition", "rent", "unallocated", "yearly")
    cost = dict.fromkeys(names, 0.0) | dict.fromkeys(["works", "total"], 10.0 * len(chosen))
    return plan(instance, *({**c, **money} for c in chosen), tiers=tiers, cost=cost, **fields)


def tiers() -> Iterator[Case]:
    """Cases of the other tiers, and of ranks."""
    only = {"nursery": {"weight": 0.0}, "reading": {"weight": 0.0}}
    equal = small_town(**ZONED, services=only, objective={"equity_zone_kind": "part"})
    a = opens("A", "C20")
    served = [serves("D1", "clinic", "A", 8.0), serves("D2", "clinic", "A", 12.0)]

    def equity(value: float) -> tuple[Tier, ...]:
        return (Tier(name="equity", value=value, bound=None, gap=None),)

    yield Case(  # 8 of 10 and 12 of 20
        "score.tiers",
        equal,
        plan(equal, a, service=served, tiers=equity(0.8)),
        "score.tiers[tier equity]: the plan states 0.800000000, recomputed it is 0.600000000",
        plan(equal, a, service=served, tiers=equity(0.6)),
    )
    names = "money", "served"
    backward = tuple(Tier(name=name, value=0.0, bound=None, gap=None) for name in names)
    yield Case(
        "score.tiers",
        equal,
        plan(equal, tiers=backward),
        "score.tiers[tiers]: they come in the order money, served",
        plan(equal, tiers=backward[::-1]),
    )
    strange = (Tier(name="walking", value=0.0, bound=None, gap=None),)
    yield Case(
        "score.tiers",
        equal,
        plan(equal, tiers=strange),
        "score.tiers[tiers]: there are no such tiers: walking",
        plan(equal),
    )
    # The nursery comes first: 10 of 30; then clinic 20 of 30 and reading 0, weights 2 and 1.
    ranked = small_town(
        services={
            "clinic": {"rank": 2.0, "weight": 2.0},
            "nursery": {"rank": 1.0},
            "reading": {"rank": 2.0},
        },
        objective={"by_rank": True},
    )
    rows = [*served, serves("D1", "nursery", "B", 10.0)]
    opened = a, opens("B", "N10")

    def ranks(second: float) -> tuple[Tier, ...]:
        values = {"served[1]": 1 / 3, "served[2]": second}
        return tuple(Tier(name=n, value=v, bound=None, gap=None) for n, v in values.items())

    right = plan(ranked, *opened, service=rows, objective=1 / 3, tiers=ranks(4 / 9))
    yield Case(
        "score.objective",
        ranked,
        replace(right, objective=0.5),
        "score.objective[plan]: the plan states 0.500000000, recomputed it is 0.333333333",
        right,
    )
    yield Case(
        "score.objective",
        ranked,
        replace(right, tiers=ranks(2 / 3)),
        "score.objective[tier served[2]]: the plan states 0.666666667, "
        "recomputed it is 0.444444444",
        right,
    )


def stocks() -> Iterator[Case]:
    """Cases of hard targets. F, a clinic for 5, stands in B and may be closed."""
    kept = {"F": {"service_id": "clinic", "capacity": 5.0, "building_id": "B", "tags": "old|day"}}
    keep = opens("B", "keep", "clinic")

    def town(**target: object) -> object:
        row = {"target_id": "beds", "service_id": "clinic", "hard": True} | target
        return small_town(
            zones=ZONES,
            homes=HOMES,
            facilities=kept,
            buildings={"A": {"zone_part": "north", "yard_m2": 30.0}, "B": {"zone_part": "south"}},
            modules={"C10": {"tags": "day", "yard_m2": 20.0}, "C20": {"tags": "night"}},
            outputs=[{"module_id": "N10", "service_id": "clinic", "capacity": 4.0}],
            targets=[row],
        )

    def case(words: str, instance, bad, good) -> Case:
        return Case("targets", instance, plan(instance, *bad), words, plan(instance, *good))

    ten, twenty, night = opens("A", "C10"), opens("A", "N10"), opens("A", "C20")
    yield case(  # counted from the facilities
        "targets[beds]: the stock comes to 9, the target is at least 15: it misses by 6",
        town(value=15.0),
        (keep, twenty),
        (keep, ten),
    )
    yield case(  # 100 stated, 5 of it closed
        "targets[beds]: the stock comes to 99, the target is at least 100: it misses by 1",
        town(value=100.0, base_value=100.0),
        (twenty,),
        (ten,),
    )
    yield case(
        "targets[beds]: the stock comes to 5, the target is at least 15: it misses by 10",
        town(value=15.0, tag="day"),
        (keep, night),
        (keep, ten),
    )
    yield case(
        "targets[beds]: the stock comes to 5, the target is at most 4: it misses by 1",
        town(value=4.0, comparison="at_most"),
        (keep,),
        (),
    )
    yield case(
        "targets[beds]: the stock comes to 0, the target is at least 10: it misses by 10",
        town(value=10.0, zone_id="north"),
        (keep,),
        (ten,),
    )
    yield case(  # 300 beds per 1,000 of 30 people
        "targets[beds]: the stock comes to 5, the target is at least 9: it misses by 4",
        town(value=300.0, per="per_1000"),
        (keep,),
        (keep, twenty),
    )
    yield case(  # 0.2 m2 for each of 40 people then, 1 m2 for each of 30 now
        "targets[beds]: the stock comes to 8, the target is at least 30: it misses by 22",
        town(value=1.0, per="per_person", base_value=0.2, base_people=40.0, measure="floor_area"),
        (keep,),
        (keep, ten),
    )
    yield case(
        "targets[beds]: the stock comes to 0, the target is at least 20: it misses by 20",
        town(value=20.0, measure="yard"),
        (keep,),
        (ten,),
    )
    yield case(
        "targets[beds]: the stock comes to 1, the target is at least 2: it misses by 1",
        town(value=2.0, measure="count"),
        (keep, opens("A", "N10")),
        (keep, ten),
    )
    # Half of all beds for the day: 5 of 5 today; with 20 for the night 5 of 25.
    yield case(
        "targets[beds]: the stock comes to 5, the target is at least 12.5: it misses by 7.5",
        town(value=0.5, per="share", tag="day"),
        (keep, night),
        (keep, ten),
    )
    yield case(  # 2 in each of the 5 years
        "targets[beds]: the stock comes to 4, the target is at least 10: it misses by 6",
        town(value=2.0, per="per_year"),
        (keep, twenty),
        (keep, ten),
    )
    wing = {"N10": {"host_service_id": "clinic", "host_capacity": 3.0}}
    target = {"target_id": "beds", "service_id": "clinic", "value": 10.0, "hard": True}
    taken = small_town(modules=wing, targets=[target])
    yield case(
        "targets[beds]: the stock comes to 7, the target is at least 10: it misses by 3",
        taken,
        (opens("A", "C10"), opens("A", "N10")),
        (opens("A", "C20"), opens("A", "N10")),
    )
    also = small_town(targets=[target | {"value": 20.0, "also_services": "nursery|reading"}])
    yield case(
        "targets[beds]: the stock comes to 10, the target is at least 20: it misses by 10",
        also,
        (opens("A", "C10"), opens("A", "R")),
        (opens("A", "C10"), opens("A", "N10")),
    )
    each = small_town(plan=YEARLY, targets=[target | {"per": "per_year"}])
    yield case(  # nothing opens in 2023
        "targets[beds]: the stock comes to 30, the target is at least 30: it misses by 10",
        each,
        (opens("A", "C20", year=2021), opens("B", "C10", year=2022)),
        (
            opens("A", "C10", until=2021),
            opens("B", "C10", year=2022),
            opens("A", "C20", year=2023),
        ),
    )


CASES = [*amounts(), *worth(), *preferred(), *tiers(), *stocks()]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken_rule_is_found_and_its_neighbour_is_not(case):
    breaks_its_rule_and_its_neighbour_does_not(case)


def test_soft_targets_are_a_tier_of_shortfalls_each_as_a_part():
    """Beds miss 5 of 20, places 3 of 4; a hard target counts nothing here."""
    rows = [("beds", "clinic", 20.0, False), ("places", "nursery", 4.0, False)]
    rows += [("rooms", "reading", 8.0, True)]
    keys = ("target_id", "service_id", "value", "hard")
    instance = small_town(
        targets=[dict(zip(keys, row, strict=True)) for row in rows],
        facilities={
            "F": {"service_id": "clinic", "capacity": 15.0},
            "G": {"service_id": "nursery", "capacity": 1.0},
        },
    )
    stated = (Tier(name="targets", value=1.0, bound=None, gap=None),)
    assert found(instance, plan(instance, tiers=stated), "score.tiers") == []
    wrong = (Tier(name="targets", value=8.0, bound=None, gap=None),)
    assert found(instance, plan(instance, tiers=wrong), "score.tiers") == [
        "score.tiers[tier targets]: the plan states 8, the stocks miss by 1"
    ]


def test_best_service_is_an_equality_only_where_no_rule_ties_amounts():
    """20 could be served at A, 15 are."""
    served = [serves("D1", "clinic", "A", 10.0), serves("D2", "clinic", "A", 5.0)]
    said = ["score.best_service[clinic]: the plan serves 15, its open places can serve 20"]
    floor = {"service_id": "clinic", "zone_kind": "part", "share": 0.5}
    step = {"service_id": "clinic", "minutes": 10.0, "value": 1.0}
    untied = [
        {},
        {"zone_floor": [floor | {"service_id": "nursery"}]},
        {"zone_floor": [floor], "rules": {"zone_floor": False}},
        {"priorities": [{"service_id": "nursery", "factor": 2.0}]},
        {"decay": [step | {"service_id": "nursery"}]},
    ]
    tied = [
        {"zone_floor": [floor]},
        {"modules": {"C10": {"min_load": 0.5}}},
        {"services": {"clinic": {"own_zone_kind": "part"}}},
        {"services": {"clinic": {"outside_cap": 5.0}}},
        {"priorities": [{"factor": 2.0}]},
        {"objective": {"blank_factor": 2.0}},
        {"decay": [step]},
        {"objective": {"equity_zone_kind": "part"}},
    ]
    for changes, words in [(c, said) for c in untied] + [(c, []) for c in tied]:
        instance = small_town(**ZONED | changes)
        solution = plan(instance, opens("A", "C20"), service=served)
        assert found(instance, solution, "score.best_service") == words
    more = plan(instance, opens("A", "C10"), service=served)
    assert found(instance, more, "score.best_service") == [
        "score.best_service[clinic]: the plan serves 15, its open places can serve 10"
    ]


def today_of(instance, **stated):
    recount = Recount(instance, measure_travel(instance), plan(instance, **stated))
    value = Value(recount)
    return value.tier(value.of_today, None)


def test_today_serves_first_whose_need_counts_more():
    """F has 15: the 10 of D1, who count twice, and 5 of D2. 25 of 40, a third of the weights."""
    instance = small_town(
        facilities={"F": {"service_id": "clinic", "capacity": 15.0}},
        zones=ZONES,
        homes=HOMES,
        priorities=[{"zone_id": "north", "factor": 2.0, "service_id": "clinic"}],
    )
    assert today_of(instance) == pytest.approx(25 / 40 / 3)
    assert found(instance, plan(instance, today=25 / 40 / 3), "score.today") == []
    assert len(found(instance, plan(instance, today=0.21), "score.today")) == 1


def test_today_with_decay_is_the_best_split():
    """F has 10: D1's 10 at 9 min count 0.5 each, D2's 20 at 4 min count 1. 10 of 30, / 3."""
    steps = [(5.0, 1.0), (10.0, 0.5)]
    instance = small_town(
        facilities={"F": {"service_id": "clinic", "capacity": 10.0}},
        ways={"D1": {"F": 9.0}, "D2": {"F": 4.0}},
        decay=[{"service_id": "clinic", "minutes": m, "value": v} for m, v in steps],
    )
    assert today_of(instance) == pytest.approx(10 / 30 / 3)


def test_today_may_be_less_where_rules_tie_amounts():
    instance = small_town(
        facilities={"F": {"service_id": "clinic", "capacity": 15.0, "outside": True}},
        services={"clinic": {"outside_cap": 3.0}},
    )
    assert found(instance, plan(instance, today=3 / 30 / 3), "score.today") == []
    assert len(found(instance, plan(instance, today=0.2), "score.today")) == 1
    assert found(instance, plan(instance, served_today={"clinic": 3.0}), "score.served_today") == []
    too_many = plan(instance, served_today={"clinic": 16.0})
    assert len(found(instance, too_many, "score.served_today")) == 1


def test_outputs_and_hosts_make_the_capacity_of_a_place():
    """The nursery offers 4 of clinic, and takes 3 of its host's 10 x 0.9: 4 x 0.9 + 9 - 3."""
    instance = small_town(
        services={"clinic": {"max_utilisation": 0.9}},
        modules={"N10": {"host_service_id": "clinic", "host_capacity": 3.0}},
        outputs=[{"module_id": "N10", "service_id": "clinic", "capacity": 4.0}],
    )
    both = opens("A", "C10"), opens("A", "N10")
    full = plan(instance, *both, service=[serves("D2", "clinic", "A", 9.6)])
    assert found(instance, full, "capacity") == []
    over = plan(instance, *both, service=[serves("D2", "clinic", "A", 9.601)])
    assert found(instance, over, "capacity") == [
        "capacity[A/clinic]: 9.601 are served, the capacity is 9.6"
    ]
    alone = plan(instance, both[0], service=[serves("D2", "clinic", "A", 9.0)])
    assert found(instance, alone, "capacity") == []


@settings(deadline=None)
@given(data=st.data())
def test_most_worth_is_the_optimum_of_the_transport_problem(data):
    """Against the dense program over amounts per arc, unit by unit; all worth 1: a flow."""
    needs = data.draw(st.lists(st.integers(1, 20), min_size=1, max_size=6))
    limits = data.draw(
        st.lists(st.one_of(st.integers(0, 25), st.just(np.inf)), min_size=1, max_size=4)
    )
    pairs = [(u, p) for u in range(len(needs)) for p in range(len(limits))]
    arcs = data.draw(st.lists(st.sampled_from(pairs), unique=True, min_size=1))
    worth = data.draw(
        st.lists(st.sampled_from([0.2, 0.5, 1.0, 2.0]), min_size=len(arcs), max_size=len(arcs))
    )
    unit = np.array([u for u, _ in arcs])
    place = np.array([p for _, p in arcs])
    need, capacity = np.array(needs), np.array(limits, dtype=float)
    rows = np.vstack(
        [unit == u for u in range(len(needs))] + [place == p for p in range(len(limits))]
    )
    finite = np.concatenate([needs, np.where(np.isinf(limits), sum(needs), limits)])
    optimum = linprog(-np.array(worth), A_ub=rows, b_ub=finite)
    most = most_worth(need, capacity, unit, place, np.array(worth))
    assert most == pytest.approx(-optimum.fun, abs=1e-6)
    even = most_worth(need, capacity, unit, place, np.ones(len(arcs)))
    assert even == pytest.approx(most_served(need, capacity, unit, place), abs=1e-6)
