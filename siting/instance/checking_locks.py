"""Whether decisions already taken can be kept, those of scenarios included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.errors import Finding
from siting.instance.checking_references import find_duplicates, find_unknown
from siting.instance.checking_scenarios import rows_as_table
from siting.instance.checking_services import find_foreign_modules
from siting.instance.given import Given, GivenTable
from siting.instance.instance import KEEP
from siting.instance.settings_file import join_key

_WHAT = ["building_id", "service_id", "module_id"]


def find_errors(given: Given) -> list[Finding]:
    """Return what is wrong with the table `locks` and the locks of scenarios."""
    findings = _check(given, given["locks"]) if len(given["locks"]) else []
    scenarios = given.settings.scenarios if given.settings else {}
    for name, scenario in scenarios.items():
        if not scenario.locks:
            continue
        table = rows_as_table(given, "locks", scenario.locks)
        found = [*find_duplicates(table), *find_unknown(given, table), *_check(given, table)]
        findings += [
            replace(
                f, row=None, column=join_key(["scenarios", name, "locks", str(f.row), f.column])
            )
            for f in found
        ]
    return findings


def _check(given: Given, table: GivenTable) -> list[Finding]:
    return [
        *find_foreign_modules(given, table),
        *_incomplete_commitments(table),
        *_nothing_to_keep(given, table),
        *_two_commitments(table),
        *_contradictions(table),
    ]


def _incomplete_commitments(table: GivenTable) -> list[Finding]:
    frame = table.frame
    committed = frame["status"].eq("committed")
    remedy = "a committed conversion names service and module"
    findings = []
    for column in ("service_id", "module_id"):
        bad = committed & frame[column].isna()
        findings += table.findings(bad.to_numpy(bool), column, "must be filled", remedy)
    return findings + table.findings(
        (committed & frame["module_id"].eq(KEEP)).to_numpy(bool),
        "module_id",
        "must be a module to build",
        "status required holds a facility as it is",
    )


def _nothing_to_keep(given: Given, table: GivenTable) -> list[Finding]:
    facilities = given["facilities"].frame
    changing = set(zip(facilities["building_id"], facilities["service_id"], strict=True))
    inside = {building for building, _ in changing}
    locks = zip(table.frame["building_id"], table.frame["service_id"], strict=True)
    kept = [b in inside if s is None else (b, s) in changing for b, s in locks]
    bad = table.frame["module_id"].eq(KEEP).to_numpy(bool) & ~np.array(kept, bool)
    return table.findings(bad, "module_id", "no facility in this building may be kept")


def _two_commitments(table: GivenTable) -> list[Finding]:
    frame = table.frame
    committed = frame[frame["status"].eq("committed")].dropna(subset=_WHAT)
    committed = committed.drop_duplicates(_WHAT)
    bad = np.zeros(len(table), bool)
    bad[committed.index] = committed.duplicated(["building_id", "service_id"])
    return table.findings(bad, "module_id", "a building has at most one module of a service")


def _contradictions(table: GivenTable) -> list[Finding]:
    """Return locks that ask for what another forbids altogether."""
    frame = table.frame
    forbidden = frame[frame["status"].eq("forbidden")]
    barring: dict[tuple[object, ...], int] = {}
    for position, *what in forbidden[_WHAT].itertuples():
        barring.setdefault(tuple(what), position)
    by: list[int | None] = []
    for status, building, service, module in frame[["status", *_WHAT]].itertuples(index=False):
        wider = [(building, s, m) for s in {None, service} for m in {None, module}]
        bars = [barring[what] for what in wider if what in barring]
        by.append(min(bars) if bars and status in {"required", "committed"} else None)
    return table.findings(
        np.array([b is not None for b in by], bool),
        "status",
        "contradicts a lock that forbids it",
        lambda i: f"row {table.rows[by[i]]}",
    )
