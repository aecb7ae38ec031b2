"""What is wrong with an input, said so that its author can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, or looks wrong, in an input.

    Attributes
    ----------
    severity
        Only errors stop the work; warnings are shown and kept.
    place
        The file or table, for example ``buildings.csv``.
    row
        Row in that file, the header being row 1; None where no row applies.
    column
        Column or key; empty where none applies.
    value
        The offending value as text; empty where none applies.
    rule
        What should hold, in words: ``must be > 0``.
    remedy
        What to do about it; empty where the rule says it all.
    """

    severity: Severity = "error"
    place: str
    row: int | None = None
    column: str = ""
    value: str = ""
    rule: str
    remedy: str = ""

    def __str__(self) -> str:
        where = self.place if self.row is None else f"{self.place} row {self.row}"
        if self.column:
            where += f", {self.column}"
        if self.value:
            where += f" = {self.value}"
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{where}: {self.rule}{remedy}"

    def as_dict(self) -> dict[str, object]:
        """Return the finding as plain values, for JSON."""
        return asdict(self)


class SitingError(Exception):
    """Base of every error that a user of this package may meet."""


class InstanceError(SitingError):
    """An input that cannot be planned with; carries all its findings.

    Attributes
    ----------
    place
        The folder or file that was read.
    findings
        Everything found, errors first.
    """

    def __init__(self, place: str, findings: Iterable[Finding]) -> None:
        self.place = place
        self.findings = tuple(sorted(findings, key=lambda f: f.severity))
        errors = [f for f in self.findings if f.severity == "error"]
        count = f"{len(errors)} problem" + ("" if len(errors) == 1 else "s")
        super().__init__("\n".join([f"{count} in {place}", *(f"  {f}" for f in errors)]))


def nearest(word: str, known: Sequence[str]) -> str:
    """Return a remedy that names the known word most like `word`; empty where none is alike."""
    match = get_close_matches(word, [str(k) for k in known], n=1, cutoff=0.5)
    return f'nearest: "{match[0]}"' if match else ""
