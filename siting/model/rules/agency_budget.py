"""Rule `agency_budget`."""

from __future__ import annotations

from collections.abc import Iterator

from siting.model.decisions import Decisions
from siting.model.program import Row


def agency_budget(decisions: Decisions) -> Iterator[Row]:
    r"""Each agency with a limit stays within it.

    .. math:: \sum_{s \text{ of } a} \sum_{b,m} \left(works + equipment + rent + price_b
        \frac{area_m}{area_b}\right)_{bsm} y_{bsm} \le budget_a

    An agency is charged for the part of the building that it uses; the price of the rest is shown
    as unallocated and counts in the total alone. Source: policies P035-P038, sector caps.
    """
    c = decisions.conversions
    charged = c["works"] + c["equipment"] + c["rent"] + c["acquisition_share"]
    for agency, limit in sorted(decisions.instance.settings.budget.agencies.items()):
        amounts = charged.where(c["agency"] == agency, 0).to_numpy()
        yield decisions.money_row(f"agency_budget[{agency}]", amounts, limit)
