"""Rule `acquisition`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from siting.model.decisions import Decisions
from siting.model.program import Row


def acquisition(decisions: Decisions) -> Iterator[Row]:
    r"""A building with a price is paid once, in the year in which anything new opens in it.

    .. math:: \sum_{c \in (b, s, mode) \text{ open in } t} y_c
        \le \sum_{t' \le t} u_{b,mode,t'} \quad \forall b, s, mode, t

    One row per service, since a service has at most one module in a building; and one per add-on.
    In a plan by years nothing is paid before its first use:

    .. math:: u_{b,mode,t} \le \sum_{c \in (b, mode) \text{ opening in } t} y_c

    Source: acquisition apart from works, equipment and rent (Annex 1 of the district's 13th plan).
    """
    if decisions.purchases.empty:
        return
    conversions, purchases = decisions.conversions, decisions.purchases
    paid = purchases.groupby(["building", "mode"], sort=True).indices
    new = conversions[decisions.is_new]
    column = np.flatnonzero(decisions.is_new)
    alone = np.where(decisions.adds_on, conversions["module_id"], "")[column]
    keys = [new["building"], new["mode"], new["service_id"], alone]
    if len(decisions.years) > 1:
        yield from _in_use(decisions, paid)
    ids = decisions.instance.buildings["building_id"].to_numpy(object)
    since, until = conversions["year"].to_numpy(), conversions["until"].to_numpy()
    paid_in = purchases["year"].to_numpy()
    for key, members in new.groupby(keys, sort=True).indices.items():
        building, mode, service_id, module_id = key
        bought = paid.get((building, mode))
        if bought is None:
            continue
        mine = column[members]
        parts = [ids[building], service_id, *(p for p in (module_id, mode) if p)]
        for year in sorted(set(since[mine])):
            used = len(conversions) + bought[paid_in[bought] <= year]
            columns = mine[(since[mine] <= year) & (year <= until[mine])]
            yield Row(
                name=decisions.label("acquisition", *parts, year=year),
                columns=np.append(columns, used),
                coefficients=np.append(np.ones(len(columns)), -np.ones(len(used))),
                upper=0,
            )


def _in_use(
    decisions: Decisions, paid: Mapping[tuple[int, str], NDArray[np.int64]]
) -> Iterator[Row]:
    """Yield the rows that let a building be paid only in a year in which something opens in it."""
    new = decisions.conversions[decisions.is_new]
    opening = new.groupby(["building", "mode", "year"]).indices
    column = np.flatnonzero(decisions.is_new)
    for (building, mode), purchases in paid.items():
        building_id = decisions.instance.buildings["building_id"].iloc[building]
        for purchase in purchases:
            year = int(decisions.purchases["year"].iloc[purchase])
            mine = column[opening[building, mode, year]]
            parts = [building_id, *([mode] if mode else []), "in use"]
            yield Row(
                name=decisions.label("acquisition", *parts, year=year),
                columns=np.append(mine, len(decisions.conversions) + purchase),
                coefficients=np.append(-np.ones(len(mine)), 1.0),
                upper=0,
            )
