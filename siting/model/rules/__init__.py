"""One function per rule; the docstring carries the inequality, its meaning and its source."""

from siting.model.rules.acquisition import acquisition
from siting.model.rules.add_on import add_on
from siting.model.rules.agency_budget import agency_budget
from siting.model.rules.agency_share import agency_share
from siting.model.rules.availability import availability
from siting.model.rules.backup import backup
from siting.model.rules.budget import budget
from siting.model.rules.capacity import capacity
from siting.model.rules.committed import committed
from siting.model.rules.compatibility import compatibility
from siting.model.rules.conditions import conditions
from siting.model.rules.decay import decay
from siting.model.rules.eligibility import eligibility
from siting.model.rules.first_refusal import first_refusal
from siting.model.rules.fit import fit
from siting.model.rules.floor_area import floor_area
from siting.model.rules.forbidden import forbidden
from siting.model.rules.funds import funds
from siting.model.rules.hub import hub
from siting.model.rules.keep_cover import keep_cover
from siting.model.rules.land_quota import land_quota
from siting.model.rules.max_size import max_size
from siting.model.rules.maximum_per_zone import maximum_per_zone
from siting.model.rules.min_load import min_load
from siting.model.rules.min_reach import min_reach
from siting.model.rules.minimum_per_zone import minimum_per_zone
from siting.model.rules.need import need
from siting.model.rules.one_module import one_module
from siting.model.rules.one_tenure import one_tenure
from siting.model.rules.outside_supply import outside_supply
from siting.model.rules.own_zone import own_zone
from siting.model.rules.planned_use import planned_use
from siting.model.rules.preferences import preferences
from siting.model.rules.priorities import priorities
from siting.model.rules.reach import reach
from siting.model.rules.required import required
from siting.model.rules.reserve import reserve
from siting.model.rules.self_sufficiency import self_sufficiency
from siting.model.rules.standalone import standalone
from siting.model.rules.suitability import suitability
from siting.model.rules.synergy import synergy
from siting.model.rules.targets import targets
from siting.model.rules.yard import yard
from siting.model.rules.yearly_budget import yearly_budget
from siting.model.rules.yearly_cost import yearly_cost
from siting.model.rules.yearly_rent import yearly_rent
from siting.model.rules.zone_budget import zone_budget
from siting.model.rules.zone_floor import zone_floor

ADMISSION_RULES = (
    forbidden,
    eligibility,
    planned_use,
    suitability,
    fit,
    max_size,
    conditions,
    min_reach,
    availability,
)
"""Which conversions may be chosen at all; the first that rules one out names the reason."""

DECISION_RULES = (
    required,
    committed,
    one_module,
    standalone,
    compatibility,
    floor_area,
    yard,
    acquisition,
    one_tenure,
    budget,
    agency_budget,
    agency_share,
    zone_budget,
    yearly_budget,
    funds,
    yearly_cost,
    yearly_rent,
    land_quota,
    minimum_per_zone,
    maximum_per_zone,
    first_refusal,
    add_on,
    hub,
    synergy,
    keep_cover,
    backup,
    self_sufficiency,
    reserve,
    targets,
)
"""Rows over decisions."""

SERVICE_RULES = (need, reach, capacity, zone_floor, min_load, own_zone, outside_supply)
"""Rows over who is served from where."""

VALUE_RULES = (priorities, decay, preferences)
"""What a unit of need served counts."""
