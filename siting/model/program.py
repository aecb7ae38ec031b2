"""`Program`: a mixed-integer linear program with named columns, rows and ordered objectives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]

YES = 0.5
"""A yes/no column above this is a yes."""

EXTRA_GRID = 1e-6
"""Smallest step of an extra column that is not yes or no."""


@dataclass(frozen=True, kw_only=True)
class Extra:
    """A further column that rules speak of: a state, a pair, a shortfall.

    Attributes
    ----------
    upper, integer
        Its range is 0 to `upper`.
    tier, worth
        What one unit of it is worth in a tier; empty for none.
    """

    name: str
    upper: float = 1.0
    integer: bool = True
    tier: str = ""
    worth: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One named inequality ``lower <= sum(coefficients * columns) + extra <= upper``.

    Attributes
    ----------
    extra
        Further columns by what they are rather than by number, with their coefficients.
    """

    name: str
    columns: NDArray[np.int64]
    coefficients: Floats
    lower: float = -np.inf
    upper: float = np.inf
    extra: tuple[tuple[Extra, float], ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Objective:
    """One tier: what is optimised after all tiers before it.

    Attributes
    ----------
    coefficients
        One per column.
    maximise
        Whether more is better.
    scale
        Value of the objective = coefficients @ x / scale; keeps coefficients near 1 for solvers.
    """

    name: str
    coefficients: Floats
    maximise: bool
    scale: float = 1.0

    def value(self, x: Floats) -> float:
        """Return the objective of a point, unscaled."""
        return float(self.coefficients @ x) / self.scale

    def prefers(self, value: float, other: float | None) -> bool:
        """Return whether a value is better than another; any is better than none."""
        if other is None:
            return True
        return value > other if self.maximise else value < other

    def nearer(self, bound: float | None, other: float | None) -> float | None:
        """Return the nearer of two bounds, either of which may not be known."""
        if bound is None or other is None:
            return other if bound is None else bound
        return other if self.prefers(bound, other) else bound


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """Columns, named rows and tiers.

    Attributes
    ----------
    column_names, lower, upper, integer
        One entry per column.
    grid
        Smallest step of each column: 1 for yes/no, 0.001 for amounts of service, `EXTRA_GRID` for
        what rules add beside.
    row_names, row_lower, row_upper, matrix
        One entry per row; `matrix` is rows x columns, CSR.
    tiers
        Objectives in order.
    extras
        Columns of what rules speak of beside decisions.
    """

    column_names: tuple[str, ...]
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    grid: Floats
    row_names: tuple[str, ...] = ()
    row_lower: Floats = field(default_factory=lambda: np.empty(0))
    row_upper: Floats = field(default_factory=lambda: np.empty(0))
    matrix: sparse.csr_array
    tiers: tuple[Objective, ...] = ()
    extras: dict[Extra, int] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int, int]:
        """Rows, columns and non-zeros."""
        rows, columns = self.matrix.shape
        return rows, columns, int(self.matrix.nnz)

    def with_columns(
        self, names: Sequence[str], upper: Floats, integer: NDArray[np.bool_], grid: Floats
    ) -> Program:
        """Return the program with more columns, each from 0, in no row yet."""
        rows, columns = self.matrix.shape
        csr = (self.matrix.data, self.matrix.indices, self.matrix.indptr)
        return replace(
            self,
            column_names=(*self.column_names, *names),
            lower=np.append(self.lower, np.zeros(len(names))),
            upper=np.append(self.upper, upper),
            integer=np.append(self.integer, integer),
            grid=np.append(self.grid, grid),
            matrix=sparse.csr_array(csr, shape=(rows, columns + len(names))),
        )

    def with_rows(self, rows: list[Row]) -> Program:
        """Return the program with more rows, and the extra columns that they speak of."""
        if not rows:
            return self
        known = dict(self.extras)
        for extra in (extra for row in rows for extra, _ in row.extra):
            known.setdefault(extra, len(self.column_names) + len(known) - len(self.extras))
        new = list(known)[len(self.extras) :]
        if new:
            wider = self.with_columns(
                [extra.name for extra in new],
                np.array([extra.upper for extra in new]),
                np.array([extra.integer for extra in new]),
                np.array([1.0 if extra.integer else EXTRA_GRID for extra in new]),
            )
            return replace(wider, extras=known).with_rows(rows)
        rows = [_resolved(row, known) for row in rows]
        added = matrix_of(rows, len(self.column_names))
        return replace(
            self,
            row_names=(*self.row_names, *(row.name for row in rows)),
            row_lower=np.append(self.row_lower, [row.lower for row in rows]),
            row_upper=np.append(self.row_upper, [row.upper for row in rows]),
            matrix=sparse.csr_array(sparse.vstack([self.matrix, added])),
        )

    def broken_rows(self, x: Floats, tolerance: float = 1e-6) -> list[str]:
        """Return the names of the rows that a point breaks, for tests and checks of engines."""
        activity = self.matrix @ x
        slack = tolerance * np.maximum(1.0, np.abs(activity))
        broken = (activity < self.row_lower - slack) | (activity > self.row_upper + slack)
        return [self.row_names[i] for i in np.flatnonzero(broken)]


def _resolved(row: Row, extras: dict[Extra, int]) -> Row:
    """Return the row with its extra columns as columns."""
    if not row.extra:
        return row
    return replace(
        row,
        columns=np.append(row.columns, [extras[extra] for extra, _ in row.extra]).astype(np.int64),
        coefficients=np.append(row.coefficients, [factor for _, factor in row.extra]),
        extra=(),
    )


def matrix_of(rows: list[Row], columns: int) -> sparse.csr_array:
    """Return the coefficients of rows as a CSR matrix of shape (len(rows), columns)."""
    counts = [len(row.columns) for row in rows]
    return sparse.csr_array(
        (
            np.concatenate([np.empty(0), *(row.coefficients for row in rows)]),
            np.concatenate([np.empty(0, np.int64), *(row.columns for row in rows)]),
            np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]),
        ),
        shape=(len(rows), columns),
    )
