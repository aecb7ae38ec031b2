"""Whether a return may count: of this run, whole, and every verdict in it sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from siting.errors import Finding
from siting.instance.instance import Instance
from siting.review.checking.places import check_places
from siting.review.checking.rows import compare_rows, name_rows
from siting.review.checking.verdicts import verdict_of, words_of
from siting.review.fields import KEY
from siting.review.returns import Return
from siting.review.returns.cells import text_of
from siting.review.returns.checks import ReturnFinding, Said, Spot
from siting.review.standing import content, contradicting, latest
from siting.review.verdicts import DECISIONS, Verdict

if TYPE_CHECKING:
    import geopandas as gpd

_STATED = ("run_id", "instance_hash")
_HASH_SHOWN = 12


def check_return(
    returned: Return, exported: gpd.GeoDataFrame, instance: Instance, departments: Sequence[str]
) -> tuple[tuple[Verdict, ...], list[Finding]]:
    """Return the verdicts of a return and everything that is wrong with it, errors and warnings.

    Rows are compared with the exported ones unless the return is of another run.

    Parameters
    ----------
    exported
        What was exported, as `siting.review.layers.sites.review_rows` gives it.
    instance
        As it was planned.
    departments
        That must each approve a site; none for whoever wishes to.
    """
    findings: list[Finding] = list(returned.findings)
    identity = _identity(returned, exported)
    rows, faults = name_rows(returned, instance, departments)
    findings += identity + faults
    if not identity and _names_its_rows(returned, departments):
        rows, faults = compare_rows(
            rows, returned, exported, instance=instance, departments=departments
        )
        findings += faults + check_places(rows, returned, instance)
    words = words_of(instance, returned.text_bytes)
    verdicts: list[Verdict] = []
    spots: dict[int, Spot] = {}
    for row in rows:
        verdict, faults = verdict_of(row, words)
        findings += faults
        if verdict is not None:
            verdicts.append(verdict)
            spots[id(verdict)] = row.spot
    findings += _contradictions(verdicts, spots)
    return tuple(verdicts), findings


def _identity(returned: Return, exported: gpd.GeoDataFrame) -> list[Finding]:
    """Return why a return is not of this run, or of other data; a list of verdicts need not say."""
    ours_run, ours_hash = (
        text_of(exported[name].iloc[0]) if len(exported) else "" for name in _STATED
    )
    findings: list[Finding] = []
    run_id, instance_hash = returned.run_id, returned.instance_hash
    if run_id and ours_run and run_id != ours_run:
        findings.append(
            returned.spot.about(
                "another_run", column="run_id", value=f'"{run_id}"', ours=ours_run, theirs=run_id
            )
        )
    elif not run_id and "run_id" in returned.table and len(returned.table):
        findings.append(returned.spot.about("no_run", column="run_id"))
    if instance_hash and ours_hash and instance_hash != ours_hash:
        value = f'"{instance_hash[:_HASH_SHOWN]}..."'
        findings.append(returned.spot.about("another_instance", column=_STATED[1], value=value))
    return findings


def _names_its_rows(returned: Return, departments: Sequence[str]) -> bool:
    """Whether there are rows, with all columns that say which they are."""
    key = KEY if departments else KEY[:2]
    return bool(len(returned.table)) and set(key) <= set(returned.table.columns)


def _contradictions(verdicts: Sequence[Verdict], spots: dict[int, Spot]) -> list[Finding]:
    """Return where verdicts cannot hold together, each with the places of both."""
    findings: list[Finding] = []
    for column, one, other in contradicting(verdicts):
        if one is other:
            continue  # a row against itself is found where it is read
        check = "disagree" if column == "decision" else "commit_against"
        said: dict[str, Said] = {
            "one": who(one),
            "other": who(other),
            "says_one": says(one),
            "says_other": says(other),
        }
        value = f"{spots[id(one)].feature}, {spots[id(other)].feature}"
        findings.append(spots[id(one)].about(check, column=column, value=value, **said))
    return findings


def replaced(
    verdicts: Sequence[Verdict], earlier: Sequence[Verdict], spot: Spot
) -> list[ReturnFinding]:
    """Return which verdicts take the place of one that another reviewer gave before."""
    held = {verdict.key: verdict for verdict in latest(earlier)}
    return [
        spot.about(
            "replaced",
            column="decision",
            value=", ".join(filter(None, [*verdict.key, verdict.reviewer])),
            says_other=says(before),
            other=who(before),
        )
        for verdict in verdicts
        if (before := held.get(verdict.key)) is not None
        and content(before) != content(verdict)
        and before.reviewer != verdict.reviewer
    ]


def who(verdict: Verdict) -> Said:
    """Return who gave a verdict: name and department."""
    en = " of ".join(filter(None, [verdict.reviewer or "somebody", verdict.department]))
    zh = "".join(filter(None, [verdict.department, verdict.reviewer or "未署名者"]))
    return en, zh


def says(verdict: Verdict) -> Said:
    """Return what a verdict decides, as people see it."""
    if verdict.decision is None:
        return "project approved", "已立项"
    return DECISIONS[verdict.decision]
