"""What buildings, modules and money may have in a town of all rules: one function for each."""

from __future__ import annotations

from typing import Any

from full_town_draft import START, Draft, module


def classes(d: Draft) -> None:
    for terms in d.eligibility:
        terms["status"] = d.one(["allowed", "allowed", "forbidden"])
        terms["cost_factor"] = d.one([1.0, 1.5])
        terms["extra_works_per_m2"] = d.one([0.0, 0.05])
    d.eligibility = d.some(d.eligibility, max(1, len(d.eligibility) - 1))


def suitable(d: Draft) -> None:
    for row in d.modules.values():
        row["max_floor"] = d.one([None, 2.0])
        row["own_entrance"] = d.one([False, False, True])
    for row in d.buildings.values():
        row["basement_area_m2"] = d.one([None, 20.0])
        row["independent_access"] = d.one([None, True, False])
    row = {"field": "floors", "comparison": "at_least", "value": "2"}
    d.add("suitability", {"service_id": d.one([None, d.service]), **row})


def locked(d: Draft) -> None:
    found: dict[Any, Any] = {}
    for _ in range(d.one([1, 1, 2])):
        m, b = d.module, d.building
        status = d.one(["required", "required", "forbidden", "committed"])
        depth = 2 if status == "committed" else d.one([0, 1, 2])
        names = {"building_id": b, "service_id": d.modules[m]["service_id"], "module_id": m}
        if depth == 2 and status != "committed":
            names["module_id"] = d.rarely("keep", m)
        names = dict(list(names.items())[: depth + 1])
        year = d.one([None, START - 1, START, START + 1]) if d.yearly else None
        found[tuple(names.values())] = names | {"status": status, "year": year}
    d.add("locks", *found.values())


def late(d: Draft) -> None:
    end = START + d.years
    for row in d.some(list(d.buildings.values()), 2):
        row["available_from_year"] = d.one([START - 1, START + 1, end - 1, end])
    for terms in d.some(d.eligibility, 2):
        terms["delay_years"] = d.one([0.0, 0.5, 1.0])
    if d.yearly:
        d.services[d.service]["last_opening_year"] = d.one([START, START + 1])


def planned(d: Draft) -> None:
    for row in d.some(list(d.buildings.values()), 2):
        row["allowed_services"] = "|".join(d.some(list(d.services), d.one([1, 1, 2])))


def size_limit(d: Draft) -> None:
    d.services[d.service]["site_max_m2"] = d.one([40.0, 60.0])


def conditional(d: Draft) -> None:
    """Conditions on one or two buildings, on the whole and on one service, apart or together."""
    for b in d.some(list(d.buildings), d.one([1, 1, 2])):
        for s in d.one([[None], [d.service], [None, d.service]]):
            row = {
                "extra_cost": d.one([0.0, 5.0, 12.35]),
                "delay_years": d.one([0.0, 0.0, 0.5, 1.0]),
                "max_area_m2": d.one([None, None, 40.0, 60.0, 79.5]),
            }
            d.add("conditions", {"building_id": b, "service_id": s, **row})
    if d.rng.random() < 1 / 8:
        d.set("rules", conditions=False)


def hardly_reached(d: Draft) -> None:
    s = d.service
    d.services[s] |= {"kind": "reach", "people_cap": d.one([40.0, 60.0])}
    for row in d.modules.values():
        if row["service_id"] == s:
            row |= {"capacity": None, "min_load": d.one([0.5, 0.9])}


def tenures(d: Draft) -> None:
    for b in d.some(list(d.buildings), d.one([1, 1, 2])):
        for mode in d.one([["rent"], ["rent", "buy"], ["loan", "buy"], ["loan", "rent"]]):
            d.add(
                "tenures",
                {
                    "building_id": b,
                    "mode": mode,
                    "acquisition_cost": d.one([10.0, 20.0]) if mode == "buy" else 0.0,
                    "yearly_rent_per_m2": 0.0 if mode == "buy" else d.one([0.02, 0.05]),
                    "from_year": d.one([None, None, START + 1]),
                    "years": 1.0 if mode == "loan" else None,
                    "area_m2": d.one([None, None, 60.0, 80.0]),
                    "services": d.one(["", "", d.service]),
                    "public_share": d.one([1.0, 1.0, 0.5]),
                },
            )
        if len(d.modules) > 2 and d.yearly:
            d.modules.popitem()


def year_by_year(d: Draft) -> None:
    years = range(START, START + d.years)
    money = {y: d.one([0.0, 10.0, 20.0, 30.0, 45.0]) for y in years}
    if d.rng.random() < 1 / 3:
        money.pop(d.one(list(money)))
    d.set("budget", years=money, carry_over=d.one([True, False]))


def funds(d: Draft) -> None:
    for i in range(d.one([1, 2, 2, 3])):
        d.add(
            "funds",
            {
                "fund_id": f"fund{i}",
                "amount": d.one([10.0, 20.0, 35.0]),
                "services": d.one(["", d.service]),
                "agencies": d.one(["", "", "east"]),
                "zones": d.one(["", "", "north", "hill|south"]),
            },
        )


def limits(d: Draft) -> None:
    what = d.one(["zones", "agencies", "yearly_cost"])
    if what == "zones":
        d.set("budget", zones=d.one([{"north": 20.0}, {"south": 10.0, "hill": 35.0}]))
    elif what == "agencies":
        d.set("budget", agencies=d.one([{"west": 15.0}, {"east": 10.0, "west": 20.0}]))
    else:
        d.set("budget", yearly_cost=d.one([1.0, 2.0]))


def fair_share(d: Draft) -> None:
    d.set("budget", agency_shares=d.one([{"east": 0.5}, {"west": 0.25}, {"east": 0.3}]))


def rented(d: Draft) -> None:
    for row in d.buildings.values():
        row["yearly_rent_per_m2"] = d.one([0.02, 0.05, 0.1])
        row["owner_level"] = d.one([None, "district", "private"])
    d.set("budget", yearly_rent=d.one([None, 2.0, 4.0, 6.0]))
    if d.rng.random() < 1 / 2:
        free = d.one([(), (d.service,)])
        d.set("plan", rent_free_owner_levels=("district",), rent_free_services=free)


def land(d: Draft) -> None:
    for row in d.buildings.values():
        row["land_m2"] = d.one([0.0, 100.0, 300.0])
    years = range(START, START + d.years)
    quota = d.one([50.0, 100.0, 150.0])
    d.set("plan", land_quota_m2=dict.fromkeys(years, quota) if d.yearly else {START: 2 * quota})
    if d.yearly and d.rng.random() < 1 / 3:
        d.set("plan", land_quota_m2={START: 0.0})


def add_on(d: Draft) -> None:
    """A wing of one service that takes places from another in its building."""
    if len(d.services) < 2:
        return
    s, host = d.two_services()
    name = d.new_module
    wing = module(d, s) | {"host_service_id": host, "yard_m2": 0.0, "works_cost": 7.35}
    limited = d.services[host]["kind"] == "capacity"
    if limited:
        wing["host_capacity"] = d.one([0.0, 5.0, 15.0])
    d.modules[name] = wing
    d.services[s]["weight"] = 3.0
    for row in d.modules.values():
        if row["service_id"] == host:
            row["works_cost"] = d.one([20.0, 40.0])
    if d.rng.random() < 1 / 2:
        d.facilities.pop("G", None)
        d.facilities["F"] = {
            "service_id": host,
            "building_id": d.building,
            "capacity": 20.0 if limited else None,
            "occupancy": d.one([None, 0.5, 0.75]),
        }


def apart(d: Draft) -> None:
    if len(d.services) > 1:
        a, b = d.two_services()
        d.add("pairs", {"service_id": a, "other_service_id": b, "kind": "incompatible"})
        roomy(d)


def together(d: Draft) -> None:
    if len(d.services) > 1:
        a, b = d.two_services()
        row = {"service_id": a, "other_service_id": b, "kind": "synergy"}
        gain = {"bonus": d.one([0.0, 5.0, 15.0]), "shared_area_m2": d.one([0.0, 20.0, 40.0])}
        d.add("pairs", row | gain)
        roomy(d)


def roomy(d: Draft) -> None:
    for row in d.buildings.values():
        row["floor_area_m2"] = d.one([80.0, 100.0, 120.0])


def spaces(d: Draft) -> None:
    b = d.building
    for space in d.one([["ground", "upper"], ["ground", "upper", "basement"]]):
        row = {"building_id": b, "space": space, "area_m2": d.one([30.0, 50.0, 80.0])}
        d.add("spaces", row | {"services": d.one(["", "", d.service])})
    for m in d.modules.values():
        m["spaces"] = d.one(["", "ground", "ground|upper"])


def hours(d: Draft) -> None:
    for m in d.modules.values():
        m["slots"] = d.one(["", "day", "evening", "day|evening"])
        m["yard_m2"] = d.one([15.0, 20.0])


def outputs(d: Draft) -> None:
    if len(d.services) > 1:
        m = d.module
        s = d.one([s for s in d.services if s != d.modules[m]["service_id"]])
        limited = d.services[s]["kind"] == "capacity"
        row = {"module_id": m, "service_id": s, "capacity": d.one([5.0, 15.0]) if limited else None}
        d.add("outputs", row)


def spare(d: Draft) -> None:
    d.services[d.service]["max_utilisation"] = d.one([0.5, 0.8])


def preferred(d: Draft) -> None:
    row = {"service_id": d.one([None, d.service]), "bonus": d.one([5.0, 10.0, 20.0])}
    floors = {"field": "floors", "comparison": d.one(["at_least", "at_most"]), "value": "2"}
    d.add(
        "preferences", row | d.one([floors, {**floors, "field": "floor_area_m2", "value": "110"}])
    )


def worth(d: Draft) -> None:
    if "targets" not in d.tables and not d.settings["objective"].get("by_rank"):
        d.settings["objective"] = {"worth": 0.75}


def switched_off(d: Draft) -> None:
    rules = ["floor_area", "yard", "standalone", "budget", "fit", "zone_floor", "min_load"]
    rules += ["own_zone", "availability", "first_refusal", "targets", "decay", "priorities"]
    d.set("rules", **{d.one(rules): False})
