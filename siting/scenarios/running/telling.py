"""What those who wait for many runs are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from siting.errors import Finding, SitingError
from siting.scenarios.run import Run


@dataclass(frozen=True, kw_only=True)
class Told:
    """How far all runs are.

    Attributes
    ----------
    done, of
        Cases that have their run, and that are wanted.
    reused
        How many of `done` had been planned before.
    failed
        Cases that could not be planned.
    retried
        Runs that were begun anew because a worker was lost.
    running
        Names of the cases that are being planned.
    eta_s
        Seconds until all will be done, from those that are; None while none is.
    notes
        What happened on the way: lost workers and failed cases.
    """

    done: int
    of: int
    reused: int
    failed: int
    retried: int
    running: tuple[str, ...]
    eta_s: float | None
    notes: tuple[Finding, ...]


class RunsError(SitingError):
    """Cases that could not be planned; all others are done and kept.

    Attributes
    ----------
    runs
        Of every instance in the order of its cases, without those that failed.
    findings
        Why each that failed did.
    """

    def __init__(self, runs: Sequence[Sequence[Run]], findings: Sequence[Finding]) -> None:
        self.runs = runs
        self.findings = tuple(findings)
        done = sum(map(len, runs))
        first = f"{len(findings)} of {len(findings) + done} plans failed; the others are kept"
        super().__init__("\n".join([first, *(f"  {finding}" for finding in findings)]))
