"""Prices of rules and sites: what two plans that were found apart differ by.

In the tiny town (instances/tiny/README.md) 200 buys the score 0.70. More money would open a clinic
for the 120 people of D4 in C, worth 120 / 2500 = 0.048; no other rule stands in the way of more.
"""

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import siting
from full_towns import random_full_town
from oracle import Oracle
from test_docs import assert_shown, blocks, said_by
from towns import random_town, town

from siting import explain, plan
from siting.errors import InstanceError
from siting.explain import Interval, desk, rule_prices
from siting.explain.differences import Site
from siting.explain.intervals import Best, price_between
from siting.explain.kept_runs import instance_of_run
from siting.explain.rule_prices import MEASURING, RESTRICTING, without_rule
from siting.explain.trials import pose
from siting.explain.values import rule_table, rule_values, site_table
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.rulebook import RULES
from siting.instance.scenario import apply
from siting.instance.settings import Lock, Scenario
from siting.report.explanation import interval_text
from siting.solution import Limit, Termination

ROOT = Path(__file__).parents[1]
TINY = ROOT / "instances" / "tiny"
EXACT = plan.Options(gap=0.0)
WIDTH = 1e-7


@pytest.fixture(scope="module")
def tiny() -> Instance:
    return plan.prepare(read_instance(TINY)[0])


@pytest.fixture(scope="module")
def tiny_plan(tiny: Instance) -> plan.Plan:
    return plan.solve(tiny, EXACT)


@pytest.fixture(scope="module")
def tiny_prices(tiny: Instance) -> explain.RulePrices:
    return explain.price_rules(tiny, EXACT)


def best(instance: Instance) -> float | None:
    """The score of the best plan by a solve of its own."""
    return plan.solve(instance, EXACT).solution.objective


def locked(instance: Instance, building_id: str, status: str) -> Instance:
    lock = Lock(building_id=building_id, status=status)
    return apply(instance, Scenario(locks=(lock,)))


# --- intervals ---


def test_an_interval_holds_every_difference_that_is_possible() -> None:
    freer, tighter = Best(objective=0.8, bound=0.9), Best(objective=0.7, bound=0.75)
    price = price_between(freer, tighter)
    assert (price.low, price.high) == pytest.approx((0.05, 0.2))
    assert price.distinguishable
    price = price_between(tighter, freer)  # never below 0
    assert (price.low, price.high) == (0.0, 0.0)
    assert not price.distinguishable


def test_a_proven_plan_leaves_no_width() -> None:
    freer, tighter = Best(objective=0.8, bound=0.8 + 1e-9), Best(objective=0.7, bound=0.7 + 1e-9)
    price = price_between(freer, tighter)
    assert price.low == price.high == pytest.approx(0.1, abs=1e-12)


def test_what_is_not_proven_limits_nothing() -> None:
    freer, tighter = Best(objective=0.8, bound=None), Best(objective=0.7, bound=None)
    assert price_between(freer, tighter) == Interval(low=0.0, high=None)


@pytest.mark.parametrize(
    ("low", "high", "en", "zh"),
    [
        (0.048, 0.048, "4.8", "4.8"),
        (0.012345, 0.034561, "1.234 – 3.457", "1.234 – 3.457"),
        (0.0, 0.002, "not distinguishable from 0 (at most 0.2)", "与 0 无法区分（至多 0.2）"),
        (0.0, 0.0, "0 (not distinguishable from 0)", "0（与 0 无法区分）"),
        (0.0, None, "not distinguishable from 0", "与 0 无法区分"),
        (0.01, None, "at least 1", "至少 1"),
    ],
)
def test_an_interval_in_words(low: float, high: float | None, en: str, zh: str) -> None:
    price = Interval(low=low, high=high)
    assert (interval_text(price, "en"), interval_text(price, "zh")) == (en, zh)


# --- rules ---


def test_every_rule_that_can_be_switched_has_its_place() -> None:
    assert set(RESTRICTING).isdisjoint(MEASURING)
    assert {*RESTRICTING, *MEASURING} == {rule.id for rule in RULES.values() if rule.switchable}


def test_prices_of_the_rules_of_the_tiny_town(tiny_prices: explain.RulePrices) -> None:
    prices = tiny_prices
    assert prices.base.solution.objective == pytest.approx(0.70, abs=1e-12)
    assert prices.base.verification.passed
    found = {price.rule: price for price in prices.prices}
    assert set(found) == {"fit", "floor_area", "budget"}
    dear = found["budget"]
    assert dear.price is not None
    assert (dear.price.low, dear.price.high) == pytest.approx((0.048, 0.048), abs=1e-12)
    assert dear.served == {"clinic": 120.0, "station": 0.0}
    assert dear.cost == 40.0
    assert prices.prices[0] is dear  # the dearest first
    for rule in ("fit", "floor_area"):
        assert found[rule].price == Interval(low=0.0, high=0.0)
    assert not prices.not_reached
    assert prices.off == ("self_sufficiency",)
    assert set(prices.measuring) == set(MEASURING)


@pytest.mark.parametrize("seed", [5])
def test_prices_are_the_differences_that_all_plans_show(seed: int) -> None:
    instance = random_town(seed)
    oracle = Oracle(instance)
    prices = explain.price_rules(instance, EXACT)
    assert prices.base.solution.has_plan == bool(oracle.plans)
    for priced in prices.prices:
        freer = Oracle(without_rule(instance, priced.rule))
        difference = float(freer.best()[0]["served"] - oracle.best()[0]["served"])
        assert priced.price is not None
        assert priced.price.low == pytest.approx(difference, abs=WIDTH), priced.rule
        assert priced.price.high == pytest.approx(difference, abs=WIDTH), priced.rule


def assert_prices_hold(instance: Instance) -> int:
    """Hold every price against two solves that know nothing of one another."""
    prices = explain.price_rules(instance, EXACT)
    base = prices.base.solution
    if base.objective is None:
        assert not prices.prices
        return 0
    given_up = {"epsilon": 0.0, "worth": None}
    objective = instance.settings.objective.model_copy(update=given_up)
    settings = instance.settings.model_copy(update={"objective": objective})
    whole = instance.replace(settings=settings)
    together = plan.solve(whole, EXACT).solution
    assert together.objective is not None
    assert together.bound is not None
    tied = any(block.tied for block in prices.base.model.blocks)
    for priced in prices.prices:
        alone = plan.solve(without_rule(whole, priced.rule), EXACT).solution
        if alone.objective is None:  # what is let in may bring a claim or a demand of its own
            assert priced.termination == Termination.INFEASIBLE
            continue
        assert alone.bound is not None
        assert priced.price is not None
        assert priced.price.high is not None
        low, high = priced.price.low, priced.price.high
        # Both pairs of plans leave room for the true difference; mostly one number.
        assert low - WIDTH <= max(0.0, alone.bound - together.objective), priced.rule
        assert high + WIDTH >= alone.objective - together.bound, priced.rule
        # Tied amounts are served again after the search, which the bounds know nothing of.
        assert tied or high - low <= WIDTH, priced.rule
    decisions = prices.base.model.decisions
    rows = pose(instance, decisions.reach, decisions.near, EXACT).program
    for rule in prices.idle:
        other = pose(without_rule(instance, rule), decisions.reach, decisions.near, EXACT).program
        assert set(other.row_names) == set(rows.row_names), rule
        assert {n for n in other.column_names if n.startswith("open[")} == {
            n for n in rows.column_names if n.startswith("open[")
        }, rule
    return len(prices.prices)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 2])
def test_prices_equal_the_differences_of_plain_solves(seed: int) -> None:
    assert_prices_hold(random_full_town(seed))


@pytest.mark.slow
def test_prices_of_many_towns_equal_the_differences_of_plain_solves() -> None:
    count = sum(assert_prices_hold(random_full_town(seed)) for seed in range(100, 104))
    count += sum(assert_prices_hold(random_town(seed)) for seed in range(3))
    assert count > 15


def test_a_price_is_never_sure_of_more_than_is_proven(
    tiny: Instance, tiny_prices: explain.RulePrices
) -> None:
    loose = explain.price_rules(tiny, plan.Options(gap=0.5))
    exact = {p.rule: p.price for p in tiny_prices.prices}
    for priced in loose.prices:
        truth = exact[priced.rule]
        assert priced.price is not None
        assert truth is not None
        assert priced.price.low <= truth.low + WIDTH
        assert priced.price.high is None or priced.price.high >= truth.low - WIDTH


def test_without_a_plan_there_is_nothing_to_price(tiny: Instance) -> None:
    poor = locked(plan.prepare(tiny, budget=10.0), "A", "required")
    prices = explain.price_rules(poor, EXACT)
    assert prices.base.solution.termination == Termination.INFEASIBLE
    assert not prices.prices


def test_rules_that_the_time_does_not_suffice_for_are_listed(
    tiny: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    real, calls = rule_prices.try_plan, []

    def second_stops(*args: object, **keys: object) -> object:
        calls.append(args)
        return real(*args, **keys) if len(calls) == 1 else stop()

    monkeypatch.setattr(rule_prices, "try_plan", second_stops)
    prices = explain.price_rules(tiny, EXACT)
    assert [p.rule for p in prices.prices] == ["budget"]  # used up, so it comes first
    assert set(prices.not_reached) == {"fit", "floor_area"}
    table = rule_table(prices).set_index("rule")
    assert table["kind"].value_counts()["not_reached"] == 2
    assert table.loc["budget", "served_clinic"] == 120.0


def test_prices_of_rules_as_plain_values(tiny_prices: explain.RulePrices) -> None:
    values = json.loads(json.dumps(rule_values(tiny_prices)))
    assert list(values["rules"][0]) == [
        "rule", "name_en", "name_zh", "price_low", "price_high", "distinguishable", "served",
        "cost_difference", "termination",
    ]  # fmt: skip
    assert values["rules"][0]["distinguishable"] is True
    assert values["rules"][1]["distinguishable"] is False
    assert values["base"]["objective"] == pytest.approx(0.70)
    assert values["base"]["served"] == {"clinic": 600.0, "station": 230.0}


# --- sites ---


@pytest.mark.parametrize("building_id", ["A", "B"])
def test_a_site_is_worth_what_is_lost_without_it(
    tiny: Instance, tiny_plan: plan.Plan, building_id: str
) -> None:
    price = explain.price_site(tiny, tiny_plan.solution, building_id, EXACT)
    alone = best(locked(tiny, building_id, "forbidden"))
    assert alone is not None
    assert price.asked == "closed"
    assert price.price is not None
    assert price.price.low == pytest.approx(0.70 - alone, abs=WIDTH)
    assert price.price.high == pytest.approx(0.70 - alone, abs=WIDTH)


def test_who_gains_from_a_site_and_what_would_stand_in(
    tiny: Instance, tiny_plan: plan.Plan
) -> None:
    price = explain.price_site(tiny, tiny_plan.solution, "A", EXACT)
    # Without A at best B's station and C's clinic: 0.408 for 70, as the README has it.
    assert price.price is not None
    assert price.price.low == pytest.approx(0.292, abs=WIDTH)
    assert price.comes == (Site("C", "clinic", "clinic_small"),)
    assert price.goes == (Site("A", "clinic", "clinic_small"), Site("A", "station", "station"))
    assert price.served == {"clinic": -180.0, "station": -110.0}
    assert price.cost == -130.0
    gains = price.gains.set_index(["service_id", "zone_id"])
    assert gains["served"].sum() == 300 + 120
    # Within 900 m of A but not of F1: D3 of D1..D3; nobody has a station today.
    assert gains.loc[("clinic", "east"), "people_new"] == 280
    assert gains.loc[("clinic", "west"), "people_new"] == 0
    assert gains.loc[("station", "west"), "people_new"] == 150
    row = site_table([price], ["clinic", "station"]).iloc[0]
    assert row["comes"] == "C:clinic:clinic_small"
    assert row["people_new"] == 280 + 150 + 80


def test_forcing_a_site_open_costs_what_gives_way(tiny: Instance, tiny_plan: plan.Plan) -> None:
    price = explain.price_site(tiny, tiny_plan.solution, "C", EXACT)
    alone = best(locked(tiny, "C", "required"))
    assert alone is not None
    assert price.asked == "open"
    assert price.price is not None
    assert price.price.low == pytest.approx(0.70 - alone, abs=WIDTH) == 0.072
    assert price.comes == (Site("C", "clinic", "clinic_small"),)
    assert price.gains.empty


def test_a_site_that_no_rule_admits_says_so(tiny: Instance) -> None:
    shut = locked(tiny, "C", "forbidden")
    made = plan.solve(shut, EXACT)
    price = explain.price_site(shut, made.solution, "C", EXACT)
    assert price.price is None
    assert price.kept_out is not None
    assert set(price.kept_out["reason"]) == {"forbidden"}


def test_a_required_site_cannot_be_done_without(tiny: Instance) -> None:
    asked = locked(tiny, "C", "required")
    made = plan.solve(asked, EXACT)
    price = explain.price_site(asked, made.solution, "C", EXACT)
    assert (price.price, price.termination) == (None, Termination.INFEASIBLE)


def test_all_sites_within_a_time_limit(tiny: Instance, tiny_plan: plan.Plan) -> None:
    prices = explain.price_sites(tiny, tiny_plan.solution, EXACT)
    assert [p.building_id for p in prices.prices] == ["A", "B"]
    none = explain.price_sites(tiny, tiny_plan.solution, replace(EXACT, time_limit_s=0.0))
    assert not none.prices
    assert set(none.not_reached) == {"A", "B"}


def test_ctrl_c_keeps_the_sites_that_are_done_and_what_was_known_of_others_at_once(
    tiny: Instance, tiny_plan: plan.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = desk.try_plan, []

    def second_stops(*args: object, **keys: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **keys)

    monkeypatch.setattr(desk, "try_plan", second_stops)
    prices = explain.price_sites(tiny, tiny_plan.solution, EXACT)
    assert [p.termination for p in prices.prices] == [Termination.OPTIMAL, Termination.FEASIBLE]
    assert not prices.not_reached
    assert prices.prices[1].price.low == 0.0
    assert prices.prices[1].price.high > 0.0


def test_sites_of_a_plan_year_by_year() -> None:
    """One school for growing need: what stands in may open in another year."""
    instance = town(
        people={"D1": 20.0, "D2": 10.0},
        ways={"D1": ["B1", "B2"], "D2": ["B2"]},
        services={"school": {}},
        modules={"m": {"service_id": "school", "capacity": 20.0}},
        buildings={"B1": {}, "B2": {}},
        plan={"start_year": 2021, "years": 2, "yearly": True},
        budget={"total": 10.0},
    )
    made = plan.solve(instance, EXACT)
    assert set(made.solution.chosen["building_id"]) <= {"B1", "B2"}
    used = str(made.solution.chosen["building_id"].iloc[0])
    price = explain.price_site(instance, made.solution, used, EXACT)
    assert price.price == Interval(low=0.0, high=0.0)
    assert {site.building_id for site in price.comes} == {"B1", "B2"} - {used}


def test_an_unknown_building_is_a_finding(tiny: Instance, tiny_plan: plan.Plan) -> None:
    with pytest.raises(InstanceError, match='"D": no such building'):
        explain.price_site(tiny, tiny_plan.solution, "D", EXACT)


# --- money ---


def test_more_money_opens_the_next_site(tiny: Instance, tiny_plan: plan.Plan) -> None:
    found = explain.next_sites(tiny, tiny_plan.solution, EXACT, steps=(0.2, 0.05))
    little, enough = found.steps
    assert (little.budget, enough.budget) == (210.0, 240.0)
    assert little.gain == Interval(low=0.0, high=0.0)
    assert enough.gain is not None
    assert (enough.gain.low, enough.gain.high) == pytest.approx((0.048, 0.048), abs=1e-12)
    assert enough.comes == (Site("C", "clinic", "clinic_small"),)
    assert not enough.goes
    assert enough.served == {"clinic": 120.0, "station": 0.0}
    assert np.isclose(enough.cost or 0.0, 40.0)


def test_without_a_budget_money_is_no_answer(tiny: Instance, tiny_plan: plan.Plan) -> None:
    with pytest.raises(InstanceError, match="no total budget"):
        explain.next_sites(without_rule(tiny, "budget"), tiny_plan.solution, EXACT)


# --- time ---


def test_the_plan_with_all_rules_gets_all_the_time_where_its_share_finds_none(
    tiny: Instance, tiny_plan: plan.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def slow(_: Instance, options: plan.Options, **__: object) -> plan.Plan:
        asked.append(options.time_limit_s)
        none = replace(
            tiny_plan.solution, objective=None, termination=Termination.NONE, limit=Limit.TIME
        )
        return tiny_plan if len(asked) == 2 else replace(tiny_plan, solution=none)

    monkeypatch.setattr(rule_prices, "solve", slow)
    made = rule_prices.plan_in_share(
        tiny, replace(EXACT, time_limit_s=300.0), started=time.monotonic()
    )
    assert made is tiny_plan
    assert asked == [100.0, 300.0]


# --- runs and the command line ---


def test_a_changed_instance_is_an_error(tmp_path: Path, tiny_plan: plan.Plan) -> None:
    folder = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    assert instance_of_run(tiny_plan.solution, folder).content_hash
    modules = folder / "modules.csv"
    modules.write_text(
        modules.read_text("utf-8-sig").replace("120,100,30", "110,100,30"), encoding="utf-8"
    )
    with pytest.raises(InstanceError, match="has changed since the run was made") as raised:
        instance_of_run(tiny_plan.solution, folder)
    assert "solve it again" in raised.value.findings[0].remedy
    with pytest.raises(InstanceError, match="is not there"):
        instance_of_run(tiny_plan.solution, tmp_path / "gone")


def test_explain_rules_on_the_command_line(tmp_path: Path) -> None:
    done = siting(
        "explain", "rules", TINY, "--gap", 0, "--json", "--out", tmp_path / "why", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    line = done.line
    assert line["rules"][0]["rule"] == "budget"
    assert line["rules"][0]["price_low"] == pytest.approx(0.048)
    stored = json.loads((tmp_path / "why" / "explain.json").read_text("utf-8"))
    assert {key: line[key] for key in stored} == stored
    head, first, *_ = (tmp_path / "why" / "prices.csv").read_text("utf-8-sig").splitlines()
    assert head.startswith("rule,name_en,name_zh,kind,price_low,price_high,distinguishable")
    assert first.startswith(
        "budget,capital within the budget,总投资不超预算,priced,0.048,0.048,True"
    )


def test_bad_input_and_conflicts_on_the_command_line(tmp_path: Path) -> None:
    done = siting("explain", "site", "nowhere", "A", cwd=tmp_path)
    assert done.returncode == 2
    done = siting("explain", "budget", TINY, "--more", 0, cwd=tmp_path)
    assert done.returncode == 2
    folder = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    (folder / "locks.csv").write_text("building_id,status\nA,required\n", encoding="utf-8")
    done = siting("explain", "rules", folder, "--budget", 10, "--json", cwd=tmp_path)
    assert done.returncode == 3
    assert done.line["termination"] == "infeasible"


def test_the_page_about_explanations_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "cache"))
    shutil.copytree(TINY, tmp_path / "instances" / "tiny")
    commands, said, compared = "", "", 0
    for block in blocks(ROOT / "docs" / "explain.md"):
        if block.language == "sh":
            commands, said = block.text, said_by(block)
        elif block.language == "text":
            assert_shown(said, block.text, commands)
            compared += 1
        elif block.language == "python":
            exec(block.text, {})  # noqa: S102  the page's own words
    assert compared >= 4
    assert "budget True" in capsys.readouterr().out
