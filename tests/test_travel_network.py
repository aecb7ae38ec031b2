"""Snapping and shortest ways, against the same sums done by brute force."""

from itertools import pairwise, product

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting.bench.streets import draw_points, draw_streets
from siting.travel import ways as ways_module
from siting.travel.network import Streets, connected_parts, decimetres
from siting.travel.snapping import Snapped, snap
from siting.travel.ways import network_ways, straight_ways

FAR_DM = 10**6
BATCH = 16


@pytest.fixture(scope="module", autouse=True)
def _small_batches():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways_module, "_BATCH", BATCH)
        yield


def streets_of(nodes, edges):
    """Build streets drawn as chords from node (x, y) and edge (tail, head, length_dm)."""
    tail, head, length_dm = np.array(edges, np.int64).reshape(-1, 3).T
    ends = np.array(nodes, float)[np.stack([tail, head], axis=1)]
    return Streets(
        tail=tail,
        head=head,
        length_dm=length_dm,
        shape=np.asarray(shapely.linestrings(ends)),
        node_count=len(nodes),
    )


def snapped_at(*spots):
    """Build snapped points from (edge, tail_dm, head_dm, connector_dm)."""
    edge, tail_dm, head_dm, connector_dm = np.array(spots, np.int64).reshape(-1, 4).T
    return Snapped(edge=edge, tail_dm=tail_dm, head_dm=head_dm, connector_dm=connector_dm)


def lengths(ways):
    """Return lengths by (demand, place), after a look at the promised order and types."""
    pairs = list(zip(ways.demand.tolist(), ways.place.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert {column.dtype for column in ways} == {np.dtype(np.int32)}
    return dict(zip(pairs, ways.length_dm.tolist(), strict=True))


def ways_between(streets, demand, places, limit_dm=FAR_DM, max_connector_dm=FAR_DM):
    return lengths(
        network_ways(streets, demand, places, limit_dm=limit_dm, max_connector_dm=max_connector_dm)
    )


def subdivided(streets, demand, places, limit_dm=FAR_DM, max_connector_dm=FAR_DM):
    """Make every point and its spot a true node, then relax all pairs (Floyd and Warshall)."""
    points = [("demand", i) for i in range(len(demand))]
    points += [("place", j) for j in range(len(places))]
    side = {"demand": demand, "place": places}
    links = []
    for edge, (tail, head, length_dm) in enumerate(
        zip(streets.tail, streets.head, streets.length_dm, strict=True)
    ):
        on_edge = [
            (side[kind].tail_dm[i], kind, i) for kind, i in points if side[kind].edge[i] == edge
        ]
        chain = [(0, "node", tail), *sorted(on_edge), (length_dm, "node", head)]
        links += [
            ((kind, i, kind != "node"), (other, j, other != "node"), b - a)
            for (a, kind, i), (b, other, j) in pairwise(chain)
        ]
    for kind, i in points:
        connector_dm = side[kind].connector_dm[i]
        if connector_dm <= max_connector_dm:
            links.append(((kind, i, True), (kind, i, False), connector_dm))
    names = {name: k for k, name in enumerate({end for a, b, _ in links for end in (a, b)})}
    dm = np.full((len(names), len(names)), np.inf)
    np.fill_diagonal(dm, 0)
    for a, b, length_dm in links:
        for u, v in ((names[a], names[b]), (names[b], names[a])):
            dm[u, v] = min(dm[u, v], length_dm)
    for k in range(len(names)):
        dm = np.minimum(dm, dm[:, k, None] + dm[None, k, :])
    return {
        (i, j): int(dm[a, b])
        for i in range(len(demand))
        for j in range(len(places))
        if (a := names.get(("demand", i, False))) is not None
        and (b := names.get(("place", j, False))) is not None
        and dm[a, b] <= limit_dm
    }


@st.composite
def towns(draw):
    """Few nodes, many edges: loops, parallel, zero-length and disconnected ones all turn up."""
    count = draw(st.integers(1, 6))
    node = st.integers(0, count - 1)
    length_dm = st.one_of(st.just(0), st.integers(1, 40))
    edges = draw(st.lists(st.tuples(node, node, length_dm), min_size=1, max_size=8))
    streets = streets_of([(i, 0) for i in range(count)], edges)

    def points(largest):
        spots = []
        for _ in range(draw(st.integers(0, largest))):
            edge = draw(st.integers(0, len(edges) - 1))
            tail_dm = draw(st.integers(0, edges[edge][2]))
            spots.append((edge, tail_dm, edges[edge][2] - tail_dm, draw(st.integers(0, 12))))
        return snapped_at(*spots)

    return streets, points(20), points(4), draw(st.integers(0, 60)), draw(st.integers(6, 12))


@given(towns())
def test_ways_equal_those_of_the_subdivided_network(town):
    """More demand points than a batch, so that searches start from either side."""
    streets, demand, places, limit_dm, max_connector_dm = town
    there = ways_between(streets, demand, places, limit_dm, max_connector_dm)
    assert there == subdivided(streets, demand, places, limit_dm, max_connector_dm)
    back = ways_between(streets, places, demand, limit_dm, max_connector_dm)
    assert {(i, j): dm for (j, i), dm in back.items()} == there


def test_many_sources_are_searched_in_several_batches():
    """40 places 1 m apart along a street of 100 m, one point at its start: place j is j m away."""
    streets = streets_of([(0, 0), (100, 0)], [(0, 1, 1000)])
    places = snapped_at(*[(0, 10 * j, 1000 - 10 * j, 0) for j in range(40)])
    demand = snapped_at(*[(0, 0, 1000, 0)] * 50)
    done = []
    ways = network_ways(
        streets,
        demand,
        places,
        limit_dm=FAR_DM,
        max_connector_dm=0,
        progress=lambda searched, of: done.append((searched, of)),
    )
    assert lengths(ways) == {(i, j): 10 * j for i in range(50) for j in range(40)}
    assert done == [(16, 40), (32, 40), (40, 40)]


def test_long_searches_outgrow_their_room():
    """Every point of 900 junctions reaches every place: scipy's search from each end agrees."""
    rng = np.random.default_rng(7)
    streets = draw_streets(30, rng)
    points = draw_points(60, 30, rng)
    demand, places = snap(streets, *points), snap(streets, *points[:, ::3])
    ways = network_ways(streets, demand, places, limit_dm=FAR_DM, max_connector_dm=FAR_DM)
    graph = csr_array(
        (streets.length_dm.astype(float), (streets.tail, streets.head)), shape=(900, 900)
    )
    nodes_dm = dijkstra(graph, directed=False)
    expected = {}
    for i, j in product(range(len(demand)), range(len(places))):
        best = min(
            way_i + nodes_dm[i_end, j_end] + way_j
            for i_end, way_i in _ends(streets, demand, i)
            for j_end, way_j in _ends(streets, places, j)
        )
        if demand.edge[i] == places.edge[j]:
            best = min(best, abs(demand.tail_dm[i] - places.tail_dm[j]))
        if np.isfinite(best):
            off = demand.connector_dm[i] + places.connector_dm[j]
            expected[i, j] = int(best + off)
    assert lengths(ways) == expected


def _ends(streets, points, i):
    edge = points.edge[i]
    return (streets.tail[edge], points.tail_dm[i]), (streets.head[edge], points.head_dm[i])


# Cases drawn by hand


def snap_to(streets, *points):
    x, y = np.array(points, float).reshape(-1, 2).T
    return snap(streets, x, y)


def test_along_one_street():
    """Connector 10 m, street 60 m, connector 5 m.

    ::

          d          (20, 10)
        --+-----+--  street of 100 m
                p    (80, -5)
    """
    streets = streets_of([(0, 0), (100, 0)], [(0, 1, 1000)])
    ways = ways_between(streets, snap_to(streets, (20, 10)), snap_to(streets, (80, -5)))
    assert ways == {(0, 0): 100 + 600 + 50}


def test_round_a_block_by_the_shorter_side():
    """Over the corner C 30 + 40 = 70 m; the other way round it would be 330 m.

    ::

        D---p-C    p at (60, 100)
        |     d    d at (100, 70)
        |     |
        A-----B    every side 100 m
    """
    streets = streets_of(
        [(0, 0), (100, 0), (100, 100), (0, 100)],
        [(0, 1, 1000), (1, 2, 1000), (2, 3, 1000), (3, 0, 1000)],
    )
    ways = ways_between(streets, snap_to(streets, (100, 70)), snap_to(streets, (60, 100)))
    assert ways == {(0, 0): 300 + 400}


def test_an_edge_without_shape_is_its_chord_and_keeps_its_length():
    """A serpentine of 400 m drawn as a chord of 100 m: a quarter of the chord is 100 m of way."""
    streets = streets_of([(0, 0), (100, 0)], [(0, 1, 4000)])
    spot = snap_to(streets, (25, 0))
    assert (spot.tail_dm, spot.head_dm, spot.connector_dm) == (1000, 3000, 0)


def test_two_points_on_one_edge_may_be_nearer_round_its_ends():
    """Along the serpentine 320 m; by its ends and the parallel lane 40 + 100 + 40 = 180 m."""
    streets = streets_of([(0, 0), (100, 0)], [(0, 1, 4000), (0, 1, 1000)])
    demand, places = snapped_at((0, 400, 3600, 0)), snapped_at((0, 3600, 400, 0))
    assert ways_between(streets, demand, places) == {(0, 0): 1800}


def test_parallel_edges_are_not_summed():
    streets = streets_of(
        [(0, 0), (10, 0), (20, 0), (30, 0)],
        [(0, 1, 100), (1, 2, 700), (1, 2, 500), (2, 1, 600), (2, 3, 100)],
    )
    demand, places = snapped_at((0, 0, 100, 0)), snapped_at((4, 100, 0, 0))
    assert ways_between(streets, demand, places) == {(0, 0): 100 + 500 + 100}


def test_an_edge_of_length_zero_joins_its_ends():
    """Two streets that meet at a point stored twice, and a point that snaps onto that point."""
    streets = streets_of([(0, 0), (10, 0), (10, 0), (20, 0)], [(0, 1, 100), (1, 2, 0), (2, 3, 100)])
    demand, places = snapped_at((0, 0, 100, 0), (1, 0, 0, 7)), snapped_at((2, 100, 0, 0))
    assert ways_between(streets, demand, places) == {(0, 0): 200, (1, 0): 107}
    assert snap_to(streets, (10, 3)).connector_dm == 30


def test_a_loop_is_walked_the_shorter_way_round():
    """A loop of 100 m at node 0: from 10 m to 80 m along it, 30 m backwards over the node."""
    streets = streets_of([(0, 0)], [(0, 0, 1000)])
    demand, places = snapped_at((0, 100, 900, 0)), snapped_at((0, 800, 200, 0))
    assert ways_between(streets, demand, places) == {(0, 0): 300}
    assert snap_to(streets, (3, 4)).connector_dm == 50


def test_parts_that_do_not_connect_are_not_reached():
    streets = streets_of([(0, 0), (10, 0), (20, 0), (30, 0)], [(0, 1, 100), (2, 3, 100)])
    demand, places = snapped_at((0, 0, 100, 0)), snapped_at((0, 50, 50, 0), (1, 0, 100, 0))
    assert ways_between(streets, demand, places) == {(0, 0): 50}
    first, second = connected_parts(streets)
    assert first != second


def test_limits_include_their_end():
    streets = streets_of([(0, 0), (720, 0)], [(0, 1, 7200)])
    demand = snapped_at((0, 0, 7200, 0), (0, 0, 7200, 1), (0, 7200, 0, 300), (0, 7200, 0, 301))
    places = snapped_at((0, 7200, 0, 0))
    assert ways_between(streets, demand, places, 7200, 300) == {(0, 0): 7200, (2, 0): 300}


def test_ties_go_to_the_first_edge():
    """Half way between two parallel streets, and noise below a millimetre does not decide."""
    streets = streets_of([(0, 0), (100, 0), (0, 60), (100, 60)], [(0, 1, 1000), (2, 3, 1000)])
    assert snap_to(streets, (50, 30), (50, 30.0001), (50, 30.01)).edge.tolist() == [0, 0, 1]


def test_decimetres_round_halves_up():
    assert decimetres([0.0, 0.04, 0.25, 0.75, 99.96]).tolist() == [0, 0, 3, 8, 1000]


coordinate = st.integers(0, 300).map(float)


@given(
    nodes=st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6),
    points=st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=10),
    data=st.data(),
)
def test_snapping_agrees_with_plane_geometry(nodes, points, data):
    """The foot of the perpendicular, clipped to the chord, by the dot product."""
    node = st.integers(0, len(nodes) - 1)
    edges = data.draw(st.lists(st.tuples(node, node, st.integers(0, 5000)), min_size=1, max_size=8))
    streets = streets_of(nodes, edges)
    snapped = snap_to(streets, *points)
    tails = np.array(nodes)[streets.tail]
    chords = np.array(nodes)[streets.head] - tails
    for i, point in enumerate(points):
        square = (chords**2).sum(axis=1)
        share = np.divide(
            ((point - tails) * chords).sum(axis=1),
            square,
            out=np.zeros(len(edges)),
            where=square > 0,
        ).clip(0, 1)
        metres = np.hypot(*(tails + share[:, None] * chords - point).T)
        edge = int(np.flatnonzero(metres <= metres.min() + 0.001)[0])
        assert snapped.edge[i] == edge
        assert abs(snapped.connector_dm[i] - 10 * metres.min()) <= 0.5 + 1e-6
        assert abs(snapped.tail_dm[i] - share[edge] * streets.length_dm[edge]) <= 0.5 + 1e-6
        assert snapped.tail_dm[i] + snapped.head_dm[i] == streets.length_dm[edge]


# Straight lines


@given(
    demand=st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=8),
    places=st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=8),
    limit_dm=st.integers(0, 4000),
)
def test_straight_ways_equal_every_pair_measured(demand, places, limit_dm):
    ways = straight_ways(np.array(demand), np.array(places), detour_factor=1.3, limit_dm=limit_dm)
    expected = {
        (i, j): int(decimetres(1.3 * np.hypot(d[0] - p[0], d[1] - p[1])))
        for i, d in enumerate(demand)
        for j, p in enumerate(places)
    }
    assert lengths(ways) == {pair: dm for pair, dm in expected.items() if dm <= limit_dm}


@pytest.mark.parametrize(("limit_dm", "within"), [(649, {}), (650, {(0, 0): 650})])
def test_a_straight_way_at_the_limit(limit_dm, within):
    """3-4-5: 50 m times 1.3 is 65 m."""
    demand, places = np.array([[0.0, 0]]), np.array([[30.0, 40]])
    assert lengths(straight_ways(demand, places, detour_factor=1.3, limit_dm=limit_dm)) == within
