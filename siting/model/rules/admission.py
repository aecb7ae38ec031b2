"""What an admission rule says of every conversion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Ruling:
    """One entry per conversion.

    Attributes
    ----------
    out
        Whether the conversion may not be chosen.
    reason
        Why, as a code: ``forbidden, not_eligible, not_planned, unsuitable, not_available,
        too_small, too_large, not_approved, too_few_people``.
    lacking
        By how much it misses: m2 of a size, years of a date, units of need within reach; else
        NaN.
    field
        Building field that decided, empty where none.
    to_check
        Building fields that a condition reads but nobody knows, separated by ``;``.
    """

    out: NDArray[np.bool_]
    reason: str
    lacking: NDArray[np.float64]
    field: pd.Series[str]
    to_check: pd.Series[str]


def ruling(
    rows: pd.DataFrame,
    out: NDArray[np.bool_],
    reason: str,
    *,
    lacking: NDArray[np.float64] | None = None,
    field: pd.Series[str] | None = None,
    to_check: pd.Series[str] | None = None,
) -> Ruling:
    """Return a ruling over `rows` that spares what is kept or committed."""
    empty = pd.Series("", index=rows.index, dtype=object)
    return Ruling(
        out=out & rows["status"].eq("new").to_numpy(),
        reason=reason,
        lacking=np.full(len(rows), np.nan) if lacking is None else lacking,
        field=empty if field is None else field,
        to_check=empty if to_check is None else to_check,
    )
