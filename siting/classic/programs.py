"""Blocks of columns and rows, put together to a `Program`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.classic.problem import Floats, Problem
from siting.errors import Finding, InstanceError
from siting.model.program import Objective, Program

_LEAST, _MOST = 1e-3, 1e6
"""Coefficients of an objective outside of this range are scaled, by a power of two."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """Columns of one kind between 0 and 1.

    Attributes
    ----------
    worth
        What one unit adds to the objective, shape (n,).
    integer
        Whether they are yes or no.
    fixed
        Those that are 1, shape (n,); None for none.
    """

    names: Sequence[str]
    worth: Floats
    integer: bool = True
    fixed: NDArray[np.bool_] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Rows of one kind: ``lower <= matrix @ columns <= upper``."""

    names: Sequence[str]
    matrix: sparse.csr_array
    lower: Floats
    upper: Floats


def site_columns(problem: Problem, worth: Floats) -> Columns:
    """Return one yes/no column per site, 1 for those that are existing or required."""
    sites = problem.sites
    names = [f"open[{name}]" for name in sites.ids]
    return Columns(names=names, worth=worth, fixed=sites.existing | sites.required)


def entries(
    values: Floats, rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]
) -> sparse.csr_array:
    """Return a matrix from its entries."""
    return sparse.csr_array((values, (rows, columns)), shape=shape)


def one_row(name: str, values: Floats, *, lower: float = -np.inf, upper: float = np.inf) -> Rows:
    """Return one row over the first columns."""
    matrix = sparse.csr_array(values.reshape(1, -1))
    return Rows(names=[name], matrix=matrix, lower=np.array([lower]), upper=np.array([upper]))


def choice_rows(
    problem: Problem, p: int | None, budget: float | None, *, exactly: bool = False
) -> list[Rows]:
    """Return how many sites may be chosen, and for how much.

    ``sum of new y = p`` (``<= p`` beside a budget unless `exactly`) and ``sum of price y <=
    budget``; existing sites count in neither.
    """
    new = ~problem.sites.existing
    rows = []
    if p is not None:
        least = float(p) if budget is None or exactly else -np.inf
        rows.append(one_row("number", new.astype(float), lower=least, upper=float(p)))
    if budget is not None:
        rows.append(one_row("budget", problem.sites.charge, upper=budget))
    return rows


def program_of(
    columns: Iterable[Columns], rows: Iterable[Rows], name: str, *, maximise: bool
) -> Program:
    """Return a program; rows narrower than it have no entry in the last columns."""
    columns, rows = list(columns), list(rows)
    names = tuple(name for block in columns for name in block.names)
    worth = np.concatenate([block.worth for block in columns])
    lower = np.concatenate(
        [
            np.zeros(len(block.names)) if block.fixed is None else block.fixed.astype(float)
            for block in columns
        ]
    )
    integer = np.concatenate([np.full(len(block.names), block.integer) for block in columns])
    wide = [
        sparse.csr_array(
            (block.matrix.data, block.matrix.indices, block.matrix.indptr),
            shape=(block.matrix.shape[0], len(names)),
        )
        for block in rows
    ]
    matrix = sparse.vstack(wide) if wide else sparse.csr_array((0, len(names)))
    scale = scale_of(worth)
    return Program(
        column_names=names,
        lower=lower,
        upper=np.ones(len(names)),
        integer=integer,
        grid=np.ones(len(names)),
        row_names=tuple(name for block in rows for name in block.names),
        row_lower=np.concatenate([np.empty(0), *(block.lower for block in rows)]),
        row_upper=np.concatenate([np.empty(0), *(block.upper for block in rows)]),
        matrix=sparse.csr_array(matrix),
        tiers=(Objective(name=name, coefficients=worth * scale, maximise=maximise, scale=scale),),
    )


def scale_of(worth: Floats) -> float:
    """Return the power of two that brings the largest coefficient near 1000, or 1."""
    most = float(np.abs(worth).max(initial=0.0))
    if most == 0 or _LEAST <= most <= _MOST:
        return 1.0
    return float(2.0 ** np.round(np.log2(1000 / most)))


def check_size(problem: Problem, p: int | None, budget: float | None) -> None:
    """Make sure that it is said how much may be chosen, and soundly.

    Raises
    ------
    InstanceError
        When it is not.
    """
    findings = []
    if p is None and budget is None:
        rule = "must say how many sites to choose"
        findings.append(Finding(place="-p", rule=rule, remedy="give -p, or --budget with costs"))
    if p is not None and p < 0:
        findings.append(Finding(place="-p", value=str(p), rule="must be >= 0"))
    if budget is not None and budget < 0:
        findings.append(Finding(place="--budget", value=f"{budget:g}", rule="must be >= 0"))
    if budget is not None and not problem.sites.priced:
        rule, remedy = "needs what the sites cost", "add the column cost to the sites"
        findings.append(Finding(place="--budget", rule=rule, remedy=remedy))
    if findings:
        raise InstanceError(problem.name, findings)


def too_few(problem: Problem, p: int | None, budget: float | None) -> list[Finding]:
    """Return why no choice of sites at all can keep number and budget."""
    sites, reasons = problem.sites, []
    required, open_to_choice = int(sites.required.sum()), int((~sites.existing).sum())
    if p is not None and required > p:
        rule = f"{required} sites are required"
        reasons.append(Finding(place="-p", value=str(p), rule=rule, remedy=f"ask for {required}"))
    if p is not None and budget is None and open_to_choice < p:
        rule = f"only {open_to_choice} sites may be chosen"
        reasons.append(
            Finding(place="-p", value=str(p), rule=rule, remedy=f"ask for {open_to_choice}")
        )
    price = float(sites.price[sites.required].sum())
    if budget is not None and price > budget:
        rule = f"the required sites cost {price:g}"
        reasons.append(Finding(place="--budget", value=f"{budget:g}", rule=rule))
    return reasons
