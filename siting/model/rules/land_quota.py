"""Rule `land_quota`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.model.conversions import paid_buildings
from siting.model.decisions import Decisions
from siting.model.program import Row


def land_quota(decisions: Decisions) -> Iterator[Row]:
    r"""The land of buildings first used in a year stays within its quota.

    .. math:: \sum_{b} land_b \, u_{b,t} \le quota_t

    A plan of one period has all the years' quotas together; a building with a commitment is in use
    already. Source: policy P128.
    """
    plan = decisions.instance.settings.plan
    if not plan.land_quota_m2:
        return
    when = decisions.purchases["year"].to_numpy()
    if not plan.yearly:
        total = sum(plan.land_quota_m2.values())
        yield _row(decisions, "land_quota[total]", np.ones(len(when), bool), total)
        return
    for year in decisions.years:
        if year in plan.land_quota_m2:
            name = decisions.label("land_quota", year=year)
            yield _row(decisions, name, when == year, plan.land_quota_m2[year])


def _row(decisions: Decisions, name: str, used: NDArray[np.bool_], quota: float) -> Row:
    land = decisions.purchases["land_m2"].to_numpy(float)
    paid = decisions.purchases["building_id"].isin(paid_buildings(decisions.instance))
    taking = used & (land > 0) & ~paid.to_numpy(bool)
    return decisions.row_of(
        name, decisions.purchase_columns(taking), coefficients=land[taking], upper=quota
    )
