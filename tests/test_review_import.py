"""What reviewers send back: read alike from every format, or every fault of it found."""

import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cases_review_files import COLUMNS, FILES
from cases_review_rows import ROWS, VERDICTS
from report_plans import TINY
from review_returns import (
    DEPARTMENTS,
    FIRE,
    PLANNING,
    RUN,
    WRITERS,
    approved,
    exported,
    town,
    with_cells,
    with_row,
    write_csv,
    write_gpkg,
    write_xlsx,
)

from siting.errors import InstanceError
from siting.instance.reading import read_instance
from siting.instance.scenario import apply
from siting.instance.settings import Scenario
from siting.instance.settings_file import scenario_text
from siting.review.checking import check_return, replaced
from siting.review.importing.verdicts_file import write_verdicts
from siting.review.returns import read_return
from siting.review.returns.checks import CHECKS, in_language
from siting.review.standing import scenario_after, standings
from siting.review.verdicts import Decision, Verdict

DAMAGED = {**FILES, **COLUMNS, **ROWS, **VERDICTS}


def checked(path, departments=DEPARTMENTS, **options):
    """Return verdicts and findings of a file, whether it can be read or not; errors first."""
    try:
        returned = read_return(path, **options)
    except InstanceError as error:
        return (), list(error.findings)
    verdicts, findings = check_return(
        returned, exported(departments=departments), town(), departments
    )
    return verdicts, sorted(findings, key=lambda finding: finding.severity)


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_return_gives_its_exact_finding(tmp_path, name):
    case = DAMAGED[name]
    _, findings = checked(case.build(tmp_path), case.departments, **case.options)
    errors = [str(f) for f in findings if f.severity == "error"]
    warnings = [str(f) for f in findings if f.severity == "warning"]
    said = (*errors, *(["-- warnings", *warnings] if warnings else []))
    assert said == case.says
    assert tuple(f.check for f in findings) == case.checks


def test_every_check_is_met_by_a_damaged_return_and_told_in_both_languages():
    met = {check for case in DAMAGED.values() for check in case.checks}
    elsewhere = {"locked", "replaced", "price_differs", "not_eligible", "bad_crs"}
    assert set(CHECKS) - met <= elsewhere
    assert len(met) >= 30
    for check in CHECKS.values():
        assert any(ord(sign) > 0x2E7F for sign in check.rule_zh.replace("{what}", "一"))
        assert bool(check.remedy) == bool(check.remedy_zh)


@pytest.mark.parametrize("file_format", WRITERS)
def test_sound_return_reads_alike_in_every_format_and_is_left_as_it_is(tmp_path, file_format):
    frame = with_cells(
        approved(), 3, decision="conditional", extra_cost=12.5, delay_years=2, max_area_m2=150,
        condition="先做结构检测", date="2026-11-20",
    )  # fmt: skip
    path = WRITERS[file_format](with_cells(frame, 6, commit=True), tmp_path / f"b.{file_format}")
    before = {p.name: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    verdicts, findings = checked(path)
    assert findings == []
    assert {p.name: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
    approval = {"decision": Decision.APPROVE, "date": "2026-11-22"}
    condition = {
        "decision": Decision.CONDITIONAL, "date": "2026-11-20", "extra_cost": 12.5,
        "delay_years": 2, "max_area_m2": 150.0, "condition": "先做结构检测",
    }  # fmt: skip
    uses = [("A", "clinic"), ("A", "station"), ("B", "station")]
    people = [(PLANNING, "李雷"), (FIRE, "韩梅梅")]
    assert verdicts == tuple(
        Verdict(
            building_id=building_id,
            service_id=service_id,
            department=department,
            reviewer=reviewer,
            commit=(building_id, department) == ("B", FIRE),
            **(condition if (service_id, building_id) == ("station", "A") and
               department == PLANNING else approval),
        )
        for building_id, service_id in uses
        for department, reviewer in people
    )  # fmt: skip


@pytest.mark.parametrize(
    "said", ["不同意（整栋）", "reject · 不同意（整栋）", "Reject the building", "REJECT"]
)
def test_labels_and_codes_are_one_and_headers_are_of_either_language(tmp_path, said):
    frame = with_cells(approved("zh"), 1, decision=said, reason="结构不安全")
    path = write_xlsx(frame.assign(commit="否"), tmp_path / "意见.xlsx", lang="zh", title=3)
    returned = read_return(path)
    verdicts, findings = check_return(returned, exported("zh"), town(), DEPARTMENTS)
    assert findings == []
    assert [v.decision for v in verdicts] == [Decision.REJECT, *[Decision.APPROVE] * 5]
    assert returned.table["feature"].iloc[0] == "row 5"


def test_shapefile_of_a_chinese_office_needs_its_encoding_named(tmp_path):
    path = DAMAGED["Chinese Shapefile without .cpg"].build(tmp_path)
    verdicts, findings = checked(path, encoding="GB18030")
    assert findings == []
    assert {v.reviewer for v in verdicts} == {"李雷", "韩梅梅"}


HOLDS_OPEN = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
    file.create_function(name, 1, lambda _: 0)
for statement in sys.argv[2:]:
    file.execute(statement)
print("ready", flush=True)
sys.stdin.readline()
"""


@contextmanager
def held_open(path, *statements):
    """Another process that has changed a GeoPackage and still has it open."""
    command = [sys.executable, "-S", "-c", HOLDS_OPEN, str(path), *statements]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # noqa: S603
        try:
            assert other.stdout.readline() == b"ready\n"
            yield
        finally:
            other.stdin.close()


def test_edit_that_another_program_saved_into_its_log_is_read(tmp_path):
    path = write_gpkg(approved(), tmp_path / "back.gpkg")
    edit = "UPDATE review SET decision = 'hold' WHERE fid = 4"
    with held_open(path, "PRAGMA journal_mode = WAL", edit):
        assert (tmp_path / "back.gpkg-wal").stat().st_size
        alone = Path(shutil.copyfile(path, tmp_path / "alone.gpkg"))
        assert Decision.HOLD not in {v.decision for v in checked(alone)[0]}
        verdicts, findings = checked(path)
    assert findings == []
    assert [v.decision for v in verdicts].index(Decision.HOLD) == 3


def test_file_that_another_program_is_writing_is_locked(tmp_path, monkeypatch):
    monkeypatch.setattr("siting.review.returns.copying._WAIT_S", 0.2)
    path = write_gpkg(approved(), tmp_path / "back.gpkg")
    with held_open(path, "BEGIN EXCLUSIVE"):
        _, findings = checked(path)
    assert [str(f) for f in findings] == [
        "back.gpkg: is locked by another program (save the edits there, and import again)"
    ]


def test_verdicts_written_as_csv_are_read_as_the_same_and_need_not_be_all(tmp_path):
    verdicts = (
        Verdict(
            building_id="A", service_id="clinic", department=FIRE, decision=Decision.CONDITIONAL,
            extra_cost=0.1 + 0.2, delay_years=1, max_area_m2=150.0, condition="a, b", reviewer="王",
            date="2026-11-22",
        ),
        Verdict(
            building_id="B", service_id="station", department=PLANNING, decision=None, commit=True,
            reviewer="李", date="2026-11-21",
        ),
    )  # fmt: skip
    path = tmp_path / "verdicts.csv"
    write_verdicts(verdicts, path, run_id=RUN, instance_hash=town().content_hash)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert checked(path) == (verdicts, [])


def test_site_added_by_hand_that_no_rule_admits_is_told(tmp_path):
    place = town()
    shops = place.eligibility["class"].eq("shop") & place.eligibility["service_id"].eq("station")
    place = place.replace(eligibility=place.eligibility[~shops].reset_index(drop=True))
    path = write_csv(with_row(approved(), 5, building_id="C"), tmp_path / "back.csv")
    _, findings = check_return(read_return(path), exported(), place, DEPARTMENTS)
    assert [f.check for f in findings] == ["by_hand", "not_eligible"]


def test_verdict_that_replaces_a_colleague_s_is_told_with_both(tmp_path):
    returned = read_return(write_csv(approved(), tmp_path / "back.csv"))
    before = Verdict(
        building_id="A", service_id="clinic", department=FIRE, decision=Decision.REJECT,
        reason="stairs", reviewer="王芳",
    )  # fmt: skip
    now = replace(before, decision=Decision.APPROVE, reviewer="韩梅梅")
    (finding,) = replaced([now], [before], returned.spot)
    assert str(finding) == (
        "back.csv, decision = A, clinic, 消防, 韩梅梅: takes the place of Reject the building by "
        "王芳 of 消防"
    )
    assert replaced([replace(now, reviewer="王芳")], [before], returned.spot) == []


def test_findings_are_told_in_chinese(tmp_path):
    _, findings = checked(DAMAGED["rejected without a reason"].build(tmp_path))
    assert [str(in_language(f, "zh")) for f in findings] == [
        "back.gpkg#review fid 1 (A, clinic, 规划), reason: “不同意（整栋）”须写明理由"
    ]


def test_next_scenario_can_be_pasted(tmp_path):
    """A rejected, the station of B approved at 30 more: only these two stand in the scenario."""
    rejected = Verdict(building_id="A", service_id="clinic", decision=Decision.REJECT, reason="x")
    dearer = Verdict(
        building_id="B", service_id="station", decision=Decision.CONDITIONAL, extra_cost=30.0
    )
    after = scenario_after(Scenario(budget=150.0), standings([rejected, dearer], ()))
    folder = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    settings = folder / "instance.toml"
    text = settings.read_text(encoding="utf-8") + "\n" + scenario_text("round_2", after)
    settings.write_text(text, encoding="utf-8")
    instance, _ = read_instance(folder)
    pasted = apply(instance, instance.settings.scenarios["round_2"])
    assert pasted.settings.budget.total == 150
    assert pasted.locks[["building_id", "status"]].values.tolist() == [["A", "forbidden"]]
    assert pasted.locks["service_id"].isna().all()
    assert pasted.conditions[["building_id", "extra_cost"]].values.tolist() == [["B", 30.0]]
    assert pasted.content_hash == apply(instance, after).content_hash
