"""Approvals with conditions: what they cost, how long they take, how much area they leave."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from oracle import Oracle
from plans_by_hand import found
from report_plans import results_of, service_rows, solution_of
from small_towns import clinics, model_of
from towns import town

from siting import explain, plan
from siting.errors import InstanceError
from siting.explain.rule_prices import rules_in_play, without_rule
from siting.explain.trials import problem_of
from siting.instance.checking import check_instance
from siting.instance.instance import Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply, scenario_of
from siting.instance.settings import ConditionRow, Scenario, Settings
from siting.instance.writing import write_instance
from siting.model.conversions import list_conversions

TINY = Path(__file__).parents[1] / "instances" / "tiny"
EXACT = plan.Options(engine="highs", gap=0.0)
ON_A = [
    {"building_id": "A", "extra_cost": 5.0, "delay_years": 0.7, "max_area_m2": 150.0},
    {"building_id": "A", "service_id": "clinic", "extra_cost": 2.5, "delay_years": 0.3},
]


@pytest.fixture(scope="module")
def tiny() -> Instance:
    return read_instance(TINY)[0]


def asked(instance: Instance) -> dict[str, tuple[float, ...]]:
    """Works, delay and largest area of the conversions, by building and module."""
    rows = list_conversions(instance)
    names = rows["building_id"] + "/" + rows["module_id"]
    cells = rows[["works", "delay_years", "approved_area_m2"]].to_numpy(float)
    return {name: tuple(row) for name, row in zip(names, cells.tolist(), strict=True)}


def nowhere(value: float) -> bool:
    return value != value  # noqa: PLR0124


# --- the model ------------------------------------------------------------------------------------


def test_rows_for_the_building_and_for_the_service_add_up():
    """Works of 10; the nursery is asked what every use of A is, B nothing."""
    instance = clinics(
        services={"clinic": {}, "nursery": {}},
        modules={
            "c": {"service_id": "clinic", "capacity": 60.0},
            "n": {"service_id": "nursery", "capacity": 60.0},
        },
        conditions=[*ON_A, {"building_id": "A", "service_id": "nursery", "max_area_m2": 120.0}],
    )
    cells = asked(instance)
    assert cells["A/c"] == (1750, 1.0, 150.0)  # 0.7 and 0.3 years are one year, not two
    assert cells["A/n"] == (1500, 0.7, 120.0)
    assert cells["B/c"][:2] == cells["B/n"][:2] == (1000, 0.0)
    assert nowhere(cells["B/c"][2])


def test_switched_off_nothing_of_it_counts():
    cells = asked(clinics(conditions=ON_A, rules={"conditions": False}))
    assert cells["A/small"][:2] == cells["B/small"][:2] == (1000, 0.0)
    assert nowhere(cells["A/small"][2])


def test_what_is_committed_or_kept_is_asked_for_nothing():
    lock = {"building_id": "A", "service_id": "clinic", "module_id": "small", "status": "committed"}
    instance = clinics(
        conditions=[{**ON_A[0], "building_id": b, "max_area_m2": 1.0} for b in "AB"],
        facilities={"F": {"service_id": "clinic", "capacity": 10.0, "building_id": "B"}},
        locks=[lock],
    )
    rows = model_of(instance).listed
    assert set(rows["status"]) == {"new", "keep", "committed"}
    held = rows[rows["status"] != "new"]
    assert held["reason"].eq("").all()
    assert held["works"].eq(0).all()
    assert held["delay_years"].eq(0).all()
    assert rows.loc[rows["status"] == "new", "reason"].eq("not_approved").all()


@pytest.mark.parametrize(("most", "reason"), [(100.0, ""), (99.9, "not_approved")])
def test_a_module_of_just_the_area_is_admitted(most: float, reason: str):
    instance = clinics(conditions=[{"building_id": "A", "max_area_m2": most}])
    assert model_of(instance).listed["reason"].tolist() == [reason, ""]


def test_the_plan_goes_where_nothing_is_asked():
    """D1 (60) -- A, B: both serve all; B costs 10, A 17.5, and B alone can open in the first year.

    With the rule off either will do.
    """
    parts: dict[str, Any] = {"people": {"D1": 60}, "plan": {"start_year": 2026, "years": 1}}
    made = plan.solve(clinics(**parts, conditions=ON_A), EXACT)
    assert made.verification.passed
    chosen = made.solution.chosen
    assert chosen["building_id"].tolist() == ["B"]
    assert Oracle(clinics(**parts, conditions=ON_A)).best()[0] == {"served": 1.0, "money": 10.0}
    only_a = {**parts, "ways": {"D1": "A"}, "plan": {"start_year": 2026, "years": 2}}
    made = plan.solve(clinics(**only_a, conditions=ON_A), EXACT)
    assert made.verification.passed
    assert made.solution.chosen[["building_id", "works_cost", "cost"]].to_numpy().tolist() == [
        ["A", 17.5, 17.5]
    ]
    assert made.solution.cost["works"] == 17.5
    late = plan.solve(clinics(**only_a | {"plan": parts["plan"]}, conditions=ON_A), EXACT)
    assert late.solution.chosen.empty


def test_a_plan_that_leaves_the_extra_cost_out_fails_verification():
    instance = clinics(people={"D1": 60}, ways={"D1": "A"}, conditions=ON_A)
    made = plan.solve(instance.replace(conditions=instance.conditions.iloc[:0]), EXACT)
    assert (
        "score.cost[A/clinic/small]: works_cost: the plan states 10.0, the tables give 17.50 money"
    ) in found(instance, made.solution, "score.cost")


# --- explaining -----------------------------------------------------------------------------------


def test_the_rule_has_a_price_though_it_asks_for_money_alone():
    """Money for 15: A costs 10 without and 17.5 with its conditions, so 60 of 100 people."""
    instance = clinics(ways={"D1": "A"}, conditions=ON_A, budget={"total": 15.0})
    prices = explain.price_rules(instance, EXACT)
    price = {price.rule: price.price for price in prices.prices}["conditions"]
    assert price is not None
    assert (price.low, price.high) == pytest.approx((0.6, 0.6))


def test_conditions_of_what_is_out_anyway_are_idle():
    """A is too small for the module whatever else is asked there."""
    instance = clinics(buildings={"A": {"floor_area_m2": 50.0}, "B": {}}, conditions=ON_A)
    playing, idle = rules_in_play(problem_of(model_of(instance), EXACT))
    assert "conditions" in idle
    assert "fit" in playing
    assert not without_rule(instance, "conditions").rule_on("conditions")


def reason_of(**changes: Any) -> Any:
    instance = town(
        people={"D": 100.0},
        ways={"D": ["B"]},
        services={"clinic": {"name": "Clinic", "name_zh": "诊所"}},
        modules={"m": {"service_id": "clinic", "capacity": 50.0, "works_cost": 30.0}},
        buildings={"B": {}},
        **changes,
    )
    solution = solution_of(instance, service=service_rows(instance, []))
    return results_of(instance, solution).not_chosen.iloc[0]


def test_why_a_building_is_not_chosen_names_the_condition():
    limit = {"building_id": "B", "max_area_m2": 80.0, "condition": "ground floor only"}
    row = reason_of(conditions=[limit, {"building_id": "B", "service_id": "clinic"}])
    assert (row["reason"], row["module_id"]) == ("not_eligible", "m")
    assert row["text"] == (
        "Clinic (m) takes 100 m²; its approval allows at most 80 m² (ground floor only)"
    )
    assert row["text_zh"] == "诊所（m）需100平方米，附加条件限80平方米以内（ground floor only）"
    assert reason_of(conditions=[limit], rules={"conditions": False})["reason"] == "less_useful"


def test_why_a_building_is_not_chosen_counts_the_delay_and_the_cost():
    plan_years = {"start_year": 2026, "years": 2}
    wait = {"building_id": "B", "delay_years": 2.5, "condition": "after the lease"}
    row = reason_of(conditions=[wait], plan=plan_years)
    assert row["reason"] == "not_eligible"
    assert row["text"] == (
        "Clinic (m) could not open here before 2029 (approval takes 3 years) (after the lease); "
        "the plan ends with 2027"
    )
    dear = {"building_id": "B", "service_id": "clinic", "extra_cost": 12.0}
    row = reason_of(conditions=[dear], budget={"total": 41.0})
    assert row["reason"] == "not_affordable"
    assert row["text"] == "Clinic (m) costs 42 money; the whole budget is 41"


# --- scenarios ------------------------------------------------------------------------------------


def rows_of(instance: Instance) -> list[tuple[Any, ...]]:
    columns = ["building_id", "service_id", "extra_cost", "max_area_m2"]
    table = instance.conditions[columns].astype(object)
    return [tuple(r) for r in table.where(table.notna(), None).itertuples(index=False)]


def test_a_row_of_a_scenario_takes_the_place_of_the_one_about_the_same_use(tiny: Instance):
    table = pd.DataFrame(
        {
            "building_id": ["A", "A", "B"],
            "service_id": pd.Series([None, "clinic", None], dtype=object),
            "extra_cost": [5.0, 6.0, 7.0],
            "delay_years": 0.0,
            "max_area_m2": [float("nan"), 100.0, float("nan")],
            "condition": "",
            "source": "",
        }
    )
    base = tiny.replace(conditions=table)
    said = (ConditionRow(building_id="A", extra_cost=1), ConditionRow(building_id="C"))
    changed = apply(base, Scenario(conditions=said), name="s")
    assert rows_of(changed) == [
        ("A", "clinic", 6.0, 100.0),
        ("B", None, 7.0, None),
        ("A", None, 1.0, None),
        ("C", None, 0.0, None),
    ]
    assert rows_of(base)[0] == ("A", None, 5.0, None)
    assert apply(base, Scenario(), name="s").content_hash == base.content_hash
    assert len({tiny.content_hash, base.content_hash, changed.content_hash}) == 3


def test_conditions_are_inherited_and_replaced_by_use(tiny: Instance):
    scenarios = {
        "first": {
            "conditions": [
                {"building_id": "A", "extra_cost": 3, "max_area_m2": 90},
                {"building_id": "B", "service_id": "clinic", "delay_years": 1},
            ]
        },
        "then": {"inherits": "first", "conditions": [{"building_id": "A", "condition": "ramp"}]},
    }
    stated = tiny.settings.model_dump(exclude={"scenarios"}, exclude_unset=True)
    instance = tiny.replace(settings=Settings.model_validate({**stated, "scenarios": scenarios}))
    then = apply(instance, scenario_of(instance, "then"), name="then")
    assert then.overrides["conditions"] == [
        {"building_id": "B", "service_id": "clinic", "delay_years": 1.0},
        {"building_id": "A", "condition": "ramp"},
    ]
    again = apply(tiny, Scenario.model_validate(then.overrides), name="then")
    assert again.content_hash == then.content_hash


def test_a_factor_on_works_leaves_the_stated_extra_cost(tiny: Instance):
    scenario = Scenario.model_validate(
        {
            "price_factors": {"works": 1.5, "equipment": 9},
            "conditions": [{"building_id": "A", "extra_cost": 4}],
        }
    )
    assert rows_of(apply(tiny, scenario)) == [("A", None, 4.0, None)]


def test_unknown_names_are_findings_with_the_nearest(tiny: Instance):
    said = (ConditionRow(building_id="Z", service_id="cliinc"),)
    with pytest.raises(InstanceError) as caught:
        apply(tiny, Scenario(conditions=said), name="s")
    assert [str(f) for f in caught.value.findings] == [
        'instance.toml, scenarios.s.conditions = "Z": no such building',
        'instance.toml, scenarios.s.conditions = "cliinc": no such service (nearest: "clinic")',
    ]


# --- reading and checking -------------------------------------------------------------------------


def findings_of(folder: Path, csv: str = "", toml: str = "") -> list[str]:
    """What is said of the tiny town with such a table and such settings."""
    shutil.copytree(TINY, folder)
    if csv:
        (folder / "conditions.csv").write_text(csv, encoding="utf-8")
    with (folder / "instance.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{toml}\n")
    return [str(f) for f in check_instance(folder)]


def test_a_table_of_chinese_headers_is_read_and_written(tmp_path: Path, tiny: Instance):
    csv = "建筑编号,服务编号,附加费用,延迟年数,面积上限,条件,来源\nA,clinic,12.5,1,,首层,规划局\n"
    assert findings_of(tmp_path / "town", csv) == []
    read = read_instance(tmp_path / "town")[0]
    assert rows_of(read) == [("A", "clinic", 12.5, None)]
    assert read.conditions["condition"].tolist() == ["首层"]
    again = read_instance(write_instance(read, tmp_path / "again"))[0]
    assert again.content_hash == read.content_hash != tiny.content_hash


def test_bad_values_and_names_are_told(tmp_path: Path):
    csv = (
        "building_id,service_id,extra_cost,delay_years,max_area_m2\n"
        "A,,-1,-0.5,0\nA,,1,,\n,clinic,1,,\nAA,cliinc,,,\n"
    )
    assert set(findings_of(tmp_path / "town", csv)) == {
        "conditions.csv row 2, extra_cost = -1: must be >= 0",
        "conditions.csv row 2, delay_years = -0.5: must be >= 0",
        "conditions.csv row 2, max_area_m2 = 0: must be > 0",
        'conditions.csv row 3, building_id, service_id = "A": must be unique (also in row 2)',
        "conditions.csv row 4, building_id: must be filled",
        'conditions.csv row 5, building_id = "AA": no such building (nearest: "A")',
        'conditions.csv row 5, service_id = "cliinc": no such service (nearest: "clinic")',
    }


def test_what_a_scenario_gets_wrong_is_told_on_reading(tmp_path: Path):
    toml = """
        [scenarios.s]
        conditions = [
            { building_id = "A" }, { building_id = "A" },
            { building_id = "Z", service_id = "statoin" },
        ]
    """
    where = "instance.toml, scenarios.s.conditions"
    assert set(findings_of(tmp_path / "town", toml=toml)) == {
        f'{where}.1."building_id, service_id" = "A": must be unique (also in row 0)',
        f'{where}.2.building_id = "Z": no such building',
        f'{where}.2.service_id = "statoin": no such service (nearest: "station")',
    }
    toml = '[scenarios.s]\nconditions = [{ building_id = "A", max_area_m2 = 0, cost = 1 }]'
    assert set(findings_of(tmp_path / "other", toml=toml)) == {
        f"{where}.0.max_area_m2 = 0: must be > 0",
        f'{where}.0.cost: no such key (nearest: "extra_cost")',
    }


def test_conditions_on_a_use_that_is_not_allowed_are_a_warning(tmp_path: Path):
    """Shops may not become clinics here, courts nothing."""
    folder = Path(shutil.copytree(TINY, tmp_path / "town"))
    (folder / "eligibility.csv").write_text(
        "class,service_id,status\nvacated_office,clinic,allowed\nvacated_office,station,allowed\n"
        "shop,station,allowed\nshop,clinic,forbidden\n",
        encoding="utf-8",
    )
    (folder / "conditions.csv").write_text(
        "building_id,service_id,extra_cost\nA,clinic,1\nB,clinic,1\nC,,2\n", encoding="utf-8"
    )
    with (folder / "instance.toml").open("a", encoding="utf-8") as file:
        file.write('\n[scenarios.s]\nconditions = [{ building_id = "C", service_id = "clinic" }]\n')
    told = check_instance(folder)
    assert {f.severity for f in told} == {"warning"}
    rest = 'its class may not become "clinic" (the condition says nothing)'
    assert [str(f) for f in told] == [
        f'conditions.csv row 3, building_id = "B": {rest}',
        f'instance.toml, scenarios.s.conditions.0.building_id = "C": {rest}',
    ]
