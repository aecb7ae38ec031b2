"""HiGHS as a racer."""

from __future__ import annotations

import time
from dataclasses import replace

import highspy
import numpy as np
from numpy.typing import NDArray

from siting.solvers.control import EngineError
from siting.solvers.highs import as_highs_lp
from siting.solvers.race.racing import Job, Word
from siting.solvers.race.runner import Line

_PAUSE = 0.1
"""Seconds between two bounds, so that talk costs nothing."""


def run_highs(job: Job, line: Line) -> Word:
    """Run HiGHS on one thread and return its last word.

    It always minimises: HiGHS 1.13 compares points handed to it in the wrong sense when it
    maximises, and drops them.
    """
    sign = -1.0 if job.objective.maximise else 1.0
    objective = replace(
        job.objective, coefficients=sign * job.objective.coefficients, maximise=False
    )
    unit = sign * objective.scale
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("mip_rel_gap", job.gap)
    highs.setOptionValue("mip_abs_gap", 0.999 * job.step * objective.scale)
    if np.isfinite(job.seconds):
        highs.setOptionValue("time_limit", job.seconds)
    highs.passModel(as_highs_lp(job.program, objective))
    if job.start is not None:
        given = np.flatnonzero(np.isfinite(job.start)).astype(np.int32)
        highs.setSolution(len(given), given, job.start[given])
    said = time.monotonic()
    held: NDArray[np.float64] | None = None

    def take(event: highspy.highs.HighsCallbackEvent) -> None:
        # Not every call takes what it is given: offered again while it is better.
        nonlocal held
        newest = line.newest()
        held = held if newest is None else newest
        if held is not None and objective.coefficients @ held < event.data_out.mip_primal_bound:
            event.data_in.setSolution(held)

    def tell(event: highspy.highs.HighsCallbackEvent) -> None:
        line.say(Word(point=np.array(event.data_out.mip_solution)))

    def bound(event: highspy.highs.HighsCallbackEvent) -> None:
        nonlocal said
        value = event.data_out.mip_dual_bound
        if time.monotonic() > said + _PAUSE and abs(value) < highspy.kHighsInf / 2:
            said = time.monotonic()
            line.say(Word(bound=value / unit))

    highs.cbMipUserSolution.subscribe(take)
    highs.cbMipImprovingSolution.subscribe(tell)
    highs.cbMipInterrupt.subscribe(bound)
    highs.run()
    status = highs.getModelStatus()
    if status in {
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    }:
        return Word(ended="infeasible")
    done = status == highspy.HighsModelStatus.kOptimal
    if not done and status != highspy.HighsModelStatus.kTimeLimit:
        raise EngineError(f"HiGHS stopped without an answer: {highs.modelStatusToString(status)}")
    info = highs.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    value = info.mip_dual_bound if job.program.integer.any() else info.objective_function_value
    known = (done or job.program.integer.any()) and abs(value) < highspy.kHighsInf / 2
    return Word(
        point=np.array(highs.getSolution().col_value) if found else None,
        bound=value / unit if known else None,
        ended="done" if done else "limit",
    )
