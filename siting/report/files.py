"""The files of a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pandas as pd

from siting.instance.instance import Instance
from siting.model.build import Model
from siting.report.geojson import write_geojson
from siting.report.geopackage import write_geopackage
from siting.report.labels import Lang, for_reader
from siting.report.map import draw_plan
from siting.report.results import gather_results
from siting.report.workbook import write_workbook
from siting.report.writing import write_csv
from siting.solution import Solution
from siting.solvers.afterwards import Afterwards
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
    *,
    afterwards: Afterwards | None = None,
    model: Model | None = None,
) -> dict[str, FileWriter]:
    """Return what writes each file of a run that has a plan, by file name.

    Tables of targets, years, attendance areas and hubs are there only where there are any.

    Parameters
    ----------
    service_today
        Who is served where in the last year by what is open today, columns as `Solution.service`.
    lang
        Language of names, workbook and map; columns of CSV files are machine names.
    afterwards
        What follows from the plan beside its solution; files on it are left out without.
    model
        What the plan was made with, where it is at hand: it saves time.
    """
    instance = for_reader(instance, lang)
    results = gather_results(
        instance,
        travel,
        solution,
        service_today,
        verified=verification.passed,
        lang=lang,
        afterwards=afterwards,
        model=model,
    )

    @cache
    def picture() -> bytes:
        return draw_plan(results)

    def write_map(path: Path) -> None:
        path.write_bytes(picture())

    tables = {
        "chosen": results.chosen,
        "not_chosen": results.not_chosen,
        "zones": results.zones,
        "projects": results.projects,
        "overload": results.overload,
        "index": results.index,
        "unit_costs": results.unit_costs,
    }
    told_of = {
        "indicators": results.targets,
        "years": results.years,
        "outlook": results.outlook,
        "attendance": results.attendance,
        "hubs": results.hubs,
    }
    tables |= {name: table for name, table in told_of.items() if len(table)}
    synthetic = instance.settings.synthetic
    return {
        **{f"{name}.csv": partial(write_csv, t, synthetic) for name, t in tables.items()},
        "plan.gpkg": lambda path: write_geopackage(path, results),
        "plan.geojson": lambda path: write_geojson(path, results),
        "plan.xlsx": lambda path: write_workbook(path, results, map_png=picture()),
        "plan.png": write_map,
    }
