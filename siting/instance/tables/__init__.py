"""The declared schema: every table and column, once.

Reading, checking, writing, templates and the data dictionary all work from :data:`TABLES`.
"""

from __future__ import annotations

from siting.instance.tables.aims import FUNDS, TARGETS
from siting.instance.tables.approvals import CONDITIONS
from siting.instance.tables.buildings import BUILDINGS, SPACES, TENURES
from siting.instance.tables.columns import DEGREES
from siting.instance.tables.conditions import (
    ELIGIBILITY,
    LINKS,
    LOCKS,
    PAIRS,
    PREFERENCES,
    SUITABILITY,
)
from siting.instance.tables.people import COHORTS, DEMAND, POPULATION, ZONES
from siting.instance.tables.schema import Column, ColumnType, Table
from siting.instance.tables.services import DECAY, NEEDS, PRIORITIES, SERVICES
from siting.instance.tables.supply import FACILITIES, MODULES, OUTPUTS
from siting.instance.tables.ways import NETWORK_EDGES, NETWORK_NODES, TRAVEL

__all__ = [
    "BUILDINGS",
    "COHORTS",
    "CONDITIONS",
    "DECAY",
    "DEGREES",
    "DEMAND",
    "ELIGIBILITY",
    "FACILITIES",
    "FUNDS",
    "LINKS",
    "LOCKS",
    "MODULES",
    "NEEDS",
    "NETWORK_EDGES",
    "NETWORK_NODES",
    "OUTPUTS",
    "PAIRS",
    "POPULATION",
    "PREFERENCES",
    "PRIORITIES",
    "SERVICES",
    "SPACES",
    "SUITABILITY",
    "TABLES",
    "TARGETS",
    "TENURES",
    "TRAVEL",
    "ZONES",
    "Column",
    "ColumnType",
    "Table",
]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        DEMAND,
        SERVICES,
        NEEDS,
        MODULES,
        BUILDINGS,
        FACILITIES,
        ELIGIBILITY,
        SUITABILITY,
        CONDITIONS,
        TARGETS,
        ZONES,
        LOCKS,
        POPULATION,
        COHORTS,
        FUNDS,
        SPACES,
        TENURES,
        OUTPUTS,
        LINKS,
        PAIRS,
        PREFERENCES,
        PRIORITIES,
        DECAY,
        TRAVEL,
        NETWORK_NODES,
        NETWORK_EDGES,
    )
}
"""All tables of an instance by name, in their order of reading."""
