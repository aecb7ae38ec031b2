"""HiGHS through its own arrays: the default engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import highspy
import numpy as np
from numpy.typing import NDArray

from siting.model.lp import lp_names
from siting.model.program import Objective, Program
from siting.solvers.control import (
    Control,
    EngineError,
    Outcome,
    Progress,
    bound_by_gap,
    nothing_to_decide,
)

_LIMITS = {
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kInterrupt,
    highspy.HighsModelStatus.kSolutionLimit,
    highspy.HighsModelStatus.kMemoryLimit,
}

_INFEASIBLE = {  # every column is bounded, so that nothing is unbounded
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
}


def solve_with_highs(
    program: Program,
    objective: Objective,
    *,
    gap: float,
    start: NDArray[np.float64] | None,
    control: Control,
    found: Callable[[NDArray[np.float64]], None] | None = None,
    enough: Callable[[float | None], bool] | None = None,
) -> Outcome:
    """Optimise one tier of a program by HiGHS.

    Parameters
    ----------
    start
        Values to start from; those that are not known are NaN.
    found
        Called with every better point.
    enough
        Asked with every bound whether the search may end: somebody else knows a plan.

    Raises
    ------
    EngineError
        When HiGHS ends in a state that says nothing.
    """
    if not program.column_names:
        return nothing_to_decide(program)
    began = time.monotonic()
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", gap)
    highs.setOptionValue("mip_abs_gap", 0.0)
    if control.deadline is not None:
        highs.setOptionValue("time_limit", control.remaining())
    highs.passModel(as_highs_lp(program, objective))
    if start is not None:
        known = np.flatnonzero(np.isfinite(start)).astype(np.int32)
        highs.setSolution(len(known), known, start[known])

    def heed(event: highspy.highs.HighsCallbackEvent) -> None:
        out = event.data_out
        bound = _finite(out.mip_dual_bound, objective)
        if control.cancelled.is_set() or (enough is not None and enough(bound)):
            event.interrupt()
        if control.watch is not None:
            control.watch(
                Progress(
                    stage=objective.name,
                    incumbent=_finite(out.mip_primal_bound, objective),
                    bound=bound,
                    seconds=time.monotonic() - began,
                )
            )

    highs.cbMipInterrupt.subscribe(heed)
    if found is not None:
        highs.cbMipImprovingSolution.subscribe(lambda e: found(np.array(e.data_out.mip_solution)))
    highs.run()
    return _outcome(highs, program, objective, gap)


def _outcome(highs: highspy.Highs, program: Program, objective: Objective, gap: float) -> Outcome:
    status = highs.getModelStatus()
    if status in _INFEASIBLE:
        return Outcome(status="infeasible")
    if status != highspy.HighsModelStatus.kOptimal and status not in _LIMITS:
        raise EngineError(f"HiGHS stopped without an answer: {highs.modelStatusToString(status)}")
    info = highs.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    point = np.array(highs.getSolution().col_value) if found else None
    done = status == highspy.HighsModelStatus.kOptimal
    bound = _finite(info.mip_dual_bound, objective) if program.integer.any() else None
    # None is stated for a linear program, nor where a start is all there is.
    if bound is None and done and point is not None:
        bound = bound_by_gap(objective, point, gap if program.integer.any() else 0.0)
    return Outcome(status="done" if done else "limit", point=point, bound=bound)


def as_highs_lp(program: Program, objective: Objective) -> highspy.HighsLp:
    """Return a program with one objective as a HiGHS model, names included."""
    lp = highspy.HighsLp()
    rows, columns = program.matrix.shape
    lp.num_col_, lp.num_row_ = columns, rows
    lp.sense_ = highspy.ObjSense.kMaximize if objective.maximise else highspy.ObjSense.kMinimize
    lp.col_cost_ = objective.coefficients
    lp.col_lower_, lp.col_upper_ = program.lower, program.upper
    lp.row_lower_ = np.where(np.isfinite(program.row_lower), program.row_lower, -highspy.kHighsInf)
    lp.row_upper_ = np.where(np.isfinite(program.row_upper), program.row_upper, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = program.matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = program.matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = program.matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(whole)] for whole in program.integer]
    return lp


def write_mps(program: Program, path: Path) -> None:
    """Write a program with tier 1 as its objective in free MPS format, with its names."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.passModel(as_highs_lp(program, program.tiers[0]))
    for column, name in enumerate(lp_names(program.column_names)):
        highs.passColName(column, name)
    for row, name in enumerate(lp_names(program.row_names)):
        highs.passRowName(row, name)
    highs.writeModel(str(path))


def _finite(value: float, objective: Objective) -> float | None:
    return value / objective.scale if abs(value) < highspy.kHighsInf / 2 else None
