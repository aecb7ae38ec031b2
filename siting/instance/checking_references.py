"""Whether ids are unique and names exist."""

from __future__ import annotations

import re

import numpy as np

from siting.errors import Finding
from siting.instance.cells import items_of
from siting.instance.given import Given, GivenTable, nearest_of, shown
from siting.instance.instance import KEEP

_NOUN = {
    "services.service_id": "service",
    "services.agency": "agency",
    "modules.module_id": "module",
    "buildings.building_id": "building",
    "buildings.*": "column of buildings",
    "demand.demand_id": "demand point",
    "demand.people_*": "group",
    "network_nodes.node_id": "node",
    "zones.zone_id": "zone",
    "places": "building or facility",
}
_OTHER_SIGNS = re.compile("[,;/，；、]")
"""What people write between several names, too."""
_WITH_ZONES = ("demand", "buildings", "facilities")


def find_errors(given: Given) -> list[Finding]:
    """Return duplicate ids, ids of two tables that must differ, and names that do not exist."""
    findings = []
    for table in given.tables.values():
        if len(table):
            findings += find_duplicates(table)
            findings += find_unknown(given, table)
    return findings + _shared_ids(given) + _unknown_zones(given)


def find_duplicates(table: GivenTable) -> list[Finding]:
    """Return the rows whose key an earlier row has."""
    key = list(table.declared.key)
    needed = [c.name for c in table.declared.columns if c.key and c.required]
    complete = np.flatnonzero(table.frame[needed].notna().all(axis=1))
    keys = table.frame[key].iloc[complete]
    if not keys.duplicated().any():
        return []
    groups = keys.groupby(key, dropna=False, sort=False).ngroup()
    _, first, inverse = np.unique(groups.to_numpy(), return_index=True, return_inverse=True)
    first_of = np.arange(len(table))
    first_of[complete] = complete[first[inverse]]

    def cells(position: int) -> str:
        return ", ".join(s for v in table.frame[key].iloc[position] if (s := shown(v)))

    return table.findings(
        first_of != np.arange(len(table)),
        ", ".join(key),
        "must be unique",
        lambda i: f"also in row {table.rows[first_of[i]]}",
        value=cells,
    )


def find_unknown(given: Given, table: GivenTable) -> list[Finding]:
    """Return the cells that refer to a name that is nowhere."""
    findings = []
    for column in table.declared.columns:
        # Columns of zones depend on their kind; a table that is missing is a finding already.
        if not column.refers_to or column.pattern or _is_missing(given, column.refers_to):
            continue
        known, rule = given.known(column.refers_to), f"no such {_NOUN[column.refers_to]}"
        if column.several:
            findings += _not_all_among(table, column.name, known, rule)
            continue
        if table.declared.name == "locks" and column.name == "module_id":
            known = [*known, KEEP]
        findings += _not_among(table, column.name, known, rule)
    return findings


def _not_among(table: GivenTable, column: str, known: list[str], rule: str) -> list[Finding]:
    cells = table.frame[column]
    return table.findings(
        (cells.notna() & ~cells.isin(known)).to_numpy(bool),
        column,
        rule,
        lambda i: nearest_of(str(cells.iloc[i]), known),
    )


def _not_all_among(table: GivenTable, column: str, known: list[str], rule: str) -> list[Finding]:
    """Return the cells that list a name that is nowhere; the first such name of each."""
    allowed = set(known)
    strangers = [
        next((item for item in items_of(cell) if item not in allowed), "")
        for cell in table.frame[column]
    ]
    return table.findings(
        np.array([bool(stranger) for stranger in strangers], bool),
        column,
        rule,
        lambda i: _list_remedy(strangers[i], known),
        value=lambda i: f'"{strangers[i]}"',
    )


def _list_remedy(item: str, known: list[str]) -> str:
    parts = [part.strip() for part in _OTHER_SIGNS.split(item)]
    return "separate them by |" if set(parts) <= set(known) else nearest_of(item, known)


def _is_missing(given: Given, reference: str) -> bool:
    if reference == "demand.people_*":
        return not given.known(reference)
    table = given.tables.get(reference.partition(".")[0])
    if table is None or len(table):
        return False
    return table.declared.required or table.damaged or table.declared.name == "network_nodes"


def _shared_ids(given: Given) -> list[Finding]:
    buildings, facilities = given["buildings"], given["facilities"]
    rows = dict(zip(buildings.frame["building_id"], buildings.rows, strict=True))
    ids = facilities.frame["facility_id"]
    return facilities.findings(
        (ids.notna() & ids.isin(list(rows))).to_numpy(),
        "facility_id",
        "must differ from every building_id",
        lambda i: f"{buildings.place} row {rows[ids.iloc[i]]}",
    )


def _unknown_zones(given: Given) -> list[Finding]:
    zones = given["zones"]
    if zones.damaged and not len(zones):
        return []
    kind_of = dict(zip(zones.frame["zone_id"], zones.frame["kind"], strict=True))
    kinds = sorted({k for k in kind_of.values() if k is not None})
    findings = []
    for name in _WITH_ZONES:
        table = given[name]
        for kind in given.kinds_of(name, "zone_"):
            column = f"zone_{kind}"
            if kind not in kinds:
                rule = f'{zones.place} has no zone of kind "{kind}"'
                findings.append(table.about(column, rule, nearest_of(kind, kinds)))
                continue
            findings += _not_among(table, column, list(kind_of), "no such zone")
            findings += _of_other_kind(table, column, kind_of, kind)
    return findings


def _of_other_kind(
    table: GivenTable, column: str, kind_of: dict[str, str], kind: str
) -> list[Finding]:
    found = table.frame[column].map(kind_of)
    return table.findings(
        (found.notna() & found.ne(kind)).to_numpy(bool),
        column,
        f'must be a zone of kind "{kind}"',
        lambda i: f'it is one of kind "{found.iloc[i]}"',
    )


def find_unused_kinds(given: Given) -> list[Finding]:
    """Return the kinds of zone that no table has a column for."""
    zones = given["zones"]
    used = {kind for name in _WITH_ZONES for kind in given.kinds_of(name, "zone_")}
    first = zones.frame.drop_duplicates("kind")
    return [
        zones.about(
            "kind",
            f"no table has a column zone_{kind}",
            row=int(zones.rows[position]),
            value=shown(kind),
            severity="warning",
        )
        for position, kind in first["kind"].dropna().items()
        if kind not in used
    ]
