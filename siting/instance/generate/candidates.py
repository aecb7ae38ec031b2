"""Candidate buildings: what a list of vacated buildings could look like."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.generate.catalogue import PRICE_FACTOR, Catalogue
from siting.instance.generate.rounding import share_out
from siting.instance.generate.shapes import Shapes
from siting.instance.generate.streets import Streets

IntArray = NDArray[np.int64]

M2_PER_UNIT = {"kindergarten": 12.5, "elderly_station": 0.1}
"""Floor area that an existing facility takes in a candidate building, per unit of capacity."""

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
_EAGER_DISTRICT = 0.4
_FOR_SALE_CHANCE = 0.4
_PRICE_2016_PER_M2 = (3.0, 10.0)
"""All-in cost less works of projects with land or vacating, 10 000 yuan per m2."""
_STATIONS_PERCENT = 2
"""Percent of candidates that are estate rooms with an elderly station that may grow."""
_SMALLEST_WITH_STATION_M2 = 700.0
_SPARE_M2 = (150.0, 600.0)
_BESIDE_M = 30.0
_SMALLEST_FLOOR_M2 = 120.0
_TITLES = {"clear": 0.85, "unregistered": 0.10, "disputed": 0.05}
_LISTED_COURTYARDS = 0.1
_LIFT_FROM_FLOORS, _LIFT_CHANCE = 4, 0.7
_BRICK_AND_TIMBER_UNTIL, _CONCRETE_FROM, _SEISMIC_CODE_FROM = 1960, 1980, 1978
_KEY_SEISMIC = ("vocational_campus", "campus_extension", "kindergarten_campus", "hospital_wing")
_KEY_SEISMIC_FROM, _ALL_KEY_FROM = 2001, 2016
_UNKNOWN_CHANCE = {
    "floors": 0.03,
    "winter_sun_h": 0.10,
    "seismic_category": 0.10,
    "fire_grade": 0.08,
    "independent_access": 0.08,
    "title_status": 0.05,
    "ground_area_m2": 0.40,
}


def draw_candidates(
    count: int,
    catalogue: Catalogue,
    facilities: pd.DataFrame,
    *,
    shapes: Shapes,
    streets: Streets,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the candidates: the columns of `buildings` but zones, ``community`` and ``houses``.

    Numbers by class and size, and owners, follow the catalogue and `_OWNERS` exactly. An extension
    lies beside an existing school. ``houses`` is the position of the kindergarten or elderly
    station that stands in the building and may change, else -1.
    """
    b = _classes_and_areas(count, catalogue, rng)
    b = _tied(b, facilities, rng)
    b = _located(b, facilities, shapes=shapes, streets=streets, rng=rng)
    b = _described(b, rng)
    b = _owned(b, rng)
    b = _named(b, shapes)
    for field, chance in _UNKNOWN_CHANCE.items():
        unknown = rng.random(count) < chance
        b[field] = b[field].astype(object).where(~unknown, None)
    return b


def _classes_and_areas(count: int, catalogue: Catalogue, rng: np.random.Generator) -> pd.DataFrame:
    """As many of each class and size as the catalogue asks for, in mixed order."""
    sizes = list(_SIZES_M2)
    per_cell = share_out(catalogue.classes[sizes].to_numpy(float).ravel(), count)
    cell = rng.permutation(np.repeat(np.arange(len(per_cell)), per_cell))
    rows = catalogue.classes.iloc[cell // len(sizes)].reset_index(drop=True)
    low, high = np.array(list(_SIZES_M2.values()))[cell % len(sizes)].T
    high = np.where(np.isnan(high), np.maximum(rows["largest_m2"], low), high)
    area = low * (high / low) ** rng.random(count)
    return rows.assign(floor_area_m2=np.round(area, -1))


def _tied(b: pd.DataFrame, facilities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Extensions beside schools; kindergartens and a few stations housed in candidates."""
    service, capacity = facilities["service_id"], facilities["capacity"]

    def partners(members: pd.Series[bool], most: int, hosts: pd.Series[bool]) -> IntArray:
        drawn = rng.permutation(np.flatnonzero(hosts))
        found = np.full(len(b), -1)
        chosen = np.flatnonzero(members)[: min(most, len(drawn))]
        found[chosen] = drawn[: len(chosen)]
        return found

    extension = b["class"].eq("campus_extension")
    campus = b["class"].eq("kindergarten_campus")
    estate = b["class"].eq("estate_ancillary") & b["floor_area_m2"].ge(_SMALLEST_WITH_STATION_M2)
    few = round(len(b) * _STATIONS_PERCENT / 100)
    beside = partners(extension, len(b), service.isin(["primary", "junior"]))
    children = partners(campus, len(b), service.eq("kindergarten") & capacity.between(180, 360))
    stations = partners(estate, few, service.eq("elderly_station"))
    taken = capacity.to_numpy()[children] * M2_PER_UNIT["kindergarten"]
    full = taken + np.round(rng.uniform(*_SPARE_M2, len(b)), -1)
    return b.assign(
        beside=beside,
        houses=np.maximum(children, stations),
        floor_area_m2=b["floor_area_m2"].where(children < 0, full),
    )


def _located(
    b: pd.DataFrame,
    facilities: pd.DataFrame,
    *,
    shapes: Shapes,
    streets: Streets,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Beside streets: offices where people work, courtyards among lanes."""
    middles = streets.middles
    edge_district = shapes.district_of[shapes.community_of(middles[:, 0], middles[:, 1])]
    districts = shapes.districts
    usable = np.bincount(edge_district, minlength=len(districts)) > 0
    old = np.array([d.lanes for d in districts])
    residents = np.array([d.people for d in districts])
    workers = np.array([d.workers for d in districts])
    by_home = usable * residents / residents.sum()
    by_work = usable * workers / workers.sum() + 0.3 * by_home
    edge = np.empty(len(b), np.int64)
    for k, (land_use, lanes) in enumerate(zip(b["land_use"], b["lanes"], strict=True)):
        wish = by_work if land_use == "office" else by_home
        if lanes and (old & usable).any():
            wish = wish * old
        district = rng.choice(len(districts), p=wish / wish.sum())
        edge[k] = rng.choice(np.flatnonzero(edge_district == district))
    x, y = streets.beside(edge, rng)
    tied = np.maximum(b["beside"], b["houses"]).to_numpy()
    off = np.where(b["beside"] >= 0, rng.choice([-_BESIDE_M, _BESIDE_M], len(b)), 0.0)
    x = np.where(tied >= 0, np.round(facilities["x"].to_numpy()[tied] + off, 1), x)
    y = np.where(tied >= 0, facilities["y"].to_numpy()[tied], y)
    return b.assign(x=x, y=y, community=shapes.community_of(x, y))


def _described(b: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Floors, yard, age and what follows from them."""
    count = len(b)
    area = b["floor_area_m2"].to_numpy(float)

    def between(name: str) -> NDArray[np.float64]:
        return rng.uniform(b[f"{name}_from"].astype(float), b[f"{name}_to"].astype(float))

    def whole(name: str) -> IntArray:
        return rng.integers(b[f"{name}_from"].astype(int), b[f"{name}_to"].astype(int) + 1)

    floors = np.minimum(whole("floors"), np.maximum(1, area // _SMALLEST_FLOOR_M2))
    below = b["class"].eq("basement").to_numpy()
    cellar = rng.random(count) < b["basement_chance"].to_numpy(float)
    basement = np.where(below, area, np.where(cellar, np.round(0.15 * area, -1), 0.0))
    above = area - basement
    ground = np.minimum(above / floors * rng.uniform(1.0, 1.25, count), above)
    year = whole("year")
    key = b["class"].isin(_KEY_SEISMIC).to_numpy() & (year >= _KEY_SEISMIC_FROM)
    court = b["class"].isin(["courtyard", "courtyard_partial"]).to_numpy()
    listed = court & (rng.random(count) < _LISTED_COURTYARDS)
    return b.assign(
        floors=floors,
        ground_area_m2=np.round(ground),
        basement_area_m2=basement,
        yard_m2=np.round(area * between("yard_share"), -1),
        year_built=year,
        seismic_category=np.select(
            [key | (year >= _ALL_KEY_FROM), year >= _SEISMIC_CODE_FROM],
            ["key", "standard"],
            "none",
        ),
        fire_grade=np.select(
            [year < _BRICK_AND_TIMBER_UNTIL, year < _CONCRETE_FROM],
            [rng.choice([3, 4], count, p=[0.6, 0.4]), rng.choice([2, 3], count)],
            rng.choice([1, 2], count, p=[0.4, 0.6]),
        ),
        lift=(floors >= _LIFT_FROM_FLOORS) & (rng.random(count) < _LIFT_CHANCE),
        independent_access=rng.random(count) < b["entrance_chance"].to_numpy(float),
        winter_sun_h=np.round(between("sun_h"), 1),
        planned_use=[rng.choice(use.split("|")) for use in b["planned_use"]],
        title_status=rng.choice(list(_TITLES), count, p=list(_TITLES.values())),
        heritage_level=np.select(
            [b["class"].eq("heritage").to_numpy(), listed],
            ["区级文物 district", "历史建筑 historic"],
            "",
        ),
    )


def _owned(b: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Owners, their consent, and what a building costs: nothing, a rent or a price."""
    count = len(b)
    own = b["class"].isin(["campus_extension", "kindergarten_campus"]).to_numpy()
    level = _owner_levels(own, b["private"].to_numpy(bool), rng)
    eager = rng.random(count) + np.where(own, 1.0, _EAGER_DISTRICT * (level == "district"))
    place = np.argsort(np.argsort(-eager, kind="stable"), kind="stable")
    agreed = place < round(count * _AGREED_PERCENT / 100)
    refused = place >= count - round(count * _REFUSED_PERCENT / 100)
    sale = np.isin(level, ["state_enterprise", "private"])
    sale &= rng.random(count) < _FOR_SALE_CHANCE
    sale |= b["class"].eq("renewal_parcel").to_numpy() & (level != "district")
    price = PRICE_FACTOR * rng.uniform(*_PRICE_2016_PER_M2, count) * b["floor_area_m2"].to_numpy()
    rent = rng.uniform(b["rent_from"].astype(float), b["rent_to"].astype(float))
    rent = np.where(level == "municipal", rent / 2, rent)
    return b.assign(
        owner=[_OWNERS[name][1] for name in level],
        owner_level=level,
        owner_consent=np.select([agreed, refused], ["agreed", "refused"], "open"),
        acquisition_cost=np.where(sale, np.round(price), 0.0),
        yearly_rent_per_m2=np.where(sale | (level == "district"), 0.0, np.round(rent, 3)),
        title_status=np.where(own, "clear", b["title_status"]),
        sensitive=level == "military",
    )


def _owner_levels(
    own: NDArray[np.bool_], may_be_private: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.str_]:
    """Owner levels in their shares: schools are the district's, some classes never private."""
    levels = np.repeat(list(_OWNERS), share_out([s for s, _ in _OWNERS.values()], len(own)))
    schools, never = int(own.sum()), int((~own & ~may_be_private).sum())
    rest = rng.permutation(levels[schools:])  # the district's come first in `levels`
    rest = rest[np.argsort(rest == "private", kind="stable")]
    rest[never:] = rng.permutation(rest[never:])
    order = np.lexsort((rng.random(len(own)), may_be_private, ~own))
    level = np.empty_like(levels)
    level[order] = np.concatenate([levels[:schools], rest])
    return level


def _named(b: pd.DataFrame, shapes: Shapes) -> pd.DataFrame:
    digits = max(3, len(str(len(b))))
    ids = [f"B-{k + 1:0{digits}d}" for k in range(len(b))]
    where = [shapes.districts[d] for d in shapes.district_of[b["community"]]]
    named = list(zip(where, ids, b["name_zh"], b["name"], strict=True))
    return b.assign(
        building_id=ids,
        name=[f"{d.name_zh} {i} {zh} · {d.name} {i} {en}" for d, i, zh, en in named],
        address=[f"{d.name_zh}街道（地址为合成） · {d.name} (made-up site)" for d in where],
    )
