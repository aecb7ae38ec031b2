"""Walking ways over a large network."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from siting.bench.case import Case, Goal, Measured, Part, nothing_to_prepare

LIMIT_DM = 12_000
_LONGEST_CONNECTOR_DM = 3_000
_SIDES = (448, 1000)
_PLACES = 20_000
_POINTS_PER_PLACE = 10
_GOAL = Goal(seconds=60, peak_gib=4)
_QUICK_SIDE = 200
_SEED = 1


def cases(quick: bool, data: Path) -> list[Case]:
    """Return networks of 200,000 and 1,000,000 junctions."""
    del data
    return [
        Case(
            part="travel",
            instance=f"{side**2:,} junctions",
            size=side**2,
            limit_s=300,
            goal=_GOAL,
            asked={"side": side, "places": _PLACES if side > _QUICK_SIDE else side},
        )
        for side in ((_QUICK_SIDE,) if quick else _SIDES)
    ]


def run(case: Case, folder: Path) -> Measured:
    """Snap points and places, and search from the places."""
    from siting.bench.streets import draw_points, draw_streets
    from siting.travel.snapping import snap
    from siting.travel.ways import network_ways

    del folder
    side, count = case.asked["side"], case.asked["places"]
    rng = np.random.default_rng(_SEED)
    streets = draw_streets(side, rng)
    points = draw_points(count * _POINTS_PER_PLACE, side, rng)
    began = time.monotonic()
    demand, places = snap(streets, *points), snap(streets, *points[:, :count])
    snapped = time.monotonic()
    ways = network_ways(
        streets, demand, places, limit_dm=LIMIT_DM, max_connector_dm=_LONGEST_CONNECTOR_DM
    )
    done = time.monotonic()
    return Measured(
        ended="done",
        proof_s=done - began,
        more={
            "snap_s": snapped - began,
            "search_s": done - snapped,
            "points": len(demand),
            "places": len(places),
            "ways": len(ways.demand),
        },
    )


PART = Part(
    title="Travel",
    about=f"Blocks of 100 m, shaken, 12 % of the streets missing; {_PLACES:,} places and "
    f"{_POINTS_PER_PLACE * _PLACES:,} points snapped to the streets, and all ways of at most "
    f"{LIMIT_DM // 10:,} m between them; peak of the whole process, network included.",
    cases=cases,
    prepare=nothing_to_prepare,
    run=run,
    sized_by="junctions",
)
