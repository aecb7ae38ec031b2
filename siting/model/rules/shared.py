"""What only some resources may serve: money of several funds, floor area of several spaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Names = frozenset[str]


def contested(
    allowed: Sequence[Names], amounts: NDArray[np.float64], sizes: Mapping[str, float]
) -> Iterator[tuple[Names, NDArray[np.bool_]]]:
    r"""Yield the sets of resources that could be overdrawn, with who may draw on nothing else.

    .. math:: \sum_{i: \, allowed_i \subseteq A} amount_i \, y_i \le \sum_{r \in A} size_r

    holds for every union :math:`A` of allowed sets exactly when the amounts can be split among
    resources that are allowed to each, none being overdrawn (Hall 1935, doi
    10.1112/jlms/s1-10.37.26). A union of sets that do not overlap says no more than its parts.
    """
    taking = amounts > 0
    for union in unions(a for a, takes in zip(allowed, taking, strict=True) if takes):
        within = taking & np.array([a <= union for a in allowed], bool)
        if amounts[within].sum() > sum(sizes[name] for name in union):
            yield union, within


def unions(allowed: Iterable[Names]) -> list[Names]:
    """Return all unions of sets that overlap, small ones first."""
    distinct = set(allowed)
    found, last = set(distinct), set(distinct)
    while last:
        last = {u | s for u in last for s in distinct if u & s and not s <= u} - found
        found |= last
    return sorted(found, key=lambda union: (len(union), sorted(union)))


def joined(names: Names) -> str:
    """Return a set as part of a row's name."""
    return "+".join(sorted(names)) or "none"
