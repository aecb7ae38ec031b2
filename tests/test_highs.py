"""HiGHS against enumeration on small programs with singleton columns.

HiGHS 1.14.0 presolves such programs to wrong optima and calls them optimal (see
docs/decisions/0004-highs-below-1-14.md); no release that does may come in.
"""

import numpy as np
import pytest
from scipy import sparse

from siting.model.program import Objective, Program
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs


def elastic_program(rng: np.random.Generator) -> tuple[Program, Objective, float]:
    """Return a random elastic program, its objective and its optimum by enumeration.

    Rows ``A y - s <= b`` or ``A y + s >= b`` over yes/no columns y, each with its own slack s >= 0
    at a price: for fixed y the least slack of a row is what it lacks, so that the optimum is the
    least over all y of ``c y + price * lack``.
    """
    count, rows = int(rng.integers(4, 9)), int(rng.integers(3, 8))
    matrix = np.where(rng.random((rows, count)) < 0.5, rng.integers(1, 20, (rows, count)), 0)
    at_most = rng.random(rows) < 0.6
    total = matrix.sum(axis=1)
    limit = np.round(total * np.where(at_most, rng.uniform(0.2, 0.8), rng.uniform(0.3, 1.2)))
    cost = -rng.integers(0, 5, count) / 100 * (rng.random() < 0.5)
    price = 1 / np.maximum(1, limit)
    program = Program(
        column_names=tuple(f"c{j}" for j in range(count + rows)),
        lower=np.zeros(count + rows),
        upper=np.append(np.ones(count), np.full(rows, np.inf)),
        integer=np.arange(count + rows) < count,
        grid=np.ones(count + rows),
        row_names=tuple(f"r{i}" for i in range(rows)),
        row_lower=np.where(at_most, -np.inf, limit),
        row_upper=np.where(at_most, limit, np.inf),
        matrix=sparse.csr_array(np.hstack([matrix, np.diag(np.where(at_most, -1.0, 1.0))])),
    )
    objective = Objective(name="any", coefficients=np.append(cost, price), maximise=False)
    choices = np.array(list(np.ndindex(*[2] * count)))
    activity = choices @ matrix.T
    lack = np.maximum(0, np.where(at_most, activity - limit, limit - activity))
    return program, objective, float((choices @ cost + lack @ price).min())


@pytest.mark.parametrize("seed", range(8))
def test_highs_agrees_with_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(40):
        program, objective, optimum = elastic_program(rng)
        outcome = solve_with_highs(
            program, objective, gap=0.0, start=None, control=Control(deadline=None)
        )
        assert outcome.status == "done"
        assert outcome.bound == pytest.approx(optimum, abs=1e-6)
        assert objective.value(outcome.point) == pytest.approx(optimum, abs=1e-6)
