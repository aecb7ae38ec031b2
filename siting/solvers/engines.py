"""The engines by name, behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from siting.certificate import Certificate
from siting.model.build import Model, compact
from siting.model.program import Program
from siting.solvers.control import Control, Engine, EngineError
from siting.solvers.evaluation import Openings
from siting.solvers.memory import refuse_too_large

ENGINES = ("highs", "race", "mathopt", "mathopt:scip", "cpsat", "pulp")
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
    if family == "race" and not detail:
        from siting.solvers.race.racing import solve_by_race

        return solve_by_race
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Posed:
    """A model as its engine takes it.

    Attributes
    ----------
    program
        What `engine` is given.
    name
        Of the engine, as a result states it.
    certify
        Proves a bound of tier 1 once the engine has solved it; None where that takes too long.
    without
        Yields good openings without each of some sets of conversions, in a moment each, from
        openings to start from; None, or nothing at all, where it finds none that keep all rules.
    """

    model: Model
    program: Program
    engine: Engine
    name: str
    certify: Callable[[Control], Certificate | None]
    without: Callable[[Openings, Iterable[Openings], Control], Iterator[Openings | None]]


def pose(
    model: Model, name: str, *, memory_limit_gib: float | None = None, like: Posed | None = None
) -> Posed:
    """Return a model as the engine of a name takes it.

    By ``auto`` every block that loads alone can tell, at once or level by level, is projected, for
    our own engine; where the others have more ways, HiGHS takes the model as it is.

    Parameters
    ----------
    like
        A model solved before: where its blocks are the same our own engine begins with its cuts.

    Raises
    ------
    InstanceError
        When the program alone would exceed the limit of memory.
    """
    if name == "auto":
        own = _projected(model, memory_limit_gib, like)
        if own is not None:
            return own
    from siting.solvers.duals import certify

    refuse_too_large(model, memory_limit_gib)
    program = compact(model)
    return Posed(
        model=model,
        program=program,
        engine=engine_named(name),
        name="highs" if name == "auto" else name,
        certify=lambda control: certify(program, control),
        without=lambda *_: iter(()),
    )


def _projected(model: Model, memory_limit_gib: float | None, like: Posed | None) -> Posed | None:
    """Return a model for our own engine; None where it is no use."""
    from siting.solvers.projection.engine import Projection
    from siting.solvers.projection.levelled import Levelled
    from siting.solvers.projection.levels import can_level
    from siting.solvers.projection.narrowing import narrow
    from siting.solvers.projection.reducing import can_project, project

    levels = [can_level(model, block) for block in model.blocks]
    ours = [can_project(b) or level for b, level in zip(model.blocks, levels, strict=True)]
    ways = [
        len(block.arc_need) * (own - (block.tied and not own))
        for block, own in zip(model.blocks, ours, strict=True)
    ]
    if sum(ways) <= 0:
        return None
    projected = project(model)
    refuse_too_large(projected, memory_limit_gib)
    program = compact(projected)
    own: Levelled | Projection
    if any(levels):
        own = Levelled(model, projected, program)
        if like is not None and isinstance(like.engine, Levelled):
            own.learn(like.engine)
    else:
        projected, program = narrow(model, projected, program)
        own = Projection(model, projected)
        if like is not None and isinstance(like.engine, Projection):
            own.learn(like.engine)
    return Posed(
        model=projected,
        program=program,
        engine=own,
        name="projection",
        certify=own.certify,
        without=own.without,
    )
