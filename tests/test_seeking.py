"""Plans sought beside a proof, in a thread of their own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
from full_towns import random_full_town
from hypothesis import given
from test_brute_force import compare, examples, seeds

from siting.instance.generate.district import generate_district
from siting.instance.instance import Instance
from siting.model.build import build_model, compact
from siting.plan import Options, solve
from siting.reach import find_reach
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection import engine
from siting.solvers.projection.seeking import sought_beside
from siting.travel.measure import measure_travel

WITHIN_S = 30.0


@dataclass
class Counting:
    """Seeks nothing, and remembers how often it was asked to."""

    fails_at: int = 10**9
    numbers: list[int] = field(default_factory=list)
    several: threading.Event = field(default_factory=threading.Event)

    agrees: bool = False

    def alone(self, control: Control) -> None: ...

    def ahead(self, seconds: float, control: Control) -> None: ...

    def beside(self, number: int, control: Control) -> None:  # noqa: ARG002
        self.numbers.append(number)
        if number >= 2:
            self.several.set()
        if number == self.fails_at:
            raise ArithmeticError("out of luck")


def district(seed: int) -> Instance:
    rng = np.random.default_rng(seed)
    return generate_district(rng, points=120, buildings=12, services=3, budget_share=0.2)


def test_it_goes_on_until_the_block_ends_and_no_longer() -> None:
    seeker, control = Counting(), Control()
    with sought_beside(seeker, control):
        assert seeker.several.wait(WITHIN_S)
    passed = len(seeker.numbers)
    assert seeker.numbers == list(range(passed))
    assert not threading.Event().wait(0.1)
    assert len(seeker.numbers) == passed
    assert not control.cancelled.is_set()  # what goes on after the proof is not stopped


def test_it_says_when_no_better_plan_is_needed() -> None:
    with sought_beside(Counting(agrees=True), Control()) as agreed:
        assert agreed.wait(WITHIN_S)
    with sought_beside(Counting(), Control()) as agreed:
        assert not agreed.wait(0.1)


def prove(seeker: Counting, *, fails: bool = False) -> None:
    """Wait for some passes beside, and fail or not."""
    with sought_beside(seeker, Control()):
        assert seeker.several.wait(WITHIN_S)
        if fails:
            raise KeyError


def test_what_fails_beside_fails_the_whole() -> None:
    with pytest.raises(ArithmeticError, match="out of luck"):
        prove(Counting(fails_at=2))


def test_a_failure_of_the_proof_ends_the_search() -> None:
    seeker = Counting()
    with pytest.raises(KeyError):
        prove(seeker, fails=True)
    passed = len(seeker.numbers)
    assert not threading.Event().wait(0.1)
    assert len(seeker.numbers) == passed


def test_a_proof_ends_where_somebody_else_knows_enough() -> None:
    town = district(3)
    model = build_model(town, find_reach(town, measure_travel(town)))
    program = compact(model)
    bounds: list[float | None] = []

    def enough(bound: float | None) -> bool:
        bounds.append(bound)
        return True

    best = solve_with_highs(program, program.tiers[0], gap=0.0, start=None, control=Control())
    ended = solve_with_highs(
        program, program.tiers[0], gap=0.0, start=None, control=Control(), enough=enough
    )
    assert best.point is not None
    assert bounds
    assert ended.status == "limit"
    assert ended.bound is None or ended.bound >= program.tiers[0].value(best.point) - 1e-9


@pytest.mark.parametrize("in_rounds", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_with_one_core_or_two_the_best_plan_is_the_same(
    seed: int, in_rounds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the proof has the flow written out, or learns cuts from the plans of both."""
    monkeypatch.setattr(engine, "LEAST_SEARCHED", 1)
    if in_rounds:
        monkeypatch.setattr(engine, "WRITE_OUT_WAYS", 0)
    town = district(seed)
    plain = solve(town, Options(gap=0.0, engine="highs")).solution
    for threads in (1, 2):
        ours = solve(town, Options(gap=0.0, threads=threads)).solution
        assert ours.termination == plain.termination == "optimal"
        assert ours.objective == pytest.approx(plain.objective, abs=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("in_rounds", [False, True])
@given(seed=seeds)
@examples(12)
def test_where_rules_tie_services_the_best_plan_is_found_beside_its_proof(
    in_rounds: bool, seed: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "LEAST_SEARCHED", 1)
        if in_rounds:
            patch.setattr(engine, "TIED_WRITE_OUT_WAYS", 0)
        compare(random_full_town(seed), "auto")
