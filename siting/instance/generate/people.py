"""Where people live and work, by age group."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.generate.rounding import share_out, share_out_table
from siting.instance.generate.shapes import Shapes
from siting.instance.generate.spec import AGE_SHARES_PERCENT, TownSpec
from siting.instance.generate.streets import Streets

IntArray = NDArray[np.int64]

_AGE_SPREAD = 0.08
_COMMUNITY_SPREAD = 0.22
_POINT_SPREAD = 0.4
_WORKPLACE_SPREAD = 1.0


def settle(
    spec: TownSpec, shapes: Shapes, streets: Streets, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the demand points: ``demand_id, x, y, community, district, people_<group>``.

    Every community has at least one. Districts differ in density and slightly in age; people are
    whole numbers that add up to those of each district and to the age shares of the town.
    """
    districts = shapes.districts
    size = _community_sizes(shapes, rng)
    community, x, y = _points(spec.points, size, shapes, streets, rng)
    district = shapes.district_of[community]
    inside = rng.lognormal(0.0, _POINT_SPREAD, len(community))
    weight = size[community] * inside / np.bincount(community, inside)[community]
    residents = share_out([d.people for d in districts], spec.people)
    by_age = share_out(list(AGE_SHARES_PERCENT.values()), spec.people)
    tilt = rng.lognormal(0.0, _AGE_SPREAD, (len(districts), len(by_age)))
    table = share_out_table(residents[:, None] * by_age * tilt / spec.people, residents, by_age)
    workers = share_out(
        [d.workers for d in districts], round(spec.people * spec.workers_per_resident)
    )
    digits = len(str(len(x)))
    demand = pd.DataFrame(
        {
            "demand_id": [f"P-{k + 1:0{digits}d}" for k in range(len(x))],
            "x": x,
            "y": y,
            "community": community,
            "district": district,
        }
    )
    groups = [*AGE_SHARES_PERCENT, "workers"]
    for group, total in zip(groups, [*table.T, workers], strict=True):
        spread = _WORKPLACE_SPREAD if group == "workers" else 0.1
        leaning = weight * rng.lognormal(0.0, spread, len(weight))
        people = np.zeros(len(weight), np.int64)
        for k in range(len(districts)):
            own = np.flatnonzero(district == k)
            people[own] = share_out(leaning[own], int(total[k]))
        demand[f"people_{group}"] = people
    return demand


def _community_sizes(shapes: Shapes, rng: np.random.Generator) -> NDArray[np.float64]:
    """People of each community: an equal part of its district's, give or take."""
    people = np.array([d.people for d in shapes.districts])
    mean = people / np.bincount(shapes.district_of)
    return mean[shapes.district_of] * rng.lognormal(0.0, _COMMUNITY_SPREAD, len(shapes.communities))


def _points(
    count: int,
    size: NDArray[np.float64],
    shapes: Shapes,
    streets: Streets,
    rng: np.random.Generator,
) -> tuple[IntArray, NDArray[np.float64], NDArray[np.float64]]:
    """Points beside the streets of each community, at least one, as many as its people ask for."""
    middles = streets.middles
    where = shapes.community_of(middles[:, 0], middles[:, 1])
    order = np.argsort(where, kind="stable")
    starts = np.searchsorted(where[order], np.arange(len(size) + 1))
    per_community = 1 + share_out(size, count - len(size))
    drawn = []
    for k, number in enumerate(per_community):
        own = order[starts[k] : starts[k + 1]]
        if not len(own):
            middle = shapes.communities[k].representative_point()
            own = np.argsort(np.hypot(*(middles - (middle.x, middle.y)).T), kind="stable")[:1]
        drawn.append(rng.choice(own, int(number), replace=bool(number > len(own))))
    x, y = streets.beside(np.concatenate(drawn), rng)
    # A point that slipped over the border stays with the community it was drawn for.
    return np.repeat(np.arange(len(size)), per_community), x, y
