"""Runs that need not be made again: found by the hash of what was planned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from siting.planner import Options
from siting.solution import PROVEN_GAP, Limit, Termination
from siting.store import list_runs


class Finished:
    """The verified runs under a folder, as its index lists them."""

    def __init__(self, root: Path) -> None:
        runs = list_runs(root) if root.exists() else pd.DataFrame({"verified": [], "gap": []})
        runs = runs[runs["verified"] == 1].sort_values("gap", kind="stable")
        self._root = root
        self._folders: dict[str, list[str]] = {}
        for run in runs.itertuples():
            self._folders.setdefault(str(run.instance_hash), []).append(str(run.folder))

    def find(
        self, content_hash: str, options: Options, limit_s: float | None
    ) -> tuple[Path, dict[str, Any]] | None:
        """Return folder and values of the best run that answers what is asked; None without one.

        Parameters
        ----------
        content_hash
            Of the instance as the case has it.
        limit_s
            Seconds that a new run would be given.
        """
        for name in self._folders.get(content_hash, ()):
            folder = self._root / name
            try:
                values = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
            except (OSError, ValueError):  # gone or broken since it was listed
                continue
            if answers(values, options, limit_s):
                return folder, values
        return None


def answers(values: dict[str, Any], options: Options, limit_s: float | None) -> bool:
    """Return whether a stored run is as good as a new one would have to be.

    It is where it is proven to the gap that is asked for, or to have no plan, or where it was
    stopped by a limit of time of at least as many seconds; and where it is the cheapest of the
    plans that serve as much, if that is asked for. A plan that was to differ from others is none.
    """
    if values["termination"] == Termination.INFEASIBLE:
        return True
    asked = values["provenance"]["options"]
    if "alternative" in asked or "diverse" in asked:
        return False
    if options.least_money and not asked.get("least_money", True):
        return False
    if values["gap"] is not None and values["gap"] <= max(options.gap, PROVEN_GAP):
        return True
    given = asked.get("time_limit_s")
    stopped = values["limit"] == Limit.TIME
    return stopped and limit_s is not None and given is not None and given >= limit_s
