"""`generate_town`: shapes, streets, people, existing facilities and candidates of one town."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from siting.instance.generate.as_tables import complete, street_tables, zone_columns, zone_table
from siting.instance.generate.candidates import M2_PER_UNIT, draw_candidates
from siting.instance.generate.catalogue import REFERENCE_PEOPLE, load_catalogue
from siting.instance.generate.people import settle
from siting.instance.generate.shapes import draw_shapes
from siting.instance.generate.spec import TownSpec, draw_districts
from siting.instance.generate.streets import draw_streets
from siting.instance.generate.supply import place_existing
from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.instance.settings import Base, Budget, Money, Plan, Settings, Speeds

SPEEDS_M_S = {
    "0_2": 1.0,
    "3_5": 1.0,
    "6_11": 0.9,
    "12_14": 1.2,
    "15_17": 1.2,
    "18_59": 1.2,
    "60_64": 0.9,
    "65_79": 0.9,
    "80p": 0.9,
    "workers": 1.2,
}
"""Walking speeds by group, assumed; small children walk with an adult."""

REFERENCE_BUDGET = 200_000.0
"""Base budget of Xicheng for five years, in 10 000 yuan."""

_RULES_OF_ONE_PERIOD = (
    "conditions",
    "eligibility",
    "suitability",
    "fit",
    "forbidden",
    "required",
    "standalone",
    "floor_area",
    "yard",
    "add_on",
    "budget",
    "agency_budget",
    "yearly_cost",
    "minimum_per_zone",
)
"""Rules that hold unless a scenario says otherwise; all others are switched off."""

RULES_OFF = {
    rule.id: False
    for rule in RULES.values()
    if rule.switchable and rule.default_on and rule.id not in _RULES_OF_ONE_PERIOD
}

SYNTHETIC = (
    "合成数据：边界、街道、需求点、候选建筑与设施位置均为随机生成 · made up: boundaries, streets, "
    "demand points, candidate buildings and the sites of facilities come from a seeded generator"
)


def generate_town(spec: TownSpec, rng: np.random.Generator) -> Instance:
    """Return a town as the spec asks for; the same spec and seed give the same town.

    Raises
    ------
    ValueError
        When the spec names a service that the catalogue does not know.
    """
    of_place, of_shape, of_street, of_people, of_stock, of_building = rng.spawn(6)
    catalogue = load_catalogue(spec.services, spec.people, extended=spec.extended)
    districts = draw_districts(spec, of_place)
    communities = min(round(spec.people / spec.people_per_community), spec.points // 2)
    shapes = draw_shapes(districts, max(communities, len(districts)), of_shape)
    old = [cell for d, cell in zip(districts, shapes.cells, strict=True) if d.lanes]
    streets = draw_streets(shapes.outline, shapely.union_all(old), spec.block_m, of_street)
    demand = settle(spec, shapes, streets, of_people)
    facilities = place_existing(catalogue, demand, shapes, of_stock)
    buildings = draw_candidates(
        spec.buildings, catalogue, facilities, shapes=shapes, streets=streets, rng=of_building
    )
    facilities = _in_buildings(facilities, buildings)
    nodes, edges = street_tables(streets)

    def placed(table: str, rows: pd.DataFrame) -> pd.DataFrame:
        zones = pd.DataFrame(zone_columns(rows["community"], shapes))
        return complete(table, pd.concat([rows, zones], axis=1).assign(synthetic=True))

    return Instance(
        name=spec.name,
        settings=_settings(spec),
        demand=placed("demand", demand),
        services=complete("services", catalogue.services),
        needs=complete("needs", catalogue.needs),
        modules=complete("modules", catalogue.modules),
        buildings=placed("buildings", buildings),
        facilities=placed("facilities", facilities),
        eligibility=complete("eligibility", catalogue.eligibility),
        suitability=complete("suitability", catalogue.suitability),
        outputs=complete("outputs", catalogue.outputs),
        links=complete("links", catalogue.links),
        pairs=complete("pairs", catalogue.pairs),
        decay=complete("decay", catalogue.decay),
        zones=zone_table(shapes),
        network_nodes=nodes,
        network_edges=edges,
    )


def _in_buildings(facilities: pd.DataFrame, buildings: pd.DataFrame) -> pd.DataFrame:
    """Name the building of each facility that may change, and the floor area that it takes."""
    host = buildings[buildings["houses"] >= 0].set_index("houses")["building_id"]
    building = facilities.index.map(host).astype(object)
    per_unit = facilities["service_id"].map(M2_PER_UNIT)
    taken = (facilities["capacity"] * per_unit).where(building.notna(), facilities["floor_area_m2"])
    return facilities.assign(
        building_id=building.where(building.notna(), None), floor_area_m2=taken
    )


def _settings(spec: TownSpec) -> Settings:
    share = spec.people / REFERENCE_PEOPLE
    budget = round(REFERENCE_BUDGET * share, 2) if spec.budget is None else spec.budget
    return Settings(
        title=f"Made-up town of {spec.people:,} people",
        title_zh=f"合成城区（{spec.people:,} 人）",
        crs=spec.crs,
        synthetic=SYNTHETIC,
        zone_kind="sub_district",
        money=Money(unit="万元", currency="CNY", decimals=2),
        base=Base(population=spec.people, year=2020),
        plan=Plan(start_year=2021, years=5),
        speeds_m_s=Speeds(walk=1.2, drive=5.0, groups=SPEEDS_M_S),
        budget=Budget(total=budget),
        rules=RULES_OFF,
    )
