"""What money buys: points between plans and bounds, by hand and against proven optima."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import Oracle
from towns import random_town

from siting.instance.settings import Scenario
from siting.plan import prepare
from siting.planner import Options
from siting.scenarios.case import Case, budget_cases
from siting.scenarios.run import Run
from siting.scenarios.running.many import run_cases
from siting.scenarios.tradeoffs.frontier import envelope, frontier_of, next_budgets
from siting.scenarios.tradeoffs.tracing import trace_frontier


def run(budget, objective, bound, chosen=(), *, today=0.1, termination="within_gap"):
    rows = [{"building_id": b, "service_id": s, "module_id": m} for b, s, m in chosen]
    values = {
        "termination": termination,
        "objective": objective,
        "bound": bound,
        "today": today,
        "chosen": None if objective is None else rows,
        "provenance": {"settings": {"budget": {"total": budget}}},
    }
    return Run(case=Case(scenario=Scenario()), folder=Path(f"run-{budget}"), values=values)


def test_plans_are_carried_up_and_bounds_down():
    """At 20 the search fell short of the plan at 10; the bound at 30 is below the one at 20."""
    frontier = frontier_of([run(30, 0.7, 0.72), run(10, 0.5, 0.6), run(20, 0.45, 0.9)])
    assert [p.budget for p in frontier.points] == [10, 20, 30]
    assert [p.objective for p in frontier.points] == [0.5, 0.5, 0.7]
    assert [p.bound for p in frontier.points] == [0.6, 0.72, 0.72]
    assert [p.carried for p in frontier.points] == [False, True, False]
    assert frontier.points[1].plan.folder == Path("run-10")
    assert frontier.points[0].gap == pytest.approx(0.2)


def test_no_plan_with_little_money():
    lost = run(5, None, None, termination="infeasible")
    frontier = frontier_of([lost, run(10, 0.5, 0.5)])
    assert frontier.points[0].infeasible
    assert frontier.points[0].objective is None
    assert frontier.points[0].bound is None
    assert frontier.steps == ()


def test_steps_are_intervals_for_every_unit_of_money():
    frontier = frontier_of([run(10, 0.50, 0.52), run(20, 0.60, 0.61), run(30, 0.60, 0.61)])
    first, second = frontier.steps
    assert (first.gain.low, first.gain.high) == pytest.approx((0.08, 0.11))
    assert (first.per_unit.low, first.per_unit.high) == pytest.approx((0.008, 0.011))
    assert first.gain.distinguishable
    assert (second.gain.low, second.gain.high) == pytest.approx((0.0, 0.01))
    assert not second.gain.distinguishable


def test_sites_by_budget():
    a, b, kept = ("A", "care", "s"), ("B", "care", "m"), ("C", "care", "keep")
    frontier = frontier_of(
        [run(1, 0.1, 1, [a, kept]), run(2, 0.2, 1, [b]), run(3, 0.3, 1, [("A", "care", "l"), b])]
    )
    table = frontier.sites().set_index("building_id")
    assert list(table.index) == ["A", "B"]
    assert table.loc["A", ["budgets", "first", "last", "without"]].tolist() == [2, 1, 3, 1]
    assert table.loc["B", ["budgets", "first", "last", "without"]].tolist() == [2, 2, 3, 0]


def test_more_points_go_where_the_curve_bends():
    frontier = frontier_of([run(0, 0.0, 0.0), run(100, 0.8, 0.8), run(200, 0.81, 0.81)])
    assert next_budgets(frontier, 1) == [50]
    assert sum(b < 100 for b in next_budgets(frontier, 6)) == 6
    assert next_budgets(frontier_of([run(0, 0.0, 0.0), run(1, 0.8, 0.8)]), 5) == []


def test_points_go_also_where_plans_begin():
    lost = run(0, None, None, termination="infeasible")
    assert next_budgets(frontier_of([lost, run(100, 0.8, 0.8), run(200, 0.9, 0.9)]), 1) == [50]


@given(st.lists(st.tuples(st.integers(0, 1000), st.floats(0, 1)), min_size=1, max_size=12))
def test_envelope_is_concave_and_above_all_bounds(pairs):
    frontier = frontier_of([run(float(b), 0.0, bound) for b, bound in dict(pairs).items()])
    hull = envelope(frontier)
    for point in frontier.points:
        assert np.interp(point.budget, hull[:, 0], hull[:, 1]) >= point.bound - 1e-9
    slopes = [(d[1] - c[1]) / (d[0] - c[0]) for c, d in pairwise(hull)]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(slopes))


def test_a_run_without_a_budget_has_no_place():
    with pytest.raises(ValueError, match="without a total budget"):
        frontier_of([run(None, 0.1, 0.2)])
    with pytest.raises(ValueError, match="at least one"):
        frontier_of([])


@pytest.mark.parametrize("seed", [1, 5])
def test_against_every_plan_there_is(seed, tmp_path):
    """Proven points are the optima of the oracle; steps hold the true gain."""
    base = random_town(seed)
    total = base.settings.budget.total or 100.0
    budgets = [round(total * part, 2) for part in (0.0, 0.4, 0.8, 1.6)]
    runs = run_cases(
        base, Path("nowhere"), budget_cases(base, budgets), Options(gap=0.0), root=tmp_path
    )
    frontier = frontier_of(runs)
    best = [Oracle(prepare(base, budget=b)).best()[0]["served"] for b in budgets]
    assert [p.objective for p in frontier.points] == pytest.approx(best, abs=1e-9)
    for step, (low, high) in zip(frontier.steps, pairwise(best), strict=True):
        assert step.gain.low - 1e-9 <= high - low <= step.gain.high + 1e-9
    assert best == sorted(best)


def test_traced_evenly_then_where_it_bends(tmp_path):
    base = random_town(5)

    def carry_out(cases):
        return run_cases(base, Path("nowhere"), cases, Options(gap=0.0), root=tmp_path)

    frontier = trace_frontier(base, carry_out, points=7, top=200.0)
    assert frontier.points[0].budget == 0.0
    assert frontier.points[-1].budget == 200.0
    assert len(frontier.points) <= 7
    objectives = [p.objective for p in frontier.points]
    assert objectives == sorted(objectives)
