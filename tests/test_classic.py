"""Classic problems: what is read, what is refused, what the command line says."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from test_docs import DOCS, assert_shown, blocks, said_by

from siting import classic
from siting.classic.distances import EARTH_RADIUS_M
from siting.cli.app import main
from siting.errors import InstanceError


def points(*rows: tuple[float, float], weight: float = 1.0) -> pd.DataFrame:
    x, y = zip(*rows, strict=True)
    ids = [f"D{i + 1}" for i in range(len(rows))]
    return pd.DataFrame({"demand_id": ids, "x": x, "y": y, "weight": weight})


def spots(*rows: tuple[float, float], **columns: object) -> pd.DataFrame:
    x, y = zip(*rows, strict=True)
    ids = [chr(65 + i) for i in range(len(rows))]
    return pd.DataFrame({"site_id": ids, "x": x, "y": y, **columns})


def ways(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["demand_id", "site_id", "cost"])


# Cutoffs


def test_a_site_at_the_cutoff_covers_and_strictly_below_it_does_not() -> None:
    """D1 at (0, 0), A at (3, 4): exactly 5 apart."""
    demand, sites = points((0, 0)), spots((3, 4))
    assert classic.mclp(demand, sites, cutoff=5, p=1).objective == 1
    assert classic.mclp(demand, sites, cutoff=5, p=1, strict=True).objective == 0
    assert classic.lscp(demand, sites, cutoff=5, strict=True).termination == "infeasible"


@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_ties_at_a_cutoff_hold_for_every_kind_of_distance(shift: float) -> None:
    """100 points on a circle of whole coordinates, far from the origin too."""
    triples = [(3, 4), (4, 3), (0, 5), (5, 0), (-3, 4), (-4, -3), (-5, 0), (0, -5)]
    demand = points(*[(shift + x, shift + y) for x, y in triples])
    answer = classic.lscp(demand, spots((shift, shift)), cutoff=5)
    assert answer.objective == 1


def test_degrees_are_measured_on_a_sphere_in_metres() -> None:
    demand = points((116.0, 40.0)).rename(columns={"x": "lon", "y": "lat"})
    sites = spots((116.0, 41.0), (117.0, 40.0)).rename(columns={"x": "lon", "y": "lat"})
    north = EARTH_RADIUS_M * np.pi / 180
    east = 2 * EARTH_RADIUS_M * np.arcsin(np.cos(np.radians(40)) * np.sin(np.radians(0.5)))
    both = classic.p_median(demand, sites, p=1)
    assert both.objective == pytest.approx(min(north, east), abs=1e-6)
    first = classic.p_median(demand, sites.iloc[:1], p=1)
    assert first.objective == pytest.approx(north, abs=1e-6)
    assert classic.mclp(demand, sites, cutoff=86_000, p=1).chosen == ("B",)


# A network: 1 -10- 2 -10- 3, drawn 10 m each; the point lies 1 m beside the first street


def network(tmp_path: Path) -> str:
    (tmp_path / "network_nodes.csv").write_text("node_id,x,y\n1,0,0\n2,10,0\n3,10,10\n", "utf-8")
    edges = "edge_id,u,v,length_m\na,1,2,10\nb,2,3,12.5\n"
    (tmp_path / "network_edges.csv").write_text(edges, "utf-8")
    return str(tmp_path)


def test_ways_along_a_network_start_on_edges_and_are_not_rounded(tmp_path: Path) -> None:
    """1 m to the street, 5.25 m to node 2, half of the 12.5 m street, 2 m to the site: 14.5."""
    demand, sites = points((4.75, 1)), spots((12, 5), (9.75, -1))
    folder = network(tmp_path)
    far = classic.p_median(demand, sites.iloc[:1], p=1, network=folder)
    assert far.objective == 1 + 5.25 + 6.25 + 2
    near = classic.p_median(demand, sites, p=1, network=folder)
    assert near.chosen == ("B",)
    assert near.objective == 1 + 5 + 1
    within = classic.lscp(demand, sites.iloc[:1], cutoff=14.5, network=folder)
    assert within.objective == 1
    below = classic.lscp(demand, sites.iloc[:1], cutoff=14.5, strict=True, network=folder)
    assert below.termination == "infeasible"


# Sites that are existing, required or forbidden


def test_existing_sites_are_open_and_free_and_not_counted() -> None:
    """A is open and covers D1; of the others, C covers more than B."""
    demand = points((0, 0), (10, 0), (20, 0), (21, 0))
    sites = spots((0, 0), (10, 0), (20, 0), status=["existing", "candidate", "candidate"])
    answer = classic.mclp(demand, sites, cutoff=1, p=1)
    assert (answer.chosen, answer.objective) == (("C",), 3)
    assert classic.mclp(demand, sites, cutoff=1, p=0).objective == 1
    assert classic.lscp(demand, sites, cutoff=1).objective == 2


def test_required_sites_count_and_forbidden_ones_are_out() -> None:
    demand = points((0, 0), (10, 0), (20, 0), weight=2)
    sites = spots((0, 0), (10, 0), (20, 0), status=["required", "forbidden", "candidate"])
    answer = classic.p_median(demand, sites, p=1)
    assert (answer.chosen, answer.objective) == (("A",), 60)
    assert classic.lscp(demand, sites, cutoff=1).termination == "infeasible"
    none = classic.p_median(demand, sites, p=0)
    assert none.termination == "infeasible"
    assert "1 sites are required" in str(none.findings[-1])
    many = classic.p_median(demand, sites, p=3)
    assert "only 2 sites may be chosen" in str(many.findings[-1])


def test_unreachable_points_are_named_or_left_out() -> None:
    demand = points((0, 0), (9, 9))
    matrix = ways(("D1", "A", 3.0))
    sites = spots((0, 0))
    for solve, how in (
        (classic.lscp, {"cutoff": 5}),
        (classic.p_median, {"p": 1}),
        (classic.p_center, {"p": 1}),
        (classic.cflp, {"p": 1}),
    ):
        answer = solve(demand, sites, matrix=matrix, **how)
        assert answer.termination == "infeasible"
        assert 'demand_id = "D2": can be reached by no site' in str(answer.findings[-1])
        rest = solve(demand, sites, matrix=matrix, skip_unreachable=True, **how)
        assert rest.termination == "optimal"


def test_a_required_site_can_be_filled() -> None:
    """A is nearer to all; B must work at its capacity of 2."""
    demand = points((0, 0), (1, 0), (2, 0))
    sites = spots((1, 0), (50, 0), capacity=[3, 2], status=["candidate", "required"])
    free = classic.cflp(demand, sites, p=2)
    filled = classic.cflp(demand, sites, p=2, fill_required=True)
    assert free.objective == 2
    assert filled.allocation.groupby("site_id")["amount"].sum().to_dict() == {"A": 1, "B": 2}


# What is refused

TWO = points((0, 0), (1, 1))
AB = spots((0, 0), (2, 2))

BAD = {
    "no way to choose": (
        lambda: classic.mclp(TWO, AB, cutoff=1),
        (
            "1 problem in mclp\n  -p: must say how many sites to choose"
            " (give -p, or --budget with costs)"
        ),
    ),
    "a budget without costs": (
        lambda: classic.p_median(TWO, AB, budget=3),
        (
            "1 problem in p-median\n  --budget: needs what the sites cost"
            " (add the column cost to the sites)"
        ),
    ),
    "two kinds of coordinates": (
        lambda: classic.lscp(TWO, AB.rename(columns={"x": "lon", "y": "lat"}), cutoff=1),
        (
            "1 problem in lscp\n  demand: coordinates must be of one kind"
            " (demand has x, y, sites has lon, lat)"
        ),
    ),
    "both kinds in one table": (
        lambda: classic.lscp(TWO.assign(lon=1.0, lat=1.0), AB, cutoff=1),
        "demand: x and y, or lon and lat, must be given, not both",
    ),
    "wrong cells, all at once": (
        lambda: classic.lscp(
            TWO.assign(weight=[-1, None]), AB.assign(status=["open", "existing"]), cutoff=1
        ),
        (
            '3 problems in lscp\n  sites row 2, status = "open": must be "candidate", "required",'
            ' "existing" or "forbidden"\n  demand row 2, weight = -1: must be >= 0\n'
            "  demand row 3, weight: must be filled"
        ),
    ),
    "an id twice": (
        lambda: classic.lscp(TWO.assign(demand_id="D1"), AB, cutoff=1),
        '1 problem in lscp\n  demand row 3, demand_id = "D1": is given twice',
    ),
    "a pair twice": (
        lambda: classic.p_median(
            TWO, AB, p=1, matrix=ways(("D1", "A", 1), ("D1", "A", 2), ("D2", "A", 1))
        ),
        '1 problem in p-median\n  matrix row 3, demand_id, site_id = "D1", "A": is given twice',
    ),
    "ids that nobody knows": (
        lambda: classic.p_median(TWO, AB, p=1, matrix=ways(("D1", "A", 1), ("D3", "X", 2))),
        (
            '2 problems in p-median\n  matrix row 3, demand_id = "D3": no such demand point'
            ' (nearest: "D2")\n  matrix row 3, site_id = "X": no such site'
        ),
    ),
    "a misspelt column": (
        lambda: classic.lscp(TWO, AB.assign(capcity=1), cutoff=1),
        '1 problem in lscp\n  sites, capcity: no such column (nearest: "capacity")',
    ),
    "cells of cost that are empty": (
        lambda: classic.lscp(TWO, AB.assign(cost=[1, None]), cutoff=1),
        "1 problem in lscp\n  sites row 3, cost: must be filled",
    ),
    "steps that do not fall": (
        lambda: classic.mclp(TWO, AB, decay=((1, 0.5), (2, 0.5)), p=1),
        (
            "1 problem in mclp\n  --decay = 1:0.5,2:0.5: costs must rise and values fall"
            " from step to step"
        ),
    ),
    "one open site has no distance": (
        lambda: classic.p_dispersion(AB, p=1),
        (
            "1 problem in p-dispersion\n  -p = 1: fewer than two sites would be open,"
            " which have no distance"
        ),
    ),
    "a share above all": (
        lambda: classic.lscp(TWO, AB, cutoff=1, share=1.5, backup=0),
        (
            "2 problems in lscp\n  --share = 1.5: must be between 0 and 1\n"
            "  --backup = 0: must be >= 1"
        ),
    ),
    "a file that is not there": (
        lambda: classic.lscp("absent.csv", AB, cutoff=1),
        "1 problem in absent.csv\n  absent.csv: no such file",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said(case: str) -> None:
    solve, message = BAD[case]
    with pytest.raises(InstanceError) as caught:
        solve()
    assert message in str(caught.value)


def test_columns_of_the_users_own_are_a_warning() -> None:
    answer = classic.lscp(TWO.assign(street="Main"), AB, cutoff=2)
    assert [str(f) for f in answer.findings] == ["demand, street: is not read"]


def test_chinese_headers_and_parquet_are_read(tmp_path: Path) -> None:
    demand = TWO.rename(columns={"demand_id": "需求点编号", "x": "东坐标", "weight": "权重"})
    sites = AB.assign(状态=["现有", "候选"])
    demand.to_parquet(tmp_path / "demand.parquet")
    sites.to_csv(tmp_path / "sites.csv", index=False, encoding="utf-8-sig")
    answer = classic.mclp(tmp_path / "demand.parquet", tmp_path / "sites.csv", cutoff=1, p=0)
    assert answer.objective == 1


# The command line


def run(*words: str) -> tuple[int, dict[str, object]]:
    said = io.StringIO()
    with (
        mock.patch("sys.argv", ["siting", "classic", *words, "--json"]),
        contextlib.redirect_stdout(said),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    code = ended.value.code or 0
    assert isinstance(code, int)
    return code, json.loads(said.getvalue().splitlines()[-1])


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    TWO.to_csv(tmp_path / "d.csv", index=False)
    AB.to_csv(tmp_path / "s.csv", index=False)
    return ["--demand", str(tmp_path / "d.csv"), "--sites", str(tmp_path / "s.csv")]


def test_exit_codes_and_the_last_line(files: list[str]) -> None:
    code, said = run("lscp", *files, "--cutoff", "1.5")
    assert code == 0
    wanted = {"termination", "objective", "bound", "gap", "chosen", "seconds"}
    assert wanted <= set(said)
    assert (said["termination"], said["objective"], said["chosen"]) == ("optimal", 1.0, ["A"])
    code, said = run("lscp", *files, "--cutoff", "0.5")
    assert (code, said["termination"], said["objective"]) == (3, "infeasible", None)
    code, said = run("lscp", *files)
    assert code == 2
    assert said["findings"][0]["place"] == "--cutoff"  # type: ignore[index]
    code, said = run("p-dispersion", *files, "-p", "2")
    assert code == 2
    assert said["findings"][0]["rule"] == "is no option of p-dispersion"  # type: ignore[index]


@pytest.mark.parametrize(
    ("problem", "how"),
    [
        ("lscp", ["--cutoff", "2"]),
        ("lscp-b", ["--cutoff", "2"]),
        ("mclp", ["--decay", "1:1,2:0.5", "-p", "1"]),
        ("bclp", ["--cutoff", "3", "-p", "2"]),
        ("p-median", ["-p", "1"]),
        ("k-nearest-p-median", ["-p", "1", "-k", "1"]),
        ("p-center", ["-p", "1"]),
        ("cflp", ["-p", "1", "--single"]),
        ("cmclp", ["--cutoff", "2", "-p", "1"]),
    ],
)
@pytest.mark.parametrize("engine", ["auto", "mathopt:scip", "pulp"])
def test_every_problem_and_engine(
    files: list[str], problem: str, how: list[str], engine: str
) -> None:
    code, said = run(problem, *files, *how, "--engine", engine)
    assert (code, said["termination"]) == (0, "optimal")


def test_the_allocation_is_written(files: list[str], tmp_path: Path) -> None:
    table = tmp_path / "who.csv"
    run("p-median", *files, "-p", "2", "--allocation", str(table))
    read = pd.read_csv(table, encoding="utf-8-sig")
    assert list(read.columns) == ["demand_id", "site_id", "amount", "cost"]
    assert len(read) == 2


def test_no_time_at_all_ends_without_a_choice_or_with_a_bound() -> None:
    rng = np.random.default_rng(3)
    demand = points(*rng.random((400, 2)))
    sites = spots(*rng.random((40, 2))).assign(site_id=[f"S{j}" for j in range(40)])
    answer = classic.mclp(demand, sites, cutoff=0.1, p=9, time_limit=0.0)
    assert answer.termination in {"none", "feasible", "optimal"}
    assert answer.objective is None or answer.bound is None or answer.bound >= answer.objective


def test_the_page_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    said, shown, compared = "", "", 0
    for block in blocks(DOCS / "classic.md"):
        if block.file:
            Path(block.file).write_text(block.text, "utf-8")
        elif block.language == "sh":
            shown, said = block.text, said_by(block)
        elif block.language == "python":
            heard = io.StringIO()
            with contextlib.redirect_stdout(heard):
                exec(block.text, {})  # noqa: S102  the page's own words
            shown, said = block.text, heard.getvalue()
        elif block.language == "text":
            assert_shown(said, block.text, shown)
            compared += 1
    assert compared >= 5


def test_the_command_line_starts_without_heavy_packages() -> None:
    import subprocess

    code = "import sys, siting.cli.app; print('siting.classic' in sys.modules)"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
