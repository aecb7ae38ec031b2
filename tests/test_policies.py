"""Every statement of the plans is carried by something that exists, or says why it is outside."""

import csv
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from report_plans import tiny_results
from test_rule_cards import is_key
from towns import town

from siting.cli.app import app
from siting.instance.rulebook import RULES
from siting.instance.settings import Settings
from siting.instance.tables import TABLES
from siting.model.conversions import list_conversions
from siting.report.framework import framework_headings, heading_of
from siting.report.policy_list import Statement, policy_list, read_statements

ROOT = Path(__file__).parents[1]
STATEMENTS = read_statements(ROOT / "docs" / "policies.csv")
CARRIED = [s for s in STATEMENTS if s.status == "carried"]
XICHENG = ROOT / "instances" / "xicheng"
SETTINGS = tomllib.loads((XICHENG / "instance.toml").read_text("utf-8"))

BECOMES = (
    ("P006", "market_floor", "sports"),
    ("P006", "basement", "sports"),
    ("P007", "vacated_office", "elderly_station"),
    ("P008", "idle_factory", "convenience"),
    ("P008", "market_floor", "convenience"),
    ("P010", "heritage", "culture"),
    ("P010", "heritage", "reading"),
    ("P012", "courtyard", "elderly_station"),
    ("P012", "courtyard_partial", "culture"),
    ("P019", "vocational_campus", "kindergarten"),
    ("P019", "vocational_campus", "primary"),
    ("P020", "vocational_campus", "junior"),
    ("P022", "hospital_wing", "elderly_centre"),
    ("P023", "hospital_wing", "elderly_centre"),
    ("P024", "hospital_wing", "clinic"),
    ("P025", "training_building", "elderly_centre"),
    ("P048", "market_floor", "culture"),
    ("P048", "vacated_office", "culture"),
    ("P106", "renewal_parcel", "kindergarten"),
    ("P135", "estate_ancillary", "clinic"),
    ("P138", "hospital_wing", "clinic"),
    ("P139", "vocational_campus", "primary"),
    ("P140", "estate_ancillary", "kindergarten"),
    ("P141", "courtyard", "meal_point"),
)
"""Classes of the bundled district and what the statements want them to become."""


def has_column(name: str) -> bool:
    table, _, column = name.partition(".")
    return table in TABLES and TABLES[table].column(column) is not None


def is_written(name: str) -> bool:
    """Whether a file of a run is named where runs are written; tables by their stem."""
    folders = (ROOT / "siting", ROOT / "siting" / "store")
    files = [file for folder in folders for file in folder.glob("*.py")]
    files.append(ROOT / "siting" / "report" / "files.py")
    words = (f'"{name}"', f'"{name.removesuffix(".csv")}": results.')
    return any(word in file.read_text("utf-8") for file in files for word in words)


def is_command(name: str) -> bool:
    command = typer.main.get_command(app)
    for word in name.split():
        command = getattr(command, "commands", {}).get(word)
    return command is not None


EXISTS: dict[str, Callable[[str], bool]] = {
    "rule": RULES.__contains__,
    "table": TABLES.__contains__,
    "column": has_column,
    "setting": lambda name: is_key(Settings, name),
    "tier": ("served", "equity", "targets", "nearness", "money").__contains__,
    "scenario": lambda name: name in SETTINGS["scenarios"],
    "output": is_written,
    "command": is_command,
}
"""Whether what a reference of a kind names is there."""


def test_there_are_147_statements_in_order():
    assert [s.id for s in STATEMENTS] == [f"P{number:03}" for number in range(1, 148)]
    assert all(s.paraphrase and s.paraphrase_zh for s in STATEMENTS)
    plans = re.compile(r"(Beijing|Xicheng) (2016-20|2021-25), [\w ]+")
    assert all(plans.fullmatch(s.plan) for s in STATEMENTS)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.id)
def test_each_is_carried_or_says_why_not(statement: Statement):
    what = (statement.carried_by, statement.code, statement.test)
    if statement.status == "carried":
        assert all(what)
    else:
        assert statement.status == "outside"
        assert not any(what)
        assert statement.reason


@pytest.mark.parametrize("statement", CARRIED, ids=lambda s: s.id)
def test_what_carries_it_exists(statement: Statement):
    dead = [f"{kind}:{name}" for kind, name in statement.references if not EXISTS[kind](name)]
    assert dead == []


@pytest.mark.parametrize("statement", CARRIED, ids=lambda s: s.id)
def test_code_and_test_exist(statement: Statement):
    assert (ROOT / statement.code).is_file()
    file, _, name = statement.test.partition("::")
    function, _, case = name.rstrip("]").partition("[")
    assert f"\ndef {function}(" in (ROOT / file).read_text("utf-8")
    if case:  # one case of the golden programs
        assert function == "test_program_is_the_golden_one"
        assert (ROOT / "tests" / "golden" / f"{case}.lp").is_file()


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_carries_the_statements_that_it_names(rule):
    numbers = re.findall(r"P(\d{3})(?:-P?(\d{3}))?", RULES[rule].source)
    named = {f"P{n:03}" for a, b in numbers for n in range(int(a), int(b or a) + 1)}
    carried = {s.id for s in CARRIED}
    assert named <= carried


@pytest.mark.parametrize(("statement", "building_class", "service"), BECOMES)
def test_a_class_may_become_what_the_statement_says(statement, building_class, service):
    assert statement in {s.id for s in CARRIED}
    assert status_of(building_class, service) in {"allowed", "needs_approval"}


def test_classes_are_shown_for_the_statements_that_say_so():
    name = test_a_class_may_become_what_the_statement_says.__name__
    assert {s.id for s in CARRIED if s.test.endswith(name)} == {row[0] for row in BECOMES}


def test_what_the_statements_keep_out_is_not_listed():
    # P093: no new vocational schools, universities and hospitals. P011: no schools in heritage.
    open_to = {
        (row["class"], row["service_id"])
        for row in table("eligibility")
        if row["status"] != "forbidden"
    }
    assert not {"vocational", "university"} & {row["service_id"] for row in table("services")}
    assert {c for c, service in open_to if service == "hospital"} <= {"hospital_wing"}
    assert not {("heritage", "primary"), ("heritage", "junior")} & open_to


def test_public_stock_is_free_of_rent():
    rented = {"yearly_rent_per_m2": 0.1}
    houses = {"A": rented | {"owner_level": "district"}, "B": rented | {"owner_level": "private"}}
    free = {"rent_free_owner_levels": ["district"], "rent_free_services": ["nursery"]}
    letting = town(
        people={"D1": 100},
        ways={"D1": "AB"},
        services={"nursery": {}, "sports": {}},
        modules={
            "n": {"service_id": "nursery", "capacity": 60.0},
            "s": {"service_id": "sports", "capacity": 60.0},
        },
        buildings=houses,
        plan={"years": 5, **free},
    )
    rows = list_conversions(letting)
    rent = dict(
        zip(zip(rows["building_id"], rows["service_id"], strict=True), rows["rent"], strict=True)
    )
    # 0.1 a year and m2, 100 m2, 5 years, in hundredths.
    assert rent == {
        ("A", "nursery"): 0,
        ("A", "sports"): 5000,
        ("B", "nursery"): 5000,
        ("B", "sports"): 5000,
    }


def test_people_who_work_there_need_culture_too():
    groups = {row["group"] for row in table("needs") if row["service_id"] == "culture"}
    assert "workers" in groups
    assert any(float(row["people_workers"] or 0) > 0 for row in table("demand"))


def test_capital_per_unit_newly_served():
    # A is charged 50 + 40 for 300 in its clinic and 33.33 + 30 for 120 in its station; B costs 30.
    costs = tiny_results().unit_costs.set_index(["building_id", "service_id"])["unit_cost"]
    expected = {
        ("A", "clinic"): 90 / 300,
        ("A", "station"): 63.33 / 120,
        ("B", "station"): 30 / 110,
    }
    assert costs.to_dict() == pytest.approx(expected)


def test_index_of_a_zone_before_and_after():
    # West: clinics serve 300 of 850 today and 600 in the plan, stations none of 150 and all.
    index = tiny_results().index.set_index(["zone_id", "heading_id"])
    west = index.loc[("west", "all")]
    assert west["index_today"] == pytest.approx(100 * (300 / 850 + 0) / 2)
    assert west["index_plan"] == pytest.approx(100 * (600 / 850 + 1) / 2)


def test_services_stand_under_the_headings_of_the_city():
    services = {row["service_id"] for row in table("services")}
    assert {heading_of(service) for service in services} <= {
        *(heading.heading_id for heading in framework_headings())
    }
    assert heading_of("kindergarten") == "childcare"
    assert [h.set_zh for h in framework_headings()] == ["七有"] * 7 + ["五性"] * 5


def test_the_page_is_what_the_rows_say():
    stored = (ROOT / "docs" / "policies.md").read_text("utf-8")
    assert stored == policy_list(STATEMENTS), "run python -m siting.report.policy_list docs"
    counts = f"carried: {len(CARRIED)}, outside: {len(STATEMENTS) - len(CARRIED)}"
    assert counts in stored


def table(name):
    with (XICHENG / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def status_of(building_class, service):
    """Return what the bundled district says of a class and a service; empty for nothing."""
    rows = table("eligibility")
    found = [r for r in rows if r["class"] == building_class and r["service_id"] == service]
    return found[0]["status"] if found else ""
