"""Whether the multipliers stored with a plan prove the bound that it states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from siting.errors import Finding
from siting.solution import Solution
from siting.verification.outcome import breach

CERTIFIED_BOUND = "score.certified_bound"
"""Id of the check; it needs the rows of the model, so that it is run where that is asked for."""

_TOLERANCE = 1e-9


def check_certified_bound(
    solution: Solution, recomputed: float, unknown: Sequence[str] = ()
) -> Iterator[Finding]:
    """Check a certified bound against what its multipliers prove, and the plan against it.

    Parameters
    ----------
    recomputed
        Bound of tier 1 from the stored multipliers and the rows of the model as it is now.
    unknown
        Rows that have a stored multiplier and are not in the model.
    """
    stated = solution.certified_bound
    if stated is None:
        return
    if unknown:
        words = (
            f"the certificate names {len(unknown)} row{'s' * (len(unknown) > 1)} "
            f"that the model does not have, {unknown[0]} the first"
        )
        yield breach(CERTIFIED_BOUND, "rows", words)
    if not recomputed <= stated + _TOLERANCE:
        words = f"the plan states {stated:.9f}, the stored multipliers prove {recomputed:.9f}"
        yield breach(CERTIFIED_BOUND, "plan", words)
    if solution.objective is not None and not solution.objective <= stated + _TOLERANCE:
        words = f"no plan is said to exceed {stated:.9f}, this one has {solution.objective:.9f}"
        yield breach(CERTIFIED_BOUND, "plan", words)
