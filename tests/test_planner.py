"""Plans in a row: what one leaves to the next changes the way, not the answer."""

from __future__ import annotations

import numpy as np
import pytest
from towns import random_town

from siting.instance.generate.district import generate_district
from siting.plan import prepare, solve
from siting.planner import Options, Planner
from siting.solution import Termination

PROOF = Options(gap=0.0)


def budgets_of(town, count=3):
    total = town.settings.budget.total or 100.0
    return [float(round(total * part, 2)) for part in np.linspace(1.2, 0.5, count)]


@pytest.mark.parametrize("seed", [1, 2, 6])
def test_in_a_row_as_alone(seed):
    base = random_town(seed)
    planner = Planner(PROOF)
    budgets = budgets_of(base)
    for budget in [budgets[1], budgets[0], budgets[2]]:
        town = prepare(base, budget=budget)
        alone, in_row = solve(town, PROOF), planner.solve(town)
        assert in_row.verification.passed
        assert in_row.solution.termination == alone.solution.termination
        assert in_row.solution.objective == pytest.approx(alone.solution.objective, abs=1e-9)
        assert in_row.solution.cost == pytest.approx(alone.solution.cost)


def test_cuts_are_handed_on_and_stay_true():
    base = generate_district(
        np.random.default_rng(3), points=150, buildings=8, services=2, budget_share=1.0
    )
    planner = Planner(PROOF)
    for budget in budgets_of(base, 2):
        town = prepare(base, budget=budget)
        handed = planner._posed
        alone, in_row = solve(town, PROOF).solution, planner.solve(town).solution
        assert in_row.termination == Termination.OPTIMAL
        assert in_row.objective == pytest.approx(alone.objective, abs=1e-9)
        if handed is not None:
            assert handed.engine.learnt
            assert planner._posed.engine is not handed.engine


def test_what_is_not_money_begins_anew():
    base = random_town(3)
    planner = Planner(PROOF)
    planner.solve(base)
    ground = planner._ground
    planner.solve(prepare(base, budget=1.0))
    assert planner._ground is ground
    fewer = base.replace(demand=base.demand.assign(people_all=base.demand["people_all"] / 2))
    found = planner.solve(fewer)
    assert planner._ground is not ground
    assert found.solution.objective == pytest.approx(
        solve(fewer, PROOF).solution.objective, abs=1e-9
    )


def test_money_is_not_saved_where_nobody_asks():
    base = random_town(5)
    made = Planner(Options(gap=0.0, least_money=False)).solve(base)
    saved = solve(base, PROOF).solution
    assert made.verification.passed
    assert made.solution.objective == pytest.approx(saved.objective, abs=1e-9)
    assert made.solution.tiers[-1].name == "money"
    assert made.solution.tiers[-1].bound is None
    assert made.solution.cost["total"] >= saved.cost["total"] - 1e-9
