"""Towns for the rules of money and land."""

from __future__ import annotations

from small_towns import clinics, in_one_building, two_years

from siting.instance.instance import Instance


def budget() -> Instance:
    """Of 100, A takes 10 * 1.5 + 0.2 * 100 m2 works, 5 equipment, 0.1 * 100 m2 * 5 years rent.

    In all 35 + 5 + 50 = 90, and 30.25 to buy it, once: ``90 open(A) + 90 open(B) + 30.25 used(A)
    <= 100``, since B has the same rent but is free.
    """
    rented = {"yearly_rent_per_m2": 0.1}
    return clinics(
        modules={"small": {"service_id": "clinic", "capacity": 60.0, "equipment_cost": 5.0}},
        buildings={"A": rented | {"acquisition_cost": 30.25}, "B": rented},
        eligibility=[
            {
                "class": "office",
                "service_id": "clinic",
                "status": "allowed",
                "cost_factor": 1.5,
                "extra_works_per_m2": 0.2,
            }
        ],
        plan={"years": 5},
        budget={"total": 100},
    )


def agency_budget() -> Instance:
    """The health agency has 15, the nursery's none of its own.

    The clinic takes 100 of A's 400 m2, so that of A's price of 60 the agency is charged 15: with
    works of 10, ``25 open(A,clinic,c) <= 15``. The nursery is in no row.
    """
    return in_one_building(
        services={"clinic": {"agency": "health"}, "nursery": {"agency": "education"}},
        buildings={"A": {"floor_area_m2": 400.0, "acquisition_cost": 60.0}},
        budget={"agencies": {"health": 15}},
    )


def yearly_cost() -> Instance:
    """Running costs of 2 each, 3 in all: ``2 open(A) + 2 open(B) <= 3``."""
    return clinics(
        modules={"small": {"service_id": "clinic", "capacity": 60.0, "yearly_cost": 2.0}},
        budget={"yearly_cost": 3},
    )


def yearly_budget() -> Instance:
    """10 in 2026 and 12 in 2027; what 2026 leaves is there in 2027.

    A clinic takes 10 of works in the year it opens; in A 0.02 * 100 m2 = 2 of rent in each year.
    ``yearly_budget(2026): 12 open(A,.,2026) + 10 open(B,.,2026) <= 10`` and through 2027 ``14
    open(A,.,2026) + 12 open(A,.,2027) + 10 open(B,.,2026) + 10 open(B,.,2027) <= 22``.
    """
    return two_years(
        buildings={"A": {"yearly_rent_per_m2": 0.02}, "B": {}},
        budget={"years": {2026: 10, 2027: 12}},
    )


def zone_budget() -> Instance:
    """North has 15: ``zone_budget(north): 10 open(A) + 7 used(A) <= 15``; B is elsewhere."""
    return clinics(
        buildings={
            "A": {"zone_part": "north", "acquisition_cost": 7.0},
            "B": {"zone_part": "south", "acquisition_cost": 7.0},
        },
        zones={"north": "part", "south": "part"},
        budget={"zones": {"north": 15}},
    )


def agency_share() -> Instance:
    """Health gets a quarter of all that is charged: clinics take 10, nurseries 20.

    ``agency_share(health): (1 - 0.25) * 10 open(A,clinic,c) - 0.25 * 20 open(A,nursery,n) >= 0``.
    """
    return in_one_building(
        services={"clinic": {"agency": "health"}, "nursery": {"agency": "education"}},
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0},
            "n": {"service_id": "nursery", "capacity": 60.0, "works_cost": 20.0},
        },
        budget={"agency_shares": {"health": 0.25}},
    )


def funds() -> Instance:
    """A health fund of 8 pays for clinics, a general one of 9 for both; each of the two takes 10.

    The nursery may draw on the general fund alone, ``funds(general): 10 n <= 9``, the clinic on
    both, ``funds(general+health): 10 c + 10 n <= 17``. What the third fund pays for is not here.
    """
    return in_one_building(
        funds=[
            {"fund_id": "health", "amount": 8.0, "services": "clinic"},
            {"fund_id": "general", "amount": 9.0},
            {"fund_id": "theatres", "amount": 99.0, "services": "theatre"},
        ]
    )


def yearly_rent() -> Instance:
    """Rent of 0.02 * 100 m2 = 2 a year each, 3 in all: ``2 open(A) + 2 open(B) <= 3``."""
    rented = {"yearly_rent_per_m2": 0.02}
    return clinics(
        buildings={"A": rented, "B": rented}, plan={"years": 5}, budget={"yearly_rent": 3}
    )


def land_quota() -> Instance:
    """A takes 400 m2 of land, B none; of 2026 and 2027 there are 300 m2 together.

    ``land_quota(total): 400 used(A) <= 300``: used(A) is there though A costs nothing.
    """
    return clinics(
        buildings={"A": {"land_m2": 400.0}, "B": {}},
        plan={"start_year": 2026, "years": 2, "land_quota_m2": {2026: 100, 2027: 200}},
    )


MONEY_CASES = (
    budget,
    agency_budget,
    yearly_cost,
    yearly_budget,
    zone_budget,
    agency_share,
    funds,
    yearly_rent,
    land_quota,
)
