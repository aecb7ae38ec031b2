"""Plans that serve nearly as much as the best with other sites, so that reviewers have choices."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance
from siting.model.program import Extra, Objective, Row
from siting.planner import Options
from siting.scenarios.other_plans.alternatives import TRIM_SHARE
from siting.scenarios.other_plans.dropping import Dropping
from siting.scenarios.other_plans.one_model import OneModel, model_once, served_at_least
from siting.solution import Solution
from siting.solvers.control import Control, Progress
from siting.solvers.engines import Posed
from siting.solvers.evaluation import Evaluation
from siting.solvers.tiers import FLOOR_TOLERANCE
from siting.travel.times import Travel
from siting.verification import Verification

log = logging.getLogger(__name__)

SEEK_SHARE = 0.5
"""Part of a plan's time that the search for the most different one may use."""

WHOLE = 1e-6
"""Rounding of a bound on a number of sites."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DiversePlan:
    """A plan with other sites than those before it.

    Attributes
    ----------
    number
        Place in the list; 1 is the plan that serves most.
    sites
        Building and service of all that opens anew.
    objective
        Need served, tier 1, recomputed.
    does_without
        The least number of sites of an earlier plan that this one does without; 0 for the first.
    at_most
        What that number can be for no plan that serves enough; None where nothing is proven.
    differing
        By earlier plan the number of sites that only one of the two opens.
    """

    number: int
    sites: tuple[tuple[str, str], ...]
    objective: float
    does_without: int
    at_most: int | None
    differing: tuple[int, ...]
    instance: Instance
    solution: Solution
    verification: Verification

    @property
    def proven(self) -> bool:
        """Whether no plan that serves enough is more different."""
        return self.at_most is not None and self.does_without >= self.at_most


@dataclass(frozen=True, kw_only=True, eq=False)
class DiversePlans:
    """Plans that serve nearly as much as the best.

    Attributes
    ----------
    floor
        What each of them serves at least.
    bound
        What no plan of the town serves more than.
    complete
        Whether it is proven that every other plan that serves enough opens all sites of one of
        these.
    """

    plans: tuple[DiversePlan, ...]
    within_percent: float
    floor: float
    bound: float | None
    complete: bool
    travel: Travel
    seconds: float


def find_diverse(
    town: Instance,
    options: Options,
    count: int,
    within_percent: float,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> DiversePlans:
    """Return plans that serve nearly as much as the best and share few sites with one another.

    The first is the best plan. Each further one does without as many sites of every earlier plan
    as it can, serving at least the floor; among such plans it is the one that serves most. Sites
    that a plan has beside do not count, since they could be opened for nothing.

    Parameters
    ----------
    town
        With its scenario applied.
    options
        Of every search; the time limit is for all of them together.
    count
        How many plans are wanted.
    within_percent
        How much less than the best plan found a plan may serve.

    Raises
    ------
    EngineError, InstanceError
        See `siting.scenarios.other_plans.one_model.model_once`; also when `within_percent` is
        not 0 to 100.

    References
    ----------
    E. D. Brill, S.-Y. Chang, L. D. Hopkins (1982), Management Science 28(3):221-235,
    doi:10.1287/mnsc.28.3.221
    """
    if not 0 <= within_percent <= 100:  # noqa: PLR2004  percent
        finding = Finding(place="--within", value=f"{within_percent}", rule="must be 0 to 100")
        raise InstanceError("diverse plans", [finding])
    started = time.monotonic() if started is None else started
    common = model_once(town, options)
    control = options.control(started, watch)
    dropping = Dropping(common)
    first = common.search(common.posed, None, control.within(control.remaining() / max(count, 1)))
    found: list[Evaluation] = []
    most: list[int | None] = []
    floor, complete = 0.0, first.infeasible
    bound = first.tiers[0].bound if first.found is not None else None
    if first.found is not None:
        found.append(
            dropping.trim(first.found, control.within(TRIM_SHARE * control.remaining())).plan
        )
        most.append(0)
        floor = found[0].values[0] * (1 - within_percent / 100)
    while found and len(found) < count:
        left = control.within(control.remaining() / (count - len(found)))
        plan, at_most = _different(common, found, floor, left)
        if plan is not None:
            plan = dropping.trim(plan, left).plan
        if plan is None or _does_without(common, plan, found) == 0:
            complete = at_most == 0
            break
        found.append(plan)
        most.append(at_most)
        log.info("%d of %d diverse plans", len(found), count)
    plans = []
    for at, (plan, at_most) in enumerate(zip(found, most, strict=True)):
        instance, solution, verification = common.recorded(
            plan, bound, f"diverse={at + 1}", {"diverse": at + 1, "within_percent": within_percent}
        )
        mine = common.sites.of(plan.opened)
        plans.append(
            DiversePlan(
                number=at + 1,
                sites=common.sites.names(mine),
                objective=plan.values[0],
                does_without=_does_without(common, plan, found[:at]),
                at_most=at_most,
                differing=tuple(len(mine ^ common.sites.of(p.opened)) for p in found[:at]),
                instance=instance,
                solution=replace(solution, seconds=time.monotonic() - started),
                verification=verification,
            )
        )
    return DiversePlans(
        plans=tuple(plans),
        within_percent=within_percent,
        floor=floor,
        bound=bound,
        complete=complete,
        travel=common.travel,
        seconds=time.monotonic() - started,
    )


def _does_without(common: OneModel, plan: Evaluation, earlier: list[Evaluation]) -> int:
    """Return the least number of sites of an earlier plan that a plan does without."""
    mine = common.sites.of(plan.opened)
    return min((len(common.sites.of(p.opened) - mine) for p in earlier), default=0)


def _different(
    common: OneModel, found: list[Evaluation], floor: float, control: Control
) -> tuple[Evaluation | None, int | None]:
    """Return the most different plan that serves enough, and how different one can be at most."""
    largest = max(len(common.sites.of(plan.opened)) for plan in found)
    difference = Extra(name="difference", upper=float(largest))
    rows = [
        row
        for number, plan in enumerate(found, 1)
        for row in common.sites.differing(plan.opened, difference, number)
    ]
    if not largest:
        return None, 0
    posed = _held(common.posed_with(rows), floor)
    column = posed.program.extras[difference]
    aim = np.zeros(len(posed.program.column_names))
    aim[column] = 1.0
    start = found[-1].opened
    outcome = common.optimise(
        posed,
        posed.program,
        Objective(name="difference", coefficients=aim, maximise=True),
        start=start,
        # Nearer than one site is near enough.
        gap=(1.0 - WHOLE) / largest,
        control=control.within(SEEK_SHARE * control.remaining()),
    )
    at_most = largest if outcome.bound is None else int(np.floor(outcome.bound + WHOLE))
    opened = common.openings(outcome)
    if outcome.status == "infeasible" or opened is None:
        return None, 0 if outcome.status == "infeasible" else at_most
    plan = common.evaluated(opened)
    reached = _does_without(common, plan, found)
    if reached == 0 or plan.values[0] < floor - FLOOR_TOLERANCE:
        return None, at_most
    held = replace(posed, program=posed.program.with_rows([_as_different(column, reached)]))
    return _improved(common, held, plan, control), max(at_most, reached)


def _as_different(column: int, reached: int) -> Row:
    """Return the row that keeps a plan as different as one that was found."""
    return Row(
        name="tier[difference]",
        columns=np.array([column]),
        coefficients=np.ones(1),
        lower=float(reached),
    )


def _improved(common: OneModel, held: Posed, plan: Evaluation, control: Control) -> Evaluation:
    """Return the plan that serves most, then costs least, under the rows that a plan keeps."""
    better = common.search(held, plan.opened, control).found
    return plan if better is None or better.values[0] < plan.values[0] else better


def _held(posed: Posed, floor: float) -> Posed:
    """Return a program whose plans serve at least so much."""
    row = served_at_least(posed.program, floor)
    return replace(posed, program=posed.program.with_rows([replace(row, name="tier[floor]")]))
