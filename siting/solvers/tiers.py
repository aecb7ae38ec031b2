"""Tiers in order: each is optimised while the earlier ones keep what they reached."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siting.certificate import Certificate
from siting.model.build import Model
from siting.model.program import YES, Objective, Program, Row
from siting.solution import PROVEN_GAP, Limit, Tier, relative_gap
from siting.solvers.control import Control, Engine, Outcome, run_cancellable
from siting.solvers.engines import Posed
from siting.solvers.evaluation import Evaluation, Openings
from siting.solvers.first_guess import first_guess

log = logging.getLogger(__name__)

SHARE_OF_FIRST_TIER = 0.75
"""Part of the time left that need served may use; each rank its part of it."""

LATER_TIER_SHARE = 0.5
"""Part of tier 1's time that a later tier may use where no proof is asked for (a gap above 0)."""

LEAST_LATER_TIER_S = 5.0
"""Seconds that a later tier may use in any case."""

CERTIFY_SHARE = 0.2
"""Part of tier 1's time that its certificate may use."""

LEAST_CERTIFY_S = 5.0
"""Seconds that the certificate may use in any case."""


FLOOR_TOLERANCE = 1e-9
"""Rounding that a recomputed tier may miss its floor by, relative above 1."""


NEARNESS_ROOM = 1e-6
"""Part of nearness that later tiers may give up: amounts are cut to whole grains of need."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Search:
    """What the tiers came to.

    Attributes
    ----------
    found
        The plan; None without one.
    tiers
        Recomputed values with their bounds.
    limit
        What stopped tier 1 before the gap asked for; None where nothing did.
    infeasible
        Whether it is proven that no plan keeps all rules.
    certificate
        What proves a bound of tier 1 without a solver; None where a limit came first.
    given_up
        Conversions that tier 1 would have but that cost more than they serve; None where no
        worth is given.
    """

    found: Evaluation | None = None
    tiers: tuple[Tier, ...] = ()
    limit: Limit | None = None
    infeasible: bool = False
    certificate: Certificate | None = None
    given_up: Openings | None = None


def search_tiers(
    model: Model,
    program: Program,
    engine: Engine,
    evaluated: Callable[[Openings, Sequence[float]], Evaluation],
    *,
    gap: float,
    control: Control,
    ahead: Posed | None = None,
    certified: Callable[[Control], Certificate | None] = lambda _: None,
    start: Openings | None = None,
    least_money: bool = True,
) -> Search:
    """Optimise the tiers of `program` in order.

    Parameters
    ----------
    evaluated
        Recomputes all tiers exactly for given openings, and what is to be kept of the tiers before;
        engines' own values are never reported.
    gap
        Relative gap at which a tier may stop.
    ahead
        The same model as far as tier 1 asks, which is then solved there; None where it is the same.
    certified
        Proves a bound of tier 1 once it is solved, None where that takes too long.
    start
        A plan to begin with, whether or not it keeps all rows; None for none.
    least_money
        Whether the tier of money is solved; its value is recomputed in any case.
    """
    began = time.monotonic()
    ranks = sum(tier.name.startswith("served") for tier in program.tiers)
    first_control = control.within(SHARE_OF_FIRST_TIER / ranks * control.remaining())
    asked = (ahead.model, ahead.program, ahead.engine) if ahead else (model, program, engine)
    outcome = _first_tier(*asked, gap=gap, start=start, control=first_control)
    if outcome.status == "infeasible":
        return Search(infeasible=True)
    limit = control.limit_hit() if outcome.status == "limit" else None
    if outcome.point is None:
        return Search(limit=limit)
    first_s = time.monotonic() - began
    first = best = evaluated(_openings(model, outcome.point), ())
    bounds = [_bound(program.tiers[0], best.values[0], outcome.bound)]
    log.info("tier 1: %.4f %% served, at most %s", 100 * best.values[0], bounds[0])
    limited = control.within(max(LEAST_CERTIFY_S, CERTIFY_SHARE * first_s))
    certificate = _credible(run_cancellable(lambda: certified(limited), limited), best.values[0])
    bounds[0] = _nearer(bounds[0], certificate, best.values[0])
    worth = model.instance.settings.objective.worth
    floors: list[float] = []
    point = outcome.point if ahead is None else _begun(model, program, best.opened)
    solved = len(program.tiers) - (not least_money)  # money comes last
    for at in range(1, solved):
        objective = program.tiers[at]
        floors.append(_floor(model, program.tiers[at - 1], best.values[at - 1]))
        if worth is None:
            program = program.with_rows([held_row(program.tiers[at - 1], floors[-1], at)])
        else:
            objective = _net(program.tiers[0], objective, worth)
        if _settled(objective, best.values[at]):
            bounds.append(best.values[at])
            continue
        left = len(program.tiers) - at
        limited = control.within(control.remaining() / left)
        if gap > 0:
            limited = limited.within(max(LEAST_LATER_TIER_S, LATER_TIER_SHARE * first_s))
        known = point.copy()
        known[: model.decisions.count] = model.decisions.points(best.opened)
        outcome = _run(engine, program, objective, gap=gap, start=known, control=limited)
        if outcome.point is not None:
            found = evaluated(_openings(model, outcome.point), floors)
            kept = worth is not None or _keeps(program.tiers, found, floors)
            if kept and not objective.prefers(_value(best, at, worth), _value(found, at, worth)):
                best, point = found, outcome.point
        bounds.append(_bound(objective, _value(best, at, worth), outcome.bound))
    bounds += [None] * (len(program.tiers) - solved)
    values = [*best.values[:-1], _value(best, len(program.tiers) - 1, worth)]
    tiers = []
    for at, (objective, value) in enumerate(zip(program.tiers, values, strict=True)):
        bound = _bound(objective, value, bounds[at])
        floor = floors[at] if worth is None and at < len(floors) else None
        gap_left = relative_gap(value, bound)
        tiers.append(Tier(name=objective.name, value=value, bound=bound, gap=gap_left, floor=floor))
    given_up = first.opened & ~best.opened if worth is not None else None
    return Search(
        found=best, tiers=tuple(tiers), limit=limit, certificate=certificate, given_up=given_up
    )


def _first_tier(
    model: Model,
    program: Program,
    engine: Engine,
    *,
    gap: float,
    start: Openings | None,
    control: Control,
) -> Outcome:
    """Return what an engine finds for need served, begun from a plan or from a first guess."""
    point = (
        first_guess(model, program, engine, gap=gap, control=control)
        if start is None
        else _begun(model, program, start)
    )
    return _run(engine, program, program.tiers[0], gap=gap, start=point, control=control)


def _credible(certificate: Certificate | None, value: float) -> Certificate | None:
    """Return a certificate, unless a plan that was valued exactly exceeds what it claims."""
    if certificate is None or certificate.bound >= value - PROVEN_GAP * abs(value):
        return certificate
    log.error("a certificate claims %.6f, a plan reaches %.6f: left out", certificate.bound, value)
    return None


def _nearer(bound: float | None, certificate: Certificate | None, value: float) -> float | None:
    """Return the nearer of a search's bound and what is certified."""
    if certificate is None:
        return bound
    return max(value, certificate.bound if bound is None else min(bound, certificate.bound))


def _begun(model: Model, program: Program, opened: Openings) -> NDArray[np.float64]:
    """Return a start of which only the decisions are known."""
    point = np.full(len(program.column_names), np.nan)
    point[: model.decisions.count] = model.decisions.points(opened)
    return point


def _openings(model: Model, point: NDArray[np.float64]) -> Openings:
    return point[: len(model.decisions.conversions)] > YES


def _value(found: Evaluation, tier: int, worth: float | None) -> float:
    """Return a tier's value; with a worth the last is money less what the service is worth."""
    if worth is None:
        return found.values[tier]
    return found.values[tier] - worth * 100 * found.values[0]


def _net(served: Objective, money: Objective, worth: float) -> Objective:
    """Return money less what the service is worth."""
    per_point = served.coefficients * (100 * worth / served.scale)
    return replace(money, coefficients=money.coefficients - per_point)


def _floor(model: Model, objective: Objective, value: float) -> float:
    """Return what later tiers must keep of a tier."""
    if objective.name == "nearness":
        return value * (1 - NEARNESS_ROOM)
    given_up = model.instance.settings.objective.epsilon
    return value * (1 - given_up) if objective.name.startswith("served") else value


def held_row(objective: Objective, floor: float, number: int) -> Row:
    """Return the row that keeps a tier at its floor (or ceiling)."""
    columns = np.flatnonzero(objective.coefficients)
    # With less room HiGHS may find the row infeasible; the rest is for its own tolerance.
    room = FLOOR_TOLERANCE / 2 * max(1.0, abs(floor))
    return Row(
        name=f"tier[{number}]",
        columns=columns,
        coefficients=objective.coefficients[columns],
        lower=(floor - room) * objective.scale if objective.maximise else -np.inf,
        upper=np.inf if objective.maximise else (floor + room) * objective.scale,
    )


def _keeps(tiers: tuple[Objective, ...], found: Evaluation, floors: list[float]) -> bool:
    """Whether recomputed values keep the floors of all earlier tiers."""
    for objective, value, floor in zip(tiers, found.values, floors, strict=False):
        room = FLOOR_TOLERANCE * max(1.0, abs(floor))
        if (floor - value if objective.maximise else value - floor) > room:
            return False
    return True


def _settled(objective: Objective, value: float) -> bool:
    """Whether a tier has nothing left to gain: no shortfall, or everything."""
    return (objective.name == "targets" and value <= 0) or (
        objective.name == "equity" and value >= 1
    )


def _bound(objective: Objective, value: float, bound: float | None) -> float | None:
    """Return a bound that the plan does not beat."""
    if bound is None:
        return None
    if objective.name.startswith("served") or objective.name == "equity":
        bound = min(bound, 1.0)
    return max(value, bound) if objective.maximise else min(value, bound)


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
