"""What a plan over years asks of a candidate: dates, permits, plots, spaces, ways to get hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.generate.catalogue import PRICE_FACTOR

_FAR = {
    "vacated_office": (2.5, 5.0),
    "market_floor": (1.5, 3.5),
    "idle_factory": (0.7, 1.5),
    "courtyard": (0.5, 0.7),
    "courtyard_partial": (0.5, 0.7),
    "heritage": (0.4, 0.7),
    "vocational_campus": (0.8, 1.3),
    "hospital_wing": (2.0, 3.5),
    "training_building": (1.2, 2.8),
    "estate_ancillary": (1.5, 2.8),
    "basement": (1.5, 4.0),
    "renewal_parcel": (1.5, 2.5),
    "campus_extension": (0.8, 1.6),
    "kindergarten_campus": (0.8, 1.2),
}
"""Floor-area ratio of the plot by class, from and to; assumed."""

_FREED_CHANCE = 0.35
_FREED_YEARS = (2021, 2022, 2023)
_FREED_LATER = {"renewal_parcel": (2023, 2024), "hospital_wing": (2022, 2023)}
"""Years from which vacated space can be used; some classes are freed later (P105, P138)."""

_ON_NEW_LAND = 8
"""Extensions of campuses that take up land beside the campus."""

_HERITAGE_USES = "culture|reading"
_PARCEL_USES = "primary|junior|kindergarten|elderly_centre|sports|ambulance"
_OFFICE_USES = "culture|reading|convenience|clinic|elderly_station|meal_point|shelter"
_OFFICES_UNDER_PLAN = 15
_WAIVED_CHANCE = 0.3
_WAIVED_CLASSES = ("vacated_office", "market_floor", "training_building")

_BASEMENT_USES = "sports|culture|parking|shelter"

_VALUE_2016_PER_M2 = (3.0, 10.0)
_PREMIUM = 1.15
_COURT_USES = "culture|elderly_station|reading"
_PROVIDER_SHARES = (0.0, 0.2, 0.3)
_SMALLEST_HOME_M2, _LARGEST_BOUGHT_M2 = 1750.0, 2000.0
_MEMBERS = {
    "provider": len(_PROVIDER_SHARES),
    "bought": 10,
    "swapped": 10,
    "expropriated": 8,
    "temporary": 10,
    "courts": 12,
    "parts": 8,
}
"""How many candidates have a further way to get hold of them, or another than usual."""

Way = dict[str, object]


def with_plots(buildings: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the candidates with dates, permits, floor-area ratio, land and waivers.

    Heritage has its list of uses, renewal parcels and some offices a regulatory plan. Land is
    taken up by renewal parcels and by some extensions.
    """
    count, kind = len(buildings), buildings["class"]
    low, high = np.array([_FAR[c] for c in kind]).T
    far = np.round(rng.uniform(low, high), 2)
    year = rng.choice(_FREED_YEARS, count).astype(float)
    year[rng.random(count) >= _FREED_CHANCE] = np.nan
    for late, years in _FREED_LATER.items():
        year = np.where(kind.eq(late), rng.choice(years, count), year)
    extensions = _some(kind.eq("campus_extension"), _ON_NEW_LAND, rng)
    land = np.where(kind.eq("renewal_parcel") | extensions, buildings["floor_area_m2"] / far, 0.0)
    offices = _some(kind.eq("vacated_office"), _OFFICES_UNDER_PLAN, rng)
    waived = kind.isin(_WAIVED_CLASSES).to_numpy() & (rng.random(count) < _WAIVED_CHANCE)
    return buildings.assign(
        available_from_year=year,
        allowed_services=np.select(
            [kind.eq("heritage"), kind.eq("renewal_parcel"), offices],
            [_HERITAGE_USES, _PARCEL_USES, _OFFICE_USES],
            "",
        ),
        far=far,
        land_m2=np.round(land, -1),
        waived=waived,
    )


def draw_spaces(buildings: pd.DataFrame) -> pd.DataFrame:
    """Return `spaces` of the candidates with a basement: ground floor, upper floors, basement."""
    rows: list[tuple[str, str, float, str, str]] = []
    for b in buildings[buildings["basement_area_m2"] > 0].itertuples():
        below = float(b.basement_area_m2)
        above = float(b.floor_area_m2) - below
        floors = 1.0 if pd.isna(b.floors) else float(b.floors)
        low = above / floors if pd.isna(b.ground_area_m2) else float(b.ground_area_m2)
        low = min(round(low), above)
        rows += [
            (b.building_id, space, area, uses, source)
            for space, area, uses, source in (
                ("ground", low, "", "made up"),
                ("upper", above - low, "", "made up"),
                ("basement", below, _BASEMENT_USES, "P015; uses assumed"),
            )
            if area > 0
        ]
    return pd.DataFrame(rows, columns=["building_id", "space", "area_m2", "services", "source"])


def draw_tenures(buildings: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return `tenures` of some candidates, the usual way first.

    Rented space may also be bought or swapped, space for sale expropriated; unregistered space is
    let for some years; of some courts a part alone can be used; providers of elderly homes pay
    most of the capital in buildings of state enterprises.
    """
    area = buildings["floor_area_m2"].astype(float)
    value = PRICE_FACTOR * rng.uniform(*_VALUE_2016_PER_M2, len(buildings)) * area
    sold = buildings["acquisition_cost"].astype(float)
    value = value.where(sold.eq(0), sold)
    members = _members(buildings, rng)
    rank = {k: rank for ks in members.values() for rank, k in enumerate(ks)}
    rows: dict[int, list[Way]] = {}
    for kind, positions in members.items():
        for k in positions:
            b = buildings.iloc[k]
            usual: Way = {
                "building_id": b["building_id"],
                "mode": "purchase" if b["acquisition_cost"] else "rent",
                "acquisition_cost": b["acquisition_cost"],
                "yearly_rent_per_m2": b["yearly_rent_per_m2"],
                "source": "as in buildings",
            }
            share = _PROVIDER_SHARES[rank[k] % len(_PROVIDER_SHARES)]
            rows[k] = _ways(kind, usual, area=area[k], value=value[k], share=share)
    return pd.DataFrame([way for k in sorted(rows) for way in rows[k]])


def _members(buildings: pd.DataFrame, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Draw the candidates of each kind of way; nobody is in two."""
    kind, area = buildings["class"], buildings["floor_area_m2"].astype(float)
    rented = buildings["yearly_rent_per_m2"].gt(0)
    sold = buildings["acquisition_cost"].gt(0)
    court = kind.isin(["courtyard", "courtyard_partial"])
    plain = rented & ~court
    homes = buildings["owner_level"].eq("state_enterprise") & area.ge(_SMALLEST_HOME_M2)
    homes &= kind.isin(["training_building", "vacated_office", "idle_factory", "hospital_wing"])
    asked = {
        "provider": homes & (rented | sold),
        "bought": plain & area.lt(_LARGEST_BOUGHT_M2),
        "swapped": plain & kind.ne("basement"),
        "expropriated": sold & ~court,
        "temporary": plain & buildings["title_status"].eq("unregistered"),
        "courts": rented & kind.eq("courtyard"),
        "parts": rented & kind.eq("courtyard_partial"),
    }
    free = np.ones(len(buildings), bool)
    members = {}
    for name, wanted in asked.items():
        chosen = _some(wanted & free, _MEMBERS[name], rng)
        free &= ~chosen
        members[name] = np.flatnonzero(chosen)
    return members


def _ways(kind: str, usual: Way, *, area: float, value: float, share: float) -> list[Way]:
    other = usual | {"acquisition_cost": 0.0, "yearly_rent_per_m2": 0.0}
    part = usual | {"mode": "partial_court", "services": _COURT_USES}
    ways: dict[str, list[Way]] = {
        "provider": [
            usual,
            usual
            | {"mode": "provider", "services": "elderly_centre", "public_share": share}
            | {"source": "P026; share of the public assumed"},
        ],
        "bought": [usual, other | _price("purchase", value, "P030; price assumed")],
        "swapped": [usual, other | _price("swap", value / 2, "P027; price assumed")],
        "expropriated": [
            usual,
            other
            | _price("expropriation", value * _PREMIUM, "Annex 1; 15 % more assumed")
            | {"from_year": 2022},
        ],
        "temporary": [
            usual | {"mode": "temporary", "years": 3, "source": "P127; years assumed"},
        ],
        "courts": [
            usual | {"mode": "whole_court"},
            part | {"area_m2": float(np.floor(area / 2)), "source": "P144; half assumed"},
        ],
        "parts": [part | {"area_m2": area, "source": "P144"}],
    }
    return ways[kind]


def _price(mode: str, price: float, source: str) -> Way:
    return {"mode": mode, "acquisition_cost": float(np.round(price)), "source": source}


def _some(members: pd.Series[bool], most: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Mark at most so many of the members, drawn at random."""
    drawn = rng.permutation(np.flatnonzero(members))[:most]
    marked = np.zeros(len(members), bool)
    marked[drawn] = True
    return marked
