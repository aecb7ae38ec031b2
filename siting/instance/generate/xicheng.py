"""The bundled district: published figures of Xicheng, everything else made up around them.

Regenerate it, byte for byte, with::

    write_instance(generate_xicheng(np.random.default_rng(XICHENG_SEED)), Path("instances/xicheng"))
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.geo import project
from siting.instance.generate.as_tables import complete
from siting.instance.generate.catalogue import REFERENCE_PEOPLE, read_data
from siting.instance.generate.spec import District, TownSpec
from siting.instance.generate.town import REFERENCE_BUDGET, generate_town
from siting.instance.instance import Instance
from siting.instance.settings import Scenario, ZoneMinimum

XICHENG_SEED = 110102
"""Seed of the bundled instance: the district's administrative code."""

_CRS = "EPSG:4548"
_PEOPLE_2025 = 1_096_000
_COMMUNITIES = 263

_SCENARIOS = {
    "conversion_only": Scenario(
        title="Conversions only, 0.54 billion yuan", title_zh="仅转换，5.4 亿元", budget=54_000
    ),
    "budget_10": Scenario(title="1 billion yuan", title_zh="10 亿元", budget=100_000),
    "works_programme": Scenario(
        title="Works programme, 5.1 billion yuan", title_zh="工程计划，51 亿元", budget=510_000
    ),
    "as_adopted": Scenario(
        title="As adopted, 19.2 billion yuan", title_zh="原计划规模，192 亿元", budget=1_920_000
    ),
    "plan_2025": Scenario(
        title="Population planned for 2025 (1.096 million)",
        title_zh="2025 年规划人口（109.6 万）",
        people_factors={"all": round(_PEOPLE_2025 / REFERENCE_PEOPLE, 6)},
    ),
}


def xicheng_spec() -> TownSpec:
    """Return Xicheng as a spec: its 15 sub-districts, 1,500 points and 300 candidates."""
    rows = read_data("xicheng_sub_districts")
    x, y = project(rows["lon"].to_numpy(float), rows["lat"].to_numpy(float), _CRS)
    districts = tuple(
        District(
            zone_id=f"{row.zone_id:.0f}",
            name=row.name_en,
            name_zh=row.name_zh,
            area_km2=row.area_km2,
            x=float(np.round(east)),
            y=float(np.round(north)),
            people=row.people,
            school_district=row.school_district,
            school_district_zh=row.school_district_zh,
            lanes=row.lanes,
            workers=row.workers_percent,
            lacks=tuple((row.lacks or "").split()),
        )
        for row, east, north in zip(
            rows.rename(columns={"name": "name_en"}).itertuples(), x, y, strict=True
        )
    )
    return TownSpec(
        name="xicheng",
        points=1500,
        buildings=300,
        people=REFERENCE_PEOPLE,
        districts=districts,
        people_per_community=REFERENCE_PEOPLE / _COMMUNITIES,
        budget=REFERENCE_BUDGET,
        crs=_CRS,
    )


def generate_xicheng(rng: np.random.Generator) -> Instance:
    """Return the district of Xicheng; only `XICHENG_SEED` gives the bundled one."""
    town = generate_town(xicheng_spec(), rng)
    settings = town.settings.model_copy(
        update={
            "title": "Xicheng District, Beijing (published figures, made-up places)",
            "title_zh": "北京市西城区（公布数据，合成位置）",
            "credit": "areas of sub-districts: © OpenStreetMap contributors, ODbL 1.0",
            "minimum_per_zone": (
                ZoneMinimum(service_id="elderly_centre", zone_kind="sub_district"),
                ZoneMinimum(service_id="ambulance", zone_kind="sub_district"),
            ),
            "scenarios": _SCENARIOS,
        }
    )
    return replace(
        town, settings=settings, targets=complete("targets", read_data("xicheng_targets"))
    )
