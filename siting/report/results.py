"""A plan with all its tables, made once for all its files."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from siting.instance.instance import Instance
from siting.reach import find_reach
from siting.report.balance import need_balance
from siting.report.labels import Lang
from siting.report.projects import projects_table
from siting.report.tables import (
    chosen_table,
    overload_table,
    services_table,
    zones_table,
)
from siting.report.targets import targets_table
from siting.report.why_not import not_chosen_table
from siting.solution import Solution
from siting.travel.times import Travel


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What the files of a run are written from.

    Attributes
    ----------
    verified
        Whether the verification passed.
    lang
        Language of the names in the tables and of the files.
    balance
        Who is served today and in the plan, one row per unit of need.
    chosen, not_chosen, services, zones, projects, overload, targets
        The tables of the builders of the same name.
    """

    instance: Instance
    solution: Solution
    verified: bool
    lang: Lang
    balance: pd.DataFrame
    chosen: pd.DataFrame
    not_chosen: pd.DataFrame
    services: pd.DataFrame
    zones: pd.DataFrame
    projects: pd.DataFrame
    overload: pd.DataFrame
    targets: pd.DataFrame


def gather_results(
    instance: Instance,
    travel: Travel,
    solution: Solution,
    service_today: pd.DataFrame,
    *,
    verified: bool,
    lang: Lang = "en",
) -> Results:
    """Return a plan with all its tables.

    Parameters
    ----------
    service_today
        Who is served where by what is open today, columns as `Solution.service`.
    """
    reach = find_reach(instance, travel)
    balance = need_balance(instance, service_today, solution.service)
    chosen = chosen_table(instance, solution, balance, reach, lang)
    return Results(
        instance=instance,
        solution=solution,
        verified=verified,
        lang=lang,
        balance=balance,
        chosen=chosen,
        not_chosen=not_chosen_table(instance, solution, balance, reach, lang),
        services=services_table(instance, solution, balance, reach, lang),
        zones=zones_table(instance, solution, balance, lang),
        projects=projects_table(instance, solution, chosen, lang),
        overload=overload_table(instance, solution, lang),
        targets=targets_table(instance, solution, lang),
    )
