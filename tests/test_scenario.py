"""Scenarios override what they name, leak nowhere else, and name every word they got wrong."""

import shutil
from pathlib import Path

import pytest

from siting import plan
from siting.errors import InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply, scenario_of
from siting.instance.settings import Lock, PriceFactors, PriorityRow, Scenario, Settings
from siting.instance.writing import write_instance

TINY = Path(__file__).parents[1] / "instances" / "tiny"


@pytest.fixture(scope="module")
def tiny() -> Instance:
    return read_instance(TINY)[0]


def test_a_scenario_changes_only_what_it_names(tiny: Instance) -> None:
    half = apply(tiny, scenario_of(tiny, "half"), name="half")
    assert half.settings.budget.total == 100
    assert half.scenario == "half"
    assert half.overrides == {"title": "Half the budget", "title_zh": "一半预算", "budget": 100.0}
    assert half.base_hash == tiny.content_hash != half.content_hash
    for name in ("demand", "modules", "buildings"):
        assert half.tables[name].equals(tiny.tables[name])


def test_no_scenario_is_the_instance_itself(tiny: Instance) -> None:
    same = apply(tiny, scenario_of(tiny))
    assert same.content_hash == tiny.content_hash


def test_every_override_arrives(tiny: Instance) -> None:
    scenario = Scenario(
        budget=1,
        yearly_cost=2,
        agency_budgets={"区民政局": 3},
        people_factors={"elderly": 2, "all": 0.5},
        standards_min={"clinic": 7},
        weights={"station": 4},
        rules={"yard": False},
        locks=(Lock(building_id="B", status="required"),),
    )
    town = apply(tiny, scenario, name="all of it")
    assert (town.settings.budget.total, town.settings.budget.yearly_cost) == (1, 2)
    assert town.settings.budget.agencies == {"区民政局": 3}
    assert list(town.demand["people_elderly"]) == [200, 100, 160, 40]
    assert list(town.demand["people_adults"]) == [200, 150, 100, 50]
    assert list(town.services["standard_min"]) == [7, 10]
    assert list(town.services["weight"]) == [1, 4]
    assert not town.rule_on("yard")
    assert town.rule_on("budget")
    assert list(town.locks["building_id"]) == ["B"]


def test_every_wrong_word_is_named_at_once(tiny: Instance) -> None:
    scenario = Scenario(
        agency_budgets={"区民政": 3},
        people_factors={"elderli": 2},
        standards_min={"cliinc": 7},
        rules={"capacity": False, "yrad": False},
        ranks={"sttion": 1},
        zone_budgets={"nrth": 1},
        fund_amounts={"lottery": 1},
        priorities=(PriorityRow(group="elderli", zone_id="nrth", factor=2),),
        locks=(Lock(building_id="Z", service_id="statoin", status="required"),),
    )
    with pytest.raises(InstanceError) as caught:
        apply(tiny, scenario, name="s")
    where = "instance.toml, scenarios.s."
    assert {str(f) for f in caught.value.findings} == {
        f'{where}standards_min = "cliinc": no such service (nearest: "clinic")',
        f'{where}people_factors = "elderli": no such group (nearest: "elderly")',
        f'{where}agency_budgets = "区民政": no such agency (nearest: "区民政局")',
        f'{where}rules = "capacity": no such rule that can be switched',
        f'{where}rules = "yrad": no such rule that can be switched (nearest: "yard")',
        f'{where}ranks = "sttion": no such service (nearest: "station")',
        f'{where}zone_budgets = "nrth": no such zone',
        f'{where}fund_amounts = "lottery": no such fund',
        f'{where}priorities = "elderli": no such group (nearest: "elderly")',
        f'{where}priorities = "nrth": no such zone',
        f'{where}locks = "Z": no such building',
        f'{where}locks = "statoin": no such service (nearest: "station")',
    }


def test_an_unknown_scenario_is_named_with_the_nearest(tiny: Instance) -> None:
    with pytest.raises(InstanceError) as caught:
        scenario_of(tiny, "hlaf")
    assert str(caught.value.findings[0]) == (
        'instance.toml, scenarios = "hlaf": no such scenario; it has half, care_first '
        '(nearest: "half")'
    )


@pytest.mark.parametrize("budget", [-1.0, float("nan")])
def test_a_budget_must_be_an_amount(tiny: Instance, budget: float) -> None:
    with pytest.raises(InstanceError, match="must be a number of at least 0"):
        scenario_of(tiny, budget=budget)


def test_yearly_slices_keep_their_part_of_another_total(tiny: Instance) -> None:
    """60 and 40 of 100 become 120 and 80 of 200; a slice that is named is what it says."""
    budget = tiny.settings.budget.model_copy(
        update={"total": 100.0, "years": {2021: 60.0, 2022: 40.0}}
    )
    base = tiny.replace(settings=tiny.settings.model_copy(update={"budget": budget}))
    more = apply(base, Scenario(budget=200), name="s").settings.budget
    assert more.years == {2021: 120.0, 2022: 80.0}
    named = apply(base, Scenario(budget=200, year_budgets={2022: 5}), name="s").settings.budget
    assert named.years == {2021: 120.0, 2022: 5.0}


def test_sections_change_by_key(tiny: Instance) -> None:
    """What a scenario says of the plan and the objective leaves the other keys alone."""
    scenario = Scenario.model_validate(
        {
            "plan": {"yearly": True},
            "objective": {"blank_factor": 2},
            "ranks": {"station": 4},
            "priorities": [{"service_id": "clinic", "factor": 3}],
        }
    )
    applied = apply(tiny, scenario, name="s")
    plan = applied.settings.plan
    assert (plan.yearly, plan.start_year) == (True, tiny.settings.plan.start_year)
    assert applied.settings.objective.blank_factor == 2
    assert applied.services.set_index("service_id")["rank"]["station"] == 4
    row = applied.priorities.iloc[0]
    assert (row["service_id"], row["group"], row["factor"]) == ("clinic", None, 3.0)
    assert applied.overrides["plan"] == {"yearly": True}


def with_scenarios(base: Instance, scenarios: dict[str, object]) -> Instance:
    settings = base.settings.model_dump(exclude={"scenarios"}, exclude_unset=True)
    return base.replace(settings=Settings.model_validate({**settings, "scenarios": scenarios}))


def test_a_scenario_has_what_it_inherits_and_the_last_word(tiny: Instance) -> None:
    """Tables by name merge, values are replaced, rows are appended; titles are one's own."""
    town = with_scenarios(
        tiny,
        {
            "poor": {
                "title": "Little money",
                "budget": 50,
                "weights": {"clinic": 2, "station": 3},
                "plan": {"years": 4, "start_year": 2022},
                "price_factors": {"works": 1.2, "rent": 1.5},
                "locks": [
                    {"building_id": "A", "status": "forbidden"},
                    {"building_id": "B", "status": "forbidden"},
                ],
            },
            "old": {"people_factors": {"elderly": 1.5}, "budget": 70},
            "both": {
                "inherits": ["poor", "old"],
                "weights": {"station": 5},
                "plan": {"years": 3},
                "price_factors": {"works": 1},
                "locks": [{"building_id": "B", "status": "required"}],
            },
        },
    )
    both = apply(town, scenario_of(town, "both"), name="both")
    assert both.settings.budget.total == 70  # of the later parent
    assert list(both.services["weight"]) == [2, 5]
    assert (both.settings.plan.years, both.settings.plan.start_year) == (3, 2022)
    assert list(both.demand["people_elderly"]) == [150, 75, 120, 30]
    assert list(both.modules["works_cost"]) == list(tiny.modules["works_cost"])
    # B is required instead of forbidden, for a row about the same takes the place of the parent's.
    assert list(both.locks["building_id"] + "=" + both.locks["status"]) == [
        "A=forbidden",
        "B=required",
    ]
    # Stored in full, so that nobody has to look up what a parent said then.
    assert both.overrides == {
        "budget": 70.0,
        "plan": {"start_year": 2022, "years": 3},
        "people_factors": {"elderly": 1.5},
        "price_factors": {"works": 1.0, "rent": 1.5},
        "weights": {"clinic": 2.0, "station": 5.0},
        "locks": [
            {"building_id": "A", "status": "forbidden"},
            {"building_id": "B", "status": "required"},
        ],
    }
    again = apply(tiny, Scenario.model_validate(both.overrides), name="both")
    assert again.content_hash == both.content_hash


def test_what_is_inherited_from_nowhere_or_itself_is_refused(tiny: Instance) -> None:
    town = with_scenarios(
        tiny,
        {
            "half": {"budget": 100},
            "lost": {"inherits": "hlaf"},
            "a": {"inherits": "b"},
            "b": {"inherits": ["half", "c"]},
            "c": {"inherits": "a"},
        },
    )
    assert scenario_of(town, "half").budget == 100
    with pytest.raises(InstanceError) as caught:
        scenario_of(town, "lost")
    assert [str(f) for f in caught.value.findings] == [
        'instance.toml, scenarios.lost.inherits = "hlaf": no such scenario (nearest: "half")'
    ]
    with pytest.raises(InstanceError, match="inherits from itself: c -> a -> b -> c"):
        scenario_of(town, "c")
    with pytest.raises(InstanceError, match="inherits from itself: x -> x"):
        apply(town, Scenario(inherits=("x",)), name="x")


def test_what_is_wrong_with_a_family_is_said_on_reading(tmp_path: Path) -> None:
    """Every finding once, where it is said and not where it is inherited."""
    folder = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    with (folder / "instance.toml").open("a", encoding="utf-8") as file:
        file.write(
            """
            [scenarios.poor]
            zone_people_factors = { nrth = 0.9 }
            need_factors = { cliinc = 1 }
            available_from_year = { AA = 2024 }
            unavailable = ["Z"]
            [scenarios.child]
            inherits = "poor"
            [scenarios.orphan]
            inherits = ["pool"]
            [scenarios.ring]
            inherits = "round"
            [scenarios.round]
            inherits = "ring"
            [scenarios.base]
            budget = 1
            [grids.g]
            scenarios = ["base", "hlaf"]
            """
        )
    with pytest.raises(InstanceError) as caught:
        read_instance(folder)
    where = "instance.toml, "
    poor = f"{where}scenarios.poor."
    assert {str(f) for f in caught.value.findings} == {
        f'{poor}zone_people_factors = "nrth": no such zone',
        f'{poor}need_factors = "cliinc": no such service (nearest: "clinic")',
        f'{poor}available_from_year = "AA": no such building (nearest: "A")',
        f'{poor}unavailable = "Z": no such building',
        f'{where}scenarios.orphan.inherits = "pool": no such scenario (nearest: "poor")',
        f'{where}scenarios.ring.inherits = "round": inherits from itself: ring -> round -> ring',
        f"{where}scenarios.base: stands for the instance as it is; no scenario may be named so",
        f'{where}grids.g.scenarios = "hlaf": no such scenario (nearest: "half")',
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bugdet = 3", 'scenarios.s.bugdet: no such key (nearest: "budget")'),
        ("price_factors = { wroks = 2 }", 'price_factors.wroks: no such key (nearest: "works")'),
        ("price_factors = { works = -1 }", "price_factors.works = -1: must be >= 0"),
        ("inherits = 3", "inherits = 3: must be a list"),
        ("available_from_year = { A = 24 }", "available_from_year.A = 24: must be >= 1900"),
    ],
)
def test_a_key_that_is_wrong_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    folder = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    with (folder / "instance.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[scenarios.s]\n{text}\n")
    with pytest.raises(InstanceError) as caught:
        read_instance(folder)
    assert [said in str(f) for f in caught.value.findings] == [True]


def test_a_family_is_written_and_read_again(tiny: Instance, tmp_path: Path) -> None:
    """A factor of 1 is written too: it stands against the parent's."""
    town = with_scenarios(
        tiny,
        {
            "dear": {"price_factors": {"works": 1.2}},
            "usual": {"inherits": "dear", "price_factors": {"works": 1}, "unavailable": ["A"]},
        },
    )
    again, _ = read_instance(write_instance(town, tmp_path / "tiny"))
    assert again.settings.scenarios == town.settings.scenarios
    for one in (town, again):
        assert apply(one, scenario_of(one, "usual")).overrides == {
            "price_factors": {"works": 1.0},
            "unavailable": ["A"],
        }


def test_prices_change_by_kind(tiny: Instance) -> None:
    base = tiny.replace(
        buildings=tiny.buildings.assign(yearly_rent_per_m2=0.5),
        modules=tiny.modules.assign(equipment_cost=7.0),
        eligibility=tiny.eligibility.assign(extra_works_per_m2=0.1),
    )
    factors = {"works": 2, "equipment": 3, "acquisition": 0.5, "rent": 4, "running": 1.1}
    dear = apply(base, Scenario.model_validate({"price_factors": factors}))
    assert list(dear.modules["works_cost"]) == [80, 180, 60]
    assert set(dear.modules["equipment_cost"]) == {21}
    assert list(dear.modules["yearly_cost"]) == pytest.approx([22, 38.5, 11])
    assert set(dear.eligibility["extra_works_per_m2"]) == {0.2}
    assert list(dear.buildings["acquisition_cost"]) == [50, 0, 0]
    assert set(dear.buildings["yearly_rent_per_m2"]) == {2.0}
    assert apply(base, Scenario(price_factors=PriceFactors())).content_hash == base.content_hash


def test_people_change_by_zone_and_group(tiny: Instance) -> None:
    scenario = Scenario(people_factors={"elderly": 2}, zone_people_factors={"east": 0.5})
    town = apply(tiny, scenario)
    assert list(town.demand["people_adults"]) == [400, 300, 100, 50]
    assert list(town.demand["people_elderly"]) == [200, 100, 80, 20]


def test_a_published_total_follows_the_people(tiny: Instance) -> None:
    """250 elderly make a published need of 500 stations' visits; half of them make 250."""
    services = tiny.services.assign(published_need=[float("nan"), 500.0])
    base = tiny.replace(services=services)
    assert base.base_need["station"] == 500_000
    half = apply(base, Scenario(people_factors={"elderly": 0.5}))
    assert half.base_need == {"clinic": 1_125_000, "station": 250_000}
    more = apply(base, Scenario(need_factors={"station": 1.2, "clinic": 2}))
    assert more.base_need == {"clinic": 2_500_000, "station": 600_000}


def test_buildings_come_later_or_not_at_all(tiny: Instance) -> None:
    """Of 2021 to 2025, A is there from 2027 on and B not at all; C alone is left."""
    scenario = Scenario(available_from_year={"A": 2027}, unavailable=("B",))
    town = apply(tiny, scenario)
    assert town.buildings.set_index("building_id")["available_from_year"]["A"] == 2027
    chosen = plan.solve(town, plan.Options(gap=0)).solution.chosen
    assert set(chosen["building_id"]) == {"C"}


def test_a_year_that_no_rule_reads_is_told(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    with (folder / "instance.toml").open("a", encoding="utf-8") as file:
        file.write(
            "[scenarios.unread]\nrules = { availability = false }\n"
            "[scenarios.late]\ninherits = 'unread'\navailable_from_year = { A = 2023 }\n"
            "[scenarios.read]\navailable_from_year = { A = 2023 }\n"
        )
    told = [f for f in read_instance(folder)[1] if "available_from_year" in f.column]
    assert [(f.severity, f.column) for f in told] == [
        ("warning", "scenarios.late.available_from_year")
    ]
    assert told[0].rule == "is not read: the rule availability is off"
