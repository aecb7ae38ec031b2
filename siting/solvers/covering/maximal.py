"""Maximal covering, proven: which sites within a budget cover the most weight."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from siting.solvers.control import Control, Outcome, Progress
from siting.solvers.covering.bound import Bound, Relaxation, bound_of, fixed_by, relaxed
from siting.solvers.covering.cover import Cover
from siting.solvers.covering.cuts import cut_relaxation, tightened
from siting.solvers.covering.grouped_bound import relaxed_in_groups
from siting.solvers.covering.grouped_proof import proved_in_groups
from siting.solvers.covering.merging import merged
from siting.solvers.covering.program import program_of, with_cuts
from siting.solvers.covering.reductions import Covering, reduced, restricted
from siting.solvers.covering.search import searched
from siting.solvers.race.racing import Job, race

__all__ = ["Cover", "CoverOutcome", "maximal_cover"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FEW = 200
"""Sites from which on cuts before the race, and an aim above the best, pay."""

_MANY_TO_RELAX = 20_000
"""Entries from which on the relaxation is found by cuts of groups of classes."""

_MANY_TO_PROVE = 1_000_000
"""Entries from which on cuts of single classes, and a race on all of them, take too long."""

_SITES_TO_GROUP = 6_000
"""Groups pay only where the entries are also more than the cube of the sites by this."""

_FIRST_HOPE = 0.35
"""Part of the way from the bound down to the best that the first race covers."""

_WIDE = 1e-3
"""Gap, relative, from which on choices are merged before they are proven."""

_MERGE_SHARE = 0.15
_MERGE_S = 20.0
"""Part of the time left that merging may use, and seconds at most."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class CoverOutcome:
    """What was found.

    Attributes
    ----------
    status
        ``done``: proven within the gap asked for; ``limit``: stopped by a limit; ``infeasible``:
        the sites that must open cost more than the budget.
    chosen
        Which sites open, those that must included; None without a choice.
    value
        Weight that they cover, recounted from the cover.
    bound
        What no choice can cover.
    """

    status: Literal["done", "limit", "infeasible"]
    chosen: Mask | None = None
    value: float | None = None
    bound: float | None = None


def maximal_cover(
    cover: Cover,
    *,
    site_cost: Floats,
    budget: float,
    required: Mask | None = None,
    forbidden: Mask | None = None,
    gap: float = 0.0,
    control: Control,
    start: Mask | None = None,
) -> CoverOutcome:
    """Choose sites within a budget that cover the most weight.

    Parameters
    ----------
    site_cost, budget
        Cost of each site, not negative, and what may be spent: all 1 and p for p sites.
    required, forbidden
        Sites that open and are paid for, and sites that do not; none unless given. Whatever else
        costs nothing opens as well, so that a site that exists is one of cost 0.
    gap
        Proof asked for, relative to the value; 0 for the optimum.
    start
        A choice to begin with, dropped if it is none.

    Notes
    -----
    The maximal covering location problem of R. Church and C. ReVelle, Papers of the Regional
    Science Association 32 (1974), doi:10.1007/BF01942293. In turn: `reduced`, the linear relaxation
    with its bound, tabu searches among the sites it favours, merged where they leave a gap, sites
    ruled in or out by their reduced cost, and what is left to a race of two solvers. Where the
    classes are many, relaxation and proof see them through cuts of groups (`relaxed_in_groups`,
    `proved_in_groups`).
    """
    began = time.monotonic()
    cost = np.where(
        np.zeros(cover.sites, bool) if forbidden is None else forbidden, np.inf, site_cost
    )
    must = cost == 0
    if required is not None:
        must |= required
    left = budget - float(site_cost[must].sum())
    if left < 0:
        return CoverOutcome(status="infeasible")
    covering = reduced(cover, cost, left, must)
    _LOG.info(
        "sites %d -> %d, classes %d -> %d, entries %d -> %d",
        cover.sites,
        covering.sites,
        cover.classes,
        covering.classes,
        len(cover.site),
        len(covering.of_class[1]),
    )
    search = _Search(cover, covering, must, gap=gap, control=control, began=began)
    if start is not None and float(site_cost[start | must].sum()) <= budget:
        search.offer(start[covering.site] if covering.sites else np.empty(0, bool), covering)
    return search.run()


def _step_of(cover: Cover) -> float:
    """Return the least by which two weights covered can differ, 0 where it is not known."""
    if cover.weight.dtype.kind == "f" or not len(cover.weight):
        return 0.0
    return float(max(1, np.gcd.reduce(cover.weight)))


def _many(covering: Covering, least: int) -> bool:
    return len(covering.of_class[1]) >= max(least, covering.sites**3 / _SITES_TO_GROUP)


def _relaxed(covering: Covering, control: Control) -> Relaxation | None:
    if not _many(covering, _MANY_TO_RELAX):
        return relaxed(covering, control.remaining())
    found = relaxed_in_groups(covering, control)
    return None if found is None else found.relaxation


class _Search:
    """The best choice and the best bound so far."""

    def __init__(
        self,
        cover: Cover,
        covering: Covering,
        must: Mask,
        *,
        gap: float,
        control: Control,
        began: float,
    ) -> None:
        self._cover, self._covering, self._must = cover, covering, must
        self._gap, self._control, self._began = gap, control, began
        self._step = _step_of(cover)
        self._chosen = must.copy()
        self._value = cover.covered(must)
        self._bound = float(cover.weight.sum())

    def offer(
        self, choice: Mask, covering: Covering, opened: NDArray[np.int64] | None = None
    ) -> None:
        """Take a choice (by position in a covering) if it is the best so far."""
        chosen = self._must.copy()
        chosen[covering.site[choice]] = True
        if opened is not None:
            chosen[opened] = True
        value = self._cover.covered(chosen)
        if value > self._value:
            self._chosen, self._value = chosen, value

    def run(self) -> CoverOutcome:
        """Search until proven or stopped."""
        covering = self._covering
        if not covering.sites or float(covering.cost.sum()) <= covering.budget:
            self.offer(np.ones(covering.sites, bool), covering)
            self._bound = self._value
            return self._outcome()
        relaxation = _relaxed(covering, self._control)
        if relaxation is None:
            self.offer(searched(covering, None, None, self._control), covering)
            return self._outcome()
        bound = self._lowered(bound_of(covering, relaxation.price))
        self.offer(searched(covering, relaxation, bound, self._control), covering)
        self._tell()
        if covering.sites > _FEW and self._bound - self._value > _WIDE * self._value:
            limited = self._control.within(_MERGE_SHARE * self._control.remaining())
            limited = limited.within(_MERGE_S)
            self.offer(merged(covering, relaxation, bound, limited), covering)
            self._tell()
        cuts_pay = covering.sites > _FEW and not _many(covering, _MANY_TO_PROVE)
        if cuts_pay and not self._over():
            tight = tightened(covering, relaxation, bound, self._value, self._control)
            bound = self._lowered(tight.bound)
            self.offer(searched(covering, tight.relaxation, bound, self._control), covering)
            self._tell()
        hope = _FIRST_HOPE if covering.sites > _FEW else 1.0
        while not self._over() and self._prove(covering, bound, hope) and hope < 1:
            hope = min(1.0, 2 * hope)
        return self._outcome()

    def _prove(self, covering: Covering, bound: Bound, hope: float) -> bool:
        """Race for whatever beats an aim between the best and the bound; see what that proves.

        Sites that no choice above the aim can do without, or with, are decided. If none is found
        above the aim, the aim is a bound. Returns whether the race came to its end.
        """
        aim = bound.value - hope * (bound.value - self._value)
        if self._step:  # so that what is above it is a step above it
            aim = self._step * math.floor(aim / self._step)
        aim = max(self._value, aim)
        zero, one = fixed_by(bound, aim, self._step)
        left, opened = restricted(covering, zero, one), covering.site[one]
        _LOG.info(
            "bound %.3f, best %.3f, aim %.3f: of %d sites %d are out and %d in",
            self._bound,
            self._value,
            aim,
            covering.sites,
            zero.sum(),
            one.sum(),
        )
        if not left.sites or left.budget < left.cost.min():
            if left.budget >= 0:
                self.offer(np.zeros(left.sites, bool), left, opened)
            self._lower(max(self._value, aim))
            return True

        def watch(progress: Progress) -> None:
            if progress.bound is not None:
                self._lower(max(self._value, aim, progress.bound + left.constant))
            self._tell()

        if _many(left, _MANY_TO_PROVE):
            outcome = self._proved(left, aim, watch)
        else:
            outcome = self._raced(left, watch)
        if outcome.point is not None:
            self.offer(outcome.point[: left.sites] > 0.5, left, opened)  # noqa: PLR2004
        if outcome.status == "infeasible":
            self._lower(max(self._value, aim))
        elif outcome.bound is not None:
            self._lower(max(self._value, aim, outcome.bound + left.constant))
        return outcome.status != "limit"

    def _proved(self, covering: Covering, aim: float, watch: Callable[[Progress], None]) -> Outcome:
        """Prove a covering of many classes in groups."""
        position = self._chosen[covering.site]
        payable = float(covering.cost[position].sum()) <= covering.budget
        return proved_in_groups(
            covering,
            start=position if payable else None,
            aim=aim,
            gap=self._gap,
            step=self._step,
            control=replace(self._control, watch=watch),
        )

    def _raced(self, covering: Covering, watch: Callable[[Progress], None]) -> Outcome:
        """Race two solvers on a covering with cuts."""
        program, objective = program_of(covering)
        cut = cut_relaxation(covering, self._value, self._control)
        if cut is not None and len(cut.triples):
            program = with_cuts(program, cut.triples[cut.cut_price > 0], covering)
        position = self._chosen[covering.site]
        start = None
        if float(covering.cost[position].sum()) <= covering.budget:
            reached = covering.matrix() @ position.astype(np.float64) > 0
            start = np.concatenate([position, reached]).astype(np.float64)
        job = Job(
            program=program,
            objective=objective,
            gap=self._gap,
            start=start,
            step=self._step,
            seconds=self._control.remaining(),
        )
        return race(job, replace(self._control, watch=watch))

    def _lowered(self, bound: Bound) -> Bound:
        self._lower(bound.value)
        self._tell()
        return bound

    def _over(self) -> bool:
        return self._proven() or self._stopped()

    def _lower(self, bound: float) -> None:
        if self._step:
            bound = self._step * math.floor(bound / self._step * (1 + 1e-12) + 1e-6)
        self._bound = min(self._bound, bound)

    def _proven(self) -> bool:
        return self._bound - self._value <= self._gap * abs(self._value)

    def _stopped(self) -> bool:
        return self._control.cancelled.is_set() or self._control.remaining() <= 0

    def _tell(self) -> None:
        if self._control.watch is not None:
            self._control.watch(
                Progress(
                    stage="covered",
                    incumbent=self._value,
                    bound=self._bound,
                    seconds=time.monotonic() - self._began,
                )
            )

    def _outcome(self) -> CoverOutcome:
        return CoverOutcome(
            status="done" if self._proven() else "limit",
            chosen=self._chosen,
            value=self._value,
            bound=max(self._bound, self._value),
        )
