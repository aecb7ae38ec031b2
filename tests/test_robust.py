"""What is robust: sites that all plans open, plans lived elsewhere, nested lists, two stages.

Everything is held against all plans of tiny towns in all their worlds, as the oracle finds them.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from oracle import Oracle
from oracle_money import capital
from test_brute_force import examples, seeds
from towns import random_town

from siting.errors import InstanceError
from siting.explain.intervals import Best, Interval, best_of
from siting.instance.instance import KEEP, Instance
from siting.instance.reading import read_instance
from siting.instance.settings import Scenario
from siting.plan import Options, solve
from siting.scenarios.case import Case, budget_cases, named_cases
from siting.scenarios.robust import staged_search
from siting.scenarios.robust.core import core_of, core_rows, possible_sites
from siting.scenarios.robust.from_runs import robust_of
from siting.scenarios.robust.nested import keeping, nested_plans, nested_rows, nestedness_rows
from siting.scenarios.robust.projects import ProjectList, list_by_gain, projects_of
from siting.scenarios.robust.regret import live, mean_of, regret_rows, regret_table, worst_of
from siting.scenarios.robust.reserve import reserve_list, reserve_rows
from siting.scenarios.robust.two_stage import plan_for_all, staged_rows, staged_values
from siting.scenarios.robust.worlds import World, worlds_of
from siting.scenarios.running.many import run_cases
from siting.solution import Solution, Termination

TINY = Path(__file__).parents[1] / "instances" / "tiny"

PROVEN = Options(gap=0.0)

Key = tuple[Any, ...]
"""Building, service, module, mode, year and until."""

Plans = dict[frozenset[Key], tuple[Fraction, Fraction]]
"""Tier 1 and capital of every plan of a world by what it chooses."""


# --- the tiny town, by hand ---


@pytest.fixture(scope="module")
def tiny() -> Instance:
    return read_instance(TINY)[0]


@cache
def tiny_plans() -> tuple[list[World], dict[str, Solution]]:
    """The worlds of the tiny town: 200 of money, 100, and care counting five times."""
    base = read_instance(TINY)[0]
    worlds = worlds_of(base, named_cases(base, ["", "half", "care_first"]))
    return worlds, {w.name: solve(w.instance, PROVEN).solution for w in worlds}


def tiny_lists() -> list[ProjectList]:
    worlds, solutions = tiny_plans()
    return [list_by_gain(w, w.name, solutions[w.name].chosen) for w in worlds]


def sites(projects: Iterable[Any]) -> list[tuple[str, str]]:
    return [project.site for project in projects]


def test_sites_of_all_plans_of_some_and_of_none() -> None:
    worlds, solutions = tiny_plans()
    core = core_of({n: s.chosen for n, s in solutions.items()}, possible_sites(worlds))
    assert [(s.building_id, s.service_id) for s in core.no_regret] == [("B", "station")]
    counts = {(s.building_id, s.service_id): s.count for s in core.sites}
    for name, solution in solutions.items():
        opened = set(sites(projects_of(solution.chosen)))
        named = {(s.building_id, s.service_id) for s in core.sites if name in s.plans}
        assert opened == named
        assert all(counts[site] > 0 for site in opened)
    never = {(s.building_id, s.service_id) for s in core.never}
    assert never == {site for site, count in counts.items() if count == 0}
    assert list(core_rows(core)["count"]) == sorted(counts.values(), reverse=True)


def test_the_order_of_a_plan_is_gain_per_money_in_its_own_world() -> None:
    """Of the plan for 200: first what serves most per money, given what is open by then.

    Gains are recounted by verification's own code.
    """
    world, plan = tiny_plans()[0][0], tiny_lists()[0]
    rows = world.model.decisions.conversions
    opened = np.zeros(len(rows), bool)
    left = list(plan.projects)
    at = {(r.building_id, r.service_id, r.module_id): i for i, r in enumerate(rows.itertuples())}
    assert len(left) == 3
    while left:
        ratios = []
        for project in left:
            after = opened.copy()
            after[at[project[:3]]] = True
            gain = world.recounted(after) - world.recounted(opened)
            ratios.append(gain / (world.cost(after) - world.cost(opened)))
        assert ratios[0] == pytest.approx(max(ratios))
        opened[at[left.pop(0)[:3]]] = True


def test_a_plan_where_money_is_short_opens_its_sites_in_order() -> None:
    """The plan for 200 with 100: B costs 30, A 130 with its price; then 70 do for nothing more."""
    worlds, _ = tiny_plans()
    there = live(tiny_lists()[0], worlds[1])
    assert sites(there.opens) == [("B", "station")]
    assert there.cost == 30
    assert there.value == pytest.approx(0.36)
    assert not there.unknown
    assert len(there.left_out) == 2


def test_regret_is_what_the_own_plan_of_a_world_serves_more() -> None:
    worlds, solutions = tiny_plans()
    best = {name: best_of(s) for name, s in solutions.items()}
    table = regret_table(tiny_lists(), worlds, best)
    for (plan, world), cell in table.cells.items():
        assert cell.amount is not None
        own = solutions[world].objective
        assert cell.amount.low == pytest.approx(own - cell.lived.value, abs=1e-9)
        assert cell.amount.high == pytest.approx(own - cell.lived.value, abs=1e-9)
        if plan == world:
            assert cell.amount.high == pytest.approx(0, abs=1e-9)
    for plan in table.plans:
        highs = [table.cells[plan, world].amount.high for world in table.worlds]
        assert table.worst(plan).high == max(highs)
        mean = table.expected(plan, {"": 2, "half": 1, "care_first": 1})
        assert mean.high == pytest.approx((2 * highs[0] + highs[1] + highs[2]) / 4)
    assert table.least_worst == min(table.plans, key=lambda p: table.worst(p).high)
    assert len(regret_rows(table)) == 9


def test_intervals_of_gaps_add_up() -> None:
    some = [Interval(low=0.1, high=0.3), Interval(low=0.2, high=0.25)]
    assert worst_of(some) == Interval(low=0.2, high=0.3)
    assert mean_of(some, [1, 3]).low == pytest.approx(0.175)
    assert worst_of([*some, Interval(low=0.0, high=None)]).high is None
    assert worst_of([*some, None]) is None
    assert mean_of([None], [1.0]) is None


def test_a_world_that_knows_a_better_plan_of_another_takes_it_for_its_own() -> None:
    """The best plan known of a world is at least every plan lived there that keeps its rules."""
    worlds, solutions = tiny_plans()
    best = {name: best_of(s) for name, s in solutions.items()}
    best[""] = Best(objective=0.5, bound=0.8)  # a search that was stopped early
    table = regret_table(tiny_lists(), worlds, best)
    assert table.best[""].objective == pytest.approx(0.7)
    assert table.cells["", ""].amount == Interval(low=0.0, high=pytest.approx(0.1))


def test_the_reserve_of_the_small_plan() -> None:
    worlds, solutions = tiny_plans()
    core = core_of({n: s.chosen for n, s in solutions.items()})
    chosen = solutions["half"].chosen
    listed = reserve_list(worlds[1], chosen, core, {("A", "clinic"): 300.0})
    opened = set(sites(projects_of(chosen)))
    wanted = {(s.building_id, s.service_id) for s in core.sites} - opened
    assert set(sites(r.project for r in listed)) == wanted
    assert listed[0].project.site == ("A", "clinic")  # the only one with a budget
    assert listed[0].budget == 300
    assert [r.count for r in listed[1:]] == sorted((r.count for r in listed[1:]), reverse=True)
    assert list(reserve_rows(listed)["rank"]) == list(range(1, len(listed) + 1))
    rows = worlds[1].model.decisions.conversions
    keys = list(rows[["building_id", "service_id", "module_id"]].itertuples(index=False, name=None))
    own = {project[:3] for project in projects_of(chosen)}
    before = np.array([key in own for key in keys], bool)
    for r in listed:
        after = np.array([key in own | {r.project[:3]} for key in keys], bool)
        gain = worlds[1].recounted(after) - worlds[1].recounted(before)
        assert r.gain == pytest.approx(gain, abs=1e-9)
        assert r.cost == worlds[1].cost(after) - worlds[1].cost(before)


# --- nested lists ---


def test_a_nested_list_keeps_what_smaller_budgets_chose(tiny: Instance, tmp_path: Path) -> None:
    """With 200 of money 0.7 is best, but 0.628 where C was chosen for 100: 7.2 points."""
    cases = budget_cases(tiny, [50, 100, 150, 200, 300])
    free = run_cases(tiny, TINY, cases, PROVEN, root=tmp_path)
    nested = nested_plans(tiny, TINY, free, PROVEN, root=tmp_path)
    opened: set[tuple[str, str]] = set()
    for step in nested.steps:
        now = set(sites(projects_of(step.run.solution.chosen)))
        assert opened <= now
        assert set(sites(step.opens)) == now - opened
        assert step.run.values["verified"]
        opened = now
    assert [step.budget for step in nested.steps] == [50, 100, 150, 200, 300]
    assert nested.steps[3].best.objective == pytest.approx(0.628)
    assert nested.steps[3].price.low == pytest.approx(0.072)
    assert nested.steps[3].price.high == pytest.approx(0.072)
    assert [step.price.distinguishable for step in nested.steps] == [False] * 3 + [True, False]
    assert nested.first_budget["C", "clinic"] == 100
    assert set(nested.first_budget) == opened
    assert len(nested_rows(nested)) == len(opened)
    assert list(nestedness_rows(nested)["opens"]) == [1, 1, 0, 1, 1]
    again = nested_plans(tiny, TINY, free, PROVEN, root=tmp_path)
    assert all(step.run.reused for step in again.steps[1:])


def test_nothing_is_kept_without_the_rules_that_keep_it(tiny: Instance, tmp_path: Path) -> None:
    cases = [
        Case(name=f"{b}", scenario=Scenario(budget=b, rules={"required": False}))
        for b in (100, 200)
    ]
    free = run_cases(tiny, TINY, cases, PROVEN, root=tmp_path)
    with pytest.raises(InstanceError, match=r"rules\.required"):
        nested_plans(tiny, TINY, free, PROVEN, root=tmp_path)


@given(seeds)
@examples(12)
def test_the_price_of_nestedness_is_that_of_all_plans(seed):
    """Two budgets of a random town: the locks leave just the plans that keep the smaller one's."""
    town = random_town(seed)
    budgets = (20.0, 45.0)
    small, large = (
        Case(
            scenario=Scenario(budget=b, rules={"budget": True, "required": True, "forbidden": True})
        )
        for b in budgets
    )
    first = solve(small.of(town), PROVEN).solution
    if not first.has_plan:
        return
    kept = tuple(keeping(town, first.chosen, yearly=False))
    nested = Case(scenario=large.scenario.model_copy(update={"locks": kept}))
    solution = solve(nested.of(town), PROVEN).solution
    capacity = town.modules.set_index("module_id")["capacity"].astype(float).fillna(np.inf)
    old = {p.site: capacity[p.module_id] for p in projects_of(first.chosen)}

    def keeps(plan: frozenset[Key]) -> bool:
        new = {(k[0], k[1]): capacity[k[2]] for k in plan if k[2] != KEEP}
        return all(new.get(site, -1.0) >= size for site, size in old.items())

    left = [value for plan, (value, _) in plans_of(large.of(town)).items() if keeps(plan)]
    assert left, "the plan of the smaller budget keeps itself"
    assert solution.tiers[0].bound == pytest.approx(float(max(left)), abs=1e-9)


# --- all plans in all worlds ---


def worlds_drawn(seed: int, *, budgets: tuple[float, ...] = (25.0, 45.0, 60.0)) -> list[World]:
    """Three worlds of a random town: money, people and standards differ."""
    base = random_town(seed)
    on = {"budget": True}
    first = str(base.services["service_id"].iloc[0])
    scenarios = (
        Scenario(budget=budgets[0], rules=on),
        Scenario(budget=budgets[1], rules=on, people_factors={"all": 2.0}),
        Scenario(budget=budgets[2], rules=on, standards_min={first: 4.5}, weights={first: 5.0}),
    )
    cases = [Case(name=f"w{i}", scenario=s) for i, s in enumerate(scenarios)]
    return worlds_of(base, cases)


@lru_cache(maxsize=8)
def oracle_of(instance: Instance) -> Oracle:
    return Oracle(instance)


def plans_of(instance: Instance) -> Plans:
    oracle = oracle_of(instance)
    return {
        frozenset((o.building, o.service, o.module, o.mode, o.year, o.until) for o in plan): (
            next(iter(tiers.values())),
            capital(plan),
        )
        for plan, tiers in oracle.plans.items()
    }


def cost_of(instance: Instance, keys: Iterable[Key]) -> Fraction:
    """Capital of some conversions alone."""
    wanted = set(keys)
    return capital(
        tuple(
            o
            for o in oracle_of(instance).options
            if (o.building, o.service, o.module, o.mode, o.year, o.until) in wanted
        )
    )


def keys_of(chosen: pd.DataFrame) -> frozenset[Key]:
    columns = ["building_id", "service_id", "module_id", "mode", "year", "until"]
    return frozenset(chosen[columns].itertuples(index=False, name=None))


def committed_of(world: World) -> frozenset[Key]:
    rows = world.model.decisions.conversions
    return keys_of(rows[rows["status"] == "committed"])


@pytest.mark.slow
@given(seeds)
@examples(8)
def test_a_plan_lived_elsewhere_is_worth_what_the_oracle_says(seed):
    worlds = worlds_drawn(seed)
    solutions = {w.name: solve(w.instance, PROVEN).solution for w in worlds}
    lists = [
        list_by_gain(w, w.name, solutions[w.name].chosen)
        for w in worlds
        if solutions[w.name].has_plan
    ]
    for world in worlds:
        plans = plans_of(world.instance)
        for plan in lists:
            there = live(plan, world)
            opened = keys_of(world.model.decisions.conversions[there.opened])
            if there.broken:
                assert opened not in plans
                continue
            value, cost = plans[opened]
            assert there.value == pytest.approx(float(value), abs=1e-9)
            assert world.recounted(there.opened) == pytest.approx(float(value), abs=1e-9)
            assert Fraction(repr(there.cost)) == cost
            for project in there.left_out:
                if project not in there.unknown:  # nothing that was left out could open after all
                    grown = opened | {tuple(project)}
                    without = {k for k in grown if k[2] != KEEP or k[0] != project.building_id}
                    assert frozenset(grown) not in plans or (without != grown)


@pytest.mark.slow
@given(seeds)
@examples(8)
def test_regret_is_exact_where_all_is_proven(seed):
    worlds = worlds_drawn(seed)
    solutions = {w.name: solve(w.instance, PROVEN).solution for w in worlds}
    if not all(s.has_plan for s in solutions.values()):
        return
    lists = [list_by_gain(w, w.name, solutions[w.name].chosen) for w in worlds]
    best = {}
    for w in worlds:
        tier = solutions[w.name].tiers[0]
        best[w.name] = Best(objective=tier.value, bound=tier.bound)
    table = regret_table(lists, worlds, best)
    for world in worlds:
        most = max(value for value, _ in plans_of(world.instance).values())
        for plan in lists:
            cell = table.cells[plan.name, world.name]
            assert cell.lived.value is not None
            if not cell.lived.broken:
                regret = float(most) - cell.lived.value
                assert cell.amount.low - 1e-6 <= regret <= cell.amount.high + 1e-6


def best_in_stages(worlds: list[World], share: float) -> list[tuple[Fraction, ...]]:
    """For every choice of what is opened now, the most that each world can then serve."""
    all_plans = [plans_of(w.instance) for w in worlds]
    if share == 1:
        common = set.intersection(*(set(plans) for plans in all_plans))
        return [tuple(plans[keys][0] for plans in all_plans) for keys in common]
    fixed = set.union(*(set(committed_of(w)) for w in worlds))
    new = [{frozenset(k for k in keys if k[2] != KEEP) - fixed for keys in p} for p in all_plans]
    ahead = {
        frozenset(part)
        for keys in new[0]
        for n in range(len(keys) + 1)
        for part in combinations(sorted(keys), n)
    }
    found = []
    for now in ahead:
        values = []
        for world, plans in zip(worlds, all_plans, strict=True):
            budget = Fraction(repr(world.instance.settings.budget.total))
            room = (1 - Fraction(repr(share))) * budget + cost_of(world.instance, now)
            able = [v for keys, (v, cost) in plans.items() if now <= keys and cost <= room]
            values.append(max(able, default=None))
        if None not in values:
            found.append(tuple(values))
    return found


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize("engine", ["auto", "highs"])
@given(seed=seeds)
@examples(6)
def test_two_stages_are_the_best_of_all_plans_in_all_worlds(engine, share, seed):
    worlds = worlds_drawn(seed)
    every = best_in_stages(worlds, share)
    options = Options(gap=0.0, engine=engine)
    weights = {"w0": 1.0, "w1": 2.0, "w2": 5.0}
    all_plans = [plans_of(w.instance) for w in worlds]
    if not every:
        if all(all_plans):
            plan = plan_for_all(worlds, "expected", options, best={}, now_share=share)
            assert plan.termination is Termination.INFEASIBLE
        return
    tops = [max(v for v, _ in plans.values()) for plans in all_plans]
    best = {
        w.name: Best(objective=float(top), bound=float(top))
        for w, top in zip(worlds, tops, strict=True)
    }
    parts = [Fraction(1, 8), Fraction(2, 8), Fraction(5, 8)]
    expected = max(sum(p * v for p, v in zip(parts, values, strict=True)) for values in every)
    plan = plan_for_all(worlds, "expected", options, best=best, weights=weights, now_share=share)
    assert plan.termination is Termination.OPTIMAL
    assert plan.objective == pytest.approx(float(expected), abs=1e-7)
    assert plan.bound == pytest.approx(float(expected), abs=1e-7)

    least = min(max(top - v for top, v in zip(tops, values, strict=True)) for values in every)
    plan = plan_for_all(worlds, "regret", options, best=best, now_share=share)
    assert plan.objective == pytest.approx(float(least), abs=1e-6)
    assert plan.bound == pytest.approx(float(least), abs=1e-6)
    for world, went in zip(worlds, plan.worlds, strict=True):
        value, cost = plans_of(world.instance)[keys_of(went.chosen)]
        assert went.value == pytest.approx(float(value), abs=1e-9)
        assert Fraction(repr(went.cost)) == cost
        assert went.value >= float(tops[worlds.index(world)]) - plan.objective - 1e-9
        assert {tuple(p) for p in plan.now} <= keys_of(went.chosen)


@given(seed=seeds)
@examples(8)
def test_weights_of_worlds_bound_the_least_regret(seed):
    """The plan found is no better than the best of all, and the bound is no higher than that."""
    worlds = worlds_drawn(seed)
    every = best_in_stages(worlds, 1.0)
    if not every:
        return
    tops = [max(v for v, _ in plans_of(w.instance).values()) for w in worlds]
    least = float(min(max(t - v for t, v in zip(tops, values, strict=True)) for values in every))
    best = {
        w.name: Best(objective=float(top), bound=float(top))
        for w, top in zip(worlds, tops, strict=True)
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(staged_search, "WRITTEN_WAYS", -1)
        plan = plan_for_all(worlds, "regret", PROVEN, best=best, now_share=1.0)
    assert plan.bound <= least + 1e-7
    assert plan.objective >= least - 1e-7
    found = {max(float(t - v) for t, v in zip(tops, values, strict=True)) for values in every}
    assert min(abs(plan.objective - value) for value in found) < 1e-7


def test_a_plan_for_all_worlds_of_the_tiny_town() -> None:
    """All decided now, the 100 of the poorest world must do: both stations, without a purchase."""
    worlds, solutions = tiny_plans()
    best = {name: best_of(s) for name, s in solutions.items()}
    plan = plan_for_all(worlds, "expected", PROVEN, best=best, now_share=1.0)
    assert all(world.cost <= 100 for world in plan.worlds)
    assert all(not world.later for world in plan.worlds)
    assert plan.worst_regret.high >= plan.expected_regret.high
    free = plan_for_all(worlds, "regret", PROVEN, best=best, now_share=0.0)
    assert free.objective == pytest.approx(0, abs=1e-9)
    assert free.worst_regret.high == pytest.approx(0, abs=1e-7)
    assert len(staged_values(free)) == 3
    opened = staged_rows(free)
    assert set(opened["when"]) <= {"now", "later"}


def test_less_left_for_later_never_serves_more() -> None:
    worlds, _ = tiny_plans()
    values = [
        plan_for_all(worlds, "expected", PROVEN, best={}, now_share=share).objective
        for share in (0.0, 0.25, 0.5, 0.75)
    ]
    assert values == sorted(values, reverse=True)


def test_what_does_not_fit_together_is_said(tiny: Instance) -> None:
    worlds, _ = tiny_plans()
    with pytest.raises(InstanceError, match="within 0 and 1"):
        plan_for_all(worlds, "expected", PROVEN, best={}, now_share=1.5)
    endless = Case(name="endless", scenario=Scenario(plan={"yearly": True, "years": 2}))
    with pytest.raises(InstanceError, match="its years are not those"):
        plan_for_all([*worlds, *worlds_of(tiny, [endless])], "regret", PROVEN, best={})


def test_runs_of_an_instance_come_with_core_order_regret_and_reserve(
    tiny: Instance, tmp_path: Path
) -> None:
    scenarios = run_cases(
        tiny, TINY, named_cases(tiny, ["", "half", "care_first"]), PROVEN, root=tmp_path
    )
    free = run_cases(tiny, TINY, budget_cases(tiny, [100, 300]), PROVEN, root=tmp_path)
    nested = nested_plans(tiny, TINY, free, PROVEN, root=tmp_path)
    robust = robust_of(tiny, scenarios, PROVEN, nested=nested)
    assert [world.name for world in robust.worlds] == ["", "half", "care_first"]
    assert [plan.by for plan in robust.lists] == ["gain"] * 3 + ["budget"]
    assert robust.regrets.plans == ("", "half", "care_first", "nested")
    budgets = [nested.first_budget[p.site] for p in robust.lists[-1].projects]
    assert budgets == sorted(budgets)
    first = set(sites(projects_of(scenarios[0].solution.chosen)))
    assert first.isdisjoint(sites(r.project for r in robust.reserve))
    assert robust.regrets.cells["", ""].amount.high == pytest.approx(0, abs=1e-9)
    assert {s.of for s in robust.core.sites} == {3}
