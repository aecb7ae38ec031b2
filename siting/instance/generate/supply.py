"""Facilities that exist: how many there are is given, where they lie is made up."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from siting.instance.generate.catalogue import Catalogue
from siting.instance.generate.rounding import share_out
from siting.instance.generate.shapes import Shapes
from siting.instance.generate.spec import District

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SPACING_OF_MEAN = 0.75
_CLOSER = 0.8
_ROUNDS = 40
_FIRST_STEP_M = 4.0
_NEXT_STEP_M = 2.0


def place_existing(
    catalogue: Catalogue, demand: pd.DataFrame, shapes: Shapes, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the existing facilities, each a few metres from a demand point.

    Columns ``facility_id, service_id, name, x, y, capacity, floor_area_m2, community``. Placing:
    ``central`` cuts the town into parts by need and takes the middle of each, ``parts`` any point
    of each, ``scattered`` takes any points with some distance, a kind of zone takes one in each.
    """
    districts = shapes.districts
    parts = []
    for k, stock in enumerate(catalogue.existing.itertuples()):
        need = _need(catalogue, demand, str(stock.service_id))
        lacking = [stock.service_id in d.lacks for d in districts]
        need = np.where(np.array(lacking)[demand["district"]], 0.0, need)
        points, load = _sites(str(stock.placing), stock.count, demand, need, rng)
        if not len(points):
            continue
        community = demand["community"].to_numpy()[points]
        x, y = _a_few_metres_off(demand, shapes, points, _FIRST_STEP_M + _NEXT_STEP_M * k)
        weights = load if stock.share == "need" else np.ones(len(points))
        names = [districts[d] for d in shapes.district_of[community]]
        number = _running(names)
        parts.append(
            pd.DataFrame(
                {
                    "service_id": stock.service_id,
                    "name": [
                        f"{d.name_zh} {stock.name_zh} {i:02d} · {d.name} {stock.name} {i:02d}"
                        for d, i in zip(names, number, strict=True)
                    ],
                    "x": x,
                    "y": y,
                    "capacity": _capacities(stock.capacity, stock.capacity_step, weights),
                    "floor_area_m2": _areas(stock.floor_area_m2, weights),
                    "community": community,
                }
            )
        )
    facilities = pd.concat(parts, ignore_index=True)
    number = facilities.groupby("service_id").cumcount() + 1
    pairs = zip(facilities["service_id"], number, strict=True)
    return facilities.assign(facility_id=[f"F-{service}-{i:03d}" for service, i in pairs])


def _need(catalogue: Catalogue, demand: pd.DataFrame, service_id: str) -> FloatArray:
    rates = catalogue.needs[catalogue.needs["service_id"] == service_id]
    need = np.zeros(len(demand))
    for group, rate in zip(rates["group"], rates["need_per_person"], strict=True):
        need += rate * demand[f"people_{group}"].to_numpy(float)
    return need


def _sites(
    placing: str, count: float, demand: pd.DataFrame, need: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Return demand points to stand beside, and the need around each."""
    where = demand[["x", "y"]].to_numpy(float)
    if placing in {"sub_district", "community"}:
        zone = demand["district" if placing == "sub_district" else "community"].to_numpy()
        return _one_per_zone(where, zone, need)
    number = min(max(1, int(count)), int((need > 0).sum()))
    if placing == "scattered":
        points = _scattered(where, need, number, rng)
        return points, need[points]
    return _in_parts(where, need, number, rng, central=placing == "central")


def _one_per_zone(
    where: FloatArray, zone: IntArray, need: FloatArray
) -> tuple[IntArray, FloatArray]:
    points, load = [], []
    for k in np.unique(zone[need > 0]):
        inside = np.flatnonzero(zone == k)
        middle = np.average(where[inside], axis=0, weights=need[inside])
        points.append(inside[np.argmin(((where[inside] - middle) ** 2).sum(axis=1))])
        load.append(need[inside].sum())
    return np.array(points, np.int64), np.array(load)


def _in_parts(
    where: FloatArray, need: FloatArray, number: int, rng: np.random.Generator, *, central: bool
) -> tuple[IntArray, FloatArray]:
    """Parts by weighted k-means; a point of each is its middle one, or is drawn by need."""
    centres = where[_scattered(where, need, number, rng)]
    for _ in range(_ROUNDS):
        part = np.asarray(cKDTree(centres).query(where)[1], np.int64)
        load = np.bincount(part, need, number).astype(float)
        sums = np.stack([np.bincount(part, need * c, number) for c in where.T], axis=1)
        centres = np.where(load[:, None] > 0, sums / np.maximum(load, 1e-9)[:, None], centres)
    points = np.asarray(cKDTree(where).query(centres)[1], np.int64)
    if central:
        return points, load
    # The first point of each part in an order drawn by need.
    order = rng.choice(len(need), int((need > 0).sum()), replace=False, p=need / need.sum())
    found, first = np.unique(part[order], return_index=True)
    points[found] = order[first]
    return points, load


def _scattered(
    where: FloatArray, need: FloatArray, number: int, rng: np.random.Generator
) -> IntArray:
    """Draw points by need, no two closer than a distance that shrinks until all are placed."""
    width = where.max(axis=0) - where.min(axis=0) + 1.0
    apart = _SPACING_OF_MEAN * np.sqrt(width.prod() / number)
    order = rng.choice(len(need), int((need > 0).sum()), replace=False, p=need / need.sum())
    tree = cKDTree(where)
    chosen: list[int] = []
    while True:
        free = np.ones(len(where), bool)
        for near in tree.query_ball_point(where[chosen], apart) if chosen else []:
            free[near] = False
        for point in order:
            if len(chosen) == number:
                return np.array(chosen, np.int64)
            if free[point]:
                chosen.append(int(point))
                free[tree.query_ball_point(where[point], apart)] = False
        apart *= _CLOSER


def _a_few_metres_off(
    demand: pd.DataFrame, shapes: Shapes, points: IntArray, step_m: float
) -> tuple[FloatArray, FloatArray]:
    """Step from the points towards the middle of their communities."""
    start = demand[["x", "y"]].to_numpy(float)[points]
    community = demand["community"].to_numpy()[points]
    aims = [shapes.communities[k].representative_point() for k in community]
    way = np.array([(p.x, p.y) for p in aims]) - start
    length = np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    x, y = np.round(start + way * np.minimum(step_m / length, 1.0), 1).T
    return x, y


def _capacities(total: float, step: float, weights: FloatArray) -> FloatArray:
    """Whole steps in proportion to the weights, at least one each; NaN without a limit."""
    if np.isnan(total):
        return np.full(len(weights), np.nan)
    steps = max(round(total / step), len(weights))
    return step * (1 + share_out(weights, steps - len(weights))).astype(float)


def _areas(total: float, weights: FloatArray) -> FloatArray:
    if np.isnan(total):
        return np.zeros(len(weights))
    return share_out(weights, int(total)).astype(float)


def _running(names: list[District]) -> list[int]:
    ids = pd.Series([d.zone_id for d in names])
    return list(ids.groupby(ids).cumcount() + 1)
