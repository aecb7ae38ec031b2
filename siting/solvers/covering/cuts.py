r"""Cuts that bring the relaxation of maximal covering near what is whole.

For any three classes, :math:`a_j` of which site j covers,

.. math:: z_1 + z_2 + z_3 \le 1 + \sum_j \lceil a_j / 2 \rceil y_j .

Two of them covered take one site, all three take two sites or one that covers all: a zero-half cut
(A. Caprara, M. Fischetti, Mathematical Programming 74 (1996), doi:10.1007/BF02592196) of their
three rows and bounds. Cuts are found among a few sites near the optimum of the relaxation, where
many classes are one, and hold for all sites: for a class made of several, site j counts if it
covers any of them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.solvers.control import Control
from siting.solvers.covering.bound import Bound, Relaxation, Strength, bound_of
from siting.solvers.covering.program import cut_rows, membership, program_of
from siting.solvers.covering.reductions import Covering, narrowed

Floats = NDArray[np.float64]

_LOG = logging.getLogger(__name__)

_USED = 1e-4
"""Share of a site in a relaxation from which on it is used."""

_MOST_WIDENINGS = 8
_CLOSE = 1e-6
_NEARLY = 0.97
"""Share of its cost that a site is worth from which on it joins the few."""
_MOST_ROUNDS = 15
_CUTS_PER_ROUND = 600
_CUTS_PER_CLASS = 3
_WORK_PER_SITE = 300_000
_WORTH_A_ROUND = 0.02
"""Share of the distance to the best that a round of cuts must close for another to follow."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tightened:
    """The relaxation with cuts.

    Attributes
    ----------
    bound
        Proven for all sites.
    relaxation
        Its optimum, shares of all sites.
    """

    bound: Bound
    relaxation: Relaxation


def tightened(
    covering: Covering, relaxation: Relaxation, bound: Bound, best: float, control: Control
) -> Tightened:
    """Return the relaxation with cuts: found among few sites, proven for all.

    Sites that the prices would open join the few until there are none that matter.
    """
    used = relaxation.choice > _USED
    order = np.argsort(np.where(used, -1.0, bound.lost), kind="stable")
    near = np.zeros(covering.sites, bool)
    near[order[: int(1.5 * used.sum()) + 100]] = True
    result = Tightened(bound=bound, relaxation=relaxation)
    for _ in range(_MOST_WIDENINGS):
        few, into = narrowed(covering, near)
        cut = cut_relaxation(few, best, control)
        if cut is None:
            break
        strength, price = _spread(covering, few, into, cut)
        proven = bound_of(covering, price, strength)
        _LOG.info(
            "%d cuts among %d of %d sites: %.3f, for all %.3f",
            len(cut.triples),
            few.sites,
            covering.sites,
            cut.value,
            proven.value,
        )
        if proven.value < result.bound.value:
            choice = np.zeros(covering.sites)
            choice[near] = cut.choice
            result = Tightened(bound=proven, relaxation=Relaxation(choice=choice, price=price))
        paying = ~near & (proven.worth > _NEARLY * cut.money_price * covering.cost)
        over = control.cancelled.is_set() or control.remaining() <= 0
        if over or proven.value - cut.value <= _CLOSE * abs(cut.value) or not paying.any():
            break
        near |= paying
    return result


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """An optimum of the relaxation with cuts.

    Attributes
    ----------
    value, choice
        What it covers, and the share of each site.
    price, cut_price, money_price
        Prices of the classes, of the cuts and of the budget.
    triples
        Classes of each cut, shape (cuts, 3).
    """

    value: float
    choice: Floats
    price: Floats
    triples: NDArray[np.int32]
    cut_price: Floats
    money_price: float


def cut_relaxation(few: Covering, best: float, control: Control) -> Cut | None:
    """Add violated cuts round by round; None where the time does not allow it."""
    import highspy

    from siting.solvers.covering.kernels import violated_triples
    from siting.solvers.highs import as_highs_lp

    program, objective = program_of(few)
    scale = 1 / max(1.0, float(few.weight.max(initial=1)))
    loose = replace(program, integer=np.zeros(len(program.integer), bool))
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("presolve", "off")
    scaled = replace(objective, coefficients=objective.coefficients * scale)
    highs.passModel(as_highs_lp(loose, scaled))
    highs.setOptionValue("solver", "ipm")
    of_site = few.of_site()
    triples = np.empty((0, 3), np.int32)
    value = np.inf
    for turn in range(_MOST_ROUNDS):
        if np.isfinite(control.remaining()):
            highs.setOptionValue("time_limit", highs.getRunTime() + control.remaining())
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        highs.setOptionValue("solver", "simplex")
        solution = highs.getSolution()
        x = np.array(solution.col_value)
        choice, covered = x[: few.sites].clip(0, 1), x[few.sites :]
        before, value = value, highs.getInfo().objective_function_value / scale + few.constant
        little = before - value < _WORTH_A_ROUND * (before - best)
        if control.cancelled.is_set() or value <= best or (np.isfinite(before) and little):
            break
        tight = (covered > 0.2) & (few.matrix() @ choice < 1.3)  # noqa: PLR2004
        first = turn * few.classes // _MOST_ROUNDS
        found, by = violated_triples(
            few.of_class, of_site, choice, covered, tight, first, _WORK_PER_SITE * few.sites
        )
        added = _picked(found, by, few)
        if not len(added):
            break
        rows = cut_rows(added, few.matrix())
        highs.addRows(
            len(added),
            np.full(len(added), -highspy.kHighsInf),
            np.ones(len(added)),
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            rows.data,
        )
        triples = np.concatenate([triples, added])
    dual = np.abs(np.array(highs.getSolution().row_dual)) / scale
    # Rows that came after the last run have no price yet.
    cut_price = np.zeros(len(triples))
    priced = dual[few.classes + 1 :]
    cut_price[: len(priced)] = priced
    return Cut(
        value=value,
        choice=choice,
        price=dual[: few.classes],
        money_price=float(dual[few.classes]),
        triples=triples,
        cut_price=cut_price,
    )


def _picked(found: NDArray[np.int32], by: Floats, few: Covering) -> NDArray[np.int32]:
    """Return the best of the triples found, no class in too many."""
    worth = by * few.weight[found].min(axis=1) if len(found) else by
    uses = np.zeros(few.classes, np.int64)
    picked = []
    for at in np.argsort(-worth, kind="stable").tolist():
        triple = found[at]
        if (uses[triple] < _CUTS_PER_CLASS).all():
            uses[triple] += 1
            picked.append(at)
        if len(picked) == _CUTS_PER_ROUND:
            break
    return found[picked]


def _spread(
    covering: Covering,
    few: Covering,
    into: NDArray[np.int64],
    cut: Cut,
) -> tuple[Strength, Floats]:
    """Return the prices of cuts and classes among few sites as prices for all sites."""
    inside = into >= 0
    share = np.zeros(covering.classes)
    share[inside] = covering.weight[inside] / few.weight[into[inside]]
    price = covering.weight.astype(np.float64)  # nothing near covers it, or one site alone
    price[inside] = cut.price[into[inside]] * share[inside]
    which = membership(cut.triples, few.classes)
    relief = np.zeros(covering.classes)
    relief[inside] = (which.T @ cut.cut_price)[into[inside]] * share[inside]
    members = sparse.csr_array(
        (np.ones(int(inside.sum())), (into[inside], np.flatnonzero(inside))),
        shape=(few.classes, covering.classes),
    )
    any_covers = (members @ covering.matrix()).tocsr()
    any_covers.data = np.ones_like(any_covers.data)
    count = (which @ any_covers).tocsr()
    count.data = np.ceil(count.data / 2)
    strength = Strength(
        relief=relief, gift=count.T @ cut.cut_price, toll=float(cut.cut_price.sum())
    )
    return strength, price
