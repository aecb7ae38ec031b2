"""Rule `floor_area`."""

from __future__ import annotations

from collections.abc import Iterator

from siting.model.decisions import Decisions
from siting.model.program import Row


def floor_area(decisions: Decisions) -> Iterator[Row]:
    r"""The modules in a building take no more than its floor area.

    .. math:: \sum_{s,m} area_m \, y_{bsm} \le area_b

    Several services may share a building. Source: policies P043, P053-P055.
    """
    yield from shared_within(decisions, "floor_area", "floor_area_m2")


def shared_within(decisions: Decisions, rule: str, column: str) -> Iterator[Row]:
    """Yield one row per building whose conversions together could exceed its `column`."""
    conversions = decisions.conversions
    available = decisions.instance.buildings[column].astype(float)
    for building, columns in conversions.groupby("building", sort=True).indices.items():
        taken = conversions[column].to_numpy(float)[columns]
        limit = float(available.iloc[building])
        if taken.sum() > limit:
            building_id = conversions["building_id"].iloc[columns[0]]
            yield Row(
                name=f"{rule}[{building_id}]",
                columns=columns[taken > 0],
                coefficients=taken[taken > 0],
                upper=limit,
            )
