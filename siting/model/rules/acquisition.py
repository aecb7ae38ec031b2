"""Rule `acquisition`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row


def acquisition(decisions: Decisions) -> Iterator[Row]:
    r"""A building with a price is paid once if anything new opens in it.

    .. math:: \sum_m y_{bsm} \le u_b \quad \forall b, s

    One row per service, since a service has at most one module in a building. Source: acquisition
    apart from works, equipment and rent (Annex 1 of the district's 13th plan).
    """
    new = decisions.conversions[decisions.conversions["status"] == "new"]
    priced = new[new["building"].isin(decisions.prices)]
    for (building, service_id), members in priced.groupby(
        ["building", "service_id"], sort=True
    ).groups.items():
        building_id = decisions.instance.buildings["building_id"].iloc[building]
        yield Row(
            name=f"acquisition[{building_id},{service_id}]",
            columns=np.append(np.asarray(members, np.int64), decisions.used_column(building)),
            coefficients=np.append(np.ones(len(members)), -1.0),
            upper=0,
        )
