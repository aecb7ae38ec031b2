"""What it costs to have planned for another world than the one that comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.explain.intervals import Best, Interval, price_between
from siting.scenarios.robust.projects import Project, ProjectList, Standing
from siting.scenarios.robust.worlds import World
from siting.solution import ROUNDING
from siting.solvers.evaluation import Openings
from siting.verification.tiers import SCORE_TOLERANCE


@dataclass(frozen=True, kw_only=True, eq=False)
class Lived:
    """A plan as it goes in a world.

    Attributes
    ----------
    opened
        Conversions of the world's model that are open in the end.
    value
        Tier 1 of them in that world; None where rules on who is served leave no way.
    opens
        Projects of the plan that open, in order.
    left_out
        Those that do not: money, room or another rule stands against them.
    unknown
        Those of `left_out` that the world would not admit at all.
    broken
        Rows of the world that are broken in the end, whatever of the plan opens.
    cost
        Capital, in units of money.
    """

    plan: str
    world: str
    opened: Openings
    value: float | None
    opens: tuple[Project, ...]
    left_out: tuple[Project, ...]
    unknown: tuple[Project, ...]
    broken: tuple[str, ...]
    cost: float


def live(plan: ProjectList, world: World) -> Lived:
    """Return a plan as it goes in a world: its sites open in its order, as the world lets them.

    Each site in turn opens if the world admits it and no row over its decisions is broken more by
    it; one that what is left of the money does not suffice for is passed over, and the next opens
    if it does for that. After the last the list is gone through again for what was passed
    over, until nothing more opens: an add-on may stand before its host.
    """
    standing = Standing(world, plan.chosen)
    opens: list[Project] = []
    left = list(plan.projects)
    while True:
        before = len(opens)
        for project in tuple(left):
            if standing.fits(project):
                standing.open(project)
                opens.append(project)
                left.remove(project)
        if len(opens) == before:
            break
    return Lived(
        plan=plan.name,
        world=world.name,
        opened=standing.opened,
        value=world.served(standing.opened),
        opens=tuple(opens),
        left_out=tuple(left),
        unknown=tuple(p for p in left if not standing.knows(p)),
        broken=world.broken(standing.opened),
        cost=world.cost(standing.opened),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Regret:
    r"""What is missed by having planned for another world.

    .. math:: [\, value_B^\ast - value_B(A), \; bound_B - value_B(A) \,]

    Attributes
    ----------
    amount
        In shares of tier 1, never below 0; None where the plan has no value in that world or
        nothing is known of the world's own best plan.
    """

    lived: Lived
    amount: Interval | None


@dataclass(frozen=True, kw_only=True, eq=False)
class RegretTable:
    """Every plan in every world.

    Attributes
    ----------
    best
        What is known of the best plan of each world.
    cells
        By plan and world.
    """

    plans: tuple[str, ...]
    worlds: tuple[str, ...]
    best: Mapping[str, Best]
    cells: Mapping[tuple[str, str], Regret]

    def worst(self, plan: str) -> Interval | None:
        """Return the largest regret of a plan; None where one of its regrets is not known."""
        return worst_of([self.cells[plan, world].amount for world in self.worlds])

    def expected(self, plan: str, weights: Mapping[str, float]) -> Interval | None:
        """Return the mean regret of a plan by the weights of the worlds."""
        amounts = [self.cells[plan, world].amount for world in self.worlds]
        return mean_of(amounts, [weights[world] for world in self.worlds])

    @property
    def least_worst(self) -> str | None:
        """The plan whose largest regret is least, by what is certain at most; None without one."""
        highs = {plan: self.worst(plan) for plan in self.plans}
        known = {p: i.high for p, i in highs.items() if i is not None and i.high is not None}
        return min(known, key=lambda plan: known[plan]) if known else None


def worst_of(amounts: Sequence[Interval | None]) -> Interval | None:
    """Return the interval of the largest of amounts; None where one is not known."""
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) < len(amounts):
        return None
    highs = [amount.high for amount in known if amount.high is not None]
    return Interval(
        low=max(amount.low for amount in known),
        high=max(highs) if len(highs) == len(known) else None,
    )


def mean_of(amounts: Sequence[Interval | None], weights: Sequence[float]) -> Interval | None:
    """Return the interval of the weighted mean of amounts; None where one is not known."""
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) < len(amounts):
        return None
    part = np.array(weights) / sum(weights)
    highs = [amount.high for amount in known if amount.high is not None]
    return Interval(
        low=float(part @ np.array([amount.low for amount in known])),
        high=float(part @ np.array(highs)) if len(highs) == len(known) else None,
    )


def regret_table(
    plans: Sequence[ProjectList], worlds: Sequence[World], best: Mapping[str, Best]
) -> RegretTable:
    """Return what every plan comes to in every world, against the world's own best plan.

    A plan that turns out to serve more in a world, breaking no rule there, than the plan that was
    made for it counts as the best one known.

    Parameters
    ----------
    best
        What is known of the best plan of each world, by name; worlds without a plan are left out.

    Raises
    ------
    ArithmeticError
        When the recount of a plan in a world by verification says another value.
    """
    lived = {(plan.name, world.name): live(plan, world) for plan in plans for world in worlds}
    for world in worlds:
        for plan in plans:
            there = lived[plan.name, world.name]
            if there.value is not None:
                check_value(world, plan.name, there.opened, there.value)
    known = {name: _with_lived(own, name, list(lived.values())) for name, own in best.items()}
    return RegretTable(
        plans=tuple(plan.name for plan in plans),
        worlds=tuple(world.name for world in worlds),
        best=known,
        cells={
            key: Regret(lived=there, amount=regret_of(there.value, known.get(key[1])))
            for key, there in lived.items()
        },
    )


def regret_of(value: float | None, best: Best | None) -> Interval | None:
    """Return how much more the best plan of a world serves than a plan that serves `value`."""
    if value is None or best is None:
        return None
    return price_between(best, Best(objective=value, bound=value))


def check_value(world: World, plan: str, opened: Openings, value: float) -> None:
    """Hold the value of a plan in a world against verification's own recount.

    Raises
    ------
    ArithmeticError
        When they differ.
    """
    recounted = world.recounted(opened)
    if abs(recounted - value) > SCORE_TOLERANCE:
        raise ArithmeticError(f"{plan} in {world.name}: {value:.9f}, recounted {recounted:.9f}")


def _with_lived(best: Best, world: str, lived: Sequence[Lived]) -> Best:
    """Return what is known of a world's best plan, those of others that keep its rules included."""
    values = [
        there.value
        for there in lived
        if there.world == world and there.value is not None and not there.broken
    ]
    objective = max([best.objective, *values])
    if objective <= best.objective + ROUNDING:
        return best
    bound = None if best.bound is None else max(best.bound, objective)
    return Best(objective=objective, bound=bound)


def regret_rows(table: RegretTable) -> pd.DataFrame:
    """Return one row per plan and world.

    Returns
    -------
    pandas.DataFrame
        ``plan, world, served`` (tier 1 in that world), ``best, bound`` of the world's own plan,
        ``regret_low, regret_high, opened, of, unknown`` (numbers of sites), ``cost`` and
        ``broken`` (rows, separated by ``;``).
    """
    rows = []
    for (plan, world), cell in table.cells.items():
        there, own = cell.lived, table.best.get(world)
        rows.append(
            {
                "plan": plan,
                "world": world,
                "served": there.value,
                "best": None if own is None else own.objective,
                "bound": None if own is None else own.bound,
                "regret_low": None if cell.amount is None else cell.amount.low,
                "regret_high": None if cell.amount is None else cell.amount.high,
                "opened": len(there.opens),
                "of": len(there.opens) + len(there.left_out),
                "unknown": len(there.unknown),
                "cost": there.cost,
                "broken": ";".join(there.broken),
            }
        )
    return pd.DataFrame(rows)
