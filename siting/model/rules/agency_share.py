"""Rule `agency_share`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row


def agency_share(decisions: Decisions) -> Iterator[Row]:
    r"""Each agency with a least share gets it of all that agencies are charged.

    .. math:: \sum_{c \text{ of } a} charged_c \, y_c \ge share_a \sum_c charged_c \, y_c

    Charged as in `agency_budget`; where nothing is spent every share is met. Source: policies
    P038, P039, standard S010.
    """
    c = decisions.conversions
    charged = (c["works"] + c["equipment"] + c["rent"] + c["acquisition_share"]).to_numpy(float)
    for agency, share in sorted(decisions.instance.settings.budget.agency_shares.items()):
        mine = c["agency"].eq(agency).to_numpy(bool)
        above = np.where(mine, 1.0 - share, -share) * charged / decisions.money_steps
        columns = np.flatnonzero(above)
        yield decisions.row_of(
            f"agency_share[{agency}]", columns, coefficients=above[columns], lower=0
        )
