"""Foreign tables and OpenStreetMap extracts become instances."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from osm_extracts import CRS, EAST, NORTH, write_extract

from siting.errors import InstanceError
from siting.geo import from_wgs84, project, to_lonlat
from siting.instance.adopt.mapping import Mapping, OsmMapping, read_mapping, shipped_mappings
from siting.instance.adopt.osm import adopt_osm
from siting.instance.adopt.tables import adopt_tables
from siting.instance.reading import read_instance
from siting.travel.measure import measure_travel

DATA = Path(__file__).parents[2] / "shared" / "data"

INSTANCE = f"""
[instance]
title = "Drawn town"
crs = "{CRS}"

[[tables.demand]]
file = "people.csv"
[tables.demand.columns]
demand_id = "id"
lon = "lon"
lat = "lat"
people_residents = "people"

[[tables.buildings]]
file = "parcels.csv"
[tables.buildings.columns]
building_id = {{ text = "b-{{parcel}}" }}
class = "kind"
x = "east"
y = "north"
floor_area_m2 = "area"

[rows]
services = [{{ service_id = "clinic", kind = "reach", standard_min = 15 }}]
needs = [{{ service_id = "clinic", group = "residents", need_per_person = 1 }}]
modules = [{{ module_id = "small", service_id = "clinic", floor_area_m2 = 100, works_cost = 10 }}]
eligibility = [{{ class = "office", service_id = "clinic", status = "allowed" }}]
"""

LON, LAT = (float(axis) for axis in to_lonlat(EAST, NORTH, CRS))

PEOPLE = f"id,lon,lat,people\n1,{LON},{LAT},100\n2,{LON},{LAT},50\n"
PARCELS = f"parcel,kind,east,north,area\n007,office,{EAST},{NORTH},500\n"


def adopt(folder: Path, mapping: str = INSTANCE, **files: str | bytes):
    """Adopt foreign files, `name` standing for name.csv, in place of those of the drawn town."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    for name, content in ({"people": PEOPLE, "parcels": PARCELS} | files).items():
        text = content if isinstance(content, bytes) else content.encode()
        (data / f"{name}.csv").write_bytes(text)
    (folder / "town.toml").write_text(mapping, encoding="utf-8")
    return adopt_tables(folder / "town.toml", data, folder / "out")


def problems(folder: Path, mapping: str = INSTANCE, **files: str | bytes) -> list[str]:
    with pytest.raises(InstanceError) as raised:
        adopt(folder, mapping, **files)
    assert not (folder / "out").exists()
    return [str(finding) for finding in raised.value.findings]


def with_columns(table: str, lines: str) -> str:
    """Return the mapping of the drawn town with further lines under the columns of a table."""
    head = f"[tables.{table}.columns]\n"
    return INSTANCE.replace(head, head + lines + "\n")


def test_the_drawn_town_reads_back(tmp_path: Path) -> None:
    adoption = adopt(tmp_path)
    instance, warnings = read_instance(tmp_path / "out")
    assert warnings == []
    assert instance.content_hash == adoption.instance.content_hash
    assert instance.name == "out"
    assert instance.settings.title == "Drawn town"
    assert instance.demand["people_residents"].tolist() == [100, 50]
    assert instance.demand[["x", "y"]].iloc[0].tolist() == pytest.approx([EAST, NORTH], abs=0.01)
    assert instance.buildings["building_id"].tolist() == ["b-007"]
    assert adoption.describe() == [
        "demand: 2 rows from people.csv",
        "buildings: 1 rows from parcels.csv",
        "services: 1 rows from town.toml",
        "needs: 1 rows from town.toml",
        "modules: 1 rows from town.toml",
        "eligibility: 1 rows from town.toml",
    ]
    assert adoption.describe("zh")[0] == "demand：2 行，来自 people.csv"


EXPRESSIONS = [
    # (expression, value of the first row of `row`)
    ('"area"', 500.0),
    ("750", 750.0),
    ('{ column = "area", factor = 0.5 }', 250.0),
    ('{ column = "feet", factor = 0.09290304, round = 1 }', 92.9),
    ('{ column = "area", round = -3 }', 0.0),
    ('{ sum = ["area", "feet"] }', 1500.0),
    ('{ sum = ["area", "nothing"], factor = 2 }', 1000.0),
    ('{ column = "nothing", default = 80 }', 80.0),
    ('{ column = "kind", map = { office = 300, shop = 200 } }', 300.0),
    ('{ column = "kind", map = { shop = 200 }, default = 90 }', 90.0),
]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS)
def test_number_columns(tmp_path: Path, expression: str, expected: float) -> None:
    parcels = f"parcel,kind,east,north,area,feet,nothing\n7,office,{EAST},{NORTH},500,1000,\n"
    mapping = with_columns("buildings", f"yard_m2 = {expression}")
    adoption = adopt(tmp_path, mapping, parcels=parcels)
    assert adoption.instance.buildings["yard_m2"].tolist() == [pytest.approx(expected)]


def test_text_columns(tmp_path: Path) -> None:
    """Empty cells leave no gap, and a text whose columns are all empty is empty."""
    parcels = (
        f"parcel,kind,east,north,area,street,nr\n"
        f"1,office,{EAST},{NORTH},500,High Street,7\n"
        f"2,office,{EAST},{NORTH},500,Low Street,\n"
        f"3,office,{EAST},{NORTH},500,,\n"
    )
    mapping = with_columns("buildings", 'address = { text = "No. {nr} {street}" }')
    adoption = adopt(tmp_path, mapping, parcels=parcels)
    assert adoption.instance.buildings["address"].tolist() == [
        "No. 7 High Street",
        "No. Low Street",
        "",
    ]


def test_numbers_that_were_set_or_changed_are_told(tmp_path: Path) -> None:
    mapping = with_columns(
        "buildings",
        'yard_m2 = { column = "area", factor = 0.1 }\nacquisition_cost = 5\n'
        'floors = { column = "kind", map = { office = 4 } }\nlift = true\n',
    )
    lines = adopt(tmp_path, mapping).describe()
    assert lines[-3:] == [
        "buildings.yard_m2 = area x 0.1 (parcels.csv)",
        "buildings.acquisition_cost = 5 (parcels.csv)",
        "buildings.floors = kind {office: 4} (parcels.csv)",
    ]


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ('{ kind = "office" }', ["1", "4"]),
        ('{ kind = ["office", "shop"] }', ["1", "2", "4"]),
        ('{ kind = { none_of = ["office"] } }', ["2", "3"]),
        ("{ area = { at_least = 200 } }", ["2", "3", "4"]),
        ("{ area = { at_least = 200, at_most = 300 } }", ["2", "3"]),
        ('{ area = { at_least = 200 }, kind = "office" }', ["4"]),
        ("{ area = 300 }", ["3"]),
    ],
)
def test_rows_are_taken_by_value(tmp_path: Path, where: str, kept: list[str]) -> None:
    rows = [("1", "office", 100), ("2", "shop", 200), ("3", "barn", 300), ("4", "office", 400)]
    lines = [f"{i},{kind},{EAST},{NORTH},{area}" for i, kind, area in rows]
    parcels = "\n".join(["parcel,kind,east,north,area", *lines])
    mapping = INSTANCE.replace('file = "parcels.csv"', f'file = "parcels.csv"\nwhere = {where}')
    mapping = mapping.replace('{ text = "b-{parcel}" }', '"parcel"')
    adoption = adopt(tmp_path, mapping, parcels=parcels)
    assert adoption.instance.buildings["building_id"].tolist() == kept
    assert f"buildings: {len(kept)} of 4 rows from parcels.csv" in adoption.describe()


JOIN = 'join = [{ file = "owners.csv", on = "parcel", key = "plot" }]'


def joined(column: str = "owners.name") -> str:
    mapping = with_columns("buildings", f'owner = "{column}"')
    return mapping.replace('file = "parcels.csv"', f'file = "parcels.csv"\n{JOIN}')


def test_joined_columns(tmp_path: Path) -> None:
    """Parcel 2 has no owner on record: a warning, and an empty cell."""
    parcels = (
        "parcel,kind,east,north,area\n" + f"1,office,{EAST},{NORTH},5\n2,office,{EAST},{NORTH},5\n"
    )
    adoption = adopt(tmp_path, joined(), parcels=parcels, owners="plot,name\n9,Ann\n1,Bob\n")
    assert adoption.instance.buildings["owner"].tolist() == ["Bob", ""]
    assert [str(f) for f in adoption.findings if f.column == "parcel"] == [
        (
            "parcels.csv row 3, parcel = 2: 1 rows, this the first, are not in owners.csv "
            "(what is joined from there stays empty)"
        )
    ]


def test_joining_by_a_key_that_is_not_unique(tmp_path: Path) -> None:
    assert problems(tmp_path, joined(), owners="plot,name\n007,Ann\n007,Bob\n") == [
        "owners.csv row 3, plot = 007: must be unique, or the join would have to choose"
    ]


def test_other_ways_of_writing_a_csv(tmp_path: Path) -> None:
    """Semicolons, decimal commas, dashes for unknown, and an encoding of Western Europe."""
    parcels = f"parcel;kind;east;north;area;yard\nÄ1;office;{EAST};{NORTH};12,5;-\n"
    style = 'delimiter = ";"\ndecimal = ","\nmissing = ["-"]\nencoding = "latin-1"'
    mapping = with_columns("buildings", 'yard_m2 = { column = "yard", default = 3 }')
    mapping = mapping.replace('file = "parcels.csv"', f'file = "parcels.csv"\n{style}')
    adoption = adopt(tmp_path, mapping, parcels=parcels.encode("latin-1"))
    row = adoption.instance.buildings.iloc[0]
    assert (row["building_id"], row["floor_area_m2"], row["yard_m2"]) == ("b-Ä1", 12.5, 3.0)


def test_chinese_encoding_is_recognised(tmp_path: Path) -> None:
    parcels = f"地块,kind,east,north,area\n甲,office,{EAST},{NORTH},500\n"
    mapping = INSTANCE.replace('{ text = "b-{parcel}" }', '"地块"')
    adoption = adopt(tmp_path, mapping, parcels=parcels.encode("gb18030"))
    assert adoption.instance.buildings["building_id"].tolist() == ["甲"]


@pytest.mark.parametrize("suffix", ["parquet", "xlsx"])
def test_other_files(tmp_path: Path, suffix: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    frame = pd.DataFrame(
        {"parcel": [7], "kind": ["office"], "east": [EAST], "north": [NORTH], "area": [500.5]}
    )
    if suffix == "xlsx":
        frame.to_excel(data / "parcels.xlsx", sheet_name="2024", index=False)
    else:
        frame.to_parquet(data / "parcels.parquet")
    place = "parcels.xlsx#2024" if suffix == "xlsx" else "parcels.parquet"
    adoption = adopt(tmp_path, INSTANCE.replace("parcels.csv", place))
    assert adoption.instance.buildings["building_id"].tolist() == ["b-7"]
    assert adoption.instance.buildings["floor_area_m2"].tolist() == [500.5]


def test_map_layers_bring_shape_point_and_area(tmp_path: Path) -> None:
    """A square of 20 m by 20 m, kept in lon and lat: 400 m2 around its middle."""
    square = shapely.box(EAST, NORTH, EAST + 20, NORTH + 20)
    lonlat = shapely.transform(
        square, lambda points: np.column_stack(to_lonlat(points[:, 0], points[:, 1], CRS))
    )
    (tmp_path / "data").mkdir()
    layer = geopandas.GeoDataFrame({"parcel": ["1"], "kind": ["office"]}, geometry=[lonlat])
    layer.set_crs("EPSG:4326").to_file(tmp_path / "data" / "parcels.gpkg", layer="plots")
    mapping = INSTANCE.replace("parcels.csv", "parcels.gpkg#plots")
    for old, new in (("east", "geometry_x"), ("north", "geometry_y"), ("area", "geometry_m2")):
        mapping = mapping.replace(f'= "{old}"', f'= "{new}"')
    row = adopt(tmp_path, mapping).instance.buildings.iloc[0]
    assert row["floor_area_m2"] == pytest.approx(400, abs=0.1)
    assert [row["x"], row["y"]] == pytest.approx([EAST + 10, NORTH + 10], abs=0.1)


def test_coordinates_of_another_crs(tmp_path: Path) -> None:
    """The same place in the national grid of Finland."""
    x, y = (float(axis) for axis in project(LON, LAT, "EPSG:3067"))
    mapping = INSTANCE.replace('file = "parcels.csv"', 'file = "parcels.csv"\ncrs = "EPSG:3067"')
    parcels = f"parcel,kind,east,north,area\n1,office,{x},{y},500\n"
    row = adopt(tmp_path, mapping, parcels=parcels).instance.buildings.iloc[0]
    assert [row["x"], row["y"]] == pytest.approx([EAST, NORTH], abs=0.02)


def test_shifted_coordinates_are_put_right_once(tmp_path: Path) -> None:
    """A point of Xicheng in GCJ-02; the instance keeps no datum to be undone again."""
    lon, lat = 116.36, 39.91
    shifted = [float(axis) for axis in from_wgs84(lon, lat, "gcj02")]
    x, y = (float(axis) for axis in project(lon, lat, "EPSG:4548"))
    mapping = INSTANCE.replace(f'crs = "{CRS}"', 'crs = "EPSG:4548"\ndatum = "gcj02"')
    people = f"id,lon,lat,people\n1,{shifted[0]},{shifted[1]},100\n"
    parcels = f"parcel,kind,east,north,area\n1,office,{x},{y},500\n"
    adopt(tmp_path, mapping, people=people, parcels=parcels)
    instance, warnings = read_instance(tmp_path / "out")
    assert warnings == []
    assert instance.demand[["x", "y"]].iloc[0].tolist() == pytest.approx([x, y], abs=0.02)


BROKEN_MAPPINGS = [
    # (text of the mapping, what stands there instead, finding)
    (
        '"people.csv"',
        '"poeple.csv"',
        """tables.demand[0].file = poeple.csv: no such file in {data} (nearest: "people.csv")""",
    ),
    (
        '= "people"',
        '= "peple"',
        """tables.demand[0].columns.people_residents = peple: people.csv has no such column \
(nearest: "people")""",
    ),
    (
        'floor_area_m2 = "area"',
        'floor_aera_m2 = "area"',
        """tables.buildings[0].columns.floor_aera_m2: table buildings has no such column \
(nearest: "floor_area_m2")""",
    ),
    (
        "standard_min",
        "standart_min",
        """rows.services[0].standart_min: table services has no such column \
(nearest: "standard_min")""",
    ),
    (
        '"area"',
        '{ column = "area", fcator = 2 }',
        """tables.buildings[0].columns.floor_area_m2.fcator: no such key (nearest: "factor")""",
    ),
    (
        'file = "parcels.csv"',
        'flie = "parcels.csv"',
        """tables.buildings[0].flie: no such key (nearest: "file")""",
    ),
    (
        'file = "parcels.csv"',
        "",
        """tables.buildings[0].file: is required""",
    ),
    (
        'title = "Drawn town"',
        'titel = "Drawn town"',
        """instance.titel: no such key (nearest: "title")""",
    ),
    (
        "[[tables.demand]]",
        "[tables.demand]",
        """tables.demand: must be a list""",
    ),
    (
        '{ text = "b-{parcel}" }',
        '{ column = "parcel", factor = "two" }',
        """tables.buildings[0].columns.building_id.factor = two: must be a number""",
    ),
    (
        "tables.buildings",
        "tables.bulidings",
        """tables: no such table: bulidings (nearest: "buildings")""",
    ),
    (
        "[instance]",
        "[instanse]",
        """instanse: no such key (nearest: "instance")""",
    ),
    (
        '"area"',
        '{ column = "area", value = 3 }',
        """tables.buildings[0].columns.floor_area_m2: needs exactly one of column, sum, text, \
value""",
    ),
    (
        '"b-{parcel}"',
        '"b-parcel"',
        """tables.buildings[0].columns.building_id: text needs a column in braces; use value for a \
constant""",
    ),
    (
        '"kind"',
        '{ column = "kind", map = { shop = "retail" } }',
        """tables.buildings[0].columns.class.map = office: 1 rows of parcels.csv hold this value, \
which is not listed (list it, give a default, or leave those rows out by where)""",
    ),
    (
        f'"{CRS}"',
        '"EPSG:4326"',
        """instance.crs: "EPSG:4326" (WGS 84) is not projected; choose one in metres, such \
as EPSG:4548 around Beijing or a UTM zone""",
    ),
    (
        'file = "parcels.csv"',
        'file = "parcels.csv"\nwhere = { knd = "office" }',
        """tables.buildings[0].where.knd = knd: parcels.csv has no such column (nearest: "kind")""",
    ),
    (
        'file = "parcels.csv"',
        'file = "parcels.csv"\njoin = [{ file = "people.csv", on = "parcel", key = "idd" }]',
        """tables.buildings[0].join[0].key = idd: people.csv has no such column (nearest: "id")""",
    ),
    (
        'file = "parcels.csv"',
        'file = "parcels.csv"\nencoding = "utf-99"',
        """tables.buildings[0].file = parcels.csv: cannot be read: unknown encoding: utf-99""",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), BROKEN_MAPPINGS)
def test_broken_mappings(tmp_path: Path, old: str, new: str, expected: str) -> None:
    said = problems(tmp_path, INSTANCE.replace(old, new))
    assert f"town.toml, {expected.replace('{data}', str(tmp_path / 'data'))}" in said


def test_a_mapping_that_is_not_toml(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, INSTANCE.replace("[rows]", "[rows"))
    assert said.startswith("town.toml: must be TOML in UTF-8: ")


def test_a_file_of_no_known_kind(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "people.doc").write_bytes(b"")
    assert problems(tmp_path, INSTANCE.replace("people.csv", "people.doc")) == [
        (
            "town.toml, tables.demand[0].file = people.doc: "
            "must be one of .csv, .txt, .parquet, .xlsx, .gpkg, .geojson, .shp"
        )
    ]


def test_all_faults_of_mapping_and_data_are_told_at_once(tmp_path: Path) -> None:
    mapping = INSTANCE.replace('= "people"', '= "peple"').replace('"kind"', '"knid"')
    parcels = f"parcel,kind,east,north,area\n1,office,{EAST},{NORTH},n/a\n2,office,1,1,twelve\n"
    assert problems(tmp_path, mapping, parcels=parcels) == [
        (
            "town.toml, tables.demand[0].columns.people_residents = peple: people.csv has no such "
            'column (nearest: "people")'
        ),
        (
            "town.toml, tables.buildings[0].columns.class = knid: parcels.csv has no such column "
            '(nearest: "kind")'
        ),
        "parcels.csv row 2, area = n/a: must be a number",
        "parcels.csv row 3, area = twelve: must be a number",
    ]


def test_faults_of_the_instance_point_to_the_foreign_rows(tmp_path: Path) -> None:
    """The second row taken from parcels.csv stands in its row 4; the module in the mapping."""
    parcels = (
        f"parcel,kind,east,north,area\n1,office,{EAST},{NORTH},500\n"
        f"2,barn,{EAST},{NORTH},500\n3,office,{EAST},{NORTH},-20\n"
    )
    mapping = INSTANCE.replace(
        'file = "parcels.csv"', 'file = "parcels.csv"\nwhere = {kind="office"}'
    )
    mapping = mapping.replace('service_id = "clinic", floor', 'service_id = "cliinc", floor')
    said = problems(tmp_path, mapping, parcels=parcels)
    assert "parcels.csv row 4, buildings.floor_area_m2 = -20: must be > 0" in said
    assert any(line.startswith('town.toml, rows.modules[0].service_id = "cliinc"') for line in said)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InstanceError, match="is not empty"):
        adopt(tmp_path)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["notes.txt"]


def test_unknown_mapping_names_the_nearest_that_is_shipped(tmp_path: Path) -> None:
    with pytest.raises(InstanceError) as raised:
        adopt_tables(Path("baltimor.toml"), tmp_path, tmp_path / "out")
    assert 'nearest: "baltimore.toml"' in str(raised.value)


@pytest.mark.parametrize("name", shipped_mappings())
def test_shipped_mappings_are_sound(name: str) -> None:
    if name == "osm.toml":
        content: Mapping = read_mapping(Path(name), OsmMapping, crs=CRS)
    else:
        content = read_mapping(Path(name), Mapping)
    assert content.instance.synthetic, "what is made up must be said"


def test_the_worked_example_of_the_documentation(tmp_path: Path) -> None:
    """10,763.9 square feet are 1,000 m2; 12 + 40 and 5 + 21 people are under 65; 4 x 15 = 60."""
    text = (Path(__file__).parents[1] / "docs" / "adopt.md").read_text(encoding="utf-8")
    files = re.findall(r"`(\w+)\.csv`\n\n```csv\n(.*?)```", text, flags=re.DOTALL)
    (mapping,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    assert [name for name, _ in files] == ["people", "vacated", "owners", "clinics"]
    instance = adopt(tmp_path, mapping, **dict(files)).instance
    assert instance.demand["people_under_65"].tolist() == [52, 26]
    assert instance.demand["people_65p"].tolist() == [9, 14]
    columns = ["building_id", "class", "owner", "floor_area_m2", "floors", "yearly_rent_per_m2"]
    assert instance.buildings[columns].to_numpy().tolist() == [
        ["b-014", "office", "City", 1000, 3, 0.15],
        ["b-015", "shop", "Rail company", 500, 1, 0.2],
    ]
    assert instance.facilities["capacity"].tolist() == [60]


REAL = {
    # Rows and people as the README of the data states them; of Baltimore's 164 schools those of
    # category E or EM are taken (45 + 69), of Helsinki's 7 clinics all but two that are none.
    "baltimore": (585_708, {"demand": 8_353, "network_nodes": 31_044, "network_edges": 47_056,
                            "buildings": 221, "facilities": 48 + 45 + 69}),
    "helsinki": (3_471, {"demand": 211, "network_nodes": 2_259, "network_edges": 3_291,
                         "buildings": 28, "facilities": 7 - 2}),
    "porto_alegre": (812_935, {"demand": 1_124, "network_nodes": 17_163, "network_edges": 24_219,
                               "buildings": 147, "facilities": 117}),
}  # fmt: skip


@pytest.mark.parametrize(
    "town", [pytest.param("baltimore", marks=pytest.mark.slow), "helsinki", "porto_alegre"]
)
def test_real_towns(town: str, tmp_path: Path) -> None:
    if not (DATA / town).is_dir():
        pytest.skip(f"needs the data of {town} beside the project")
    people, counts = REAL[town]
    adoption = adopt_tables(Path(f"{town}.toml"), DATA / town, tmp_path / town)
    instance, _ = read_instance(tmp_path / town)
    assert instance.content_hash == adoption.instance.content_hash
    assert {name: len(instance.tables[name]) for name in counts} == counts
    counted = instance.demand.filter(like="people_").to_numpy().sum()
    assert round(counted) == people
    travel = measure_travel(instance)
    assert travel.source == "network"
    assert len(np.unique(travel.demand)) > 0.3 * len(instance.demand)


@pytest.fixture
def drawn_town(tmp_path: Path) -> Path:
    """Return an extract with a street, four buildings and three facilities.

    ::

        B10 office 20 x 10 m, 4 levels    B11 apartments    B12 yes, disused, levels unknown
        ---- way 1, residential ----
        W13 school ground 40 x 40 m with B14 (building=school) and a node 60 (amenity=school)
        node 61: clinic with capacity 900
    """

    def box(number: int, x: float, y: float, width: float, depth: float):
        corners = [(x, y), (x + width, y), (x + width, y + depth), (x, y + depth)]
        nodes = {number * 10 + i: corner for i, corner in enumerate(corners)}
        return nodes, [*nodes, number * 10]

    nodes: dict[int, tuple[float, float]] = {1: (0, 0), 2: (200, 0), 60: (20, -30), 61: (90, -5)}
    ways = [(1, {"highway": "residential"}, [1, 2])]
    for number, tags, where in (
        (
            10,
            {"building": "office", "building:levels": "4", "start_date": "C19 1898",
             "addr:street": "High Street", "addr:housenumber": "7", "name": "Mill"},
            (0, 10, 20, 10),
        ),
        (11, {"building": "apartments", "office": "lawyer"}, (50, 10, 20, 20)),
        (12, {"building": "yes", "disused": "yes"}, (100, 10, 10, 10)),
        (13, {"amenity": "school", "name": "Park School"}, (0, -60, 40, 40)),
        (14, {"building": "school", "building:levels": "2"}, (5, -55, 20, 20)),
    ):  # fmt: skip
        corners, ring = box(number, *where)
        nodes |= corners
        ways.append((number, tags, ring))
    tagged = {60: {"amenity": "school"}, 61: {"amenity": "clinic", "capacity": "900"}}
    return write_extract(tmp_path / "drawn.osm.pbf", nodes, ways, tagged)


def test_buildings_and_facilities_of_an_extract(drawn_town: Path, tmp_path: Path) -> None:
    """B10 has 20 x 10 x 4 = 800 m2; B12 10 x 10 x 3 = 300 m2, its levels assumed; B14 is in use.

    The school ground and the node in it are one school of the assumed size; the clinic states
    its own.
    """
    adoption = adopt_osm(drawn_town, tmp_path / "town")
    buildings = adoption.instance.buildings.set_index("building_id")
    assert buildings["class"].to_dict() == {"w10": "office", "w12": "vacant"}
    office = buildings.loc["w10"]
    assert (office["name"], office["address"]) == ("Mill", "High Street 7")
    assert (office["floors"], office["year_built"]) == (4, 1898)
    assert office["floor_area_m2"] == pytest.approx(800, abs=8)
    assert office["ground_area_m2"] == pytest.approx(200, abs=2)
    assert buildings.loc["w12", "floor_area_m2"] == pytest.approx(300, abs=6)
    assert buildings["synthetic"].to_dict() == {"w10": False, "w12": True}
    facilities = adoption.instance.facilities.set_index("facility_id")
    assert facilities["service_id"].to_dict() == {"w13": "school", "n61": "clinic"}
    assert facilities["capacity"].to_dict() == {"w13": 400, "n61": 900}
    assert adoption.instance.network_edges["length_m"].sum() == pytest.approx(200, abs=0.1)


def test_without_demand_a_template_is_written(drawn_town: Path, tmp_path: Path) -> None:
    """The template names a column per group, and filled in it makes the instance complete."""
    adoption = adopt_osm(drawn_town, tmp_path / "town")
    assert adoption.to_fill == "demand.csv"
    assert adoption.describe()[-1].startswith("to fill in: demand.csv, a row per inhabited place")
    file = tmp_path / "town" / "demand.csv"
    header = file.read_text(encoding="utf-8-sig").strip().split(",")
    assert header[:4] == ["demand_id", "lon", "lat", "people_0_2"]
    with pytest.raises(InstanceError, match=r"demand\.csv"):
        read_instance(tmp_path / "town")
    row = ["1", LON, LAT, *([10] * (len(header) - 3))]
    pd.DataFrame([row], columns=header).to_csv(file, index=False)
    instance, _ = read_instance(tmp_path / "town")
    assert set(instance.groups) == {column.removeprefix("people_") for column in header[3:]}


def test_with_demand(drawn_town: Path, tmp_path: Path) -> None:
    groups = ["0_2", "3_5", "6_11", "12_14", "15_17", "18_59", "60_64", "65_79", "80p"]
    people = pd.DataFrame({"demand_id": ["1"], "lon": [LON], "lat": [LAT]})
    people = people.assign(**{f"people_{group}": 5 for group in groups})
    people.to_csv(tmp_path / "people.csv", index=False)
    adoption = adopt_osm(drawn_town, tmp_path / "town", tmp_path / "people.csv")
    assert adoption.to_fill == ""
    instance, _ = read_instance(tmp_path / "town")
    assert instance.demand.filter(like="people_").to_numpy().sum() == 45


def test_demand_without_the_groups_that_needs_speak_of(drawn_town: Path, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(f"demand_id,lon,lat,people_all\n1,{LON},{LAT},5\n")
    with pytest.raises(InstanceError) as raised:
        adopt_osm(drawn_town, tmp_path / "town", tmp_path / "people.csv")
    places = {finding.place for finding in raised.value.findings}
    assert "osm.toml" in places
