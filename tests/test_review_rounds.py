"""From verdicts to the next round, by hand in the tiny town (instances/tiny/README.md).

Round 1 with 200: a small clinic (40) and a station (30) in A (price 100), a station (30) in B: the
score 0.70.
Today's clinic gives 0.12; a small clinic adds 0.12 in A or B and 0.048 in C; a first station adds
0.24 in A or B and 0.04 in C, one in A and one in B together 0.46.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from review_runs import EXACT, keep_run, typed_into, verdict
from test_cli import siting_process

from siting import plan, store
from siting.errors import InstanceError
from siting.instance.reading import read_instance
from siting.plan import Options
from siting.report.labels import Lang
from siting.review import log, rounds
from siting.review.export import Edition, export_review
from siting.review.importing import import_verdicts, read_source, verdicts_of
from siting.review.importing.verdicts_file import write_verdicts
from siting.review.log import LOG_FILE
from siting.review.prices import prices_of
from siting.review.rounds import NextRound, next_run, opened_in, resolve
from siting.review.rounds.history import history_of
from siting.review.rounds.proposals import Proposal, proposal_sentence, proposals_in
from siting.review.run import ROUND_FILE, ReviewedRun, reviewed_run
from siting.review.verdicts import Verdict
from siting.solution import Termination

TINY = Path(__file__).parents[1] / "instances" / "tiny"
WIDTH = 1e-7
SITES = (("A", "clinic"), ("A", "station"), ("B", "station"))


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without maps and workbooks, which take most of the time."""
    monkeypatch.setattr(rounds, "run_files", lambda *_, **__: {})


@pytest.fixture(scope="module")
def first_plan() -> plan.Plan:
    return plan.solve(plan.prepare(read_instance(TINY)[0]), EXACT)


@pytest.fixture
def first(first_plan: plan.Plan, tmp_path: Path) -> Path:
    """The run of round 1."""
    return keep_run(first_plan, tmp_path / "round1", TINY)


def approved(*uses: tuple[str, str], **said: object) -> list[Verdict]:
    return [verdict(*use, "approve", **said) for use in uses]


def decided(folder: Path, verdicts: Sequence[Verdict], lang: Lang = "en") -> NextRound:
    """The round after one on which verdicts came back, in the folder `round<n>` beside it."""
    run = reviewed_run(str(folder), lang=lang)
    source = folder.parent / f"back{run.round.number}.csv"
    hash_ = run.solution.provenance.instance_hash
    write_verdicts(verdicts, source, run_id=run.run_id, instance_hash=hash_)
    import_verdicts(verdicts, run, source)
    out = folder.parent / f"round{run.round.number + 1}"
    return resolve(run, EXACT, root=folder.parent, out=out, lang=lang)


@pytest.mark.usefixtures("plain")
def test_a_round_that_all_approve_is_agreed_and_costs_nothing(first: Path) -> None:
    done = decided(first, approved(*SITES))
    assert done.agreed
    assert done.open == ()
    assert opened_in(done.made) == SITES
    assert done.cost is not None
    assert (done.cost.low, done.cost.high) == (0.0, 0.0)
    assert done.made.solution.provenance.scenario == "round=2"


@pytest.mark.usefixtures("plain")
def test_a_rejection_forbids_the_whole_building(first: Path) -> None:
    """Without B, 30 buys a station in C: 0.12 + 0.12 + 0.24 + 0.04 = 0.52."""
    done = decided(first, [*approved(*SITES[:2]), verdict("B", "station", "reject")])
    assert done.made.solution.objective == pytest.approx(0.52, abs=WIDTH)
    assert done.cost is not None
    assert (done.cost.low, done.cost.high) == pytest.approx((0.18, 0.18), abs=WIDTH)
    assert not done.agreed
    assert done.open in {(("C", "station"),), (("B", "clinic"), ("C", "station"))}
    assert "B" not in set(done.made.solution.chosen["building_id"])


@pytest.mark.usefixtures("plain")
def test_conditions_are_kept_and_paid(first: Path) -> None:
    """B's station at 70: with A's station it takes all, and serves 0.12 + 0.46."""
    conditional = verdict("B", "station", "conditional", extra_cost=40.0, condition="lift")
    done = decided(first, [*approved(*SITES[:2]), conditional])
    chosen = done.made.solution.chosen.set_index(["building_id", "service_id"])
    assert chosen.loc[("B", "station"), "cost"] == 70.0
    assert done.made.solution.objective == pytest.approx(0.58, abs=WIDTH)
    assert done.agreed


@pytest.mark.usefixtures("plain")
def test_rounds_follow_one_another_until_they_agree(first: Path) -> None:
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    two = decided(first, [*approved(*SITES[:2]), verdict("B", "station", "hold", reviewer="Li")])
    assert opened_in(two.made) == SITES  # nothing was asked of the plan: it stays
    assert two.open == (("B", "station"),)
    assert two.folder is not None
    three = decided(two.folder, approved(("B", "station"), reviewer="Li"))
    assert three.agreed
    assert three.folder is not None
    # The run of round 1 has only gained files.
    assert all((first / name).read_bytes() == content for name, content in before.items())
    for at, number in ((two.folder, 2), (three.folder, 3)):
        said = json.loads((at / ROUND_FILE).read_text(encoding="utf-8"))
        assert said["number"] == number
        assert said["overrides"] == {}
        assert said["first"]["objective"] == pytest.approx(0.70)
        assert (at / said["previous_folder"]).resolve().name == f"round{number - 1}"
    entries = log.read(three.folder / LOG_FILE)
    assert [(e.round, e.event) for e in entries] == [
        *[(1, "verdict")] * 3, (1, "resolve"), (2, "verdict"), (2, "resolve"),
    ]  # fmt: skip
    assert entries[0].file == "back1.csv"
    assert entries[-1].outcome["agreed"] is True
    # A later log begins with the earlier one.
    logs = [(at / LOG_FILE).read_bytes() for at in (first, two.folder, three.folder)]
    assert logs[1].startswith(logs[0])
    assert logs[2].startswith(logs[1])


@pytest.mark.usefixtures("plain")
def test_the_next_round_is_what_its_folder_says(first: Path) -> None:
    done = decided(first, [verdict("B", "station", "reject")])
    run = next_run(done, "en")
    read = reviewed_run(str(done.folder))
    assert read.round == run.round
    assert read.standings == run.standings
    assert read.earlier == run.earlier
    assert read.instance.content_hash == run.instance.content_hash
    pd.testing.assert_frame_equal(read.solution.chosen, run.solution.chosen, check_dtype=False)
    made = plan.verify(TINY, run.solution)
    assert made.passed


@pytest.mark.usefixtures("plain")
def test_verdicts_typed_into_the_exported_file_reach_the_next_round(first: Path) -> None:
    """The same loop with the file that reviewers have: two rounds, prices included."""
    run = reviewed_run(str(first), lang="zh")
    for typed, score in (
        ({("B", "station"): {"decision": "reject", "reason": "不安全"}}, 0.52),
        ({("B", "station"): {"decision": "approve"}}, 0.70),  # it was taken for another
    ):
        prices = prices_of(run, EXACT)
        file = export_review([run], Edition(lang="zh"), prices=prices)["gpkg"]
        typed_into(file, typed)
        verdicts, _ = verdicts_of(read_source(file), run)
        assert [(v.building_id, v.service_id) for v in verdicts] == list(typed)
        import_verdicts(verdicts, run, file)
        out = first.parent / f"round{run.round.number + 1}"
        done = resolve(run, EXACT, root=first.parent, out=out)
        assert done.made.solution.objective == pytest.approx(score, abs=WIDTH)
        run = next_run(done, "zh")
    entries = log.read(run.folder / LOG_FILE)
    assert [e.event for e in entries] == ["export", "verdict", "resolve"] * 2
    # What the verdict of round 1 cost was known when it came: B's station was worth 0.18.
    assert [entries[1].price_low, entries[1].price_high] == pytest.approx([0.18] * 2, abs=WIDTH)
    # In round 2 B was out, and its price was what letting it in would bring.
    assert [entries[4].price_low, entries[4].price_high] == pytest.approx([0.18] * 2, abs=WIDTH)


# --- proposed uses ---


def proposed(done: NextRound) -> tuple[ReviewedRun, Proposal]:
    run = next_run(done, "en")
    (proposal,) = proposals_in(run, EXACT)
    return run, proposal


@pytest.mark.usefixtures("plain")
def test_a_proposed_use_that_comes(first: Path) -> None:
    """Without a clinic in A: its station, B's, and with 40 a clinic in C."""
    done = decided(first, [verdict("A", "clinic", "other", proposed_use="station")])
    assert done.made.solution.objective == pytest.approx(0.628, abs=WIDTH)
    assert opened_in(done.made) == (("A", "station"), ("B", "station"), ("C", "clinic"))
    run, proposal = proposed(done)
    assert proposal.came
    assert proposal_sentence(run, proposal, "en") == (
        "A: Elderly care station comes instead of Clinic."
    )
    assert proposal_sentence(run, proposal, "zh").startswith("A：由")


@pytest.mark.usefixtures("plain")
def test_a_proposed_use_that_is_admitted_but_not_worth_it(tmp_path: Path) -> None:
    """40 and care counting five times: without B's station, C's (20 / 250 x 5/6) beats B's clinic
    (300 / 1250 x 1/6)."""
    town = plan.prepare(read_instance(TINY)[0], scenario="care_first", budget=40.0)
    folder = keep_run(plan.solve(town, EXACT), tmp_path / "round1", TINY)
    done = decided(folder, [verdict("B", "station", "other", proposed_use="clinic")])
    assert done.made.solution.provenance.scenario == "care_first+budget=40+round=2"
    assert opened_in(done.made) == (("C", "station"),)
    run, proposal = proposed(done)
    assert not proposal.came
    assert proposal.forced is not None
    assert proposal.forced.price is not None
    truth = 20 / 250 * 5 / 6 - 300 / 1250 / 6
    assert proposal.forced.price.low == pytest.approx(truth, abs=WIDTH)
    assert proposal.forced.price.high == pytest.approx(truth, abs=WIDTH)
    says = proposal_sentence(run, proposal, "en")
    assert (
        "It is admitted, and the plan does without. Having it open costs 2.666 – 2.667 points"
        in says
    )


@pytest.mark.usefixtures("plain")
def test_a_proposed_use_that_no_rule_admits(tmp_path: Path) -> None:
    """Shops may become no clinics here."""
    town = tmp_path / "town"
    shutil.copytree(TINY, town)
    table = pd.read_csv(town / "eligibility.csv", dtype=str, keep_default_na=False)
    table = table[~(table["class"].eq("shop") & table["service_id"].eq("clinic"))]
    table.to_csv(town / "eligibility.csv", index=False)
    made = plan.solve(plan.prepare(read_instance(town)[0]), EXACT)
    folder = keep_run(made, tmp_path / "round1", town)
    done = decided(folder, [verdict("B", "station", "other", proposed_use="clinic")])
    run, proposal = proposed(done)
    assert proposal.not_admitted is not None
    assert proposal.not_admitted.reason == "not_eligible"
    assert proposal.forced is None
    assert "It is not admitted: its class (shop)" in proposal_sentence(run, proposal, "en")
    assert "不可准入" in proposal_sentence(run, proposal, "zh")


@pytest.mark.usefixtures("plain")
def test_a_use_proposed_for_a_building_that_is_rejected(first: Path) -> None:
    done = decided(
        first,
        [
            verdict("A", "clinic", "other", proposed_use="station"),
            verdict("A", "station", "reject"),
        ],
    )
    run, proposal = proposed(done)
    assert proposal.rejected
    assert "whole building is rejected" in proposal_sentence(run, proposal, "en")


# --- where it cannot be ---


@pytest.mark.usefixtures("plain")
def test_projects_beyond_the_budget_are_a_conflict_and_the_round_stays(first: Path) -> None:
    """A (100 + 40 + 30) and C's clinic (40) cost 210."""
    commits = approved(*SITES[:2], ("C", "clinic"), commit=True)
    before = {p.name: p.read_bytes() for p in first.iterdir()}
    done = decided(first, commits)
    solution = done.made.solution
    assert solution.termination == Termination.INFEASIBLE
    assert solution.conflict is not None
    assert any(row.startswith("budget") for row in solution.conflict.rows)
    assert any(row.startswith("required") for row in solution.conflict.rows)
    assert done.folder is not None
    assert not (done.folder / ROUND_FILE).exists()
    assert all((first / name).read_bytes() == content for name, content in before.items())
    entries = log.read(first / LOG_FILE)
    assert log.verdicts_in(entries) == tuple(commits)
    assert entries[-1].outcome["conflict"] == list(solution.conflict.rows)
    # One of the projects is withdrawn: the verdicts on the others still hold.
    run = reviewed_run(str(first))
    withdrawn = approved(("A", "station"))
    import_verdicts(withdrawn, run, first / LOG_FILE)
    again = resolve(run, EXACT, root=first.parent, out=first.parent / "again")
    assert {("A", "clinic"), ("C", "clinic")} <= set(opened_in(again.made))
    assert again.number == 2


@pytest.mark.usefixtures("plain")
def test_a_project_and_a_later_rejection_of_its_building_are_found(first: Path) -> None:
    two = decided(first, approved(("A", "clinic"), commit=True, reviewer="Zhao"))
    assert two.folder is not None
    with pytest.raises(InstanceError) as refused:
        decided(two.folder, [verdict("A", "station", "reject", reviewer="Qian")])
    (finding,) = refused.value.findings
    assert "Zhao" in finding.rule
    assert "Qian" in finding.rule
    assert not (first.parent / "round3").exists()


@pytest.mark.usefixtures("plain")
def test_without_a_verdict_there_is_no_next_round(first: Path) -> None:
    with pytest.raises(InstanceError, match="holds no verdict yet"):
        decided(first, [])


@pytest.mark.usefixtures("plain")
def test_a_rule_that_is_switched_off_would_let_verdicts_pass(tmp_path: Path) -> None:
    town = tmp_path / "town"
    shutil.copytree(TINY, town)
    with (town / "instance.toml").open("a", encoding="utf-8") as file:
        file.write("\n[rules]\nforbidden = false\n")
    made = plan.solve(plan.prepare(read_instance(town)[0]), EXACT)
    folder = keep_run(made, tmp_path / "round1", town)
    with pytest.raises(InstanceError, match="switched off"):
        decided(folder, [verdict("B", "station", "reject")])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_interrupted_work_leaves_the_round_whole(
    stop: type[BaseException], first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise stop

    monkeypatch.setattr(rounds, "run_files", lambda *_, **__: {"chosen.csv": broken})
    before = {p.name: p.read_bytes() for p in first.iterdir()}
    with pytest.raises(stop):
        decided(first, [verdict("B", "station", "reject")])
    assert [p.name for p in first.parent.iterdir() if p.is_dir()] == ["round1"]
    assert all((first / name).read_bytes() == content for name, content in before.items())
    assert len(log.verdicts_in(log.read(first / LOG_FILE))) == 1


@pytest.mark.usefixtures("plain")
def test_a_broken_log_is_not_planned_with(first: Path) -> None:
    run = reviewed_run(str(first))
    import_verdicts(approved(*SITES), run, first / store.values.SOLUTION_FILE)
    path = first / LOG_FILE
    path.write_bytes(path.read_bytes().replace(b"approve", b"reject_", 1))
    with pytest.raises(InstanceError):
        resolve(run, EXACT, root=first.parent, out=first.parent / "round2")


# --- history ---


@pytest.mark.usefixtures("plain")
def test_a_history_goes_back_to_the_first_round(first: Path) -> None:
    two = decided(first, [verdict("B", "station", "reject")])
    assert two.folder is not None
    three = decided(two.folder, approved(*opened_in(two.made)))
    assert three.folder is not None
    told = history_of(three.folder)
    assert [(r.number, r.run_id) for r in told.rounds] == [
        (1, "round1"), (2, "round2"), (3, "round3"),
    ]  # fmt: skip
    assert told.findings == ()
    assert told.entries == log.read(three.folder / LOG_FILE)
    path = two.folder / LOG_FILE
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(lines[:-2]) + b"\n")  # holds together, but is not what it was
    (finding,) = history_of(three.folder).findings
    assert finding.place == f"round2/{LOG_FILE}"
    assert finding.severity == "error"
    shutil.rmtree(first)
    told = history_of(three.folder)
    assert [r.number for r in told.rounds] == [2, 3]
    assert [f.severity for f in told.findings] == ["error", "warning"]


# --- the command line ---


def test_resolve_prints_the_line_of_solve_and_hands_out_the_next_round(
    first: Path, tmp_path: Path
) -> None:
    back = tmp_path / "back.csv"
    given = [*approved(*SITES[:2]), verdict("B", "station", "reject")]
    write_verdicts(given, back, run_id="round1", instance_hash="")
    words = ("review", "resolve", first, "--verdicts", back, "--gap", 0)
    done = siting_process(*words, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout.splitlines()[-1])
    solved = store.result_values(
        store.load_run(Path(tmp_path / line["solution_dir"]))[0], {}, verified=True, folder=None
    )
    assert set(solved) <= set(line)
    assert line["objective"] == pytest.approx(0.52, abs=WIDTH)
    assert (line["round"], line["agreed"], line["verified"]) == (2, False, True)
    assert {"building_id": "C", "service_id": "station"} in line["open"]
    assert line["went"] == [{"building_id": "B", "service_id": "station"}]
    folder = tmp_path / line["solution_dir"]
    names = {path.name for path in folder.iterdir()}
    wanted = {"solution.json", "chosen.csv", "plan.gpkg", "review.gpkg", "review_prices.csv"}
    assert wanted <= names
    assert [e.event for e in log.read(folder / LOG_FILE)][-2:] == ["resolve", "export"]
    told = siting_process("review", "history", folder, "--lang", "zh", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "unsafe" in told.stdout
    assert "轮次" in told.stdout
    path = folder / LOG_FILE
    path.write_bytes(path.read_bytes().replace(b"unsafe", b"unsave"))
    assert siting_process("review", "history", folder, cwd=tmp_path).returncode == 2


def test_a_conflict_exits_3_with_its_rules(first: Path, tmp_path: Path) -> None:
    back = tmp_path / "back.csv"
    given = approved(*SITES[:2], ("C", "clinic"), commit=True)
    write_verdicts(given, back, run_id="round1", instance_hash="")
    done = siting_process(
        "review", "resolve", first, "--verdicts", back, "--lang", "zh", cwd=tmp_path
    )
    assert done.returncode == 3, done.stderr
    assert "210" in done.stdout or "10" in done.stdout
    assert len(log.verdicts_in(log.read(first / LOG_FILE))) == 3


def test_options_reach_the_search(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def solve(*_: object, **keys: object) -> None:
        seen.update(keys)
        raise KeyboardInterrupt

    monkeypatch.setattr(rounds.plan, "solve", solve)
    run = reviewed_run(str(first))
    import_verdicts([verdict("B", "station", "reject")], run, first / "solution.json")
    with pytest.raises(KeyboardInterrupt):
        resolve(run, Options(gap=0.1), root=first.parent)
    assert seen["start"] is run.solution.chosen  # the search begins at the plan of the round
