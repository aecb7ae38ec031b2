"""What is measured, and what a measurement says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

OURS = "siting"
"""Method that the others are compared with."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What one instance should reach.

    Attributes
    ----------
    gap, seconds, peak_gib
        At most; None asks for nothing.
    """

    gap: float | None = None
    seconds: float | None = None
    peak_gib: float | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One method on one instance.

    Attributes
    ----------
    size
        What growth is plotted against; 0 for nothing.
    limit_s
        Seconds after which the method should stop by itself.
    asked
        What the part's `run` reads.
    """

    part: str
    instance: str
    method: str = OURS
    size: int = 0
    limit_s: float
    goal: Goal = field(default_factory=Goal)
    asked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A group of cases.

    Attributes
    ----------
    title, about
        Heading and sentences of the report.
    cases
        All cases, fewer and smaller where `quick`; the folder is that of real data.
    prepare
        Writes the file that the methods read into a folder; in a process of its own.
    run
        Measures one case, see `Measured`.
    sized_by
        What the size of a case counts.
    """

    title: str
    about: str
    cases: Callable[[bool, Path], list[Case]]
    prepare: Callable[[Case, Path], None]
    run: Callable[[Case, Path], Measured]
    sized_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a method came to.

    Attributes
    ----------
    ended
        ``optimal``, ``within_gap``, ``feasible``, ``none``, ``done`` where nothing is searched, or
        ``not run``.
    proof_s
        From reading on until the proof, or until the method gave up; without the start of the
        process and without what follows the proof.
    why
        Why there is nothing, where there is not.
    more
        Further figures, by name.
    """

    ended: str
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    gap_of_gain: float | None = None
    proof_s: float | None = None
    why: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def with_more(self, figures: Mapping[str, Any]) -> Measured:
        """Return the same with further figures."""
        return replace(self, more={**self.more, **figures})


@dataclass(frozen=True, kw_only=True)
class Run:
    """A measured case: with the seconds of the whole process and its peak of memory.

    Attributes
    ----------
    made
        Day, machine and versions.
    """

    case: Case
    repeat: int
    measured: Measured
    process_s: float = 0.0
    peak_mib: float = 0.0
    made: str = ""


def nothing_to_prepare(case: Case, folder: Path) -> None:
    """Write nothing: the case reads what is there."""
