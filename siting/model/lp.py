"""A program as an LP file that a person can read: names are rules and places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from siting.model.program import Objective, Program

_TERMS_PER_LINE = 6


def write_lp(program: Program, path: Path, *, tier: int = 0) -> None:
    """Write a program with the objective of one tier in CPLEX LP format, UTF-8."""
    path.write_text("\n".join(_lines(program, program.tiers[tier])) + "\n", encoding="utf-8")


def lp_names(names: tuple[str, ...]) -> list[str]:
    """Return names that LP files allow: brackets become parentheses, other signs ``_``.

    Names that would then be equal get their position as an ending.
    """
    plain = [re.sub(r"[^A-Za-z0-9_.,()]", "_", n.translate(_BRACKETS)) for n in names]
    seen: set[str] = set()
    unique = []
    for position, name in enumerate(plain):
        free = name if name not in seen else f"{name}_{position}"
        seen.add(free)
        unique.append(free)
    return unique


_BRACKETS = str.maketrans("[]", "()")


def _lines(program: Program, objective: Objective) -> Iterator[str]:
    names = lp_names(program.column_names)
    yield f"\\ tier {objective.name}, in 1/{objective.scale:g}"
    yield "Maximize" if objective.maximise else "Minimize"
    used = np.flatnonzero(objective.coefficients)
    yield from _expression(" obj:", used, objective.coefficients[used], names)
    yield "Subject To"
    rows = lp_names(program.row_names)
    matrix = program.matrix
    for i, row in enumerate(rows):
        span = slice(matrix.indptr[i], matrix.indptr[i + 1])
        columns, coefficients = matrix.indices[span], matrix.data[span]
        low, high = program.row_lower[i], program.row_upper[i]
        sides = [("=", low)] if low == high else [(">=", low), ("<=", high)]
        for sign, side in sides:
            if np.isfinite(side):
                yield from _expression(f" {row}:", columns, coefficients, names)
                yield f"  {sign} {side:.15g}"
    yield "Bounds"
    for name, low, high in zip(names, program.lower, program.upper, strict=True):
        yield f" {low:.15g} <= {name} <= {high:.15g}"
    yield "Generals"
    yield from (f" {name}" for name, whole in zip(names, program.integer, strict=True) if whole)
    yield "End"


def _expression(
    head: str, columns: Iterable[int], coefficients: Iterable[float], names: list[str]
) -> Iterator[str]:
    terms = [
        f"{'-' if c < 0 else '+'} {abs(c):.15g} {names[j]}"
        for j, c in zip(columns, coefficients, strict=True)
    ] or [f"+ 0 {names[0]}"]
    yield f"{head} {' '.join(terms[:_TERMS_PER_LINE])}"
    for start in range(_TERMS_PER_LINE, len(terms), _TERMS_PER_LINE):
        yield f"  {' '.join(terms[start : start + _TERMS_PER_LINE])}"
