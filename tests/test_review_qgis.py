"""QGIS itself opens the review file, draws it, and has verdicts filled in."""

import shutil
from pathlib import Path

import numpy as np
import pyogrio
import pytest
from matplotlib.image import imread
from qgis_program import WHY_NOT, edited, has_qgis, qgis
from review_exports import DEPARTMENTS, FIRE, PLANNING, export

from siting.review.fields import FIELDS, OURS, REVIEWERS
from siting.review.returns import read_return

GOLDEN = Path(__file__).with_name("review_map.png")
EN = {field.name: field for field in FIELDS}

pytestmark = pytest.mark.skipif(not has_qgis(), reason=WHY_NOT)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return export(tmp_path_factory.mktemp("qgis"))["gpkg"]


@pytest.fixture(scope="module")
def opened(path):
    return qgis("inspect", path)


def test_file_and_project_open_without_a_warning(opened):
    assert opened["messages"] == []
    assert all(opened["project"]["valid"].values())
    assert len(opened["project"]["valid"]) == 9
    assert opened["project"]["crs"] == "EPSG:4548"
    assert opened["project"]["groups"] == {
        "审查": ["待审查场所"],
        "规划方案": ["未选候选建筑及原因", "服务分配", "选定场所的服务范围"],
        "现状与分区": ["现有设施", "需求点及服务情况", "分区服务水平（规划前后）"],
        "核验与来源": ["规则与得分核验", "本文件所含方案"],
    }
    assert opened["project"]["visible"] == [
        "待审查场所", "需求点及服务情况", "分区服务水平（规划前后）",
    ]  # fmt: skip


def test_layers_look_the_same_alone_and_in_the_project(opened):
    by_title = {
        "review": "待审查场所",
        "demand": "需求点及服务情况",
        "zones": "分区服务水平（规划前后）",
        "reach_areas": "选定场所的服务范围",
    }
    for name, title in by_title.items():
        alone, inside = opened["layers"][name], opened["project"]["layers"][title]
        assert {k: v for k, v in alone.items() if k != "abstract"} == {
            k: v for k, v in inside.items() if k != "abstract"
        }
    assert "并非等时圈" in opened["project"]["layers"]["选定场所的服务范围"]["abstract"]


def test_styles_and_crs_are_as_intended(opened):
    layers = opened["layers"]
    kinds = {name: layer["renderer"] for name, layer in layers.items()}
    assert kinds == {
        "review": "categorizedSymbol",
        "candidates": "categorizedSymbol",
        "facilities": "categorizedSymbol",
        "allocation": "categorizedSymbol",
        "reach_areas": "categorizedSymbol",
        "demand": "graduatedSymbol",
        "zones": "graduatedSymbol",
        "rule_checks": "",
        "siting_review": "",
    }
    assert {layer["crs"] for name, layer in layers.items() if kinds[name]} == {"EPSG:4548"}
    assert layers["review"]["entries"] == [
        ["clinic", "社区卫生服务站"], ["station", "社区养老服务驿站"],
    ]  # fmt: skip
    assert layers["review"]["labels"]
    assert layers["zones"]["labels"]
    assert layers["review"]["rows"] == 6


def test_form_has_aliases_drop_downs_and_what_may_be_edited(opened):
    fields = opened["layers"]["review"]["fields"]
    assert fields["decision"]["alias"] == "审查意见"
    assert fields["extra_cost"]["alias"] == "条件：增加费用（万元）"
    assert all(fields[name]["alias"] for name in EN)
    coded = {
        code: label
        for entry in fields["decision"]["config"]["map"]
        for label, code in entry.items()
    }
    assert {
        "approve": "同意", "conditional": "有条件同意", "reject": "不同意（整栋）",
        "hold": "暂缓", "other": "改作他用",
    }.items() <= coded.items()  # fmt: skip
    departments = [code for entry in fields["department"]["config"]["map"]
                   for code in entry.values()]  # fmt: skip
    assert departments[-2:] == list(DEPARTMENTS)
    widgets = {name: field["widget"] for name, field in fields.items()}
    assert widgets["commit"] == "CheckBox"
    assert widgets["date"] == "DateTime"
    assert widgets["proposed_use"] == widgets["decision"] == "ValueMap"
    assert widgets["extra_cost"] == "Range"
    assert fields["date"]["type"] == "Date"
    assert not any(fields[name]["read_only"] for name in REVIEWERS)
    locked = {name for name in OURS if fields[name]["read_only"]}
    assert locked == set(OURS) - {"building_id", "service_id"}
    assert not any(field["on_update"] for field in fields.values())
    assert opened["layers"]["review"]["tabs"][0] == "审查意见"
    for name in ("reason", "proposed_use", "reviewer", "date"):
        assert fields[name]["constraint"]
        assert fields[name]["strength"] == 2  # soft: QGIS warns and lets it pass
    for name, layer in opened["layers"].items():
        if name != "review":
            assert all(field["read_only"] for field in layer["fields"].values()), name


def test_a_renamed_copy_keeps_its_styles(path, tmp_path):
    copy = tmp_path / "改名.gpkg"
    shutil.copy(path, copy)
    pyogrio.read_info(copy, layer="review")
    answer = qgis("inspect", copy)
    # Its project looks for the old name, which is not there; its layers need none.
    assert answer["layers"]["review"]["renderer"] == "categorizedSymbol"
    assert answer["layers"]["review"]["fields"]["decision"]["widget"] == "ValueMap"


def coarse(picture):
    """A picture as the mean colours of squares of 10 pixels, so that edges and fonts may differ."""
    pixels = imread(picture)[..., :3]
    high, wide = pixels.shape[0] // 10, pixels.shape[1] // 10
    return pixels[: high * 10, : wide * 10].reshape(high, 10, wide, 10, 3).mean(axis=(1, 3))


def test_the_map_is_drawn_as_it_was_looked_at(path, tmp_path):
    picture = tmp_path / "map.png"
    answer = qgis("render", path, picture)
    assert answer["errors"] == []
    assert answer["messages"] == []
    drawn, known = coarse(picture), coarse(GOLDEN)
    assert drawn.shape == known.shape
    apart = np.abs(drawn - known).max(axis=2)
    assert (apart > 0.2).mean() < 0.005
    assert apart.mean() < 0.01
    # The colours of both services, undimmed by anything that lies over them.
    blue, green = np.array([0x1F, 0x5F, 0xA8]) / 255, np.array([0x1B, 0x8A, 0x5A]) / 255
    for colour in (blue, green):
        assert (np.abs(imread(picture)[..., :3] - colour).max(axis=2) < 0.05).sum() > 50


def test_verdicts_are_read_while_qgis_has_the_file_open(tmp_path):
    path = export(tmp_path)["gpkg"]
    edits = [
        ["A", "clinic", PLANNING, {"decision": "approve", "reviewer": "李雷",
                                   "date": "2026-11-22"}],
        ["A", "clinic", FIRE, {"decision": "conditional", "extra_cost": 12.5, "delay_years": 1,
                               "condition": "加设喷淋", "reviewer": "韩梅梅",
                               "date": "2026-11-22"}],
        ["B", "station", FIRE, {"decision": "reject", "reason": "楼梯过窄", "reviewer": "韩梅梅",
                                "date": "2026-11-22"}],
        ["B", "station", PLANNING, {"decision": "other", "proposed_use": "clinic",
                                    "reason": "更宜设卫生站", "commit": True}],
    ]  # fmt: skip
    with edited(path, edits) as said:
        returned = read_return(path)
        rows = returned.table.set_index(["building_id", "service_id", "department"])
    assert said["messages"] == []
    assert len(rows) == 6
    assert rows.loc[("A", "clinic", FIRE), "decision"] == "conditional"
    assert float(rows.loc[("A", "clinic", FIRE), "extra_cost"]) == 12.5
    assert rows.loc[("A", "clinic", FIRE), "condition"] == "加设喷淋"
    assert rows.loc[("B", "station", FIRE), "reason"] == "楼梯过窄"
    assert rows.loc[("B", "station", PLANNING), "proposed_use"] == "clinic"
    assert bool(rows.loc[("B", "station", PLANNING), "commit"])
    assert str(rows.loc[("A", "clinic", PLANNING), "date"]).startswith("2026-11-22")
    assert rows["decision"].isna().sum() == 2
