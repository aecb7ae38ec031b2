"""What service counts: factors of need, worth by distance, tiers of need served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array

from siting.verification.conversions import Row, records, text
from siting.verification.flow import most_served
from siting.verification.recount import Recount
from siting.verification.ways import Within

Credit = Mapping[tuple[str, int], float]
"""Need served by service and year, each grain as often as it counts."""


@dataclass(frozen=True, eq=False)
class Value:
    """How often each unit of need counts, and what service is worth by it."""

    recount: Recount

    @cached_property
    def factors(self) -> NDArray[np.float64]:
        """How often each of the units counts: its priorities, and whether today is blank for it."""
        recount = self.recount
        factors = np.ones(len(recount.units))
        if not recount.instance.rule_on("priorities"):
            return factors
        for row in records(recount.instance.priorities):
            factors[self._matching(row)] *= float(row["factor"])
        blank = recount.instance.settings.objective.blank_factor
        if blank != 1:
            reached = np.zeros(len(factors), dtype=bool)
            for service_id in recount.services:
                there = recount.places_with(recount.open_today, service_id)
                reached[recount.ways.within(service_id, there).unit] = True
            factors[~reached] *= blank
        return factors

    def _matching(self, row: Row) -> NDArray[np.bool_]:
        units = self.recount.units
        there = np.ones(len(units), dtype=bool)
        for column in ("service_id", "group"):
            if text(row[column]):
                there &= (units[column] == row[column]).to_numpy(bool)
        zone_id = text(row["zone_id"])
        if zone_id:
            there &= self.recount.homes(self.recount.zone_kind_of.get(zone_id, "")) == zone_id
        return there

    def base(self, year: int) -> dict[str, float]:
        """Return the need of a year by service, each unit as often as it counts."""
        counted = self.factors * self.recount.need(year)
        totals = pd.Series(counted).groupby(self.recount.units["service_id"].to_numpy()).sum()
        return {s: float(totals.get(s, 0.0)) for s in self.recount.services}

    @cached_property
    def ranks(self) -> tuple[int | None, ...]:
        """Ranks of services that form a tier each, in their order; one None for all together."""
        if not self.recount.instance.settings.objective.by_rank:
            return (None,)
        counting = {
            int(row["rank"])
            for s, row in self.recount.services.items()
            if float(row["weight"]) > 0 and any(self.base(year)[s] > 0 for year in self.years)
        }
        return tuple(sorted(counting)) or (None,)

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the plan."""
        return self.recount.years

    def per_grain(self, year: int, rank: int | None) -> dict[str, float]:
        """Return what a grain of each service that counts once adds to its tier in a year."""
        base = self.base(year)
        weights = {
            s: float(row["weight"])
            for s, row in self.recount.services.items()
            if base[s] > 0
            and float(row["weight"]) > 0
            and (rank is None or int(row["rank"]) == rank)
        }
        total = sum(weights.values())
        return {s: w / base[s] / total / len(self.years) for s, w in weights.items()}

    def tier(self, credit: Credit, rank: int | None) -> float:
        """Return a tier of need served: the weighted mean share served over all years."""
        return sum(
            each * credit.get((service_id, year), 0.0)
            for year in self.years
            for service_id, each in self.per_grain(year, rank).items()
        )

    @cached_property
    def credited_rows(self) -> pd.DataFrame:
        """Rows of who is served, with ``credit``: their grains as often as each counts."""
        rows = self.recount.served_rows
        rows = rows[rows["service_id"].isin(self.recount.services) & rows["year"].isin(self.years)]
        worth = np.zeros(len(rows))
        for service_id, at in rows.groupby("service_id").indices.items():
            minutes = rows["way_min"].to_numpy()[at]
            worth[at] = self._worth(str(service_id), minutes)
        unit = rows["unit"].to_numpy()
        factor = np.where(unit >= 0, np.append(self.factors, 1.0)[unit], 1.0)
        return rows.assign(credit=rows["grains"].to_numpy() * factor * worth)

    def _worth(self, service_id: str, minutes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what a unit counts by its minutes; without a decay that reach is not asked."""
        if service_id not in self.recount.ways.decay:
            return np.ones(len(minutes))
        return self.recount.ways.worth(service_id, minutes)

    @cached_property
    def of_plan(self) -> Credit:
        """What the plan serves."""
        totals = self.credited_rows.groupby(["service_id", "year"])["credit"].sum()
        return {
            (str(service_id), int(year)): float(amount)
            for (service_id, year), amount in totals.items()
        }

    @cached_property
    def of_today(self) -> Credit:
        """The most that today's facilities could serve of the need of each year."""
        return self.most(self.recount.open_today)

    def most(self, offers: pd.DataFrame) -> Credit:
        """Return the most that open places could serve of the need of each year."""
        credit = {}
        for service_id in self.recount.services:
            here = offers[offers["service_id"] == service_id]
            within = self.recount.ways.within(
                service_id, self.recount.places_with(here, service_id)
            )
            place_at = np.full(len(self.recount.instance.places), -1)
            place_at[here["place"]] = np.arange(len(here))
            capacity = here["capacity"].to_numpy(float)
            for year in self.years:
                credit[service_id, year] = self._most(
                    service_id, within, self.recount.need(year), place_at, capacity
                )
        return credit

    def _most(
        self,
        service_id: str,
        within: Within,
        need: NDArray[np.int64],
        place_at: NDArray[np.int64],
        capacity: NDArray[np.float64],
    ) -> float:
        """Return the most credit of one service and year."""
        place = place_at[within.place]
        if service_id in self.recount.ways.decay:
            worth = self.recount.ways.worth(service_id, within.minutes)
            return most_worth(need, capacity, within.unit, place, worth * self.factors[within.unit])
        # With one factor per unit, the most is reached by serving the highest factors first.
        levels = np.unique(self.factors[within.unit])[::-1]
        credit, before = 0.0, 0
        for level in levels:
            high = self.factors[within.unit] >= level
            served = most_served(need, capacity, within.unit[high], place[high])
            credit += level * (served - before)
            before = served
        return credit


def most_worth(
    need: NDArray[np.int64],
    capacity: NDArray[np.float64],
    unit: NDArray[np.int64],
    place: NDArray[np.int64],
    worth: NDArray[np.float64],
) -> float:
    r"""Return the largest worth of need that places can serve together.

    .. math:: \max \sum worth_{kp} x_{kp}, \; \sum_p x_{kp} \le need_k, \; \sum_k x_{kp} \le cap_p

    Units with the same ways are one; the program has few kinds of them.

    Parameters
    ----------
    need
        Need of each unit, shape (n,).
    capacity
        Capacity of each place or infinity, shape (m,).
    unit, place, worth
        Arcs, and what one unit of need served along each is worth, shape (k,).
    """
    if not len(unit):
        return 0.0
    kinds: dict[tuple[tuple[int, float], ...], int] = {}
    totals: list[int] = []
    order = np.lexsort((place, unit))
    units, first = np.unique(unit[order], return_index=True)
    for u, at in zip(units, np.split(order, first[1:]), strict=True):
        ways = tuple(zip(place[at].tolist(), worth[at].tolist(), strict=True))
        kind = kinds.setdefault(ways, len(totals))
        if kind == len(totals):
            totals.append(0)
        totals[kind] += int(need[u])
    arcs = [(kind, p, w) for ways, kind in kinds.items() for p, w in ways]
    kind_of, place_of, worth_of = (np.array(column) for column in zip(*arcs, strict=True))
    limited = np.flatnonzero(np.isfinite(capacity))
    row_of_place = np.full(len(capacity), -1)
    row_of_place[limited] = np.arange(len(limited)) + len(totals)
    bound = row_of_place[place_of] >= 0
    columns = np.arange(len(arcs))
    rows = np.concatenate([kind_of, row_of_place[place_of][bound]])
    matrix: Any = coo_array(
        (np.ones(len(rows)), (rows, np.concatenate([columns, columns[bound]]))),
        shape=(len(totals) + len(limited), len(arcs)),
    ).tocsr()
    scale = max(1.0, float(max(totals)))
    limits = np.concatenate([np.array(totals, dtype=float), capacity[limited]]) / scale
    least: Any = linprog(-worth_of, A_ub=matrix, b_ub=limits, method="highs").fun
    return float(-least * scale)
