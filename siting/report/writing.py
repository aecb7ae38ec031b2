"""How tables are written as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def write_csv(table: pd.DataFrame, synthetic: str, path: Path) -> None:
    """Write a table as CSV: UTF-8 with BOM, numbers to six decimals, no limit as empty.

    What is made up in the data stands in a last column ``synthetic``; there is none where nothing
    is.
    """
    shown = table.replace([np.inf, -np.inf], np.nan).round(6)
    if synthetic:
        shown = shown.assign(synthetic=synthetic)
    shown.to_csv(path, index=False, encoding="utf-8-sig")
