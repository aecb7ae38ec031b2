"""Plans near a relaxation: sought before a proof, or beside it in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from siting.model.build import Model
from siting.model.program import YES
from siting.solution import PROVEN_GAP, relative_gap
from siting.solvers.control import Control, Progress
from siting.solvers.projection.incumbent import Incumbent
from siting.solvers.projection.relaxing import Relaxation
from siting.solvers.projection.writing_out import solve_written_out
from siting.solvers.search.local import search_openings
from siting.solvers.search.pinning import Pinning

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

SEARCH_SHARE = 0.25
"""Part of the time left that a search before the proof may use."""

SEARCH_S = (2.0, 8.0)
"""Seconds that it uses at most: at a wide gap, and for a proof."""

SEARCH_S_GAP = 0.008
"""Between the two: seconds times the gap that is asked for."""

SEARCH_S_EACH = 1e-3
"""Seconds for every decision that it uses where that is more: one plan takes a part of that."""

SEARCH_ROUNDS = 10
"""Rounds of a search for every decision, at most."""

PINNED_SHARE = 0.6
"""Part of the time left that a search before the proof may use where it goes from plan to plan."""

FIRST_SHARE = 0.7
"""Part of that for a plan of what the relaxation uses, before one near it is sought."""

UNUSED = 1e-6
"""Up to so much of a decision is none."""

FIRST_GAP = 0.01
"""Gap at which it is good enough: the search goes on from there."""

FAR = 0.1
"""Gap above which it is no good: a search from one that keeps all rules is better off."""

PINNED_PASSES = 3
"""Times that such a search begins anew at the best plan, before a proof."""


PAUSE_S = 0.01
"""Between two searches beside a proof, which may have nothing to do."""


class Guide:
    """A relaxation that plans are sought near, made when it is first asked for."""

    def __init__(self, relax: Callable[[Control], Relaxation | None]) -> None:
        self._relax = relax
        self._asked = False
        self.known: Relaxation | None = None

    def relaxed(self, control: Control) -> Relaxation | None:
        """Return it, None where there was no time for it."""
        if not self._asked:
            self._asked = True
            self.known = self._relax(control)
        return self.known

    @property
    def bound(self) -> float | None:
        """What it proves, None where it is not known."""
        return None if self.known is None else self.known.value


class Seeker(Protocol):
    """Looks for plans and tells them to an incumbent."""

    def alone(self, control: Control) -> None:
        """Search before a proof that nothing is sought beside."""

    def ahead(self, seconds: float, control: Control) -> None:
        """Search for what a proof needs to begin with."""

    def beside(self, number: int, control: Control) -> None:
        """Search once more, in another way for each number."""

    @property
    def agrees(self) -> bool:
        """Whether the best plan is within the gap of what a proof has come to."""


@contextmanager
def sought_beside(seeker: Seeker, control: Control) -> Iterator[threading.Event]:
    """Seek plans in another thread until the block ends; it waits for that thread.

    What is yielded is set as soon as no better plan is needed.
    """
    over = replace(control, cancelled=threading.Event(), watch=None)
    agreed = threading.Event()
    failed: list[BaseException] = []

    def seek() -> None:
        try:
            for number in count():
                if over.cancelled.wait(PAUSE_S) or over.remaining() <= 0:
                    return
                seeker.beside(number, over)
                if seeker.agrees:
                    agreed.set()
                    return
        except BaseException as error:  # noqa: BLE001  raised again below
            failed.append(error)
            agreed.set()

    thread = threading.Thread(target=seek, daemon=True)
    thread.start()
    try:
        yield agreed
    finally:
        over.cancelled.set()
        thread.join()
    if failed:
        raise failed[0]


def near(value: float | None, bound: float | None, gap: float) -> bool:
    """Whether a value is known to be within a gap of a bound, or proven to be best."""
    left = relative_gap(value, bound)
    return left is not None and left <= max(gap, PROVEN_GAP)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seeking:
    """What both seekers know.

    Attributes
    ----------
    model
        As it is solved.
    gap
        That is asked for.
    """

    model: Model
    best: Incumbent
    guide: Guide
    gap: float

    @property
    def agrees(self) -> bool:
        """Whether the best plan is within the gap of what a proof has come to."""
        return near(self.best.value, self.best.proven, self.gap)


@dataclass(frozen=True, kw_only=True, eq=False)
class Openings(_Seeking):
    """Seeks plans of a model in which openings alone settle the score.

    Attributes
    ----------
    whole
        The model before anything was projected.
    """

    whole: Model

    def alone(self, control: Control) -> None:
        """Search as long as the gap asks for."""
        seconds = float(np.clip(SEARCH_S_GAP / max(self.gap, PROVEN_GAP), *SEARCH_S))
        self._search(0, min(self._least(seconds), SEARCH_SHARE * control.remaining()), control)

    def ahead(self, seconds: float, control: Control) -> None:
        """Search for a moment."""
        self._search(0, min(self._least(seconds), SEARCH_SHARE * control.remaining()), control)

    def beside(self, number: int, control: Control) -> None:
        """Search from the best plan and from new ones in turn."""
        anew = number % 2 == 1
        self._search(number + 1, self._least(SEARCH_S[1]), control, anew=anew)

    def _least(self, seconds: float) -> float:
        return max(seconds, SEARCH_S_EACH * self.model.decisions.count)

    def _search(self, seed: int, seconds: float, control: Control, *, anew: bool = False) -> None:
        decided = self.model.decisions.count
        began = time.monotonic()
        relaxed = self.guide.relaxed(control)
        bound = self.guide.bound

        def found(_opened: NDArray[np.bool_], value: float) -> None:
            if near(value, self.best.proven, self.gap):
                control.cancelled.set()  # that of the search beside a proof, which can end
            if control.watch is not None:
                passed = time.monotonic() - began
                control.watch(
                    Progress(stage="served", incumbent=value, bound=bound, seconds=passed)
                )

        at = None if anew else self.best.point
        opened = search_openings(
            replace(self.whole, program=self.model.program),
            start=None if at is None else at[: len(self.model.decisions.conversions)] > YES,
            guide=None if relaxed is None else relaxed.point[:decided],
            control=control.within(seconds),
            rng=np.random.default_rng(seed),
            found=found,
            rounds=SEARCH_ROUNDS * decided,
            enough=np.inf if bound is None else bound / (1 + self.gap),
        )
        if opened is not None:
            self.best.settle_openings(self.model.decisions.points(opened), control)
        log.info("search: %s", _told(self.best))


@dataclass(frozen=True, kw_only=True, eq=False)
class Pinned(_Seeking):
    """Seeks plans where openings alone do not settle the score, by those near a plan."""

    pinning: Pinning

    def alone(self, control: Control) -> None:
        """Search for a first plan, and from plan to plan a few times."""
        limited = control.within(PINNED_SHARE * control.remaining())
        self._begin(limited)
        for number in range(PINNED_PASSES):
            if near(self.best.value, self.guide.bound, self.gap):
                break
            self._search_near(number, limited.remaining() / (PINNED_PASSES - number), control)
        log.info("search: %s", _told(self.best))

    def ahead(self, seconds: float, control: Control) -> None:
        """Do nothing: a first plan takes as long as the proof."""

    def beside(self, number: int, control: Control) -> None:
        """Search for a first plan, then near the best."""
        if number == 0:
            self._begin(control)
        self._search_near(number, control.remaining() / PINNED_PASSES, control)
        log.info("search: %s", _told(self.best))

    def _begin(self, control: Control) -> None:
        """Take in a plan that uses what a relaxation uses, or else is near it."""
        guide = self._wanted(control)
        if self.best.value is not None or guide is None:
            return
        outcome = solve_written_out(
            self.model,
            self.best.program,
            self.best.objective,
            upper=np.where(guide > UNUSED, 1.0, 0.0),
            gap=FIRST_GAP,
            control=control.within(FIRST_SHARE * control.remaining()),
        )
        value = None if outcome.point is None else self.best.objective.value(outcome.point)
        log.info("a plan of what the relaxation uses: %s", value)
        left = None if value is None else relative_gap(value, outcome.bound)
        first = None if outcome.point is None else np.rint(outcome.point[: len(guide)])
        if first is None or left is None or left > FAR:
            first = self.pinning.plan_near(guide, control)
        if first is not None:
            self.best.settle_openings(first, control)

    def _search_near(self, seed: int, seconds: float, control: Control) -> None:
        """Search among the plans that keep the rules as the best plan does."""
        before, point, guide = self.best.value, self.best.point, self._wanted(control)
        if before is None or point is None or guide is None:
            return
        log.info("search near a plan of %.6f", before)
        decided = self.model.decisions.count
        limited = control.within(seconds)
        at = self.pinning.around(point[:decided], limited)
        if at is None or limited.remaining() <= 0:
            return
        opened = search_openings(
            at,
            start=point[: len(self.model.decisions.conversions)] > YES,
            guide=guide,
            control=limited,
            rng=np.random.default_rng(seed),
            rounds=SEARCH_ROUNDS * decided,
        )
        if opened is None:
            return
        better = self.model.decisions.points(opened)
        self.best.settle_openings(better, control)
        if self.best.value == before:
            log.info("the plan found breaks rules: the nearest that keeps them")
            near = self.pinning.plan_near(better, control)
            if near is not None:
                self.best.settle_openings(near, control)

    def _wanted(self, control: Control) -> Floats | None:
        relaxed = self.guide.relaxed(control)
        if relaxed is None:
            return None
        return np.clip(relaxed.point[: self.model.decisions.count], 0.0, 1.0)


def _told(best: Incumbent) -> str:
    return "no plan" if best.value is None else f"{best.value:.6f}"
