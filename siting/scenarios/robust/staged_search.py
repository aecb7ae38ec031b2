"""The search for a plan in two stages over several worlds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.model.build import SERVED_SCALE
from siting.model.program import Extra, Objective, Program, Row
from siting.planner import Options
from siting.scenarios.robust.joint import (
    Layout,
    join,
    joint_model,
    opened_in,
    staging_rows,
    tier_of_world,
)
from siting.scenarios.robust.worlds import World
from siting.solution import ROUNDING
from siting.solvers.control import Control, Engine, Outcome, run_cancellable
from siting.solvers.engines import Posed, engine_named, pose
from siting.solvers.evaluation import Openings

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

WRITTEN_WAYS = 15_000
"""Up to so many ways of need to places in all worlds, the least regret is one program."""

ROUNDS = 40
"""Weights that are tried for the least regret where it is not one program."""

ROUND_SHARE = 0.3
"""Part of the time left that one of them may use."""

STEP = 2.0
"""How strongly weights lean at first to the worlds with the largest regret."""

_KEPT = Extra(name="least[1 - regret]", upper=SERVED_SCALE, integer=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stages:
    """Worlds with what they decide together.

    Attributes
    ----------
    later
        Money of each world that may be spent later; empty where all is decided now.
    """

    worlds: tuple[World, ...]
    layout: Layout
    later: tuple[float, ...]
    options: Options
    control: Control

    @property
    def projected(self) -> bool:
        """Whether our own engine takes the worlds."""
        return self.options.engine == "auto" and not any(world.tied for world in self.worlds)

    @property
    def rows(self) -> list[Row]:
        """What holds later decisions to those of now."""
        return staging_rows(self.layout, self.worlds, self.later) if self.later else []

    @property
    def ways(self) -> int:
        """Ways of need to places in all worlds."""
        return sum(len(b.arc_need) for world in self.worlds for b in world.model.blocks)

    def opened(self, point: Floats) -> list[Openings]:
        """Return the openings of every world at a point."""
        return [
            opened_in(self.layout, at, point, len(world.model.decisions.conversions))
            for at, world in enumerate(self.worlds)
        ]

    def values(self, point: Floats) -> Floats | None:
        """Return tier 1 of every world at a point, recomputed; None where one has none."""
        served = [w.served(o) for w, o in zip(self.worlds, self.opened(point), strict=True)]
        known = [value for value in served if value is not None]
        return np.array(known) if len(known) == len(served) else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a search came to.

    Attributes
    ----------
    point
        Joint decisions of the best plan; None without one.
    objective, bound
        In the sense of the aim.
    """

    infeasible: bool = False
    point: Floats | None = None
    objective: float | None = None
    bound: float | None = None


def most_expected(stages: Stages, parts: Floats) -> Found:
    """Return the plan with the largest mean of tier 1 by these parts of the worlds."""
    if stages.projected:
        outcome, _ = _projected(stages, parts, None)
    else:
        outcome = _written(stages, lambda program, tiers: (program, parts @ tiers))
    values = None if outcome.point is None else stages.values(outcome.point)
    if values is None:
        return Found(infeasible=outcome.status == "infeasible", bound=outcome.bound)
    mean = float(parts @ values)
    bound = None if outcome.bound is None else max(mean, outcome.bound)
    return Found(point=outcome.point, objective=mean, bound=bound)


def least_regret(stages: Stages, best: Floats) -> Found:
    """Return the plan whose largest regret is least.

    Parameters
    ----------
    best
        Tier 1 of the best plan known of each world.
    """
    if stages.projected and stages.ways > WRITTEN_WAYS:
        return _regret_by_weights(stages, best)

    def aim(program: Program, tiers: Floats) -> tuple[Program, Floats]:
        rows = [
            Row(
                name=f"{world.name}:regret",
                columns=np.flatnonzero(tier),
                coefficients=tier[tier != 0],
                lower=(value - 1.0) * SERVED_SCALE,
                extra=((_KEPT, -1.0),),
            )
            for world, tier, value in zip(stages.worlds, tiers, best, strict=True)
        ]
        program = program.with_rows(rows)
        worth = np.zeros(len(program.column_names))
        worth[program.extras[_KEPT]] = 1.0
        return program, worth

    outcome = _written(stages, aim)
    values = None if outcome.point is None else stages.values(outcome.point)
    if values is None:
        return Found(infeasible=outcome.status == "infeasible")
    regret = _largest(best - values)
    least = None if outcome.bound is None else min(regret, max(0.0, 1.0 - outcome.bound))
    return Found(point=outcome.point, objective=regret, bound=least)


def _largest(regrets: Floats) -> float:
    return max(0.0, float(regrets.max()))


def _regret_by_weights(stages: Stages, best: Floats) -> Found:
    r"""Return a plan of little regret and what no plan is below, by weights of worlds.

    .. math::
        \min_x \max_w r_w(x) \;\ge\; \min_x \sum_w \lambda_w r_w(x)
        = \sum_w \lambda_w best_w - \max_x \sum_w \lambda_w served_w(x)

    for any :math:`\lambda \ge 0` that add up to 1. Each best plan for some weights is a candidate;
    then worlds with more regret than the mean get more weight, those with less get less
    (multiplicative weights). Bound and plan need not meet, since no mixture of plans is a plan.

    References
    ----------
    Y. Freund, R. E. Schapire (1999), doi:10.1006/game.1999.0738
    """
    parts = np.full(len(best), 1.0 / len(best))
    found = Found(bound=0.0)
    like: Posed | None = None
    for number in range(1, ROUNDS + 1):
        limited = stages.control.within(ROUND_SHARE * stages.control.remaining())
        outcome, like = _projected(stages, parts, like, limited)
        if outcome.status == "infeasible":
            return Found(infeasible=True)
        if outcome.bound is not None:
            least = max(found.bound or 0.0, float(parts @ best) - outcome.bound)
            found = Found(point=found.point, objective=found.objective, bound=least)
        values = None if outcome.point is None else stages.values(outcome.point)
        if values is None:
            break
        regrets = best - values
        if found.objective is None or _largest(regrets) < found.objective:
            found = Found(point=outcome.point, objective=_largest(regrets), bound=found.bound)
        log.info("weights %s: regrets %s, at least %s", parts, regrets, found.bound)
        spread = float(np.ptp(regrets))
        done = (found.objective or 0.0) - (found.bound or 0.0) <= stages.options.gap
        if done or spread <= ROUNDING or stages.control.remaining() <= 0:
            break
        if stages.control.cancelled.is_set():
            break
        parts = parts * np.exp(STEP / np.sqrt(number) * (regrets - regrets.mean()) / spread)
        parts /= parts.sum()
    if found.objective is None:
        return found
    least = min(found.objective, found.bound or 0.0)
    return Found(point=found.point, objective=found.objective, bound=least)


def _projected(
    stages: Stages, parts: Floats, like: Posed | None, control: Control | None = None
) -> tuple[Outcome, Posed]:
    """Search by our own engine, whose cuts hold the needs of all worlds."""
    joint = join(stages.layout, stages.worlds, [w.model.program for w in stages.worlds])
    program = joint.program.with_rows(stages.rows)
    model = joint_model(stages.layout, stages.worlds, program, parts.tolist())
    posed = pose(model, "auto", memory_limit_gib=stages.options.memory_limit_gib, like=like)
    outcome = _run(
        stages, posed.engine, posed.program, posed.program.tiers[0], control or stages.control
    )
    return outcome, posed


def _written(stages: Stages, aim: Callable[[Program, Floats], tuple[Program, Floats]]) -> Outcome:
    """Search with all worlds written out.

    Parameters
    ----------
    aim
        Given the program and tier 1 of every world over its columns, returns the program with what
        the aim adds and the worth of its columns.
    """
    programs: Sequence[Program] = [world.program for world in stages.worlds]
    joint = join(stages.layout, stages.worlds, programs)
    program = joint.program.with_rows(stages.rows)
    total = len(program.column_names)
    tiers = [
        tier_of_world(p, column, total) for p, column in zip(programs, joint.column, strict=True)
    ]
    program, worth = aim(program, np.array(tiers))
    objective = Objective(name="served", coefficients=worth, maximise=True, scale=SERVED_SCALE)
    engine = engine_named(stages.options.engine)
    return _run(stages, engine, program, objective, stages.control)


def _run(
    stages: Stages, engine: Engine, program: Program, objective: Objective, control: Control
) -> Outcome:
    if control.cancelled.is_set() or control.remaining() <= 0:
        return Outcome(status="limit")
    return run_cancellable(
        lambda: engine(program, objective, gap=stages.options.gap, start=None, control=control),
        control,
    )
