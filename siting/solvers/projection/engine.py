"""Our own engine: a bound from cuts, a plan from search, a proof from what is left."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siting.certificate import Certificate
from siting.model.blocks import ServiceBlock
from siting.model.build import Model
from siting.model.program import Objective, Program, Row
from siting.solvers.certifying import certificate_of
from siting.solvers.control import Control, Outcome, nothing_to_decide, run_or_leave
from siting.solvers.duals import lp_multipliers
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection.hall import Separation
from siting.solvers.projection.incumbent import Incumbent
from siting.solvers.projection.master import Master, make_master
from siting.solvers.projection.relaxing import Relaxation, relax
from siting.solvers.projection.seeking import Guide, Openings, Pinned, Seeker, near, sought_beside
from siting.solvers.projection.writing_out import solve_written_out
from siting.solvers.search.local import can_search, openings_without
from siting.solvers.search.pinning import Pinning
from siting.solvers.search.warming import Warming

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

WRITE_OUT_WAYS = 60_000
"""Up to so many ways of need to places the proof is sought with the flow written out."""

TIED_WRITE_OUT_WAYS = 250_000
"""The same where rules tie some service: rounding cuts of their rows need the amounts."""


FIXING_ROOM = 1e-7
"""Room, relative, that fixing by reduced costs leaves to rounding."""

SETTLE_SHARE = 0.1
"""Part of the time left that valuing the plan to start from may use."""

RELAX_SHARE = 0.3
"""Part of the time left that the relaxation may use."""

AHEAD_S = 2.0
"""Seconds of a search before a proof that plans are sought beside."""

AHEAD_OF_ROUNDS_S = 4.0
"""The same where the proof goes in rounds, which learn from the plan that they begin with."""

BESIDE_WAYS = 3_000_000
"""Up to so many ways of need to places plans are sought beside the proof: both take memory."""

CERTIFIED_WAYS = 3_000_000
"""Up to so many ways of need to places a bound is certified, which writes them all out."""

WARMING_SHARE = 0.5
"""Part of the time left that a search which is still being compiled is waited for."""

LEAST_SEARCHED = 50
"""Conversions from which on plans are searched for: HiGHS has fewer done at once."""


class Projection:
    """An engine for the programs that `compact` makes of one model with projected blocks.

    Each tier begins with the linear relaxation under Hall cuts, whose bound is near the optimum
    and whose point guides a search among plans. What reduced costs do not settle then goes to
    HiGHS: with the flow written out where ways are few, else in rounds that add the cuts of every
    plan seen until the master values the best of them rightly. Cuts are kept from tier to tier.
    """

    def __init__(self, whole: Model, projected: Model) -> None:
        self.whole = whole
        self.model = projected
        self.cuts: tuple[Row, ...] = ()
        self.learnt: tuple[Row, ...] = ()
        self.first: tuple[Master, Objective, Relaxation] | None = None
        self.taught: Relaxation | None = None
        self.pinning: Pinning | None = None
        self.warming: Warming | None = None
        if len(whole.decisions.conversions) >= LEAST_SEARCHED and len(whole.value.names) == 1:
            self.warming = Warming()
            self.pinning = None if can_search(whole) else Pinning(whole)

    def __call__(
        self,
        program: Program,
        objective: Objective,
        *,
        gap: float,
        start: Floats | None,
        control: Control,
    ) -> Outcome:
        """Optimise one tier of a program."""
        if not program.column_names:
            return nothing_to_decide(program)
        decided = self.model.decisions.count
        master = make_master(self.model, program)
        seekers = tuple(Separation(at, written) for at, written in master.written.items())
        best = Incumbent(program, master, seekers, objective, decided)
        if start is not None:
            best.settle_openings(
                start[:decided], control.within(SETTLE_SHARE * control.remaining())
            )
        ways = sum(len(written.block.arc_need) for written in master.written.values())
        wide = ways > (WRITE_OUT_WAYS if self.pinning is None else TIED_WRITE_OUT_WAYS)
        seeks = objective.name == "served" and self._compiled(control)
        together = seeks and ways <= BESIDE_WAYS and control.threads > 1
        guide = Guide(lambda limited: self._relax(best, self.cuts, gap, limited))
        if wide or not (together and self.pinning):
            guide.relaxed(control)
        seeker = self._seeker(best, guide, gap) if seeks else None
        if seeker is not None and together:
            seeker.ahead(AHEAD_OF_ROUNDS_S if wide else AHEAD_S, control)
        elif seeker is not None:
            seeker.alone(control)
        if near(best.value, guide.bound, gap):
            return Outcome(status="done", point=best.point, bound=guide.bound)
        if guide.known is not None and best.value is not None:
            master = _fixed(master, guide.known, best, decided)
        prove = self._prove_in_rounds if wide else self._prove_written_out

        def proof() -> Outcome:
            return prove(master, best, gap, control)

        if seeker is None or not together:
            return _joined(proof(), best, guide.bound, gap)
        with sought_beside(seeker, control) as agreed:
            # HiGHS heeds nobody while it solves smaller programs of its own: it is left behind.
            done = run_or_leave(proof, replace(control, cancelled=agreed))
        outcome = done or Outcome(status="limit", bound=best.proven)
        return _joined(outcome, best, guide.bound, gap)

    def _relax(
        self, best: Incumbent, cuts: tuple[Row, ...], gap: float, control: Control
    ) -> Relaxation | None:
        """Return the relaxation of a tier; what it learns is kept for later ones."""
        limited = control.within(RELAX_SHARE * control.remaining())
        relaxed = relax(best.master, best.seekers, best.objective, cuts, limited, gap=gap)
        if relaxed is not None:
            self.cuts = relaxed.cuts
            self.learnt = self.learnt or relaxed.cuts
            aim = best.master.objective(best.objective)
            self.first = self.first or (best.master, aim, relaxed.after(self.taught))
        return relaxed

    def learn(self, other: Projection) -> None:
        """Begin with the cuts that the first tier of another model showed, if they hold here too.

        They do where need, ways and decisions are the same: a cut says nothing of money.
        """
        own, theirs = self.model, other.model
        if (
            own.program.column_names == theirs.program.column_names
            and len(own.blocks) == len(theirs.blocks)
            and all(map(ServiceBlock.same_as, own.blocks, theirs.blocks))
        ):
            self.cuts = other.learnt
            self.taught = None if other.first is None else other.first[2]

    def without(
        self, start: NDArray[np.bool_], left_out: Iterable[NDArray[np.bool_]], control: Control
    ) -> Iterator[NDArray[np.bool_] | None]:
        """Yield openings without each set of conversions, see `openings_without`."""
        at: Model | None = None
        if self._compiled(control):
            at = replace(self.whole, program=self.model.program)
            if self.pinning is not None:
                at = self.pinning.around(self.model.decisions.points(start), control)
        if at is not None:
            rng = np.random.default_rng(0)
            yield from openings_without(at, start, left_out, control=control, rng=rng)

    def certify(self, control: Control) -> Certificate | None:
        """Return what the first relaxation proves of the whole model, None where there is none."""
        ways = sum(len(block.arc_need) for block in self.whole.blocks)
        if self.first is None or ways > CERTIFIED_WAYS:
            return None
        master, aim, relaxed = self.first
        halls, roundings = relaxed.halls, relaxed.roundings
        names = list(master.program.row_names)
        cuts = [row for _, row in halls] + [rounding.row for _, rounding in roundings]
        program = master.program.with_rows(cuts)
        decided = self.model.decisions.count
        upper = np.append(self.whole.program.upper[:decided], program.upper[decided:])
        found = lp_multipliers(replace(program, upper=upper), aim, control)
        if found is None:
            return None
        own, of_halls, of_roundings = np.split(found, [len(names), len(names) + len(halls)])
        return certificate_of(
            self.whole,
            self.model,
            dict(zip(names, own.tolist(), strict=True)),
            [(hall, y) for (hall, _), y in zip(halls, of_halls.tolist(), strict=True)],
            [(*cut, y) for cut, y in zip(roundings, of_roundings.tolist(), strict=True)],
        )

    def _compiled(self, control: Control) -> bool:
        """Whether plans can be searched for, once that has been compiled."""
        if self.warming is None:
            return False
        if self.warming.wait(WARMING_SHARE * control.remaining()):
            return True
        log.info("the search for plans is still being compiled: done without")
        return False

    def _seeker(self, best: Incumbent, guide: Guide, gap: float) -> Seeker:
        """Return what looks for plans."""
        if self.pinning is not None:
            return Pinned(pinning=self.pinning, model=self.model, best=best, guide=guide, gap=gap)
        return Openings(whole=self.whole, model=self.model, best=best, guide=guide, gap=gap)

    def _prove_written_out(
        self, master: Master, best: Incumbent, gap: float, control: Control
    ) -> Outcome:
        """Return what HiGHS proves with the flow written out, until plan and bound agree."""

        def enough(bound: float | None) -> bool:
            best.proven = bound
            return near(best.value, bound, gap)

        decided = self.model.decisions.count
        return solve_written_out(
            self.model,
            best.program,
            best.objective,
            lower=master.program.lower[:decided],
            upper=master.program.upper[:decided],
            gap=gap,
            start=best.decisions_in(decided),
            control=control,
            enough=enough,
        )

    def _prove_in_rounds(
        self, master: Master, best: Incumbent, gap: float, control: Control
    ) -> Outcome:
        """Return what is proven by masters that learn the cuts of every plan that they find."""
        aim = master.objective(best.objective)
        bound: float | None = None
        cuts = (*self.cuts, *best.take_cuts())
        seen: set[bytes] = set()

        def enough(reached: float | None) -> bool:
            best.proven = best.objective.nearer(bound, reached)
            return near(best.value, best.proven, gap)

        while control.remaining() > 0 and not control.cancelled.is_set():
            outcome = solve_with_highs(
                master.program.with_rows(list(cuts)),
                aim,
                gap=gap / 2,
                start=best.decisions_in(len(master.program.column_names)),
                control=control,
                found=best.settle,
                enough=enough,
            )
            if outcome.status == "infeasible":
                return outcome
            if outcome.point is not None:
                best.settle(outcome.point)
            bound = best.objective.nearer(bound, outcome.bound)
            bound = _no_better(best.objective, bound, best.value)
            log.info("master: %s, at most %s", best.value, bound)
            if near(best.value, bound, gap):
                return Outcome(status="done", point=best.point, bound=bound)
            learnt = best.take_cuts()
            if outcome.point is None or outcome.status == "limit" or not learnt:
                break
            openings = np.rint(outcome.point[: self.model.decisions.count]).tobytes()
            if openings in seen:  # the master knows their cuts: more rounds say no more
                break
            seen.add(openings)
            cuts = (*cuts, *learnt)
        return Outcome(status="limit", point=best.point, bound=bound)


def _fixed(master: Master, relaxed: Relaxation, best: Incumbent, decided: int) -> Master:
    """Return the master without decisions that no better plan takes otherwise.

    A yes/no column at one end whose reduced cost is more than what the bound lies above the best
    plan stays there in any plan that is better.
    """
    if best.value is None:
        return master
    scale = best.objective.scale
    room = abs(relaxed.value - best.value) * scale
    room += FIXING_ROOM * max(abs(relaxed.value), abs(best.value)) * scale
    worth = relaxed.reduced_costs[:decided] * (1 if best.objective.maximise else -1)
    at = relaxed.point[:decided]
    lower, upper = master.program.lower.copy(), master.program.upper.copy()
    upper[:decided][(worth < -room) & (at < FIXING_ROOM)] = 0.0
    lower[:decided][(worth > room) & (at > 1 - FIXING_ROOM)] = 1.0
    settled = int((lower == upper)[:decided].sum())
    log.info("reduced costs settle %d of %d decisions", settled, decided)
    return replace(master, program=replace(master.program, lower=lower, upper=upper))


def _joined(outcome: Outcome, best: Incumbent, bound: float | None, gap: float) -> Outcome:
    """Return the better plan of a proof and of what was known before it, with the better bound.

    What the proof left out by reduced costs is no better than the plan known.
    """
    objective = best.objective
    if outcome.status == "infeasible":
        if best.value is None:
            return outcome
        # The plan known keeps what reduced costs settled, so that this is no proof of anything.
        return Outcome(status="limit", point=best.point, bound=bound)
    point, value = best.point, best.value
    if outcome.point is not None and objective.prefers(objective.value(outcome.point), value):
        point, value = outcome.point, objective.value(outcome.point)
    proven = _no_better(objective, objective.nearer(outcome.bound, bound), value)
    done = outcome.status == "done" or near(value, proven, gap)
    return Outcome(status="done" if done else outcome.status, point=point, bound=proven)


def _no_better(objective: Objective, bound: float | None, value: float | None) -> float | None:
    """Return a bound that a plan known does not beat: what was left out is no better than it."""
    if bound is None or value is None or not objective.prefers(value, bound):
        return bound
    return value
