"""The best plans of a town one after another, so that reviewers have choices."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from siting.instance.instance import Instance
from siting.model.program import Extra, Row
from siting.planner import Options
from siting.scenarios.other_plans.dropping import Dropping, Trimmed
from siting.scenarios.other_plans.one_model import OneModel, exceeds, model_once
from siting.scenarios.other_plans.sites import PairSet
from siting.solution import Solution
from siting.solvers.control import Control, Progress
from siting.solvers.engines import Posed
from siting.solvers.evaluation import Evaluation, Openings
from siting.solvers.tiers import FLOOR_TOLERANCE
from siting.travel.times import Travel
from siting.verification import Verification

log = logging.getLogger(__name__)

TRIM_SHARE = 0.1
"""Part of the time left that the proof may use that nothing can be dropped from a plan."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Alternative:
    """One of the best plans.

    Attributes
    ----------
    number
        Place in the list, 1 for the plan that serves most of those found.
    sites
        Building and service of all that opens anew: what tells plans apart.
    objective
        Need served, tier 1, recomputed.
    bound
        What no plan with these sites, and none that was not found before it, serves more than;
        None where nothing is proven.
    best_rank, worst_rank
        Between which ranks it certainly lies among all plans from which nothing can be dropped,
        1 for the best, equal ones sharing a rank; `worst_rank` is None where plans that were not
        found may be better, however many.
    nothing_to_drop
        Whether it is proven that no part of the plan keeps all rules and serves as much.
    """

    number: int
    sites: tuple[tuple[str, str], ...]
    objective: float
    bound: float | None
    best_rank: int
    worst_rank: int | None
    nothing_to_drop: bool
    instance: Instance
    solution: Solution
    verification: Verification


@dataclass(frozen=True, kw_only=True, eq=False)
class Alternatives:
    """The best plans of a town.

    Attributes
    ----------
    plans
        Those that serve more first.
    bound
        What no plan of the town beats.
    bound_of_others
        What no plan beats that is not among `plans`; None where nothing is proven.
    complete
        Whether it is proven that there are no others.
    """

    plans: tuple[Alternative, ...]
    bound: float | None
    bound_of_others: float | None
    complete: bool
    travel: Travel
    seconds: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """A plan from which nothing can be dropped, with the bound of the round that found it."""

    plan: Evaluation
    pairs: PairSet
    bound: float | None
    proven: bool

    @property
    def value(self) -> float:
        """Need served."""
        return self.plan.values[0]


def find_alternatives(
    town: Instance,
    options: Options,
    count: int,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> Alternatives:
    """Return the plans that serve most, from which nothing can be dropped without loss.

    Round by round the best plan is sought that opens other sites than those found before. A plan
    that only adds what serves nobody is put right by rows of its own and takes no place.

    Parameters
    ----------
    town
        With its scenario applied.
    options
        Of every search; the time limit is for all of them together.
    count
        How many plans are wanted.

    Raises
    ------
    EngineError, InstanceError
        See `siting.scenarios.other_plans.one_model.model_once`.

    References
    ----------
    E. L. Lawler (1972), Management Science 18(7):401-405, doi:10.1287/mnsc.18.7.401
    """
    started = time.monotonic() if started is None else started
    common = model_once(town, options)
    search = _Rounds(common, options.control(started, watch))
    while len(search.found) < count and search.round(count - len(search.found)):
        log.info("%d of %d alternatives", len(search.found), count)
    bounds = [f.bound for f in search.found]
    ordered = sorted(search.found, key=lambda f: -f.value)
    ranks = [ranks_of(f, ordered, search.bound, complete=search.complete) for f in ordered]
    plans = []
    for number, (one, (best, worst)) in enumerate(zip(ordered, ranks, strict=True), 1):
        instance, solution, verification = common.recorded(
            one.plan, bounds[0], f"alternative={number}", {"alternative": number}
        )
        plans.append(
            Alternative(
                number=number,
                sites=common.sites.names(one.pairs),
                objective=one.value,
                bound=one.bound,
                best_rank=best,
                worst_rank=worst,
                nothing_to_drop=one.proven,
                instance=instance,
                solution=replace(solution, seconds=time.monotonic() - started),
                verification=verification,
            )
        )
    return Alternatives(
        plans=tuple(plans),
        bound=bounds[0] if bounds else None,
        bound_of_others=None if search.complete else search.bound,
        complete=search.complete,
        travel=common.travel,
        seconds=time.monotonic() - started,
    )


def ranks_of(
    one: Found, all_found: list[Found], others: float | None, *, complete: bool
) -> tuple[int, int | None]:
    """Return the best and the worst rank that a plan can have.

    A plan is certainly better where it serves more than the bound of the round of this one, and
    may be where the bound of its own round is above what this one serves.

    Parameters
    ----------
    others
        What no plan beats that was not found.
    complete
        Whether there are none.
    """
    rest = [other for other in all_found if other is not one]
    best = 1
    if one.bound is not None:
        best += sum(exceeds(other.value, one.bound) for other in rest)
    if not complete and (others is None or exceeds(others, one.value)):
        return best, None
    return best, 1 + sum(o.bound is None or exceeds(o.bound, one.value) for o in rest)


@dataclass(kw_only=True)
class _Excluded:
    """Rows that keep plans known, or not worth knowing, from coming back.

    Attributes
    ----------
    floors
        Columns with the need served that they promise where they are 1.
    """

    rows: list[Row] = field(default_factory=list)
    floors: list[tuple[Extra, float]] = field(default_factory=list)


class _Rounds:
    """The search, round by round.

    Attributes
    ----------
    bound
        What no plan beats that was not found, as far as proven.
    complete
        Whether there are no others.
    """

    def __init__(self, common: OneModel, control: Control) -> None:
        self.common = common
        self.control = control
        self.dropping = Dropping(common)
        self.excluded = _Excluded()
        self.found: list[Found] = []
        self.bound: float | None = None
        self.complete = False
        self.at: Openings | None = None
        self.rounds = 0

    def round(self, left: int) -> bool:
        """Search for one more plan; whether going on makes sense."""
        self.rounds += 1
        control = self.control.within(self.control.remaining() / left)
        result = self.common.search(self._posed(), self.at, control)
        self.complete = result.infeasible
        if result.found is None:
            return False
        proven = result.tiers[0].bound
        if proven is not None:
            self.bound = proven if self.bound is None else min(self.bound, proven)
        limited = self.control.within(TRIM_SHARE * self.control.remaining())
        trimmed = self.dropping.trim(result.found, limited)
        plan = trimmed.plan
        pairs = self.common.sites.of(plan.opened)
        self.at = plan.opened
        is_known = any(pairs == known.pairs for known in self.found)
        if not is_known:
            bound = None if self.bound is None else max(self.bound, plan.values[0])
            one = Found(plan=plan, pairs=pairs, bound=bound, proven=trimmed.proven)
            self.found.append(one)
        self.excluded.rows += self.common.sites.other_than(plan.opened, self.rounds)
        self._exclude_more(trimmed, is_known=is_known)
        return not self.complete

    def _exclude_more(self, trimmed: Trimmed, *, is_known: bool) -> None:
        """Exclude plans that add to one without serving more."""
        plan = trimmed.plan
        value = plan.values[0]
        idle = self.dropping.idle_rows(trimmed, self.rounds)
        self.excluded.rows += idle
        opened = np.flatnonzero(plan.opened & self.common.model.decisions.is_new)
        best = self.bound is not None and not exceeds(self.bound, value)
        if best and not len(opened):
            self.complete = True  # the best plan opens nothing: all others add to it
        elif best:
            self.excluded.rows.append(self._not_all(opened, ()))
        elif is_known and not idle:
            more = Extra(name=f"more than[{self.rounds}]")
            self.excluded.rows.append(self._not_all(opened, ((more, -1.0),)))
            self.excluded.floors.append((more, value + FLOOR_TOLERANCE))

    def _not_all(self, opened: np.ndarray, extra: tuple[tuple[Extra, float], ...]) -> Row:
        r"""Return the row by which not all of a plan's conversions open again.

        .. math:: \sum_{c \in plan} y_c \le |plan| - 1 + more

        Where the plan is the best that is left, whatever adds to it serves no more; else `more`
        is 1 only where more is served.
        """
        return self.common.model.decisions.row_of(
            f"adding[{self.rounds}]", opened, upper=len(opened) - 1.0, extra=extra
        )

    def _posed(self) -> Posed:
        if not self.excluded.rows:
            return self.common.posed
        posed = self.common.posed_with(self.excluded.rows)
        program = posed.program
        rows = [
            _promised(posed, program.extras[more], value, number)
            for number, (more, value) in enumerate(self.excluded.floors, 1)
        ]
        return replace(posed, program=program.with_rows(rows))


def _promised(posed: Posed, column: int, value: float, number: int) -> Row:
    """Return the row by which a column may be 1 only where more than a value is served."""
    tier = posed.program.tiers[0]
    columns = np.flatnonzero(tier.coefficients)
    return Row(
        name=f"tier[more,{number}]",
        columns=np.append(columns, column),
        coefficients=np.append(tier.coefficients[columns], -value * tier.scale),
        lower=0.0,
    )
