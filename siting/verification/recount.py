"""What every check works from: a plan looked up in its instance again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.solution import Solution
from siting.travel.times import Travel
from siting.verification.conversions import (
    Catalogue,
    Conversion,
    Row,
    is_known,
    number,
    records,
    text,
    usable,
)
from siting.verification.headcount import Headcount
from siting.verification.prices import Price, Purchase, price_of, purchases
from siting.verification.ways import Ways

UNIT = ["demand_id", "group", "service_id"]
"""What names a unit of need."""

OFFER = ["place_id", "service_id"]
"""What names the offer of a service at a place."""

NO_YEAR = -1
"""Year of a row of service that states none."""

Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Recount:
    """A plan, its instance and its travel times, with what follows from them.

    Everything is worked out here from the tables; nothing comes from the model or a solver.
    """

    instance: Instance
    travel: Travel
    solution: Solution
    _open: dict[int, pd.DataFrame] = field(default_factory=dict)
    _zones: dict[tuple[str, str], Texts] = field(default_factory=dict)

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years of the plan; one label for a plan of one period."""
        return self.instance.years

    @property
    def last_year(self) -> int:
        """Last year of the plan, in which stocks and zones are counted."""
        return self.years[-1]

    @property
    def yearly(self) -> bool:
        """Whether each year is decided."""
        return self.instance.settings.plan.yearly

    def place(self, *parts: object, year: int | None = None) -> str:
        """Return the place of a finding: its parts, and the year in a plan by years."""
        words = [str(part) for part in parts]
        if year is not None and self.yearly:
            words.append(str(year))
        return "/".join(words)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All that the instance says about conversions."""
        return Catalogue(self.instance)

    @cached_property
    def headcount(self) -> Headcount:
        """People by year, from the tables."""
        return Headcount(self.instance)

    @cached_property
    def ways(self) -> Ways:
        """Who is within reach of what."""
        return Ways(self.instance, self.travel)

    @cached_property
    def services(self) -> dict[str, Row]:
        """Rows of the services table by id."""
        return {str(row["service_id"]): row for row in records(self.instance.services)}

    @cached_property
    def stated(self) -> list[Row]:
        """Rows of `Solution.chosen` as they stand."""
        return records(self.solution.chosen)

    @cached_property
    def conversions(self) -> tuple[Conversion, ...]:
        """Chosen conversions that exist in the instance."""
        return tuple(self.catalogue.chosen(self.solution.chosen))

    @cached_property
    def new(self) -> tuple[Conversion, ...]:
        """Those of `conversions` that are neither kept nor committed."""
        return tuple(c for c in self.conversions if c.status == "new")

    def active(self, year: int) -> tuple[Conversion, ...]:
        """Return the chosen conversions that are open in a year."""
        return tuple(c for c in self.conversions if c.is_active(year))

    def active_by_building(self, year: int) -> dict[str, list[Conversion]]:
        """Return the chosen conversions that are open in a year, by building."""
        grouped: dict[str, list[Conversion]] = {}
        for c in self.active(year):
            grouped.setdefault(c.building_id, []).append(c)
        return grouped

    @cached_property
    def purchases(self) -> dict[str, Purchase]:
        """What is paid once for every building that the plan buys, by building."""
        return purchases(self.conversions, self.instance.settings)

    @cached_property
    def prices(self) -> tuple[Price, ...]:
        """What each of `conversions` costs."""
        settings, bought = self.instance.settings, self.purchases
        return tuple(
            price_of(c, settings, bought=c.building_id in bought) for c in self.conversions
        )

    @property
    def priced(self) -> Iterable[tuple[Conversion, Price]]:
        """`conversions` with their `prices`."""
        return zip(self.conversions, self.prices, strict=True)

    @cached_property
    def capital(self) -> int:
        """Capital of the whole plan, unallocated acquisition included, in the smallest unit."""
        parts = sum(price.cost - price.acquisition for price in self.prices)
        return parts + sum(purchase.price for purchase in self.purchases.values())

    @cached_property
    def units(self) -> pd.DataFrame:
        """`Instance.units`, which the check ``need`` holds against the tables."""
        return self.instance.units

    def need(self, year: int) -> NDArray[np.int64]:
        """Return the need of each of `units` in a year, in 1/`NEED_GRID` unit."""
        return self.instance.need_of(year)

    def base(self, year: int) -> dict[str, int]:
        """Return the need of a year by service over the whole town, in 1/`NEED_GRID` unit."""
        totals = pd.Series(self.need(year)).groupby(self.units["service_id"].to_numpy()).sum()
        return {service_id: int(totals.get(service_id, 0)) for service_id in self.services}

    @cached_property
    def fixed(self) -> pd.DataFrame:
        """Facilities without a choice."""
        return self.instance.facilities[self.instance.facilities["building_id"].isna()]

    @cached_property
    def open_today(self) -> pd.DataFrame:
        """Offers with what is open today, see `_offers`."""
        return self._offers(self.instance.facilities, ())

    def open_in(self, year: int) -> pd.DataFrame:
        """Return the offers of the plan in a year, see `_offers`."""
        if year not in self._open:
            self._open[year] = self._offers(self.fixed, self.active(year))
        return self._open[year]

    def _offers(self, facilities: pd.DataFrame, conversions: Iterable[Conversion]) -> pd.DataFrame:
        """Return ``place_id, service_id, capacity`` (1/`NEED_GRID` unit, or inf), ``place``.

        What add-ons take from their host is off its capacity.
        """
        given: dict[tuple[str, str], float] = {}
        taken: dict[tuple[str, str], float] = {}
        for f in records(facilities):
            offer = f["facility_id"], f["service_id"]
            limit = usable(f["capacity"], self.services[f["service_id"]])
            given[offer] = given.get(offer, 0.0) + limit
        for c in conversions:
            for service_id, limit in c.offers:
                offer = c.building_id, service_id
                given[offer] = given.get(offer, 0.0) + limit
            if c.host_capacity > 0:
                host = c.building_id, c.host_service_id
                taken[host] = taken.get(host, 0.0) + np.rint(c.host_capacity * NEED_GRID)
        left = [(*key, max(given[key] - taken.get(key, 0.0), 0.0)) for key in sorted(given)]
        offers = pd.DataFrame(left, columns=[*OFFER, "capacity"]).astype({"capacity": float})
        return offers.assign(place=self.place_positions(offers["place_id"]))

    def need_near(self, service_id: str) -> dict[str, int]:
        """Return the need of the last year within reach of every place, 1/`NEED_GRID` unit."""
        if service_id not in self._need_near:
            places = self.instance.places["place_id"].to_numpy(object)
            within = self.ways.within(service_id, np.ones(len(places), dtype=bool))
            need = self.need(self.last_year)[within.unit].astype(float)
            total = np.bincount(within.place, weights=need, minlength=len(places))
            self._need_near[service_id] = dict(
                zip(places, total.astype(np.int64).tolist(), strict=True)
            )
        return self._need_near[service_id]

    @cached_property
    def _need_near(self) -> dict[str, dict[str, int]]:
        return {}

    def place_positions(self, place_ids: Iterable[str]) -> NDArray[np.int64]:
        """Return the position of each id in `Instance.places`, -1 where there is none."""
        wanted = pd.Index(list(place_ids), dtype=object)
        return np.asarray(self._places.get_indexer(wanted), dtype=np.int64)

    @cached_property
    def _places(self) -> pd.Index:
        return pd.Index(self.instance.places["place_id"], dtype=object)

    def places_with(self, offers: pd.DataFrame, service_id: str) -> NDArray[np.bool_]:
        """Return which places offer a service."""
        there = np.zeros(len(self.instance.places), dtype=bool)
        there[offers.loc[offers["service_id"] == service_id, "place"]] = True
        return there

    def homes(self, kind: str) -> Texts:
        """Return the zone of a kind of each of `units`, empty for none."""
        key = "unit", kind
        if key not in self._zones:
            point = self.units["demand"].to_numpy(np.int64)
            self._zones[key] = _zones(self.instance.demand, kind)[point]
        return self._zones[key]

    def sites(self, kind: str) -> Texts:
        """Return the zone of a kind of each place, empty for none."""
        key = "place", kind
        if key not in self._zones:
            tables = (self.instance.buildings, self.instance.facilities)
            self._zones[key] = np.concatenate([_zones(table, kind) for table in tables])
        return self._zones[key]

    def zones(self, kind: str, only: Iterable[str]) -> list[str]:
        """Return the zones of a kind, or those of them that are named."""
        zones = self.instance.zones
        of_kind = [str(zone) for zone in zones["zone_id"][zones["kind"] == kind]]
        named = set(only)
        return [zone for zone in of_kind if not named or zone in named]

    @cached_property
    def zone_kind_of(self) -> dict[str, str]:
        """Kind of each zone."""
        zones = self.instance.zones
        return dict(zip(zones["zone_id"], zones["kind"], strict=True))

    def lies_in(self, building: Row, zone_id: str) -> bool:
        """Whether a row of a table with zones lies in a zone."""
        return text(building.get(f"zone_{self.zone_kind_of.get(zone_id, '')}")) == zone_id

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Rows of `Solution.service` with positions instead of trust.

        Beside ids (empty text for the part not served), ``amount`` as stated, ``minutes`` and
        ``year`` (-1 where it is none): ``grains`` (int64, amount in 1/`NEED_GRID` unit, 0 where it
        is no number), ``demand`` and ``place`` (positions, -1 where there is none), ``unit``
        (position in `units`, -1 where there is none).
        """
        stated = self.solution.service.reset_index(drop=True)
        rows = stated.astype({"amount": float, "minutes": float})
        for column in (*UNIT, "place_id"):
            which, ids = pd.factorize(stated[column])
            rows[column] = np.array([*map(str, ids), ""], dtype=object)[which]
        amount = rows["amount"].to_numpy(float)
        finite = np.where(np.isfinite(amount), amount, 0.0)
        when, stated_years = pd.factorize(stated["year"])
        years = [int(number(y)) if is_known(y) else NO_YEAR for y in stated_years]
        return rows.assign(
            year=np.array([*years, NO_YEAR], dtype=np.int64)[when],
            grains=np.rint(finite * NEED_GRID).astype(np.int64),
            demand=self.demand_positions(rows["demand_id"]),
            place=self.place_positions(rows["place_id"]),
            unit=pd.Index(self._codes(self.units)).get_indexer(self._codes(rows)).astype(np.int64),
        )

    def demand_positions(self, ids: pd.Series[str]) -> NDArray[np.int64]:
        """Return the position of each demand point in `Instance.demand`, -1 where there is none."""
        which, named = pd.factorize(ids, use_na_sentinel=False)
        at = self._positions["demand_id"].get_indexer(pd.Index(named, dtype=object))
        return at[which].astype(np.int64)

    @cached_property
    def _positions(self) -> dict[str, pd.Index]:
        """What names a unit of need, by column."""
        town = self.instance
        names = (town.demand["demand_id"], town.groups, town.services["service_id"])
        return {
            column: pd.Index(ids, dtype=object) for column, ids in zip(UNIT, names, strict=True)
        }

    def _codes(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """Return a number for the unit of need of each row, -1 where a name is not known."""
        code = np.zeros(len(table), dtype=np.int64)
        known = np.ones(len(table), dtype=bool)
        for column, ids in self._positions.items():
            which, named = pd.factorize(table[column], use_na_sentinel=False)
            at = ids.get_indexer(pd.Index(named, dtype=object))[which]
            code = code * len(ids) + at
            known &= at >= 0
        return np.where(known, code, -1)

    @cached_property
    def served_rows(self) -> pd.DataFrame:
        """Those of `rows` that claim to serve somebody somewhere, with ``way_min`` recomputed."""
        rows = self.rows[(self.rows["place_id"] != "") & (self.rows["grains"] != 0)]
        return rows.assign(way_min=self.ways.minutes(rows))

    def served_in(self, year: int) -> pd.DataFrame:
        """Return those of `served_rows` that are of a year."""
        return self.served_rows[self.served_rows["year"] == year]

    def served(self, year: int) -> dict[str, int]:
        """Return what the plan serves in a year by service, in 1/`NEED_GRID` unit."""
        return {service_id: self._served.get((year, service_id), 0) for service_id in self.services}

    @cached_property
    def _served(self) -> dict[tuple[int, str], int]:
        totals = self.served_rows.groupby(["year", "service_id"])["grains"].sum()
        return {(int(year), str(s)): int(total) for (year, s), total in totals.items()}


def _zones(table: pd.DataFrame, kind: str) -> Texts:
    """Return the zone of a kind of each row of a table, empty for none."""
    if f"zone_{kind}" not in table:
        return np.full(len(table), "", dtype=object)
    return np.array([text(zone) for zone in table[f"zone_{kind}"]], dtype=object)
