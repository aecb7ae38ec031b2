"""Whether settings and tables fit each other: all checks, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from siting.errors import Finding
from siting.instance import (
    checking_aims,
    checking_buildings,
    checking_conditions,
    checking_locks,
    checking_places,
    checking_references,
    checking_relations,
    checking_scenarios,
    checking_services,
    checking_settings,
    checking_years,
)
from siting.instance.gathering import gather
from siting.instance.given import Given

Check = Callable[[Given], Iterable[Finding]]

_ERRORS: tuple[Check, ...] = (
    checking_references.find_errors,
    checking_services.find_errors,
    checking_relations.find_errors,
    checking_buildings.find_errors,
    checking_locks.find_errors,
    checking_conditions.find_errors,
    checking_places.find_errors,
    checking_settings.find_errors,
    checking_scenarios.find_errors,
    checking_years.find_errors,
    checking_aims.find_errors,
)

_DOUBTS: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (checking_services.find_unneeded, ("services", "needs", "demand", "targets", "links")),
    (checking_services.find_without_module, ("services", "modules", "outputs")),
    (checking_services.find_too_large, ("modules", "buildings")),
    (checking_services.find_unmatched_classes, ("buildings", "eligibility")),
    (checking_conditions.find_useless, ("conditions", "buildings", "eligibility")),
    (checking_services.find_bought_and_rented, ("buildings",)),
    (checking_services.find_crowded_facilities, ("buildings", "facilities")),
    (checking_buildings.find_large_tenures, ("buildings", "tenures")),
    (checking_buildings.find_unpaid, ("buildings", "tenures")),
    (checking_buildings.find_changing_outside, ("facilities",)),
    (checking_relations.find_rising_values, ("decay",)),
    (checking_relations.find_bonus_of_none, ("pairs",)),
    (checking_relations.find_untagged, ("targets", "modules", "facilities")),
    (checking_relations.find_missing_spaces, ("modules", "spaces")),
    (checking_scenarios.find_unread_years, ()),
    (checking_years.find_other_years, ()),
    (checking_years.find_years_without_budget, ()),
    (checking_years.find_unread, ("population", "cohorts")),
    (checking_years.find_people_of_other_years, ("population",)),
    (checking_years.find_gaps_of_birth, ("cohorts",)),
    (checking_years.find_groups_without_births, ("cohorts", "demand")),
    (checking_years.find_late_years, ("locks", "tenures", "services")),
    (checking_places.find_strays, ("demand", "buildings", "facilities", "network_nodes")),
    (checking_places.find_short_edges, ("network_nodes", "network_edges")),
    (checking_places.find_endless_ways, ("travel",)),
    (checking_places.find_two_sources, ("travel", "network_edges")),
    (checking_references.find_unused_kinds, ("zones", "demand", "buildings", "facilities")),
)
"""Checks that only warn, with the tables that they rest on."""


def check_instance(path: str | Path, *, datum: str = "") -> list[Finding]:
    """Return all that is wrong with the instance at a path, errors first.

    See `siting.instance.reading.read_instance` for what a path and a datum may be.
    """
    return check_given(*gather(Path(path), datum))


def check_given(given: Given, findings: Iterable[Finding]) -> list[Finding]:
    """Return all that is wrong, `findings` of reading included, errors first.

    A doubt is not raised while a table that it rests on has errors or could not be read: it would
    only repeat that.
    Of several findings about one cell the first is kept.
    """
    found = list(findings)
    for check in _ERRORS:
        found += check(given)
    broken = {f.place for f in found if f.severity == "error"}
    for doubt, tables in _DOUBTS:
        if not any(given[name].damaged or given[name].place in broken for name in tables):
            found += doubt(given)
    first: dict[object, Finding] = {}
    for finding in found:
        cell = (finding.place, finding.row, finding.column)
        first.setdefault(finding if finding.row is None else cell, finding)
    return sorted(first.values(), key=lambda f: f.severity)
