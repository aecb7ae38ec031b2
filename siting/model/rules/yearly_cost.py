"""Rule `yearly_cost`."""

from __future__ import annotations

from collections.abc import Iterator

from siting.model.decisions import Decisions
from siting.model.program import Row


def yearly_cost(decisions: Decisions) -> Iterator[Row]:
    r"""Running cost of all that opens stays within its yearly limit.

    .. math:: \sum_{b,s,m} yearly_m \, y_{bsm} \le limit

    Running cost has its own limit and stays outside the capital budget.
    """
    limit = decisions.instance.settings.budget.yearly_cost
    if limit is not None:
        amounts = decisions.conversions["yearly"].to_numpy()
        yield decisions.money_row("yearly_cost[total]", amounts, limit)
