"""Rule `one_module`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row


def one_module(decisions: Decisions) -> Iterator[Row]:
    r"""A building holds at most one module of a service: modules are its sizes.

    .. math:: \sum_m y_{bsm} \le 1
    """
    groups = decisions.conversions.groupby(["building_id", "service_id"], sort=True)
    for (building_id, service_id), columns in groups.indices.items():
        if len(columns) > 1:
            yield Row(
                name=f"one_module[{building_id},{service_id}]",
                columns=columns,
                coefficients=np.ones(len(columns)),
                upper=1,
            )
