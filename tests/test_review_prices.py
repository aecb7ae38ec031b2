"""Prices of verdicts: equal to what all plans of small towns show, and in plain words.

In the tiny town (instances/tiny/README.md) 200 buys a clinic and a station in A and a station in B:
the score 0.70. Without A at best B's station and C's clinic: 0.408 for 70. Without B 110 elderly
people lose their station: that in A serves 120 of 230, and the 30 saved may do something else.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from oracle import Oracle
from review_runs import EXACT, reviewed, solved, standing
from towns import random_town

from siting import plan
from siting.explain import desk
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply
from siting.instance.settings import Lock, Scenario
from siting.review.prices import COLUMNS, PRICES_FILE, prices_of, read_prices, without_locks
from siting.review.standing import Standing, scenario_after
from siting.solvers.projection import engine

TINY = Path(__file__).parents[1] / "instances" / "tiny"
WIDTH = 1e-7


@pytest.fixture(scope="module")
def tiny() -> Instance:
    return plan.prepare(read_instance(TINY)[0])


@pytest.fixture(scope="module")
def tiny_plan(tiny: Instance) -> plan.Plan:
    return solved(tiny)


def after(instance: Instance, *held: Standing) -> plan.Plan:
    return solved(apply(instance, scenario_after(Scenario(), held)))


def row_of(prices: pd.DataFrame, building_id: str, service_id: str) -> dict:
    mine = prices["building_id"].eq(building_id) & prices["service_id"].eq(service_id)
    (row,) = prices[mine].to_dict("records")
    return row


def best_score(instance: Instance) -> float | None:
    """The best score of all plans that there are; None where none keeps the rules."""
    oracle = Oracle(instance)
    return float(oracle.best()[0]["served"]) if oracle.plans else None


def locked(instance: Instance, building_id: str, status: str, service_id: str | None = None
) -> Instance:  # fmt: skip
    lock = Lock(building_id=building_id, service_id=service_id, status=status)
    return apply(instance, Scenario(locks=(lock,)))


# --- equal to what all plans show ---


def assert_equal(row: dict, low: str, high: str, truth: float) -> None:
    assert row[low] == pytest.approx(truth, abs=WIDTH)
    assert row[high] == pytest.approx(truth, abs=WIDTH)


TOWNS = [1, 7, 20, 23, 28]
"""Random towns in which sites are chosen, rejected and let in again."""


@pytest.mark.parametrize("seed", TOWNS)
def test_a_rejection_costs_what_all_plans_without_the_building_lose(seed: int, tmp_path) -> None:
    instance = random_town(seed)
    whole = best_score(instance)
    made = solved(instance)
    prices = prices_of(reviewed(made, tmp_path), EXACT)
    chosen = made.solution.chosen
    new = chosen[chosen["status"] == "new"]
    assert set(prices["building_id"]) == set(new["building_id"])
    assert len(prices)
    for row in prices.to_dict("records"):
        assert row["asked"] == "reject"
        alone = best_score(locked(instance, row["building_id"], "forbidden"))
        if alone is None:
            assert row["termination"] == "infeasible"
            assert pd.isna(row["price_low"])
        else:
            assert_equal(row, "price_low", "price_high", whole - alone)


@pytest.mark.parametrize("decision", ["reject", "other"])
@pytest.mark.parametrize("seed", TOWNS)
def test_letting_in_what_was_kept_out_brings_what_all_plans_with_it_gain(
    seed: int, decision: str, tmp_path
) -> None:
    instance = random_town(seed)
    chosen = solved(instance).solution.chosen
    use = chosen.loc[chosen["status"] == "new", ["building_id", "service_id"]].iloc[0]
    out = standing(*use, decision)
    made = after(instance, out)
    if not made.solution.has_plan:
        pytest.skip("no plan without it")
    row = row_of(prices_of(reviewed(made, tmp_path, [out], number=2), EXACT), *use)
    assert row["asked"] == "admit"
    gain = best_score(instance) - best_score(made.instance)
    assert_equal(row, "price_low", "price_high", gain)


@pytest.mark.parametrize("seed", TOWNS)
def test_a_site_on_hold_has_both_prices(seed: int, tmp_path) -> None:
    """For every use that is admitted: chosen ones cost their rejection, others their opening."""
    instance = random_town(seed)
    made = solved(instance)
    conversions = made.model.decisions.conversions[made.model.decisions.is_new]
    uses = list(
        dict.fromkeys(zip(conversions["building_id"], conversions["service_id"], strict=True))
    )[:3]
    held = [standing(*use, "hold") for use in uses]
    prices = prices_of(reviewed(made, tmp_path, held, number=2), EXACT)
    whole, chosen = best_score(instance), made.solution.chosen
    opened = set(zip(chosen["building_id"], chosen["service_id"], strict=True))
    for use in uses:
        row = row_of(prices, *use)
        assert row["asked"] == "hold"
        if use in opened:
            alone = best_score(locked(instance, use[0], "forbidden"))
            low, high = "price_low", "price_high"
        else:
            assert_equal(row, "price_low", "price_high", 0.0)  # this plan does without
            alone = best_score(locked(instance, use[0], "required", use[1]))
            low, high = "open_low", "open_high"
        if alone is None:
            assert row["termination"] == "infeasible"
        else:
            assert_equal(row, low, high, whole - alone)


def test_a_price_is_never_sure_of_more_than_is_proven(tiny: Instance, tiny_plan, tmp_path) -> None:
    exact = prices_of(reviewed(tiny_plan, tmp_path / "exact"), EXACT)
    rough = plan.solve(tiny, plan.Options(gap=0.5))
    loose = prices_of(reviewed(rough, tmp_path / "loose"), plan.Options(gap=0.5))
    for row in loose.to_dict("records"):
        truth = exact.loc[exact["building_id"] == row["building_id"], "price_low"]
        for price in truth.head(1):
            assert row["price_low"] <= price + WIDTH
            assert not row["price_high"] < price - WIDTH


# --- what it is made of ---


def test_who_loses_what_and_what_stands_in(tiny_plan, tmp_path: Path) -> None:
    prices = prices_of(reviewed(tiny_plan, tmp_path), EXACT)
    assert tuple(prices.columns) == COLUMNS
    assert list(zip(prices["building_id"], prices["service_id"], strict=True)) == [
        ("A", "clinic"), ("A", "station"), ("B", "station"),
    ]  # fmt: skip
    row = row_of(prices, "A", "clinic")
    assert_equal(row, "price_low", "price_high", 0.292)
    # A's clinic serves 300, C's would serve the 120 people of D4: 180 fewer; the stations 230 to
    # 120. Everybody needs one unit, so people are units.
    assert row["people"] == "clinic:-180|station:-110"
    assert row["comes"] == "C:clinic:clinic_small"
    assert row["cost_difference"] == -130.0
    assert row["price_says"] == (
        "Rejecting it costs 180 people their Clinic within 15 minutes and 110 people their Elderly "
        "care station within 10 minutes; the best replacement is C (Clinic) at -130 万元. "
        "In all 29.2 points."
    )
    assert "失去15分钟内的" in row["price_says_zh"]
    assert "最佳替代为C" in row["price_says_zh"]


def test_people_stand_behind_need_that_takes_only_a_part_of_each(tiny: Instance, tmp_path) -> None:
    """With half a unit per person A's clinic serves 600 people with its 300 units."""
    needs = tiny.needs.assign(need_per_person=tiny.needs["need_per_person"].astype(float) / 2)
    half = tiny.replace(needs=needs)
    made = solved(half)
    row = prices_of(reviewed(made, tmp_path), EXACT).iloc[0]
    alone = solved(locked(half, row["building_id"], "forbidden")).solution
    assert made.solution.objective is not None
    assert alone.objective is not None
    assert row["price_low"] == pytest.approx(made.solution.objective - alone.objective, abs=WIDTH)
    lost = {s: -float(n) for s, _, n in (part.partition(":") for part in row["people"].split("|"))}
    # One person of a service counts 1 / its people (1250 and 250), each service half of the score.
    score = lost.get("clinic", 0.0) / 2500 + lost.get("station", 0.0) / 500
    assert score == pytest.approx(row["price_low"], abs=1e-6)


def test_what_was_rejected_says_what_it_would_bring(tiny: Instance, tmp_path: Path) -> None:
    out = standing("A", "station", "reject")
    row = row_of(
        prices_of(reviewed(after(tiny, out), tmp_path, [out], number=2, lang="zh"), EXACT),
        "A", "station",
    )  # fmt: skip
    assert_equal(row, "price_low", "price_high", 0.292)
    assert row["people"] == "clinic:180|station:110"
    assert row["price_says"] == row["price_says_zh"]
    assert row["price_says"].startswith("准入后180人获得15分钟内的")
    assert row["cost_difference"] == 130.0


def test_an_interval_that_contains_0_says_so(tiny: Instance, tmp_path: Path) -> None:
    """C is not chosen: to reject it changes nothing."""
    held = standing("C", "clinic", "hold")
    prices = prices_of(reviewed(solved(tiny), tmp_path, [held], number=2), EXACT)
    row = row_of(prices, "C", "clinic")
    assert row["price_says"].startswith("Rejecting it changes nothing: the plan does without it. ")
    # Forced, C takes the 30 of B's station and 10 more: see test_explain.
    assert_equal(row, "open_low", "open_high", 0.072)
    assert "Having it open costs 7.2 points" in row["price_says"]
    twin = twin_town()
    row = prices_of(reviewed(solved(twin), tmp_path / "twins"), EXACT).iloc[0]
    assert_equal(row, "price_low", "price_high", 0.0)
    assert "not distinguishable from 0" in row["price_says"]
    assert "与 0 无法区分" in row["price_says_zh"]
    assert "the best replacement is" in row["price_says"]


def twin_town() -> Instance:
    """Two buildings that serve the same people for the same money, and money for one."""
    from small_towns import clinics

    return clinics(budget={"total": 10.0})


def test_a_project_that_is_approved_has_no_price(tiny: Instance, tmp_path: Path) -> None:
    done = standing("A", "clinic", "approve", commit=True)
    prices = prices_of(reviewed(after(tiny, done), tmp_path, [done], number=2), EXACT)
    row = row_of(prices, "A", "clinic")
    assert row["asked"] == "committed"
    assert pd.isna(row["price_low"])
    assert row["price_says"] == "Approved as a project: it opens in any case."


def test_a_lock_that_the_instance_states_itself_stays(tiny: Instance) -> None:
    own = tiny.locks.iloc[:0].assign()
    row = {"building_id": "A", "status": "forbidden", "source": "survey"}
    stated = tiny.replace(locks=pd.concat([own, pd.DataFrame([row], dtype=object)]))
    both = locked(locked(stated, "A", "forbidden"), "A", "forbidden", "clinic")
    kept = without_locks(both, ("A", "clinic")).locks
    assert kept["source"].tolist() == ["survey"]
    assert len(without_locks(both, ("A", "station")).locks) == 2


# --- time, and what is kept ---


def test_what_was_computed_once_is_read_the_second_time(
    tiny_plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = reviewed(tiny_plan, tmp_path)
    first = prices_of(run, EXACT)
    assert (tmp_path / PRICES_FILE).read_bytes().startswith(b"\xef\xbb\xbf")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr(desk, "try_plan", refuse)
    again = prices_of(run, EXACT)
    pd.testing.assert_frame_equal(again, first, check_dtype=False)
    pd.testing.assert_frame_equal(read_prices(tmp_path, "en"), first, check_dtype=False)
    zh = read_prices(tmp_path, "zh")
    assert list(zh["price_says"]) == list(first["price_says_zh"])


def stopped_at(monkeypatch: pytest.MonkeyPatch, number: int) -> list[object]:
    """Let the search of that number be interrupted; returns the searches, as they begin."""
    real, calls = desk.try_plan, []

    def search(*args: object, **keys: object) -> object:
        calls.append(args)
        if len(calls) == number:
            raise KeyboardInterrupt
        return real(*args, **keys)

    monkeypatch.setattr(desk, "try_plan", search)
    return calls


def test_sites_that_the_time_does_not_reach_are_limited_from_above_and_come_later(
    tiny_plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = reviewed(tiny_plan, tmp_path)
    calls = stopped_at(monkeypatch, 2)
    first = prices_of(run, EXACT)
    assert list(first["termination"]) == ["optimal", "optimal", "feasible"]
    # B closed and nothing in its place: 110 of the 250 of a service that is half of the score. The
    # best plan without B uses the 30 saved for 20 of them.
    assert_equal(first.iloc[2], "price_low", "price_low", 0.0)
    assert_equal(first.iloc[2], "price_high", "price_high", 0.22)
    assert "not distinguishable from 0" in first["price_says"].iloc[2]
    assert list(read_prices(tmp_path, "en")["price_says"]) == list(first["price_says"])
    second = prices_of(run, EXACT)
    assert len(calls) == 3  # B alone
    assert list(second["termination"]) == ["optimal"] * 3
    assert_equal(second.iloc[2], "price_low", "price_high", 0.18)
    assert not list(tmp_path.glob(".partial*"))


def test_without_time_no_site_has_a_price(tiny_plan, tmp_path: Path) -> None:
    none = prices_of(reviewed(tiny_plan, tmp_path), replace(EXACT, time_limit_s=0.0))
    assert none["price_low"].isna().all()
    assert set(none["price_says"]) == {"Not computed in the time given."}


@pytest.mark.parametrize("searched", [True, False])
@pytest.mark.parametrize("seed", TOWNS)
def test_plans_found_at_once_limit_the_price_from_above(
    seed: int, searched: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the search of our engine, and by closing a building alone where it does not search."""
    if searched:
        monkeypatch.setattr(engine, "LEAST_SEARCHED", 1)
    instance = random_town(seed)
    run = reviewed(solved(instance), tmp_path)
    stopped_at(monkeypatch, 1)
    prices = prices_of(run, EXACT)
    assert set(prices["termination"]) == {"feasible"}
    for row in prices.to_dict("records"):
        alone = best_score(locked(instance, row["building_id"], "forbidden"))
        assert row["price_low"] == 0.0
        assert row["price_high"] >= best_score(instance) - alone - WIDTH


def test_a_price_that_is_known_better_stays(
    tiny_plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second export that is stopped at once takes nothing away, whatever its gap."""
    run = reviewed(tiny_plan, tmp_path)
    rough = prices_of(run, plan.Options(gap=1e-4))
    stopped_at(monkeypatch, 1)
    again = prices_of(run, EXACT)
    pd.testing.assert_frame_equal(
        again[["price_low", "price_high"]], rough[["price_low", "price_high"]]
    )


def test_that_no_plan_does_without_a_site_stays_known(
    tiny: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = reviewed(solved(locked(tiny, "C", "required")), tmp_path)
    rough = prices_of(run, plan.Options(gap=0.5), sites=[("C", "clinic"), ("C", "station")])
    assert set(rough["termination"]) == {"infeasible"}
    stopped_at(monkeypatch, 1)
    again = prices_of(run, EXACT, sites=[("C", "clinic"), ("C", "station")])
    assert set(again["termination"]) == {"infeasible"}
    assert list(again["price_says"]) == list(rough["price_says"])


def test_a_wider_gap_is_not_taken_for_a_narrower_one(tiny_plan, tmp_path: Path) -> None:
    run = reviewed(tiny_plan, tmp_path)
    prices_of(run, plan.Options(gap=0.5))
    exact = prices_of(run, EXACT)
    assert set(exact["gap"]) == {0.0}
    assert len(read_prices(tmp_path, "en")) == len(exact) == 3
    assert set(prices_of(run, plan.Options(gap=0.5))["gap"]) == {0.0}


def test_only_the_sites_that_are_asked_for(tiny_plan, tmp_path: Path) -> None:
    run = reviewed(tiny_plan, tmp_path)
    assert list(prices_of(run, EXACT, sites=[("B", "station")])["building_id"]) == ["B"]
    assert len(prices_of(run, EXACT)) == 3
    assert len(read_prices(tmp_path, "en")) == 3
