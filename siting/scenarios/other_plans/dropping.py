"""What can be dropped from a plan without loss, and rows that keep it from coming back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.blocks import ServiceBlock
from siting.model.build import compact
from siting.model.conversions import UNLIMITED
from siting.model.program import Objective, Program, Row
from siting.scenarios.other_plans.one_model import OneModel, served_at_least
from siting.solvers.control import Control, run_cancellable
from siting.solvers.evaluation import Evaluation, Openings
from siting.solvers.flow import most_served
from siting.solvers.highs import solve_with_highs
from siting.solvers.tiers import FLOOR_TOLERANCE

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trimmed:
    """A plan without what it does not need.

    Attributes
    ----------
    dropped
        Conversions that it did without, serving as much.
    proven
        Whether no part of the plan is proven to keep all rules and serve as much.
    """

    plan: Evaluation
    dropped: Ints
    proven: bool


class Dropping:
    """Asks of plans of one town what in them serves nobody.

    Attributes
    ----------
    free
        By conversion, whether no rule can ever need it to be open.
    capacity
        By block what each conversion offers in it, infinity without a limit.
    """

    def __init__(self, common: OneModel) -> None:
        self.common = common
        self.model = common.model
        self.is_new = self.model.decisions.is_new
        self.free = self.is_new & ~self._needed_by_rules()
        self.blocks = [block for block in self.model.blocks if block.value > 0]
        self.capacity = []
        for block in self.blocks:
            unlimited = block.option_capacity == UNLIMITED
            offered = np.zeros(len(self.is_new))
            given = np.where(unlimited, np.inf, block.option_capacity.astype(float))
            np.add.at(offered, block.option_column, given)
            self.capacity.append(offered)
        self.tied = any(block.tied for block in self.model.blocks)
        table = self.model.decisions.conversions
        alone = np.where(self.model.decisions.adds_on, table["module_id"], "")
        keys = table[["building_id", "service_id"]].assign(alone=alone)
        self.group = keys.groupby(["building_id", "service_id", "alone"]).ngroup().to_numpy()
        self.one_period = len(self.model.decisions.years) == 1

    @cached_property
    def whole(self) -> Program:
        """All rows, nothing left out that the best plan would not need: a part of a plan might."""
        return compact(self.model)

    def _needed_by_rules(self) -> NDArray[np.bool_]:
        """Return the conversions that some row could keep from being closed."""
        program = self.model.program
        by_column = program.matrix.tocsc()
        row, factor = by_column.indices, by_column.data
        column = np.repeat(np.arange(by_column.shape[1]), np.diff(by_column.indptr))
        lifts = (factor > 0) & np.isfinite(program.row_lower[row])
        lifts |= (factor < 0) & np.isfinite(program.row_upper[row])
        needed = np.zeros(by_column.shape[1], bool)
        needed[column[lifts]] = True
        return needed[: len(self.is_new)]

    def trim(self, found: Evaluation, control: Control) -> Trimmed:
        """Return a plan without conversions that it can do without, serving as much.

        What no rule needs and adds nothing is dropped at once. What is left without which less is
        served, whatever stays as it is today, is needed; of the rest the fewest are sought that
        keep all rules and serve as much.
        """
        opened = found.opened.copy()
        needed = np.zeros(len(opened), bool)
        if not self.tied:
            for x in np.flatnonzero(opened & self.free):
                if not self._adds(int(x), opened):
                    opened[x] = False
            opened = self._with_what_may_stay(opened)
            needed = self._needed(opened)
        plan = found
        if np.any(opened != found.opened):
            plan = self.common.evaluated(opened)
        proven = bool(np.all(needed[opened & self.is_new]))
        if not proven:
            plan, proven = self._fewest(plan, needed, control)
        dropped = np.flatnonzero(found.opened & self.is_new & ~plan.opened)
        return Trimmed(plan=plan, dropped=dropped, proven=proven)

    def idle_rows(self, trimmed: Trimmed, number: int) -> list[Row]:
        r"""Return rows that keep what was dropped closed where others leave it nothing to serve.

        The most service is a maximum flow, which gains the less by one more place the more are
        open: it is submodular. Where conversion x adds nothing to conversions B, it adds nothing
        to any plan that has them, or larger modules in their stead:

        .. math:: y_x + \sum_{c \in B} y_c \le |B|

        That excludes only plans from which x can be dropped, since no rule needs it.
        """
        if not self.one_period:
            return []
        return [
            self._idle_row(int(x), trimmed.plan.opened, f"idle[{number},{x}]")
            for x in trimmed.dropped
            if self.free[x] and self._is_plain(x)
        ]

    def _needed(self, opened: Openings) -> NDArray[np.bool_]:
        """Return the new conversions without which less is served, whatever else stays as today.

        What add-ons take from their hosts is left out of what the rest could serve at most.
        """
        stays = self.model.decisions.conversions["status"].eq("keep").to_numpy(bool)
        worth = np.array([block.value for block in self.blocks])
        now = worth @ np.array([most_served(block, opened) for block in self.blocks])
        given = [_without_takings(block) for block in self.blocks]
        at_most = [most_served(block, opened | stays) for block in given]
        needed = np.zeros(len(opened), bool)
        for x in np.flatnonzero(opened & self.is_new):
            left = opened | stays
            left[x] = False
            served = [
                most_served(block, left) if capacity[x] > 0 else most
                for block, capacity, most in zip(given, self.capacity, at_most, strict=True)
            ]
            needed[x] = (now - worth @ np.array(served)) / NEED_GRID > FLOOR_TOLERANCE
        return needed

    def _with_what_may_stay(self, opened: Openings) -> Openings:
        """Return a choice that closes nothing of today which rules and space allow to stay."""
        program, decisions = self.model.program, self.model.decisions
        if len(program.column_names) > decisions.count:
            return opened
        table = decisions.conversions
        kept = table["status"].eq("keep").to_numpy(bool)
        for c in sorted(np.flatnonzero(kept & ~opened), key=lambda c: -table["until"].iloc[c]):
            more = opened.copy()
            more[c] = True
            if not program.broken_rows(decisions.points(more)):
                opened = more
        return opened

    def _fewest(
        self, found: Evaluation, needed: NDArray[np.bool_], control: Control
    ) -> tuple[Evaluation, bool]:
        """Return the fewest new conversions of a plan that serve as much, and whether proven.

        What is open today stays as far as rules and space allow, the longest first.
        """
        table = self.model.decisions.conversions
        count = len(table)
        program = self.whole.with_rows([served_at_least(self.whole, found.values[0])])
        lower, upper = program.lower.copy(), program.upper.copy()
        upper[:count][self.is_new & ~found.opened] = 0.0
        lower[:count][needed & found.opened] = 1.0
        kept = table["status"].eq("keep").to_numpy(bool)
        years = (table["until"] - table["year"] + 1).to_numpy(float)
        worth = np.zeros(len(program.column_names))
        worth[:count] = np.where(kept, -years / (years[kept].sum() + 1.0), self.is_new)
        outcome = run_cancellable(
            lambda: solve_with_highs(
                replace(program, lower=lower, upper=upper),
                Objective(name="sites", coefficients=worth, maximise=False),
                gap=0.0,
                start=self.common.start_of(program, found.opened),
                control=control,
            ),
            control,
        )
        opened = self.common.openings(outcome)
        if opened is None or np.any(opened & self.is_new & ~found.opened):
            return found, False
        fewer = self.common.evaluated(opened)
        if fewer.values[0] < found.values[0] - FLOOR_TOLERANCE:
            return found, False
        return fewer, outcome.status == "done"

    def _is_plain(self, x: int) -> bool:
        """Whether all that a conversion serves is served by maximum flows that only grow."""
        at = [capacity for capacity in self.capacity if capacity[x] != 0]
        return not self.tied and all((capacity >= 0).all() for capacity in at)

    def _adds(self, x: int, opened: Openings) -> bool:
        """Whether a conversion serves more than what else is open does."""
        with_x, without = opened.copy(), opened.copy()
        with_x[x], without[x] = True, False
        return any(
            most_served(block, with_x) > most_served(block, without)
            for block, capacity in zip(self.blocks, self.capacity, strict=True)
            if capacity[x] != 0
        )

    def _idle_row(self, x: int, opened: Openings, name: str) -> Row:
        at = [capacity for capacity in self.capacity if capacity[x] != 0]
        base = opened & np.any([capacity != 0 for capacity in at], axis=0) if at else opened & False
        for c in np.flatnonzero(base):
            base[c] = False
            if self._adds(x, base):
                base[c] = True
        # As much as x or less in its place, as much as each of B or more in theirs.
        columns = [
            c
            for c in self._in_place_of(x)
            if self.free[c] and all(q[c] <= q[x] for q in self.capacity)
        ]
        for b in np.flatnonzero(base):
            columns += [c for c in self._in_place_of(int(b)) if all(q[c] >= q[b] for q in at)]
        return self.model.decisions.row_of(
            name, np.array(columns, np.int64), upper=float(base.sum())
        )

    def _in_place_of(self, c: int) -> Ints:
        """Return the conversions of which at most one is open, one of them `c`."""
        return np.flatnonzero(self.group == self.group[c])


def _without_takings(block: ServiceBlock) -> ServiceBlock:
    """Return a block in which add-ons take nothing from their hosts."""
    taking = (block.option_capacity < 0) & (block.option_capacity != UNLIMITED)
    return replace(block, option_capacity=np.where(taking, 0, block.option_capacity))
