"""Libraries with a HiGHS of their own load side by side, whoever comes first."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations

import pytest

LIBRARIES = {
    "highspy": "import highspy; highspy.Highs()",
    "mathopt": "from ortools.math_opt.python import mathopt; mathopt.Model()",
    "cp_model": "from ortools.sat.python import cp_model; cp_model.CpSolver()",
    "pulp": "import pulp; pulp.listSolvers()",
}

SOLVE_WITH_EACH = """
import numpy as np
from scipy import sparse
from siting.model.program import Objective, Program
from siting.solvers.control import Control
from siting.solvers.engines import engine_named

one = np.ones(1)
program = Program(
    column_names=("x",), lower=0 * one, upper=one, integer=one > 0, grid=one,
    matrix=sparse.csr_array((0, 1)),
)
objective = Objective(name="served", coefficients=one, maximise=True)
for name in {names!r}:
    engine = engine_named(name)
    outcome = engine(program, objective, gap=0.0, start=None, control=Control())
    assert outcome.point.tolist() == [1.0], name
"""

ORDERS = list(permutations(LIBRARIES))


def run(code: str) -> None:
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("first", ["highspy", "mathopt"])
def test_either_that_brings_the_solver_may_come_first(first):
    order = [first, *(name for name in reversed(LIBRARIES) if name != first)]
    run("\n".join(LIBRARIES[name] for name in order))


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_any_order_of_imports(order):
    run("\n".join(LIBRARIES[name] for name in order))


@pytest.mark.parametrize(
    "names",
    [
        ["highs", "mathopt", "cpsat", "pulp:HiGHS", "mathopt:scip"],
        ["mathopt", "highs", "mathopt:scip", "pulp", "cpsat"],
    ],
)
def test_engines_work_side_by_side(names):
    run(SOLVE_WITH_EACH.format(names=names))
