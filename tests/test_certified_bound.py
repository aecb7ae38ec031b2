"""A certified bound holds for every plan, whatever the multipliers; a false one is found out."""

from __future__ import annotations

import gzip
import json
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracle import Oracle
from scipy import sparse
from scipy.optimize import linprog
from towns import random_town, town

from siting import plan, store
from siting.certificate import (
    CERTIFICATE_FILE,
    Certificate,
    Cut,
    read_certificate,
    write_certificate,
)
from siting.cli.app import main
from siting.errors import InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.model.build import Model, build_model, compact
from siting.model.cuts import cut_rows, proven_bound
from siting.model.lagrangian import certified_bound
from siting.model.program import Objective, Program
from siting.reach import find_near, find_reach
from siting.report.certified import certified
from siting.solvers.certifying import certificate_of
from siting.solvers.control import Control
from siting.solvers.duals import certify, lp_multipliers
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection.hall import Hall, Separation, row_of
from siting.solvers.projection.master import make_master
from siting.solvers.projection.reducing import project
from siting.travel.measure import measure_travel

TINY = Path(__file__).parents[1] / "instances" / "tiny"

seeds = st.integers(0, 2**32 - 1)


def model_of(instance: Instance) -> Model:
    travel = measure_travel(instance)
    return build_model(instance, find_reach(instance, travel), find_near(instance, travel))


def program_of(
    matrix: list[list[float]],
    lower: list[float],
    upper: list[float],
    most: list[float],
    worth: list[float],
) -> Program:
    rows, columns = np.array(matrix).shape
    objective = Objective(name="any", coefficients=np.array(worth), maximise=True, scale=4.0)
    return Program(
        column_names=tuple(f"x{j}" for j in range(columns)),
        lower=np.zeros(columns),
        upper=np.array(most),
        integer=np.zeros(columns, bool),
        grid=np.ones(columns),
        row_names=tuple(f"r{i}" for i in range(rows)),
        row_lower=np.array(lower),
        row_upper=np.array(upper),
        matrix=sparse.csr_array(np.array(matrix)),
        tiers=(objective,),
    )


def mid_program(seed: int) -> Program:
    """120 rows of all kinds over 400 columns; x = 0.3 keeps them all."""
    rng = np.random.default_rng(seed)
    rows, columns = 120, 400
    matrix = np.where(rng.random((rows, columns)) < 0.05, rng.normal(0, 5, (rows, columns)), 0)
    inside = matrix @ np.full(columns, 0.3)
    kind = rng.integers(0, 4, rows)  # at most, at least, both, equal
    room = rng.uniform(0, 2, rows) * (kind < 3)
    return program_of(
        matrix.tolist(),
        np.where(kind == 0, -np.inf, inside - room).tolist(),
        np.where(kind == 1, np.inf, inside + room).tolist(),
        rng.uniform(0.3, 3, columns).tolist(),
        rng.normal(0, 1, columns).tolist(),
    )


def random_multipliers(rows: int, rng: np.random.Generator) -> np.ndarray:
    """Of any sign and magnitude, some of one size, some 0."""
    small = 10.0 ** rng.choice([-300, -12, -3, 0, 3, 9])
    sizes = [0, small, rng.random(rows), rng.random(rows) * 10.0 ** rng.integers(-9, 10, rows)]
    return rng.choice([-1.0, 1.0], rows) * np.choose(rng.integers(0, 4, rows), sizes)


def exact_bound(program: Program, multipliers: np.ndarray) -> Fraction:
    """The formula in fractions; columns are from 0."""
    dense = program.matrix.toarray()
    total = Fraction(0)
    reduced = [Fraction(c) for c in program.tiers[0].coefficients.tolist()]
    for i, y in enumerate(multipliers.tolist()):
        side = program.row_upper[i] if y > 0 else program.row_lower[i]
        if y == 0 or not np.isfinite(side):
            continue
        total += Fraction(y) * Fraction(float(side))
        for j in np.flatnonzero(dense[i]):
            reduced[j] -= Fraction(y) * Fraction(float(dense[i, j]))
    total += sum(
        max(Fraction(0), r) * Fraction(u)
        for r, u in zip(reduced, program.upper.tolist(), strict=True)
    )
    return total / Fraction(program.tiers[0].scale)


# --- the formula ---


def test_by_hand() -> None:
    """Max 3 x0 + 2 x1, x0 + x1 <= 4, x0 - x1 >= -2, x <= 3: 11 at (3, 1), over a scale of 4.

    Multipliers (2, 0): 2 * 4 + (3 - 2) * 3 + 0 = 11, which is best. (0, -1): -1 * -2, reduced
    worth (4, 1), so 2 + 12 + 3 = 17. Of the first row only the upper side has a limit, so that -5
    counts as nothing: 9 + 6 = 15.
    """
    program = program_of([[1, 1], [1, -1]], [-np.inf, -2], [4, np.inf], [3, 3], [3, 2])
    objective = program.tiers[0]
    for multipliers, bound in (([2, 0], 11), ([0, -1], 17), ([-5, 0], 15), ([np.nan, 7], 15)):
        found = certified_bound(program, objective, np.array(multipliers, float))
        assert bound / 4 <= found <= bound / 4 + 1e-12
    multipliers = lp_multipliers(program, objective, Control())
    assert multipliers == pytest.approx([2, 0], abs=1e-9)


def test_a_row_that_demands_has_a_multiplier_below_0() -> None:
    """Max -x0, x0 >= 2: each unit less to demand would be worth 1."""
    program = program_of([[1]], [2], [np.inf], [9], [-1])
    multipliers = lp_multipliers(program, program.tiers[0], Control())
    assert multipliers == pytest.approx([-1], abs=1e-9)
    assert certified_bound(program, program.tiers[0], multipliers) == pytest.approx(-2 / 4)


def test_columns_between_other_limits() -> None:
    """Max x0 - x1 with x0 in 1..2 and x1 in 3..9 is 2 - 3; with x0 beyond any limit nothing is."""
    program = program_of([[0, 0]], [0], [0], [2, 9], [1, -1])
    program = replace(program, lower=np.array([1.0, 3.0]))
    bound = certified_bound(program, program.tiers[0], np.zeros(1))
    assert bound == pytest.approx(-1 / 4, abs=1e-12)
    endless = replace(program, upper=np.array([np.inf, 9.0]))
    assert certified_bound(endless, endless.tiers[0], np.zeros(1)) == np.inf


def test_what_cannot_be_bounded_is_refused() -> None:
    program = program_of([[1]], [0], [1], [1], [1])
    least = replace(program.tiers[0], maximise=False)
    with pytest.raises(ValueError, match="the tier any is minimised"):
        certified_bound(program, least, np.zeros(1))
    with pytest.raises(ValueError, match="2 multipliers for 1 rows"):
        certified_bound(program, program.tiers[0], np.zeros(2))


@given(seeds)
@settings(max_examples=15)
def test_rounding_goes_up_and_hardly(seed: int) -> None:
    """Never below the formula in fractions, and above it by no more than rounding."""
    rng = np.random.default_rng(seed)
    program = mid_program(seed % 7)
    multipliers = random_multipliers(len(program.row_names), rng)
    found = certified_bound(program, program.tiers[0], multipliers)
    due = exact_bound(program, multipliers)
    assert Fraction(found) >= due
    size = 1 + np.abs(multipliers).max() * 1e4
    assert float(Fraction(found) - due) <= 1e-12 * size


@pytest.mark.parametrize("seed", range(4))
def test_best_multipliers_give_the_linear_bound(seed: int) -> None:
    program = mid_program(seed)
    objective = program.tiers[0]
    multipliers = lp_multipliers(program, objective, Control())
    assert multipliers is not None
    bounded = [(np.isfinite(s), s) for s in (program.row_upper, -program.row_lower)]
    matrix = program.matrix.toarray()
    solved = linprog(
        -objective.coefficients,
        A_ub=np.vstack([matrix[bounded[0][0]], -matrix[bounded[1][0]]]),
        b_ub=np.concatenate([side[finite] for finite, side in bounded]),
        bounds=list(zip(program.lower, program.upper, strict=True)),
    )
    due = -solved.fun / objective.scale
    found = certified_bound(program, objective, multipliers)
    assert found == pytest.approx(due, rel=1e-6)
    assert found >= due - 1e-9 * abs(due)


# --- towns ---


@given(seeds)
@example(5)
@settings(max_examples=15)
def test_no_plan_exceeds_what_is_certified(seed: int) -> None:
    instance = random_town(seed)
    oracle = Oracle(instance)
    if not oracle.plans:
        return
    best = next(iter(oracle.best()[0].values()))
    program = compact(model_of(instance))
    certificate = certify(program, Control())
    if certificate is not None:  # none where there is nothing to decide
        assert certificate.bound >= best - Fraction(1, 10**12)
    rng = np.random.default_rng(seed)
    for _ in range(5):
        multipliers = random_multipliers(len(program.row_names), rng)
        bound = certified_bound(program, program.tiers[0], multipliers)
        assert float(best) - 1e-12 <= bound <= 1


@pytest.mark.parametrize("kind", ["hall", "mir"])
@given(seed=seeds)
@settings(max_examples=15)
def test_every_cut_holds_for_every_plan(kind: str, seed: int) -> None:
    """The left side, made as large as any plan makes it, stays within the right side."""
    model = model_of(random_town(seed))
    program = compact(model)
    rng = np.random.default_rng(seed)
    for block in model.blocks:
        classes = tuple(k for k in range(len(block.need)) if rng.random() < 0.5)
        places = tuple(p for p in range(len(block.places)) if rng.random() < 0.7)
        cut = Cut(
            name="cut",
            kind=kind,
            service_id=block.service_id,
            year=block.year,
            classes=classes,
            places=places,
            divisor=int(rng.integers(1, 40_000)),
            complemented=tuple(
                c for c in range(len(model.decisions.conversions)) if rng.random() < 0.4
            ),
        )
        rows = cut_rows(model, [cut])
        assert len(rows) == (not block.unlimited)
        for row in rows:
            left = np.zeros(len(program.column_names))
            left[row.columns] = row.coefficients
            most = solve_with_highs(
                program,
                Objective(name="left", coefficients=left, maximise=True),
                gap=0.0,
                start=None,
                control=Control(),
            )
            if most.point is not None:
                assert left @ most.point <= row.upper + 1e-6


def crowded() -> Instance:
    r"""Money for a clinic of 35 in A (10), or three quarters of one in B (20), and no more.

    ::

        D1 (30) ── A, B        D2 (5) ── B
    """
    return town(
        people={"D1": 30.0, "D2": 5.0},
        ways={"D1": ["A", "B"], "D2": ["B"]},
        services={"clinic": {}},
        modules={"clinic": {"service_id": "clinic", "capacity": 35.0}},
        buildings={"A": {}, "B": {"acquisition_cost": 10.0}},
        budget={"total": 15.0},
    )


def cut_of(model: Model) -> Cut:
    """U = {D1}, P = {A, B}."""
    block = model.blocks[0]
    first = block.merged[block.need[block.merged] == 30_000]
    return Cut(
        name="hall[clinic,0]",
        kind="hall",
        service_id="clinic",
        year=block.year,
        classes=(int(first[0]),),
        places=(0, 1),
    )


def test_a_cut_by_hand() -> None:
    """A serves nobody outside of D1, B at most the 5 of D2: ``z_A + z_B - 5 y_B <= 30``."""
    model = model_of(crowded())
    cut = cut_of(model)
    (row,) = cut_rows(model, [cut])
    names = compact(model).column_names
    said = dict(zip((names[c] for c in row.columns), row.coefficients, strict=True))
    assert {name: factor for name, factor in said.items() if factor} == {
        "load[A,clinic]": 1,
        "load[B,clinic]": 1,
        "open[B,clinic,clinic]": -5,
    }
    assert row.upper == 30
    assert cut_rows(model, [replace(cut, kind="other")]) == []
    assert cut_rows(model, [replace(cut, places=(2,))]) == []
    assert cut_rows(model, [replace(cut, service_id="school")]) == []


def test_the_rounding_of_a_cut_by_hand() -> None:
    """``30 y_A + 30 y_B - t_A - t_B <= 30`` in twenties: 30 is 1 and 10, of which 20 - 10 count.

    With A shut in place of open, in fifties: 30 (1 - y_A) less of 0 leaves nothing to round.
    """
    model = model_of(crowded())
    cut = replace(cut_of(model), kind="mir", divisor=20_000)
    names = compact(model).column_names

    def said(cut: Cut) -> tuple[dict[str, float], float]:
        (row,) = cut_rows(model, [cut])
        factors = zip((names[c] for c in row.columns), row.coefficients, strict=True)
        return {name: factor for name, factor in factors if factor}, row.upper

    assert said(cut) == (
        {
            "load[A,clinic]": 1,
            "load[B,clinic]": 1,
            "open[A,clinic,clinic]": 10 - 30,
            "open[B,clinic,clinic]": 10 - 35,
        },
        10,
    )
    of_a = names.index("open[A,clinic,clinic]")
    assert said(replace(cut, divisor=50_000, complemented=(of_a,))) == (
        {"load[A,clinic]": 1, "load[B,clinic]": 1, "open[B,clinic,clinic]": 30 - 35},
        30,
    )
    assert cut_rows(model, [replace(cut, divisor=0)]) == []
    assert cut_rows(model, [replace(cut, divisor=10**30)]) == []
    assert cut_rows(model, [replace(cut, complemented=(2,))]) == []


def test_a_rounding_is_stored_with_all_that_it_takes(tmp_path: Path) -> None:
    model = model_of(crowded())
    cut = replace(cut_of(model), kind="mir", divisor=20_000, complemented=(0, 1))
    found = certify(compact(model).with_rows(cut_rows(model, [cut])), Control())
    assert found is not None
    made = replace(found, cuts=(cut,))
    write_certificate(made, tmp_path / CERTIFICATE_FILE)
    assert read_certificate(tmp_path / CERTIFICATE_FILE, made.bound) == made


def test_a_certificate_may_name_cuts(tmp_path: Path) -> None:
    """Half of A and half of B serve all in the relaxation; with the cut 32.5 of 35."""
    model = model_of(crowded())
    cut = cut_of(model)
    found = certify(compact(model).with_rows(cut_rows(model, [cut])), Control())
    assert found is not None
    assert found.bound == pytest.approx(13 / 14, abs=1e-9)
    made = replace(found, cuts=(cut,))
    write_certificate(made, tmp_path / CERTIFICATE_FILE)
    read = read_certificate(tmp_path / CERTIFICATE_FILE, made.bound)
    assert read == made
    assert proven_bound(model, read) == (made.bound, ())
    without, unknown = proven_bound(model, replace(read, cuts=()))
    assert (without > 0.95, unknown) == (True, (cut.name,))


def relaxed_by_cuts(whole: Model) -> tuple[Certificate, float]:
    """Return the certificate of a relaxation under all Hall cuts that it breaks, and its value."""
    projected = project(whole)
    program = compact(projected)
    master = make_master(projected, program)
    objective = master.objective(program.tiers[0])
    seekers = [Separation(at, written) for at, written in master.written.items()]
    loose = replace(master.program, integer=np.zeros(len(program.column_names), bool))
    halls: list[Hall] = []
    while True:
        rows = [row_of(master.written[h.block], h, f"hall {i}") for i, h in enumerate(halls)]
        with_cuts = loose.with_rows(rows)
        done = solve_with_highs(with_cuts, objective, gap=0.0, start=None, control=Control())
        assert done.point is not None
        new = [h for seeker in seekers for h in seeker.broken(master.loads_of @ done.point)]
        if not new:
            break
        halls += new
    multipliers = lp_multipliers(with_cuts, objective, Control())
    assert multipliers is not None
    count = len(program.row_names)
    prices = dict(zip(program.row_names, multipliers[:count].tolist(), strict=True))
    cuts = zip(halls, multipliers[count:].tolist(), strict=True)
    return certificate_of(whole, projected, prices, cuts), objective.value(done.point)


def test_a_relaxation_under_cuts_is_certified(tmp_path: Path) -> None:
    """Nearer than the relaxation of the compact model, 0.7527, and stored with sets alone."""
    model = model_of(read_instance(TINY)[0])
    made, value = relaxed_by_cuts(model)
    assert made.bound == pytest.approx(value, abs=1e-9)
    assert made.bound == pytest.approx(0.748860759, abs=1e-9)
    write_certificate(made, tmp_path / CERTIFICATE_FILE)
    read = read_certificate(tmp_path / CERTIFICATE_FILE, made.bound)
    assert read == made
    assert proven_bound(model, read) == (made.bound, ())


@given(seeds)
@settings(max_examples=10)
def test_no_plan_exceeds_what_cuts_certify(seed: int) -> None:
    instance = random_town(seed)
    model = model_of(instance)
    oracle = Oracle(instance)
    if not (oracle.plans and model.decisions.count):
        return
    made, value = relaxed_by_cuts(model)
    best = float(next(iter(oracle.best()[0].values())))
    assert made.bound >= best - 1e-12
    assert made.bound >= min(value, 1.0) - 1e-9
    assert proven_bound(model, made) == (made.bound, ())


def test_settled_need_is_left_aside() -> None:
    """F and G serve all of D1; A could serve D1 and D2, and is worth the 20 of D2 alone.

    ::

        D1 (10) ── F (8), G (8), A        D2 (20) ── A
    """
    instance = town(
        people={"D1": 10.0, "D2": 20.0},
        ways={"D1": ["F", "G", "A"], "D2": ["A"]},
        services={"clinic": {}},
        modules={"clinic": {"service_id": "clinic", "capacity": 30.0}},
        buildings={"A": {}},
        facilities={f: {"service_id": "clinic", "capacity": 8.0} for f in "FG"},
        budget={"total": 5.0},
    )
    model = model_of(instance)
    made, value = relaxed_by_cuts(model)
    # Half of A's 10 is paid: half of 20 in the projected model, 15 of 30 in the compact one.
    assert value == pytest.approx(20 / 30)
    assert made.bound == pytest.approx(20 / 30, abs=1e-9)
    compact_bound = certify(compact(model), Control())
    assert compact_bound is not None
    assert compact_bound.bound == pytest.approx(25 / 30, abs=1e-9)
    assert {cut.kind for cut in made.cuts} == {"settled", "hall"}


# --- limits ---


def test_no_certificate_where_a_limit_comes_first() -> None:
    program = mid_program(0)
    objective = program.tiers[0]
    stopped = Control()
    stopped.cancelled.set()
    assert certify(program, stopped) is None
    assert lp_multipliers(program, objective, Control(deadline=time.monotonic() - 1)) is None

    class Late(Control):
        def remaining(self) -> float:
            return 1e-9

    assert lp_multipliers(program, objective, Late(deadline=time.monotonic())) is None


def test_no_certificate_where_it_is_cancelled_midway() -> None:
    class Cancelled(threading.Event):
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 1

    program = mid_program(1)
    assert lp_multipliers(program, program.tiers[0], Control(cancelled=Cancelled())) is None


# --- stored runs ---


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = plan.solve(read_instance(TINY)[0], plan.Options(gap=0, engine="highs"))
    folder = tmp_path_factory.mktemp("runs") / "run"
    return store.save_run(
        made.solution,
        {"clinic": 1250.0, "station": 250.0},
        {},
        root=folder.parent,
        verified=True,
        instance_path=TINY,
        out=folder,
    )


def proves(stated: float, proven: float) -> str:
    return (
        f"score.certified_bound[plan]: the plan states {stated:.9f}, "
        f"the stored multipliers prove {proven:.9f}"
    )


def changed(stored: Path, folder: Path, *, bound: float = 0.0, **multipliers: float) -> Path:
    """Return a copy of a run with another bound, or other multipliers by the rule of their row."""
    folder.mkdir()
    for name in ("solution.json", "need.csv", CERTIFICATE_FILE):
        (folder / name).write_bytes((stored / name).read_bytes())
    path = folder / "solution.json"
    values = json.loads(path.read_text("utf-8"))
    values["certified_bound"] += bound
    path.write_text(json.dumps(values), "utf-8")
    certificate = read_certificate(folder / CERTIFICATE_FILE, 0.0)
    factors = {row: multipliers.get(row.partition("[")[0], 1.0) for row in certificate.multipliers}
    new = {row: y * factors[row] for row, y in certificate.multipliers.items()}
    write_certificate(replace(certificate, multipliers=new), folder / CERTIFICATE_FILE)
    return folder


def findings(folder: Path) -> list[str]:
    found = plan.verify(TINY, store.load_run(folder)[0], bound=True)
    assert "score.certified_bound" in {check.rule for check in found.checks}
    return [str(finding) for finding in found.findings]


def test_a_stored_bound_is_recomputed(stored: Path) -> None:
    solution, values = store.load_run(stored)
    assert solution.certificate is not None
    assert values["certified_bound"] == solution.certified_bound == solution.certificate.bound
    assert values["certified_gap"] == solution.certified_gap
    assert 0.7 <= solution.certified_bound < 0.76
    assert findings(stored) == []
    proven, unknown = proven_bound(model_of(read_instance(TINY)[0]), solution.certificate)
    assert proven == pytest.approx(solution.certified_bound, abs=1e-12)
    assert unknown == ()


def test_a_tampered_bound_is_found(stored: Path, tmp_path: Path) -> None:
    near = findings(changed(stored, tmp_path / "near", bound=-0.01))
    assert near == [proves(0.742727273, 0.752727273)]
    below = findings(changed(stored, tmp_path / "below", bound=-0.1))
    exceeded = "no plan is said to exceed 0.652727273, this one has 0.700000000"
    assert below == [
        proves(0.652727273, 0.752727273),
        f"score.certified_bound[plan]: {exceeded}",
    ]


def test_a_tampered_multiplier_is_found(stored: Path, tmp_path: Path) -> None:
    for name, factor in (("halved", 0.5), ("doubled", 2.0), ("turned", -1.0)):
        folder = changed(stored, tmp_path / name, budget=factor)
        certificate = store.load_run(folder)[0].certificate
        assert certificate is not None
        proven, _ = proven_bound(model_of(read_instance(TINY)[0]), certificate)
        assert proven > 0.76
        assert findings(folder) == [proves(0.752727273, proven)]


def test_multipliers_that_are_missing_or_strange_are_found(stored: Path, tmp_path: Path) -> None:
    folder = changed(stored, tmp_path / "bare")
    (folder / CERTIFICATE_FILE).unlink()
    assert findings(folder) == [proves(0.752727273, 1.0)]
    folder = changed(stored, tmp_path / "strange")
    certificate = read_certificate(folder / CERTIFICATE_FILE, 0.0)
    more = {**certificate.multipliers, "no[such,row]": 1.0}
    write_certificate(replace(certificate, multipliers=more), folder / CERTIFICATE_FILE)
    said = "the certificate names 1 row that the model does not have, no[such,row] the first"
    assert findings(folder) == [f"score.certified_bound[rows]: {said}"]


def test_a_damaged_certificate_is_no_readable_run(stored: Path, tmp_path: Path) -> None:
    folder = changed(stored, tmp_path / "cut")
    packed = (folder / CERTIFICATE_FILE).read_bytes()
    for broken, said in (
        (packed[:-20], "certificate.csv.gz is damaged"),
        (b"nothing packed", "certificate.csv.gz is damaged"),
        (gzip.compress(b"row,price\n"), "certificate.csv.gz has no column multiplier"),
        (
            gzip.compress(b"row,multiplier,kind,service_id,year,classes,places\nr,much,,,,,\n"),
            "could not convert string to float",
        ),
    ):
        (folder / CERTIFICATE_FILE).write_bytes(broken)
        with pytest.raises(InstanceError, match=f"is no readable run.*{said}"):
            store.load_run(folder)


def test_a_run_without_a_bound_has_none_to_check(stored: Path) -> None:
    solution = replace(store.load_run(stored)[0], certificate=None)
    assert plan.verify(TINY, solution).passed
    with pytest.raises(InstanceError, match="the run has no certified bound"):
        plan.verify(TINY, solution, bound=True)


def test_the_command_line_says_so_in_both_languages(
    stored: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "cache"))

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["siting", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), " ".join(capsys.readouterr().out.split())

    code, said = run("verify", str(stored), "--bound")
    assert code == 0
    assert "score.certified_bound passed 0" in said
    assert said.endswith(
        "Re-computed without a solver: no plan can serve more than 7.54% more "
        "(weighted need; a score of at most 75.28%)."
    )
    code, said = run("verify", str(stored), "--bound", "--lang", "zh")
    assert said.replace(" ", "").endswith(
        "无需求解器即可重算：任何方案至多再多服务7.54%（加权需求；得分不超过75.28%）。"
    )
    code, said = run("verify", str(stored), "--bound", "--json")
    line = json.loads(said)
    assert (code, line["checks"]["score.certified_bound"]) == (0, True)
    assert line["certified_bound"] == pytest.approx(0.752727273, abs=1e-9)
    assert run("verify", str(changed(stored, tmp_path / "false", bound=-0.01)), "--bound")[0] == 5


def test_nothing_is_said_without_a_certificate(stored: Path) -> None:
    solution = replace(store.load_run(stored)[0], certificate=None)
    assert (solution.certified_bound, solution.certified_gap) == (None, None)
    assert certified(solution, "en") == ""


def test_a_certificate_that_a_plan_exceeds_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a proof: what claims less than a plan reaches is wrong."""
    town = random_town(1)
    honest = plan.solve(town, plan.Options(gap=0.0)).solution
    assert honest.objective is not None
    false = Certificate(bound=honest.objective / 2, multipliers={})
    monkeypatch.setattr("siting.solvers.duals.certify", lambda *_: false)
    made = plan.solve(town, plan.Options(gap=0.0, engine="highs")).solution
    assert made.certificate is None
    assert made.objective == pytest.approx(honest.objective, abs=1e-9)
