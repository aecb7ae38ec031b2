"""Blocks taken level by level: worth what the whole block is worth, for any openings.

Every claim is held against the rows of the whole block, written out and solved with openings fixed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from full_towns import random_full_town
from hypothesis import given
from small_towns import model_of
from test_brute_force import compare, examples, seeds
from towns import town

from siting.instance.instance import Instance
from siting.model.build import Model, compact, written_blocks
from siting.model.program import Row
from siting.solvers.control import Control
from siting.solvers.engines import pose
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection.levelled import Levelled
from siting.solvers.projection.levels import HELD, levelled
from siting.solvers.projection.reducing import project
from siting.solvers.projection.writing_out import write_out
from siting.solvers.search.pinning import Pinning


def counted_by(seed: int) -> Instance:
    """Seven homes that count 1, 2 or 6 times, three houses and what opens there must be used.

    Which of them reach which house, and how many they are, is drawn.
    """
    rng = np.random.default_rng(seed)
    homes, houses = [f"D{i}" for i in range(7)], ["A", "B", "C"]
    near = {d: [p for p in [*houses, "F"] if rng.random() < 0.5] for d in homes}
    groups = {d: str(rng.choice(["old", "young"])) for d in homes}
    return town(
        people={d: {"old": 0.0, "young": 0.0, groups[d]: rng.integers(1, 9)} for d in homes},
        ways=near,
        services={"clinic": {}},
        modules={
            "small": {"service_id": "clinic", "capacity": 6.0, "min_load": rng.choice([0.0, 0.9])},
            "large": {"service_id": "clinic", "capacity": 14.0, "min_load": 0.6},
        },
        buildings={b: {} for b in houses},
        facilities={"F": {"service_id": "clinic", "capacity": float(rng.integers(1, 12))}},
        zones={"north": "part"},
        homes={d: {"zone_part": str(rng.choice(["north", ""]))} for d in homes},
        priorities=[{"group": "old", "factor": 2.0}, {"zone_id": "north", "factor": 3.0}],
    )


def most(model: Model, opened: np.ndarray) -> float | None:
    """What openings are worth by the rows of service alone; None where they break one."""
    if any(block.projected for block in model.blocks):
        program = compact(model)
        out = write_out(model, program)
        program, aim = out.program, out.objective(program.tiers[0])
    else:
        program = compact(model)
        aim = program.tiers[0]
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[: len(opened)] = upper[: len(opened)] = opened
    rules = len(model.program.row_names)
    service = replace(
        program,
        lower=lower,
        upper=upper,
        integer=np.zeros(len(lower), bool),
        row_names=program.row_names[rules:],
        row_lower=program.row_lower[rules:],
        row_upper=program.row_upper[rules:],
        matrix=program.matrix[rules:],
    )
    outcome = solve_with_highs(service, aim, gap=0.0, start=None, control=Control())
    return None if outcome.point is None else aim.value(outcome.point)


def choices(model: Model) -> list[np.ndarray]:
    """Every choice of at most one module in each of three houses."""
    table = model.decisions.conversions
    ways = [[-1, *table.index[table["building_id"] == b]] for b in ("A", "B", "C")]
    found = []
    for at in np.ndindex(*(len(w) for w in ways)):
        opened = np.zeros(model.decisions.count)
        opened[[w[i] for w, i in zip(ways, at, strict=True) if w[i] >= 0]] = 1.0
        found.append(opened)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_levels_are_worth_what_the_block_is_and_ask_the_same_loads(seed: int) -> None:
    model = model_of(counted_by(seed))
    split, _ = levelled(model)
    reduced = project(split)
    assert all(block.projected for block in reduced.blocks if block.level != HELD)
    for opened in choices(model):
        whole = most(model, opened)
        for other in (split, reduced):
            value = most(other, opened)
            assert (value is None) == (whole is None)
            assert value is None or value == pytest.approx(whole, abs=1e-9)


def test_least_loads_are_held_only_where_need_may_lack() -> None:
    """A and B ask for 20 each of the 30 at D1; C asks for 20 of the 50 that it alone reaches."""
    model = model_of(
        town(
            people={"D1": 30, "D2": 50},
            ways={"D1": "AB", "D2": "C"},
            services={"clinic": {}},
            modules={"m": {"service_id": "clinic", "capacity": 40.0, "min_load": 0.5}},
            buildings={"A": {}, "B": {}, "C": {}},
        )
    )
    split, _ = levelled(model)
    (held,) = (w for w in written_blocks(split) if w.block.level == HELD)
    assert [held.place_ids[p] for p in np.unique(held.block.option_place)] == ["A", "B"]
    assert held.block.need.tolist() == [30_000]
    three = np.ones(model.decisions.count)
    assert most(split, three) is None
    assert most(split, np.where([c == "A" for c in house_of(model)], 0.0, 1.0)) is not None


def house_of(model: Model) -> list[str]:
    return list(model.decisions.conversions["building_id"])


@pytest.mark.parametrize("seed", range(4))
def test_objectives_and_held_tiers_mean_the_same_by_levels(seed: int) -> None:
    posed = pose(model_of(counted_by(seed)), "auto")
    assert isinstance(posed.engine, Levelled)
    own, served = posed.engine, posed.program.tiers[0]
    assert own.into @ served.coefficients == pytest.approx(own.program.tiers[0].coefficients)
    answer = own(posed.program, served, gap=0.0, start=None, control=Control())
    assert answer.point is not None
    assert answer.bound is not None
    columns = np.flatnonzero(served.coefficients)
    held = Row(
        name="tier[1]",
        columns=columns,
        coefficients=served.coefficients[columns],
        lower=(answer.bound - 1e-9) * served.scale,
    )
    money = posed.program.tiers[1]
    cheapest = own(posed.program.with_rows([held]), money, gap=0.0, start=None, control=Control())
    alone = solve_with_highs(
        posed.program.with_rows([held]), money, gap=0.0, start=None, control=Control()
    )
    assert cheapest.point is not None
    assert alone.point is not None
    assert money.value(cheapest.point) == pytest.approx(money.value(alone.point))


@given(seeds)
@examples(4)
def test_our_engine_finds_the_best_plan_of_a_levelled_town(seed: int) -> None:
    compare(counted_by(seed), "auto")


@given(seeds)
@examples(8)
def test_plans_near_a_pinned_one_keep_the_rules_over_decisions(seed: int) -> None:
    model = model_of(random_full_town(seed))
    program, count = compact(model), model.decisions.count
    if not count:
        return
    pinning = Pinning(model)
    control = Control()
    wanted = np.random.default_rng(seed).random(count)
    plan = pinning.plan_near(wanted, control)
    whole = solve_with_highs(program, program.tiers[0], gap=0.0, start=None, control=control)
    assert (plan is None) == (whole.point is None)
    if plan is None:
        return
    near = pinning.around(plan, control)
    assert near is not None
    assert not near.program.broken_rows(plan)
    # Whichever plan is best there for whatever aim, states of rules fit to it.
    moved = solve_with_highs(
        near.program,
        replace(program.tiers[0], coefficients=0.5 - np.random.default_rng(seed + 1).random(count)),
        gap=0.0,
        start=None,
        control=control,
    )
    assert moved.point is not None
    rules = replace(
        model.program,
        lower=np.append(np.rint(moved.point), model.program.lower[count:]),
        upper=np.append(np.rint(moved.point), model.program.upper[count:]),
    )
    states = replace(program.tiers[0], coefficients=np.zeros(len(rules.lower)))
    kept = solve_with_highs(rules, states, gap=0.0, start=None, control=control)
    assert kept.point is not None
