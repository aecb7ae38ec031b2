"""Maximal covering as a program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.model.program import Objective, Program
from siting.solvers.covering.reductions import Covering

Triples = NDArray[np.int32]


def program_of(covering: Covering) -> tuple[Program, Objective]:
    r"""Return the program: sites first (yes or no), then how far each class is covered.

    .. math:: z_i \le \sum_{j \in N(i)} y_j, \quad \sum_j c_j y_j \le B, \quad 0 \le z \le 1
    """
    sites, classes = covering.sites, covering.classes
    needs: Any = [
        [-covering.matrix(), sparse.eye_array(classes)],
        [sparse.csr_array(covering.cost[None, :]), None],
    ]
    program = Program(
        column_names=(*(f"y{j}" for j in range(sites)), *(f"z{i}" for i in range(classes))),
        lower=np.zeros(sites + classes),
        upper=np.ones(sites + classes),
        integer=np.arange(sites + classes) < sites,
        grid=np.ones(sites + classes),
        row_names=(*(f"covered{i}" for i in range(classes)), "budget"),
        row_lower=np.full(classes + 1, -np.inf),
        row_upper=np.append(np.zeros(classes), covering.budget),
        matrix=sparse.csr_array(sparse.block_array(needs)),
    )
    worth = np.concatenate([covering.own, covering.weight]).astype(np.float64)
    return program, Objective(name="covered", coefficients=worth, maximise=True)


def with_cuts(program: Program, triples: Triples, covering: Covering) -> Program:
    """Return the program with the cuts of triples of classes as rows."""
    return replace(
        program,
        row_names=(*program.row_names, *(f"cut{k}" for k in range(len(triples)))),
        row_lower=np.append(program.row_lower, np.full(len(triples), -np.inf)),
        row_upper=np.append(program.row_upper, np.ones(len(triples))),
        matrix=sparse.csr_array(
            sparse.vstack([program.matrix, cut_rows(triples, covering.matrix())])
        ),
    )


def cut_rows(triples: Triples, reach: sparse.csr_array) -> sparse.csr_array:
    """Return the cuts as rows over sites and classes, at most 1, as `covering_cuts` has them.

    `reach` says which site covers which class, shape (classes, sites).
    """
    which = membership(triples, reach.shape[0])
    count = (which @ reach).tocsr()
    count.data = -np.ceil(count.data / 2)
    return sparse.csr_array(sparse.hstack([count, which]).tocsr())


def membership(triples: Triples, classes: int) -> sparse.csr_array:
    """Return which class is in which triple, shape (triples, classes)."""
    cuts = len(triples)
    return sparse.csr_array(
        (np.ones(3 * cuts), triples.reshape(-1), np.arange(0, 3 * cuts + 1, 3)),
        shape=(cuts, classes),
    )
