"""Candidate buildings: what a list of vacated buildings could look like."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.generate.catalogue import PRICE_FACTOR, Catalogue
from siting.instance.generate.rounding import share_out
from siting.instance.generate.shapes import Shapes
from siting.instance.generate.spec import District
from siting.instance.generate.streets import Streets

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SIZES_M2 = {
    "small": (80.0, 490.0),
    "medium": (500.0, 1990.0),
    "large": (2000.0, 5990.0),
    "very_large": (6000.0, np.nan),
}
_OWNERS = {
    "district": (35, "区属单位 District body"),
    "central": (18, "中央单位 Central body"),
    "military": (7, "军队单位 Military body"),
    "state_enterprise": (20, "国有企业 State enterprise"),
    "municipal": (10, "市属单位 Municipal body"),
    "private": (10, "民营业主 Private owner"),
}
"""Percent of candidates and owner by level."""
_AGREED_PERCENT = 30
_REFUSED_PERCENT = 10
_FOR_SALE_CHANCE = 0.4
_PRICE_2016_PER_M2 = (3.0, 10.0)
"""All-in cost less works of projects with land or vacating, 10 000 yuan per m2."""
_STATIONS_PERCENT = 2
"""Percent of candidates that are estate rooms with an elderly station that may grow."""
M2_PER_UNIT = {"kindergarten": 12.5, "elderly_station": 0.1}
"""Floor area that an existing facility takes in a candidate building, per unit of capacity."""
_UNKNOWN_CHANCE = {
    "floors": 0.03,
    "winter_sun_h": 0.10,
    "seismic_category": 0.10,
    "fire_grade": 0.08,
    "independent_access": 0.08,
    "title_status": 0.05,
    "ground_area_m2": 0.40,
}
_BESIDE_M = 30.0
_KEY_SEISMIC = {"vocational_campus", "campus_extension", "kindergarten_campus", "hospital_wing"}


def draw_candidates(
    count: int,
    catalogue: Catalogue,
    facilities: pd.DataFrame,
    districts: tuple[District, ...],
    shapes: Shapes,
    streets: Streets,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the candidates: all columns of `buildings` but zones, and ``community``.

    Numbers by class and size, and owners, follow the catalogue and `_OWNERS` exactly. An extension
    lies beside an existing school. ``houses`` is the position of the kindergarten or elderly
    station that stands in the building and may change, else -1.
    """
    b = _classes_and_areas(count, catalogue, rng)
    _attach(b, facilities, rng)
    _locate(b, facilities, districts, shapes, streets, rng)
    _describe(b, rng)
    _tenure(b, rng)
    for field, chance in _UNKNOWN_CHANCE.items():
        unknown = rng.random(len(b)) < chance
        b[field] = b[field].astype(object).where(~unknown, None)
    _name(b, districts, shapes)
    return b


def _classes_and_areas(count: int, catalogue: Catalogue, rng: np.random.Generator) -> pd.DataFrame:
    """Draw as many of each class and size as the catalogue asks for, in mixed order."""
    sizes = list(_SIZES_M2)
    per_cell = share_out(catalogue.classes[sizes].to_numpy(float).ravel(), count)
    cell = rng.permutation(np.repeat(np.arange(len(per_cell)), per_cell))
    rows = catalogue.classes.iloc[cell // len(sizes)].reset_index(drop=True)
    low = np.array([_SIZES_M2[size][0] for size in sizes])[cell % len(sizes)]
    high = np.array([_SIZES_M2[size][1] for size in sizes])[cell % len(sizes)]
    high = np.where(np.isnan(high), np.maximum(rows["largest_m2"], low), high)
    area = low * (high / low) ** rng.random(count)
    return rows.assign(floor_area_m2=np.round(area, -1))


def _attach(b: pd.DataFrame, facilities: pd.DataFrame, rng: np.random.Generator) -> None:
    """Tie extensions to schools, kindergarten buildings and some estate rooms to what they house."""
    service, capacity = facilities["service_id"], facilities["capacity"]
    b["beside"] = -1
    b["houses"] = -1

    def tie(column: str, members: IntArray, partners: pd.Series[bool]) -> None:
        drawn = rng.permutation(np.flatnonzero(partners))[: len(members)]
        b.loc[members[: len(drawn)], column] = drawn

    tie(
        "beside",
        np.flatnonzero(b["class"] == "campus_extension"),
        service.isin(["primary", "junior"]),
    )
    campuses = np.flatnonzero(b["class"] == "kindergarten_campus")
    tie("houses", campuses, service.eq("kindergarten") & capacity.between(180, 360))
    estates = np.flatnonzero(b["class"].eq("estate_ancillary") & b["floor_area_m2"].ge(700))
    few = estates[: round(len(b) * _STATIONS_PERCENT / 100)]
    tie("houses", few, service.eq("elderly_station"))
    full = np.isin(np.arange(len(b)), campuses) & b["houses"].ge(0)
    taken = capacity.to_numpy()[b["houses"]] * M2_PER_UNIT["kindergarten"]
    spare = np.round(rng.uniform(150, 600, len(b)), -1)
    b["floor_area_m2"] = b["floor_area_m2"].where(~full, taken + spare)


def _locate(
    b: pd.DataFrame,
    facilities: pd.DataFrame,
    districts: tuple[District, ...],
    shapes: Shapes,
    streets: Streets,
    rng: np.random.Generator,
) -> None:
    """Put candidates beside streets: offices where people work, courtyards among lanes."""
    middles = streets.middles
    edge_district = shapes.district_of[shapes.community_of(middles[:, 0], middles[:, 1])]
    people = np.array([d.people for d in districts])
    people = people / people.sum()
    workers = np.array([d.workers for d in districts])
    workers = workers / workers.sum()
    old = np.array([d.lanes for d in districts])
    usable = np.bincount(edge_district, minlength=len(districts)) > 0
    edge = np.empty(len(b), np.int64)
    for k, row in enumerate(b.itertuples()):
        wish = workers + 0.3 * people if row.land_use == "office" else people
        wish = wish * old if row.lanes and (old & usable).any() else wish
        wish = wish * usable
        district = rng.choice(len(districts), p=wish / wish.sum())
        edge[k] = rng.choice(np.flatnonzero(edge_district == district))
    x, y = streets.beside(edge, rng)
    tied = np.maximum(b["beside"], b["houses"]).to_numpy()
    off = np.where(b["beside"] >= 0, rng.choice([-_BESIDE_M, _BESIDE_M], len(b)), 0.0)
    b["x"] = np.where(tied >= 0, np.round(facilities["x"].to_numpy()[tied] + off, 1), x)
    b["y"] = np.where(tied >= 0, facilities["y"].to_numpy()[tied], y)
    b["community"] = shapes.community_of(b["x"].to_numpy(float), b["y"].to_numpy(float))


def _describe(b: pd.DataFrame, rng: np.random.Generator) -> None:
    """Draw floors, yard, age and what follows from them."""
    count = len(b)
    area = b["floor_area_m2"].to_numpy(float)
    floors = rng.integers(b["floors_from"].astype(int), b["floors_to"].astype(int) + 1)
    floors = np.minimum(floors, np.maximum(1, area // 120)).astype(np.int64)
    below = b["class"].eq("basement").to_numpy()
    cellar = rng.random(count) < b["basement_chance"].to_numpy(float)
    basement = np.where(below, area, np.where(cellar, np.round(0.15 * area, -1), 0.0))
    ground = np.minimum((area - basement) / floors * rng.uniform(1.0, 1.25, count), area - basement)
    year = rng.integers(b["year_from"].astype(int), b["year_to"].astype(int) + 1)
    yard = area * rng.uniform(b["yard_share_from"].astype(float), b["yard_share_to"].astype(float))
    key = b["class"].isin(_KEY_SEISMIC).to_numpy() & (year >= 2001) | (year >= 2016)
    grade = np.where(
        year < 1960,
        rng.choice([3, 4], count, p=[0.6, 0.4]),
        np.where(year < 1980, rng.choice([2, 3], count), rng.choice([1, 2], count, p=[0.4, 0.6])),
    )
    options = b["planned_use"].str.split("|")
    b["floors"] = floors
    b["ground_area_m2"] = np.where(below, 0.0, np.round(ground))
    b["basement_area_m2"] = basement
    b["yard_m2"] = np.round(yard, -1)
    b["year_built"] = year
    b["seismic_category"] = np.where(key, "key", np.where(year >= 1978, "standard", "none"))
    b["fire_grade"] = grade
    b["lift"] = (floors >= 4) & (rng.random(count) < 0.7)
    b["independent_access"] = rng.random(count) < b["entrance_chance"].to_numpy(float)
    sun = rng.uniform(b["sun_h_from"].astype(float), b["sun_h_to"].astype(float))
    b["winter_sun_h"] = np.round(sun, 1)
    b["planned_use"] = [use[rng.integers(len(use))] for use in options]
    b["title_status"] = rng.choice(["clear", "unregistered", "disputed"], count, p=[0.85, 0.1, 0.05])
    listed = b["class"].isin(["courtyard", "courtyard_partial"]) & (rng.random(count) < 0.1)
    b["heritage_level"] = np.where(
        b["class"].eq("heritage"), "区级文物 district", np.where(listed, "历史建筑 historic", "")
    )


def _tenure(b: pd.DataFrame, rng: np.random.Generator) -> None:
    """Draw owners, their consent, and what the building costs: free, rented or bought."""
    count = len(b)
    levels = np.repeat(list(_OWNERS), share_out([share for share, _ in _OWNERS.values()], count))
    own = b["class"].isin(["campus_extension", "kindergarten_campus"]).to_numpy()
    public = ~b["private"].to_numpy(bool)
    # Schools belong to the district; what has no private owners draws before the others.
    order = np.lexsort((rng.random(count), ~public, ~own))
    districts_first = np.concatenate(
        [np.flatnonzero(levels == "district"), np.flatnonzero(levels != "district")]
    )
    levels = levels[districts_first]
    free = levels[int(own.sum()) :]
    private = free == "private"
    others = rng.permutation(free[~private])
    split = int((public & ~own).sum())
    rest = rng.permutation(np.concatenate([others[split:], free[private]]))
    level = np.empty(count, object)
    level[order] = np.concatenate([levels[: int(own.sum())], others[:split], rest])
    eager = rng.random(count) + np.where(own, 2.0, np.where(level == "district", 0.4, 0.0))
    rank = np.argsort(np.argsort(-eager, kind="stable"), kind="stable")
    agreed = rank < round(count * _AGREED_PERCENT / 100)
    refused = rank >= count - round(count * _REFUSED_PERCENT / 100)
    bought = np.isin(level, ["state_enterprise", "private"]) & (rng.random(count) < _FOR_SALE_CHANCE)
    bought |= b["class"].eq("renewal_parcel").to_numpy()
    bought &= level != "district"
    price = PRICE_FACTOR * rng.uniform(*_PRICE_2016_PER_M2, count) * b["floor_area_m2"].to_numpy()
    rent = rng.uniform(b["rent_from"].astype(float), b["rent_to"].astype(float))
    rent = np.where(level == "municipal", rent / 2, rent)
    b["owner_level"] = level
    b["owner"] = [_OWNERS[name][1] for name in level]
    b["owner_consent"] = np.where(agreed, "agreed", np.where(refused, "refused", "open"))
    b["acquisition_cost"] = np.where(bought, np.round(price), 0.0)
    b["yearly_rent_per_m2"] = np.where(bought | (level == "district"), 0.0, np.round(rent, 3))
    b["sensitive"] = level == "military"
    b.loc[own, "title_status"] = "clear"


def _name(b: pd.DataFrame, districts: tuple[District, ...], shapes: Shapes) -> None:
    digits = max(3, len(str(len(b))))
    ids = [f"B-{k + 1:0{digits}d}" for k in range(len(b))]
    where = [districts[d] for d in shapes.district_of[b["community"]]]
    b.insert(0, "building_id", ids)
    named = list(zip(where, ids, b["name_zh"], b["name"], strict=True))
    b["name"] = [f"{d.name_zh} {i} {zh} · {d.name} {en}" for d, i, zh, en in named]
    b["address"] = [f"{d.name_zh}街道（地址为合成） · {d.name} (made-up site)" for d in where]
