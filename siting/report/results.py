"""A plan with all its tables, made once for all its files."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from siting.instance.instance import Instance
from siting.model.build import Model
from siting.reach import find_reach
from siting.report.attendance import attendance_table
from siting.report.balance import as_of, need_balance
from siting.report.framework import index_table
from siting.report.hubs import hubs_table
from siting.report.labels import Lang
from siting.report.projects import projects_table
from siting.report.tables import (
    chosen_table,
    overload_table,
    services_table,
    zones_table,
)
from siting.report.targets import targets_table
from siting.report.unit_costs import unit_costs_table
from siting.report.why_not import not_chosen_table
from siting.report.years import outlook_table, years_table
from siting.solution import Solution
from siting.solvers.afterwards import Afterwards, nothing_after
from siting.travel.times import Travel


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What the files of a run are written from.

    Attributes
    ----------
    planned
        The instance as it was planned, with all its years.
    instance
        The town at the end of the plan, as one period: what tables and maps show.
    solution
        The whole plan; ``at_end`` what is open and who is served in its last year.
    verified
        Whether the verification passed.
    lang
        Language of the names in the tables and of the files.
    afterwards
        What follows from the plan beside its solution.
    balance
        Who is served today and at the end of the plan, one row per unit of need.
    chosen, not_chosen, services, zones, projects, overload, targets, index, unit_costs, hubs
        The tables of the builders of the same name.
    years, outlook, attendance
        As well; without rows where there is nothing to say.
    """

    planned: Instance
    instance: Instance
    solution: Solution
    at_end: Solution
    verified: bool
    lang: Lang
    afterwards: Afterwards
    balance: pd.DataFrame
    chosen: pd.DataFrame
    not_chosen: pd.DataFrame
    services: pd.DataFrame
    zones: pd.DataFrame
    projects: pd.DataFrame
    overload: pd.DataFrame
    targets: pd.DataFrame
    index: pd.DataFrame
    unit_costs: pd.DataFrame
    hubs: pd.DataFrame
    years: pd.DataFrame
    outlook: pd.DataFrame
    attendance: pd.DataFrame


def gather_results(
    instance: Instance,
    travel: Travel,
    solution: Solution,
    service_today: pd.DataFrame,
    *,
    verified: bool,
    lang: Lang = "en",
    afterwards: Afterwards | None = None,
    model: Model | None = None,
) -> Results:
    """Return a plan with all its tables.

    Parameters
    ----------
    service_today
        Who is served where in the last year by what is open today, columns as `Solution.service`.
    model
        What the plan was made with; reach and admission are worked out anew where not given.
    """
    last = instance.years[-1]
    town = as_of(instance, last)
    at_end = solution.in_year(last)
    afterwards = afterwards or nothing_after()
    reach = find_reach(town, travel) if model is None else model.decisions.reach
    listed = None if model is None else model.listed
    balance = need_balance(town, service_today, at_end.service)
    chosen = chosen_table(town, solution, balance, reach, lang)
    return Results(
        planned=instance,
        instance=town,
        solution=solution,
        at_end=at_end,
        verified=verified,
        lang=lang,
        afterwards=afterwards,
        balance=balance,
        chosen=chosen,
        not_chosen=not_chosen_table(instance, solution, balance, reach, lang, listed=listed),
        services=services_table(town, solution, balance, reach, lang),
        zones=zones_table(town, solution, balance, lang),
        projects=projects_table(instance, solution, chosen, lang),
        overload=overload_table(town, solution, lang),
        targets=targets_table(instance, solution, lang),
        index=index_table(town, balance, lang),
        unit_costs=unit_costs_table(chosen, at_end, balance),
        hubs=hubs_table(town, travel, at_end, lang),
        years=years_table(instance, solution, afterwards.years),
        outlook=outlook_table(instance, afterwards.outlook, lang),
        attendance=attendance_table(instance, afterwards.attendance, lang),
    )
