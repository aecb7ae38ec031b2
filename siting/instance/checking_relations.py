"""Whether what services offer together, need of each other or count for makes sense."""

from __future__ import annotations

import numpy as np

from siting.errors import Finding
from siting.instance.cells import items_of
from siting.instance.given import Given, GivenTable, nearest_of, plain_number, shown

_KINDED = (
    ("links", "zone_kind", ("buildings",)),
    ("services", "own_zone_kind", ("demand", "buildings")),
)
"""Columns that name a kind of zone, with the tables that must say which of them they lie in."""


def find_errors(given: Given) -> list[Finding]:
    """Return relations that nothing could satisfy, or that say nothing."""
    findings = [
        *_own_outputs(given),
        *_hosts(given),
        *_paired_twice(given),
        *_loose_links(given),
    ]
    for name, column, tables in _KINDED:
        findings += _zone_kinds(given, given[name], column, tables)
    return findings


def _own_outputs(given: Given) -> list[Finding]:
    outputs, modules = given["outputs"], given["modules"].frame
    service_of = dict(zip(modules["module_id"], modules["service_id"], strict=True))
    own = outputs.frame["module_id"].map(service_of)
    return outputs.findings(
        (own.notna() & own.eq(outputs.frame["service_id"])).to_numpy(bool),
        "service_id",
        "is the service of the module itself",
        "outputs are what it offers beside",
    )


def _hosts(given: Given) -> list[Finding]:
    modules = given["modules"]
    frame = modules.frame
    host = frame["host_service_id"]
    return [
        *modules.findings(
            (host.notna() & host.eq(frame["service_id"])).to_numpy(bool),
            "host_service_id",
            "must be another service than its own",
        ),
        *modules.findings(
            (host.isna() & (frame["host_capacity"] > 0)).to_numpy(bool),
            "host_capacity",
            "needs a host_service_id",
        ),
    ]


def _paired_twice(given: Given) -> list[Finding]:
    pairs = given["pairs"]
    both = list(zip(pairs.frame["service_id"], pairs.frame["other_service_id"], strict=True))
    alone = np.array([one is not None and one == other for one, other in both], bool)
    first: dict[tuple[object, object], int] = {}
    for position, (one, other) in enumerate(both):
        first.setdefault((one, other), position)
    earlier = [first.get((other, one), len(both)) for one, other in both]
    again = np.array([found < here for here, found in enumerate(earlier)], bool)
    return [
        *pairs.findings(alone, "other_service_id", "must be another service"),
        *pairs.findings(
            again & ~alone,
            "other_service_id",
            lambda i: f'is paired with "{both[i][0]}" already',
            lambda i: f"row {pairs.rows[earlier[i]]}; the order does not count",
        ),
    ]


def _loose_links(given: Given) -> list[Finding]:
    links = given["links"]
    loose = links.frame["zone_kind"].isna() & links.frame["within_min"].isna()
    return links.findings(
        loose.to_numpy(bool), "zone_kind", "must be filled", "or within_min", value=""
    )


def _zone_kinds(
    given: Given, table: GivenTable, column: str, tables: tuple[str, ...]
) -> list[Finding]:
    """Return the cells whose kind of zone is none, or one that no place can be told by."""
    if given["zones"].damaged:
        return []
    cells = table.frame[column]
    rules: list[str] = []
    remedies: list[str] = []
    for kind in cells:
        rule, remedy = zone_kind_rule(given, kind, tables) if isinstance(kind, str) else ("", "")
        rules.append(rule)
        remedies.append(remedy)
    bad = np.array([bool(rule) for rule in rules], bool)
    return table.findings(bad, column, lambda i: rules[i], lambda i: remedies[i])


def zone_kind_rule(given: Given, kind: str, tables: tuple[str, ...]) -> tuple[str, str]:
    """Return the rule that a kind of zone breaks and its remedy, empty where it breaks none.

    `tables` are those that must have a column for the kind.
    """
    kinds = sorted(given.column("zones", "kind").dropna().unique())
    if kind not in kinds:
        return f"{given['zones'].place} has no zone of this kind", nearest_of(kind, kinds)
    for name in tables:
        table = given[name]
        if len(table) and kind not in given.kinds_of(name, "zone_"):
            return f"{table.place} has no column zone_{kind}", ""
    return "", ""


def find_rising_values(given: Given) -> list[Finding]:
    """Return the steps of decay that count more than a nearer one."""
    decay = given["decay"]
    frame = decay.frame.sort_values(["service_id", "minutes"], kind="stable")
    nearer = frame.groupby("service_id")["value"].shift()
    rising = (frame["value"] > nearer).sort_index().to_numpy(bool)
    nearer = nearer.sort_index()
    return decay.findings(
        rising,
        "value",
        lambda i: f"is more than the {plain_number(nearer[i])} of a shorter way",
        severity="warning",
    )


def find_bonus_of_none(given: Given) -> list[Finding]:
    """Return what a pair that may not share a building states for sharing it."""
    pairs = given["pairs"]
    apart = pairs.frame["kind"].eq("incompatible")
    return [
        finding
        for column in ("bonus", "shared_area_m2")
        for finding in pairs.findings(
            (apart & (pairs.frame[column] > 0)).to_numpy(bool),
            column,
            "does not count for an incompatible pair",
            severity="warning",
        )
    ]


def find_untagged(given: Given) -> list[Finding]:
    """Return the tags of targets that neither a module nor a facility has."""
    targets = given["targets"]
    cells = [*given.column("modules", "tags"), *given.column("facilities", "tags")]
    known = list(dict.fromkeys(tag for cell in cells for tag in items_of(cell)))
    tags = targets.frame["tag"]
    return targets.findings(
        (tags.notna() & ~tags.isin(known)).to_numpy(bool),
        "tag",
        "no module and no facility has this tag",
        lambda i: nearest_of(str(tags.iloc[i]), known),
        severity="warning",
    )


def find_missing_spaces(given: Given) -> list[Finding]:
    """Return the sub-spaces that a module may use and no building has."""
    modules, known = given["modules"], given.known("spaces.space")
    if not known:
        return []
    strange = [
        next((item for item in items_of(cell) if item not in known), "")
        for cell in modules.frame["spaces"]
    ]
    return modules.findings(
        np.array([bool(item) for item in strange], bool),
        "spaces",
        "no building has such a space",
        lambda i: nearest_of(strange[i], known),
        value=lambda i: shown(strange[i]),
        severity="warning",
    )
