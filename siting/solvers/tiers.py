"""Tiers in order: each is optimised while the earlier ones keep what they reached."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siting.model.build import Model
from siting.model.program import Objective, Program, Row
from siting.solution import Limit, Tier, relative_gap
from siting.solvers.control import Control, Engine, Outcome, run_cancellable

log = logging.getLogger(__name__)

SHARE_OF_FIRST_TIER = 0.75
"""Part of the time left that tier 1 may use."""

SECOND_TIER_SHARE = 0.5
"""Part of tier 1's time that tier 2 may use where no proof is asked for (a gap above 0)."""

LEAST_SECOND_TIER_S = 5.0
"""Seconds that tier 2 may use in any case."""

YES = 0.5
"""A yes/no column above this is a yes."""

FLOOR_TOLERANCE = 1e-9
"""Rounding that a recomputed tier may miss its floor by."""

Openings = NDArray[np.bool_]
"""Whether each conversion is chosen."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Search:
    """What the tiers came to.

    Attributes
    ----------
    opened
        Whether each conversion is chosen; None without a plan.
    tiers
        Recomputed values with their bounds.
    limit
        What stopped tier 1 before the gap asked for; None where nothing did.
    infeasible
        Whether it is proven that no plan keeps all rules.
    given_up
        Conversions that tier 1 would have but that cost more than they serve; None where no
        worth is given.
    """

    opened: Openings | None = None
    tiers: tuple[Tier, ...] = ()
    limit: Limit | None = None
    infeasible: bool = False
    given_up: Openings | None = None


def search_tiers(
    model: Model,
    program: Program,
    engine: Engine,
    served: Callable[[Openings], float],
    *,
    gap: float,
    control: Control,
) -> Search:
    """Optimise the tiers of `program` in order.

    Parameters
    ----------
    served
        Recomputes tier 1 exactly for given openings; engines' own values are never reported.
    gap
        Relative gap at which a tier may stop.
    """
    began = time.monotonic()
    first, money = program.tiers
    outcome = _run(
        engine,
        program,
        first,
        gap=gap,
        start=None,
        control=control.within(SHARE_OF_FIRST_TIER * control.remaining()),
    )
    if outcome.status == "infeasible":
        return Search(infeasible=True)
    limit = control.limit_hit() if outcome.status == "limit" else None
    if outcome.point is None:
        return Search(limit=limit)
    first_choice = _openings(model, outcome)
    value = served(first_choice)
    bound = None if outcome.bound is None else max(value, outcome.bound)
    log.info("tier 1: %.4f %% served, at most %s", 100 * value, bound)

    worth = model.instance.settings.objective.worth
    floor = value * (1 - model.instance.settings.objective.epsilon)

    def net(opened: Openings) -> float:
        """Return tier 2: money, less what the service is worth where that is given."""
        spent = float(model.decisions.capital() @ model.decisions.points(opened))
        return spent if worth is None else spent - worth * 100 * served(opened)

    start = outcome.point.copy()
    start[: model.decisions.count] = model.decisions.points(first_choice)
    second = _second_tier(program, first, money, floor, worth)
    if gap > 0:
        spent_s = time.monotonic() - began
        control = control.within(max(LEAST_SECOND_TIER_S, SECOND_TIER_SHARE * spent_s))
    outcome = _run(engine, second, second.tiers[1], gap=gap, start=start, control=control)
    chosen = first_choice
    if outcome.point is not None:
        found = _openings(model, outcome)
        keeps_floor = worth is not None or served(found) >= floor - FLOOR_TOLERANCE
        if keeps_floor and net(found) <= net(first_choice):
            chosen = found
    reached, spent = served(chosen), net(chosen)
    least = None if outcome.bound is None else min(spent, outcome.bound)
    return Search(
        opened=chosen,
        tiers=(
            Tier(
                name="served",
                value=reached,
                bound=bound,
                gap=relative_gap(reached, bound),
                floor=None if worth is not None else floor,
            ),
            Tier(name="money", value=spent, bound=least, gap=relative_gap(spent, least)),
        ),
        limit=limit,
        given_up=first_choice & ~chosen if worth is not None else None,
    )


def _openings(model: Model, outcome: Outcome) -> Openings:
    if outcome.point is None:
        raise ValueError("an outcome without a point opens nothing")
    return outcome.point[: len(model.decisions.conversions)] > YES


def _second_tier(
    program: Program, first: Objective, money: Objective, floor: float, worth: float | None
) -> Program:
    """Return the program of tier 2: least money, or money less what the service is worth."""
    if worth is not None:
        per_point = first.coefficients * (100 * worth / first.scale)
        net = Objective(
            name=money.name, coefficients=money.coefficients - per_point, maximise=False
        )
        return replace(program, tiers=(first, net))
    columns = np.flatnonzero(first.coefficients)
    keep = Row(
        name="tier[1]",
        columns=columns,
        coefficients=first.coefficients[columns],
        # With less room HiGHS may find the row infeasible; the rest is for its own tolerance.
        lower=(floor - FLOOR_TOLERANCE / 2) * first.scale,
    )
    return program.with_rows([keep])


def _run(
    engine: Engine,
    program: Program,
    objective: Objective,
    *,
    gap: float,
    start: NDArray[np.float64] | None,
    control: Control,
) -> Outcome:
    if control.cancelled.is_set() or control.remaining() <= 0:
        return Outcome(status="limit")
    return run_cancellable(
        lambda: engine(program, objective, gap=gap, start=start, control=control), control
    )
