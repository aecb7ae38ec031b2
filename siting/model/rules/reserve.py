"""Rule `reserve`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.zones import zone_of, zones_named


def reserve(decisions: Decisions) -> Iterator[Row]:
    r"""A share of the candidates' floor area in a zone stays unused, for shelters say.

    .. math:: \sum_{c \text{ new, } b \in z, \text{ open in the last year}} area_c \, y_c
        \le (1 - share) \sum_{b \in z} area_b

    Source: policy P099 (space reserved for shelter and resettlement).
    """
    instance, conversions = decisions.instance, decisions.conversions
    takes = conversions["taken_area_m2"].to_numpy(float)
    new = decisions.is_new & decisions.active(decisions.last_year)
    areas = instance.buildings["floor_area_m2"].to_numpy(float)
    for setting in instance.settings.reserve:
        zones = zone_of(instance.buildings, setting.zone_kind)
        for zone in zones_named(instance, setting.zone_kind, setting.zones):
            inside = zones == zone
            limit = (1 - setting.share) * float(areas[inside].sum())
            columns = np.flatnonzero(new & inside[conversions["building"]] & (takes > 0))
            if takes[columns].sum() > limit:
                yield decisions.row_of(
                    f"reserve[{zone}]", columns, coefficients=takes[columns], upper=limit
                )
