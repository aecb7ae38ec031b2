"""Towns for the rules that keep conversions out: what they rule out is not in the program."""

from __future__ import annotations

from small_towns import clinics, two_years

from siting.instance.instance import Instance


def eligibility() -> Instance:
    """A is an office, B a shop, and only offices may become clinics: no open(B,clinic,small)."""
    return clinics(
        buildings={"A": {}, "B": {"class": "shop"}},
        eligibility=[
            {"class": "office", "service_id": "clinic", "status": "needs_approval"},
            {"class": "shop", "service_id": "clinic", "status": "forbidden"},
        ],
    )


def suitability() -> Instance:
    """Clinics need two floors; B has one, A nobody knows, which passes: no open(B,clinic,small)."""
    return clinics(
        buildings={"A": {}, "B": {"floors": 1.0}},
        suitability=[
            {"service_id": "clinic", "field": "floors", "comparison": "at_least", "value": "2"}
        ],
    )


def fit() -> Instance:
    """The module takes 100 m2; A has exactly that, B 99 m2: no open(B,clinic,small)."""
    return clinics(buildings={"A": {"floor_area_m2": 100.0}, "B": {"floor_area_m2": 99.0}})


def forbidden() -> Instance:
    """A lock forbids B, and with it the facility that could be kept there.

    Neither open(B,clinic,small) nor open(B,clinic,keep) is there.
    """
    return clinics(
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "B"}},
        locks=[{"building_id": "B", "status": "forbidden"}],
    )


def availability() -> Instance:
    """A is free from 2026 on, and its approval takes half a year: open(A,clinic,small,2027) alone.

    B is a shop, which needs no approval, but free from 2028 on, after the plan: it is nowhere. In
    2026 nothing can be open, so that ``reach(clinic,0,2026)`` has nobody served.
    """
    return two_years(
        buildings={
            "A": {"available_from_year": 2026.0},
            "B": {"class": "shop", "available_from_year": 2028.0},
        },
        eligibility=[
            {"class": c, "service_id": "clinic", "status": "allowed", "delay_years": delay}
            for c, delay in {"office": 0.5, "shop": 0.0}.items()
        ],
    )


def planned_use() -> Instance:
    """The plan names a use for B, and it is another: no open(B,clinic,small)."""
    return clinics(buildings={"A": {}, "B": {"allowed_services": "library|theatre"}})


def max_size() -> Instance:
    """A clinic has at most 150 m2: the large module of 160 m2 is nowhere, the small one is."""
    return clinics(
        services={"clinic": {"site_max_m2": 150.0}},
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "large": {"service_id": "clinic", "capacity": 80.0, "floor_area_m2": 160.0},
        },
    )


def conditions() -> Instance:
    """A is approved at 5 for all uses and 2.5 for clinics, B up to 120 m2, the least of two limits.

    The module of 160 m2 is not in B, open(B,clinic,large); the works in A are 17.5 and 27.5, and
    10 in B, as ``budget`` says. There is a year within the plan of five for the delay of A.
    """
    return clinics(
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "large": {
                "service_id": "clinic",
                "capacity": 80.0,
                "floor_area_m2": 160.0,
                "works_cost": 20.0,
            },
        },
        conditions=[
            {"building_id": "A", "extra_cost": 5.0, "max_area_m2": 160.0},
            {"building_id": "A", "service_id": "clinic", "extra_cost": 2.5, "delay_years": 2.0},
            {"building_id": "B", "max_area_m2": 200.0},
            {"building_id": "B", "service_id": "clinic", "max_area_m2": 120.0},
        ],
        plan={"start_year": 2026, "years": 5},
        budget={"total": 40.0},
    )


def min_reach() -> Instance:
    """A shelter for 60 wants half of that within its reach, 30; B has the 29 of D2: it is nowhere.

    A unit is worth 1e6 / 129, those included whom nothing will reach.
    """
    return clinics(
        people={"D1": 100, "D2": 29},
        ways={"D1": "A", "D2": "B"},
        services={"shelter": {"kind": "reach", "people_cap": 60.0}},
        modules={"s": {"service_id": "shelter", "min_load": 0.5}},
    )


ADMISSION_CASES = (
    eligibility,
    suitability,
    fit,
    forbidden,
    availability,
    planned_use,
    max_size,
    conditions,
    min_reach,
)
