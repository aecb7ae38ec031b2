"""The model of a town: generated districts, and the same model without reductions by others."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from siting.bench.case import OURS, Case, Goal, Measured, Part

_GIB_OF_A_CITY = 16.0

SIZES = {
    (10_000, 300, 5): Goal(gap=0.001, seconds=20),
    (50_000, 1_000, 8): Goal(gap=0.005, seconds=300),
    (1_000_000, 20_000, 10): Goal(gap=0.01, seconds=1800, peak_gib=_GIB_OF_A_CITY),
}
"""Demand points, buildings and services, and what should be reached."""

QUICK = {(2_000, 60, 5): Goal(gap=0.001, seconds=20)}
BUDGETS = (0.02, 0.05, 0.10)
"""Shares of opening everything."""

_SEED = 1
_MOST_POINTS_OF_OTHERS = 10_000
_OTHERS = {"HiGHS": "highs", "SCIP": "mathopt:scip", "CP-SAT": "cpsat"}
_OTHERS_TIMES = 10
"""Others have so many times the seconds of the goal."""

_QUICK_LIMIT_S = 20.0


def cases(quick: bool, data: Path) -> list[Case]:
    """Return every size and budget; others where they can be expected to read the model."""
    del data
    found = []
    for (points, buildings, services), goal in (QUICK if quick else SIZES).items():
        for share in BUDGETS[1:2] if quick else BUDGETS:
            methods = [OURS, *(_OTHERS if points <= _MOST_POINTS_OF_OTHERS else {})]
            for method in methods:
                times = 2 if method == OURS else _OTHERS_TIMES
                limit_s = times * (goal.seconds or 0)
                limit_s = _QUICK_LIMIT_S if quick and method != OURS else limit_s
                found.append(
                    Case(
                        part="districts",
                        instance=f"{points:,} x {buildings:,} x {services} at {share:.0%}",
                        method=method,
                        size=points,
                        limit_s=limit_s,
                        goal=goal,
                        asked={
                            "points": points,
                            "buildings": buildings,
                            "services": services,
                            "budget_share": share,
                        },
                    )
                )
    return found


def prepare(case: Case, folder: Path) -> None:
    """Write the district that all methods read."""
    from siting.instance.generate.district import generate_district
    from siting.instance.writing import write_instance

    path = _path(case, folder)
    if not path.exists():
        made = generate_district(np.random.default_rng(_SEED), **case.asked)
        write_instance(made, path, file_format="parquet")


def _path(case: Case, folder: Path) -> Path:
    return folder / "district-{points}-{buildings}-{services}-{budget_share}".format(**case.asked)


def run(case: Case, folder: Path) -> Measured:
    """Plan a district by this project, or hand its whole model to a solver."""
    from siting.bench.planning import planned, solved_unreduced
    from siting.instance.reading import read_instance

    began = time.monotonic()
    instance, _ = read_instance(_path(case, folder))
    read_s = time.monotonic() - began
    gap = case.goal.gap or 0.0
    if case.method == OURS:
        return planned(instance, gap=gap, limit_s=case.limit_s, read_s=read_s)
    engine = _OTHERS[case.method]
    return solved_unreduced(instance, engine, gap=gap, limit_s=case.limit_s, read_s=read_s)


PART = Part(
    title="The model of a town",
    about="Generated districts (`siting new --district`), demand points x buildings x services, "
    "at budgets of 2, 5 and 10 % of opening everything: the sum over buildings and eligible "
    "services of the dearest module that fits. *siting* is the whole pipeline; the others are "
    "given the same model of tier 1 without merging or any other reduction, built by this "
    "project; spopt has no model with several services, sizes and a budget.",
    cases=cases,
    prepare=prepare,
    run=run,
    sized_by="demand points",
)
