"""Units of need that no rule can tell apart become one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def merge(
    owner: NDArray[np.int64], key: NDArray[np.int64], owners: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
    Sets are compared by a 128-bit hash, the sum of two random 64-bit words per key, and then in
    full against the representative, so that a collision cannot merge different sets: an owner that
    differs becomes a class of its own.
    """
    words = np.random.default_rng(20260101).integers(
        0, 2**63, size=(int(key.max()) + 1 if len(key) else 0, 2), dtype=np.uint64
    )
    sums = np.zeros((owners, 2), np.uint64)
    for word in range(2):
        np.add.at(sums[:, word], owner, words[key, word])
    _, first, classes = np.unique(sums, axis=0, return_index=True, return_inverse=True)
    classes = classes.reshape(-1)
    starts = np.searchsorted(owner, np.arange(owners + 1))
    counts = np.diff(starts)
    leader = first[classes]
    same = counts == counts[leader]
    # Compare every pair with the pair at the same place in the leader's list.
    offset = np.arange(len(owner)) - starts[owner]
    against = np.minimum(starts[leader[owner]] + offset, len(owner) - 1)
    differing = np.unique(owner[(key != key[against]) & same[owner]])
    same[differing] = False
    leader = np.where(same, leader, np.arange(owners))
    representative, merged = np.unique(leader, return_inverse=True)
    return merged.reshape(-1), representative
