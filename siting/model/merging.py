"""Units of need that no rule can tell apart become one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def merge(owner: Ints, key: Ints, owners: int) -> tuple[Ints, Ints]:
    """Merge owners whose sets of keys are equal.

    Parameters
    ----------
    owner, key
        One entry per pair, sorted by owner and key, no pair twice, shape (n,).
    owners
        Number of owners; each has at least one pair.

    Returns
    -------
    merged
        Class of each owner, shape (owners,), numbered by first owner.
    representative
        First owner of each class.

    Notes
    -----
    Sets are compared by a hash, the sum of a 64-bit word per key, and then in full against the
    representative, so that a collision cannot merge different sets: an owner that differs becomes
    a class of its own.
    """
    if not owners:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    starts = np.searchsorted(owner, np.arange(owners + 1))
    counts = np.diff(starts)
    sums = np.add.reduceat(_words(key), starts[:-1])
    _, first, classes = np.unique(sums, return_index=True, return_inverse=True)
    leader = first[classes]
    same = counts == counts[leader]
    # Compare every pair with the pair at the same place in the leader's list.
    against = np.repeat(starts[leader] - starts[:-1], counts)
    against += np.arange(len(owner))
    differing = key != key[np.minimum(against, len(owner) - 1)]
    same[owner[differing]] = False
    leader = np.where(same, leader, np.arange(owners))
    representative, merged = np.unique(leader, return_inverse=True)
    return merged, representative


def runs(values: NDArray[np.integer]) -> tuple[NDArray[np.integer], Ints]:
    """Return the different values of a sorted array, and which of them each entry is."""
    begins = np.ones(len(values), bool)
    begins[1:] = values[1:] != values[:-1]
    return values[begins], np.cumsum(begins) - 1


def _words(key: Ints) -> NDArray[np.uint64]:
    """Return a well mixed word for each key (splitmix64, doi 10.1145/2714064.2660195)."""
    word = key.astype(np.uint64)
    word += np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        word ^= word >> np.uint64(shift)
        word *= np.uint64(factor)
    word ^= word >> np.uint64(31)
    return word
