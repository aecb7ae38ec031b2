"""Conversions that another one in the same building can always stand in for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.model.decisions import Decisions
from siting.model.program import Program

CHUNK = 100_000
"""Pairs of conversions that are compared at once."""

CLEARLY = 1e-6
"""What two conversions must break a row by, relative above 1, to be said to exclude each other."""


def find_dominated(decisions: Decisions, program: Program) -> NDArray[np.bool_]:
    r"""Return which conversions no plan needs, because another one can stand in for each.

    A conversion :math:`c` falls to :math:`c'` of the same building and service where exchanging
    them changes every row of the program only away from its limits, and no tier for the worse:

    .. math:: a_{ic'} \le a_{ic} \text{ where row } i \text{ has an upper limit}, \quad
        a_{ic'} \ge a_{ic} \text{ where it has a lower one}

    and where some row keeps the two from being chosen together, so that :math:`c'` is free
    whenever :math:`c` is chosen. What a rule means is not asked: money, area, years, capacity and
    whatever else a rule counts are rows. Of conversions that are alike the first stays.

    Parameters
    ----------
    program
        What `compact` makes of the model: rows over decisions and what each place may serve.

    Returns
    -------
    ndarray
        One per conversion.
    """
    count = len(decisions.conversions)
    matrix = sparse.csc_array(program.matrix[:, :count])
    matrix.sum_duplicates()
    free = (program.lower[:count] <= 0) & (program.upper[:count] >= 1)
    spare = program.row_upper - _least_activity(program)
    dominated = np.zeros(count, bool)
    for one, another in _pairs(decisions, free):
        better = _no_worse(program, matrix, one, another)
        fallen, standing = one[better], another[better]
        apart = _exclude_each_other(program, spare, matrix, fallen, standing)
        for c, other in zip(fallen[apart], standing[apart], strict=True):
            if not dominated[other]:
                dominated[c] = True
    return dominated


def _pairs(
    decisions: Decisions, free: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield pairs of conversions of one service in one building, later ones first."""
    c = decisions.conversions.loc[free, ["building", "service_id"]]
    groups = [c.index.to_numpy(np.int64)[at] for at in c.groupby(list(c)).indices.values()]
    several = [group for group in groups if len(group) > 1]
    fallen = [np.repeat(group[::-1], len(group)) for group in several]
    standing = [np.tile(group, len(group)) for group in several]
    nobody = np.empty(0, np.int64)
    one, other = np.concatenate([nobody, *fallen]), np.concatenate([nobody, *standing])
    one, other = one[one != other], other[one != other]
    for start in range(0, len(one), CHUNK):
        yield one[start : start + CHUNK], other[start : start + CHUNK]


def _least_activity(program: Program) -> NDArray[np.float64]:
    """Return the least that the left side of every row can come to."""
    matrix = program.matrix
    with np.errstate(invalid="ignore"):
        ends = [matrix.data * x[matrix.indices] for x in (program.lower, program.upper)]
    owner = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    least = np.bincount(owner, weights=np.fmin(*ends), minlength=matrix.shape[0])
    return np.asarray(least, np.float64)


def _no_worse(
    program: Program,
    matrix: sparse.csc_array,
    fallen: NDArray[np.int64],
    standing: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether an exchange moves rows only away from their limits, and no tier for the worse."""
    change = sparse.csc_array(matrix[:, standing] - matrix[:, fallen])
    harmful = ((change.data > 0) & np.isfinite(program.row_upper[change.indices])) | (
        (change.data < 0) & np.isfinite(program.row_lower[change.indices])
    )
    good = ~_any_in_column(change, harmful)
    for tier in program.tiers:
        worth = tier.coefficients if tier.maximise else -tier.coefficients
        good &= worth[standing] >= worth[fallen]
    return good


def _exclude_each_other(
    program: Program,
    spare: NDArray[np.float64],
    matrix: sparse.csc_array,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether a row has no room for both of a pair, whatever else is chosen."""
    takes = matrix.copy()
    takes.data = np.maximum(takes.data, 0.0)
    both = sparse.csc_array(takes[:, one] + takes[:, other])
    upper = program.row_upper[both.indices]
    room = spare[both.indices] + CLEARLY * np.maximum(1.0, np.abs(upper))
    return _any_in_column(both, np.isfinite(upper) & (both.data > room))


def _any_in_column(matrix: sparse.csc_array, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    owner = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    found = np.zeros(matrix.shape[1], bool)
    found[owner[marked]] = True
    return found
