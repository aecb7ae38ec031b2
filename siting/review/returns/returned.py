"""What a return says, untouched, whatever its format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from siting.errors import Finding
from siting.review.fields import KEY, OURS, REVIEWERS
from siting.review.returns.checks import Spot
from siting.review.returns.headers import field_of, usual_column

_STATED = ("run_id", "instance_hash")
_NEEDED = (*(name for name in KEY if name not in REVIEWERS), *REVIEWERS, *_STATED)
"""Columns without which a verdict, or what it is about, may be lost."""

_INFORMATIVE = tuple(name for name in OURS if name not in _NEEDED)


@dataclass(frozen=True, kw_only=True, eq=False)
class Return:
    """A review layer, sheet or table as it came back.

    Attributes
    ----------
    spot
        The file and the layer in it.
    table
        Cells of the columns of `FIELDS` that it has, as they are stored, None where empty;
        ``feature`` (``fid 3``, ``row 5``); ``geometry`` (shapely) where `has_shapes`.
    has_shapes
        Whether the format holds points.
    crs
        Of the points; empty where none is said.
    only_verdicts
        Whether it lists verdicts alone, so that a row which is not there says nothing.
    text_bytes
        Longest text that the format holds, in bytes; None for no limit.
    findings
        What is wrong with its columns.
    """

    spot: Spot
    table: pd.DataFrame
    has_shapes: bool = False
    crs: str = ""
    only_verdicts: bool = False
    text_bytes: int | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def place(self) -> str:
        """File and layer, as findings name them."""
        return str(self.spot)

    @property
    def run_id(self) -> str:
        """Run that it was exported from, as most rows say; empty where none does."""
        return self._stated("run_id")

    @property
    def instance_hash(self) -> str:
        """Hash of the instance that it was exported from, as most rows say."""
        return self._stated("instance_hash")

    def _stated(self, column: str) -> str:
        if column not in self.table:
            return ""
        said = self.table[column].dropna().astype(str).str.strip()
        said = said[said != ""]
        return str(said.mode().iloc[0]) if len(said) else ""


def make_return(
    spot: Spot,
    header: Sequence[str],
    cells: Sequence[Sequence[Any]],
    features: Iterable[str],
    *,
    shapes: Sequence[Any] | None = None,
    crs: str = "",
    text_bytes: int | None = None,
    findings: Iterable[Finding] = (),
) -> Return:
    """Return a table with the columns that its header names in whichever way.

    Parameters
    ----------
    header, cells
        Name of each column as it came back, and its cells, shape (n,) each.
    """
    columns, of_header = _match(spot, header, cells)
    only_verdicts = not set(columns) & set(_INFORMATIVE)
    found = [*findings, *of_header, *_lacking(spot, set(columns), only_verdicts=only_verdicts)]
    features = list(features)
    table = pd.DataFrame(index=range(len(features)), dtype=object)
    for name, values in columns.items():
        plain = [None if empty(value) else value for value in values]
        table[name] = pd.Series(plain, dtype=object)
    table["feature"] = pd.Series(features, dtype=object)
    if shapes is not None:
        table["geometry"] = pd.Series(list(shapes), dtype=object)
    if not len(table):
        found.append(spot.about("no_rows"))
    return Return(
        spot=spot,
        table=table,
        has_shapes=shapes is not None,
        crs=crs,
        only_verdicts=only_verdicts,
        text_bytes=text_bytes,
        findings=tuple(found),
    )


def _match(
    spot: Spot, header: Sequence[str], cells: Sequence[Sequence[Any]]
) -> tuple[dict[str, Sequence[Any]], list[Finding]]:
    """Return the cells of each field, and what is wrong with the header."""
    columns: dict[str, Sequence[Any]] = {}
    first: dict[str, str] = {}
    findings: list[Finding] = []
    for name, values in zip(header, cells, strict=True):
        field = field_of(name)
        if not field:
            if not usual_column(name) and any(not empty(value) for value in values):
                findings.append(spot.about("column_unknown", column=name))
        elif field in columns:
            findings.append(spot.about("column_twice", column=name, first=first[field]))
        else:
            columns[field], first[field] = values, name
    return columns, findings


def _lacking(spot: Spot, there: set[str], *, only_verdicts: bool) -> list[Finding]:
    """Return a finding for each column that is not there."""
    asked = dict.fromkeys(_NEEDED, "no_column")
    if only_verdicts:
        asked = {name: check for name, check in asked.items() if name not in _STATED}
    else:
        asked |= dict.fromkeys(_INFORMATIVE, "column_gone")
    return [spot.about(check, column=name) for name, check in asked.items() if name not in there]


def empty(cell: object) -> bool:
    """Whether a cell says nothing."""
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return True
    if isinstance(cell, str):
        return not cell.strip()
    return bool(pd.isna(cell)) if pd.api.types.is_scalar(cell) else False
