"""Whether settings speak of what the tables hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from siting.errors import Finding
from siting.instance.checking_references import find_duplicates, find_unknown
from siting.instance.checking_relations import zone_kind_rule
from siting.instance.checking_scenarios import rows_as_table, variants
from siting.instance.given import Given, nearest_of, plain_number
from siting.instance.rulebook import RULES
from siting.instance.settings import Settings
from siting.instance.settings_file import join_key
from siting.instance.tables import TABLES

WORKERS = "workers"
_BY_ZONE = {
    "minimum_per_zone": ("buildings",),
    "maximum_per_zone": ("buildings",),
    "zone_floor": ("demand",),
    "self_sufficiency": ("demand", "buildings"),
    "reserve": ("buildings",),
}
"""Lists of settings that speak of zones, with the tables that must say which zone they lie in."""
_EXACT = 1e-6
_TOLERATED = 0.005


def find_errors(given: Given) -> list[Finding]:
    """Return keys of settings that name what is nowhere, and a population that does not fit."""
    if given.settings is None:
        return []
    return [
        *_rules(given, given.settings),
        *_names(given, given.settings),
        *_shares(given, given.settings),
        *_priorities(given, given.settings),
        *_other_zones(given, given.settings),
        *_zones(given, given.settings),
        *_population(given, given.settings),
    ]


def _about(given: Given, path: Iterable[str], rule: str, remedy: str = "") -> Finding:
    return Finding(
        place=given.settings_place, column=join_key(list(path)), rule=rule, remedy=remedy
    )


def _rules(given: Given, settings: Settings) -> Iterator[Finding]:
    switches: list[tuple[list[str], dict[str, bool]]] = [(["rules"], settings.rules)]
    switches += [(["scenarios", n, "rules"], s.rules) for n, s in settings.scenarios.items()]
    switchable = [rule.id for rule in RULES.values() if rule.switchable]
    for path, rules in switches:
        for rule, on in rules.items():
            if rule not in RULES:
                yield _about(given, [*path, rule], "no such rule", nearest_of(rule, switchable))
            elif not on and rule not in switchable:
                yield _about(given, [*path, rule], "this rule cannot be switched off")
    for table in settings.tables:
        if table not in TABLES:
            known = list(TABLES)
            yield _about(given, ["tables", table], "no such table", nearest_of(table, known))


def _names(given: Given, settings: Settings) -> Iterator[Finding]:
    """Return the keys and names that are no service, agency, group, zone or fund."""
    budget, plan = settings.budget, settings.plan
    said: list[tuple[Sequence[str], Iterable[str], str]] = [
        (["budget", "agencies"], budget.agencies, "agency"),
        (["budget", "agency_shares"], budget.agency_shares, "agency"),
        (["budget", "zones"], budget.zones, "zone"),
        (["speeds_m_s", "groups"], settings.speeds_m_s.groups, "group"),
        (["base", "counted_groups"], settings.base.counted_groups, "group"),
        (["plan", "rent_free_services"], plan.rent_free_services, "service"),
    ]
    if settings.first_refusal is not None:
        said.append((["first_refusal", "services"], settings.first_refusal.services, "service"))
    for name, scenario in settings.scenarios.items():
        path = ["scenarios", name]
        services = scenario.plan.rent_free_services if scenario.plan is not None else ()
        said += [
            ([*path, "agency_budgets"], scenario.agency_budgets, "agency"),
            ([*path, "zone_budgets"], scenario.zone_budgets, "zone"),
            ([*path, "fund_amounts"], scenario.fund_amounts, "fund"),
            ([*path, "people_factors"], set(scenario.people_factors) - {"all"}, "group"),
            ([*path, "standards_min"], scenario.standards_min, "service"),
            ([*path, "weights"], scenario.weights, "service"),
            ([*path, "ranks"], scenario.ranks, "service"),
            ([*path, "plan", "rent_free_services"], services, "service"),
        ]
    known = _known(given)
    for section, names, noun in said:
        for name in names:
            if noun in known and name not in known[noun]:
                remedy = nearest_of(name, known[noun])
                yield _about(given, [*section, name], f"no such {noun}", remedy)


def _known(given: Given) -> dict[str, list[str]]:
    """Return the names by what they name; a table that is missing is a finding already."""
    known = {
        "service": given.known("services.service_id"),
        "agency": sorted(set(given.column("services", "agency").dropna()) - {""}),
        "group": given.known("demand.people_*"),
    }
    if not known["service"]:
        del known["agency"]
    known = {noun: names for noun, names in known.items() if names or noun == "agency"}
    for noun, table in (("zone", "zones"), ("fund", "funds")):
        if not given[table].damaged:
            known[noun] = given.known(f"{table}.{noun}_id")
    return known


def _shares(given: Given, settings: Settings) -> Iterator[Finding]:
    shares = settings.budget.agency_shares
    total = math.fsum(shares.values())
    if total > 1 + _EXACT:
        rule = f"add up to {plain_number(round(total, 9))} of the capital"
        yield _about(given, ["budget", "agency_shares"], rule, "at most 1")


def _priorities(given: Given, settings: Settings) -> Iterator[Finding]:
    """Return what is wrong with the rows that scenarios add to `priorities`."""
    for name, scenario in settings.scenarios.items():
        if scenario.priorities:
            table = rows_as_table(given, "priorities", scenario.priorities)
            for found in (*find_duplicates(table), *find_unknown(given, table)):
                path = ["scenarios", name, "priorities", str(found.row), found.column]
                yield replace(found, row=None, column=join_key(path))


def _zones(given: Given, settings: Settings) -> Iterator[Finding]:
    if given["zones"].damaged:
        return
    services = given.known("services.service_id")
    zones = given["zones"].frame
    for section, tables in _BY_ZONE.items():
        for number, row in enumerate(getattr(settings, section)):
            path = [section, str(number)]
            service = getattr(row, "service_id", None)
            if service is not None and services and service not in services:
                remedy = nearest_of(service, services)
                yield _valued(given, [*path, "service_id"], service, "no such service", remedy)
            asked = (*tables, "demand") if getattr(row, "credit_share", None) else tables
            yield from _kind(given, [*path, "zone_kind"], row.zone_kind, asked)
            own = list(zones.loc[zones["kind"] == row.zone_kind, "zone_id"].dropna())
            for zone in row.zones:
                if own and zone not in own:
                    rule = f'no such zone of kind "{row.zone_kind}"'
                    yield _valued(given, [*path, "zones"], zone, rule, nearest_of(zone, own))


def _other_zones(given: Given, settings: Settings) -> Iterator[Finding]:
    """Return the kinds of zone that are said outside of lists and are none."""
    if given["zones"].damaged:
        return
    said: list[tuple[Sequence[str], str, tuple[str, ...]]] = [
        (["zone_kind"], settings.zone_kind, ())
    ]
    if settings.first_refusal is not None:
        kind = settings.first_refusal.zone_kind
        said.append((["first_refusal", "zone_kind"], kind, ("demand", "buildings")))
    for variant in variants(settings):
        own = variant.scenario if variant.path else settings
        if own.objective is not None:
            path = [*variant.path, "objective", "equity_zone_kind"]
            said.append((path, own.objective.equity_zone_kind, ("demand",)))
    for key, kind, tables in said:
        if kind:
            yield from _kind(given, key, kind, tables)


def _kind(
    given: Given, path: Sequence[str], kind: str, tables: tuple[str, ...]
) -> Iterator[Finding]:
    rule, remedy = zone_kind_rule(given, kind, tables)
    if rule:
        yield _valued(given, path, kind, rule, remedy)


def _valued(given: Given, path: Sequence[str], value: str, rule: str, remedy: str) -> Finding:
    return Finding(
        place=given.settings_place,
        column=join_key(path),
        value=f'"{value}"',
        rule=rule,
        remedy=remedy,
    )


def _population(given: Given, settings: Settings) -> Iterator[Finding]:
    base, demand = settings.base, given["demand"].frame
    groups = given.known("demand.people_*")
    counted = base.counted_groups or [g for g in groups if g != WORKERS]
    if base.population is None or not len(demand) or not set(counted) <= set(groups):
        return
    people = float(np.nansum(demand[[f"people_{g}" for g in counted]].to_numpy(float)))
    off = people / base.population - 1
    if abs(off) <= _EXACT:
        return
    direction = "more" if off > 0 else "fewer"
    yield Finding(
        severity="warning" if abs(off) <= _TOLERATED else "error",
        place=given.settings_place,
        column="base.population",
        value=plain_number(base.population),
        rule=f"demand has {plain_number(round(people, 3))} people, {abs(off):.2%} {direction}",
        remedy="at most 0.5% is tolerated" if abs(off) > _TOLERATED else "",
    )
