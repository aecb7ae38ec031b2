"""Streaming against naive merging, cutoff ties, and the GNU C library's random numbers."""

import ctypes
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.bench.cordeau import PAIRS, chunks
from siting.classic import streaming
from siting.classic.streaming import stream_classes, stream_cover


def naive_sets(site_x, site_y, x, y, cutoff, *, inclusive):
    distance = np.hypot(x[:, None] - site_x[None], y[:, None] - site_y[None])
    near = distance <= cutoff if inclusive else distance < cutoff
    return [tuple(np.flatnonzero(row).tolist()) for row in near]


def assert_same(cover, classes, sets, weight) -> None:
    expected = {}
    for some, w in zip(sets, weight.tolist(), strict=True):
        expected[some] = expected.get(some, 0) + w
    never = expected.pop((), 0)
    found = [
        tuple(cover.site[a:b].tolist())
        for a, b in zip(cover.indptr[:-1], cover.indptr[1:], strict=True)
    ]
    assert len(set(found)) == len(found)
    assert dict(zip(found, cover.weight.tolist(), strict=True)) == pytest.approx(expected)
    assert cover.never == pytest.approx(never)
    assert [found[c] if c >= 0 else () for c in classes.tolist()] == sets


@st.composite
def points_and_sites(draw: st.DrawFn):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    points, sites = draw(st.integers(1, 120)), draw(st.integers(0, 80))
    if draw(st.booleans()):  # on a lattice, where many distances tie with the cutoff
        xy = rng.integers(-6, 7, (points + sites, 2)).astype(float)
        cutoff = draw(st.sampled_from([0.0, 1.0, 2.0, 5.0, np.sqrt(2), np.sqrt(5), np.hypot(2, 3)]))
    else:
        xy = rng.normal(draw(st.sampled_from([0.0, 4e6])), 100, (points + sites, 2))
        cutoff = draw(st.floats(0.001, 300))
    weight = rng.integers(0, 9, points)
    return xy[points:].T, xy[:points].T, weight if draw(st.booleans()) else weight / 7, cutoff


@given(points_and_sites(), st.booleans(), st.integers(1, 50))
def test_streaming_is_naive_merging(problem, inclusive: bool, size: int) -> None:
    (site_x, site_y), (x, y), weight, cutoff = problem
    cut = range(0, len(x), size)
    parts = [(x[a : a + size], y[a : a + size], weight[a : a + size]) for a in cut]
    cover, classes = stream_classes(site_x, site_y, parts, cutoff=cutoff, inclusive=inclusive)
    sets = naive_sets(site_x, site_y, x, y, cutoff, inclusive=inclusive)
    assert_same(cover, classes, sets, weight)
    alone = stream_cover(site_x, site_y, parts, cutoff=cutoff, inclusive=inclusive)
    assert alone.weight.tolist() == cover.weight.tolist()


def test_a_tie_counts_only_where_it_should() -> None:
    """3-4-5: exactly at the cutoff; a hair nearer and farther on either side."""
    x = np.array([3.0, np.nextafter(3, 0), np.nextafter(3, 4)])
    parts = [(x, np.full(3, 4.0), np.ones(3, np.int64))]
    zero = np.zeros(1)
    assert stream_cover(zero, zero, parts, cutoff=5, inclusive=True).weight.sum() >= 2
    _, strict = stream_classes(zero, zero, parts, cutoff=5, inclusive=False)
    assert strict.tolist()[0] == -1
    _, inclusive = stream_classes(zero, zero, parts, cutoff=5, inclusive=True)
    assert inclusive.tolist()[0] == 0


def test_more_sites_in_a_cell_than_bits() -> None:
    """Two hundred sites within a hair: every point near their edge takes the full way."""
    rng = np.random.default_rng(1)
    site_x, site_y = rng.normal(0, 1e-3, (2, 200))
    angle = rng.uniform(0, 2 * np.pi, 500)
    x, y = np.cos(angle), np.sin(angle)
    weight = np.ones(500, np.int64)
    cover, classes = stream_classes(site_x, site_y, [(x, y, weight)], cutoff=1.0, inclusive=True)
    assert_same(cover, classes, naive_sets(site_x, site_y, x, y, 1.0, inclusive=True), weight)


def test_tables_grow_and_sets_that_collide_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of classes from tables that begin small."""
    monkeypatch.setattr(streaming, "_LEAST_CELLS", 64)
    rng = np.random.default_rng(2)
    site_x, site_y = rng.random((2, 120))
    x, y = rng.random((2, 30_000))
    weight = rng.integers(1, 5, 30_000)
    cover, classes = stream_classes(site_x, site_y, [(x, y, weight)], cutoff=0.3, inclusive=True)
    assert cover.classes > 2000
    assert_same(cover, classes, naive_sets(site_x, site_y, x, y, 0.3, inclusive=True), weight)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the GNU C library")
@pytest.mark.parametrize("seed", [0, 1, 2, 12345, 2**31 - 1])
def test_random_numbers_are_those_of_the_gnu_c_library(seed: int) -> None:
    from siting.bench.cordeau_kernels import draw, seeded

    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        pytest.skip("needs the GNU C library")
    library.srand(seed)
    expected = [library.rand() for _ in range(2000)]
    drawn = np.empty(2000, np.int64)
    state = seeded(seed)
    draw(state, drawn[:7])
    draw(state, drawn[7:])
    assert drawn.tolist() == expected


def test_customers_come_in_chunks_as_in_one() -> None:
    """Sites first, then customers, then costs, then demands, whatever the chunks."""
    whole_sites, whole = chunks(1000, 20, 3)
    part_sites, parts = chunks(1000, 20, 3, size=64)
    (x, y, demand), joined = next(whole), [np.concatenate(c) for c in zip(*parts, strict=True)]
    assert (whole_sites == part_sites).all()
    assert (np.array(joined) == np.array([x, y, demand])).all()
    assert demand.min() >= 1
    assert demand.max() <= 100
    assert (np.round(x, 6) == x).all()
    assert len(PAIRS) == 14

    from siting.bench.cordeau_kernels import draw, seeded

    drawn = np.empty(2 * 20 + 2 * 1000 + 20 + 1000, np.int64)
    draw(seeded(3), drawn)
    assert whole_sites.reshape(-1) == pytest.approx(drawn[:40] / (2**31 - 1) * 30, abs=1e-6)
    assert demand.tolist() == (drawn[2060:] % 100 + 1).tolist()
