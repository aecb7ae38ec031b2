"""Multipliers of rows from the linear relaxation: what `certified_bound` is computed from."""

from __future__ import annotations

import logging
import time

import highspy
import numpy as np
from numpy.typing import NDArray

from siting.certificate import Certificate
from siting.model.lagrangian import certified_bound
from siting.model.program import Objective, Program
from siting.solvers.control import Control
from siting.solvers.highs import as_highs_lp

log = logging.getLogger(__name__)

DIGITS = 10
"""Decimal digits of a stored multiplier: any multipliers are valid, more digits are not nearer."""


def certify(program: Program, control: Control) -> Certificate | None:
    """Return a bound of tier 1 that anyone can recompute; None where a limit came first."""
    began = time.monotonic()
    objective = program.tiers[0]
    found = lp_multipliers(program, objective, control)
    if found is None:
        return None
    multipliers = np.array([float(f"{value:.{DIGITS}g}") for value in found])
    certificate = Certificate(
        bound=certified_bound(program, objective, multipliers),
        multipliers={
            program.row_names[row]: float(multipliers[row]) for row in np.flatnonzero(multipliers)
        },
    )
    log.info(
        "certified: no plan exceeds %.6f, by %d multipliers, in %.1f s",
        certificate.bound,
        len(certificate.multipliers),
        time.monotonic() - began,
    )
    return certificate


def lp_multipliers(
    program: Program, objective: Objective, control: Control
) -> NDArray[np.float64] | None:
    """Return the multipliers of the rows that are best for a maximised tier.

    They are the duals of the linear relaxation: of a row ``lower <= a x <= upper`` above 0 where
    its upper limit costs something, below 0 where its lower limit does. By the dual simplex method:
    its duals are many times 0, and exact; HiGHS returns wrong duals of an interior point without
    crossover where it presolved, and needs longer without presolving.

    Returns
    -------
    ndarray or None
        One per row; None where a limit came first, or nothing is feasible or to be decided.
    """
    if not program.column_names or control.remaining() <= 0 or control.cancelled.is_set():
        return None
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("solver", "simplex")
    if control.deadline is not None:
        highs.setOptionValue("time_limit", control.remaining())
    relaxed = as_highs_lp(program, objective)
    relaxed.integrality_ = []
    highs.passModel(relaxed)

    def heed(event: highspy.highs.HighsCallbackEvent) -> None:
        if control.cancelled.is_set():
            event.interrupt()

    highs.cbSimplexInterrupt.subscribe(heed)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(highs.getSolution().row_dual)
