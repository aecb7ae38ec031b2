"""Rule `one_tenure`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row


def one_tenure(decisions: Decisions) -> Iterator[Row]:
    r"""A building is got hold of in one way and once.

    .. math:: \sum_{mode, t} u_{b,mode,t} \le 1

    Rent, purchase, swap, expropriation, a temporary use or part of a court exclude one another.
    Source: policies P027-P030, P144.
    """
    purchases = decisions.purchases
    for building_id, members in purchases.groupby("building_id", sort=True).indices.items():
        if len(members) > 1:
            mine = np.zeros(len(purchases), bool)
            mine[members] = True
            yield Row(
                name=f"one_tenure[{building_id}]",
                columns=decisions.purchase_columns(mine),
                coefficients=np.ones(len(members)),
                upper=1,
            )
