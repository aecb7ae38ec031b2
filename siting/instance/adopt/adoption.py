"""What an adoption read, made up and found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pandas as pd

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.settings import Settings
from siting.instance.settings_file import FILE, settings_text

_WORDS = {
    "en": ("{table}: {kept} rows from {place}", " ({read} read)", "made up", "warning"),
    "zh": ("{table}：{kept} 行，来自 {place}", "（读入 {read} 行）", "合成数据", "警告"),
}


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Rows of one table taken from one place.

    Attributes
    ----------
    table, place
        The table, and the file or mapping that its rows come from.
    read, kept
        Rows found there, and rows taken.
    """

    table: str
    place: str
    read: int
    kept: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """Rows of one table from one place, as columns of the instance.

    Attributes
    ----------
    frame
        The columns made, in any types.
    origins
        Where findings about each row point to: place, row there, and what leads to the column.
    taken
        How many rows there were and are.
    """

    frame: pd.DataFrame
    origins: tuple[tuple[str, int | None, str], ...]
    taken: Taken


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """The result of an adoption.

    Attributes
    ----------
    folder
        Where the instance was written.
    instance
        As it reads back; None while tables are still to be filled in.
    taken
        Where the rows come from.
    notes
        Factors and constants that were applied, and what is still to do.
    findings
        Warnings.
    """

    folder: Path
    instance: Instance | None
    taken: tuple[Taken, ...]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]

    def describe(self, lang: Literal["en", "zh"] = "en") -> list[str]:
        """Return what was read, computed, made up and found, a line each."""
        rows, of, made_up, warning = _WORDS[lang]
        lines = []
        for taken in self.taken:
            line = rows.format(table=taken.table, kept=taken.kept, place=taken.place)
            lines.append(line + (of.format(read=taken.read) if taken.read != taken.kept else ""))
        lines += self.notes
        if self.instance is not None and self.instance.settings.synthetic:
            lines.append(f"{made_up}: {self.instance.settings.synthetic}")
        return lines + [f"{warning}: {finding}" for finding in self.findings]


def check_free(out: Path) -> None:
    """Make sure that nothing is overwritten.

    Raises
    ------
    InstanceError
        When `out` holds something.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        finding = Finding(
            place=str(out), rule="is not empty", remedy="give a new folder; nothing is overwritten"
        )
        raise InstanceError(str(out), [finding])


def join_parts(
    settings: Settings, parts: Mapping[str, Sequence[Part]], name: str
) -> tuple[Instance, list[Finding]]:
    """Make an instance of parts of its tables, checked like any other.

    Parameters
    ----------
    settings
        Content of `instance.toml`.
    parts
        By table.
    name
        Name of the instance.

    Returns
    -------
    tuple
        The instance, and warnings in the terms of the foreign files.

    Raises
    ------
    InstanceError
        With everything that is wrong, in the terms of the foreign files.
    """
    with TemporaryDirectory() as folder:
        draft = Path(folder) / name
        draft.mkdir()
        (draft / FILE).write_text(settings_text(settings), encoding="utf-8")
        for table, pieces in parts.items():
            frame = pd.concat([part.frame for part in pieces], ignore_index=True)
            frame.to_csv(draft / f"{table}.csv", index=False)
        try:
            instance, findings = read_instance(draft)
        except InstanceError as error:
            raise InstanceError(name, _as_given(error.findings, parts)) from None
    return instance, _as_given(findings, parts)


def _as_given(findings: Iterable[Finding], parts: Mapping[str, Sequence[Part]]) -> list[Finding]:
    """Say findings about rows in the terms of the files that the rows come from."""
    origins = {
        f"{table}.csv": [origin for part in pieces for origin in part.origins]
        for table, pieces in parts.items()
    }
    said = []
    for finding in findings:
        if finding.row is not None and finding.place in origins:
            place, row, stem = origins[finding.place][finding.row - 2]
            finding = replace(finding, place=place, row=row, column=f"{stem}{finding.column}")
        said.append(finding)
    return said
