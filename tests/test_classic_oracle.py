"""Every classic problem against all choices there are, on instances small enough to list them.

The oracle below knows nothing of `siting.classic`: it walks through subsets of sites with plain
Python and, where capacities bind, through assignments or a linear program.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from siting import classic

FAR = math.inf

few = settings(max_examples=15)


@dataclass(frozen=True)
class Small:
    """Points and sites on a grid of 6 x 6, so that ties at a cutoff are common."""

    demand: pd.DataFrame
    sites: pd.DataFrame
    matrix: pd.DataFrame
    cost: dict[tuple[str, str], float]
    cutoff: float
    p: int
    budget: float

    @property
    def weight(self) -> dict[str, float]:
        return dict(zip(self.demand["demand_id"], self.demand["weight"], strict=True))

    def of(self, column: str) -> dict[str, float]:
        return dict(zip(self.sites["site_id"], self.sites[column], strict=True))

    def choices(self, p: int | None = None, budget: float | None = None) -> Iterator[list[str]]:
        """Yield the sites that are open in each choice that keeps number, budget and status."""
        status, price = self.of("status"), self.of("cost")
        base = [s for s in status if status[s] == "existing"]
        must = [s for s in status if status[s] == "required"]
        free = [s for s in status if status[s] == "candidate"]
        for count in range(len(free) + 1):
            for some in itertools.combinations(free, count):
                new = [*must, *some]
                if p is not None and (len(new) > p or (budget is None and len(new) != p)):
                    continue
                if budget is not None and sum(price[s] for s in new) > budget:
                    continue
                yield [*base, *new]

    def nearest(self, point: str, opened: list[str]) -> float:
        return min((self.cost.get((point, s), FAR) for s in opened), default=FAR)

    def covers(self, point: str, opened: list[str]) -> int:
        return sum(self.cost.get((point, s), FAR) <= self.cutoff for s in opened)

    def charge(self, opened: list[str]) -> float:
        status, price = self.of("status"), self.of("cost")
        return sum(price[s] for s in opened if status[s] != "existing")


@st.composite
def smalls(draw: st.DrawFn, *, complete: bool = False) -> Small:
    spot = st.integers(0, 5)
    points, sites = draw(st.integers(1, 6)), draw(st.integers(2, 6))
    place = draw(st.lists(st.tuples(spot, spot), min_size=points, max_size=points))
    where = draw(st.lists(st.tuples(spot, spot), min_size=sites, max_size=sites))
    demand = pd.DataFrame(
        {
            "demand_id": [f"D{i}" for i in range(points)],
            "weight": draw(st.lists(st.integers(0, 9), min_size=points, max_size=points)),
        }
    )
    kinds = st.sampled_from(["candidate"] * 4 + ["existing", "required", "forbidden"])
    table = pd.DataFrame(
        {
            "site_id": [f"S{j}" for j in range(sites)],
            "cost": draw(st.lists(st.integers(0, 5), min_size=sites, max_size=sites)),
            "status": draw(st.lists(kinds, min_size=sites, max_size=sites)),
        }
    )
    lost = set() if complete else draw(st.sets(st.integers(1, points * sites - 1), max_size=4))
    rows = [
        (f"D{i}", f"S{j}", float(abs(a - c) + abs(b - d)))
        for i, (a, b) in enumerate(place)
        for j, (c, d) in enumerate(where)
        if i * sites + j not in lost
    ]
    matrix = pd.DataFrame(rows, columns=["demand_id", "site_id", "cost"])
    return Small(
        demand=demand,
        sites=table,
        matrix=matrix,
        cost={(i, j): c for i, j, c in rows},
        cutoff=float(draw(st.integers(0, 6))),
        p=draw(st.integers(0, 4)),
        budget=float(draw(st.integers(0, 10))),
    )


def compare(answer: classic.Answer, values: list[float], *, best: type = min) -> None:
    """Compare with the value of every choice that keeps all rules."""
    if not values:
        assert answer.termination == "infeasible"
        assert answer.objective is None
        return
    wanted = max(values) if best is max else min(values)
    assert answer.termination == "optimal"
    assert answer.objective == pytest.approx(wanted, abs=1e-6)
    assert answer.bound == pytest.approx(wanted, abs=1e-6)


@few
@given(smalls(), st.sampled_from([1.0, 0.5]), st.integers(1, 2))
def test_lscp(small: Small, share: float, backup: int) -> None:
    weight, total = small.weight, sum(small.weight.values())
    values = []
    for opened in small.choices():
        met = {i for i in weight if small.covers(i, opened) >= backup}
        if len(met) == len(weight) or (share < 1 and sum(weight[i] for i in met) >= share * total):
            values.append(small.charge(opened))
    answer = classic.lscp(
        small.demand,
        small.sites,
        matrix=small.matrix,
        cutoff=small.cutoff,
        share=share,
        backup=backup,
    )
    compare(answer, values)


@few
@given(smalls())
def test_lscp_b(small: Small) -> None:
    choices = [o for o in small.choices() if all(small.covers(i, o) for i in small.weight)]
    least = min(map(small.charge, choices), default=0)
    backed = [
        sum(small.covers(i, o) > 1 for i in small.weight)
        for o in choices
        if small.charge(o) == least
    ]
    answer = classic.lscp_b(small.demand, small.sites, matrix=small.matrix, cutoff=small.cutoff)
    compare(answer, backed, best=max)
    if choices:
        assert answer.figures == {"sites": least}


@few
@given(smalls(), st.booleans(), st.integers(1, 3))
def test_mclp(small: Small, by_budget: bool, backup: int) -> None:
    how = {"budget": small.budget} if by_budget else {"p": small.p}
    values = [
        sum(w for i, w in small.weight.items() if small.covers(i, opened) >= backup)
        for opened in small.choices(**how)
    ]
    answer = classic.mclp(
        small.demand,
        small.sites,
        matrix=small.matrix,
        cutoff=small.cutoff,
        backup=backup,
        **how,
    )
    compare(answer, values, best=max)


@few
@given(smalls())
def test_mclp_with_steps(small: Small) -> None:
    def value(cost: float) -> float:
        return 1.0 if cost <= 1 else 0.6 if cost <= 3 else 0.25 if cost <= 5 else 0.0

    values = [
        sum(w * value(small.nearest(i, opened)) for i, w in small.weight.items())
        for opened in small.choices(p=small.p)
    ]
    answer = classic.mclp(
        small.demand,
        small.sites,
        matrix=small.matrix,
        decay=((1, 1.0), (3, 0.6), (5, 0.25)),
        p=small.p,
    )
    compare(answer, values, best=max)


@few
@given(smalls(), st.sampled_from([1.0, 0.5]))
def test_bclp(small: Small, share: float) -> None:
    weight, values = small.weight, []
    for opened in small.choices(p=small.p):
        times = {i: small.covers(i, opened) for i in weight}
        once = sum(weight[i] for i in weight if times[i])
        enough = all(times.values()) if share == 1 else once >= share * sum(weight.values())
        if enough:
            values.append(sum(weight[i] for i in weight if times[i] > 1))
    answer = classic.bclp(
        small.demand,
        small.sites,
        matrix=small.matrix,
        cutoff=small.cutoff,
        p=small.p,
        share=share,
    )
    compare(answer, values, best=max)


def medians(small: Small, **how: float) -> list[float]:
    values = []
    for opened in small.choices(**how):
        costs = {i: small.nearest(i, opened) for i in small.weight}
        if all(map(math.isfinite, costs.values())):
            values.append(sum(small.weight[i] * c for i, c in costs.items()))
    return values


@few
@given(smalls(), st.booleans())
def test_p_median(small: Small, by_budget: bool) -> None:
    how = {"budget": small.budget, "p": small.p} if by_budget else {"p": small.p}
    answer = classic.p_median(small.demand, small.sites, matrix=small.matrix, **how)
    compare(answer, medians(small, **how))
    if answer.objective is not None:
        parts = answer.allocation
        assert (parts["amount"] * parts["cost"]).sum() == pytest.approx(answer.objective)


@few
@given(smalls(), st.integers(1, 3))
def test_k_nearest_p_median(small: Small, k: int) -> None:
    answer = classic.k_nearest_p_median(
        small.demand, small.sites, matrix=small.matrix, p=small.p, k=k
    )
    compare(answer, medians(small, p=small.p))


@few
@given(smalls())
def test_p_center(small: Small) -> None:
    values = [
        max(small.nearest(i, opened) for i in small.weight) for opened in small.choices(p=small.p)
    ]
    answer = classic.p_center(small.demand, small.sites, matrix=small.matrix, p=small.p)
    compare(answer, [v for v in values if math.isfinite(v)])


@few
@given(smalls(), st.integers(2, 4))
def test_p_dispersion(small: Small, p: int) -> None:
    spots = np.arange(len(small.sites))
    x, y = spots * 7 % 5, spots * 3 % 4
    sites = small.sites.assign(x=x, y=y)
    at = dict(zip(sites["site_id"], zip(x, y, strict=True), strict=True))
    values = [
        min(math.dist(at[a], at[b]) for a, b in itertools.combinations(opened, 2))
        for opened in small.choices(p=p)
    ]
    compare(classic.p_dispersion(sites, p=p), values, best=max)


def transport(
    small: Small, opened: list[str], *, all_of: bool, single: bool, cutoff: float
) -> float | None:
    """Return the least weighted cost (or the most weight served) within capacities."""
    capacity = small.of("capacity")
    pairs = [
        (i, j)
        for i in small.weight
        for j in opened
        if (i, j) in small.cost and small.cost[i, j] <= cutoff
    ]
    if single:
        return _by_assignment(small, opened, pairs, all_of=all_of)
    points = list(small.weight)
    worth = [small.weight[i] * (small.cost[i, j] if all_of else -1.0) for i, j in pairs]
    once = [[float(i == point) for i, _ in pairs] for point in points]
    load = [[small.weight[i] * (j == site) for i, j in pairs] for site in opened]
    limits = [capacity[site] for site in opened]
    if not pairs:
        return None if all_of and points else 0.0
    rows = load if all_of else load + once
    right = limits if all_of else limits + [1.0] * len(points)
    result = linprog(
        worth,
        A_ub=rows or None,
        b_ub=right or None,
        A_eq=once if all_of else None,
        b_eq=[1.0] * len(points) if all_of else None,
        bounds=(0, 1),
    )
    if not result.success:
        return None
    return float(result.fun if all_of else -result.fun)


def _by_assignment(
    small: Small, opened: list[str], pairs: list[tuple[str, str]], *, all_of: bool
) -> float | None:
    capacity, best = small.of("capacity"), None
    options = [
        [j for i, j in pairs if i == point] + ([] if all_of else [""]) for point in small.weight
    ]
    for sites in itertools.product(*options):
        load = dict.fromkeys(opened, 0.0)
        value = 0.0
        for (point, weight), site in zip(small.weight.items(), sites, strict=True):
            if site:
                load[site] += weight
                value += weight * (small.cost[point, site] if all_of else -1.0)
        if all(load[j] <= capacity[j] for j in opened):
            best = value if best is None else min(best, value)
    return best if best is None or all_of else -best


@few
@given(smalls(), st.data(), st.booleans())
def test_cflp(small: Small, data: st.DataObject, single: bool) -> None:
    small = _with_capacities(small, data)
    values = []
    for opened in small.choices():
        ways = transport(small, opened, all_of=True, single=single, cutoff=FAR)
        if ways is not None:
            values.append(ways + small.charge(opened))
    answer = classic.cflp(small.demand, small.sites, matrix=small.matrix, single=single)
    compare(answer, values)


@few
@given(smalls(), st.data(), st.booleans())
def test_capacitated_p_median(small: Small, data: st.DataObject, single: bool) -> None:
    small = _with_capacities(small, data)
    choices = small.choices(p=small.p)
    found = [transport(small, o, all_of=True, single=single, cutoff=FAR) for o in choices]
    answer = classic.p_median(
        small.demand, small.sites, matrix=small.matrix, p=small.p, single=single
    )
    compare(answer, [value for value in found if value is not None])


@few
@given(smalls(), st.data(), st.booleans())
def test_lscp_within_capacities(small: Small, data: st.DataObject, single: bool) -> None:
    small = _with_capacities(small, data)
    values = [
        small.charge(opened)
        for opened in small.choices()
        if transport(small, opened, all_of=True, single=single, cutoff=small.cutoff) is not None
    ]
    answer = classic.lscp(
        small.demand, small.sites, matrix=small.matrix, cutoff=small.cutoff, single=single
    )
    compare(answer, values)


@few
@given(smalls(), st.data(), st.booleans())
def test_cmclp(small: Small, data: st.DataObject, single: bool) -> None:
    small = _with_capacities(small, data)
    values = [
        transport(small, opened, all_of=False, single=single, cutoff=small.cutoff)
        for opened in small.choices(p=small.p)
    ]
    answer = classic.cmclp(
        small.demand,
        small.sites,
        matrix=small.matrix,
        cutoff=small.cutoff,
        p=small.p,
        single=single,
    )
    compare(answer, [value for value in values if value is not None], best=max)
    if answer.objective is not None:
        assert answer.allocation["amount"].sum() == pytest.approx(answer.objective, abs=1e-6)


def _with_capacities(small: Small, data: st.DataObject) -> Small:
    count = len(small.sites)
    capacity = data.draw(st.lists(st.integers(0, 20), min_size=count, max_size=count))
    sites = small.sites.assign(capacity=capacity)
    return Small(**{**small.__dict__, "sites": sites})


# Larger than can be listed: one way of solving against another


def town(points: int, sites: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    demand = pd.DataFrame(rng.random((points, 2)) * 100, columns=["x", "y"])
    table = pd.DataFrame(rng.random((sites, 2)) * 100, columns=["x", "y"])
    status = rng.choice(["candidate", "existing", "required"], sites, p=[0.9, 0.05, 0.05])
    return (
        demand.assign(
            demand_id=[f"D{i}" for i in range(points)], weight=rng.integers(1, 50, points)
        ),
        table.assign(
            site_id=[f"S{j}" for j in range(sites)],
            status=status,
            cost=rng.integers(1, 9, sites),
        ),
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_ways_to_a_p_median_agree(seed: int) -> None:
    demand, sites = town(120, 30, seed)
    p = 6 + int((sites["status"] == "required").sum())
    values = [
        classic.p_median(demand, sites, p=p).objective,
        classic.k_nearest_p_median(demand, sites, p=p, k=3).objective,
        classic.p_median(demand, sites.assign(capacity=1e6), p=p).objective,
        classic.p_median(demand, sites, p=p, engine="cpsat").objective,
    ]
    assert values == pytest.approx([values[0]] * 4, rel=1e-7)


@pytest.mark.parametrize("how", [{"p": 5}, {"budget": 20}])
def test_the_engine_made_for_covering_agrees_with_the_program(
    how: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    demand, sites = town(150, 40, 5)
    how = {"p": how["p"] + int((sites["status"] == "required").sum())} if "p" in how else how
    plain = classic.mclp(demand, sites, cutoff=12, **how)
    steps = classic.mclp(demand, sites, decay=((8, 1.0), (16, 0.3)), **how)
    monkeypatch.setattr("siting.classic.cover._SMALL", 0)
    engine = classic.mclp(demand, sites, cutoff=12, **how)
    assert engine.termination == plain.termination == "optimal"
    assert engine.objective == plain.objective
    assert "p" not in how or len(engine.chosen) == len(plain.chosen) == how["p"]
    again = classic.mclp(demand, sites, decay=((8, 1.0), (16, 0.3)), **how)
    assert again.objective == pytest.approx(steps.objective)


def test_names_and_order_of_rows_change_nothing() -> None:
    demand, sites = town(60, 20, 8)
    turned = sites.iloc[::-1].reset_index(drop=True)
    other = demand.iloc[::-1].reset_index(drop=True).assign(demand_id=lambda t: "N" + t.demand_id)
    for solve, how in (
        (classic.mclp, {"cutoff": 15, "budget": 12}),
        (classic.p_median, {"p": 6}),
        (classic.p_center, {"p": 6}),
        (classic.lscp_b, {"cutoff": 30}),
    ):
        assert solve(demand, sites, **how).objective == pytest.approx(
            solve(other, turned, **how).objective
        )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_more_sites_or_money_never_hurt(seed: int) -> None:
    demand, sites = town(40, 14, seed)
    values = [classic.mclp(demand, sites, cutoff=20, budget=b).objective for b in (20, 30, 40)]
    assert values == sorted(values)
    costs = [classic.p_median(demand, sites, p=p).objective for p in (5, 6, 7)]
    assert costs == sorted(costs, reverse=True)
    radii = [classic.p_center(demand, sites, p=p).objective for p in (5, 6, 7)]
    assert radii == sorted(radii, reverse=True)
