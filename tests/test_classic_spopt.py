"""The same objective values as spopt, on the data of San Francisco that spopt brings along."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting import classic

spopt = pytest.importorskip("spopt", reason="spopt is not installed")
DATA = Path(spopt.__file__).parent / "tests" / "test_locate" / "data"
COSTS = DATA / "SF_network_distance_candidateStore_16_censusTract_205_new.csv"

pytestmark = [
    pytest.mark.skipif(not COSTS.exists(), reason="this spopt came without its test data"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

CUTOFF = 5000.0


class SanFrancisco:
    """205 census tracts, 16 stores, ways along streets in metres."""

    def __init__(self) -> None:
        ways = pd.read_csv(COSTS, dtype={"DestinationName": str})
        ways.columns = ["cost", "site_id", "demand_id", "people"]
        points = pd.read_csv(DATA / "SF_demand_205_centroid_uniform_weight.csv")
        stores = pd.read_csv(DATA / "SF_store_site_16_longlat.csv")
        table = ways.pivot_table(values="cost", index="demand_id", columns="site_id")
        self.cost = table.to_numpy()
        weights = points.sort_values("NAME")["POP2000"].to_numpy(float)
        self.demand = pd.DataFrame({"demand_id": table.index, "weight": weights})
        self.sites = pd.DataFrame({"site_id": table.columns})
        self.matrix = ways[["demand_id", "site_id", "cost"]]
        self.spots = stores.sort_values("NAME")[["long", "lat"]].to_numpy()

    @property
    def weight(self) -> np.ndarray:
        return self.demand["weight"].to_numpy()

    def predefined(self, *positions: int) -> tuple[pd.DataFrame, np.ndarray]:
        """Return sites of which these are required, and spopt's form of the same."""
        marks = np.isin(np.arange(16), positions)
        status = np.where(marks, "required", "candidate")
        return self.sites.assign(status=status), marks.astype(int)


@pytest.fixture(scope="module")
def city() -> SanFrancisco:
    return SanFrancisco()


def theirs(build: Callable[..., Any], *arguments: Any, **keywords: Any) -> float:
    """Return spopt's objective value."""
    import pulp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solver = pulp.PULP_CBC_CMD(msg=False)
        if build.__self__.__name__ == "LSCPB":
            model = build(*arguments, solver, **keywords).solve()
        else:
            model = build(*arguments, **keywords).solve(solver, results=False)
        return float(model.problem.objective.value())


def ours(answer: classic.Answer) -> float:
    assert answer.termination == "optimal"
    assert answer.objective is not None
    return answer.objective


def locate() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spopt.locate

        return spopt.locate


def test_lscp(city: SanFrancisco) -> None:
    build = locate().LSCP.from_cost_matrix
    answer = classic.lscp(city.demand, city.sites, matrix=city.matrix, cutoff=CUTOFF)
    assert ours(answer) == theirs(build, city.cost, CUTOFF)
    sites, marks = city.predefined(3, 11)
    answer = classic.lscp(city.demand, sites, matrix=city.matrix, cutoff=CUTOFF)
    assert ours(answer) == theirs(build, city.cost, CUTOFF, predefined_facilities_arr=marks)


def test_lscp_within_capacities(city: SanFrancisco) -> None:
    capacity = city.weight.sum() / 16 * np.linspace(1.0, 4.0, 16)
    answer = classic.lscp(
        city.demand, city.sites.assign(capacity=capacity), matrix=city.matrix, cutoff=CUTOFF
    )
    assert ours(answer) == theirs(
        locate().LSCP.from_cost_matrix,
        city.cost,
        CUTOFF,
        demand_quantity_arr=city.weight,
        facility_capacity_arr=capacity,
    )


def test_lscp_b_less_the_points_that_spopt_counts_without_cover(city: SanFrancisco) -> None:
    """spopt leaves points that one site alone could cover free, and so counts them as backed up."""
    alone = int(((city.cost <= CUTOFF).sum(axis=1) < 2).sum())
    value = theirs(locate().LSCPB.from_cost_matrix, city.cost, CUTOFF)
    answer = classic.lscp_b(city.demand, city.sites, matrix=city.matrix, cutoff=CUTOFF)
    assert ours(answer) == value - alone


@pytest.mark.parametrize("p", [1, 4, 7])
def test_mclp(city: SanFrancisco, p: int) -> None:
    build = locate().MCLP.from_cost_matrix
    answer = classic.mclp(city.demand, city.sites, matrix=city.matrix, cutoff=CUTOFF, p=p)
    assert ours(answer) == pytest.approx(theirs(build, city.cost, city.weight, CUTOFF, p))
    sites, marks = city.predefined(2)
    answer = classic.mclp(city.demand, sites, matrix=city.matrix, cutoff=CUTOFF, p=p)
    value = theirs(build, city.cost, city.weight, CUTOFF, p, predefined_facilities_arr=marks)
    assert ours(answer) == pytest.approx(value)


@pytest.mark.parametrize("p", [2, 4])
def test_p_median(city: SanFrancisco, p: int) -> None:
    build = locate().PMedian.from_cost_matrix
    answer = classic.p_median(city.demand, city.sites, matrix=city.matrix, p=p)
    assert ours(answer) == pytest.approx(theirs(build, city.cost, city.weight, p))
    sites, marks = city.predefined(2)
    answer = classic.p_median(city.demand, sites, matrix=city.matrix, p=p)
    value = theirs(build, city.cost, city.weight, p, predefined_facilities_arr=marks)
    assert ours(answer) == pytest.approx(value)


def test_p_median_within_capacities_from_one_site_each(city: SanFrancisco) -> None:
    """On every fourth tract: CBC takes minutes for all of them."""
    some = np.arange(0, 205, 4)
    demand = city.demand.iloc[some].reset_index(drop=True)
    weight = demand["weight"].to_numpy()
    capacity = np.full(16, np.ceil(weight.sum() / 3))
    matrix = city.matrix[city.matrix["demand_id"].isin(demand["demand_id"])]
    answer = classic.p_median(
        demand,
        city.sites.assign(capacity=capacity),
        matrix=matrix.reset_index(drop=True),
        p=4,
        single=True,
    )
    value = theirs(
        locate().PMedian.from_cost_matrix,
        city.cost[some],
        weight,
        4,
        facility_capacities=capacity,
    )
    assert ours(answer) == pytest.approx(value, rel=1e-6)


def test_k_nearest_p_median() -> None:
    """spopt has it for points on a plane alone."""
    import geopandas
    import pulp

    rng = np.random.default_rng(4)
    points, spots = rng.random((40, 2)) * 1000, rng.random((12, 2)) * 1000
    demand = pd.DataFrame(
        {
            "demand_id": [f"D{i}" for i in range(40)],
            "x": points[:, 0],
            "y": points[:, 1],
            "weight": rng.integers(1, 9, 40),
        }
    )
    sites = pd.DataFrame(
        {"site_id": [f"S{j}" for j in range(12)], "x": spots[:, 0], "y": spots[:, 1]}
    )
    gdf_points, gdf_spots = (
        geopandas.GeoDataFrame(
            table, geometry=geopandas.points_from_xy(table["x"], table["y"]), crs="EPSG:32610"
        )
        for table in (demand, sites)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = locate().KNearestPMedian.from_geodataframe(
            gdf_points, gdf_spots, "geometry", "geometry", "weight", p_facilities=4
        )
        model = model.solve(pulp.PULP_CBC_CMD(msg=False), results=False)
    answer = classic.k_nearest_p_median(demand, sites, p=4)
    assert ours(answer) == pytest.approx(model.problem.objective.value())
    assert ours(answer) == pytest.approx(ours(classic.p_median(demand, sites, p=4)))


def test_p_center(city: SanFrancisco) -> None:
    some = city.cost[::4]  # CBC takes long for all of them
    ids = city.demand["demand_id"].iloc[::4]
    demand = city.demand.iloc[::4].reset_index(drop=True)
    matrix = city.matrix[city.matrix["demand_id"].isin(ids)].reset_index(drop=True)
    answer = classic.p_center(demand, city.sites, matrix=matrix, p=4)
    assert ours(answer) == pytest.approx(theirs(locate().PCenter.from_cost_matrix, some, 4))


def test_p_dispersion(city: SanFrancisco) -> None:
    sites = city.sites.assign(x=1000 * city.spots[:, 0], y=1000 * city.spots[:, 1])
    between = np.hypot(*(1000 * (city.spots[:, None] - city.spots[None])).transpose(2, 0, 1))
    build = locate().PDispersion.from_cost_matrix

    def value(p: int) -> float:
        import pulp

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = build(between, p).solve(pulp.PULP_CBC_CMD(msg=False))
            return float(model.problem.objective.value())

    for p in (2, 4, 6):
        assert ours(classic.p_dispersion(sites, p=p)) == pytest.approx(value(p))
