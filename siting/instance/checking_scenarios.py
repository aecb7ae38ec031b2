"""Settings as each scenario has them, and the rows that scenarios add to tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel

from siting.instance.given import Given, GivenTable, frame_of
from siting.instance.settings import Scenario, Settings


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Settings as they are, or as a scenario has them.

    Attributes
    ----------
    path
        Keys that lead to what is said of it: none, or ``scenarios`` and a name.
    settings
        With the sections `plan`, `objective` and `rules` of the scenario.
    scenario
        What the scenario says; nothing for the settings as they are.
    """

    path: tuple[str, ...]
    settings: Settings
    scenario: Scenario


def variants(settings: Settings) -> Iterator[Variant]:
    """Yield the settings as they are, then as each scenario has them."""
    yield Variant(path=(), settings=settings, scenario=Scenario())
    for name, scenario in settings.scenarios.items():
        changed: dict[str, object] = {"rules": settings.rules | scenario.rules}
        if scenario.plan is not None:
            changed["plan"] = _with(settings.plan, scenario.plan)
        if scenario.objective is not None:
            changed["objective"] = _with(settings.objective, scenario.objective)
        yield Variant(
            path=("scenarios", name),
            settings=settings.model_copy(update=changed),
            scenario=scenario,
        )


def _with(section: BaseModel, changes: BaseModel) -> BaseModel:
    said = {key: getattr(changes, key) for key in changes.model_fields_set}
    return section.model_copy(update=said)


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
