"""Rule `preferences`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siting.model.conditions import is_known, meets
from siting.model.decisions import Decisions


def preferences(decisions: Decisions) -> NDArray[np.float64]:
    r"""Return the money that each conversion is worth more for being where it is better.

    .. math:: bonus_c = \sum_{rows \text{ met by } b, s} bonus

    The tier of least money counts capital less bonuses: a better site may cost as much more, and
    nothing opens for the sake of a bonus below its cost. Only what is new earns one; a fact that
    nobody knows earns none. Source: policies P004 (low floor-area ratio for schools), P009
    (state-owned rooms for convenience), P010 (heritage for culture).
    """
    points = np.zeros(len(decisions.conversions))
    buildings = decisions.instance.buildings.iloc[decisions.conversions["building"]]
    for row in decisions.instance.preferences.itertuples():
        values = buildings[row.field]
        met = is_known(values) & meets(values, row.field, row.comparison, str(row.value))
        if isinstance(row.service_id, str) and row.service_id:
            met &= decisions.conversions["service_id"].eq(row.service_id).to_numpy(bool)
        points[met & decisions.is_new] += float(row.bonus)
    return points
