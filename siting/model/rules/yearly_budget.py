"""Rule `yearly_budget`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.model.decisions import Decisions
from siting.model.program import Row


def yearly_budget(decisions: Decisions) -> Iterator[Row]:
    r"""Each year spends no more than its money and what earlier years left.

    .. math:: \sum_{t' \le t} spent_{t'} \le \sum_{t' \le t} budget_{t'}

    Without carry-over each year stands alone: :math:`spent_t \le budget_t`. Works and equipment are
    paid in the year of opening, rent in every year, a building when it is first used. With
    carry-over the years up to a year without a budget are limited. Source: policies P029, P116.
    """
    settings = decisions.instance.settings
    budgets = settings.budget.years
    if not settings.plan.yearly or not budgets:
        return
    through: tuple[int, ...] = ()
    for year in decisions.years:
        if year not in budgets:
            if settings.budget.carry_over:
                return
            continue
        through = (*through, year) if settings.budget.carry_over else (year,)
        yield decisions.money_row(
            decisions.label("yearly_budget", year=year),
            spent(decisions, through),
            sum(budgets[t] for t in through),
            prices=decisions.purchases["price"].where(decisions.purchases["year"].isin(through), 0),
        )


def spent(decisions: Decisions, years: tuple[int, ...]) -> NDArray[np.int64]:
    """Return what each conversion takes in some years, without the price of its building."""
    c = decisions.conversions
    opening = (c["works"] + c["equipment"]).where(c["year"].isin(years), 0)
    rented = sum(decisions.active(year).astype(np.int64) for year in years)
    return (opening + c["yearly_rent"] * rented).to_numpy(np.int64)
