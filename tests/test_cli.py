"""The command line as its users meet it: exit codes, one line of JSON, no traceback."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import siting

ROOT = Path(__file__).parents[1]
TINY = ROOT / "instances" / "tiny"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def siting_process(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as people do, in a process of its own."""
    command = [sys.executable, str(ROOT / "run.py"), *map(str, words)]
    done = subprocess.run(  # noqa: S603
        command, cwd=cwd, capture_output=True, text=True, check=False, encoding="utf-8", timeout=120
    )
    assert "Traceback" not in done.stderr
    return done


def test_solve_ends_with_one_line_of_json_and_a_whole_folder(town: Path, tmp_path: Path) -> None:
    done = siting_process("solve", town, "--gap", 0, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout.splitlines()[-1])
    # Derived by hand in instances/tiny/README.md.
    assert line["termination"] == "optimal"
    assert line["objective"] == pytest.approx(0.70, abs=1e-12)
    assert line["cost"] == 200
    assert line["verified"] is True
    assert 0.70 <= line["certified_bound"] <= 1
    assert [tier["name"] for tier in line["tiers"]] == ["served", "money"]
    assert line["served"]["station"] == {"need": 250, "served": 230, "share": 0.92}
    assert {(c["building_id"], c["module_id"], c["cost"]) for c in line["chosen"]} == {
        ("A", "clinic_small", 90),  # 40 works + 150 of 300 m2 of the price of 100
        ("A", "station", 63.33),  # 30 works + 100 of 300 m2
        ("B", "station", 30),
    }
    folder = tmp_path / line["solution_dir"]
    assert {p.name for p in folder.iterdir()} == {
        "solution.json", "certificate.csv.gz",
        "chosen.csv", "not_chosen.csv", "need.csv", "zones.csv", "projects.csv",
        "overload.csv", "index.csv", "unit_costs.csv", "plan.gpkg", "plan.geojson", "plan.xlsx",
        "plan.png",
    }  # fmt: skip
    stored = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
    assert {key: stored[key] for key in line} == line


def test_a_stored_run_is_listed_and_verified(town: Path, tmp_path: Path) -> None:
    line = siting("solve", town, "--json", cwd=tmp_path).line
    run_id = Path(line["solution_dir"]).name
    listed = siting("runs", "--json", cwd=tmp_path).line["runs"]
    assert [run["run_id"] for run in listed] == [run_id]
    done = siting("verify", run_id, "--json", cwd=tmp_path)
    assert (done.returncode, done.line["verified"]) == (0, True)

    (town / "modules.csv").write_text(
        (town / "modules.csv").read_text(encoding="utf-8-sig").replace("120,100,30", "110,100,30"),
        encoding="utf-8",
    )
    done = siting("verify", run_id, "--json", cwd=tmp_path)
    assert done.returncode == 5
    failed = {rule for rule, passed in done.line["checks"].items() if not passed}
    assert {"provenance", "capacity"} <= failed


def test_a_scenario_and_a_budget(town: Path, tmp_path: Path) -> None:
    # 100 without A: station in B (30) and clinic in C (40) as the README has it, 0.408 for 70;
    # a clinic in B instead of the station would add 0.12 for 40, both do not fit B's 200 m2.
    half = siting("solve", town, "--scenario", "half", "--gap", 0, "--json", cwd=tmp_path).line
    assert half["objective"] == pytest.approx(0.408, abs=1e-12)
    assert half["cost"] == 70
    assert half["provenance"]["scenario"] == "half"
    none = siting("solve", town, "--budget", 0, "--gap", 0, "--json", cwd=tmp_path).line
    assert none["objective"] == pytest.approx(0.12, abs=1e-12)
    assert (none["chosen"], none["gap_of_gain"]) == ([], None)


def test_bad_input_exits_2_with_every_finding_and_writes_nothing(
    town: Path, tmp_path: Path
) -> None:
    (town / "needs.csv").write_text("service_id,group,need_per_person\ncliinc,adults,-1\n")
    done = siting_process("solve", town, "--json", cwd=tmp_path)
    assert done.returncode == 2
    (told,) = done.stdout.splitlines()
    rules = [f["rule"] for f in json.loads(told)["findings"] if f["severity"] == "error"]
    assert "no such service" in rules
    assert any("must be" in rule for rule in rules)
    assert not (tmp_path / "solutions").exists()
    assert siting("check", town, cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("solve", "nowhere"), "nowhere"),
        (("solve", TINY, "--engine", "cplex"), "no engine"),
        (("solve", TINY, "--scenario", "hlaf"), "half"),
        (("solve", TINY, "--budget", "-5"), "must be a number"),
        (("solve", TINY, "--export", "model.txt"), ".lp or .mps"),
        (("verify", "nothing"), "no such run"),
        (("adopt", "tables", "nomapping", "--data", ".", "--out", "x"), "nomapping"),
        (("new", TINY, "--template"), "not empty"),
    ],
)
def test_every_bad_word_exits_2_and_is_named(
    words: tuple[object, ...], said: str, tmp_path: Path
) -> None:
    done = siting(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stdout + done.stderr
    assert not (tmp_path / "solutions").exists()


def test_infeasible_is_an_answer(town: Path, tmp_path: Path) -> None:
    text = (town / "instance.toml").read_text(encoding="utf-8")
    minimum = '[[minimum_per_zone]]\nservice_id = "clinic"\nzone_kind = "sub_district"\ncount = 3\n'
    (town / "instance.toml").write_text(text + "\n" + minimum, encoding="utf-8")
    done = siting("solve", town, "--json", cwd=tmp_path)
    line = done.line
    assert (done.returncode, line["termination"], line["objective"]) == (3, "infeasible", None)
    # West has F1 and A, East has B and C: each lacks one clinic of three (1/2 of what West still
    # wants, 1/3 for East). Opening A (100 + 40), B and C (40 each) takes 20 more than 200 (1/10);
    # doing without C instead would cost another 1/3.
    assert [(w["row"], w["amount"]) for w in line["conflict"]["ways_out"]] == [
        ("budget[total]", 20),
        ("minimum_per_zone[clinic,east]", 1),
        ("minimum_per_zone[clinic,west]", 1),
    ]
    assert siting("verify", Path(line["solution_dir"]).name, cwd=tmp_path).returncode == 0


def test_no_time_for_a_plan_exits_4(town: Path, tmp_path: Path) -> None:
    done = siting("solve", town, "--time-limit", 0, "--json", cwd=tmp_path)
    line = done.line
    assert (done.returncode, line["termination"], line["limit"]) == (4, "none", "time")
    assert line["solution_dir"] is None


def test_the_program_can_be_exported(town: Path, tmp_path: Path) -> None:
    for name in ("model.lp", "model.mps"):
        assert siting("solve", town, "--export", name, cwd=tmp_path).returncode == 0
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "budget(total)" in text
        assert "open(A,clinic,clinic_small)" in text


def test_assess_needs_no_plan(town: Path, tmp_path: Path) -> None:
    done = siting("assess", town, "--out", "today", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert any((tmp_path / "today").glob("*.xlsx"))


def test_template_is_checked_after_filling(tmp_path: Path) -> None:
    assert siting("new", "mine", "--template", cwd=tmp_path).returncode == 0
    assert (tmp_path / "mine" / "instance.toml").exists()
    assert siting("check", "mine", cwd=tmp_path).returncode in {0, 2}


@pytest.mark.slow
def test_ctrl_c_keeps_the_best_plan_so_far(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "run.py"), "solve", str(ROOT / "instances" / "xicheng")]
    with subprocess.Popen(  # noqa: S603
        [*command, "--gap", "0", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run that was started in the background would hand down that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        time.sleep(30)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
    line = json.loads(stdout.splitlines()[-1])
    assert "Traceback" not in stderr
    if line["objective"] is None:  # stopped before the first plan
        assert (process.returncode, line["termination"]) == (4, "none")
    else:
        assert (process.returncode, line["verified"]) == (0, True)
        assert line["limit"] in {"interrupt", None}
