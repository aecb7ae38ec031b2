"""What no choice can cover: the linear relaxation, and a bound that its prices alone prove."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.solvers.covering.reductions import Covering

Floats = NDArray[np.float64]

FIXING_SLACK = 1e-7
"""Relative slack left when a bound rules a site in or out, for rounding in the sums."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxation:
    """An optimum of the linear relaxation, as far as the solver got.

    Attributes
    ----------
    choice
        Share of each site, shape (sites,).
    price
        What one more cover of each class is worth, shape (classes,).
    """

    choice: Floats
    price: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound:
    """What no choice can cover, and by how much it falls for a site against its side.

    Attributes
    ----------
    value
        Upper bound on `Covering.worth`.
    lost
        How much lower the bound is if a site that the bound opens stays closed, or one that it
        leaves closed opens, shape (sites,).
    opens
        Which sites the bound opens.
    worth
        What each site is worth at the prices of the bound.
    """

    value: float
    lost: Floats
    opens: NDArray[np.bool_]
    worth: Floats


def relaxed(covering: Covering, seconds: float) -> Relaxation | None:
    """Solve the linear relaxation by interior point, without crossover; None if time runs out."""
    import highspy

    sites, classes = covering.sites, covering.classes
    matrix = covering.matrix()
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = sites + classes, classes + 1
    lp.sense_ = highspy.ObjSense.kMaximize
    scale = max(1.0, float(covering.weight.max(initial=1)))
    lp.col_cost_ = np.concatenate([covering.own, covering.weight]) / scale
    lp.col_lower_, lp.col_upper_ = np.zeros(sites + classes), np.ones(sites + classes)
    lp.row_lower_ = np.full(classes + 1, -highspy.kHighsInf)
    lp.row_upper_ = np.append(np.zeros(classes), covering.budget)
    by_site = matrix.tocsc()
    counts = np.diff(by_site.indptr) + 1  # each site is also paid for
    starts = np.concatenate([[0], np.cumsum(counts)])
    index = np.full(starts[-1], classes)
    value = np.full(starts[-1], -1.0)
    last = starts[1:] - 1
    value[last] = covering.cost
    inner = np.ones(starts[-1], bool)
    inner[last] = False
    index[inner] = by_site.indices
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.append(starts, starts[-1] + np.arange(1, classes + 1)).astype(np.int32)
    lp.a_matrix_.index_ = np.append(index, np.arange(classes)).astype(np.int32)
    lp.a_matrix_.value_ = np.append(value, np.ones(classes))
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("solver", "ipm")
    highs.setOptionValue("run_crossover", "off")
    highs.setOptionValue("threads", 1)
    if np.isfinite(seconds):
        highs.setOptionValue("time_limit", seconds)
    highs.passModel(lp)
    highs.run()
    solution = highs.getSolution()
    if not solution.dual_valid or not solution.value_valid:
        return None
    dual = np.abs(np.array(solution.row_dual)[:classes]) * scale
    return Relaxation(choice=np.array(solution.col_value)[:sites].clip(0, 1), price=dual)


@dataclass(frozen=True, kw_only=True, eq=False)
class Strength:
    """What priced cuts add to a bound.

    Attributes
    ----------
    relief
        What they take off the weight of each class, shape (classes,).
    gift
        What they add to the worth of each site, shape (sites,).
    toll
        What they add whatever opens.
    """

    relief: Floats
    gift: Floats
    toll: float


def bound_of(covering: Covering, price: Floats, strength: Strength | None = None) -> Bound:
    r"""Return the Lagrangian bound of prices, whatever they are, and what fixing it allows.

    .. math:: L(u) = \sum_i \max(0, w_i - u_i) + \max_{c y \le B, 0 \le y \le 1}
              \sum_j (v_j + \sum_{i: j \in N(i)} u_i) y_j

    for :math:`0 \le u \le w` bounds every choice, so that it needs no trust in a solver. The
    inner maximum takes sites by worth per cost, the last of them in part, or the best of whole
    number :math:`B` where all cost 1. Cuts enter with their own prices, through `strength`.
    """
    weight = covering.weight.astype(np.float64)
    worth = covering.own.astype(np.float64)
    free = float(covering.constant)
    if strength is not None:
        weight = np.maximum(0.0, weight - strength.relief)
        worth = worth + strength.gift
        free += strength.toll
    price = np.clip(price, 0.0, weight)
    worth = worth + covering.matrix().T @ price
    free += float((weight - price).sum())
    rate = worth / covering.cost
    order = np.argsort(-rate, kind="stable")
    cost = covering.cost[order]
    paid = np.cumsum(cost)
    whole = int(np.searchsorted(paid, covering.budget * (1 + 1e-12), side="right"))
    opens = np.zeros(covering.sites, bool)
    opens[order[:whole]] = True
    value = free + float(worth[order[:whole]].sum())
    if whole == covering.sites:
        return Bound(value=value, lost=worth, opens=opens, worth=worth)
    left = covering.budget - (float(paid[whole - 1]) if whole else 0.0)
    even = bool((cost == cost[0]).all())
    marginal = float(rate[order[whole]])
    if not even:
        value += max(0.0, left) * marginal
        lost = np.abs(worth - marginal * covering.cost)
        return Bound(value=value, lost=lost, opens=opens, worth=worth)
    # All cost the same: one that opens takes the place of the least that does.
    last = float(worth[order[whole - 1]]) if whole else np.inf
    first = float(worth[order[whole]])
    lost = np.where(opens, worth - first, last - worth)
    return Bound(value=value, lost=lost, opens=opens, worth=worth)


def fixed_by(bound: Bound, best: float, step: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the sites that stay closed and those that open in any choice better than the best.

    `step` is the least by which one choice can beat another, 0 where it is not known.
    """
    needed = best + step * (1 - 1e-6)
    slack = FIXING_SLACK * max(1.0, abs(best))
    sure = bound.value - bound.lost < needed - slack
    return sure & ~bound.opens, sure & bound.opens
