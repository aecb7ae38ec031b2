"""What a town should be like, and the districts of a town that states none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.instance.generate.rounding import share_out

AGE_SHARES_PERCENT = {
    "0_2": 2.1,
    "3_5": 2.8,
    "6_11": 6.0,
    "12_14": 2.4,
    "15_17": 1.9,
    "18_59": 58.8,
    "60_64": 7.5,
    "65_79": 13.0,
    "80p": 5.5,
}
"""Assumed shares of residents by age group; no plan publishes them."""

_LARGEST_STRETCH = 0.35


@dataclass(frozen=True, kw_only=True)
class District:
    """One sub-district.

    Attributes
    ----------
    zone_id, name, name_zh
        Its id and names.
    area_km2
        Area of its shape, kept to within 1 %.
    x, y
        A point inside, in metres of the town's CRS.
    people
        Residents in proportion to those of the other districts; scaled to the town's people.
    school_district, school_district_zh
        School district it belongs to; sub-districts with the same name form one.
    lanes
        Whether it is an old quarter of lanes (hutong) and courtyards.
    workers
        Workers in proportion to those of the other districts.
    lacks
        Services of which it has no facility today.
    """

    zone_id: str
    name: str
    name_zh: str
    area_km2: float
    x: float
    y: float
    people: float
    school_district: str
    school_district_zh: str
    lanes: bool = False
    workers: float = 1.0
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TownSpec:
    """Size and make-up of a town.

    Attributes
    ----------
    name
        Name of the instance.
    points, buildings
        Number of demand points and of candidate buildings.
    people
        Residents; existing facilities, published needs and the budget keep their proportion to
        those of Xicheng unless stated.
    districts
        How many sub-districts to draw, or the sub-districts themselves.
    density_per_km2
        People per square kilometre, where districts are drawn.
    people_per_community
        Mean size of a community; there is never more than one for every two demand points.
    workers_per_resident
        People working in the town over its residents.
    services
        Ids of the services to plan; the usual twelve where empty.
    extended
        Whether to plan with the whole catalogue: the services without a weight of their own, and
        modules for sites that no candidate building is (school grounds, hospitals, homes).
    budget
        Money for the plan in 10 000 yuan; as much per head as the base budget of Xicheng where
        None.
    block_m
        Usual distance of two streets.
    crs
        Projected CRS of the coordinates.
    centre
        Middle of the town where districts are drawn, in metres of `crs`.
    """

    name: str = "town"
    points: int = 1000
    buildings: int = 100
    people: int = 200_000
    districts: int | tuple[District, ...] = 6
    density_per_km2: float = 21_900.0
    people_per_community: float = 4_206.0
    workers_per_resident: float = 0.63
    services: tuple[str, ...] = ()
    extended: bool = False
    budget: float | None = None
    block_m: float = 150.0
    crs: str = "EPSG:4548"
    centre: tuple[float, float] = (445_000.0, 4_418_000.0)

    def __post_init__(self) -> None:
        smallest = {"points": 2, "buildings": 1, "people": 100}
        for field, least in smallest.items():
            if getattr(self, field) < least:
                raise ValueError(f"{field} must be at least {least}")
        count = self.districts if isinstance(self.districts, int) else len(self.districts)
        if not 1 <= count <= self.points // 2:
            raise ValueError("districts must be at least 1 and at most half the points")


def draw_districts(spec: TownSpec, rng: np.random.Generator) -> tuple[District, ...]:
    """Return the districts of a town; those of the spec where it states them."""
    if not isinstance(spec.districts, int):
        return spec.districts
    count = spec.districts
    areas = rng.lognormal(0.0, 0.3, count)
    areas *= spec.people / spec.density_per_km2 / areas.sum()
    people = share_out(areas * rng.lognormal(0.0, 0.25, count), spec.people)
    # A square lattice, row by row from the middle out, then shaken.
    side = int(np.ceil(np.sqrt(count)))
    lattice = np.array([(i, j) for j in range(side) for i in range(side)], float) - (side - 1) / 2
    order = np.argsort(np.hypot(*lattice.T), kind="stable")[:count]
    spacing_m = 1000.0 * np.sqrt(areas.mean())
    shaken = lattice[order] + rng.uniform(-_LARGEST_STRETCH / 2, _LARGEST_STRETCH / 2, (count, 2))
    places = np.round(np.array(spec.centre) + spacing_m * shaken)
    return tuple(
        District(
            zone_id=f"D{k + 1:02d}",
            name=f"District {k + 1}",
            name_zh=f"第{k + 1}街道",
            area_km2=round(float(areas[k]), 4),
            x=float(places[k, 0]),
            y=float(places[k, 1]),
            people=float(people[k]),
            school_district=f"School district {k // 2 + 1}",
            school_district_zh=f"第{k // 2 + 1}学区",
            lanes=k % 3 == 0,
            workers=float(people[k]),
        )
        for k in range(count)
    )
