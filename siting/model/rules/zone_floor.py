"""Rule `zone_floor`."""

from __future__ import annotations

from collections.abc import Iterator

from siting.instance.instance import NEED_GRID
from siting.model.program import Row
from siting.model.rules.service import WrittenBlock


def zone_floor(written: WrittenBlock) -> Iterator[Row]:
    r"""In every zone a least share of what could be served there is served, in the last year.

    .. math:: \sum_{k \in z} \sum_p x_{kp} \ge share \cdot \sum_{k \in z, \, N(k) \ne \emptyset}
        need_k

    What no place could ever reach is left out of the measure. With a share of 1 every community is
    within reach of a shelter, say. Source: policies P077, P100.
    """
    block = written.block
    if not written.is_last:
        return
    for floor in written.decisions.instance.settings.zone_floor:
        if floor.service_id != block.service_id:
            continue
        homes = block.homes[floor.zone_kind]
        for zone in sorted(set(homes) - {""}):
            if floor.zones and zone not in floor.zones:
                continue
            inside = homes == zone
            columns, coefficients = written.amounts(inside)
            yield Row(
                name=f"zone_floor[{block.service_id},{zone}]",
                columns=columns,
                coefficients=coefficients,
                lower=floor.share * float(block.need[inside].sum()) / NEED_GRID,
            )
