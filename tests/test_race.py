"""The race: two processes, shared points, valid bounds, nobody left behind."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from siting.model.program import Objective, Program
from siting.solvers.control import Control, EngineError
from siting.solvers.highs import solve_with_highs
from siting.solvers.race import racing as race_module
from siting.solvers.race.racing import Job, race, rivals, smallest_step, solve_by_race


def knapsacks(
    seed: int, columns: int, rows: int, *, whole: bool = True, maximise: bool = True
) -> tuple[Program, Objective]:
    """Many knapsacks at once; hard from some 60 columns and 10 rows on."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(1, 100, (rows, columns)).astype(float)
    worth = rng.integers(100, 200, columns).astype(float)
    middle = np.floor(matrix.sum(axis=1) / 3)
    program = Program(
        column_names=tuple(f"x{j}" for j in range(columns)),
        lower=np.zeros(columns),
        upper=np.ones(columns),
        integer=np.full(columns, whole),
        grid=np.ones(columns),
        row_names=tuple(f"r{i}" for i in range(rows)),
        row_lower=np.full(rows, -np.inf) if maximise else middle,
        row_upper=middle if maximise else np.full(rows, np.inf),
        matrix=sparse.csr_array(matrix),
    )
    return program, Objective(name="worth", coefficients=worth, maximise=maximise, scale=10.0)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Process ids of the racers that a test starts."""
    ids = []
    plain = race_module.subprocess.Popen

    def popen(*args, **kwargs):
        process = plain(*args, **kwargs)
        ids.append(process.pid)
        return process

    monkeypatch.setattr(race_module.subprocess, "Popen", popen)
    return ids


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("maximise", [True, False])
def test_the_optimum_is_found_and_nobody_is_left(maximise: bool, started: list[int]) -> None:
    program, objective = knapsacks(1, 25, 4, maximise=maximise)
    expected = solve_with_highs(program, objective, gap=0.0, start=None, control=Control())
    seen = []
    outcome = solve_by_race(
        program, objective, gap=0.0, start=None, control=Control(watch=seen.append)
    )
    assert outcome.status == "done"
    assert objective.value(outcome.point) == pytest.approx(objective.value(expected.point))
    assert outcome.bound == pytest.approx(objective.value(outcome.point), rel=1e-6)
    assert not program.broken_rows(outcome.point)
    assert seen[-1].incumbent == pytest.approx(objective.value(outcome.point))
    assert len(started) == 1 + len(rivals(program))
    assert not any(alive(pid) for pid in started)


def test_a_deadline_is_kept_with_a_bound_that_holds(started: list[int]) -> None:
    program, objective = knapsacks(2, 80, 20)
    began = time.monotonic()
    start = np.zeros(80)
    outcome = solve_by_race(
        program, objective, gap=0.0, start=start, control=Control(deadline=began + 2)
    )
    assert time.monotonic() < began + 5
    assert outcome.status == "limit"
    assert not program.broken_rows(outcome.point)
    assert outcome.bound is None or outcome.bound >= objective.value(outcome.point)
    assert not any(alive(pid) for pid in started)


def test_a_cancelled_race_leaves_nobody(started: list[int]) -> None:
    program, objective = knapsacks(3, 80, 20)
    control = Control()
    threading.Timer(1.0, control.cancelled.set).start()
    outcome = solve_by_race(program, objective, gap=0.0, start=np.zeros(80), control=control)
    assert outcome.status == "limit"
    assert outcome.point is not None
    assert not any(alive(pid) for pid in started)


@pytest.mark.parametrize("victim", [0, 1])
def test_the_other_goes_on_when_one_is_killed(victim: int, started: list[int]) -> None:
    program, objective = knapsacks(1, 25, 4)
    if not rivals(program):
        pytest.skip("needs a second racer: PySCIPOpt is not here")

    def kill() -> None:
        while len(started) <= victim:
            time.sleep(0.001)
        os.kill(started[victim], signal.SIGKILL)

    threading.Thread(target=kill).start()
    outcome = solve_by_race(program, objective, gap=0.0, start=None, control=Control())
    expected = solve_with_highs(program, objective, gap=0.0, start=None, control=Control())
    assert outcome.status == "done"
    assert objective.value(outcome.point) == pytest.approx(objective.value(expected.point))


def test_an_error_is_told_when_all_are_killed(started: list[int]) -> None:
    program, objective = knapsacks(3, 80, 20)

    def kill() -> None:
        while len(started) < 1 + len(rivals(program)):
            time.sleep(0.001)
        for pid in started:
            os.kill(pid, signal.SIGKILL)

    threading.Thread(target=kill).start()
    with pytest.raises(EngineError, match="no racer gave an answer"):
        solve_by_race(program, objective, gap=0.0, start=None, control=Control())


def test_what_nobody_can_keep_is_infeasible() -> None:
    program, objective = knapsacks(1, 5, 2)
    program = Program(
        **{**vars(program), "row_lower": np.full(2, 1e6), "row_upper": np.full(2, 2e6)}
    )
    outcome = solve_by_race(program, objective, gap=0.0, start=None, control=Control())
    assert outcome.status == "infeasible"


def market_split(seed: int, columns: int, rows: int) -> tuple[Program, NDArray[np.float64]]:
    """Equations that a planted point solves and that no engine solves in seconds."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(0, 100, (rows, columns)).astype(float)
    planted = rng.integers(0, 2, columns).astype(float)
    program = Program(
        column_names=tuple(f"x{j}" for j in range(columns)),
        lower=np.zeros(columns),
        upper=np.ones(columns),
        integer=np.ones(columns, bool),
        grid=np.ones(columns),
        row_names=tuple(f"r{i}" for i in range(rows)),
        row_lower=matrix @ planted,
        row_upper=matrix @ planted,
        matrix=sparse.csr_array(matrix),
    )
    return program, planted


@pytest.mark.parametrize(
    ("name", "maximise"),
    [
        ("highs", True),
        ("scip", True),
        pytest.param("highs", False, marks=pytest.mark.slow),
        pytest.param("scip", False, marks=pytest.mark.slow),
    ],
)
def test_each_takes_a_point_while_it_runs(
    name: str, maximise: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A racer alone, told the planted point beside its job, ends with it as its own best."""
    if name == "scip":
        pytest.importorskip("pyscipopt")
    program, planted = market_split(1, 50, 6)
    objective = Objective(name="x", coefficients=np.arange(1.0, 51), maximise=maximise)
    monkeypatch.setattr(race_module, "_RACERS", (name,))
    monkeypatch.setattr(race_module, "rivals", lambda _: ())
    plain = race_module._Racer.__init__

    def told(self, *args) -> None:
        plain(self, *args)
        self.tell(planted)

    monkeypatch.setattr(race_module._Racer, "__init__", told)
    job = Job(program=program, objective=objective, gap=0.0, start=None, step=1.0, seconds=3.0)
    outcome = race(job, Control(deadline=time.monotonic() + 30))
    assert outcome.status == "limit"
    assert (outcome.point == planted).all()


@pytest.mark.slow
def test_cpsat_races_where_scip_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    program, objective = knapsacks(1, 25, 4)
    monkeypatch.setattr(race_module, "rivals", lambda _: ("cpsat",))
    outcome = solve_by_race(program, objective, gap=0.0, start=None, control=Control())
    expected = solve_with_highs(program, objective, gap=0.0, start=None, control=Control())
    assert outcome.status == "done"
    assert objective.value(outcome.point) == pytest.approx(objective.value(expected.point))


def test_steps_of_an_objective() -> None:
    program, objective = knapsacks(1, 5, 2)
    even = Objective(name="x", coefficients=np.array([4.0, 6, 0, 10, 2]), maximise=True, scale=4)
    assert smallest_step(program, even) == 0.5
    halves = Objective(name="x", coefficients=np.full(5, 0.5), maximise=True)
    assert smallest_step(program, halves) == 0
    loose, _ = knapsacks(1, 5, 2, whole=False)
    assert smallest_step(loose, objective) == 0
