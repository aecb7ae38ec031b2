"""What an adoption read, made up and found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pandas as pd

from siting.errors import Finding, InstanceError
from siting.instance.adopt.foreign import as_text
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.settings import Settings
from siting.instance.settings_file import FILE, settings_text

_WORDS = {
    "rows": ("{table}: {kept} rows from {place}", "{table}：{kept} 行，来自 {place}"),
    "some": (
        "{table}: {kept} of {read} rows from {place}",
        "{table}：{read} 行中的 {kept} 行，来自 {place}",
    ),
    "made_up": ("made up: {0}", "合成或假设：{0}"),
    "fill": (
        "to fill in: {0}, a row per inhabited place: lon, lat (or x, y in {1}), people by group",
        "待填写：{0}，每个居住地点一行：经纬度（或 {1} 中的 x、y）、各组人数",
    ),
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
        The instance; without demand points where these are still to be filled in.
    taken
        Where the rows come from.
    computed
        Numbers that the mapping sets or changes: factors, constants, value maps.
    to_fill
        File that the user is to fill in; empty for none.
    findings
        Warnings.
    """

    folder: Path
    instance: Instance
    taken: tuple[Taken, ...]
    computed: tuple[str, ...]
    to_fill: str = ""
    findings: tuple[Finding, ...]

    def describe(self, lang: Literal["en", "zh"] = "en") -> list[str]:
        """Return what was read, computed and made up, and what is to be filled in, a line each."""
        words = {key: said[lang == "zh"] for key, said in _WORDS.items()}
        settings = self.instance.settings
        lines = [
            words["rows" if taken.read == taken.kept else "some"].format(**asdict(taken))
            for taken in self.taken
        ]
        lines += self.computed
        if settings.synthetic:
            lines.append(words["made_up"].format(settings.synthetic))
        if self.to_fill:
            lines.append(words["fill"].format(self.to_fill, settings.crs))
        return lines


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
    settings: Settings, parts: Mapping[str, Sequence[Part]], out: Path
) -> tuple[Instance, list[Finding]]:
    """Make an instance of parts of its tables, checked like any other.

    Parameters
    ----------
    settings
        Content of `instance.toml`.
    parts
        By table.
    out
        Folder that the instance is for, which names it; nothing is written there.

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
        draft = Path(folder) / out.resolve().name
        draft.mkdir()
        (draft / FILE).write_text(settings_text(settings), encoding="utf-8")
        for table, pieces in parts.items():
            frame = pd.concat([part.frame for part in pieces], ignore_index=True)
            frame.map(as_text).to_csv(draft / f"{table}.csv", index=False)
        try:
            instance, findings = read_instance(draft)
        except InstanceError as error:
            raise InstanceError(str(out), _as_given(error.findings, parts)) from None
    return instance, _as_given(findings, parts)


def _as_given(findings: Iterable[Finding], parts: Mapping[str, Sequence[Part]]) -> list[Finding]:
    """Say findings about rows in the terms of the files that the rows come from."""
    origins = {
        f"{table}.csv": [origin for part in pieces for origin in part.origins]
        for table, pieces in parts.items()
    }

    def as_given(finding: Finding) -> Finding:
        if finding.row is None or finding.place not in origins:
            return finding
        place, row, stem = origins[finding.place][finding.row - 2]
        return replace(finding, place=place, row=row, column=f"{stem}{finding.column}")

    return [as_given(finding) for finding in findings]
