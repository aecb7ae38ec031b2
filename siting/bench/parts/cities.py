"""Maximal covering of two cities: the instances of Máximo, Cordeau and Nascimento."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siting.bench.case import OURS, Case, Goal, Measured, Part, nothing_to_prepare

RADIUS_M = {"NewYork": 400.0, "SanFrancisco": 600.0}
EARTH_M = 6_378_100.0

BEST_KNOWN = {
    "NewYork": {50: 1153640, 60: 1288174, 70: 1396333, 80: 1481434, 90: 1539992, 100: 1574256},
    "SanFrancisco": {50: 617592, 60: 683139, 70: 733772, 80: 769781, 90: 791562, 100: 802307},
}
"""Published values by number of sites."""

OPTIMA = {"NewYork": (50, 60, 70, 80, 90), "SanFrancisco": (50,)}
"""Those that their authors flag as optimal."""

_GOAL_S = 60.0


def cases(quick: bool, data: Path) -> list[Case]:
    """Return both cities with 50 to 100 sites."""
    return [
        Case(
            part="cities",
            instance=f"{city}, p={p}",
            method=method,
            limit_s=2 * _GOAL_S,
            goal=Goal(gap=0.0, seconds=_GOAL_S) if p in OPTIMA[city] else Goal(),
            asked={"city": city, "p": p, "data": str(data)},
        )
        for city in RADIUS_M
        for p in ((50,) if quick else BEST_KNOWN[city])
        for method in ((OURS,) if quick else (OURS, "HiGHS"))
    ]


def run(case: Case, folder: Path) -> Measured:
    """Solve one city."""
    from siting.bench.covers import solved_by_highs, solved_here
    from siting.solvers.covering.cover import cover_of_pairs

    del folder
    city, p = case.asked["city"], case.asked["p"]
    path = Path(case.asked["data"]) / "mclp_city" / f"{city}.txt"
    if not path.exists():
        return Measured(ended="not run", why=f"there is no {path.name} in the folder of data")
    degrees, weight = read_city(path)
    near = within(degrees, RADIUS_M[city])
    more = {"best known": BEST_KNOWN[city][p]}
    if case.method != OURS:
        measured = solved_by_highs(near, weight, p=p, limit_s=case.limit_s)
    else:
        began = time.monotonic()
        point, site = np.nonzero(near)
        cover = cover_of_pairs(point, site, weight, len(weight))
        measured = solved_here(cover, p=p, began=began, limit_s=case.limit_s)
    return measured.with_more(more)


def read_city(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return latitude and longitude, shape (n, 2), and the demand of every node."""
    head, _, rest = path.read_text().partition("NODE_COORD_SECTION")
    places, _, demand = rest.partition("DEMAND_SECTION")
    count = int(head.rpartition("DIMENSION :")[2])
    degrees = np.array(places.split(), float).reshape(count, 2)
    return degrees, np.array(demand.replace("EOF", "").split(), float).astype(np.int64)


def within(degrees: NDArray[np.float64], radius_m: float) -> NDArray[np.bool_]:
    """Return which nodes are within a great-circle distance of which, shape (n, n).

    By the haversine formula, rounded to 32 bits as those who published the instances did.
    """
    latitude, longitude = np.radians(degrees).T
    half_up = np.sin((latitude[:, None] - latitude) / 2) ** 2
    half_across = np.sin((longitude[:, None] - longitude) / 2) ** 2
    cosines = np.cos(latitude[:, None]) * np.cos(latitude)
    apart_m = 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(1.0, half_up + cosines * half_across)))
    return np.asarray(apart_m.astype(np.float32) <= np.float32(radius_m))


PART = Part(
    title="Cities",
    about="New York (400 m) and San Francisco (600 m) of Máximo, Cordeau and Nascimento "
    "(doi:10.1111/itor.13387): every node is customer and site. A goal stands where the authors "
    "flag their value as optimal.",
    cases=cases,
    prepare=nothing_to_prepare,
    run=run,
)
