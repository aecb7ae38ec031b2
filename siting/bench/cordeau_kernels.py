"""The random numbers of the GNU C library, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit

_LENGTH = 31
_LAG = 3
_DISCARDED = 310


@njit
def draw(state: NDArray[Any], out: NDArray[Any]) -> None:
    """Fill `out` with the next values of ``rand()``.

    `state` holds the last 31 words of the additive feedback generator and, at its end, the
    position of the oldest: ``r[i] = r[i - 3] + r[i - 31] mod 2**32``, of which ``rand()`` returns
    the upper 31 bits.
    """
    at = state[_LENGTH]
    for i in range(len(out)):
        out[i] = _next(state, at) >> 1
        at = at + 1 if at + 1 < _LENGTH else 0
    state[_LENGTH] = at


@njit
def skip(state: NDArray[Any], count: int) -> None:
    """Pass over so many values of ``rand()``."""
    at = state[_LENGTH]
    for _ in range(count):
        _next(state, at)
        at = at + 1 if at + 1 < _LENGTH else 0
    state[_LENGTH] = at


@njit
def _next(state: NDArray[Any], at: int) -> int:
    lag = at - _LAG if at >= _LAG else at - _LAG + _LENGTH
    state[at] = (state[at] + state[lag]) & 0xFFFFFFFF
    return int(state[at])


@njit
def seeded(seed: int) -> NDArray[Any]:
    """Return the state after ``srand(seed)``."""
    state = np.zeros(_LENGTH + 1, np.int64)
    word = np.int64(np.int32(seed if seed != 0 else 1))
    state[0] = word
    for i in range(1, _LENGTH):
        # The C code divides towards zero, and so do these for a first word below 0.
        high = -(-word // 127773) if word < 0 else word // 127773
        word = 16807 * (word - high * 127773) - 2836 * high
        if word < 0:
            word += 2147483647
        state[i] = word
    for i in range(_LENGTH):
        state[i] &= 0xFFFFFFFF
    state[_LENGTH] = _LAG
    skip(state, _DISCARDED)
    return state
