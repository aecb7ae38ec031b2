"""Rule `budget`."""

from __future__ import annotations

from collections.abc import Iterator

from siting.model.decisions import Decisions
from siting.model.program import Row


def budget(decisions: Decisions) -> Iterator[Row]:
    r"""Works, equipment, rent and acquisition stay within the budget.

    .. math:: \sum_c (works + equipment + rent)_c \, y_c + \sum_b price_b u_b \le budget

    Rent is counted over the years in which it is due; a building's price is paid once. Only what
    the district pays counts. Source: policies P035-P038.
    """
    limit = decisions.instance.settings.budget.total
    if limit is not None:
        c = decisions.conversions
        amounts = c["works"] + c["equipment"] + c["rent"]
        yield decisions.money_row(
            "budget[total]", amounts, limit, prices=decisions.purchases["price"]
        )
