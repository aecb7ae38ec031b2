"""The files of a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pandas as pd

from siting.instance.instance import Instance
from siting.report.geojson import write_geojson
from siting.report.geopackage import write_geopackage
from siting.report.labels import Lang, for_reader
from siting.report.map import draw_plan
from siting.report.results import gather_results
from siting.report.workbook import write_workbook
from siting.report.writing import write_csv
from siting.solution import Solution
from siting.travel.times import Travel
from siting.verification import Verification

FileWriter = Callable[[Path], None]


def run_files(  # noqa: PLR0917 - in the order of the pipeline
    instance: Instance,
    travel: Travel,
    solution: Solution,
    service_today: pd.DataFrame,
    verification: Verification,
    lang: Lang = "en",
) -> dict[str, FileWriter]:
    """Return what writes each file of a run that has a plan, by file name.

    Parameters
    ----------
    service_today
        Who is served where by what is open today, columns as `Solution.service`.
    lang
        Language of names, workbook and map; columns of CSV files are machine names.
    """
    instance = for_reader(instance, lang)
    results = gather_results(
        instance, travel, solution, service_today, verified=verification.passed, lang=lang
    )

    @cache
    def picture() -> bytes:
        return draw_plan(results)

    def write_map(path: Path) -> None:
        path.write_bytes(picture())

    synthetic = instance.settings.synthetic
    return {
        "chosen.csv": partial(write_csv, results.chosen, synthetic),
        "not_chosen.csv": partial(write_csv, results.not_chosen, synthetic),
        "zones.csv": partial(write_csv, results.zones, synthetic),
        "projects.csv": partial(write_csv, results.projects, synthetic),
        "overload.csv": partial(write_csv, results.overload, synthetic),
        "plan.gpkg": lambda path: write_geopackage(path, results),
        "plan.geojson": lambda path: write_geojson(path, results),
        "plan.xlsx": lambda path: write_workbook(path, results, map_png=picture()),
        "plan.png": write_map,
    }
