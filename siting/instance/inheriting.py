"""Scenarios that build on others: what each of them says in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from siting.errors import Finding, InstanceError, nearest
from siting.instance.settings import BASE, ConditionRow, Lock, PriorityRow, Scenario
from siting.instance.settings_file import join_key

Keys = TypeVar("Keys", bound=BaseModel)

_OWN = ("inherits", "title", "title_zh")
"""What a scenario says of itself alone."""

_VERDICT = {
    Lock: {"status", "year"},
    PriorityRow: {"factor"},
    ConditionRow: {"extra_cost", "delay_years", "max_area_m2", "condition"},
}
"""By kind of row: what it says; the other cells say of what."""


def in_full(scenario: Scenario, known: Mapping[str, Scenario], name: str = "") -> Scenario:
    """Return a scenario with all that it inherits, parents in their order and then its own keys.

    Tables by name and sections are merged key by key, other values replaced, rows appended; a row
    about the same building, service, group or zone as a parent's takes its place. Titles are not
    inherited.

    Parameters
    ----------
    known
        Scenarios that it may inherit from.
    name
        Its own name, for findings.

    Raises
    ------
    InstanceError
        When it, or one that it inherits from, inherits from none that is known or from itself.
    """
    if not scenario.inherits:
        return scenario
    named = {**known, name: scenario}
    findings = list(broken_lines(named, "instance.toml", [name]))
    if findings:
        raise InstanceError(f"scenario {name}", findings)
    return mended(scenario, known)


def mended(scenario: Scenario, known: Mapping[str, Scenario]) -> Scenario:
    """Return a scenario as `in_full` does, leaving out what is inherited from none or itself."""
    return _in_full(scenario, known, frozenset())


def broken_lines(
    known: Mapping[str, Scenario], place: str, names: list[str] | None = None
) -> Iterator[Finding]:
    """Yield a finding for each parent that is not known, and for each circle.

    Parameters
    ----------
    place
        Where the scenarios stand.
    names
        Only these and what they inherit from; all where not given.
    """
    told: set[frozenset[str]] = set()
    for name in known if names is None else _line(known, names):
        for parent in known[name].inherits:
            if parent not in known:
                others = [other for other in known if other != name]
                yield _about(place, name, parent, "no such scenario", nearest(parent, others))
        circle = _circle(known, name)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            rule = f"inherits from itself: {' -> '.join(circle)}"
            yield _about(place, name, circle[1], rule, "")


def _about(place: str, name: str, value: str, rule: str, remedy: str) -> Finding:
    key = join_key(["scenarios", name, "inherits"])
    if value == BASE:
        remedy = "every scenario starts from the instance as it is"
    return Finding(place=place, column=key, value=f'"{value}"', rule=rule, remedy=remedy)


def _line(known: Mapping[str, Scenario], names: list[str]) -> list[str]:
    """Return names and all that they inherit from, as far as known."""
    found = [name for name in names if name in known]
    for name in found:  # grows as it is gone through
        found += [p for p in known[name].inherits if p in known and p not in found]
    return found


def _circle(known: Mapping[str, Scenario], name: str) -> list[str]:
    """Return the shortest way by which a scenario inherits from itself; none where it does not."""
    ways = [[name]]
    seen = {name}
    for way in ways:  # grows as it is gone through
        for parent in known[way[-1]].inherits:
            if parent == name:
                return [*way, parent]
            if parent in known and parent not in seen:
                seen.add(parent)
                ways.append([*way, parent])
    return []


def _in_full(scenario: Scenario, known: Mapping[str, Scenario], above: frozenset[str]) -> Scenario:
    full = Scenario()
    for parent in scenario.inherits:
        if parent in known and parent not in above:
            line = _in_full(known[parent], known, above | {parent})
            full = _merged(full, _only(line, set(Scenario.model_fields) - set(_OWN)))
    return _merged(full, _only(scenario, set(Scenario.model_fields) - {"inherits"}))


def _only(scenario: Scenario, keys: set[str]) -> Scenario:
    """Return what a scenario states under some keys."""
    stated = scenario.model_fields_set & keys
    return Scenario().model_copy(update={key: getattr(scenario, key) for key in stated})


def _merged(first: Scenario, then: Scenario) -> Scenario:
    """Return a scenario with the keys that either states, the second having the last word."""
    said, before = then.model_fields_set, first.model_fields_set
    order = [key for key in Scenario.model_fields if key in said]  # whatever that of writing
    return first.model_copy(
        update={
            key: _together(getattr(first, key), getattr(then, key))
            if key in before
            else getattr(then, key)
            for key in order
        }
    )


def _together(first: Any, then: Any) -> Any:
    if isinstance(first, BaseModel) and isinstance(then, BaseModel):
        return with_keys(first, then)
    if isinstance(first, dict) and isinstance(then, dict):
        return {**first, **then}
    if isinstance(first, tuple) and isinstance(then, tuple):
        said = {_subject(row) for row in then}
        return (*(row for row in first if _subject(row) not in said), *then)
    return then


def with_keys(section: Keys, changes: BaseModel) -> Keys:
    """Return a section of settings with the keys that another one states."""
    return section.model_copy(update={k: getattr(changes, k) for k in changes.model_fields_set})


def _subject(row: Any) -> Any:
    """Return what a row speaks of."""
    if not isinstance(row, BaseModel):
        return row
    cells = row.model_dump(exclude=_VERDICT.get(type(row)))
    return (type(row), *cells.items())
