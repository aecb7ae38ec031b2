"""Plans measured: the whole pipeline, and the unreduced model by a solver alone."""

from __future__ import annotations

import logging
import math
import time
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from siting import plan
from siting.bench.case import Measured
from siting.instance.instance import Instance
from siting.model.blocks import ServiceBlock
from siting.model.build import build_model, compact
from siting.model.program import YES
from siting.reach import find_near, find_reach
from siting.solution import relative_gap
from siting.solvers.assignment import open_today, serve
from siting.solvers.control import Control, EngineError
from siting.solvers.engines import engine_named
from siting.solvers.evaluation import evaluate
from siting.solvers.search.warming import Warming
from siting.travel.measure import measure_travel


class _EndOfTier1(logging.Handler):
    """Remembers when the pipeline said that its first tier was done."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.at: float | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.at is None and record.getMessage().startswith("tier 1:"):
            self.at = time.monotonic()


def planned(instance: Instance, *, gap: float, limit_s: float, read_s: float = 0.0) -> Measured:
    """Return what `siting.plan.solve` reaches, the search compiled; the proof is that of tier 1."""
    Warming().wait(math.inf)
    end = _EndOfTier1()
    logger = logging.getLogger("siting.solvers.tiers")
    logger.addHandler(end)
    logger.setLevel(logging.INFO)
    began = time.monotonic()
    made = plan.solve(instance, plan.Options(gap=gap, time_limit_s=limit_s))
    done = time.monotonic()
    logger.removeHandler(end)
    solution = made.solution
    return Measured(
        ended=solution.termination.value,
        objective=solution.objective,
        bound=solution.bound,
        gap=solution.gap,
        gap_of_gain=solution.gap_of_gain,
        proof_s=read_s + (done if end.at is None else end.at) - began,
        more={
            "read_s": read_s,
            "whole_s": read_s + done - began,
            "verified": made.verification.passed,
            **_classes(made.model.blocks),
        },
    )


def solved_unreduced(
    instance: Instance, engine: str, *, gap: float, limit_s: float, read_s: float = 0.0
) -> Measured:
    """Return what a solver alone makes of tier 1: no unit of need is merged with another."""
    began = time.monotonic()
    travel = measure_travel(instance)
    reach = find_reach(instance, travel)
    with mock.patch("siting.model.blocks.merge", _apart):
        model = build_model(instance, reach, find_near(instance, travel))
    program = compact(model)
    built = time.monotonic()
    control = Control(deadline=built + limit_s)
    rows, columns, _ = program.size
    more = {"read_s": read_s, "build_s": built - began, "rows": rows, "columns": columns}
    try:
        outcome = engine_named(engine)(
            program, program.tiers[0], gap=gap, start=None, control=control
        )
    except EngineError as error:
        return Measured(ended="not run", why=str(error)[:200], more=more)
    proof_s = read_s + time.monotonic() - began
    if outcome.point is None:
        return Measured(ended="none", bound=outcome.bound, proof_s=proof_s, more=more)
    opened = outcome.point[: len(model.decisions.conversions)] > YES
    value = evaluate(model, program, reach, opened).values[0]
    bound = None if outcome.bound is None else max(value, min(outcome.bound, 1.0))
    left = relative_gap(value, bound)
    today = model.value.tiers(serve(instance, reach, open_today(instance), instance.years[0]))[0]
    gained = value - today
    return Measured(
        ended="within_gap" if left is not None and left <= gap else "feasible",
        objective=value,
        bound=bound,
        gap=left,
        gap_of_gain=(bound - value) / gained if bound is not None and gained > 0 else None,
        proof_s=proof_s,
        more=more,
    )


def _apart(
    owner: NDArray[np.int64], key: NDArray[np.int64], owners: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Merge nothing, where `siting.model.merging.merge` would."""
    del owner, key
    return np.arange(owners), np.arange(owners)


def _classes(blocks: tuple[ServiceBlock, ...]) -> dict[str, int]:
    return {
        "units": sum(len(block.unit) for block in blocks),
        "classes": sum(len(block.need) for block in blocks),
    }
