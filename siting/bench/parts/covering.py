"""Maximal covering: the instances of Cordeau, Furini and Ljubić, by their own generator."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.bench.case import OURS, Case, Goal, Measured, Part
from siting.bench.cordeau import PAIRS, chunks

SITES = 100
CUSTOMERS = (10_000, 100_000, 1_000_000, 10_000_000, 20_000_000)
STRETCH = 1_000_000_000
_STRETCH_GOAL_S = 300.0
_GOAL_S = 15.0
_SEED = 1
_SPOPT = {"spopt with CBC": "PULP_CBC_CMD", "spopt with HiGHS": "HiGHS"}
_OTHERS = ("HiGHS", *_SPOPT)
_MOST_CUSTOMERS_OF_OTHERS = 100_000
_PAIRS_OF_OTHERS = PAIRS[::5]
_OTHERS_LIMIT_S = 150.0
_QUICK_PAIRS = slice(0, None, 7)

Chunk = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def cases(quick: bool, data: Path) -> list[Case]:
    """Return all pairs of budget and radius for every number of customers."""
    del data
    found = []
    for customers in CUSTOMERS[:2] if quick else (*CUSTOMERS, STRETCH):
        pairs = PAIRS[_QUICK_PAIRS] if quick else PAIRS[:1] if customers == STRETCH else PAIRS
        for p, radius in pairs:
            others = customers <= _MOST_CUSTOMERS_OF_OTHERS and not quick
            others = others and (p, radius) in _PAIRS_OF_OTHERS
            for method in (OURS, *_OTHERS) if others else (OURS,):
                goal_s = _STRETCH_GOAL_S if customers == STRETCH else _GOAL_S
                found.append(
                    Case(
                        part="covering",
                        instance=f"{customers:,} customers, B={p}, R={radius:g}",
                        method=method,
                        size=customers,
                        limit_s=2 * goal_s if method == OURS else _OTHERS_LIMIT_S,
                        goal=Goal(gap=0.0, seconds=goal_s),
                        asked={"customers": customers, "p": p, "radius": radius},
                    )
                )
    return found


def prepare(case: Case, folder: Path) -> None:
    """Write the customers that all methods read; the largest are streamed and never written."""
    customers = case.asked["customers"]
    path = _path(customers, folder)
    if customers > CUSTOMERS[-1] or path.exists():
        return
    site_xy, points = chunks(customers, SITES, _SEED)
    x, y, weight = (np.concatenate(column) for column in zip(*points, strict=True))
    np.savez(path, sites=site_xy, x=x, y=y, weight=weight)


def _path(customers: int, folder: Path) -> Path:
    return folder / f"cordeau-{customers}.npz"


def run(case: Case, folder: Path) -> Measured:
    """Solve one pair; the seconds include merging, and generating only beyond what is written."""
    from siting.bench.covers import solved_by_highs, solved_by_spopt, solved_here
    from siting.classic.streaming import stream_cover

    p, radius = case.asked["p"], case.asked["radius"]
    site_xy, customers = _read(case.asked["customers"], folder)
    if case.method != OURS:
        (x, y, weight), *_ = customers
        apart = np.hypot(x[:, None] - site_xy[:, 0], y[:, None] - site_xy[:, 1])
        if case.method == "HiGHS":
            return solved_by_highs(apart < radius, weight, p=p, limit_s=case.limit_s)
        solver = _SPOPT[case.method]
        below = np.nextafter(radius, 0)  # spopt counts the radius itself as covered
        return solved_by_spopt(apart, weight, below, p=p, solver=solver, limit_s=case.limit_s)
    began = time.monotonic()
    cover = stream_cover(site_xy[:, 0], site_xy[:, 1], customers, cutoff=radius, inclusive=False)
    return solved_here(cover, p=p, began=began, limit_s=case.limit_s)


def _read(customers: int, folder: Path) -> tuple[NDArray[np.float64], Iterable[Chunk]]:
    """Return the sites and the customers, in memory where they were written."""
    if customers > CUSTOMERS[-1]:
        return chunks(customers, SITES, _SEED)
    stored = np.load(_path(customers, folder))
    return stored["sites"], [(stored["x"], stored["y"], stored["weight"])]


PART = Part(
    title="Maximal covering",
    about=f"The generator of Cordeau, Furini and Ljubić (doi:10.1016/j.ejor.2018.12.021), seed "
    f"{_SEED}, {SITES} sites of cost 1, covered strictly below R, all 14 pairs of budget and "
    "radius. Seconds are those of merging and proof; drawing and reading the customers are apart, "
    f"but for {STRETCH:,} customers, which are drawn while they are merged and never kept. The "
    "others get every customer as a row of its own.",
    cases=cases,
    prepare=prepare,
    run=run,
    sized_by="customers",
)
