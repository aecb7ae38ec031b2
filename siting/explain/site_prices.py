"""What a site brings, what would stand in for it, and what forcing or admitting one would do."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from siting.errors import Finding, InstanceError, nearest
from siting.explain.gains import gains_of, people_served, reach_of_town, weight_served
from siting.explain.intervals import Interval, best_of, price_between
from siting.explain.trials import (
    Compared,
    Problem,
    Site,
    Trial,
    compared_plan,
    opened_anew,
    opened_as,
    plan_as_is,
    pose,
    problem_of,
    served_more,
    shared_out,
    sites_of,
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

log = logging.getLogger(__name__)

Asked = Literal["closed", "open", "admitted"]

NARROWING_S = 40.0
"""Seconds that a search gets at least: one that is cut short narrows nothing that is known."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteQuestion:
    """What is asked of a building.

    Attributes
    ----------
    asked
        ``closed``: the best plan without it; ``open``: that must open it; ``admitted``: that may
        use it, in a town that lets it.
    service_id
        For ``open``: this service; any where empty.
    town
        For ``admitted``: the instance with nothing else changed than that the building may be used.
    """

    building_id: str
    asked: Asked
    service_id: str = ""
    town: Instance | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class SitePrice:
    """What a building means to a plan.

    Attributes
    ----------
    asked
        ``closed``: the plan uses the building, and a plan without it was sought; ``open``: the
        plan does not, and a plan that must use it was sought; ``admitted``: the plan may not, and
        a plan that may was sought.
    price
        How much less the best plan then serves, and how much more where it was ``admitted``; None
        where there is no such plan (`termination` ``infeasible``) or none was found in time.
    gains
        Who is served by the site: ``service_id, zone_id, served, people_new``; empty where the
        plan does not use it.
    comes, goes
        Sites of the other plan that this one has not, and the reverse, the building itself
        included.
    served, people, cost
        Other plan less this one: units and people served by service, capital.
    kept_out
        Where no conversion of the building is admitted: the reason of each of its conversions,
        ``service_id, module_id, reason, field``.
    """

    building_id: str
    asked: Asked
    price: Interval | None
    termination: Termination
    gains: pd.DataFrame
    comes: tuple[Site, ...] = ()
    goes: tuple[Site, ...] = ()
    served: dict[str, float] = field(default_factory=dict)
    people: dict[str, float] = field(default_factory=dict)
    cost: float | None = None
    kept_out: pd.DataFrame | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class SitePrices:
    """What all chosen buildings mean to a plan.

    Attributes
    ----------
    prices
        The surest and dearest first.
    not_reached
        Chosen buildings that not even a plan found at once prices.
    committed
        Buildings that are open whatever the plan says.
    """

    prices: tuple[SitePrice, ...]
    not_reached: tuple[str, ...] = ()
    committed: tuple[str, ...] = ()
    seconds: float = 0.0


def price_site(
    instance: Instance,
    solution: Solution,
    building_id: str,
    options: Options | None = None,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> SitePrice:
    """Return what one building means to a plan: without it if it is used, with it if not.

    Parameters
    ----------
    instance
        With its scenario applied; what the plan was made from.
    watch
        Called with the progress of the search.

    Raises
    ------
    InstanceError
        When there is no such building.
    ValueError
        When the solution has no plan.
    """
    options = options or Options()
    known = list(instance.buildings["building_id"].astype(str))
    if building_id not in known:
        finding = Finding(
            place="BUILDING",
            value=f'"{building_id}"',
            rule="no such building in this instance",
            remedy=nearest(building_id, known),
        )
        raise InstanceError("explain site", [finding])
    control = options.control(time.monotonic() if started is None else started, watch)
    desk = _desk(instance, solution, options, control, 1)
    used = building_id in set(solution.chosen["building_id"])
    question = SiteQuestion(building_id=building_id, asked="closed" if used else "open")
    return desk.price(question, control, f"other plan for {building_id}")


def price_sites(
    instance: Instance,
    solution: Solution,
    options: Options | None = None,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> SitePrices:
    """Return what every building that a plan opens means to it, within one time limit.

    A plan that is found at once limits each price from above, for those that serve the most
    weighted need first. Then searches narrow the widest; each gets at least `NARROWING_S`,
    so that the last may not be reached. Committed buildings are left out.

    Raises
    ------
    ValueError
        When the solution has no plan.
    """
    options = options or Options()
    started = time.monotonic() if started is None else started
    control = options.control(started, watch)
    chosen = solution.chosen
    new = list(dict.fromkeys(chosen.loc[chosen["status"] == "new", "building_id"].astype(str)))
    worth = weight_served(instance, solution)
    new.sort(key=lambda building_id: (-worth.get(building_id, 0.0), building_id))
    questions = [SiteQuestion(building_id=building_id, asked="closed") for building_id in new]
    found = _answered(_desk(instance, solution, options, control, len(new)), questions, control)
    prices = [price for price in found if price is not None]
    done = {price.building_id for price in prices}
    committed = chosen.loc[chosen["status"] == "committed", "building_id"].astype(str)
    return SitePrices(
        prices=tuple(sorted(prices, key=_order)),
        not_reached=tuple(b for b in new if b not in done),
        committed=tuple(dict.fromkeys(committed)),
        seconds=time.monotonic() - started,
    )


def price_questions(
    instance: Instance,
    solution: Solution,
    questions: Sequence[SiteQuestion],
    options: Options | None = None,
    *,
    model: Model | None = None,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> tuple[SitePrice | None, ...]:
    """Answer questions about buildings within one time limit, in their order.

    Plans without a building that are found at once limit its price from above. Then each gets at
    least `NARROWING_S`, widest first, so that the last may not be reached; None for
    those that neither reached. Of the plans that serve as much, the cheapest that was found
    answers (unless `Options.least_money` is off).

    Parameters
    ----------
    instance
        With its scenario applied; what the plan was made from.
    model
        What the plan was made with, where it is at hand.

    Raises
    ------
    ValueError
        When the solution has no plan.
    """
    options = options or Options()
    control = options.control(time.monotonic() if started is None else started, watch)
    desk = _desk(instance, solution, options, control, len(questions), model=model)
    desk.least_money = options.least_money
    return tuple(_answered(desk, questions, control))


_STAGES: dict[Asked, str] = {
    "closed": "without",
    "open": "with",
    "admitted": "admitting",
}


def _answered(
    desk: _Desk, questions: Sequence[SiteQuestion], control: Control
) -> list[SitePrice | None]:
    """Return the answers to questions, as far as the time goes; Ctrl-C keeps what is done.

    First every building has a price by the plan without it that is found at once, then those of
    which least is known are searched for.
    """
    prices: list[SitePrice | None] = []
    try:
        prices.extend(desk.at_once(questions, control))
        prices += [None] * (len(questions) - len(prices))
        order = sorted(range(len(questions)), key=lambda at: _known(prices[at]))
        for done, (at, limited) in enumerate(shared_out(order, control, least_s=NARROWING_S)):
            question = questions[at]
            stage = f"{_STAGES[question.asked]} {question.building_id}"
            stage += f", {done + 1} of {len(questions)}"
            log.info("%s ...", stage)
            found = desk.price(question, limited, stage)
            if prices[at] is None or found.price is not None:
                prices[at] = found
    except KeyboardInterrupt:
        control.cancelled.set()
    return prices + [None] * (len(questions) - len(prices))


def _known(price: SitePrice | None) -> tuple[bool, float]:
    """Return a key that puts prices first of which least is known."""
    if price is None or price.price is None or price.price.high is None:
        return False, 0.0
    return True, -price.price.high


@dataclass(kw_only=True, eq=False)
class _Desk:
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


def _desk(
    instance: Instance,
    solution: Solution,
    options: Options,
    control: Control,
    trials: int,
    *,
    model: Model | None = None,
) -> _Desk:
    best_of(solution)  # refuses a solution without a plan before the work
    if model is None:
        problem = pose(instance, *reach_of_town(instance, options), options)
    else:
        problem = problem_of(model, options)
    share = control.within(control.remaining() / (trials + 1))
    return _Desk(
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


def _order(priced: SitePrice) -> tuple[bool, tuple[float, float], str]:
    price = priced.price
    return price is None, price.order if price else (0.0, 0.0), priced.building_id
