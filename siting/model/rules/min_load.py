"""Rule `min_load`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.instance.instance import NEED_GRID
from siting.model.conversions import UNLIMITED
from siting.model.program import Row
from siting.model.rules.service import WrittenBlock


def min_load(written: WrittenBlock) -> Iterator[Row]:
    r"""What opens is used: its place carries a least share of its capacity, in every year.

    .. math:: z_{ps} \ge \sum_m least_m \, cap_{m} \, y_{psm}

    A place that nobody can reach has no load, so that nothing with a least load opens there. For
    services of kind capacity; for services of kind reach see `min_reach`. Source: policy P090.
    """
    decisions, block = written.decisions, written.block
    kinds = decisions.instance.services.set_index("service_id")["kind"]
    if kinds[block.service_id] != "capacity":
        return
    asked = decisions.conversions["min_load"].to_numpy(float)[block.option_column]
    own = decisions.conversions["service_id"].eq(block.service_id).to_numpy(bool)
    bound = (
        own[block.option_column]
        & decisions.is_new[block.option_column]
        & (asked > 0)
        & (block.option_capacity != UNLIMITED)
    )
    least = asked * block.option_capacity / NEED_GRID
    for place in np.unique(block.option_place[bound]):
        mine = bound & (block.option_place == place)
        yield Row(
            name=written.name("min_load", written.place_ids[place], block.service_id),
            columns=np.append(written.load[place], block.option_column[mine]),
            coefficients=np.append(1.0, -least[mine]),
            lower=0,
        )
    conversions = decisions.conversions
    unreached = (
        own
        & decisions.is_new
        & decisions.active(block.year)
        & (conversions["min_load"].to_numpy(float) > 0)
        & (conversions["capacity"].to_numpy(np.int64) != UNLIMITED)
        & ~np.isin(conversions["building"].to_numpy(np.int64), block.places)
    )
    for building_id, columns in (
        conversions[unreached].groupby("building_id", sort=True).groups.items()
    ):
        yield decisions.row_of(
            written.name("min_load", str(building_id), block.service_id),
            np.asarray(columns, np.int64),
            upper=0,
        )
