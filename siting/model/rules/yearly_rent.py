"""Rule `yearly_rent`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.yearly_cost import every_year


def yearly_rent(decisions: Decisions) -> Iterator[Row]:
    r"""Rent of all that is open stays within its yearly limit.

    .. math:: \sum_{c \text{ open in } t} rent_c \, y_c \le limit

    With a limit on capital alone a plan would rent whatever it cannot buy. Source: experience with
    plans that always lease.
    """
    limit = decisions.instance.settings.budget.yearly_rent
    if limit is not None:
        amounts = decisions.conversions["yearly_rent"].to_numpy(np.int64)
        yield from every_year(decisions, "yearly_rent", amounts, limit)
