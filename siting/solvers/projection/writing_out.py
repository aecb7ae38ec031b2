"""A projected program with its flow written out again, for proofs of small towns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.build import Model, compact, written_blocks
from siting.model.program import Objective, Program, Row
from siting.solvers.control import Control, Outcome
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection.incumbent import HELD

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class WrittenOut:
    """The program and where its columns stand.

    Attributes
    ----------
    column
        For each column of the projected program its column in `program`.
    """

    program: Program
    column: NDArray[np.int64]

    def objective(self, objective: Objective) -> Objective:
        """Return an objective of the projected program in the columns of this one."""
        coefficients = np.zeros(len(self.program.column_names))
        coefficients[self.column] = objective.coefficients
        return replace(objective, coefficients=coefficients)


def solve_written_out(
    model: Model,
    program: Program,
    objective: Objective,
    *,
    lower: Floats | None = None,
    upper: Floats,
    gap: float,
    start: Floats | None = None,
    control: Control,
    enough: Callable[[float | None], bool] | None = None,
) -> Outcome:
    """Return what HiGHS finds with the flow written out, in the columns of `program`.

    Parameters
    ----------
    lower, upper
        Further limits of the decisions; one that a lower limit of its own contradicts is left.
    start
        Decisions of a plan, the first of all columns.
    enough
        See `solve_with_highs`.
    """
    written = write_out(model, program)
    own, whole = written.program, slice(len(upper))
    least, most = own.lower.copy(), own.upper.copy()
    if lower is not None:
        least[whole] = np.maximum(least[whole], lower)
    most[whole] = np.maximum(np.minimum(most[whole], upper), least[whole])
    begun = None
    if start is not None:
        begun = np.full(len(least), np.nan)
        begun[: len(start)] = start
    outcome = solve_with_highs(
        replace(own, lower=least, upper=most),
        written.objective(objective),
        gap=gap,
        start=begun,
        control=control,
        enough=enough,
    )
    if outcome.point is None:
        return outcome
    return replace(outcome, point=outcome.point[written.column])


def write_out(model: Model, program: Program) -> WrittenOut:
    """Return a program of a model with projected blocks with all ways as columns.

    Rows that were added since `compact`, to hold tiers, come along.
    """
    whole = replace(model, blocks=tuple(replace(b, projected=False) for b in model.blocks))
    full = compact(whole)
    row_of = {name: at for at, name in enumerate(full.row_names)}
    column = np.arange(len(program.column_names))
    for extra, at in program.extras.items():
        column[at] = full.extras[extra]
    upper = full.upper.copy()
    row_lower, row_upper = full.row_lower.copy(), full.row_upper.copy()
    for narrow, wide in zip(written_blocks(model), written_blocks(whole), strict=True):
        column[narrow.load] = wide.load
        column[narrow.part] = wide.part[: len(narrow.part)]
        block = narrow.block
        if not block.projected:
            continue
        # Need that is settled has no ways: what its places serve is a constant.
        settled = (block.fixed > 0) & ~np.isin(block.places, block.arc_place)
        for p in np.flatnonzero(settled):
            row = row_of[wide.name("load", wide.place_ids[p], block.service_id)]
            row_lower[row] = row_upper[row] = -block.fixed[p] / NEED_GRID
            upper[wide.load[p]] = block.fixed[p] / NEED_GRID
    full = replace(full, upper=upper, row_lower=row_lower, row_upper=row_upper)
    held = [at for at, name in enumerate(program.row_names) if name.startswith(HELD)]
    rows = [
        Row(
            name=program.row_names[at],
            columns=column[program.matrix[[at]].indices],
            coefficients=program.matrix[[at]].data,
            lower=program.row_lower[at],
            upper=program.row_upper[at],
        )
        for at in held
    ]
    return WrittenOut(program=full.with_rows(rows), column=column)
