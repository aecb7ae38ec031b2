"""One digest for one content of a table, whatever the order of its rows and columns."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_DECIMALS = 9
"""Numbers that agree to so many decimals are the same: file formats keep no more of some."""

_EXACT = 9e6
"""From here on floats have fewer decimals than that."""

_BETWEEN = "\x1f"
"""What stands between the texts of a column."""

Values = NDArray[np.float64] | NDArray[np.object_]


def table_digest(table: pd.DataFrame) -> bytes:
    """Return the SHA-256 of a table: its columns by name, its rows in an order of their own."""
    digest = hashlib.sha256()
    columns = {str(name): _plain(table[name]) for name in sorted(table.columns)}
    order = _order(list(columns.values()))
    for name, values in columns.items():
        kind = "number" if values.dtype == np.float64 else "text"
        digest.update(f"\n{name} {kind}\n".encode())
        if kind == "number":
            digest.update(values[order].astype("<f8").tobytes())
        else:
            digest.update(_BETWEEN.join(values[order].tolist()).encode())
    return digest.hexdigest().encode()


def _plain(column: pd.Series[Any]) -> Values:
    """Return a column as floats or as texts, whatever type a file format gave it.

    A column without content is one of empty texts.
    """
    if column.dtype.kind in "iufb":
        numbers = column.to_numpy(float)
        return (
            _rounded(numbers) if not np.isnan(numbers).all() else np.full(len(column), "", object)
        )
    cells = column.to_numpy(object)
    known = ~(pd.isna(cells) | (cells == ""))
    types = {type(cell) for cell in cells[known]}
    if types and all(issubclass(t, (int, float, np.number, np.bool_)) for t in types):
        return _rounded(np.where(known, cells, np.nan).astype(float))
    texts = np.where(known, cells, "")
    if types - {str}:
        texts = np.array([str(cell) for cell in texts], object)
    return texts


def _rounded(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers to `_DECIMALS`, with one zero and one NaN."""
    few = np.abs(numbers) < _EXACT
    numbers = np.where(few, np.round(np.where(few, numbers, 0.0), _DECIMALS), numbers)
    return np.where(np.isnan(numbers), np.nan, numbers + 0.0)


def _order(columns: list[Values]) -> NDArray[np.int64]:
    """Return an order of rows that content alone settles: by a column without ties, else by all."""
    ranks = []
    for values in columns:
        code, kinds = pd.factorize(values, use_na_sentinel=False)
        rank = np.empty(len(kinds), np.int64)
        rank[np.argsort(kinds)] = np.arange(len(kinds))
        if len(kinds) == len(values):
            return np.argsort(rank[code])
        ranks.append(rank[code])
    return np.lexsort(ranks[::-1])
