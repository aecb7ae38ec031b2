"""The answer, as frozen types."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import pandas as pd

from siting.certificate import Certificate

PROVEN_GAP = 1e-7
"""Largest relative gap that counts as proven optimal."""

ROUNDING = 1e-12
"""Values that differ by no more than this are equal."""


class Termination(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    """Proven to `PROVEN_GAP`."""
    WITHIN_GAP = "within_gap"
    """Proven to the gap that was asked for."""
    FEASIBLE = "feasible"
    """A plan, but a limit came before the proof."""
    INFEASIBLE = "infeasible"
    """Proven: no plan keeps all rules."""
    NONE = "none"
    """A limit came before any plan."""


class Limit(StrEnum):
    """What stopped a solve before its proof."""

    TIME = "time"
    MEMORY = "memory"
    INTERRUPT = "interrupt"


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One objective of the ordered list.

    Attributes
    ----------
    name
        ``served`` (share, maximised; ``served[r]`` where services go by rank), ``equity`` (least
        share of a zone, maximised), ``targets`` (sum of relative shortfalls, minimised),
        ``nearness`` (minutes by which ways are shorter than the standard, maximised) or ``money``
        (less what preferences are worth, minimised).
    value
        Recomputed value of the plan.
    bound
        What no plan can beat, given the floors of the earlier tiers.
    gap
        ``|bound - value| / |value|``; 0 where they agree.
    floor
        Value that later tiers had to keep, None for the last.
    """

    name: str
    value: float
    bound: float | None
    gap: float | None
    floor: float | None = None


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Why no plan keeps all rules, and the cheapest way out.

    Attributes
    ----------
    rows
        Names of the rules in conflict, as ``rule[place]``.
    irreducible
        Whether dropping any one of them was proven to remove the conflict.
    ways_out
        One entry per rule row to give way: ``row``, ``rule``, ``place``, ``amount`` (how much it
        must give, in the row's unit), ``unit``, and in words ``text`` and ``text_zh``.
    """

    rows: tuple[str, ...]
    irreducible: bool
    ways_out: tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What the answer was made from and by."""

    instance: str
    instance_hash: str
    base_hash: str
    scenario: str
    overrides: dict[str, Any]
    settings: dict[str, Any]
    synthetic: str
    engine: str
    versions: dict[str, str]
    options: dict[str, Any]
    started: str
    machine: str


CHOSEN_COLUMNS = (
    "building_id",
    "service_id",
    "module_id",
    "floor_area_m2",
    "yard_m2",
    "capacity",
    "works_cost",
    "equipment_cost",
    "acquisition_cost",
    "rent_cost",
    "cost",
    "yearly_cost",
    "status",
    "to_check",
    "mode",
    "year",
    "until",
    "private_cost",
)
"""Columns of `Solution.chosen`.

Money in the instance's unit (not the grid). `acquisition_cost` is the part charged to the agency:
price x module area / building area; `cost` is the sum of the four. `capacity` is NaN without a
limit. `status` is ``new``, ``keep`` or ``committed``; `to_check` lists building facts that a
condition reads but nobody knows, separated by ``;``. `mode` is how the building is got hold of
(empty where there is no choice); it is open from `year` to the end of `until`; `private_cost` is
what the provider pays beside.
"""

ACQUISITION_COLUMNS = (
    "building_id",
    "mode",
    "year",
    "acquisition_cost",
    "allocated",
    "unallocated",
)
"""Columns of `Solution.acquisitions`: what is paid once for a used building, and when."""

SERVICE_COLUMNS = ("demand_id", "group", "service_id", "place_id", "amount", "minutes", "year")
"""Columns of `Solution.service`: who is served where, one row per part of a unit of need and year.

`place_id` is a building_id or facility_id, empty for the part not served (minutes NaN); `amount` in
units of the service, a multiple of 0.001; the amounts of a unit add up to its need of the `year`.
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """A plan, or the reason why there is none.

    Attributes
    ----------
    objective, bound, gap
        Of tier 1: the weighted mean share served, 0 to 1; None where nothing is known. The bound is
        the search's own.
    certificate
        What proves a bound of tier 1 without a solver, None without. As branching closes more than
        multipliers can show, its bound is mostly above `bound`.
    today
        Tier 1 with what is open today and nothing converted, over the same years.
    gap_of_gain
        ``(bound - objective) / (objective - today)``; None where nothing was gained.
    tiers
        Every tier that was solved, in order.
    chosen
        One row per chosen conversion, see `CHOSEN_COLUMNS`.
    acquisitions
        One row per used building with a price, see `ACQUISITION_COLUMNS`.
    service
        Who is served where, see `SERVICE_COLUMNS`.
    served_today
        Units served by service with what is open today, in the last year.
    overload
        Nearest-place simulation: ``place_id, service_id, capacity, load`` of the places that
        would be overloaded if all simply chose the nearest.
    given_up
        ``building_id, service_id, module_id`` of conversions that would serve more but cost more
        than the worth stated in the settings.
    cost
        Capital of the plan: ``works, equipment, acquisition, rent, total, unallocated`` and
        ``yearly`` (outside the total).
    """

    termination: Termination
    limit: Limit | None = None
    objective: float | None = None
    bound: float | None = None
    certificate: Certificate | None = None
    today: float = 0.0
    tiers: tuple[Tier, ...] = ()
    chosen: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=CHOSEN_COLUMNS))
    acquisitions: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=ACQUISITION_COLUMNS)
    )
    service: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SERVICE_COLUMNS))
    served_today: dict[str, float] = field(default_factory=dict)
    overload: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["place_id", "service_id", "capacity", "load"])
    )
    given_up: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["building_id", "service_id", "module_id"])
    )
    cost: dict[str, float] = field(default_factory=dict)
    conflict: Conflict | None = None
    provenance: Provenance
    seconds: float = 0.0

    @property
    def gap(self) -> float | None:
        """``(bound - objective) / objective`` of tier 1, never below 0."""
        return relative_gap(self.objective, self.bound)

    @property
    def certified_bound(self) -> float | None:
        """What no plan exceeds, as anyone can recompute."""
        return None if self.certificate is None else self.certificate.bound

    @property
    def certified_gap(self) -> float | None:
        """``(certified_bound - objective) / objective`` of tier 1, never below 0."""
        return relative_gap(self.objective, self.certified_bound)

    @property
    def gap_of_gain(self) -> float | None:
        """What may still be missing, as a share of what the plan adds."""
        if self.objective is None or self.bound is None or self.objective <= self.today:
            return None
        missing = self.bound - self.objective
        return missing / (self.objective - self.today) if missing > ROUNDING else 0.0

    def in_year(self, year: int) -> Solution:
        """Return what is open in a year and who is served then."""
        open_then = (self.chosen["year"] <= year) & (year <= self.chosen["until"])
        return replace(
            self,
            chosen=self.chosen[open_then].reset_index(drop=True),
            service=self.service[self.service["year"] == year].reset_index(drop=True),
        )

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan at all."""
        return self.objective is not None


def relative_gap(value: float | None, bound: float | None) -> float | None:
    """Return ``|bound - value| / |value|``: 0 where they agree.

    None where one is not known, or where nothing can be measured against a value of 0.
    """
    if value is None or bound is None:
        return None
    difference = abs(bound - value)
    if difference <= ROUNDING:
        return 0.0
    return difference / abs(value) if value else None
