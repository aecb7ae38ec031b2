"""Runs of tiny by hand for tests of comparisons; `instances/tiny/README.md` draws the town.

Three plans, kept as runs without a solver: nothing (0.12), a station in B and a clinic in C for 70
(0.408), and the best one with 200 (0.70).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from report_plans import (
    TINY,
    TINY_COST,
    TODAY,
    chosen_rows,
    service_rows,
    solution_of,
    tiny,
    tiny_solution,
)

from siting.instance.instance import NEED_GRID, Instance
from siting.instance.settings import Scenario
from siting.scenarios.case import Case
from siting.scenarios.comparing.comparison import Comparison, compare_runs
from siting.scenarios.run import Run
from siting.solution import Conflict, Solution, Termination
from siting.store import load_run, save_run
from siting.travel.measure import measure_travel

# The station of B serves D3 and the nearer of D2, the clinic of C all of D4.
HALF = [
    *TODAY,
    ("D2", "elderly", "station", "B", 40.0, 10.0),
    ("D3", "elderly", "station", "B", 80.0, 0.0),
    ("D4", "adults", "clinic", "C", 100.0, 0.0),
    ("D4", "elderly", "clinic", "C", 20.0, 0.0),
]


def best(town: Instance, **fields: Any) -> Solution:
    """Return the best plan with 200."""
    return replace(tiny_solution(town), **fields)


def half(town: Instance, **fields: Any) -> Solution:
    """Return the best plan with 100: 30 and 40, 120 elderly people and 120 people more."""
    chosen = chosen_rows(
        {"building_id": "B", "service_id": "station", "module_id": "station",
         "floor_area_m2": 100.0, "capacity": 120.0, "works_cost": 30.0, "cost": 30.0,
         "yearly_cost": 10.0},
        {"building_id": "C", "service_id": "clinic", "module_id": "clinic_small",
         "floor_area_m2": 150.0, "capacity": 300.0, "works_cost": 40.0, "cost": 40.0,
         "yearly_cost": 20.0},
    )  # fmt: skip
    usual = {
        "objective": 0.408,
        "bound": 0.408,
        "today": 0.12,
        "chosen": chosen,
        "service": service_rows(town, HALF),
        "served_today": {"clinic": 300.0, "station": 0.0},
        "cost": {**dict.fromkeys(TINY_COST, 0.0), "works": 70.0, "total": 70.0, "yearly": 30.0},
    }
    return solution_of(town, **{**usual, **fields})


def nothing(town: Instance, **fields: Any) -> Solution:
    """Return the plan without money."""
    usual = {"objective": 0.12, "bound": 0.12, "today": 0.12, "service": service_rows(town, TODAY)}
    return solution_of(town, **{**usual, **fields})


def impossible(town: Instance) -> Solution:
    """Return the proof that there is no plan."""
    way = {"row": "budget", "rule": "budget", "place": "", "amount": 40.0, "unit": "万元",
           "text": "40 more", "text_zh": "增加40"}  # fmt: skip
    conflict = Conflict(rows=("budget", "required[C]"), irreducible=True, ways_out=(way,))
    return solution_of(
        town, termination=Termination.INFEASIBLE, objective=None, bound=None, conflict=conflict,
        today=0.12,
    )  # fmt: skip


def kept(
    root: Path, case: Case, make: Any, *, base: Instance | None = None, verified: bool = True,
    **fields: Any,
) -> Run:  # fmt: skip
    """Return a plan by hand, kept as the run of a case."""
    base = base or tiny()
    town = case.of(base)
    solution = make(town, **fields)
    if solution.has_plan and solution.bound is not None and solution.bound > solution.objective:
        solution = replace(solution, termination=Termination.WITHIN_GAP)
    provenance = replace(
        solution.provenance,
        scenario=case.name,
        overrides=dict(town.overrides),
        base_hash=base.content_hash,
        instance_hash=town.content_hash,
    )
    need = {s: amount / NEED_GRID for s, amount in town.base_need.items()}
    folder = save_run(
        replace(solution, provenance=provenance), need, {}, root=root, verified=verified,
        instance_path=TINY,
    )  # fmt: skip
    return Run(case=case, folder=folder, values=load_run(folder)[1])


def budget_case(budget: float) -> Case:
    """Return a case that differs in its budget alone."""
    return Case(name=f"budget={budget:g}", scenario=Scenario(budget=budget))


def named_case(name: str) -> Case:
    """Return a scenario of tiny, or the town as it is."""
    scenario = tiny().settings.scenarios[name] if name else Scenario()
    return Case(name=name, scenario=scenario)


def today_of(town: Instance) -> pd.DataFrame:
    """Return who is served today: 300 people of D1."""
    return service_rows(town, TODAY)


def compared(*runs: Run, base: Instance | None = None) -> Comparison:
    """Return runs of tiny side by side."""
    base = base or tiny()
    return compare_runs(base, runs, measure_travel(base), today_of(base))
