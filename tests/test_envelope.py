"""Plans of all budgets lie under the concave envelope of the linear relaxations' bounds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from small_towns import program_of
from towns import random_town

from siting import plan
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.planner import Options, Planner
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs

TINY = Path(__file__).parents[1] / "instances" / "tiny"
ROOM = 1e-6


def relaxed(town: Instance) -> float | None:
    """Return the bound of the linear relaxation, None where it has no point."""
    program = program_of(town)
    loose = replace(program, integer=np.zeros(len(program.integer), bool))
    outcome = solve_with_highs(loose, program.tiers[0], gap=0.0, start=None, control=Control())
    return outcome.bound


def held_against(instance: Instance, budgets: list[float]) -> None:
    planner = Planner(Options(gap=0.0, least_money=False))
    points = []
    for budget in budgets:
        town = plan.prepare(instance, budget=budget)
        bound, value = relaxed(town), planner.solve(town).solution.objective
        assert bound is not None or value is None
        if bound is not None:
            points.append((budget, bound, value))
    rates = [(high - low) / (more - less) for (less, low, _), (more, high, _) in pairwise(points)]
    assert all(later <= earlier + ROOM for earlier, later in pairwise(rates))
    reached = [(value, bound) for _, bound, value in points if value is not None]
    assert reached
    assert all(later >= earlier - ROOM for (earlier, _), (later, _) in pairwise(reached))
    assert all(value <= bound + ROOM for value, bound in reached)


def test_tiny() -> None:
    instance, _ = read_instance(TINY)
    total = instance.settings.budget.total
    assert total is not None
    held_against(instance, [total * share for share in (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)])


@pytest.mark.parametrize("seed", [5, 7, 20, 22])  # towns that money serves
def test_random_towns(seed: int) -> None:
    town = random_town(seed)
    dearest = float(town.modules["works_cost"].astype(float).max())
    held_against(town, [dearest * times for times in (0, 1, 2, 4, 8)])
