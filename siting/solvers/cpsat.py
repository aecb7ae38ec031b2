"""OR-Tools CP-SAT: integers only, so that what it proves it proves exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from siting.model.program import Objective, Program
from siting.solvers.control import Control, EngineError, Outcome, Progress, calling_on_cancel

_MOST_DECIMALS = 9
_LARGEST = 2**60
"""Largest sum in a row or objective; CP-SAT counts in 64 bits and wants some to spare."""

_FLOOR = "tier["
"""Beginning of the names of rows that hold an earlier tier."""


def solve_with_cpsat(
    program: Program,
    objective: Objective,
    *,
    gap: float,
    start: NDArray[np.float64] | None,
    control: Control,
) -> Outcome:
    """Optimise one tier of a program by CP-SAT.

    Columns count steps of their grid, and rows are multiplied by a power of ten until they are
    whole. An objective need not be decimal (weight over need): its coefficients become integers
    rounded up where more is better and down where less is, so that no point looks worse than it
    is and the bound holds. The floor of an earlier tier is rounded the same way: every point that
    keeps it passes, and perhaps one that misses it by as little; who recomputes the tier sees it.

    Raises
    ------
    EngineError
        When a row or a bound is not whole at any of the first nine decimals, a sum exceeds 64
        bits, or a column goes below 0; with the name of the row or column.
    """
    digits = np.rint(-np.log10(program.grid)).astype(np.int64)
    ranges = _ranges(program, digits)
    model = cp_model.CpModel()
    columns = [model.new_int_var(low, high, "") for low, high in ranges]
    most = np.array([high for _, high in ranges], dtype=object)
    for low, high, used, coefficients in _rows(program, digits, most):
        model.add_linear_constraint(
            cp_model.LinearExpr.weighted_sum([columns[j] for j in used], coefficients), low, high
        )
    counting = np.flatnonzero(objective.coefficients)
    coefficients, factor = _rounded(
        objective.name,
        objective.coefficients[counting],
        digits[counting],
        most[counting],
        up=objective.maximise,
    )
    worth = cp_model.LinearExpr.weighted_sum([columns[j] for j in counting], coefficients)
    if objective.maximise:
        model.maximize(worth)
    else:
        model.minimize(worth)
    if start is not None:
        for at in np.flatnonzero(np.isfinite(start)):
            model.add_hint(columns[at], int(np.rint(start[at] * 10.0 ** digits[at])))

    solver = cp_model.CpSolver()
    solver.parameters.linearization_level = 2
    solver.parameters.num_workers = 2  # one proves, the other finds plans
    solver.parameters.relative_gap_limit = gap
    if math.isfinite(control.remaining()):
        solver.parameters.max_time_in_seconds = control.remaining()
    unit = factor * objective.scale
    with calling_on_cancel(solver.stop_search, control):
        status = solver.solve(model, _Reporter(objective.name, unit, control))
    if status == cp_model.INFEASIBLE:
        return Outcome(status="infeasible")
    if status == cp_model.UNKNOWN:
        return Outcome(status="limit")
    if status == cp_model.MODEL_INVALID:
        raise EngineError(f"CP-SAT refuses the model: {model.validate()}")
    return Outcome(
        status="done" if status == cp_model.OPTIMAL else "limit",
        point=np.array([solver.value(column) for column in columns]) / 10.0**digits,
        bound=solver.best_objective_bound / unit,
    )


def _ranges(program: Program, digits: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the lowest and highest step of each column."""
    bounds = []
    for sides in (program.lower, program.upper):
        whole, decimals = _decimal(sides)
        wrong = np.flatnonzero((decimals < 0) | (program.lower < 0))
        if len(wrong):
            raise _inexact(f"the range of {program.column_names[wrong[0]]}")
        bounds.append(zip(whole, (digits - decimals).tolist(), strict=True))
    low = [-(-n * 10 ** max(d, 0) // 10 ** max(-d, 0)) for n, d in bounds[0]]
    high = [n * 10 ** max(d, 0) // 10 ** max(-d, 0) for n, d in bounds[1]]
    return list(zip(low, high, strict=True))


def _rows(
    program: Program, digits: NDArray[np.int64], most: NDArray[np.object_]
) -> Iterator[tuple[int, int, list[int], list[int]]]:
    """Yield each row as ``low <= coefficients @ columns <= high`` in integers."""
    matrix = program.matrix
    whole, decimals = _decimal(matrix.data)
    decimals = np.where(decimals < 0, decimals, decimals + digits[matrix.indices])
    for i, name in enumerate(program.row_names):
        span = slice(matrix.indptr[i], matrix.indptr[i + 1])
        used = matrix.indices[span]
        sides = np.array([program.row_lower[i], program.row_upper[i]])
        if name.startswith(_FLOOR):
            least = bool(np.isfinite(sides[0]))
            coefficients, factor = _rounded(
                name, matrix.data[span], digits[used], most[used], up=least
            )
            n, d = sides[0 if least else 1].item().as_integer_ratio()
            low, high = (
                (n * factor // d, cp_model.INT_MAX)
                if least
                else (cp_model.INT_MIN, -(-n * factor // d))
            )
            yield low, high, used.tolist(), coefficients
            continue
        limits, limit_decimals = _decimal(np.where(np.isfinite(sides), sides, 0.0))
        if (decimals[span] < 0).any():
            raise _inexact(f"the row {name}")
        scale = max([0, *decimals[span].tolist(), *limit_decimals.tolist()])
        raised = zip(whole[span], decimals[span].tolist(), strict=True)
        coefficients = [n * 10 ** (scale - d) for n, d in raised]
        # A limit without an end is one to the next whole number for a sum of whole numbers.
        low, high = (
            n * 10 ** (scale - d) if d >= 0 else to_whole(Fraction(side.item()) * 10**scale)
            for n, d, side, to_whole in zip(
                limits, limit_decimals.tolist(), sides, (math.ceil, math.floor), strict=True
            )
        )
        common = math.gcd(*coefficients) or 1
        coefficients = [n // common for n in coefficients]
        low = -(-low // common) if np.isfinite(sides[0]) else cp_model.INT_MIN
        high = high // common if np.isfinite(sides[1]) else cp_model.INT_MAX
        if sum(abs(n) * m for n, m in zip(coefficients, most[used], strict=True)) > _LARGEST:
            raise _too_large(name)
        yield low, high, used.tolist(), coefficients


def _rounded(
    name: str,
    values: NDArray[np.float64],
    digits: NDArray[np.int64],
    most: NDArray[np.object_],
    *,
    up: bool,
) -> tuple[list[int], int]:
    """Return integers per step and the factor by which they are larger than the values.

    Exact where the values are decimal and the sum has room, else rounded all up or all down.
    """
    whole, decimals = _decimal(values)
    scale = int(max((decimals + digits).max(initial=0), 0))
    if (decimals >= 0).all():
        raised = zip(whole, (scale - decimals - digits).tolist(), strict=True)
        exact = [n * 10**d for n, d in raised]
        if sum(abs(n) * m for n, m in zip(exact, most, strict=True)) <= _LARGEST:
            return exact, 10**scale
    largest = sum(
        abs(v) * m / 10**d for v, m, d in zip(values.tolist(), most, digits.tolist(), strict=True)
    )
    factor = math.floor(_LARGEST / largest) if largest else 1
    if not factor:
        raise _too_large(name)
    sign = 1 if up else -1
    ratios = (v.as_integer_ratio() for v in (sign * values).tolist())
    steps = zip(ratios, digits.tolist(), strict=True)
    return [sign * -(-n * factor // (d * 10**g)) for (n, d), g in steps], factor


def _decimal(values: NDArray[np.float64]) -> tuple[list[int], NDArray[np.int64]]:
    """Return integers and decimals such that each value is the float nearest ``n / 10**d``.

    The decimals are as few as possible, -1 (with a meaningless integer) where nine are not enough.
    """
    decimals = np.full(values.shape, -1, np.int64)
    for d in range(_MOST_DECIMALS + 1):
        fits = np.rint(values * 10.0**d) / 10.0**d == values
        decimals[(decimals < 0) & fits & np.isfinite(values)] = d
    whole = np.rint(np.where(decimals < 0, 0.0, values) * 10.0**decimals)
    return [int(n) for n in whole.tolist()], decimals


def _inexact(what: str) -> EngineError:
    return EngineError(
        f"CP-SAT counts in integers, but {what} has a number of more than {_MOST_DECIMALS} "
        "decimals, without an end or below 0"
    )


def _too_large(name: str) -> EngineError:
    return EngineError(f"CP-SAT counts in 64 bits, too few for the sum in {name}")


class _Reporter(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]  # Any to mypy
    """Tells who watches of every better plan."""

    def __init__(self, stage: str, unit: float, control: Control) -> None:
        super().__init__()
        self._stage, self._unit, self._control = stage, unit, control
        self._began = time.monotonic()

    def on_solution_callback(self) -> None:
        """Report where the search stands."""
        if self._control.watch is not None:
            self._control.watch(
                Progress(
                    stage=self._stage,
                    incumbent=self.objective_value / self._unit,
                    bound=self.best_objective_bound / self._unit,
                    seconds=time.monotonic() - self._began,
                )
            )
