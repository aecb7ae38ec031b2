"""Which unit of need is within which standard of which place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.travel.times import Travel

TIE_MINUTES = 1e-9
"""A way longer than the standard by no more than this is within it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Arcs:
    """Ways of one service's units of need to places, within its standard.

    Attributes
    ----------
    unit, place
        Positions in `Instance.units` and `Instance.places`, int32, shape (n,), sorted by unit and
        place.
    minutes
        Travel time, float64, shape (n,).
    """

    unit: NDArray[np.int32]
    place: NDArray[np.int32]
    minutes: NDArray[np.float64]

    def to(self, places: NDArray[np.bool_]) -> Arcs:
        """Return the arcs to the places marked in a mask over `Instance.places`."""
        kept = places[self.place]
        return Arcs(unit=self.unit[kept], place=self.place[kept], minutes=self.minutes[kept])


def find_reach(instance: Instance, travel: Travel) -> dict[str, Arcs]:
    """Return each service's arcs from its units of need to places within its standard.

    Places are all buildings, and the facilities of the service; whether a building may offer it is
    not asked here. Where service counts less with distance, the last step of its decay stands for
    the standard.
    """
    units = instance.units
    points = np.arange(len(instance.demand) + 1)
    reach: dict[str, Arcs] = {}
    for service in instance.services.itertuples():
        own = units[units["service_id"] == service.service_id]
        could = np.ones(len(instance.places), bool)
        could[len(instance.buildings) :] = instance.facilities["service_id"] == service.service_id
        limit = instance.limits_min[str(service.service_id)]
        unit_parts, place_parts, minute_parts = [], [], []
        for group, members in own.groupby("group", sort=True):
            found = travel.pairs(str(group), str(service.mode))
            near = np.flatnonzero((found.minutes <= limit + TIE_MINUTES) & could[found.place])
            starts = np.searchsorted(found.demand[near], points)
            rows, repeats = _rows_of(starts, members["demand"].to_numpy(np.int64))
            unit_parts.append(np.repeat(members.index.to_numpy(np.int32), repeats))
            place_parts.append(found.place[near][rows])
            minute_parts.append(found.minutes[near][rows])
        unit = np.concatenate([np.empty(0, np.int32), *unit_parts])
        place = np.concatenate([np.empty(0, np.int32), *place_parts])
        minutes = np.concatenate([np.empty(0), *minute_parts])
        # The ways of each group are sorted by unit and place, and no two groups share a unit.
        order = np.argsort(unit, kind="stable") if len(unit_parts) > 1 else slice(None)
        reach[str(service.service_id)] = Arcs(
            unit=unit[order], place=place[order], minutes=minutes[order]
        )
    return reach


def find_near(instance: Instance, travel: Travel) -> dict[str, NDArray[np.int64]]:
    """Return, for each link with a limit of minutes, which buildings are near which places.

    Pairs of positions in `Instance.places`, shape (n, 2): a building, and a place whose hub is
    within the limit on foot, the building itself included.
    """
    between = travel.between
    minutes = between.minutes(travel.speeds)
    limited = instance.links[instance.links["within_min"].notna()]
    near = {}
    for link in limited.itertuples():
        kept = minutes <= float(link.within_min) + TIE_MINUTES
        pairs = np.column_stack([between.origin[kept], between.destination[kept]])
        near[str(link.link_id)] = pairs.astype(np.int64)
    return near


def _rows_of(
    starts: NDArray[np.int64], demand: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the given demand points in a table sorted by demand, and their counts."""
    counts = starts[demand + 1] - starts[demand]
    ends = np.cumsum(counts)
    rows = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    return rows + np.repeat(starts[demand], counts), counts
