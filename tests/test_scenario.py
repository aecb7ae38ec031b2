"""Scenarios override what they name, leak nowhere else, and name every word they got wrong."""

from pathlib import Path

import pytest

from siting.errors import InstanceError
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply, scenario_of
from siting.instance.settings import Lock, PriorityRow, Scenario

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
