"""Who is served from where, compiled: flows, what was changed last, and what searches proved."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit

Array = NDArray[Any]


class Network(NamedTuple):
    """Classes of need and places of all services, one block after the other.

    Attributes
    ----------
    way_start, way_place
        Ways of each class of need, shape (classes + 1,), and their places, shape (ways,).
    at_start, at_way, at_need
        Ways of each place: their positions in `way_place` and their classes.
    need, reachable
        Need of each class, and within reach of each place.
    block, covers
        Block of each place, and whether any open place serves all who reach it.
    value
        What one grain of need served adds, by block.
    """

    way_start: Array
    way_place: Array
    at_start: Array
    at_way: Array
    at_need: Array
    need: Array
    reachable: Array
    block: Array
    covers: Array
    value: Array


class Amounts(NamedTuple):
    """Who is served from where with what is open now.

    Attributes
    ----------
    all
        The four arrays after it in one, so that a change is a position and a value.
    flow
        Amount of each way.
    left
        Need of each class not served; in a block that covers, open places that reach it.
    load, room, stated
        Amount served at each place, its capacity as far as it is of use, and as the sum of what
        is open there.
    served
        Amount served by block.
    need_of, first_way, later_way, earlier_way
        Class of each way; by class a list of the ways that carry something: the first, and after
        and before each way another, -1 for none.
    unmet_age, unmet_base, unmet_kept, full_age, full_base, full_kept
        By block: the ages at which what is proven now was proven, in this round, before it, and
        before it when it began; -1 for none.
    no_need, no_room
        By place: the age at which it was proven that no need unmet, or no room, can be reached.
    level, stamp, next, queue, seen, depth, path, path_in, path_out
        Scratch of the searches.
    log_at, log_value
        Positions written and what was there before.
    tally
        Searches so far, length of the log, whether it logs, whether it ran over, the last age.
    """

    all: Array
    flow: Array
    left: Array
    load: Array
    room: Array
    stated: Array
    served: Array
    need_of: Array
    first_way: Array
    later_way: Array
    earlier_way: Array
    unmet_age: Array
    unmet_base: Array
    unmet_kept: Array
    full_age: Array
    full_base: Array
    full_kept: Array
    no_need: Array
    no_room: Array
    level: Array
    stamp: Array
    next: Array
    queue: Array
    seen: Array
    depth: Array
    path: Array
    path_in: Array
    path_out: Array
    log_at: Array
    log_value: Array
    tally: Array


SEARCHES, LOGGED, LOGGING, RAN_OVER, AGE = range(5)
"""Positions in `Amounts.tally`."""

LOG_LENGTH = 1 << 20
"""Changes that can be undone; after more all must be counted anew."""


def empty_amounts(network: Network) -> Amounts:
    """Return amounts with nothing open."""
    ways, classes, places = len(network.way_place), len(network.need), len(network.block)
    blocks = len(network.value)
    parts = np.cumsum([ways, classes, places, places, places])
    every = np.zeros(parts[-1] + blocks, np.int64)
    flow, left, load, room, stated, served = np.split(every, parts)
    by_way = np.repeat(np.arange(classes), np.diff(network.way_start))
    counted = np.zeros(classes, bool)
    counted[by_way[network.covers[network.way_place]]] = True
    left[:] = np.where(counted, 0, network.need)
    age, kept = np.ones(blocks, np.int64), np.full(blocks, -1, np.int64)
    marks = [np.zeros(places, np.int64) for _ in range(3)]
    scratch = [np.zeros(places + 1, np.int32) for _ in range(6)]
    return Amounts(
        all=every,
        flow=flow,
        left=left,
        load=load,
        room=room,
        stated=stated,
        served=served,
        need_of=by_way.astype(np.int32),
        first_way=np.full(classes, -1, np.int32),
        later_way=np.full(ways, -1, np.int32),
        earlier_way=np.full(ways, -1, np.int32),
        unmet_age=age.copy(),
        unmet_base=kept.copy(),
        unmet_kept=kept.copy(),
        full_age=age.copy(),
        full_base=kept.copy(),
        full_kept=kept.copy(),
        no_need=marks[0],
        no_room=marks[1],
        level=scratch[0],
        stamp=marks[2],
        next=scratch[1],
        queue=scratch[2],
        seen=np.zeros(classes, np.int64),
        depth=np.zeros(classes, np.int32),
        path=scratch[3],
        path_in=scratch[4],
        path_out=scratch[5],
        log_at=np.zeros(LOG_LENGTH, np.int64),
        log_value=np.zeros(LOG_LENGTH, np.int64),
        tally=np.array([0, 0, 0, 0, 1], np.int64),
    )


@njit(nogil=True)
def put(amounts: Amounts, position: int, value: int) -> None:
    """Write one of `Amounts.all`; what was there before is logged."""
    count = amounts.tally
    if count[LOGGING]:
        at = count[LOGGED]
        if at < len(amounts.log_at):
            amounts.log_at[at] = position
            amounts.log_value[at] = amounts.all[position]
            count[LOGGED] = at + 1
        else:
            count[RAN_OVER] = 1
    _write(amounts, position, value)


@njit(nogil=True)
def _write(amounts: Amounts, position: int, value: int) -> None:
    before = amounts.all[position]
    amounts.all[position] = value
    if position < len(amounts.need_of) and (before > 0) != (value > 0):
        _list(amounts, position, value > 0)


@njit(nogil=True)
def _list(amounts: Amounts, way: int, carries: bool) -> None:
    """Put a way in front of those of its class that carry something, or take it out."""
    need = amounts.need_of[way]
    first, later, earlier = amounts.first_way, amounts.later_way, amounts.earlier_way
    if carries:
        later[way], earlier[way] = first[need], -1
        if first[need] >= 0:
            earlier[first[need]] = way
        first[need] = way
        return
    if earlier[way] >= 0:
        later[earlier[way]] = later[way]
    else:
        first[need] = later[way]
    if later[way] >= 0:
        earlier[later[way]] = earlier[way]


@njit(nogil=True)
def list_ways(amounts: Amounts) -> None:
    """List the ways that carry something after all amounts were set at once."""
    amounts.first_way[:] = -1
    for way in range(len(amounts.need_of)):
        if amounts.flow[way] > 0:
            _list(amounts, way, True)


@njit(nogil=True)
def roll_back(amounts: Amounts, mark: int) -> None:
    """Undo what was written since the log had length `mark`."""
    count = amounts.tally
    for at in range(count[LOGGED] - 1, mark - 1, -1):
        _write(amounts, amounts.log_at[at], amounts.log_value[at])
    count[LOGGED] = mark


@njit(nogil=True)
def forget_failures(amounts: Amounts) -> None:
    """Let every place be searched again."""
    amounts.tally[AGE] += 1
    for block in range(len(amounts.served)):
        amounts.unmet_age[block] = amounts.full_age[block] = amounts.tally[AGE]
        amounts.unmet_base[block] = amounts.full_base[block] = -1


@njit(nogil=True)
def keep_failures(network: Network, amounts: Amounts) -> None:
    """Make what is proven now the base that rolling back returns to."""
    amounts.tally[AGE] += 2
    base = amounts.tally[AGE] - 1
    for place in range(len(network.block)):
        block = network.block[place]
        if amounts.no_need[place] in (amounts.unmet_age[block], amounts.unmet_base[block]):
            amounts.no_need[place] = base
        if amounts.no_room[place] in (amounts.full_age[block], amounts.full_base[block]):
            amounts.no_room[place] = base
    for block in range(len(amounts.served)):
        amounts.unmet_base[block] = amounts.unmet_kept[block] = base
        amounts.full_base[block] = amounts.full_kept[block] = base
        amounts.unmet_age[block] = amounts.full_age[block] = base + 1


@njit(nogil=True)
def return_failures(amounts: Amounts) -> None:
    """Return to the base of `keep_failures`, once all since then is rolled back."""
    amounts.tally[AGE] += 1
    for block in range(len(amounts.served)):
        amounts.unmet_age[block] = amounts.full_age[block] = amounts.tally[AGE]
        amounts.unmet_base[block] = amounts.unmet_kept[block]
        amounts.full_base[block] = amounts.full_kept[block]
