"""Tables of a plan against sums done by hand."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_plans import (
    TODAY,
    chosen_rows,
    results_of,
    service_rows,
    solution_of,
    tiny,
    tiny_results,
    tiny_solution,
)
from towns import town

from siting.report.balance import need_balance, share_by_point
from siting.report.projects import projects_table
from siting.report.tables import agencies_table


def test_chosen_sites_of_tiny() -> None:
    """Within 900 m of A live D1, D2 and D3; D1 and D2 are within 900 m of F1, so only the 280
    people of D3 are new to a clinic. No station is open today: A's is within 600 m of the elderly
    of D1, D2 and D3 (100 + 50 + 80), B's of D2 and D3 (50 + 80). It takes 110 of its 120.
    """
    chosen = tiny_results().chosen.set_index(["building_id", "service_id"])
    assert chosen["people_new"].to_dict() == {
        ("A", "clinic"): 280.0,
        ("A", "station"): 230.0,
        ("B", "station"): 130.0,
    }
    assert chosen["served"].tolist() == [300.0, 120.0, 110.0]
    assert chosen["utilisation"].tolist() == pytest.approx([1.0, 1.0, 110 / 120])
    assert chosen["site"].tolist() == [1, 1, 2]
    assert chosen["zone"].tolist() == ["West", "West", "East"]
    assert chosen["agency"].tolist() == ["区卫健委", "区民政局", "区民政局"]
    assert not chosen["needs_approval"].any()


def test_names_follow_the_language() -> None:
    chosen = tiny_results("zh").chosen
    assert chosen["zone"].tolist() == ["西街道", "西街道", "东街道"]
    assert chosen["service"].tolist()[0] == "社区卫生服务站"


def test_people_newly_within_the_standard_are_people_not_need() -> None:
    """Half a place per child: 40 children need 20 places, 40 people come within the standard."""
    instance = town(
        people={"D": {"child": 40.0, "old": 100.0}},
        ways={"D": ["B"]},
        services={"school": {}},
        modules={"m": {"service_id": "school", "capacity": 20.0}},
        buildings={"B": {}},
        needs=[{"service_id": "school", "group": "child", "need_per_person": 0.5}],
    )
    chosen = chosen_rows({"building_id": "B", "service_id": "school", "module_id": "m"})
    assert results_of(instance, solution_of(instance, chosen=chosen)).chosen["people_new"][0] == 40


def kept_and_closed(status: str) -> pd.DataFrame:
    """Facility F in building B may change; keep it, or give it up, and count open places."""
    instance = town(
        people={"D": 10.0},
        ways={"D": ["B", "F"]},
        services={"clinic": {}},
        modules={"m": {"service_id": "clinic", "capacity": 5.0}},
        buildings={"B": {}},
        facilities={"F": {"service_id": "clinic", "capacity": 7.0, "building_id": "B"}},
    )
    row = {"building_id": "B", "service_id": "clinic", "module_id": "keep", "status": "keep"}
    chosen = chosen_rows(*([row] if status == "keep" else []))
    return results_of(instance, solution_of(instance, chosen=chosen)).services


def test_a_kept_facility_stays_open_and_is_no_new_site() -> None:
    row = kept_and_closed("keep").iloc[0]
    assert (row["open_today"], row["open_plan"], row["sites"]) == (1, 1, 0)
    assert row["people_within_plan"] == 10


def test_a_facility_that_is_not_kept_is_closed() -> None:
    row = kept_and_closed("closed").iloc[0]
    assert (row["open_today"], row["open_plan"]) == (1, 0)
    assert (row["people_within_today"], row["people_within_plan"]) == (10, 0)


def test_services_of_tiny() -> None:
    """Clinics serve 300 and then 600 of 1,250, stations 0 and then 230 of 250 (README of tiny)."""
    services = tiny_results().services.set_index("service_id")
    assert services.loc["clinic", ["need", "served_today", "served_plan"]].tolist() == [
        1250.0,
        300.0,
        600.0,
    ]
    assert services["share_plan"].tolist() == pytest.approx([0.48, 0.92])
    # F1 is within 900 m of D1 and D2 (850 people); A adds D3 (280).
    assert services.loc["clinic", "people_within_today"] == 850
    assert services.loc["clinic", "people_within_plan"] == 1130
    assert services.loc["station", "without_plan"] == 20
    assert services["cost"].tolist() == pytest.approx([90.0, 93.33])


def test_zones_of_tiny() -> None:
    """West holds D1 and D2 (150 elderly) and A; East D3 and D4 (100 elderly) and B."""
    zones = tiny_results().zones.set_index(["zone_id", "service_id"])
    west, east = zones.loc[("west", "station")], zones.loc[("east", "station")]
    assert (west["need"], west["served_plan"], west["share_plan"]) == (150, 150, 1)
    assert (east["need"], east["served_plan"], east["without_plan"]) == (100, 80, 20)
    assert (west["sites"], west["cost"], east["sites"], east["cost"]) == (1, 63.33, 1, 30)
    assert zones.loc[("west", "clinic"), ["open_today", "open_plan"]].tolist() == [1, 2]


def test_without_zones_the_whole_area_is_listed() -> None:
    whole = tiny().settings.model_copy(update={"zone_kind": ""})
    instance = tiny().replace(zones=tiny().zones.iloc[:0], settings=whole)
    zones = results_of(instance, tiny_solution(instance), TODAY).zones
    assert zones["zone"].unique().tolist() == ["Whole area"]
    assert zones["need"].tolist() == [1250, 250]


def test_people_outside_every_zone_are_listed_last() -> None:
    instance = tiny()
    demand = instance.demand.assign(zone_sub_district=["west", None, "east", "east"])
    instance = instance.replace(demand=demand)
    zones = results_of(instance, tiny_solution(instance), TODAY).zones
    assert zones["zone_id"].unique().tolist() == ["west", "east", ""]
    assert zones.groupby("zone_id")["need"].sum().to_dict() == {
        "west": 600.0,
        "east": 500.0,
        "": 400.0,
    }


def test_agencies_add_up_to_the_capital() -> None:
    """90 for the clinic, 63.33 + 30 for the stations, and 16.67 that nobody is charged."""
    rows = agencies_table(tiny(), tiny_solution(tiny())).set_index("agency")
    assert rows["cost"].to_dict() == {
        "区卫健委": 90.0,
        "区民政局": pytest.approx(93.33),
        "not charged to an agency": 16.67,
        "Total": pytest.approx(200.0),
    }
    assert rows.loc["Total", "budget"] == 200
    assert rows.loc["Total", "sites"] == 3


def test_overload_is_the_excess_over_capacity() -> None:
    row = tiny_results().overload.iloc[0]
    assert (row["place"], row["over"], row["zone"]) == ("First clinic", 200, "West")
    assert row["ratio"] == pytest.approx(5 / 3)


def test_share_by_point_weighs_services() -> None:
    """D2 is served 300 of 350 in clinics and 50 of 50 in stations, weights 1 and 1."""
    results = tiny_results()
    shares = share_by_point(results.instance, results.balance, "plan")
    assert shares[1] == pytest.approx((300 / 350 + 1) / 2)
    assert shares[3] == 0


def test_projects_have_the_form_of_the_annex() -> None:
    projects = tiny_results("zh").projects
    assert projects["row"].tolist() == [
        "agency", "project", "agency", "project", "project", "unallocated", "total",
    ]  # fmt: skip
    assert projects["seq"].tolist() == ["一", "1", "二", "1", "2", "", ""]
    clinic = projects.iloc[1]
    assert clinic["project"] == "Old office改建社区卫生服务站项目"
    assert clinic["location"] == "西街道，Second Corner 1（图中1号）"
    assert clinic["content"] == (
        "改造建筑面积150平方米，容量300人（模块clinic_small）；其中工程费40万元、取得费50万元。"
    )
    assert clinic["benefit"] == "可服务300人，使用率100.0%；新增280人纳入15分钟服务范围。"
    assert projects["investment"].iloc[-1] == 200


def test_projects_in_english() -> None:
    projects = tiny_results("en").projects
    assert projects["project"].iloc[2] == "区民政局: subtotal of 2 projects"
    assert projects["benefit"].iloc[4] == (
        "Serves 110 people (91.7% of its capacity); brings 130 more people within 10 minutes."
    )


money = st.integers(0, 10_000).map(lambda cents: cents / 100)


@given(st.lists(st.tuples(money, st.sampled_from(["clinic", "station"])), max_size=3), money)
@settings(max_examples=8, deadline=None)
def test_subtotals_and_the_rest_add_up_to_the_total(
    sites: list[tuple[float, str]], unallocated: float
) -> None:
    """Whatever is chosen: subtotals plus what nobody is charged are the total investment."""
    instance = tiny()
    rows = [
        {"building_id": b, "service_id": s, "module_id": "station", "cost": cost}
        for b, (cost, s) in zip("ABC", sites, strict=False)
    ]
    total = sum(cost for cost, _ in sites) + unallocated
    costs = {"total": total, "unallocated": unallocated, "yearly": 0.0}
    solution = solution_of(instance, chosen=chosen_rows(*rows), cost=costs)
    results = results_of(instance, solution)
    projects = projects_table(instance, solution, results.chosen)
    by_row = projects.groupby("row")["investment"].sum()
    parts = by_row.get("agency", 0.0) + by_row.get("unallocated", 0.0)
    assert parts == pytest.approx(by_row["total"], abs=0.005)
    assert by_row.get("project", 0.0) == pytest.approx(by_row.get("agency", 0.0), abs=0.005)


@given(st.data())
@settings(max_examples=6, deadline=None)
def test_zones_and_services_count_the_same_need(data: st.DataObject) -> None:
    """Need, service and people without it are the same summed over zones or services."""
    instance = tiny()
    units = instance.units
    rows = []
    for unit in units.to_dict("records"):
        served = data.draw(st.integers(0, unit["need"])) / 1000
        if served:
            key = (unit["demand_id"], unit["group"], unit["service_id"])
            rows.append((*key, "F1", served, 1.0))
    service = service_rows(instance, rows)
    results = results_of(instance, solution_of(instance, service=service), TODAY)
    for column in ("need", "served_today", "served_plan", "without_today", "without_plan"):
        assert results.zones[column].sum() == pytest.approx(results.services[column].sum())
    balance = need_balance(instance, service_rows(instance, TODAY), service)
    parts = balance["served_plan"] + balance["unserved_plan"]
    assert parts.to_numpy() == pytest.approx(balance["need"].to_numpy())
