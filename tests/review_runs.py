"""Runs under review, made in memory or kept in a folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from siting import plan, store
from siting.instance.instance import NEED_GRID, Instance
from siting.planner import Plan
from siting.report.labels import Lang
from siting.report.results import gather_results
from siting.review.fields import LAYER
from siting.review.run import ReviewedRun, Round
from siting.review.standing import Standing, standings
from siting.review.verdicts import Decision, Verdict

EXACT = plan.Options(gap=0.0)

Use = tuple[str, str]
"""Building and service."""

Typed = Mapping[Use, Mapping[str, Any]]
"""What reviewers type in: fields by use."""


def verdict(building_id: str, service_id: str, decision: str, **said: Any) -> Verdict:
    """A verdict with all that it must have."""
    reasons = {"reject": "unsafe", "other": "better as something else"}
    return Verdict(
        building_id=building_id,
        service_id=service_id,
        decision=Decision(decision),
        **{"reason": reasons.get(decision, ""), "reviewer": "Wang", "date": "2026-05-04"} | said,
    )


def standing(building_id: str, service_id: str, decision: str, **said: Any) -> Standing:
    """Where a use stands after one verdict, in a town that asks for no department by name."""
    return standings([verdict(building_id, service_id, decision, **said)], ())[0]


def keep_run(made: Plan, folder: Path, instance_path: Path) -> Path:
    """Keep a plan as a run without any further files."""
    need = {s: amount / NEED_GRID for s, amount in made.instance.base_need.items()}
    return store.save_run(
        made.solution,
        need,
        {},
        root=folder.parent,
        verified=made.verification.passed,
        instance_path=instance_path,
        out=folder,
    )


def reviewed(
    made: Plan, folder: Path, held: Sequence[Standing] = (), *, number: int = 1, lang: Lang = "en"
) -> ReviewedRun:
    """A plan as a run under review, with standings of the rounds before."""
    folder.mkdir(parents=True, exist_ok=True)
    return ReviewedRun(
        folder=folder,
        instance_path=folder,
        instance=made.instance,
        plan=made,
        results=gather_results(
            made.instance,
            made.travel,
            made.solution,
            made.service_today,
            verified=True,
            lang=lang,
            afterwards=made.afterwards,
            model=made.model,
        ),
        round=Round(number=number),
        earlier=tuple(v for s in held for v in s.verdicts),
        standings=tuple(held),
        departments=(),
    )


def solved(instance: Instance) -> Plan:
    """The proven best plan of an instance."""
    return plan.solve(instance, EXACT)


def typed_into(file: Path, typed: Typed) -> None:
    """Fill in the fields of the reviewers as a program beside ours would: by SQL."""
    with closing(sqlite3.connect(file)) as content, content:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            content.create_function(name, 1, lambda _: 0)
        for use, fields in typed.items():
            said = {"reviewer": "Wang", "date": "2026-05-04", **fields}
            names = ", ".join(f'"{name}" = ?' for name in said)
            done = content.execute(
                f"UPDATE {LAYER} SET {names} WHERE building_id = ? AND service_id = ?",  # noqa: S608
                [*said.values(), *use],
            )
            assert done.rowcount == 1
