"""Our own engine: what it cuts off no plan needs, and what it keeps is worth what it says.

The flow of need is projected out, so every claim is held against flows written out: random choices
of openings in small districts, solved by the compact rows that other tests trust.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from full_towns import random_full_town
from hypothesis import given
from test_brute_force import compare, examples, seeds
from towns import random_town

from siting.instance.generate.district import generate_district
from siting.instance.instance import NEED_GRID
from siting.model.build import Model, build_model, compact, written_blocks
from siting.model.cuts import proven_bound
from siting.model.program import Row
from siting.plan import Options, solve
from siting.reach import find_reach
from siting.solvers.assignment import open_with, serve
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection import engine, mir, reducing
from siting.solvers.projection.engine import Projection
from siting.solvers.projection.hall import Hall, Separation, row_of
from siting.solvers.projection.master import make_master
from siting.solvers.projection.relaxing import relax
from siting.solvers.projection.writing_out import write_out
from siting.travel.measure import measure_travel


@pytest.fixture(scope="module", params=[3, 4])
def model(request: pytest.FixtureRequest) -> Model:
    return model_of(request.param)


def model_of(seed: int, points: int = 150, buildings: int = 8) -> Model:
    district = generate_district(
        np.random.default_rng(seed),
        points=points,
        buildings=buildings,
        services=2,
        budget_share=0.3,
    )
    return build_model(district, find_reach(district, measure_travel(district)))


def openings(model: Model, seed: int, share: float = 0.3) -> np.ndarray:
    """A random choice of conversions, one module of a service in a building."""
    table = model.decisions.conversions
    chosen = np.random.default_rng(seed).random(len(table)) < share
    repeated = table[chosen].duplicated(["building_id", "service_id"]).to_numpy()
    chosen[np.flatnonzero(chosen)[repeated]] = False
    return chosen


def point_of(model: Model, projected: Model, opened: np.ndarray) -> np.ndarray:
    """A point of the master for a choice of openings, whatever the rules say of it.

    Amounts come from all ways written out, with every place that is always open as full as the
    reduction says: that there are such amounts is part of the claim.
    """
    program = compact(projected)
    master = make_master(projected, program)
    out = write_out(projected, program)
    decided = model.decisions.count
    lower, upper = out.program.lower.copy(), out.program.upper.copy()
    lower[:decided] = upper[:decided] = model.decisions.points(opened)
    for written in master.written.values():
        always = written.block.fixed > 0
        lower[out.column[written.load[always]]] = written.block.fixed[always] / NEED_GRID
    first_of_need = len(projected.program.row_names)
    kept = np.arange(len(out.program.row_names)) >= first_of_need
    flows = replace(
        out.program,
        lower=lower,
        upper=upper,
        integer=np.zeros(len(lower), bool),
        row_names=tuple(np.array(out.program.row_names, object)[kept]),
        row_lower=out.program.row_lower[kept],
        row_upper=out.program.row_upper[kept],
        matrix=out.program.matrix[kept],
    )
    aim = out.objective(program.tiers[0])
    outcome = solve_with_highs(flows, aim, gap=0.0, start=None, control=Control())
    assert outcome.point is not None
    return master.loads_of @ outcome.point[out.column]


def served(model: Model, opened: np.ndarray) -> float:
    year = model.instance.years[0]
    places = open_with(model.decisions, opened, year)
    table = serve(model.instance, model.decisions.reach, places, year)
    return model.value.tiers(table)[0]


@pytest.mark.parametrize("seed", range(4))
def test_openings_are_worth_what_a_flow_over_all_need_says(model: Model, seed: int) -> None:
    projected = reducing.project(model)
    assert all(block.projected for block in projected.blocks)
    program = compact(projected)
    master = make_master(projected, program)
    opened = openings(model, seed)
    point = point_of(model, projected, opened)
    assert program.tiers[0].value(master.loads_of @ point) == pytest.approx(
        served(model, opened), abs=1e-9
    )
    loads = master.loads_of @ point
    for at, written in master.written.items():
        load, _ = Separation(at, written).settle(point)
        assert load.sum() / NEED_GRID == pytest.approx(loads[written.load].sum(), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_every_hall_cut_and_its_rounding_hold_for_every_choice(model: Model, seed: int) -> None:
    rng = np.random.default_rng(seed)
    projected = reducing.project(model)
    program = compact(projected)
    master = make_master(projected, program)
    whole = [point_of(model, projected, openings(model, seed, share)) for share in (0.1, 0.3, 0.7)]
    for at, written in enumerate(written_blocks(projected)):
        block = written.block
        for _ in range(5):
            classes = np.flatnonzero(rng.random(len(block.need)) < rng.random())
            places = np.flatnonzero(rng.random(len(block.places)) < rng.random())
            cut = row_of(written, Hall(block=at, classes=classes, places=places), "hall")
            between = np.abs(rng.random(len(whole[0]))) * master.program.upper
            rounded = mir.strengthened(cut, between, master.program.integer, "mir")
            for row in (cut, *([] if rounded is None else [rounded.row])):
                for point in whole:
                    assert holds(row, point)


def holds(row: Row, point: np.ndarray) -> bool:
    return bool(row.coefficients @ point[row.columns] <= row.upper + 1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_cuts_of_a_choice_settle_it(model: Model, seed: int) -> None:
    projected = reducing.project(model)
    program = compact(projected)
    master = make_master(projected, program)
    opened = openings(model, seed)
    point = np.zeros(len(program.column_names))
    point[: model.decisions.count] = model.decisions.points(opened)
    rows = []
    for at, written in master.written.items():
        _, halls = Separation(at, written).settle(point)
        rows += [row_of(written, hall, "hall") for hall in halls]
    lower, upper = master.program.lower.copy(), master.program.upper.copy()
    decided = model.decisions.count
    lower[:decided] = upper[:decided] = point[:decided]
    free = replace(
        master.program,
        lower=lower,
        upper=upper,
        row_names=(),
        row_lower=np.empty(0),
        row_upper=np.empty(0),
        matrix=master.program.matrix[:0],
        integer=np.zeros(len(lower), bool),
    ).with_rows(rows)
    aim = master.objective(program.tiers[0])
    outcome = solve_with_highs(free, aim, gap=0.0, start=None, control=Control())
    assert outcome.point is not None
    assert aim.value(outcome.point) == pytest.approx(served(model, opened), abs=1e-7)


def test_the_relaxation_is_no_weaker_than_that_of_all_ways_and_no_plan_beats_it() -> None:
    model = model_of(5, points=400, buildings=12)
    projected = reducing.project(model)
    program = compact(projected)
    master = make_master(projected, program)
    seekers = tuple(Separation(at, written) for at, written in master.written.items())
    relaxed = relax(master, seekers, program.tiers[0], (), Control())
    assert relaxed is not None
    full = compact(model)
    loose = replace(full, integer=np.zeros(len(full.integer), bool))
    line = solve_with_highs(loose, full.tiers[0], gap=0.0, start=None, control=Control())
    best = solve_with_highs(full, full.tiers[0], gap=0.0, start=None, control=Control())
    assert line.point is not None
    assert best.point is not None
    least = full.tiers[0].value(best.point)
    assert least - 1e-7 <= relaxed.value <= full.tiers[0].value(line.point) + 1e-4 * least


def test_with_the_flow_written_out_again_nothing_has_changed() -> None:
    model = model_of(6, points=200, buildings=8)
    projected = reducing.project(model)
    written = write_out(projected, compact(projected))
    full = compact(model)
    one = solve_with_highs(full, full.tiers[0], gap=0.0, start=None, control=Control())
    tier = written.objective(compact(projected).tiers[0])
    other = solve_with_highs(written.program, tier, gap=0.0, start=None, control=Control())
    assert one.point is not None
    assert other.point is not None
    assert full.tiers[0].value(one.point) == pytest.approx(tier.value(other.point), abs=1e-7)


@pytest.mark.parametrize("ways", [0, 10**9])
@given(seed=seeds)
@examples(4)
def test_both_ways_of_proof_find_the_best_plan(ways: int, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "WRITE_OUT_WAYS", ways)
        compare(random_town(seed), "auto")


@pytest.mark.slow
@pytest.mark.parametrize("ways", [0, 10**9])
@given(seed=seeds)
@examples(30)
def test_both_ways_of_proof_find_the_best_of_many_plans(ways: int, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "WRITE_OUT_WAYS", ways)
        compare(random_town(seed), "auto")


@pytest.mark.parametrize("ways", [0, 10**9])
def test_engines_agree_on_a_district(ways: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WRITE_OUT_WAYS", ways)
    district = model_of(7, points=300, buildings=10).instance
    ours = solve(district, Options(gap=0.0)).solution
    plain = solve(district, Options(gap=0.0, engine="highs")).solution
    assert ours.termination == plain.termination == "optimal"
    assert ours.objective == pytest.approx(plain.objective, abs=1e-7)


def test_a_search_that_is_stopped_hands_back_what_it_has() -> None:
    model = model_of(8, points=300, buildings=10)
    projected = reducing.project(model)
    program = compact(projected)
    control = Control()
    control.cancelled.set()
    outcome = Projection(model, projected)(
        program, program.tiers[0], gap=0.0, start=None, control=control
    )
    assert outcome.status == "limit"


@pytest.mark.parametrize("seed", [7, 9, 25, 44, 59])
def test_what_is_certified_is_what_the_relaxation_says(seed: int) -> None:
    """By years, and by rank (25), where only the first rank's services count in tier 1."""
    town = random_full_town(seed)
    model = build_model(town, find_reach(town, measure_travel(town)))
    projected = reducing.project(model)
    program = compact(projected)
    own = Projection(model, projected)
    outcome = own(program, program.tiers[0], gap=0.0, start=None, control=Control())
    certificate = own.certify(Control())
    master = make_master(projected, program)
    seekers = tuple(Separation(at, written) for at, written in master.written.items())
    relaxed = relax(master, seekers, program.tiers[0], (), Control())
    assert certificate is not None
    assert relaxed is not None
    assert outcome.point is not None
    assert program.tiers[0].value(outcome.point) <= certificate.bound
    assert certificate.bound == pytest.approx(relaxed.value, abs=1e-6)


def test_roundings_bring_the_certified_bound_nearer() -> None:
    model = model_of(5, points=400, buildings=12)
    projected = reducing.project(model)
    program = compact(projected)
    own = Projection(model, projected)
    outcome = own(program, program.tiers[0], gap=0.0, start=None, control=Control())
    made = own.certify(Control())
    assert own.first is not None
    master, aim, relaxed = own.first
    own.first = master, aim, replace(relaxed, roundings=())
    plain = own.certify(Control())
    assert made is not None
    assert plain is not None
    assert outcome.point is not None
    assert any(cut.kind == "mir" for cut in made.cuts)
    assert program.tiers[0].value(outcome.point) <= made.bound < plain.bound - 1e-5
    assert made.bound == pytest.approx(relaxed.value, abs=1e-6)
    assert proven_bound(model, made) == (made.bound, ())


def test_what_another_model_taught_is_certified_too() -> None:
    model = model_of(5, points=400, buildings=12)
    projected = reducing.project(model)
    program = compact(projected)
    teacher, pupil = Projection(model, projected), Projection(model, projected)
    for engine_of in (teacher, pupil):
        pupil.learn(teacher)
        engine_of(program, program.tiers[0], gap=0.0, start=None, control=Control())
    one, other = teacher.certify(Control()), pupil.certify(Control())
    assert one is not None
    assert other is not None
    assert pupil.cuts
    assert other.bound == pytest.approx(one.bound, abs=1e-5)
