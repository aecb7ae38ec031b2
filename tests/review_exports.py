"""A town under review with Chinese names, two departments and a sensitive site, for tests.

`instances/tiny` with shapes of its zones; A (clinic and station chosen) is sensitive and lies a
little off its corner, so that its coordinates are nobody else's.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from report_plans import tiny, tiny_solution
from review_runs import reviewed

from siting.explain.kept_runs import plan_of_run
from siting.instance.instance import Instance
from siting.planner import Plan
from siting.review.export import Edition, export_review
from siting.review.run import ReviewedRun

PLANNING, FIRE = DEPARTMENTS = ("规划分局", "消防支队")
WEST = "POLYGON ((499900 4399500, 500900 4399500, 500900 4400500, 499900 4400500, 499900 4399500))"
EAST = "POLYGON ((500900 4399500, 502600 4399500, 502600 4400500, 500900 4400500, 500900 4399500))"
SECRET_X, SECRET_Y = 500611.71875, 4400013.28125
SECRET_ADDRESS, SECRET_NAME = "保密路捌号", "某部旧办公楼"


@cache
def town() -> Instance:
    """Return the town."""
    instance = tiny()
    buildings = instance.buildings.assign(
        x=[SECRET_X, 501200.0, 502400.0],
        y=[SECRET_Y, 4400000.0, 4400000.0],
        name=[SECRET_NAME, "东街口旧商店 𠮷", "把角商店"],
        address=[SECRET_ADDRESS, "东街口1号", "四街口1号"],
        sensitive=[True, False, False],
    )
    settings = instance.settings
    review = settings.review.model_copy(update={"departments": DEPARTMENTS})
    return instance.replace(
        buildings=buildings,
        zones=instance.zones.assign(geometry=[WEST, EAST]),
        settings=settings.model_copy(update={"review": review}),
    )


@cache
def best_plan() -> Plan:
    """Return its best plan, with all that it was made from."""
    return plan_of_run(town(), tiny_solution(town()))


def run_of(folder: Path, lang: Any = "zh", **round_of: Any) -> ReviewedRun:
    """Return the best plan of the town as a run under review."""
    run = reviewed(best_plan(), folder, lang=lang, **round_of)
    return replace(run, departments=DEPARTMENTS)


def export(folder: Path, *formats: str, **how: Any) -> dict[str, Path]:
    """Write an edition of the review and return its files by format."""
    edition = Edition(formats=formats or ("gpkg",), **({"lang": "zh"} | how))
    return export_review([run_of(folder, edition.lang)], edition)
