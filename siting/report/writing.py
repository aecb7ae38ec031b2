"""How tables are written as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: UTF-8 with BOM, numbers to six decimals, no limit as empty."""
    finite = table.replace([np.inf, -np.inf], np.nan)
    finite.round(6).to_csv(path, index=False, encoding="utf-8-sig")
