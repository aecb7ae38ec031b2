"""Runs are whole or not there, never overwritten, and found again."""

import json
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from siting import plan, store
from siting.errors import InstanceError
from siting.instance.instance import NEED_GRID
from siting.instance.reading import read_instance
from siting.plan import Plan

TINY = Path(__file__).parents[1] / "instances" / "tiny"


@pytest.fixture(scope="module")
def made() -> Plan:
    return plan.solve(read_instance(TINY)[0], plan.Options(gap=0))


def need_of(made: Plan) -> dict[str, float]:
    return {s: amount / NEED_GRID for s, amount in made.instance.base_need.items()}


def save(made: Plan, root: Path, **kwargs: object) -> Path:
    given = {"files": {}, "verified": True, "instance_path": TINY, **kwargs}
    return store.save_run(made.solution, need_of(made), root=root, **given)  # type: ignore[arg-type]


def test_a_run_comes_back_as_it_went(made: Plan, tmp_path: Path) -> None:
    folder = save(made, tmp_path)
    loaded, values = store.load_run(folder)
    assert (loaded.objective, loaded.bound, loaded.tiers) == (
        made.solution.objective,
        made.solution.bound,
        made.solution.tiers,
    )
    assert loaded.provenance == made.solution.provenance
    pd.testing.assert_frame_equal(loaded.service, made.solution.service, check_dtype=False)
    pd.testing.assert_frame_equal(loaded.chosen, made.solution.chosen, check_dtype=False)
    assert values["served"]["clinic"] == {"need": 1250, "served": 600, "share": 0.48}
    assert values["solution_dir"] == str(folder)
    assert plan.verify(TINY, loaded).passed


def test_a_run_from_before_plans_by_year_is_read(made: Plan, tmp_path: Path) -> None:
    """Tiny starts in 2021: what has no year is of that year and has no mode."""
    folder = save(made, tmp_path)
    values = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
    for rows, gone in (
        ("chosen", ["mode", "year", "until", "private_cost"]),
        ("acquisitions", ["mode", "year"]),
    ):
        values[rows] = [
            {key: cell for key, cell in row.items() if key not in gone} for row in values[rows]
        ]
    (folder / "solution.json").write_text(json.dumps(values), encoding="utf-8")
    need = pd.read_csv(folder / "need.csv", keep_default_na=False)
    need.drop(columns="year").to_csv(folder / "need.csv", index=False)
    loaded, _ = store.load_run(folder)
    pd.testing.assert_frame_equal(loaded.chosen, made.solution.chosen, check_dtype=False)
    assert set(loaded.service["year"]) == {2021}
    assert plan.verify(TINY, loaded).passed


def test_a_changed_plan_fails_verification(made: Plan, tmp_path: Path) -> None:
    folder = save(made, tmp_path)
    path = folder / "solution.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    values["objective"] += 0.01
    path.write_text(json.dumps(values), encoding="utf-8")
    verification = plan.verify(TINY, store.load_run(folder)[0])
    assert not verification.passed
    assert "score.objective" in {c.rule for c in verification.checks if not c.passed}


def test_runs_are_never_overwritten(made: Plan, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: save(made, tmp_path), range(8)))
    assert len(set(folders)) == 8
    assert len(store.list_runs(tmp_path)) == 8
    with pytest.raises(InstanceError, match="exists already; runs are never overwritten"):
        save(made, tmp_path, out=folders[0])


def test_a_failed_write_leaves_nothing(made: Plan, tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        save(made, tmp_path, files={"plan.png": fail})
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert store.list_runs(tmp_path).empty


def test_the_index_rebuilds_from_the_folders(made: Plan, tmp_path: Path) -> None:
    folders = {save(made, tmp_path).name for _ in range(3)}
    before = store.list_runs(tmp_path)
    (tmp_path / store.INDEX).write_bytes(b"not a database at all, but longer than a header" * 9)
    (tmp_path / "tiny" / "20260101-000000-broken").mkdir()
    (tmp_path / "tiny" / "20260101-000000-broken" / "solution.json").write_text("{half")
    after = store.list_runs(tmp_path)
    pd.testing.assert_frame_equal(before, after)
    assert set(after["run_id"]) == folders


def test_a_run_is_found_by_path_and_by_id(made: Plan, tmp_path: Path) -> None:
    folder = save(made, tmp_path)
    assert store.find_run(str(folder), Path("elsewhere")) == folder
    assert store.find_run(folder.name, tmp_path) == folder
    with pytest.raises(InstanceError, match='RUN = "nowhere": no such run'):
        store.find_run("nowhere", tmp_path)


def test_a_folder_that_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "solution.json").write_text("{}")
    with pytest.raises(InstanceError, match="is no readable run"):
        store.load_run(tmp_path)


SAVER = """
import sys
from pathlib import Path
from siting import store
folder, root, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
solution, values = store.load_run(folder)
for i in range(count):
    store.save_run(solution, {}, {}, root=root, verified=True, instance_path=Path("tiny"))
    if i % 4 == 3:
        store.rebuild_index(root)
"""


def test_processes_that_write_at_once_lose_nothing(made: Plan, tmp_path: Path) -> None:
    """Each also makes the index anew now and then, while the other writes."""
    one = save(made, tmp_path / "one")
    root = tmp_path / "many"
    command = [sys.executable, "-c", SAVER, str(one), str(root), "12"]
    writers = [subprocess.Popen(command) for _ in range(2)]  # noqa: S603
    assert [writer.wait(120) for writer in writers] == [0, 0]
    folders = {p.parent.name for p in root.glob("*/*/solution.json")}
    assert len(folders) == 24
    # As it was written, before any reading puts it right.
    with closing(sqlite3.connect(root / store.INDEX)) as index:
        entered = {run for (run,) in index.execute("SELECT run_id FROM runs")}
    assert entered == folders
    assert set(store.list_runs(root)["run_id"]) == folders


def test_runs_are_asked_for_by_a_condition(made: Plan, tmp_path: Path) -> None:
    """The plan of tiny: 200 of 200 is spent, a station of 120 and one in A, see its README."""
    folder = save(made, tmp_path)
    (run,) = store.query_runs(tmp_path, "budget >= 200 and gap < 0.01").to_dict("records")
    assert (run["run_id"], run["folder"]) == (folder.name, f"tiny/{folder.name}")
    assert (run["budget"], run["cost"], run["sites"], run["gap_asked"]) == (200, 200, 3, 0)
    assert store.query_runs(tmp_path, "budget < 200").empty
    there = "run_id in (select run_id from chosen where building_id = 'A') -- and a remark"
    assert len(store.query_runs(tmp_path, there)) == 1
    served = store.query_runs(tmp_path, table="served").set_index("service_id")
    assert list(served.loc["clinic", ["need", "served"]]) == [1250, 600]
    chosen = store.query_runs(tmp_path, "title = ''", "chosen")
    assert set(zip(chosen["building_id"], chosen["cost"], strict=True)) == {
        ("A", 90.0),
        ("A", 63.33),
        ("B", 30.0),
    }


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("budgt > 3", 'no such column: budgt (nearest: "budget"; columns: folder, run_id,'),
        ("budget >", "syntax error"),
        ("1); DROP TABLE runs; --", "syntax error"),
        ("1)); DROP TABLE runs; --", "one statement at a time"),
        ("1 in (select name from sqlite_master)", "only a condition"),
        ("load_extension('x')", "only a condition"),
        ("1 in (with recursive n(i) as (select 1 union select i + 1 from n) select i from n)",
         "only a condition"),
        ("\0", "null"),
    ],
)  # fmt: skip
def test_a_condition_can_only_read(made: Plan, tmp_path: Path, where: str, said: str) -> None:
    save(made, tmp_path)
    with pytest.raises(InstanceError) as raised:
        store.query_runs(tmp_path, where)
    assert said in str(raised.value)
    assert len(store.list_runs(tmp_path)) == 1


def test_an_index_of_before_is_made_anew(made: Plan, tmp_path: Path) -> None:
    folder = save(made, tmp_path)
    (tmp_path / store.INDEX).unlink()
    with closing(sqlite3.connect(tmp_path / store.INDEX)) as index, index:
        index.execute("CREATE TABLE runs (run_id TEXT PRIMARY KEY, instance TEXT)")
        index.execute("INSERT INTO runs VALUES ('old', 'tiny')")
    another = save(made, tmp_path)
    runs = store.list_runs(tmp_path)
    assert set(runs["run_id"]) == {folder.name, another.name}
    assert set(runs["budget"]) == {200}


def test_the_index_says_what_the_folders_say(made: Plan, tmp_path: Path) -> None:
    """A run that came by copy, or whose writer died before it was entered; and one that went."""
    first, second = save(made, tmp_path / "a"), save(made, tmp_path / "b")
    shutil.copytree(second, tmp_path / "a" / "tiny" / "copied")
    assert set(store.list_runs(tmp_path / "a")["run_id"]) == {first.name, "copied"}
    shutil.rmtree(first)
    assert set(store.list_runs(tmp_path / "a")["run_id"]) == {"copied"}
    assert set(store.query_runs(tmp_path / "a", table="served")["run_id"]) == {"copied"}


def test_listing_where_nothing_is_makes_nothing(tmp_path: Path) -> None:
    assert store.list_runs(tmp_path / "solutions").empty
    assert not (tmp_path / "solutions").exists()


def test_files_are_added_all_or_none_and_never_replaced(made: Plan, tmp_path: Path) -> None:
    folder = save(made, tmp_path, files={"chosen.csv": lambda path: path.write_text("first")})

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError("disk full")

    before = {p.name for p in folder.iterdir()}
    files = {
        "chosen.csv": lambda path: path.write_text("second"),
        "zones.csv": lambda path: path.write_text("zones"),
    }
    with pytest.raises(OSError, match="disk full"):
        store.add_files(folder, {**files, "plan.png": fail})
    assert {p.name for p in folder.iterdir()} == before
    assert store.add_files(folder, files) == ["zones.csv"]
    assert (folder / "chosen.csv").read_text() == "first"
    assert {p.name for p in folder.iterdir()} == before | {"zones.csv"}
