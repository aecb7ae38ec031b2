"""A large network that looks like streets: blocks with streets missing and lengths that differ."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from siting.travel.network import Streets

BLOCK_M = 100.0
_MISSING = 0.12
_SHAKEN_M = 25.0
_LONGEST_DETOUR = 0.3
_DM_PER_M = 10


def draw_streets(side: int, rng: np.random.Generator) -> Streets:
    """Return `side` x `side` junctions, shaken, with 12 % of the streets between them missing.

    A street is up to 30 % longer than its chord.
    """
    node = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    kept = rng.random(len(tail)) >= _MISSING
    tail, head = tail[kept], head[kept]
    where = np.stack(np.divmod(np.arange(side * side), side), axis=1) * BLOCK_M
    where += rng.uniform(-_SHAKEN_M, _SHAKEN_M, where.shape)
    chord_m = np.hypot(*(where[tail] - where[head]).T)
    longer = chord_m * rng.uniform(1.0, 1.0 + _LONGEST_DETOUR, len(tail))
    return Streets(
        tail=tail,
        head=head,
        length_dm=np.rint(longer * _DM_PER_M).astype(np.int64),
        shape=np.asarray(shapely.linestrings(where[np.stack([tail, head], axis=1)])),
        node_count=side * side,
    )


def draw_points(count: int, side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return points all over the network, metres, shape (2, count)."""
    return rng.uniform(0, (side - 1) * BLOCK_M, (2, count))
