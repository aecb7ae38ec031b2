"""What the terminal shows."""

from pathlib import Path

import pandas as pd
import pytest
from report_plans import TODAY, service_rows, solution_of, tiny, tiny_solution
from rich.console import Console, RenderableType

from siting.errors import Finding
from siting.report.console import (
    assessment_summary,
    findings_table,
    plan_summary,
    runs_table,
    verification_summary,
)
from siting.solution import Conflict, Limit, Termination
from siting.verification import Verification
from siting.verification.outcome import Check

PASSED = Verification(checks=(Check(rule="budget", findings=()),))


def shown(what: RenderableType, width: int = 80) -> str:
    console = Console(width=width, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_plan_fits_80_columns(lang: str) -> None:
    text = shown(plan_summary(tiny(), tiny_solution(tiny()), PASSED, lang))
    assert "…" not in text
    assert "12.0% → 70.0%" in text
    assert "24.0% → 48.0%" in text
    assert "0.0% → 92.0%" in text
    assert "wholly made up" in text


def test_a_plan_in_words() -> None:
    text = shown(plan_summary(tiny(), tiny_solution(tiny()), PASSED, "en"))
    assert "Proven best" in text
    assert "Capital 200 of a budget of 200 万元" in text
    assert "16.67" in text
    assert "passed" in text


def test_a_plan_that_failed_the_check() -> None:
    finding = Finding(place="budget[total]", rule="exceeded by 5")
    failed = Verification(checks=(Check(rule="budget", findings=(finding,)),))
    assert "FAILED" in shown(plan_summary(tiny(), tiny_solution(tiny()), failed, "en"))
    text = shown(verification_summary(failed, Path("runs/1")))
    assert "budget: capital within the budget" in text
    assert "FAILED" in text


@pytest.mark.parametrize(("lang", "text"), [("en", "1 more station"), ("zh", "还需1处驿站")])
def test_a_conflict_with_its_way_out(lang: str, text: str) -> None:
    conflict = Conflict(
        rows=("minimum_per_zone[station/east]", "budget[total]"),
        irreducible=False,
        ways_out=({"text": "1 more station", "text_zh": "还需1处驿站"},),
    )
    solution = solution_of(
        tiny(),
        termination=Termination.INFEASIBLE,
        objective=None,
        bound=None,
        conflict=conflict,
        cost={},
    )
    said = shown(plan_summary(tiny(), solution, PASSED, lang))
    assert text in said
    assert "minimum_per_zone[station/east]" in said


def test_no_plan_before_the_limit() -> None:
    solution = solution_of(
        tiny(), termination=Termination.NONE, limit=Limit.TIME, objective=None, cost={}
    )
    assert "No plan was found before the time limit" in shown(
        plan_summary(tiny(), solution, PASSED)
    )


def test_findings_are_shown_as_they_are() -> None:
    finding = Finding(place="[red]a.csv", row=3, column="x", value="[/]", rule="must be > 0")
    text = shown(findings_table([finding]))
    assert "[red]a.csv" in text
    assert "[/]" in text


def test_an_assessment() -> None:
    """Today 300 of 1,250 are served in clinics (24 %) and nobody of 250 in stations."""
    text = shown(assessment_summary(tiny(), service_rows(tiny(), TODAY), "en"))
    assert [line.split() for line in text.splitlines() if "Clinic" in line] == [
        ["Clinic,", "people", "1,250", "300", "24.0%", "950", "950"]
    ]
    assert "250" in text


def test_runs() -> None:
    run = {"run_id": "20260105-093000-abcdef", "instance": "tiny", "scenario": "half",
           "title": "Half the budget", "title_zh": "一半预算", "budget": 100.0,
           "termination": "optimal", "objective": 0.408, "gap": 0.0, "cost": 70.0, "verified": 1,
           "engine": "highs", "seconds": 1.0}  # fmt: skip
    none = {**run, "objective": None, "gap": None, "cost": None, "verified": 0}
    text = shown(runs_table(pd.DataFrame([run, none])))
    assert "tiny/20260105-093000-abcdef" in text
    assert "40.80%" in text
    assert "verified" in text
    chinese = shown(runs_table(pd.DataFrame([run, none]), "zh"))
    assert "一半预算" in chinese
    assert "未通过校验" in chinese
