"""Made-up towns: what was asked for is there, totals are kept, the seed decides."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siting.instance.generate import TownSpec, generate_town
from siting.instance.generate.catalogue import REFERENCE_PEOPLE, read_data
from siting.instance.generate.rounding import share_out, share_out_table
from siting.instance.generate.spec import AGE_SHARES_PERCENT, draw_districts

SMALL = TownSpec(points=60, buildings=20, people=30_000, districts=3)


def town(spec, seed=1):
    return generate_town(spec, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def small():
    return town(SMALL)


@given(
    weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=30),
    total=st.integers(0, 10_000),
)
def test_shares_add_up_and_stay_within_one_of_their_part(weights, total):
    shares = share_out(weights, total)
    assert shares.sum() == total
    assert np.abs(shares - np.array(weights) / sum(weights) * total).max() < 1 + 1e-6


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 12), columns=st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_a_table_keeps_both_margins(seed, rows, columns):
    rng = np.random.default_rng(seed)
    total = int(rng.integers(rows * columns * 5, 100_000))
    of_rows = share_out(rng.uniform(1, 3, rows), total)
    of_columns = share_out(rng.uniform(1, 5, columns), total)
    table = share_out_table(rng.uniform(0.8, 1.2, (rows, columns)), of_rows, of_columns)
    assert (table.sum(axis=1) == of_rows).all()
    assert (table.sum(axis=0) == of_columns).all()
    assert (table >= 0).all()


@given(
    seed=st.integers(0, 1000),
    districts=st.integers(1, 7),
    points=st.integers(14, 150),
    buildings=st.integers(1, 60),
    people=st.integers(2_000, 90_000),
)
@settings(max_examples=6, deadline=None)
def test_any_town_is_as_large_as_asked(seed, districts, points, buildings, people):
    spec = TownSpec(points=points, buildings=buildings, people=people, districts=districts)
    made = town(spec, seed)
    assert len(made.demand) == points
    assert len(made.buildings) == buildings
    assert sum(made.demand[f"people_{group}"].sum() for group in AGE_SHARES_PERCENT) == people
    kinds = made.zones["kind"].value_counts()
    assert kinds["sub_district"] == districts
    assert set(made.demand["zone_community"]) == set(
        made.zones.loc[made.zones["kind"] == "community", "zone_id"]
    )
    drawn = draw_districts(spec, np.random.default_rng(seed).spawn(6)[0])
    shapes = shapely.from_wkt(made.zones["geometry"].iloc[:districts].to_list())
    for district, shape in zip(drawn, shapes, strict=True):
        # 1 %, and half a metre along the outline, since corners are rounded to metres.
        off = abs(shape.area - district.area_km2 * 1e6)
        assert off <= 0.01 * district.area_km2 * 1e6 + 0.5 * shape.length
        assert shape.contains(shapely.Point(district.x, district.y))


def test_every_place_lies_in_the_zones_that_it_names(small):
    shape = dict(
        zip(small.zones["zone_id"], shapely.from_wkt(small.zones["geometry"]), strict=True)
    )
    parent = dict(zip(small.zones["zone_id"], small.zones["parent_zone_id"], strict=True))
    for table in (small.demand, small.buildings, small.facilities):
        for row in table.itertuples():
            assert parent[row.zone_community] == row.zone_sub_district
            assert parent[row.zone_sub_district] == row.zone_school_district
            # 35 m: beside a border street.
            assert shape[row.zone_community].distance(shapely.Point(row.x, row.y)) < 35


def test_streets_connect_and_are_no_shorter_than_their_chord(small):
    nodes, edges = small.network_nodes, small.network_edges
    position = {name: k for k, name in enumerate(nodes["node_id"])}
    u = edges["u"].map(position).to_numpy()
    v = edges["v"].map(position).to_numpy()
    graph = coo_array((np.ones(len(u)), (u, v)), shape=(len(nodes), len(nodes)))
    assert connected_components(graph, directed=False)[0] == 1
    place = nodes[["x", "y"]].to_numpy(float)
    chord = np.hypot(*(place[u] - place[v]).T)
    assert (edges["length_m"] >= chord - 1e-6).all()
    assert set(edges["kind"]) == {"main", "street", "lane"}


def test_points_and_candidates_stand_beside_streets(small):
    place = small.network_nodes.set_index("node_id")[["x", "y"]]
    ends = np.stack(
        [place.loc[small.network_edges[end]].to_numpy(float) for end in ("u", "v")], axis=1
    )
    streets = shapely.union_all(shapely.linestrings(ends))
    for table in (small.demand, small.buildings, small.facilities):
        points = shapely.points(table[["x", "y"]].to_numpy(float))
        # At most 32 m off the street, then at most some steps of a facility or extension.
        assert shapely.distance(points, streets).max() < 100


def test_the_seed_decides_alone(small):
    assert town(SMALL).content_hash == small.content_hash
    assert town(SMALL, seed=2).content_hash != small.content_hash


def test_existing_stock_and_budget_keep_their_proportion_to_people():
    """A tenth of the people have a tenth of the 87 kindergartens and of the 200,000 wan."""
    made = town(TownSpec(points=200, buildings=30, people=REFERENCE_PEOPLE // 10, districts=4))
    assert (made.facilities["service_id"] == "kindergarten").sum() == 9
    assert made.settings.budget.total == pytest.approx(20_000, rel=1e-4)
    assert made.services.set_index("service_id")["published_need"]["primary"] == 12_470


def test_only_the_services_asked_for_are_planned():
    made = town(replace(SMALL, services=("clinic", "nursery"), budget=500.0))
    for table in ("services", "needs", "modules", "eligibility", "suitability", "facilities"):
        assert set(made.tables[table]["service_id"]) == {"clinic", "nursery"}
    assert made.settings.budget.total == 500


def test_all_made_up_rows_say_so(small):
    for table in ("demand", "buildings", "facilities", "zones"):
        assert small.tables[table]["synthetic"].eq(True).all()
    assert "made up" in small.settings.synthetic
    assert "合成" in small.settings.synthetic


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": 1}, "points must be at least 2"),
        ({"buildings": 0}, "buildings must be at least 1"),
        ({"people": 10}, "people must be at least 100"),
        ({"points": 10, "districts": 6}, "districts must be at least 1 and at most half"),
        ({"districts": 0}, "districts must be at least 1 and at most half"),
    ],
)
def test_a_spec_that_cannot_be_met_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **changes)


def test_what_services_need_of_each_other_comes_with_them(small):
    """Links, pairs and decay of the services planned; the rules that read them are off."""
    assert set(small.links["link_id"]) == {"station_centre", "centre_clinic", "annex_school"}
    assert set(small.decay["service_id"]) == {"elderly_station"}
    assert set(small.services["service_id"]).issuperset(small.pairs["other_service_id"])
    off = set(small.settings.rules)
    assert {"hub", "compatibility", "decay", "own_zone", "min_load"} <= off
    made = town(replace(SMALL, services=("elderly_station", "clinic", "nursery")))
    assert made.links.empty  # their hub is not planned
    assert list(made.pairs["other_service_id"]) == ["clinic"]
    assert "nursery_add_on" not in set(made.modules["module_id"])  # nor is its host
    assert set(made.decay["service_id"]) == {"elderly_station"}


def test_the_whole_catalogue_is_planned_where_it_is_asked_for(small):
    assert len(small.services) == 12
    made = town(replace(SMALL, extended=True))
    assert len(made.services) == 19
    assert set(made.outputs["module_id"]) == {"welfare_compound"}
    assert set(made.modules["service_id"]) == set(made.services["service_id"])


def test_an_unknown_service_is_refused():
    with pytest.raises(ValueError, match="not in the catalogue: cinema; known: primary, "):
        town(replace(SMALL, services=("cinema",)))


def test_facilities_that_may_change_stand_in_their_building():
    made = town(TownSpec(points=400, buildings=150, people=300_000, districts=4))
    housed = made.facilities[made.facilities["building_id"].notna()]
    assert set(housed["service_id"]) == {"kindergarten", "elderly_station"}
    joined = housed.merge(made.buildings, on="building_id", suffixes=("", "_building"))
    assert len(joined) == len(housed)
    assert (joined["x"] == joined["x_building"]).all()
    assert (joined["floor_area_m2"] < joined["floor_area_m2_building"]).all()
    assert housed["building_id"].is_unique


def test_the_smallest_town_is_whole():
    made = town(TownSpec(points=2, buildings=1, people=100, districts=1))
    assert set(made.facilities["service_id"]) == set(made.services["service_id"])
    assert made.services["published_need"].dropna().ge(1).all()


def test_numbers_of_candidates_follow_the_classes():
    """300 candidates are exactly the numbers of the class table, which add up to 300."""
    made = town(TownSpec(points=300, buildings=300, people=150_000, districts=3))
    classes = read_data("building_classes").set_index("class")
    wanted = classes[["small", "medium", "large", "very_large"]].sum(axis=1)
    assert wanted.sum() == 300
    assert made.buildings["class"].value_counts().to_dict() == wanted.to_dict()
