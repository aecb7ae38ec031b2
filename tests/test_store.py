"""Runs are whole or not there, never overwritten, and found again."""

import json
from concurrent.futures import ThreadPoolExecutor
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
