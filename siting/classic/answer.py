"""What a classic problem is asked and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypedDict

import pandas as pd

from siting.classic.reading import Given
from siting.errors import Finding
from siting.solution import Limit, Termination, relative_gap
from siting.solvers.control import Progress

ALLOCATION_COLUMNS = ("demand_id", "site_id", "amount", "cost")
"""Columns of `Answer.allocation`: which part of a point's weight which open site serves.

Points that nothing serves are not listed. `cost` is per unit of weight.
"""


class Search(TypedDict, total=False):
    """How to look for an answer, as keywords of every problem.

    Attributes
    ----------
    gap
        Relative gap at which the search may stop; 0 (the default) asks for proof.
    time_limit
        Seconds; no limit where absent.
    engine
        As of `siting.solve`; ``auto`` by default.
    watch
        Called with the progress of the search, possibly from another thread.
    started
        `time.monotonic` from which the time limit counts; now where absent.
    """

    gap: float
    time_limit: float | None
    engine: str
    watch: Callable[[Progress], None] | None
    started: float | None


class Between(TypedDict, total=False):
    """What lies between points and sites, as keywords of every problem.

    Attributes
    ----------
    matrix
        Costs in long form: ``demand_id, site_id, cost``; a pair not listed cannot be reached.
    network
        Folder with ``network_nodes`` and ``network_edges``, or the two tables. Without either,
        straight lines in the coordinates' own units, for lon and lat great circles in metres.
    """

    matrix: Given | None
    network: str | tuple[Given, Given] | None


class Options(Search, Between, total=False):
    """All keywords that problems share: `Search` and `Between`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """The sites chosen, or why there are none.

    Attributes
    ----------
    problem
        Its name.
    objective
        Recomputed from `chosen` by code that does not know the engine; None without a choice.
    bound
        What no choice can beat; None where nothing is known.
    chosen
        Ids of the sites newly chosen, required ones included, existing ones not.
    allocation
        Who is served where, see `ALLOCATION_COLUMNS`.
    limit
        What stopped the search before its proof.
    figures
        Further numbers of the problem, such as ``sites`` of lscp-b.
    findings
        Warnings about the input, and the reasons why there is no choice.
    """

    problem: str
    termination: Termination
    objective: float | None = None
    bound: float | None = None
    chosen: tuple[str, ...] = ()
    allocation: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=ALLOCATION_COLUMNS)
    )
    limit: Limit | None = None
    figures: dict[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0

    @property
    def gap(self) -> float | None:
        """``|bound - objective| / |objective|``."""
        return relative_gap(self.objective, self.bound)

    def as_dict(self) -> dict[str, object]:
        """Return what ``--json`` prints."""
        return {
            "problem": self.problem,
            "termination": str(self.termination),
            "limit": None if self.limit is None else str(self.limit),
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "chosen": list(self.chosen),
            **self.figures,
            "findings": [finding.as_dict() for finding in self.findings],
            "seconds": self.seconds,
        }
