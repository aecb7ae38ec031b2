"""Where every site stands after all verdicts, and the scenario that respects them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, product
from typing import Any

from siting.errors import Finding
from siting.instance.settings import Scenario
from siting.review.fields import LAYER
from siting.review.verdicts import Decision, Verdict


class State(StrEnum):
    """Where one use of a building stands."""

    ADMISSIBLE = "admissible"
    OPEN = "open"
    REJECTED = "rejected"
    OTHER = "other"
    COMMITTED = "committed"


STATES: dict[State, tuple[str, str]] = {
    State.ADMISSIBLE: ("Admissible", "可实施"),
    State.OPEN: ("Still open", "待定"),
    State.REJECTED: ("Rejected", "已否决"),
    State.OTHER: ("Another use", "改作他用"),
    State.COMMITTED: ("Approved as a project", "已立项"),
}
"""What people see for each, English and Chinese."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where one use of a building stands, and what it is subject to.

    Attributes
    ----------
    verdicts
        Those that hold, by department.
    waiting_for
        Departments that the instance requires and that have not decided, or hold.
    extra_cost, delay_years, max_area_m2, condition
        What all approvals ask for together: costs add up, delays run side by side so that the
        longest counts, the smallest area holds.
    proposed_uses
        Services that should go there instead.
    """

    building_id: str
    service_id: str
    state: State
    verdicts: tuple[Verdict, ...]
    waiting_for: tuple[str, ...] = ()
    extra_cost: float = 0.0
    delay_years: int = 0
    max_area_m2: float | None = None
    condition: str = ""
    proposed_uses: tuple[str, ...] = ()


def latest(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return the verdicts that hold: of one department on one use the last that was given."""
    return tuple({verdict.key: verdict for verdict in verdicts}.values())


def standings(verdicts: Iterable[Verdict], departments: Sequence[str]) -> tuple[Standing, ...]:
    """Return where every use stands on which there is a verdict.

    A use is admissible once every department that the instance requires has approved, and where it
    requires none once anybody has. One rejection wins; a commitment alone makes a site open.
    """
    uses: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in latest(verdicts):
        uses.setdefault((verdict.building_id, verdict.service_id), []).append(verdict)
    return tuple(_standing(key, tuple(own), departments) for key, own in uses.items())


def _standing(
    use: tuple[str, str], verdicts: tuple[Verdict, ...], departments: Sequence[str]
) -> Standing:
    said = {verdict.decision for verdict in verdicts}
    agreed = [v for v in verdicts if v.decision in (Decision.APPROVE, Decision.CONDITIONAL)]
    approving = {verdict.department for verdict in agreed}
    waiting = tuple(d for d in departments if d not in approving)
    limits = [v.max_area_m2 for v in agreed if v.max_area_m2 is not None]
    if Decision.REJECT in said:
        state = State.REJECTED
    elif Decision.OTHER in said:
        state = State.OTHER
    elif any(verdict.commit for verdict in verdicts):
        state = State.COMMITTED
    elif waiting or Decision.HOLD in said or not agreed:
        state = State.OPEN
    else:
        state = State.ADMISSIBLE
    return Standing(
        building_id=use[0],
        service_id=use[1],
        state=state,
        verdicts=verdicts,
        waiting_for=waiting,
        extra_cost=sum(verdict.extra_cost for verdict in agreed),
        delay_years=max((verdict.delay_years for verdict in agreed), default=0),
        max_area_m2=min(limits, default=None),
        condition="; ".join(dict.fromkeys(v.condition for v in agreed if v.condition)),
        proposed_uses=tuple(dict.fromkeys(v.proposed_use for v in verdicts if v.proposed_use)),
    )


def scenario_after(base: Scenario, held: Iterable[Standing]) -> Scenario:
    """Return the scenario of the next round: what was planned with, and what was decided.

    A rejection forbids the building, another use forbids this one there, a commitment requires it,
    and an approval with conditions is admissible at those; nothing else forces or forbids.

    Parameters
    ----------
    base
        The scenario of the first round in full, without any verdict.
    """
    locks: dict[tuple[str, str | None], str] = {}
    conditions: list[dict[str, Any]] = []
    for standing in held:
        match standing.state:
            case State.REJECTED:
                locks[standing.building_id, None] = "forbidden"
            case State.OTHER:
                locks[standing.building_id, standing.service_id] = "forbidden"
            case State.COMMITTED:
                locks[standing.building_id, standing.service_id] = "required"
        if _asks(standing):
            conditions.append(
                {
                    "building_id": standing.building_id,
                    "service_id": standing.service_id,
                    "extra_cost": standing.extra_cost,
                    "delay_years": standing.delay_years,
                    "max_area_m2": standing.max_area_m2,
                    "condition": standing.condition,
                }
            )
    given = base.model_dump(mode="json", exclude_unset=True)
    new = [{"building_id": b, "service_id": s, "status": lock} for (b, s), lock in locks.items()]
    given["locks"] = [*given.get("locks", ()), *new]
    asked = {(row["building_id"], row["service_id"]) for row in conditions}
    kept = [
        r
        for r in given.get("conditions", ())
        if (r["building_id"], r.get("service_id")) not in asked
    ]
    given["conditions"] = [*kept, *conditions]
    return Scenario.model_validate({key: value for key, value in given.items() if value != []})


def _asks(standing: Standing) -> bool:
    limited = standing.max_area_m2 is not None
    return bool(standing.extra_cost or standing.delay_years or limited or standing.condition)


def contradictions(verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    """Yield where verdicts of one return cannot hold together, see `contradicting`."""
    for column, one, other in contradicting(verdicts):
        if column == "decision":
            rule = (
                f"{_who(one)} and {_who(other)} of one department disagree: "
                f"{_says(one)} against {_says(other)}"
            )
            remedy = "settle it in the department and return one verdict"
        else:
            rule = f"approved as a project by {_who(one)}, but {_says(other)} by {_who(other)}"
            remedy = "withdraw one of the two"
        yield Finding(
            place=LAYER,
            column=column,
            value=f"{one.building_id}, {one.service_id}",
            rule=rule,
            remedy=remedy,
        )


def contradicting(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, Verdict, Verdict]]:
    """Yield pairs of verdicts that cannot hold together, with the column that says so.

    ``decision``: two of one department on one use that differ; ``commit``: a commitment beside a
    rejection of the building or of the use, by whomever.
    """
    by_building: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_building.setdefault(verdict.building_id, []).append(verdict)
    for own in by_building.values():
        for one, other in combinations(own, 2):
            if one.key == other.key and content(one) != content(other):
                yield "decision", one, other
        for commit, against in product(own, own):
            if commit.commit and _keeps_out(against, commit.service_id):
                yield "commit", commit, against


def _keeps_out(verdict: Verdict, service_id: str) -> bool:
    """Whether a verdict keeps a use out of its building."""
    same_use = verdict.service_id == service_id
    return verdict.decision == Decision.REJECT or (verdict.decision == Decision.OTHER and same_use)


def content(verdict: Verdict) -> tuple[object, ...]:
    """Return what a verdict decides, whoever gave it and why."""
    return (
        verdict.decision,
        verdict.proposed_use,
        verdict.extra_cost,
        verdict.delay_years,
        verdict.max_area_m2,
        verdict.commit,
    )


def _who(verdict: Verdict) -> str:
    return " of ".join(filter(None, [verdict.reviewer or "somebody", verdict.department]))


def _says(verdict: Verdict) -> str:
    return verdict.decision.value if verdict.decision is not None else "commit"
