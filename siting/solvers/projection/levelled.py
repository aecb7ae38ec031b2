"""Our own engine on a model whose tied blocks are taken level by level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.certificate import Certificate
from siting.model.build import Model, compact, written_blocks
from siting.model.program import Objective, Program, Row
from siting.model.rules.service import WrittenBlock, credits_of
from siting.solvers.control import Control, Outcome, nothing_to_decide
from siting.solvers.duals import certify
from siting.solvers.projection.engine import Projection
from siting.solvers.projection.levels import HELD, levelled
from siting.solvers.projection.narrowing import narrow
from siting.solvers.projection.reducing import project

Floats = NDArray[np.float64]


class Levelled:
    """An engine for the programs of a model, which plans with the levels of its tied blocks.

    The programs are those of the model with its other blocks projected. Limits of decisions,
    objectives and rows that hold earlier tiers are put in the columns of the model of levels. What
    comes back are openings: amounts of levelled blocks are left at 0.
    """

    def __init__(self, model: Model, projected: Model, program: Program) -> None:
        whole, self.stands = levelled(model)
        self.written = model
        self.whole = program
        reduced = project(whole)
        self.model, self.program = narrow(whole, reduced, compact(reduced))
        self.own = Projection(whole, self.model)
        self.decided = model.decisions.count
        self.outer, self.inner, self.into = self._columns(written_blocks(projected))

    def __call__(
        self,
        program: Program,
        objective: Objective,
        *,
        gap: float,
        start: Floats | None,
        control: Control,
    ) -> Outcome:
        """Optimise one tier of a program."""
        if not program.column_names:
            return nothing_to_decide(program)
        outcome = self.own(
            self._program(program),
            replace(objective, coefficients=self.into @ objective.coefficients),
            gap=gap,
            start=start,
            control=control,
        )
        if outcome.point is None:
            return outcome
        point = np.zeros(len(program.column_names))
        point[self.outer] = outcome.point[self.inner]
        return replace(outcome, point=point)

    def learn(self, other: Levelled) -> None:
        """Begin with the cuts that another model showed, see `Projection.learn`."""
        self.own.learn(other.own)

    def without(
        self, start: NDArray[np.bool_], left_out: Iterable[NDArray[np.bool_]], control: Control
    ) -> Iterator[NDArray[np.bool_] | None]:
        """Yield openings without each set of conversions, see `Projection.without`."""
        return self.own.without(start, left_out, control)

    def certify(self, control: Control) -> Certificate | None:
        """Return a bound of tier 1 that anyone can recompute, None where a limit came first."""
        return certify(compact(self.written), control)

    def _columns(
        self, blocks: tuple[WrittenBlock, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], sparse.csr_array]:
        """Return the columns that both programs have, and what turns coefficients into inner ones.

        All that objectives say of a levelled block is its credit, so that one way tells all.
        """
        stood = written_blocks(self.model)
        outer, inner = [np.arange(self.decided)], [np.arange(self.decided)]
        for extra, column in self.whole.extras.items():
            outer.append(np.array([column]))
            inner.append(np.array([self.program.extras[extra]]))
        told, telling, by = [], [], []
        for block, positions in zip(blocks, self.stands, strict=True):
            levels = [stood[at] for at in positions if stood[at].block.level != HELD]
            columns, worth = credits_of(block)
            for level in levels:
                if not level.block.level or np.array_equal(columns, block.load):
                    outer += [block.load, block.part[: len(level.part)]]
                    inner += [level.load, level.part]
                    continue
                told.append(level.load)
                telling.append(np.full(len(level.load), columns[0]))
                by.append(np.full(len(level.load), level.block.value / worth[0]))
        at, of = np.concatenate(outer), np.concatenate(inner)
        shape = (len(self.program.column_names), len(self.whole.column_names))
        to, frm = np.concatenate([of, *told]), np.concatenate([at, *telling])
        factors = np.concatenate([np.ones(len(at)), *by])
        return at, of, sparse.csr_array((factors, (to, frm)), shape=shape)

    def _program(self, program: Program) -> Program:
        """Return a program in the columns of the model of levels."""
        decided = slice(self.decided)
        lower, upper = self.program.lower.copy(), self.program.upper.copy()
        lower[decided] = program.lower[decided]
        upper[decided] = np.minimum(upper[decided], program.upper[decided])
        rows = []
        for at in range(len(self.whole.row_names), len(program.row_names)):
            coefficients = self.into @ program.matrix[[at]].toarray().ravel()
            columns = np.flatnonzero(coefficients)
            rows.append(
                Row(
                    name=program.row_names[at],
                    columns=columns,
                    coefficients=coefficients[columns],
                    lower=float(program.row_lower[at]),
                    upper=float(program.row_upper[at]),
                )
            )
        return replace(self.program, lower=lower, upper=upper).with_rows(rows)
