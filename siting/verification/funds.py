"""Recomputed rule on which fund pays for what, as a flow from costs to funds."""

from __future__ import annotations

from collections.abc import Iterator

from siting.errors import Finding
from siting.verification.conversions import Conversion, Row, allows, listed, records, text
from siting.verification.outcome import breach
from siting.verification.pooling import unmet
from siting.verification.prices import exact, in_grid, in_words
from siting.verification.recount import Recount


def check_funds(recount: Recount) -> Iterator[Finding]:
    """Check that the funds can pay all costs, each only what it is for."""
    settings = recount.instance.settings
    funds = records(recount.instance.funds)
    if not funds:
        return
    amounts = {str(f["fund_id"]): in_grid(exact(f["amount"]), settings) for f in funds}
    costs: list[tuple[frozenset[str], int]] = []
    for c, price in recount.priced:
        allowed = frozenset(str(f["fund_id"]) for f in funds if _may_pay(recount, f, c))
        if allowed:
            costs.append((allowed, price.cost))
        elif price.cost > 0:
            words = f"no fund may pay for it, it costs {in_words(price.cost, settings)}"
            yield breach("funds", c.name, words)
    lacking, dry = unmet(costs, amounts)
    if lacking > 0:
        due = sum(cost for allowed, cost in costs if allowed <= dry)
        there = sum(amounts[fund] for fund in dry)
        words = (
            f"{in_words(due, settings)} can be paid from nothing else, "
            f"there are {in_words(there, settings)}"
        )
        yield breach("funds", "+".join(sorted(dry)), words)


def _may_pay(recount: Recount, fund: Row, c: Conversion) -> bool:
    zones = listed(fund["zones"])
    return (
        allows(fund["services"], c.service_id)
        and allows(fund["agencies"], text(c.service["agency"]))
        and (not zones or any(recount.lies_in(c.building, zone) for zone in zones))
    )
