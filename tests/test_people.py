"""People by year: stated factors, and cohorts that age."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from towns import town

from siting.instance.instance import Instance
from siting.instance.people import people_factors


def growing(**changes: Any) -> Instance:
    """D1 in the north and D2 in the south, 10 pupils of 6 to 7 and 10 others each, from 2021 on."""
    people = {d: {"6_7": 10.0, "adults": 10.0} for d in ("D1", "D2")}
    parts: dict[str, Any] = {
        "people": people,
        "ways": {"D1": "A", "D2": "A"},
        "services": {"school": {}},
        "modules": {"m": {"service_id": "school", "capacity": 60.0}},
        "buildings": {"A": {}},
        "zones": {"north": "part", "south": "part"},
        "homes": {"D1": {"zone_part": "north"}, "D2": {"zone_part": "south"}},
        "plan": {"start_year": 2021, "years": 3, "yearly": True},
        "base": {"year": 2020},
    }
    return town(**parts | changes)


COHORTS = [
    {"birth_year": year, "people": people}
    for year, people in {2013: 40, 2014: 60, 2015: 90, 2016: 60, 2017: 40}.items()
]


def test_cohorts_age_year_by_year():
    """Born 2013 and 2014 are 6 and 7 in 2020: 100. A year on 60 + 90, then 90 + 60, then 100."""
    instance = growing(cohorts=COHORTS)
    factors = [people_factors(instance, year)["6_7"].tolist() for year in instance.years]
    assert factors == [[1.5, 1.5], [1.5, 1.5], [1.0, 1.0]]
    assert people_factors(instance, 2021)["adults"].tolist() == [1.0, 1.0]


def test_a_cohort_that_is_missing_leaves_the_group_as_it_is():
    """In 2024 the six-year-olds were born in 2018, of whom nothing is said."""
    instance = growing(cohorts=COHORTS, plan={"start_year": 2024, "years": 1, "yearly": True})
    assert people_factors(instance, 2024)["6_7"].tolist() == [1.0, 1.0]


def test_cohorts_of_a_zone_come_before_those_of_everywhere():
    north = [row | {"zone_id": "north", "people": 10.0} for row in COHORTS]
    factors = people_factors(growing(cohorts=[*COHORTS, *north]), 2021)
    assert factors["6_7"].tolist() == [1.0, 1.5]


def test_the_most_specific_statement_holds():
    """Everybody 0.9; adults 0.8; the north 0.7; adults in the north 0.5, whatever the order."""
    rows = [
        {"year": 2021, "zone_id": "north", "group": "adults", "factor": 0.5},
        {"year": 2021, "factor": 0.9},
        {"year": 2021, "zone_id": "north", "factor": 0.7},
        {"year": 2021, "group": "adults", "factor": 0.8},
        {"year": 2022, "factor": 0.1},
    ]
    factors = people_factors(growing(population=rows, cohorts=COHORTS), 2021)
    assert factors["adults"].tolist() == [0.5, 0.8]
    assert factors["6_7"].tolist() == [0.7, 0.9]


def test_need_of_a_year_keeps_its_total_on_the_grid():
    """A third of four needs of 10 is 13.333 in all, so that one of them gets a grain more."""
    instance = growing(population=[{"year": 2022, "factor": 1 / 3}])
    units = instance.units
    need = instance.need_of(2022)
    assert need.sum() == 13333
    assert sorted(need.tolist()) == [3333, 3333, 3333, 3334]
    assert np.array_equal(instance.need_of(2021), units["need"])


def test_one_period_takes_the_table_as_it_is():
    instance = growing(cohorts=COHORTS, plan={"start_year": 2021, "years": 3})
    assert instance.years == (2021,)
    assert np.array_equal(instance.need_of(2021), instance.units["need"])


def test_the_town_as_of_a_year():
    """Its people are those of the year, and its need is that of the plan to the grain."""
    instance = growing(cohorts=COHORTS)
    later = instance.in_year(2023 - 1)
    assert later.years == (2022,)
    assert later.demand["people_6_7"].tolist() == [15.0, 15.0]
    assert np.array_equal(later.units["need"], instance.need_of(2022))
    assert later.base_need["school"] == pytest.approx(50000)
