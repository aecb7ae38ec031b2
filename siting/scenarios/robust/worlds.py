"""A town as it may turn out, ready to value any plan in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.explain.trials import rows_kept
from siting.instance.instance import NEED_GRID, Instance
from siting.instance.settings import Budget
from siting.model.build import Model, build_model, compact
from siting.model.program import Objective, Program
from siting.planner import Options
from siting.reach import Arcs, find_near, find_reach
from siting.scenarios.case import Case
from siting.solution import Provenance, Solution, Termination
from siting.solvers.control import Control
from siting.solvers.evaluation import Openings, evaluate
from siting.solvers.flow import most_served
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection.reducing import project
from siting.travel.measure import measure_travel
from siting.travel.times import Travel
from siting.verification.recount import Recount
from siting.verification.value import Value

Floats = NDArray[np.float64]

TOLERANCE = 1e-6
"""What a row may be missed by, relative above 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class World:
    """A case with its model.

    Attributes
    ----------
    name
        Of the case.
    instance
        As the case has it.
    """

    name: str
    instance: Instance
    travel: Travel
    model: Model
    _most: dict[tuple[int, bytes], int] = field(default_factory=dict, repr=False)

    @cached_property
    def tied(self) -> bool:
        """Whether rules speak of who is served where, so that amounts are no maximum flow."""
        return any(block.tied for block in self.model.blocks)

    @cached_property
    def program(self) -> Program:
        """The model written out."""
        return compact(self.model)

    @cached_property
    def _capital(self) -> Floats:
        return self.model.decisions.capital()

    @cached_property
    def _reduced(self) -> Model:
        return project(self.model)

    @cached_property
    def _plain_rows(self) -> NDArray[np.bool_]:
        """Rows over decisions alone."""
        program = self.model.program
        beside = program.matrix[:, self.model.decisions.count :]
        return np.asarray(np.diff(beside.indptr) == 0)

    @cached_property
    def _alone(self) -> Program:
        return rows_kept(self.model.program, self._plain_rows)

    @cached_property
    def _with_states(self) -> Program:
        return rows_kept(self.model.program, ~self._plain_rows)

    def served(self, opened: Openings) -> float | None:
        """Return tier 1 of openings: the most need they serve, exactly.

        None where rules on who is served where leave no way to serve with them.
        """
        if self.tied:
            try:
                found = evaluate(self.model, self.program, self.model.decisions.reach, opened)
            except ArithmeticError:
                return None
            return found.values[0]
        first = self.model.value.names[0]
        return sum(
            block.value * self._most_of(at, opened) / NEED_GRID
            for at, block in enumerate(self._reduced.blocks)
            if self.model.value.tier_of.get(block.service_id) == first
        )

    def _most_of(self, at: int, opened: Openings) -> int:
        """Return the grains that a block serves; what does not touch it is not computed anew."""
        block = self._reduced.blocks[at]
        key = at, np.packbits(opened[block.option_column]).tobytes()
        if key not in self._most:
            self._most[key] = most_served(block, opened)
        return self._most[key]

    def cost(self, opened: Openings) -> float:
        """Return the capital of openings, in units of money."""
        capital = float(self._capital @ self.model.decisions.points(opened))
        return round(capital, self.instance.settings.money.decimals)

    def breaches(self, opened: Openings) -> Floats:
        """Return by how much openings miss each row over decisions alone."""
        program = self._alone
        points = self.model.decisions.points(opened)
        activity = program.matrix[:, : len(points)] @ points
        missed = np.maximum(program.row_lower - activity, activity - program.row_upper)
        slack = TOLERANCE * np.maximum(1.0, np.abs(activity))
        return np.where(missed > slack, missed, 0.0)

    def broken(self, opened: Openings) -> tuple[str, ...]:
        """Return the rows over decisions that openings break."""
        names = np.array(self._alone.row_names, object)
        broken = [str(name) for name in names[self.breaches(opened) > 0]]
        if not self.states_exist(opened):
            broken += self._with_states.row_names
        return tuple(broken)

    def states_exist(self, opened: Openings) -> bool:
        """Whether the further columns of rules have values with which all their rows hold."""
        program = self._with_states
        if not program.row_names:
            return True
        points = self.model.decisions.points(opened)
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[: len(points)] = upper[: len(points)] = points
        nothing = Objective(name="states", coefficients=np.zeros(len(lower)), maximise=True)
        outcome = solve_with_highs(
            replace(program, lower=lower, upper=upper),
            nothing,
            gap=0.0,
            start=None,
            control=Control(),
        )
        return outcome.status == "done"

    def recounted(self, opened: Openings) -> float:
        """Return tier 1 of openings by the code of verification, which meets model nor solver.

        Where rules tie who is served where, from who is served where; else from the tables alone.
        """
        service = pd.DataFrame(columns=["place_id"])
        if self.tied:
            reach = self.model.decisions.reach
            service = evaluate(self.model, self.program, reach, opened).service
        plan = Solution(
            termination=Termination.FEASIBLE,
            chosen=self.model.decisions.conversions[opened].reset_index(drop=True),
            service=service,
            provenance=_UNSTATED,
        )
        recount = Recount(self.instance, self.travel, plan)
        value = Value(recount)
        if self.tied:
            return value.tier(value.of_plan, value.ranks[0])
        credit = {
            (service_id, year): most
            for plan_year in recount.years
            for (service_id, year), most in value.most(recount.open_in(plan_year)).items()
            if year == plan_year
        }
        return value.tier(credit, value.ranks[0])


_UNSTATED = Provenance(
    instance="",
    instance_hash="",
    base_hash="",
    scenario="",
    overrides={},
    settings={},
    synthetic="",
    engine="",
    versions={},
    options={},
    started="",
    machine="",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ground:
    travel: Travel
    reach: Mapping[str, Arcs]
    near: Mapping[str, NDArray[np.int64]]


def worlds_of(base: Instance, cases: Sequence[Case], options: Options | None = None) -> list[World]:
    """Return the worlds of cases; those that differ in money and locks alone share their ways."""
    options = options or Options()
    grounds: dict[str, _Ground] = {}
    worlds = []
    for case in cases:
        instance = case.of(base)
        settings = instance.settings.model_copy(update={"budget": Budget()})
        family = instance.replace(settings=settings, locks=base.locks.iloc[:0]).content_hash
        if family not in grounds:
            travel = measure_travel(instance, cache_dir=options.cache_dir)
            grounds[family] = _Ground(
                travel=travel, reach=find_reach(instance, travel), near=find_near(instance, travel)
            )
        ground = grounds[family]
        worlds.append(
            World(
                name=case.name,
                instance=instance,
                travel=ground.travel,
                model=build_model(instance, ground.reach, ground.near),
            )
        )
    return worlds
