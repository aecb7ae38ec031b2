"""Where a search over openings stands, compiled: what is open, what more would add, in what order.

What a round changes is written down, so that the round can be undone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit
from siting.solvers.search.choices import (
    Choice,
    Rules,
    blocking_row,
    is_paid,
    recount_rows,
    toggle_rows,
)
from siting.solvers.search.flow_state import (
    LOGGED,
    LOGGING,
    RAN_OVER,
    Amounts,
    Network,
    forget_failures,
    list_ways,
    return_failures,
    roll_back,
)
from siting.solvers.search.flows import offer

Array = NDArray[Any]

OPEN, TOGGLED, REMEMBERED, CANDIDATES, HEAP, BLOCKED, ROUND, PROMISING = range(8)
"""Positions in `Memory.tally`."""

NOISE, SKIPPED, TEMPERATURE, PAID, SPACE = range(5)
"""Positions in `Memory.setting`: spread of keys, chance to pass over the best, temperature, part of
the price of a building that its first conversion bears, what all the room of a building costs, in
costs of a typical conversion."""

TOP = 150
"""Conversions from anywhere that every refill looks at."""

SKIPPED_SHARE = 0.01
"""Chance to pass over the best."""

LEAST = 1e-15
"""A gain below is none."""


class Town(NamedTuple):
    """What conversions offer, where they are and what they cost.

    Attributes
    ----------
    offer_start, offer_place, offer_change
        Places of `Network` at which a conversion changes what is open, and by how much.
    most
        What a conversion could add at best.
    service
        Code of what it offers, -1 for several.
    apart
        Whether its offers are in different blocks.
    building, house_start, house
        Building of each conversion and conversions of each building.
    near_start, near
        Buildings near each building, itself first.
    cost, price, space
        Share of the limits on the whole town that a conversion takes, without and for its
        building, and of the limits of its building times what a typical one takes.
    guide
        How likely each conversion is open in a good plan, 0 to 1.
    """

    offer_start: Array
    offer_place: Array
    offer_change: Array
    most: Array
    service: Array
    apart: Array
    building: Array
    house_start: Array
    house: Array
    near_start: Array
    near: Array
    cost: Array
    price: Array
    space: Array
    guide: Array


class Memory(NamedTuple):
    """What a search remembers.

    Attributes
    ----------
    known, fresh, version
        Gain of each conversion as last computed, the version of its blocks then, and theirs now.
    noise, key, state
        Of candidates: their random factor, their place in the queue, whether they are settled.
    open, open_at
        Open conversions, and the position of each among them.
    toggled, remembered, before
        What this round changed: conversions, and gains with what they were.
    candidates, met
        Conversions looked at in this round, and the last round in which each was.
    heap_key, heap, blocked
        Queue by key; conversions that some row forbids.
    top, best
        Closed conversions that promise most; the best choice so far.
    setting, tally, random
        See above; state of the random numbers.
    """

    known: Array
    fresh: Array
    version: Array
    noise: Array
    key: Array
    state: Array
    open: Array
    open_at: Array
    toggled: Array
    remembered: Array
    before: Array
    candidates: Array
    met: Array
    heap_key: Array
    heap: Array
    blocked: Array
    top: Array
    best: Array
    setting: Array
    tally: Array
    random: Array


class Search(NamedTuple):
    """A search and its state."""

    network: Network
    amounts: Amounts
    rules: Rules
    choice: Choice
    town: Town
    memory: Memory


def new_memory(network: Network, town: Town, rng: np.random.Generator) -> Memory:
    """Return the memory of a search that has not begun."""
    count = len(town.most)
    return Memory(
        known=town.most.copy(),
        fresh=np.full(count, -1, np.int64),
        version=np.zeros(len(network.value), np.int64),
        noise=np.ones(count),
        key=np.zeros(count),
        state=np.zeros(count, np.int64),
        open=np.zeros(count, np.int64),
        open_at=np.zeros(count, np.int64),
        toggled=np.zeros(8 * count + 1000, np.int64),
        remembered=np.zeros(32 * count + 1000, np.int64),
        before=np.zeros(32 * count + 1000),
        candidates=np.zeros(count, np.int64),
        met=np.zeros(count, np.int64),
        heap_key=np.zeros(8 * count + 1000),
        heap=np.zeros(8 * count + 1000, np.int64),
        blocked=np.zeros(count, np.int64),
        top=np.zeros(min(TOP, count), np.int64),
        best=np.zeros(count, np.bool_),
        setting=np.array([0.0, SKIPPED_SHARE, 0.0, 1.0, 0.0]),
        tally=np.zeros(8, np.int64),
        random=rng.integers(1, 2**63, size=1, dtype=np.uint64),
    )


@njit(nogil=True)
def chance(memory: Memory) -> float:
    """Return a number of 0 to 1 (xorshift64*, Vigna 2016, doi 10.1145/2845077)."""
    x = memory.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    memory.random[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@njit(nogil=True)
def below(memory: Memory, limit: int) -> int:
    """Return a whole number from 0 to below a limit."""
    return min(int(chance(memory) * limit), limit - 1)


@njit(nogil=True)
def value_now(search: Search) -> float:
    """Return the value of what is served."""
    total = 0.0
    for block in range(len(search.network.value)):
        total += search.network.value[block] * search.amounts.served[block]
    return total


@njit(nogil=True)
def _offers(search: Search, c: int, sign: int, trial: bool) -> float:
    """Open or close what a conversion offers and return what that adds."""
    network, town = search.network, search.town
    gain = 0.0
    for i in range(town.offer_start[c], town.offer_start[c + 1]):
        place = town.offer_place[i]
        change = sign * town.offer_change[i]
        block = network.block[place]
        gain += network.value[block] * offer(network, search.amounts, place, change, trial)
        if not trial:
            search.memory.version[block] += 1
    return gain


@njit(nogil=True)
def version_of(search: Search, c: int) -> int:
    """Return how often the blocks of a conversion have changed."""
    town, total = search.town, 0
    for i in range(town.offer_start[c], town.offer_start[c + 1]):
        total += search.memory.version[search.network.block[town.offer_place[i]]]
    return total


@njit(nogil=True)
def gain_of(search: Search, c: int) -> float:
    """Return what opening a closed conversion would add."""
    amounts = search.amounts
    logging, mark, apart = amounts.tally[LOGGING], amounts.tally[LOGGED], search.town.apart[c]
    amounts.tally[LOGGING] = 1
    if not apart:
        forget_failures(amounts)
    gain = _offers(search, c, 1, True)
    roll_back(amounts, mark)
    if not apart:
        forget_failures(amounts)
    amounts.tally[LOGGING] = logging
    return gain


@njit(nogil=True)
def toggle(search: Search, c: int) -> float:
    """Open or close a conversion and return what that adds."""
    memory, count = search.memory, search.memory.tally
    opening = not search.choice.opened[c]
    toggle_rows(search.rules, search.choice, c)
    _list_open(memory, c, opening)
    if count[TOGGLED] < len(memory.toggled):
        memory.toggled[count[TOGGLED]] = c
    count[TOGGLED] += 1
    return _offers(search, c, 1 if opening else -1, False)


@njit(nogil=True)
def _list_open(memory: Memory, c: int, opening: bool) -> None:
    """Put a conversion at the end of those that are open, or the last in its place."""
    count = memory.tally
    if opening:
        memory.open[count[OPEN]] = c
        memory.open_at[c] = count[OPEN]
        count[OPEN] += 1
        return
    count[OPEN] -= 1
    last = memory.open[count[OPEN]]
    memory.open[memory.open_at[c]] = last
    memory.open_at[last] = memory.open_at[c]


@njit(nogil=True)
def remember(search: Search, c: int, gain: float) -> None:
    """Note what a conversion would add."""
    memory, at = search.memory, search.memory.tally[REMEMBERED]
    if at < len(memory.remembered):
        memory.remembered[at] = c
        memory.before[at] = memory.known[c]
        memory.tally[REMEMBERED] = at + 1
    memory.known[c] = gain


@njit(nogil=True)
def cost_of(search: Search, c: int) -> float:
    """Return the share of the limits that opening a conversion takes."""
    cost = search.town.cost[c] + search.memory.setting[SPACE] * search.town.space[c]
    if not is_paid(search.rules, search.choice, c):
        cost += search.memory.setting[PAID] * search.town.price[c]
    return cost


@njit(nogil=True)
def push(search: Search, c: int) -> None:
    """Queue a conversion by what it adds per cost."""
    memory = search.memory
    key = memory.known[c] * memory.noise[c] / cost_of(search, c)
    memory.key[c] = key
    at = memory.tally[HEAP]
    if at >= len(memory.heap):
        return
    memory.tally[HEAP] = at + 1
    while at > 0:
        above = (at - 1) // 2
        if memory.heap_key[above] >= key:
            break
        memory.heap_key[at], memory.heap[at] = memory.heap_key[above], memory.heap[above]
        at = above
    memory.heap_key[at], memory.heap[at] = key, c


@njit(nogil=True)
def pop(memory: Memory) -> tuple[float, int]:
    """Return the best key and its conversion."""
    key, c = memory.heap_key[0], memory.heap[0]
    count = memory.tally[HEAP] - 1
    memory.tally[HEAP] = count
    last_key, last = memory.heap_key[count], memory.heap[count]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= count:
            break
        if below + 1 < count and memory.heap_key[below + 1] > memory.heap_key[below]:
            below += 1
        if memory.heap_key[below] <= last_key:
            break
        memory.heap_key[at], memory.heap[at] = memory.heap_key[below], memory.heap[below]
        at = below
    memory.heap_key[at], memory.heap[at] = last_key, last
    return key, c


@njit(nogil=True)
def consider(search: Search, c: int) -> None:
    """Make a conversion a candidate of this round."""
    memory = search.memory
    if memory.met[c] != memory.tally[ROUND]:
        memory.met[c] = memory.tally[ROUND]
        memory.state[c] = 0
        memory.candidates[memory.tally[CANDIDATES]] = c
        memory.tally[CANDIDATES] += 1


@njit(nogil=True)
def begin_round(search: Search) -> None:
    """Begin what can be undone."""
    count, amounts = search.memory.tally, search.amounts
    count[ROUND] += 1
    count[TOGGLED] = count[REMEMBERED] = count[CANDIDATES] = 0
    amounts.tally[LOGGED] = amounts.tally[RAN_OVER] = 0
    amounts.tally[LOGGING] = 1


@njit(nogil=True)
def undo_round(search: Search) -> bool:
    """Undo this round; False where its log ran over and all must be counted anew."""
    memory, count = search.memory, search.memory.tally
    if search.amounts.tally[RAN_OVER] or count[TOGGLED] > len(memory.toggled):
        return False
    for i in range(count[REMEMBERED] - 1, -1, -1):
        memory.known[memory.remembered[i]] = memory.before[i]
    for i in range(count[TOGGLED] - 1, -1, -1):
        c = memory.toggled[i]
        toggle_rows(search.rules, search.choice, c)
        _list_open(memory, c, search.choice.opened[c])
    roll_back(search.amounts, 0)
    return_failures(search.amounts)
    memory.version[:] += 1
    return True


@njit(nogil=True)
def open_all(search: Search, places: Array, changes: Array, opened: Array) -> None:
    """Open what is always open, and conversions whatever rows say."""
    search.amounts.tally[LOGGING] = 0
    list_ways(search.amounts)
    forget_failures(search.amounts)
    for i in range(len(places)):
        offer(search.network, search.amounts, places[i], changes[i], False)
    for c in opened:
        toggle(search, c)


@njit(nogil=True)
def recall(search: Search, conversions: Array) -> None:
    """Compute anew what closed conversions would add, between rounds."""
    search.amounts.tally[LOGGED] = search.amounts.tally[RAN_OVER] = 0
    for c in conversions:
        if not search.choice.opened[c] and search.rules.may_open[c]:
            search.memory.known[c] = gain_of(search, c)


@njit(nogil=True)
def look_around(search: Search, promises: Array) -> None:
    """Recount rows; write what closed conversions with room in their building add per cost."""
    recount_rows(search.rules, search.choice)
    for c in range(len(promises)):
        promises[c] = 0.0
        if search.choice.opened[c] or not search.rules.may_open[c]:
            continue
        if search.memory.known[c] > LEAST and (
            blocking_row(search.rules, search.choice, c, True) < 0
        ):
            promises[c] = search.memory.known[c] / cost_of(search, c)
