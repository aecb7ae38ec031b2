"""The engines by name, behind one interface."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from siting.model.program import Objective, Program
from siting.solvers.control import Control, EngineError, Outcome

ENGINES = ("highs", "mathopt", "mathopt:scip", "cpsat", "pulp")
"""Names that `engine` takes, besides ``auto`` and ``pulp:SOLVER`` for any solver PuLP knows."""


class Engine(Protocol):
    """Optimises one tier of a program."""

    def __call__(
        self,
        program: Program,
        objective: Objective,
        *,
        gap: float,
        start: NDArray[np.float64] | None,
        control: Control,
    ) -> Outcome:
        """Return the best point found, with what is proven of it."""
        ...


def engine_named(name: str) -> Engine:
    """Return an engine by its name; each is imported only when asked for.

    Raises
    ------
    EngineError
        When there is no such engine.
    """
    family, _, detail = name.partition(":")
    if family in {"auto", "highs"} and not detail:
        from siting.solvers.highs import solve_with_highs  # noqa: PLC0415

        return solve_with_highs
    if family == "mathopt" and detail in {"", "highs", "scip"}:
        from siting.solvers.mathopt import mathopt_engine  # noqa: PLC0415

        return mathopt_engine(detail or "highs")
    if family == "cpsat" and not detail:
        from siting.solvers.cpsat import solve_with_cpsat  # noqa: PLC0415

        return solve_with_cpsat
    if family == "pulp":
        from siting.solvers.pulp_any import pulp_engine  # noqa: PLC0415

        return pulp_engine(detail or "PULP_CBC_CMD")
    raise EngineError(f'no engine "{name}": choose auto, {", ".join(ENGINES)} or pulp:SOLVER')
