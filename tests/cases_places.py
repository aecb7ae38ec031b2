"""Towns for the rules of where things open, and how much of them there is in all."""

from __future__ import annotations

from small_towns import clinics, in_one_building

from siting.instance.instance import Instance


def minimum_per_zone() -> Instance:
    """Two clinics in each zone: west has F and lacks one, which only A can be; east lacks both.

    ``minimum_per_zone(clinic,west): open(A) >= 1``,
    ``minimum_per_zone(clinic,east): open(B) >= 2``,
    the last of which no plan keeps.
    """
    return clinics(
        buildings={"A": {"zone_part": "west"}, "B": {"zone_part": "east"}},
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "zone_part": "west"}},
        zones={"west": "part", "east": "part"},
        minimum_per_zone=[{"service_id": "clinic", "zone_kind": "part", "count": 2}],
    )


def maximum_per_zone() -> Instance:
    """At most two clinics in a zone: west has F, so that A or B: their sum <= 1."""
    return clinics(
        buildings={"A": {"zone_part": "west"}, "B": {"zone_part": "west"}},
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "zone_part": "west"}},
        zones={"west": "part"},
        maximum_per_zone=[{"service_id": "clinic", "zone_kind": "part", "count": 2}],
    )


def hub() -> Instance:
    """A station wants an open clinic within 5 minutes on foot, that is 360 m: A itself, or B.

    C lies 1000 m * 1.3 away from all: a station there needs its own clinic.
    ``hub(care,A): open(A,station,s) - open(A,clinic,c) - open(B,clinic,c) <= 0``,
    ``hub(care,C): open(C,station,s) - open(C,clinic,c) <= 0``.
    """
    return in_one_building(
        ways={"D1": "ABC"},
        services={"clinic": {}, "station": {}},
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0},
            "s": {"service_id": "station", "capacity": 60.0},
        },
        buildings={"A": {}, "B": {"x": 100.0}, "C": {"x": 1100.0}},
        links=[
            {
                "link_id": "care",
                "service_id": "station",
                "hub_service_id": "clinic",
                "within_min": 5.0,
            }
        ],
    )


def keep_cover() -> Instance:
    """D1 reaches F in A, which may close, D2 only B, D3 also G, which stays: D1 alone is named.

    ``keep_cover(clinic,D1,all): open(A,clinic,keep) + open(A,clinic,small) + open(B,clinic,small)
    >= 1``: nothing need stay as it is as long as something is open.
    """
    return clinics(
        people={"D1": 100, "D2": 30, "D3": 50},
        ways={"D1": "ABF", "D2": "B", "D3": "AFG"},
        services={"clinic": {"keep_cover": True}},
        facilities={
            "F": {"service_id": "clinic", "capacity": 10.0, "building_id": "A"},
            "G": {"service_id": "clinic", "capacity": 10.0},
        },
    )


def backup() -> Instance:
    """Half of 150 people have two shelters in reach: D1 could have A and B, D2 has F and could A.

    ``twice(shelter,0): 2 twice - open(A) - open(B) <= 0`` for D1, for D2 ``twice(shelter,1): twice
    - open(A) <= 0``, and ``backup(shelter): 100 twice(0) + 30 twice(1) >= 0.5 * 150``. D3 reaches
    B alone and can have no two.
    """
    return clinics(
        people={"D1": 100, "D2": 30, "D3": 20},
        ways={"D1": "AB", "D2": "AF", "D3": "B"},
        services={"shelter": {"kind": "reach", "backup_share": 0.5}},
        modules={"s": {"service_id": "shelter"}},
        facilities={"F": {"service_id": "shelter"}},
    )


def self_sufficiency() -> Instance:
    """North needs 100 * 0.9 within its borders and has F with 40: A must make up 50.

    ``self_sufficiency(clinic,north): 50 open(A) >= 50``, since more than is missing is of no use; B
    is in the south, whose need is none.
    """
    return clinics(
        buildings={"A": {"zone_part": "north"}, "B": {"zone_part": "south"}},
        facilities={"F": {"service_id": "clinic", "capacity": 40.0, "zone_part": "north"}},
        zones={"north": "part", "south": "part"},
        homes={"D1": {"zone_part": "north"}},
        rules={"self_sufficiency": True},
        self_sufficiency=[{"service_id": "clinic", "zone_kind": "part", "share": 0.9}],
    )


def reserve() -> Instance:
    """A quarter of the 150 + 100 m2 of north stays free: 187.5 m2 for the two of 100 m2.

    ``reserve(north): 100 open(A) + 100 open(B) <= 187.5``. The facility in A takes of it nothing.
    """
    return clinics(
        buildings={
            "A": {"zone_part": "north", "floor_area_m2": 150.0},
            "B": {"zone_part": "north", "floor_area_m2": 100.0},
        },
        zones={"north": "part"},
        reserve=[{"zone_kind": "part", "share": 0.25}],
    )


def targets() -> Instance:
    """More beds per head, and a third of them for nursing.

    20 beds at F in A and 30 at G exist. The soft target wants 900 per 1000 of 100 people, that is
    90: without F 30 stay, so that ``targets(beds): 20 keep + 60 c + 60 d + shortfall >= 60``, the
    shortfall being at most 60; tier `targets` counts 1/90 of it. The hard one wants a third of all
    beds to be nursing ones, as those of module d are: ``targets(nursing): -20/3 keep - 60/3 c
    + (60 - 60/3) d >= 30/3``. A takes one of the three, B one of the two.
    """
    modules = {
        "c": {"service_id": "clinic", "capacity": 60.0, "tags": "plain"},
        "d": {"service_id": "clinic", "capacity": 60.0, "tags": "nursing|dear"},
    }
    return clinics(
        modules=modules,
        facilities={
            "F": {"service_id": "clinic", "capacity": 20.0, "building_id": "A"},
            "G": {"service_id": "clinic", "capacity": 30.0},
        },
        ways={"D1": "ABG"},
        targets=[
            {"target_id": "beds", "service_id": "clinic", "value": 900.0, "per": "per_1000"},
            {
                "target_id": "nursing",
                "service_id": "clinic",
                "value": 1 / 3,
                "per": "share",
                "tag": "nursing",
                "hard": True,
            },
        ],
    )


PLACE_CASES = (
    minimum_per_zone,
    maximum_per_zone,
    hub,
    keep_cover,
    backup,
    self_sufficiency,
    reserve,
    targets,
)
