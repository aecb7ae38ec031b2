"""Rule `decay`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.reach import TIE_MINUTES


def decay(instance: Instance, service_id: str, minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return what one unit of service counts after so many minutes.

    .. math:: g_s(t) = value_i \quad \text{for the first step } i \text{ with } t \le minutes_i

    The steps are the rows of the `decay` table; the last one replaces the standard as the limit of
    reach. A service without rows counts in full within its standard. Source: policies P086, P091,
    near and convenient first; Berman and Krass 2002, doi 10.1016/S0305-0548(00)00079-X.
    """
    steps = instance.decay[instance.decay["service_id"] == service_id].sort_values("minutes")
    if steps.empty:
        return np.ones(len(minutes))
    ends, values = steps["minutes"].to_numpy(float), steps["value"].to_numpy(float)
    step = np.searchsorted(ends + TIE_MINUTES, minutes)
    return np.append(values, 0.0)[step]
