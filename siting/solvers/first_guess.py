"""A plan to start from where there are several years: what to open by the end, then when."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siting.model.build import Model, build_model, compact
from siting.model.decisions import Decisions
from siting.model.program import YES, Program
from siting.solvers.control import Control, Engine, Outcome
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection.levelled import Levelled

log = logging.getLogger(__name__)

END_SHARE = 0.3
"""Part of the time left that the plan for the end may use."""

WHEN_SHARE = 0.35
"""Part of the time left then that the question when to open it may use."""

END_GAP = 0.01
"""Gap at which the plan for the end is good enough."""


def first_guess(
    model: Model, program: Program, engine: Engine, *, gap: float, control: Control
) -> NDArray[np.float64] | None:
    """Return a point of `program` that is likely good, None where none was found.

    Searches that treat all years at once find their first plans late. What a planner would do is
    quick: plan the last year as one period, then decide when to open what was chosen, both as
    exact programs, the second one over what the first chose alone. No claim rests on it: a search
    starts from it. An engine that finds its first plan by itself needs none.
    """
    if len(model.instance.years) == 1 or isinstance(engine, Levelled):
        return None
    log.info("a first plan: what to open by the end ...")
    end_town = model.instance.in_year(model.decisions.last_year)
    end = build_model(end_town, model.decisions.reach, model.decisions.near)
    known = set(_keys(model.decisions))
    foreign = np.array([key not in known for key in _keys(end.decisions)], bool)
    at_end = _without(compact(end), foreign)
    found = solve_with_highs(
        at_end,
        at_end.tiers[0],
        gap=max(gap, END_GAP),
        start=None,
        control=control.within(END_SHARE * control.remaining()),
    )
    if found.point is None:
        return None
    log.info("a first plan: when to open it ...")
    wanted = {key for key, y in zip(_keys(end.decisions), found.point, strict=False) if y > YES}
    idle = np.array([key not in wanted for key in _keys(model.decisions)], bool)
    narrow = _without(program, idle & model.decisions.is_new)
    dated: Outcome = engine(
        narrow,
        program.tiers[0],
        gap=gap,
        start=None,
        control=control.within(WHEN_SHARE * control.remaining()),
    )
    return dated.point


def _keys(decisions: Decisions) -> list[tuple[str, str, str, str]]:
    """Return what each conversion opens and how, whenever."""
    c = decisions.conversions
    return list(zip(c["building_id"], c["service_id"], c["module_id"], c["mode"], strict=True))


def _without(program: Program, closed: NDArray[np.bool_]) -> Program:
    """Return the program without some conversions."""
    upper = program.upper.copy()
    upper[: len(closed)][closed] = 0.0
    return replace(program, upper=upper)
