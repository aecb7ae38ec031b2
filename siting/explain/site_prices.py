"""What a site brings, what would stand in for it, and what forcing one open would cost."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from siting.errors import Finding, InstanceError, nearest
from siting.explain.gains import gains_of, reach_of_town, weight_served
from siting.explain.intervals import Interval, best_of, price_between
from siting.explain.trials import (
    LEAST_TRIAL_S,
    Compared,
    Problem,
    Site,
    Trial,
    compared_plan,
    opened_anew,
    pose,
    problem_of,
    served_more,
    shared_out,
    sites_of,
    start_from,
    try_plan,
)
from siting.instance.instance import Instance
from siting.model.build import Model
from siting.model.program import Row
from siting.plan import Options
from siting.solution import Solution, Termination
from siting.solvers.control import Control, Progress

log = logging.getLogger(__name__)

Asked = Literal["closed", "open"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SitePrice:
    """What a building means to a plan.

    Attributes
    ----------
    asked
        ``closed``: the plan uses the building, and a plan without it was sought; ``open``: the
        plan does not, and a plan that must use it was sought.
    price
        How much less the best plan then serves; None where there is no such plan (`termination`
        ``infeasible``) or none was found in time.
    gains
        Who is served by the site: ``service_id, zone_id, served, people_new``; empty where the
        plan does not use it.
    comes, goes
        Sites of the other plan that this one has not, and the reverse, the building itself
        included.
    served, cost
        Other plan less this one: units by service, capital.
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
        Chosen buildings that the time did not suffice for.
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
    return desk.price(building_id, control, f"other plan for {building_id}")


def price_sites(
    instance: Instance,
    solution: Solution,
    options: Options | None = None,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> SitePrices:
    """Return what every building that a plan opens means to it, within one time limit.

    Those that serve the most weighted need come first; each gets at least `LEAST_TRIAL_S` of the
    time, so that the last may not be reached. Committed buildings are left out.

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
    desk = _desk(instance, solution, options, control, len(new))
    prices: list[SitePrice] = []
    try:
        for building_id, limited in shared_out(new, control, least_s=LEAST_TRIAL_S):
            stage = f"without {building_id}, {len(prices) + 1} of {len(new)}"
            log.info("%s ...", stage)
            prices.append(desk.price(building_id, limited, stage))
    except KeyboardInterrupt:
        control.cancelled.set()
    done = {price.building_id for price in prices}
    committed = chosen.loc[chosen["status"] == "committed", "building_id"].astype(str)
    return SitePrices(
        prices=tuple(sorted(prices, key=_order)),
        not_reached=tuple(b for b in new if b not in done),
        committed=tuple(dict.fromkeys(committed)),
        seconds=time.monotonic() - started,
    )


@dataclass(kw_only=True, eq=False)
class _Desk:
    """A plan with its problem, ready for questions about its sites.

    Attributes
    ----------
    like
        The problem of the last question, from which the next one starts.
    """

    solution: Solution
    problem: Problem
    options: Options
    compared: Compared
    like: Problem

    @property
    def instance(self) -> Instance:
        return self.problem.model.instance

    def price(self, building_id: str, control: Control, stage: str) -> SitePrice:
        """Return what a building means to the plan."""
        chosen = self.solution.chosen
        used = building_id in set(chosen["building_id"])
        here = self.problem.model.decisions.conversions["building_id"].eq(building_id)
        if used:
            trial = self._try(_closed(self.problem.model, here.to_numpy(bool)), control, stage)
            return self._priced(building_id, "closed", trial)
        new = here.to_numpy(bool) & self.problem.model.decisions.is_new
        if new.any():
            trial = self._try(_opened(self.problem.model, building_id, new), control, stage)
            return self._priced(building_id, "open", trial)
        listed = self.problem.model.listed
        own = listed[listed["building_id"].eq(building_id) & listed["reason"].ne("")]
        return SitePrice(
            building_id=building_id,
            asked="open",
            price=None,
            termination=Termination.INFEASIBLE,
            gains=gains_of(self.instance, self.solution, self.problem.model, building_id),
            kept_out=own[["service_id", "module_id", "reason", "field"]].reset_index(drop=True),
        )

    def _try(self, model: Model, control: Control, stage: str) -> Trial:
        problem = problem_of(model, self.options, like=self.like)
        start = start_from(problem, self.compared.chosen, control)
        self.like = problem
        return try_plan(problem, self.options, start=start, control=control, stage=stage)

    def _priced(self, building_id: str, asked: Asked, trial: Trial) -> SitePrice:
        gains = gains_of(self.instance, self.solution, self.problem.model, building_id)
        if trial.best is None or trial.cost is None:
            return SitePrice(
                building_id=building_id,
                asked=asked,
                price=None,
                termination=trial.termination,
                gains=gains,
            )
        before, after = sites_of(self.compared.chosen), sites_of(trial.chosen)
        services = list(self.instance.services["service_id"])
        decimals = self.instance.settings.money.decimals
        return SitePrice(
            building_id=building_id,
            asked=asked,
            price=price_between(self.compared.best, trial.best),
            termination=trial.termination,
            gains=gains,
            comes=opened_anew(after - before),
            goes=opened_anew(before - after),
            served=served_more(services, trial.served, self.compared.served),
            cost=round(trial.cost - self.compared.cost, decimals),
        )


def _desk(
    instance: Instance, solution: Solution, options: Options, control: Control, trials: int
) -> _Desk:
    best_of(solution)  # refuses a solution without a plan before the work
    reach, near = reach_of_town(instance, options)
    problem = pose(instance, reach, near, options)
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
