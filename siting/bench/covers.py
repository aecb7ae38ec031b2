"""Maximal covering measured: by this project, by HiGHS alone and by spopt."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.bench.case import Measured
from siting.model.program import Objective, Program
from siting.solution import PROVEN_GAP, relative_gap
from siting.solvers.control import Control
from siting.solvers.covering.cover import Cover
from siting.solvers.engines import engine_named


def solved_here(cover: Cover, *, p: int, began: float, limit_s: float) -> Measured:
    """Return what `maximal_cover` proves; seconds count from `began`, when merging started."""
    from siting.solvers.covering.maximal import maximal_cover

    merged = time.monotonic()
    found = maximal_cover(
        cover,
        site_cost=np.ones(cover.sites),
        budget=float(p),
        gap=0.0,
        control=Control(deadline=began + limit_s),
    )
    seconds = time.monotonic() - began
    more = {"merge_s": merged - began, "classes": cover.classes, "columns": cover.sites}
    if found.chosen is None:
        return Measured(ended="none", bound=found.bound, proof_s=seconds, more=more)
    return _measured(cover.covered(found.chosen), found.bound, seconds, more)


def solved_by_highs(
    covers: NDArray[np.bool_], weight: NDArray[Any], *, p: int, limit_s: float
) -> Measured:
    """Return what HiGHS makes of the whole model: a column and a row for each customer.

    Parameters
    ----------
    covers
        Whether site j covers customer i, shape (customers, sites).
    """
    began = time.monotonic()
    program = _unreduced(covers, weight, p)
    outcome = engine_named("highs")(
        program,
        program.tiers[0],
        gap=0.0,
        start=None,
        control=Control(deadline=began + limit_s),
    )
    seconds = time.monotonic() - began
    if outcome.point is None:
        return Measured(ended="none", bound=outcome.bound, proof_s=seconds)
    chosen = outcome.point[: covers.shape[1]] > 1 / 2
    rows, columns, _ = program.size
    value = float(weight[covers[:, chosen].any(axis=1)].sum())
    return _measured(value, outcome.bound, seconds, {"rows": rows, "columns": columns})


def _unreduced(covers: NDArray[np.bool_], weight: NDArray[Any], p: int) -> Program:
    r"""Return :math:`\max \sum w_i z_i, z_i \le \sum_{j \in N(i)} y_j, \sum y_j \le p`."""
    customers, sites = covers.shape
    served = sparse.hstack([-sparse.csr_array(covers, dtype=float), sparse.eye_array(customers)])
    chosen = sparse.csr_array(np.append(np.ones(sites), np.zeros(customers))[None, :])
    return Program(
        column_names=tuple(f"y{j}" for j in range(sites))
        + tuple(f"z{i}" for i in range(customers)),
        lower=np.zeros(sites + customers),
        upper=np.ones(sites + customers),
        integer=np.append(np.ones(sites, bool), np.zeros(customers, bool)),
        grid=np.ones(sites + customers),
        row_names=(*(f"cover{i}" for i in range(customers)), "budget"),
        row_lower=np.full(customers + 1, -np.inf),
        row_upper=np.append(np.zeros(customers), p),
        matrix=sparse.csr_array(sparse.vstack([served, chosen])),
        tiers=(
            Objective(
                name="covered",
                coefficients=np.append(np.zeros(sites), weight.astype(float)),
                maximise=True,
            ),
        ),
    )


def solved_by_spopt(
    distance: NDArray[np.float64],
    weight: NDArray[Any],
    radius: float,
    *,
    p: int,
    solver: str,
    limit_s: float,
) -> Measured:
    """Return what spopt makes of it, which states no bound.

    Its word that a plan is optimal is taken only where the solver ended before its limit.
    """
    try:
        import pulp  # spopt is handed a solver of PuLP's
        from spopt.locate import MCLP
    except ImportError:
        return Measured(ended="not run", why="spopt is not installed")
    began = time.monotonic()
    problem = MCLP.from_cost_matrix(distance, weight.astype(float), radius, p)
    built = time.monotonic()
    left_s = max(1.0, limit_s - (built - began))
    problem.solve(
        pulp.getSolver(solver, msg=False, timeLimit=left_s, gapRel=PROVEN_GAP), results=False
    )
    done = time.monotonic()
    chosen = np.array([variable.value() > 1 / 2 for variable in problem.fac_vars])
    value = float(weight[(distance[:, chosen] <= radius).any(axis=1)].sum())
    bound = value if done - began < limit_s else None
    return _measured(value, bound, done - began, {"build_s": built - began})


def _measured(value: float, bound: float | None, seconds: float, more: dict[str, Any]) -> Measured:
    gap = relative_gap(value, bound)
    return Measured(
        ended="optimal" if gap is not None and gap <= PROVEN_GAP else "feasible",
        objective=value,
        bound=bound,
        gap=gap,
        gap_of_gain=gap,
        proof_s=seconds,
        more=more,
    )
