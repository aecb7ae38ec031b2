"""A problem on its way to an answer: limits, the engine, and what may be claimed at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from siting.classic.answer import Answer, Options
from siting.classic.problem import Floats, Marks, Problem
from siting.classic.reading import Given, Sources, read_problem
from siting.errors import Finding, InstanceError
from siting.instance.given import name_some
from siting.model.program import Program
from siting.solution import PROVEN_GAP, Termination, relative_gap
from siting.solvers.control import Control, EngineError, Outcome, run_cancellable
from siting.solvers.engines import engine_named

_AGREE = 1e-9
"""Share by which a bound and a recomputed objective may differ and still be one number."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """A problem, and how far to go for it.

    Attributes
    ----------
    began
        `time.monotonic` of its start.
    """

    problem: Problem
    gap: float
    engine: str
    control: Control
    began: float

    def solve(self, program: Program, *, start: Floats | None = None, gap: float = -1) -> Outcome:
        """Optimise the first tier of a program; `gap` below 0 stands for the task's."""
        engine = engine_named(self.engine)
        sought = self.gap if gap < 0 else gap
        return run_cancellable(
            lambda: engine(
                program, program.tiers[0], gap=sought, start=start, control=self.control
            ),
            self.control,
        )

    def infeasible(self, *reasons: Finding) -> Answer:
        """Return that no choice keeps all rules, and why where that is known."""
        return self._answer(Termination.INFEASIBLE, findings=reasons)

    def nothing(self, bound: float | None = None) -> Answer:
        """Return that a limit came before any choice."""
        limit = self.control.limit_hit()
        return self._answer(Termination.NONE, bound=bound, limit=limit)

    def answer(
        self,
        opened: Marks,
        *,
        objective: float,
        bound: float | None,
        maximise: bool,
        allocation: pd.DataFrame,
        figures: dict[str, float] | None = None,
        whole: bool = False,
    ) -> Answer:
        """Return a choice of sites with what is proven of it.

        Parameters
        ----------
        opened
            Sites that are open, existing ones included, shape (m,).
        whole
            Whether the objective is a whole number for every choice.
        """
        if bound is not None:
            if whole:
                bound = float(np.floor(bound + 1e-6) if maximise else np.ceil(bound - 1e-6))
            bound = max(bound, objective) if maximise else min(bound, objective)
            if abs(bound - objective) <= _AGREE * abs(objective):
                bound = objective
        gap = relative_gap(objective, bound)
        if gap is not None and gap <= PROVEN_GAP:
            termination, limit = Termination.OPTIMAL, None
        elif gap is not None and gap <= self.gap:
            termination, limit = Termination.WITHIN_GAP, None
        else:
            termination, limit = Termination.FEASIBLE, self.control.limit_hit()
        sites = self.problem.sites
        return self._answer(
            termination,
            objective=objective,
            bound=bound,
            limit=limit,
            chosen=tuple(sites.ids[opened & ~sites.existing].tolist()),
            allocation=allocation,
            figures=figures or {},
        )

    def _answer(
        self, termination: Termination, *, findings: tuple[Finding, ...] = (), **known: object
    ) -> Answer:
        return Answer(
            problem=self.problem.name,
            termination=termination,
            findings=(*self.problem.warnings, *findings),
            seconds=round(time.monotonic() - self.began, 3),
            **known,  # type: ignore[arg-type]
        )


def broken(problem: Problem, what: str) -> EngineError:
    """Return the error of an engine whose choice breaks a rule of the problem."""
    return EngineError(f"{problem.name}: the engine's choice is not one: {what}")


def begin(
    name: str,
    demand: Given | None,
    sites: Given,
    options: Options,
    *,
    cutoff: float | None = None,
    strict: bool = False,
    capacities: bool = False,
) -> Task:
    """Read what a problem is given, and start its clock.

    Parameters
    ----------
    cutoff
        Pairs farther than this are left out; None keeps all.
    strict
        Whether pairs at the cutoff are left out as well.
    capacities
        Whether the problem heeds capacities; if not, a column that states them is a warning.

    Raises
    ------
    InstanceError
        When anything is wrong with it.
    """
    began = time.monotonic()
    gap, limit = options.get("gap", 0.0), options.get("time_limit")
    _check_limits(name, gap, limit, cutoff)
    matrix, network = options.get("matrix"), options.get("network")
    sources = Sources(demand=demand, sites=sites, matrix=matrix, network=network)
    problem = read_problem(name, sources, cutoff=np.inf if cutoff is None else cutoff)
    if strict and cutoff is not None:
        problem = replace(problem, costs=problem.costs.within(cutoff, strict=True))
    if problem.sites.limited and not capacities:
        unread = Finding(
            severity="warning", place="sites", column="capacity", rule=f"is not heeded by {name}"
        )
        problem = replace(problem, warnings=(*problem.warnings, unread))
    started = options.get("started") or began
    return Task(
        problem=problem,
        gap=gap,
        engine=options.get("engine", "auto"),
        control=Control(
            deadline=None if limit is None else started + limit, watch=options.get("watch")
        ),
        began=began,
    )


def _check_limits(name: str, gap: float, limit: float | None, cutoff: float | None) -> None:
    findings = [
        Finding(place=place, value=f"{value:g}", rule="must be >= 0")
        for place, value in (("--gap", gap), ("--time-limit", limit), ("--cutoff", cutoff))
        if value is not None and not value >= 0
    ]
    if findings:
        raise InstanceError(name, findings)


def out_of_reach(problem: Problem, times: int = 1) -> Marks:
    """Return the points that fewer than so many sites can reach, shape (n,)."""
    return np.diff(problem.starts) < times


def say_out_of_reach(problem: Problem, out: Marks, times: int = 1) -> list[Finding]:
    """Return one finding per point that too few sites can reach."""
    few = "no site" if times == 1 else f"fewer than {times} sites"
    return name_some(
        np.flatnonzero(out),
        lambda i: Finding(
            place="demand",
            column="demand_id",
            value=f'"{problem.points.ids[i]}"',
            rule=f"can be reached by {few}",
            remedy="raise --cutoff, add sites, or leave it out by --skip-unreachable",
        ),
    )
