"""From an instance to its travel: sources, limits, cache and findings."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting import geo
from siting.errors import InstanceError
from siting.instance.instance import Instance
from siting.instance.settings import Settings
from siting.instance.tables import TABLES
from siting.travel import measure
from siting.travel.findings import travel_findings
from siting.travel.measure import measure_travel
from siting.travel.network import read_streets
from siting.travel.snapping import snap

DATA = Path(__file__).parents[2] / "shared" / "data"


def table(name, rows):
    """Build a table with all its declared columns from rows that give some of them."""
    columns = {c.name: c.default for c in TABLES[name].columns if not c.pattern}
    if not rows:
        return pd.DataFrame(columns=list(columns), dtype=object)
    return pd.DataFrame([{**columns, **row} for row in rows])


def points(id_column, xy):
    return [{id_column: name, "x": float(x), "y": float(y)} for name, (x, y) in xy.items()]


def town(demand, buildings, nodes=(), edges=(), *, facilities=(), matrix=(), **settings):
    """Build an instance with one walking service of 10 minutes at 1.2 m/s: 720 m.

    Points are (x, y) by id; edges are (edge_id, u, v, length_m) and may go on with more columns.
    """
    streets = [
        dict(zip(("edge_id", "u", "v", "length_m"), edge[:4], strict=True))
        | (edge[4] if len(edge) > 4 else {})
        for edge in edges
    ]
    return Instance(
        name="town",
        settings=Settings(**{"crs": "EPSG:4548", **settings}),
        demand=table("demand", points("demand_id", demand)).assign(people_all=10.0),
        services=table("services", [{"service_id": "clinic", "standard_min": 10.0}]),
        needs=table("needs", [{"service_id": "clinic", "group": "all", "need_per_person": 1.0}]),
        modules=table("modules", []),
        buildings=table("buildings", points("building_id", buildings)),
        eligibility=table("eligibility", []),
        facilities=table("facilities", points("facility_id", dict(facilities))),
        travel=table("travel", list(matrix)),
        network_nodes=table("network_nodes", points("node_id", dict(nodes))),
        network_edges=table("network_edges", streets),
    )


def ways(instance, **options):
    """Return decimetres by (demand id, place id)."""
    travel = measure_travel(instance, **options)
    demand_id = instance.demand["demand_id"].to_numpy()[travel.demand]
    place_id = instance.places["place_id"].to_numpy()[travel.place]
    pairs = zip(demand_id, place_id, strict=True)
    return dict(zip(pairs, travel.length_dm.tolist(), strict=True))


STREET = {"nodes": {"A": (0, 0), "B": (1000, 0)}, "edges": [("e", "A", "B", 1000.0)]}
MATRIX = [{"origin_id": "d", "destination_id": "b", "minutes": 3.0}]


# Where travel comes from


def test_auto_takes_the_table_then_the_network_then_the_straight_line():
    apart = {"demand": {"d": (0, 0)}, "buildings": {"b": (100, 0)}}
    assert measure_travel(town(**apart, **STREET, matrix=MATRIX)).source == "table"
    assert measure_travel(town(**apart, **STREET)).source == "network"
    assert measure_travel(town(**apart)).source == "straight"


@pytest.mark.parametrize(("source", "absent"), [("table", "travel"), ("network", "network_edges")])
def test_a_source_that_is_not_there_is_a_finding(source, absent):
    instance = town({"d": (0, 0)}, {"b": (100, 0)}, travel={"source": source})
    rule = f"travel.source = {source}: needs the table {absent}, which is absent or empty"
    with pytest.raises(InstanceError, match=rule):
        measure_travel(instance)
    (finding,) = travel_findings(instance)
    assert finding.severity == "error"
    assert rule in str(finding)


def test_network_and_straight_line():
    """Streets: 20 + 400 + 30 m. Straight, times 1.5: 1.5 x hypot(400, 10) = 600.19 m."""
    apart = {"demand": {"d": (100, 20)}, "buildings": {"b": (500, 30)}}
    assert ways(town(**apart, **STREET)) == {("d", "b"): 4500}
    straight = town(**apart, **STREET, travel={"source": "straight", "detour_factor": 1.5})
    assert ways(straight) == {("d", "b"): 6002}


def test_facilities_follow_buildings():
    instance = town({"d": (0, 0)}, {"b": (100, 0)}, **STREET, facilities={"f": (200, 0)})
    assert ways(instance) == {("d", "b"): 1000, ("d", "f"): 2000}
    assert measure_travel(instance).place.tolist() == [0, 1]


def test_a_given_table_is_taken_as_it_is():
    """Group `old` has minutes of its own; the pair (e, b) is absent and stays unreachable."""
    rows = [
        {"origin_id": "e", "destination_id": "f", "minutes": 99.0},
        {"origin_id": "d", "destination_id": "f", "minutes": 5.5},
        {"origin_id": "d", "destination_id": "b", "minutes": 0.0, "group": ""},
        {"origin_id": "d", "destination_id": "b", "minutes": 7.0, "group": "old"},
    ]
    instance = town(
        {"d": (0, 0), "e": (0, 0)}, {"b": (0, 0)}, facilities={"f": (0, 0)}, matrix=rows
    )
    travel = measure_travel(instance)
    everyone, old = travel.pairs("all", "walk"), travel.pairs("old", "walk")
    assert everyone.demand.tolist() == [0, 0, 1]
    assert everyone.place.tolist() == [0, 1, 1]
    assert everyone.minutes.tolist() == [0.0, 5.5, 99.0]
    assert (old.demand.tolist(), old.place.tolist(), old.minutes.tolist()) == ([0], [0], [7.0])
    assert everyone.demand.dtype == everyone.place.dtype == np.int32


def test_a_table_for_some_groups_leaves_the_others_without_ways():
    rows = [{**MATRIX[0], "group": "old"}]
    travel = measure_travel(town({"d": (0, 0)}, {"b": (0, 0)}, matrix=rows))
    assert travel.pairs("all", "walk").minutes.size == 0


# How far


def test_a_way_of_exactly_the_standard_is_kept_and_within_it():
    """72 streets of 10 m make 720 m, which 1.2 m/s walks in 10 minutes; 720.1 m is too far."""
    nodes = {f"n{i:02}": (10 * i, 0) for i in range(73)}
    edges = [(f"e{i:02}", f"n{i:02}", f"n{i + 1:02}", 10.0) for i in range(72)]
    instance = town({"d": (0, 0), "farther": (0, 0.1)}, {"b": (720, 0)}, nodes, edges)
    assert ways(instance) == {("d", "b"): 7200}
    assert measure_travel(instance).pairs("all", "walk").minutes.tolist() == [10.0]


def test_the_longest_standard_of_any_group_and_mode_sets_the_limit():
    """Clinic: 10 min at 1.2 m/s is 720 m; for the old at 0.7 m/s, 420 m.

    Fire: 4 min at 5 m/s is 1200 m. A service that nobody needs sets no limit.
    """
    instance = town({"d": (0, 0)}, {"b": (0, 0)}, speeds_m_s={"groups": {"old": 0.7}})
    services = [
        {"service_id": "clinic", "standard_min": 10.0},
        {"service_id": "fire", "standard_min": 4.0, "mode": "drive"},
        {"service_id": "opera", "standard_min": 90.0},
    ]
    needs = [("clinic", "old"), ("clinic", "all"), ("fire", "old")]

    def limit(count):
        rows = [
            {"service_id": service, "group": group, "need_per_person": 1.0}
            for service, group in needs[:count]
        ]
        return measure.longest_way_dm(
            instance.replace(services=table("services", services), needs=table("needs", rows))
        )

    assert [limit(count) for count in range(4)] == [0, 4200, 7200, 12000]


@pytest.mark.parametrize("speed", [0.7, 0.9, 1.1, 1.2, 5.0])
def test_float_noise_never_cuts_a_way_off_its_standard(speed):
    """Every whole decimetre that is within the standard is within the limit."""
    instance = town({"d": (0, 0)}, {"b": (0, 0)}, speeds_m_s={"walk": speed})
    for standard_min in range(1, 61):
        services = table("services", [{"service_id": "clinic", "standard_min": standard_min}])
        limit = measure.longest_way_dm(instance.replace(services=services))
        assert (limit + 1) / (600 * speed) > standard_min + 1e-9


def test_points_far_from_any_street_are_cut_off():
    """300 m to the street count, 300.1 m do not."""
    instance = town({"d": (0, 300), "far": (0, 300.1)}, {"b": (100, 0)}, **STREET)
    assert ways(instance) == {("d", "b"): 3000 + 1000}


# The network of an instance


def test_service_tunnels_are_not_walked():
    """The tunnel is 100 m, the way round 300 m; a tunnel for walkers stays."""
    nodes = {"A": (0, 0), "B": (100, 0), "C": (50, 100)}
    round_about = [("a", "A", "C", 150.0), ("b", "C", "B", 150.0)]

    def length(**tunnel):
        edges = [*round_about, ("t", "A", "B", 100.0, tunnel)]
        return ways(town({"d": (0, 0)}, {"b": (100, 0)}, nodes, edges))["d", "b"]

    assert length(kind="service", tunnel=True) == 3000
    assert length(kind="footway", tunnel=True) == 1000
    assert length(kind="service", tunnel=False) == 1000


@pytest.mark.parametrize(
    "wkt", ["LINESTRING (0 0, 0 100, 100 100)", "LINESTRING (100 100, 0 100, 0 0)"]
)
def test_points_snap_to_the_drawn_shape_whichever_way_it_runs(wkt):
    """d at the corner is half way along the bend: 150 m of 300 m to either end."""
    edges = [("e", "A", "B", 300.0, {"geometry": wkt}), ("f", "B", "C", 50.0)]
    nodes = {"A": (0, 0), "B": (100, 100), "C": (150, 100)}
    instance = town({"d": (0, 100), "quarter": (-5, 50)}, {"b": (150, 100)}, nodes, edges)
    assert ways(instance) == {("d", "b"): 1500 + 500, ("quarter", "b"): 50 + 2250 + 500}


def test_a_shape_that_is_no_line_is_an_error():
    edges = [
        ("z", "A", "B", 10.0, {"geometry": "LINESTRING (0 0, 10 0)"}),
        ("y", "A", "B", 10.0, {"geometry": "POINT (0 0)"}),
        ("x", "A", "B", 10.0, {"geometry": "a bend"}),
    ]
    instance = town({"d": (0, 0)}, {"b": (9, 0)}, {"A": (0, 0), "B": (10, 0)}, edges)
    found = {(f.severity, f.row, f.value, f.rule) for f in travel_findings(instance)}
    rule = "must be a LINESTRING as WKT"
    assert found == {("error", 3, "POINT (0 0)", rule), ("error", 4, "a bend", rule)}


def test_a_network_of_service_tunnels_alone_is_an_error():
    edges = [("t", "A", "B", 100.0, {"kind": "service", "tunnel": True})]
    instance = town({"d": (0, 0)}, {"b": (9, 0)}, STREET["nodes"], edges)
    assert [str(f) for f in travel_findings(instance)] == [
        "network_edges: has no street to walk on"
    ]


def blocks():
    """Blocks of 100 m, 4 x 4, with points at their middles, so that every point has a tie."""
    nodes = {f"n{i}{j}": (100 * i, 100 * j) for i in range(5) for j in range(5)}
    lines = [(f"n{i}{j}", f"n{i + 1}{j}") for i in range(4) for j in range(5)]
    lines += [(f"n{i}{j}", f"n{i}{j + 1}") for i in range(5) for j in range(4)]
    edges = [(f"e{k:02}", u, v, 100.0 + k) for k, (u, v) in enumerate(lines)]
    middles = {f"d{i}{j}": (100 * i + 50, 100 * j + 50) for i in range(4) for j in range(4)}
    corners = {"b1": (0, 0), "b2": (230, 210), "b3": (400, 150)}
    return town(middles, corners, nodes, edges, facilities={"f1": (50, 350), "f2": (10, 200)})


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_nothing(seed):
    instance = blocks()
    rng = np.random.default_rng(seed)
    names = ("demand", "buildings", "facilities", "network_nodes", "network_edges")
    shuffled = instance.replace(
        **{
            name: frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
            for name, frame in instance.tables.items()
            if name in names
        }
    )
    found = ways(shuffled)
    assert found == ways(instance)
    assert len(found) > 50


# Cache


@pytest.fixture
def searches(monkeypatch):
    """Count how often the network is searched."""
    calls = []
    search = measure.network_ways

    def counted(*args, **options):
        calls.append(1)
        return search(*args, **options)

    monkeypatch.setattr(measure, "network_ways", counted)
    return calls


def test_ways_are_kept_and_found_again(tmp_path, searches):
    instance = blocks()
    fresh = ways(instance)
    assert ways(instance, cache_dir=tmp_path / "new") == fresh
    assert len(searches) == 2
    assert ways(instance, cache_dir=tmp_path / "new") == fresh
    assert len(searches) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda i: i.replace(demand=i.demand.assign(x=i.demand["x"] + 1)),
        lambda i: i.replace(demand=i.demand.iloc[::-1].reset_index(drop=True)),
        lambda i: i.replace(facilities=i.facilities.assign(y=i.facilities["y"] + 1)),
        lambda i: i.replace(services=i.services.assign(standard_min=9.0)),
        lambda i: i.replace(network_edges=i.network_edges.assign(length_m=90.0)),
        lambda i: i.replace(network_nodes=i.network_nodes.assign(x=i.network_nodes["x"] + 1)),
        lambda i: i.replace(settings=Settings(crs="EPSG:4548", travel={"max_connector_m": 49.0})),
    ],
)
def test_whatever_changes_the_ways_is_searched_anew(tmp_path, searches, change):
    instance = blocks()
    ways(instance, cache_dir=tmp_path)
    changed = change(instance)
    assert ways(changed, cache_dir=tmp_path) == ways(changed)
    assert len(searches) == 3


def test_what_does_not_change_the_ways_is_not_searched_anew(tmp_path, searches):
    instance = blocks()
    ways(instance, cache_dir=tmp_path)
    edges = instance.network_edges.iloc[::-1].reset_index(drop=True)
    people = instance.demand.assign(people_all=99.0)
    ways(instance.replace(network_edges=edges, demand=people), cache_dir=tmp_path)
    assert len(searches) == 1


@pytest.mark.parametrize("keep", [0, 100, -5])
def test_a_broken_cache_file_is_replaced(tmp_path, searches, caplog, keep):
    instance = blocks()
    fresh = ways(instance, cache_dir=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:keep])
    with caplog.at_level(logging.WARNING):
        assert ways(instance, cache_dir=tmp_path) == fresh
    assert "cannot be read" in caplog.text
    assert len(searches) == 2
    assert ways(instance, cache_dir=tmp_path) == fresh
    assert len(searches) == 2


def test_a_cache_that_cannot_be_written_is_not_fatal(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    instance = blocks()
    with caplog.at_level(logging.WARNING):
        assert ways(instance, cache_dir=tmp_path / "file") == ways(instance)
    assert "cannot be written" in caplog.text


def test_concurrent_runs_share_a_cache(tmp_path):
    instance = blocks()
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: ways(instance, cache_dir=tmp_path), range(16)))
    assert all(run == ways(instance) for run in runs)
    assert [file.suffix for file in tmp_path.iterdir()] == [".npz"]


# Findings


def test_a_sound_town_has_no_findings():
    assert travel_findings(blocks()) == []


def test_points_far_from_any_street_are_listed_farthest_first():
    demand = {f"d{i:02}": (0, 400 + 10 * i) for i in range(12)} | {"near": (0, 300)}
    instance = town(demand, {"b": (-350, 0), "c": (0, 0)}, **STREET)
    found = [str(f) for f in travel_findings(instance)]
    assert found[0] == (
        "demand row 13, demand_id = d11: is 510.0 m from the nearest street, more than 300 m, and "
        "is cut off (move it, complete the network, or raise travel.max_connector_m)"
    )
    assert found[10:] == [
        "demand: and 2 more points are farther than 300 m",
        (
            "buildings row 2, building_id = b: is 350.0 m from the nearest street, more than "
            "300 m, and is cut off (move it, complete the network, or raise travel.max_connector_m)"
        ),
    ]
    assert {f.severity for f in travel_findings(instance)} == {"warning"}


def test_demand_without_any_way_to_a_place_is_named_with_its_people():
    """Two streets of 1000 and 250 m that do not connect; the only place is on the first."""
    nodes = STREET["nodes"] | {"C": (0, 900), "D": (250, 900)}
    edges = [*STREET["edges"], ("f", "C", "D", 250.0)]
    instance = town({"d": (0, 0), "lost": (0, 900)}, {"b": (100, 0)}, nodes, edges)
    assert [str(f) for f in travel_findings(instance)] == [
        (
            "network_edges = 20.0%: of the street length does not connect to the largest of "
            "2 parts (join streets that meet at one node)"
        ),
        (
            "demand row 3, demand_id = lost: 10 people have no way to any place: their streets do "
            "not connect to one"
        ),
    ]


def test_demand_without_a_row_in_the_travel_table_is_named():
    demand = {"d": (0, 0)} | {f"lost{i:02}": (0, 0) for i in range(13)}
    instance = town(demand, {"b": (0, 0)}, matrix=MATRIX)
    found = [str(f) for f in travel_findings(instance)]
    assert found[0] == (
        "demand row 3, demand_id = lost00: 10 people have no way to any place in the travel table"
    )
    assert found[10:] == ["demand: and 3 more points, 30 people"]


@pytest.mark.parametrize(("datum", "name"), [("gcj02", "GCJ-02"), ("bd09", "BD-09")])
def test_shifted_coordinates_of_a_map_service_are_told_by_the_streets(datum, name):
    """40 buildings 8 m north of streets 2 km apart, demand put right; the shift is 140 m or more.

    As given, a building is as far from its street as the shift has moved it.
    """
    rng = np.random.default_rng(7)
    x = rng.uniform(444_500, 449_500, 40)
    y = 4_418_008.0 + 2000 * rng.integers(0, 3, 40)
    shifted = geo.project(*geo.from_wgs84(*geo.to_lonlat(x, y, "EPSG:4548"), datum), "EPSG:4548")
    nodes, edges = {}, []
    for k in range(3):
        nodes |= {
            f"w{k}": (442_000, 4_418_000 + 2000 * k),
            f"e{k}": (453_000, 4_418_000 + 2000 * k),
        }
        edges.append((f"s{k}", f"w{k}", f"e{k}", 11_000.0))
    edges += [("c0", "w0", "w1", 2000.0), ("c1", "w1", "w2", 2000.0)]
    as_points = {f"p{i}": xy for i, xy in enumerate(zip(x, y, strict=True))}
    as_shifted = {f"b{i}": xy for i, xy in enumerate(zip(*shifted, strict=True))}
    settings = {"travel": {"max_connector_m": 2000.0}}
    (finding,) = travel_findings(town(as_points, as_shifted, nodes, edges, **settings))
    assert (finding.severity, finding.place) == ("warning", "buildings")
    assert finding.remedy == f"--datum {datum}"
    assert finding.rule.startswith(f"seem to be {name}: ")
    assert finding.rule.endswith(" m as given and 8 m with that shift undone")
    assert travel_findings(town(as_points, as_points, nodes, edges, **settings)) == []


def test_a_system_without_a_way_to_degrees_has_no_datum_to_test():
    x = {f"d{i}": (447_000 + i, 4_418_000) for i in range(30)}
    nodes = {"A": (447_000, 4_418_000), "B": (448_000, 4_418_000)}
    assert travel_findings(town(x, x, nodes, STREET["edges"], crs="EPSG:2436")) == []


# Real towns


def real_town(folder, crs, place_files):
    """Build an instance of the walk network, demand and places of a folder of real data."""

    def read(file):
        frame = pd.read_csv(DATA / folder / file, low_memory=False)
        x, y = geo.project(frame["lon"], frame["lat"], crs)
        return dict(
            zip((file[0] + str(i) for i in frame.index), zip(x, y, strict=True), strict=True)
        )

    if not (DATA / folder).exists():
        pytest.skip(f"the real data of {folder} is not on this machine")
    nodes = pd.read_csv(DATA / folder / "walk_nodes.csv", dtype={"node_id": str})
    x, y = geo.project(nodes["lon"], nodes["lat"], crs)
    edges = pd.read_csv(
        DATA / folder / "walk_edges.csv", dtype={"edge_id": str, "u": str, "v": str}
    )
    edges = edges[["edge_id", "u", "v", "length_m"]].assign(geometry="", kind="", tunnel=False)
    buildings, facilities = (read(file) for file in place_files)
    instance = town(read("demand.csv"), buildings, facilities=facilities, crs=crs)
    return instance.replace(
        network_nodes=pd.DataFrame({"node_id": nodes["node_id"], "x": x, "y": y}),
        network_edges=edges,
    )


def subdivided_dm(instance, place_positions):
    """Return the ways from some places to all demand points, each point made a true node.

    Lengths count a million to the decimetre plus one, so that no link has length zero.
    """
    streets = read_streets(instance)
    sides = [
        snap(streets, *frame[["x", "y"]].to_numpy(float).T)
        for frame in (instance.places, instance.demand)
    ]
    edge = np.concatenate([side.edge for side in sides])
    count, spots = len(edge), streets.node_count + np.arange(len(edge))
    stops = pd.concat(
        [
            pd.DataFrame(
                {"edge": np.arange(len(streets.tail)), "at": 0, "turn": 0, "node": streets.tail}
            ),
            pd.DataFrame(
                {
                    "edge": edge,
                    "at": np.concatenate([s.tail_dm for s in sides]),
                    "turn": 1,
                    "node": spots,
                }
            ),
            pd.DataFrame(
                {
                    "edge": np.arange(len(streets.tail)),
                    "at": streets.length_dm,
                    "turn": 2,
                    "node": streets.head,
                }
            ),
        ]
    ).sort_values(["edge", "at", "turn"])
    following = stops.shift(-1)
    same = (stops["edge"] == following["edge"]).to_numpy()
    links = pd.DataFrame(
        {
            "u": np.concatenate([stops["node"][same], spots]),
            "v": np.concatenate([following["node"][same].astype(int), spots + count]),
            "dm": np.concatenate(
                [(following["at"] - stops["at"])[same], *[s.connector_dm for s in sides]]
            ),
        }
    )
    links = links.groupby([links[["u", "v"]].min(axis=1), links[["u", "v"]].max(axis=1)])[
        "dm"
    ].min()
    u, v = (links.index.get_level_values(level).to_numpy() for level in (0, 1))
    size = streets.node_count + 2 * count
    graph = csr_array((links.to_numpy() * 1e6 + 1, (u, v)), shape=(size, size))
    points = streets.node_count + count
    dm = dijkstra(graph, directed=False, indices=points + np.asarray(place_positions)) // 1e6
    return dm[:, points + len(instance.places) :]


@pytest.mark.parametrize(
    ("folder", "crs", "place_files", "every"),
    [
        ("helsinki", "EPSG:3067", ("candidates.csv", "existing.csv"), 1),
        ("baltimore", "EPSG:32618", ("candidates.csv", "existing_schools.csv"), 60),
    ],
)
def test_real_towns_agree_with_their_subdivided_network(folder, crs, place_files, every):
    instance = real_town(folder, crs, place_files)
    chosen = np.arange(0, len(instance.places), every)
    expected = subdivided_dm(instance, chosen)
    travel = measure_travel(instance)
    found = np.full((len(instance.places), len(instance.demand)), np.inf)
    found[travel.place, travel.demand] = travel.length_dm
    near = snap(read_streets(instance), *instance.demand[["x", "y"]].to_numpy(float).T)
    expected[(expected > 7200) | (near.connector_dm > 3000)] = np.inf
    assert (found[chosen] == expected).all()
    assert np.isfinite(expected).any(axis=1).all()
