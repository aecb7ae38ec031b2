"""Complemented mixed-integer rounding of a row, at the point that it should cut off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit
from siting.model.program import Row

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


def strengthened(row: Row, point: Floats, integer: NDArray[np.bool_], name: str) -> Row | None:
    r"""Return the most broken rounding of ``coefficients @ columns <= upper``, None for none.

    Columns are yes/no or continuous from 0. Yes/no columns near 1 are complemented, the row is
    divided by :math:`\delta` and rounded: with :math:`f` the fraction of the right-hand side,

    .. math:: \sum_j \Bigl(\lfloor d_j \rfloor + \tfrac{(d_j - \lfloor d_j \rfloor - f)^+}{1 - f}
        \Bigr) y_j \;-\; \tfrac{1}{1 - f} \sum_i c_i^- t_i \;\le\; \lfloor \beta \rfloor

    References
    ----------
    H. Marchand, L. A. Wolsey (2001), Operations Research 49(3), doi:10.1287/opre.49.3.363.11211
    """
    whole = integer[row.columns]
    a = row.coefficients[whole]
    y = point[row.columns[whole]]
    falling = ~whole & (row.coefficients < 0)
    slack = float(-row.coefficients[falling] @ point[row.columns[falling]])
    scale = _best_scale(a, y, slack, row.upper)
    if scale == 0.0:
        return None
    coefficients, grown, upper = _rounded(a, y > _HALF, row.upper, scale)
    columns = np.append(row.columns[whole], row.columns[falling])
    factors = np.append(coefficients, grown * row.coefficients[falling])
    used = factors != 0
    return replace(
        row, name=name, columns=columns[used], coefficients=factors[used], upper=float(upper)
    )


@njit
def _rounded(
    a: Floats, flipped: NDArray[np.bool_], upper: float, scale: float
) -> tuple[Floats, float, float]:
    """Return coefficients of the columns, of what falls beside them, and the limit."""
    b = upper
    for j in range(len(a)):
        if flipped[j]:
            b -= a[j]
    beta = b / scale
    base = np.floor(beta)
    f = beta - base
    out = np.empty(len(a))
    limit = base
    for j in range(len(a)):
        d = (-a[j] if flipped[j] else a[j]) / scale
        whole = np.floor(d)
        rounded = whole + max(0.0, d - whole - f) / (1.0 - f)
        if flipped[j]:
            out[j] = -rounded
            limit -= rounded
        else:
            out[j] = rounded
    return out, 1.0 / (scale * (1.0 - f)), limit


@njit
def _best_scale(a: Floats, y: Floats, slack: float, upper: float) -> float:
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
            scale = abs(a[candidate]) / (1 << part)
            beta = b / scale
            f = beta - np.floor(beta)
            if not _LEAST_FRACTION < f < 1.0 - _LEAST_FRACTION:
                continue
            left = -np.floor(beta) - slack / (scale * (1.0 - f))
            norm = (1.0 / (scale * (1.0 - f))) ** 2
            for j in range(len(a)):
                d = (-a[j] if flipped[j] else a[j]) / scale
                whole = np.floor(d)
                rounded = whole + max(0.0, d - whole - f) / (1.0 - f)
                left += rounded * (1.0 - y[j] if flipped[j] else y[j])
                norm += rounded * rounded
            if left / np.sqrt(norm) > best:
                best = left / np.sqrt(norm)
                chosen = scale
    return chosen
