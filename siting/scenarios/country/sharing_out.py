"""One budget shared out among frontiers: a choice of one plan for every district."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from siting.model.program import YES, Objective, Program, Row
from siting.solvers.control import Control
from siting.solvers.engines import engine_named

WORTH_SCALE = 1e6
"""Worth is handed to the solver in millionths of the whole."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a district could have.

    Attributes
    ----------
    money
        In the smallest unit of money.
    worth
        Part of the country's objective.
    """

    money: int
    worth: float


@dataclass(frozen=True, kw_only=True)
class Mix:
    """One offer for every district.

    Attributes
    ----------
    taken
        Position of each district's offer.
    worth
        Of all together.
    bound
        What no mix exceeds.
    """

    taken: tuple[int, ...]
    worth: float
    bound: float


def best_mix(offers: Sequence[Sequence[Offer]], money: int) -> Mix | None:
    r"""Return the best choice of one offer for every district; None where none is affordable.

    .. math:: \max \sum_d \sum_k v_{dk} x_{dk}, \quad \sum_k x_{dk} = 1, \quad
        \sum_d \sum_k c_{dk} x_{dk} \le C, \quad x \in \{0, 1\}

    the multiple-choice knapsack problem, solved as an integer program to 1e-7.

    References
    ----------
    P. Sinha, A. A. Zoltners (1979), Operations Research 27(3), doi:10.1287/opre.27.3.503
    """
    useful = [undominated(own) for own in offers]
    if sum(min(own[k].money for k in kept) for own, kept in zip(offers, useful, strict=True)) > (
        money
    ):
        return None
    columns = [(d, k) for d, kept in enumerate(useful) for k in kept]
    district = np.array([d for d, _ in columns])
    cost = np.array([offers[d][k].money for d, k in columns], float)
    worth = np.array([offers[d][k].worth for d, k in columns])
    count = len(columns)
    rows = [
        Row(
            name=f"one[{d}]",
            columns=np.flatnonzero(district == d),
            coefficients=np.ones(len(kept)),
            lower=1.0,
            upper=1.0,
        )
        for d, kept in enumerate(useful)
    ]
    rows.append(
        Row(name="budget[total]", columns=np.arange(count), coefficients=cost, upper=float(money))
    )
    program = Program(
        column_names=tuple(f"take[{d},{k}]" for d, k in columns),
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, bool),
        grid=np.ones(count),
        matrix=sparse.csr_array((0, count)),
    ).with_rows(rows)
    objective = Objective(
        name="served", coefficients=worth * WORTH_SCALE, maximise=True, scale=WORTH_SCALE
    )
    outcome = engine_named("highs")(program, objective, gap=0.0, start=None, control=Control())
    if outcome.point is None or outcome.bound is None:
        raise ArithmeticError("an affordable mix exists, but the solver found none")
    chosen = {d: k for (d, k), x in zip(columns, outcome.point, strict=True) if x > YES}
    taken = tuple(chosen[d] for d in range(len(offers)))
    reached = float(sum(own[k].worth for own, k in zip(offers, taken, strict=True)))
    return Mix(taken=taken, worth=reached, bound=max(reached, outcome.bound))


def undominated(offers: Sequence[Offer]) -> list[int]:
    """Return the positions of offers that no other beats at as little money, by money."""
    order = sorted(range(len(offers)), key=lambda k: (offers[k].money, -offers[k].worth))
    kept: list[int] = []
    for k in order:
        if not kept or offers[k].worth > offers[kept[-1]].worth:
            kept.append(k)
    return kept
