"""Verdicts on a kept run: imported by the command, recorded once, and nothing lost on errors."""

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from report_plans import TINY, tiny_solution
from review_exports import export, run_of
from review_runs import keep_run

from siting.cli import main
from siting.explain.kept_runs import plan_of_run
from siting.instance.reading import read_instance
from siting.review.export import Edition, export_review
from siting.review.importing import verdicts_from
from siting.review.log import LOG_FILE, read, verdicts_in
from siting.review.run import reviewed_run
from siting.review.verdicts import Decision

QGIS = "/usr/bin/python3"
"""QGIS of the system runs under the system's Python alone."""


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The best plan of tiny as run r1, reviewed by two departments and exported."""
    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    place = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    settings = place / "instance.toml"
    said = '\n[review]\ndepartments = ["规划", "消防"]\n'
    settings.write_text(settings.read_text(encoding="utf-8") + said, encoding="utf-8")
    instance, _ = read_instance(place)
    best = tiny_solution(instance)
    when = {"year": 2021, "until": 2021}
    best = replace(
        best, chosen=best.chosen.assign(**when), acquisitions=best.acquisitions.assign(year=2021)
    )
    made = plan_of_run(instance, best)
    assert [str(finding) for finding in made.verification.findings] == []
    folder = keep_run(made, tmp_path / "solutions" / "tiny" / "r1", place)
    run = reviewed_run("r1", lang="zh")
    export_review([run], Edition(lang="zh"))
    return folder


def fill_in(path, where, **cells):
    """Fill in rows of an exported file as a GIS would."""
    said = ", ".join(f"{name} = :{name}" for name in cells)
    with closing(sqlite3.connect(path)) as file, file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            file.create_function(name, 1, lambda _: 0)
        file.execute(f"UPDATE review SET {said} WHERE {where}", cells)  # noqa: S608


def command(monkeypatch, capsys, *words):
    """Run a command; return its exit code and what it wrote to stdout."""
    monkeypatch.setattr("sys.argv", ["siting", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0, capsys.readouterr().out


def test_verdicts_are_recorded_once_and_become_the_next_scenario(kept, monkeypatch, capsys):
    path = kept / "review.gpkg"
    who = {"reviewer": "李雷", "date": "2026-11-22"}
    fill_in(path, "building_id = 'A'", decision="approve", **who)
    fill_in(
        path,
        "building_id = 'B' AND department = '消防'",
        decision="reject",
        reason="无疏散楼梯",
        **who,
    )
    code, said = command(monkeypatch, capsys, "review", "import", path, "--json")
    values = json.loads(said)
    assert code == 0
    assert (values["run"], values["verdicts"], values["recorded"]) == ("r1", 5, 5)
    assert values["agreement"] is False
    assert {(s["building_id"], s["service_id"]): s["state"] for s in values["sites"]} == {
        ("A", "clinic"): "admissible",
        ("A", "station"): "admissible",
        ("B", "station"): "rejected",
    }
    assert values["scenario"] == (
        "[scenarios.round_2]\n\n"
        '[[scenarios.round_2.locks]]\nbuilding_id = "B"\nstatus = "forbidden"\n'
    )
    held = verdicts_in(read(kept / LOG_FILE))
    assert [v.decision for v in held] == [*[Decision.APPROVE] * 4, Decision.REJECT]
    written, scenario = map(Path, values["written"])
    assert written.parent == scenario.parent == kept
    table = pd.read_csv(written, dtype=str, encoding="utf-8-sig")
    assert table["reason"].dropna().tolist() == ["无疏散楼梯"]

    code, said = command(monkeypatch, capsys, "review", "import", path, "--lang", "zh")
    assert code == 0
    assert "其中新增 0 条" in said
    assert "已否决" in said
    assert verdicts_in(read(kept / LOG_FILE)) == held
    assert len(list(kept.glob("review-verdicts-*.csv"))) == 2

    words = ("review", "import", written, "--out", "back", "--json")
    code, said = command(monkeypatch, capsys, *words)
    assert code == 0
    assert Path("back/verdicts.csv").read_bytes() == written.read_bytes()
    assert json.loads(said)["recorded"] == 0
    code, said = command(monkeypatch, capsys, *words)
    assert code == 2
    assert "exists already" in said


def test_errors_are_all_told_and_nothing_is_written(kept, monkeypatch, capsys):
    path = kept / "review.gpkg"
    fill_in(path, "fid = 1", decision="reject")
    fill_in(path, "fid = 2", decision="maybe", name="Elsewhere")
    before = {p.name: p.read_bytes() for p in kept.iterdir() if p.is_file()}
    code, said = command(monkeypatch, capsys, "review", "import", path, "--json", "--lang", "zh")
    assert code == 2
    findings = json.loads(said)["findings"]
    errors = [f["check"] for f in findings if f["severity"] == "error"]
    assert errors == ["edited", "no_reason", "bad_decision"]
    assert findings[1]["rule"] == "“不同意（整栋）”须写明理由"
    assert (findings[1]["feature"], findings[1]["column"]) == ("fid 1", "reason")
    assert {p.name: p.read_bytes() for p in kept.iterdir() if p.is_file()} == before


def test_nothing_is_left_where_the_log_is_broken(kept, monkeypatch, capsys):
    path, log = kept / "review.gpkg", kept / LOG_FILE
    fill_in(path, "fid = 1", decision="hold", reviewer="李雷", date="2026-11-22")
    log.write_text(log.read_text(encoding="utf-8").replace("r1", "r2"), encoding="utf-8")
    log.write_bytes(log.read_bytes() + b"{}\n")
    before = sorted(p.name for p in kept.iterdir())
    code, _ = command(monkeypatch, capsys, "review", "import", path)
    assert code == 2
    assert sorted(p.name for p in kept.iterdir() if ".lock" not in p.name) == [
        name for name in before if ".lock" not in name
    ]


FORMATS = ("gpkg", "gdb", "shp", "geojson", "xlsx")


@pytest.mark.parametrize(
    "edition", [{}, {"lang": "en"}, {"public": True}, {"crs": "EPSG:4490"}, {"datum": "gcj02"}]
)
def test_what_is_exported_comes_back_without_a_finding(tmp_path, edition):
    files = export(tmp_path, *FORMATS, **edition)
    run = run_of(tmp_path)
    for path in files.values():
        assert verdicts_from(path, run) == ((), [])


def _qgis():
    try:
        words = [QGIS, "-c", "import qgis.core"]
        done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0


def test_qgis_saves_and_keeps_the_file_open_while_the_import_reads(kept):
    if not _qgis():
        pytest.skip("QGIS is not installed for the system's Python")
    path = kept / "review.gpkg"
    cells = {"decision": "hold", "reviewer": "李雷", "date": "2026-11-22"}
    edits = json.dumps([["B", "station", "消防", cells]])
    script = Path(__file__).with_name("qgis_review.py")
    command = [QGIS, str(script), "edit", str(path), edits]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as qgis:  # noqa: S603
        try:
            lines = iter(qgis.stdout.readline, b"")
            assert any(line.strip() == b"saved" for line in lines)
            verdicts, findings = verdicts_from(path, reviewed_run("r1"))
        finally:
            qgis.stdin.close()
    assert findings == []
    assert [(v.key, v.decision) for v in verdicts] == [(("B", "station", "消防"), Decision.HOLD)]
