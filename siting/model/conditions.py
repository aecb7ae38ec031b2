"""Conditions on fields of buildings, as tables state them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.tables import TABLES


def meets(values: pd.Series, field: str, comparison: str, value: str) -> NDArray[np.bool_]:
    """Compare a field of buildings with the value of a condition, as its declared type has it."""
    column = TABLES["buildings"].column(field)
    kind = "text" if column is None else column.type
    read = _READERS.get(kind, str.strip)
    if comparison in {"at_least", "at_most"}:
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(float)
        limit = float(value)
        return numbers >= limit if comparison == "at_least" else numbers <= limit
    wanted = {read(option) for option in value.split("|")}
    if comparison != "one_of":
        wanted = {read(value)}
    same = values.map(lambda v: (read(v) if isinstance(v, str) else v) in wanted).to_numpy(bool)
    return ~same if comparison == "differs" else same


def is_known(values: pd.Series) -> NDArray[np.bool_]:
    """Return where a field says anything."""
    return values.notna().to_numpy() & ~values.eq("").to_numpy(bool)


_YES = {"true", "1", "yes", "y", "是"}

_READERS: dict[str, Callable[[str], object]] = {
    "boolean": lambda text: text.strip().lower() in _YES,
    "number": float,
    "integer": float,
}
