"""Many runs: each stored once, the same wherever they are made, and nothing left behind."""

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from towns import random_town

from siting import plan, store
from siting.certificate import CERTIFICATE_FILE
from siting.errors import InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.settings import Scenario
from siting.planner import Options, Planner
from siting.scenarios.case import Case, budget_cases, named_cases
from siting.scenarios.run import Run
from siting.scenarios.running.chains import Chains, chains_of
from siting.scenarios.running.executors import mapping
from siting.scenarios.running.executors.processes import Processes
from siting.scenarios.running.finished import answers
from siting.scenarios.running.many import RunsError, Told, Wanted, crew_of, run_all, run_cases

TINY = Path(__file__).parents[1] / "instances" / "tiny"
PROVEN = Options(gap=0)


@pytest.fixture(scope="module")
def tiny() -> Instance:
    return read_instance(TINY)[0]


@dataclass(frozen=True, kw_only=True)
class Deadly(Case):
    """Ends the process that plans it as many times as it may, never the one that asks for it."""

    folder: Path
    lives: int = 1

    def of(self, base: Instance) -> Instance:
        ended = len(list(self.folder.iterdir()))
        if multiprocessing.parent_process() is not None and ended < self.lives:
            (self.folder / f"{ended}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().of(base)


@dataclass(frozen=True, kw_only=True)
class Refused(Case):
    """Raises wherever it is planned, not where it is first looked at."""

    def of(self, base: Instance) -> Instance:
        if multiprocessing.parent_process() is not None:
            raise ValueError("no plan of this")
        return super().of(base)


def test_every_case_is_handed_out_once() -> None:
    for seed in range(200):
        rng = Random(seed)  # noqa: S311
        chains, count = [], 0
        for _ in range(rng.randrange(5)):
            size = rng.randrange(1, 7)
            chains.append(list(range(count, count + size)))
            count += size
        handed = Chains(chains)
        workers = list(range(rng.randrange(1, 5)))
        seen: list[int] = []
        while len(handed):
            worker = rng.choice(workers)
            case = handed.next_for(worker)
            if case is None:
                workers.remove(worker)  # what is left belongs to the others' own parts
                continue
            if rng.random() < 0.2:
                handed.leave(worker, again=case)
            else:
                seen.append(case)
        assert sorted(seen) == list(range(count)), seed


def test_a_worker_stays_on_its_chain_and_others_take_its_second_half() -> None:
    handed = Chains([[0, 1, 2, 3, 4, 5], [6, 7]])
    assert [handed.next_for(0), handed.next_for(1), handed.next_for(1)] == [0, 6, 7]
    assert [handed.next_for(1), handed.next_for(1)] == [3, 4]  # of 1 2 3 4 5
    assert [handed.next_for(0), handed.next_for(2)] == [1, 5]
    assert len(handed) == 1
    handed.leave(1, again=4)
    assert [handed.next_for(0), handed.next_for(0), handed.next_for(0)] == [2, 4, None]


def test_chains_ascend() -> None:
    families = ["a", "b", "a", "a", "b"]
    assert chains_of(families, [3, 2, np.inf, 1, 1]) == [[3, 0, 2], [4, 1]]


def test_runs_are_those_of_planning_one_by_one(tiny: Instance, tmp_path: Path) -> None:
    cases = [*budget_cases(tiny, [0, 45, 150]), *named_cases(tiny, ["care_first", ""])]
    cases = [cases[k] for k in (3, 1, 0, 4, 2)]
    told: list[Told] = []
    runs = run_cases(tiny, TINY, cases, PROVEN, root=tmp_path, watch=told.append)
    assert [run.case for run in runs] == cases
    for run in runs:
        alone = plan.solve(run.case.of(tiny), PROVEN).solution
        assert run.objective == pytest.approx(alone.objective, abs=1e-9)
        assert run.bound == pytest.approx(alone.bound, abs=1e-9)
        assert run.values["verified"] is True
        assert run.solution.provenance.instance_hash == alone.provenance.instance_hash
        assert plan.verify(TINY, run.solution).passed
        assert {file.name for file in run.folder.iterdir()} <= {
            "solution.json",
            "need.csv",
            CERTIFICATE_FILE,
        }
    assert (told[0].done, told[0].of, told[0].eta_s) == (0, 5, None)
    assert (told[-1].done, told[-1].failed, told[-1].running) == (5, 0, ())
    assert [t.done for t in told] == sorted(t.done for t in told)
    assert set(store.list_runs(tmp_path)["run_id"]) == {run.folder.name for run in runs}


def test_what_is_finished_is_not_planned_again(
    tiny: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = budget_cases(tiny, [0, 45, 150])
    first = run_cases(tiny, TINY, cases[:2], PROVEN, root=tmp_path)
    planned: list[str] = []
    solve = Planner.solve

    def counted(self: Planner, instance: Instance) -> plan.Plan:
        planned.append(instance.scenario)
        return solve(self, instance)

    monkeypatch.setattr(Planner, "solve", counted)
    told: list[Told] = []
    again = run_cases(tiny, TINY, cases, Options(gap=0.1), root=tmp_path, watch=told.append)
    assert planned == ["budget=150"]
    assert [run.reused for run in again] == [True, True, False]
    assert [run.folder for run in again[:2]] == [run.folder for run in first]
    assert (told[-1].done, told[-1].reused) == (3, 2)
    assert len(store.list_runs(tmp_path)) == 3


def test_runs_of_another_instance_or_that_failed_the_checks_are_not_taken(
    tiny: Instance, tmp_path: Path
) -> None:
    cases = budget_cases(tiny, [45])
    (first,) = run_cases(tiny, TINY, cases, PROVEN, root=tmp_path)
    modules = tiny.modules.assign(works_cost=tiny.modules["works_cost"] * 2)
    (other,) = run_cases(tiny.replace(modules=modules), TINY, cases, PROVEN, root=tmp_path)
    assert not other.reused
    path = first.folder / "solution.json"
    values = json.loads(path.read_text(encoding="utf-8")) | {"verified": False}
    path.write_text(json.dumps(values), encoding="utf-8")
    store.rebuild_index(tmp_path)
    (anew,) = run_cases(tiny, TINY, cases, PROVEN, root=tmp_path)
    assert not anew.reused
    (reused,) = run_cases(tiny, TINY, cases, PROVEN, root=tmp_path)
    assert reused.folder == anew.folder


@pytest.mark.parametrize(
    ("stored", "asked", "limit_s", "taken"),
    [
        ({"gap": 0.004}, {"gap": 0.005}, None, True),
        ({"gap": 0.006}, {"gap": 0.005}, None, False),
        ({"gap": 1e-8}, {"gap": 0.0}, None, True),
        ({"gap": 1e-6}, {"gap": 0.0}, None, False),
        ({"gap": 0.1, "limit": "time", "time_limit_s": 60.0}, {}, 60.0, True),
        ({"gap": 0.1, "limit": "time", "time_limit_s": 59.0}, {}, 60.0, False),
        ({"gap": 0.1, "limit": "time", "time_limit_s": 60.0}, {}, None, False),
        ({"gap": 0.1, "limit": "interrupt", "time_limit_s": 60.0}, {}, 60.0, False),
        ({"gap": None, "limit": "time", "time_limit_s": 60.0}, {}, 60.0, True),
        ({"gap": 0.004, "least_money": False}, {"least_money": True}, None, False),
        ({"gap": 0.004, "least_money": False}, {"least_money": False}, None, True),
        ({"gap": 0.004, "least_money": True}, {"least_money": False}, None, True),
        ({"gap": None, "termination": "infeasible"}, {}, None, True),
    ],
)
def test_a_stored_run_answers_what_is_asked_or_does_not(
    stored: dict[str, object], asked: dict[str, object], limit_s: float | None, taken: bool
) -> None:
    options = {key: stored.get(key, True) for key in ("least_money", "time_limit_s")}
    values = {
        "termination": stored.get("termination", "feasible"),
        "gap": stored["gap"],
        "limit": stored.get("limit"),
        "provenance": {"options": options},
    }
    assert answers(values, Options(**asked), limit_s) is taken  # type: ignore[arg-type]


def test_two_names_of_one_case_share_a_run(tiny: Instance, tmp_path: Path) -> None:
    total = tiny.settings.budget.total
    cases = [Case(name="as it is", scenario=Scenario()), *budget_cases(tiny, [total])]
    one, other = run_cases(tiny, TINY, cases, PROVEN, root=tmp_path)
    assert one.folder == other.folder
    assert [one.case.name, other.case.name] == ["as it is", f"budget={total:g}"]


def test_several_instances_come_back_each_in_its_order(tiny: Instance, tmp_path: Path) -> None:
    other = random_town(3).replace(name="other")
    wanted = [
        Wanted(base=tiny, instance_path=TINY, cases=tuple(budget_cases(tiny, [150, 45]))),
        Wanted(base=other, instance_path=Path("other"), cases=tuple(budget_cases(other, [40]))),
        Wanted(base=other, instance_path=Path("other"), cases=()),
    ]
    of_tiny, of_other, nothing = run_all(wanted, PROVEN, root=tmp_path)
    assert [run.case.name for run in of_tiny] == ["budget=45", "budget=150"]
    assert [run.folder.parent.name for run in of_other] == ["other"]
    assert nothing == []


def test_cases_that_do_not_fit_are_all_named_before_anything_is_planned(
    tiny: Instance, tmp_path: Path
) -> None:
    cases = [
        *budget_cases(tiny, [45]),
        Case(name="one", scenario=Scenario(weights={"cliinc": 2})),
        Case(name="two", scenario=Scenario(weights={"shcool": 2})),
    ]
    with pytest.raises(InstanceError) as error:
        run_cases(tiny, TINY, cases, PROVEN, root=tmp_path)
    assert [finding.value for finding in error.value.findings] == ['"cliinc"', '"shcool"']
    assert store.list_runs(tmp_path).empty


def test_an_executor_that_is_not_known_is_named(tiny: Instance, tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match='nearest: "processes"'):
        run_cases(tiny, TINY, [], PROVEN, executor="process", root=tmp_path)
    with pytest.raises(InstanceError, match="--workers = 0: must be at least 1"):
        run_cases(tiny, TINY, [], PROVEN, workers=0, root=tmp_path)


def test_a_limit_of_time_is_shared_out(tiny: Instance, tmp_path: Path) -> None:
    cases = budget_cases(tiny, [0, 45, 90, 150])
    runs = run_cases(tiny, TINY, cases, Options(gap=0, time_limit_s=1000.0), root=tmp_path)
    given = [run.values["provenance"]["options"]["time_limit_s"] for run in runs]
    assert 0 < given[0] <= 250
    assert given == sorted(given)  # what the earlier ones leave is the later ones'
    assert given[-1] <= 1000


def test_one_that_fails_does_not_stop_the_others(
    tiny: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve = Planner.solve

    def fragile(self: Planner, instance: Instance) -> plan.Plan:
        if instance.scenario == "budget=45":
            raise RuntimeError("as it happens")
        return solve(self, instance)

    monkeypatch.setattr(Planner, "solve", fragile)
    told: list[Told] = []
    with pytest.raises(RunsError, match="1 of 3 plans failed") as error:
        run_cases(
            tiny,
            TINY,
            budget_cases(tiny, [0, 45, 150]),
            PROVEN,
            root=tmp_path,
            watch=told.append,
        )
    assert "as it happens" in str(error.value)
    assert [run.case.name for run in error.value.runs[0]] == ["budget=0", "budget=150"]
    assert (told[-1].done, told[-1].failed) == (2, 1)
    assert [note.value for note in told[-1].notes] == ['"budget=45"']


def test_an_interrupt_that_an_engine_heeds_still_ends_all(
    tiny: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Engines take Ctrl-C as "keep the best so far": the run ends early, and so must all runs."""
    solve = Planner.solve

    def interrupted(self: Planner, instance: Instance) -> plan.Plan:
        if instance.scenario == "budget=45":
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        return solve(self, instance)

    monkeypatch.setattr(Planner, "solve", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run_cases(tiny, TINY, budget_cases(tiny, [0, 45, 150]), PROVEN, root=tmp_path)
    assert signal.getsignal(signal.SIGINT) is handler
    assert list(store.list_runs(tmp_path)["scenario"]) == ["budget=0"]


def test_shared_values_come_back_and_changes_stay_at_home(tmp_path: Path, tiny: Instance) -> None:
    value = {
        "whole": np.arange(1000),
        "turned": np.arange(12.0).reshape(3, 4).T,
        "none": np.empty(0),
        "text": pd.DataFrame({"name": ["北京", None], "n": [1.5, np.nan]}),
        "instance": tiny,
    }
    mapping.lay_down(value, tmp_path / "value")
    one, other = mapping.pick_up(tmp_path / "value"), mapping.pick_up(tmp_path / "value")
    for name in ("whole", "turned", "none"):
        np.testing.assert_array_equal(one[name], value[name])
    pd.testing.assert_frame_equal(one["text"], value["text"])
    assert one["instance"].content_hash == tiny.content_hash
    one["whole"][0] = -1
    assert other["whole"][0] == 0
    assert mapping.pick_up(tmp_path / "value")["whole"][0] == 0
    mapping.lay_down("no arrays at all", tmp_path / "plain")
    assert mapping.pick_up(tmp_path / "plain") == "no arrays at all"


# Processes


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Process ids of the workers that a test begins."""
    ids: list[int] = []
    start = Processes.start

    def noted(self: Processes) -> int:
        number = start(self)
        ids.append(self._workers[number].process.pid or 0)
        return number

    monkeypatch.setattr(Processes, "start", noted)
    return ids


def alive(pid: int) -> bool:
    """Return whether a process is there and is not but waited for."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def gone_within(seconds: float, pids: list[int]) -> bool:
    deadline = time.monotonic() + seconds
    while any(alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def assert_same(runs: list[Run], others: list[Run]) -> None:
    """Compare all that does not depend on which of equal plans was found."""
    for run, other in zip(runs, others, strict=True):
        assert run.case.name == other.case.name
        for key in ("termination", "verified"):
            assert run.values[key] == other.values[key]
        for key in ("objective", "bound", "cost", "today"):
            assert run.values[key] == pytest.approx(other.values[key], abs=1e-9), run.case.name
        assert (
            run.values["provenance"]["instance_hash"] == other.values["provenance"]["instance_hash"]
        )
        assert run.solution.provenance.overrides == other.solution.provenance.overrides


def test_processes_give_what_one_process_gives(
    tiny: Instance, tmp_path: Path, begun: list[int]
) -> None:
    cases = [*budget_cases(tiny, [0, 45, 90, 150]), *named_cases(tiny, ["care_first"])]
    serial = run_cases(tiny, TINY, cases, PROVEN, root=tmp_path / "serial")
    runs = run_cases(
        tiny, TINY, cases, PROVEN, executor="processes", workers=2, root=tmp_path / "processes"
    )
    assert_same(runs, serial)
    assert not any(run.reused for run in runs)
    assert len(begun) == 2
    assert gone_within(0, begun)


def deadly_as(case: Case, folder: Path, lives: int) -> Deadly:
    return Deadly(name=case.name, scenario=case.scenario, folder=folder, lives=lives)


def test_a_killed_worker_loses_only_its_own_run(
    tiny: Instance, tmp_path: Path, begun: list[int]
) -> None:
    (tmp_path / "ended").mkdir()
    plain = budget_cases(tiny, [0, 45, 90, 150])
    cases = [deadly_as(case, tmp_path / "ended", 1) for case in plain[1:2]]
    cases = [plain[0], *cases, *plain[2:]]
    told: list[Told] = []
    runs = run_cases(
        tiny,
        TINY,
        cases,
        PROVEN,
        executor="processes",
        workers=2,
        root=tmp_path / "runs",
        watch=told.append,
    )
    serial = run_cases(tiny, TINY, plain, PROVEN, root=tmp_path / "serial")
    assert_same(runs, serial)
    assert (told[-1].done, told[-1].retried, told[-1].failed) == (4, 1, 0)
    assert [len(run.notes) for run in runs] == [0, 1, 0, 0]
    assert runs[1].notes[0].rule == "its worker was lost (ended by SIGKILL); begun anew"
    assert len(store.list_runs(tmp_path / "runs")) == 4
    assert len(begun) in {2, 3}  # none more where the other had nothing left to do
    assert gone_within(0, begun)


@pytest.mark.slow
def test_what_cannot_be_planned_is_told_with_its_reason(tiny: Instance, tmp_path: Path) -> None:
    """One raises, one ends every worker that it is given to; the others are done."""
    (tmp_path / "ended").mkdir()
    fine, bad, deadly, well = budget_cases(tiny, [0, 45, 90, 150])
    cases = [
        fine,
        Refused(name=bad.name, scenario=bad.scenario),
        deadly_as(deadly, tmp_path / "ended", 99),
        well,
    ]
    with pytest.raises(RunsError) as error:
        run_cases(
            tiny,
            TINY,
            cases,
            PROVEN,
            executor="processes",
            workers=2,
            root=tmp_path / "runs",
        )
    assert [run.case for run in error.value.runs[0]] == [fine, well]
    assert [finding.rule for finding in error.value.findings] == [
        "could not be planned: ValueError: no plan of this",
        "its worker was lost (ended by SIGKILL) 3 times",
    ]
    assert len(list((tmp_path / "ended").iterdir())) == 3


SCRIPT = """
import sys
from pathlib import Path
from siting.instance.reading import read_instance
from siting.planner import Options
from siting.scenarios.case import budget_cases
from siting.scenarios.running.executors import processes
from siting.scenarios.running.many import run_cases

if __name__ == "__main__":
    start = processes.Processes.start

    def noted(self):
        number = start(self)
        print("worker", self._workers[number].process.pid, flush=True)
        return number

    processes.Processes.start = noted
    path = Path(sys.argv[1])
    base, _ = read_instance(path)
    try:
        run_cases(
            base,
            path,
            budget_cases(base, range(0, 200)),
            Options(gap=0),
            executor="processes",
            workers=2,
            root=Path(sys.argv[2]),
            watch=lambda told: print("done", told.done, flush=True),
        )
    except KeyboardInterrupt:
        raise SystemExit(4)
"""


def begin_and_stop(tmp_path: Path, stop: Callable[[int], None]) -> tuple[int, list[int]]:
    """Return the exit code of a script stopped once a run is done, and its workers."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), str(TINY), str(tmp_path / "runs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        workers: list[int] = []
        for line in process.stdout:
            what, number = line.split()
            workers += [int(number)] if what == "worker" else []
            if what == "done" and int(number) > 0:
                break
        stop(process.pid)
        process.stdout.read()
        return process.wait(), workers


@pytest.mark.slow
def test_ctrl_c_leaves_nobody_and_keeps_what_is_finished(tmp_path: Path) -> None:
    code, workers = begin_and_stop(tmp_path, lambda pid: os.kill(pid, signal.SIGINT))
    assert code == 4
    assert len(workers) == 2
    assert gone_within(0, workers)
    runs = store.list_runs(tmp_path / "runs")
    assert 1 <= len(runs) < 200
    assert set(runs["verified"]) == {1}
    assert not list((tmp_path / "runs").rglob(".partial-*"))


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code, workers = begin_and_stop(tmp_path, lambda pid: os.kill(pid, signal.SIGKILL))
    assert code == -signal.SIGKILL
    assert gone_within(30, workers)


def test_a_crew_stays_from_one_lot_to_the_next(
    tiny: Instance, tmp_path: Path, begun: list[int]
) -> None:
    lots = [budget_cases(tiny, budgets) for budgets in ([0, 150], [45], [20, 90])]
    with crew_of("processes", workers=2) as crew:
        assert begun == []
        runs = [
            run_cases(tiny, TINY, lot, PROVEN, root=tmp_path / "crew", crew=crew) for lot in lots
        ]
        assert len(begun) == 2
        assert all(alive(pid) for pid in begun)
    assert gone_within(0, begun)
    serial = [run_cases(tiny, TINY, lot, PROVEN, root=tmp_path / "serial") for lot in lots]
    for one, other in zip(runs, serial, strict=True):
        assert_same(one, other)


@pytest.mark.slow
def test_processes_give_what_one_process_gives_in_many_towns(tmp_path: Path) -> None:
    towns = [random_town(seed).replace(name=f"town-{seed}") for seed in range(15)]
    wanted = [
        Wanted(base=t, instance_path=Path(t.name), cases=tuple(budget_cases(t, [0, 15, 30, 60])))
        for t in towns
    ]
    serial = run_all(wanted, PROVEN, root=tmp_path / "serial")
    runs = run_all(wanted, PROVEN, executor="processes", workers=2, root=tmp_path / "processes")
    for one, other in zip(runs, serial, strict=True):
        assert_same(one, other)
    assert len({run.values["objective"] for one in runs for run in one}) >= 5
