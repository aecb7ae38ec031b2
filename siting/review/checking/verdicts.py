"""What a row decides: a verdict, or everything that keeps it from being one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from siting.errors import Finding
from siting.instance.given import plain_number
from siting.instance.instance import Instance
from siting.review.checking.rows import Row, known_services
from siting.review.fields import FIELDS
from siting.review.returns.cells import (
    day_in,
    days_meant,
    meant,
    number_in,
    number_instead,
    plain,
    text_of,
    trimmed,
    yes_in,
)
from siting.review.returns.checks import Said, alike, write_instead
from siting.review.verdicts import DECISIONS, Decision, Verdict

_DECISIONS = {
    plain(said): decision for decision, labels in DECISIONS.items() for said in (decision, *labels)
}
_AMOUNTS = ("extra_cost", "delay_years", "max_area_m2")
_CONDITIONS = (*_AMOUNTS, "condition")
_WORDS = ("department", "reason", "condition", "reviewer")
_NAMES = {field.name: (field.en, field.zh) for field in FIELDS}
_REFUSALS = (Decision.REJECT, Decision.OTHER)


@dataclass(frozen=True, kw_only=True, eq=False)
class Words:
    """What reviewers' words are looked up in.

    Attributes
    ----------
    services
        Id of each service by its id and names, as they are compared.
    least_area_m2
        Floor area of the smallest module of each service.
    text_bytes
        Longest text of the format, in bytes; None for no limit.
    """

    services: Mapping[str, str]
    least_area_m2: Mapping[str, float]
    text_bytes: int | None


def words_of(instance: Instance, text_bytes: int | None) -> Words:
    """Return what the words of reviewers of an instance are looked up in."""
    least = instance.modules.groupby("service_id")["floor_area_m2"].min().astype(float)
    return Words(
        services=known_services(instance),
        least_area_m2={str(s): float(area) for s, area in least.items()},
        text_bytes=text_bytes,
    )


def verdict_of(row: Row, words: Words) -> tuple[Verdict | None, list[Finding]]:
    """Return the verdict of a row, None where it gives none, and what is wrong with it.

    A verdict is returned with errors too, as far as it can be read, so that it can be compared.
    """
    findings = list(_of_texts(row, words))
    decision, commit = _decision(row, findings), _commit(row, findings)
    extra_cost, delay_years, max_area_m2 = (
        _amount(row, name, words, findings) for name in _AMOUNTS
    )
    use, day = _proposed_use(row, words, findings), _day(row, findings)
    if decision is None and not commit:
        return None, findings + list(_undecided(row))
    findings += [*_incomplete(row, decision, use), *_ignored(row, decision), *_unnamed(row)]
    if commit and decision in _REFUSALS:
        said = DECISIONS[decision]
        findings.append(row.spot.about("commit_refused", column="commit", decision=said))
    conditional = decision == Decision.CONDITIONAL
    return Verdict(
        building_id=row.key[0],
        service_id=row.key[1],
        department=row.key[2],
        decision=decision,
        reason=_text(row, "reason"),
        proposed_use=use if decision == Decision.OTHER else "",
        reviewer=_text(row, "reviewer"),
        date=day,
        extra_cost=(extra_cost or 0.0) if conditional else 0.0,
        delay_years=int(delay_years or 0) if conditional else 0,
        max_area_m2=max_area_m2 if conditional else None,
        condition=_text(row, "condition") if conditional else "",
        commit=commit,
    ), findings


def _text(row: Row, name: str) -> str:
    return trimmed(text_of(row.cells.get(name)))


def _stated(row: Row, name: str) -> bool:
    """Whether a condition is filled in; 0 is none, but for an area."""
    cell = row.cells.get(name)
    return cell is not None and (name == "max_area_m2" or number_in(cell) != 0)


def _undecided(row: Row) -> Iterator[Finding]:
    """Yield that a row says something and yet decides nothing."""
    filled = [n for n in ("reason", "proposed_use", *_CONDITIONS) if _stated(row, n)]
    if filled and row.cells.get("decision") is None and yes_in(row.cells.get("commit")) is False:
        named = (", ".join(_NAMES[n][0] for n in filled), "、".join(_NAMES[n][1] for n in filled))
        yield row.spot.about("no_decision", column="decision", filled=named)


def _incomplete(row: Row, decision: Decision | None, use: str) -> Iterator[Finding]:
    """Yield what a decision needs beside it."""
    if decision is None:
        return
    if decision in _REFUSALS and not _text(row, "reason"):
        yield row.spot.about("no_reason", column="reason", decision=DECISIONS[decision])
    if decision == Decision.OTHER and not _text(row, "proposed_use"):
        yield row.spot.about("no_use", column="proposed_use")
    if decision == Decision.OTHER and use == row.key[1]:
        yield row.spot.about("same_use", column="proposed_use", value=f'"{use}"')
    if decision == Decision.CONDITIONAL and not any(_stated(row, n) for n in _CONDITIONS):
        yield row.spot.about("no_condition", column="condition")


def _ignored(row: Row, decision: Decision | None) -> Iterator[Finding]:
    """Yield what is filled in and counts for nothing with this decision."""
    if decision != Decision.CONDITIONAL:
        for name in _CONDITIONS:
            if _stated(row, name):
                shown = text_of(row.cells[name])
                yield row.spot.about("conditions_ignored", column=name, value=shown)
    if decision != Decision.OTHER and _text(row, "proposed_use"):
        value = f'"{_text(row, "proposed_use")}"'
        yield row.spot.about("use_ignored", column="proposed_use", value=value)


def _unnamed(row: Row) -> Iterator[Finding]:
    if not _text(row, "reviewer"):
        yield row.spot.about("no_reviewer", column="reviewer")
    if row.cells.get("date") is None:
        yield row.spot.about("no_date", column="date")


def _of_texts(row: Row, words: Words) -> Iterator[Finding]:
    for name in (*_WORDS, "proposed_use", "decision"):
        cell = row.cells.get(name)
        if not isinstance(cell, str):
            continue
        if trimmed(cell) != cell:
            yield row.spot.about("whitespace", column=name, value=repr(cell))
        if words.text_bytes is not None and len(cell.encode()) >= words.text_bytes - 2:
            yield row.spot.about("cut_text", column=name, value=f'"...{cell[-20:]}"')


def _decision(row: Row, findings: list[Finding]) -> Decision | None:
    said = _text(row, "decision")
    decision = meant(said, _DECISIONS)
    if said and decision is None:
        near = alike(plain(said), list(_DECISIONS))
        findings.append(
            row.spot.about("bad_decision", column="decision", value=f'"{said}"', nearest=near)
        )
    return decision


def _commit(row: Row, findings: list[Finding]) -> bool:
    cell = row.cells.get("commit")
    said = yes_in(cell)
    if said is None:
        findings.append(row.spot.about("not_yes_no", column="commit", value=f'"{text_of(cell)}"'))
    return bool(said)


def _amount(row: Row, name: str, words: Words, findings: list[Finding]) -> float | None:
    """Return an amount, None where there is none or it is not sound."""
    cell = row.cells.get(name)
    if cell is None:
        return None
    value = number_in(cell)
    least = words.least_area_m2.get(row.key[1], 0.0)
    said: dict[str, Said] = {}
    if value is None:
        check, said = "not_number", {"instead": write_instead(number_instead(cell))}
    elif name == "max_area_m2":
        check = "not_positive" if value <= 0 else "area_too_small" if value < least else ""
        said = {"least": plain_number(least)}
    else:
        whole = name == "delay_years" and value % 1 != 0
        check = "negative" if value < 0 else "not_whole" if whole else ""
    if not check:
        return value
    shown = f'"{text_of(cell)}"' if value is None else text_of(cell)
    findings.append(row.spot.about(check, column=name, value=shown, **said))
    return None


def _proposed_use(row: Row, words: Words, findings: list[Finding]) -> str:
    said = _text(row, "proposed_use")
    use = meant(said, words.services)
    if said and use is None:
        near = alike(said, list(words.services))
        findings.append(
            row.spot.about("no_service", column="proposed_use", value=f'"{said}"', nearest=near)
        )
    return use or ""


def _day(row: Row, findings: list[Finding]) -> str:
    cell = row.cells.get("date")
    day = day_in(cell)
    if cell is None or day:
        return day
    days = days_meant(cell)
    value = f'"{text_of(cell)}"'
    if len(days) > 1:
        one, other = days
        findings.append(
            row.spot.about("two_days", column="date", value=value, one=one, other=other)
        )
    else:
        instead = write_instead("".join(days))
        findings.append(row.spot.about("bad_date", column="date", value=value, instead=instead))
    return ""
