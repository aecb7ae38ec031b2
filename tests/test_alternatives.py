"""Other plans of a town, against all plans of tiny towns as the oracle finds them.

Need is a whole number of halves, so two plans that differ at all in what they serve differ by far
more than any tolerance.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from full_towns import random_full_town
from hypothesis import example, given
from oracle import Oracle
from test_brute_force import examples, seeds
from towns import random_town, town

from siting import plan, store
from siting.errors import InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.plan import Options
from siting.report.other_plans import difference_text, diverse_text, others_text, rank_text
from siting.scenarios.other_plans.alternatives import Alternatives, find_alternatives
from siting.scenarios.other_plans.choices import keep_choices
from siting.scenarios.other_plans.diverse import DiversePlans, find_diverse
from siting.scenarios.other_plans.dropping import Dropping
from siting.scenarios.other_plans.one_model import model_once
from siting.solvers.control import Control

TINY = Path(__file__).parents[1] / "instances" / "tiny"
XICHENG = TINY.parent / "xicheng"
EXACT = Options(gap=0.0)

Pairs = frozenset[tuple[str, str]]


class Best(NamedTuple):
    """Sites of a plan from which nothing can be dropped, with the most that such plans serve."""

    pairs: Pairs
    value: Fraction


def lean_plans(oracle: Oracle) -> dict[frozenset[Any], Fraction]:
    """What can be opened anew, where no part of it that keeps all rules serves as much.

    What stays as it is today is free: what new things serve is the most that they serve with any
    choice of what stays beside them.
    """
    served: dict[frozenset[Any], Fraction] = {}
    for options, tiers in oracle.plans.items():
        new = frozenset(o for o in options if o.is_new)
        served[new] = max(served.get(new, Fraction(-1)), tiers["served"])
    return {
        new: value
        for new, value in served.items()
        if not any(part < new and served[part] >= value for part in served)
    }


def pairs_of(new: frozenset[Any]) -> Pairs:
    return frozenset((o.building, o.service) for o in new)


def best_sets(oracle: Oracle) -> list[Best]:
    """All sets of sites of plans from which nothing can be dropped, the best first."""
    best: dict[Pairs, Fraction] = {}
    for new, value in lean_plans(oracle).items():
        best[pairs_of(new)] = max(best.get(pairs_of(new), Fraction(-1)), value)
    return sorted((Best(*item) for item in best.items()), key=lambda one: -one.value)


def compare(instance: Instance, engine: str, count: int = 5) -> Alternatives:
    """Find alternatives at gap 0 and hold them against all plans of the oracle."""
    due = best_sets(Oracle(instance))
    options = Options(gap=0.0, engine=engine, least_money=False)
    found = find_alternatives(instance, options, count)
    value = {one.pairs: one.value for one in due}
    assert len(found.plans) == min(count, len(due))
    assert not found.complete or len(found.plans) == len(due)
    mine = [frozenset(one.sites) for one in found.plans]
    assert len(set(mine)) == len(mine)
    for one, pairs, best in zip(found.plans, mine, due, strict=False):
        assert one.verification.passed, [str(f) for f in one.verification.findings]
        assert one.nothing_to_drop
        assert one.objective == pytest.approx(float(value[pairs]), abs=1e-9)
        assert one.objective == pytest.approx(float(best.value), abs=1e-9)
        rank = 1 + sum(other.value > value[pairs] for other in due)
        assert (one.best_rank, one.worst_rank) == (rank, rank)
    return found


def compare_where_free(instance: Instance, engine: str) -> None:
    """Compare a town in which one value says what a site serves and nothing ties the amounts."""
    if not instance.settings.objective.by_rank and not Oracle(instance).tied:
        compare(instance, engine)


@pytest.mark.parametrize("engine", ["auto", "highs"])
@given(seed=seeds)
@example(seed=53)  # several best ones
@examples(6)
def test_the_best_plans_are_found_in_their_order(engine: str, seed: int) -> None:
    compare(random_town(seed), engine)


@pytest.mark.parametrize("engine", ["auto", "highs"])
@given(seed=seeds)
@example(seed=31)  # a facility that stays one year longer serves as much as what replaced it
@example(seed=41)  # a module that no best plan needs, in a plan of which a part serves as much
@examples(3)
def test_the_best_plans_are_found_under_the_full_set_of_rules(engine: str, seed: int) -> None:
    compare_where_free(random_full_town(seed), engine)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["auto", "highs"])
@given(seed=seeds)
@examples(60)
def test_the_best_of_many_plans_are_found(engine: str, seed: int) -> None:
    compare(random_town(seed), engine)
    compare_where_free(random_full_town(seed), engine)


def street(**changes: Any) -> Instance:
    """Clinics for 30 (small) or 60 (large) in A, B and C; what stands in C reaches D2 alone.

    ::

        D1(60) --- A --- B        D2(10) --- C          A, B, C: 20 for small, 40 for large
    """
    parts: dict[str, Any] = {
        "people": {"D1": 60, "D2": 10},
        "ways": {"D1": "AB", "D2": "C"},
        "services": {"clinic": {}},
        "modules": {
            "small": {"service_id": "clinic", "capacity": 30.0, "works_cost": 20.0},
            "large": {"service_id": "clinic", "capacity": 60.0, "works_cost": 40.0},
        },
        "buildings": {"A": {}, "B": {}, "C": {}},
    }
    return town(**parts | changes)


def sets(found: Alternatives | DiversePlans) -> list[str]:
    """The buildings of each plan, by name."""
    return ["".join(sorted(building for building, _ in one.sites)) for one in found.plans]


def test_what_only_adds_a_useless_site_takes_no_rank() -> None:
    """70 of 70: A large and C; B large and C; both small and C. Without C 60, with C alone 10.

    A large, B and C serve no more than A large and C: that is none of them, however B is sized,
    but A small and B small with C is: each of its three sites is needed.
    """
    found = find_alternatives(street(), EXACT, 20)
    assert found.complete
    assert found.bound_of_others is None
    assert sorted(sets(found)[:3]) == ["ABC", "AC", "BC"]
    assert sorted(sets(found)[3:6]) == ["A", "AB", "B"]
    assert sets(found)[6:] == ["C", ""]
    values = [one.objective for one in found.plans]
    assert values == pytest.approx([1.0] * 3 + [6 / 7] * 3 + [1 / 7, 0.0])
    ranks = [(one.best_rank, one.worst_rank) for one in found.plans]
    assert ranks == [(1, 1)] * 3 + [(4, 4)] * 3 + [(7, 7), (8, 8)]


def test_a_required_site_is_not_dropped_though_it_serves_nobody() -> None:
    lock = {"building_id": "C", "status": "required"}
    found = find_alternatives(street(ways={"D1": "AB", "D2": ""}, locks=[lock]), EXACT, 20)
    assert all("C" in name for name in sets(found))
    assert sorted(sets(found)) == ["ABC", "AC", "BC", "C"]


def test_within_a_gap_ranks_say_no_more_than_is_proven() -> None:
    """Found at a gap of a half, the true rank of every set lies where it is said to lie."""
    instance = street(budget={"total": 50.0})
    due = best_sets(Oracle(instance))
    found = find_alternatives(instance, Options(gap=0.5), 3)
    value = {one.pairs: one.value for one in due}
    for one in found.plans:
        mine = value[frozenset(one.sites)]
        rank = 1 + sum(other.value > mine for other in due)
        assert one.best_rank <= rank
        assert one.worst_rank is None or rank <= one.worst_rank
        assert one.bound is not None
        assert one.objective <= float(mine) + 1e-9
        assert float(mine) <= one.bound + 1e-9


@pytest.mark.parametrize("seed", [4, 12, 20, 31])
def test_a_row_of_what_is_idle_excludes_only_plans_with_something_to_drop(seed: int) -> None:
    """Plans are trimmed one by one; every lean plan of the oracle keeps all rows that follow."""
    instance = random_town(seed * 7)
    oracle = Oracle(instance)
    lean = lean_plans(oracle)
    common = model_once(instance, EXACT)
    dropping = Dropping(common)
    table = common.model.decisions.conversions
    names = list(zip(table["building_id"], table["service_id"], table["module_id"], strict=True))
    rows = []
    choices = {}
    for options in oracle.plans:
        ids = {(o.building, o.service, o.module) for o in options}
        opened = np.array([name in ids for name in names], bool)
        choices[options] = opened
        found = common.evaluated(opened)
        rows += dropping.idle_rows(dropping.trim(found, Control()), 1)
    for options, opened in choices.items():
        new = frozenset(o for o in options if o.is_new)
        best = oracle.plans[options]["served"] == lean.get(new)
        for row in rows if best else []:
            assert row.coefficients @ opened[row.columns] <= row.upper


def test_plans_by_rank_are_refused() -> None:
    instance = street(objective={"by_rank": True})
    with pytest.raises(InstanceError, match="one value of all need served"):
        find_alternatives(instance, EXACT, 2)


# --- diverse plans ---


@given(seeds)
@examples(6)
def test_diverse_plans_are_as_different_as_they_can_be(seed: int) -> None:
    """Each does without as many sites of every earlier one as any plan that serves enough."""
    instance = random_town(seed)
    oracle = Oracle(instance)
    found = find_diverse(instance, EXACT, 4, 30)
    if not oracle.plans:
        assert found.plans == ()
        return
    most = max(tiers["served"] for tiers in oracle.plans.values())
    assert found.plans[0].objective == pytest.approx(float(most), abs=1e-9)
    enough = {
        pairs_of(frozenset(o for o in options if o.is_new))
        for options, tiers in oracle.plans.items()
        if tiers["served"] >= most * Fraction(7, 10)
    }
    mine = [frozenset(one.sites) for one in found.plans]
    for at, one in enumerate(found.plans):
        assert one.verification.passed, [str(f) for f in one.verification.findings]
        assert one.objective >= float(most) * 0.7 - 1e-9
        assert one.differing == tuple(len(mine[at] ^ other) for other in mine[:at])
        if at:
            due = max(min(len(other - pairs) for other in mine[:at]) for pairs in enough)
            assert one.proven
            assert one.does_without == one.at_most == due
    if len(mine) < 4:
        assert found.complete
        assert all(any(other <= pairs for other in mine) for pairs in enough)


def test_the_most_different_clinic_is_in_the_other_building() -> None:
    """Within 15 % D2 may go without its clinic: no site of the first plan is in the second.

    One large clinic in A or B and one in C serve all for 60, two small ones and C too. The first
    plan has C, and A or B or both; the other of A and B alone, or with all of D1 in it, serves 60
    of 70 = 85.7 %. Where both are in the first, only one of them can be spared, and C.
    """
    found = find_diverse(street(budget={"total": 60.0}), EXACT, 2, 15)
    first, second = (set(one.sites) for one in found.plans)
    assert found.plans[1].objective == pytest.approx(6 / 7)
    assert found.plans[1].proven
    assert len(first - second) == found.plans[1].does_without == 2


def test_a_share_beyond_all_is_refused() -> None:
    with pytest.raises(InstanceError, match="must be 0 to 100"):
        find_diverse(street(), EXACT, 2, 101)


# --- words and runs ---


def test_words_say_no_more_than_is_proven() -> None:
    exact = find_alternatives(street(), EXACT, 4)
    assert rank_text(exact.plans[3], "en") == "rank 4, proven"
    assert rank_text(exact.plans[3], "zh") == "第 4 名，已证明"
    assert others_text(exact, "en").startswith("No other plan serves more than 85.71")
    unknown = replace(exact.plans[0], worst_rank=None)
    assert rank_text(unknown, "en") == "rank not proven"
    assert rank_text(replace(unknown, best_rank=3), "en") == "rank 3 or lower"
    assert rank_text(replace(unknown, best_rank=1, worst_rank=3), "zh") == "第 1 至第 3 名之间"
    diverse = find_diverse(street(budget={"total": 60.0}), EXACT, 2, 15)
    said = difference_text(diverse.plans[1], "en")
    assert said == "does without at least 2 sites of every earlier plan, proven the most"
    loose = replace(diverse.plans[1], at_most=3)
    assert difference_text(loose, "en").endswith("not proven the most: at most 3")
    assert "85.0000 %" in diverse_text(diverse, "en")


def test_alternatives_are_kept_as_runs_that_verify(tmp_path: Path) -> None:
    base, _ = read_instance(TINY)
    found = find_alternatives(plan.prepare(base, budget=160.0), EXACT, 2)
    runs = keep_choices(found.plans, TINY, tmp_path)
    assert [run.case.name for run in runs] == [
        "budget=160+alternative=1",
        "budget=160+alternative=2",
    ]
    assert len({run.folder for run in runs}) == 2
    for run, one in zip(runs, found.plans, strict=True):
        again, values = store.load_run(run.folder)
        assert plan.verify(TINY, again).passed
        assert values["verified"]
        assert again.objective == pytest.approx(one.objective, abs=1e-12)
        assert again.bound == pytest.approx(found.bound, abs=1e-12)
        chosen = again.chosen[again.chosen["status"] == "new"]
        assert set(zip(chosen["building_id"], chosen["service_id"], strict=True)) == set(one.sites)
    listed = store.list_runs(tmp_path)
    assert set(listed["scenario"]) == {run.case.name for run in runs}


@pytest.mark.slow
def test_alternatives_of_xicheng_are_verified_and_distinct() -> None:
    base, _ = read_instance(XICHENG)
    found = find_alternatives(plan.prepare(base), Options(gap=0.005, time_limit_s=240), 2)
    assert found.plans
    assert len({one.sites for one in found.plans}) == len(found.plans)
    for one in found.plans:
        assert one.verification.passed
