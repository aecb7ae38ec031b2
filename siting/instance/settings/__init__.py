"""`instance.toml`: what an instance states outside its tables."""

from __future__ import annotations

from siting.instance.settings.aims import (
    FirstRefusal,
    Objective,
    Reserve,
    SelfSufficiency,
    ZoneFloor,
    ZoneMaximum,
    ZoneMinimum,
)
from siting.instance.settings.grid import Grid
from siting.instance.settings.plan import Base, Budget, Money, Plan, Speeds, TravelSettings
from siting.instance.settings.review import Review
from siting.instance.settings.scenario import (
    BASE,
    ConditionRow,
    Lock,
    PriceFactors,
    PriorityRow,
    Scenario,
)
from siting.instance.settings.section import Means
from siting.instance.settings.whole import Settings

__all__ = [
    "BASE",
    "Base",
    "Budget",
    "ConditionRow",
    "FirstRefusal",
    "Grid",
    "Lock",
    "Means",
    "Money",
    "Objective",
    "Plan",
    "PriceFactors",
    "PriorityRow",
    "Reserve",
    "Review",
    "Scenario",
    "SelfSufficiency",
    "Settings",
    "Speeds",
    "TravelSettings",
    "ZoneFloor",
    "ZoneMaximum",
    "ZoneMinimum",
]
