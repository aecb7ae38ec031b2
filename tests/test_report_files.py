"""The files of a run, read back."""

import json
import sqlite3
import struct
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyogrio
import pytest
from report_plans import TODAY, chosen_rows, service_rows, solution_of, tiny, tiny_solution

from siting.instance.instance import Instance
from siting.report import run_files
from siting.report.fonts import drawable, map_font
from siting.report.labels import HEADINGS
from siting.solution import Solution
from siting.travel.measure import measure_travel
from siting.verification import Verification

NAMES = [
    "chosen.csv", "not_chosen.csv", "zones.csv", "projects.csv", "overload.csv", "index.csv",
    "unit_costs.csv", "plan.gpkg", "plan.geojson", "plan.xlsx", "plan.png",
]  # fmt: skip

WEST = "POLYGON ((499900 4399500, 500900 4399500, 500900 4400500, 499900 4400500, 499900 4399500))"
EAST = "POLYGON ((500900 4399500, 502600 4399500, 502600 4400500, 500900 4400500, 500900 4399500))"


def with_shapes() -> Instance:
    """Tiny with shapes of its zones and a street along its four corners."""
    instance = tiny()
    nodes = pd.DataFrame({"node_id": ["n1", "n2"], "x": [5e5, 502400.0], "y": [44e5, 44e5]})
    edge = {"edge_id": "e", "u": "n1", "v": "n2", "length_m": 2400.0, "geometry": ""}
    return instance.replace(
        zones=instance.zones.assign(geometry=[WEST, EAST]),
        network_nodes=nodes,
        network_edges=pd.DataFrame([edge]),
        settings=instance.settings.model_copy(
            update={"travel": instance.settings.travel.model_copy(update={"source": "straight"})}
        ),
    )


def write_all(folder: Path, instance: Instance, solution: Solution, lang: Any) -> None:
    writers = run_files(
        instance,
        measure_travel(instance),
        solution,
        service_rows(instance, TODAY if len(instance.facilities) else []),
        Verification(checks=()),
        lang,
    )
    assert list(writers) == NAMES
    for name, write in writers.items():
        write(folder / name)


@pytest.fixture(scope="module", params=["en", "zh"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    instance = with_shapes()
    write_all(folder, instance, tiny_solution(instance), request.param)
    return folder


def test_tables_are_utf8_with_bom_and_machine_columns(run: Path) -> None:
    for name in NAMES[:5]:
        assert (run / name).read_bytes().startswith(b"\xef\xbb\xbf")
        table = pd.read_csv(run / name, encoding="utf-8-sig")
        assert len(table)
        assert all(column.isascii() for column in table.columns)
        assert set(table["synthetic"]) == {tiny().settings.synthetic}


def test_chosen_holds_what_the_contract_names(run: Path) -> None:
    chosen = pd.read_csv(run / "chosen.csv", encoding="utf-8-sig")
    wanted = {
        "name", "address", "zone", "agency", "service", "module_id", "floor_area_m2",
        "works_cost", "equipment_cost", "acquisition_cost", "rent_cost", "served", "people_new",
    }  # fmt: skip
    assert wanted <= set(chosen.columns)


def test_geojson_is_rfc_7946(run: Path) -> None:
    """x = 500600 m is 600 m east of the central meridian 117 E, y = 4,400,000 m near 39.73 N."""
    found = json.loads((run / "plan.geojson").read_text(encoding="utf-8"))
    assert found["type"] == "FeatureCollection"
    assert "crs" not in found
    assert found["synthetic"].startswith("wholly made up")
    first = found["features"][0]
    lon, lat = first["geometry"]["coordinates"]
    assert lon == pytest.approx(117.007, abs=0.001)
    assert lat == pytest.approx(39.73, abs=0.02)
    assert first["id"] == "A/clinic"
    assert first["properties"]["cost"] == 90


def test_geopackage_layers(run: Path) -> None:
    path = run / "plan.gpkg"
    layers = dict(pyogrio.list_layers(path))
    assert layers["zones"] == "MultiPolygon"
    assert layers["served_from"] == "LineString"
    for name in ("chosen", "not_chosen", "facilities", "demand"):
        assert layers[name] == "Point"
    chosen = pyogrio.read_dataframe(path, layer="chosen")
    assert chosen["service_id"].tolist() == ["clinic", "station", "station"]
    assert chosen.geometry.x.tolist() == [500600, 500600, 501200]
    assert chosen.crs.to_epsg() == 4548
    # Need for stations: 150 in the west, all served; 100 in the east, 80 served.
    zones = pyogrio.read_dataframe(path, layer="zones").set_index("zone_id")
    assert zones["without_station"].to_dict() == {"west": 0.0, "east": 20.0}
    assert zones.loc["east", "share_plan"] == pytest.approx((0 + 0.8) / 2)
    lines = pyogrio.read_dataframe(path, layer="served_from")
    assert lines["amount"].sum() == 830  # 600 in clinics and 230 in stations
    assert lines.loc[lines["place_id"] == "B", "geometry"].length.tolist() == [600.0, 0.0]


def test_geopackage_is_version_1_3_with_styles_and_names(run: Path) -> None:
    with closing(sqlite3.connect(run / "plan.gpkg")) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (10300,)
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        said = file.execute("SELECT description FROM gpkg_contents WHERE table_name = 'chosen'")
        assert "wholly made up" in said.fetchone()[0]
        styles = dict(file.execute("SELECT f_table_name, styleQML FROM layer_styles"))
        defaults = file.execute("SELECT DISTINCT useAsDefault, f_table_schema FROM layer_styles")
        assert defaults.fetchall() == [(1, "")]
        names = dict(
            file.execute(
                "SELECT column_name, name FROM gpkg_data_columns WHERE table_name = 'chosen'"
            )
        )
        registered = file.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        )
        assert registered.fetchone() == ("attributes",)
    assert {"chosen", "zones"} <= set(styles)
    for name, qml in styles.items():
        renderer = ET.fromstring(qml).find("renderer-v2")  # noqa: S314 - our own file
        assert renderer is not None
        fields = pyogrio.read_info(run / "plan.gpkg", layer=name)["fields"]
        assert renderer.get("attr") in fields
        symbols = {s.get("name") for s in renderer.iter("symbol")}
        used = {c.get("symbol") for c in [*renderer.iter("category"), *renderer.iter("range")]}
        assert used == symbols
    assert names["floor_area_m2"] in {"Floor area (m²)", "建筑面积（m²）"}


def test_workbook_needs_no_recalculation(run: Path) -> None:
    book = openpyxl.load_workbook(run / "plan.xlsx")
    assert len(book.sheetnames) == 10  # tiny has no indicators, years, hubs or schools
    for sheet in book.worksheets:
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert cells
        assert not [c for c in cells if c.data_type in {"f", "e"}]
        assert any("wholly made up" in str(c.value) for c in cells), sheet.title


def test_workbook_sheets(run: Path) -> None:
    """Row 5 holds the headings: title, note, notice and a free row stand above."""
    book = openpyxl.load_workbook(run / "plan.xlsx")
    sheet = book.worksheets[2]
    headings = [cell.value for cell in sheet[5]]
    assert headings[:3] in (["Site no.", "Building", "Name"], ["图中编号", "建筑编号", "名称"])
    assert any(h in {"Capital cost (万元)", "总投资（万元）"} for h in headings)
    assert sheet.freeze_panes == "D6"
    costs = headings.index(next(h for h in headings if h in {"Works (万元)", "工程费（万元）"}))
    assert [sheet.cell(row, costs + 1).value for row in (6, 7, 8)] == [40, 30, 30]
    projects = book.worksheets[5]
    assert projects.page_setup.orientation == "landscape"
    assert projects.page_setup.fitToHeight == 0
    assert projects.print_title_rows == "$5:$5"


def test_summary_says_what_is_proven(run: Path) -> None:
    sheet = openpyxl.load_workbook(run / "plan.xlsx").worksheets[0]
    text = "\n".join(str(c.value) for row in sheet.iter_rows() for c in row if c.value)
    assert "12.0%" in text
    assert "70.0%" in text
    assert "Proven best" in text or "已证明最优" in text


def test_picture(run: Path) -> None:
    data = (run / "plan.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    assert width > 1500
    assert height > 1500


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_plan_that_opens_nothing(tmp_path: Path, lang: str) -> None:
    instance = tiny()
    write_all(tmp_path, instance, solution_of(instance), lang)
    assert pd.read_csv(tmp_path / "chosen.csv").empty
    assert len(pd.read_csv(tmp_path / "not_chosen.csv")) == 3
    assert "zones" in dict(pyogrio.list_layers(tmp_path / "plan.gpkg"))


def test_a_town_without_zones_and_facilities(tmp_path: Path) -> None:
    instance = tiny()
    bare = instance.settings.model_copy(update={"zone_kind": "", "synthetic": ""})
    instance = instance.replace(
        settings=bare, zones=instance.zones.iloc[:0], facilities=instance.facilities.iloc[:0]
    )
    chosen = chosen_rows(
        {"building_id": "B", "service_id": "station", "module_id": "station", "capacity": 120.0}
    )
    write_all(tmp_path, instance, solution_of(instance, chosen=chosen), "en")
    zones = pd.read_csv(tmp_path / "zones.csv")
    assert zones["zone"].unique().tolist() == ["Whole area"]
    assert "synthetic" not in zones
    assert "synthetic" not in json.loads((tmp_path / "plan.geojson").read_text(encoding="utf-8"))


def test_services_of_the_same_name(tmp_path: Path) -> None:
    instance = tiny()
    services = instance.services.assign(name="Care", name_zh="照料")
    instance = instance.replace(services=services)
    write_all(tmp_path, instance, tiny_solution(instance), "zh")
    assert (tmp_path / "plan.gpkg").exists()


def test_every_heading_can_be_drawn() -> None:
    """No character of a heading is missing from the font, and one that is missing is replaced."""
    for heading in HEADINGS.values():
        assert drawable(heading.zh) == heading.zh
        assert drawable(heading.en) == heading.en
    assert drawable("Äänekoski São 面积\n²") == "Äänekoski São 面积\n²"
    assert drawable("a\U00020000b") == "a〓b"


def test_the_font_is_our_own() -> None:
    assert map_font() == "Siting Sans SC"
