"""The files that reviewers get, read back by GDAL."""

import io
import json
import sqlite3
import struct
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from report_plans import TINY, tiny
from review_exports import (
    DEPARTMENTS,
    FIRE,
    PLANNING,
    SECRET_ADDRESS,
    SECRET_NAME,
    SECRET_X,
    SECRET_Y,
    export,
    run_of,
    town,
)
from review_runs import keep_run, solved, standing

from siting.cli import main
from siting.errors import InstanceError
from siting.geo import to_lonlat, transform
from siting.review import log
from siting.review.codes import both, code_of
from siting.review.export import Edition, export_review
from siting.review.fields import FIELDS, LAYER, OURS, REVIEWERS, SHORT
from siting.review.formats.secondary import short_names
from siting.review.importing import verdicts_of
from siting.review.layers.run_layers import review_layers
from siting.review.layers.sites import is_chosen, review_rows
from siting.review.returns import read_return

ALL = ("gpkg", "gdb", "shp", "geojson", "dxf", "xlsx")
MAPS = [LAYER, "candidates", "facilities", "demand", "allocation", "reach_areas", "zones"]
TABLES = ["rule_checks", "siting_review"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return export(tmp_path_factory.mktemp("run"), *ALL)


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    run = run_of(tmp_path_factory.mktemp("run"))
    rows = review_rows(
        run.results, departments=DEPARTMENTS, run_id=run.run_id, standings=(), lang="zh"
    )
    return review_layers(run, rows, "zh")


def plain(value):
    """A cell as every format can hold it: nothing, a number to nine digits, or a text."""
    if value is None or (not isinstance(value, str) and pd.isna(value)) or value == "":
        return None
    if isinstance(value, (bool, np.bool_, int, np.integer, float, np.floating)):
        return float(f"{float(value):.9g}")
    return str(value)


def same_content(written, read, names=None, cut=None):
    """Compare two tables cell by cell, columns by `names`, texts up to `cut` bytes."""
    assert len(written) == len(read) > 0
    names = names or {name: name for name in written.columns if name != "geometry"}
    for name, short in names.items():
        for ours, theirs in zip(written[name], read[short], strict=True):
            a, b = plain(ours), plain(theirs)
            if cut and isinstance(a, str) and len(a.encode()) > cut:
                assert len(b.encode()) <= cut
                assert b.endswith("…")
                assert a.startswith(b[:-1])
            else:
                assert a == b, (name, ours, theirs)


def same_shapes(written, read, tolerance=1e-6):
    for ours, theirs in zip(written["geometry"], read["geometry"], strict=True):
        assert shapely.hausdorff_distance(ours, theirs) <= tolerance


def test_one_row_per_site_and_department(layers):
    rows = layers[LAYER].table
    assert list(rows.columns) == [*(field.name for field in FIELDS), "geometry"]
    sites = [("A", "clinic"), ("A", "station"), ("B", "station")]
    keys = list(zip(rows["building_id"], rows["service_id"], rows["department"], strict=True))
    assert keys == [(*site, department) for site in sites for department in DEPARTMENTS]
    assert not rows[[n for n in REVIEWERS if n not in {"department", "commit"}]].notna().any().any()
    assert not rows["commit"].any()
    # The clinic of A: works 40 and half of the price of 100; B was bought by nobody.
    assert list(rows["cost"][::2]) == [90.0, 63.33, 30.0]
    assert list(rows["served"][::2]) == [300.0, 120.0, 110.0]
    assert rows["geometry"].iloc[0] == shapely.Point(SECRET_X, SECRET_Y)


def test_what_was_contested_stays_in_sight(tmp_path):
    run = run_of(tmp_path)
    held = [
        standing("C", "station", "reject", department=PLANNING),
        standing("B", "station", "approve", department=FIRE),
        standing("A", "clinic", "hold"),
    ]
    rows = review_rows(run.results, departments=(), standings=held, lang="en")
    assert list(rows["building_id"]) == ["A", "A", "B", "C"]
    assert list(is_chosen(rows)) == [True, True, True, False]
    assert list(rows["state"]) == [
        "Chosen: Still open", "Chosen", "Chosen: Admissible", "Not chosen: Rejected",
    ]  # fmt: skip
    assert "unsafe" in rows["earlier"].iloc[3]
    assert PLANNING in rows["earlier"].iloc[3]
    assert rows["decision"].isna().all()


def test_prices_are_shown_in_percentage_points(tmp_path):
    run = run_of(tmp_path)
    prices = pd.DataFrame(
        {"building_id": ["B"], "service_id": ["station"], "price_low": [0.0125],
         "price_high": [0.02], "price_says": ["one in fifty"]}
    )  # fmt: skip
    rows = review_rows(run.results, departments=(), prices=prices, lang="en").set_index(
        ["building_id", "service_id"]
    )
    assert tuple(rows.loc[("B", "station"), ["price_low", "price_high"]]) == (1.25, 2.0)
    assert pd.isna(rows.loc[("A", "clinic"), "price_low"])
    assert rows.loc[("B", "station"), "price_says"] == "one in fifty"


@pytest.mark.parametrize("name", ["gpkg", "gdb"])
def test_databases_hold_every_layer(files, layers, name):
    listed = {layer for layer, _ in pyogrio.list_layers(files[name])}
    assert {*MAPS, *TABLES} <= listed
    for layer in [*MAPS, "rule_checks"]:
        read = pyogrio.read_dataframe(files[name], layer=layer)
        written = layers[layer].table.assign(run_id=files["gpkg"].parent.name)
        same_content(written, read)
        if layer in MAPS:
            same_shapes(written, read, 1e-4 if name == "gdb" else 0.0)
            assert read.crs == "EPSG:4548"
    runs = pyogrio.read_dataframe(files[name], layer="siting_review")
    assert list(runs["run_id"]) == [files["gpkg"].parent.name]
    assert list(runs["instance_hash"]) == [town().content_hash]
    assert list(runs["crs"]) == ["EPSG:4548"]
    assert list(runs["lang"]) == ["zh"]


def test_geodatabase_says_what_its_fields_and_codes_mean(files):
    names = pyogrio.read_dataframe(files["gdb"], layer="field_names")
    assert (LAYER, "decision", "审查意见") in set(names.itertuples(index=False, name=None))
    codes = pyogrio.read_dataframe(files["gdb"], layer="codes")
    assert (LAYER, "decision", "reject", "不同意（整栋）") in set(
        codes.itertuples(index=False, name=None)
    )


def test_shapefiles_cut_names_and_say_so(files, layers):
    folder = files["shp"]
    names = pd.read_csv(folder / "names.csv", encoding="utf-8-sig")
    assert (folder / "names.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    for layer in MAPS:
        assert (folder / f"{layer}.cpg").read_text().strip() == "UTF-8"
        read = pyogrio.read_dataframe(folder / f"{layer}.shp")
        own = names[names["layer"] == layer]
        short = dict(zip(own["name"], own["field"], strict=True))
        assert all(len(s) <= 10 and s.isascii() for s in short.values())
        assert len(set(short.values())) == len(short)
        written = layers[layer].table.assign(run_id=files["gpkg"].parent.name)
        same_content(written, read, short, cut=254)
        same_shapes(written, read)
    assert short_names(layers[LAYER]) == {name: SHORT[name].lower() for name in SHORT}


def test_long_texts_are_cut_between_letters(tmp_path):
    words = "否决此处将使" * 30
    run = run_of(tmp_path)
    prices = pd.DataFrame(
        {"building_id": ["B"], "service_id": ["station"], "price_low": [0.0], "price_high": [0.0],
         "price_says": [words]}
    )  # fmt: skip
    paths = export_review([run], Edition(formats=("shp",), lang="zh"), prices=prices)
    read = pyogrio.read_dataframe(paths["shp"] / "review.shp")
    said = read["price_says"].dropna().iloc[0]
    assert words.startswith(said[:-1])
    assert said.endswith("…")
    assert 250 <= len(said.encode()) <= 254


def test_geojson_is_lon_lat_of_wgs84(files, layers):
    for layer in MAPS:
        path = files["geojson"] / f"{layer}.geojson"
        assert "crs" not in json.loads(path.read_text(encoding="utf-8"))
        read = pyogrio.read_dataframe(path)
        assert read.crs == "EPSG:4326"
        written = layers[layer].table.assign(run_id=files["gpkg"].parent.name)
        same_content(written, read)
        if layer == LAYER:
            lon, lat = to_lonlat(written.geometry.x, written.geometry.y, "EPSG:4548")
            assert np.abs(np.column_stack([read.geometry.x - lon, read.geometry.y - lat])).max() < (
                1e-7
            )
        if layer == "zones":  # exterior rings run against the clock
            rings = shapely.get_exterior_ring(shapely.get_parts(read.geometry.to_numpy()))
            assert shapely.is_ccw(rings).all()


def test_drawing_has_points_and_chinese_names(files):
    read = pyogrio.read_dataframe(files["dxf"])
    texts = read[read["Text"].notna()]
    own = texts[texts["Layer"] == "REVIEW"]["Text"]
    assert sum(text.startswith("A 西街道 社区卫生服务站") for text in own) == 2
    # A letter that the code page lacks is escaped, not lost.
    assert any("东街口旧商店 \\U+20BB7" in text for text in own)
    points = read[(read["Layer"] == "REVIEW") & read["Text"].isna()].geometry
    assert {(round(p.x, 3), round(p.y, 3)) for p in points} == {
        (round(SECRET_X, 3), round(SECRET_Y, 3)), (501200.0, 4400000.0),
    }  # fmt: skip
    zones = read[(read["Layer"] == "ZONES") & read["Text"].isna()].geometry
    assert sorted(round(shapely.Polygon(z.coords).area if z.geom_type == "LineString" else z.area)
                  for z in zones) == [1_000_000, 1_700_000]  # fmt: skip
    beside = pd.read_csv(files["dxf"].with_name("review_dxf.csv"), encoding="utf-8-sig")
    assert list(beside.columns) == ["layer", "text", "easting_x_m", "northing_y_m"]


def test_workbook_has_drop_downs_and_both_codes_and_labels(files, layers):
    book = openpyxl.load_workbook(files["xlsx"])
    sheet = book[LAYER]
    assert sheet.freeze_panes == "C2"
    header = [cell.value.split("\n") for cell in sheet[1]]
    names = [lines[-1] for lines in header]
    assert names == [*(field.name for field in FIELDS), "easting_x_m", "northing_y_m"]
    assert header[names.index("decision")][0] == "审查意见"
    lists = {
        next(iter(v.sqref.ranges)).coord.split(":")[0].rstrip("0123456789"): v
        for v in sheet.data_validations.dataValidation
    }
    columns = {name: openpyxl.utils.get_column_letter(i + 1) for i, name in enumerate(names)}
    for name in ("decision", "proposed_use", "department", "commit", "service_id"):
        rule = lists[columns[name]]
        assert rule.type == "list"
        sheet_name, cells = rule.formula1.removeprefix("=").split("!")
        entries = [row[0].value for row in book[sheet_name][cells.replace("$", "")]]
        assert all(entries)
        if name == "decision":
            assert "reject · 不同意（整栋）" in entries
        if name == "department":
            assert entries == list(DEPARTMENTS)
    assert lists[columns["date"]].type == "date"
    read = pd.DataFrame(
        [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)], columns=names
    )
    written = layers[LAYER].table.assign(
        run_id=files["gpkg"].parent.name,
        service_id=[both(s, layers[LAYER].choices["service_id"][s])
                    for s in layers[LAYER].table["service_id"]],
        commit="no · 否",
    )  # fmt: skip
    same_content(written, read)
    assert list(read["easting_x_m"]) == pytest.approx(list(written.geometry.x), abs=1e-3)
    assert set(MAPS) <= set(book.sheetnames)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("reject", "reject"),
        ("不同意（整栋）", "reject"),
        ("reject · 不同意（整栋）", "reject"),
        (" approve ", "approve"),
        ("不同意", "不同意"),
    ],
)
def test_cells_are_understood_as_code_label_or_both(layers, cell, code):
    assert code_of(cell, layers[LAYER].choices["decision"]) == code


def rows_of(path, query):
    with closing(sqlite3.connect(path)) as file:
        return file.execute(query).fetchall()


def test_fields_are_named_and_choices_coded(files):
    path = files["gpkg"]
    assert rows_of(path, "PRAGMA user_version") == [(10300,)]
    assert rows_of(path, "PRAGMA quick_check") == [("ok",)]
    titles = dict(
        rows_of(path, "SELECT column_name, title FROM gpkg_data_columns WHERE table_name='review'")
    )
    assert set(titles) == {field.name for field in FIELDS}
    assert titles["extra_cost"] == "条件：增加费用（万元）"
    coded = dict(
        rows_of(path, "SELECT column_name, constraint_name FROM gpkg_data_columns "
                "WHERE constraint_name IS NOT NULL")
    )  # fmt: skip
    assert {"decision", "proposed_use", "department", "extra_cost", "delay_years"} <= set(coded)
    entries = rows_of(
        path,
        "SELECT value, description FROM gpkg_data_column_constraints "  # noqa: S608
        f"WHERE constraint_type='enum' AND constraint_name='{coded['decision']}'",
    )
    assert dict(entries)["conditional"] == "有条件同意"
    extensions = {name for (name,) in rows_of(path, "SELECT table_name FROM gpkg_extensions")}
    assert {"gpkg_data_columns", "gpkg_data_column_constraints"} <= extensions
    listed = {name for (name,) in rows_of(path, "SELECT table_name FROM gpkg_contents")}
    assert {*MAPS, *TABLES, "layer_styles"} <= listed


def test_styles_parse_and_name_every_field(files):
    styles = dict(rows_of(files["gpkg"], "SELECT f_table_name, styleQML FROM layer_styles"))
    assert set(styles) == {*MAPS, *TABLES}
    for name, qml in styles.items():
        root = ET.fromstring(qml)  # noqa: S314  our own
        fields = set(pyogrio.read_info(files["gpkg"], layer=name)["fields"])
        aliased = {alias.get("field") for alias in root.find("aliases")}
        assert aliased == fields
        editable = {f.get("name"): f.get("editable") for f in root.find("editable")}
        assert set(editable) == {"fid", *fields}
        if name == LAYER:
            opened = {field for field, value in editable.items() if value == "1"}
            assert opened == {*REVIEWERS, "building_id", "service_id"}
            defaults = root.find("defaults")
            assert {d.get("applyOnUpdate") for d in defaults} == {"0"}
            strengths = {c.get("exp_strength") for c in root.find("constraints")}
            assert strengths == {"2"}
        else:
            assert set(editable.values()) == {"0"}


def test_project_lies_inside_and_names_its_own_file(files):
    ((content,),) = rows_of(files["gpkg"], "SELECT content FROM qgis_projects")
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        root = ET.fromstring(archive.read("review.qgs"))  # noqa: S314  our own
    sources = [layer.findtext("datasource") for layer in root.iter("maplayer")]
    assert sources == [f"./review.gpkg|layername={name}" for name in [*MAPS, *TABLES]]
    groups = [group.get("name") for group in root.find("layer-tree-group").iter("layer-tree-group")]
    assert groups[1:] == ["审查", "规划方案", "现状与分区", "核验与来源"]


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4527", "EPSG:4547", "EPSG:4326"])
def test_other_coordinates_lead_back_within_a_millimetre(tmp_path, crs):
    files = export(tmp_path, "gpkg", crs=crs)
    for layer in ("review", "demand", "zones"):
        read = pyogrio.read_dataframe(files["gpkg"], layer=layer)
        assert read.crs == crs
        points = shapely.get_coordinates(read.geometry.to_numpy())
        x, y = transform(points[:, 0], points[:, 1], crs, "EPSG:4548")
        if layer == "review":
            known = [(SECRET_X, SECRET_Y)] * 4 + [(501200.0, 4400000.0)] * 2
            assert np.abs(np.column_stack([x, y]) - known).max() < 1e-3
        if layer == "zones":
            assert {(round(a), round(b)) for a, b in zip(x, y, strict=True)} >= {
                (499900, 4399500), (502600, 4400500),
            }  # fmt: skip
    if crs == "EPSG:4527":  # zone 39 stands before the easting, all else is the same
        points = pyogrio.read_dataframe(files["gpkg"], layer="review").geometry
        assert points.x.iloc[0] == pytest.approx(SECRET_X + 39_000_000, abs=1e-3)


def test_own_system_is_written_in_full(tmp_path):
    own = (
        "+proj=tmerc +lat_0=0 +lon_0=116.35 +k=1 +x_0=50000 +y_0=-4000000 +ellps=GRS80 "
        "+towgs84=0,0,0 +units=m"
    )
    files = export(tmp_path, "gpkg", crs=own)
    read = pyogrio.read_dataframe(files["gpkg"], layer="review")
    x, y = transform(read.geometry.x, read.geometry.y, own, "EPSG:4548")
    assert (x[0], y[0]) == pytest.approx((SECRET_X, SECRET_Y), abs=1e-3)


@pytest.mark.parametrize(("datum", "east_m"), [("gcj02", (300, 800)), ("bd09", (800, 1500))])
def test_shifted_coordinates_are_declared(tmp_path, datum, east_m):
    files = export(tmp_path, "gpkg", "geojson", datum=datum)
    read = pyogrio.read_dataframe(files["gpkg"], layer="review")
    assert read.crs != "EPSG:4326"
    assert "shifted" in read.crs.name
    lon, lat = to_lonlat([SECRET_X], [SECRET_Y], "EPSG:4548")
    shift_m = (read.geometry.x.iloc[0] - lon[0]) * 111_320 * np.cos(np.radians(lat[0]))
    assert east_m[0] < shift_m < east_m[1]
    runs = pyogrio.read_dataframe(files["gpkg"], layer="siting_review")
    assert list(runs["datum"]) == [datum]
    true = pyogrio.read_dataframe(files["geojson"] / "review.geojson").geometry.x.iloc[0]
    assert true == pytest.approx(lon[0], abs=1e-7)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"crs": "EPSG:2384"}, "no transformation within 5 m is known"),
        ({"crs": "EPSG:999999"}, "is no coordinate reference system"),
        ({"datum": "mars"}, "must be one of gcj02, bd09"),
        ({"crs": "EPSG:4490", "datum": "gcj02"}, "has its own lon and lat"),
        ({"department": "规划"}, 'nearest: "规划分局"'),
        ({"formats": ("gpgk",)}, 'nearest: "gpkg"'),
    ],
)
def test_what_cannot_be_given_is_refused(tmp_path, how, says):
    formats = how.pop("formats", ("gpkg",))
    with pytest.raises(InstanceError) as refused:
        export(tmp_path, *formats, **how)
    assert says in str(refused.value)
    assert not list(tmp_path.glob("*.gpkg"))


def test_one_department_gets_its_own_rows(tmp_path):
    read = pyogrio.read_dataframe(export(tmp_path, department=FIRE)["gpkg"], layer=LAYER)
    assert list(read["department"]) == [FIRE] * 3


def every_byte(folder):
    """All bytes of all files, with what zip archives and projects hold unpacked."""
    found = b""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        found += data
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                found += b"".join(archive.read(name) for name in archive.namelist())
        if path.suffix == ".gpkg":
            for (content,) in rows_of(path, "SELECT content FROM qgis_projects"):
                with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
                    found += archive.read("review.qgs")
    return found


def traces():
    """What would tell where the sensitive site is, in every form that a file may hold it."""
    lon, lat = to_lonlat([SECRET_X], [SECRET_Y], "EPSG:4548")
    numbers = [SECRET_X, SECRET_Y, round(SECRET_X, 3), round(SECRET_Y, 3), lon[0], lat[0]]
    packed = [struct.pack(order, n) for n in numbers for order in ("<d", ">d")]
    texts = ["500611.7", "4400013.2", f"{lon[0]:.6f}"[:10], f"{lat[0]:.6f}"[:9]]
    said = [SECRET_ADDRESS, SECRET_NAME]
    codings = ("utf-8", "gbk", "utf-16-le")
    return packed + [t.encode() for t in texts] + [t.encode(c) for t in said for c in codings]


def test_public_edition_does_not_tell_where_a_sensitive_site_is(tmp_path):
    public, full = tmp_path / "public", tmp_path / "full"
    files = export(public, *ALL, public=True)
    export(full, *ALL)
    for lang in ("en", "zh"):
        export(public / lang, "gpkg", public=True, lang=lang, crs="EPSG:4490")
    hidden, shown = every_byte(public), every_byte(full)
    assert [trace for trace in traces() if trace in hidden] == []
    # The same search finds it where it may stand, or it would prove nothing.
    assert sum(trace in shown for trace in traces()) >= 10
    for name in ("gpkg", "gdb"):
        rows = pyogrio.read_dataframe(files[name], layer=LAYER)
        own = rows["building_id"] == "A"
        assert own.sum() == 4
        assert rows.loc[own, "geometry"].isna().all()
        assert rows.loc[own, ["address", "owner"]].isna().all().all()
        assert set(rows.loc[own, "name"]) == {"A"}
        assert rows.loc[~own, "geometry"].notna().all()
        areas = pyogrio.read_dataframe(files[name], layer="reach_areas")
        assert set(areas["building_id"]) == {"B"}
        lines = pyogrio.read_dataframe(files[name], layer="allocation")
        assert "A" not in set(lines["place_id"])
        assert len(lines) > 0
        demand = pyogrio.read_dataframe(files[name], layer="demand")
        assert not demand["served_by"].fillna("").str.contains("A ", regex=False).any()
        assert list(pyogrio.read_dataframe(files[name], layer="siting_review")["public"]) == [1]


def decide(path, **cells):
    """Write cells of the first row as a GIS would."""
    with closing(sqlite3.connect(path)) as file, file:
        file.create_function("ST_IsEmpty", 1, lambda _: 0)
        for needed in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            file.create_function(needed, 1, lambda _: 0.0)
        for name, value in cells.items():
            file.execute(f'UPDATE review SET "{name}" = ? WHERE fid = 1', (value,))  # noqa: S608


@pytest.mark.parametrize(
    "cells", [{"decision": "approve"}, {"reason": "not yet"}, {"commit": 1}, {"extra_cost": 0.5}]
)
def test_a_file_with_verdicts_is_never_overwritten(tmp_path, cells):
    path = export(tmp_path)["gpkg"]
    assert export(tmp_path)["gpkg"] == path  # nothing is lost where nobody has decided
    decide(path, **cells)
    before = path.read_bytes()
    with pytest.raises(InstanceError, match="holds verdicts"):
        export(tmp_path)
    assert path.read_bytes() == before


def test_what_is_no_review_is_left_alone(tmp_path):
    (tmp_path / "review.gpkg").write_text("my notes")
    with pytest.raises(InstanceError, match="no review"):
        export(tmp_path)
    assert (tmp_path / "review.gpkg").read_text() == "my notes"


def test_a_workbook_with_verdicts_stays(tmp_path):
    path = export(tmp_path, "xlsx")["xlsx"]
    book = openpyxl.load_workbook(path)
    book[LAYER]["D2"] = "approve · 同意"
    book.save(path)
    with pytest.raises(InstanceError, match="holds verdicts"):
        export(tmp_path, "xlsx")


def test_what_was_handed_out_is_in_the_log(tmp_path):
    path = export(tmp_path)["gpkg"]
    (entry,) = log.read(tmp_path / "review.jsonl")
    assert (entry.event, entry.file, entry.round) == ("export", path.name, 1)
    assert json.loads((tmp_path / "round.json").read_text())["number"] == 1


def test_several_runs_lie_side_by_side(tmp_path):
    runs = [run_of(tmp_path / "one"), run_of(tmp_path / "two")]
    path = export_review(runs, Edition(lang="en"))["gpkg"]
    assert path.name == "comparison.gpkg"
    sites = pyogrio.read_dataframe(path, layer="sites")
    assert list(zip(sites["run_id"], sites["building_id"], sites["service_id"], strict=True)) == [
        (run, *site)
        for run in ("one", "two")
        for site in (("A", "clinic"), ("A", "station"), ("B", "station"))
    ]
    assert set(sites["in_runs"]) == {2}
    assert set(OURS) <= set(sites.columns)
    assert not {"decision", "reason"} & set(sites.columns)
    assert list(pyogrio.read_dataframe(path, layer="siting_review")["run_id"]) == ["one", "two"]
    assert len(pyogrio.read_dataframe(path, layer="demand")) == 8
    assert "review" not in {name for name, _ in pyogrio.list_layers(path)}
    ((content,),) = rows_of(path, "SELECT content FROM qgis_projects")
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        root = ET.fromstring(archive.read("review.qgs"))  # noqa: S314  our own
    sources = [layer.findtext("datasource") for layer in root.iter("maplayer")]
    assert "./comparison.gpkg|layername=sites|subset=\"run_id\" = 'two'" in sources


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_text_is_in_the_readers_language(tmp_path, lang):
    path = export(tmp_path, lang=lang)["gpkg"]
    query = (
        "SELECT title FROM gpkg_data_columns WHERE table_name IN ('review', 'candidates', 'demand')"
    )
    titles = [title for (title,) in rows_of(path, query)]
    assert len(titles) > 40
    for title in titles:
        han = any("\u4e00" <= sign <= "\u9fff" for sign in title.replace("万元", ""))
        assert han == (lang == "zh"), title


LEAVES = {"shp": "review.shp", "geojson": "review.geojson"}
EDITIONS = [
    *(({}, name) for name in ("gpkg", "gdb", "shp", "geojson", "xlsx")),
    ({"crs": "EPSG:4490"}, "gpkg"),
    ({"datum": "gcj02"}, "gpkg"),
    ({"public": True}, "gpkg"),
    ({"department": FIRE}, "gpkg"),
    ({"lang": "en"}, "xlsx"),
]


@pytest.mark.parametrize(("how", "name"), EDITIONS)
def test_what_nobody_touched_is_taken_back_without_a_finding(tmp_path, how, name):
    path = export(tmp_path, name, **how)[name]
    returned = read_return(path / LEAVES[name] if name in LEAVES else path)
    assert len(returned.table) == (3 if "department" in how else 6)
    assert verdicts_of(returned, run_of(tmp_path)) == ((), [])


def command(monkeypatch, capsys, *words):
    """Run a command; return its exit code and its last line."""
    monkeypatch.setattr("sys.argv", ["siting", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0, capsys.readouterr().out.splitlines()[-1]


def test_command_says_where_it_wrote_and_what_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "cache"))
    folder = keep_run(solved(tiny()), tmp_path / "r1", TINY)
    export_it = ("review", "export", folder, "--no-prices", "--json")
    code, said = command(monkeypatch, capsys, *export_it, "--format", "gpkg,xlsx", "--lang", "zh")
    assert (code, said[:2]) == (0, '{"'), said
    assert json.loads(said) == {
        "files": {"gpkg": str(folder / "review.gpkg"), "xlsx": str(folder / "review.xlsx")},
        "runs": ["r1"],
        "round": 1,
    }
    assert len(pyogrio.read_dataframe(folder / "review.gpkg", layer=LAYER)) == 3
    code, said = command(monkeypatch, capsys, *export_it, "--department", "nobody")
    assert code == 2
    assert json.loads(said)["findings"][0]["place"] == "--department"
