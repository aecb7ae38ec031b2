"""A town with its model, searched again and again under further rows."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance
from siting.model.build import Model, build_model
from siting.model.program import YES, Objective, Program, Row
from siting.planner import Options, lay_ground
from siting.recording import record
from siting.scenarios.other_plans.sites import Sites
from siting.solution import PROVEN_GAP, Solution, Tier, relative_gap
from siting.solvers.control import Control, Outcome, run_cancellable
from siting.solvers.engines import Posed, engine_named, pose
from siting.solvers.evaluation import Evaluation, Openings, evaluate
from siting.solvers.tiers import FLOOR_TOLERANCE, Search, search_tiers
from siting.travel.times import Travel
from siting.verification import Verification, verify_solution

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class OneModel:
    """What searches for several plans of one town have in common.

    Attributes
    ----------
    model
        Of tier 1 as it is: later tiers give nothing of it up, whatever the settings say.
    posed
        The model without further rows.
    today
        Who is served where in every year with what is open now.
    """

    instance: Instance
    options: Options
    travel: Travel
    model: Model
    posed: Posed
    today: pd.DataFrame
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @cached_property
    def sites(self) -> Sites:
        """What plans open."""
        return Sites(self.model.decisions)

    def evaluated(self, opened: Openings, floors: Sequence[float] = ()) -> Evaluation:
        """Return what openings come to, keeping so much of the tiers before."""
        reach = self.model.decisions.reach
        return evaluate(self.posed.model, self.posed.program, reach, opened, floors)

    def posed_with(self, rows: Sequence[Row]) -> Posed:
        """Return the model with further rows over decisions, as the engine takes it."""
        model = replace(self.model, program=self.model.program.with_rows(list(rows)))
        options = self.options
        limit = options.memory_limit_gib
        return pose(model, options.engine, memory_limit_gib=limit, like=self.posed)

    def search(self, posed: Posed, start: Openings | None, control: Control) -> Search:
        """Return the plan that serves most under the rows of `posed`, and of such the cheapest."""
        return search_tiers(
            posed.model,
            posed.program,
            posed.engine,
            self.evaluated,
            gap=self.options.gap,
            control=control,
            start=start,
            least_money=self.options.least_money,
        )

    def optimise(
        self,
        posed: Posed,
        program: Program,
        objective: Objective,
        *,
        start: Openings,
        gap: float,
        control: Control,
    ) -> Outcome:
        """Return what the engine finds for an objective of its own, begun from a plan."""
        if control.cancelled.is_set() or control.remaining() <= 0:
            return Outcome(status="limit")
        point = self.start_of(program, start)
        return run_cancellable(
            lambda: posed.engine(program, objective, gap=gap, start=point, control=control),
            control,
        )

    def start_of(self, program: Program, opened: Openings) -> NDArray[np.float64]:
        """Return a start in the columns of a program of which only the decisions are known."""
        point = np.full(len(program.column_names), np.nan)
        decided = self.model.decisions.count
        point[:decided] = self.model.decisions.points(opened)
        return point

    def openings(self, outcome: Outcome) -> Openings | None:
        """Return the conversions that a point opens."""
        if outcome.point is None:
            return None
        return outcome.point[: len(self.model.decisions.conversions)] > YES

    def recorded(
        self, found: Evaluation, bound: float | None, name: str, asked: dict[str, Any]
    ) -> tuple[Instance, Solution, Verification]:
        """Return a plan as a run keeps it, with the instance under a name of its own, checked.

        Parameters
        ----------
        bound
            What no plan of the town beats.
        asked
            What was asked for beside the options of the search.
        """
        instance = self.instance.replace(
            scenario=f"{self.instance.scenario}+{name}".lstrip("+"),
            base_hash=self.instance.base_hash or self.instance.content_hash,
        )
        value = found.values[0]
        bound = None if bound is None else max(value, bound)
        reached = relative_gap(value, bound)
        gap = self.options.gap if reached is None else max(self.options.gap, reached)
        solution = record(
            replace(self.model, instance=instance),
            self.model.decisions.reach,
            Search(found=found, tiers=self._tiers(found, bound)),
            self.today,
            conflict=None,
            asked=asdict(self.options) | asked | {"gap": gap},
            engine=self.posed.name,
            started=self.started,
        )
        return instance, solution, verify_solution(instance, self.travel, solution)

    def _tiers(self, found: Evaluation, bound: float | None) -> tuple[Tier, ...]:
        """Return the values of a plan, of which only the first has a bound."""
        worth = self.instance.settings.objective.worth
        values = list(found.values)
        if worth is not None:
            values[-1] -= worth * 100 * values[0]
        tiers = [
            Tier(name=tier.name, value=value, bound=None, gap=None, floor=None)
            for tier, value in zip(self.posed.program.tiers, values, strict=True)
        ]
        first = replace(tiers[0], bound=bound, gap=relative_gap(values[0], bound))
        return (first, *tiers[1:])


def model_once(instance: Instance, options: Options) -> OneModel:
    """Measure a town and build its model.

    Raises
    ------
    EngineError
        When the engine is not known or cannot represent the model.
    InstanceError
        When services are served rank by rank, so that no one value says what a site serves, or
        the written model alone would exceed the limit of memory.
    """
    if instance.settings.objective.by_rank:
        finding = Finding(
            place="instance.toml",
            column="objective.by_rank",
            value="true",
            rule="other plans are compared by one value of all need served",
            remedy="switch it off in a scenario and weigh the services instead",
        )
        raise InstanceError("other plans", [finding])
    engine_named(options.engine)
    shared = lay_ground(instance, cache_dir=options.cache_dir)
    model = build_model(instance, shared.reach, shared.near)
    objective = instance.settings.objective.model_copy(update={"epsilon": 0.0, "worth": None})
    settings = instance.settings.model_copy(update={"objective": objective})
    model = replace(model, instance=instance.replace(settings=settings))
    return OneModel(
        instance=instance,
        options=options,
        travel=shared.travel,
        model=model,
        posed=pose(model, options.engine, memory_limit_gib=options.memory_limit_gib),
        today=shared.today,
    )


def served_at_least(program: Program, value: float, number: int = 1) -> Row:
    """Return the row that keeps need served at a value, in the columns of a program."""
    tier = program.tiers[0]
    columns = np.flatnonzero(tier.coefficients)
    room = FLOOR_TOLERANCE / 2 * max(1.0, abs(value))
    return Row(
        name=f"tier[{number}]",
        columns=columns,
        coefficients=tier.coefficients[columns],
        lower=(value - room) * tier.scale,
    )


def exceeds(value: float, bound: float) -> bool:
    """Whether a value is above another by more than what a proof leaves open."""
    return value - bound > PROVEN_GAP * abs(bound)
