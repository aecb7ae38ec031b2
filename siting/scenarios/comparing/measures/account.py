"""Who of a town is served in a plan, counted anew from its record of who goes where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.model.zones import zone_of

ALL = ""
"""Stands for all services together, where a column names one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Account:
    """Who is served in the last year of a plan.

    Attributes
    ----------
    units
        One row per unit of need, in the order of `Instance.units`: ``demand`` (position), ``group,
        service_id, zone_id`` (of the listing kind, empty for none), ``need`` and ``served`` in
        units of the service, ``people`` of the group at the point, and ``people_served``, those
        behind the need that is served (people x served / need).
    ways
        One row per part of a unit that is served: ``service_id, place_id, amount, minutes`` and
        ``people`` behind it.
    """

    units: pd.DataFrame
    ways: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Crowd:
    """The people of a town at the end of its plan, and what they need.

    Attributes
    ----------
    town
        With its scenario applied.
    """

    town: Instance

    @cached_property
    def at_end(self) -> Instance:
        """The town as of the last year of the plan."""
        town = self.town
        return town.in_year(town.years[-1]) if town.settings.plan.yearly else town

    @cached_property
    def units(self) -> pd.DataFrame:
        """What `Account.units` has without what is served."""
        town = self.at_end
        units = town.units
        people = town.demand[[f"people_{g}" for g in town.groups]].to_numpy(float)
        point = units["demand"].to_numpy(int)
        group = pd.Index(town.groups).get_indexer(units["group"])
        return units[["demand", "group", "service_id"]].assign(
            zone_id=zone_of(town.demand, town.zone_kind)[point],
            need=units["need"].to_numpy(float) / NEED_GRID,
            people=people[point, group] if len(units) else 0.0,
        )

    def account(self, service: pd.DataFrame) -> Account:
        """Return who is served in the last year.

        Parameters
        ----------
        service
            Who is served where, columns and rows as `Solution.service`.
        """
        rows = service[(service["year"] == self.town.years[-1]) & (service["place_id"] != "")]
        unit = self._positions.get_indexer(pd.Index(self._code(rows)))
        amount = rows["amount"].to_numpy(float)
        grains = np.bincount(unit, np.rint(amount * NEED_GRID), minlength=len(self.units))
        served = grains / NEED_GRID
        need = self.units["need"].to_numpy(float)
        # No service without need: a unit that needs nothing in the last year has none served.
        part = served / np.where(need > 0, need, 1.0)
        people = self.units["people"].to_numpy(float)
        per_unit = people / np.where(need > 0, need, np.inf)
        return Account(
            units=self.units.assign(served=served, people_served=people * part),
            ways=pd.DataFrame(
                {
                    "service_id": rows["service_id"].to_numpy(object),
                    "place_id": rows["place_id"].to_numpy(object),
                    "amount": amount,
                    "minutes": rows["minutes"].to_numpy(float),
                    "people": amount * per_unit[unit],
                }
            ),
        )

    @cached_property
    def _positions(self) -> pd.Index:
        return pd.Index(self._code(self.at_end.units))

    def _code(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """Return one number for the demand point, group and service of each row."""
        code = np.zeros(len(table), np.int64)
        for column, ids in (
            ("demand_id", self.town.demand["demand_id"]),
            ("group", self.town.groups),
            ("service_id", self.town.services["service_id"]),
        ):
            known = pd.Index(ids, dtype=object)
            code = code * len(known) + known.get_indexer(pd.Index(table[column], dtype=object))
        return code
