"""Districts to measure on: as large as asked, with what they promise, the same for a seed."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from siting import plan
from siting.cli.app import app
from siting.instance.generate.district import (
    generate_district,
    opening_everything,
    with_budget_share,
)
from siting.instance.reading import read_instance
from siting.model.conversions import list_conversions


def made(seed=1, **asked):
    sizes = {"points": 1500, "buildings": 60, "services": 5} | asked
    return generate_district(np.random.default_rng(seed), **sizes)


@pytest.fixture(scope="module")
def district():
    return made()


@pytest.mark.parametrize("services", [1, 2, 5, 8, 10])
def test_sizes_and_services_are_those_asked_for(services):
    town = made(services=services, points=300, buildings=20)
    assert (len(town.demand), len(town.buildings), len(town.services)) == (300, 20, services)
    assert town.modules["service_id"].value_counts().eq(3).all()
    assert town.buildings["floor_area_m2"].between(500, 8000).all()
    suited = town.eligibility.groupby("class")["service_id"].nunique()
    assert suited.between(min(2, services), min(4, services)).all()
    assert set(town.eligibility["service_id"]) == set(town.services["service_id"])


def test_a_seed_says_everything():
    assert made(points=100).content_hash == made(points=100).content_hash
    assert made(points=100).content_hash != made(2, points=100).content_hash


@pytest.mark.parametrize("asked", [{"services": 0}, {"services": 11}, {"points": 0}])
def test_what_cannot_be_drawn_is_refused(asked):
    with pytest.raises(ValueError, match="services"):
        made(**asked)


def test_facilities_serve_about_the_share_asked_for(district):
    _, today = plan.assess(district)
    need = today.groupby("service_id")["amount"].sum()
    served = today[today["place_id"] != ""].groupby("service_id")["amount"].sum()
    assert (served / need).between(0.6, 0.8).all()


def test_the_average_point_reaches_the_buildings_asked_for(district):
    travel, _ = plan.assess(district)
    fifteen_minutes = travel.length_dm <= 15 * 60 * 1.2 * 10
    buildings = travel.place < len(district.buildings)
    assert (fifteen_minutes & buildings).sum() / len(district.demand) == pytest.approx(20, rel=0.1)


def test_opening_everything_is_the_sum_of_the_dearest_modules_that_fit(district):
    """Against the conversions that the model lists, with the share of the price charged."""
    rows = list_conversions(district)
    area = rows["building_id"].map(district.buildings.set_index("building_id")["floor_area_m2"])
    rows = rows[(rows["eligibility"] == "allowed") & (rows["floor_area_m2"] <= area)]
    cost = rows[["works", "equipment", "rent", "acquisition_share"]].sum(axis=1) / 100
    dearest = cost.groupby([rows["building_id"], rows["service_id"]]).max()
    assert opening_everything(district) == pytest.approx(dearest.sum(), abs=0.02 * len(dearest))


def test_a_budget_is_a_share_of_it(district):
    assert district.settings.budget.total == round(0.05 * opening_everything(district), 2)
    assert with_budget_share(district, 0.1).settings.budget.total == pytest.approx(
        2 * district.settings.budget.total, abs=0.02
    )


def test_a_district_is_written_read_and_checked(tmp_path):
    folder = tmp_path / "district"
    words = ["new", str(folder), "--district", "3", "--points", "200", "--buildings", "12"]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    again, findings = read_instance(folder)
    town = made(points=200, buildings=12, services=3).replace(name="district")
    assert again.content_hash == town.content_hash
    assert not [f for f in findings if f.severity == "error"]
    for name, frame in town.tables.items():
        if len(frame):
            pd.testing.assert_index_equal(again.tables[name].columns, frame.columns)
