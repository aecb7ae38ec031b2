"""Whole numbers that keep their totals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def share_out(weights: ArrayLike, total: int) -> NDArray[np.int64]:
    """Return whole numbers in proportion to `weights` that add up to `total`.

    By largest remainder; ties go to the earlier one.
    """
    shares: NDArray[np.float64] = np.asarray(weights, float)
    exact = shares * (total / shares.sum())
    whole: NDArray[np.int64] = np.floor(exact + 1e-9).astype(np.int64)
    missing = total - int(whole.sum())
    order = np.argsort(-np.round(exact - whole, 9), kind="stable")
    whole[order[:missing]] += 1
    return whole


def share_out_table(
    weights: NDArray[np.float64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return whole numbers shaped like `weights` that add up to `rows` and `columns`.

    Iterative proportional fitting, then a rounding that keeps both margins: the ones that are
    missing after rounding down are given row by row to the columns that lack most.
    """
    fitted = weights.astype(float)
    for _ in range(200):
        fitted *= (rows / fitted.sum(axis=1))[:, None]
        fitted *= columns / fitted.sum(axis=0)
    fitted *= (rows / fitted.sum(axis=1))[:, None]
    whole = np.floor(fitted + 1e-9).astype(np.int64)
    lacking = columns - whole.sum(axis=0)
    for row in np.argsort(whole.sum(axis=1) - rows, kind="stable"):
        missing = int(rows[row] - whole[row].sum())
        chosen = np.argsort(-lacking, kind="stable")[:missing]
        whole[row, chosen] += 1
        lacking[chosen] -= 1
    return whole
