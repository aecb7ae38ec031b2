"""What more money would buy: the next sites, and how much more they serve."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from siting.errors import Finding, InstanceError
from siting.explain.differences import Site, opened_anew, served_more, sites_of
from siting.explain.gains import reach_of_town
from siting.explain.intervals import Interval, price_between
from siting.explain.trials import (
    Problem,
    Trial,
    compared_plan,
    gives_up,
    pose,
    shared_out,
    solution_as_is,
    start_from,
    try_plan,
)
from siting.instance.instance import Instance
from siting.instance.scenario import apply
from siting.instance.settings import Scenario
from siting.plan import Options
from siting.solution import Solution, Termination
from siting.solvers.control import Progress

log = logging.getLogger(__name__)

STEPS = (0.01, 0.02, 0.05)
"""How much more money is tried, as shares of the budget."""


@dataclass(frozen=True, kw_only=True)
class MoneyStep:
    """What a larger budget buys.

    Attributes
    ----------
    more
        Share of the budget that is added.
    gain
        How much more the best plan serves; None where none was found in time.
    comes, goes
        Sites of the new plan that the old has not, and the reverse.
    served, cost
        New plan less old: units by service, capital.
    """

    more: float
    budget: float
    gain: Interval | None
    termination: Termination
    comes: tuple[Site, ...] = ()
    goes: tuple[Site, ...] = ()
    served: dict[str, float] = field(default_factory=dict)
    cost: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class NextSites:
    """What more money would buy.

    Attributes
    ----------
    budget
        Of the plan that the steps are compared with.
    not_reached
        Steps that the time did not suffice for.
    """

    budget: float
    steps: tuple[MoneyStep, ...]
    not_reached: tuple[float, ...] = ()
    seconds: float = 0.0


def next_sites(
    instance: Instance,
    solution: Solution,
    options: Options | None = None,
    *,
    steps: Sequence[float] = STEPS,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> NextSites:
    """Plan again with somewhat more money, tier 1 alone, each from the plan before it.

    Only the total grows, and the yearly budgets with it; agencies, zones and funds keep theirs.

    Parameters
    ----------
    instance
        With its scenario applied; what the plan was made from.
    steps
        Shares of the budget to add, ascending.

    Raises
    ------
    InstanceError
        When there is no total budget that could grow.
    ValueError
        When the solution has no plan.
    """
    options = options or Options()
    started = time.monotonic() if started is None else started
    compared = solution_as_is(instance, solution)
    budget = budget_of(instance)
    control = options.control(started, watch)
    reach, near = reach_of_town(instance, options)
    problem: Problem | None = None
    if gives_up(instance):
        share = control.within(control.remaining() / (len(steps) + 1))
        problem = pose(instance, reach, near, options)
        compared = compared_plan(problem, solution, options, share)
    before, start = sites_of(compared.chosen), compared.chosen
    services = list(instance.services["service_id"])
    decimals = instance.settings.money.decimals

    def told(more: float, amount: float, trial: Trial) -> MoneyStep:
        if trial.best is None or trial.cost is None:
            return MoneyStep(more=more, budget=amount, gain=None, termination=trial.termination)
        after = sites_of(trial.chosen)
        return MoneyStep(
            more=more,
            budget=amount,
            gain=price_between(trial.best, compared.best),
            termination=trial.termination,
            comes=opened_anew(after - before),
            goes=opened_anew(before - after),
            served=served_more(services, trial.served, compared.served),
            cost=round(trial.cost - compared.cost, decimals),
        )

    done: list[MoneyStep] = []
    try:
        for more, limited in shared_out(sorted(steps), control):
            amount = round(budget * (1 + more), decimals)
            log.info("with %g %% more money ...", 100 * more)
            richer = apply(instance, Scenario(budget=amount), name=instance.scenario)
            problem = pose(richer, reach, near, options, like=problem)
            trial = try_plan(
                problem,
                options,
                start=start_from(problem, start, limited),
                control=limited,
                stage=f"budget + {100 * more:g} %",
            )
            done.append(told(more, amount, trial))
            if trial.objective is not None:
                start = trial.chosen
    except KeyboardInterrupt:
        control.cancelled.set()
    return NextSites(
        budget=budget,
        steps=tuple(done),
        not_reached=tuple(sorted(steps)[len(done) :]),
        seconds=time.monotonic() - started,
    )


def budget_of(instance: Instance) -> float:
    """Return the total budget that limits a plan.

    Raises
    ------
    InstanceError
        When there is none.
    """
    total = instance.settings.budget.total
    if total is not None and instance.rule_on("budget"):
        return float(total)
    finding = Finding(
        place="instance.toml",
        column="budget.total",
        rule="no total budget limits this plan, so that more money buys nothing",
        remedy="give budget.total, or plan with --budget",
    )
    raise InstanceError("explain budget", [finding])
