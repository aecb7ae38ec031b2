"""Whether settings speak of what the tables hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from siting.errors import Finding
from siting.instance.given import Given, nearest_of, plain_number
from siting.instance.rulebook import RULES
from siting.instance.settings import Settings
from siting.instance.settings_file import join_key
from siting.instance.tables import TABLES

WORKERS = "workers"
_EXACT = 1e-6
_TOLERATED = 0.005


def find_errors(given: Given) -> list[Finding]:
    """Return keys of settings that name what is nowhere, and a population that does not fit."""
    if given.settings is None:
        return []
    return [
        *_rules(given, given.settings),
        *_names(given, given.settings),
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
    """Return the keys that name no service, agency or group."""
    services = given.known("services.service_id")
    agencies = sorted(set(given.column("services", "agency").dropna()) - {""})
    groups = given.known("demand.people_*")
    places: list[tuple[Sequence[str], Iterable[str], str, list[str]]] = [
        (["budget", "agencies"], settings.budget.agencies, "agency", agencies),
        (["speeds_m_s", "groups"], settings.speeds_m_s.groups, "group", groups),
        (["base", "counted_groups"], settings.base.counted_groups, "group", groups),
    ]
    for name, scenario in settings.scenarios.items():
        path = ["scenarios", name]
        places += [
            ([*path, "agency_budgets"], scenario.agency_budgets, "agency", agencies),
            ([*path, "people_factors"], scenario.people_factors, "group", [*groups, "all"]),
            ([*path, "standards_min"], scenario.standards_min, "service", services),
            ([*path, "weights"], scenario.weights, "service", services),
        ]
    for section, names, noun, known in places:
        missing = not groups if noun == "group" else not services
        for name in names:
            if name not in known and not missing:
                remedy = nearest_of(name, known)
                yield _about(given, [*section, name], f"no such {noun}", remedy)


def _zones(given: Given, settings: Settings) -> Iterator[Finding]:
    zones = given["zones"]
    if zones.damaged:
        return
    kind_of = dict(zip(zones.frame["zone_id"], zones.frame["kind"], strict=True))
    kinds = sorted({kind for kind in kind_of.values() if kind})
    no_kind = f"{zones.place} has no zone of this kind"
    if settings.zone_kind and settings.zone_kind not in kinds:
        remedy = nearest_of(settings.zone_kind, kinds)
        yield _valued(given, ["zone_kind"], settings.zone_kind, no_kind, remedy)
    services = given.known("services.service_id")
    for number, minimum in enumerate(settings.minimum_per_zone):
        path, kind = ["minimum_per_zone", str(number)], minimum.zone_kind
        if services and minimum.service_id not in services:
            remedy = nearest_of(minimum.service_id, services)
            rule = "no such service"
            yield _valued(given, [*path, "service_id"], minimum.service_id, rule, remedy)
        if kind not in kinds:
            yield _valued(given, [*path, "zone_kind"], kind, no_kind, nearest_of(kind, kinds))
        elif kind not in given.kinds_of("buildings", "zone_"):
            rule, remedy = "zones of this kind could not be filled", f"give buildings zone_{kind}"
            yield _valued(given, [*path, "zone_kind"], kind, rule, remedy)
        for zone in minimum.zones:
            own = [z for z, k in kind_of.items() if k == kind]
            if kind in kinds and zone not in own:
                rule = f'no such zone of kind "{kind}"'
                yield _valued(given, [*path, "zones"], zone, rule, nearest_of(zone, own))


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
