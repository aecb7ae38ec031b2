"""Towns for the rules of who is served from where, and of what that is worth."""

from __future__ import annotations

from small_towns import clinics

from siting.instance.instance import Instance


def need() -> Instance:
    """D1 may be served from A and B, in parts, but no more than its 100.

    ``need(clinic,0): serve(clinic,0,A) + serve(clinic,0,B) <= 100``. D2 reaches B alone, where the
    bound of its one amount, 30, says the same. A unit is worth 1e6 / 130.
    """
    return clinics(people={"D1": 100, "D2": 30}, ways={"D1": "AB", "D2": "B"})


def reach() -> Instance:
    """Shelter without limits: D1 reaches A within its 10 minutes, B takes 11, so that B is nowhere.

    ``reach(shelter,1): serve(shelter,1) - open(A,shelter,s) <= 0`` for D1. D2 reaches F, which is
    open already, and needs no row. Who is served adds up in ``load(shelter): 40 v0 + 100 v1 =
    load(shelter)``, worth 1e6 / 140 each; classes count from the first to be met, D2 of 40 first.
    """
    return clinics(
        people={"D0": 40, "D1": 100},
        ways={"D0": {"F": 1}, "D1": {"A": 10, "B": 11}},
        services={"shelter": {"kind": "reach"}},
        modules={"s": {"service_id": "shelter"}},
        facilities={"F": {"service_id": "shelter"}},
    )


def capacity() -> Instance:
    """A serves what opens there: 60, or with the large module 150, cut to the 100 within reach.

    ``capacity(A,clinic): load(A,clinic) - 60 small - 100 large <= 0``. F serves 10 anyway: the
    bound of its load.
    """
    return clinics(
        buildings={"A": {}},
        ways={"D1": "AF"},
        modules={
            "small": {"service_id": "clinic", "capacity": 60.0},
            "large": {"service_id": "clinic", "capacity": 150.0},
        },
        facilities={"F": {"service_id": "clinic", "capacity": 10.0}},
    )


def zone_floor() -> Instance:
    """Half of the 30 of south whom B could serve are served; nothing could serve the 20 of D3.

    ``zone_floor(clinic,south): serve(clinic,1,B) >= 15``, where class 0 is D1 and 1 is D2. North
    has no floor. A unit is worth 1e6 / 150.
    """
    return clinics(
        people={"D1": 100, "D2": 30, "D3": 20},
        ways={"D1": "AB", "D2": "B"},
        zones={"north": "part", "south": "part"},
        homes={
            "D1": {"zone_part": "north"},
            "D2": {"zone_part": "south"},
            "D3": {"zone_part": "south"},
        },
        zone_floor=[
            {"service_id": "clinic", "zone_kind": "part", "share": 0.5, "zones": ["south"]}
        ],
    )


def min_load() -> Instance:
    """Where a clinic opens, half of its 60 places are used: ``load(A,clinic) - 30 open(A) >= 0``.

    F in B may be kept however empty it is, so that B's row is of its new clinic alone.
    """
    return clinics(
        modules={"small": {"service_id": "clinic", "capacity": 60.0, "min_load": 0.5}},
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "B"}},
    )


def own_zone() -> Instance:
    """North sends at most a tenth of the 130 who need a clinic across: ``serve(clinic,0,B) <= 13``.

    D1 lives in north, as A lies; B and D2 are in south.
    """
    return clinics(
        people={"D1": 100, "D2": 30},
        ways={"D1": "AB", "D2": "B"},
        services={"clinic": {"own_zone_kind": "part", "own_zone_share": 0.9}},
        buildings={"A": {"zone_part": "north"}, "B": {"zone_part": "south"}},
        zones={"north": "part", "south": "part"},
        homes={"D1": {"zone_part": "north"}, "D2": {"zone_part": "south"}},
    )


def outside_supply() -> Instance:
    """F and G lie outside with 40 and 50 places; only 60 of them may be counted on.

    ``outside_supply(clinic): load(F,clinic) + load(G,clinic) <= 60``.
    """
    outside = {"service_id": "clinic", "outside": True}
    return clinics(
        ways={"D1": "AFG"},
        services={"clinic": {"outside_cap": 60.0}},
        facilities={"F": outside | {"capacity": 40.0}, "G": outside | {"capacity": 50.0}},
    )


def priorities() -> Instance:
    """Children count double: of 100 people 20, so that a unit is worth 1e6 / (80 + 2 * 20).

    The two groups reach the same, but are classes apart: an adult served counts 8333, a child
    16667. The objective is of amounts rather than loads.
    """
    return clinics(
        people={"D1": {"adults": 80, "children": 20}},
        ways={"D1": "A"},
        priorities=[{"group": "children", "factor": 2.0}],
    )


def decay() -> Instance:
    """A clinic counts in full up to 5 minutes and for 0.4 up to 12, however its standard is 10.

    A is 5 minutes away, B 12, and C 13, which is too far: an amount from A counts 10 000, from B
    4 000, and there is no load(C,clinic).
    """
    return clinics(
        ways={"D1": {"A": 5, "B": 12, "C": 13}},
        buildings={"A": {}, "B": {}, "C": {}},
        decay=[
            {"service_id": "clinic", "minutes": 5.0, "value": 1.0},
            {"service_id": "clinic", "minutes": 12.0, "value": 0.4},
        ],
    )


def preferences() -> Instance:
    """A clinic in state rooms may cost 4 more: of its 10 in A, tier money counts 6.

    The objective is that of money. Nobody knows the owner of B, which earns nothing.
    """
    return clinics(
        buildings={"A": {"owner_level": "district"}, "B": {}},
        preferences=[
            {
                "field": "owner_level",
                "comparison": "one_of",
                "value": "district|municipal",
                "bonus": 4.0,
            }
        ],
    )


SERVICE_CASES = (
    need,
    reach,
    capacity,
    zone_floor,
    min_load,
    own_zone,
    outside_supply,
    priorities,
    decay,
    preferences,
)
