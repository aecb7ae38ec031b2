"""One budget for many districts: against every mix there is, and against one joint town."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from towns import town
from typer.testing import CliRunner

from siting.cli.app import app
from siting.errors import InstanceError
from siting.instance.generate import generate_country
from siting.instance.writing import write_instance
from siting.plan import prepare, solve
from siting.planner import Options
from siting.scenarios.country.allocating import allocate
from siting.scenarios.country.districts import District, people_of, read_districts
from siting.scenarios.country.sharing_out import Offer, best_mix
from siting.scenarios.running.many import Wanted, run_all

PROOF = Options(gap=0.0)

offers = st.lists(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@given(offers, st.integers(0, 50))
def test_best_mix_is_the_best_of_all(rows, money):
    own = [[Offer(money=m, worth=w / 64) for m, w in row] for row in rows]
    affordable = [
        sum(o.worth for o in mix) for mix in product(*own) if sum(o.money for o in mix) <= money
    ]
    found = best_mix(own, money)
    if not affordable:
        assert found is None
        return
    taken = [row[k] for row, k in zip(own, found.taken, strict=True)]
    assert sum(o.money for o in taken) <= money
    assert found.worth == pytest.approx(max(affordable), abs=1e-7)
    assert found.bound >= max(affordable) - 1e-7


def spec(seed):
    """A district of two points, three buildings and two services, by the words of `town`."""
    one = Random(seed).choice  # noqa: S311
    return {
        "people": {f"D{i}": one([10.0, 20.0, 35.0]) for i in range(2)},
        "ways": {
            f"D{i}": {b: one([4.0, 4.0, 10.0]) for b in "ABC" if one([True, True, False])}
            | {"A": 4.0}
            for i in range(2)
        },
        "services": {"care": {"weight": one([1.0, 2.0])}, "school": {"weight": 1.0}},
        "modules": {
            "care_s": {"service_id": "care", "capacity": 15.0, "works_cost": one([8.0, 10.0])},
            "care_l": {"service_id": "care", "capacity": 40.0, "works_cost": one([17.0, 21.0])},
            "school_s": {"service_id": "school", "capacity": 20.0, "works_cost": one([9.0, 14.0])},
        },
        "buildings": {b: {"floor_area_m2": one([100.0, 200.0])} for b in "ABC"},
    }


def joined(specs, weights, budget):
    """One town of several districts whose tier 1 is the mean of theirs, by weight.

    A service becomes one for each district; its weight there, so that those of a district add up to
    the district's own.
    """
    whole = {name: {} for name in ("people", "ways", "services", "modules", "buildings")}
    needs, eligibility = [], []
    for at, (own, weight) in enumerate(zip(specs, weights, strict=True)):

        def named(name, at=at):
            return f"{at}.{name}"

        total = sum(row["weight"] for row in own["services"].values())
        whole["people"] |= {named(d): {f"g{at}": n} for d, n in own["people"].items()}
        whole["ways"] |= {
            named(d): {named(b): m for b, m in near.items()} for d, near in own["ways"].items()
        }
        whole["services"] |= {
            named(s): {"weight": weight * row["weight"] / total}
            for s, row in own["services"].items()
        }
        whole["modules"] |= {
            named(m): row | {"service_id": named(row["service_id"])}
            for m, row in own["modules"].items()
        }
        whole["buildings"] |= {
            named(b): row | {"class": named("office")} for b, row in own["buildings"].items()
        }
        needs += [
            {"service_id": named(s), "group": f"g{at}", "need_per_person": 1.0}
            for s in own["services"]
        ]
        eligibility += [
            {"class": named("office"), "service_id": named(s), "status": "allowed"}
            for s in own["services"]
        ]
    for row in whole["people"].values():
        row |= {f"g{k}": row.get(f"g{k}", 0.0) for k in range(len(specs))}
    return town(**whole, needs=needs, eligibility=eligibility, budget={"total": budget})


def carrying(root, options=PROOF):
    def carry_out(asked):
        wanted = [
            Wanted(base=d.base, instance_path=d.path, cases=tuple(cases)) for d, cases in asked
        ]
        return run_all(wanted, options, root=root)

    return carry_out


@pytest.mark.parametrize(
    ("seed", "budget"),
    [
        pytest.param(1, 40.0, marks=pytest.mark.slow),
        pytest.param(2, 55.0, marks=pytest.mark.slow),
        (3, 25.0),
    ],
)
def test_against_the_joint_optimum(seed, budget, tmp_path):
    """The joint town's optimum lies between objective and bound, and is reached at gap 0."""
    specs = [spec(10 * seed + k) for k in range(3)]
    bases = [town(**own) for own in specs]
    districts = [
        District(name=f"d{k}", path=Path(f"d{k}"), base=base, weight=people_of(base))
        for k, base in enumerate(bases)
    ]
    joint = solve(joined(specs, [d.weight for d in districts], budget), PROOF).solution
    early = allocate(districts, budget, carrying(tmp_path), points=5, rounds=1)
    assert early.objective - 1e-9 <= joint.objective <= early.bound + 1e-9
    made = allocate(districts, budget, carrying(tmp_path), points=5, gap=0.0, rounds=20)
    assert made.gap == pytest.approx(0.0, abs=1e-7)
    assert made.objective == pytest.approx(joint.objective, abs=1e-7)
    assert made.money <= budget
    for share in made.shares:
        alone = solve(prepare(share.district.base, budget=share.money), PROOF).solution
        assert alone.objective == pytest.approx(share.point.objective, abs=1e-9)
    total = sum(d.weight for d in districts)
    mean = sum(s.district.weight * s.point.objective for s in made.shares) / total
    assert made.objective == pytest.approx(mean, abs=1e-12)


@pytest.mark.slow
def test_more_points_come_closer(tmp_path):
    specs = [spec(k) for k in range(4)]
    districts = [
        District(name=f"d{k}", path=Path(f"d{k}"), base=town(**own), weight=1.0)
        for k, own in enumerate(specs)
    ]
    gaps = [
        allocate(districts, 60.0, carrying(tmp_path), points=4, gap=0.0, rounds=rounds).gap
        for rounds in (1, 3, 8)
    ]
    assert gaps[2] <= gaps[1] <= gaps[0]
    assert gaps[2] < gaps[0]


def country(folder, seed=1):
    import numpy as np

    rng = np.random.default_rng(seed)
    for name, district in generate_country(rng, districts=3, points=40, buildings=5, services=2):
        write_instance(district, folder / name, file_format="parquet")
    return folder


def test_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    country(tmp_path / "land")
    asked = ["allocate", "land", "--budget", "3000", "--executor", "serial", "--json"]
    result = CliRunner().invoke(app, [*asked, "--gap", "0.02"], obj=0.0)
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout.splitlines()[-1])
    assert len(values["districts"]) == 3
    assert values["today"] <= values["objective"] <= values["bound"]
    assert sum(row["money"] for row in values["districts"]) <= 3000
    folder = Path(values["allocation_dir"])
    assert {p.name for p in folder.iterdir()} == {
        "allocation.json", "districts.csv", "frontiers.csv", "summary.md",
    }  # fmt: skip
    for row in values["districts"]:
        run = json.loads((Path(row["solution_dir"]) / "solution.json").read_text())
        assert run["verified"]
        assert run["objective"] == row["objective"]


def test_what_is_wrong_is_said_at_once(tmp_path):
    with pytest.raises(InstanceError, match="holds no instance"):
        read_districts(tmp_path)
    country(tmp_path / "land")
    with pytest.raises(InstanceError) as caught:
        read_districts(tmp_path / "land", {"district-9": 1.0, "district-1": 0.0})
    wrong = [f for f in caught.value.findings if f.severity == "error"]
    assert [f.rule for f in wrong] == ["no such district", "must be above 0"]
    assert "district-" in wrong[0].remedy


def test_money_is_counted_alike(tmp_path):
    land = country(tmp_path / "land")
    settings = land / "district-2" / "instance.toml"
    settings.write_text(settings.read_text().replace("万元", "k USD"))
    with pytest.raises(InstanceError) as caught:
        read_districts(land)
    wrong = [f.column for f in caught.value.findings if f.severity == "error"]
    assert wrong == ["money"]


def test_too_little_money_names_who_needs_it(tmp_path):
    own = spec(1)
    lock = {"building_id": "A", "service_id": "care", "status": "required"}
    base = town(**own, locks=[lock])
    districts = [District(name="dear", path=Path("dear"), base=base, weight=1.0)]
    with pytest.raises(InstanceError) as caught:
        allocate(districts, 5.0, carrying(tmp_path), points=3)
    assert "whatever the money" in caught.value.findings[0].rule
    with pytest.raises(InstanceError) as caught:
        allocate(
            [*districts, *(District(name="too", path=Path("too"), base=base, weight=1.0),)],
            12.0,
            carrying(tmp_path),
            points=3,
        )
    assert "does not reach" in caught.value.findings[0].rule
    assert "dear" in caught.value.findings[0].remedy
