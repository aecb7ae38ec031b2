"""A bound on the p-median without a solver, and what it rules out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.classic.problem import Floats, Marks
from siting.solvers.control import Control

_STEPS = 4000
_PATIENCE = 60
_LEAST_GAIN, _LEAST_STEP = 1e-6, 1e-3
_SLACK = 1e-7
"""Share of the value by which a bound must rule something out, so that rounding never does."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """What the relaxation proves.

    Attributes
    ----------
    bound
        No choice costs less.
    sites
        Sites that a choice better than the known one may open, shape (m,).
    pairs
        Pairs that it may use, shape (n, m).
    """

    bound: float
    sites: Marks
    pairs: Marks


def relaxed(cost: Floats, fixed: Marks, p: int, value: float, control: Control) -> Relaxed:
    r"""Return a bound on the p-median by relaxing that every point is served once.

    .. math::
        L(\lambda) = \sum_i \lambda_i + \min_y \sum_j y_j \sum_i \min(0, c_{ij} - \lambda_i)

    is a bound for every price :math:`\lambda` of a point's service; prices follow the
    subgradient. A site whose opening would lift the bound above the known `value`, and a pair that
    costs more than its point's price by more than their difference, are in no better choice.

    Parameters
    ----------
    cost
        Weighted cost of every pair, infinite where the point cannot reach the site, shape (n, m).
    fixed
        Sites that are open in any case, shape (m,).
    p
        How many others are opened.
    value
        Cost of a known choice.

    References
    ----------
    Narula, Ogbu, Samuelsson 1977, doi 10.1287/opre.25.4.709.
    """
    price = np.partition(cost, min(1, cost.shape[1] - 1), axis=1)[:, min(1, cost.shape[1] - 1)]
    price = np.where(np.isfinite(price), price, cost.min(axis=1))
    best, best_price, step, waited = -np.inf, price, 1.5, 0
    for _ in range(_STEPS):
        less = np.minimum(cost - price[:, None], 0.0)
        bound, opened = _opened(price, less.sum(axis=0), fixed, p)
        grown = not np.isfinite(best) or bound > best + _LEAST_GAIN * abs(best)
        waited = 0 if grown else waited + 1
        if bound > best:
            best, best_price = bound, price
        if waited >= _PATIENCE:
            step, waited, price = step / 2, 0, best_price
            if step < _LEAST_STEP:
                break
            continue
        served = (less[:, opened] < 0).sum(axis=1)
        direction = 1.0 - served
        length = float(direction @ direction)
        if length == 0 or value - best <= _SLACK * abs(value) or not control.remaining():
            break
        price = price + step * max(value - bound, 0.0) / length * direction
    return _ruled_out(cost, best_price, fixed, p, value)


def _opened(price: Floats, gain: Floats, fixed: Marks, p: int) -> tuple[float, Marks]:
    """Return the bound at these prices and the sites that attain it."""
    opened = fixed.copy()
    free = np.flatnonzero(~fixed)
    opened[free[np.argsort(gain[free], kind="stable")[:p]]] = True
    return float(price.sum() + gain[opened].sum()), opened


def _ruled_out(cost: Floats, price: Floats, fixed: Marks, p: int, value: float) -> Relaxed:
    gain = np.minimum(cost - price[:, None], 0.0).sum(axis=0)
    bound, opened = _opened(price, gain, fixed, p)
    room = value - bound + _SLACK * abs(value)
    inside = opened & ~fixed
    worst = gain[inside].max(initial=-np.inf)
    sites = opened | (gain - worst <= room) if inside.any() else fixed
    pairs = (cost - price[:, None] <= room) & sites
    return Relaxed(bound=bound, sites=sites, pairs=pairs)
