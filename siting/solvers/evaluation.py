"""What a choice of openings comes to, recomputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.build import Model
from siting.model.program import Objective, Program
from siting.model.spared import spared_of
from siting.model.zones import zone_of
from siting.reach import Arcs
from siting.solution import ROUNDING
from siting.solvers.amounts import serve_tied
from siting.solvers.assignment import as_service, open_with, serve
from siting.solvers.control import Control
from siting.solvers.flow import most_served
from siting.solvers.highs import solve_with_highs

Openings = NDArray[np.bool_]
"""Whether each conversion is chosen."""

_SPARE_GRAINS = (2.0, 20.0, 200.0)
"""Grains of need beyond a floor that are kept until cutting to whole grains keeps the floor."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """Openings with all that follows from them.

    Attributes
    ----------
    values
        Recomputed value of every tier of the program.
    tied
        Who is served where by services whose amounts rules tie, see `serve_tied`.
    like
        Other openings, whose service stands wherever a service has the same places open.
    """

    model: Model
    reach: Mapping[str, Arcs]
    opened: Openings
    values: tuple[float, ...]
    tied: Mapping[int, list[pd.DataFrame]]
    like: Evaluation | None = None

    @cached_property
    def service(self) -> pd.DataFrame:
        """Who is served where in every year with the least walking, as `SERVICE_COLUMNS` says."""
        model = self.model
        free = set(self.reach) - {b.service_id for b in model.blocks if b.tied}
        tables = [_of_tied(model, self.tied)]
        for year in model.instance.years:
            places, anew = open_with(model.decisions, self.opened, year), free
            if self.like is not None:
                known = self.like.service
                other = open_with(model.decisions, self.like.opened, year)
                differing = pd.concat([places, other]).drop_duplicates(keep=False)["service_id"]
                anew = free & set(differing)
                tables.append(known[known["year"].eq(year) & known["service_id"].isin(free - anew)])
            tables.append(serve(model.instance, self.reach, places, year, anew))
        tables = [table for table in tables if len(table)]
        return pd.concat(tables, ignore_index=True) if tables else as_service(model.instance, [], 0)


def evaluate(
    model: Model,
    program: Program,
    reach: Mapping[str, Arcs],
    opened: Openings,
    floors: Sequence[float] = (),
    *,
    like: Evaluation | None = None,
) -> Evaluation:
    """Return what openings come to: an engine's own amounts and values are never used.

    How much is served is a maximum flow where nothing ties the amounts: who walks where does not
    matter before the plan is settled.

    Parameters
    ----------
    floors
        What is kept of the tiers solved so far, in their order: tiers that tie amounts may give up
        the rest of the need served.
    like
        See `Evaluation`.
    """
    for spare in _SPARE_GRAINS:
        tied = serve_tied(model, program, opened, floors, spare)
        service = _of_tied(model, tied)
        served = _served(model, service, opened)
        pairs = zip(served.values(), floors, strict=False)
        if all(reached >= floor - ROUNDING for reached, floor in pairs):
            break
    values = []
    for tier in program.tiers:
        if tier.name in served:
            values.append(served[tier.name])
        elif tier.name == "equity":
            values.append(worst_share(model, service))
        elif tier.name == "nearness":
            values.append(spared_of(model.value, service))
        else:
            values.append(_of_decisions(model, tier, opened))
    return Evaluation(
        model=model, reach=reach, opened=opened, values=tuple(values), tied=tied, like=like
    )


def _served(model: Model, service: pd.DataFrame, opened: Openings) -> dict[str, float]:
    """Return the tiers of need served, from who is served by tied services and where by others."""
    served = dict(zip(model.value.names, model.value.tiers(service), strict=True))
    for block in model.blocks:
        name = model.value.tier_of.get(block.service_id)
        if name is not None and not block.tied:
            served[name] += block.value * most_served(block, opened) / NEED_GRID
    return served


def _of_tied(model: Model, tied: Mapping[int, list[pd.DataFrame]]) -> pd.DataFrame:
    """Return who is served where by tied services in every year."""
    tables = [as_service(model.instance, parts, year) for year, parts in tied.items()]
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
