"""Rows taken from a foreign table, and the columns of an instance made from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.errors import Finding, InstanceError, nearest
from siting.instance.adopt.foreign import as_text, read_foreign
from siting.instance.adopt.mapping import Condition, Expression, File, Source
from siting.instance.given import name_some


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Rows of one source.

    Attributes
    ----------
    source
        Where they come from.
    place
        Where the mapping speaks of them: its name and the path of keys.
    cells
        Cells as text, empty ones missing; the index is the position in the file.
    read
        Number of rows of the file, those left out included.
    found
        Collects what is wrong, in the terms of the foreign file or of the mapping.
    """

    source: Source
    place: tuple[str, str]
    cells: pd.DataFrame
    read: int
    found: list[Finding]


def take_rows(
    source: Source, data: Path, crs: str, place: tuple[str, str], found: list[Finding]
) -> Rows | None:
    """Read a source, join what it joins and leave out what it does not want.

    None when the file cannot be read; the reason is then among `found`.
    """
    cells = _load(source, data, crs, place, found)
    if cells is None:
        return None
    rows = Rows(source=source, place=place, cells=cells, read=len(cells), found=found)
    for number, join in enumerate(source.join):
        section = (place[0], f"{place[1]}.join[{number}]")
        other = _load(join, data, crs, section, found)
        known = _known(rows, join.on, f"join[{number}].on")
        if other is None or not known:
            continue
        if join.key not in other.columns:
            found.append(_no_column(section, "key", join.key, join.file, other))
            continue
        rows = _joined(rows, other, number)
    keep = pd.Series(True, rows.cells.index)
    for name, condition in source.where.items():
        if _known(rows, name, f"where.{name}"):
            keep &= _holds(rows, name, condition)
    return replace(rows, cells=rows.cells[keep])


def make_column(rows: Rows, name: str, expression: Expression, *, numeric: bool) -> pd.Series[Any]:
    """Return one column of the instance, indexed as the rows are.

    Parameters
    ----------
    rows
        Where it is made from.
    name
        Column that it becomes.
    expression
        How it is made.
    numeric
        Whether the column holds numbers.
    """
    section = f"columns.{name}"
    known = [_known(rows, column, section) for column in expression.reads]
    if not all(known):
        return pd.Series(np.nan, rows.cells.index, dtype=object)
    made = _origin(rows, expression)
    if expression.map:
        made = _mapped(rows, made, expression, section)
    if expression.default is not None:
        made = made.where(made.notna(), expression.default)
    if not numeric and not expression.numeric:
        return made
    numbers = _numbers(rows, made, expression.column or name)
    if expression.factor is not None:
        numbers = numbers * expression.factor
    return numbers if expression.round is None else numbers.round(expression.round)


def _origin(rows: Rows, expression: Expression) -> pd.Series[Any]:
    cells = rows.cells
    if expression.sum:
        parts = [_numbers(rows, cells[name], name) for name in expression.sum]
        return pd.concat(parts, axis=1).sum(axis=1, min_count=1).astype(object)
    if expression.text is not None:
        return _composed(cells, expression)
    if expression.column is not None:
        return cells[expression.column]
    return pd.Series([expression.value] * len(cells), cells.index, dtype=object)


def _composed(cells: pd.DataFrame, expression: Expression) -> pd.Series[Any]:
    made = pd.Series("", cells.index, dtype=object)
    for literal, name in expression.parts:
        made += literal if name is None else literal + cells[name].fillna("")
    made = made.str.split().str.join(" ")
    return made.where(cells[list(expression.reads)].notna().any(axis=1))


def _mapped(
    rows: Rows, cells: pd.Series[Any], expression: Expression, section: str
) -> pd.Series[Any]:
    unlisted = cells[~cells.isin(list(expression.map)) & cells.notna()].value_counts()
    if expression.default is None:
        rows.found.extend(
            Finding(
                place=rows.place[0],
                column=f"{rows.place[1]}.{section}.map",
                value=str(value),
                rule=f"{count} rows of {rows.source.file} hold this value, which is not listed",
                remedy="list it, give a default, or leave those rows out by where",
            )
            for value, count in unlisted.sort_index().items()
        )
    return pd.Series([expression.map.get(cell) for cell in cells], cells.index, dtype=object)


def _numbers(rows: Rows, cells: pd.Series[Any], name: str) -> pd.Series[float]:
    text = cells.astype("str").str.replace(rows.source.decimal, ".", regex=False)
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    bad = cells.notna() & ~np.isfinite(numbers)
    rows.found.extend(
        name_some(
            np.flatnonzero(bad),
            lambda i: Finding(
                place=rows.source.file,
                row=int(cells.index[i]) + 2,
                column=name,
                value=str(cells.iloc[i]),
                rule="must be a number",
            ),
        )
    )
    return numbers.where(~bad)


def _holds(rows: Rows, name: str, condition: Condition) -> pd.Series[bool]:
    cells = rows.cells[name]
    holds = ~cells.isin([as_text(value) for value in condition.none_of])
    if condition.one_of is not None:
        holds &= cells.isin([as_text(value) for value in condition.one_of])
    if condition.at_least is not None or condition.at_most is not None:
        numbers = _numbers(rows, cells, name)
        low = -np.inf if condition.at_least is None else condition.at_least
        high = np.inf if condition.at_most is None else condition.at_most
        holds &= numbers.between(low, high)
    return holds


def _load(
    file: File, data: Path, crs: str, place: tuple[str, str], found: list[Finding]
) -> pd.DataFrame | None:
    try:
        return read_foreign(file, data, crs)
    except InstanceError as error:
        found.extend(
            Finding(
                place=place[0],
                column=f"{place[1]}.file",
                value=file.file,
                rule=finding.rule,
                remedy=finding.remedy,
            )
            for finding in error.findings
        )
        return None


def _joined(rows: Rows, other: pd.DataFrame, number: int) -> Rows:
    join = rows.source.join[number]
    keys = other[join.key]
    rows.found.extend(
        Finding(
            place=join.file,
            row=int(position) + 2,
            column=join.key,
            value=str(keys[position]),
            rule="must be unique, or the join would have to choose",
        )
        for position in keys.index[keys.duplicated()]
    )
    wanted = rows.cells[join.on]
    lost = wanted.index[~wanted.isin(keys.dropna())]
    if len(lost):
        rows.found.append(
            Finding(
                severity="warning",
                place=rows.source.file,
                row=int(lost[0]) + 2,
                column=join.on,
                value=as_text(wanted[lost[0]]),
                rule=f"{len(lost)} rows, this the first, are not in {join.file}",
                remedy="what is joined from there stays empty",
            )
        )
    stem = Path(join.file.partition("#")[0]).stem
    unique = other[~keys.duplicated() & keys.notna()].set_index(join.key, drop=False)
    matched = unique.add_prefix(f"{stem}.").reindex(wanted).set_axis(rows.cells.index)
    return replace(rows, cells=pd.concat([rows.cells, matched], axis=1))


def _known(rows: Rows, name: str, section: str) -> bool:
    if name in rows.cells.columns:
        return True
    rows.found.append(_no_column(rows.place, section, name, rows.source.file, rows.cells))
    return False


def _no_column(
    place: tuple[str, str], section: str, name: str, file: str, cells: pd.DataFrame
) -> Finding:
    return Finding(
        place=place[0],
        column=f"{place[1]}.{section}",
        value=name,
        rule=f"{file} has no such column",
        remedy=nearest(name, list(cells.columns)),
    )
