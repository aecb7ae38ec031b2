"""Whether years belong to the plan, and people of every year are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from siting.errors import Finding
from siting.instance.checking_scenarios import variants
from siting.instance.given import Given, shown
from siting.instance.settings import Plan, Settings
from siting.instance.settings_file import join_key

_BY_YEAR = ("population", "cohorts")
"""Tables that only a yearly plan reads."""

_CLOSED = re.compile(r"([0-9]{1,3})_([0-9]{1,3})")


def find_errors(given: Given) -> list[Finding]:
    """Return years that cannot be told."""
    if given.settings is None:
        return []
    return [*_no_start(given, given.settings), *_no_base_year(given, given.settings)]


def _no_start(given: Given, settings: Settings) -> Iterator[Finding]:
    for variant in variants(settings):
        plan = variant.settings.plan
        if plan.yearly and plan.start_year is None:
            key = join_key([*variant.path, "plan", "start_year"])
            yield Finding(
                place=given.settings_place,
                column=key,
                rule="must be given where plan.yearly is true",
            )
            if not variant.path:
                return


def _no_base_year(given: Given, settings: Settings) -> list[Finding]:
    cohorts = given["cohorts"]
    if not len(cohorts) or settings.base.year is not None:
        return []
    rule = f"must be given: {cohorts.place} counts the people of that year"
    return [Finding(place=given.settings_place, column="base.year", rule=rule)]


def years_of(plan: Plan) -> range:
    """Return the years of a plan, those after it that are looked at not included."""
    return range(plan.start_year or 1, (plan.start_year or 1) + plan.years)


def _plans(given: Given) -> list[Plan]:
    """Return the plan as it is and as scenarios have it; none without a first year."""
    plans = [v.settings.plan for v in variants(given.settings)] if given.settings else []
    return [plan for plan in plans if plan.start_year is not None]


def _span(plans: Iterable[Plan]) -> str:
    years = sorted({year for plan in plans for year in years_of(plan)})
    return f"{years[0]} to {years[-1]}"


def find_other_years(given: Given) -> Iterator[Finding]:
    """Tell of money and land by year that no year of the plan is given."""
    settings, plans = given.settings, _plans(given)
    if settings is None:
        return
    yearly = any(plan.yearly for plan in plans)
    if settings.budget.years and not yearly:
        yield _doubt(given, ["budget", "years"], "holds only where plan.yearly is true")
    if not plans:
        return
    for variant in variants(settings):
        own = plans if not variant.path else [variant.settings.plan]
        known = {year for plan in own if plan.start_year is not None for year in years_of(plan)}
        said = variant.scenario.plan if variant.path else settings.plan
        budget = (
            ("year_budgets",) if variant.path else ("budget", "years"),
            variant.scenario.year_budgets if variant.path else settings.budget.years,
        )
        land = (("plan", "land_quota_m2"), said.land_quota_m2 if said is not None else {})
        for key, amounts in (budget, land):
            for year in amounts:
                if known and year not in known:
                    path = [*variant.path, *key, str(year)]
                    yield _doubt(given, path, "is no year of the plan", _span(own))


def find_years_without_budget(given: Given) -> Iterator[Finding]:
    """Tell of a year without a limit, before one whose limit counts what is left from earlier."""
    settings = given.settings
    if settings is None or not settings.budget.carry_over or not settings.plan.yearly:
        return
    years = settings.budget.years
    if years and settings.plan.start_year is not None:
        missing = [y for y in years_of(settings.plan) if y < max(years) and y not in years]
        if missing:
            rule = f"has no {missing[0]}: from then on there is no limit"
            yield _doubt(given, ["budget", "years"], rule, "or set budget.carry_over = false")


def _doubt(given: Given, path: list[str], rule: str, remedy: str = "") -> Finding:
    return Finding(
        severity="warning",
        place=given.settings_place,
        column=join_key(path),
        rule=rule,
        remedy=remedy,
    )


def find_unread(given: Given) -> list[Finding]:
    """Return the tables by year that a plan of one period does not read."""
    if given.settings is None or any(plan.yearly for plan in _plans(given)):
        return []
    rule = "is read only where plan.yearly is true"
    return [given[n].about("", rule, severity="warning") for n in _BY_YEAR if len(given[n])]


def find_people_of_other_years(given: Given) -> list[Finding]:
    """Return the rows of `population` for years that are neither planned nor looked at."""
    population, plans = given["population"], [p for p in _plans(given) if p.yearly]
    if not plans:
        return []
    ends = [(years_of(p)[0], years_of(p)[-1] + p.outlook_years) for p in plans]
    known = {year for first, last in ends for year in range(first, last + 1)}
    if given.settings and given.settings.base.year is not None:
        known.add(given.settings.base.year)
    year = population.frame["year"]
    return population.findings(
        (year.notna() & ~year.isin(known)).to_numpy(bool),
        "year",
        "is no year of the plan",
        f"{min(first for first, _ in ends)} to {max(last for _, last in ends)}",
        severity="warning",
    )


def find_gaps_of_birth(given: Given) -> list[Finding]:
    """Return the years of birth that are missing among others, by zone."""
    cohorts = given["cohorts"]
    findings = []
    for zone, rows in cohorts.frame.groupby("zone_id", dropna=False, sort=False):
        years = rows["birth_year"].dropna().astype(int)
        missing = sorted(set(range(years.min(), years.max())) - set(years)) if len(years) else []
        if missing:
            rule = f"has no {missing[0]}" + ("" if pd.isna(zone) else f" for {shown(zone)}")
            findings.append(
                cohorts.about(
                    "birth_year",
                    rule,
                    "groups that hold it stay as they are",
                    severity="warning",
                )
            )
    return findings


def find_groups_without_births(given: Given) -> list[Finding]:
    """Tell of cohorts that no group of ages is wholly among, in any year of the plan."""
    cohorts, settings = given["cohorts"], given.settings
    plans = [plan for plan in _plans(given) if plan.yearly]
    if not len(cohorts) or settings is None or settings.base.year is None or not plans:
        return []
    born = set(cohorts.frame["birth_year"].dropna().astype(int))
    years = {settings.base.year, *(years_of(plan)[0] for plan in plans)}
    for group in given.known("demand.people_*"):
        ages = _CLOSED.fullmatch(group)
        if ages:
            held = {y - age for y in years for age in range(int(ages[1]), int(ages[2]) + 1)}
            if held <= born:
                return []
    rule = "hold no group of demand from its first age to its last"
    remedy = "such as people_6_11, in the base year and the first of the plan"
    return [cohorts.about("birth_year", rule, remedy, severity="warning")]


def find_late_years(given: Given) -> list[Finding]:
    """Return what may only begin after the plan, or had to begin before it."""
    plans = _plans(given)
    if not plans:
        return []
    first = min(years_of(plan)[0] for plan in plans)
    last = max(years_of(plan)[-1] for plan in plans)
    findings = []
    for name, column in (("locks", "year"), ("tenures", "from_year")):
        years = given[name].frame[column].to_numpy(float)
        rule = f"is after the last year of the plan, {last}"
        findings += given[name].findings(years > last, column, rule, severity="warning")
    services = given["services"]
    closed = services.frame["last_opening_year"].to_numpy(float) < first
    rule = f"is before the first year of the plan, {first}"
    remedy = "no site of it may open"
    return findings + services.findings(
        np.asarray(closed), "last_opening_year", rule, remedy, severity="warning"
    )
