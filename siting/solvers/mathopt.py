"""HiGHS and SCIP as OR-Tools bundles them, through MathOpt."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from siting.model.program import Objective, Program
from siting.solvers.control import (
    Control,
    Engine,
    EngineError,
    Outcome,
    bound_by_gap,
    nothing_to_decide,
    run_or_leave,
)

_SOLVERS = {"highs": mathopt.SolverType.HIGHS, "scip": mathopt.SolverType.GSCIP}

_INFEASIBLE = {
    mathopt.TerminationReason.INFEASIBLE,
    # Every column is bounded, so that the second half of the name cannot be.
    mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
}
_LIMIT = {mathopt.TerminationReason.FEASIBLE, mathopt.TerminationReason.NO_SOLUTION_FOUND}


def mathopt_engine(solver: str) -> Engine:
    """Return MathOpt with one of its solvers, ``highs`` or ``scip``, as an engine.

    It reports no progress, since MathOpt with HiGHS answers wrongly once callbacks are set, and a
    search that is cancelled is left behind without what it has found: MathOpt 9.15 hands its
    interrupter to neither solver.
    """

    def solve_with_mathopt(
        program: Program,
        objective: Objective,
        *,
        gap: float,
        start: NDArray[np.float64] | None,
        control: Control,
    ) -> Outcome:
        """Optimise one tier of a program.

        Raises
        ------
        EngineError
            When the solver fails, or ends in a state that says nothing.
        """
        if not program.column_names:
            return nothing_to_decide(program)
        seconds = control.remaining()
        params = mathopt.SolveParameters(
            time_limit=timedelta(seconds=seconds) if math.isfinite(seconds) else None,
            relative_gap_tolerance=gap,
            absolute_gap_tolerance=0.0,
        )
        hints = mathopt.ModelSolveParameters()
        try:
            model = mathopt.Model.from_model_proto(as_model_proto(program, objective))
            columns = list(model.variables())
            if start is not None:
                known = np.flatnonzero(np.isfinite(start))
                values = {columns[at]: float(start[at]) for at in known}
                hints.solution_hints.append(mathopt.SolutionHint(variable_values=values))
            result = run_or_leave(
                lambda: mathopt.solve(model, _SOLVERS[solver], params=params, model_params=hints),
                control,
            )
        except Exception as error:  # MathOpt has many types for what a solver cannot do
            raise EngineError(f"MathOpt with {solver} failed: {error}") from error
        if result is None:
            return Outcome(status="limit")
        return _outcome(result, columns, objective, gap)

    return solve_with_mathopt


def as_model_proto(program: Program, objective: Objective) -> model_pb2.ModelProto:
    """Return a program with one objective in MathOpt's form: ids are positions, names left out."""
    rows, columns = program.matrix.shape
    proto = model_pb2.ModelProto()
    proto.variables.ids.extend(range(columns))
    proto.variables.lower_bounds.extend(program.lower.tolist())
    proto.variables.upper_bounds.extend(program.upper.tolist())
    proto.variables.integers.extend(program.integer.tolist())
    counting = np.flatnonzero(objective.coefficients)
    proto.objective.maximize = objective.maximise
    proto.objective.linear_coefficients.ids.extend(counting.tolist())
    proto.objective.linear_coefficients.values.extend(objective.coefficients[counting].tolist())
    proto.linear_constraints.ids.extend(range(rows))
    proto.linear_constraints.lower_bounds.extend(program.row_lower.tolist())
    proto.linear_constraints.upper_bounds.extend(program.row_upper.tolist())
    matrix = program.matrix.sorted_indices()
    entries = proto.linear_constraint_matrix
    entries.row_ids.extend(np.repeat(np.arange(rows), np.diff(matrix.indptr)).tolist())
    entries.column_ids.extend(matrix.indices.tolist())
    entries.coefficients.extend(matrix.data.tolist())
    return proto


def _outcome(
    result: mathopt.SolveResult, columns: list[mathopt.Variable], objective: Objective, gap: float
) -> Outcome:
    reason = result.termination.reason
    if reason in _INFEASIBLE:
        return Outcome(status="infeasible")
    point = None
    if result.has_primal_feasible_solution():
        point = np.array(result.variable_values(columns), np.float64)
    dual = result.termination.objective_bounds.dual_bound
    bound = dual / objective.scale if math.isfinite(dual) else None
    if reason == mathopt.TerminationReason.OPTIMAL:
        if point is not None and bound is None:  # a start that is all there is
            bound = bound_by_gap(objective, point, gap)
        return Outcome(status="done", point=point, bound=bound)
    if reason in _LIMIT:
        return Outcome(status="limit", point=point, bound=bound)
    raise EngineError(f"MathOpt stopped without an answer: {result.termination}")
