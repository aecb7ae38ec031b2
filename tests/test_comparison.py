"""Runs side by side: every measure counted by hand on tiny, and the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import Said, siting
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
from hypothesis import given
from hypothesis import strategies as st
from report_plans import PLAN, TINY, service_rows, tiny, tiny_solution, yearly_solution, yearly_tiny
from typer.testing import CliRunner

from siting.cli.app import app
from siting.errors import InstanceError
from siting.instance.settings import Lock, Scenario
from siting.scenarios.case import Case
from siting.scenarios.comparing.comparison import TODAY, Comparison, labels_of
from siting.scenarios.comparing.kept import differs_in_budget_alone, kept_runs
from siting.scenarios.comparing.measures.account import ALL, Account, Crowd
from siting.scenarios.comparing.measures.equity import equity, gini
from siting.scenarios.comparing.measures.served import served_by, share_by_point
from siting.scenarios.comparing.measures.sites import changes, sites
from siting.scenarios.comparing.measures.spending import spending
from siting.scenarios.comparing.measures.walking import quantile, walking, walking_classes

ROOT = Path(__file__).parents[1]
WEIGHTS = {"clinic": 1.0, "station": 1.0}
BOTH = {"clinic", "station"}


@pytest.fixture(scope="module")
def account() -> Account:
    town = tiny()
    return Crowd(town).account(service_rows(town, PLAN))


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    root = tmp_path_factory.mktemp("runs")
    return compared(
        kept(root, named_case(""), best),
        kept(root, named_case("half"), half),
        kept(root, budget_case(0), nothing),
        kept(root, Case(name="never", scenario=Scenario(budget=0)), impossible),
    )


def shares(table: pd.DataFrame, *keys: str) -> dict[object, float]:
    return {
        tuple(row[k] for k in keys) if len(keys) > 1 else row[keys[0]]: row["share"]
        for row in table.to_dict("records")
    }


def test_need_served_by_service_and_all_by_weight(account: Account) -> None:
    # 600 of 1,250 in clinics, 230 of 250 in stations; (0.48 + 0.92) / 2.
    table = served_by(account, [], WEIGHTS)
    assert shares(table, "service_id") == pytest.approx({"clinic": 0.48, "station": 0.92, ALL: 0.7})
    # A weight of 3 for stations: (0.48 + 3 x 0.92) / 4.
    heavier = served_by(account, [], {"clinic": 1.0, "station": 3.0})
    assert shares(heavier, "service_id")[ALL] == pytest.approx(0.81)
    people = table.set_index("service_id")["people_served"]
    assert people.to_dict() == pytest.approx({"clinic": 600, "station": 230, ALL: 830})


def test_need_served_by_zone_and_group(account: Account) -> None:
    # West: 600 of 850 and 150 of 150; east: 0 of 400 and 80 of 100.
    zones = shares(served_by(account, ["zone_id"], WEIGHTS), "zone_id", "service_id")
    assert zones == pytest.approx(
        {
            ("west", "clinic"): 600 / 850, ("west", "station"): 1.0,
            ("east", "clinic"): 0.0, ("east", "station"): 0.8,
            ("west", ALL): (600 / 850 + 1) / 2, ("east", ALL): 0.4,
        }
    )  # fmt: skip
    # Adults need clinics alone: 600 of 1,000; elderly people get 0 of 250 and 230 of 250.
    groups = shares(served_by(account, ["group"], WEIGHTS), "group", "service_id")
    assert groups["adults", ALL] == pytest.approx(0.6)
    assert groups["elderly", ALL] == pytest.approx(0.46)


def test_share_of_every_point(account: Account) -> None:
    # D1: 300 of 500 and all; D2: 300 of 350 and all; D3: 0 and 80 of 80; D4 nothing.
    shares_there = share_by_point(account, WEIGHTS, 4)
    assert shares_there == pytest.approx([0.8, (300 / 350 + 1) / 2, 0.5, 0.0])


def test_walking_counts_people(account: Account) -> None:
    table = walking(account, BOTH).set_index("service_id")
    # 130 people walk 10 minutes, 100 none; those in clinics walk nowhere.
    station = table.loc["station"]
    assert station["mean_min"] == pytest.approx(1300 / 230)
    assert (station["median_min"], station["p90_min"]) == (10.0, 10.0)
    assert table.loc[ALL, "mean_min"] == pytest.approx(1300 / 830)
    assert table.loc[ALL, "median_min"] == 0.0
    assert table.loc[ALL, "share_served"] == pytest.approx(830 / 1500)


def test_classes_of_walking_time_add_up_to_all_need(account: Account) -> None:
    table = walking_classes(account, BOTH)
    station = table[table["service_id"] == "station"]
    assert station["to_min"].tolist()[:2] == [5.0, 10.0]
    assert np.isnan(station["to_min"].iloc[2])
    assert station["people"].tolist() == pytest.approx([100, 130, 20])
    assert station["share_of_need"].tolist() == pytest.approx([0.4, 0.52, 0.08])
    sums = table.groupby("service_id")["share_of_need"].sum()
    assert sums.tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_a_way_of_exactly_five_minutes_is_in_the_first_class() -> None:
    town = tiny()
    near = Crowd(town).account(service_rows(town, [("D1", "adults", "clinic", "F1", 100.0, 5.0)]))
    table = walking_classes(near, {"clinic"})
    own = table[table["service_id"] == "clinic"]
    assert own["people"].tolist() == pytest.approx([100, 1150])


def test_equity_of_tiny(account: Account) -> None:
    zones = served_by(account, ["zone_id"], WEIGHTS)
    table = equity(account, zones, WEIGHTS).set_index("service_id")
    assert table.loc[ALL, "worst_zone_id"] == "east"
    assert table.loc[ALL, "worst_share"] == pytest.approx(0.4)
    # 230 of 250 elderly people fully served, 20 not at all.
    assert table.loc["station", "gini"] == pytest.approx(0.08)


def naive_gini(values: list[float], people: list[float]) -> float:
    total = sum(people)
    mean = sum(v * p for v, p in zip(values, people, strict=True)) / total
    pairs = sum(
        p * q * abs(v - w)
        for v, p in zip(values, people, strict=True)
        for w, q in zip(values, people, strict=True)
    )
    return pairs / (2 * total**2 * mean)


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0.01, 100)), min_size=1, max_size=12
    ).filter(lambda rows: sum(v * p for v, p in rows) > 1e-3)
)  # fmt: skip
def test_gini_is_the_mean_difference_of_all_pairs(rows: list[tuple[float, float]]) -> None:
    values, people = map(list, zip(*rows, strict=True))
    found = gini(np.array(values), np.array(people))
    assert found == pytest.approx(naive_gini(values, people), abs=1e-9)


def test_gini_of_nobody_is_unknown() -> None:
    assert np.isnan(gini(np.array([0.0, 0.0]), np.array([3.0, 4.0])))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=9).filter(
        lambda rows: sum(n for _, n in rows) > 0
    ),
    st.sampled_from([0.1, 0.5, 0.9, 1.0]),
)
def test_a_quantile_is_that_of_every_single_person(
    rows: list[tuple[int, int]], part: float
) -> None:
    each = sorted(v for v, n in rows for _ in range(n))
    expected = each[int(np.ceil(part * len(each) - 1e-9)) - 1]
    values, people = (np.array(column, float) for column in zip(*rows, strict=True))
    assert quantile(values, people, part) == expected


def test_cost_by_agency_and_kind_adds_up_to_the_capital() -> None:
    town = tiny()
    table = spending(town, tiny_solution(town))
    health, civil = "区卫健委", "区民政局"
    assert {
        (r["agency"], r["kind"]): r["amount"] for r in table.to_dict("records")
    } == pytest.approx(
        {
            (health, "works"): 40, (health, "acquisition"): 50, (health, "running"): 20,
            (civil, "works"): 60, (civil, "acquisition"): 33.33, (civil, "running"): 20,
            ("", "acquisition"): 16.67,
        }
    )  # fmt: skip
    assert table.loc[table["in_capital"], "amount"].sum() == pytest.approx(200)


def test_cost_of_a_plan_by_years_falls_in_the_years_it_is_paid() -> None:
    town = yearly_tiny()
    table = spending(town, yearly_solution(town))
    paid = table.groupby(["year", "kind"])["amount"].sum().to_dict()
    # A: rent of 10 in each of three years; B pays its works in 2022, C in 2023.
    assert paid == pytest.approx(
        {
            (2021, "works"): 15, (2021, "rent"): 10, (2021, "running"): 10, (2021, "private"): 45,
            (2022, "works"): 30, (2022, "rent"): 10, (2022, "running"): 20,
            (2023, "works"): 40, (2023, "rent"): 10, (2023, "running"): 30,
        }
    )  # fmt: skip


def test_the_last_year_of_a_plan_by_years_is_what_is_compared() -> None:
    town = yearly_tiny()
    account = Crowd(town).account(yearly_solution(town).service)
    table = served_by(account, [], WEIGHTS).set_index("service_id")
    # 20 % more people in 2023: 444 of 1,500 in clinics, 120 of 300 in stations.
    assert table.loc["clinic", ["need", "served"]].tolist() == pytest.approx([1500, 444])
    assert table.loc["station", ["need", "served"]].tolist() == pytest.approx([300, 120])
    assert table.loc["station", "people_served"] == pytest.approx(120)


def test_a_town_decided_by_years_is_compared_at_its_end(tmp_path: Path) -> None:
    town = yearly_tiny()
    run = kept(tmp_path, Case(scenario=Scenario()), yearly_solution, base=town)
    found = compared(run, base=town)
    clinics = found.served[found.served["service_id"] == "clinic"]
    # Of 1,500 people in 2023 F1 serves 300 as today, and C the 144 of D4.
    assert shares(clinics, "run") == pytest.approx({TODAY: 0.2, "base": 0.296})
    capital = found.costs[found.costs["in_capital"].astype(bool)]
    assert capital["amount"].sum() == pytest.approx(found.overview["cost"].iloc[0])
    # What B opened for 2022 alone is no place of the last year.
    assert set(found.places["place_id"]) == {"F1", "A", "C"}


def test_changes_name_what_is_gained_lost_resized_and_closed() -> None:
    columns = ["building_id", "service_id", "module_id", "status"]
    before = pd.DataFrame(
        [("A", "x", "small", "new"), ("B", "x", "small", "new"), ("C", "x", "keep", "keep")],
        columns=columns,
    )
    after = pd.DataFrame(
        [("A", "x", "large", "new"), ("D", "x", "small", "new"), ("E", "x", "keep", "keep")],
        columns=columns,
    )
    found = [tuple(row) for row in changes(before, after).itertuples(index=False)]
    assert found == [
        ("resized", "A", "x", "small", "large"),
        ("lost", "B", "x", "small", ""),
        ("closed", "C", "x", "keep", ""),
        ("gained", "D", "x", "", "small"),
        ("kept", "E", "x", "", "keep"),
    ]
    assert changes(before, before).empty


def test_sites_have_one_row_per_building_and_service() -> None:
    table = sites(tiny_solution(tiny()))
    found = table[["building_id", "service_id", "module_id"]].to_numpy().tolist()
    assert found == [
        ["A", "clinic", "clinic_small"], ["A", "station", "station"], ["B", "station", "station"],
    ]  # fmt: skip


def test_the_overview_has_a_row_for_every_run(comparison: Comparison) -> None:
    table = comparison.overview.set_index("run")
    assert list(table.index) == ["base", "half", "budget=0", "never"]
    assert table.loc["half", ["objective", "score"]].tolist() == pytest.approx([0.408, 0.408])
    assert table.loc["half", ["budget", "cost", "sites", "buildings"]].tolist() == [100, 70, 2, 2]
    # Against the best plan: C has a clinic instead of A, and A no station.
    assert table.loc["half", ["gained", "lost"]].tolist() == [1, 2]
    assert table.loc["never", "termination"] == "infeasible"
    assert np.isnan(table.loc["never", "score"])
    assert comparison.planned == ["base", "half", "budget=0"]
    assert "never" not in set(comparison.served["run"])
    assert table["same_score"].all()


def test_today_stands_beside_the_runs(comparison: Comparison) -> None:
    today = comparison.served[comparison.served["run"] == TODAY]
    assert shares(today, "service_id") == pytest.approx({"clinic": 0.24, "station": 0, ALL: 0.12})


def test_every_place_is_as_full_as_those_who_go_there(comparison: Comparison) -> None:
    places = comparison.places[comparison.places["run"] == "base"]
    found = {
        (r["place_id"], r["service_id"]): (r["kind"], r["capacity"], r["load"])
        for r in places.to_dict("records")
    }
    assert found == {
        ("F1", "clinic"): ("existing", 300, 300),
        ("A", "clinic"): ("new", 300, 300),
        ("A", "station"): ("new", 120, 120),
        ("B", "station"): ("new", 120, 110),
    }
    usage = comparison.usage[comparison.usage["run"] == "base"].set_index(["service_id", "kind"])
    assert usage.loc[("station", "new"), "utilisation"] == pytest.approx(230 / 240)
    assert usage.loc[("station", ALL), "full"] == 1


def test_a_run_that_weighs_otherwise_is_held_against_the_given_weights(tmp_path: Path) -> None:
    # Stations count five times: (0.336 + 5 x 0.48) / 6 = 0.456; by the given weights 0.408.
    run = kept(tmp_path, named_case("care_first"), half, objective=0.456, bound=0.456)
    table = compared(run).overview.iloc[0]
    assert not table["same_score"]
    assert table["objective"] == 0.456
    assert table["score"] == pytest.approx(0.408)


def test_labels_tell_runs_of_one_case_apart(tmp_path: Path) -> None:
    run = kept(tmp_path, named_case("half"), half)
    today = kept(tmp_path, Case(name="today", scenario=Scenario()), best)
    assert labels_of([run, run, today]) == ["half", "half (2)", "today (2)"]


def test_kept_runs_are_those_of_their_instance(tmp_path: Path) -> None:
    run, other = kept(tmp_path, named_case("half"), half), kept(tmp_path, named_case(""), best)
    base, path, runs = kept_runs([run.folder, other.folder])
    assert (base.content_hash, path) == (tiny().content_hash, TINY)
    assert [r.case.name for r in runs] == ["half", ""]
    assert runs[0].case.scenario.budget == 100
    richer = tiny().replace(settings=tiny().settings.model_copy(update={"title": "another"}))
    foreign = kept(tmp_path, named_case("half"), half, base=richer)
    with pytest.raises(InstanceError, match="as it is now"):
        kept_runs([run.folder, foreign.folder])


def test_a_budget_alone_is_told_from_other_scenarios(tmp_path: Path) -> None:
    locked = Scenario(budget=10, locks=(Lock(building_id="A", status="forbidden"),))
    assert differs_in_budget_alone(kept(tmp_path, budget_case(0), nothing))
    assert not differs_in_budget_alone(kept(tmp_path, Case(name="x", scenario=locked), nothing))


def last_line(done: Said) -> dict:
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def test_scenarios_and_budgets_in_one_command(town: Path, tmp_path: Path) -> None:
    words = [
        "compare",
        town,
        "--scenarios",
        "base,half",
        "--budgets",
        "0:200:100",
        "--gap",
        0,
        "--executor",
        "serial",
    ]
    done = siting(*words, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = last_line(done)
    # Derived by hand in instances/tiny/README.md; 100 buys what 70 does.
    points = [(p["budget"], p["objective"], p["gap"]) for p in line["points"]]
    assert points == [
        (0, pytest.approx(0.12), 0),
        (100, pytest.approx(0.408), 0),
        (200, pytest.approx(0.7), 0),
    ]
    assert [(s["name"], s["cost"]) for s in line["scenarios"]] == [("base", 200), ("half", 70)]
    assert line["verified"] is True
    for row in [*line["points"], *line["scenarios"]]:
        assert (tmp_path / row["solution_dir"] / "solution.json").exists()
    folder = tmp_path / line["comparison_dir"]
    stored = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert stored["points"] == line["points"]
    # The same again: nothing is planned anew, and the first folder stays.
    again = last_line(siting(*words, "--json", cwd=tmp_path))
    assert all(row["reused"] for row in again["scenarios"])
    assert again["comparison_dir"] != line["comparison_dir"]
    # Two of its runs by id, said in words.
    runs = [Path(row["solution_dir"]).name for row in line["scenarios"]]
    told = siting("compare", *runs, "--lang", "zh", "--out", "beside", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "一半预算" in told.stdout
    assert (tmp_path / "beside" / "summary.md").exists()
    refused = siting("compare", *runs, "--out", "beside", cwd=tmp_path)
    assert refused.returncode == 2
    # A run that failed verification is told by the exit code.
    values_path = tmp_path / line["scenarios"][0]["solution_dir"] / "solution.json"
    values = json.loads(values_path.read_text(encoding="utf-8"))
    values_path.write_text(json.dumps(values | {"verified": False}), encoding="utf-8")
    failed = siting("compare", *runs, cwd=tmp_path)
    assert failed.returncode == 5
    assert "FAILED the re-check" in failed.stdout


@pytest.mark.slow
def test_what_is_asked_beside_the_runs(town: Path, tmp_path: Path) -> None:
    asked = ["--nested", "--robust", "--best-expected", "--least-regret", "--alternatives", 2]
    words = [
        "compare",
        town,
        "--scenarios",
        "base,half",
        "--budgets",
        "50,100,200",
        "--gap",
        0,
        "--executor",
        "serial",
    ]
    done = siting(*words, *asked, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = last_line(done)
    # Keeping the station in B and the clinic in C leaves 130 of 200: A and a station, 0.628.
    price = [
        (row["budget"], row["price_low"], row["price_high"]) for row in line["nested"]["price"]
    ]
    assert price[-1] == (200, pytest.approx(0.072), pytest.approx(0.072))
    # Of the plan for 200 only the station in B fits into 100: 0.36 instead of 0.408.
    regret = {(r["plan"], r["world"]): r["regret_high"] for r in line["regret"]}
    assert regret["", "half"] == pytest.approx(0.048)
    assert [a["objective"] for a in line["alternatives"]] == pytest.approx([0.7, 0.628])
    assert line["best_expected"]["termination"] == "optimal"
    assert line["least_regret"]["objective"] >= 0
    folder = tmp_path / line["comparison_dir"] / "tables"
    names = {p.stem for p in folder.iterdir()}
    assert {"nested", "nestedness", "core", "regret", "reserve", "alternatives"} <= names
    # The alternatives are runs that can be opened.
    named = [s["name"] for s in line["scenarios"]]
    assert named == ["base", "half", "alternative=1", "alternative=2"]


def test_other_plans_alone_are_held_against_the_instance_as_it_is(
    town: Path, tmp_path: Path
) -> None:
    words = ["compare", town, "--alternatives", 2, "--gap", 0, "--executor", "serial"]
    done = siting(*words, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = last_line(done)
    assert [s["name"] for s in line["scenarios"]] == ["base", "alternative=1", "alternative=2"]
    told = siting(*words, cwd=tmp_path).stdout
    assert "Alternative 1: 70.0% served; rank 1." in told
    assert "Alternative 2: 62.8% served; rank 2; has 1 site that Alternative 1 has not" in told


def test_an_infeasible_scenario_is_a_result_unless_all_are(town: Path, tmp_path: Path) -> None:
    settings = (town / "instance.toml").read_text(encoding="utf-8")
    never = (
        '\n[scenarios.never]\nbudget = 0\nlocks = [{ building_id = "A", status = "required" }]\n'
    )
    (town / "instance.toml").write_text(settings + never, encoding="utf-8")
    done = siting(
        "compare",
        town,
        "--scenarios",
        "half,never",
        "--gap",
        0,
        "--executor",
        "serial",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "no plan keeps all rules" in done.stdout
    alone = siting(
        "compare", town, "--scenarios", "never", "--executor", "serial", "--json", cwd=tmp_path
    )
    assert alone.returncode == 3
    assert last_line(alone)["scenarios"][0]["termination"] == "infeasible"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tiny"], "nothing is said of what to compare"),
        (["nowhere"], "is no instance, and one run alone cannot be compared"),
        (["tiny", "tiny", "--scenarios", "all"], "is an instance among other targets"),
        (["tiny", "--scenarios", "base,halff"], 'nearest: "half"'),
        (["tiny", "--budgets", "1:x:3"], "--budgets"),
        (["a", "b", "--budgets", "1"], "runs are compared as they are"),
    ],
)
def test_bad_input_is_said_before_anything_is_planned(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    assert town.name == "tiny"
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["compare", *words], obj=0.0)
    assert isinstance(done.exception, InstanceError)  # `siting.cli.main` ends with 2
    assert said in str(done.exception)
    assert not (tmp_path / "solutions").exists()
