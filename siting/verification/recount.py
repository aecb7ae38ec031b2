"""What every check works from: a plan looked up in its instance again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.solution import Solution
from siting.travel.times import Pairs, Travel
from siting.verification.conversions import (
    Conversion,
    Row,
    capacity_or_cap,
    chosen_conversions,
    records,
)
from siting.verification.flow import most_served
from siting.verification.prices import Price, price_of, purchases

STANDARD_TOLERANCE_MIN = 1e-9
"""A way this much longer than the standard still counts as within it."""

UNIT = ["demand_id", "group", "service_id"]
"""What names a unit of need."""

OFFER = ["place_id", "service_id"]
"""What names the offer of a service at a place."""


@dataclass(frozen=True, eq=False)
class Recount:
    """A plan, its instance and its travel times, with what follows from them.

    Everything is worked out here from the tables; nothing comes from the model or a solver.
    """

    instance: Instance
    travel: Travel
    solution: Solution

    @cached_property
    def services(self) -> dict[str, Row]:
        """Rows of the services table by id."""
        return {str(row["service_id"]): row for row in records(self.instance.services)}

    @cached_property
    def stated(self) -> list[Row]:
        """Rows of `Solution.chosen` as they stand."""
        return records(self.solution.chosen)

    @cached_property
    def suitability(self) -> list[Row]:
        """Rows of the suitability table."""
        return records(self.instance.suitability)

    @cached_property
    def conversions(self) -> tuple[Conversion, ...]:
        """Chosen conversions that exist in the instance."""
        return tuple(chosen_conversions(self.instance, self.solution.chosen))

    @cached_property
    def purchases(self) -> dict[str, int]:
        """Price of every building that the plan buys, in the smallest unit of money."""
        return purchases(self.conversions, self.instance.settings)

    @cached_property
    def prices(self) -> tuple[Price, ...]:
        """What each of `conversions` costs."""
        settings, bought = self.instance.settings, self.purchases
        return tuple(
            price_of(c, settings, bought=c.building_id in bought) for c in self.conversions
        )

    @cached_property
    def capital(self) -> int:
        """Capital of the whole plan, unallocated acquisition included, in the smallest unit."""
        parts = sum(price.cost - price.acquisition for price in self.prices)
        return parts + sum(self.purchases.values())

    @cached_property
    def units(self) -> pd.DataFrame:
        """`Instance.units`, which the check ``need`` holds against the tables."""
        return self.instance.units

    @cached_property
    def base(self) -> dict[str, int]:
        """Need by service over the whole town, in 1/`NEED_GRID` unit."""
        totals = self.units.groupby("service_id")["need"].sum()
        return {service_id: int(totals.get(service_id, 0)) for service_id in self.services}

    @cached_property
    def open_today(self) -> pd.DataFrame:
        """Offers with what is open today, see `_offers`."""
        return self._offers(self.instance.facilities, ())

    @cached_property
    def open_in_plan(self) -> pd.DataFrame:
        """Offers of the plan, see `_offers`."""
        facilities = self.instance.facilities
        return self._offers(facilities[facilities["building_id"].isna()], self.conversions)

    def _offers(self, facilities: pd.DataFrame, conversions: Iterable[Conversion]) -> pd.DataFrame:
        """Return ``place_id, service_id, capacity`` (1/`NEED_GRID` unit, or inf), ``place``."""
        rows = [(f["facility_id"], f["service_id"], self._limit(f)) for f in records(facilities)]
        rows += [(c.building_id, c.service_id, c.capacity) for c in conversions]
        offers = pd.DataFrame(rows, columns=[*OFFER, "capacity"]).astype({"capacity": float})
        offers["capacity"] = np.rint(offers["capacity"] * NEED_GRID)
        offers = offers.groupby(OFFER)[["capacity"]].sum().reset_index()
        return offers.assign(place=self._place_positions(offers["place_id"]))

    def _limit(self, facility: Row) -> float:
        return capacity_or_cap(facility["capacity"], self.services[facility["service_id"]])

    def _place_positions(self, place_ids: pd.Series) -> NDArray[np.int64]:
        """Return the position of each id in `Instance.places`, -1 where there is none."""
        positions = pd.Index(self.instance.places["place_id"]).get_indexer(pd.Index(place_ids))
        return np.asarray(positions, dtype=np.int64)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Rows of `Solution.service` with positions instead of trust.

        Beside ids (empty text for the part not served), ``amount`` as stated and ``minutes``:
        ``grains`` (int64, amount in 1/`NEED_GRID` unit, 0 where it is no number), ``demand`` and
        ``place`` (positions, -1 where there is none).
        """
        stated = self.solution.service.reset_index(drop=True)
        rows = stated.astype({"amount": float, "minutes": float})
        for column in (*UNIT, "place_id"):
            rows[column] = stated[column].fillna("").astype("str")
        amount = rows["amount"].to_numpy(float)
        finite = np.where(np.isfinite(amount), amount, 0.0)
        demand = pd.Index(self.instance.demand["demand_id"]).get_indexer(
            pd.Index(rows["demand_id"])
        )
        return rows.assign(
            grains=np.rint(finite * NEED_GRID).astype(np.int64),
            demand=demand.astype(np.int64),
            place=self._place_positions(rows["place_id"]),
        )

    @cached_property
    def served_rows(self) -> pd.DataFrame:
        """Those of `rows` that claim to serve somebody somewhere."""
        return self.rows[(self.rows["place_id"] != "") & (self.rows["grains"] != 0)]

    @cached_property
    def served(self) -> dict[str, int]:
        """What the plan serves by service, in 1/`NEED_GRID` unit."""
        totals = self.served_rows.groupby("service_id")["grains"].sum()
        return {service_id: int(totals.get(service_id, 0)) for service_id in self.services}

    @cached_property
    def best_in_plan(self) -> dict[str, int]:
        """The most that the open places of the plan can serve, by service."""
        return self._most(self.open_in_plan)

    @cached_property
    def best_today(self) -> dict[str, int]:
        """The most that today's facilities can serve, by service."""
        return self._most(self.open_today)

    def value(self, served: dict[str, int]) -> float:
        """Return tier 1: the weighted mean share served, 0 without any weight."""
        weights = {
            service_id: float(row["weight"])
            for service_id, row in self.services.items()
            if self.base[service_id] > 0 and row["weight"] > 0
        }
        if not weights:
            return 0.0
        shares = sum(w * served[s] / self.base[s] for s, w in weights.items())
        return float(shares / sum(weights.values()))

    def minutes(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return the travel time of every row of `rows`, infinite where there is no way."""
        minutes = np.full(len(rows), np.inf)
        modes = rows["service_id"].map({s: row["mode"] for s, row in self.services.items()})
        places = len(self.instance.places)
        demand, place = rows["demand"].to_numpy(), rows["place"].to_numpy()
        wanted = np.where((demand >= 0) & (place >= 0), demand * places + place, -1)
        for key, ways in self._ways.items():
            at = np.flatnonzero((rows["group"] == key[0]) & (modes == key[1]))
            known = ways.demand.astype(np.int64) * places + ways.place
            order = np.argsort(known, kind="stable")
            found = np.searchsorted(known, wanted[at], sorter=order)
            at, found = at[found < len(known)], order[found[found < len(known)]]
            same = known[found] == wanted[at]
            minutes[at[same]] = ways.minutes[found[same]]
        return minutes

    @cached_property
    def _ways(self) -> dict[tuple[str, str], Pairs]:
        """Ways to the places that are used today or in the plan, by group and mode."""
        places = pd.concat([t["place"] for t in (self.open_today, self.open_in_plan, self.rows)])
        used = np.zeros(len(self.instance.places), dtype=bool)
        used[places[places >= 0]] = True
        modes = {str(row["mode"]) for row in self.services.values()}
        ways: dict[tuple[str, str], Pairs] = {}
        for group in self.units["group"].unique():
            for mode in modes:
                pairs = self.travel.pairs(group, mode)
                kept = used[pairs.place]
                ways[group, mode] = Pairs(
                    demand=pairs.demand[kept],
                    place=pairs.place[kept],
                    minutes=pairs.minutes[kept],
                )
        return ways

    def _most(self, offers: pd.DataFrame) -> dict[str, int]:
        most = dict.fromkeys(self.services, 0)
        for service_id, units in self.units.groupby("service_id"):
            here = offers[offers["service_id"] == service_id]
            unit, place = self._within_standard(self.services[str(service_id)], units, here)
            most[str(service_id)] = most_served(
                units["need"].to_numpy(np.int64), here["capacity"].to_numpy(float), unit, place
            )
        return most

    def _within_standard(
        self, service: Row, units: pd.DataFrame, offers: pd.DataFrame
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which of `units` reach which of `offers` in time, as pairs of positions."""
        offer_at = np.full(len(self.instance.places), -1)
        offer_at[offers["place"]] = np.arange(len(offers))
        longest = float(service["standard_min"]) + STANDARD_TOLERANCE_MIN
        unit_parts, offer_parts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for group, at in units.groupby("group").indices.items():
            unit_at = np.full(len(self.instance.demand), -1)
            unit_at[units["demand"].to_numpy()[at]] = at
            ways = self._ways[str(group), str(service["mode"])]
            unit, offer = unit_at[ways.demand], offer_at[ways.place]
            within = (ways.minutes <= longest) & (unit >= 0) & (offer >= 0)
            unit_parts.append(unit[within])
            offer_parts.append(offer[within])
        return np.concatenate(unit_parts), np.concatenate(offer_parts)
