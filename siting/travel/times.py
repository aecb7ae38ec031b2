"""`Travel`: how far every demand point is from every place, once per instance."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from siting.instance.settings import Speeds

DECIMETRES_PER_MINUTE = 600.0
"""Decimetres travelled in one minute at 1 m/s."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Demand points and the places they can travel to.

    Attributes
    ----------
    demand, place
        Positions in `Instance.demand` and `Instance.places`, int32, shape (n,).
    minutes
        Travel time, float64, shape (n,).
    """

    demand: NDArray[np.int32]
    place: NDArray[np.int32]
    minutes: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Between:
    """Ways on foot from buildings to places, for links of services.

    Attributes
    ----------
    origin, destination
        Positions in `Instance.places`, int32, shape (n,), sorted; origins are buildings.
    length_dm
        Integer decimetres, shape (n,).
    """

    origin: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    destination: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    length_dm: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))

    def minutes(self, speeds: Speeds) -> NDArray[np.float64]:
        """Return the walking minutes of every way at the usual speed."""
        return self.length_dm / (DECIMETRES_PER_MINUTE * speeds.walk)


@dataclass(frozen=True, kw_only=True, eq=False)
class Travel:
    """Ways from demand points to places; a pair not listed cannot be reached.

    Attributes
    ----------
    source
        ``network``, ``straight`` or ``table``.
    demand, place, length_dm
        One way per pair, sorted by demand and place: positions and integer decimetres, shape (n,);
        empty for a table. Ways longer than any standard allows are left out.
    given
        For a table: minutes by group, the key ``""`` holding for groups without their own.
    speeds
        Turns decimetres into minutes.
    between
        Ways from buildings to places; none unless a link of services has a limit of minutes.
    """

    source: str
    demand: NDArray[np.int32]
    place: NDArray[np.int32]
    length_dm: NDArray[np.int32]
    given: dict[str, Pairs] = field(default_factory=dict)
    speeds: Speeds
    between: Between = field(default_factory=Between)

    def pairs(self, group: str, mode: str) -> Pairs:
        """Return the minutes of every known pair for one group and mode (``walk``, ``drive``)."""
        if self.source == "table":
            return self.given[group] if group in self.given else self.given[""]
        speed = self.speeds.of(group, mode)
        return Pairs(
            demand=self.demand,
            place=self.place,
            minutes=self.length_dm / (DECIMETRES_PER_MINUTE * speed),
        )
