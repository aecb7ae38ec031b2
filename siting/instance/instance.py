"""`Instance`: everything a plan is made from, frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.hashing import table_digest
from siting.instance.people import people_factors
from siting.instance.rulebook import RULES
from siting.instance.settings import Settings
from siting.instance.tables import TABLES

NEED_GRID = 1000
"""Need and capacities are integers of 1/NEED_GRID unit of the service."""

KEEP = "keep"
"""Module id of keeping a facility that may change as it is."""


def _empty(table: str) -> pd.DataFrame:
    names = [c.name for c in TABLES[table].columns if not c.pattern]
    return pd.DataFrame(columns=names, index=pd.RangeIndex(0), dtype=object)


@dataclass(frozen=True, kw_only=True, eq=False)
class Instance:
    """A town to plan: settings and tables, checked and complete.

    Every table has all its declared columns, ids as text, a fresh range index, defaults filled
    in, None or NaN where a fact is not known, and coordinates in metres of ``settings.crs``. No
    one may write into the tables; `replace` makes variants.

    Attributes
    ----------
    name
        Name of the folder or file it was read from; names its runs.
    settings
        The content of `instance.toml`, as applied.
    scenario
        Name of the scenario that was applied; empty for none.
    overrides
        That scenario in full, as plain values.
    base_hash
        `content_hash` before a scenario was applied; empty for none.
    """

    name: str
    settings: Settings
    demand: pd.DataFrame
    services: pd.DataFrame
    needs: pd.DataFrame
    modules: pd.DataFrame
    buildings: pd.DataFrame
    eligibility: pd.DataFrame
    facilities: pd.DataFrame = field(default_factory=lambda: _empty("facilities"))
    suitability: pd.DataFrame = field(default_factory=lambda: _empty("suitability"))
    conditions: pd.DataFrame = field(default_factory=lambda: _empty("conditions"))
    targets: pd.DataFrame = field(default_factory=lambda: _empty("targets"))
    zones: pd.DataFrame = field(default_factory=lambda: _empty("zones"))
    locks: pd.DataFrame = field(default_factory=lambda: _empty("locks"))
    population: pd.DataFrame = field(default_factory=lambda: _empty("population"))
    cohorts: pd.DataFrame = field(default_factory=lambda: _empty("cohorts"))
    funds: pd.DataFrame = field(default_factory=lambda: _empty("funds"))
    spaces: pd.DataFrame = field(default_factory=lambda: _empty("spaces"))
    tenures: pd.DataFrame = field(default_factory=lambda: _empty("tenures"))
    outputs: pd.DataFrame = field(default_factory=lambda: _empty("outputs"))
    links: pd.DataFrame = field(default_factory=lambda: _empty("links"))
    pairs: pd.DataFrame = field(default_factory=lambda: _empty("pairs"))
    preferences: pd.DataFrame = field(default_factory=lambda: _empty("preferences"))
    priorities: pd.DataFrame = field(default_factory=lambda: _empty("priorities"))
    decay: pd.DataFrame = field(default_factory=lambda: _empty("decay"))
    travel: pd.DataFrame = field(default_factory=lambda: _empty("travel"))
    network_nodes: pd.DataFrame = field(default_factory=lambda: _empty("network_nodes"))
    network_edges: pd.DataFrame = field(default_factory=lambda: _empty("network_edges"))
    scenario: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    base_hash: str = ""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with other fields; derived values are computed anew."""
        changed = replace(self, **changes)
        kept = {n: d for n, d in self._digests.items() if n not in changes}
        changed.__dict__["_digests"] = kept
        return changed

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name, empty ones included."""
        return {name: getattr(self, name) for name in TABLES}

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Groups of people, in the order of their columns."""
        return tuple(
            c.removeprefix("people_") for c in self.demand.columns if c.startswith("people_")
        )

    @cached_property
    def zone_kinds(self) -> tuple[str, ...]:
        """Kinds of zone, in the order of first mention."""
        return tuple(self.zones["kind"].drop_duplicates())

    @cached_property
    def zone_kind(self) -> str:
        """Kind of zone that results are listed by; empty where there are no zones."""
        return self.settings.zone_kind or (self.zone_kinds[0] if self.zone_kinds else "")

    @cached_property
    def places(self) -> pd.DataFrame:
        """Where service can come from: all buildings, then all facilities.

        Columns ``place_id, kind (building, facility), x, y``; the position in this table is the
        place index used by travel and reach.
        """
        buildings = self.buildings[["building_id", "x", "y"]].set_axis(
            ["place_id", "x", "y"], axis=1
        )
        facilities = self.facilities[["facility_id", "x", "y"]].set_axis(
            ["place_id", "x", "y"], axis=1
        )
        kinds = ["building"] * len(buildings) + ["facility"] * len(facilities)
        places = pd.concat([buildings, facilities], ignore_index=True)
        places.insert(1, "kind", kinds)
        return places.astype({"x": float, "y": float})

    @cached_property
    def need_factors(self) -> dict[str, float]:
        """Factor by which each service's need is scaled to its published total; 1 without one."""
        factors: dict[str, float] = {}
        for service in self.services.itertuples():
            rows = self.needs[self.needs["service_id"] == service.service_id]
            raw = sum(
                float(self.demand[f"people_{group}"].sum()) * float(rate)
                for group, rate in zip(rows["group"], rows["need_per_person"], strict=True)
            )
            published = service.published_need
            known = published is not None and not pd.isna(published)
            factors[str(service.service_id)] = float(published) / raw if known and raw > 0 else 1.0
        return factors

    @cached_property
    def units(self) -> pd.DataFrame:
        """Units of need: one row per demand point, group and service with need above zero.

        Columns ``demand`` (position in `demand`), ``demand_id, group, service_id`` and ``need``
        (int64, 1/`NEED_GRID` unit), sorted by service, demand id and group. Rounded once, by
        largest remainder within each service, so that the total of a service is its rounded
        total; ties go to the smaller demand id, so the order of rows changes nothing.
        """
        ids = pd.Series(self.demand["demand_id"].to_numpy(object), dtype="str")
        points = np.argsort(ids.to_numpy(object), kind="stable")
        parts: list[pd.DataFrame] = []
        for service_id, rows in self.needs.groupby("service_id", sort=True):
            factor = self.need_factors[str(service_id)]
            rates = rows.set_index("group")["need_per_person"].astype(float).sort_index()
            exact = np.column_stack(
                [
                    self.demand[f"people_{group}"].to_numpy(float)[points]
                    * (rate * factor * NEED_GRID)
                    for group, rate in rates.items()
                ]
            ).ravel()
            wanted = np.flatnonzero(exact > 0)
            need = _largest_remainder(exact[wanted])
            point, group = np.divmod(wanted[need > 0], len(rates))
            parts.append(
                pd.DataFrame(
                    {
                        "demand": points[point],
                        "demand_id": ids.array.take(points[point]),
                        "group": pd.Series(rates.index, dtype="str").array.take(group),
                        "service_id": str(service_id),
                        "need": need[need > 0],
                    }
                )
            )
        if not parts:
            columns = ["demand", "demand_id", "group", "service_id", "need"]
            return pd.DataFrame({c: pd.Series(dtype=object) for c in columns})
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def base_need(self) -> dict[str, int]:
        """Need of each service over the whole town in the last year, in 1/`NEED_GRID` unit."""
        need = pd.Series(self.need_of(self.years[-1]))
        totals = need.groupby(self.units["service_id"].to_numpy(object)).sum()
        return {str(s): int(totals.get(s, 0)) for s in self.services["service_id"]}

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years that are decided one by one; one label where the plan is a single period."""
        plan = self.settings.plan
        first = plan.start_year or 1
        return tuple(range(first, first + plan.years)) if plan.yearly else (first,)

    @property
    def outlook(self) -> tuple[int, ...]:
        """Years after the plan for which its need is looked at."""
        plan = self.settings.plan
        later = range(self.years[-1] + 1, self.years[-1] + 1 + plan.outlook_years)
        return tuple(later) if plan.yearly else ()

    def need_of(self, year: int) -> NDArray[np.int64]:
        """Return the need of every row of `units` in a year, in 1/`NEED_GRID` unit.

        Rounded within each service as `units` is; in a plan of one period it is `units` itself.
        """
        known = self._need_by_year
        if year not in known:
            known[year] = self._need_in(year)
        return known[year]

    @cached_property
    def _need_by_year(self) -> dict[int, NDArray[np.int64]]:
        return {}

    def _need_in(self, year: int) -> NDArray[np.int64]:
        units = self.units
        need = units["need"].to_numpy(np.int64)
        if not self.settings.plan.yearly:
            return need
        factors = people_factors(self, year).to_numpy()
        group = pd.Index(self.groups).get_indexer(units["group"])
        point = units["demand"].to_numpy(np.int64)
        people = self.demand[[f"people_{g}" for g in self.groups]].to_numpy(float)
        rates = self.needs.set_index(["service_id", "group"])["need_per_person"].astype(float)
        rate = rates.reindex(pd.MultiIndex.from_frame(units[["service_id", "group"]])).to_numpy()
        scale = units["service_id"].map(self.need_factors).to_numpy(float)
        exact = people[point, group] * (rate * scale * NEED_GRID) * factors[point, group]
        rounded = np.zeros(len(units), np.int64)
        for members in units.groupby("service_id", sort=True).indices.values():
            rounded[members] = _largest_remainder(exact[members])
        return rounded

    def in_year(self, year: int) -> Self:
        """Return the town as of a year, as one period: its people and its units of need."""
        factors = people_factors(self, year)
        columns = [f"people_{g}" for g in self.groups]
        people = self.demand[columns].astype(float) * factors.to_numpy()
        plan = self.settings.plan.model_copy(update={"yearly": False, "start_year": year})
        town = self.replace(
            demand=self.demand.assign(**{c: people[c] for c in columns}),
            settings=self.settings.model_copy(update={"plan": plan}),
        )
        # The need of the year as the plan counts it, not as rounding anew would have it.
        town.__dict__["units"] = self.units.assign(need=self.need_of(year))
        town.__dict__["need_factors"] = self.need_factors
        return town

    @cached_property
    def limits_min(self) -> dict[str, float]:
        """Longest way that counts as served, by service: its standard or the end of its decay."""
        limits = self.services.set_index("service_id")["standard_min"].astype(float)
        found = {str(s): float(m) for s, m in limits.items()}
        if self.rule_on("decay"):
            last = self.decay.groupby("service_id")["minutes"].max()
            found |= {str(s): float(m) for s, m in last.items()}
        return found

    def rule_on(self, rule_id: str) -> bool:
        """Whether a rule holds in this instance.

        Raises
        ------
        KeyError
            When there is no such rule.
        """
        rule = RULES[rule_id]
        return not rule.switchable or self.settings.rules.get(rule_id, rule.default_on)

    def money(self, amount: float) -> int:
        """Return an amount in the smallest unit of money, halves rounded up."""
        return int(np.floor(amount * 10**self.settings.money.decimals + 0.5 + 1e-6))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the content, whatever the order of rows and columns or the file format."""
        digest = hashlib.sha256()
        # Keys at their default do not enter, so that a later version's new keys change no hash;
        # scenarios are hashed once they are applied, grids are but lists of them, and who reviews
        # a plan is no part of it.
        settings = self.settings.model_dump(
            mode="json",
            exclude={"scenarios", "grids", "tables", "datum", "review"},
            exclude_defaults=True,
        )
        digest.update(json.dumps(settings, sort_keys=True, ensure_ascii=False).encode())
        for name, frame in self.tables.items():
            if frame.empty:
                continue
            if name not in self._digests:
                self._digests[name] = table_digest(frame)
            digest.update(f"\n{name}\n".encode() + self._digests[name])
        return digest.hexdigest()

    @cached_property
    def _digests(self) -> dict[str, bytes]:
        """Digests of tables, as far as they have been asked for."""
        return {}


def _largest_remainder(exact: np.ndarray) -> np.ndarray:
    """Round to integers so that the sum is the rounded sum; ties go to the earlier row."""
    floors = np.floor(exact)
    missing = round(float(exact.sum()) - float(floors.sum()))
    order = np.argsort(-np.round(exact - floors, 9), kind="stable")
    floors[order[:missing]] += 1
    return floors.astype(np.int64)
