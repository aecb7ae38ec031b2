"""Linear programs solved in fractions; every answer is proven by its dual before it is given."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Numbers = Sequence[Fraction]

ZERO = Fraction(0)


def maximise(goal: Numbers, rows: Sequence[Numbers], limits: Numbers) -> Fraction | None:
    """The most of ``goal @ x`` where ``rows @ x <= limits`` and ``x >= 0``; None where nothing is.

    A dictionary simplex with Bland's rule, which always ends. Exact because numbers are fractions,
    and certain because the answer carries its proof: a point that keeps all rows and prices of the
    rows under which no point is worth more, or prices that no point can pay.

    Raises
    ------
    ValueError
        When there is no end to what ``goal @ x`` can be.
    """
    size, count = len(goal), len(rows)
    # Columns: x, slacks, one artificial, right-hand side.
    table = [
        [*row, *(Fraction(i == j) for j in range(count)), Fraction(-1), limit]
        for i, (row, limit) in enumerate(zip(rows, limits, strict=True))
    ]
    basis = list(range(size, size + count))
    artificial = size + count
    if any(limit < 0 for limit in limits):
        worst = min(range(count), key=lambda i: limits[i])
        _pivot(table, basis, worst, artificial)
        away = _climb(table, basis, _column(artificial, artificial, Fraction(-1)))
        if away[-1] < 0:
            prices = away[size:artificial]
            _prove(all(price >= 0 for price in prices))
            _prove(_worth(prices, limits) < 0)
            _prove(all(_worth(prices, [row[j] for row in rows]) >= 0 for j in range(size)))
            return None
        if artificial in basis:
            place = basis.index(artificial)
            _pivot(table, basis, place, next(j for j in range(artificial) if table[place][j]))
    for row in table:
        row[artificial] = ZERO
    final = _climb(table, basis, [*goal, *([ZERO] * (count + 1))])
    point = [ZERO] * (size + count + 1)
    for place, column in enumerate(basis):
        point[column] = table[place][-1]
    prices = final[size:artificial]
    _prove(all(value >= 0 for value in (*point, *prices)))
    _prove(all(_worth(row, point[:size]) <= b for row, b in zip(rows, limits, strict=True)))
    for j in range(size):
        _prove(_worth(prices, [row[j] for row in rows]) >= goal[j])
    _prove(_worth(goal, point[:size]) == _worth(prices, limits) == final[-1])
    return final[-1]


def _climb(table: list[list[Fraction]], basis: list[int], goal: Numbers) -> list[Fraction]:
    """Pivot to the best point; return what is missing by column, and the value at the end."""
    while True:
        missing = [-worth for worth in (*goal, ZERO)]
        for place, column in enumerate(basis):
            if goal[column]:
                missing = [m + goal[column] * t for m, t in zip(missing, table[place], strict=True)]
        enters = next((j for j, m in enumerate(missing[:-1]) if m < 0), None)
        if enters is None:
            return missing
        steps = [
            (row[-1] / row[enters], basis[i], i) for i, row in enumerate(table) if row[enters] > 0
        ]
        if not steps:
            raise ValueError("no end to the goal")
        _pivot(table, basis, min(steps)[2], enters)


def _pivot(table: list[list[Fraction]], basis: list[int], place: int, column: int) -> None:
    by = table[place][column]
    table[place] = own = [value / by for value in table[place]]
    for i, row in enumerate(table):
        if i != place and row[column]:
            times = row[column]
            table[i] = [a - times * b if b else a for a, b in zip(row, own, strict=True)]
    basis[place] = column


def _column(at: int, count: int, value: Fraction) -> list[Fraction]:
    return [value if j == at else ZERO for j in range(count + 1)]


def _worth(a: Numbers, b: Numbers) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True) if x and y), ZERO)


def _prove(holds: bool) -> None:
    if not holds:
        raise AssertionError("the simplex has lost its proof")
