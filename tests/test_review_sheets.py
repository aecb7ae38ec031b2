"""The sheets that offices pass round, read back by other code."""

import zipfile
from dataclasses import replace
from types import SimpleNamespace

import docx
import openpyxl
import pandas as pd
import pytest
from report_plans import (
    AFTER,
    TODAY,
    results_of,
    service_rows,
    solution_of,
    tiny,
    yearly_solution,
    yearly_tiny,
)
from review_exports import (
    FIRE,
    PLANNING,
    SECRET_ADDRESS,
    SECRET_NAME,
    export,
    run_of,
)
from towns import table

from siting.errors import InstanceError
from siting.report.projects import projects_table
from siting.report.years import spending
from siting.review import sheets
from siting.review.export import Edition, export_review
from siting.review.importing import verdicts_of
from siting.review.returns import read_return
from siting.review.sheets import comment_file
from siting.review.sheets.who_gains import who_gains


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return export(tmp_path_factory.mktemp("run"), "sheets")["sheets"]


def tables_of(path):
    """All tables of a document as lists of rows of texts, those inside others apart."""
    return [[[c.text for c in row.cells] for row in t.rows] for t in docx.Document(path).tables]


def headings(path):
    return [p.text for p in docx.Document(path).paragraphs if p.style.name == "Heading 1"]


def rows_of(path, header):
    """The rows below the header that starts with a text, as dicts."""
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    at = next(i for i, row in enumerate(rows) if row[0] == header)
    return [dict(zip(rows[at], row, strict=True)) for row in rows[at + 1 :]]


def filled_in(path, target, said):
    """Type into the cells of a form: labels of columns by building and label of service."""
    book = openpyxl.load_workbook(path)
    sheet = book["review"]
    top = next(r for r in range(1, 13) if sheet.cell(r, 1).value == "建筑编号")
    columns = {sheet.cell(top, c).value: c for c in range(1, sheet.max_column + 1)}
    for row in range(top + 1, sheet.max_row + 1):
        key = tuple(sheet.cell(row, columns[name]).value for name in ("建筑编号", "拟建服务"))
        for label, value in said.get(key, {}).items():
            sheet.cell(row, columns[label]).value = value
    book.save(target)


def test_what_comes_along(folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["sites.docx", "investment_plan.xlsx", comment_file(PLANNING), comment_file(FIRE)]
    )


def test_one_page_per_site(folder):
    assert headings(folder / "sites.docx") == [f"1  {SECRET_NAME}", "2  东街口旧商店 𠮷"]
    document = docx.Document(folder / "sites.docx")
    breaks = [
        p.paragraph_format.page_break_before
        for p in document.paragraphs
        if p.style.name == "Heading 1"
    ]
    assert breaks == [False, True]
    assert len(document.inline_shapes) == 2
    facts = document.tables[0].rows[0].cells[0].tables[0]
    assert ["建筑面积", "300 平方米"] in [[c.text for c in row.cells] for row in facts.rows]
    assert ["建筑类别", "腾退办公楼"] in [[c.text for c in row.cells] for row in facts.rows]


def test_money_and_gains_of_a_site(folder):
    """A costs 100 for 300 m2: 50 for the clinic, 33.33 for the station, 16.67 for nobody."""
    _, uses, money, gains, *_ = tables_of(folder / "sites.docx")
    assert uses[1][:6] == ["社区卫生服务站", "clinic_small", "150 m²", "300 人", "300 人", "100.0%"]
    assert money == [
        ["服务", "工程费", "取得费", "总投资", "年运行费"],
        ["社区卫生服务站", "40", "50", "90", "20"],
        ["社区养老服务驿站", "30", "33.33", "63.33", "10"],
        ["合计", "70", "83.33", "153.33", "30"],
    ]
    # The station of A serves 100 people of D1, 10 minutes off, and 20 of D2 beside it.
    assert gains[1:] == [
        ["社区卫生服务站", "西街道", "300 人", "0.0"],
        ["社区养老服务驿站", "西街道", "120 人", "8.3"],
    ]
    text = "\n".join(p.text for p in docx.Document(folder / "sites.docx").paragraphs)
    assert "16.67" in text


def test_many_zones_are_added_up(monkeypatch):
    """A's clinic serves 200 of the zone of D1, 60 of D2's, 30 of D3's and 10 of D4's."""
    zones = table("zones", [{"zone_id": z, "kind": "part", "name": z} for z in "abcd"])
    demand = tiny().demand.assign(zone_part=list("abcd")).drop(columns="zone_sub_district")
    settings = tiny().settings.model_copy(update={"zone_kind": "part"})
    instance = tiny().replace(zones=zones, demand=demand, settings=settings)
    rows = [(f"D{i}", "adults", "clinic", "A", amount, minutes)
            for i, amount, minutes in [(1, 200.0, 5.0), (2, 60.0, 0.0), (3, 30.0, 8.0),
                                       (4, 10.0, 4.0)]]  # fmt: skip
    results = SimpleNamespace(
        chosen=pd.DataFrame({"building_id": ["A"], "until": [9999]}),
        planned=instance, instance=instance, lang="en",
        solution=SimpleNamespace(service=service_rows(instance, rows, instance.years[0])),
    )  # fmt: skip
    monkeypatch.setattr("siting.review.sheets.who_gains.MOST_ROWS", 3)
    told = who_gains(results, "A")
    assert told["zone"].tolist() == ["a", "b", ""]
    assert told["amount"].tolist() == [200.0, 60.0, 40.0]
    assert told["minutes"].tolist() == [5.0, 0.0, 7.0]  # (30 x 8 + 10 x 4) / 40


def test_pages_in_english(tmp_path):
    path = export(tmp_path, "sheets", lang="en")["sheets"] / "sites.docx"
    assert tables_of(path)[2][0] == [
        "Service", "Works", "Acquisition", "Capital cost", "Running cost per year",
    ]  # fmt: skip


def test_public_sheets_say_nowhere_where_a_sensitive_site_is(tmp_path):
    folder = export(tmp_path, "sheets", public=True)["sheets"]
    for path in folder.iterdir():
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                content = packed.read(name).decode("utf-8", errors="ignore")
                assert SECRET_NAME not in content
                assert SECRET_ADDRESS not in content
            if path.name == "sites.docx":
                pictures = [n for n in packed.namelist() if n.startswith("word/media/")]
                assert len(pictures) == 1  # that of B alone
    assert headings(folder / "sites.docx")[0] == "1  A"


def test_a_form_comes_back_as_verdicts(folder, tmp_path):
    run = run_of(folder.parent)
    form = folder / comment_file(FIRE)
    assert verdicts_of(read_return(form), run) == ((), [])
    back = tmp_path / "back.xlsx"
    said = {
        ("A", "社区卫生服务站"): {
            "审查意见": "approve · 同意", "审查人": "王", "日期": "2026-05-04",
        },
        ("B", "社区养老服务驿站"): {
            "审查意见": "conditional · 附条件同意", "审查人": "王", "日期": "2026-05-04",
            "条件：增加费用（万元）": 12, "条件：推迟年数（年）": 1, "条件说明": "加固",
        },
    }  # fmt: skip
    filled_in(form, back, said)
    verdicts, findings = verdicts_of(read_return(back), run)
    assert findings == []
    told = [(v.building_id, v.service_id, v.department, v.decision) for v in verdicts]
    assert told == [("A", "clinic", FIRE, "approve"), ("B", "station", FIRE, "conditional")]
    assert (verdicts[1].extra_cost, verdicts[1].delay_years) == (12, 1)
    assert verdicts[1].condition == "加固"


def test_a_form_prints_on_one_width_with_room_to_sign(folder):
    sheet = openpyxl.load_workbook(folder / comment_file(FIRE))["review"]
    assert sheet["A1"].value == f"场所审查意见表：{FIRE}"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert "签字" in sheet.oddFooter.left.text
    hidden = {c for c, look in sheet.column_dimensions.items() if look.hidden}
    assert hidden
    assert len(sheet.data_validations.dataValidation) >= 7


def test_forms_that_were_filled_in_are_kept(tmp_path):
    folder = export(tmp_path, "sheets")["sheets"]
    form = folder / comment_file(FIRE)
    filled_in(form, form, {("B", "社区养老服务驿站"): {"审查意见": "hold · 暂缓"}})
    with pytest.raises(InstanceError) as caught:
        export(tmp_path, "sheets")
    (finding,) = caught.value.findings
    assert form.name in finding.place
    assert finding.rule == "holds verdicts; they are never overwritten"


def test_failed_sheets_leave_the_old_ones_whole(tmp_path, monkeypatch):
    folder = export(tmp_path, "sheets")["sheets"]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(sheets, "write_investment_plan", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(tmp_path, "sheets")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [p for p in tmp_path.iterdir() if p.name.startswith(".partial")] == []


def test_what_sheets_cannot_be_made_of(tmp_path, monkeypatch):
    runs = [run_of(tmp_path / "one"), run_of(tmp_path / "two")]
    monkeypatch.setattr(sheets, "find_spec", lambda _: None)
    with pytest.raises(InstanceError) as caught:
        export_review(runs, Edition(formats=("sheets",)))
    rules = [(f.place, f.value, f.rule, f.remedy) for f in caught.value.findings]
    assert rules == [
        ("--format", "sheets", "needs python-docx, which is not installed",
         'pip install "siting[reports]"'),
        ("--format", "sheets", "tell of one run, not of several", ""),
    ]  # fmt: skip


def test_investment_plan_of_one_period(folder):
    rows = rows_of(folder / "investment_plan.xlsx", "序号")
    total = next(row for row in rows if row["项目名称"] == "合计")
    assert total["总投资（万元）"] == 200
    assert [name for name in rows[0] if name and "年" in name] == []


def yearly_projects(*bought):
    """The projects of the plan of three years, the price of B's station charged with 15."""
    town = yearly_tiny()
    plan = yearly_solution(town)
    chosen = plan.chosen.copy()
    if bought:
        chosen.loc[chosen["building_id"] == "B", ["acquisition_cost", "cost"]] = [15.0, 45.0]
    columns = ["building_id", "mode", "year", "acquisition_cost", "allocated", "unallocated"]
    cost = {**plan.cost, "unallocated": 5.0 if bought else 0.0}
    plan = solution_of(
        town, chosen=chosen, service=plan.service, served_today=plan.served_today, cost=cost,
        acquisitions=pd.DataFrame(list(bought), columns=columns),
    )  # fmt: skip
    table = chosen.assign(
        status="new", agency="x", site=1, service=chosen["service_id"], name=chosen["building_id"],
        zone="", address="", unit="person", needs_approval=False, served=0.0, utilisation=0.0,
        people_new=0,
    )  # fmt: skip
    return town, plan, projects_table(town, plan, table)


def test_investment_by_year_by_hand():
    """A: works 15 in 2021 and rent of 10 a year; B: works 30 in 2022; C: works 40 in 2023."""
    _, _, projects = yearly_projects()
    own = projects[projects["row"] == "project"].set_index("building_id")
    years = ["spent_2021", "spent_2022", "spent_2023"]
    assert own.loc["A", years].tolist() == [25.0, 10.0, 10.0]
    assert own.loc["B", years].tolist() == [0.0, 30.0, 0.0]
    assert own.loc["C", years].tolist() == [0.0, 0.0, 40.0]
    total = projects[projects["row"] == "total"].iloc[0]
    assert total[years].tolist() == [25.0, 40.0, 50.0]


def test_prices_count_in_the_year_they_are_paid():
    """B is bought for 20 in 2021, before it opens: 15 are the station's, 5 are left over."""
    town, plan, projects = yearly_projects(("B", "", 2021, 20.0, 15.0, 5.0))
    by_row = projects.set_index("row")
    assert by_row.loc["unallocated", ["spent_2021", "spent_2022"]].tolist() == [5.0, 0.0]
    for year in (2021, 2022, 2023):
        assert by_row.loc["total", f"spent_{year}"] == spending(town, plan, year)["spent"]


def test_sheets_of_a_plan_by_year(tmp_path):
    """The workbook has the years of the plan, and a sheet of each year's money."""
    town = yearly_tiny()
    run = run_of(tmp_path)
    results = results_of(town, yearly_solution(town), TODAY, "zh", AFTER)
    path = tmp_path / "plan.xlsx"
    sheets.write_investment_plan(path, replace(run, results=results), (), "zh")
    total = next(r for r in rows_of(path, "序号") if r["项目名称"] == "合计")
    assert [total[f"{year}年（万元）"] for year in (2021, 2022, 2023)] == [25, 40, 50]
    assert openpyxl.load_workbook(path).sheetnames == ["年度投资计划", "分年情况"]


def test_ways_to_get_hold_of_a_building_are_told_in_words(tmp_path):
    """Codes of tables that are not known stay as they are; most have none."""
    town, plan = yearly_tiny(), yearly_solution(yearly_tiny())
    results = results_of(town, plan, TODAY, "zh", AFTER)
    own = results.projects["building_id"]
    ways = own.map({"A": "temporary", "B": "barter"}).fillna("")
    run = replace(
        run_of(tmp_path), results=replace(results, projects=results.projects.assign(mode=ways))
    )
    sheets.write_investment_plan(tmp_path / "plan.xlsx", run, (), "zh")
    told = [row["取得方式"] or "" for row in rows_of(tmp_path / "plan.xlsx", "序号")]
    assert [way for way in told if way] == ["临时利用", "barter"]
