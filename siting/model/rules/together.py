"""Whether two services are open in one building."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.model.decisions import Decisions
from siting.model.program import Extra, Row


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A row of `pairs` of kind synergy."""

    services: tuple[str, str]
    bonus: float
    shared_m2: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Together:
    """A column that may be 1 only where both services are open, and the rows that say so."""

    extra: Extra
    rows: tuple[Row, ...]


def pairs_of(decisions: Decisions) -> list[Pair]:
    """Return the pairs of services that are better together; none with rule `synergy` off."""
    if not decisions.instance.rule_on("synergy"):
        return []
    pairs = decisions.instance.pairs
    return [
        Pair(
            services=(str(row.service_id), str(row.other_service_id)),
            bonus=float(row.bonus),
            shared_m2=float(row.shared_area_m2),
        )
        for row in pairs[pairs["kind"] == "synergy"].itertuples()
    ]


def together(
    decisions: Decisions,
    pair: Pair,
    year: int,
    columns: NDArray[np.int64],
    parts: tuple[str, ...],
) -> Together | None:
    """Return the state of a pair in one building in a year, and at the end of the plan.

    Parameters
    ----------
    columns
        Conversions that are open in the year: all of the building, or those that meet in a room.
    parts
        Ids that name them: the building, then the room.

    None where one of the two cannot be there. The bonus counts once for the whole building, in
    the last year.
    """
    building_id, *room = parts
    conversions = decisions.conversions
    last = decisions.last_year
    at_end = conversions["building_id"].eq(building_id).to_numpy(bool) & decisions.active(last)
    moments = [columns] if year == last else [columns, np.flatnonzero(at_end)]
    service = conversions["service_id"].to_numpy(object)
    members = [
        (f"{s}{' at the end' if i else ''}", moment[service[moment] == s])
        for i, moment in enumerate(moments)
        for s in pair.services
    ]
    if not all(len(there) for _, there in members):
        return None
    name = decisions.label("together", building_id, *pair.services, *room, year=year)
    counts = year == last and not room and pair.bonus > 0
    extra = Extra(
        name=name,
        tier="money" if counts else "",
        worth=pair.bonus if counts else 0.0,
    )
    rows = [
        decisions.row_of(
            f"synergy{name.removeprefix('together').removesuffix(']')},{said}]",
            there,
            coefficients=-1.0,
            upper=0,
            extra=((extra, 1.0),),
        )
        for said, there in members
    ]
    return Together(extra=extra, rows=tuple(rows))
