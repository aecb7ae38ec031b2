"""What is gained where some of the need served is given up: for the worst zone, for less walking.

Each run is a point of the epsilon-constraint method: one aim is at its best while the other keeps
a floor.

References
----------
Y. Y. Haimes, L. S. Lasdon, D. A. Wismer (1971), IEEE Transactions on Systems, Man, and Cybernetics
SMC-1(3), doi:10.1109/TSMC.1971.4308298
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.model.spared import spared_per_unit, standard_walk_min
from siting.scenarios.run import Run


def equity_rows(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the runs that raise the worst-served zone, by how much they may give up for it.

    Columns ``run, give_up`` (share of what is served), ``objective, bound`` (need served by the
    plan, and what no plan beats at all), ``worst_share, worst_bound`` (share that the worst-served
    zone gets of what it could be served, and what no plan beats that gives up no more) and
    ``folder``.
    """
    rows = [
        {
            **_given_up(run),
            "worst_share": tier["value"],
            "worst_bound": tier["bound"],
            "folder": str(run.folder),
        }
        for run, tier in _with_tier(runs, "equity")
    ]
    columns = [*_GIVEN_UP, "worst_share", "worst_bound", "folder"]
    return pd.DataFrame(rows, columns=columns).sort_values("give_up", ignore_index=True)


def nearness_rows(base: Instance, runs: Sequence[Run]) -> pd.DataFrame:
    """Return the runs that let people walk less, by how much they may give up for it.

    Columns ``run, give_up`` (share of what is served), ``objective, bound`` (need served by the
    plan, and what no plan beats at all), ``kept`` (need that had to be served all the same),
    ``walk_min`` (mean walk of all who need a service, those not served with the longest way that
    counts), ``walk_bound_min`` (what no plan goes below that serves as much as ``kept``),
    ``served_walk_min`` (mean walk of those served), ``cost`` and ``folder``; services by weight.
    """
    rows = []
    for run, tier in _with_tier(runs, "nearness"):
        town = run.case.of(base)
        longest, bound = standard_walk_min(town), tier["bound"]
        rows.append(
            {
                **_given_up(run),
                "kept": run.values["tiers"][0]["floor"],
                "walk_min": longest - tier["value"],
                "walk_bound_min": np.nan if bound is None else longest - bound,
                "served_walk_min": served_walk_min(town, run.solution.service),
                "cost": run.values["cost"],
                "folder": str(run.folder),
            }
        )
    columns = [
        *_GIVEN_UP, "kept", "walk_min", "walk_bound_min", "served_walk_min", "cost", "folder",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values("give_up", ignore_index=True)


def served_walk_min(town: Instance, service: pd.DataFrame) -> float:
    """Return the mean walk of those who are served, services by weight; NaN where nobody is.

    Parameters
    ----------
    service
        Who is served where, as `Solution.service`.
    """
    each = spared_per_unit(town, np.ones(len(town.units)))
    served = service[service["place_id"] != ""]
    keys = zip(served["service_id"], served["year"], strict=True)
    weight = np.array([each.get((str(s), int(y)), 0.0) for s, y in keys])
    weight *= served["amount"].to_numpy(float)
    total = float(weight.sum())
    return float(weight @ served["minutes"].to_numpy(float)) / total if total else np.nan


_GIVEN_UP = ("run", "give_up", "objective", "bound")


def _given_up(run: Run) -> dict[str, Any]:
    given_up = run.values["provenance"]["settings"]["objective"]["epsilon"]
    values = (run.case.name, given_up, run.objective, run.bound)
    return dict(zip(_GIVEN_UP, values, strict=True))


def _with_tier(runs: Sequence[Run], name: str) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Yield the runs that have a tier of a name, with it."""
    for run in runs:
        tiers = run.values["tiers"] if run.objective is not None else []
        yield from ((run, tier) for tier in tiers if tier["name"] == name)
