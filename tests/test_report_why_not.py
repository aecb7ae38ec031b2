"""Why a building was not chosen: one town per reason, then which reason wins."""

from typing import Any

import pandas as pd
import pytest
from report_plans import TODAY, chosen_rows, results_of, service_rows, solution_of, tiny
from report_plans import tiny_solution as best_of_tiny
from towns import town

from siting.instance.instance import Instance

# One point D with 100 people who need a clinic; building B reaches it.
CLINIC = {"m": {"service_id": "clinic", "capacity": 50.0, "works_cost": 30.0}}


def one_building(building: dict[str, Any], **changes: Any) -> Instance:
    given: dict[str, Any] = {
        "people": {"D": 100.0},
        "ways": {"D": ["B"]},
        "services": {"clinic": {"name": "Clinic", "name_zh": "诊所"}},
        "modules": CLINIC,
        "buildings": {"B": building},
        **changes,
    }
    return town(**given)


def reason_of(instance: Instance, served: list[tuple[Any, ...]] | None = None, **plan: Any) -> Any:
    service = service_rows(instance, served or [])
    solution = solution_of(instance, service=service, **plan)
    return results_of(instance, solution).not_chosen.iloc[0]


def test_forbidden_names_its_source() -> None:
    lock = {"building_id": "B", "status": "forbidden", "source": "heritage office"}
    row = reason_of(one_building({}, locks=[lock]))
    assert row["reason"] == "forbidden"
    assert row["text"] == "a lock forbids it (heritage office)"
    assert row["text_zh"] == "锁定为禁止（heritage office）"


def test_a_class_that_may_become_nothing() -> None:
    row = reason_of(one_building({"class": "bunker"}, eligibility=[]))
    assert row["reason"] == "not_eligible"
    assert row["text"] == "its class (bunker) may become none of the services"


@pytest.mark.parametrize(
    ("field", "has", "comparison", "value", "text", "text_zh"),
    [
        ("floors", 1.0, "at_least", "2", "at least 2; here it is 1", "地上层数不小于2，该建筑为1"),
        (
            "fire_grade",
            4.0,
            "at_most",
            "3",
            "at most 3; here it is 4",
            "耐火等级不大于3，该建筑为4",
        ),
        ("lift", False, "equals", "true", "equal to yes; here it is no", "电梯等于是，该建筑为否"),
        (
            "owner_consent",
            "refused",
            "differs",
            "refused",
            "not to be refused, as it is here",
            "产权方意见不为拒绝，该建筑为拒绝",
        ),
        (
            "land_use",
            "shop",
            "one_of",
            "school|park",
            "one of school or park; here it is shop",
            "土地用途属于school或park，该建筑为shop",
        ),
    ],
)
def test_a_condition_that_fails(  # noqa: PLR0917
    field: str, has: Any, comparison: str, value: str, text: str, text_zh: str
) -> None:
    rule = {"service_id": "clinic", "field": field, "comparison": comparison, "value": value}
    row = reason_of(one_building({field: has}, suitability=[rule]))
    assert row["reason"] == "not_eligible"
    assert row["text"] == f"Clinic needs {field.replace('_', ' ')} {text}"
    assert row["text_zh"] == f"诊所要求{text_zh}"


def test_an_unknown_fact_passes() -> None:
    rule = {"service_id": "clinic", "field": "floors", "comparison": "at_least", "value": "2"}
    assert reason_of(one_building({}, suitability=[rule]))["reason"] == "less_useful"


def test_an_own_entrance_that_is_denied() -> None:
    modules = {"m": {**CLINIC["m"], "own_entrance": True}}
    row = reason_of(one_building({"independent_access": False}, modules=modules))
    assert row["text"] == "Clinic needs independent access equal to yes; here it is no"


@pytest.mark.parametrize(
    ("building", "module", "missing"),
    [
        ({"floor_area_m2": 80.0}, {}, "needs 100 m² of floor area; 20 m² are missing"),
        ({"yard_m2": 5.0}, {"yard_m2": 12.0}, "needs 12 m² of yard; 7 m² are missing"),
        # Four floors of 40: two of them hold 80.
        (
            {"floor_area_m2": 160.0, "floors": 4.0},
            {"max_floor": 2.0},
            "needs 100 m² of floor area; 20 m² are missing",
        ),
        # 60 below ground count for nothing above it: 90 remain on two floors.
        (
            {"floor_area_m2": 150.0, "basement_area_m2": 60.0, "floors": 2.0},
            {"max_floor": 2.0},
            "needs 100 m² of floor area; 10 m² are missing",
        ),
        # A ground floor of 70 and one of the three floors that share 60: 90.
        (
            {"floor_area_m2": 130.0, "ground_area_m2": 70.0, "floors": 4.0},
            {"max_floor": 2.0},
            "needs 100 m² of floor area; 10 m² are missing",
        ),
    ],
)
def test_too_small(building: dict[str, Any], module: dict[str, Any], missing: str) -> None:
    row = reason_of(one_building(building, modules={"m": {**CLINIC["m"], **module}}))
    assert row["reason"] == "too_small"
    assert row["text"] == f"Clinic (m) {missing}"


def test_nobody_in_reach() -> None:
    row = reason_of(one_building({}, ways={"D": {"B": 10.01}}))
    assert row["reason"] == "nobody_in_reach"
    assert row["text"] == "nobody who needs Clinic lives within 10 minutes"


def test_already_served() -> None:
    facility = {"F": {"service_id": "clinic", "capacity": 100.0}}
    instance = one_building({}, ways={"D": ["B", "F"]}, facilities=facility)
    row = reason_of(instance, [("D", "all", "clinic", "F", 100.0, 5.0)])
    assert row["reason"] == "already_served"


@pytest.mark.parametrize(
    ("budget", "name", "most"),
    [
        ({"total": 49.0}, "the whole budget", 49),
        ({"agencies": {"Health": 39.0}}, "the whole budget of Health", 39),
        ({"yearly_cost": 2.0}, "the whole yearly limit", 2),
    ],
)
def test_not_affordable(budget: dict[str, Any], name: str, most: int) -> None:
    """Works 30 and a building of 20 cost 50; the module takes half of it, so Health pays 40."""
    modules = {"m": {**CLINIC["m"], "floor_area_m2": 500.0, "yearly_cost": 3.0}}
    services = {"clinic": {"name": "Clinic", "name_zh": "诊所", "agency": "Health"}}
    instance = one_building(
        {"acquisition_cost": 20.0}, modules=modules, services=services, budget=budget
    )
    costs = {"total": 0.0, "yearly": 0.0}
    row = reason_of(instance, cost=costs)
    assert row["reason"] == "not_affordable"
    price = {"the whole budget": 50, "the whole budget of Health": 40}.get(name, 3)
    assert row["text"] == f"Clinic (m) costs {price} money; {name} is {most}"


def test_a_price_equal_to_the_budget_is_affordable() -> None:
    assert reason_of(one_building({}, budget={"total": 30.0}))["reason"] == "less_useful"


def test_less_useful_says_what_it_would_bring() -> None:
    """C of tiny could serve the 20 elderly of D4 for 30, or 120 people in a clinic; nothing of the
    200 is left. 20 of 250 for 30 is worth more than 120 of 1,250 for 40.
    """
    instance = tiny()
    row = results_of(instance, best_of_tiny(instance), TODAY).not_chosen.iloc[0]
    assert (row["building_id"], row["reason"], row["service_id"]) == ("C", "less_useful", "station")
    assert row["text"] == (
        "Elderly care station (station) could serve at most 20 more people for 30 万元: "
        "more than is left of the budget, which does more elsewhere"
    )


def test_a_plan_that_left_money_says_so() -> None:
    row = reason_of(one_building({}, budget={"total": 100.0}))
    assert row["text"].endswith("what is left would pay for it, so it lies within the plan's gap")


def test_given_up_for_its_worth() -> None:
    given_up = pd.DataFrame([{"building_id": "B", "service_id": "clinic", "module_id": "m"}])
    row = reason_of(one_building({}), given_up=given_up)
    assert row["text"].endswith("more than the worth set for what it would serve")


def test_the_most_hopeful_conversion_speaks_for_the_building() -> None:
    """The large clinic does not fit, the small one could be paid: less useful, not too small."""
    modules = {**CLINIC, "large": {"service_id": "clinic", "capacity": 90.0, "floor_area_m2": 5e3}}
    row = reason_of(one_building({}, modules=modules))
    assert (row["reason"], row["module_id"]) == ("less_useful", "m")


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("forbidden", {"locks": [{"building_id": "B", "status": "forbidden"}]}),
        ("eligibility", {"eligibility": []}),
        ("fit", {"buildings": {"B": {"floor_area_m2": 1.0}}}),
        ("budget", {"budget": {"total": 1.0}}),
    ],
)
def test_a_rule_that_is_off_is_no_reason(rule: str, changes: dict[str, Any]) -> None:
    on = one_building({}, **changes)
    off = one_building({}, **changes, rules={rule: False})
    assert reason_of(on)["reason"] != "less_useful"
    assert reason_of(off)["reason"] == "less_useful"


def test_a_used_building_is_not_listed() -> None:
    instance = one_building({})
    chosen = chosen_rows({"building_id": "B", "service_id": "clinic", "module_id": "m"})
    results = results_of(instance, solution_of(instance, chosen=chosen))
    assert results.not_chosen.empty


def test_a_facility_that_is_given_up() -> None:
    facility = {"F": {"service_id": "clinic", "capacity": 9.0, "building_id": "B"}}
    row = reason_of(one_building({}, facilities=facility, ways={"D": ["B", "F"]}))
    assert row["text"] == "closing Clinic here serves as much or more"
