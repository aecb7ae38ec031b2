"""Plans over several years, and what new rules have to tell, against sums by hand."""

import json
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from report_plans import (
    AFTER,
    TODAY,
    chosen_rows,
    results_of,
    service_rows,
    solution_of,
    tiny,
    tiny_results,
    yearly_solution,
    yearly_tiny,
)
from rich.console import Console
from towns import table, town

from siting.report import run_files
from siting.report.console import plan_summary
from siting.report.labels import HEADINGS
from siting.report.results import Results
from siting.report.sentences import exchange_rates, tier_sentences
from siting.solution import Tier
from siting.travel.measure import measure_travel
from siting.verification import Verification


@cache
def yearly_results(lang: str = "en") -> Results:
    instance = yearly_tiny()
    return results_of(instance, yearly_solution(instance), TODAY, lang, AFTER)


def test_tables_show_the_last_year() -> None:
    """In 2023 there are 20 % more people: 300 elderly, of whom A serves 120; B is closed again."""
    services = yearly_results().services.set_index("service_id")
    assert services["need"].to_dict() == {"clinic": 1500.0, "station": 300.0}
    assert services.loc["station", ["served_plan", "open_plan", "sites"]].tolist() == [120, 1, 1]
    assert services.loc["clinic", ["served_today", "served_plan"]].tolist() == [300, 444]
    # All money of the plan: 45 in A and 30 in B; running cost of the last year alone.
    assert services.loc["station", ["cost", "yearly_cost"]].tolist() == [75, 10]
    zones = yearly_results().zones.set_index(["zone_id", "service_id"])
    assert zones.loc[("east", "station"), ["open_plan", "sites", "cost"]].tolist() == [0, 0, 30]


def test_chosen_covers_all_years() -> None:
    chosen = yearly_results().chosen.set_index("building_id")
    assert chosen["year"].to_dict() == {"A": 2021, "B": 2022, "C": 2023}
    # B serves nobody in the last year, but 88 in its own.
    assert chosen["served"].to_dict() == {"A": 120.0, "B": 88.0, "C": 144.0}
    assert chosen.loc["A", ["mode", "private_cost"]].tolist() == ["rent", 45.0]


def test_years_of_the_plan() -> None:
    """Rent of A is 10 a year. 2021: 15 + 10 of 60 leave 35. 2022: 30 + 10 of 175 leave 135. 2023:
    40 + 10 of 165 leave 115.
    """
    years = yearly_results().years.set_index("year")
    assert years["spent"].tolist() == [25, 40, 50]
    assert years["works"].tolist() == [15, 30, 40]
    assert years["rent"].tolist() == [10, 10, 10]
    assert years["available"].tolist() == [60, 175, 165]
    assert years["carried_over"].tolist() == [35, 135, 115]
    assert years["private_cost"].tolist() == [45, 0, 0]
    assert years["yearly_cost"].tolist() == [10, 20, 30]
    assert years["openings"].tolist() == [1, 1, 1]
    assert years["closings"].tolist() == [0, 0, 1]
    assert years["open_places"].tolist() == [2, 3, 3]
    assert years["need_station"].tolist() == [250, 275, 300]
    assert years["share_station"].tolist() == pytest.approx([120 / 250, 208 / 275, 120 / 300])


def test_nothing_is_carried_over_where_that_is_not_allowed() -> None:
    instance = yearly_tiny()
    budget = instance.settings.budget.model_copy(update={"carry_over": False})
    settings = instance.settings.model_copy(update={"budget": budget})
    instance = instance.replace(settings=settings)
    years = results_of(instance, yearly_solution(instance), TODAY, "en", AFTER).years
    assert years["available"].tolist() == [60, 140, 30]
    assert years["carried_over"].tolist() == [0, 0, 0]


def test_a_plan_of_one_period_has_no_years() -> None:
    results = tiny_results()
    assert results.years.empty
    assert results.outlook.empty


def test_unused_capacity_after_the_plan() -> None:
    outlook = yearly_results().outlook
    assert outlook["year"].tolist() == [2023, 2024, 2025]
    assert outlook["unused"].tolist() == [0, 0, 45]
    assert outlook["unused_share"].tolist() == pytest.approx([0, 0, 45 / 120])


def test_misfits_come_first_with_their_reason() -> None:
    attendance = yearly_results().attendance
    assert attendance["area"].tolist() == ["c2", "c1"]
    assert attendance["text"].tolist() == ["the schools in reach are filled by others", ""]
    assert attendance["ratio"].tolist()[1] == pytest.approx(0.2)


def test_units_newly_served_add_up_to_what_the_plan_adds() -> None:
    """The plan of tiny serves 300 more in clinics and 230 more in stations; A's clinic costs 90 for
    300, A's station 63.33 for 120, B's 30 for 110.
    """
    costs = tiny_results().unit_costs.set_index(["building_id", "service_id"])
    assert costs["served_new"].to_dict() == {
        ("A", "clinic"): 300.0, ("A", "station"): 120.0, ("B", "station"): 110.0,
    }  # fmt: skip
    assert costs.loc[("A", "clinic"), "unit_cost"] == pytest.approx(0.3)
    assert costs.index[0] == ("A", "station")
    assert not costs["dear"].any()  # three places tell no quartile


def test_dear_is_above_the_upper_quartile() -> None:
    """Four like places, one of which costs twice as much."""
    names = ["A", "B", "C", "D"]
    instance = town(
        people={f"P{b}": 10.0 for b in names},
        ways={f"P{b}": [b] for b in names},
        services={"school": {}},
        modules={"m": {"service_id": "school", "capacity": 10.0}},
        buildings={b: {} for b in names},
    )
    chosen = chosen_rows(
        *(
            {"building_id": b, "service_id": "school", "module_id": "m", "capacity": 10.0,
             "cost": 20.0 if b == "C" else 10.0}
            for b in names
        )
    )  # fmt: skip
    service = service_rows(instance, [(f"P{b}", "all", "school", b, 10.0, 5.0) for b in names])
    costs = results_of(instance, solution_of(instance, chosen=chosen, service=service)).unit_costs
    assert costs.loc[costs["dear"], "building_id"].tolist() == ["C"]


def test_index_of_tiny() -> None:
    """West: 300 of 850 in clinics today, 600 in the plan; 0 and 150 of 150 in stations. The file of
    headings puts stations under care for older people.
    """
    index = tiny_results().index.set_index(["zone_id", "heading_id"])
    west = index.loc[("west", "all")]
    assert west["index_today"] == pytest.approx(100 * (300 / 850) / 2)
    assert west["index_plan"] == pytest.approx(100 * (600 / 850 + 1) / 2)
    assert index.loc[("east", "elderly"), "index_plan"] == pytest.approx(80)
    assert index.loc[("", "all"), "index_plan"] == pytest.approx(70)
    assert index.loc[("", "all"), "index_today"] == pytest.approx(12)
    names = tiny_results("zh").index.set_index("heading_id")["heading"]
    assert set(names["elderly"]) == {"老有所养"}


def test_hubs_of_stations() -> None:
    """A's station belongs to A's clinic; B's, in the east, has no clinic there but C's."""
    link = {"link_id": "L", "service_id": "station", "hub_service_id": "clinic",
            "zone_kind": "sub_district"}  # fmt: skip
    instance = yearly_tiny().replace(links=table("links", [link]))
    hubs = results_of(instance, yearly_solution(instance), TODAY).hubs
    assert hubs[["station_id", "hub_id"]].to_numpy().tolist() == [["A", "F1"]]
    assert hubs["distance_m"].tolist() == [600.0]


TARGET = {"target_id": "T", "service_id": "clinic", "value": 1000.0, "unit": "places"}


@pytest.mark.parametrize(
    ("says", "before", "after", "shortfall"),
    [
        # The clinic of A holds 300 on 150 m2; F1 holds 300 today; 1,250 people.
        ({}, 300, 600, 400),
        ({"base_value": 2.0}, 2, 302, 698),
        ({"per": "per_1000"}, 240, 480, 520),
        ({"per": "per_1000", "base_value": 200.0, "base_people": 1000.0}, 200, 400, 600),
        ({"measure": "floor_area", "per": "per_person", "value": 0.2}, 0, 0.12, 0.08),
        ({"measure": "count"}, 1, 2, 998),
        ({"measure": "count", "comparison": "at_most", "value": 1.0}, 1, 2, 1),
        ({"also_services": "station"}, 300, 840, 160),
        ({"per": "share", "share_of": "station", "value": 0.5}, 0, 2.5, 0),
        # Five years of one period: 300 / 5 a year, against 1,000 in each.
        ({"per": "per_year"}, 0, 60, 940),
        ({"zone_id": "east"}, 0, 0, 1000),
    ],
)
def test_targets_count_as_they_say(
    says: dict[str, object], before: float, after: float, shortfall: float
) -> None:
    instance = tiny().replace(targets=table("targets", [{**TARGET, **says}]))
    from report_plans import tiny_solution

    row = results_of(instance, tiny_solution(instance), TODAY).targets.iloc[0]
    assert row["base_value"] == pytest.approx(before)
    assert row["plan_value"] == pytest.approx(after)
    assert row["shortfall"] == pytest.approx(shortfall)


def test_targets_of_a_yearly_plan_are_of_the_last_year() -> None:
    """2023: 120 places of A for 1,500 people; B is closed. Each year opens 120, 120 and 0."""
    rows = [
        {"target_id": "T1", "service_id": "station", "value": 100.0, "unit": "places per 1000",
         "per": "per_1000", "rank": 2},
        {"target_id": "T2", "service_id": "station", "value": 100.0, "unit": "places a year",
         "per": "per_year", "rank": 1},
    ]  # fmt: skip
    instance = yearly_tiny().replace(targets=table("targets", rows))
    targets = results_of(instance, yearly_solution(instance), TODAY).targets
    assert targets["target_id"].tolist() == ["T2", "T1"]
    assert targets["shortfall"].tolist() == pytest.approx([100, 20])
    assert targets["plan_value"].tolist() == pytest.approx([0, 80])


def test_only_targets_with_a_tag_count() -> None:
    modules = tiny().modules.assign(tags=["nursing", "", ""])
    instance = tiny().replace(
        targets=table("targets", [{**TARGET, "tag": "nursing"}]), modules=modules
    )
    from report_plans import tiny_solution

    row = results_of(instance, tiny_solution(instance), TODAY).targets.iloc[0]
    tagged = modules.loc[modules["tags"] == "nursing", "module_id"].tolist()
    assert row["plan_value"] == (300 if "clinic_small" in tagged else 0)


def test_projects_have_their_year_and_mode() -> None:
    projects = yearly_results().projects
    rows = projects[projects["row"] == "project"].set_index("building_id")
    assert rows["year"].to_dict() == {"C": 2023, "A": 2021, "B": 2022}
    assert rows.loc["A", ["mode", "private_cost"]].tolist() == ["rent", 45.0]
    assert "rent of 3 years 30" in rows.loc["A", "content"]
    assert rows.loc["B", "content"].endswith("open until 2022.")
    assert projects["private_cost"].iloc[-1] == 45


def test_rates_say_what_a_unit_counts() -> None:
    """Weights 1 and 1, need 1,250 and 250: a station counts as five clinics."""
    assert exchange_rates(tiny(), "en") == (
        "By weight and need, one unit counts as so many of Clinic (people): Elderly care station 5."
    )
    assert "社区养老服务驿站 5" in exchange_rates(tiny(), "zh")


def test_tiers_in_words() -> None:
    objective = tiny().settings.objective.model_copy(update={"equity_zone_kind": "sub_district"})
    instance = tiny().replace(settings=tiny().settings.model_copy(update={"objective": objective}))
    tiers = (
        Tier(name="served[1]", value=0.7, bound=0.7, gap=0.0),
        Tier(name="served[2]", value=0.5, bound=0.6, gap=0.2),
        Tier(name="equity", value=0.4, bound=0.4, gap=0.0),
        Tier(name="targets", value=0.0, bound=0.0, gap=0.0),
        Tier(name="preferences", value=3.0, bound=3.0, gap=0.0),
        Tier(name="money", value=9.0, bound=9.0, gap=0.0),
    )
    solution = solution_of(instance, tiers=tiers)
    assert tier_sentences(instance, solution, "en") == [
        "Services of rank 2: 50.0% served (bound 60.0%).",
        "Worst-served sub district: 40.0% of what could be served there.",
        "Targets: all are met.",
        "Preferences: 3 points.",
    ]
    assert len(tier_sentences(instance, solution, "zh")) == 4


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_terminal_tells_the_years(lang: str) -> None:
    instance = yearly_tiny()
    console = Console(width=80)
    with console.capture() as capture:
        solution = yearly_solution(instance)
        passed = Verification(checks=())
        console.print(plan_summary(instance, solution, passed, lang, years=AFTER.years))
    text = capture.get()
    assert "…" not in text
    lines = [line.split() for line in text.splitlines() if line.startswith("202")]
    assert [line[0] for line in lines] == ["2021", "2022", "2023"]
    assert lines[0][1:6] == ["1", "25", "60", "35", "10"]
    assert lines[2][-3:] == ["10.0%", "→", "35.0%"]
    assert "2021–2023" in text
    assert "45" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_files_of_a_yearly_plan(tmp_path: Path, lang: str) -> None:
    link = {"link_id": "L", "service_id": "station", "hub_service_id": "clinic"}
    targets = table("targets", [TARGET])
    instance = yearly_tiny().replace(links=table("links", [link]), targets=targets)
    writers = run_files(
        instance,
        measure_travel(instance),
        yearly_solution(instance),
        service_rows(instance, TODAY),
        Verification(checks=()),
        lang,
        afterwards=AFTER,
    )
    for name, write in writers.items():
        write(tmp_path / name)
    for name in ("years", "outlook", "attendance", "hubs", "indicators", "unit_costs", "index"):
        rows = pd.read_csv(tmp_path / f"{name}.csv", encoding="utf-8-sig")
        assert len(rows), name
        assert all(column.isascii() for column in rows.columns)
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    assert len(book.sheetnames) == 15
    said = " ".join(str(c.value) for s in book.worksheets for r in s.iter_rows() for c in r)
    assert HEADINGS["carried_over"].text(lang, "万元") in said
    assert HEADINGS["private_cost"].text(lang, "万元") in said
    found = json.loads((tmp_path / "plan.geojson").read_text(encoding="utf-8"))
    assert next(feature["id"] for feature in found["features"]) == "A/station/station/2021"


def test_a_plan_of_one_period_shows_no_years() -> None:
    """Columns that say nothing are in the tables for programs, not in those for people."""
    from siting.report.tables import told

    results = tiny_results()
    shown = told(results.chosen, results.planned)
    silent = {"year", "until", "mode", "private_cost"}
    assert silent <= set(results.chosen.columns)
    assert not silent & set(shown.columns)
    assert silent <= set(told(yearly_results().chosen, yearly_tiny()).columns)


REFUSED = {
    "people": {"D": 100.0},
    "ways": {"D": ["B"]},
    "services": {"clinic": {"name": "Clinic", "name_zh": "诊所"}},
    "modules": {"m": {"service_id": "clinic", "capacity": 50.0}},
    "plan": {"start_year": 2021, "years": 3},
}


@pytest.mark.parametrize(
    ("changes", "reason", "text"),
    [
        (
            {"buildings": {"B": {"available_from_year": 2030}}},
            "not_eligible",
            "Clinic (m) could not open here before 2030 (free from 2030); the plan ends with 2023",
        ),
        (
            {
                "buildings": {"B": {"available_from_year": 2030}},
                "plan": {"start_year": 2021, "years": 3, "yearly": True},
            },
            "not_eligible",
            "Clinic (m) could not open here before 2030 (free from 2030); the plan ends with 2023",
        ),
        (
            {
                "services": {
                    "clinic": {"name": "Clinic", "name_zh": "诊所"},
                    "school": {"name": "School"},
                },
                "buildings": {"B": {"allowed_services": "school"}},
            },
            "not_eligible",
            "its planned use allows only School, not Clinic",
        ),
        (
            {
                "services": {"clinic": {"name": "Clinic", "name_zh": "诊所", "site_max_m2": 80.0}},
                "buildings": {"B": {}},
            },
            "not_eligible",
            "Clinic (m) takes 100 m²; one site may have at most 80 m²",
        ),
        (
            {
                "services": {
                    "clinic": {
                        "name": "Clinic", "name_zh": "诊所", "kind": "reach", "people_cap": 200.0,
                    }
                },
                "modules": {"m": {"service_id": "clinic", "capacity": 200.0, "min_load": 0.75}},
                "buildings": {"B": {}},
            },
            "nobody_in_reach",
            "too little need within reach for Clinic (m): 50",
        ),
        (
            {
                "buildings": {"B": {}},
                "spaces": [{"building_id": "B", "space": "hall", "area_m2": 70.0}],
            },
            "too_small",
            "Clinic (m) needs 100 m² of floor area in the spaces that suit; 30 m² are missing",
        ),
    ],
)  # fmt: skip
def test_reasons_of_the_new_rules(changes: dict[str, object], reason: str, text: str) -> None:
    instance = town(**{**REFUSED, **changes})  # type: ignore[arg-type]
    row = results_of(instance, solution_of(instance)).not_chosen.iloc[0]
    assert row["reason"] == reason
    assert row["text"].startswith(text)
    assert row["text_zh"]


def test_the_cheapest_way_of_getting_hold_of_a_building_speaks() -> None:
    """Bought it costs 100 + 30, rented 15 and 10 a year for three years."""
    instance = yearly_tiny()
    solution = yearly_solution(instance)
    chosen = solution.chosen[solution.chosen["building_id"] != "A"]
    solution = solution_of(instance, chosen=chosen, service=solution.service, cost=solution.cost)
    row = results_of(instance, solution, TODAY).not_chosen.iloc[0]
    assert (row["building_id"], row["reason"]) == ("A", "less_useful")
