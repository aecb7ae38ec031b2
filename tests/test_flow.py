"""The most that open places can serve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from towns import town

from siting.instance.instance import NEED_GRID
from siting.model.build import build_model
from siting.reach import find_reach
from siting.solvers.flow import maximum_flow, most_served
from siting.travel.measure import measure_travel


@given(st.integers(0, 2**32 - 1))
def test_a_maximum_flow_is_the_optimum_of_its_linear_program(seed):
    rng = np.random.default_rng(seed)
    need, capacity = rng.integers(0, 9, size=4), rng.integers(0, 12, size=3)
    way_need, way_place = np.nonzero(rng.random((4, 3)) < 0.5)
    flow, load = maximum_flow(need, capacity, way_need, way_place)
    rows = np.vstack([way_need == k for k in range(4)] + [way_place == p for p in range(3)])
    most = 0.0
    if len(way_need):
        limits = np.append(need, capacity)
        most = -linprog(-np.ones(len(way_need)), A_ub=rows.astype(float), b_ub=limits).fun
    assert flow.sum() == load.sum() == pytest.approx(most)
    assert np.all(np.bincount(way_need, flow, 4) <= need)
    assert np.array_equal(np.bincount(way_place, flow, 3), load)


@pytest.mark.parametrize(("capacity", "most"), [(20.0, 20), (40.0, 30), (None, 30)])
def test_most_served_by_hand(capacity, most):
    """D1 (30 people) reaches A, which holds as much as its module says; D2 reaches nothing."""
    instance = town(
        people={"D1": 30, "D2": 25},
        ways={"D1": {"A": 3}, "D2": {"A": 30}},
        services={"clinic": {} if capacity else {"kind": "reach"}},
        modules={"m": {"service_id": "clinic", "capacity": capacity}},
        buildings={"A": {}},
    )
    model = build_model(instance, find_reach(instance, measure_travel(instance)))
    (block,) = model.blocks
    assert most_served(block, np.array([True])) == most * NEED_GRID
    assert most_served(block, np.array([False])) == 0
