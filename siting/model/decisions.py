"""The yes/no decisions of a plan and what rules see of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.model.conversions import acquisition_prices
from siting.model.program import Row


@dataclass(frozen=True, kw_only=True, eq=False)
class Decisions:
    """Columns of the decisions: one per admitted conversion, then one per building with a price.

    Attributes
    ----------
    conversions
        Admitted rows of `list_conversions` with a fresh index: the row is the column.
    prices
        Acquisition price by building position, smallest unit of money, only those above 0 that
        some new conversion would pay; their order is that of the ``used`` columns.
    """

    instance: Instance
    conversions: pd.DataFrame
    prices: dict[int, int]

    @property
    def count(self) -> int:
        """Number of columns."""
        return len(self.conversions) + len(self.prices)

    @property
    def money_steps(self) -> int:
        """Smallest units in one unit of money."""
        return int(10**self.instance.settings.money.decimals)

    def used_column(self, building: int) -> int:
        """Return the column that says whether a building with a price is used."""
        return self._used_columns[building]

    @cached_property
    def _used_columns(self) -> dict[int, int]:
        return {b: len(self.conversions) + i for i, b in enumerate(self.prices)}

    def names(self) -> list[str]:
        """Return the names of the columns."""
        c = self.conversions
        opens = [
            f"open[{b},{s},{m}]"
            for b, s, m in zip(c["building_id"], c["service_id"], c["module_id"], strict=True)
        ]
        ids = self.instance.buildings["building_id"]
        return opens + [f"used[{ids.iloc[b]}]" for b in self.prices]

    def money_row(
        self, name: str, amounts: NDArray[np.int64], limit: float, *, prices: bool = False
    ) -> Row:
        """Return ``amounts @ open (+ prices @ used) <= limit`` in units of money."""
        total = np.zeros(self.count)
        total[: len(self.conversions)] = amounts
        if prices:
            total[len(self.conversions) :] = list(self.prices.values())
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
        prices = np.array(list(self.prices.values()), np.float64)
        return np.concatenate([own, prices]) / self.money_steps

    def points(self, opened: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the values of all columns for a choice of conversions."""
        paying = opened & self.conversions["status"].eq("new").to_numpy()
        used = set(self.conversions.loc[paying, "building"])
        return np.concatenate([opened, [b in used for b in self.prices]]).astype(np.float64)


def decide(instance: Instance, conversions: pd.DataFrame) -> Decisions:
    """Return the decisions over admitted conversions."""
    conversions = conversions.reset_index(drop=True)
    prices = acquisition_prices(instance)
    paying = sorted(set(conversions.loc[conversions["status"] == "new", "building"]))
    return Decisions(
        instance=instance,
        conversions=conversions,
        prices={int(b): int(prices.iloc[b]) for b in paying if prices.iloc[b] > 0},
    )
