"""What reviewers entered meanwhile, kept when a run is published again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siting.errors import Finding
from siting.review.database.problems import finding
from siting.review.database.tables import KEY_COLUMN, SHAPE_COLUMN
from siting.review.fields import FIELDS, LAYER, OURS, REVIEWERS
from siting.review.layers.sites import PRICES
from siting.review.returns.cells import text_of

Row = dict[str, Any]

_FACTS = tuple(name for name in OURS if name != "price_says")
_NUMBERS = tuple(
    f.name for f in FIELDS if not f.reviewers and (f.type in {"number", "whole"} or "_id" in f.name)
)
_NEAR, _RELATIVELY = 1e-6, 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Merged:
    """Rows of the reviewed table, and what has to be said of them.

    Attributes
    ----------
    kept
        How many hold something that a reviewer entered.
    """

    rows: tuple[Row, ...]
    kept: int
    findings: tuple[Finding, ...]


def merge(
    before: Sequence[Row],
    rows: Sequence[Row],
    departments: Sequence[str],
    place: str,
    *,
    same_place: bool,
    same_lang: bool,
) -> Merged:
    """Return rows with our facts as they are now and the reviewers' fields as they stand.

    A row is known by building, service and department; where no department is required by name,
    by the first two, since the department is the reviewer's. Rows that reviewers added stay; so do
    rows with a verdict that are laid before nobody any more, and say so.

    Parameters
    ----------
    before
        All rows that the table holds, each with its key.
    rows
        All rows as they are published now.
    place
        The table, for findings.
    same_place
        Whether the table keeps its reference system.
    same_lang
        Whether it keeps its language; where not, only numbers and ids can be compared.
    """
    compared = _FACTS if same_lang else _NUMBERS
    by_key: dict[tuple[str, ...], list[Row]] = {}
    for old in before:
        by_key.setdefault(_key(old, departments), []).append(old)
    merged: list[Row] = []
    findings: list[Finding] = []
    for row in rows:
        for old in by_key.pop(_key(row, departments), [{KEY_COLUMN: None}]):
            theirs = {name: old[name] for name in REVIEWERS if name in old}
            if departments:
                theirs["department"] = row["department"]
            merged.append({**row, **theirs, KEY_COLUMN: old[KEY_COLUMN]})
            if speaks(old, departments):
                findings += _changes(old, row, compared, place)
    for old in (old for rest in by_key.values() for old in rest):
        added = not old.get("run_id")
        if added or speaks(old, departments):
            findings += _left_over(old, place, added=added, same_place=same_place)
            merged.append(old if same_place else {**old, SHAPE_COLUMN: None})
    return Merged(
        rows=tuple(merged),
        kept=sum(speaks(row, departments) for row in merged),
        findings=tuple(findings),
    )


def _left_over(old: Row, place: str, *, added: bool, same_place: bool) -> Iterator[Finding]:
    """Yield what is to be said of a row that is kept though it is not published any more."""
    if not added:
        yield _about(old, place, "not_exported", verdict=said(old))
    if not same_place and old.get(SHAPE_COLUMN) is not None:
        yield _about(old, place, "point_dropped")


def speaks(row: Mapping[str, Any], departments: Sequence[str]) -> bool:
    """Whether a reviewer entered anything in a row."""
    return any(
        row.get(name) not in {None, "", False}
        for name in REVIEWERS
        if not (name == "department" and departments)
    )


def said(row: Mapping[str, Any]) -> str:
    """Return the verdict of a row in short: decision and reviewer."""
    decision = row.get("decision") or ("commit" if row.get("commit") else "-")
    return ", ".join(filter(None, [str(decision), row.get("reviewer")]))


def _key(row: Mapping[str, Any], departments: Sequence[str]) -> tuple[str, ...]:
    names = ("building_id", "service_id", *(("department",) if departments else ()))
    return tuple(str(row.get(name) or "") for name in names)


def _changes(old: Row, row: Row, names: Sequence[str], place: str) -> Iterator[Finding]:
    """Yield our facts that are other ones than those that a verdict was given on.

    A price that was not known before is no change.
    """
    for name in names:
        was, now = old.get(name), row.get(name)
        if name in old and not (_alike(was, now) or (name in PRICES and was is None)):
            about = {"verdict": said(old), "was": text_of(was), "now": text_of(now)}
            yield _about(old, place, "facts_changed", column=name, **about)


def _alike(one: object, other: object) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) <= _NEAR + _RELATIVELY * abs(one)
    return ("" if one is None else one) == ("" if other is None else other)


def _about(row: Row, place: str, check: str, **about: str) -> Finding:
    use = [str(row.get(name) or "") for name in ("building_id", "service_id", "department")]
    return finding(
        place,
        check,
        layer=LAYER,
        feature=f"fid {row[KEY_COLUMN]} ({', '.join(filter(None, use))})",
        building_id=use[0],
        service_id=use[1],
        department=use[2],
        **about,
    )
