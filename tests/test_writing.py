"""What is written is read again as the same instance."""

import csv
import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from riverside import write_riverside, write_whole_riverside

from siting.instance.checking import check_instance
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.settings import Lock, Scenario, Settings, ZoneMinimum
from siting.instance.settings_file import (
    join_key,
    read_settings,
    settings_text,
    sheet_rows,
    split_key,
)
from siting.instance.tables import TABLES
from siting.instance.templates import write_template
from siting.instance.writing import write_instance

FORMATS = ["csv", "parquet", "gpkg", "xlsx"]


@pytest.fixture
def riverside(tmp_path):
    instance, _ = read_instance(write_riverside(tmp_path / "riverside"))
    shapes = [
        "POLYGON ((447800 4418000, 448200 4418000, 448200 4420000, 447800 4418000))",
        "MULTIPOLYGON (((448200 4418000, 448600 4418000, 448600 4420000, 448200 4418000)))",
    ]
    return instance.replace(zones=instance.zones.assign(geometry=pd.Series(shapes, dtype=object)))


def place(folder, file_format):
    return folder / ("town.xlsx" if file_format == "xlsx" else file_format)


@pytest.mark.parametrize("file_format", FORMATS)
def test_written_instance_reads_as_the_same(tmp_path, riverside, file_format):
    path = write_instance(riverside, place(tmp_path, file_format), file_format=file_format)
    again, findings = read_instance(path)
    assert findings == []
    assert again.settings == riverside.settings
    assert again.content_hash == riverside.content_hash
    for name, frame in riverside.tables.items():
        if len(frame):
            pd.testing.assert_frame_equal(getattr(again, name), frame)


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_table_survives(tmp_path, file_format):
    whole, told = read_instance(write_whole_riverside(tmp_path / "whole"))
    assert all(len(frame) for frame in whole.tables.values())
    path = write_instance(whole, place(tmp_path, file_format), file_format=file_format)
    again, findings = read_instance(path)
    assert [f.rule.partition(" of ")[0] for f in findings] == [
        f.rule.partition(" of ")[0] for f in told
    ]
    assert again.settings == whole.settings
    assert again.content_hash == whole.content_hash
    for name, frame in whole.tables.items():
        pd.testing.assert_frame_equal(getattr(again, name), frame)


def test_csv_is_utf8_with_bom_and_leaves_empty_columns_out(tmp_path, riverside):
    folder = write_instance(riverside, tmp_path / "out")
    data = (folder / "services.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    header, first, second = csv.reader(data.decode("utf-8-sig").splitlines())
    clinic, library = (dict(zip(header, row, strict=True)) for row in (first, second))
    assert clinic["name_zh"] == "诊所"
    assert clinic["people_cap"] == ""
    assert library["people_cap"] == "400"
    assert "published_need" not in header
    assert "source" not in header
    with_rows = {f"{name}.csv" for name, frame in riverside.tables.items() if len(frame)}
    assert {p.name for p in folder.iterdir()} == with_rows | {"instance.toml"}


def test_layers_have_geometry_and_unknown_stays_unknown(tmp_path, riverside):
    folder = write_instance(riverside, tmp_path / "out", file_format="gpkg")
    buildings = pyogrio.read_dataframe(folder / "tables.gpkg", layer="buildings")
    assert buildings.crs.to_epsg() == 32650
    assert buildings.geometry.x.tolist() == [448000, 448400, 448200]
    assert buildings["lift"].isna().tolist() == [False, False, True]
    assert "x" not in buildings
    zones = pyogrio.read_dataframe(folder / "tables.gpkg", layer="zones")
    assert zones.geometry.area.tolist() == [400 * 2000 / 2, 400 * 2000 / 2]


def test_sheet_keeps_ids_text_and_numbers_exact(tmp_path, riverside):
    """0.1 + 0.2 needs 17 digits, one more than a workbook stores of a number."""
    buildings = riverside.buildings.assign(
        building_id=pd.Series(["B1", "B2", "B3"], dtype=object),
        name=pd.Series(["007", "=1+1", "true"], dtype=object),
        yard_m2=[0.1 + 0.2, 1e-7, 12],
    )
    path = tmp_path / "town.xlsx"
    write_instance(riverside.replace(buildings=buildings), path, file_format="xlsx")
    again, _ = read_instance(path)
    assert again.buildings["name"].tolist() == ["007", "=1+1", "true"]
    assert again.buildings["yard_m2"].tolist() == [0.1 + 0.2, 1e-7, 12]


def test_sheet_that_cannot_hold_a_cell_is_refused(tmp_path, riverside):
    buildings = riverside.buildings.assign(address="x" * 40_000)
    with pytest.raises(ValueError, match="row 2, column 3 of buildings"):
        write_instance(
            riverside.replace(buildings=buildings), tmp_path / "a.xlsx", file_format="xlsx"
        )


def test_workbook_must_be_named_so(tmp_path, riverside):
    with pytest.raises(ValueError, match=r"must be named \.xlsx"):
        write_instance(riverside, tmp_path / "folder", file_format="xlsx")


def test_own_files_are_replaced_but_no_others_are_left_to_be_read(tmp_path, riverside):
    folder = write_instance(riverside, tmp_path / "out")
    write_instance(riverside, folder)
    without_locks = riverside.replace(locks=riverside.locks.iloc[:0])
    with pytest.raises(FileExistsError, match=r"locks\.csv"):
        write_instance(without_locks, folder)
    with pytest.raises(FileExistsError, match=r"zones\.csv"):
        write_instance(riverside, folder, file_format="gpkg")
    assert read_instance(folder)[0].content_hash == riverside.content_hash


@cache
def smallest():
    with TemporaryDirectory() as folder:
        instance, _ = read_instance(write_riverside(Path(folder), locks_csv=None))
    return instance.replace(
        facilities=instance.facilities.iloc[:1],
        network_nodes=instance.network_nodes.iloc[:0],
        network_edges=instance.network_edges.iloc[:0],
    )


NAMES = st.text(
    st.characters(exclude_categories=["C", "Z"], include_characters=" \n"), max_size=8
).map(str.strip)
NUMBERS = st.floats(0, 1e12, allow_nan=False).map(abs)


@given(
    rows=st.lists(
        st.tuples(NAMES, NAMES, NUMBERS, st.one_of(st.none(), NUMBERS), st.sampled_from([0, 1, 2])),
        min_size=1,
        max_size=4,
    ),
    file_format=st.sampled_from(FORMATS),
)
@settings(max_examples=12, deadline=None)
def test_any_content_survives(rows, file_format):
    with TemporaryDirectory() as folder:
        base = smallest()
        names, addresses, yards, ground, lifts = (
            list(column) for column in zip(*rows, strict=True)
        )
        buildings = pd.concat([base.buildings.iloc[:1]] * len(rows), ignore_index=True).assign(
            building_id=pd.Series([f"B{i}" for i in range(len(rows))], dtype=object),
            name=pd.Series(names, dtype=object),
            address=pd.Series(addresses, dtype=object),
            yard_m2=yards,
            ground_area_m2=np.array(ground, dtype=float),
            lift=pd.Series([[None, True, False][lift] for lift in lifts], dtype=object),
        )
        instance = base.replace(buildings=buildings)
        path = place(Path(folder), file_format)
        again, _ = read_instance(write_instance(instance, path, file_format=file_format))
        assert again.content_hash == instance.content_hash
        assert again.buildings["address"].tolist() == addresses


FULL = Settings(
    title='A "town" \\ with\nsigns',
    title_zh="小城",
    crs="EPSG:32650",
    zone_kind="sub_district",
    base={"population": 1000.5, "counted_groups": ("65p", "0_17")},
    plan={"start_year": 2026, "yearly": True, "land_quota_m2": {2026: 500.0, 2030: 0.0}},
    budget={
        "total": 1e7,
        "agencies": {"Dept. of Health": 1.0, "教委": 2.5},
        "years": {2026: 10.5, 2027: 0.0},
        "carry_over": False,
    },
    objective={"by_rank": True, "equity_zone_kind": "sub_district"},
    first_refusal={"services": ("a",), "zone_kind": "b"},
    reserve=({"zone_kind": "b", "share": 0.1},),
    rules={"fit": False, "yard": True},
    minimum_per_zone=(
        ZoneMinimum(service_id="a", zone_kind="b"),
        ZoneMinimum(service_id="a", zone_kind="c", count=2, zones=("x", "y")),
    ),
    scenarios={
        "as it is": Scenario(),
        "二": Scenario(
            title="[draft]",
            weights={"a.b": 0.0},
            locks=(Lock(building_id="007", status="required", year=2027),),
            plan={"yearly": False},
            objective={"by_rank": False, "equity_zone_kind": ""},
            year_budgets={2027: 3.0},
            priorities=({"group": "80p", "factor": 2.0},),
        ),
    },
)


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_settings_survive_as_toml_and_as_sheet(tmp_path, riverside, file_format):
    town = riverside.replace(settings=FULL)
    path = write_instance(town, place(tmp_path, file_format), file_format=file_format)
    again, _, findings = read_settings(path)
    assert findings == []
    assert again == FULL


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_scenario_keeps_what_it_says_although_it_is_the_default(tmp_path, riverside, file_format):
    town = riverside.replace(settings=FULL)
    path = write_instance(town, place(tmp_path, file_format), file_format=file_format)
    scenario = read_settings(path)[0].scenarios["二"]
    assert scenario.plan.model_fields_set == {"yearly"}
    assert scenario.objective.model_fields_set == {"by_rank", "equity_zone_kind"}


def test_years_are_keys_in_toml():
    settings = Settings(crs="EPSG:32650", budget={"years": {2026: 1.5}})
    assert settings_text(settings).endswith("[budget.years]\n2026 = 1.5\n")
    assert sheet_rows(settings)[-1] == ("budget.years.2026", 1.5)


def test_keys_split_as_they_join():
    for parts in (["a", "b"], ["budget", "agencies", 'Dept. "of" Health'], ["scenarios", "二 "]):
        assert split_key(join_key(parts)) == parts


def test_settings_hold_what_differs_from_the_default_and_no_more():
    assert settings_text(Settings(crs="EPSG:32650")) == 'crs = "EPSG:32650"\n'
    assert sheet_rows(Settings(crs="EPSG:32650", budget={"total": 5})) == [
        ("crs", "EPSG:32650"),
        ("budget.total", 5.0),
    ]


def test_template_is_a_sound_instance_in_both_forms(tmp_path):
    paths = write_template(tmp_path / "t")
    assert {p.name for p in paths} == {"instance.toml", *(f"{name}.csv" for name in TABLES)}
    assert check_instance(tmp_path / "t") == []
    instance, _ = read_instance(tmp_path / "t")
    assert all(len(frame) for frame in instance.tables.values())
    (book,) = write_template(tmp_path / "w", file_format="xlsx")
    assert check_instance(book) == []
    assert read_instance(book)[0].content_hash == instance.content_hash


def test_template_shows_every_column_and_key(tmp_path):
    write_template(tmp_path)
    for name, table in TABLES.items():
        header = (tmp_path / f"{name}.csv").read_text("utf-8-sig").split("\n")[0].split(",")
        assert {c.name for c in table.columns if not c.pattern} <= set(header)
    text = (tmp_path / "instance.toml").read_text("utf-8")
    for key in ("datum", "decimals", "counted_groups", "detour_factor", "worth", "people_factors"):
        assert key in text


def test_sections_of_the_template_are_sound_once_they_are_used(tmp_path):
    write_template(tmp_path)
    file = tmp_path / "instance.toml"
    text = file.read_text("utf-8")
    sections = [*re.findall(r"^# (\[\[\w+\]\])$", text, re.MULTILINE), "[first_refusal]"]
    assert len(sections) == 6
    for section in sections:
        start = text.index(f"# {section}\n")
        end = text.index("\n\n", start)
        block = text[start:end].replace("# ", "")
        file.write_text(text[:start] + block + text[end:], encoding="utf-8")
        assert check_instance(tmp_path) == [], section


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if not table.required])
def test_every_optional_table_of_the_template_may_be_left_out(tmp_path, name):
    write_template(tmp_path)
    (tmp_path / f"{name}.csv").unlink()
    told = [f for f in check_instance(tmp_path) if f.severity == "error"]
    needed_by = {"zones": "zone", "network_nodes": "network", "network_edges": "network"}
    assert all(needed_by.get(name, "!") in str(f) for f in told), told


def test_workbook_template_offers_choices_and_notes_in_chinese(tmp_path):
    (path,) = write_template(tmp_path, file_format="xlsx")
    book = load_workbook(path)
    sheet = book["候选建筑"]
    header = {cell.value: cell for cell in sheet[1]}
    assert "整栋取得费用" in header["购置费"].comment.text
    offers = {
        str(rule.sqref).split(":")[0]: rule.formula1
        for rule in sheet.data_validations.dataValidation
    }
    assert offers[f"{header['产权方意见'].column_letter}2"] == '"同意,待定,拒绝"'
    assert offers[f"{header['电梯'].column_letter}2"] == '"是,否"'
    book.close()


def test_template_overwrites_nothing(tmp_path):
    (tmp_path / "zones.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"zones\.csv"):
        write_template(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["zones.csv"]
    assert (tmp_path / "zones.csv").read_text(encoding="utf-8") == "mine"


def test_instance_made_in_memory_can_be_written(tmp_path):
    """Frames as others make them, in str and bool columns, are written like those read."""
    read, _ = read_instance(write_riverside(tmp_path / "in"))
    tables = {
        name: frame.convert_dtypes() if name != "zones" else frame
        for name, frame in read.tables.items()
        if len(frame)
    }
    made = Instance(name="made", settings=read.settings, **tables)
    for file_format in FORMATS:
        path = write_instance(made, place(tmp_path, file_format), file_format=file_format)
        assert read_instance(path)[0].content_hash == read.content_hash
