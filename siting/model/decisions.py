"""The yes/no decisions of a plan and what rules see of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from siting.instance.instance import Instance
from siting.model.conversions import UNLIMITED, mode_prices
from siting.model.offers import conversion_offers, facility_offers
from siting.model.program import Extra, Row
from siting.reach import Arcs

CONVERSION_KEY = ("building_id", "service_id", "module_id", "mode", "year", "until", "status")
"""Columns that tell conversions apart, in any model of the same town."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Decisions:
    """Columns of the decisions: one per admitted conversion, then one per possible purchase.

    Attributes
    ----------
    conversions
        Admitted rows of `list_conversions` with a fresh index: the row is the column.
    purchases
        What may be paid once for a building: ``building`` (position), ``building_id, mode, year,
        price`` (smallest unit of money) and ``land_m2``, one row per column after the conversions.
        Buildings that cost nothing, take no land that counts and leave no choice have none.
    reach
        Who is within reach of which place, by service.
    near
        By link with a limit of minutes: buildings and the places of hubs near enough, as pairs of
        positions, shape (n, 2).
    """

    instance: Instance
    conversions: pd.DataFrame
    purchases: pd.DataFrame
    reach: Mapping[str, Arcs] = field(default_factory=dict)
    near: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of columns."""
        return len(self.conversions) + len(self.purchases)

    @property
    def years(self) -> tuple[int, ...]:
        """Years that are decided."""
        return self.instance.years

    @property
    def last_year(self) -> int:
        """The year in which what the plan reaches is measured."""
        return self.years[-1]

    @property
    def money_steps(self) -> int:
        """Smallest units in one unit of money."""
        return int(10**self.instance.settings.money.decimals)

    @cached_property
    def is_new(self) -> NDArray[np.bool_]:
        """Whether each conversion is new rather than kept or committed."""
        return self.conversions["status"].eq("new").to_numpy(bool)

    @cached_property
    def adds_on(self) -> NDArray[np.bool_]:
        """Whether each conversion needs a host in its building."""
        return self.conversions["host_service_id"].ne("").to_numpy(bool)

    @cached_property
    def offers(self) -> pd.DataFrame:
        """What each conversion supplies, see `conversion_offers`."""
        return conversion_offers(self.instance, self.conversions)

    @cached_property
    def fixed(self) -> pd.DataFrame:
        """What facilities without choices supply, see `facility_offers`."""
        constant = self.instance.facilities["building_id"].isna().to_numpy()
        return facility_offers(self.instance)[constant].reset_index(drop=True)

    def active(self, year: int) -> NDArray[np.bool_]:
        """Return which conversions are open in a year, if chosen."""
        begun = self.conversions["year"].to_numpy() <= year
        return begun & (year <= self.conversions["until"].to_numpy())

    def offering(self, service_id: str) -> NDArray[np.bool_]:
        """Return which conversions offer a service, as their own or beside it."""
        mask = np.zeros(len(self.conversions), bool)
        own = self.offers["service_id"].eq(service_id).to_numpy()
        capacity = self.offers["capacity"].to_numpy(np.int64)
        given = (capacity > 0) | (capacity == UNLIMITED)
        mask[self.offers["row"].to_numpy()[own & given]] = True
        return mask

    def purchase_columns(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the columns of the purchases marked in a mask."""
        return len(self.conversions) + np.flatnonzero(chosen)

    def label(self, rule: str, *parts: str, year: int | None = None) -> str:
        """Return the name of a row; a plan of one period leaves its year out."""
        dated = year is not None and self.instance.settings.plan.yearly
        return f"{rule}[{','.join([*parts, str(year)] if dated else parts)}]"

    def names(self) -> list[str]:
        """Return the names of the columns."""
        yearly = self.instance.settings.plan.yearly

        def name(kind: str, ids: list[str], mode: str, when: str) -> str:
            parts = [*ids, *([mode] if mode else []), *([when] if yearly else [])]
            return f"{kind}[{','.join(parts)}]"

        opens = [
            name(
                "open",
                [c.building_id, c.service_id, c.module_id],
                c.mode,
                f"..{c.until}" if c.status == "keep" else str(c.year),
            )
            for c in self.conversions.itertuples()
        ]
        used = [
            name("used", [p.building_id], p.mode, str(p.year)) for p in self.purchases.itertuples()
        ]
        return opens + used

    def row_of(
        self,
        name: str,
        columns: NDArray[np.bool_] | NDArray[np.int64],
        *,
        coefficients: ArrayLike = 1.0,
        lower: float = -np.inf,
        upper: float = np.inf,
        extra: tuple[tuple[Extra, float], ...] = (),
    ) -> Row:
        """Return a row over conversions given as a mask or as columns."""
        is_mask = columns.dtype == np.bool_
        at = np.flatnonzero(columns) if is_mask else columns.astype(np.int64)
        factors = np.asarray(coefficients, np.float64)
        factors = np.full(len(at), float(factors)) if factors.ndim == 0 else factors
        return Row(
            name=name, columns=at, coefficients=factors, lower=lower, upper=upper, extra=extra
        )

    def money_row(
        self,
        name: str,
        amounts: ArrayLike,
        limit: float,
        *,
        prices: ArrayLike | None = None,
    ) -> Row:
        """Return ``amounts @ open (+ prices @ used) <= limit`` in units of money.

        `amounts` and `prices` are in the smallest unit, one per conversion and per purchase.
        """
        total = np.zeros(self.count)
        total[: len(self.conversions)] = amounts
        if prices is not None:
            total[len(self.conversions) :] = prices
        columns = np.flatnonzero(total)
        return Row(
            name=name,
            columns=columns,
            coefficients=total[columns] / self.money_steps,
            upper=limit,
        )

    def capital(self) -> NDArray[np.float64]:
        """Return the capital cost of every column, in units of money."""
        c = self.conversions
        own = (c["works"] + c["equipment"] + c["rent"]).to_numpy(np.float64)
        return (
            np.concatenate([own, self.purchases["price"].to_numpy(np.float64)]) / self.money_steps
        )

    def bought(self, opened: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the purchases that a choice of conversions makes: each building once."""
        paying, deal, of_purchase = opened & self.is_new, *self._deals
        first = np.full(len(self.conversions) + len(self.purchases), np.iinfo(np.int64).max)
        np.minimum.at(first, deal[paying], self.conversions["year"].to_numpy(np.int64)[paying])
        return np.asarray(self.purchases["year"].to_numpy(np.int64) == first[of_purchase])

    @cached_property
    def _deals(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Number of building and mode of each conversion and of each purchase."""
        both = pd.concat([t[["building", "mode"]] for t in (self.conversions, self.purchases)])
        number = both.groupby(["building", "mode"], sort=False).ngroup().to_numpy(np.int64)
        return number[: len(self.conversions)], number[len(self.conversions) :]

    def points(self, opened: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the values of all columns for a choice of conversions."""
        return np.concatenate([opened, self.bought(opened)]).astype(np.float64)


def decide(
    instance: Instance,
    conversions: pd.DataFrame,
    reach: Mapping[str, Arcs] | None = None,
    near: Mapping[str, NDArray[np.int64]] | None = None,
) -> Decisions:
    """Return the decisions over admitted conversions."""
    conversions = conversions.reset_index(drop=True)
    prices = mode_prices(instance)
    counts = bool(instance.settings.plan.land_quota_m2) and instance.rule_on("land_quota")
    several = prices.duplicated("building", keep=False)
    wanted = prices[(prices["price"] > 0) | several | (counts & (prices["land_m2"] > 0))]
    when = conversions.loc[conversions["status"] == "new", ["building", "mode", "year"]]
    purchases = wanted.merge(when.drop_duplicates(), on=["building", "mode"])
    purchases = purchases.sort_values(["building", "mode", "year"], kind="stable")
    columns = ["building", "building_id", "mode", "year", "price", "land_m2"]
    return Decisions(
        instance=instance,
        conversions=conversions,
        purchases=purchases[columns].reset_index(drop=True),
        reach=reach or {},
        near=near or {},
    )
