"""Why no plan keeps all rules: the rules in conflict, and the cheapest way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.model.build import Model
from siting.model.program import Objective, Program
from siting.solution import Conflict
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs
from siting.solvers.ways_out import describe

FIRM_RULES = frozenset(
    {
        "one_module",
        "acquisition",
        "one_tenure",
        "synergy",
        "need",
        "reach",
        "capacity",
        # Rows that say what a column of loads or states means.
        "load",
        "closed",
        "twice",
        "offered",
        "least_share",
    }
)
"""Definitions rather than wishes: they never give way."""

_SLACK = 1e-6


def find_conflict(
    model: Model,
    compacted: Program,
    *,
    control: Control,
    prices: dict[str, float] | None = None,
) -> Conflict:
    """Explain why the rows of a model cannot all hold.

    Parameters
    ----------
    compacted
        The whole model written out; looked at only where decisions alone do not conflict.
    prices
        Price of one unit of slack by rule id; 1 / right-hand side where not given.

    Notes
    -----
    The set of rows is found by a deletion filter (Chinneck 2008, doi 10.1007/978-0-387-74932-7):
    a row stays out as long as the rest remains proven infeasible, so what is left is irreducible.
    The cheapest way out minimises the priced slack of all rows that may give way.
    """
    program = model.program
    if not _infeasible(program, list(range(len(program.row_names))), control):
        program = compacted
    soft = [i for i, name in enumerate(program.row_names) if rule_of(name) not in FIRM_RULES]
    kept, irreducible = _irreducible(program, soft, control)
    amounts = _cheapest_slack(program, soft, prices or {}, control)
    return Conflict(
        rows=tuple(program.row_names[i] for i in kept),
        irreducible=irreducible,
        ways_out=tuple(
            describe(model, program.row_names[i], amount) for i, amount in amounts.items()
        ),
    )


def rule_of(row_name: str) -> str:
    """Return the rule id of a row name ``rule[place]``."""
    return row_name.partition("[")[0]


def _irreducible(program: Program, soft: Sequence[int], control: Control) -> tuple[list[int], bool]:
    """Drop rows, in ever smaller pieces, while the rest is proven infeasible."""
    kept = list(soft)
    firm = sorted(set(range(len(program.row_names))) - set(soft))
    if not _infeasible(program, [*firm, *kept], control):
        return kept, False
    piece = max(1, len(kept) // 2)
    while True:
        position = 0
        while position < len(kept):
            if control.remaining() <= 0 or control.cancelled.is_set():
                return kept, False
            rest = kept[:position] + kept[position + piece :]
            if _infeasible(program, [*firm, *rest], control):
                kept = rest
            else:
                position += piece
        if piece == 1:
            return kept, control.remaining() > 0 and not control.cancelled.is_set()
        piece = max(1, piece // 2)


def _infeasible(program: Program, rows: list[int], control: Control) -> bool:
    part = replace(
        program,
        row_names=tuple(program.row_names[i] for i in rows),
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        matrix=sparse.csr_array(program.matrix[rows]),
    )
    nothing = Objective(name="any", coefficients=np.zeros(len(program.lower)), maximise=False)
    outcome = solve_with_highs(part, nothing, gap=0.0, start=None, control=control)
    return outcome.status == "infeasible"


def _cheapest_slack(
    program: Program, soft: list[int], prices: dict[str, float], control: Control
) -> dict[int, float]:
    """Return how much each soft row must give, where that is more than nothing."""
    count, added = len(program.lower), len(soft)
    upper_side = np.isfinite(program.row_upper[soft])
    sign = np.where(upper_side, -1.0, 1.0)
    limits = np.where(upper_side, program.row_upper[soft], program.row_lower[soft])
    price = np.array(
        [
            prices.get(rule_of(program.row_names[i]), 1.0 / abs(limit) if limit else 1.0)
            for i, limit in zip(soft, limits, strict=True)
        ]
    )
    slack = sparse.csr_array(
        (sign, (soft, np.arange(added))), shape=(len(program.row_names), added)
    )
    elastic = Program(
        column_names=(*program.column_names, *(f"slack[{program.row_names[i]}]" for i in soft)),
        lower=np.zeros(count + added),
        upper=np.append(program.upper, np.full(added, np.inf)),
        integer=np.append(program.integer, np.zeros(added, bool)),
        grid=np.append(program.grid, np.ones(added)),
        row_names=program.row_names,
        row_lower=program.row_lower,
        row_upper=program.row_upper,
        matrix=sparse.csr_array(sparse.hstack([program.matrix, slack])),
    )
    cost: NDArray[np.float64] = np.append(np.zeros(count), price)
    objective = Objective(name="way out", coefficients=cost, maximise=False)
    outcome = solve_with_highs(elastic, objective, gap=0.0, start=None, control=control)
    if outcome.point is None:
        return {}
    amounts = outcome.point[count:]
    return {i: float(a) for i, a in zip(soft, amounts, strict=True) if a > _SLACK}
