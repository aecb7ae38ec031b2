"""Rule `yearly_cost`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.years import telling_years


def yearly_cost(decisions: Decisions) -> Iterator[Row]:
    r"""Running cost of all that is open stays within its yearly limit.

    .. math:: \sum_{c \text{ open in } t} yearly_c \, y_c \le limit

    Running cost has its own limit and stays outside the capital budget.
    """
    limit = decisions.instance.settings.budget.yearly_cost
    if limit is not None:
        amounts = decisions.conversions["yearly"].to_numpy(np.int64)
        yield from every_year(decisions, "yearly_cost", amounts, limit)


def every_year(
    decisions: Decisions, rule: str, amounts: NDArray[np.int64], limit: float
) -> Iterator[Row]:
    """Yield rows of what is due every year, ``rule[total]`` in a plan of one period."""
    yearly = decisions.instance.settings.plan.yearly
    for year, columns in telling_years(decisions, np.flatnonzero(amounts)):
        due = np.zeros_like(amounts)
        due[columns] = amounts[columns]
        yield decisions.money_row(f"{rule}[{year if yearly else 'total'}]", due, limit)
