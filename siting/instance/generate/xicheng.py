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
from siting.instance.generate.plots import draw_spaces, draw_tenures, with_plots
from siting.instance.generate.sites import add_sites
from siting.instance.generate.spec import District, TownSpec
from siting.instance.generate.town import REFERENCE_BUDGET, generate_town
from siting.instance.generate.xicheng_scenarios import (
    BUDGET,
    FIRST_REFUSAL,
    MAXIMUM_PER_ZONE,
    MINIMUM_PER_ZONE,
    OBJECTIVE,
    PLAN,
    RESERVE,
    SELF_SUFFICIENCY,
    ZONE_FLOOR,
    scenarios,
)
from siting.instance.instance import Instance

XICHENG_SEED = 110102
"""Seed of the bundled instance: the district's administrative code."""

_CRS = "EPSG:4548"
_COMMUNITIES = 263
_OF_THE_DISTRICT = ("targets", "population", "cohorts", "funds", "preferences", "priorities")
"""Tables that are read as they are."""


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
        extended=True,
        budget=REFERENCE_BUDGET,
        crs=_CRS,
    )


def generate_xicheng(rng: np.random.Generator) -> Instance:
    """Return the district of Xicheng; only `XICHENG_SEED` gives the bundled one."""
    town = generate_town(xicheng_spec(), rng)
    of_plots, of_ways, of_sites = rng.spawn(3)
    candidates = complete("buildings", with_plots(town.buildings, of_plots))
    settings = town.settings.model_copy(
        update={
            "title": "Xicheng District, Beijing (published figures, made-up places)",
            "title_zh": "北京市西城区（公布数据，合成位置）",
            "credit": "areas of sub-districts: © OpenStreetMap contributors, ODbL 1.0",
            "plan": PLAN,
            "budget": BUDGET,
            "objective": OBJECTIVE,
            "minimum_per_zone": MINIMUM_PER_ZONE,
            "maximum_per_zone": MAXIMUM_PER_ZONE,
            "zone_floor": ZONE_FLOOR,
            "self_sufficiency": SELF_SUFFICIENCY,
            "reserve": RESERVE,
            "first_refusal": FIRST_REFUSAL,
            "scenarios": scenarios(),
        }
    )
    town = replace(
        town,
        settings=settings,
        buildings=candidates,
        spaces=complete("spaces", draw_spaces(candidates)),
        tenures=complete("tenures", draw_tenures(candidates, of_ways)),
        **{name: complete(name, read_data(f"xicheng_{name}")) for name in _OF_THE_DISTRICT},
    )
    return add_sites(town, of_sites)
