"""What people, places and service may have in a town of all rules: one function for each."""

from __future__ import annotations

from typing import Any

from full_town_draft import START, ZONES, Draft


def growth(d: Draft) -> None:
    for year in range(START, START + d.years):
        d.add(
            "population",
            {
                "year": year,
                "group": None,
                "zone_id": d.one([None, *ZONES]),
                "factor": d.one([0.5, 0.8, 1.5, 2.0]),
            },
        )
    if d.rng.random() < 1 / 2:
        row = {"year": d.last, "group": next(iter(d.people["D0"])), "zone_id": None, "factor": 1.2}
        d.add("population", row)


def ageing(d: Draft) -> None:
    """Children of 6 and 7 years: born 2013 and 2014 in the base year 2020."""
    d.set("base", year=START - 1)
    for zone in d.one([[None], [None, "north"]]):
        for born in range(2012, 2020):
            people = 20.0 if born in {2013, 2014} else d.one([10.0, 20.0, 30.0, 50.0])
            d.add("cohorts", {"birth_year": born, "zone_id": zone, "people": people})
    if "all" in d.people["D0"]:
        d.people = {p: {"6_7": n["all"]} for p, n in d.people.items()}
        for row in d.tables.get("population", []):
            row["group"] = row["group"] and "6_7"


def minimum(d: Draft) -> None:
    d.settings["minimum_per_zone"] = [
        {
            "service_id": d.service,
            "count": d.one([1, 1, 2]),
            "zone_kind": "part",
            "zones": d.one([("north",), ("south",), ()]),
            "credit_share": d.one([None, None, 0.5, 1.0]),
        }
    ]


def maximum(d: Draft) -> None:
    where = d.one([{"zone_kind": "ward"}, {"zone_kind": "part", "zones": ("north",)}])
    row = {"service_id": d.service, "count": d.one([0, 1, 1]), **where}
    d.settings["maximum_per_zone"] = [row]


def first_claim(d: Draft) -> None:
    limited = [s for s, row in d.services.items() if row["kind"] == "capacity"]
    d.settings["first_refusal"] = {
        "services": (d.one(limited or list(d.services)),),
        "zone_kind": d.one(["part", "ward"]),
        "min_area_m2": d.one([0.0, 0.0, 120.0]),
    }
    d.buildings["A"]["waived"] = d.one([False, False, True])


def hubs(d: Draft) -> None:
    s = d.service
    m = [None, *(m for m, row in d.modules.items() if row["service_id"] == s)]
    link = {"link_id": "L", "service_id": s, "module_id": d.one(m), "hub_service_id": d.service}
    where = d.one([{}, {"zone_kind": "part"}, {"within_min": 2.0}, {"within_min": 0.0}])
    d.add("links", link | where)
    for i, row in enumerate(d.facilities.values()):
        row["x"] = d.one([0.0, 110.0, 2000.0 + i])


def nobody_left(d: Draft) -> None:
    """A small facility whose room could be put to better use."""
    s, b = d.service, d.building
    d.services[s] |= {"keep_cover": True, "weight": 1.0}
    d.facilities.pop("G", None)
    d.facilities["F"] = {
        "service_id": s,
        "building_id": b,
        "capacity": 5.0 if d.services[s]["kind"] == "capacity" else None,
        "floor_area_m2": 50.0,
    }
    d.buildings[b]["floor_area_m2"] = d.one([60.0, 80.0])
    d.ways["D1"][b] = d.one([4.0, 8.0])


def twice(d: Draft) -> None:
    d.services[d.service]["backup_share"] = d.one([0.25, 0.5, 0.75])


def on_their_own(d: Draft) -> None:
    d.settings["self_sufficiency"] = [
        {
            "service_id": d.service,
            "zone_kind": "part",
            "share": d.one([0.25, 0.5, 1.0]),
            "zones": d.one([("north",), ("south",), ()]),
        }
    ]
    d.set("rules", self_sufficiency=True)


def reserve(d: Draft) -> None:
    kind = d.one(["part", "ward"])
    d.settings["reserve"] = [{"zone_kind": kind, "share": d.one([0.25, 0.5, 0.75])}]


def hard_target(d: Draft) -> None:
    target(d, hard=True)


def soft_targets(d: Draft) -> None:
    for _ in range(d.one([1, 2])):
        target(d, hard=False)


def target(d: Draft, *, hard: bool) -> None:
    limited = [s for s, row in d.services.items() if row["kind"] == "capacity"]
    measure = d.one(["capacity", "capacity", "floor_area", "yard", "count"])
    measure = measure if limited else d.one(["floor_area", "count"])
    s = d.one(limited) if measure == "capacity" else d.service
    per = d.one(["total", "per_1000", "per_person", "share", "per_year"])
    also = [a for a in (limited if measure == "capacity" else d.services) if a != s]
    scale = {"capacity": 1.0, "floor_area": 2.0, "yard": 0.5, "count": 0.05}[measure]
    most = d.rarely(value=True, usual=False)
    values = {
        "total": [20.0 * scale, 40.0 * scale],
        "per_1000": [300.0 * scale, 800.0 * scale],
        "per_person": [0.3 * scale, 0.8 * scale],
        "share": [0.25, 0.5],
        "per_year": [4.0 * scale, 20.0 * scale],
    }
    row: dict[str, Any] = {
        "target_id": f"T{len(d.tables.get('targets', []))}",
        "service_id": s,
        "value": d.one(values[per]),
        "measure": measure,
        "per": per,
        "comparison": "at_most" if most else "at_least",
        "hard": hard,
        "zone_id": d.one([None, None, "north"]),
        "also_services": d.one(["", *also]),
    }
    if per == "share":
        row |= {"base_value": 0.25, "base_stock": 40.0 * scale, "tag": "old"}
    elif d.rng.random() < 1 / 2:
        bases = {"per_1000": 200.0, "per_person": 0.25}
        row |= {"base_value": bases.get(per, 10.0) * scale, "base_people": 50.0}
    if d.rng.random() < 1 / 4 and not any(m.get("host_capacity") for m in d.modules.values()):
        row["tag"] = "old"
    for m in d.modules.values():
        m["tags"] = d.one(["", "old", "old|new"])
    d.add("targets", row)


def zone_floor(d: Draft) -> None:
    d.settings["zone_floor"] = [
        {
            "service_id": d.service,
            "zone_kind": d.one(["part", "ward"]),
            "share": d.one([0.25, 0.5, 0.75]),
            "zones": (),
        }
    ]


def used(d: Draft) -> None:
    for row in d.modules.values():
        if d.services[row["service_id"]]["kind"] == "capacity":
            row["min_load"] = d.one([0.5, 0.8, 1.0])
            row["capacity"] = d.one([20.0, 40.0, 50.0])


def districts(d: Draft) -> None:
    kind = d.one(["part", "ward"])
    d.services[d.service] |= {"own_zone_kind": kind, "own_zone_share": d.one([0.5, 0.8, 1.0])}


def from_outside(d: Draft) -> None:
    s = d.service
    d.services[s]["outside_cap"] = d.one([0.0, 5.0, 10.0])
    limited = d.services[s]["kind"] == "capacity"
    d.facilities["F"] = {
        "service_id": s,
        "capacity": d.one([20.0, 40.0]) if limited else None,
        "outside": True,
    }
    for point in d.people:
        d.ways[point].setdefault("F", 8.0)


def priorities(d: Draft) -> None:
    for _ in range(d.one([1, 2])):
        d.add(
            "priorities",
            {
                "service_id": d.one([None, d.service]),
                "group": d.one([None, next(iter(d.people["D0"]))]),
                "zone_id": d.one([None, "north", "hill"]),
                "factor": d.one([0.5, 1.5, 2.0, 3.0]),
            },
        )
    d.set("objective", blank_factor=d.one([1.0, 1.0, 2.0]))


def decay(d: Draft) -> None:
    s = d.service
    d.add("decay", {"service_id": s, "minutes": 5.0, "value": 1.0})
    d.add("decay", {"service_id": s, "minutes": d.one([8.0, 12.0]), "value": d.one([0.25, 0.5])})


def ranks(d: Draft) -> None:
    d.set("objective", by_rank=True)
