"""Ruin and recreate over openings, compiled: close a little, refill greedily, keep what is better.

After Schrimpf et al. (2000, doi 10.1006/jcph.1999.6413) and Christiaens and Vanden Berghe (2020,
doi 10.1287/trsc.2019.0914). Refilling opens what adds most per money; since what is open already
only lessens what more would add, a gain computed earlier is a bound now, and few are computed anew
(lazy greedy, Minoux 1978, doi 10.1007/BFb0006528).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.caching import njit
from siting.solvers.search.choices import blocking_row, excess, is_paid
from siting.solvers.search.flow_state import LOGGING, RAN_OVER, keep_failures
from siting.solvers.search.state import (
    BLOCKED,
    CANDIDATES,
    HEAP,
    LEAST,
    NOISE,
    OPEN,
    PAID,
    PROMISING,
    ROUND,
    SKIPPED,
    SPACE,
    TEMPERATURE,
    Memory,
    Search,
    begin_round,
    below,
    chance,
    consider,
    cost_of,
    gain_of,
    pop,
    push,
    remember,
    toggle,
    undo_round,
    value_now,
    version_of,
)

Array = NDArray[Any]

_REPAIRS = 200
"""Steps of a repair, beside one for each row that could break."""

_FORCED, _SAMPLE, _PROMISED = 12, 8, 4
"""Most closed for one conversion, and how many are looked at to find them, and to find it."""

_DROPPED = 12
"""Most conversions closed at once."""

_FORCING, _SCATTERED = 0.4, 0.2
"""Part of the rounds that make way for a conversion, and that close anywhere; the rest close
around a building."""

_LEAST_FACTOR = 0.2
"""Least random factor of what is worth making way for."""

_CLOSED = 0.7
"""Part of what is open around that building that closes."""

_NOISIEST, _HALF = 0.4, 0.5
"""Largest spread of keys, and part of the rounds with a measure of their own."""


@njit(nogil=True)
def fill(search: Search) -> None:
    """Open candidates greedily while rows allow and something is added."""
    memory, count = search.memory, search.memory.tally
    _queue_candidates(search)
    while count[HEAP] > 0:
        key, c = pop(memory)
        if key <= 0 or search.amounts.tally[RAN_OVER]:
            return
        if memory.state[c] != 0 or search.choice.opened[c] or key != memory.key[c]:
            continue
        if blocking_row(search.rules, search.choice, c, False) >= 0:
            memory.state[c] = 1
            memory.blocked[count[BLOCKED]] = c
            count[BLOCKED] += 1
        elif memory.fresh[c] != version_of(search, c):
            remember(search, c, gain_of(search, c))
            memory.fresh[c] = version_of(search, c)
            if memory.known[c] > LEAST:
                push(search, c)
        elif chance(memory) < memory.setting[SKIPPED]:
            memory.state[c] = 1
        else:
            _open_next(search, c)


@njit(nogil=True)
def _queue_candidates(search: Search) -> None:
    memory, count, noise = search.memory, search.memory.tally, search.memory.setting[NOISE]
    count[HEAP] = count[BLOCKED] = 0
    for i in range(count[CANDIDATES]):
        c = memory.candidates[i]
        if search.choice.opened[c] or not search.rules.may_open[c] or memory.known[c] <= LEAST:
            continue
        memory.noise[c] = 1.0 + noise * (2.0 * chance(memory) - 1.0 + search.town.guide[c])
        push(search, c)


@njit(nogil=True)
def _open_next(search: Search, c: int) -> None:
    """Open a conversion; what that makes cheaper, or possible, is queued again."""
    memory, town, count = search.memory, search.town, search.memory.tally
    paid = is_paid(search.rules, search.choice, c)
    toggle(search, c)
    if not paid:
        house = town.building[c]
        for i in range(town.house_start[house], town.house_start[house + 1]):
            other = town.house[i]
            if memory.met[other] == count[ROUND] and memory.state[other] == 0:
                push(search, other)
    if search.rules.enables[c]:
        for i in range(count[BLOCKED]):
            memory.state[memory.blocked[i]] = 0
            push(search, memory.blocked[i])
        count[BLOCKED] = 0


@njit(nogil=True)
def drop(search: Search, c: int) -> None:
    """Close a conversion and make all that is near it a candidate, with bounds on its gain."""
    memory, town = search.memory, search.town
    loss = -toggle(search, c)
    house, service = town.building[c], town.service[c]
    for i in range(town.near_start[house], town.near_start[house + 1]):
        near = town.near[i]
        for k in range(town.house_start[near], town.house_start[near + 1]):
            other = town.house[k]
            consider(search, other)
            alike = service < 0 or town.service[other] < 0 or town.service[other] == service
            if alike and other != c and loss > 0 and not search.choice.opened[other]:
                bound = min(town.most[other], memory.known[other] + loss)
                remember(search, other, bound)
    remember(search, c, max(loss, 0.0))


@njit(nogil=True)
def broken_row(search: Search) -> int:
    """Return a row that does not hold, -1 for none."""
    for row in search.rules.delicate:
        if excess(search.rules, search.choice, row) > 0:
            return int(row)
    return -1


@njit(nogil=True)
def repair(search: Search) -> bool:
    """Open or close what broken rows ask for, and return whether all hold."""
    for _ in range(_REPAIRS + len(search.rules.delicate)):
        row = broken_row(search)
        if row < 0:
            return True
        c = _remedy(search, row)
        if c < 0:
            return False
        if search.choice.opened[c]:
            drop(search, c)
        else:
            toggle(search, c)
    return False


@njit(nogil=True)
def _remedy(search: Search, row: int) -> int:
    """Return a conversion that a broken row wants open, or closed, -1 for none."""
    rules, choice, memory = search.rules, search.choice, search.memory
    too_little = choice.activity[row] < rules.lower[row]
    best, best_score = -1, -1.0
    by_gain = chance(memory) < _HALF
    for i in range(rules.row_start[row], rules.row_start[row + 1]):
        c = rules.row_column[i]
        if c >= len(choice.opened):
            continue
        opens = (rules.row_factor[i] > 0) == too_little
        may = rules.may_open[c] if opens else rules.may_close[c]
        if opens == choice.opened[c] or not may:
            continue
        score = chance(memory)
        if opens:
            worth = max(memory.known[c], LEAST) if by_gain else 1.0
            score *= worth / cost_of(search, c)
        if score > best_score and blocking_row(rules, choice, c, False) < 0:
            best, best_score = c, score
    return best


@njit(nogil=True)
def _force(search: Search, c: int) -> None:
    """Open a conversion; what is in its way is closed."""
    rules, choice = search.rules, search.choice
    for _ in range(_FORCED):
        row = blocking_row(rules, choice, c, False)
        if row < 0:
            toggle(search, c)
            return
        other = _in_the_way(search, row)
        if other < 0:
            return
        drop(search, other)


@njit(nogil=True)
def _in_the_way(search: Search, row: int) -> int:
    """Return an open conversion that takes of a row and is worth little, -1 for none."""
    rules, memory, count = search.rules, search.memory, search.memory.tally
    start, local = rules.row_start[row], rules.local[row]
    best, best_score = -1, np.inf
    for i in range(rules.row_start[row + 1] - start if local else min(_SAMPLE, count[OPEN])):
        c = rules.row_column[start + i] if local else memory.open[below(memory, count[OPEN])]
        if c < len(rules.group) and search.choice.opened[c] and rules.may_close[c]:
            score = memory.known[c] / search.town.cost[c] * (_HALF + chance(memory))
            if score < best_score:
                best, best_score = c, score
    return best


@njit(nogil=True)
def _ruin(search: Search) -> None:
    """Close some conversions: in the way of a promising one, anywhere, or around a building."""
    memory, count = search.memory, search.memory.tally
    way = chance(memory)
    wanted = 1 + below(memory, _DROPPED)
    if way < _FORCING and count[PROMISING] > 0:
        c = _wanted(search, way < _FORCING / 2)
        if c >= 0:
            _force(search, c)
    elif way < _FORCING + _SCATTERED:
        for _ in range(min(wanted, count[OPEN])):
            c = memory.open[below(memory, count[OPEN])]
            if search.rules.may_close[c]:
                drop(search, c)
    elif count[OPEN] > 0:
        _close_around(search, search.town.building[memory.open[below(memory, count[OPEN])]], wanted)


@njit(nogil=True)
def _wanted(search: Search, promising: bool) -> int:
    """Return a closed conversion worth making way for, -1 for none."""
    memory, rules = search.memory, search.rules
    best, best_score = -1, 0.0
    for _ in range(_PROMISED):
        if promising:
            c = memory.top[below(memory, memory.tally[PROMISING])]
        else:
            c = below(memory, len(rules.group))
        if rules.may_open[c] and not search.choice.opened[c]:
            score = memory.known[c] / cost_of(search, c) * (_LEAST_FACTOR + chance(memory))
            if score > best_score:
                best, best_score = c, score
    return best


@njit(nogil=True)
def _close_around(search: Search, house: int, wanted: int) -> None:
    memory, town = search.memory, search.town
    for i in range(town.near_start[house], town.near_start[house + 1]):
        near = town.near[i]
        for k in range(town.house_start[near], town.house_start[near + 1]):
            c = town.house[k]
            if search.choice.opened[c] and search.rules.may_close[c] and chance(memory) < _CLOSED:
                drop(search, c)
                wanted -= 1
        if wanted <= 0:
            return


@njit(nogil=True)
def _vary(memory: Memory) -> None:
    """Draw the measure by which this round refills."""
    setting = memory.setting
    setting[NOISE] = _NOISIEST * chance(memory)
    setting[PAID] = 1.0 if chance(memory) < _HALF else chance(memory)
    setting[SPACE] = 0.0 if chance(memory) < _HALF else chance(memory)


@njit(nogil=True)
def improve(search: Search, best: float, rounds: int) -> tuple[float, int]:
    """Ruin and recreate so often and return the best value, and the rounds done.

    Fewer are done where the log of a round ran over: the caller then counts anew. `Memory.best`
    is what `best` stands for.
    """
    memory = search.memory
    current = value_now(search)
    keep_failures(search.network, search.amounts)
    for done in range(rounds):
        begin_round(search)
        _vary(memory)
        _ruin(search)
        for i in range(memory.tally[PROMISING]):
            consider(search, memory.top[i])
        kept = broken_row(search) < 0 or repair(search)
        if kept:
            fill(search)
            kept = broken_row(search) < 0
        value = value_now(search)
        room = -memory.setting[TEMPERATURE] * np.log(1.0 - chance(memory))
        if search.amounts.tally[RAN_OVER]:
            return best, done
        if not kept or value < current - room:
            if not undo_round(search):
                return best, done
            continue
        current = value
        keep_failures(search.network, search.amounts)
        if value > best:
            best = value
            memory.best[:] = search.choice.opened
    return best, rounds


@njit(nogil=True)
def build(search: Search, first: Array, candidates: Array) -> bool:
    """Open what fits of `first` in its order, then candidates greedily; whether all rows hold."""
    begin_round(search)
    search.amounts.tally[LOGGING] = 0
    for c in first:
        if search.choice.opened[c] or not search.rules.may_open[c]:
            continue
        if blocking_row(search.rules, search.choice, c, False) < 0:
            toggle(search, c)
    for c in candidates:
        consider(search, c)
    kept = repair(search)
    fill(search)
    return kept and broken_row(search) < 0


@njit(nogil=True)
def trim(search: Search, order: Array) -> None:
    """Close what adds nothing, in an order, where rows allow."""
    keep_failures(search.network, search.amounts)
    for c in order:
        if not search.choice.opened[c] or not search.rules.may_close[c]:
            continue
        if blocking_row(search.rules, search.choice, c, False) >= 0:
            continue
        begin_round(search)
        before = value_now(search)
        toggle(search, c)
        if search.amounts.tally[RAN_OVER]:
            return
        if value_now(search) >= before - LEAST:
            keep_failures(search.network, search.amounts)
        elif not undo_round(search):
            return
