"""Rule `funds`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.instance.cells import items_of
from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.shared import contested, joined
from siting.model.zones import in_zone


def funds(decisions: Decisions) -> Iterator[Row]:
    r"""Each fund pays for its purposes alone, and no more than is in it.

    .. math:: \sum_{c: \, funds_c \subseteq A} charged_c \, y_c \le \sum_{f \in A} amount_f

    for every union :math:`A` of the sets of funds that may pay for a conversion, by its service,
    agency and zones: what is charged can then be split among the funds. What no fund may pay for
    must cost nothing. Charged as in `agency_budget`; the rest of a price needs no fund. Source:
    policies P035, P036.
    """
    instance, c = decisions.instance, decisions.conversions
    if instance.funds.empty:
        return
    charged = (c["works"] + c["equipment"] + c["rent"] + c["acquisition_share"]).to_numpy(np.int64)
    allowed: list[frozenset[str]] = [frozenset()] * len(c)
    for fund in instance.funds.itertuples():
        pays = np.ones(len(c), bool)
        for column, text in (("service_id", fund.services), ("agency", fund.agencies)):
            if items_of(text):
                pays &= c[column].isin(items_of(text)).to_numpy()
        if items_of(fund.zones):
            inside = [in_zone(instance, instance.buildings, z) for z in items_of(fund.zones)]
            pays &= np.any(inside, axis=0)[c["building"]]
        for paid in np.flatnonzero(pays):
            allowed[paid] |= {str(fund.fund_id)}
    amounts = dict(zip(instance.funds["fund_id"], instance.funds["amount"], strict=True))
    sizes = {str(fund): float(amount) for fund, amount in amounts.items()}
    for union, within in contested(allowed, charged / decisions.money_steps, sizes):
        yield decisions.money_row(
            f"funds[{joined(union)}]",
            np.where(within, charged, 0),
            sum(sizes[fund] for fund in union),
        )
