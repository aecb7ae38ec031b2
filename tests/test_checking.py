"""Broken inputs: every one is told exactly, and none ends in a traceback."""

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverside import FILES, MORE, write_riverside, write_whole_riverside

from siting.errors import InstanceError
from siting.instance.checking import check_instance
from siting.instance.given import NAMED
from siting.instance.reading import read_instance

CASES = tomllib.loads((Path(__file__).parent / "broken_inputs.toml").read_text("utf-8"))["case"]


def apply_edit(folder, edit):
    file = folder / edit["file"]
    if edit.get("gone"):
        file.unlink()
    elif "text" in edit:
        file.write_text(edit["text"], encoding="utf-8")
    else:
        text = file.read_text(encoding="utf-8")
        assert text.count(edit["old"]) == 1, edit
        file.write_text(text.replace(edit["old"], edit["new"]), encoding="utf-8")


def test_the_unbroken_instance_has_no_finding(tmp_path):
    assert check_instance(write_riverside(tmp_path)) == []


def test_the_instance_with_every_table_has_no_finding_but_the_travel_source(tmp_path):
    (finding,) = check_instance(write_whole_riverside(tmp_path))
    assert str(finding) == (
        "travel.csv: is used, and not the network of network_edges.csv "
        "(set travel.source to choose)"
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_broken_input_is_told_exactly(tmp_path, case):
    folder = write_riverside(tmp_path)
    for edit in case["edits"]:
        apply_edit(folder, edit)
    said = {"error": [], "warning": []}
    for finding in check_instance(folder):
        said[finding.severity].append(str(finding))
    assert said == {"error": case.get("errors", []), "warning": case.get("warnings", [])}


def test_there_are_many_broken_inputs():
    assert len({case["name"] for case in CASES}) == len(CASES) >= 140


@pytest.mark.parametrize("content", [b"\xff\xfea\x00", b"service_id,group\n\x80\xff\xff\n"])
def test_file_in_no_known_encoding(tmp_path, content):
    folder = write_riverside(tmp_path)
    (folder / "needs.csv").write_bytes(content)
    assert [str(f) for f in check_instance(folder)] == [
        "needs.csv: must be text in UTF-8 or GB18030 (save it as CSV UTF-8)"
    ]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("buildings.xlsx", "buildings.xlsx: cannot be read as .xlsx workbook"),
        ("buildings.parquet", "buildings.parquet: cannot be read as Parquet"),
        ("tables.gpkg", "tables.gpkg: cannot be read as GeoPackage"),
    ],
)
def test_file_of_another_kind_than_its_name_says(tmp_path, name, says):
    folder = write_riverside(tmp_path, buildings_csv=None)
    (folder / name).write_bytes(b"no such thing")
    assert any(str(f).startswith(says) for f in check_instance(folder))


def test_every_bad_cell_of_a_column_is_named_up_to_a_limit(tmp_path):
    bad = 25
    rows = [f"clinic,g{i},many\n" for i in range(bad)]
    folder = write_riverside(
        tmp_path, needs_csv="service_id,group,need_per_person\n" + "".join(rows)
    )
    found = [f for f in check_instance(folder) if f.column == "need_per_person"]
    assert [f.row for f in found] == [*range(2, NAMED + 2), None]
    assert str(found[-1]) == (
        f"needs.csv, need_per_person: must be a number (in {bad - NAMED} more rows)"
    )


def test_findings_count_blank_rows_and_quoted_line_breaks_as_a_spreadsheet_does(tmp_path):
    text = (
        'zone_id,kind,name\n"west",sub_district,"We\nst"\n\n,,\neast,sub_district,East\nwest,x,\n'
    )
    folder = write_riverside(tmp_path, zones_csv=text)
    assert 'zones.csv row 6, zone_id = "west": must be unique (also in row 2)' in {
        str(f) for f in check_instance(folder)
    }


def test_findings_of_many_files_come_at_once_and_errors_first(tmp_path):
    folder = write_riverside(tmp_path)
    for name, old, new in [
        ("locks.csv", "B2,library", "B2,libary"),
        ("buildings.csv", "4419000,300", "4419000,-320"),
        ("instance.toml", "population = 1000", "population = 1004"),
        ("instance.toml", "lean", "lean-er"),
        ("instance.toml", "library = 0.5", "lib = 0.5"),
    ]:
        apply_edit(folder, {"file": name, "old": old, "new": new})
    with pytest.raises(InstanceError) as caught:
        read_instance(folder)
    assert str(caught.value) == (
        f"3 problems in {folder}\n"
        "  buildings.csv row 2, floor_area_m2 = -320: must be > 0\n"
        '  locks.csv row 3, service_id = "libary": no such service (nearest: "library")\n'
        "  instance.toml, scenarios.lean-er.weights.lib: no such service"
        ' (nearest: "library")'
    )
    assert [f.severity for f in caught.value.findings] == ["error"] * 3 + ["warning"]
    assert list(caught.value.findings) == check_instance(folder)


def test_path_that_is_no_instance(tmp_path):
    assert [str(f) for f in check_instance(tmp_path / "nowhere")] == [
        f"{tmp_path / 'nowhere'}: no such folder or file"
    ]
    file = tmp_path / "town.csv"
    file.touch()
    assert [str(f) for f in check_instance(file)] == [
        f"{file}: must be a folder, a .gpkg or an .xlsx"
    ]


def test_unknown_datum(tmp_path):
    folder = write_riverside(tmp_path)
    assert [str(f) for f in check_instance(folder, datum="wgs84")] == [
        f'{folder}, datum = "wgs84": must be "gcj02" or "bd09"'
    ]


ODD = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "nan", "inf", "-1", "1e999", "keep", "０", '"', "\x00", "\n", "=1+1", "POINT (0 0)"]
    ),
    st.floats().map(str),
    st.integers().map(str),
)


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_corrupt_cells_are_findings_and_never_other_errors(data):
    files = FILES | MORE
    name = data.draw(st.sampled_from(sorted(files)))
    sign = "," if name.endswith(".csv") else " "
    rows = [row.split(sign) for row in files[name].split("\n")]
    for odd in data.draw(st.lists(ODD, min_size=1, max_size=3)):
        row = data.draw(st.sampled_from(rows))
        row[data.draw(st.integers(0, len(row) - 1))] = odd
    with TemporaryDirectory() as folder:
        file = write_whole_riverside(Path(folder)) / name
        text = "\n".join(sign.join(row) for row in rows)
        file.write_text(text, encoding="utf-8", errors="replace")
        try:
            instance, told = read_instance(folder)
        except InstanceError as error:
            told, severity = error.findings, "error"
        else:
            assert len(instance.content_hash) == 64
            severity = "warning"
        assert {f.severity for f in told[:1]} <= {severity}
