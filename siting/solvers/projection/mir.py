"""Complemented mixed-integer rounding of a Hall cut, at the point that it should cut off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit
from siting.instance.instance import NEED_GRID
from siting.model.program import Row
from siting.model.rounding import rounded

Floats = NDArray[np.float64]

_HALF = 0.5
"""A yes/no column above this is complemented."""

_WHOLE = 1e-6
"""A yes/no column nearer than this to an end gives no divisor."""

_LEAST_FRACTION = 0.01
"""A right-hand side whose fraction is nearer than this to a whole number is not rounded."""

_HALVINGS = 4
"""Divisors tried for each column: its coefficient, and so many halves of halves."""

LEAST_VIOLATION = 1e-4
"""Part of the norm of its coefficients that a cut must be broken by to be worth adding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rounding:
    """How a Hall cut was rounded, and the row that came of it.

    Attributes
    ----------
    divisor
        In grains of need.
    complemented
        Columns that were complemented.
    """

    divisor: int
    complemented: NDArray[np.int64]
    row: Row


def strengthened(row: Row, point: Floats, integer: NDArray[np.bool_], name: str) -> Rounding | None:
    """Return the most broken rounding of a Hall cut, None for none; see `rounded`.

    Parameters
    ----------
    row
        ``sum(a y) - sum(t) <= b`` over yes/no columns and continuous ones from 0, in whole grains.
    """
    whole = integer[row.columns]
    a = np.rint(row.coefficients[whole] * NEED_GRID).astype(np.int64)
    y = point[row.columns[whole]]
    idle = row.columns[~whole]
    limit = round(row.upper * NEED_GRID)
    slack = float(point[idle].sum()) * NEED_GRID
    divisor = round(_best_divisor(a.astype(np.float64), y, slack, float(limit)))
    if divisor == 0:
        return None
    up, limit = rounded(a, limit, divisor, y > _HALF)
    used = up != 0
    return Rounding(
        divisor=divisor,
        complemented=row.columns[whole][y > _HALF],
        row=Row(
            name=name,
            columns=np.append(idle, row.columns[whole][used]),
            coefficients=np.append(np.full(len(idle), -1.0), up[used] / NEED_GRID),
            upper=limit / NEED_GRID,
        ),
    )


@njit
def _best_divisor(a: Floats, y: Floats, slack: float, upper: float) -> float:
    """Return the divisor whose rounding is broken most, 0.0 where none is broken enough."""
    flipped = y > _HALF
    b = upper
    for j in range(len(a)):
        if flipped[j]:
            b -= a[j]
    best, chosen = LEAST_VIOLATION, 0.0
    for candidate in range(len(a)):
        if a[candidate] == 0.0 or not _WHOLE < y[candidate] < 1.0 - _WHOLE:
            continue
        for part in range(_HALVINGS):
            scale = np.ceil(abs(a[candidate]) / (1 << part))
            beta = b / scale
            f = beta - np.floor(beta)
            if not _LEAST_FRACTION < f < 1.0 - _LEAST_FRACTION:
                continue
            left = -np.floor(beta) - slack / (scale * (1.0 - f))
            norm = (1.0 / (scale * (1.0 - f))) ** 2
            for j in range(len(a)):
                d = (-a[j] if flipped[j] else a[j]) / scale
                whole = np.floor(d)
                up = whole + max(0.0, d - whole - f) / (1.0 - f)
                left += up * (1.0 - y[j] if flipped[j] else y[j])
                norm += up * up
            if left / np.sqrt(norm) > best:
                best = left / np.sqrt(norm)
                chosen = scale
    return chosen
