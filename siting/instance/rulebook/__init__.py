"""Every rule of the plan, declared once as data.

The model has one function per rule (`siting/model/rules/<id>.py`) and the verification one check
of the same id; a test compares the three sets. `docs/rules.md` shows each as a card.
"""

from __future__ import annotations

from siting.instance.rulebook.admission import ADMISSION
from siting.instance.rulebook.buildings import BUILDINGS
from siting.instance.rulebook.money import MONEY
from siting.instance.rulebook.places import PLACES
from siting.instance.rulebook.rule import Rule, Touches
from siting.instance.rulebook.service import SERVICE, VALUE

__all__ = ["RULES", "SUBJECTS", "Rule", "Touches"]

SUBJECTS: dict[str, tuple[Rule, ...]] = {
    "admission": ADMISSION,
    "buildings": BUILDINGS,
    "money": MONEY,
    "places": PLACES,
    "service": SERVICE,
    "value": VALUE,
}
"""The rules by what they are about."""

RULES: dict[str, Rule] = {rule.id: rule for rules in SUBJECTS.values() for rule in rules}
"""All rules by id."""
