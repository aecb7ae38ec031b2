"""All that a plan could choose in a town, with its money, and what the admission rules leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

from oracle_town import Row, Town, allows, amount, hundredths, listed, meets, number, text

ZERO = Fraction(0)

Offers = dict[str, Fraction | None]
"""What is supplied by service; None without a limit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Option:
    """One conversion; capacities as stated but for `offers`, which are what may be used."""

    building: str
    service: str
    module: str
    mode: str = ""
    year: int
    until: int
    status: str
    agency: str
    capacity: Fraction | None
    area: Fraction
    yard: Fraction = ZERO
    standalone: bool = False
    spaces: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    host: str = ""
    host_capacity: Fraction = ZERO
    min_load: Fraction = ZERO
    offers: Offers = field(default_factory=dict)
    beside: Offers = field(default_factory=dict)
    once: Fraction = ZERO
    rent: Fraction = ZERO
    rent_limit: Fraction = ZERO
    share: Fraction = ZERO
    yearly: Fraction = ZERO
    price: Fraction = ZERO
    land: Fraction = ZERO

    def __str__(self) -> str:
        return f"{self.building},{self.service},{self.module},{self.mode},{self.year}..{self.until}"

    @property
    def is_new(self) -> bool:
        return self.status == "new"

    @property
    def taken(self) -> Fraction:
        """Floor area that it takes of its own."""
        return ZERO if self.host_capacity else self.area

    @property
    def own(self) -> Fraction:
        """Works, equipment and rent over all its years."""
        return self.once + self.rent

    def open_in(self, year: int) -> bool:
        return self.year <= year <= self.until

    def gives(self, s: str) -> bool:
        """Whether a place with it is a place of a service."""
        return s in self.offers and (self.offers[s] is None or self.offers[s] > 0)


def usable(town: Town, s: str, capacity: Fraction | None) -> Fraction | None:
    """The part of a capacity that may be used, in whole thousandths."""
    if capacity is None:
        return None
    return Fraction(round(capacity * amount(town.services[s]["max_utilisation"]) * 1000), 1000)


def stated(town: Town, row: Row) -> Fraction | None:
    """The capacity that a module, facility or output states, or that its service does."""
    own = number(row["capacity"])
    return own if own is not None else number(town.services[row["service_id"]]["people_cap"])


@dataclass(frozen=True, kw_only=True)
class Way:
    """How and when a building would be used: its terms, and the years from first to last."""

    terms: Row
    year: int
    until: int
    status: str = "new"


def all_options(town: Town) -> Iterator[Option]:
    for building in town.buildings.values():
        for module in town.modules.values():
            for way in ways(town, building, module):
                yield new_option(town, building, module, way)
    for facility in town.facilities:
        if text(facility["building_id"]):
            for until in town.years:
                yield kept(town, facility, until)


def ways(town: Town, building: Row, module: Row) -> Iterator[Way]:
    """All ways to open a module in a building; one alone where it is committed."""
    own = {"mode": "", "services": ""}
    own |= {name: building[name] for name in ("acquisition_cost", "yearly_rent_per_m2")}
    b, s, m = building["building_id"], module["service_id"], module["module_id"]
    modes = [t for t in town.tables["tenures"] if t["building_id"] == b] or [own]
    lock = {"building_id": b, "service_id": s, "module_id": m, "status": "committed"}
    committed = [k for k in town.tables["locks"] if lock.items() <= k.items()]
    if committed:
        since = max(town.first, int(amount(committed[0]["year"])))
        yield Way(terms=modes[0], year=since, until=town.last, status="committed")
        return
    for mode in modes:
        stay = number(mode.get("years")) if town.yearly else None
        for year in town.years:
            until = town.last if stay is None else min(town.last, year + int(stay) - 1)
            if allows(listed(mode["services"]), s):
                yield Way(terms=mode, year=year, until=until)


def new_option(town: Town, building: Row, module: Row, way: Way) -> Option:
    mode = way.terms
    s, plan = module["service_id"], town.settings.plan
    area = amount(module["floor_area_m2"])
    part = amount(mode.get("public_share", 1.0))
    terms = terms_of(town, building, s) or {"cost_factor": 1.0, "extra_works_per_m2": 0.0}
    works = amount(module["works_cost"]) * amount(terms["cost_factor"])
    works += amount(terms["extra_works_per_m2"]) * area
    extra = sum((amount(c["extra_cost"]) for c in conditions_on(town, building, s)), ZERO)
    rate = amount(mode["yearly_rent_per_m2"]) * area * part
    if building["owner_level"] in plan.rent_free_owner_levels and allows(
        plan.rent_free_services, s
    ):
        rate = ZERO
    rent = hundredths(rate) * (way.until - way.year + 1) if town.yearly else None
    price = amount(mode["acquisition_cost"]) * part
    if building["building_id"] in town.paid:
        price = ZERO
    host, taken = text(module["host_service_id"]), amount(module["host_capacity"])
    offers = {s: usable(town, s, stated(town, module))}
    beside = {}
    for row in town.tables["outputs"]:
        if row["module_id"] == module["module_id"]:
            beside[row["service_id"]] = stated(town, row)
            offers[row["service_id"]] = usable(town, row["service_id"], stated(town, row))
    if host and taken:
        offers[host] = offers.get(host, ZERO) - taken
    money: dict[str, Any] = {}
    if way.status == "new":
        money = {
            "once": hundredths(works * part + extra)
            + hundredths(amount(module["equipment_cost"]) * part),
            "rent": hundredths(rate * plan.years) if rent is None else rent,
            "rent_limit": hundredths(rate),
            "share": hundredths(price * area / amount(building["floor_area_m2"])),
            "price": hundredths(price),
            "land": amount(building["land_m2"]),
        }
    return Option(
        building=building["building_id"],
        service=s,
        module=module["module_id"],
        mode=mode["mode"],
        year=way.year,
        until=way.until,
        status=way.status,
        agency=town.services[s]["agency"],
        capacity=stated(town, module),
        area=area,
        yard=amount(module["yard_m2"]),
        standalone=bool(module["standalone"]),
        spaces=listed(module["spaces"]),
        slots=listed(module["slots"]),
        tags=listed(module["tags"]),
        host=host,
        host_capacity=taken,
        min_load=amount(module["min_load"]),
        offers=offers,
        beside=beside,
        yearly=hundredths(amount(module["yearly_cost"])),
        **money,
    )


def kept(town: Town, facility: Row, until: int) -> Option:
    s = facility["service_id"]
    return Option(
        building=facility["building_id"],
        service=s,
        module="keep",
        year=town.first,
        until=until,
        status="keep",
        agency=town.services[s]["agency"],
        capacity=stated(town, facility),
        area=amount(facility["floor_area_m2"]),
        tags=listed(facility["tags"]),
        offers={s: usable(town, s, stated(town, facility))},
    )


def terms_of(town: Town, building: Row, s: str) -> Row | None:
    rows = town.tables["eligibility"]
    found = (t for t in rows if t["class"] == building["class"] and t["service_id"] == s)
    return next(found, None)


def conditions_on(town: Town, building: Row, s: str) -> list[Row]:
    """The conditions that hold for a use of a building, those for every use of it included."""
    rows = town.tables["conditions"] if town.on("conditions") else []
    own = [c for c in rows if c["building_id"] == building["building_id"]]
    return [c for c in own if not text(c["service_id"]) or c["service_id"] == s]


def matches(lock: Row, o: Option) -> bool:
    return (
        lock["building_id"] == o.building
        and text(lock["service_id"]) in ("", o.service)
        and text(lock["module_id"]) in ("", o.module)
    )


# --- admission ------------------------------------------------------------------------------------


def refused_by(town: Town, o: Option) -> str:
    """The rule that keeps a conversion out; empty for none."""
    locks = (k for k in town.tables["locks"] if k["status"] == "forbidden")
    if town.on("forbidden") and any(matches(k, o) for k in locks):
        return "forbidden"
    if not o.is_new:
        return ""
    building, module = town.buildings[o.building], town.modules[o.module]
    rules = {
        "eligibility": eligible,
        "suitability": suits,
        "fit": fits,
        "availability": available,
        "planned_use": planned,
        "max_size": small_enough,
        "conditions": approved,
        "min_reach": wanted,
    }
    asked = (rule for rule in rules if town.on(rule))
    return next((rule for rule in asked if not rules[rule](town, o, building, module)), "")


def eligible(town: Town, o: Option, building: Row, _: Row) -> bool:
    terms = terms_of(town, building, o.service)
    return terms is not None and terms["status"] in {"allowed", "needs_approval"}


def suits(town: Town, o: Option, building: Row, module: Row) -> bool:
    if module["own_entrance"] and building["independent_access"] is False:
        return False
    return not any(
        meets(building, c) is False
        for c in town.tables["suitability"]
        if text(c["service_id"]) in ("", o.service) and text(c["module_id"]) in ("", o.module)
    )


def fits(town: Town, o: Option, building: Row, module: Row) -> bool:
    if o.yard > amount(building["yard_m2"]):
        return False
    if o.host_capacity:
        return True
    room = amount(building["floor_area_m2"])
    top, floors = number(module["max_floor"]), number(building["floors"])
    if top is not None:
        room -= amount(building["basement_area_m2"])
        if floors is not None and floors > top:
            if number(building["ground_area_m2"]) is not None:
                raise ValueError("the oracle takes all floors for equal")
            room = room * top / floors
    if any(sp["building_id"] == o.building for sp in town.tables["spaces"]):
        spaces = spaces_of(town, o)
        if not spaces:
            return False
        room = min(room, sum(spaces.values()))
    for mode in town.tables["tenures"]:
        if (mode["building_id"], mode["mode"]) == (o.building, o.mode):
            most = number(mode["area_m2"])
            room = room if most is None else min(room, most)
    return o.area <= room


def spaces_of(town: Town, o: Option) -> dict[str, Fraction]:
    """The sub-spaces that a conversion may use, with their area."""
    return {
        sp["space"]: amount(sp["area_m2"])
        for sp in town.tables["spaces"]
        if sp["building_id"] == o.building
        and (
            o.status == "keep"
            or (allows(o.spaces, sp["space"]) and allows(listed(sp["services"]), o.service))
        )
    }


def available(town: Town, o: Option, building: Row, _: Row) -> bool:
    terms = terms_of(town, building, o.service)
    delays = [terms["delay_years"]] if terms else []
    delays += [c["delay_years"] for c in conditions_on(town, building, o.service)]
    delay = ceil(sum((amount(years) for years in delays), ZERO))
    own = number(building["available_from_year"])
    modes = {(t["building_id"], t["mode"]): t for t in town.tables["tenures"]}
    since = number(modes.get((o.building, o.mode), {}).get("from_year"))
    start = town.settings.plan.start_year
    if start is None:
        return True
    first = max(start, own or 0, since or 0) + delay
    if not town.yearly:
        return first <= start + town.settings.plan.years - 1
    last = number(town.services[o.service]["last_opening_year"])
    return first <= o.year and (last is None or o.year <= last)


def planned(_: Town, o: Option, building: Row, __: Row) -> bool:
    return allows(listed(building["allowed_services"]), o.service)


def small_enough(town: Town, o: Option, _: Row, __: Row) -> bool:
    most = number(town.services[o.service]["site_max_m2"])
    return most is None or o.area <= most


def approved(town: Town, o: Option, building: Row, _: Row) -> bool:
    limits = (number(c["max_area_m2"]) for c in conditions_on(town, building, o.service))
    return all(most is None or o.area <= most for most in limits)


def wanted(town: Town, o: Option, _: Row, __: Row) -> bool:
    capacity = o.offers[o.service]
    if town.services[o.service]["kind"] != "reach" or capacity is None or not o.min_load:
        return True
    near = (u.need[town.last] for u in town.units[o.service] if o.building in u.minutes)
    return sum(near, ZERO) >= o.min_load * capacity
