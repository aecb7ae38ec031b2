"""Good openings in seconds: guided construction, then ruin and recreate until told to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from siting.model.build import Model
from siting.solvers.control import Control
from siting.solvers.evaluation import Openings

if TYPE_CHECKING:
    from siting.solvers.search.state import Search

log = logging.getLogger(__name__)

Array = NDArray[Any]

Found = Callable[[Openings, float], None]

CONSTRUCTIONS = 6
"""Constructions of which the best is improved; the last one heeds no guide."""

CONSTRUCTION_SHARE = 0.2
"""Part of the time left that they may use."""

RECALLED = 100
"""Gains computed anew between two chunks of rounds."""

CHUNK, CHUNK_S = 50, 0.1
"""Rounds between two looks at the control where their number is given, and seconds else."""

RECALL_S = 2.0
"""Seconds that computing all gains anew may take at first."""

LEAST_GUIDE = 1e-3
"""What a relaxation must say for a conversion to count as likely at all."""

PATIENCE = 3000
"""Rounds without a better plan after which a search without a deadline ends."""

COOLING = 20_000
"""Rounds from warm to cold where there is neither a deadline nor a number of rounds."""

WARMEST = 0.01
"""Temperature at first, in gains of a typical open conversion."""

GUIDED = 0.3
"""What a relaxation must say, randomness added, for a conversion to be opened first."""


def can_search(model: Model) -> bool:
    """Whether openings alone settle the score of a model, in one tier of need served."""
    return (
        len(model.value.names) == 1
        and len(model.program.column_names) == model.decisions.count
        and len(model.decisions.conversions) > 0
        and not any(block.tied for block in model.blocks)
    )


def search_openings(
    model: Model,
    *,
    start: Openings | None,
    guide: NDArray[np.float64] | None,
    control: Control,
    rng: np.random.Generator,
    found: Found | None = None,
    rounds: int | None = None,
    enough: float = np.inf,
) -> Openings | None:
    """Return the best openings found, None where none that keep all rows were.

    Parameters
    ----------
    start
        Openings to improve; left out where they break a row.
    guide
        Values of all decision columns in a relaxation: what is likely to be open.
    control
        When to stop; without a deadline the search ends by itself, see `PATIENCE`.
    found
        Called with every better choice and its value in tier 1.
    rounds
        Most rounds of ruin and recreate, None for any number.
    enough
        Value in tier 1 at which the search ends.
    """
    began = time.monotonic()
    state = _begin(model, guide, rng)
    best = _first(state, start, guide, control, rng)
    if best is None:
        return None
    log.info("first plan: %.4f %% served, %.1f s", 100 * best[1], time.monotonic() - began)
    if found is not None:
        found(*best)
    better = _improved(state, best, control, rng, found=found, rounds=rounds, enough=enough)
    return _trimmed(state, better)


def openings_without(
    model: Model,
    start: Openings,
    left_out: Iterable[Openings],
    *,
    control: Control,
    rng: np.random.Generator,
) -> Iterator[Openings | None]:
    """Yield for each set of conversions openings that refill what a plan without it leaves.

    None where that keeps not all rows. What else is open stays: the next best thing in the place
    of the set, not another plan altogether.
    """
    from siting.solvers.search.rebuilding import build

    state = _begin(model, None, rng)
    choice, may_open = state.search.choice, state.search.rules.may_open
    before = may_open.copy()
    every = np.arange(len(start))
    for conversions in left_out:
        may_open[conversions] = False
        _set(state, start & ~conversions)
        _recall(state, control.within(RECALL_S))
        yield choice.opened.copy() if build(state.compiled, every[:0], every) else None
        may_open[:] = before


Best = tuple[Openings, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class _State:
    """A search, the same by reference, and the amounts before anything is opened."""

    model: Model
    search: Search
    compiled: Any
    base: Array


def _begin(model: Model, guide: Array | None, rng: np.random.Generator) -> _State:
    from siting.solvers.search.choices import nothing_open, rules_of
    from siting.solvers.search.flow_state import empty_amounts
    from siting.solvers.search.handles import by_reference
    from siting.solvers.search.state import Search, new_memory, open_all
    from siting.solvers.search.town import network_of, town_of

    network, supply = network_of(model)
    rules = rules_of(model)
    town = town_of(model, network, supply, rules, guide)
    search = Search(
        network=network,
        amounts=empty_amounts(network),
        rules=rules,
        choice=nothing_open(rules),
        town=town,
        memory=new_memory(network, town, rng),
    )
    compiled = by_reference(search)
    open_all(compiled, supply.fixed_place, supply.fixed, np.zeros(0, np.int64))
    return _State(model=model, search=search, compiled=compiled, base=search.amounts.all.copy())


def _set(state: _State, opened: Openings) -> float:
    """Make a choice the current one and return its value, all counted anew."""
    from siting.solvers.search.state import OPEN, open_all, value_now

    search = state.search
    search.amounts.all[:] = state.base
    search.memory.version[:] += 1
    search.memory.tally[OPEN] = 0
    for array in (search.choice.opened, search.choice.activity, search.choice.uses):
        array[:] = 0
    nothing = np.zeros(0, np.int64)
    open_all(state.compiled, nothing, nothing, np.flatnonzero(opened))
    return float(value_now(state.compiled))


def _first(
    state: _State,
    start: Openings | None,
    guide: Array | None,
    control: Control,
    rng: np.random.Generator,
) -> Best | None:
    """Return the best of the start and some constructions."""
    from siting.solvers.search.flow_state import RAN_OVER
    from siting.solvers.search.rebuilding import build
    from siting.solvers.search.state import NOISE, PAID, SPACE, value_now

    search, count = state.search, len(state.search.town.most)
    best: Best | None = None
    if start is not None and not state.model.program.broken_rows(
        state.model.decisions.points(start)
    ):
        best = start.copy(), _set(state, start)
    every = np.arange(count)
    limited = control.within(CONSTRUCTION_SHARE * control.remaining())
    for attempt in range(CONSTRUCTIONS):
        late = control.cancelled.is_set() or limited.remaining() <= 0
        if (best is not None and (late or guide is None)) or (late and attempt > 0):
            break
        _set(state, np.zeros(count, bool))
        search.memory.known[:] = search.town.most
        guided = guide is not None and attempt < CONSTRUCTIONS - 1
        search.memory.setting[[NOISE, PAID, SPACE]] = 0.0, 1.0, 0.0
        if attempt > 0 and (guided or guide is None):
            search.memory.setting[[NOISE, PAID, SPACE]] = 0.2, *rng.uniform(size=2)
        first = every[:0]
        if guide is not None and guided:
            likely = guide[:count] + GUIDED * attempt / CONSTRUCTIONS * rng.uniform(-1, 1, count)
            likely[guide[:count] <= LEAST_GUIDE] = 0.0
            first = np.argsort(-likely, kind="stable")
            first = first[likely[first] > GUIDED]
        if build(state.compiled, first, every):
            opened, value = search.choice.opened.copy(), float(value_now(state.compiled))
            if search.amounts.tally[RAN_OVER]:
                value = _set(state, opened)
            if best is None or value > best[1]:
                best = opened, value
    return best


def _improved(
    state: _State,
    best: Best,
    control: Control,
    rng: np.random.Generator,
    *,
    found: Found | None,
    rounds: int | None,
    enough: float,
) -> Openings:
    """Return the best choice that ruin and recreate come to."""
    from siting.solvers.search.rebuilding import improve
    from siting.solvers.search.state import TEMPERATURE

    search = state.search
    search.memory.best[:] = best[0]
    value = best_value = _set(state, best[0])
    _recall(state, control.within(RECALL_S))
    done = since = 0
    chunk = CHUNK if rounds is not None else 1
    deadline = control.remaining()
    warm = WARMEST * _typical(state)
    while best_value < enough and not (control.cancelled.is_set() or done == rounds):
        left = control.remaining()
        if left <= 0 or (not np.isfinite(left) and rounds is None and since >= PATIENCE):
            break
        progress = done / (rounds or COOLING)
        if np.isfinite(deadline):
            progress = max(1 - left / deadline, done / rounds if rounds else 0.0)
        search.memory.setting[TEMPERATURE] = warm * max(0.0, 1 - progress) ** 2
        _refresh(state, rng)
        asked = chunk if rounds is None else min(chunk, rounds - done)
        tick = time.monotonic()
        value, finished = improve(state.compiled, best_value, asked)
        spent = time.monotonic() - tick
        if finished < asked:
            _set(state, search.memory.best)
            finished += 1
        done += finished
        since += finished
        if value > best_value:
            best_value, since = value, 0
            if found is not None:
                found(search.memory.best.copy(), best_value)
        if rounds is None:
            chunk = max(1, min(4 * chunk, int(chunk * CHUNK_S / max(spent, 1e-4))))
    log.info("%d rounds of ruin and recreate: %.4f %% served", done, 100 * best_value)
    return search.memory.best.copy()


def _recall(state: _State, control: Control) -> None:
    """Compute anew what closed conversions would add, as far as time allows."""
    from siting.solvers.search.state import recall

    count = len(state.search.town.most)
    for start in range(0, count, CHUNK):
        if control.cancelled.is_set() or control.remaining() <= 0:
            return
        recall(state.compiled, np.arange(start, min(start + CHUNK, count)))


def _typical(state: _State) -> float:
    """Return what a typical open conversion adds."""
    known = state.search.memory.known[state.search.choice.opened]
    known = known[known > 0]
    return float(np.median(known)) if len(known) else 0.0


def _refresh(state: _State, rng: np.random.Generator) -> None:
    """Compute gains, promises and left sides of rows anew."""
    from siting.solvers.search.flow_state import RAN_OVER
    from siting.solvers.search.state import PROMISING, look_around, recall

    search, count = state.search, len(state.search.town.most)
    recall(state.compiled, rng.integers(0, count, size=min(RECALLED, count)))
    if search.amounts.tally[RAN_OVER]:
        _set(state, search.choice.opened.copy())
    promises = np.zeros(count)
    look_around(state.compiled, promises)
    top = np.argsort(-promises, kind="stable")[: len(search.memory.top)]
    search.memory.tally[PROMISING] = np.count_nonzero(promises[top] > 0)
    search.memory.top[:] = top


def _trimmed(state: _State, opened: Openings) -> Openings:
    """Return the choice without what adds nothing but costs, dearest first."""
    from siting.solvers.search.flow_state import RAN_OVER
    from siting.solvers.search.rebuilding import trim

    _set(state, opened)
    capital = state.model.decisions.capital()[: len(opened)]
    closing = np.flatnonzero(opened & (capital > 0))
    trim(state.compiled, closing[np.argsort(-capital[closing], kind="stable")])
    ran_over = state.search.amounts.tally[RAN_OVER]
    return opened if ran_over else state.search.choice.opened.copy()
