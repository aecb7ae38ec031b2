"""A case that has been planned: its run on disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from siting.errors import Finding
from siting.scenarios.case import Case
from siting.solution import Solution
from siting.store import load_run


@dataclass(frozen=True, kw_only=True)
class Run:
    """What became of a case.

    Attributes
    ----------
    folder
        Where the run is kept.
    values
        What its `solution.json` says.
    reused
        Whether it had been planned before.
    notes
        What happened on the way: workers that were lost over it.
    """

    case: Case
    folder: Path
    values: dict[str, Any]
    reused: bool = False
    notes: tuple[Finding, ...] = ()

    @property
    def objective(self) -> float | None:
        """Share served, tier 1; None without a plan."""
        value = self.values["objective"]
        return None if value is None else float(value)

    @property
    def bound(self) -> float | None:
        """What no plan of the case beats; None where nothing is proven."""
        value = self.values["bound"]
        return None if value is None else float(value)

    @cached_property
    def solution(self) -> Solution:
        """The plan in full."""
        return load_run(self.folder)[0]
