"""Rule `minimum_per_zone`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from siting.model.decisions import Decisions
from siting.model.program import Row


def minimum_per_zone(decisions: Decisions) -> Iterator[Row]:
    r"""Each zone has at least so many open places of a service, existing ones included.

    .. math:: \sum_{b \in zone} \sum_m y_{bsm} \ge minimum - existing_{s,zone}

    Facilities that may change count where they are kept. Source: standards S014, S038, S121.
    """
    instance = decisions.instance
    fixed = instance.facilities[instance.facilities["building_id"].isna()]
    for minimum in instance.settings.minimum_per_zone:
        column = f"zone_{minimum.zone_kind}"
        zones = minimum.zones or sorted(
            instance.zones.loc[instance.zones["kind"] == minimum.zone_kind, "zone_id"]
        )
        # Facilities need not name zones, least of all where there are none.
        homes = fixed[column] if column in fixed else pd.Series(index=fixed.index, dtype=object)
        places = homes[fixed["service_id"] == minimum.service_id]
        rows = decisions.conversions
        offered = rows["service_id"].eq(minimum.service_id).to_numpy()
        zone_of = instance.buildings[column].iloc[rows["building"]].to_numpy()
        for zone in zones:
            missing = minimum.count - int(places.eq(zone).sum())
            if missing > 0:
                columns = np.flatnonzero(offered & (zone_of == zone))
                yield Row(
                    name=f"minimum_per_zone[{minimum.service_id},{zone}]",
                    columns=columns,
                    coefficients=np.ones(len(columns)),
                    lower=missing,
                )
