"""What a department says of the use of a building."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What a reviewer may decide of one use of a building."""

    APPROVE = "approve"
    CONDITIONAL = "conditional"
    REJECT = "reject"
    HOLD = "hold"
    OTHER = "other"


DECISIONS: dict[Decision, tuple[str, str]] = {
    Decision.APPROVE: ("Approve", "同意"),
    Decision.CONDITIONAL: ("Approve with conditions", "有条件同意"),
    Decision.REJECT: ("Reject the building", "不同意（整栋）"),
    Decision.HOLD: ("Hold", "暂缓"),
    Decision.OTHER: ("Another use", "改作他用"),
}
"""What people see for each, English and Chinese."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One verdict: a department on one use of one building.

    Attributes
    ----------
    department
        Who decides; empty where the instance asks for no department by name.
    decision
        None where only `commit` is said.
    reason
        Why; never empty for a rejection or another use.
    proposed_use
        Service that should go there instead, for `Decision.OTHER`.
    reviewer, date
        Who filled it in and when (ISO 8601, a day); empty where not said.
    extra_cost, delay_years, max_area_m2, condition
        What an approval asks for: money once in units of the instance, years, the largest floor
        area (None for no limit), and in words.
    commit
        Whether the project is approved, so that it must open.
    """

    building_id: str
    service_id: str
    department: str = ""
    decision: Decision | None
    reason: str = ""
    proposed_use: str = ""
    reviewer: str = ""
    date: str = ""
    extra_cost: float = 0.0
    delay_years: int = 0
    max_area_m2: float | None = None
    condition: str = ""
    commit: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """Building, service and department: what one verdict stands for."""
        return self.building_id, self.service_id, self.department
