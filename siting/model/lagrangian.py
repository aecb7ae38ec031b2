"""What no point of a program can beat, from multipliers of its rows and without a solver."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from siting.model.program import Floats, Objective, Program

LARGEST_MULTIPLIER = 1e100
"""Multipliers beyond this are taken as this, so that no product overflows."""

_UNIT = 2.0**-52
"""Twice the largest relative error of one floating-point operation."""

_TINIEST = 2.0**-1073
"""Twice the largest absolute error of a product near 0."""


def certified_bound(program: Program, objective: Objective, multipliers: Floats) -> float:
    r"""Return a value of a maximised tier that no point of the program exceeds.

    For a program :math:`\max c x,\ b^- \le A x \le b^+,\ l \le x \le u` every vector of multipliers
    :math:`y` gives

    .. math:: \max c x \le \sum_{i: y_i > 0} y_i b^+_i + \sum_{i: y_i < 0} y_i b^-_i
        + \sum_j \max(r_j l_j, r_j u_j), \qquad r = c - A^T y,

    so that good multipliers give a near bound and bad ones a far but true one. Whole numbers are
    not asked for: the best that this can reach is the bound of the linear relaxation (Geoffrion
    1974, doi 10.1007/BFb0120690).

    Parameters
    ----------
    multipliers
        One per row of the program, of any sign; one that leans on a side without a limit, or is no
        number, counts as 0.

    Returns
    -------
    float
        In the tier's own unit, at most 1 for tiers of need served; infinity where the multipliers
        prove nothing.

    Raises
    ------
    ValueError
        When the tier is minimised, or there are more or fewer multipliers than rows.

    Notes
    -----
    Every operation is rounded up. The error of each :math:`r_j`, a sum of :math:`n` products, is at
    most :math:`\gamma_n \sum_i |a_{ij} y_i|` in whatever order it was added up (Higham 2002, doi
    10.1137/1.9780898718027, section 3.1); twice that is added. The last sum is exact before it is
    rounded (`math.fsum`).
    """
    if not objective.maximise:
        raise ValueError(f"the tier {objective.name} is minimised")
    rows, columns = program.matrix.shape
    if multipliers.shape != (rows,):
        raise ValueError(f"{len(multipliers)} multipliers for {rows} rows")
    y = _usable(program, multipliers)
    low, high = _reduced(program, objective, y)
    limits = np.where(y > 0, program.row_upper, program.row_lower)
    with np.errstate(invalid="ignore"):  # 0 times an infinite limit counts for nothing
        of_rows = np.where(y == 0, 0.0, y * limits)
        ends = [worth * x for worth in (low, high) for x in (program.lower, program.upper)]
    of_columns = np.fmax.reduce([np.full(columns, -np.inf), *ends])
    terms = np.nextafter(np.concatenate([of_rows, of_columns]), np.inf)
    if not np.all(terms < np.inf):
        return math.inf
    bound = math.nextafter(math.fsum(terms.tolist()), math.inf)
    bound = math.nextafter(bound / objective.scale, math.inf)
    return min(bound, 1.0) if objective.name.startswith("served") else bound


def in_rows(program: Program, multipliers: Mapping[str, float]) -> tuple[Floats, tuple[str, ...]]:
    """Return multipliers by name as one per row, and the names that no row has."""
    at = {name: row for row, name in enumerate(program.row_names)}
    values = np.zeros(len(program.row_names))
    for name in multipliers.keys() & at.keys():
        values[at[name]] = multipliers[name]
    return values, tuple(name for name in multipliers if name not in at)


def _usable(program: Program, multipliers: Floats) -> Floats:
    """Return the multipliers without those that are no number or lean on no limit."""
    y = np.nan_to_num(multipliers, posinf=0.0, neginf=0.0)
    y = np.clip(y, -LARGEST_MULTIPLIER, LARGEST_MULTIPLIER)
    leans = np.where(y > 0, program.row_upper, program.row_lower)
    return np.where(np.isfinite(leans), y, 0.0)


def _reduced(program: Program, objective: Objective, y: Floats) -> tuple[Floats, Floats]:
    """Return what surely is at most and at least each column's worth less the price of its rows."""
    worth = objective.coefficients
    matrix = program.matrix
    reduced = worth - matrix.T @ y
    size = np.abs(worth) + abs(matrix).T @ np.abs(y)
    terms = np.bincount(matrix.indices, minlength=len(worth)) + 2.0
    error = terms * (_UNIT * size + _TINIEST)
    return np.nextafter(reduced - error, -np.inf), np.nextafter(reduced + error, np.inf)
