"""What a choice of openings comes to, recomputed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.build import Model
from siting.model.program import Objective, Program
from siting.model.zones import zone_of
from siting.reach import Arcs
from siting.solvers.amounts import serve_tied
from siting.solvers.assignment import as_service, open_with, serve
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs

Openings = NDArray[np.bool_]
"""Whether each conversion is chosen."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """Openings with all that follows from them.

    Attributes
    ----------
    service
        Who is served where, see `siting.solution.SERVICE_COLUMNS`.
    values
        Recomputed value of every tier of the program.
    """

    opened: Openings
    service: pd.DataFrame
    values: tuple[float, ...]


def evaluate(
    model: Model, program: Program, reach: Mapping[str, Arcs], opened: Openings
) -> Evaluation:
    """Return what openings come to: an engine's own amounts and values are never used."""
    service = serve_plan(model, program, reach, opened)
    served = dict(zip(model.value.names, model.value.tiers(service), strict=True))
    values = []
    for tier in program.tiers:
        if tier.name in served:
            values.append(served[tier.name])
        elif tier.name == "equity":
            values.append(worst_share(model, service))
        else:
            values.append(_of_decisions(model, tier, opened))
    return Evaluation(opened=opened, service=service, values=tuple(values))


def serve_plan(
    model: Model, program: Program, reach: Mapping[str, Arcs], opened: Openings
) -> pd.DataFrame:
    """Return who is served where in every year."""
    tied = serve_tied(model, program, opened)
    tied_services = {b.service_id for b in model.blocks if b.tied}
    free = set(reach) - tied_services
    tables = []
    for year in model.instance.years:
        places = open_with(model.decisions, opened, year)
        tables.append(serve(model.instance, reach, places, year, free))
        tables.append(as_service(model.instance, tied.get(year, []), year))
    tables = [table for table in tables if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else as_service(model.instance, [], 0)


def worst_share(model: Model, service: pd.DataFrame) -> float:
    """Return the least share of what could be served that any zone gets, by credit."""
    kind = model.instance.settings.objective.equity_zone_kind
    home = zone_of(model.instance.demand, kind)
    attainable: dict[str, float] = {}
    for block in model.blocks:
        worth = block.value * block.factor * block.need / NEED_GRID
        for zone, amount in zip(block.homes[kind], worth, strict=True):
            attainable[zone] = attainable.get(zone, 0.0) + float(amount)
    of_point = dict(zip(model.instance.demand["demand_id"], home, strict=True))
    got = pd.Series(model.value.credit(service)).groupby(
        service["demand_id"].map(of_point).to_numpy(object)
    )
    reached = got.sum()
    shares = [
        float(reached.get(zone, 0.0)) / amount
        for zone, amount in attainable.items()
        if zone and amount > 0
    ]
    return min(shares, default=1.0)


def _of_decisions(model: Model, tier: Objective, opened: Openings) -> float:
    """Return a tier that decisions alone settle; what rules add beside is at its best."""
    program, points = model.program, model.decisions.points(opened)
    decided = len(points)
    worth = tier.coefficients[: len(program.column_names)]
    if not worth[decided:].any():
        return float(worth[:decided] @ points)
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[:decided] = upper[:decided] = points
    fixed = replace(program, lower=lower, upper=upper)
    outcome = solve_with_highs(
        fixed,
        Objective(name=tier.name, coefficients=worth, maximise=tier.maximise),
        gap=0.0,
        start=None,
        control=Control(),
    )
    if outcome.point is None:
        raise ArithmeticError(f"openings that keep all rules leave no value of {tier.name}")
    return float(worth @ outcome.point)
