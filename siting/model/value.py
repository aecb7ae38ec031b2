"""What service is worth in tier 1, whoever computes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.model.rules.decay import decay
from siting.model.rules.priorities import priorities
from siting.reach import Arcs


@dataclass(frozen=True, kw_only=True, eq=False)
class Value:
    """What one unit of service adds to the tier that its service belongs to.

    Attributes
    ----------
    names
        Tiers of need served, in order: ``served``, or ``served[r]`` for every rank.
    tier_of
        Tier of each service that counts.
    per_unit
        By service and year: what one unit of need that counts once adds to its tier.
    factor
        How often each of `Instance.units` counts, shape (units,).
    """

    instance: Instance
    names: tuple[str, ...]
    tier_of: Mapping[str, str]
    per_unit: Mapping[tuple[str, int], float]
    factor: NDArray[np.float64]

    def of_minutes(self, service_id: str, minutes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what a unit counts after so many minutes, 1 for in full."""
        if not self.instance.rule_on("decay"):
            return np.ones(len(minutes))
        return decay(self.instance, service_id, minutes)

    def is_plain(self, service_id: str) -> bool:
        """Whether all service of a kind counts alike."""
        fades = self.instance.rule_on("decay") and service_id in set(
            self.instance.decay["service_id"]
        )
        own = self.instance.units["service_id"].eq(service_id).to_numpy(bool)
        return not fades and bool(np.all(self.factor[own] == 1.0))

    def counted(self, service: pd.DataFrame) -> NDArray[np.float64]:
        """Return the amount of each row of `Solution.service` as often as it counts, if served."""
        served = service["place_id"].ne("").to_numpy(bool)
        unit = self._units_of(service)
        return np.asarray(service["amount"].to_numpy(float) * self.factor[unit] * served)

    def credit(self, service: pd.DataFrame) -> NDArray[np.float64]:
        """Return what each row of `Solution.service` adds to its tier."""
        credit = self.counted(service)
        minutes = service["minutes"].to_numpy(float)
        keys = service.groupby(["service_id", "year"], sort=False).indices
        for (service_id, year), rows in keys.items():
            credit[rows] *= self.per_unit.get((str(service_id), int(year)), 0.0)
            if not self.is_plain(str(service_id)):
                credit[rows] *= self.of_minutes(str(service_id), minutes[rows])
        return credit

    def _units_of(self, service: pd.DataFrame) -> NDArray[np.int64]:
        """Return the position in `Instance.units` of each row of `Solution.service`."""
        return np.asarray(self._unit_codes.get_indexer(self._code(service)), np.int64)

    @cached_property
    def _unit_codes(self) -> pd.Index:
        return pd.Index(self._code(self.instance.units))

    @cached_property
    def _ids(self) -> dict[str, pd.Index]:
        """What tells units of need apart, by column."""
        town = self.instance
        return {
            "demand_id": pd.Index(town.demand["demand_id"], dtype=object),
            "group": pd.Index(town.groups, dtype=object),
            "service_id": pd.Index(town.services["service_id"], dtype=object),
        }

    def _code(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """Return one number for the demand point, group and service of each row."""
        code = np.zeros(len(table), np.int64)
        for column, ids in self._ids.items():
            which, named = pd.factorize(table[column])
            code = code * len(ids) + ids.get_indexer(pd.Index(named, dtype=object))[which]
        return code

    def tiers(self, service: pd.DataFrame) -> tuple[float, ...]:
        """Return the tiers of need served of who is served where, 0 to 1 each."""
        credit = self.credit(service)
        tier = service["service_id"].map(self.tier_of).to_numpy(object)
        return tuple(float(credit[tier == name].sum()) for name in self.names)


def make_value(instance: Instance, reach: Mapping[str, Arcs]) -> Value:
    """Return what service is worth: ``weight / need that counts / sum of weights / years``.

    Services without need or weight count for nothing.
    """
    factor = np.ones(len(instance.units))
    if instance.rule_on("priorities"):
        factor = priorities(instance, reach)
    weights = instance.services.set_index("service_id")["weight"].astype(float)
    ranks = instance.services.set_index("service_id")["rank"].astype(int)
    by_rank = instance.settings.objective.by_rank
    tier_of = {str(s): f"served[{ranks[s]}]" if by_rank else "served" for s in weights.index}
    service = instance.units["service_id"].to_numpy(object)
    per_unit: dict[tuple[str, int], float] = {}
    for year in instance.years:
        need = pd.Series(instance.need_of(year) * factor).groupby(service).sum()
        counted = {s: w for s, w in weights.items() if w > 0 and need.get(s, 0) > 0}
        total = pd.Series(counted, dtype=float).groupby(tier_of).sum()
        for s, weight in counted.items():
            share = weight * NEED_GRID / need[s] / total[tier_of[str(s)]]
            per_unit[str(s), year] = float(share) / len(instance.years)
    counting = {s for s, _ in per_unit}
    names = sorted({tier_of[s] for s in counting}, key=lambda name: (len(name), name))
    return Value(
        instance=instance,
        names=tuple(names) or ("served",),
        tier_of={s: tier_of[s] for s in counting},
        per_unit=per_unit,
        factor=factor,
    )
