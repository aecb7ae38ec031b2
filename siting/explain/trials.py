"""Trials: the most need served under changed rules, started from a plan that is known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.explain.differences import served_by
from siting.explain.intervals import Best, best_of
from siting.instance.instance import Instance
from siting.model.build import Model, build_model
from siting.model.decisions import CONVERSION_KEY
from siting.model.program import YES, Program
from siting.plan import Options
from siting.reach import Arcs
from siting.solution import (
    PROVEN_GAP,
    ROUNDING,
    SERVICE_COLUMNS,
    Solution,
    Termination,
    relative_gap,
)
from siting.solvers.control import Control, Outcome, Progress, run_cancellable
from siting.solvers.engines import Posed
from siting.solvers.engines import pose as pose_for_engine
from siting.solvers.evaluation import Evaluation, Openings, evaluate
from siting.solvers.highs import solve_with_highs
from siting.solvers.tiers import LATER_TIER_SHARE, LEAST_LATER_TIER_S, held_row

T = TypeVar("T")

Floats = NDArray[np.float64]

CHOICE_KEY = list(CONVERSION_KEY)
"""Columns that tell conversions apart, in any model of the same town."""

LEAST_TRIAL_S = 10.0
"""Seconds below which a search says too little: rather fewer trials than shorter ones."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A model and how its engine takes it."""

    model: Model
    posed: Posed

    @property
    def program(self) -> Program:
        """Rows and columns as the engine sees them."""
        return self.posed.program


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """The best plan that was found for tier 1 alone.

    Attributes
    ----------
    objective, bound
        Of tier 1; None where nothing is known.
    chosen
        One row per chosen conversion, columns of `CHOICE_KEY`.
    service
        Who is served where, as `Solution.service`.
    served
        Units served by service in the last year.
    cost
        Capital of that plan, which nothing has made cheaper unless that was asked for: later
        tiers are not solved.
    """

    termination: Termination
    objective: float | None = None
    bound: float | None = None
    chosen: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=CHOICE_KEY))
    service: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SERVICE_COLUMNS))
    served: dict[str, float] = field(default_factory=dict)
    cost: float | None = None

    @property
    def best(self) -> Best | None:
        """What is known of the best plan; None without a plan."""
        if self.objective is None:
            return None
        return Best(objective=self.objective, bound=self.bound)


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """The plan that others are compared with.

    Attributes
    ----------
    chosen, service, served, cost
        As of `Trial`.
    """

    best: Best
    chosen: pd.DataFrame
    service: pd.DataFrame
    served: dict[str, float]
    cost: float


def pose(
    instance: Instance,
    reach: Mapping[str, Arcs],
    near: Mapping[str, NDArray[np.int64]],
    options: Options,
    *,
    like: Problem | None = None,
) -> Problem:
    """Return the problem of an instance as it is, see `problem_of`."""
    return problem_of(build_model(instance, reach, near), options, like=like)


def problem_of(model: Model, options: Options, *, like: Problem | None = None) -> Problem:
    """Return the problem of a model.

    Parameters
    ----------
    like
        A problem tried before, from which the engine may know what holds here too.
    """
    posed = pose_for_engine(
        model,
        options.engine,
        memory_limit_gib=options.memory_limit_gib,
        like=None if like is None else like.posed,
    )
    return Problem(model=model, posed=posed)


def try_plan(
    problem: Problem,
    options: Options,
    *,
    start: Floats | None,
    control: Control,
    stage: str,
    least_money: bool = False,
) -> Trial:
    """Search for the plan of tier 1 of a problem.

    Parameters
    ----------
    start
        Values of all columns of a plan that keeps the rules, see `start_from`: the result is never
        worse. None for none.
    stage
        What is tried, for those who watch.
    least_money
        Whether the cheapest of the plans that serve as much is sought after that, in part of the
        time.
    """
    model, program, engine = problem.posed.model, problem.program, problem.posed.engine
    control = _named(control, stage)
    began = time.monotonic()
    outcome = Outcome(status="limit")
    if not control.cancelled.is_set() and control.remaining() > 0:
        part = control.within((1 - LATER_TIER_SHARE * least_money) * control.remaining())
        outcome = run_cancellable(
            lambda: engine(program, program.tiers[0], gap=options.gap, start=start, control=part),
            control,
        )
    if outcome.status == "infeasible":
        return Trial(termination=Termination.INFEASIBLE)
    if outcome.point is not None and not _keeps_rules(problem, outcome.point):
        outcome = replace(outcome, point=None)
    found = outcome.point if outcome.point is not None else start
    if found is None:
        return Trial(termination=Termination.NONE, bound=outcome.bound)
    decided = found[: len(model.decisions.conversions)] > YES
    evaluation = evaluate(model, program, model.decisions.reach, decided)
    if least_money:
        first_s = time.monotonic() - began
        limited = control.within(max(LEAST_LATER_TIER_S, LATER_TIER_SHARE * first_s))
        evaluation = _cheaper(problem, evaluation, found, options, limited)
    return _trial(problem, evaluation, outcome, options.gap)


def plan_as_is(
    problem: Problem, opened: Openings, like: Evaluation, options: Options, control: Control
) -> Trial | None:
    """Return what openings come to, with nothing proven of them; None where they break a rule.

    Parameters
    ----------
    like
        Openings that most services share, see `Evaluation`.
    """
    chosen = problem.model.decisions.conversions.loc[opened, CHOICE_KEY]
    point = start_from(problem, chosen, control)
    if point is None or not _keeps_rules(problem, point):
        return None
    model = problem.posed.model
    found = evaluate(model, problem.program, model.decisions.reach, opened, like=like)
    return _trial(problem, found, Outcome(status="limit", point=point), options.gap)


def _cheaper(
    problem: Problem, found: Evaluation, point: Floats, options: Options, control: Control
) -> Evaluation:
    """Return a plan that serves as much for less money; the one that is known where none is."""
    model, program, engine = problem.posed.model, problem.program, problem.posed.engine
    at = [tier.name for tier in program.tiers].index("money")
    held = program.with_rows([held_row(program.tiers[0], found.values[0], 1)])
    known = point.copy()
    known[: model.decisions.count] = model.decisions.points(found.opened)
    if control.cancelled.is_set() or control.remaining() <= 0:
        return found
    outcome = run_cancellable(
        lambda: engine(held, program.tiers[at], gap=options.gap, start=known, control=control),
        control,
    )
    if outcome.point is None or not _keeps_rules(problem, outcome.point):
        return found
    decided = outcome.point[: len(model.decisions.conversions)] > YES
    other = evaluate(model, program, model.decisions.reach, decided, found.values[:1])
    as_much = other.values[0] >= found.values[0] - ROUNDING
    return other if as_much and other.values[at] < found.values[at] else found


def gives_up(instance: Instance) -> bool:
    """Whether tiers after the first may give up some of what it serves."""
    objective = instance.settings.objective
    return objective.epsilon > 0 or objective.worth is not None


def solution_as_is(instance: Instance, solution: Solution) -> Compared:
    """Return a solution to compare with."""
    return Compared(
        best=best_of(solution),
        chosen=solution.chosen[CHOICE_KEY],
        service=solution.service,
        served=served_by(solution.service, instance.years[-1]),
        cost=solution.cost["total"],
    )


def compared_plan(
    problem: Problem, solution: Solution, options: Options, control: Control
) -> Compared:
    """Return the plan that others are compared with: the solution itself in most cases.

    Where later tiers may give up some of what is served for money (`objective.epsilon`,
    `objective.worth`), the plan of tier 1 before that, searched from the solution.
    """
    own = solution_as_is(problem.model.instance, solution)
    if not gives_up(problem.model.instance):
        return own
    start = start_from(problem, solution.chosen, control)
    trial = try_plan(problem, options, start=start, control=control, stage="need served alone")
    if trial.objective is None or trial.cost is None:
        return own
    bounds = [bound for bound in (trial.bound, own.best.bound) if bound is not None]
    return Compared(
        best=Best(
            objective=trial.objective,
            bound=max(trial.objective, min(bounds)) if bounds else None,
        ),
        chosen=trial.chosen,
        service=trial.service,
        served=trial.served,
        cost=trial.cost,
    )


def rows_kept(program: Program, kept: NDArray[np.bool_]) -> Program:
    """Return the program with some of its rows."""
    return replace(
        program,
        row_names=tuple(compress(program.row_names, kept)),
        row_lower=program.row_lower[kept],
        row_upper=program.row_upper[kept],
        matrix=program.matrix[kept],
    )


def start_from(problem: Problem, chosen: pd.DataFrame, control: Control) -> Floats | None:
    """Return values of all columns for a plan; None where it does not keep the problem's rules.

    Parameters
    ----------
    chosen
        Its conversions, columns of `CHOICE_KEY`; those that the problem does not have or that are
        out of the question are left out.
    """
    program, decisions = problem.program, problem.model.decisions
    allowed = problem.model.program.upper[: len(decisions.conversions)] > 0
    points = decisions.points(opened_as(problem.model, chosen) & allowed)
    fixed = len(points)
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[:fixed] = upper[:fixed] = points
    outcome = solve_with_highs(
        replace(program, lower=lower, upper=upper),
        program.tiers[0],
        gap=0.0,
        start=None,
        control=replace(control, watch=None),
    )
    return outcome.point


def opened_as(model: Model, chosen: pd.DataFrame) -> Openings:
    """Return which conversions of a model are chosen, by what they are."""
    wanted = set(_keys(chosen))
    return np.array([key in wanted for key in _keys(model.decisions.conversions)], bool)


def shared_out(
    items: Sequence[T], control: Control, *, least_s: float = 0.0
) -> Iterator[tuple[T, Control]]:
    """Yield items with their part of the time that is left, until none is.

    Parameters
    ----------
    least_s
        Seconds below which a part says too little; the last items may then get none.
    """
    for at, item in enumerate(items):
        left = control.remaining()
        if control.cancelled.is_set() or left <= 0:
            return
        yield item, control.within(max(left / (len(items) - at), least_s))


def _named(control: Control, stage: str) -> Control:
    watch = control.watch
    if watch is None:
        return control

    def tell(progress: Progress) -> None:
        watch(replace(progress, stage=stage))

    return replace(control, watch=tell)


def _keys(table: pd.DataFrame) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in table[CHOICE_KEY].itertuples(index=False)]


def _keeps_rules(problem: Problem, point: Floats) -> bool:
    """Whether the decisions of a point keep the rows over decisions once they are rounded."""
    program = problem.program
    first_amount = len(problem.model.program.column_names)
    alone = np.diff(program.matrix[:, first_amount:].indptr) == 0
    rounded = np.where(program.integer, np.rint(point), point)
    return not rows_kept(program, alone).broken_rows(rounded)


def _trial(problem: Problem, found: Evaluation, outcome: Outcome, gap: float) -> Trial:
    model = problem.model
    value = next(iter(found.values))  # tier 1
    bound = None if outcome.bound is None else max(value, outcome.bound)
    reached = relative_gap(value, bound)
    if reached is not None and reached <= PROVEN_GAP:
        termination = Termination.OPTIMAL
    elif outcome.status == "done" or (reached is not None and reached <= gap):
        termination = Termination.WITHIN_GAP
    else:
        termination = Termination.FEASIBLE
    conversions = model.decisions.conversions
    capital = model.decisions.capital() @ model.decisions.points(found.opened)
    return Trial(
        termination=termination,
        objective=value,
        bound=bound,
        chosen=conversions.loc[found.opened, CHOICE_KEY].reset_index(drop=True),
        service=found.service,
        served=served_by(found.service, model.instance.years[-1]),
        cost=round(float(capital), model.instance.settings.money.decimals),
    )
