"""What people get of runs side by side: sentences, pictures, tables, workbook, folder."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from comparison_runs import (
    best,
    budget_case,
    compared,
    half,
    impossible,
    kept,
    named_case,
    nothing,
)
from openpyxl import load_workbook
from report_plans import tiny

from siting.instance.settings import Scenario
from siting.report.comparison import (
    frontier_picture,
    maps_picture,
    nearness_picture,
    zones_picture,
)
from siting.report.comparison.drawing import DPI, number_offsets
from siting.report.comparison.folder import comparison_values, write_comparison
from siting.report.comparison.given_up import nearness_told
from siting.report.comparison.maps_picture import chosen_labels
from siting.report.comparison.naming import (
    case_title,
    money_scale,
    percent_above,
    percent_below,
    run_title,
    spelled,
)
from siting.report.comparison.summary import as_markdown, on_screen, overview_rows, sections_of
from siting.report.comparison.tables import sites_table
from siting.report.labels import Lang
from siting.scenarios.case import Case
from siting.scenarios.comparing.comparison import Comparison
from siting.scenarios.tradeoffs.frontier import Frontier, frontier_of
from siting.store import save_folder

LANGS: tuple[Lang, Lang] = ("en", "zh")


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """The best plan, half of it, another weighing, an infeasible one, and three budgets."""
    root = tmp_path_factory.mktemp("runs")
    care = {"objective": 0.456, "bound": 0.46, "today": 0.04}
    return compared(
        kept(root, named_case(""), best),
        kept(root, named_case("half"), half),
        kept(root, named_case("care_first"), half, **care),
        kept(root, Case(name="never", scenario=Scenario(budget=0)), impossible),
        kept(root, budget_case(0), nothing),
        kept(root, budget_case(100), half, bound=0.42),
        kept(root, budget_case(150), half, bound=0.43),
        kept(root, budget_case(200), best),
    )


@pytest.fixture(scope="module")
def frontier(comparison: Comparison) -> Frontier:
    return frontier_of([r for name, r in comparison.runs.items() if name.startswith("budget=")])


def lines_of(comparison: Comparison, frontier: Frontier | None, lang: Lang) -> list[str]:
    found = []
    for section in sections_of(comparison, frontier, lang):
        for line in section.lines:
            found += [line] if isinstance(line, str) else [line[0], *line[1]]
    return found


def test_what_money_buys_is_said_as_intervals(comparison: Comparison, frontier: Frontier) -> None:
    said = lines_of(comparison, frontier, "en")
    assert "Without money 12.0% is served (proven best), against 12.0% today." in said
    # The plan of 100 may be beaten up to 0.42, that of 150 up to 0.43.
    step = "The next 100 万元 (to 100 万元) add 28.80 points, to 40.8% "
    assert step + "(proven: between 28.80 and 30.00)." in said
    assert (
        "The next 50 万元 (to 150 万元) add 0.00 points in the plans found, to 40.8%; "
        "not distinguishable from 0, at most 2.20 points." in said
    )
    # 0.70 is proven best with 200: at least 0.70 - 0.43, at most 0.70 - 0.408 more.
    step = "The next 50 万元 (to 200 万元) add 29.20 points, to 70.0% "
    assert step + "(proven: between 27.00 and 29.20)." in said


def test_what_money_buys_is_said_in_chinese(comparison: Comparison, frontier: Frontier) -> None:
    said = lines_of(comparison, frontier, "zh")
    assert "不投入资金时服务率为12.0%（已证明最优），现状为12.0%。" in said
    assert (
        "再增加50万元（至150万元），所得方案提高0.00个百分点，达40.8%；"
        "与0无法区分，至多2.20个百分点。" in said
    )


def test_every_run_is_held_against_the_first(comparison: Comparison, frontier: Frontier) -> None:
    said = lines_of(comparison, frontier, "en")
    assert "Serves 40.8% (proven best) for 70 万元: 2 new services in 2 buildings." in said
    assert (
        "Against “As given”: need served -29.20 points (proven); gains 1 site, loses 2, resizes 0; "
        "capital −130 万元." in said
    )
    assert "Less served, points: Elderly care station -44.0, Clinic -14.4." in said
    assert any("by the given weights 40.8% of its need is served" in line for line in said)
    assert "Proven: no plan keeps all rules. In conflict: budget, required[C]." in said
    assert "Cheapest way out: 40 more" in said


def test_intervals_that_overlap_are_not_distinguishable(tmp_path: Path) -> None:
    there = compared(
        kept(tmp_path, named_case(""), best, bound=0.72),
        kept(tmp_path, named_case("half"), half, bound=0.71),
    )
    said = lines_of(there, None, "en")
    assert any("need served -29.20 points, not distinguishable" in line for line in said)
    apart = compared(
        kept(tmp_path, named_case(""), best, bound=0.72),
        kept(tmp_path, named_case("half"), half, bound=0.5),
    )
    said = lines_of(apart, None, "en")
    assert any("(proven: between -31.20 and -20.00)" in line for line in said)


def test_a_run_that_failed_verification_is_named_first(tmp_path: Path) -> None:
    there = compared(
        kept(tmp_path, named_case(""), best),
        kept(tmp_path, named_case("half"), half, verified=False),
    )
    said = lines_of(there, None, "en")
    assert "FAILED the re-check, do not use: Half the budget." in said
    assert not any("passed" in line for line in said)


def test_the_summary_tells_of_every_run(comparison: Comparison, frontier: Frontier) -> None:
    for lang in LANGS:
        text = as_markdown(comparison, sections_of(comparison, frontier, lang), lang)
        for label in comparison.runs:
            assert run_title(comparison, label, lang) in text
        _, rows = overview_rows(comparison, lang)
        assert len(rows) == len(comparison.runs)
        assert on_screen(comparison, sections_of(comparison, frontier, lang), lang)
    assert text.count("\n## ") == 4


@pytest.mark.parametrize(
    ("amount", "unit", "en", "zh"),
    [
        (200_000, "万元", "2 billion yuan", "20亿元"),
        (54_000, "万元", "540 million yuan", "5.4亿元"),
        (1234.5, "万元", "1,234 万元", "1,234万元"),
        (0.5, "万元", "0.5 万元", "0.5万元"),
        (20_000, "k USD", "20,000 k USD", "20,000 k USD"),
    ],
)
def test_money_is_said_in_words(amount: float, unit: str, en: str, zh: str) -> None:
    assert (spelled(amount, unit, "en"), spelled(amount, unit, "zh")) == (en, zh)


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        ("", "As given", "原设定"),
        ("half", "Half the budget", "一半预算"),
        ("half+budget=50", "Half the budget, Budget 50 万元", "一半预算，预算50万元"),
        ("people=0.9+budget=50", "people ×0.9, Budget 50 万元", "人口×0.9，预算50万元"),
        ("alternative=2", "Alternative 2", "备选方案 2"),
        ("budget=50+nested", "Budget 50 万元, in one order", "预算50万元，按次序"),
    ],
)
def test_cases_are_called_by_what_they_are(name: str, en: str, zh: str) -> None:
    assert (case_title(tiny(), name, "en"), case_title(tiny(), name, "zh")) == (en, zh)


def test_an_axis_of_large_amounts_counts_in_hundred_millions() -> None:
    assert money_scale("万元", 50_000).step == 10_000
    assert money_scale("万元", 500).step == money_scale("k USD", 50_000).step == 1


def test_percentages_never_claim_too_much() -> None:
    assert (percent_below(0.70999), percent_above(0.71001)) == ("70.99%", "71.01%")
    assert (percent_below(0.7), percent_above(0.7)) == ("70.00%", "70.00%")


def test_points_of_a_frontier_make_room_for_other_runs() -> None:
    budgets = [f"b{i}" for i in range(20)]
    labels = ["x", "y", *budgets]
    assert chosen_labels(labels, 6, set(budgets)) == ["x", "y", "b0", "b6", "b13", "b19"]
    assert chosen_labels(budgets[:5], 3) == ["b0", "b2", "b4"]
    assert chosen_labels(["x"], 6) == ["x"]


def test_numbers_stand_clear_of_marks_and_of_one_another() -> None:
    marks = np.array([[0.0, 0.0], [0.0, 6.0], [0.0, 12.0], [4.0, 6.0], [100.0, 100.0]])
    numbers = marks + number_offsets(marks, room=10.0)
    apart = np.hypot(*(numbers[:, None] - numbers[None]).transpose(2, 0, 1))
    assert apart[~np.eye(len(marks), dtype=bool)].min() >= 9.0
    from_marks = np.hypot(*(numbers[:, None] - marks[None]).transpose(2, 0, 1))
    assert from_marks[~np.eye(len(marks), dtype=bool)].min() >= 9.0


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def drawn(module: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the list that figures are put into as they are drawn."""
    figures: list[Any] = []
    finish = module.as_png

    def keep(figure: Any, comparison: Comparison) -> bytes:
        figures.append(figure)
        return finish(figure, comparison)

    monkeypatch.setattr(module, "as_png", keep)
    return figures


def texts(figure: Any) -> Iterator[Any]:
    yield from figure.texts
    for axes in figure.axes:
        yield from axes.texts
        yield from (axes.xaxis.label, axes.yaxis.label, axes._left_title)


def assert_all_on_the_sheet(figure: Any) -> None:
    for text in texts(figure):
        box = text.get_window_extent()
        inside = box.x0 >= -1 and box.y0 >= -1
        inside &= box.x1 <= figure.bbox.width + 1 and box.y1 <= figure.bbox.height + 1
        assert inside, text.get_text()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("traced", [True, False])
def test_the_frontier_picture(
    comparison: Comparison,
    frontier: Frontier,
    monkeypatch: pytest.MonkeyPatch,
    *,
    lang: Lang,
    traced: bool,
) -> None:
    figures = drawn(frontier_picture, monkeypatch)
    png = frontier_picture.draw_frontier(comparison, frontier if traced else None, lang)
    assert min(size_of(png)) > 3 * DPI
    assert_all_on_the_sheet(figures[0])
    said = {text.get_text() for text in texts(figures[0])}
    assert run_title(comparison, "half", lang) in said
    assert any("12.0%" in text for text in said)  # today
    assert any("万元" in text and ("Budget" in text or "预算" in text) for text in said)
    assert (len(figures[0].axes) == 3) == traced  # what one more unit adds, only between budgets


@pytest.mark.parametrize("lang", LANGS)
def test_the_maps(comparison: Comparison, monkeypatch: pytest.MonkeyPatch, lang: Lang) -> None:
    figures = drawn(maps_picture, monkeypatch)
    size_of(maps_picture.draw_maps(comparison, lang))
    assert_all_on_the_sheet(figures[0])
    said = {text.get_text() for text in texts(figures[0])}
    # Today, seven plans; the infeasible one has no map.
    assert len(figures[0].axes) == 8 + 1
    assert run_title(comparison, "care_first", lang) in said
    assert run_title(comparison, "never", lang) not in said


@pytest.mark.parametrize("lang", LANGS)
def test_the_dumbbells_of_zones(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch, lang: Lang
) -> None:
    figures = drawn(zones_picture, monkeypatch)
    zones_picture.draw_zones(comparison, lang)
    assert_all_on_the_sheet(figures[0])
    said = {text.get_text() for text in texts(figures[0])}
    assert {"en": "East 东街道", "zh": "东街道 East"}[lang] in said
    assert any("6" in text and "7" in text for text in said)  # six of seven plans are drawn


def test_sites_side_by_side(comparison: Comparison) -> None:
    table = sites_table(comparison, "en").set_index(["building_id", "service_id"])
    # The station of B is in all plans but that without money.
    assert table.loc[("B", "station"), "plans"] == 6
    assert table.loc[("A", "clinic"), "base"] == "clinic_small"
    assert table.loc[("A", "clinic"), "half"] == ""


@pytest.mark.parametrize("lang", LANGS)
def test_the_folder_is_whole(
    comparison: Comparison, frontier: Frontier, tmp_path: Path, lang: Lang
) -> None:
    values = comparison_values(comparison, frontier, folder=tmp_path, seconds=1.0)
    write_comparison(tmp_path, comparison, frontier, values, lang=lang)
    assert {p.name for p in tmp_path.iterdir()} == {
        "comparison.json", "summary.md", "tables", "comparison.xlsx", "frontier.png", "maps.png",
        "zones.png", "sites.csv",
    }  # fmt: skip
    assert {p.stem for p in (tmp_path / "tables").iterdir()} == {
        "overview", "served", "zones", "groups", "costs", "usage", "places", "walking",
        "walking_classes", "equity", "targets", "changes", "frontier", "frontier_steps",
        "frontier_sites",
    }  # fmt: skip
    for path in [tmp_path / "sites.csv", *(tmp_path / "tables").iterdir()]:
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        header = path.read_text(encoding="utf-8-sig").splitlines()[0]
        assert header.isascii()
    served = pd.read_csv(tmp_path / "tables" / "served.csv", encoding="utf-8-sig")
    own = served[(served["run"] == "half") & (served["service_id"] == "station")]
    assert own["share"].tolist() == [0.48]
    stored = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    points = [(p["budget"], p["objective"], p["bound"]) for p in stored["points"]]
    # What holds of a larger budget holds of a smaller one; the bound of 200 is above all.
    assert points == [(0, 0.12, 0.12), (100, 0.408, 0.42), (150, 0.408, 0.43), (200, 0.7, 0.7)]
    assert [s["name"] for s in stored["scenarios"]] == ["base", "half", "care_first", "never"]
    assert stored["today"] == pytest.approx(0.12)
    book = load_workbook(tmp_path / "comparison.xlsx")
    expected = {"en": ["Summary", "All runs", "Budgets"], "zh": ["概要", "全部方案", "预算"]}[lang]
    assert book.sheetnames[:3] == expected
    services = book[{"en": "Services", "zh": "各服务"}[lang]]
    cells = [cell for row in services.iter_rows(values_only=True) for cell in row]
    assert run_title(comparison, "half", lang) in cells
    assert any(isinstance(cell, float) and cell == pytest.approx(0.48) for cell in cells)


def given_up_rows() -> pd.DataFrame:
    """Three plans that give up nothing, a hundredth and a twentieth; the last bound not known."""
    return pd.DataFrame(
        {
            "run": ["nearer=0", "nearer=1", "nearer=5"],
            "give_up": [0.0, 0.01, 0.05],
            "objective": [0.8, 0.795, 0.77],
            "bound": [0.8, 0.8, 0.8],
            "kept": [0.8, 0.792, 0.76],
            "walk_min": [9.5, 9.25, 8.0],
            "walk_bound_min": [9.5, 9.239, np.nan],
            "served_walk_min": [8.0, 7.75, 6.0],
            "cost": [100.0, 100.0, 90.0],
            "folder": ["a", "b", "c"],
        }
    )


@pytest.mark.parametrize("lang", LANGS)
def test_need_given_up_to_walk_less_is_told(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lang: Lang
) -> None:
    told = nearness_told(given_up_rows(), lang)
    first, second, third = told.sections[0].lines
    assert "80.0%" in first
    assert {"en": "9.25 min", "zh": "9.25分钟"}[lang] in second
    assert {"en": "no such plan is below 9.23)", "zh": "此类方案不低于9.23分钟"}[lang] in second
    assert {"en": "no such plan", "zh": "此类方案"}[lang] not in third
    figures = drawn(nearness_picture, monkeypatch)
    values = comparison_values(comparison, None, folder=tmp_path, seconds=1.0, further=told)
    assert values["walking_tradeoff"][2]["walk_bound_min"] is None
    write_comparison(tmp_path, comparison, None, values, lang=lang, further=told)
    assert min(size_of((tmp_path / "walking.png").read_bytes())) > 3 * DPI
    assert_all_on_the_sheet(figures[0])
    said = {text.get_text() for text in texts(figures[0])}
    assert {"−0%", "−1%", "−5%"} <= said
    table = pd.read_csv(tmp_path / "tables" / "walking_tradeoff.csv", encoding="utf-8-sig")
    assert table["walk_min"].tolist() == [9.5, 9.25, 8.0]
    sheet = {"en": "Picture walking", "zh": "图：步行取舍"}[lang]
    assert sheet in load_workbook(tmp_path / "comparison.xlsx").sheetnames


def test_a_folder_that_fails_half_way_is_not_there(
    comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise RuntimeError("no ink")

    monkeypatch.setattr("siting.report.comparison.folder.draw_maps", fail)
    with pytest.raises(RuntimeError, match="no ink"):
        save_folder(
            lambda partial, _: write_comparison(partial, comparison, None, {}, lang="en"),
            tmp_path / "tiny", "abcdef", prefix="comparison-",
        )  # fmt: skip
    assert list((tmp_path / "tiny").iterdir()) == []


def test_nothing_is_drawn_where_no_plan_is(tmp_path: Path) -> None:
    there = compared(
        kept(tmp_path / "runs", Case(name="never", scenario=Scenario(budget=0)), impossible)
    )
    folder = tmp_path / "comparison"
    folder.mkdir()
    write_comparison(folder, there, None, {}, lang="en")
    assert not list(folder.glob("*.png"))
    assert "no plan keeps all rules" in (folder / "summary.md").read_text(encoding="utf-8")


def test_a_picture_of_many_scenarios_lists_thirty(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_run, row = comparison.runs["half"], comparison.overview.query("run == 'half'")
    labels = [f"half ({i})" for i in range(40)]
    many = replace(
        comparison,
        runs=dict.fromkeys(labels, half_run),
        towns=dict.fromkeys(labels, comparison.towns["half"]),
        overview=pd.concat([row.assign(run=label) for label in labels], ignore_index=True),
    )
    figures = drawn(frontier_picture, monkeypatch)
    frontier_picture.draw_frontier(many, None, "en")
    assert any(t.get_text().startswith("10 more") for t in texts(figures[0]))
    assert_all_on_the_sheet(figures[0])
