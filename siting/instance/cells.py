"""From cells to typed columns: what each cell says, and every cell that says nothing sound."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.errors import Finding, nearest
from siting.instance.formats import RawTable
from siting.instance.given import GivenTable, frame_of, plain_number
from siting.instance.tables import DEGREES, TABLES, Column, Table

YES = ("true", "yes", "1", "是", "有")
NO = ("false", "no", "0", "否", "无")
"""What a boolean cell may say, in any case of letters."""

SEPARATOR = "|"
"""What stands between the values of a cell that lists several."""

Values = NDArray[np.float64] | NDArray[np.object_]
Faults = list[Finding]

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_ODD_SIGN = re.compile(r"[^0-9.eE+-]")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_STANDS_FOR_UNKNOWN = {"-", "--", "?", "na", "n/a", "#n/a", "nan", "null", "none", "未知", "不详"}


def type_cells(table: Table, raw: RawTable) -> tuple[GivenTable, list[Finding]]:
    """Turn the cells of a file into the typed columns of a table.

    A table that gives lon and lat keeps them after its declared columns; its x and y are NaN.
    """
    positions, findings = _match_header(table, raw)
    columns = _columns(table, list(positions))
    given = GivenTable(declared=table, place=raw.place, frame=pd.DataFrame(), rows=raw.rows)
    frame: dict[str, Values] = {}
    for name, column in columns.items():
        if name in positions:
            frame[name], faults = _typed(given, name, column, raw.cells[positions[name]])
            findings += faults
        else:
            frame[name] = _default(column, len(raw.rows))
    findings += _missing_columns(table, raw.place, set(positions))
    if not len(raw.rows):
        findings.append(
            Finding(
                severity="error" if table.required else "warning",
                place=raw.place,
                rule="has no rows",
                remedy="" if table.required else "leave the table out where there are none",
            )
        )
    typed = frame_of(frame)
    return GivenTable(declared=table, place=raw.place, frame=typed, rows=raw.rows), findings


def empty_table(table: Table, place: str, *, damaged: bool = False) -> GivenTable:
    """Return a table without rows, for one that was not given or could not be read."""
    frame = {name: _default(column, 0) for name, column in _columns(table, []).items()}
    rows = np.empty(0, np.int64)
    return GivenTable(
        declared=table, place=place, frame=frame_of(frame), rows=rows, damaged=damaged
    )


def machine_name(table: Table, header: str) -> str:
    """Return the machine name of a header in English or Chinese; empty where there is none."""
    degrees: tuple[Column, ...] = DEGREES if table.column("x") else ()
    for column in (*table.columns, *degrees):
        if not column.pattern and header in {column.name, column.alias_zh}:
            return column.name
    for column in table.columns:
        for stem in (column.name.removesuffix("*"), f"{column.alias_zh.removesuffix('_')}_"):
            if column.pattern and header.startswith(stem) and header != stem:
                return column.name.removesuffix("*") + header.removeprefix(stem)
    return ""


def _match_header(table: Table, raw: RawTable) -> tuple[dict[str, int], Faults]:
    """Return the position of each machine name, and what is wrong with the header."""
    positions: dict[str, int] = {}
    findings = []
    known = [name for c in (*table.columns, *DEGREES) for name in (c.name, c.alias_zh)]
    for position, header in enumerate(raw.header):
        name = machine_name(table, header)
        rule, remedy = "", ""
        if not name:
            rule, remedy = "no such column", nearest(header, known)
        elif name in positions:
            first = raw.header[positions[name]]
            rule = "column is given twice" if first == header else f"is the same column as {first}"
        else:
            positions[name] = position
        if rule:
            findings.append(Finding(place=raw.place, column=header, rule=rule, remedy=remedy))
    return positions, findings


def _columns(table: Table, names: Sequence[str]) -> dict[str, Column]:
    """Return the columns of the typed table: declared, those of patterns, lon and lat if given."""
    columns = {c.name: c for c in table.columns if not c.pattern}
    for pattern in (c for c in table.columns if c.pattern):
        columns |= {n: pattern for n in names if n not in columns and table.column(n) is pattern}
    return columns | {c.name: c for c in DEGREES if c.name in names}


def _missing_columns(table: Table, place: str, names: set[str]) -> Faults:
    required = [c.name for c in table.columns if c.required]
    findings = []
    if "x" in required:
        required = [name for name in required if name not in {"x", "y"}]
        in_metres, in_degrees = {"x", "y"} & names, {"lon", "lat"} & names
        if in_metres and in_degrees:
            rule = "x and y, or lon and lat, must be given, not both"
            findings.append(Finding(place=place, rule=rule))
        elif in_degrees:
            required += ["lon", "lat"]
        elif in_metres:
            required += ["x", "y"]
        else:
            rule, remedy = "columns are missing", "or give lon, lat"
            findings.append(Finding(place=place, column="x, y", rule=rule, remedy=remedy))
    findings += [
        Finding(place=place, column=name, rule="column is missing")
        for name in required
        if name not in names
    ]
    return findings


def texts(cells: NDArray[Any]) -> NDArray[np.object_]:
    """Return cells of any type as stripped text, None where empty, shape (n,)."""
    found = [v.strip() if type(v) is str else _text(v) for v in cells]
    return np.array([text or None for text in found], dtype=object)


def _text(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else plain_number(float(value))
    return str(value).strip()


def items_of(cell: object) -> tuple[str, ...]:
    """Return what a cell lists that may say several values; nothing for an empty one."""
    parts = cell.split(SEPARATOR) if isinstance(cell, str) else []
    return tuple(item for part in parts if (item := part.strip()))


def _empty(values: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.array([value is None for value in values], dtype=bool)


def _default(column: Column, count: int) -> Values:
    if column.type in {"number", "integer"}:
        number = np.nan if column.default is None else float(column.default)
        return np.full(count, number)
    return np.full(count, column.default, dtype=object)


def _typed(
    given: GivenTable, name: str, column: Column, raw: NDArray[Any]
) -> tuple[Values, Faults]:
    """Return the values of one column and what is wrong with its cells, shape (n,)."""
    values: Values
    if column.type in {"number", "integer"} and raw.dtype.kind in "iuf" and not np.isinf(raw).any():
        numbers = raw.astype(float)
        values, empty = numbers, np.isnan(numbers)
        faults = _out_of_range(given, name, column, numbers, lambda i: plain_number(numbers[i]))
    else:
        cells = texts(raw)
        empty = _empty(cells)
        values, faults = _said(given, name, column, cells, empty)
    if column.required:
        faults = given.findings(empty, name, "must be filled", value="") + faults
    elif column.default is not None:
        values = np.where(empty, _default(column, len(raw)), values)
    return values, faults


def _said(
    given: GivenTable,
    name: str,
    column: Column,
    cells: NDArray[np.object_],
    empty: NDArray[np.bool_],
) -> tuple[Values, Faults]:
    """Return what the texts of a column say and what is wrong with them, shape (n,)."""
    values: Values
    match column.type:
        case "number" | "integer":
            values, faults = _numbers(given, name, column, cells, empty)
        case "boolean":
            yes_no = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
            values, faults = _words(given, name, cells, yes_no, "must be true or false")
        case "choice":
            said = {c: c for c in column.choices} | dict(
                zip(column.choices_zh, column.choices, strict=True)
            )
            values, faults = _words(given, name, cells, said, f"must be {one_of(column.choices)}")
        case _:
            values, faults = cells, []
            if column.refers_to == "buildings.*":
                buildings = TABLES["buildings"]
                values = np.array(
                    [c and (machine_name(buildings, c) or c) for c in cells], dtype=object
                )
            elif column.several:
                values = np.array([c and SEPARATOR.join(items_of(c)) for c in cells], dtype=object)
    return values, faults


def _numbers(
    given: GivenTable,
    name: str,
    column: Column,
    cells: NDArray[np.object_],
    empty: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], Faults]:
    values, bad = np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool)
    values[~empty], bad[~empty] = _parse(cells[~empty])

    faults = given.findings(
        bad,
        name,
        "must be a number",
        lambda i: _number_remedy(cells[i]),
        value=lambda i: f'"{cells[i]}"',
    )
    as_given = lambda i: str(cells[i])  # noqa: E731
    faults += given.findings(np.isinf(values), name, "must be finite", value=as_given)
    return values, faults + _out_of_range(given, name, column, values, as_given)


def _out_of_range(
    given: GivenTable,
    name: str,
    column: Column,
    values: NDArray[np.float64],
    as_given: Callable[[int], str],
) -> Faults:
    """Return where finite numbers are not what their column allows."""
    faults: Faults = []
    if column.type == "integer":
        broken = np.isfinite(values) & (values % 1 != 0)
        faults = given.findings(broken, name, "must be a whole number", value=as_given)
    outside = _outside(column, values)
    return faults + given.findings(outside, name, range_rule(column), value=as_given)


def _parse(cells: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return numbers, NaN for what is none, and which cells are none."""
    if not _ODD_SIGN.search("".join(cells)):
        try:
            return cells.astype(float), np.zeros(len(cells), dtype=bool)
        except ValueError:  # the right signs in a wrong order, such as "1-2"
            pass
    sound = np.array([_NUMBER.fullmatch(cell) is not None for cell in cells], dtype=bool)
    return np.where(sound, cells, "nan").astype(float), ~sound


def _outside(column: Column, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    outside = np.zeros(len(values), dtype=bool)
    if column.above is not None:
        outside |= values <= column.above
    if column.minimum is not None:
        outside |= values < column.minimum
    if column.maximum is not None:
        outside |= values > column.maximum
    return outside & np.isfinite(values)


def range_rule(column: Column) -> str:
    """Return the range of a column in words."""
    if column.above is not None:
        top = "" if column.maximum is None else f" and <= {column.maximum:g}"
        return f"must be > {column.above:g}{top}"
    if column.maximum is not None and column.minimum is not None:
        return f"must be between {column.minimum:g} and {column.maximum:g}"
    return f"must be >= {column.minimum:g}" if column.minimum is not None else ""


def _number_remedy(cell: str) -> str:
    """Return what to write instead, where it is plain what was meant."""
    if cell.lower() in _STANDS_FOR_UNKNOWN:
        return "leave unknown cells empty"
    plain = unicodedata.normalize("NFKC", cell)
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    return f"write {plain}" if _NUMBER.fullmatch(plain) else ""


def _words(
    given: GivenTable,
    name: str,
    cells: NDArray[np.object_],
    said: Mapping[str, object],
    rule: str,
) -> tuple[NDArray[np.object_], Faults]:
    """Return what the words of a column stand for; None for those that stand for nothing."""
    values = np.array([said.get(c.lower()) if c else None for c in cells], dtype=object)
    bad = ~_empty(cells) & _empty(values)
    known = [word for word, value in said.items() if word == value]
    faults = given.findings(
        bad,
        name,
        rule,
        lambda i: nearest(cells[i], known) if known else "",
        value=lambda i: f'"{cells[i]}"',
    )
    return values, faults


def one_of(choices: Sequence[str]) -> str:
    """Return choices in words: ``"a", "b" or "c"``."""
    quoted = [f'"{c}"' for c in choices]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
