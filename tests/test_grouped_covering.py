"""Maximal covering of many classes in groups: its cuts, relaxation and proof, on small covers."""

import itertools
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from siting.solvers.control import Control
from siting.solvers.covering import maximal as covering_module
from siting.solvers.covering.bound import bound_of, relaxed
from siting.solvers.covering.cover import Cover, cover_of_pairs
from siting.solvers.covering.grouped_bound import relaxed_in_groups
from siting.solvers.covering.grouped_master import GroupedCovering
from siting.solvers.covering.grouped_proof import proved_in_groups
from siting.solvers.covering.grouping import grouped
from siting.solvers.covering.maximal import maximal_cover
from siting.solvers.covering.program import program_of
from siting.solvers.covering.reductions import Covering, reduced
from siting.solvers.highs import solve_with_highs


@pytest.fixture(scope="module")
def _always_grouped():
    """All covers count as many classes."""
    with pytest.MonkeyPatch.context() as patch:
        for limit in ("_MANY_TO_RELAX", "_MANY_TO_PROVE"):
            patch.setattr(covering_module, limit, 0)
        patch.setattr(covering_module, "_SITES_TO_GROUP", np.inf)
        yield


def spread_covering(
    seed: int, points: int, sites: int, cutoff: float, budget: float, *, even: bool = True
) -> tuple[Cover, Covering]:
    rng = np.random.default_rng(seed)
    here, there = rng.random((points, 2)), rng.random((sites, 2))
    near = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1)) <= cutoff
    point, site = np.nonzero(near)
    cover = cover_of_pairs(point, site, rng.integers(1, 100, points), sites)
    cost = np.ones(sites) if even else rng.integers(1, 9, sites).astype(float)
    return cover, reduced(cover, cost, budget, np.zeros(sites, bool))


def in_groups(covering: Covering, most_sites: int) -> GroupedCovering:
    return GroupedCovering(
        covering=covering,
        groups=grouped(covering, most_sites),
        weight=covering.weight.astype(float),
    )


def optimum(covering: Covering) -> float:
    """Return the optimum by HiGHS on the plain program."""
    program, objective = program_of(covering)
    outcome = solve_with_highs(program, objective, gap=0.0, start=None, control=Control())
    assert outcome.status == "done"
    return objective.value(outcome.point) + covering.constant


def by_trying_all(cover: Cover, cost: NDArray[np.float64], budget: float) -> float:
    choices = (np.array(c, bool) for c in itertools.product([False, True], repeat=cover.sites))
    return max(cover.covered(c) for c in choices if cost[c].sum() <= budget)


@st.composite
def tiny_problems(draw: st.DrawFn):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sites = draw(st.integers(1, 7))
    reach = rng.random((draw(st.integers(0, 20)), sites)) < draw(st.floats(0.1, 0.7))
    point, site = np.nonzero(reach)
    cover = cover_of_pairs(point, site, rng.integers(0, 20, len(reach)), sites)
    even = draw(st.booleans())
    cost = np.ones(sites) if even else rng.integers(0, 5, sites).astype(float)
    return cover, cost, float(draw(st.integers(0, sites if even else 2 * sites)))


@pytest.mark.usefixtures("_always_grouped")
@settings(max_examples=40, deadline=None)
@given(tiny_problems())
def test_brute_force_finds_nothing_better(problem) -> None:
    cover, cost, budget = problem
    outcome = maximal_cover(cover, site_cost=cost, budget=budget, control=Control())
    best = by_trying_all(cover, cost, budget)
    assert outcome.status == "done"
    assert outcome.value == best == outcome.bound == cover.covered(outcome.chosen)
    assert cost[outcome.chosen].sum() <= budget


@pytest.mark.parametrize("most_sites", [1, 3, 8])
def test_groups_hold_every_class_once(most_sites: int) -> None:
    _, covering = spread_covering(1, 400, 30, 0.2, 5)
    groups = grouped(covering, most_sites)
    assert sorted(groups.order.tolist()) == list(range(covering.classes))
    for g in range(groups.count):
        members = groups.order[groups.begins[g] : groups.begins[g + 1]]
        assert len(members)
        assert (groups.of_class[members] == g).all()
        assert groups.weight[g] == covering.weight[members].sum()
    assert groups.count <= covering.sites
    assert groups.count > covering.sites // (3 * most_sites)


@pytest.mark.parametrize("whole", [1.0, 2.0])
def test_cuts_hold_for_every_choice_and_are_tight_where_made(whole: float) -> None:
    """All choices of 12 sites, against cuts at whole choices and, of the first kind, at shares."""
    _, covering = spread_covering(2, 120, 12, 0.3, 4)
    grouped_covering = in_groups(covering, 3)
    rng = np.random.default_rng(5)
    made = [(rng.random(covering.sites) < 0.4).astype(float) for _ in range(4)]
    made += [rng.random(covering.sites) * 0.6 for _ in range(4 if whole == 1.0 else 0)]
    matrix = covering.matrix().toarray()
    groups = grouped_covering.groups

    def covered(choice: NDArray[np.float64]) -> NDArray[np.float64]:
        part = covering.weight * np.minimum(1.0, matrix @ choice)
        return np.bincount(groups.of_class, part, groups.count) / groups.weight

    for choice in made:
        cuts, shares = grouped_covering.cuts(choice, whole=whole)
        assert shares == pytest.approx(covered(choice))
        assert cuts.rows @ np.append(choice, shares) == pytest.approx(cuts.limit)
        for other in itertools.product([0.0, 1.0], repeat=covering.sites):
            at = np.array(other)
            assert (cuts.rows @ np.append(at, covered(at)) <= cuts.limit + 1e-9).all()


@pytest.mark.parametrize("most_sites", [1, 4, 16])
@pytest.mark.parametrize("even", [True, False])
def test_the_relaxation_is_that_of_the_whole_program(most_sites: int, even: bool) -> None:
    budget = 8.0 if even else 30.0
    _, covering = spread_covering(3, 1500, 60, 0.15, budget, even=even)
    whole = bound_of(covering, relaxed(covering, np.inf).price).value
    found = relaxed_in_groups(covering, Control(), most_sites)
    mine = bound_of(covering, found.relaxation.price).value
    assert mine == pytest.approx(whole, rel=3e-6)
    choice = found.relaxation.choice
    assert covering.cost @ choice <= covering.budget * (1 + 1e-7)
    shares = np.minimum(1, covering.matrix() @ choice)
    worth = covering.constant + covering.own @ choice + covering.weight @ shares
    assert worth <= whole * (1 + 1e-7)
    assert mine >= optimum(covering) * (1 - 1e-9)


@pytest.mark.parametrize(("seed", "even"), [(4, True), (5, True), (6, False), (7, False)])
def test_the_proof_agrees_with_the_plain_program(seed: int, even: bool) -> None:
    """From no choice at all, so that masters must find what is best."""
    _, covering = spread_covering(seed, 500, 40, 0.16, 7.0 if even else 25.0, even=even)
    best = optimum(covering)
    outcome = proved_in_groups(covering, start=None, aim=0.0, gap=0.0, step=1.0, control=Control())
    assert outcome.status == "done"
    assert covering.worth(outcome.point > 0.5) == best
    assert outcome.bound + covering.constant == best
    assert covering.cost @ outcome.point <= covering.budget


def test_an_aim_that_nothing_beats_is_the_bound() -> None:
    _, covering = spread_covering(4, 500, 40, 0.16, 7.0)
    aim = optimum(covering) + 10
    outcome = proved_in_groups(covering, start=None, aim=aim, gap=0.0, step=1.0, control=Control())
    assert outcome.status == "done"
    assert outcome.bound + covering.constant == aim


@pytest.mark.usefixtures("_always_grouped")
def test_both_ways_agree_and_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a search, so that masters must improve; with weights that are whole and not."""
    cover, covering = spread_covering(8, 600, 40, 0.16, 7.0)
    monkeypatch.setattr(covering_module, "searched", lambda few, *_: np.arange(few.sites) < 7)
    seen = []
    cost = np.ones(40)
    outcome = maximal_cover(cover, site_cost=cost, budget=7, control=Control(watch=seen.append))
    best = optimum(covering)
    assert outcome.status == "done"
    assert outcome.value == outcome.bound == best
    bounds = [progress.bound for progress in seen]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] >= best == bounds[-1]
    weight = cover.weight * np.random.default_rng(1).random(cover.classes)
    part = Cover(sites=40, indptr=cover.indptr, site=cover.site, weight=weight)
    outcome = maximal_cover(part, site_cost=cost, budget=7, control=Control())
    best = optimum(reduced(part, cost, 7, np.zeros(40, bool)))
    assert outcome.status == "done"
    assert outcome.value == pytest.approx(best, rel=1e-7)
    assert outcome.bound == pytest.approx(best, rel=1e-7)


@pytest.mark.usefixtures("_always_grouped")
@pytest.mark.parametrize("ends", ["time", "cancelled"])
def test_what_ends_early_has_a_bound_that_holds(ends: str) -> None:
    cover, covering = spread_covering(8, 600, 40, 0.16, 7.0)
    cancelled = threading.Event()
    if ends == "cancelled":
        cancelled.set()
    deadline = time.monotonic() if ends == "time" else None
    outcome = maximal_cover(
        cover,
        site_cost=np.ones(40),
        budget=7,
        control=Control(deadline=deadline, cancelled=cancelled),
    )
    assert outcome.status == "limit"
    assert outcome.value <= optimum(covering) <= outcome.bound
