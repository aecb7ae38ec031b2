"""Who is within reach of what: travel times held against the limits anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.travel.times import Pairs, Travel
from siting.verification.conversions import Row, records

LIMIT_TOLERANCE_MIN = 1e-9
"""A way this much longer than the limit still counts as within it."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Within:
    """Units of need and places within their limit of minutes.

    Attributes
    ----------
    unit, place
        Positions in `Instance.units` and `Instance.places`, int64, shape (n,).
    minutes
        Time of the way, shape (n,).
    """

    unit: NDArray[np.int64]
    place: NDArray[np.int64]
    minutes: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ways:
    """Travel times of an instance, with the limits up to which they count."""

    instance: Instance
    travel: Travel
    _near: dict[tuple[str, bytes], Within] = field(default_factory=dict)

    @cached_property
    def decay(self) -> dict[str, list[Row]]:
        """Steps by which each service counts less with distance, nearest first."""
        steps: dict[str, list[Row]] = {}
        if self.instance.rule_on("decay"):
            for row in sorted(records(self.instance.decay), key=lambda row: row["minutes"]):
                steps.setdefault(str(row["service_id"]), []).append(row)
        return steps

    @cached_property
    def limits(self) -> dict[str, float]:
        """Longest way that counts, by service: the standard, or the last step of its decay."""
        limits = {}
        for service in records(self.instance.services):
            service_id = str(service["service_id"])
            steps = self.decay.get(service_id)
            limits[service_id] = float(steps[-1]["minutes"] if steps else service["standard_min"])
        return limits

    @cached_property
    def modes(self) -> dict[str, str]:
        """How the way to each service is travelled."""
        return {str(s["service_id"]): str(s["mode"]) for s in records(self.instance.services)}

    def worth(self, service_id: str, minutes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what one unit of a service counts after so many minutes."""
        value = np.zeros(len(minutes))
        steps = self.decay.get(service_id)
        if not steps:
            value[minutes <= self.limits[service_id] + LIMIT_TOLERANCE_MIN] = 1.0
            return value
        for step in reversed(steps):
            value[minutes <= float(step["minutes"]) + LIMIT_TOLERANCE_MIN] = float(step["value"])
        return value

    def within(self, service_id: str, places: Mask) -> Within:
        """Return which units of a service reach which of the marked places in time."""
        key = service_id, places.tobytes()
        if key not in self._near:
            self._near[key] = self._within_limit(service_id, places)
        return self._near[key]

    def _within_limit(self, service_id: str, places: Mask) -> Within:
        units = self.instance.units
        of_service = np.flatnonzero(units["service_id"] == service_id)
        limit = self.limits[service_id] + LIMIT_TOLERANCE_MIN
        unit, place, minutes = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
        for group, at in units.iloc[of_service].groupby("group").indices.items():
            unit_at = np.full(len(self.instance.demand), -1, np.int64)
            unit_at[units["demand"].to_numpy()[of_service[at]]] = of_service[at]
            pairs = self.pairs(str(group), self.modes[service_id])
            kept = np.flatnonzero(places[pairs.place] & (pairs.minutes <= limit))
            kept = kept[unit_at[pairs.demand[kept]] >= 0]
            unit.append(unit_at[pairs.demand[kept]])
            place.append(pairs.place[kept].astype(np.int64))
            minutes.append(pairs.minutes[kept])
        return Within(
            unit=np.concatenate(unit),
            place=np.concatenate(place),
            minutes=np.concatenate(minutes),
        )

    def minutes(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return the travel time of every row of service, infinite where there is no way."""
        minutes = np.full(len(rows), np.inf)
        modes = rows["service_id"].map(self.modes)
        places = len(self.instance.places)
        demand, place = rows["demand"].to_numpy(), rows["place"].to_numpy()
        wanted = np.where((demand >= 0) & (place >= 0), demand * places + place, -1)
        keys = pd.DataFrame({"group": rows["group"], "mode": modes}).dropna().drop_duplicates()
        for group, mode in keys.itertuples(index=False, name=None):
            if group not in self.instance.groups:
                continue
            at = np.flatnonzero((rows["group"] == group) & (modes == mode))
            ways = self.pairs(str(group), str(mode))
            known = ways.demand.astype(np.int64) * places + ways.place
            minutes_of = ways.minutes
            if np.any(known[1:] < known[:-1]):
                order = np.argsort(known, kind="stable")
                known, minutes_of = known[order], minutes_of[order]
            found = np.searchsorted(known, wanted[at])
            at, found = at[found < len(known)], found[found < len(known)]
            same = known[found] == wanted[at]
            minutes[at[same]] = minutes_of[found[same]]
        return minutes

    def pairs(self, group: str, mode: str) -> Pairs:
        """Return the ways of one group by one mode."""
        return self.travel.pairs(group, mode)

    def near(self, place: int, within_min: float) -> Mask:
        """Return which places are within so many minutes on foot of a place, itself included."""
        between = self.travel.between
        close = between.minutes(self.travel.speeds) <= within_min + LIMIT_TOLERANCE_MIN
        near = np.zeros(len(self.instance.places), bool)
        near[between.destination[close & (between.origin == place)]] = True
        near[between.origin[close & (between.destination == place)]] = True
        near[place] = True
        return near
