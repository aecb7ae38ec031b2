"""Which sites a plan opens, and what it has more and less than another."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from siting.solution import Solution

_SITE = ["building_id", "service_id"]


def sites(solution: Solution) -> pd.DataFrame:
    """Return the sites of a plan, one row per building and service.

    Columns ``building_id, service_id, module_id`` (several in their order, joined by ``+``),
    ``status, year`` (the first), ``capacity`` and ``cost`` (sums).
    """
    chosen = solution.chosen.sort_values([*_SITE, "year", "module_id"], kind="stable")
    if chosen.empty:
        columns = [*_SITE, "module_id", "status", "year", "capacity", "cost"]
        return pd.DataFrame(columns=columns)
    return (
        chosen.astype({"capacity": float, "cost": float})
        .groupby(_SITE, sort=True)
        .agg(
            module_id=("module_id", lambda ids: "+".join(dict.fromkeys(ids))),
            status=("status", "first"),
            year=("year", "first"),
            capacity=("capacity", lambda c: c.sum(skipna=False)),
            cost=("cost", "sum"),
        )
        .reset_index()
    )


def changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return how the sites of one plan differ from those of another.

    Columns ``change, building_id, service_id, module_before, module_after``. A site is ``gained``
    or ``lost``; ``resized`` where the module differs; an existing facility is ``closed`` where
    only the plan before keeps it, ``kept`` where only the plan after does.

    Parameters
    ----------
    before, after
        As `sites` returns them.
    """
    old, new = _modules(before), _modules(after)
    rows = []
    for place in sorted(old.keys() | new.keys()):
        (had, was_kept), (has, is_kept) = old.get(place, ("", False)), new.get(place, ("", False))
        if had == has and was_kept == is_kept:
            continue
        if had and has:
            change = "resized"
        elif has:
            change = "kept" if is_kept else "gained"
        else:
            change = "closed" if was_kept else "lost"
        rows.append((change, *place, had, has))
    return pd.DataFrame(rows, columns=["change", *_SITE, "module_before", "module_after"])


def _modules(table: pd.DataFrame) -> Mapping[tuple[str, str], tuple[str, bool]]:
    return {
        (str(row["building_id"]), str(row["service_id"])): (
            str(row["module_id"]),
            row["status"] == "keep",
        )
        for row in table.to_dict("records")
    }
