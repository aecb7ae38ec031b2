"""Rule `min_load`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.blocks import ServiceBlock
from siting.model.conversions import UNLIMITED
from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.service import WrittenBlock


def min_load(written: WrittenBlock) -> Iterator[Row]:
    r"""What opens is used: its place carries a least share of its capacity, in every year.

    .. math:: z_{ps} \ge \sum_m least_m \, cap_{m} \, y_{psm}

    A place that nobody can reach has no load, so that nothing with a least load opens there. For
    services of kind capacity; for services of kind reach see `min_reach`. A block that is not tied
    is one level of a tied one, which holds its loads elsewhere. Source: policy P090.
    """
    decisions, block = written.decisions, written.block
    kinds = decisions.instance.services.set_index("service_id")["kind"]
    if kinds[block.service_id] != "capacity" or not block.tied:
        return
    least = least_loads(decisions, block) / NEED_GRID
    for place in np.unique(block.option_place[least > 0]):
        mine = (least > 0) & (block.option_place == place)
        yield Row(
            name=written.name("min_load", written.place_ids[place], block.service_id),
            columns=np.append(written.load[place], block.option_column[mine]),
            coefficients=np.append(1.0, -least[mine]),
            lower=0,
        )
    unreached = decisions.conversions[unreached_by(decisions, block)]
    for building_id, columns in unreached.groupby("building_id", sort=True).groups.items():
        yield decisions.row_of(
            written.name("min_load", str(building_id), block.service_id),
            np.asarray(columns, np.int64),
            upper=0,
        )


def least_loads(decisions: Decisions, block: ServiceBlock) -> NDArray[np.float64]:
    """Return the load that each option of a block must carry, in 1/NEED_GRID unit."""
    column = block.option_column
    asked = decisions.conversions["min_load"].to_numpy(float)[column]
    own = decisions.conversions["service_id"].eq(block.service_id).to_numpy(bool)[column]
    bound = own & decisions.is_new[column] & (block.option_capacity != UNLIMITED)
    return np.where(bound, np.maximum(asked, 0.0) * block.option_capacity, 0.0)


def unreached_by(decisions: Decisions, block: ServiceBlock) -> NDArray[np.bool_]:
    """Return the conversions with a least load where nobody who needs the service reaches them."""
    conversions = decisions.conversions
    return np.asarray(
        conversions["service_id"].eq(block.service_id).to_numpy(bool)
        & decisions.is_new
        & decisions.active(block.year)
        & (conversions["min_load"].to_numpy(float) > 0)
        & (conversions["capacity"].to_numpy(np.int64) != UNLIMITED)
        & ~np.isin(conversions["building"].to_numpy(np.int64), block.places),
        bool,
    )
