"""Which conversions may be opened or closed next: rows of rules kept up to date, compiled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.caching import njit
from siting.model.build import Model

Array = NDArray[Any]

ROOM = 1e-9
"""What rounding may add to a row, relative above 1."""


class Rules(NamedTuple):
    """Rows over conversions and purchases, by column and by row.

    Attributes
    ----------
    column_start, column_row, column_factor
        Rows of each column.
    row_start, row_column, row_factor
        Columns of each row.
    lower, upper, room
        Limits of each row and what rounding may add.
    local
        Whether a row speaks of one building only.
    delicate
        Rows that closing a conversion could break.
    may_open, may_close
        What may change, by conversion.
    enables
        Whether opening a conversion can make room for another one.
    group, slot
        By conversion: the building and way that are paid, -1 for none, and the purchase of the
        year.
    group_start
        Purchases of each group, by year.
    """

    column_start: Array
    column_row: Array
    column_factor: Array
    row_start: Array
    row_column: Array
    row_factor: Array
    lower: Array
    upper: Array
    room: Array
    local: Array
    delicate: Array
    may_open: Array
    may_close: Array
    enables: Array
    group: Array
    slot: Array
    group_start: Array


class Choice(NamedTuple):
    """What is open now.

    Attributes
    ----------
    opened
        By conversion.
    activity
        Left side of each row.
    uses
        By purchase: open conversions that begin then.
    change, touched
        Scratch of a question.
    """

    opened: Array
    activity: Array
    uses: Array
    change: Array
    touched: Array


def rules_of(model: Model) -> Rules:
    """Return the rows of a model over its decisions."""
    program, decisions = model.program, model.decisions
    count = len(decisions.conversions)
    by_row = sparse.csr_array(program.matrix)
    by_column = sparse.csc_array(program.matrix)
    owner = np.repeat(np.arange(by_row.shape[0]), np.diff(by_row.indptr))
    is_conversion = by_row.indices < count
    own, lifts = is_conversion, by_row.data > 0
    # A row is local where all its columns are of one building.
    house = np.append(decisions.conversions["building"], decisions.purchases["building"])
    at = house.astype(np.int64)[by_row.indices]
    least = np.full(by_row.shape[0], np.iinfo(np.int64).max)
    most = np.full(by_row.shape[0], -1)
    np.minimum.at(least, owner, at)
    np.maximum.at(most, owner, at)
    relieved = np.zeros(by_row.shape[0], bool)
    relieved[owner[own & ~lifts & np.isfinite(program.row_upper[owner])]] = True
    relieved[owner[own & lifts & np.isfinite(program.row_lower[owner])]] = True
    enables = np.zeros(count, bool)
    enables[by_row.indices[own & relieved[owner]]] = True
    group, slot, group_start = _purchases(model)
    limit = np.maximum(
        np.where(np.isfinite(program.row_lower), np.abs(program.row_lower), 0),
        np.where(np.isfinite(program.row_upper), np.abs(program.row_upper), 0),
    )
    return Rules(
        column_start=by_column.indptr.astype(np.int64),
        column_row=by_column.indices.astype(np.int64),
        column_factor=by_column.data.astype(np.float64),
        row_start=by_row.indptr.astype(np.int64),
        row_column=by_row.indices.astype(np.int64),
        row_factor=by_row.data.astype(np.float64),
        lower=program.row_lower.astype(np.float64),
        upper=program.row_upper.astype(np.float64),
        room=ROOM * np.maximum(1.0, limit),
        local=least == most,
        delicate=np.flatnonzero(relieved | np.isfinite(program.row_lower)),
        may_open=program.upper[:count] > 0,
        may_close=program.lower[:count] <= 0,
        enables=enables,
        group=group,
        slot=slot,
        group_start=group_start,
    )


def _purchases(model: Model) -> tuple[Array, Array, Array]:
    """Return group and slot of each conversion and the first purchase of each group."""
    decisions = model.decisions
    bought = decisions.purchases
    keys = list(zip(bought["building"], bought["mode"], strict=True))
    first: dict[tuple[int, str], int] = {}
    slots: dict[tuple[int, str, int], int] = {}
    for position, (key, year) in enumerate(zip(keys, bought["year"], strict=True)):
        first.setdefault(key, position)
        slots[*key, int(year)] = position
    number = {key: i for i, key in enumerate(first)}
    group = np.full(len(decisions.conversions), -1, np.int64)
    slot = np.full(len(decisions.conversions), -1, np.int64)
    named = decisions.conversions[["building", "mode", "year"]]
    for c, (building, mode, year) in enumerate(named.itertuples(index=False)):
        if decisions.is_new[c] and (building, mode) in number:
            group[c] = number[building, mode]
            slot[c] = slots[building, mode, int(year)]
    return group, slot, np.array([*first.values(), len(bought)], np.int64)


def nothing_open(rules: Rules) -> Choice:
    """Return a choice of no conversions."""
    rows, count = len(rules.lower), len(rules.group)
    return Choice(
        opened=np.zeros(count, np.bool_),
        activity=np.zeros(rows),
        uses=np.zeros(len(rules.column_start) - 1 - count, np.int64),
        change=np.zeros(rows),
        touched=np.zeros(3 * rows + 1, np.int64),
    )


@njit(nogil=True)
def toggle_rows(rules: Rules, choice: Choice, c: int) -> None:
    """Open a conversion that is closed or close one that is open."""
    opening = not choice.opened[c]
    before = _bought(rules, choice, c)
    choice.opened[c] = opening
    if rules.group[c] >= 0:
        choice.uses[rules.slot[c]] += 1 if opening else -1
    after = _bought(rules, choice, c)
    _move(rules, choice, c, 1.0 if opening else -1.0)
    if before != after:
        count = len(rules.group)
        if before >= 0:
            _move(rules, choice, count + before, -1.0)
        if after >= 0:
            _move(rules, choice, count + after, 1.0)


@njit(nogil=True)
def _move(rules: Rules, choice: Choice, column: int, sign: float) -> None:
    for i in range(rules.column_start[column], rules.column_start[column + 1]):
        choice.activity[rules.column_row[i]] += sign * rules.column_factor[i]


@njit(nogil=True)
def recount_rows(rules: Rules, choice: Choice) -> None:
    """Compute the left sides of all rows anew, so that rounding does not add up."""
    choice.activity[:] = 0.0
    for c in range(len(choice.opened)):
        if choice.opened[c]:
            _move(rules, choice, c, 1.0)
    for group in range(len(rules.group_start) - 1):
        for slot in range(rules.group_start[group], rules.group_start[group + 1]):
            if choice.uses[slot] > 0:
                _move(rules, choice, len(rules.group) + slot, 1.0)
                break


@njit(nogil=True)
def _bought(rules: Rules, choice: Choice, c: int) -> int:
    """Return the purchase made for the building and way of a conversion, -1 for none."""
    group = rules.group[c]
    if group < 0:
        return -1
    for slot in range(rules.group_start[group], rules.group_start[group + 1]):
        if choice.uses[slot] > 0:
            return slot
    return -1


@njit(nogil=True)
def is_paid(rules: Rules, choice: Choice, c: int) -> bool:
    """Whether nothing more is paid for the building of a conversion."""
    return rules.group[c] < 0 or _bought(rules, choice, c) >= 0


@njit(nogil=True)
def excess(rules: Rules, choice: Choice, row: int) -> float:
    """Return by how much a row is broken, 0 for kept."""
    over = max(choice.activity[row] - rules.upper[row], rules.lower[row] - choice.activity[row])
    return over if over > rules.room[row] else 0.0


@njit(nogil=True)
def blocking_row(rules: Rules, choice: Choice, c: int, local_only: bool) -> int:
    """Return a row that toggling a conversion would break, or break further; -1 for none."""
    opening = not choice.opened[c]
    touched = _ask(rules, choice, c, 1.0 if opening else -1.0, 0)
    if rules.group[c] >= 0:
        count, slot = len(rules.group), rules.slot[c]
        before = _bought(rules, choice, c)
        choice.uses[slot] += 1 if opening else -1
        after = _bought(rules, choice, c)
        choice.uses[slot] -= 1 if opening else -1
        if before != after:
            if before >= 0:
                touched = _ask(rules, choice, count + before, -1.0, touched)
            if after >= 0:
                touched = _ask(rules, choice, count + after, 1.0, touched)
    blocking = -1
    for i in range(touched):
        row = choice.touched[i]
        change = choice.change[row]
        if blocking < 0 and change != 0.0 and not (local_only and not rules.local[row]):
            new = choice.activity[row] + change
            over = (change > 0 and new > rules.upper[row] + rules.room[row]) or (
                change < 0 and new < rules.lower[row] - rules.room[row]
            )
            if over:
                blocking = row
        choice.change[row] = 0.0
    return blocking


@njit(nogil=True)
def _ask(rules: Rules, choice: Choice, column: int, sign: float, touched: int) -> int:
    for i in range(rules.column_start[column], rules.column_start[column + 1]):
        row = rules.column_row[i]
        choice.touched[touched] = row
        touched += 1
        choice.change[row] += sign * rules.column_factor[i]
    return touched
