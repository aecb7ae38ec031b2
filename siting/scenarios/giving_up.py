"""What the worst-served zone gains where some of the need served is given up for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from siting.scenarios.run import Run

EQUITY = "equity"


def equity_rows(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the runs that raise the worst-served zone, by how much they may give up for it.

    Columns ``run, give_up`` (share of what is served), ``objective, bound`` (need served by the
    plan, and what no plan beats at all), ``worst_share, worst_bound`` (share that the worst-served
    zone gets of what it could be served, and what no plan beats that gives up no more) and
    ``folder``. Each is a point of the epsilon-constraint method.

    References
    ----------
    Y. Y. Haimes, L. S. Lasdon, D. A. Wismer (1971), IEEE Transactions on Systems, Man, and
    Cybernetics SMC-1(3), doi:10.1109/TSMC.1971.4308298
    """
    rows = []
    for run in runs:
        equity = _tier(run)
        if equity is not None:
            rows.append(
                {
                    "run": run.case.name,
                    "give_up": run.values["provenance"]["settings"]["objective"]["epsilon"],
                    "objective": run.objective,
                    "bound": run.bound,
                    "worst_share": equity["value"],
                    "worst_bound": equity["bound"],
                    "folder": str(run.folder),
                }
            )
    columns = ["run", "give_up", "objective", "bound", "worst_share", "worst_bound", "folder"]
    return pd.DataFrame(rows, columns=columns).sort_values("give_up", ignore_index=True)


def _tier(run: Run) -> dict[str, Any] | None:
    tiers = run.values["tiers"] if run.objective is not None else []
    return next((tier for tier in tiers if tier["name"] == EQUITY), None)
