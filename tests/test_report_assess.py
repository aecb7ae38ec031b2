"""Need, supply and gap of today, against sums by hand."""

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from report_plans import TODAY, service_rows, tiny
from towns import town

from siting.report.assess import assess_tables, write_assessment
from siting.travel.measure import measure_travel


def test_services_of_tiny_most_people_without_first() -> None:
    """Clinics: 1,250 need, F1 has 300 places and serves 300. F1 is within 900 m of D1 and D2."""
    instance = tiny()
    made = assess_tables(instance, measure_travel(instance), service_rows(instance, TODAY))
    clinic, station = made.services.to_dict("records")
    assert (clinic["service_id"], station["service_id"]) == ("clinic", "station")
    assert (clinic["need"], clinic["supply"], clinic["gap"]) == (1250, 300, 950)
    assert clinic["without_share"] == pytest.approx(950 / 1250)
    assert clinic["people_within_today"] == 850
    assert (station["supply"], station["open_today"], station["without_today"]) == (0, 0, 250)


def test_zones_of_tiny() -> None:
    instance = tiny()
    made = assess_tables(instance, measure_travel(instance), service_rows(instance, TODAY))
    rows = made.zones.set_index(["zone_id", "service_id"])
    assert rows.loc[("west", "clinic"), ["need", "supply", "gap"]].tolist() == [850, 300, 550]
    assert rows.loc[("east", "clinic"), ["need", "supply", "gap"]].tolist() == [400, 0, 400]
    assert made.facilities["utilisation"].tolist() == [1.0]


def test_supply_without_a_limit_is_not_zero() -> None:
    """A reach service without a cap has no limit; with a cap of 40 each place counts 40."""
    for cap, supply in ((None, np.inf), (40.0, 80.0)):
        instance = town(
            people={"D": 100.0},
            ways={"D": ["F", "G"]},
            services={"care": {"kind": "reach", "people_cap": cap}},
            facilities={"F": {"service_id": "care"}, "G": {"service_id": "care"}},
        )
        made = assess_tables(instance, measure_travel(instance), service_rows(instance, []))
        assert made.services["supply"].tolist() == [supply]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_files(tmp_path: Path, lang: str) -> None:
    instance = tiny()
    travel = measure_travel(instance)
    write_assessment(tmp_path, instance, travel, service_rows(instance, TODAY), lang)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "assessment.xlsx", "maps.png", "services.csv", "zones.csv",
    ]  # fmt: skip
    assert len(pd.read_csv(tmp_path / "zones.csv", encoding="utf-8-sig")) == 4
    book = openpyxl.load_workbook(tmp_path / "assessment.xlsx")
    zones = {"en": ["West", "East"], "zh": ["西街道", "东街道"]}[lang]
    assert book.sheetnames[3:] == zones
    for sheet in book.worksheets:
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert not [cell for cell in cells if cell.data_type in {"f", "e"}]
        assert any("wholly made up" in str(cell.value) for cell in cells)
    # In the west 550 people lack a clinic and 150 a station, in that order.
    west = book[zones[0]]
    assert [west.cell(row, 3).value for row in (6, 7)] == [550, 150]


def test_zone_names_that_no_sheet_can_bear(tmp_path: Path) -> None:
    instance = tiny()
    names = ["a/b: [" + "x" * 40, "a/b: [" + "x" * 41]
    instance = instance.replace(zones=instance.zones.assign(name=names))
    travel = measure_travel(instance)
    write_assessment(tmp_path, instance, travel, service_rows(instance, TODAY), "en")
    sheets = openpyxl.load_workbook(tmp_path / "assessment.xlsx").sheetnames
    assert len(set(sheets)) == 5
