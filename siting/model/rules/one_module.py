"""Rule `one_module`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.alternatives import alternatives
from siting.model.rules.years import telling_years


def one_module(decisions: Decisions) -> Iterator[Row]:
    r"""A building holds at most one module of a service: modules are its sizes.

    .. math:: \sum_{c \in (b, s) \text{ open in } t} y_c \le 1

    Add-ons stand beside their host, and beside each other: of each at most one. Source: modules
    are the sizes of one facility.
    """
    for group in alternatives(decisions, np.ones(len(decisions.conversions), bool)):
        for year, columns in telling_years(decisions, group.columns):
            if len(columns) > 1:
                name = decisions.label("one_module", *group.parts, year=year)
                yield decisions.row_of(name, columns, upper=1)
