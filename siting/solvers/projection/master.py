"""The program of decisions and idle capacities that cuts are added to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.instance.instance import NEED_GRID
from siting.model.build import Model, written_blocks
from siting.model.program import Objective, Program
from siting.model.rules.service import WrittenBlock

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Master:
    r"""A program whose projected blocks speak of idle capacity instead of loads.

    With :math:`z_p = \sum_m q_{pm} y_{pm} - t_p` for every place that may open, the column of the
    load holds :math:`t_p \ge 0`; its row of capacity falls away, and cuts on loads become rows over
    yes/no columns with one continuous term each, which is the form that rounding needs.

    Attributes
    ----------
    program
        In the new columns; the loads of places that are always open are fixed.
    written
        The projected blocks by their position in `Model.blocks`.
    loads_of
        Matrix that turns a point of `program` into one with loads, shape (columns, columns).
    """

    program: Program
    written: dict[int, WrittenBlock]
    loads_of: sparse.csr_array

    def objective(self, objective: Objective) -> Objective:
        """Return an objective over loads in the new columns."""
        return replace(objective, coefficients=self.loads_of.T @ objective.coefficients)


def make_master(model: Model, program: Program) -> Master:
    """Return the master of a program that `compact` made of a model with projected blocks."""
    written = {at: w for at, w in enumerate(written_blocks(model)) if w.block.projected}
    count = len(program.column_names)
    lower, upper = program.lower.copy(), program.upper.copy()
    sign = np.ones(count)
    to, of, by = [np.arange(count)], [np.arange(count)], [sign]
    for w in written.values():
        block = w.block
        always = block.fixed > 0
        lower[w.load[always]] = upper[w.load[always]] = block.fixed[always] / NEED_GRID
        idle = w.load[np.unique(block.option_place)]
        sign[idle] = -1.0
        most = np.zeros(len(block.places), np.int64)
        np.add.at(most, block.option_place, np.maximum(block.option_capacity, 0))
        upper[idle] = most[np.unique(block.option_place)] / NEED_GRID
        to.append(w.load[block.option_place])
        of.append(block.option_column)
        by.append(block.option_capacity / NEED_GRID)
    loads_of = sparse.csr_array(
        (np.concatenate(by), (np.concatenate(to), np.concatenate(of))), shape=(count, count)
    )
    return Master(
        program=replace(
            program, lower=lower, upper=upper, matrix=sparse.csr_array(program.matrix @ loads_of)
        ),
        written=written,
        loads_of=loads_of,
    )
