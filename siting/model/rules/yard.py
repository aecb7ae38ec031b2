"""Rule `yard`."""

from __future__ import annotations

from collections.abc import Iterator

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.slots import crowded, named_slots


def yard(decisions: Decisions) -> Iterator[Row]:
    r"""The modules in a building take no more than its yard, at any time.

    .. math:: \sum_{c \in b} yard_c \, y_c \le yard_b

    One row for each slot of the day and each year in which more could be open than in another.
    Source: yards of schools, kindergartens and nurseries.
    """
    conversions = decisions.conversions
    available = decisions.instance.buildings["yard_m2"].to_numpy(float)
    takes = conversions["yard_m2"].to_numpy(float)
    for building, columns in conversions.groupby("building", sort=True).indices.items():
        building_id = str(conversions["building_id"].iloc[columns[0]])
        limit = float(available[building])
        slots = named_slots(decisions, columns)
        for slot, year, meeting in crowded(decisions, columns, takes[columns], limit, slots):
            name = decisions.label("yard", building_id, *slot, year=year)
            yield decisions.row_of(name, meeting, coefficients=takes[meeting], upper=limit)
