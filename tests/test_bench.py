"""The bench runs and reports, and the counts that no machine changes stay what they were.

The numbers in `test_reductions_of_...` guard against reductions that stop working: a better one may
lower them, and then they are written anew; up they go for a reason only.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from small_towns import model_of
from typer.testing import CliRunner

from siting.bench import page, running
from siting.bench.case import Case, Goal, Measured, Run
from siting.bench.cordeau import chunks
from siting.bench.parts.cities import EARTH_M, within
from siting.bench.planning import planned, solved_unreduced
from siting.bench.streets import draw_streets
from siting.bench.worker import PARTS, part_named
from siting.classic.streaming import stream_cover
from siting.cli.app import app
from siting.instance.generate.district import generate_district
from siting.model.build import compact
from siting.solvers.control import Control
from siting.solvers.projection.engine import Separation
from siting.solvers.projection.master import make_master
from siting.solvers.projection.reducing import project
from siting.solvers.projection.relaxing import relax


def district(points=1000, buildings=40):
    rng = np.random.default_rng(1)
    return generate_district(rng, points=points, buildings=buildings, services=5)


def test_reductions_of_a_district():
    town = district()
    model = model_of(town)
    assert sum(len(block.unit) for block in model.blocks) == 6952
    assert {block.service_id: len(block.need) for block in model.blocks} == {
        "care_home": 149,
        "clinic": 179,
        "kindergarten": 190,
        "nursery": 248,
        "primary": 80,
    }
    assert compact(model).size == (1182, 8080, 16_630)


def test_cuts_of_a_district():
    """The flow projected out: few columns, few cuts, and the bound of the written model."""
    model = project(model_of(district()))
    program = compact(model)
    assert program.size == (241, 343, 1061)
    master = make_master(model, program)
    seekers = tuple(Separation(at, block) for at, block in master.written.items())
    relaxed = relax(master, seekers, program.tiers[0], (), Control())
    assert relaxed.value <= 0.79666
    assert len(relaxed.cuts) <= 150


@pytest.mark.parametrize(
    ("customers", "radius", "classes", "pairs", "never"),
    [(10_000, 5.5, 1479, 15_119, 0), (10_000, 4.25, 1142, 7925, 2794)],
)
def test_reductions_of_a_cover(customers, radius, classes, pairs, never):
    sites, points = chunks(customers, 100, 1)
    cover = stream_cover(*sites.T, points, cutoff=radius, inclusive=False)
    assert (cover.classes, len(cover.site), cover.never) == (classes, pairs, never)


@pytest.mark.slow
def test_others_get_the_same_problem():
    """Proven on both sides, with and without merging: the same optimum."""
    town = district(points=60, buildings=6)
    ours = planned(town, gap=0.0, limit_s=60)
    theirs = solved_unreduced(town, "highs", gap=0.0, limit_s=60)
    assert ours.ended == "optimal"
    assert theirs.objective == pytest.approx(ours.objective, rel=1e-6)
    assert theirs.more["columns"] > ours.more["classes"]
    assert ours.more["units"] > ours.more["classes"]
    assert 0 < ours.proof_s <= ours.more["whole_s"]


def test_parts_name_their_cases():
    for name in PARTS:
        part = part_named(name)
        cases = part.cases(quick=False, data=Path())
        assert {case.part for case in cases} == {name}
        assert len({(case.instance, case.method) for case in cases}) == len(cases)
        assert all(case.limit_s > 0 for case in cases)


def test_streets_are_the_same_for_a_seed():
    one, two = (draw_streets(10, np.random.default_rng(3)) for _ in range(2))
    assert one.node_count == 100
    assert (one.length_dm == two.length_dm).all()
    assert len(one.tail) < 2 * 10 * 9


def test_great_circles_count_their_end():
    """One degree of latitude is 111 km; a node is within any distance of itself."""
    degrees = np.array([[0.0, 10.0], [1.0, 10.0]])
    degree_m = float(np.float32(EARTH_M * np.pi / 180))
    assert within(degrees, degree_m).all()
    assert within(degrees, degree_m - 1).tolist() == [[True, False], [False, True]]


def test_a_process_says_why_it_has_nothing(tmp_path, monkeypatch):
    case = Case(part="cities", instance="x", limit_s=5, asked={"city": "Rome", "data": "nowhere"})
    (run,) = running.run_all([case], tmp_path, repeats=1, say=str)
    assert (run.measured.ended, run.measured.why) == ("not run", "KeyError: 'p'")
    assert run.process_s > 0
    monkeypatch.setattr(running, "_GRACE_S", -4.9)
    (run,) = running.run_all([case], tmp_path, repeats=1, say=str)
    assert run.measured.why.startswith("ended after 0 s")


def test_methods_take_turns(tmp_path, monkeypatch):
    def case(method):
        return Case(part="cities", instance="x", method=method, limit_s=9, asked={})

    monkeypatch.setattr(running, "_in_process", lambda *_: (Measured(ended="optimal"), 1.0, 1.0))
    said = []
    runs = list(running.run_all([case("a"), case("b")], tmp_path, repeats=2, say=said.append))
    assert [run.case.method for run in runs] == ["a", "b", "a", "b"]
    assert said == ["x: a, 1 of 2", "x: b, 1 of 2", "x: a, 2 of 2", "x: b, 2 of 2"]


def measured_run(method, repeat, seconds, *, ended="within_gap", size=10, gap=0.001):
    return Run(
        case=Case(
            part="districts",
            instance=f"size {size}",
            method=method,
            size=size,
            limit_s=9,
            goal=Goal(gap=0.001, seconds=2, peak_gib=1),
        ),
        repeat=repeat,
        measured=Measured(ended=ended, objective=0.5, gap=gap, gap_of_gain=0.01, proof_s=seconds),
        process_s=seconds + 1,
        peak_mib=100.0,
    )


RUNS = [
    measured_run("siting", 0, 1.0),
    measured_run("HiGHS", 0, 8.0),
    measured_run("siting", 1, 2.0),
    measured_run("HiGHS", 1, 10.0, ended="feasible", gap=0.2),
    measured_run("siting", 0, 3.0, size=20),
]


def test_the_table_has_spreads_ratios_and_verdicts():
    ours, others, larger, _, ratio = page.table(RUNS)[1:]
    assert ours == (
        "| size 10 | siting | within_gap | 50.0000% | 0.1 % | 1 % | 1, 1.5 | 2, 2.5 | 100 "
        "| 0.1%, 2 s, 1 GiB | met |"
    )
    assert others.startswith("| size 10 | HiGHS | within_gap |")
    assert larger.endswith("| 0.1%, 2 s, 1 GiB | MISSED |")
    assert ratio == "| size 10 | HiGHS | ≥ 5 | ≥ 6.5 |"


def test_the_report_is_written_from_stored_results(tmp_path):
    page.store_results(tmp_path / "results", "districts", RUNS)
    words = ["bench", "--report", "--results", str(tmp_path / "results")]
    words += ["--out", str(tmp_path / "page.md")]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert all(row in text for row in page.table(RUNS))
    assert f"Python {sys.version_info.major}" in text
    assert (tmp_path / "images" / "benchmarks_growth.png").stat().st_size > 0


def test_storing_some_instances_keeps_the_others(tmp_path):
    page.store_results(tmp_path, "districts", RUNS)
    page.store_results(tmp_path, "districts", [measured_run("siting", 0, 0.5)])
    stored = page.stored_runs(tmp_path, "districts")
    seconds = [(r.case.size, r.case.method, r.measured.proof_s) for r in stored]
    assert seconds == [
        (10, "HiGHS", 8.0),
        (10, "HiGHS", 10.0),
        (10, "siting", 0.5),
        (20, "siting", 3.0),
    ]
    assert all(run.made for run in stored)


def test_an_unknown_part_is_named():
    result = CliRunner().invoke(app, ["bench", "distrits"])
    assert "is no part of the benchmarks" in str(result.exception)
