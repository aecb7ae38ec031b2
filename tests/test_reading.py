"""The same instance from every kind of file that officials and planners have."""

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from openpyxl import Workbook
from riverside import FILES, MORE, edited, write_riverside, write_whole_riverside

from siting.errors import InstanceError
from siting.geo import from_wgs84, to_lonlat
from siting.instance.checking import check_instance
from siting.instance.reading import read_instance
from siting.instance.tables import TABLES

BEIJING = {"lon": 116.37, "lat": 39.91}


def rows_of(name):
    return [line.split(",") for line in FILES[f"{name}.csv"].strip().split("\n")]


def chinese(name, header):
    column = TABLES[name].column(header)
    if not column.pattern:
        return column.alias_zh
    rest = header.removeprefix(column.name.removesuffix("*"))
    return f"{column.alias_zh.rstrip('_')}_{rest}"


def write_layers(file, layers):
    """Write tables as layers: a name, columns, shapes or None, and their CRS."""
    for name, columns, shapes, crs in layers:
        pyogrio.raw.write(
            file,
            geometry=None if shapes is None else shapely.to_wkb(shapes),
            field_data=[np.array(values) for values in columns.values()],
            fields=np.array(list(columns), dtype=object),
            layer=name,
            driver="GPKG",
            geometry_type=None if shapes is None else shapes[0].geom_type,
            crs=crs,
        )


@pytest.fixture
def riverside(tmp_path):
    return read_instance(write_riverside(tmp_path / "riverside"))[0]


def test_frames_have_all_columns_in_order_and_one_type_each(riverside):
    frame = riverside.buildings
    declared = [c for c in TABLES["buildings"].columns if not c.pattern]
    assert list(frame.columns) == [*(c.name for c in declared), "zone_sub_district"]
    for column in declared:
        number = column.type in {"number", "integer"}
        assert frame[column.name].dtype == (float if number else object), column.name
    assert frame["lift"].tolist() == [True, False, None]
    assert frame["owner_consent"].tolist() == ["agreed", None, "open"]
    assert frame["floors"].tolist()[:2] == [3.0, 1.0]
    assert np.isnan(frame["floors"][2])


def test_absent_columns_and_empty_cells_take_the_default_of_the_schema(riverside):
    assert riverside.buildings["yard_m2"].tolist() == [0.0, 0.0, 0.0]
    assert riverside.buildings["land_use"].tolist() == [None, None, None]
    assert riverside.eligibility["cost_factor"].tolist() == [1.1, 1.0, 1.0]
    assert riverside.services["demand_basis"].tolist() == ["resident", "resident"]
    assert riverside.modules["own_entrance"].tolist() == [False, False]


def test_name_comes_from_the_folder_and_warnings_come_along(tmp_path):
    folder = write_riverside(
        tmp_path / "leeward", instance_toml=edited("instance.toml", "1000", "1004")
    )
    instance, warnings = read_instance(folder)
    assert instance.name == "leeward"
    assert [(w.severity, w.column) for w in warnings] == [("warning", "base.population")]


def test_ids_are_text_and_blanks_around_cells_do_not_count(tmp_path):
    zones = "zone_id,kind,name\n 007 ,sub_district,x\nwest ,sub_district,\neast,sub_district\n"
    instance, _ = read_instance(write_riverside(tmp_path, zones_csv=zones))
    assert instance.zones["zone_id"].tolist() == ["007", "west", "east"]
    assert instance.zones["name"].tolist() == ["x", "", ""]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("name", ["services.csv", "instance.toml"])
def test_encodings_of_chinese_offices(tmp_path, riverside, encoding, name):
    text = FILES[name].replace("Riverside", "河畔", 1)
    folder = write_riverside(tmp_path / "other")
    (folder / name).write_text(text, encoding=encoding)
    instance, findings = read_instance(folder)
    assert findings == []
    assert instance.services["name_zh"].tolist() == ["诊所", "图书馆"]
    if name == "instance.toml":
        assert instance.settings.title == "河畔"
    else:
        assert instance.content_hash == riverside.content_hash


def test_chinese_names_of_files_headers_and_choices(tmp_path, riverside):
    folder = write_riverside(tmp_path / "other")
    for name in [file.removesuffix(".csv") for file in FILES if file.endswith(".csv")]:
        (folder / f"{name}.csv").unlink()
        header, *rows = rows_of(name)
        columns = [TABLES[name].column(h) for h in header]
        words = [dict(zip(c.choices, c.choices_zh, strict=True)) for c in columns]
        for c, known in zip(columns, words, strict=True):
            known.update({"yes": "是", "no": "否"} if c.type == "boolean" else {})
        lines = [[known.get(v, v) for v, known in zip(row, words, strict=True)] for row in rows]
        text = "\n".join(",".join(line) for line in [[chinese(name, h) for h in header], *lines])
        (folder / f"{TABLES[name].alias_zh}.csv").write_text(text, encoding="gb18030")
    instance, findings = read_instance(folder)
    assert findings == []
    assert instance.content_hash == riverside.content_hash


def test_condition_may_name_its_field_in_chinese(tmp_path):
    text = edited("suitability.csv", "floors", "地上层数")
    instance, _ = read_instance(write_riverside(tmp_path, suitability_csv=text))
    assert instance.suitability["field"].tolist() == ["floors", "owner_consent"]


def test_chinese_names_of_every_table(tmp_path):
    whole, _ = read_instance(write_whole_riverside(tmp_path / "whole"))
    folder = write_whole_riverside(tmp_path / "other")
    for name, text in (FILES | MORE).items():
        if name.endswith(".csv"):
            header, *rows = text.strip().split("\n")
            table = name.removesuffix(".csv")
            headers = [chinese(table, column) for column in header.split(",")]
            (folder / name).unlink()
            (folder / f"{TABLES[table].alias_zh}.csv").write_text(
                "\n".join([",".join(headers), *rows]), encoding="utf-8"
            )
    assert read_instance(folder)[0].content_hash == whole.content_hash


def test_cells_that_list_several_are_read_without_blanks_and_gaps(tmp_path):
    whole, _ = read_instance(write_whole_riverside(tmp_path))
    assert whole.funds["zones"].tolist() == ["", "west|east"]
    assert whole.modules["slots"].tolist() == ["day|evening", ""]
    text = "fund_id,amount,services\nF,5, clinic ||library| \nG,5,|\n"
    (tmp_path / "funds.csv").write_text(text, encoding="utf-8")
    settings = MORE["instance.toml"].replace("fund_amounts = { lottery = 80 }", "")
    (tmp_path / "instance.toml").write_text(settings, encoding="utf-8")
    assert read_instance(tmp_path)[0].funds["services"].tolist() == ["clinic|library", ""]


def test_years_as_keys(tmp_path):
    settings = read_instance(write_whole_riverside(tmp_path))[0].settings
    assert settings.budget.years == {2026: 200, 2027: 150.5, 2028: 100}
    assert settings.plan.land_quota_m2 == {2026: 500, 2028: 250.5}
    assert settings.scenarios["at_once"].year_budgets == {2027: 90}


def make_workbook(file, tables, settings):
    book = Workbook()
    book.remove(book.active)
    sheet = book.create_sheet("实例")
    for row in settings:
        sheet.append(row)
    for name, rows in tables.items():
        sheet = book.create_sheet(TABLES[name].alias_zh)
        for row in rows:
            sheet.append(row)
    book.create_sheet("说明").append(["not a table"])
    book.save(file)
    return file


SETTINGS_ROWS = [
    ("键", "值", "说明"),
    ("title", "Riverside"),
    ("crs", "EPSG:32650"),
    ("zone_kind", "sub_district"),
    ("base.population", 1000),
    ("speeds_m_s.groups.65p", 1),
    ("budget.total", 500),
    ("budget.yearly_cost", None),
    ("budget.years.2026", None),
    ('budget.agencies."Health"', 300),
    ("rules.yard", False),
    ("minimum_per_zone", '[{ service_id = "clinic", zone_kind = "sub_district" }]'),
    ("scenarios.lean.budget", 100),
    ("scenarios.lean.weights.library", "0.5"),
    ("scenarios.lean.people_factors.65p", 1.1),
]


def numbers(row):
    return [float(t) if t.replace(".", "", 1).isdecimal() else t or None for t in row]


def test_one_workbook_is_an_instance(tmp_path, riverside):
    names = [file.removesuffix(".csv") for file in FILES if file.endswith(".csv")]
    tables = {
        name: [[chinese(name, h) for h in rows_of(name)[0]], *map(numbers, rows_of(name)[1:])]
        for name in names
    }
    file = make_workbook(tmp_path / "riverside.xlsx", tables, SETTINGS_ROWS)
    instance, findings = read_instance(file)
    assert findings == []
    assert instance.name == "riverside"
    assert instance.settings == riverside.settings
    assert instance.content_hash == riverside.content_hash
    # A folder that holds nothing but the workbook is the same instance.
    assert read_instance(tmp_path)[0].content_hash == riverside.content_hash


def test_findings_in_a_workbook_name_sheet_and_row(tmp_path):
    tables = {"zones": [["分区编号", "分区类型"], ["west", "sub_district"], [None, "sub_district"]]}
    file = make_workbook(tmp_path / "town.xlsx", tables, [("crs", "EPSG:32650"), ("budgt", 1)])
    told = [str(f) for f in check_instance(file)]
    assert "town.xlsx#分区 row 3, zone_id: must be filled" in told
    assert 'town.xlsx#实例, budgt: no such key (nearest: "budget")' in told
    assert "town.xlsx#demand: table is missing" in told


def test_whole_numbers_of_a_sheet_are_ids_without_a_point(tmp_path):
    folder = write_riverside(tmp_path, zones_csv=None)
    rows = [["zone_id", "kind"], [7.0, "sub_district"], ["007", "sub_district"]]
    rows += [["west", "sub_district"], ["east", "sub_district"]]
    book = Workbook()
    book.active.title = "zones"
    for row in rows:
        book.active.append(row)
    book.save(folder / "zones of the town.xlsx")
    instance, _ = read_instance(folder)
    assert instance.zones["zone_id"].tolist() == ["7", "007", "west", "east"]


def test_formula_without_stored_value_is_told(tmp_path):
    folder = write_riverside(tmp_path, zones_csv=None)
    book = Workbook()
    book.active.title = "zones"
    for row in [["zone_id", "kind", "area_km2"], ["west", "sub_district", "=1+1"]]:
        book.active.append(row)
    book.save(folder / "zones.xlsx")
    assert (
        'zones.xlsx#zones row 2, area_km2 = "=1+1": formula without a stored value '
        "(open and save the workbook in Excel, or paste values)"
    ) in [str(f) for f in check_instance(folder)]


def test_lon_and_lat_become_metres(tmp_path):
    """UTM zone 50 puts 117 E on the equator at easting 500 000 and northing 0."""
    files = {
        key: FILES[f"{key.removesuffix('_csv')}.csv"]
        .replace("448000,4419000", "500000,0")
        .replace("448200,4419000", "500200,0")
        .replace("448400,4419000", "500400,0")
        for key in ("demand_csv", "buildings_csv", "facilities_csv")
    }
    nodes = "节点编号,经度,纬度\nN1,117,0\nN2,117.0035,0\n"
    instance, findings = read_instance(write_riverside(tmp_path, network_nodes_csv=nodes, **files))
    assert findings == []
    xy = instance.network_nodes[["x", "y"]].to_numpy()
    assert xy[0].tolist() == [500000, 0]
    # 0.0035 degrees of an equator of 40 075 017 m, times the scale 0.9996 of UTM.
    assert xy[1] == pytest.approx([500000 + 0.0035 / 360 * 40075016.686 * 0.9996, 0], abs=0.01)
    assert "lon" not in instance.network_nodes


def shifted_nodes(datum):
    lon, lat = from_wgs84([BEIJING["lon"], BEIJING["lon"] + 0.004], [BEIJING["lat"]] * 2, datum)
    return "node_id,lon,lat\n" + "".join(
        f"N{i + 1},{a:.9f},{b:.9f}\n" for i, (a, b) in enumerate(zip(lon, lat, strict=True))
    )


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("stated", [True, False])
def test_shifted_datum_is_put_right(tmp_path, datum, stated):
    true, _ = read_instance(write_riverside(tmp_path / "a", network_nodes_csv=shifted_nodes("")))
    settings = FILES["instance.toml"]
    folder = write_riverside(
        tmp_path / "b",
        network_nodes_csv=shifted_nodes(datum),
        instance_toml=f'datum = "{datum}"\n{settings}' if stated else settings,
    )
    instance, _ = read_instance(folder, datum="" if stated else datum)
    columns = ["x", "y"]
    right = true.network_nodes[columns].to_numpy()
    assert instance.network_nodes[columns].to_numpy() == pytest.approx(right, abs=0.005)
    if not stated:
        # Over central Beijing GCJ-02 lies about 0.5 km off, BD-09 more than twice as far.
        raw, _ = read_instance(folder)
        off = np.hypot(*(raw.network_nodes[columns].to_numpy() - right).T)
        assert (off > 500).all()


def test_layers_give_points_and_shapes(tmp_path):
    folder = write_riverside(
        tmp_path, buildings_csv=None, zones_csv=None, network_nodes_csv=None, needs_csv=None
    )
    at = {"B1": 448000, "B2": 448400, "B3": 448200}
    footprints = [shapely.box(x, 4419000, x + 20, 4419010) for x in at.values()]
    corners = np.array([[448000, 4419000], [448400, 4419000]])
    lonlat = np.column_stack(to_lonlat(*corners.T, "EPSG:32650"))
    districts = [shapely.box(x, 4418000, x + 400, 4420000) for x in (447800, 448200)]
    write_layers(
        folder / "town.gpkg",
        [
            (
                "候选建筑",
                {
                    "building_id": list(at),
                    "class": ["office", "shop", "office"],
                    "floor_area_m2": [300, 120, 500],
                    "floors": [3, 1, 2],
                    "zone_sub_district": ["west", "east", "west"],
                },
                footprints,
                "EPSG:32650",
            ),
            (
                "zones",
                {"zone_id": ["west", "east"], "kind": ["sub_district"] * 2},
                districts,
                "EPSG:32650",
            ),
            ("network_nodes", {"node_id": ["N1", "N2"]}, shapely.points(lonlat), "EPSG:4326"),
            (
                "needs",
                {"service_id": ["clinic"], "group": ["65p"], "need_per_person": [0.5]},
                None,
                None,
            ),
        ],
    )
    instance, _ = read_instance(folder)
    points = shapely.points(instance.buildings[["x", "y"]].to_numpy())
    assert shapely.contains(footprints, points).all()
    assert [shapely.from_wkt(t) for t in instance.zones["geometry"]] == districts
    assert instance.network_nodes[["x", "y"]].to_numpy() == pytest.approx(corners, abs=0.001)
    assert instance.needs["need_per_person"].tolist() == [0.5]


def test_stale_coordinates_beside_points_are_told(tmp_path):
    folder = write_riverside(tmp_path, network_nodes_csv=None)
    points = shapely.points([[448000, 4419000], [448400, 4419000]])
    columns = {"node_id": ["N1", "N2"], "x": [448000.0, 448300.0], "y": [4419000.0, 4419000.0]}
    write_layers(folder / "t.gpkg", [("network_nodes", columns, points, "EPSG:32650")])
    instance, findings = read_instance(folder)
    (finding,) = findings
    assert str(finding) == (
        "t.gpkg#network_nodes, x, y: lie up to 100 m from the points of the layer in 1 rows "
        "(the points are used; delete the columns)"
    )
    assert instance.network_nodes["x"].tolist() == [448000, 448400]


def test_layer_without_crs_is_told(tmp_path):
    folder = write_riverside(tmp_path, network_nodes_csv=None)
    points = shapely.points([[448000, 4419000], [448400, 4419000]])
    with pytest.warns(UserWarning, match="crs"):
        write_layers(folder / "t.gpkg", [("network_nodes", {"node_id": ["1", "2"]}, points, None)])
    assert "t.gpkg#network_nodes: layer has no CRS (assign it in the GIS)" in [
        str(f) for f in check_instance(folder)
    ]


def test_settings_may_place_tables_elsewhere(tmp_path, riverside):
    settings = edited(
        "instance.toml",
        "[base]",
        '[tables]\nzones = "quarters.csv"\nneeds = "t.gpkg#rates"\n\n[base]',
    )
    folder = write_riverside(tmp_path / "o", instance_toml=settings, zones_csv=None, needs_csv=None)
    (folder / "quarters.csv").write_text(FILES["zones.csv"], encoding="utf-8")
    columns = {
        "service_id": ["clinic", "library"],
        "group": ["65p", "0_17"],
        "need_per_person": [0.5, 1.0],
    }
    write_layers(folder / "t.gpkg", [("rates", columns, None, None)])
    instance, findings = read_instance(folder)
    assert findings == []
    assert instance.content_hash == riverside.content_hash


def test_layer_that_is_not_there_is_told_with_the_nearest(tmp_path):
    settings = edited("instance.toml", "[base]", '[tables]\nneeds = "t.gpkg#rate"\n\n[base]')
    folder = write_riverside(tmp_path, instance_toml=settings, needs_csv=None)
    write_layers(folder / "t.gpkg", [("rates", {"a": ["b"]}, None, None)])
    assert [str(f) for f in check_instance(folder)] == [
        'instance.toml, tables.needs = "t.gpkg#rate": no such layer (nearest: "rates")'
    ]


def test_parquet_of_any_types(tmp_path, riverside):
    folder = write_riverside(tmp_path / "o", buildings_csv=None, needs_csv=None)
    frame = pd.read_csv(
        write_riverside(tmp_path / "p") / "buildings.csv",
        dtype={"floors": "Int64", "acquisition_cost": "int32", "class": "category"},
    )
    frame["lift"] = frame["lift"].map({"yes": True, "no": False}).astype("boolean")
    frame.set_index("building_id").to_parquet(folder / "buildings.parquet")
    needs = pd.DataFrame(rows_of("needs")[1:], columns=rows_of("needs")[0])
    needs.to_parquet(folder / "needs.parquet")
    instance, findings = read_instance(folder)
    assert findings == []
    assert instance.content_hash == riverside.content_hash


def test_extract_stands_for_the_network(tmp_path, monkeypatch, riverside):
    frames = {
        name: pd.DataFrame(rows_of(name)[1:], columns=rows_of(name)[0])
        for name in ("network_nodes", "network_edges")
    }
    monkeypatch.setattr(
        "siting.instance.gathering.read_osm_network", lambda *_: tuple(frames.values())
    )
    folder = write_riverside(tmp_path / "o", network_nodes_csv=None, network_edges_csv=None)
    (folder / "town.osm.pbf").touch()
    instance, findings = read_instance(folder)
    assert findings == []
    assert instance.content_hash == riverside.content_hash
    (folder / "network_nodes.csv").write_text(FILES["network_nodes.csv"], encoding="utf-8")
    assert "town.osm.pbf: the network is also given by network_nodes.csv (keep one)" in [
        str(f) for f in check_instance(folder)
    ]


def test_extract_that_cannot_be_read_is_one_finding(tmp_path):
    folder = write_riverside(tmp_path, network_nodes_csv=None, network_edges_csv=None)
    (folder / "town.osm.pbf").write_bytes(b"no extract")
    with pytest.raises(InstanceError) as caught:
        read_instance(folder)
    assert [f.place for f in caught.value.findings] == ["town.osm.pbf"]


def test_order_of_rows_and_columns_changes_nothing(tmp_path, riverside):
    changes = {}
    for file, text in FILES.items():
        if file.endswith(".csv"):
            header, *rows = [line.split(",") for line in text.strip().split("\n")]
            lines = [list(reversed(line)) for line in [header, *reversed(rows)]]
            changes[file.replace(".", "_")] = "".join(f"{','.join(line)}\n" for line in lines)
    instance, findings = read_instance(write_riverside(tmp_path / "o", **changes))
    assert findings == []
    assert instance.content_hash == riverside.content_hash
