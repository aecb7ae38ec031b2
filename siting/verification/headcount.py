"""How many people there are in each year, and what they need, from the tables anew."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.verification.conversions import Row, records, text

Floats = NDArray[np.float64]

_CLOSED_AGES = re.compile(r"(\d+)_(\d+)")


@dataclass(frozen=True, eq=False)
class Headcount:
    """People of an instance by place, group and year."""

    instance: Instance

    def people(self, year: int) -> pd.DataFrame:
        """Return people of a year: ``demand`` (position), ``demand_id, group, people``."""
        demand = self.instance.demand
        yearly = self.instance.settings.plan.yearly
        parts = []
        for group in self.instance.groups:
            people = demand[f"people_{group}"].to_numpy(float)
            if yearly:
                people = people * self._factors(group, year)
            parts.append(
                pd.DataFrame(
                    {
                        "demand": np.arange(len(demand)),
                        "demand_id": demand["demand_id"],
                        "group": group,
                        "people": people,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    def raw_need(self, year: int | None = None) -> dict[tuple[str, str], Floats]:
        """Return the need before rounding by service and group, of every demand point.

        In 1/`NEED_GRID` unit. Of the people of the demand table where no year is given; in any
        case scaled as those are scaled to a published total.
        """
        return {
            key: need * (self._scale[key[0]] * NEED_GRID)
            for key, need in self._needing(year).items()
        }

    def total(self, year: int, zone: Row | None) -> float:
        """Return the counted people of a year, in a zone or everywhere."""
        settings = self.instance.settings
        if zone is None and not settings.plan.yearly and settings.base.population is not None:
            return float(settings.base.population)
        counted = settings.base.counted_groups or tuple(
            group for group in self.instance.groups if group != "workers"
        )
        people = self.people(year)
        people = people[people["group"].isin(counted)]
        if zone is not None:
            homes = self.instance.demand.get(f"zone_{zone['kind']}")
            there = np.zeros(len(self.instance.demand), bool)
            if homes is not None:
                there = (homes == zone["zone_id"]).to_numpy(bool)
            people = people[there[people["demand"].to_numpy()]]
        return float(people["people"].sum())

    @cached_property
    def _scale(self) -> dict[str, float]:
        """Factor that brings the need of each service to its published total."""
        total: dict[str, float] = {}
        for (service_id, _), need in self._needing(None).items():
            total[service_id] = total.get(service_id, 0.0) + float(need.sum())
        scale = dict.fromkeys(total, 1.0)
        for service in records(self.instance.services):
            published, raw = service["published_need"], total.get(service["service_id"], 0.0)
            if raw > 0 and not pd.isna(published):
                scale[service["service_id"]] = float(published) / raw
        return scale

    def _needing(self, year: int | None) -> dict[tuple[str, str], Floats]:
        """Return need by service and group, of every demand point, not scaled."""
        needing: dict[tuple[str, str], Floats] = {}
        for row in records(self.instance.needs):
            people = self.instance.demand[f"people_{row['group']}"].to_numpy(float)
            if year is not None and self.instance.settings.plan.yearly:
                people = people * self._factors(row["group"], year)
            key = row["service_id"], row["group"]
            needing[key] = needing.get(key, 0.0) + people * float(row["need_per_person"])
        return needing

    def _factors(self, group: str, year: int) -> NDArray[np.float64]:
        """Return the factor on the people of a group at each demand point."""
        known: dict[tuple[str, ...], float] = {}
        for homes in set(self._homes):
            stated = self._stated(group, year, homes)
            known[homes] = self._aged(group, year, homes) if stated is None else stated
        return np.array([known[homes] for homes in self._homes])

    @cached_property
    def _homes(self) -> list[tuple[str, ...]]:
        """Zones of each demand point, one per kind in the order of the kinds, empty for none."""
        demand = self.instance.demand
        columns = [
            demand[f"zone_{kind}"].map(text)
            if f"zone_{kind}" in demand
            else pd.Series([""] * len(demand))
            for kind in self.instance.zone_kinds
        ]
        return list(zip(*columns, strict=True)) if columns else [()] * len(demand)

    @cached_property
    def _statements(self) -> dict[tuple[int, str, str], float]:
        """Factors of the population table by year, zone and group (empty for all)."""
        return {
            (int(row["year"]), text(row["zone_id"]), text(row["group"])): float(row["factor"])
            for row in records(self.instance.population)
        }

    def _stated(self, group: str, year: int, homes: Iterable[str]) -> float | None:
        """Return the most specific factor that the population table states, if any."""
        zones = [zone for zone in homes if zone]
        for of_group in (group, ""):
            for zone in zones:
                if (year, zone, of_group) in self._statements:
                    return self._statements[year, zone, of_group]
        for of_group in (group, ""):
            if (year, "", of_group) in self._statements:
                return self._statements[year, "", of_group]
        return None

    @cached_property
    def _births(self) -> dict[str, dict[int, float]]:
        """People by zone (empty for everywhere) and year of birth."""
        births: dict[str, dict[int, float]] = {}
        for row in records(self.instance.cohorts):
            born = births.setdefault(text(row["zone_id"]), {})
            born[int(row["birth_year"])] = float(row["people"])
        return births

    def _aged(self, group: str, year: int, homes: Iterable[str]) -> float:
        """Return the factor that the cohorts give as they age, 1 where they do not speak."""
        ages = _CLOSED_AGES.fullmatch(group)
        base = self.instance.settings.base.year
        zone = next((zone for zone in homes if zone and zone in self._births), "")
        born = self._births.get(zone, {})
        if ages is None or base is None:
            return 1.0
        youngest, oldest = int(ages[1]), int(ages[2])
        then = range(year - oldest, year - youngest + 1)
        now = range(base - oldest, base - youngest + 1)
        if any(birth_year not in born for birth_year in (*then, *now)):
            return 1.0
        whole = sum(born[birth_year] for birth_year in now)
        return sum(born[birth_year] for birth_year in then) / whole if whole else 1.0
