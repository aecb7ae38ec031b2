"""Rule `zone_budget`."""

from __future__ import annotations

from collections.abc import Iterator

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.zones import in_zone


def zone_budget(decisions: Decisions) -> Iterator[Row]:
    r"""Each zone with a limit stays within it.

    .. math:: \sum_{c \in z} (works + equipment + rent)_c \, y_c + \sum_{b \in z} price_b u_b
        \le budget_z

    Source: policy P037 (budgets of sub-districts).
    """
    instance, c = decisions.instance, decisions.conversions
    amounts = c["works"] + c["equipment"] + c["rent"]
    prices = decisions.purchases["price"]
    for zone, limit in sorted(instance.settings.budget.zones.items()):
        inside = in_zone(instance, instance.buildings, zone)
        yield decisions.money_row(
            f"zone_budget[{zone}]",
            amounts.where(inside[c["building"]], 0),
            limit,
            prices=prices.where(inside[decisions.purchases["building"].astype(int)], 0),
        )
