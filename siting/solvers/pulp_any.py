"""Any solver that PuLP knows; the only user of PuLP."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pulp
from numpy.typing import NDArray

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

# CBC 2.10 may undo its own preprocessing wrongly, and still calls the broken point optimal.
_WITHOUT_PREPROCESSING = {"options": ["preprocess off"]}
_SETTINGS = {"PULP_CBC_CMD": _WITHOUT_PREPROCESSING, "COIN_CMD": _WITHOUT_PREPROCESSING}

_WHOLE = 1e-5
"""How far from an integer a solver may leave an integer column."""


def pulp_engine(solver_name: str) -> Engine:
    """Return a solver as an engine, by PuLP's name for it: ``PULP_CBC_CMD``, ``HiGHS`` ...

    PuLP hands back neither a bound nor whether a limit was hit (it calls a run *Optimal* that
    only ran out of time). So a run counts as finished only if it took less than its time limit,
    and the bound is then what the gap asked for allows, under every usual meaning of a relative
    gap; else it is not known. A start is not used, progress is not reported, and a search that is
    cancelled is left behind without what it has found.

    Raises
    ------
    EngineError
        When PuLP knows no such solver, or it is not installed.
    """
    with _pulp_3():
        if solver_name not in pulp.listSolvers():
            known = ", ".join(sorted(set(pulp.listSolvers())))
            raise EngineError(f"PuLP knows no solver {solver_name}: choose one of {known}")
        if not pulp.getSolver(solver_name, msg=False).available():
            raise EngineError(f"{solver_name} is not installed, or PuLP does not find it")

    def solve_with_pulp(
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
        del start
        if not program.column_names:
            return nothing_to_decide(program)
        began, seconds = time.monotonic(), control.remaining()
        with _pulp_3():
            problem, columns = as_pulp_problem(program, objective)
            limit = seconds if math.isfinite(seconds) else None
            solver = pulp.getSolver(
                solver_name,
                msg=False,
                timeLimit=limit,
                gapRel=gap,
                **_SETTINGS.get(solver_name, {}),
            )
            try:
                status = run_or_leave(lambda: problem.solve(solver), control)
            except pulp.PulpError as error:
                raise EngineError(f"{solver_name} failed: {error}") from error
        if status is None:
            return Outcome(status="limit")
        finished = (
            time.monotonic() - began < seconds
            and problem.sol_status != pulp.LpSolutionIntegerFeasible
        )
        if status == pulp.LpStatusInfeasible and finished:
            return Outcome(status="infeasible")
        point = _point(program, columns)
        if not finished:
            return Outcome(status="limit", point=point)
        if status != pulp.LpStatusOptimal or point is None:
            says = pulp.LpStatus[status]
            raise EngineError(f"{solver_name} says {says}, without a plan that keeps the rules")
        return Outcome(status="done", point=point, bound=bound_by_gap(objective, point, gap))

    return solve_with_pulp


def as_pulp_problem(
    program: Program, objective: Objective
) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """Return a program with one objective as a PuLP problem and its columns in order."""
    sense = pulp.LpMaximize if objective.maximise else pulp.LpMinimize
    problem = pulp.LpProblem("siting", sense)
    kinds = np.where(program.integer, pulp.LpInteger, pulp.LpContinuous).tolist()
    ends = zip(program.lower.tolist(), program.upper.tolist(), kinds, strict=True)
    columns = [
        pulp.LpVariable(f"x{j}", low, high, kind) for j, (low, high, kind) in enumerate(ends)
    ]
    used = np.flatnonzero(objective.coefficients)
    problem += pulp.LpAffineExpression(
        zip((columns[j] for j in used), objective.coefficients[used].tolist(), strict=True)
    )
    matrix = program.matrix
    for i, (low, high) in enumerate(zip(program.row_lower, program.row_upper, strict=True)):
        span = slice(matrix.indptr[i], matrix.indptr[i + 1])
        entries = [
            (columns[j], a)
            for j, a in zip(matrix.indices[span], matrix.data[span].tolist(), strict=True)
        ]
        sides = [(low, pulp.LpConstraintGE, "low"), (high, pulp.LpConstraintLE, "high")]
        if low == high:
            sides = [(low, pulp.LpConstraintEQ, "equal")]
        for side, relation, name in sides:
            if math.isfinite(side):
                expression = pulp.LpAffineExpression(entries)
                problem += pulp.LpConstraint(expression, relation, f"r{i}_{name}", float(side))
    return problem, columns


def _point(program: Program, columns: list[pulp.LpVariable]) -> NDArray[np.float64] | None:
    """Return the values of all columns, None where they are not a point of the program."""
    # A column that is in no row and not in the objective never reaches the solver.
    values = (
        low if column.varValue is None else column.varValue
        for column, low in zip(columns, program.lower.tolist(), strict=True)
    )
    point = np.fromiter(values, np.float64, len(columns))
    whole = np.rint(point)
    if (np.abs(point - whole) > _WHOLE)[program.integer].any():
        return None
    point = np.where(program.integer, whole, point)
    outside = (point < program.lower - _WHOLE) | (point > program.upper + _WHOLE)
    return None if outside.any() or program.broken_rows(point) else point


@contextmanager
def _pulp_3() -> Iterator[None]:
    """Silence what PuLP 3.3 says about PuLP 4, which the project's bounds leave out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
