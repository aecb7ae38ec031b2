"""Rules on admission, on what stands side by side and on zones: a plan that breaks each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from plans_by_hand import (
    YEARLY,
    Case,
    breaks_its_rule_and_its_neighbour_does_not,
    found,
    opens,
    plan,
    small_town,
)

from siting.travel.measure import measure_travel
from siting.travel.times import Between

ZONES = {"north": "part", "south": "part"}
SIDES = {"A": {"zone_part": "north"}, "B": {"zone_part": "south"}}
HOMES = {"D1": {"zone_part": "north"}, "D2": {"zone_part": "south"}}


def admission() -> Iterator[Case]:
    """Cases of rules that keep single conversions out."""
    late = small_town(
        plan=YEARLY,
        buildings={"A": {"available_from_year": 2022.0}},
        services={"nursery": {"last_opening_year": 2021.0}},
        eligibility=[
            {"class": "office", "service_id": "clinic", "status": "allowed", "delay_years": 0.5},
            {"class": "office", "service_id": "nursery", "status": "allowed"},
        ],
    )
    yield Case(
        "availability",
        late,
        plan(late, opens("A", "C10", year=2022)),
        "availability[A/clinic/C10/2022]: opens in 2022, possible from 2023",
        plan(late, opens("A", "C10", year=2023)),
    )
    yield Case(
        "availability",
        late,
        plan(late, opens("B", "N10", year=2022)),
        "availability[B/nursery/N10/2022]: opens in 2022, the last year for nursery is 2021",
        plan(late, opens("B", "N10", year=2021)),
    )
    rented = small_town(
        plan=YEARLY, tenures=[{"building_id": "A", "mode": "rent", "from_year": 2023.0}]
    )
    yield Case(
        "availability",
        rented,
        plan(rented, opens("A", "C10", mode="rent")),
        "availability[A/clinic/C10/rent/2021]: opens in 2021, possible from 2023",
        plan(rented, opens("A", "C10", mode="rent", year=2023)),
    )
    at_once = {"plan": {"start_year": 2021, "years": 5}}
    never = small_town(**at_once, buildings={"A": {"available_from_year": 2026.0}})
    in_time = small_town(**at_once, buildings={"A": {"available_from_year": 2025.0}})
    yield Case(
        "availability",
        never,
        plan(never, opens("A", "C10")),
        "availability[A/clinic/C10]: possible from 2026, the plan ends in 2025",
        plan(in_time, opens("A", "C10")),
        in_time,
    )
    listed = small_town(buildings={"A": {"allowed_services": "nursery|reading"}})
    yield Case(
        "planned_use",
        listed,
        plan(listed, opens("A", "C10")),
        "planned_use[A/clinic/C10]: planned for nursery, reading, not for clinic",
        plan(listed, opens("A", "N10"), opens("B", "C10")),
    )
    ceiling = small_town(
        services={"clinic": {"site_max_m2": 150.0}}, modules={"C20": {"floor_area_m2": 200.0}}
    )
    yield Case(
        "max_size",
        ceiling,
        plan(ceiling, opens("A", "C20")),
        "max_size[A/clinic/C20]: module takes 200 m2, a site may have 150 m2",
        plan(ceiling, opens("A", "C10")),
    )
    approved = small_town(
        modules={"C20": {"floor_area_m2": 200.0}},
        conditions=[
            {"building_id": "A", "max_area_m2": 200.0},
            {"building_id": "A", "service_id": "clinic", "max_area_m2": 199.0},
            {"building_id": "B", "service_id": "nursery", "max_area_m2": 1.0},
        ],
    )
    yield Case(
        "conditions",
        approved,
        plan(approved, opens("A", "C20")),
        "conditions[A/clinic/C20]: module takes 200 m2, its approval allows 199 m2",
        plan(approved, opens("A", "C10"), opens("B", "C20")),
    )
    # A quarter of a year by the class, half a year for all uses and a half for clinics: two years.
    delays = {
        "eligibility": [
            {"class": "office", "service_id": s, "status": "allowed", "delay_years": 0.25}
            for s in ("clinic", "nursery")
        ],
        "conditions": [
            {"building_id": "A", "delay_years": 0.5},
            {"building_id": "A", "service_id": "clinic", "delay_years": 0.5},
        ],
    }
    slow = small_town(plan=YEARLY, **delays)
    yield Case(
        "availability",
        slow,
        plan(slow, opens("A", "C10", year=2022), opens("A", "N10", year=2022)),
        "availability[A/clinic/C10/2022]: opens in 2022, possible from 2023",
        plan(slow, opens("A", "C10", year=2023), opens("A", "N10", year=2022)),
    )
    # Of the 30 people only the 10 of D1 reach A; 0.5 of 24 is 12.
    thin = small_town(
        services={"reading": {"people_cap": 30.0, "max_utilisation": 0.8}},
        modules={"R": {"min_load": 0.5}},
        ways={"D1": ["A", "B"], "D2": ["B"]},
    )
    yield Case(
        "min_reach",
        thin,
        plan(thin, opens("A", "R")),
        "min_reach[A/reading/R]: a need of 10 is within reach, it takes 12",
        plan(thin, opens("B", "R")),
    )
    anything = small_town(
        buildings={"A": {"floors": 1.0}, "B": {"floors": 3.0}},
        suitability=[{"field": "floors", "comparison": "at_least", "value": "2"}],
    )
    yield Case(
        "suitability",
        anything,
        plan(anything, opens("A", "N10")),
        "suitability[A/nursery/N10]: floors is 1.0, it must be at least 2",
        plan(anything, opens("B", "N10")),
    )


def fitting() -> Iterator[Case]:
    """Cases of single modules that do not fit."""
    part = small_town(
        tenures=[
            {"building_id": "A", "mode": "part", "area_m2": 80.0},
            {"building_id": "A", "mode": "whole"},
        ]
    )
    yield Case(
        "fit",
        part,
        plan(part, opens("A", "C10", mode="part")),
        "fit[A/clinic/C10/part]: module takes 100 m2, 80 m2 can be had as part",
        plan(part, opens("A", "C10", mode="whole")),
    )
    split = small_town(
        modules={"C20": {"spaces": "ground|roof"}, "R": {"spaces": "roof"}},
        spaces=[
            {"building_id": "A", "space": "ground", "area_m2": 60.0},
            {"building_id": "A", "space": "roof", "area_m2": 500.0, "services": "nursery"},
        ],
    )
    yield Case(
        "fit",
        split,
        plan(split, opens("A", "C20")),
        "fit[A/clinic/C20]: module takes 100 m2, the spaces it may use (ground) have 60 m2",
        plan(split, opens("A", "N10")),
    )
    yield Case(
        "fit",
        split,
        plan(split, opens("A", "R")),
        "fit[A/reading/R]: module may use none of the spaces of the building",
        plan(split, opens("B", "R")),
    )
    wing = small_town(
        buildings={"A": {"floor_area_m2": 120.0}},
        modules={
            "N10": {"floor_area_m2": 150.0, "host_service_id": "clinic", "host_capacity": 5.0}
        },
    )
    separate = small_town(
        buildings={"A": {"floor_area_m2": 120.0}},
        modules={"N10": {"floor_area_m2": 150.0, "host_service_id": "clinic"}},
    )
    yield Case(
        "fit",
        separate,
        plan(separate, opens("A", "N10")),
        "fit[A/nursery/N10]: module takes 150 m2, the building has 120 m2",
        plan(wing, opens("A", "N10")),
        wing,
    )


def sharing() -> Iterator[Case]:
    """Cases of conversions in one building."""
    tight = small_town(plan=YEARLY, buildings={"A": {"floor_area_m2": 150.0}})
    yield Case(
        "floor_area",
        tight,
        plan(tight, opens("A", "C10", until=2022), opens("A", "N10", year=2022)),
        "floor_area[A/2022]: modules take 200 m2, the building has 150 m2",
        plan(tight, opens("A", "C10", until=2022), opens("A", "N10", year=2023)),
    )
    hours = small_town(
        buildings={"A": {"floor_area_m2": 150.0}},
        modules={"C10": {"slots": "day|evening"}, "N10": {"slots": "day"}, "R": {"slots": "night"}},
    )
    yield Case(
        "floor_area",
        hours,
        plan(hours, opens("A", "C10"), opens("A", "N10")),
        "floor_area[A/day]: modules take 200 m2, the building has 150 m2",
        plan(hours, opens("A", "C10"), opens("A", "R")),
    )
    yard = small_town(
        buildings={"A": {"yard_m2": 50.0}},
        modules={
            "C10": {"yard_m2": 30.0, "slots": "day"},
            "N10": {"yard_m2": 30.0},
            "R": {"yard_m2": 30.0, "slots": "night"},
        },
    )
    yield Case(
        "yard",
        yard,
        plan(yard, opens("A", "C10"), opens("A", "N10")),
        "yard[A/day]: modules take 60 m2 of yard, the building has 50 m2 of yard",
        plan(yard, opens("A", "C10"), opens("A", "R")),
    )
    # The roof is for all, the ground for the nursery only: 100 of clinic and 100 of reading
    # compete for the 150 m2 of the roof.
    floors = small_town(
        spaces=[
            {"building_id": "A", "space": "ground", "area_m2": 500.0, "services": "nursery"},
            {"building_id": "A", "space": "roof", "area_m2": 150.0},
        ]
    )
    yield Case(
        "floor_area",
        floors,
        plan(floors, opens("A", "C10"), opens("A", "R"), opens("A", "N10")),
        "floor_area[A]: modules take 200 m2 of the spaces roof, they have 150 m2",
        plan(floors, opens("A", "C10"), opens("A", "N10")),
    )
    part = small_town(
        tenures=[
            {"building_id": "A", "mode": "part", "area_m2": 150.0},
            {"building_id": "A", "mode": "whole"},
        ]
    )
    yield Case(
        "floor_area",
        part,
        plan(part, opens("A", "C10", mode="part"), opens("A", "N10", mode="part")),
        "floor_area[A/part]: modules take 200 m2, 150 m2 can be had as part",
        plan(part, opens("A", "C10", mode="whole"), opens("A", "N10", mode="whole")),
    )
    foyer = {"service_id": "clinic", "other_service_id": "nursery", "kind": "synergy"}
    apart = small_town(buildings={"A": {"floor_area_m2": 150.0}}, pairs=[foyer])
    shared = small_town(
        buildings={"A": {"floor_area_m2": 150.0}}, pairs=[foyer | {"shared_area_m2": 50.0}]
    )
    both = opens("A", "C10"), opens("A", "N10")
    yield Case(
        "floor_area",
        apart,
        plan(apart, *both),
        "floor_area[A]: modules take 200 m2, the building has 150 m2",
        plan(shared, *both),
        shared,
    )
    switched_off = small_town(
        buildings={"A": {"floor_area_m2": 150.0}},
        pairs=[foyer | {"shared_area_m2": 50.0}],
        rules={"synergy": False},
    )
    yield Case(
        "floor_area",
        switched_off,
        plan(switched_off, *both),
        "floor_area[A]: modules take 200 m2, the building has 150 m2",
        plan(shared, *both),
        shared,
    )
    alone = small_town(
        plan=YEARLY,
        modules={"C20": {"standalone": True}, "N10": {"host_service_id": "clinic"}},
    )
    yield Case(
        "standalone",
        alone,
        plan(alone, opens("A", "C20", until=2021), opens("A", "R")),
        "standalone[A/2021]: C20 must have the building to itself, "
        "1 more conversions are chosen there",
        plan(alone, opens("A", "C20", until=2021), opens("A", "N10"), opens("A", "R", year=2022)),
    )
    yearly = small_town(plan=YEARLY)
    yield Case(
        "one_module",
        yearly,
        plan(yearly, opens("A", "C10", until=2022), opens("A", "C20", year=2022)),
        "one_module[A/clinic/2022]: 2 modules are chosen (C10, C20), at most 1 may be",
        plan(yearly, opens("A", "C10", until=2021), opens("A", "C20", year=2022)),
    )
    classes = small_town(
        plan=YEARLY,
        modules={
            "C10": {"host_service_id": "clinic"},
            "C5": {"service_id": "clinic", "capacity": 5.0, "host_service_id": "clinic"},
        },
    )
    yield Case(
        "one_module",
        classes,
        plan(classes, opens("A", "C5"), opens("A", "C5", year=2023), opens("A", "C20")),
        "one_module[A/clinic/C5/2023]: 2 modules are chosen (C5, C5), at most 1 may be",
        plan(classes, opens("A", "C5"), opens("A", "C10"), opens("A", "C20")),
    )
    pair = {"service_id": "clinic", "other_service_id": "nursery", "kind": "incompatible"}
    never = small_town(plan=YEARLY, pairs=[pair])
    yield Case(
        "compatibility",
        never,
        plan(never, opens("A", "N10", year=2023), opens("A", "C10")),
        "compatibility[A/clinic/nursery/2023]: both are here, they may not be together",
        plan(never, opens("A", "N10", year=2023), opens("A", "C10", until=2022)),
    )


def hosts() -> Iterator[Case]:
    """Cases of add-ons."""
    wing = small_town(
        modules={"N10": {"host_service_id": "clinic", "host_capacity": 12.0}},
        services={"clinic": {"max_utilisation": 0.8}},
    )
    yield Case(
        "add_on",
        wing,
        plan(wing, opens("A", "N10"), opens("B", "C20")),
        "add_on[A/N10]: no clinic is open in the building to be added on to",
        plan(wing, opens("A", "N10"), opens("A", "C20")),
    )
    yield Case(  # 0.8 of 10
        "add_on",
        wing,
        plan(wing, opens("A", "N10"), opens("A", "C10")),
        "add_on[A/clinic]: add-ons take 12 of clinic, the host has 8",
        plan(wing, opens("A", "N10"), opens("A", "C20")),
    )
    full = {"service_id": "clinic", "building_id": "A", "capacity": 40.0}
    kept = small_town(
        modules={"N10": {"host_service_id": "clinic", "host_capacity": 12.0}},
        facilities={"F": full | {"occupancy": 0.75}},
    )
    freer = small_town(
        modules={"N10": {"host_service_id": "clinic", "host_capacity": 12.0}},
        facilities={"F": full | {"occupancy": 0.7}},
    )
    chosen = opens("A", "keep", "clinic"), opens("A", "N10")
    yield Case(
        "add_on",
        kept,
        plan(kept, *chosen),
        "add_on[A/clinic]: add-ons take 12 of clinic, 10 are not in use",
        plan(freer, *chosen),
        freer,
    )


def counting() -> Iterator[Case]:
    """Cases of places counted by zone."""
    zoned = {"zones": ZONES, "buildings": SIDES, "homes": HOMES}
    minimum = {"service_id": "clinic", "zone_kind": "part"}
    least = small_town(**zoned, plan=YEARLY, minimum_per_zone=[minimum])
    yield Case(
        "minimum_per_zone",
        least,
        plan(least, opens("A", "C10"), opens("B", "C10", until=2022)),
        "minimum_per_zone[clinic/south]: open places: 0, needed: at least 1",
        plan(least, opens("A", "C10", until=2023), opens("B", "C10", year=2023)),
    )
    centre = small_town(
        **zoned,
        minimum_per_zone=[minimum],
        outputs=[{"module_id": "N10", "service_id": "clinic", "capacity": 5.0}],
    )
    yield Case(
        "minimum_per_zone",
        least.replace(settings=centre.settings),
        plan(centre, opens("A", "C10"), opens("B", "N10")),
        "minimum_per_zone[clinic/south]: open places: 0, needed: at least 1",
        plan(centre, opens("A", "C10"), opens("B", "N10")),
        centre,
    )
    # Both buildings are in the north; A reaches D1 alone, B all.
    near = {
        "zones": ZONES,
        "homes": HOMES,
        "buildings": {"A": {"zone_part": "north"}, "B": {"zone_part": "north"}},
        "ways": {"D1": ["A", "B"], "D2": ["B"]},
    }
    credited = small_town(**near, minimum_per_zone=[minimum | {"credit_share": 0.5}])
    yield Case(
        "minimum_per_zone",
        credited,
        plan(credited, opens("A", "C10")),
        "minimum_per_zone[clinic/south]: open places: 0, needed: at least 1",
        plan(credited, opens("B", "C10")),
    )
    maximum = [minimum | {"count": 1}]
    there = {"F": {"service_id": "clinic", "capacity": 5.0, "zone_part": "north"}}
    crowded = small_town(**zoned, plan=YEARLY, facilities=there, maximum_per_zone=maximum)
    yield Case(
        "maximum_per_zone",
        crowded,
        plan(crowded, opens("A", "C10", year=2023)),
        "maximum_per_zone[clinic/north/2023]: open places: 2, at most 1 may be",
        plan(crowded, opens("B", "C10", year=2023)),
    )
    more = there | {"G": there["F"]}
    too_many = small_town(**zoned, facilities=more, maximum_per_zone=maximum)
    yield Case(
        "maximum_per_zone",
        too_many,
        plan(too_many, opens("A", "C10")),
        "maximum_per_zone[clinic/north]: open places: 3, at most 2 may be",
        plan(too_many),
    )
    wanted = [minimum | {"share": 0.5}]
    closed = small_town(**zoned, self_sufficiency=wanted, facilities=there)
    yield Case(
        "self_sufficiency",
        closed,
        plan(closed),
        "self_sufficiency[clinic/south]: capacity for 0, needed: at least 10",
        plan(closed, opens("B", "C10")),
    )
    spare = small_town(**zoned, reserve=[{"zone_kind": "part", "share": 0.9, "zones": ["north"]}])
    yield Case(
        "reserve",
        spare,
        plan(spare, opens("A", "C10"), opens("A", "N10")),
        "reserve[north]: new uses take 200 of 1,000 m2, 100 m2 may be used",
        plan(spare, opens("A", "C10"), opens("B", "C10"), opens("B", "N10")),
    )


def claims() -> Iterator[Case]:
    """Cases of the first refusal and of cover."""
    refusal = {"services": ["nursery"], "zone_kind": "part", "min_area_m2": 500}
    zoned = {"zones": ZONES, "buildings": SIDES, "homes": HOMES, "first_refusal": refusal}
    # The north needs 10 places of nursery, which its N10 has from 2022 on.
    first = small_town(**zoned, plan=YEARLY)
    yield Case(
        "first_refusal",
        first,
        plan(first, opens("A", "C10"), opens("A", "N10", year=2022)),
        "first_refusal[A/clinic/2021]: nursery has the first claim, north has 0 of the 10 it needs",
        plan(first, opens("A", "C10", year=2022), opens("A", "N10", year=2022)),
    )
    once = small_town(**zoned)
    for spared in (
        {"waived": True},
        {"floor_area_m2": 400.0},
        {"zone_part": None},
        {"allowed_services": "clinic"},
    ):
        other = small_town(**zoned | {"buildings": {"A": SIDES["A"] | spared, "B": SIDES["B"]}})
        yield Case(
            "first_refusal",
            once,
            plan(once, opens("A", "C10")),
            "first_refusal[A/clinic]: nursery has the first claim, north has 0 of the 10 it needs",
            plan(other, opens("A", "C10")),
            other,
        )
    # F reaches D1 and stands in B; A reaches all.
    merging = small_town(
        services={"clinic": {"keep_cover": True}},
        ways={"D1": ["A", "B", "F"], "D2": ["A"]},
        facilities={"F": {"service_id": "clinic", "capacity": 1.0, "building_id": "B"}},
    )
    yield Case(
        "keep_cover",
        merging,
        plan(merging),
        "keep_cover[D1/all/clinic]: within reach today, but of no open place in the plan: 10",
        plan(merging, opens("A", "C10")),
    )
    twice = small_town(
        services={"clinic": {"backup_share": 0.5}}, ways={"D1": ["A", "B"], "D2": ["B"]}
    )
    yield Case(
        "backup",
        twice,
        plan(twice, opens("A", "C10"), opens("B", "C10")),
        "backup[clinic]: 10 of 30 have two places within reach, 50 % must have",
        plan(
            small_town(services={"clinic": {"backup_share": 0.3}}),
            opens("A", "C10"),
            opens("B", "C10"),
        ),
        small_town(services={"clinic": {"backup_share": 0.3}}),
    )


def links() -> Iterator[Case]:
    """Cases of a hub in the same zone."""
    zoned = {"zones": ZONES, "buildings": SIDES | {"E": {"zone_part": "south"}}}
    linked = small_town(**zoned, plan=YEARLY, links=[LINK | {"zone_kind": "part"}])
    yield Case(
        "hub",
        linked,
        plan(linked, opens("B", "N10", year=2022), opens("E", "C10", year=2023)),
        "hub[ward/B/2022]: nursery needs an open clinic in the same part, there is none",
        plan(linked, opens("B", "N10", year=2022), opens("E", "C10", year=2022)),
    )
    other = linked.replace(links=linked.links.assign(module_id="N20"))
    yield Case(
        "hub",
        linked,
        plan(linked, opens("B", "N10", year=2023), opens("A", "C10")),
        "hub[ward/B/2023]: nursery needs an open clinic in the same part, there is none",
        plan(other, opens("B", "N10", year=2023), opens("A", "C10")),
        other,
    )


LINK = {"link_id": "ward", "service_id": "nursery", "hub_service_id": "clinic"}

CASES = [*admission(), *fitting(), *sharing(), *hosts(), *counting(), *claims(), *links()]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_broken_rule_is_found_and_its_neighbour_is_not(case):
    breaks_its_rule_and_its_neighbour_does_not(case)


@pytest.mark.parametrize(("way_dm", "says"), [(6000, 0), (6001, 1)])
def test_hub_within_its_minutes(way_dm, says):
    """10 min at 1 m/s are 600 m."""
    instance = small_town(
        links=[LINK | {"within_min": 10.0}],
        facilities={"F": {"service_id": "clinic", "capacity": 5.0}},
        speeds_m_s={"walk": 1.0},
    )
    between = Between(
        origin=np.array([0], np.int32),
        destination=np.array([2], np.int32),
        length_dm=np.array([way_dm], np.int32),
    )
    travel = replace(measure_travel(instance), between=between)
    said = [
        "hub[ward/A]: nursery needs an open clinic within 10 min on foot, there is none",
    ]
    assert found(instance, plan(instance, opens("A", "N10")), "hub", travel) == said[:says]
    # In its own building a hub is near in any case.
    together = plan(instance, opens("B", "N10"), opens("B", "C10"))
    assert found(instance, together, "hub", travel) == []


def test_admission_and_hubs_spare_what_is_kept_or_committed():
    instance = small_town(
        plan=YEARLY,
        buildings={"A": {"available_from_year": 2030.0, "allowed_services": "reading"}},
        services={"clinic": {"site_max_m2": 10.0}},
        facilities={"F": {"service_id": "clinic", "capacity": 5.0, "building_id": "A"}},
        conditions=[{"building_id": "A", "delay_years": 9.0, "max_area_m2": 1.0}],
        locks=[
            {"building_id": "A", "service_id": "nursery", "module_id": "N10", "status": "committed"}
        ],
        links=[LINK | {"zone_kind": "part"}],
    )
    solution = plan(instance, opens("A", "keep", "clinic"), opens("A", "N10"))
    spared = ("availability", "planned_use", "max_size", "conditions", "fit", "eligibility", "hub")
    for rule in spared:
        assert found(instance, solution, rule) == []
