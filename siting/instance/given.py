"""What was given: settings and tables, with the place of every row, before they are an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.errors import Finding, Severity, nearest
from siting.instance.settings import Settings
from siting.instance.tables import Table

Said = str | Callable[[int], str]
"""Text, or what gives the text for the position of a row."""

NAMED = 20
"""Findings of one kind in one column that are named; the rest is counted."""

MOST_COMPARED = 2000
"""More names than this are not searched for the nearest one: it would take too long."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenTable:
    """One table with typed columns, right or wrong.

    Attributes
    ----------
    declared
        Its declaration.
    place
        File, or ``file#layer``, that findings name.
    frame
        All declared columns in their order, then those of patterns. Ids, text and choices are
        `object` columns of str, booleans `object` columns of bool, both None where unknown;
        numbers and integers are float64, NaN where unknown (Int64 would spread NA through every
        sum). Empty where the table was not given.
    rows
        Row of each entry in its file, the header being row 1, shape (n,).
    damaged
        Whether it is empty because it could not be read, which is a finding already.
    """

    declared: Table
    place: str
    frame: pd.DataFrame
    rows: NDArray[np.int64]
    damaged: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    def about(
        self,
        column: str,
        rule: str,
        remedy: str = "",
        *,
        row: int | None = None,
        value: str = "",
        severity: Severity = "error",
    ) -> Finding:
        """Return a finding about the table or a column as a whole, or about one row of its file."""
        return Finding(
            severity=severity,
            place=self.place,
            row=row,
            column=column,
            value=value,
            rule=rule,
            remedy=remedy,
        )

    def findings(
        self,
        bad: NDArray[np.bool_],
        column: str,
        rule: Said,
        remedy: Said = "",
        *,
        value: Said | None = None,
        severity: Severity = "error",
    ) -> list[Finding]:
        """Return findings about a column in the rows marked `bad`, shape (n,).

        `rule`, `remedy` and `value` are text, or give the text for the position of a row; the
        cell of the column is shown where no `value` is given.
        """

        def one(position: int) -> Finding:
            cell = (lambda i: shown(self.frame[column].iloc[i])) if value is None else value
            return self.about(
                column,
                _said(rule, position),
                _said(remedy, position),
                row=int(self.rows[position]),
                value=_said(cell, position),
                severity=severity,
            )

        return name_some(np.flatnonzero(bad), one)


@dataclass(frozen=True, kw_only=True, eq=False)
class Given:
    """Everything that was given.

    Attributes
    ----------
    settings
        None where they could not be used.
    settings_place
        File, or ``file#sheet``, of the settings.
    tables
        All declared tables by name; those not given are empty.
    """

    settings: Settings | None
    settings_place: str
    tables: dict[str, GivenTable]

    def __getitem__(self, table: str) -> GivenTable:
        """Return a table by name."""
        return self.tables[table]

    def column(self, table: str, column: str) -> pd.Series:
        """Return one column of a table."""
        return self.tables[table].frame[column]

    def known(self, reference: str) -> list[str]:
        """Return the names that a column with this `Column.refers_to` may say."""
        match reference:
            case "demand.people_*":
                return self.kinds_of("demand", "people_")
            case "buildings.*":
                return list(self.tables["buildings"].frame.columns)
            case "places":
                return self.known("buildings.building_id") + self.known("facilities.facility_id")
            case _:
                table, column = reference.split(".")
                return list(self.column(table, column).dropna().unique())

    def kinds_of(self, table: str, stem: str) -> list[str]:
        """Return what follows `stem` in the columns of a table."""
        columns = self.tables[table].frame.columns
        return [c.removeprefix(stem) for c in columns if c.startswith(stem)]


def frame_of(columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """Return columns as a table, text as `object`, whatever pandas would make of it."""
    rows = pd.RangeIndex(len(next(iter(columns.values()), ())))  # one for all: quick to join
    return pd.DataFrame({n: pd.Series(v, rows, dtype=v.dtype) for n, v in columns.items()}, rows)


def name_some(positions: NDArray[np.intp], finding: Callable[[int], Finding]) -> list[Finding]:
    """Return the findings of the first `NAMED` positions, and one that counts the rest."""
    found = [finding(int(position)) for position in positions[:NAMED]]
    rest = len(positions) - NAMED
    if rest > 0:
        found.append(replace(found[-1], row=None, value="", remedy=f"in {rest} more rows"))
    return found


def _said(text: Said, position: int) -> str:
    return text if isinstance(text, str) else text(position)


def shown(value: object) -> str:
    """Return a value as findings show it: text quoted, numbers short, nothing for empty."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return plain_number(float(value)) if isinstance(value, (int, float)) else str(value)


def plain_number(value: float) -> str:
    """Return a number as people write it: all its digits, no ``.0``."""
    return repr(float(value)).removesuffix(".0")


def nearest_of(word: str, known: list[str]) -> str:
    """Return the remedy of `nearest`, or nothing where there are too many names to compare."""
    return nearest(word, known) if len(known) <= MOST_COMPARED else ""
