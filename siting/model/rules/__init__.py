"""One function per rule; the docstring carries the inequality, its meaning and its source."""

from siting.model.rules.acquisition import acquisition
from siting.model.rules.agency_budget import agency_budget
from siting.model.rules.budget import budget
from siting.model.rules.capacity import capacity
from siting.model.rules.committed import committed
from siting.model.rules.eligibility import eligibility
from siting.model.rules.fit import fit
from siting.model.rules.floor_area import floor_area
from siting.model.rules.forbidden import forbidden
from siting.model.rules.minimum_per_zone import minimum_per_zone
from siting.model.rules.need import need
from siting.model.rules.one_module import one_module
from siting.model.rules.reach import reach
from siting.model.rules.required import required
from siting.model.rules.standalone import standalone
from siting.model.rules.suitability import suitability
from siting.model.rules.yard import yard
from siting.model.rules.yearly_cost import yearly_cost

ADMISSION_RULES = (forbidden, eligibility, suitability, fit)
"""Which conversions may be chosen at all; the first that rules one out names the reason."""

DECISION_RULES = (
    required,
    committed,
    one_module,
    standalone,
    floor_area,
    yard,
    acquisition,
    budget,
    agency_budget,
    yearly_cost,
    minimum_per_zone,
)
"""Rows over decisions."""

SERVICE_RULES = (need, reach, capacity)
"""Rows over who is served from where."""
