"""Engines one by one: what they answer, what they claim, and what they refuse."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from siting.instance.reading import read_instance
from siting.model.program import Objective, Program, Row
from siting.plan import Options, prepare, solve
from siting.solution import Termination
from siting.solvers.control import (
    Control,
    EngineError,
    Progress,
    bound_by_gap,
    calling_on_cancel,
    run_cancellable,
    run_or_leave,
)
from siting.solvers.cpsat import _decimal, _rounded, solve_with_cpsat
from siting.solvers.engines import ENGINES, engine_named

ALL = [*ENGINES, "pulp:HiGHS"]
TINY = Path(__file__).parents[1] / "instances" / "tiny"


def program(
    rows: list[Row], upper: list[float], *, integer: list[bool], tiers: tuple[Objective, ...] = ()
) -> Program:
    whole = np.array(integer)
    return Program(
        column_names=tuple(f"x[{j}]" for j in range(len(upper))),
        lower=np.zeros(len(upper)),
        upper=np.array(upper),
        integer=whole,
        grid=np.where(whole, 1.0, 0.001),
        matrix=sparse.csr_array((0, len(upper))),
        tiers=tiers,
    ).with_rows(rows)


def row(name: str, coefficients: dict[int, float], **sides: float) -> Row:
    return Row(
        name=name,
        columns=np.array(list(coefficients), np.int64),
        coefficients=np.array(list(coefficients.values())),
        **sides,
    )


def maximise(coefficients: list[float], scale: float = 1.0) -> Objective:
    return Objective(name="served", coefficients=np.array(coefficients), maximise=True, scale=scale)


def minimise(coefficients: list[float]) -> Objective:
    return Objective(name="money", coefficients=np.array(coefficients), maximise=False)


def run(engine: str, asked: Program, objective: Objective, **options: Any) -> Any:
    given_options = {"gap": 0.0, "start": None, "control": Control()} | options
    return engine_named(engine)(asked, objective, **given_options)


def capacities() -> Program:
    """Two places of capacity 2.5 and 4 that cost 3 and 4.5 of 5; need of 3.25, in amounts.

    x0, x1 open the places; x2, x3 are served there; x4 is in no row.
    """
    return program(
        [
            row("budget[total]", {0: 3.0, 1: 4.5}, upper=5.0),
            row("capacity[0]", {2: 1.0, 0: -2.5}, upper=0.0),
            row("capacity[1]", {3: 1.0, 1: -4.0}, upper=0.0),
            row("need[0]", {2: 1.0, 3: 1.0}, upper=3.25),
        ],
        [1.0, 1.0, 2.5, 4.0, 1.0],
        integer=[True, True, False, False, False],
    )


@pytest.mark.parametrize("engine", ALL)
def test_answer_bound_and_order_of_columns(engine):
    """Only one place is affordable: the second serves all 3.25, the first 2.5; over 6.5, a half."""
    served = maximise([0.0, 0.0, 1.0, 1.0, 0.0], scale=6.5)
    outcome = run(engine, capacities(), served)
    assert outcome.status == "done"
    assert outcome.point[:4] == pytest.approx([0.0, 1.0, 0.0, 3.25], abs=1e-6)
    assert capacities().broken_rows(outcome.point) == []
    assert outcome.bound == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("engine", ALL)
def test_start_and_second_tier(engine):
    """To serve 2.5 the first place is enough, at 3; a start that costs 4.5 does no harm."""
    floor = row("tier[1]", {2: 1.0, 3: 1.0}, lower=2.5)
    start = np.array([0.0, 1.0, 0.0, 3.25, 0.0])
    cheapest = minimise([3.0, 4.5, 0.0, 0.0, 0.0])
    outcome = run(engine, capacities().with_rows([floor]), cheapest, start=start)
    assert outcome.status == "done"
    assert outcome.point[:2] == pytest.approx([1.0, 0.0], abs=1e-6)
    assert outcome.bound == pytest.approx(3.0, abs=1e-9)


@pytest.mark.parametrize("engine", ALL)
def test_a_start_may_be_known_in_part(engine):
    start = np.array([np.nan, 1.0, np.nan, np.nan, np.nan])
    outcome = run(engine, capacities(), maximise([0.0, 0.0, 1.0, 1.0, 0.0], 6.5), start=start)
    assert outcome.status == "done"
    assert outcome.bound == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("engine", ALL)
def test_no_point_is_an_answer(engine):
    rows = [row("required[A]", {0: 1.0}, lower=1.0), row("budget[total]", {0: 3.0}, upper=2.0)]
    asked = program(rows, [1.0], integer=[True])
    outcome = run(engine, asked, maximise([1.0]))
    assert (outcome.status, outcome.point) == ("infeasible", None)


@pytest.mark.parametrize("engine", ALL)
@pytest.mark.parametrize(("least", "status"), [(0.0, "done"), (1.0, "infeasible")])
def test_row_without_columns(engine, least, status):
    """A lock on a building that nothing may go into: ``0 >= 1``."""
    asked = program([row("required[A]", {}, lower=least)], [1.0], integer=[True])
    assert run(engine, asked, maximise([1.0])).status == status
    empty = program([row("required[A]", {}, lower=least)], [], integer=[])
    assert run(engine, empty, maximise([])).status == status


@pytest.mark.parametrize("engine", ALL)
def test_nothing_to_optimise(engine):
    outcome = run(engine, capacities(), minimise([0.0] * 5))
    assert outcome.status == "done"
    assert outcome.bound == pytest.approx(0.0)


def hard(count: int = 120) -> tuple[Program, Objective]:
    """A knapsack with ten limits that no engine here finishes within seconds."""
    rng = np.random.default_rng(1)
    weights = rng.integers(5, 1000, (10, count)).astype(float)
    rows = [
        row(f"budget[{i}]", dict(enumerate(w)), upper=float(w.sum() // 2))
        for i, w in enumerate(weights)
    ]
    values = weights.mean(axis=0).round() + rng.integers(0, 500, count)
    return program(rows, [1.0] * count, integer=[True] * count), maximise(values.tolist())


@pytest.mark.parametrize("engine", ALL)
def test_time_limit_is_no_proof(engine):
    """CBC and HiGHS through PuLP call such a run optimal."""
    asked, objective = hard()
    outcome = run(engine, asked, objective, control=Control().within(0.5))
    assert outcome.status == "limit"
    if outcome.point is not None:
        assert asked.broken_rows(outcome.point) == []
    if engine.startswith("pulp"):
        assert outcome.bound is None
    if outcome.point is not None and outcome.bound is not None:
        assert outcome.bound > objective.value(outcome.point)


@pytest.mark.parametrize("engine", ALL)
def test_no_time_at_all(engine):
    asked, objective = hard()
    assert run(engine, asked, objective, control=Control().within(0.0)).status == "limit"


@pytest.mark.parametrize("engine", ALL)
def test_cancelled_search_returns(engine):
    """The time limit only ends what a cancelled engine leaves behind."""
    asked, objective = hard()
    control = Control().within(4.0)
    timer = threading.Timer(0.5, control.cancelled.set)
    timer.start()
    outcome = run(engine, asked, objective, control=control)
    timer.join()
    assert outcome.status == "limit"
    assert control.remaining() > 0


@pytest.mark.parametrize("engine", ["highs", "cpsat"])
def test_progress_is_told(engine):
    told: list[Progress] = []
    asked, objective = hard()
    outcome = run(engine, asked, objective, control=Control(watch=told.append).within(1.0))
    assert outcome.point is not None
    known = [p for p in told if p.incumbent is not None and p.bound is not None]
    assert known
    assert all(p.stage == "served" and p.incumbent <= p.bound for p in known)
    assert known[-1].incumbent <= objective.value(outcome.point) + 1e-6


@pytest.mark.parametrize("engine", ALL)
def test_gap_asked_for_is_kept_and_bounds_hold(engine):
    """Best of the hard knapsack's little sister, found by all engines at gap 0."""
    asked, objective = hard(16)
    best = objective.value(run("highs", asked, objective).point)
    for gap in (0.0, 0.2):
        outcome = run(engine, asked, objective, gap=gap)
        value = objective.value(outcome.point)
        assert outcome.status == "done"
        assert value <= best + 1e-6 <= outcome.bound + 2e-6
        # Solvers divide by the value or by the bound; 0.2 of the one is 0.25 of the other.
        assert outcome.bound <= value * (1 + gap / (1 - gap)) + 1e-6


def test_names_of_engines():
    for name in ("gurobi", "highs:x", "mathopt:cbc", "cpsat:1", ""):
        with pytest.raises(EngineError, match="no engine"):
            engine_named(name)
    with pytest.raises(EngineError, match=r"PuLP knows no solver Nope: choose one of .*HiGHS"):
        engine_named("pulp:Nope")
    with pytest.raises(EngineError, match="CPLEX_CMD is not installed"):
        engine_named("pulp:CPLEX_CMD")
    assert engine_named("auto") is engine_named("highs")


def test_mathopt_says_that_it_failed():
    asked = program([row("budget[total]", {0: float("nan")}, upper=1.0)], [1.0], integer=[True])
    with pytest.raises(EngineError, match="MathOpt with highs failed"):
        run("mathopt", asked, maximise([1.0]))


# --- CP-SAT ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "side", "upper", "named"),
    [
        ({0: 1 / 3}, 1.0, 1.0, r"the row budget\[total\] has a number"),
        ({0: 1.0}, 1.0, 1 / 7, r"the range of x\[0\] has a number"),
        ({0: 1.0}, 1.0, float("inf"), r"the range of x\[0\] has a number"),
        ({0: 1e15, 1: 1e15 + 1}, 2e15, 1e4, r"too few for the sum in budget\[total\]"),
    ],
)
def test_cpsat_refuses_what_it_cannot_count(entries, side, upper, named):
    rows = [row("budget[total]", entries, upper=side)]
    asked = program(rows, [upper, 1.0], integer=[True, True])
    with pytest.raises(EngineError, match=named):
        run("cpsat", asked, maximise([1.0, 1.0]))


def test_cpsat_keeps_amounts_on_their_grid():
    """Of 0.0015 and 0.0025 only 0.001 and 0.002 are steps; and 0.1 + 0.2 is 0.3."""
    asked = program(
        [row("floor_area[A]", {2: 0.1, 3: 0.2}, upper=0.3)],
        [0.0015, 0.0025, 1.0, 1.0],
        integer=[False, False, True, True],
    )
    outcome = run("cpsat", asked, maximise([1.0, 1.0, 1.0, 1.0]))
    assert outcome.point.tolist() == [0.001, 0.002, 1.0, 1.0]


@pytest.mark.parametrize(("side", "most"), [(2 / 3, 0.666), (1.0, 1.0), (0.1 + 0.2, 0.3)])
def test_cpsat_takes_a_limit_without_an_end_to_the_step_below(side, most):
    asked = program([row("own_zone[A]", {0: 1.0}, upper=side)], [2.0], integer=[False])
    assert run("cpsat", asked, maximise([1.0])).point.tolist() == [most]


def test_cpsat_lets_no_point_that_keeps_a_floor_be_lost():
    """A floor that is exactly met by a point, in coefficients that no integers hold."""
    weights = [1 / 3, 1 / 7, 1 / 11]
    best = maximise(weights).value(np.ones(3))
    asked = program(
        [row("tier[1]", dict(enumerate(weights)), lower=best - 1e-15)],
        [1.0] * 3,
        integer=[True] * 3,
    )
    outcome = run("cpsat", asked, minimise([1.0, 1.0, 1.0]))
    assert outcome.point.tolist() == [1.0, 1.0, 1.0]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.integers(0, 9))
def test_decimals_are_found(numbers, decimals):
    values = np.array([n / 10**decimals for n in numbers])
    whole, found = _decimal(values)
    assert (found <= decimals).all()
    for n, w, d in zip(numbers, whole, found.tolist(), strict=True):
        assert Fraction(w, 10**d) == Fraction(n, 10**decimals)


@given(
    st.lists(st.tuples(st.floats(1e-6, 1e6), st.integers(1, 10**9)), min_size=1, max_size=8),
    st.booleans(),
)
def test_rounding_goes_one_way(entries, up):
    values = np.array([v for v, _ in entries])
    most = np.array([m for _, m in entries], dtype=object)
    digits = np.full(len(entries), 3)
    whole, factor = _rounded("served", values, digits, most, up=up)
    assert sum(n * m for n, m in zip(whole, most, strict=True)) <= 2**61
    for n, value in zip(whole, values.tolist(), strict=True):
        error = n - Fraction(value) * factor / 1000
        # Exact where the float is the nearest to a decimal, else less than one step off.
        assert abs(error) < 1
        assert error * (1 if up else -1) >= -Fraction(value) * factor / 1000 * Fraction(1, 2**52)


def test_cpsat_bound_is_one_for_thirds():
    """Three of 1/3 are worth 1, not a little less, and the bound says no less than that."""
    asked = program([], [1.0] * 3, integer=[True] * 3)
    outcome = solve_with_cpsat(asked, maximise([1 / 3] * 3), gap=0.0, start=None, control=Control())
    assert 1.0 <= outcome.bound <= 1.0 + 1e-12


# --- PuLP -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objective", "point", "gap", "bound"),
    [
        # At most 0.2 of the bound is missing: 8 = 10 - 0.2 * 10; or 0.2 of the value: 9.6 <= 10.
        (maximise([1.0]), 8.0, 0.2, 10.0),
        # 8 - 0.2 * 8 = 6.4 at worst if the gap is of the value, 6.67 if of the bound.
        (minimise([1.0]), 8.0, 0.2, 6.0),
        (minimise([-1.0]), 8.0, 0.2, -10.0),
        (maximise([1.0]), 8.0, 0.0, 8.0),
        (maximise([1.0]), 8.0, 1.0, None),
    ],
)
def test_pulp_bound_holds_for_every_meaning_of_a_gap(objective, point, gap, bound):
    assert bound_by_gap(objective, np.array([point]), gap) == pytest.approx(bound)


# --- running them ---------------------------------------------------------------------------------


def test_interrupt_cancels_and_waits():
    control = Control()

    def work() -> str:
        time.sleep(0.3)  # until somebody waits
        _thread.interrupt_main()
        return "best so far" if control.cancelled.wait(10) else "never told"

    # A test run that was started in the background has Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert run_cancellable(work, control) == "best so far"
    finally:
        signal.signal(signal.SIGINT, before)


def test_errors_of_the_work_come_through():
    def work() -> str:
        raise EngineError("broken")

    for runner in (run_cancellable, run_or_leave):
        with pytest.raises(EngineError, match="broken"):
            runner(work, Control())


def test_work_that_cannot_be_stopped_is_left():
    control, release = Control(), threading.Event()
    control.cancelled.set()
    assert run_or_leave(lambda: release.wait(10), control) is None
    release.set()
    assert run_or_leave(lambda: "done", Control()) == "done"


def test_stop_is_called_when_cancelled():
    control, stopped = Control(), threading.Event()
    with calling_on_cancel(stopped.set, control):
        control.cancelled.set()
        assert stopped.wait(10)
    stopped.clear()
    with calling_on_cancel(stopped.set, Control()):
        pass
    assert not stopped.is_set()


# --- the tiny town --------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ALL)
@pytest.mark.parametrize(
    ("scenario", "value", "cost", "chosen"),
    [
        # As README.md of the instance derives it.
        ("", 0.7, 200.0, {"A clinic_small", "A station", "B station"}),
        # With 100 nothing is left beside A's price. B holds one of the two: the station, +0.24 at
        # 30, beats the clinic, +0.12 at 40. C too: its clinic serves 120, +0.048 at 40, its
        # station 20, +0.04 at 30. 0.12 + 0.24 + 0.048 at 70.
        ("half", 0.408, 70.0, {"B station", "C clinic_small"}),
        # A person in a station is worth 5/6 / 250 = 1/300, one in a clinic 1/6 / 1250 = 1/7500.
        # Stations in A, B and C serve all 250, at 100 + 3 * 30 = 190; the 10 that are left buy
        # nothing. Any clinic adds at most 600/7500 = 0.08 and takes the place of C's 20/300 or
        # more: a small one in A, 0.04 at 40, can only stand there without C's station, 0.0667.
        ("care_first", 300 / 7500 + 250 / 300, 190.0, {"A station", "B station", "C station"}),
    ],
)
def test_tiny_as_solved_by_hand(engine, scenario, value, cost, chosen):
    instance, warnings = read_instance(TINY)
    assert warnings == []
    plan = solve(prepare(instance, scenario=scenario), Options(gap=0.0, engine=engine))
    solution = plan.solution
    assert solution.termination is Termination.OPTIMAL
    assert solution.objective == pytest.approx(value, abs=1e-12)
    assert solution.bound == pytest.approx(value, abs=1e-9)
    assert solution.cost["total"] == cost
    ids = zip(solution.chosen["building_id"], solution.chosen["module_id"], strict=True)
    assert {" ".join(pair) for pair in ids} == chosen
    assert solution.today == pytest.approx(300 / 7500 if scenario == "care_first" else 0.12)
    assert plan.verification.passed
