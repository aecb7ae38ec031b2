"""Damaged returns: rows and verdicts, and what must be said of each."""

from __future__ import annotations

from cases_review_files import TAKE
from review_damage import Damaged, area, csv, gpkg, points, row, sheet, shp, sql
from review_returns import FIRE, PLANNING, approved, with_cells, with_row

# Rows

_BACK = "back.gpkg#review"
_KEEP = "restore it, and say in the reason what is wrong with it"
ROWS = {
    "row deleted": Damaged(
        build=gpkg(approved().drop(index=3)),
        says=(
            (
                f"{_BACK} (A, station, 消防): the row is missing (put it back from the "
                "exported file; without a verdict its decision stays empty)"
            ),
        ),
        checks=("deleted",),
    ),
    "all rows of a department deleted": Damaged(
        build=gpkg(approved()[lambda t: t["department"] != "园林"].replace(FIRE, "园林")),
        departments=(PLANNING, FIRE, "园林"),
        says=(
            "-- warnings",
            f"{_BACK} (消防): holds no row of this department (its rows stay undecided)",
        ),
        checks=("department_gone",),
    ),
    "row twice": Damaged(
        build=gpkg(with_row(approved(), 5)),
        says=(f"{_BACK} fid 7 (B, station, 规划): is the same row as fid 5 (keep one of them)",),
        checks=("duplicate",),
    ),
    "building id mistyped": Damaged(
        build=row(5, building_id="B "),
        says=(),
        checks=(),
    ),
    "building that nobody knows": Damaged(
        build=gpkg(with_row(approved(), 5, building_id="B-2")),
        says=(
            (
                f'{_BACK} fid 7 (B-2, station, 规划), building_id = "B-2": no such building '
                '(nearest: "B")'
            ),
        ),
        checks=("no_building",),
    ),
    "building id emptied": Damaged(
        build=gpkg(with_row(approved(), 5, building_id=None)),
        says=(f"{_BACK} fid 7 (station, 规划), building_id: must be filled ({TAKE})",),
        checks=("key_missing",),
    ),
    "service that nobody knows": Damaged(
        build=gpkg(with_row(approved(), 5, service_id="clinc")),
        says=(
            (
                f'{_BACK} fid 7 (B, clinc, 规划), service_id = "clinc": no such service '
                '(nearest: "clinic")'
            ),
        ),
        checks=("no_service",),
    ),
    "department that is not asked": Damaged(
        build=gpkg(with_row(approved(), 5, department="环保")),
        says=(
            (
                f'{_BACK} fid 7 (B, station, 环保), department = "环保": no department that the '
                "instance requires (规划, 消防)"
            ),
        ),
        checks=("no_department",),
    ),
    "site moved by two centimetres": Damaged(
        build=gpkg(
            approved().assign(
                geometry=lambda t: points(t.geometry.x + (t.index == 4) * 0.02, t.geometry.y)
            )
        ),
        says=(
            (
                f"{_BACK} fid 5 (B, station, 规划): lies 0.02 m from where it was exported "
                "(move it back, and say in the reason what is wrong with it)"
            ),
        ),
        checks=("moved",),
    ),
    "point lost": Damaged(
        build=sql("UPDATE review SET geom = NULL WHERE fid = 2"),
        says=(f"{_BACK} fid 2 (A, clinic, 消防): has lost its point ({TAKE})",),
        checks=("no_shape",),
    ),
    "point drawn as an area": Damaged(
        build=area,
        says=(
            f"back.geojson feature 1 (A, clinic, 规划): must be a point, not a Polygon ({TAKE})",
        ),
        checks=("not_point",),
    ),
    "floor area and name changed": Damaged(
        build=row(1, floor_area_m2=180, name="New office"),
        says=(
            (
                f'{_BACK} fid 1 (A, clinic, 规划), name = "New office": was "Old office" and is '
                f"not for reviewers to change ({_KEEP})"
            ),
            (
                f'{_BACK} fid 1 (A, clinic, 规划), floor_area_m2 = "180": was "150" and is not for '
                f"reviewers to change ({_KEEP})"
            ),
        ),
        checks=("edited", "edited"),
    ),
    "file of another run": Damaged(
        build=gpkg(approved().assign(run_id="20260101-000000-ffffff")),
        says=(
            (
                f'{_BACK}, run_id = "20260101-000000-ffffff": is the file of another run; this is '
                "20261122-101010-abc123 (import it by --run 20260101-000000-ffffff, or return the "
                "file of this run)"
            ),
        ),
        checks=("another_run",),
    ),
    "one row of another run": Damaged(
        build=row(2, run_id="20260101-000000-ffffff"),
        says=(
            (
                f'{_BACK} fid 2 (A, clinic, 消防), run_id = "20260101-000000-ffffff": was '
                f'"20261122-101010-abc123" and is not for reviewers to change ({_KEEP})'
            ),
        ),
        checks=("edited",),
    ),
    "run emptied": Damaged(
        build=gpkg(approved().assign(run_id=None)),
        says=(f"{_BACK}, run_id: names no run (name it by --run RUN)",),
        checks=("no_run",),
    ),
    "file of other data": Damaged(
        build=gpkg(approved().assign(instance_hash="f" * 64)),
        says=(
            (
                f'{_BACK}, instance_hash = "ffffffffffff...": was exported from other data of the '
                "town (export the run again, and have that file filled in)"
            ),
        ),
        checks=("another_instance",),
    ),
    "site added by hand": Damaged(
        build=gpkg(with_row(approved(), 5, building_id="C", geometry=None)),
        says=(
            "-- warnings",
            (
                f"{_BACK} fid 7 (C, station, 规划): was not in the exported file; the verdict on "
                "it is taken"
            ),
        ),
        checks=("by_hand",),
    ),
    "added row that says nothing": Damaged(
        build=gpkg(with_row(approved(), 5, building_id="C", decision=None, geometry=None)),
        says=(
            "-- warnings",
            f"{_BACK} fid 7 (C, station, 规划): was added and says nothing; it is left out",
        ),
        checks=("says_nothing",),
    ),
    "error in a cell": Damaged(
        build=sheet(E3="#REF!"),
        says=(
            "back.xlsx#review row 3, reason = #REF!: is an error of the workbook (type the value)",
        ),
        checks=("cell_error",),
    ),
    "formula whose value was not kept": Damaged(
        build=sheet(G3="=2*3"),
        says=(
            (
                "back.xlsx#review row 3, extra_cost = =2*3: is a formula without a stored value "
                "(type the value)"
            ),
        ),
        checks=("formula",),
    ),
}


# Verdicts

_A1 = f"{_BACK} fid 1 (A, clinic, 规划)"
_CONDITIONAL = {"decision": "conditional", "condition": "new stairs"}
VERDICTS = {
    "decision in free words": Damaged(
        build=row(1, decision="aprove"),
        says=(
            (f'{_A1}, decision = "aprove": must be approve, conditional, reject, hold or other '
            '(nearest: "approve")'),
        ),
        checks=("bad_decision",),
    ),
    "reason without a decision": Damaged(
        build=row(1, decision=None, reason="noise", extra_cost=5),
        says=(
            (f"{_A1}, decision: must say a decision, since this is filled in: Reason, Condition: "
            "extra cost"),
        ),
        checks=("no_decision",),
    ),
    "rejected without a reason": Damaged(
        build=row(1, decision="reject"),
        says=(f"{_A1}, reason: must say why, for Reject the building",),
        checks=("no_reason",),
    ),
    "another use without reason and use": Damaged(
        build=row(1, decision="other"),
        says=(
            f"{_A1}, reason: must say why, for Another use",
            f"{_A1}, proposed_use: must say which service instead, for other",
        ),
        checks=("no_reason", "no_use"),
    ),
    "another use that nobody knows": Damaged(
        build=row(1, decision="other", reason="needed", proposed_use="statoin"),
        says=(
            f'{_A1}, proposed_use = "statoin": no such service (nearest: "station")',
        ),
        checks=("no_service",),
    ),
    "another use that is the planned one": Damaged(
        build=row(1, decision="other", reason="needed", proposed_use="Clinic"),
        says=(
            (f'{_A1}, proposed_use = "clinic": must be another service than the planned one '
            "(approve it, or name another)"),
        ),
        checks=("same_use",),
    ),
    "use proposed beside an approval": Damaged(
        build=row(1, proposed_use="station"),
        says=(
            "-- warnings",
            f'{_A1}, proposed_use = "station": counts only with the decision other; it is ignored',
        ),
        checks=("use_ignored",),
    ),
    "conditional without conditions": Damaged(
        build=row(1, decision="conditional", extra_cost=0, delay_years=0),
        says=(
            (f"{_A1}, condition: must state a cost, a delay, an area or words, for conditional "
            "(fill in a condition, or approve)"),
        ),
        checks=("no_condition",),
    ),
    "conditions beside an approval": Damaged(
        build=row(1, extra_cost=12, condition="new stairs"),
        says=(
            "-- warnings",
            f"{_A1}, extra_cost = 12: counts only with the decision conditional; it is ignored",
            (f"{_A1}, condition = new stairs: counts only with the decision conditional; it is "
            "ignored"),
        ),
        checks=("conditions_ignored", "conditions_ignored"),
    ),
    "cost in words": Damaged(
        build=row(1, **_CONDITIONAL, extra_cost="about 12"),
        says=(f'{_A1}, extra_cost = "about 12": must be a number',),
        checks=("not_number",),
    ),
    "words in a field of numbers": Damaged(
        build=sql(
            "UPDATE review SET decision = 'conditional', extra_cost = 'twelve' WHERE fid = 1"
        ),
        says=(f'{_A1}, extra_cost = "twelve": must be a number',),
        checks=("not_number",),
    ),
    "cost with separators": Damaged(
        build=row(1, **_CONDITIONAL, extra_cost="1,200"),
        says=(f'{_A1}, extra_cost = "1,200": must be a number (write 1200)',),
        checks=("not_number",),
    ),
    "cost below zero": Damaged(
        build=row(1, **_CONDITIONAL, extra_cost=-3),
        says=(f"{_A1}, extra_cost = -3: must be >= 0",),
        checks=("negative",),
    ),
    "delay of half a year": Damaged(
        build=row(1, **_CONDITIONAL, delay_years=0.5),
        says=(f"{_A1}, delay_years = 0.5: must be a whole number",),
        checks=("not_whole",),
    ),
    "no area": Damaged(
        build=row(1, **_CONDITIONAL, max_area_m2=0),
        says=(f"{_A1}, max_area_m2 = 0: must be > 0",),
        checks=("not_positive",),
    ),
    "area that holds no module": Damaged(
        build=row(1, **_CONDITIONAL, max_area_m2=149),
        says=(
            (f"{_A1}, max_area_m2 = 149: is less than the smallest module of the service takes, "
            "150 m2 (give a larger area, or reject)"),
        ),
        checks=("area_too_small",),
    ),
    "commit that says neither": Damaged(
        build=csv(with_cells(approved(), 1, commit="soon")),
        says=(
            'back.csv row 2 (A, clinic, 规划), commit = "soon": must be yes or no',
        ),
        checks=("not_yes_no",),
    ),
    "approved as a project and rejected": Damaged(
        build=row(1, decision="reject", reason="unsafe", commit=True),
        says=(
            (f"{_A1}, commit: cannot be approved as a project and Reject the building at once "
            "(withdraw one of the two)"),
        ),
        checks=("commit_refused",),
    ),
    "approved as a project, rejected by another": Damaged(
        build=gpkg(
            with_cells(
                with_cells(approved(), 1, commit=True), 4, decision="reject", reason="stairs"
            )
        ),
        says=(
            (f"{_A1}, commit = fid 1, fid 4: approved as a project by 李雷 of 规划, but Reject the "
            "building by 韩梅梅 of 消防 (withdraw one of the two)"),
        ),
        checks=("commit_against",),
    ),
    "two reviewers of one department disagree": Damaged(
        build=gpkg(
            with_row(approved(), 1, decision="hold", reviewer="王芳")
        ),
        says=(
            (f"{_A1}, decision = fid 1, fid 7: 李雷 of 规划 and 王芳 of 规划 of one department "
            "disagree: Approve against Hold (settle it in the department and return one verdict)"),
        ),
        checks=("disagree",),
    ),
    "date that may be two": Damaged(
        build=row(1, date="03/04/2026"),
        says=(
            (f'{_A1}, date = "03/04/2026": may mean 2026-03-04 or 2026-04-03 '
            "(write the year first)"),
        ),
        checks=("two_days",),
    ),
    "date with the year last": Damaged(
        build=row(1, date="22.11.2026"),
        says=(
            f'{_A1}, date = "22.11.2026": must be a day such as 2026-11-22 (write 2026-11-22)',
        ),
        checks=("bad_date",),
    ),
    "date as a number of days": Damaged(
        build=sheet(M2=46348),
        says=(
            ('back.xlsx#review row 2 (A, clinic, 规划), date = "46348": must be a day such as '
            "2026-11-22 (write 2026-11-22)"),
        ),
        checks=("bad_date",),
    ),
    "date that is none": Damaged(
        build=row(1, date="2026-02-30"),
        says=(f'{_A1}, date = "2026-02-30": must be a day such as 2026-11-22',),
        checks=("bad_date",),
    ),
    "nobody and no date": Damaged(
        build=row(1, reviewer=None, date=None),
        says=(
            "-- warnings",
            f"{_A1}, reviewer: nobody is named",
            f"{_A1}, date: no date is given",
        ),
        checks=("no_reviewer", "no_date"),
    ),
    "blanks around text": Damaged(
        build=row(1, decision=" approve\n", reviewer="李雷\u3000"),
        says=(
            "-- warnings",
            (f"{_A1}, reviewer = '李雷\\u3000': has blanks or line breaks around it; they are left "
            "out"),
            (f"{_A1}, decision = ' approve\\n': has blanks or line breaks around it; they are left "
            "out"),
        ),
        checks=("whitespace", "whitespace"),
    ),
    "reason that a Shapefile cut": Damaged(
        build=shp(with_cells(approved(), 1, decision="reject", reason="长" * 90)),
        says=(
            "-- warnings",
            (f'back.shp fid 0 (A, clinic, 规划), reason = "...{"长" * 20}": is as long as the '
            "format can hold, so that its end may be lost"),
        ),
        checks=("cut_text",),
    ),
    "everything at once": Damaged(
        build=gpkg(
            with_cells(
                with_cells(approved().drop(index=5), 1, decision="no", name="X"),
                2, decision="other", reason="", delay_years=-1,
            )
        ),
        says=(
            f'{_A1}, name = "X": was "Old office" and is not for reviewers to change ({_KEEP})',
            (f"{_BACK} (B, station, 消防): the row is missing (put it back from the exported file; "
            "without a verdict its decision stays empty)"),
            f'{_A1}, decision = "no": must be approve, conditional, reject, hold or other',
            f"{_BACK} fid 2 (A, clinic, 消防), delay_years = -1: must be >= 0",
            f"{_BACK} fid 2 (A, clinic, 消防), reason: must say why, for Another use",
            (f"{_BACK} fid 2 (A, clinic, 消防), proposed_use: must say which service instead, for "
            "other"),
            "-- warnings",
            (f"{_BACK} fid 2 (A, clinic, 消防), delay_years = -1: counts only with the decision "
            "conditional; it is ignored"),
        ),
        checks=(
            "edited", "deleted", "bad_decision", "negative", "no_reason", "no_use",
            "conditions_ignored",
        ),
    ),
}  # fmt: skip
