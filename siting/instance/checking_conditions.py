"""Whether conditions speak of uses that may come into question, those of scenarios included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from siting.errors import Finding
from siting.instance.checking_references import find_duplicates, find_unknown
from siting.instance.checking_scenarios import rows_as_table, variants
from siting.instance.given import Given, GivenTable, shown
from siting.instance.settings_file import join_key


def find_errors(given: Given) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of scenarios."""
    for path, table in _of_scenarios(given):
        for found in (*find_duplicates(table), *find_unknown(given, table)):
            yield _within(path, found)


def find_useless(given: Given) -> Iterator[Finding]:
    """Yield a warning for conditions on uses that the class of building does not allow."""
    yield from _not_eligible(given, given["conditions"])
    for path, table in _of_scenarios(given):
        yield from (_within(path, found) for found in _not_eligible(given, table))


def _of_scenarios(given: Given) -> Iterator[tuple[list[str], GivenTable]]:
    """Yield the conditions of each scenario, with the keys that lead to them."""
    for variant in variants(given.settings) if given.settings else ():
        if variant.scenario.conditions:
            rows = variant.scenario.conditions
            yield [*variant.path, "conditions"], rows_as_table(given, "conditions", rows)


def _within(path: list[str], found: Finding) -> Finding:
    return replace(found, row=None, column=join_key([*path, str(found.row), found.column]))


def _not_eligible(given: Given, table: GivenTable) -> list[Finding]:
    buildings, eligibility = given["buildings"].frame, given["eligibility"].frame
    class_of = dict(zip(buildings["building_id"], buildings["class"], strict=True))
    possible = eligibility[eligibility["status"].isin(["allowed", "needs_approval"])]
    uses = set(zip(possible["class"], possible["service_id"], strict=True))
    able = set(possible["class"])
    classes = [class_of.get(b) for b in table.frame["building_id"]]
    services = list(table.frame["service_id"])
    bad = [
        c is not None and (c not in able if s is None else (c, s) not in uses)
        for c, s in zip(classes, services, strict=True)
    ]
    return table.findings(
        np.array(bad, bool),
        "building_id",
        lambda i: f"its class may not become {shown(services[i]) or 'anything'}",
        "the condition says nothing",
        severity="warning",
    )
