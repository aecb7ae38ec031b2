"""A plan with its problem, ready for questions about its sites."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from siting.explain.differences import opened_anew, served_more, sites_of
from siting.explain.gains import gains_of, people_served, reach_of_town
from siting.explain.intervals import best_of, price_between
from siting.explain.site_questions import SitePrice, SiteQuestion
from siting.explain.trials import (
    Compared,
    Problem,
    Trial,
    compared_plan,
    opened_as,
    plan_as_is,
    pose,
    problem_of,
    start_from,
    try_plan,
)
from siting.instance.instance import Instance
from siting.model.build import Model, build_model
from siting.model.program import Row
from siting.plan import Options
from siting.solution import Solution, Termination
from siting.solvers.control import Control, Progress
from siting.solvers.evaluation import Openings, evaluate


@dataclass(kw_only=True, eq=False)
class Desk:
    """A plan with its problem, ready for questions about its sites.

    Attributes
    ----------
    like
        The problem of the last question, from which the next one starts.
    without
        Conversions of plans without a building that were found at once, by building.
    """

    solution: Solution
    problem: Problem
    options: Options
    compared: Compared
    like: Problem
    least_money: bool = False
    without: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def instance(self) -> Instance:
        """The town as it was planned."""
        return self.problem.model.instance

    @cached_property
    def people(self) -> dict[str, float]:
        """People served by the plan that others are compared with, by service."""
        return people_served(self.instance, self.compared.service)

    def at_once(
        self, questions: Sequence[SiteQuestion], control: Control
    ) -> Iterator[SitePrice | None]:
        """Yield the prices that plans found in a moment show, as far as the time goes.

        Nothing is proven of them, so that they limit a price from above. None for questions of
        another kind, and where the moment was too short.
        """
        shut = [self._here(question) for question in questions if question.asked == "closed"]
        if not shut:
            return
        began = time.monotonic()
        model = self.problem.posed.model
        opened = opened_as(model, self.compared.chosen)
        own = evaluate(model, self.problem.program, model.decisions.reach, opened)
        found = self.problem.posed.without(opened, shut, control)
        for number, question in enumerate(questions):
            if control.cancelled.is_set() or control.remaining() <= 0:
                return
            if question.asked != "closed":
                yield None
                continue
            if control.watch is not None:
                stage = f"a plan at once without {question.building_id}"
                stage += f", {number + 1} of {len(questions)}"
                passed = time.monotonic() - began
                control.watch(Progress(stage=stage, incumbent=None, bound=None, seconds=passed))
            other = next(found, None)
            if other is None:
                other = opened & ~self._here(question)
            trial = plan_as_is(self.problem, other, own, self.options, control)
            if trial is not None:
                self.without[question.building_id] = trial.chosen
            yield None if trial is None else self._priced(question, trial)

    def price(self, question: SiteQuestion, control: Control, stage: str) -> SitePrice:
        """Return what a building means to the plan."""
        model = self.problem.model
        conversions = model.decisions.conversions
        here = self._here(question)
        if question.asked == "closed":
            known = self.without.get(question.building_id)
            trial = self._try(_closed(model, here), control, stage, known=known)
            return self._priced(question, trial)
        if question.town is not None:
            freer = build_model(question.town, model.decisions.reach, model.decisions.near)
            return self._priced(question, self._try(freer, control, stage))
        if question.service_id:
            here = here & conversions["service_id"].eq(question.service_id).to_numpy(bool)
        new = here & model.decisions.is_new
        if new.any():
            trial = self._try(_opened(model, question.building_id, new), control, stage)
            return self._priced(question, trial)
        listed = model.listed
        own = listed[listed["building_id"].eq(question.building_id) & listed["reason"].ne("")]
        if question.service_id:
            own = own[own["service_id"].eq(question.service_id)]
        return SitePrice(
            building_id=question.building_id,
            asked="open",
            price=None,
            termination=Termination.INFEASIBLE,
            gains=gains_of(self.instance, self.solution, model, question.building_id),
            kept_out=own[["service_id", "module_id", "reason", "field"]].reset_index(drop=True),
        )

    def _here(self, question: SiteQuestion) -> Openings:
        """Return which conversions are of the building."""
        conversions = self.problem.model.decisions.conversions
        return conversions["building_id"].eq(question.building_id).to_numpy(bool)

    def _try(
        self, model: Model, control: Control, stage: str, *, known: pd.DataFrame | None = None
    ) -> Trial:
        problem = problem_of(model, self.options, like=self.like)
        start = start_from(problem, self.compared.chosen if known is None else known, control)
        self.like = problem
        return try_plan(
            problem,
            self.options,
            start=start,
            control=control,
            stage=stage,
            least_money=self.least_money,
        )

    def _priced(self, question: SiteQuestion, trial: Trial) -> SitePrice:
        building_id, asked, compared = question.building_id, question.asked, self.compared
        gains = gains_of(self.instance, self.solution, self.problem.model, building_id)
        if trial.best is None or trial.cost is None:
            return SitePrice(
                building_id=building_id,
                asked=asked,
                price=None,
                termination=trial.termination,
                gains=gains,
            )
        freer, tighter = compared.best, trial.best
        if asked == "admitted":
            freer, tighter = tighter, freer
        before, after = sites_of(compared.chosen), sites_of(trial.chosen)
        services = list(self.instance.services["service_id"])
        people = people_served(self.instance, trial.service), self.people
        return SitePrice(
            building_id=building_id,
            asked=asked,
            price=price_between(freer, tighter),
            termination=trial.termination,
            gains=gains,
            comes=opened_anew(after - before),
            goes=opened_anew(before - after),
            served=served_more(services, trial.served, compared.served),
            people=served_more(services, *people),
            cost=round(trial.cost - compared.cost, self.instance.settings.money.decimals),
        )


def open_desk(
    instance: Instance,
    solution: Solution,
    options: Options,
    control: Control,
    trials: int,
    *,
    model: Model | None = None,
) -> Desk:
    """Return a plan ready for so many questions, of which each may use as much time.

    Raises
    ------
    ValueError
        When the solution has no plan.
    """
    best_of(solution)  # refuses a solution without a plan before the work
    if model is None:
        problem = pose(instance, *reach_of_town(instance, options), options)
    else:
        problem = problem_of(model, options)
    share = control.within(control.remaining() / (trials + 1))
    return Desk(
        solution=solution,
        problem=problem,
        options=options,
        compared=compared_plan(problem, solution, options, share),
        like=problem,
    )


def _closed(model: Model, columns: np.ndarray) -> Model:
    """Return the model with some conversions out of the question."""
    upper = model.program.upper.copy()
    upper[np.flatnonzero(columns)] = 0.0
    return replace(model, program=replace(model.program, upper=upper))


def _opened(model: Model, building_id: str, columns: np.ndarray) -> Model:
    """Return the model with one of some conversions to be chosen."""
    at = np.flatnonzero(columns).astype(np.int64)
    row = Row(name=f"asked[{building_id}]", columns=at, coefficients=np.ones(len(at)), lower=1.0)
    return replace(model, program=model.program.with_rows([row]))
