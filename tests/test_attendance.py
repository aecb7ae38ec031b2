"""Attendance areas and what follows from a plan, in towns small enough to see through."""

import numpy as np
import pandas as pd
import pytest
from towns import town

from siting import plan
from siting.instance.instance import Instance


def schools(people: dict[str, float], capacity: dict[str, float], **changes: object) -> Instance:
    """Points P1, P2 ... in communities c1, c2 ... of district S; all reach every school."""
    homes = {p: {"zone_district": "S", "zone_community": f"c{p[1:]}"} for p in people}
    zones = {"S": "district"} | {f"c{p[1:]}": "community" for p in people}
    given = {
        "people": people,
        "homes": homes,
        "zones": zones,
        "ways": {p: list(capacity) for p in people},
        "services": {"school": {"own_zone_kind": "district"}},
        "facilities": {
            f: {"service_id": "school", "capacity": c, "zone_district": "S"}
            for f, c in capacity.items()
        },
        **changes,
    }
    return town(**given)  # type: ignore[arg-type]


def areas_of(instance: Instance) -> pd.DataFrame:
    made = plan.solve(instance, plan.Options(gap=0))
    return made.afterwards.attendance.set_index("area")


def test_whole_communities_fit_with_five_percent_over() -> None:
    """63 and 42 children, schools of 60 and 40: each may hold 5 % more."""
    areas = areas_of(schools({"P1": 63.0, "P2": 42.0}, {"F": 60.0, "G": 40.0}))
    assert areas.loc["c1", ["place_id", "pupils"]].tolist() == ["F", 63.0]
    assert areas.loc["c2", ["place_id", "pupils"]].tolist() == ["G", 42.0]
    assert (areas["reason"] == "").all()
    assert areas["gap"].tolist() == [0, 0]


def test_a_community_goes_to_two_schools_at_most() -> None:
    """90 children and three schools of 40: two hold 84, so it is too large; 80 would fit."""
    large = areas_of(schools({"P1": 90.0}, {"F": 40.0, "G": 40.0, "H": 40.0}))
    assert large["reason"].tolist() == ["too_large"]
    fits = areas_of(schools({"P1": 80.0}, {"F": 40.0, "G": 40.0, "H": 40.0}))
    assert len(fits) == 2
    assert fits["pupils"].sum() == pytest.approx(80)
    assert (fits["load"] <= 42 + 1e-6).all()


def test_the_most_children_are_assigned_and_the_rest_said_to_have_no_room() -> None:
    """One school of 50: it takes the community of 50, not that of 30."""
    areas = areas_of(schools({"P1": 30.0, "P2": 50.0}, {"F": 50.0}))
    assert areas["reason"].to_dict() == {"c1": "no_room", "c2": ""}


def test_schools_of_another_district_and_beyond_reach() -> None:
    homes = {
        "P1": {"zone_district": "T", "zone_community": "c1"},
        "P2": {"zone_district": "S", "zone_community": "c2"},
    }
    instance = schools(
        {"P1": 10.0, "P2": 10.0},
        {"F": 50.0},
        homes=homes,
        zones={"S": "district", "T": "district", "c1": "community", "c2": "community"},
        ways={"P1": ["F"], "P2": {"F": 30.0}},
    )
    assert areas_of(instance)["reason"].to_dict() == {"c1": "other_zone", "c2": "not_in_reach"}


def test_only_services_with_a_zone_of_their_own_have_areas() -> None:
    services = {"school": {"own_zone_kind": None}}
    made = plan.solve(schools({"P1": 10.0}, {"F": 20.0}, services=services), plan.Options(gap=0))
    assert made.afterwards.attendance.empty


def test_value_by_year_and_unused_capacity() -> None:
    """A school of 60 for 100, 50 and then 30 children; two years are planned, one is looked at."""
    instance = schools(
        {"P1": 100.0},
        {"F": 60.0},
        plan={"start_year": 2021, "years": 2, "yearly": True, "outlook_years": 1},
        population=[{"year": 2022, "factor": 0.5}, {"year": 2023, "factor": 0.3}],
    )
    after = plan.solve(instance, plan.Options(gap=0)).afterwards
    assert after.years["value"].tolist() == pytest.approx([0.6, 1.0])
    assert after.years["today"].tolist() == pytest.approx([0.6, 1.0])
    assert after.outlook["year"].tolist() == [2022, 2023]
    assert after.outlook["unused"].tolist() == [10, 30]
    assert not np.isnan(after.outlook["capacity"]).any()
