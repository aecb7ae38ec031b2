"""Maximal covering against brute force, against HiGHS on the plain program, and its parts."""

import itertools
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from siting.model.program import Program
from siting.solvers.control import Control, Outcome
from siting.solvers.covering import maximal as covering_module
from siting.solvers.covering.bound import bound_of, fixed_by, relaxed
from siting.solvers.covering.cover import Cover, cover_of_pairs
from siting.solvers.covering.cuts import cut_relaxation, tightened
from siting.solvers.covering.kernels import search
from siting.solvers.covering.maximal import maximal_cover
from siting.solvers.covering.merging import merged
from siting.solvers.covering.program import program_of, with_cuts
from siting.solvers.covering.reductions import Covering, reduced
from siting.solvers.highs import solve_with_highs
from siting.solvers.race.racing import Job

CITIES = Path(__file__).parents[2] / "shared" / "data" / "mclp_city"
EARTH_RADIUS_M = 6_378_100


def highs_alone(job: Job, control: Control) -> Outcome:
    """Stand in for the race where processes of their own would only cost time."""
    return solve_with_highs(
        job.program, job.objective, gap=job.gap, start=job.start, control=control
    )


@pytest.fixture(scope="module")
def _no_processes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(covering_module, "race", highs_alone)
        yield


def random_cover(rng: np.random.Generator, points: int, sites: int, share: float) -> Cover:
    reach = rng.random((points, sites)) < share
    point, site = np.nonzero(reach)
    return cover_of_pairs(point, site, rng.integers(0, 20, points), sites)


def spread_cover(rng: np.random.Generator, points: int, sites: int, cutoff: float) -> Cover:
    here, there = rng.random((points, 2)), rng.random((sites, 2))
    near = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1)) <= cutoff
    point, site = np.nonzero(near)
    return cover_of_pairs(point, site, rng.integers(1, 100, points), sites)


def by_trying_all(
    cover: Cover,
    cost: NDArray[np.float64],
    budget: float,
    required: NDArray[np.bool_],
    forbidden: NDArray[np.bool_],
) -> float | None:
    best = None
    for choice in itertools.product([False, True], repeat=cover.sites):
        chosen = np.array(choice, bool)
        if (required & ~chosen).any() or (forbidden & chosen).any():
            continue
        if cost[chosen].sum() <= budget:
            best = max(best or 0.0, cover.covered(chosen))
    return best


@st.composite
def tiny_problems(draw: st.DrawFn):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sites = draw(st.integers(1, 7))
    cover = random_cover(rng, draw(st.integers(0, 14)), sites, draw(st.floats(0.1, 0.7)))
    even = draw(st.booleans())
    cost = np.ones(sites) if even else rng.integers(0, 5, sites).astype(float)
    budget = float(draw(st.integers(0, sites if even else 2 * sites)))
    required = rng.random(sites) < draw(st.sampled_from([0.0, 0.2]))
    forbidden = ~required & (rng.random(sites) < draw(st.sampled_from([0.0, 0.2])))
    return cover, cost, budget, required, forbidden


@pytest.mark.usefixtures("_no_processes")
@settings(max_examples=60)
@given(tiny_problems())
def test_brute_force_finds_nothing_better(problem) -> None:
    cover, cost, budget, required, forbidden = problem
    outcome = maximal_cover(
        cover,
        site_cost=cost,
        budget=budget,
        required=required,
        forbidden=forbidden,
        control=Control(),
    )
    best = by_trying_all(cover, cost, budget, required, forbidden)
    if best is None:
        assert outcome.status == "infeasible"
        return
    assert outcome.status == "done"
    assert outcome.value == best == outcome.bound
    assert cover.covered(outcome.chosen) == best
    assert cost[outcome.chosen].sum() <= budget
    assert not (required & ~outcome.chosen).any()


def plain_optimum(cover: Cover, cost: NDArray[np.float64], budget: float) -> float:
    plain = Covering(
        site=np.arange(cover.sites),
        own=np.zeros(cover.sites),
        cost=cost,
        budget=budget,
        weight=cover.weight,
        of_class=(cover.indptr, cover.site),
        constant=0,
    )
    program, objective = program_of(plain)
    outcome = solve_with_highs(program, objective, gap=0.0, start=None, control=Control())
    assert outcome.status == "done"
    return objective.value(outcome.point)


@pytest.mark.usefixtures("_no_processes")
@pytest.mark.parametrize("seed", range(6))
def test_the_plain_program_gives_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With cuts before the race and without, costs even and not."""
    monkeypatch.setattr(covering_module, "_FEW", 20 if seed % 2 else 1000)
    rng = np.random.default_rng(seed)
    cover = spread_cover(rng, 250, 60, 0.16)
    cost = np.ones(60) if seed < 3 else rng.integers(1, 9, 60).astype(float)
    budget = 8.0 if seed < 3 else 30.0
    outcome = maximal_cover(cover, site_cost=cost, budget=budget, control=Control())
    assert outcome.status == "done"
    assert outcome.value == pytest.approx(plain_optimum(cover, cost, budget), rel=1e-9)
    assert outcome.bound == outcome.value


@pytest.mark.usefixtures("_no_processes")
def test_weights_need_not_be_whole() -> None:
    rng = np.random.default_rng(5)
    whole = spread_cover(rng, 200, 40, 0.2)
    weight = whole.weight * rng.random(whole.classes)
    cover = Cover(sites=40, indptr=whole.indptr, site=whole.site, weight=weight)
    outcome = maximal_cover(cover, site_cost=np.ones(40), budget=5, control=Control())
    assert outcome.status == "done"
    assert outcome.value == pytest.approx(plain_optimum(cover, np.ones(40), 5), rel=1e-6)
    assert outcome.bound == pytest.approx(outcome.value, rel=1e-6)


def test_a_start_that_is_the_optimum_is_kept() -> None:
    """One step of search and no time: what was given comes back with a bound that holds."""
    cover = spread_cover(np.random.default_rng(2), 300, 50, 0.15)
    start = np.arange(50) < 6
    outcome = maximal_cover(
        cover,
        site_cost=np.ones(50),
        budget=6,
        control=Control(deadline=time.monotonic()),
        start=start,
    )
    assert outcome.status == "limit"
    assert outcome.value >= cover.covered(start)
    assert outcome.bound >= plain_optimum(cover, np.ones(50), 6)


def test_cuts_and_bounds_cut_off_no_choice() -> None:
    """Every choice of 5 in 18 keeps every cut, every bound and what is fixed by it."""
    cover = spread_cover(np.random.default_rng(13), 200, 18, 0.22)
    covering = reduced(cover, np.ones(18), 5, np.zeros(18, bool))
    choices = [
        np.isin(np.arange(covering.sites), some)
        for some in itertools.combinations(range(covering.sites), 5)
    ]
    values = np.array([covering.worth(choice) for choice in choices])
    relaxation = relaxed(covering, np.inf)
    plain = bound_of(covering, relaxation.price)
    cut = cut_relaxation(covering, 0.0, Control())
    tight = tightened(covering, relaxation, plain, values.max(), Control())
    assert len(cut.triples)
    assert plain.value > tight.bound.value >= values.max()
    assert cut.value >= values.max() - 1e-6
    program, _ = program_of(covering)
    program = with_cuts(program, cut.triples, covering)
    matrix = covering.matrix()
    for choice in choices:
        covered = matrix @ choice.astype(float) > 0
        assert not program.broken_rows(np.concatenate([choice, covered]).astype(float))
    for bound in (plain, tight.bound):
        zero, one = fixed_by(bound, values.max() - 1, 1.0)
        for choice, value in zip(choices, values, strict=True):
            if value == values.max():
                assert not (choice & zero).any()
                assert choice[one].all()


def test_prices_of_any_kind_bound() -> None:
    rng = np.random.default_rng(11)
    cover = spread_cover(rng, 80, 10, 0.3)
    cost = rng.integers(1, 5, 10).astype(float)
    covering = reduced(cover, cost, 9.0, np.zeros(10, bool))
    best = by_trying_all(cover, cost, 9.0, np.zeros(10, bool), np.zeros(10, bool))
    for _ in range(50):
        price = rng.normal(0.5, 0.5, covering.classes) * covering.weight
        assert bound_of(covering, price).value >= best - 1e-9


def test_reductions_keep_the_optimum_and_shrink() -> None:
    """Sites 1 and 2 cover what 0 does or less; the points of 3 alone become its own weight.

    ::

        point   0   1   2   3   4
        site 0  x   x
        site 1  x   x
        site 2      x
        site 3          x   x
        site 4              x   x
    """
    pairs = [(0, 0), (1, 0), (0, 1), (1, 1), (1, 2), (2, 3), (3, 3), (3, 4), (4, 4)]
    point, site = np.array(pairs).T
    cover = cover_of_pairs(point, site, np.array([5, 6, 7, 8, 9]), 5)
    covering = reduced(cover, np.ones(5), 2, np.zeros(5, bool))
    assert covering.site.tolist() == [0, 3, 4]
    assert covering.own.tolist() == [11, 7, 9]
    assert covering.weight.tolist() == [8]
    assert covering.worth(np.array([True, False, True])) == 28
    dearer = reduced(cover, np.array([3.0, 1, 1, 1, 1]), 3, np.zeros(5, bool))
    assert dearer.site.tolist() == [1, 3, 4]


@pytest.mark.parametrize("even", [True, False])
def test_the_search_counts_right_and_keeps_the_budget(even: bool) -> None:
    rng = np.random.default_rng(3)
    cost = np.ones(60) if even else rng.integers(1, 9, 60).astype(float)
    covering = reduced(spread_cover(rng, 400, 60, 0.15), cost, 12, np.zeros(60, bool))
    chosen, value = search(
        covering.of_site(),
        covering.of_class,
        covering.own.astype(float),
        covering.weight.astype(float),
        covering.cost,
        covering.budget,
        np.zeros(covering.sites, bool),
        2000,
        1,
    )
    assert covering.worth(chosen) == value + covering.constant
    assert covering.cost[chosen].sum() <= covering.budget


def test_merging_keeps_the_budget_and_finds_the_optimum() -> None:
    cover = spread_cover(np.random.default_rng(3), 300, 60, 0.15)
    covering = reduced(cover, np.ones(60), 8.0, np.zeros(60, bool))
    relaxation = relaxed(covering, np.inf)
    assert relaxation is not None
    bound = bound_of(covering, relaxation.price)
    chosen = np.zeros(60, bool)
    chosen[covering.site[merged(covering, relaxation, bound, Control())]] = True
    assert chosen.sum() <= 8
    assert cover.covered(chosen) == plain_optimum(cover, np.ones(60), 8.0)


def test_merging_that_has_no_time_hands_back_a_choice() -> None:
    cover = spread_cover(np.random.default_rng(3), 300, 60, 0.15)
    covering = reduced(cover, np.ones(60), 8.0, np.zeros(60, bool))
    relaxation = relaxed(covering, np.inf)
    assert relaxation is not None
    control = Control()
    control.cancelled.set()
    choice = merged(covering, relaxation, bound_of(covering, relaxation.price), control)
    assert 0 < choice.sum() <= 8


@pytest.mark.slow
def test_the_race_proves_a_covering() -> None:
    cover = spread_cover(np.random.default_rng(4), 3000, 100, 0.15)
    seen = []
    outcome = maximal_cover(
        cover, site_cost=np.ones(100), budget=10, control=Control(watch=seen.append)
    )
    assert outcome.status == "done"
    assert outcome.value == outcome.bound
    assert seen[-1].bound >= outcome.value


def city(name: str, radius_m: float) -> Cover:
    path = CITIES / f"{name}.txt"
    if not path.exists():
        pytest.skip(f"needs {path.name} of the city instances, which is not here")
    lines = path.read_text().split("\n")
    count = int(lines[3].split()[-1])
    lat, lon = np.radians([[float(v) for v in line.split()[:2]] for line in lines[5 : 5 + count]]).T
    begin = next(k for k, line in enumerate(lines) if line.startswith("DEMAND")) + 1
    demand = np.array([int(line.split()[-1]) for line in lines[begin : begin + count]])
    points, sites = [], []
    for i in range(count):
        half = np.sin((lat - lat[i]) / 2) ** 2
        half += np.cos(lat) * np.cos(lat[i]) * np.sin((lon - lon[i]) / 2) ** 2
        distance = (2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))).astype(np.float32)
        near = np.flatnonzero(distance <= np.float32(radius_m))
        points.append(np.full(len(near), i))
        sites.append(near)
    return cover_of_pairs(np.concatenate(points), np.concatenate(sites), demand, count)


@pytest.mark.slow
def test_a_city_is_bounded_near_its_published_optimum() -> None:
    """New York, 400 m, 50 sites: 1,153,640 (doi 10.1111/itor.13387); relaxed 0.176 % more."""
    cover = city("NewYork", 400)
    covering = reduced(cover, np.ones(cover.sites), 50, np.zeros(cover.sites, bool))
    relaxation = relaxed(covering, np.inf)
    plain = bound_of(covering, relaxation.price)
    assert plain.value == pytest.approx(1_153_640 * 1.00176, rel=1e-5)
    tight = tightened(covering, relaxation, plain, 1_153_640, Control())
    assert 1_153_640 <= tight.bound.value < 1_153_640 * 1.0003


def test_programs_name_their_columns() -> None:
    covering = reduced(
        spread_cover(np.random.default_rng(1), 30, 6, 0.4), np.ones(6), 2, np.zeros(6, bool)
    )
    program, objective = program_of(covering)
    assert isinstance(program, Program)
    assert program.row_names[-1] == "budget"
    assert len(objective.coefficients) == covering.sites + covering.classes
