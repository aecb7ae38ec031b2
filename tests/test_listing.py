"""Scenarios are listed in words and told apart key by key; runs get the files they lack."""

import json
import re
import shutil
from pathlib import Path

import pytest
from command_line import Said, siting
from rich.console import Console, RenderableType
from test_docs import assert_shown, blocks, said_by

from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply, scenario_of
from siting.instance.settings import Scenario, Settings
from siting.report.labels import scenario_title
from siting.report.scenarios import difference_table, scenario_words, scenarios_summary
from siting.scenarios.grid import grid_cases
from siting.scenarios.listing import Difference, differences, list_scenarios

ROOT = Path(__file__).parents[1]
TINY = ROOT / "instances" / "tiny"

SCENARIOS = {
    "poor": {"title": "Little money", "title_zh": "缩减", "budget": 100, "yearly_cost": 30},
    "grown": {
        "inherits": "poor",
        "people_factors": {"elderly": 1.5},
        "zone_people_factors": {"east": 0.9},
        "need_factors": {"clinic": 1.1},
        "standards_min": {"station": 12, "clinic": 15},
        "price_factors": {"works": 1.2, "rent": 1},
        "rules": {"yard": False},
        "plan": {"years": 3},
        "available_from_year": {"A": 2024},
        "unavailable": ["C"],
        "agency_budgets": {"区民政局": 60},
        "locks": [{"building_id": "B", "service_id": "station", "status": "required"}],
        "priorities": [{"group": "elderly", "factor": 2}],
        "conditions": [
            {"building_id": "B", "extra_cost": 7.5, "condition": "ramp"},
            {"building_id": "C", "service_id": "clinic", "delay_years": 1, "max_area_m2": 90},
        ],
    },
}


@pytest.fixture(scope="module")
def town() -> Instance:
    tiny = read_instance(TINY)[0]
    stated = tiny.settings.model_dump(exclude={"scenarios"}, exclude_unset=True)
    return tiny.replace(settings=Settings.model_validate({**stated, "scenarios": SCENARIOS}))


def shown(renderable: RenderableType) -> str:
    console = Console(width=200, file=None)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_all_that_differs_is_told_with_both_values_and_units(town: Instance) -> None:
    told = {(d.key, d.of): (d.first, d.second, d.unit) for d in differences(town, "base", "grown")}
    assert told == {
        ("budget", ""): (200, 100, "money"),
        ("yearly_cost", ""): (None, 30, "money per year"),
        ("people_factors", "elderly"): (None, 1.5, ""),
        ("zone_people_factors", "east"): (None, 0.9, ""),
        ("need_factors", "clinic"): (None, 1.1, ""),
        ("standards_min", "station"): (10, 12, "min"),  # that of clinic is 15 as it is
        ("price_factors", "works"): (1, 1.2, ""),
        ("rules", "yard"): (True, False, ""),
        ("plan.years", ""): (5, 3, "year"),
        ("available_from_year", "A"): (None, 2024, ""),
        ("unavailable", "C"): (None, True, ""),
        ("agency_budgets", "区民政局"): (None, 60, "money"),
        ("locks", "B, station"): (None, "required", ""),
        ("priorities", "elderly"): (None, 2, ""),
        ("conditions.extra_cost", "B"): (None, 7.5, "money"),
        ("conditions.delay_years", "C, clinic"): (None, 1, "year"),
        ("conditions.max_area_m2", "C, clinic"): (None, 90, "m2"),
        ("conditions.condition", "B"): (None, "ramp", ""),
    }


def test_a_difference_is_the_same_from_either_side(town: Instance) -> None:
    there, back = differences(town, "poor", "grown"), differences(town, "grown", "poor")
    assert {(d.key, d.of, d.first, d.second) for d in there} == {
        (d.key, d.of, d.second, d.first) for d in back
    }
    assert not any(d.key == "budget" for d in there)  # inherited
    assert differences(town, "grown", "grown") == []


def test_every_key_of_a_scenario_is_told(town: Instance) -> None:
    """A key that is added to scenarios must be listed, too."""
    told = {d.key.partition(".")[0] for d in differences(town, "base", "grown")}
    budgets = {
        "zone_budgets": {"west": 5},
        "year_budgets": {2021: 5},
        "fund_amounts": {"lottery": 9},
    }
    more = {"ranks": {"clinic": 2}, "weights": {"clinic": 2}, "yearly_rent": 4}
    scenario = {**budgets, **more, "objective": {"epsilon": 0.1}}
    funds = read_funds()
    stated = town.settings.model_dump(exclude={"scenarios"}, exclude_unset=True)
    settings = Settings.model_validate({**stated, "scenarios": {"rest": scenario}})
    other = town.replace(settings=settings, funds=funds)
    told |= {d.key.partition(".")[0] for d in differences(other, "base", "rest")}
    assert told == set(Scenario.model_fields) - {"title", "title_zh", "inherits"}


def read_funds():
    import pandas as pd

    return pd.DataFrame(
        {"fund_id": ["lottery"], "name": [""], "amount": [3.0], "services": [""],
         "source": [""]}
    )  # fmt: skip


def test_the_list_says_titles_parents_and_changes_in_both_languages(town: Instance) -> None:
    poor, grown = list_scenarios(town)
    assert (poor.title, poor.title_zh, poor.inherits) == ("Little money", "缩减", ())
    assert grown.inherits == ("poor",)
    words = scenario_words(town, grown.differences, "en")
    assert words[:2] == ["budget 100 万元 (was 200 万元)", "limit of running cost 30 万元 a year"]
    assert "people of elderly × 1.5" in words
    assert "extra cost of B 7.5 万元" in words
    assert "largest module in C, clinic 90 m²" in words
    assert "people in East × 0.9" in words
    assert "standard of Elderly care station 12 min (was 10 min)" in words
    assert "prices of works × 1.2" in words
    assert "Old office (A) can be used from 2024" in words
    assert "Corner shop (C) is not to be had" in words
    chinese = scenario_words(town, grown.differences, "zh")
    assert chinese[0] == "总投资上限 100 万元（原 200 万元）"
    assert "社区养老服务驿站标准 12 分钟（原 10 分钟）" in chinese
    text = shown(scenarios_summary(town, list_scenarios(town), "zh"))
    assert "缩减" in text
    assert "Little money" not in text


def test_many_differences_of_one_kind_are_counted(town: Instance) -> None:
    told = [Difference(key="weights", of=f"s{i}", unit="", first=1.0, second=2.0) for i in range(9)]
    (words,) = scenario_words(town, told, "en")
    assert words.endswith("weight of s2 2 (was 1), and 6 more")


def test_two_that_are_the_same_are_said_to_be(town: Instance) -> None:
    assert "poor and poor are the same" in shown(difference_table(town, "poor", "poor", []))


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("poor", "Little money", "缩减"),
        ("poor+budget=1234567.5", "Little money, budget 1,234,567.5", "缩减，预算 1,234,567.5"),
        ("people=0.9+standards=1", "people × 0.9, standards × 1", "人口 × 0.9，标准 × 1"),
        ("grown+from=2023", "grown+from=2023", "grown+from=2023"),
        ("", "", ""),
    ],
)
def test_cases_of_a_grid_are_named_in_words(
    town: Instance, name: str, english: str, chinese: str
) -> None:
    applied = town.replace(scenario=name)
    assert scenario_title(applied, "en") == english
    assert scenario_title(applied, "zh") == chinese


def last_line(done: Said) -> dict:
    return json.loads(done.stdout.splitlines()[-1])


def test_scenarios_on_the_command_line(tmp_path: Path) -> None:
    listed = last_line(siting("scenarios", TINY, "--json", cwd=tmp_path))["scenarios"]
    assert [(s["name"], s["title"]) for s in listed] == [
        ("half", "Half the budget"),
        ("care_first", "Care counts five times"),
    ]
    differing = siting("scenarios", TINY, "--diff", "half", "base", "--json", cwd=tmp_path)
    assert last_line(differing)["differences"] == [
        {"key": "budget", "of": "", "unit": "money", "first": 100, "second": 200}
    ]
    grid = siting("scenarios", TINY, "--grid", "budget=0..200 step 100", "--json", cwd=tmp_path)
    assert last_line(grid)["plans"] == ["budget=0", "budget=100", "budget=200"]
    wrong = siting("scenarios", TINY, "--diff", "half", "csre_first", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "care_first" in wrong.stderr


def test_a_light_run_gets_its_files_on_demand(tmp_path: Path) -> None:
    """The same as `siting solve` writes; what is there stays; nothing for another instance."""
    town = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    line = last_line(
        siting("solve", town, "--scenario", "half", "--gap", 0, "--json", cwd=tmp_path)
    )
    folder = tmp_path / line["solution_dir"]
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    light = {"solution.json", "need.csv", "chosen.csv", "certificate.csv.gz"}
    for name in set(whole) - light:
        (folder / name).unlink()

    (town / "modules.csv").rename(tmp_path / "modules.csv")
    text = (tmp_path / "modules.csv").read_text(encoding="utf-8-sig")
    (town / "modules.csv").write_text(text.replace("120,100,30", "110,100,30"), encoding="utf-8")
    refused = siting("report", folder.name, cwd=tmp_path)
    assert refused.returncode == 2
    assert "has changed since" in refused.stderr
    (tmp_path / "modules.csv").replace(town / "modules.csv")

    stored = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
    stored["objective"] += 0.01
    (folder / "solution.json").write_text(json.dumps(stored), encoding="utf-8")
    failed = siting("report", folder.name, cwd=tmp_path)
    assert failed.returncode == 5
    assert {path.name for path in folder.iterdir()} == light & set(whole)
    (folder / "solution.json").write_bytes(whole["solution.json"])

    done = last_line(siting("report", folder.name, "--json", cwd=tmp_path))
    assert (done["verified"], done["kept"]) == (True, ["chosen.csv"])
    assert set(done["written"]) == set(whole) - light
    for name, content in whole.items():
        again = (folder / name).read_bytes()
        assert again == content or name in {"plan.gpkg", "plan.xlsx"}, name  # these hold the time
    second = last_line(siting("report", folder.name, "--json", cwd=tmp_path))
    assert second["written"] == []


def test_runs_are_listed_by_a_condition(tmp_path: Path) -> None:
    for budget in (0, 100):
        siting("solve", TINY, "--budget", budget, "--gap", 0, cwd=tmp_path)
    listed = last_line(siting("runs", "--where", "budget > 50", "--json", cwd=tmp_path))["runs"]
    assert [(run["budget"], run["cost"]) for run in listed] == [(100, 70)]
    wrong = siting("runs", "--where", "budgt > 50", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "no such column: budgt" in wrong.stderr


def test_the_page_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands say what it shows, its keys exist, its settings can be planned with."""
    page = (ROOT / "docs" / "scenarios.md").read_text("utf-8").partition("\n## Compar")[0]
    (tmp_path / "page.md").write_text(page, "utf-8")
    town = Path(shutil.copytree(TINY, tmp_path / "instances" / "tiny"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    said, settings, compared = "", "", 0
    for block in blocks(tmp_path / "page.md"):
        if block.language == "text" and said:
            assert_shown(said, block.text, "docs/scenarios.md")
            compared += 1
        said = said_by(block) if block.language == "sh" else ""
        if block.language == "toml":
            settings += block.text
        elif block.language == "python":
            exec(block.text, {})  # noqa: S102  the page's own words
    assert compared == 3
    keys = set(re.findall(r"`(\w+)`", page.partition("\n| what | keys |")[2].partition("\n\n")[0]))
    assert set(Scenario.model_fields) - {"title", "title_zh", "inherits"} <= keys
    late = "[scenarios.late]\navailable_from_year = { A = 2023 }\n"
    with (town / "instance.toml").open("a", encoding="utf-8") as file:
        file.write(settings + late)
    base, _ = read_instance(town)
    assert len(grid_cases(base, "outlook")) == 12
    worst = apply(base, scenario_of(base, "worst"), name="worst")
    assert worst.settings.budget.total == 150
    assert worst.locks[["building_id", "status"]].to_numpy().tolist() == [["B", "forbidden"]]
