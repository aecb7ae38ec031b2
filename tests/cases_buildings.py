"""Towns for the rules of what opens in a building, and beside what."""

from __future__ import annotations

from small_towns import clinics, in_one_building, two_years

from siting.instance.instance import Instance


def required() -> Instance:
    """A must open with either size: ``required(A): open(A,.,large) + open(A,.,small) >= 1``."""
    return clinics(
        buildings={"A": {}},
        ways={"D1": "A"},
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "large": {"service_id": "clinic", "capacity": 80.0},
        },
        locks=[{"building_id": "A", "status": "required"}],
    )


def committed() -> Instance:
    """The clinic in A is open: ``committed(A,clinic,small): open(A,clinic,small) >= 1``.

    It is paid already: of a budget of 10 it takes nothing, and B alone is in that row.
    """
    return clinics(
        locks=[
            {
                "building_id": "A",
                "service_id": "clinic",
                "module_id": "small",
                "status": "committed",
            }
        ],
        budget={"total": 10},
    )


def one_module() -> Instance:
    """A is a clinic of one size, keeps what is there, or neither: the sum of the three <= 1."""
    return clinics(
        buildings={"A": {}},
        ways={"D1": "A"},
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "large": {"service_id": "clinic", "capacity": 80.0},
        },
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"}},
    )


def standalone() -> Instance:
    """The nursery wants A for itself, so that one of the two stays out: their sum <= 1."""
    return in_one_building(
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0},
            "n": {"service_id": "nursery", "capacity": 60.0, "standalone": True},
        }
    )


def floor_area() -> Instance:
    """Two modules of 100 m2 in 150 m2: ``floor_area(A): 100 + 100 <= 150``."""
    return in_one_building(buildings={"A": {"floor_area_m2": 150.0}})


def yard() -> Instance:
    """Yards of 20 and 30 m2 in one of 40 m2: ``yard(A): 20 c + 30 n <= 40``."""
    return in_one_building(
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0, "yard_m2": 20.0},
            "n": {"service_id": "nursery", "capacity": 60.0, "yard_m2": 30.0},
        },
        buildings={"A": {"yard_m2": 40.0}},
    )


def acquisition() -> Instance:
    """A costs 50, whatever opens there: one row per service, ``open - used(A) <= 0``.

    Keeping F in A buys nothing, so that it is in no such row.
    """
    return in_one_building(
        buildings={"A": {"acquisition_cost": 50.0}},
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"}},
    )


def one_tenure() -> Instance:
    """A is bought or rented: ``one_tenure(A): used(A,buy) + used(A,rent) <= 1``.

    Each way has its own conversion and its own row of acquisition; one_module(A,clinic) says the
    same of the two conversions.
    """
    return clinics(
        buildings={"A": {}},
        ways={"D1": "A"},
        tenures=[
            {"building_id": "A", "mode": "buy", "acquisition_cost": 50.0},
            {"building_id": "A", "mode": "rent", "yearly_rent_per_m2": 0.1},
        ],
    )


def add_on() -> Instance:
    """A ward of 10 beds and one of 15 take 10 and 15 of the 60 places of their host, the clinic.

    F could be kept as a host: of 40 places 75 % are in use, 10 are left. So ``add_on(A,w10): w10
    <= c + keep``, ``add_on(A,w15): w15 <= c``, and for both ``add_on(A,w10+w15): 10 w10 + 15 w15
    <= 25 c + 10 keep``, no host counting for more than the 25 that are asked. In capacity(A,clinic)
    the wards take their 10 and 15. Both may be open: one_module(A,clinic) is of the hosts alone.
    """
    return in_one_building(
        services={"clinic": {}, "ward": {}},
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0},
            **{
                f"w{beds}": {
                    "service_id": "ward",
                    "capacity": float(beds),
                    "host_service_id": "clinic",
                    "host_capacity": float(beds),
                }
                for beds in (10, 15)
            },
        },
        facilities={
            "F": {"service_id": "clinic", "capacity": 40.0, "building_id": "A", "occupancy": 0.75}
        },
    )


def compatibility() -> Instance:
    """No clinic beside a nursery: ``compatibility(A,clinic,nursery): c + n <= 1``."""
    return in_one_building(
        pairs=[{"service_id": "clinic", "other_service_id": "nursery", "kind": "incompatible"}]
    )


def synergy() -> Instance:
    """Clinic and nursery share a hall of 50 m2 in the 150 m2 of A, and are worth 3 more together.

    ``together(A,clinic,nursery)`` is at most each of the two, by the rows
    synergy(A,clinic,nursery,.), and makes room: ``floor_area(A): 100 c + 100 n - 50 together
    <= 150``. The objective is that of the last tier, money: 10 for each of the two, less 3.
    """
    return in_one_building(
        buildings={"A": {"floor_area_m2": 150.0}},
        pairs=[
            {
                "service_id": "clinic",
                "other_service_id": "nursery",
                "kind": "synergy",
                "bonus": 3.0,
                "shared_area_m2": 50.0,
            }
        ],
    )


def first_refusal() -> Instance:
    """A suits a nursery: it becomes a clinic only once the nurseries of north have 100 places.

    20 of them exist at F. ``closed(north,nursery): 60 open(A,nursery,n) + 60 open(B,nursery,n)
    - 80 closed >= 0`` and ``first_refusal(A,clinic): open(A,clinic,c) - closed <= 0``. B is too
    small to be claimed, so that its clinic need not wait.
    """
    return in_one_building(
        ways={"D1": "ABF"},
        buildings={
            "A": {"zone_part": "north"},
            "B": {"zone_part": "north", "floor_area_m2": 300.0},
        },
        facilities={"F": {"service_id": "nursery", "capacity": 20.0, "zone_part": "north"}},
        zones={"north": "part"},
        homes={"D1": {"zone_part": "north"}},
        first_refusal={"services": ["nursery"], "zone_kind": "part", "min_area_m2": 500.0},
    )


def rooms() -> Instance:
    """Clinic and desk want the ground floor of A, 80 m2; the nursery may also use the upper, 110.

    By day 60 m2 of clinic and 40 of desk do not go together on the ground,
    ``floor_area(A,ground,day): 60 c + 40 d <= 80``; nor do they beside the nursery, which is there
    always, on both: ``floor_area(A,ground+upper,day): 60 c + 40 d + 100 n <= 190``. The desk of the
    evening, 50 m2, meets the nursery alone, for which there is room.
    """
    return in_one_building(
        services={"clinic": {}, "desk": {}, "nursery": {}},
        modules={
            "c": {
                "service_id": "clinic",
                "capacity": 60.0,
                "floor_area_m2": 60.0,
                "spaces": "ground",
                "slots": "day",
            },
            "d": {
                "service_id": "desk",
                "capacity": 60.0,
                "floor_area_m2": 40.0,
                "spaces": "ground",
                "slots": "day",
            },
            "e": {
                "service_id": "desk",
                "capacity": 60.0,
                "floor_area_m2": 50.0,
                "spaces": "ground",
                "slots": "evening",
            },
            "n": {"service_id": "nursery", "capacity": 60.0},
        },
        spaces=[
            {"building_id": "A", "space": "ground", "area_m2": 80.0},
            {"building_id": "A", "space": "upper", "area_m2": 110.0},
        ],
    )


def years() -> Instance:
    """Two years: F is kept to the end of 2026, of 2027, or closed at once.

    One size at a time: ``one_module(A,clinic,2026)`` holds the module of 2026 and both ways to
    keep, ``one_module(A,clinic,2027)`` both modules and keeping to the end. The same in B, where
    2026 says no more than 2027. The lock wants A open in 2026.
    """
    return two_years(
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"}},
        locks=[{"building_id": "A", "status": "required", "year": 2026.0}],
    )


BUILDING_CASES = (
    required,
    committed,
    one_module,
    standalone,
    floor_area,
    yard,
    acquisition,
    one_tenure,
    add_on,
    compatibility,
    synergy,
    first_refusal,
)
