"""The engines by name, behind one interface."""

from __future__ import annotations

from siting.solvers.control import Engine, EngineError

ENGINES = ("highs", "mathopt", "mathopt:scip", "cpsat", "pulp")
"""Names that `engine` takes, besides ``auto`` and ``pulp:SOLVER`` for any solver PuLP knows."""


def engine_named(name: str) -> Engine:
    """Return an engine by its name; each is imported only when asked for.

    Raises
    ------
    EngineError
        When there is no such engine.
    """
    family, _, detail = name.partition(":")
    if family in {"auto", "highs"} and not detail:
        from siting.solvers.highs import solve_with_highs

        return solve_with_highs
    if family == "mathopt" and detail in {"", "highs", "scip"}:
        from siting.solvers.mathopt import mathopt_engine

        return mathopt_engine("scip" if detail == "scip" else "highs")
    if family == "cpsat" and not detail:
        from siting.solvers.cpsat import solve_with_cpsat

        return solve_with_cpsat
    if family == "pulp":
        from siting.solvers.pulp_any import pulp_engine

        return pulp_engine(detail or "PULP_CBC_CMD")
    raise EngineError(f'no engine "{name}": choose auto, {", ".join(ENGINES)} or pulp:SOLVER')
