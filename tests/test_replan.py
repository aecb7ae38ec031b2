"""Planning on from a later year: what is built stands, what is spent is gone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from towns import town
from typer.testing import CliRunner

from siting.cli.app import app
from siting.errors import InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply
from siting.instance.writing import write_instance
from siting.plan import Options, Plan, solve
from siting.replan import replan

TINY = Path(__file__).parents[1] / "instances" / "tiny"

YEARS = {"start_year": 2021, "years": 3, "yearly": True}


def street(**changes: Any) -> Instance:
    """Three clinics of 40 at 10 each, in A, B and C, for 100 people; money for one a year.

    ::

        D1(100) --- A --- B --- C       10 money in 2021, in 2022 and in 2023
    """
    parts: dict[str, Any] = {
        "people": {"D1": 100},
        "ways": {"D1": "ABC"},
        "services": {"clinic": {"agency": "health"}},
        "modules": {"m": {"service_id": "clinic", "capacity": 40.0}},
        "buildings": {"A": {}, "B": {}, "C": {}},
        "plan": YEARS,
        "budget": {
            "total": 30.0,
            "years": {2021: 10.0, 2022: 10.0, 2023: 10.0},
            "agencies": {"health": 30.0},
        },
    }
    return town(**parts | changes)


def planned(instance: Instance) -> Plan:
    made = solve(instance, Options(gap=0.0))
    assert made.verification.passed
    return made


def test_what_is_built_stands_and_the_rest_is_planned_on():
    """40, 80 and 100 of 100 served: 0.7333 on average. From 2022 on one is there: 0.8 and 1."""
    instance = street()
    first = planned(instance)
    assert first.solution.objective == pytest.approx(2.2 / 3)
    assert sorted(first.solution.chosen["year"]) == [2021, 2022, 2023]
    scenario = replan(instance, first.solution, 2022)
    later = apply(instance, scenario, name="later")
    assert later.years == (2022, 2023)
    assert later.settings.budget.total == 20.0
    assert later.settings.budget.years == {2021: 0.0, 2022: 10.0, 2023: 10.0}
    assert later.settings.budget.agencies == {"health": 20.0}
    again = planned(later)
    assert again.solution.objective == pytest.approx(0.9)
    assert sorted(again.solution.chosen["status"]) == ["committed", "new", "new"]
    assert again.solution.cost["total"] == 20.0


def test_a_dropped_site_is_forbidden_and_a_locked_one_required():
    instance = street()
    solution = planned(instance).solution
    by_year = solution.chosen.set_index("year")["building_id"]
    scenario = replan(instance, solution, 2022, dropped=[by_year[2022]], locked=[by_year[2023]])
    locks = {(lock.building_id, lock.status) for lock in scenario.locks}
    assert locks == {
        (by_year[2021], "committed"),
        (by_year[2022], "forbidden"),
        (by_year[2023], "required"),
    }
    again = planned(apply(instance, scenario, name="later"))
    assert set(again.solution.chosen["building_id"]) == {by_year[2021], by_year[2023]}


def test_what_a_year_left_is_carried_over():
    """Only 5 in 2021: nothing opens then, so that 2022 has 5 more than its 10."""
    budget = {"total": 25.0, "years": {2021: 5.0, 2022: 10.0, 2023: 10.0}}
    instance = street(budget=budget)
    solution = planned(instance).solution
    assert solution.chosen["year"].min() == 2022
    scenario = replan(instance, solution, 2022)
    assert scenario.year_budgets == {2021: 0.0, 2022: 15.0, 2023: 10.0}
    assert scenario.budget == 25.0
    strict = street(budget=budget | {"carry_over": False})
    kept_apart = replan(strict, planned(strict).solution, 2022)
    assert kept_apart.year_budgets == {2021: 0.0, 2022: 10.0, 2023: 10.0}


def test_a_facility_that_was_closed_stays_closed():
    """F keeps A from the larger clinic: it closes, and planning on does not bring it back."""
    instance = street(
        modules={"m": {"service_id": "clinic", "capacity": 100.0, "floor_area_m2": 100.0}},
        buildings={"A": {"floor_area_m2": 100.0}},
        ways={"D1": "A"},
        facilities={
            "F": {
                "service_id": "clinic",
                "capacity": 10.0,
                "building_id": "A",
                "floor_area_m2": 100.0,
            }
        },
    )
    solution = planned(instance).solution
    assert solution.chosen["module_id"].tolist() == ["m"]
    later = planned(apply(instance, replan(instance, solution, 2022), name="later"))
    assert later.solution.chosen["module_id"].tolist() == ["m"]
    assert later.solution.objective == 1.0


@pytest.mark.parametrize("year", [2021, 2024])
def test_only_a_later_year_of_a_yearly_plan_can_be_planned_from(year):
    instance = street()
    solution = planned(instance).solution
    with pytest.raises(InstanceError, match=r"must be a later year of the plan \(2022, 2023\)"):
        replan(instance, solution, year)


def test_a_building_that_is_not_there_is_named():
    instance = street()
    solution = planned(instance).solution
    with pytest.raises(InstanceError, match='building = "Z": no such building'):
        replan(instance, solution, 2022, dropped=["Z"])


def test_the_command_plans_on_from_a_run(tmp_path, monkeypatch):
    """tiny by years, then from its second year: the new run is verified against its instance."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "town"
    base, _ = read_instance(TINY)
    plan = base.settings.plan.model_copy(update={"yearly": True, "years": 2})
    write_instance(base.replace(settings=base.settings.model_copy(update={"plan": plan})), folder)
    first = run("solve", str(folder), "--gap", "0", "--out", "first", "--json")
    assert first["termination"] == "optimal"
    second = run(
        "solve", str(folder), "--after", "first", "--from", "2022", "--out", "second", "--json"
    )
    assert second["termination"] == "optimal"
    assert {row["status"] for row in second["chosen"]} <= {"committed", "new", "keep"}
    again = CliRunner().invoke(app, ["verify", "second"], obj=0.0)
    assert again.exit_code == 0, again.output


def run(*words: str) -> dict[str, Any]:
    """Return the JSON line that a command ends with."""
    result = CliRunner().invoke(app, list(words), obj=time.monotonic())
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout.splitlines()[-1]))
