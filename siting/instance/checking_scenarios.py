"""Settings as each scenario has them, and whether scenarios and grids name what there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel

from siting.errors import Finding
from siting.instance.given import Given, GivenTable, frame_of, nearest_of
from siting.instance.inheriting import broken_lines, mended, with_keys
from siting.instance.settings import BASE, Scenario, Settings
from siting.instance.settings_file import join_key


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Settings as they are, or as a scenario has them.

    Attributes
    ----------
    path
        Keys that lead to what is said of it: none, or ``scenarios`` and a name.
    settings
        With the sections `plan`, `objective` and `rules` of the scenario in full.
    scenario
        What the scenario says itself, without what it inherits; nothing for the settings as they
        are.
    """

    path: tuple[str, ...]
    settings: Settings
    scenario: Scenario


def variants(settings: Settings) -> Iterator[Variant]:
    """Yield the settings as they are, then as each scenario has them."""
    yield Variant(path=(), settings=settings, scenario=Scenario())
    for name, scenario in settings.scenarios.items():
        full = mended(scenario, settings.scenarios)
        changed: dict[str, object] = {"rules": settings.rules | full.rules}
        if full.plan is not None:
            changed["plan"] = with_keys(settings.plan, full.plan)
        if full.objective is not None:
            changed["objective"] = with_keys(settings.objective, full.objective)
        yield Variant(
            path=("scenarios", name),
            settings=settings.model_copy(update=changed),
            scenario=scenario,
        )


def find_errors(given: Given) -> list[Finding]:
    """Return scenarios and grids that build on what is not there."""
    settings = given.settings
    if settings is None:
        return []
    place, known = given.settings_place, settings.scenarios
    found = list(broken_lines(known, place))
    if BASE in known:
        rule = "stands for the instance as it is; no scenario may be named so"
        found.append(Finding(place=place, column=join_key(["scenarios", BASE]), rule=rule))
    for name, grid in settings.grids.items():
        path = ["grids", name, "scenarios"]
        found += _unknown(given, path, grid.scenarios, [BASE, *known], "scenario")
    return [*found, *_unknown_names(given, settings)]


def _unknown_names(given: Given, settings: Settings) -> Iterator[Finding]:
    """Yield the zones, services and buildings of scenarios that are none."""
    for name, said in settings.scenarios.items():
        named: tuple[tuple[str, Iterable[str], str, str], ...] = (
            ("zone_people_factors", said.zone_people_factors, "zones", "zone"),
            ("need_factors", said.need_factors, "services", "service"),
            ("available_from_year", said.available_from_year, "buildings", "building"),
            ("unavailable", said.unavailable, "buildings", "building"),
        )
        for key, words, table, noun in named:
            known = given.known(f"{table}.{noun}_id")
            if given[table].damaged or (not known and table != "zones"):
                continue  # a finding already
            yield from _unknown(given, ["scenarios", name, key], words, known, noun)


def _unknown(
    given: Given, path: Sequence[str], words: Iterable[str], known: list[str], noun: str
) -> Iterator[Finding]:
    for word in words:
        if word not in known:
            yield Finding(
                place=given.settings_place,
                column=join_key(path),
                value=f'"{word}"',
                rule=f"no such {noun}",
                remedy=nearest_of(word, known),
            )


def find_unread_years(given: Given) -> Iterator[Finding]:
    """Tell of scenarios that say when a building can be used where no rule reads it."""
    if given.settings is None:
        return
    for variant in variants(given.settings):
        if not variant.scenario.available_from_year:
            continue
        off = variant.settings.rules.get("availability") is False
        if off or variant.settings.plan.start_year is None:
            yield Finding(
                severity="warning",
                place=given.settings_place,
                column=join_key([*variant.path, "available_from_year"]),
                rule="is not read: "
                + ("the rule availability is off" if off else "plan.start_year is not given"),
                remedy="rules.availability = true in this scenario, or list it as unavailable"
                if off
                else "",
            )


def rows_as_table(given: Given, name: str, rows: Sequence[BaseModel]) -> GivenTable:
    """Return the rows that a scenario adds to a table, numbered from 0, as such a table."""
    cells = {
        column.name: np.array([getattr(row, column.name) for row in rows], dtype=object)
        for column in given[name].declared.columns
        if column.name in type(rows[0]).model_fields
    }
    return GivenTable(
        declared=given[name].declared,
        place=given.settings_place,
        frame=frame_of(cells),
        rows=np.arange(len(rows)),
    )
