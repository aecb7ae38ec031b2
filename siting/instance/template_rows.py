"""Rows of a smallest instance that is sound, one or more for every table."""

from __future__ import annotations

_GROUPS = ("0_2", "3_5", "6_11", "12_14", "15_17", "18_59", "60_64", "65_79", "80p", "workers")
_PEOPLE = dict(zip(_GROUPS, (20, 30, 60, 25, 20, 590, 75, 130, 50, 300), strict=True))

_ZONE: dict[str, object] = {"zone_sub_district": "example_zone"}
EXAMPLES: dict[str, list[dict[str, object]]] = {
    "demand": [
        {"demand_id": "example_point", "x": 448000, "y": 4419000}
        | {f"people_{group}": count for group, count in _PEOPLE.items()}
        | _ZONE
    ],
    "services": [
        {
            "service_id": "example_clinic",
            "name": "Clinic",
            "name_zh": "社区卫生服务站",
            "agency": "Health",
            "kind": "capacity",
            "unit": "person",
            "standard_min": 15,
            "mode": "walk",
            "weight": 1,
            "rank": 1,
            "source": "example",
        },
        {
            "service_id": "example_day_care",
            "name": "Day care",
            "name_zh": "日间照料中心",
            "agency": "Civil affairs",
            "kind": "capacity",
            "unit": "place",
            "standard_min": 15,
            "mode": "walk",
            "weight": 1,
            "rank": 2,
            "source": "example",
        },
    ],
    "needs": [
        {
            "service_id": "example_clinic",
            "group": "65_79",
            "need_per_person": 0.5,
            "source": "example",
        },
        {
            "service_id": "example_day_care",
            "group": "80p",
            "need_per_person": 0.2,
            "source": "example",
        },
    ],
    "modules": [
        {
            "module_id": "example_clinic_small",
            "service_id": "example_clinic",
            "capacity": 200,
            "floor_area_m2": 150,
            "works_cost": 135,
            "equipment_cost": 40,
            "yearly_cost": 60,
            "max_floor": 2,
            "own_entrance": True,
            "source": "example",
        },
        {
            "module_id": "example_day_care_small",
            "service_id": "example_day_care",
            "capacity": 20,
            "floor_area_m2": 200,
            "works_cost": 120,
            "equipment_cost": 20,
            "yearly_cost": 80,
            "spaces": "ground|upper",
            "slots": "day",
            "tags": "nursing",
            "source": "example",
        },
    ],
    "buildings": [
        {
            "building_id": "example_building",
            "name": "Former office",
            "address": "1 Example Street",
            "class": "vacated_office",
            "owner": "District",
            "x": 448100,
            "y": 4419000,
            "floor_area_m2": 800,
            "yearly_rent_per_m2": 0.1,
            "floors": 3,
            "year_built": 1996,
            "far": 1.2,
            "lift": False,
            "independent_access": True,
            "owner_consent": "agreed",
        }
        | _ZONE
    ],
    "facilities": [
        {
            "facility_id": "example_facility",
            "service_id": "example_clinic",
            "name": "Present clinic",
            "x": 447900,
            "y": 4419000,
            "capacity": 30,
        }
        | _ZONE
    ],
    "eligibility": [
        {
            "class": "vacated_office",
            "service_id": "example_clinic",
            "status": "allowed",
            "cost_factor": 1.1,
            "reason": "example",
        },
        {
            "class": "vacated_office",
            "service_id": "example_day_care",
            "status": "needs_approval",
            "delay_years": 0.5,
            "reason": "example",
        },
    ],
    "suitability": [
        {
            "service_id": "example_clinic",
            "field": "year_built",
            "comparison": "at_least",
            "value": "1980",
            "reason": "example",
        }
    ],
    "conditions": [
        {
            "building_id": "example_building",
            "service_id": "example_clinic",
            "extra_cost": 15,
            "delay_years": 0.5,
            "max_area_m2": 300,
            "condition": "ground floor only",
            "source": "example",
        }
    ],
    "targets": [
        {
            "target_id": "example_target",
            "service_id": "example_clinic",
            "value": 60,
            "unit": "persons",
            "base_value": 30,
            "base_people": 1000,
            "base_year": 2025,
            "calibre": "all clinics",
            "source": "example",
        }
    ],
    "zones": [
        {
            "zone_id": "example_zone",
            "kind": "sub_district",
            "name": "Example zone",
            "name_zh": "示例街道",
            "area_km2": 1.5,
        }
    ],
    "locks": [
        {
            "building_id": "example_building",
            "service_id": "example_clinic",
            "status": "required",
            "source": "example",
        }
    ],
    "population": [{"year": 2026, "group": "80p", "factor": 1.05, "source": "example"}],
    "cohorts": [
        {"birth_year": year, "people": 7, "source": "example"} for year in range(2023, 2031)
    ],
    "funds": [
        {
            "fund_id": "example_fund",
            "name": "District money",
            "name_zh": "区级资金",
            "amount": 2000,
            "source": "example",
        }
    ],
    "spaces": [
        {"building_id": "example_building", "space": "ground", "area_m2": 300},
        {"building_id": "example_building", "space": "upper", "area_m2": 500},
    ],
    "tenures": [
        {
            "building_id": "example_building",
            "mode": "rent",
            "yearly_rent_per_m2": 0.1,
            "source": "example",
        }
    ],
    "outputs": [
        {
            "module_id": "example_day_care_small",
            "service_id": "example_clinic",
            "capacity": 10,
            "source": "example",
        }
    ],
    "links": [
        {
            "link_id": "example_link",
            "service_id": "example_day_care",
            "hub_service_id": "example_clinic",
            "within_min": 15,
            "source": "example",
        }
    ],
    "pairs": [
        {
            "service_id": "example_clinic",
            "other_service_id": "example_day_care",
            "kind": "synergy",
            "bonus": 1,
            "shared_area_m2": 20,
            "source": "example",
        }
    ],
    "preferences": [
        {"field": "far", "comparison": "at_most", "value": "1.5", "bonus": 1, "source": "example"}
    ],
    "priorities": [{"group": "80p", "factor": 1.2, "source": "example"}],
    "decay": [
        {"service_id": "example_clinic", "minutes": 10, "value": 1, "source": "example"},
        {"service_id": "example_clinic", "minutes": 15, "value": 0.8, "source": "example"},
    ],
    "travel": [
        {"origin_id": "example_point", "destination_id": "example_building", "minutes": 2.5}
    ],
    "network_nodes": [
        {"node_id": "example_west", "x": 447900, "y": 4419000},
        {"node_id": "example_east", "x": 448100, "y": 4419000},
    ],
    "network_edges": [
        {"edge_id": "example_street", "u": "example_west", "v": "example_east", "length_m": 200}
    ],
}
"""Example rows by table."""
