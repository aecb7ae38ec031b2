"""Grids write out every combination, exactly and in an order that plans can share work in."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from towns import town

from siting.errors import InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.settings import Grid, PriceFactors, Scenario
from siting.plan import Options
from siting.scenarios.grid import grid_cases, parse_budgets, parse_grid
from siting.scenarios.running.many import run_cases
from siting.scenarios.tradeoffs.giving_up import equity_rows, nearness_rows

TINY = Path(__file__).parents[1] / "instances" / "tiny"


@pytest.fixture(scope="module")
def tiny() -> Instance:
    return read_instance(TINY)[0]


@pytest.mark.parametrize(
    ("text", "budgets"),
    [
        ("0:1:0.1", [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        ("5..20 step 5", [5, 10, 15, 20]),
        ("5 : 16 : 5", [5, 10, 15]),
        ("7:7:1", [7]),
        ("3,1,2,2", [1, 2, 3]),
        ("1e5|5e4", [50_000, 100_000]),
    ],
)
def test_budgets_are_a_range_or_a_list(text: str, budgets: list[float]) -> None:
    assert parse_budgets(text) == budgets  # exactly, for nothing drifts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5:1:1", "must go up"),
        ("1:5:0", "must go up"),
        ("1:5", "must be numbers"),
        ("", "must be numbers"),
        ("1,x", "must be numbers"),
        ("nan", "must be numbers"),
        ("-1,2", "must be at least 0"),
        ("0:1:1e-9", "1,000,000,001 numbers, more than 10,000"),
    ],
)
def test_budgets_that_are_none_are_refused(text: str, said: str) -> None:
    with pytest.raises(InstanceError) as caught:
        parse_budgets(text)
    (finding,) = caught.value.findings
    assert (finding.place, finding.value) == ("--budgets", f'"{text}"')
    assert said in finding.rule


@given(
    first=st.integers(0, 10_000),
    step=st.integers(1, 500),
    count=st.integers(1, 60),
    decimals=st.integers(0, 4),
)
def test_every_number_of_a_range_is_the_one_that_is_written(
    first: int, step: int, count: int, decimals: int
) -> None:
    """Each is what its own decimals mean, the last included."""
    written = [f"{(first + i * step) / 10**decimals:.{decimals}f}" for i in range(count)]
    text = f"{written[0]}:{written[-1]}:{step / 10**decimals:.{decimals}f}"
    assert parse_budgets(text) == [float(number) for number in written]


def test_a_line_is_every_combination(tiny: Instance) -> None:
    """Money changes first, so that plans in a row share all else."""
    cases = grid_cases(tiny, "budget=50..100 step 50; people=0.9|1.1; scenarios=base|half")
    assert [case.name for case in cases] == [
        "people=0.9+budget=50",
        "people=0.9+budget=100",
        "people=1.1+budget=50",
        "people=1.1+budget=100",
        "half+people=0.9+budget=50",
        "half+people=0.9+budget=100",
        "half+people=1.1+budget=50",
        "half+people=1.1+budget=100",
    ]
    town = cases[3].of(tiny)
    assert town.settings.budget.total == 100
    assert town.demand["people_adults"].sum() == pytest.approx(1.1 * 1000)
    assert len({case.of(tiny).content_hash for case in cases}) == 4  # half the budget is given
    assert cases[0].scenario == Scenario(people_factors={"all": 0.9}, budget=50)


def test_factors_multiply_what_the_scenario_has(tiny: Instance) -> None:
    dear = Scenario(
        standards_min={"station": 20},
        people_factors={"elderly": 2},
        price_factors=PriceFactors(works=1.5),
    )
    settings = tiny.settings.model_copy(update={"scenarios": {"dear": dear}})
    base = tiny.replace(settings=settings)
    (case,) = grid_cases(base, "scenarios=dear, standards=0.8, prices=2, people=0.5")
    town = case.of(base)
    assert list(town.services["standard_min"]) == [12, 16]  # of 15 and of 20
    assert town.demand["people_elderly"].sum() == 250
    assert town.demand["people_adults"].sum() == 500
    assert list(town.modules["works_cost"]) == [120, 270, 90]
    assert list(town.buildings["acquisition_cost"]) == [200, 0, 0]


def test_a_grid_of_the_instance_is_read_and_named(tiny: Instance) -> None:
    grid = Grid.model_validate({"budget": "0..20 step 10", "people": [0.9, 1], "standards": 1})
    assert grid.budget == (0, 10, 20)
    base = tiny.replace(settings=tiny.settings.model_copy(update={"grids": {"wide": grid}}))
    assert base.content_hash == tiny.content_hash
    assert grid_cases(base, "wide") == grid_cases(base, grid)
    assert len(grid_cases(base, "wide")) == 6
    assert [case.name for case in grid_cases(base, Grid())] == [""]


def test_large_budgets_keep_names_of_their_own(tiny: Instance) -> None:
    cases = grid_cases(tiny, "budget=1234567|1234568")
    assert [case.name for case in cases] == ["budget=1234567", "budget=1234568"]


def test_all_that_is_wrong_with_a_line_is_said_at_once() -> None:
    with pytest.raises(InstanceError) as caught:
        parse_grid("peple=1; budget=x; standards=0; prices=1; prices=2; people=")
    assert {str(f) for f in caught.value.findings} == {
        '--grid, peple: no such key (nearest: "people")',
        '--grid, budget = "x": must be numbers, such as "5..60 step 5" or "0.9|1|1.1"',
        '--grid, standards = "0": must be > 0',
        "--grid, prices: is given twice",
        "--grid, people: must have values: budget=5..60 step 5",
    }


def test_what_is_no_grid_and_no_scenario_is_refused(tiny: Instance) -> None:
    with pytest.raises(InstanceError, match="no such grid; it has none"):
        grid_cases(tiny, "wide")
    with pytest.raises(InstanceError, match=r'no such scenario; it has half.*nearest: "half"'):
        grid_cases(tiny, "scenarios=hlaf")


def test_some_of_the_need_served_is_given_up_for_the_worst_zone(tmp_path: Path) -> None:
    """By hand: 20 buys 30 places in the north alone, or 15 there and 10 in the south.

    All 60 are served at 30 and 25; the south gets nothing at first, then the north's 15 of 40 is
    least.
    """
    base = town(
        people={"N": 40.0, "S": 20.0},
        homes={"N": {"zone_part": "north"}, "S": {"zone_part": "south"}},
        zones={"north": "part", "south": "part"},
        ways={"N": ["A"], "S": ["B"]},
        services={"care": {}},
        modules={
            "l": {"service_id": "care", "capacity": 30.0, "works_cost": 20.0},
            "m": {"service_id": "care", "capacity": 15.0, "works_cost": 10.0},
            "s": {"service_id": "care", "capacity": 10.0, "works_cost": 10.0},
        },
        buildings={"A": {"class": "north"}, "B": {"class": "south"}},
        locks=[{"building_id": "B", "module_id": "m", "status": "forbidden"}],
        budget={"total": 20.0},
    )
    cases = grid_cases(base, "give_up=0|20")
    runs = run_cases(base, Path("nowhere"), cases, Options(gap=0.0), root=tmp_path)
    rows = equity_rows(runs)
    assert rows["give_up"].tolist() == [0.0, 0.2]
    assert rows["objective"].tolist() == pytest.approx([30 / 60, 25 / 60])
    assert rows["worst_share"].tolist() == pytest.approx([0.0, 15 / 40])
    assert rows["worst_bound"].tolist() == pytest.approx([0.0, 15 / 40])


def test_without_zones_nothing_is_given_up_for_one() -> None:
    base = town(people={"N": 1.0}, ways={"N": ["A"]}, services={"care": {}}, buildings={"A": {}})
    with pytest.raises(InstanceError, match="no zones"):
        grid_cases(base, "give_up=1")


def test_need_given_up_to_walk_less_is_traced(tmp_path: Path) -> None:
    """By hand: A serves all 60 at 9 minutes; B only the 40 of N, at 2 minutes.

    Those not served count with the standard of 10: (40 x 2 + 20 x 10) / 60 with B.
    """
    base = town(
        people={"N": 40.0, "S": 20.0},
        ways={"N": {"A": 9.0, "B": 2.0}, "S": {"A": 9.0}},
        services={"care": {}},
        modules={"m": {"service_id": "care", "capacity": 60.0}},
        buildings={"A": {}, "B": {}},
        budget={"total": 10.0},
    )
    cases = grid_cases(base, "nearer=0|20|40")
    assert [case.name for case in cases] == ["nearer=0", "nearer=20", "nearer=40"]
    runs = run_cases(base, Path("nowhere"), cases, Options(gap=0.0), root=tmp_path)
    assert all(run.values["verified"] for run in runs)
    rows = nearness_rows(base, runs)
    assert rows["give_up"].tolist() == [0.0, 0.2, 0.4]
    assert rows["objective"].tolist() == pytest.approx([1.0, 1.0, 40 / 60])
    assert rows["kept"].tolist() == pytest.approx([1.0, 0.8, 0.6])
    walks = [9.0, 9.0, (40 * 2 + 20 * 10) / 60]
    assert rows["walk_min"].tolist() == pytest.approx(walks)
    assert rows["walk_bound_min"].tolist() == pytest.approx(walks)
    assert rows["served_walk_min"].tolist() == pytest.approx([9.0, 9.0, 2.0])
    assert equity_rows(runs).empty


def test_need_is_given_up_for_one_aim_at_a_time() -> None:
    base = town(people={"N": 1.0}, ways={"N": ["A"]}, services={"care": {}}, buildings={"A": {}})
    with pytest.raises(InstanceError, match="ask for one of them"):
        grid_cases(base, "give_up=1; nearer=1")


def test_nobody_walks_less_to_what_they_drive_to() -> None:
    fire = {"fire": {"kind": "reach", "mode": "drive"}}
    base = town(people={"N": 1.0}, ways={"N": ["A"]}, services=fire, buildings={"A": {}})
    with pytest.raises(InstanceError, match="people walk to no service"):
        grid_cases(base, "nearer=1")
