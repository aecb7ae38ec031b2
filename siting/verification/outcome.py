"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass

from siting.errors import Finding


@dataclass(frozen=True)
class Check:
    """One rule or score, recomputed.

    Attributes
    ----------
    rule
        Id of the rule in the rulebook, or of the score (``score.objective``) or form (``grid``).
    findings
        Where the plan breaks it; each names ``rule[place]`` and the amount in words.
    """

    rule: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether the plan keeps it."""
        return not self.findings


@dataclass(frozen=True)
class Verification:
    """Everything that was recomputed; rules that the instance switches off are not in it."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of all checks, in their order."""
        return tuple(finding for check in self.checks for finding in check.findings)


def breach(rule: str, place: str, words: str) -> Finding:
    """Return the finding that `rule` is broken at `place`, by what `words` say."""
    return Finding(place=f"{rule}[{place}]", rule=words)


def figure(value: float) -> str:
    """Return a number as people read it: ``1,320`` or ``0.125``; at most 6 decimals."""
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
