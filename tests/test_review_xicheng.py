"""The full loop with Xicheng: three rounds, verdicts typed into the exported files, agreement."""

from pathlib import Path
from typing import Any

import pytest
from review_runs import Typed, Use, keep_run, typed_into

from siting import plan
from siting.caching import user_folder
from siting.instance.reading import read_instance
from siting.review import log
from siting.review.export import Edition, export_review
from siting.review.importing import import_verdicts, read_source, verdicts_of
from siting.review.log import LOG_FILE
from siting.review.prices import prices_of
from siting.review.rounds import NextRound, next_run, opened_in, resolve
from siting.review.rounds.history import history_of
from siting.review.rounds.proposals import proposal_sentence, proposals_in
from siting.review.run import ReviewedRun, reviewed_run

XICHENG = Path(__file__).parents[1] / "instances" / "xicheng"
OPTIONS = plan.Options(gap=0.01, cache_dir=user_folder())


def given_back(run: ReviewedRun, typed: Typed) -> NextRound:
    """Export a round, let the reviewers fill it in, read it back and plan again."""
    file = run.folder / "review.gpkg"
    if not file.exists():
        export_review([run], Edition())
    typed_into(file, typed)
    verdicts, _ = verdicts_of(read_source(file), run)
    assert len(verdicts) == len(typed)
    import_verdicts(verdicts, run, file)
    out = run.folder.parent / f"round{run.round.number + 1}"
    return resolve(run, OPTIONS, root=out.parent, out=out)


def another_use(run: ReviewedRun, uses: list[Use]) -> tuple[Use, str]:
    """A chosen use, and a service that its building may be used for instead."""
    conversions = run.plan.model.decisions.conversions
    for building, service in uses:
        here = conversions["building_id"].eq(building) & run.plan.model.decisions.is_new
        for other in sorted(set(conversions.loc[here, "service_id"]) - {service}):
            if (building, other) not in uses:
                return (building, service), str(other)
    raise AssertionError("no chosen building may be used otherwise")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_three_rounds_of_xicheng(tmp_path: Path) -> None:
    made = plan.solve(plan.prepare(read_instance(XICHENG)[0]), OPTIONS)
    one = reviewed_run(str(keep_run(made, tmp_path / "round1", XICHENG)))
    uses = list(opened_in(made))
    by_building = {b: [u for u in uses if u[0] == b] for b, _ in uses}
    single = [own[0] for own in by_building.values() if len(own) == 1]
    otherwise, proposed = another_use(one, single)
    rest = [use for use in single if use != otherwise]
    rejected, held, conditional, committed = rest[:2], rest[2], rest[3], rest[4]
    first: dict[Use, dict[str, Any]] = {use: {"decision": "approve"} for use in uses}
    first |= {use: {"decision": "reject", "reason": "不安全"} for use in rejected}
    first[held] = {"decision": "hold"}
    first[conditional] = {"decision": "conditional", "extra_cost": 10.0, "condition": "加固"}
    first[committed] = {"decision": "approve", "commit": 1}
    first[otherwise] = {"decision": "other", "reason": "宜作他用", "proposed_use": proposed}

    done = given_back(one, first)
    assert done.verified
    assert not done.agreed
    two = next_run(done, "zh")
    opened = opened_in(done.made)
    assert not {b for b, _ in rejected} & {b for b, _ in opened}
    assert otherwise not in opened
    assert committed in opened
    extra = done.made.instance.conditions.set_index(["building_id", "service_id"])
    assert extra.loc[conditional, "extra_cost"] == 10.0
    assert plan.verify(XICHENG, two.solution, cache_dir=user_folder()).passed
    assert done.cost is not None
    assert done.cost.high is None or done.cost.high >= done.cost.low >= 0
    (proposal,) = proposals_in(two, plan.Options(gap=0.01, time_limit_s=60.0))
    assert proposal.came == ((otherwise[0], proposed) in opened)
    assert otherwise[0] in proposal_sentence(two, proposal, "zh")

    # Prices of a few sites of the new round, and of what was kept out of it.
    asked = [done.open[0], rejected[0], otherwise]
    prices = prices_of(two, plan.Options(gap=0.01, time_limit_s=120.0), sites=asked)
    assert len(prices) == len(asked)
    assert prices["price_says"].str.len().gt(0).all()
    export_review([two], Edition(lang="zh"), prices=prices)

    still = {use: {"decision": "approve"} for use in done.open}
    final = given_back(two, still)
    assert final.agreed
    assert opened_in(final.made) == opened
    assert final.folder is not None
    three = reviewed_run(str(final.folder))
    assert (three.round.number, three.round.previous) == (3, "round2")
    told = history_of(final.folder)
    assert [r.number for r in told.rounds] == [1, 2, 3]
    assert told.findings == ()
    entries = log.read(final.folder / LOG_FILE)
    assert len(log.verdicts_in(entries)) == len(first) + len(still)
    assert {e.event for e in entries} == {"export", "verdict", "resolve"}
