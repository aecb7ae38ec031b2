"""Which rows came back: none deleted, unknown, twice, or changed in what is not the reviewers'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from siting.errors import Finding
from siting.report.answers import LANGS
from siting.report.labels import service_names
from siting.review.fields import FIELDS, KEY, OURS, REVIEWERS
from siting.review.layers.sites import PRICES
from siting.review.returns.cells import meant, number_in, plain, text_of, trimmed, yes_in
from siting.review.returns.checks import Spot, alike
from siting.review.returns.returned import empty

if TYPE_CHECKING:
    import geopandas as gpd

    from siting.instance.instance import Instance
    from siting.review.returns import Return

Key = tuple[str, str, str]

_TYPES = {field.name: field.type for field in FIELDS}
_HIDDEN = ("name", "address", "owner")
_NEAR, _RELATIVELY = 1e-6, 1e-9
"""Numbers that differ by less are the same: text formats keep six decimals."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One row of a return.

    Attributes
    ----------
    position
        In the table of the return.
    key
        Building, service and department, as ids.
    spot
        Where it stands.
    cells
        By field, None where empty.
    added
        Whether it was not among the exported ones.
    """

    position: int
    key: Key
    spot: Spot
    cells: dict[str, Any]
    added: bool = False

    @property
    def speaks(self) -> bool:
        """Whether a reviewer filled in anything that decides."""
        words = ("decision", "reason", "proposed_use", "condition")
        amounts = ("extra_cost", "delay_years", "max_area_m2")
        return (
            any(self.cells.get(name) is not None for name in words)
            or any(number_in(self.cells.get(name, 0) or 0) != 0 for name in amounts)
            or yes_in(self.cells.get("commit")) is not False
        )


def name_rows(
    returned: Return, instance: Instance, departments: Sequence[str]
) -> tuple[list[Row], list[Finding]]:
    """Return the rows whose building, service and department are known, and what is wrong."""
    rows: list[Row] = []
    findings: list[Finding] = []
    services = known_services(instance)
    buildings = [str(name) for name in instance.buildings["building_id"]]
    known = set(buildings)
    names = [name for name in returned.table.columns if name not in {"feature", "geometry"}]
    for position, values in enumerate(returned.table.to_dict("records")):
        cells = {name: values[name] for name in names}
        said = {name: trimmed(text_of(cells.get(name))) for name in KEY}
        building_id, word, department = (said[name] for name in KEY)
        service_id = meant(word, services) or ""
        spot = replace(
            returned.spot,
            feature=values["feature"],
            building_id=building_id,
            service_id=service_id or word,
            department=department,
        )
        faults = [
            spot.about("key_missing", column=n) for n in KEY[:2] if n in names and not said[n]
        ]
        if building_id and building_id not in known:
            near = alike(building_id, buildings)
            value = f'"{building_id}"'
            faults.append(spot.about("no_building", column=KEY[0], value=value, nearest=near))
        if word and not service_id:
            near = alike(word, list(services))
            faults.append(spot.about("no_service", column=KEY[1], value=f'"{word}"', nearest=near))
        if departments and "department" in names and department not in departments:
            near = alike(department, departments) or ", ".join(departments)
            value = f'"{department}"'
            faults.append(spot.about("no_department", column=KEY[2], value=value, nearest=near))
        findings += faults
        if not faults and {KEY[0], KEY[1]} <= set(names):
            key = (building_id, service_id, department)
            rows.append(Row(position=position, key=key, spot=spot, cells=cells))
    return rows, findings


def known_services(instance: Instance) -> dict[str, str]:
    """Return the id of each service by its id and by its names, as they are compared."""
    named = {plain(n): s for lang in LANGS for s, n in service_names(instance, lang).items()}
    return named | {plain(str(s)): str(s) for s in instance.services["service_id"]}


def sensitive_buildings(instance: Instance) -> set[str]:
    """Return the buildings of which a public edition does not say where they are."""
    marked = [not empty(said) and bool(said) for said in instance.buildings["sensitive"]]
    return {str(name) for name in instance.buildings["building_id"][marked]}


def compare_rows(
    rows: Sequence[Row],
    returned: Return,
    exported: gpd.GeoDataFrame,
    *,
    instance: Instance,
    departments: Sequence[str],
) -> tuple[list[Row], list[Finding]]:
    """Return the rows without repetitions, those added by hand marked, and what is wrong.

    Rows of one key that decide differently are all kept: two reviewers disagree.
    """
    ours = {tuple(text_of(row[n]) for n in KEY): row for row in exported.to_dict("records")}
    uses = {key[:2]: row for key, row in ours.items()}
    sensitive = sensitive_buildings(instance)
    first: dict[Key, Row] = {}
    kept: list[Row] = []
    findings: list[Finding] = []
    for row in rows:
        if row.key in first and not _differ(first[row.key], row):
            other = first[row.key].spot.feature
            findings.append(row.spot.about("duplicate", other=other))
            continue
        own = replace(row, added=row.key[:2] not in uses)
        first.setdefault(row.key, own)
        kept.append(own)
        if own.added:
            findings += _by_hand(own, instance)
        elif not returned.only_verdicts:
            was = ours.get(row.key, uses[row.key[:2]])
            hidden = row.key[0] in sensitive
            findings += _edits(own, was, hidden=hidden, text_bytes=returned.text_bytes)
    if not returned.only_verdicts:
        findings += _deleted(returned, list(ours), set(first), departments)
    return kept, findings


def _differ(one: Row, other: Row) -> bool:
    """Whether two rows of one key both decide, and not the same; that is a disagreement."""
    if not (one.speaks and other.speaks):
        return False
    said = [tuple(trimmed(text_of(row.cells.get(n))) for n in REVIEWERS) for row in (one, other)]
    return said[0] != said[1]


def _by_hand(row: Row, instance: Instance) -> Iterator[Finding]:
    if not row.speaks:
        yield row.spot.about("says_nothing")
        return
    yield row.spot.about("by_hand")
    building = instance.buildings.set_index("building_id").loc[row.key[0]]
    table = instance.eligibility
    suits = (table["class"] == building["class"]) & (table["service_id"] == row.key[1])
    status = [str(said) for said in table.loc[suits, "status"]]
    if not status or status == ["forbidden"]:
        yield row.spot.about("not_eligible", why=str(building["class"]))


def _deleted(
    returned: Return, ours: Sequence[tuple[str, ...]], there: set[Key], departments: Sequence[str]
) -> Iterator[Finding]:
    """Yield the rows that did not come back; departments of which none did are named once."""
    if departments:
        back = {key[2] for key in there}
        gone = [d for d in departments if d not in back]
        if len(back) > 1:  # else it is the form of one department
            for department in gone:
                yield replace(returned.spot, department=department).about("department_gone")
        missing = [key for key in ours if key[2] not in gone and key not in there]
    else:
        uses = {key[:2] for key in there}
        missing = [key for key in ours if key[:2] not in uses]
    for building_id, service_id, department in missing:
        yield replace(
            returned.spot, building_id=building_id, service_id=service_id, department=department
        ).about("deleted")


def _edits(
    row: Row, ours: dict[str, Any], *, hidden: bool, text_bytes: int | None
) -> Iterator[Finding]:
    """Yield what a row says otherwise than it was exported.

    A public edition says nothing of where a sensitive site (`hidden`) is, and its id for its name.
    """
    for name in OURS:
        if name in KEY or name not in row.cells:
            continue
        if hidden and name in _HIDDEN and text_of(row.cells[name]) in {"", row.key[0]}:
            continue
        if name in PRICES and (empty(ours[name]) or empty(row.cells[name])):
            continue
        if not same(ours[name], row.cells[name], _TYPES[name], text_bytes):
            was, now = (_shown(cell) for cell in (ours[name], row.cells[name]))
            check = "price_differs" if name in PRICES else "edited"
            yield row.spot.about(check, column=name, value=now, ours=was)


def _shown(cell: object) -> str:
    return "empty" if empty(cell) else f'"{trimmed(text_of(cell))}"'


def same(ours: object, theirs: object, kind: str, text_bytes: int | None = None) -> bool:
    """Whether a cell still says what it said.

    Numbers to six decimals, text whatever its blanks; a text that was too long for its format may
    have lost its end.
    """
    if empty(ours) or empty(theirs):
        return empty(ours) and empty(theirs)
    if kind in {"number", "whole"}:
        one, other = number_in(ours), number_in(theirs)
        if one is None or other is None:
            return False
        return abs(one - other) <= _NEAR + _RELATIVELY * abs(one)
    was, now = ("".join(text_of(cell).split()) for cell in (ours, theirs))
    cut = text_bytes is not None and len(text_of(ours).encode()) > text_bytes
    return now == was or (cut and was.startswith(now.removesuffix("…")))
