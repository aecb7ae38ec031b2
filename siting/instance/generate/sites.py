"""Sites beside the candidates: home care, school grounds, roofs, hospitals, kindergartens.

They are rows of `buildings` as well, since something is decided about each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from siting.instance.generate.as_tables import complete
from siting.instance.instance import KEEP, Instance

_SCHOOL_GROUNDS = 24
_YARDS_M2 = (800.0, 2400.0)
_OWN_GATE_CHANCE = 0.7
_PRIVATE, _PRIVATE_TO_CHANGE = 24, 14
"""Private kindergartens, and those of them that may become affordable; assumed."""
_RECLASSIFIED = (180.0, 270.0, 360.0)
_M2_PER_CHILD = 12.5
_SMALL_HOSPITAL_BEDS = 200.0
_M2_PER_BED = 60.0
_OCCUPANCY = (0.72, 0.78, 0.83, 0.86, 0.90, 0.94)
_ROOFS = 8
_SMALLEST_ROOF_M2, _ROOF_OF_GROUND = 850.0, 0.7
_ROOF_OF_RENT = 0.5
_OUTSIDE_HOMES, _OUTSIDE_BEDS, _BEYOND_M = 2, 60.0, 60.0
_ZONES = ["zone_sub_district", "zone_school_district", "zone_community"]


def add_sites(town: Instance, rng: np.random.Generator) -> Instance:
    """Return the town with its further sites, and with elderly homes beyond its border.

    Kindergartens are tagged affordable but for the private ones; some of those, and the small
    hospitals, are kept by choice: a private kindergarten may be reclassified, a hospital stays and
    may turn idle beds into care.
    """
    facilities = town.facilities.copy()
    private = _private(facilities, rng)
    changing = private[:_PRIVATE_TO_CHANGE]
    affordable = facilities["service_id"].eq("kindergarten")
    affordable[private] = False
    facilities["tags"] = np.where(affordable, "affordable", "")
    small = facilities["service_id"].eq("hospital") & facilities["capacity"].eq(
        _SMALL_HOSPITAL_BEDS
    )
    hospitals = np.flatnonzero(small)
    occupied = pd.Series(np.resize(_OCCUPANCY, len(hospitals)), hospitals)
    facilities["occupancy"] = facilities.index.map(occupied)
    capacity = facilities["capacity"].astype(float)
    facilities.loc[changing, "floor_area_m2"] = capacity[changing] * _M2_PER_CHILD
    facilities.loc[hospitals, "floor_area_m2"] = capacity[hospitals] * _M2_PER_BED
    housed = [
        _houses(facilities.iloc[changing], "PK", "private_kindergarten", "private"),
        _houses(facilities.iloc[hospitals], "HO", "hospital", "district"),
    ]
    for rows, ids in zip((changing, hospitals), housed, strict=True):
        facilities.loc[rows, "building_id"] = ids["building_id"].to_numpy()
    grounds, roofs = _grounds(facilities, rng), _roofs(town.buildings, rng)
    sites = pd.concat([_home_care(town), grounds, roofs, *housed], ignore_index=True)
    platforms = {
        "building_id": roofs["building_id"],
        "space": "roof",
        "area_m2": roofs["floor_area_m2"],
        "services": "sports",
        "source": "roofs for sports P014; size assumed",
    }
    locks = {
        "building_id": housed[1]["building_id"],
        "service_id": "hospital",
        "module_id": KEEP,
        "status": "required",
        "source": "assumed: hospitals stay",
    }
    return replace(
        town,
        buildings=_joined("buildings", town.buildings, sites.assign(synthetic=True)),
        facilities=_joined("facilities", facilities, _outside(town)),
        spaces=_joined("spaces", town.spaces, pd.DataFrame(platforms)),
        locks=complete("locks", pd.DataFrame(locks)),
    )


def _joined(table: str, rows: pd.DataFrame, further: pd.DataFrame) -> pd.DataFrame:
    known = further.reindex(columns=rows.columns).astype(object)
    joined = pd.concat([rows.astype(object), known], ignore_index=True)
    return complete(table, joined.where(joined.notna(), None))


def _private(facilities: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Draw the private kindergartens; those that may change come first."""
    fixed = facilities["service_id"].eq("kindergarten") & facilities["building_id"].isna()
    usual = fixed & facilities["capacity"].isin(_RECLASSIFIED)
    return rng.permutation(np.flatnonzero(usual))[:_PRIVATE]


def _houses(facilities: pd.DataFrame, prefix: str, kind: str, owner_level: str) -> pd.DataFrame:
    """Return a building for each facility, which fills it."""
    return pd.DataFrame(
        {
            "building_id": _ids(prefix, len(facilities)),
            "class": kind,
            "name": facilities["name"].to_numpy(),
            "address": "地址为合成 · made-up site",
            "floor_area_m2": facilities["floor_area_m2"].to_numpy(float),
            "owner_level": owner_level,
            "owner_consent": "open",
        }
        | {column: facilities[column].to_numpy() for column in ("x", "y", *_ZONES)}
    )


def _home_care(town: Instance) -> pd.DataFrame:
    """Return one base of home care per sub-district, in the middle of its old people."""
    demand, names = town.demand, town.zones.set_index("zone_id")
    old = demand[["people_65_79", "people_80p"]].sum(axis=1)
    rows: list[Mapping[str, object]] = []
    for zone_id, points in demand.groupby("zone_sub_district", sort=False):
        where, weight = points[["x", "y"]].to_numpy(float), old[points.index]
        middle = np.average(where, axis=0, weights=weight)
        nearest = points.iloc[int(np.argmin(((where - middle) ** 2).sum(axis=1)))]
        name, name_zh = names.loc[zone_id, "name"], names.loc[zone_id, "name_zh"]
        rows.append(
            {
                "class": "home_care_site",
                "name": f"{name_zh} 家庭照护床位服务点 · {name} base of home care",
                "address": "家庭照护，不占房屋 · at home, takes no rooms",
                "floor_area_m2": 1.0,
                "owner_level": "district",
                "owner_consent": "agreed",
            }
            | {column: nearest[column] for column in ("x", "y", *_ZONES)}
        )
    return pd.DataFrame(rows).assign(building_id=_ids("HC", len(rows)))


def _grounds(facilities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the sports grounds of some schools, to be shared outside teaching hours."""
    schools = np.flatnonzero(facilities["service_id"].isin(["primary", "junior"]))
    chosen = facilities.iloc[np.sort(rng.permutation(schools)[:_SCHOOL_GROUNDS])]
    grounds = _houses(chosen, "SG", "school_ground", "district")
    count = len(grounds)
    return grounds.assign(
        name=[f"{name.replace(' · ', '操场 · ')} ground" for name in chosen["name"]],
        floor_area_m2=1.0,
        yard_m2=np.round(rng.uniform(*_YARDS_M2, count), -1),
        independent_access=rng.random(count) < _OWN_GATE_CHANCE,
        land_use="education",
        title_status="clear",
    )


def _roofs(buildings: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the roofs of some candidates, which lie on top of their floor area."""
    wide = buildings["class"].isin(["vacated_office", "market_floor", "idle_factory"])
    wide &= buildings["ground_area_m2"].astype(float).ge(_SMALLEST_ROOF_M2)
    wide &= buildings["acquisition_cost"].eq(0)
    below = buildings.iloc[np.sort(rng.permutation(np.flatnonzero(wide))[:_ROOFS])]
    kept = ["address", "x", "y", "owner", "owner_level", "owner_consent", "title_status", *_ZONES]
    ground = below["ground_area_m2"].astype(float)
    return (
        below[kept]
        .assign(
            name=[f"{name.replace(' · ', '屋顶 · ')}, roof" for name in below["name"]],
            floor_area_m2=np.round(_ROOF_OF_GROUND * ground, -1),
            yearly_rent_per_m2=np.round(_ROOF_OF_RENT * below["yearly_rent_per_m2"], 3),
            building_id=_ids("RO", len(below)),
        )
        .assign(**{"class": "roof"})
    )


def _outside(town: Instance) -> pd.DataFrame:
    """Return elderly homes just beyond the border, whose beds have a ceiling of their own."""
    cells = town.zones.loc[town.zones["kind"].eq("sub_district"), "geometry"]
    outline = shapely.union_all(shapely.from_wkt(list(cells)))
    points = shapely.points(town.demand[["x", "y"]].to_numpy(float))
    points = points[shapely.contains(outline, points)]
    near = np.argsort(shapely.distance(points, outline.boundary), kind="stable")
    first = near[0]
    away = shapely.distance(points, points[first])
    second = near[int(np.argmax(away[near[: len(near) // 10]]))]
    places = []
    for point in points[[first, second][:_OUTSIDE_HOMES]]:
        edge = shapely.get_coordinates(shapely.shortest_line(point, outline.boundary))
        way = edge[1] - edge[0]
        places.append(edge[1] + way * (_BEYOND_M / max(float(np.hypot(*way)), 1e-9)))
    x, y = np.round(np.array(places), 1).T
    numbers = range(1, len(places) + 1)
    return pd.DataFrame(
        {
            "facility_id": [f"F-outside-{k:03d}" for k in numbers],
            "service_id": "elderly_centre",
            "name": [f"区外养老院 {k:02d} · elderly home outside {k:02d}" for k in numbers],
            "x": x,
            "y": y,
            "capacity": _OUTSIDE_BEDS,
            "outside": True,
            "synthetic": True,
        }
    )


def _ids(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{k + 1:02d}" for k in range(count)]
