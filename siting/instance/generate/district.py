"""Clustered districts of any size, from a seed: what the engine is measured on.

Unlike a town of `generate_town` a district has no streets, zones or suitability: people, buildings
and facilities in clusters, straight lines with a detour, the rules of one period. All of it is
drawn as whole arrays, so that a million demand points take seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from siting.instance.generate.as_tables import complete
from siting.instance.generate.district_services import SERVICES, DistrictService
from siting.instance.generate.spec import AGE_SHARES_PERCENT
from siting.instance.generate.town import RULES_OFF
from siting.instance.instance import Instance
from siting.instance.settings import (
    Base,
    Budget,
    Money,
    Plan,
    Settings,
    Speeds,
    TravelSettings,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PEOPLE_PER_BUILDING = 3_700
"""Residents for each candidate, as in Xicheng."""

WALK_M_S, DETOUR_FACTOR = 1.2, 1.3
USUAL_STANDARD_MIN = 15.0

_POINTS_IN_CLUSTERS = 0.8
_BUILDINGS_PER_CLUSTER = 25
_CLUSTER_SPREAD = 0.25
_POINT_SPREAD = 0.6
_BESIDE_M = 60.0
_SCALE_SAMPLE = 1000
_CELL_OF_REACH = 1.4
_PEOPLE_IN_POOREST_CELLS = 0.10
_CAPACITY_SPREAD = 0.3
_SERVED_BY_NEAREST = 0.95
"""Part of what facilities serve that a nearest place alone would serve, as measured."""

_AREA_M2 = (500.0, 8000.0)
_FOR_SALE = 0.5
_PRICE_PER_M2 = (0.2, 1.0)
_COST_FACTOR = (1.0, 1.4)
_CLASSES_PER_SERVICE = 3
_SERVICES_OF_CLASS = (2, 3, 4)
_CORNER_M = (440_000.0, 4_410_000.0)


def generate_district(
    rng: np.random.Generator,
    *,
    points: int,
    buildings: int,
    services: int = 5,
    budget_share: float = 0.05,
    served_share: float = 0.7,
    reach: float = 20.0,
) -> Instance:
    """Return a clustered district; the same arguments and seed give the same one.

    Parameters
    ----------
    points, buildings, services
        Demand points, candidate buildings and capacity services (at most 10), each with three
        sizes of module; every building suits two to four of the services.
    budget_share
        Budget as a share of `opening_everything`.
    served_share
        Share of each service's need that existing facilities serve, about.
    reach
        Buildings within `USUAL_STANDARD_MIN` minutes of the average demand point; the map is
        scaled to it, so that larger districts are not denser.

    Raises
    ------
    ValueError
        When there are not so many services, or nothing is left to draw.
    """
    if not 1 <= services <= len(SERVICES) or points < 1 or buildings < 1:
        raise ValueError(f"1 to {len(SERVICES)} services, at least 1 point and 1 building")
    of_place, of_people, of_stock, of_building = rng.spawn(4)
    planned = SERVICES[:services]
    where, sites = _places(points, buildings, reach, of_place)
    demand = _people(where, buildings * PEOPLE_PER_BUILDING, of_people)
    eligibility = _eligibility(planned, of_building)
    total = buildings * PEOPLE_PER_BUILDING
    instance = Instance(
        name=f"district-{points}x{buildings}x{services}",
        settings=_settings(total),
        demand=demand,
        services=complete("services", _services(planned)),
        needs=complete(
            "needs",
            pd.DataFrame(
                [
                    {"service_id": s.service_id, "group": group, "need_per_person": rate}
                    for s in planned
                    for group, rate in s.need_per_person.items()
                ]
            ),
        ),
        modules=complete("modules", _modules(planned)),
        buildings=_buildings(sites, sorted(set(eligibility["class"])), of_building),
        eligibility=complete("eligibility", eligibility),
        facilities=_facilities(demand, planned, served_share, of_stock),
    )
    return with_budget_share(instance, budget_share)


def with_budget_share(instance: Instance, share: float) -> Instance:
    """Return the instance with a total budget of a share of `opening_everything`."""
    budget = round(share * opening_everything(instance), instance.settings.money.decimals)
    settings = instance.settings.model_copy(
        update={"budget": instance.settings.budget.model_copy(update={"total": budget})}
    )
    return instance.replace(settings=settings)


def opening_everything(instance: Instance) -> float:
    r"""Return what it would cost to open everything everywhere, the measure of a budget.

    .. math:: \sum_{b} \sum_{s \in S_b} \max_{m \in M_s,\; a_m \le a_b}
        \left( f_{bs} w_m + x_{bs} a_m + q_m + r_b a_m Y + p_b \frac{a_m}{a_b} \right)

    over the buildings :math:`b` and the services :math:`S_b` that their class is eligible for, of
    the dearest module that fits the floor area: works :math:`w` by the cost factor :math:`f` and
    the extra per m2 :math:`x` of the class, equipment :math:`q`, rent :math:`r` over the years
    :math:`Y` of the plan, and the part of the price :math:`p` that its area takes. Rules beyond
    eligibility and fit, and that modules share a building, are left out.
    """
    allowed = instance.eligibility[instance.eligibility["status"] != "forbidden"]
    modules = instance.modules[
        ["service_id", "floor_area_m2", "works_cost", "equipment_cost"]
    ].rename(columns={"floor_area_m2": "module_m2"})
    names = ["class", "floor_area_m2", "yearly_rent_per_m2", "acquisition_cost"]
    houses = instance.buildings[names].assign(building=np.arange(len(instance.buildings)))
    rows = houses.merge(allowed, on="class").merge(modules, on="service_id")
    rows = rows[rows["module_m2"] <= rows["floor_area_m2"]]
    area = rows["module_m2"]
    cost = (
        rows["cost_factor"] * rows["works_cost"]
        + rows["extra_works_per_m2"] * area
        + rows["equipment_cost"]
        + rows["yearly_rent_per_m2"] * area * instance.settings.plan.years
        + rows["acquisition_cost"] * area / rows["floor_area_m2"]
    )
    return float(cost.groupby([rows["building"], rows["service_id"]]).max().sum())


def _places(
    points: int, buildings: int, reach: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return where people live and buildings stand: Gaussian clusters over a thin background."""
    clusters = max(3, buildings // _BUILDINGS_PER_CLUSTER)
    spread = _CLUSTER_SPREAD / np.sqrt(clusters)
    middles = rng.random((clusters, 2))
    sigma = spread * rng.lognormal(0.0, 0.3, clusters)
    size = rng.lognormal(0.0, 0.5, clusters)
    of = rng.choice(clusters, points, p=size / size.sum())
    where = middles[of] + sigma[of, None] * rng.standard_normal((points, 2))
    apart = rng.random(points) > _POINTS_IN_CLUSTERS
    where[apart] = rng.random((int(apart.sum()), 2))
    sites = where[rng.integers(points, size=buildings)]
    scale = _scale(where, sites, reach, rng)
    sites = scale * sites + rng.normal(0.0, _BESIDE_M, sites.shape)
    return np.round(scale * where + _CORNER_M, 1), np.round(sites + _CORNER_M, 1)


def _scale(where: FloatArray, sites: FloatArray, reach: float, rng: np.random.Generator) -> float:
    """Return the scale at which `reach` sites lie within the usual standard on average."""
    sample = where[rng.integers(len(where), size=_SCALE_SAMPLE)]
    wanted = min(max(1, round(reach * len(sample))), len(sample) * len(sites)) - 1
    apart = np.hypot(*(sample[:, None, :] - sites).transpose(2, 0, 1)).ravel()
    return _reach_m(USUAL_STANDARD_MIN) / float(np.partition(apart, wanted)[wanted])


def _reach_m(standard_min: float) -> float:
    return standard_min * 60 * WALK_M_S / DETOUR_FACTOR


def _people(where: FloatArray, people: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the demand points; people are estimates to a tenth, as a grid of population has."""
    size = rng.lognormal(0.0, _POINT_SPREAD, len(where))
    size *= people / size.sum()
    columns = {
        f"people_{group}": np.round(size * (share / 100) * rng.uniform(0.6, 1.4, len(where)), 1)
        for group, share in AGE_SHARES_PERCENT.items()
    }
    return _wide("demand", {"demand_id": _ids("P", len(where)), **_xy(where), **columns})


def _buildings(sites: FloatArray, classes: list[str], rng: np.random.Generator) -> pd.DataFrame:
    low, high = _AREA_M2
    area = np.round(low * (high / low) ** rng.random(len(sites)), -1)
    price = np.round(area * rng.uniform(*_PRICE_PER_M2, len(sites)))
    of = rng.permutation(np.arange(len(sites)) % len(classes))
    return _wide(
        "buildings",
        {
            "building_id": _ids("B", len(sites)),
            "class": np.array(classes, object)[of],
            **_xy(sites),
            "floor_area_m2": area,
            "acquisition_cost": np.where(rng.random(len(sites)) < _FOR_SALE, price, 0.0),
        },
    )


def _eligibility(planned: tuple[DistrictService, ...], rng: np.random.Generator) -> pd.DataFrame:
    """Return the classes: each suits two to four services (all, where there are fewer)."""
    ids = [s.service_id for s in planned]
    rows = []
    for k in range(_CLASSES_PER_SERVICE * len(ids)):
        most = min(_SERVICES_OF_CLASS[k // len(ids)], len(ids))
        further = rng.permutation([s for s in ids if s != ids[k % len(ids)]])[: most - 1]
        for s in [ids[k % len(ids)], *further]:
            factor = round(float(rng.uniform(*_COST_FACTOR)), 2)
            rows.append({"class": f"class_{k + 1:02d}", "service_id": s, "cost_factor": factor})
    return pd.DataFrame(rows).assign(status="allowed")


def _facilities(
    demand: pd.DataFrame,
    planned: tuple[DistrictService, ...],
    served_share: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return one facility of each service in every square cell but the poorest.

    Capacities follow the need that has the facility as its nearest, with a spread, and are scaled
    so that serving this need alone reaches the share.
    """
    where = demand[["x", "y"]].to_numpy(float)
    parts = []
    for s in planned:
        groups, rates = zip(*s.need_per_person.items(), strict=True)
        need = demand[[f"people_{group}" for group in groups]].to_numpy(float) @ np.array(rates)
        reach_m = _reach_m(s.standard_min)
        at = _one_per_cell(where, need, _CELL_OF_REACH * reach_m, rng)
        apart_m, nearest = KDTree(where[at]).query(where)
        within = np.where(apart_m <= reach_m, need, 0.0)
        load = np.bincount(nearest, within, minlength=len(at)).astype(float)
        wanted = _SERVED_BY_NEAREST * served_share * need.sum()
        wish = load * rng.lognormal(0.0, _CAPACITY_SPREAD, len(at))
        parts.append(
            pd.DataFrame(
                {
                    "service_id": s.service_id,
                    "x": where[at, 0],
                    "y": where[at, 1],
                    "capacity": np.ceil(wish * _factor(wish, load, wanted)),
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True)
    columns = {str(name): rows[name].to_numpy() for name in rows}
    return _wide("facilities", {"facility_id": _ids("F", len(rows)), **columns})


def _one_per_cell(
    where: FloatArray, need: FloatArray, side_m: float, rng: np.random.Generator
) -> IntArray:
    """Return a point of each square cell, drawn by need, without the cells of least need."""
    column, row = (np.floor((where - where.min(axis=0)) / side_m).astype(np.int64)).T
    cell = np.unique(column * (row.max() + 1) + row, return_inverse=True)[1]
    total = np.bincount(cell, need)
    poorest = np.argsort(total, kind="stable")
    poor = np.cumsum(total[poorest]) <= _PEOPLE_IN_POOREST_CELLS * total.sum()
    # The smallest exponential over need wins with a chance in proportion to need.
    key = rng.exponential(size=len(need)) / np.maximum(need, 1e-9)
    order = np.lexsort((key, cell))
    first = order[np.searchsorted(cell[order], np.arange(len(total)))]
    return np.sort(first[np.setdiff1d(np.arange(len(total)), poorest[poor])])


def _factor(wish: FloatArray, load: FloatArray, wanted: float) -> float:
    """Return the factor on capacities at which their own loads fill them to `wanted`."""
    low, high = 0.0, 100.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if np.minimum(middle * wish, load).sum() < wanted else (low, middle)
        )
    return high


def _services(planned: tuple[DistrictService, ...]) -> pd.DataFrame:
    names = ["service_id", "name", "name_zh", "agency", "unit", "standard_min", "weight"]
    rows = [{name: getattr(s, name) for name in names} for s in planned]
    return pd.DataFrame(rows).assign(kind="capacity")


def _modules(planned: tuple[DistrictService, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "module_id": f"{s.service_id}_{k + 1}",
                "service_id": s.service_id,
                "capacity": float(capacity),
                "floor_area_m2": float(area_m2),
                "works_cost": round(s.works_per_m2 * area_m2, 2),
                "equipment_cost": round(s.equipment_per_unit * capacity, 2),
            }
            for s in planned
            for k, (capacity, area_m2) in enumerate(s.sizes)
        ]
    )


def _settings(people: int) -> Settings:
    return Settings(
        title=f"Made-up district of {people:,} people",
        title_zh=f"合成区域（{people:,} 人）",
        crs="EPSG:4548",
        synthetic="合成数据：全部随机生成 · made up: everything comes from a seeded generator",
        money=Money(unit="万元", currency="CNY", decimals=2),
        base=Base(year=2020),
        plan=Plan(start_year=2021, years=5),
        travel=TravelSettings(source="straight", detour_factor=DETOUR_FACTOR),
        speeds_m_s=Speeds(walk=WALK_M_S),
        budget=Budget(),
        rules=RULES_OFF,
    )


def _xy(where: FloatArray) -> dict[str, FloatArray]:
    return {"x": where[:, 0], "y": where[:, 1]}


def _ids(letter: str, count: int) -> NDArray[np.object_]:
    digits = len(str(count))
    return np.array([f"{letter}-{k:0{digits}d}" for k in range(1, count + 1)], object)


def _wide(table: str, columns: dict[str, Any]) -> pd.DataFrame:
    """Return a table as `complete` does, for columns that are typed already."""
    count = len(next(iter(columns.values())))
    given = columns | ({"synthetic": np.ones(count, bool)})
    first = complete(table, pd.DataFrame({name: values[:1] for name, values in given.items()}))
    return pd.DataFrame(
        {
            name: np.asarray(given[name], first[name].dtype)
            if name in given
            else np.full(count, first[name].iloc[0], first[name].dtype)
            for name in first
        }
    )
