"""Which conversions a lock speaks of."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def locked(
    rows: pd.DataFrame, building_id: str, service_id: object, module_id: object
) -> NDArray[np.bool_]:
    """Return the mask over `rows` that a lock matches; empty service or module match all."""
    mask = rows["building_id"].eq(building_id).to_numpy(bool)
    for column, value in (("service_id", service_id), ("module_id", module_id)):
        if isinstance(value, str) and value:
            mask = mask & rows[column].eq(value).to_numpy(bool)
    return mask
