"""Rule `yard`."""

from __future__ import annotations

from collections.abc import Iterator

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.floor_area import shared_within


def yard(decisions: Decisions) -> Iterator[Row]:
    r"""The modules in a building take no more than its yard.

    .. math:: \sum_{s,m} yard_m \, y_{bsm} \le yard_b
    """
    yield from shared_within(decisions, "yard", "yard_m2")
