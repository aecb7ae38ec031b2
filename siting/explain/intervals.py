"""Prices as intervals: what is known of the difference between two best plans."""

from __future__ import annotations

from dataclasses import dataclass

from siting.solution import PROVEN_GAP, Solution, relative_gap


@dataclass(frozen=True, kw_only=True)
class Best:
    """What is known of the best plan of a problem: one that reaches a value, and what none beats.

    Attributes
    ----------
    bound
        None where nothing is proven.
    """

    objective: float
    bound: float | None

    @property
    def proven(self) -> float | None:
        """The bound; the objective itself where that is proven best."""
        gap = relative_gap(self.objective, self.bound)
        return self.objective if gap is not None and gap <= PROVEN_GAP else self.bound


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where a price lies for certain, in shares of the score of tier 1.

    Attributes
    ----------
    low, high
        Never below 0; `high` is None where nothing limits it.
    """

    low: float
    high: float | None

    @property
    def distinguishable(self) -> bool:
        """Whether the price is proven to be above 0."""
        return self.low > PROVEN_GAP

    @property
    def order(self) -> tuple[float, float]:
        """Key that puts the surest and dearest first."""
        return -self.low, -(float("inf") if self.high is None else self.high)


def price_between(freer: Best, tighter: Best) -> Interval:
    r"""Return how much more the best plan of the freer problem serves than that of the tighter.

    .. math:: [\, value_{freer} - bound_{tighter}, \; bound_{freer} - value_{tighter} \,]

    clipped at 0.
    """
    least, most = tighter.proven, freer.proven
    return Interval(
        low=0.0 if least is None else max(0.0, freer.objective - least),
        high=None if most is None else max(0.0, most - tighter.objective),
    )


def best_of(solution: Solution) -> Best:
    """Return what a solution knows of the best plan.

    Raises
    ------
    ValueError
        When it has no plan.
    """
    if solution.objective is None:
        raise ValueError("only a solution with a plan can be explained")
    return Best(objective=solution.objective, bound=solution.bound)
