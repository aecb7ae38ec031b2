"""The review as a workbook or CSV, cells as they were typed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import pandas as pd

from siting.errors import Finding, InstanceError
from siting.instance.formats import Source, read_files
from siting.review.fields import KEY, LAYER
from siting.review.returns.checks import Spot
from siting.review.returns.headers import field_of
from siting.review.returns.returned import Return, make_return

SHEETS = (LAYER, "审查")
"""Names of the sheet."""

_ABOVE_HEADER = 12
"""The header stands in one of so many rows, below a title."""

_BROKEN = (BadZipFile, KeyError, ValueError, TypeError, OSError, ParseError)

_ERRORS = ("#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!")

_Row = tuple[Any, ...]


def read_csv(path: Path, file: str) -> Return:
    """Return a CSV as a review table.

    Raises
    ------
    InstanceError
        When it cannot be read as CSV.
    """
    spot = Spot(file=file)
    raw, findings = read_files({LAYER: Source(file=path)})
    if findings:
        said = [spot.about("unreadable", what=f"{_row(f)}{f.rule}") for f in findings]
        raise InstanceError(file, said)
    table = raw[LAYER]
    features = [f"row {row}" for row in table.rows]
    return make_return(spot, table.header, [list(c) for c in table.cells], features)


def _row(finding: Finding) -> str:
    return "" if finding.row is None else f"row {finding.row} "


def read_workbook(path: Path, file: str) -> Return:
    """Return the review sheet of a workbook, or all its forms together.

    A sheet is read from the row on that names building and decision, whatever stands above it. In
    a workbook without a sheet of that name every sheet that has such a row is a form.

    Raises
    ------
    InstanceError
        When it is no workbook or has no such sheet.
    """
    spot = Spot(file=file)
    stored, typed = (_sheets(path, spot, stored=stored) for stored in (True, False))
    review = [name for name in stored if name.strip().lower() in SHEETS]
    forms = [name for name in stored if _header_at(stored[name]) is not None]
    if not review and not forms:
        finding = spot.about("no_layer", layer=LAYER, there=", ".join(stored) or "-")
        raise InstanceError(file, [finding])
    used = review[:1] or forms
    parts = [_part(file, name, stored[name], typed[name]) for name in used]
    return parts[0] if len(parts) == 1 else _together(spot, parts)


def _part(file: str, name: str, stored: list[_Row], typed: list[_Row]) -> Return:
    """Return one sheet; a formula of which no value is stored, and an error, are findings."""
    spot = Spot(file=file, layer=name)
    start = _header_at(stored) or 0
    header = ["" if cell is None else str(cell).strip() for cell in stored[start]] if stored else []
    named = [i for i, said in enumerate(header) if said]
    rows, features, findings = [], [], []
    for number in range(start + 1, len(stored)):
        row = stored[number]
        feature = f"row {number + 1}"
        if all(cell is None or cell == "" for cell in typed[number]):
            continue
        rows.append(row)
        features.append(feature)
        for i in named:
            check = _unsound(row[i], typed[number][i])
            if check and field_of(header[i]):
                where = Spot(file=file, layer=name, feature=feature)
                value = str(typed[number][i])
                findings.append(where.about(check, column=header[i], value=value))
    cells = [[None if _is_error(row[i]) else row[i] for row in rows] for i in named]
    return make_return(spot, [header[i] for i in named], cells, features, findings=findings)


def _unsound(stored: object, typed: object) -> str:
    """Return the check that a cell fails; empty where it is sound."""
    if _is_error(stored):
        return "cell_error"
    return "formula" if stored is None and str(typed).startswith("=") else ""


def _is_error(cell: object) -> bool:
    return cell in _ERRORS


def _header_at(rows: list[_Row]) -> int | None:
    """Return the position of the row that names building and decision."""
    for position, row in enumerate(rows[:_ABOVE_HEADER]):
        names = {field_of(str(cell)) for cell in row if cell is not None}
        if {KEY[0], "decision"} <= names:
            return position
    return None


def _sheets(path: Path, spot: Spot, *, stored: bool) -> dict[str, list[_Row]]:
    """Return the rows of every sheet, equally long: values as stored, or formulas."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            # It tells of drop-down lists and styles that it does not keep; none are needed.
            warnings.simplefilter("ignore")
            book = load_workbook(path, data_only=stored)
    except (*_BROKEN, InvalidFileException):
        what = ("cannot be read as .xlsx workbook", "无法作为 .xlsx 工作簿读取")
        finding = spot.about("damaged", what=what)
        raise InstanceError(spot.file, [finding]) from None
    try:
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    finally:
        book.close()


def _together(spot: Spot, parts: Sequence[Return]) -> Return:
    """Return several forms as one return; each row says which sheet it is of."""
    tables = [
        part.table.assign(feature=[f"{part.spot.layer} {f}" for f in part.table["feature"]])
        for part in parts
    ]
    return Return(
        spot=spot,
        table=pd.concat(tables, ignore_index=True),
        only_verdicts=all(part.only_verdicts for part in parts),
        findings=tuple(finding for part in parts for finding in part.findings),
    )
