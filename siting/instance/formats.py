"""The file formats of an instance: what a file, layer or sheet says, untouched."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.errors import Finding, InstanceError
from siting.instance.given import name_some

SETTINGS_SHEETS = ("instance", "实例")
"""Names of the sheet that stands for instance.toml in a workbook."""

FORMATS = (".csv", ".parquet", ".gpkg", ".xlsx")
"""Suffixes of the files that are read."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a table stands: a file, or a layer or sheet in it."""

    file: Path
    layer: str = ""

    @property
    def place(self) -> str:
        """Name in findings."""
        return f"{self.file.name}#{self.layer}" if self.layer else self.file.name


@dataclass(frozen=True, kw_only=True, eq=False)
class RawTable:
    """A table as its file has it.

    Attributes
    ----------
    cells
        One column per name in `header`, values of any type, blank rows left out, shape (n,) each.
    rows
        Row of each entry in its file, the header being row 1, shape (n,).
    geometry
        Shapes of a layer (shapely), shape (n,), None where it has none; in the system `crs`.
    """

    place: str
    header: tuple[str, ...]
    cells: tuple[NDArray[Any], ...]
    rows: NDArray[np.int64]
    geometry: NDArray[np.object_] | None = None
    crs: str = ""


def read_files(sources: Mapping[str, Source]) -> tuple[dict[str, RawTable], list[Finding]]:
    """Read the tables; what cannot be read is a finding."""
    raw: dict[str, RawTable] = {}
    findings: list[Finding] = []
    with ExitStack() as stack:
        books: dict[Path, Any] = {}
        for table, source in sources.items():
            try:
                match source.file.suffix.lower():
                    case ".csv":
                        raw[table] = _read_csv(source)
                    case ".parquet":
                        raw[table] = _read_parquet(source)
                    case ".gpkg":
                        raw[table] = _read_layer(source)
                    case _:
                        if source.file not in books:
                            books[source.file] = _open_workbook(source.file)
                            stack.callback(books[source.file].close)
                        raw[table] = _read_sheet(source, books[source.file])
            except InstanceError as error:
                findings += error.findings
    return raw, findings


def raw_table(place: str, frame: pd.DataFrame) -> RawTable:
    """Return a table that has no header row of its own: its first entry counts as row 2."""
    columns = [_plain(frame.iloc[:, i]) for i in range(frame.shape[1])]
    return _without_blanks(place, [str(c) for c in frame.columns], columns, len(frame))


def _plain(column: pd.Series) -> NDArray[Any]:
    """Return floats as they are, everything else as objects, None for what is missing."""
    if column.dtype == np.float64:
        return column.to_numpy()
    column = column.astype(object)
    return column.where(column.notna(), None).to_numpy(object)


def decode(data: bytes, place: str) -> str:
    """Return text of a file in UTF-8, with or without BOM, or GB18030.

    Raises
    ------
    InstanceError
        When it is in neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            break
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(place, "must be text in UTF-8 or GB18030", "save it as CSV UTF-8")


def settings_rows(file: Path) -> tuple[str, list[tuple[object, object]]] | None:
    """Return the name of the settings sheet of a workbook and its keys and values; None if none.

    Raises
    ------
    InstanceError
        When the workbook cannot be read.
    """
    book = _open_workbook(file)
    try:
        for name in SETTINGS_SHEETS:
            if name in book.sheetnames:
                rows = _sheet_rows(Source(file=file, layer=name), book)
                return name, [(row[0], row[1]) for row in rows if len(row) > 1]
    finally:
        book.close()
    return None


def _unreadable(place: str, rule: str, remedy: str = "") -> InstanceError:
    return InstanceError(place, [Finding(place=place, rule=rule, remedy=remedy)])


def _read_csv(source: Source) -> RawTable:
    text = decode(source.file.read_bytes(), source.place)
    try:
        cells = pd.read_csv(
            io.StringIO(text),
            header=None,
            dtype=object,
            na_filter=False,
            skip_blank_lines=False,
        )
    except pd.errors.EmptyDataError:
        raise _unreadable(source.place, "is empty: must have a row of column names") from None
    except pd.errors.ParserError as error:
        findings = _ragged_rows(source.place, text) or [
            Finding(place=source.place, rule=f"cannot be read as CSV: {str(error).strip()}")
        ]
        raise InstanceError(source.place, findings) from None
    header = [str(name) for name in cells.iloc[0]]
    if len(header) == 1 and any(sign in header[0] for sign in ";\t"):
        raise _unreadable(source.place, "cells must be separated by commas", "save it as CSV UTF-8")
    columns = [cells[i].to_numpy(object)[1:] for i in range(len(header))]
    return _without_blanks(source.place, header, columns, len(cells) - 1)


def _ragged_rows(place: str, text: str) -> list[Finding]:
    """Name the rows of a CSV that have more cells than the header."""
    try:
        counts = [len(row) for row in csv.reader(io.StringIO(text))]
    except csv.Error:
        return []
    long = np.flatnonzero(np.array(counts) > counts[0])
    return name_some(
        long,
        lambda i: Finding(
            place=place,
            row=i + 1,
            rule=f"has {counts[i]} cells where the header has {counts[0]}",
            remedy="put text that holds a comma in double quotes",
        ),
    )


def _read_parquet(source: Source) -> RawTable:
    try:
        frame = pd.read_parquet(source.file)
    except (OSError, ValueError) as error:
        raise _unreadable(
            source.place, f"cannot be read as Parquet: {_first_line(error)}"
        ) from None
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    return raw_table(source.place, frame)


def layer_names(file: Path) -> list[str]:
    """Return the layers of a GeoPackage.

    Raises
    ------
    InstanceError
        When it cannot be read.
    """
    import pyogrio

    try:
        return [str(name) for name, _ in pyogrio.list_layers(file)]
    except pyogrio.errors.DataSourceError as error:
        rule = f"cannot be read as GeoPackage: {_first_line(error)}"
        raise _unreadable(file.name, rule) from None


def _read_layer(source: Source) -> RawTable:
    import pyogrio
    import shapely

    try:
        meta, _, shapes, columns = pyogrio.raw.read(source.file, layer=source.layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        rule = f"cannot be read as GeoPackage: {_first_line(error)}"
        raise _unreadable(source.place, rule) from None
    names = [str(name) for name in meta["fields"]]
    table = raw_table(source.place, pd.DataFrame(dict(enumerate(columns))).set_axis(names, axis=1))
    if shapes is None:
        return table
    return RawTable(
        place=table.place,
        header=table.header,
        cells=table.cells,
        rows=table.rows,
        geometry=shapely.from_wkb(shapes)[table.rows - 2],
        crs=str(meta["crs"] or ""),
    )


def sheet_names(file: Path) -> list[str]:
    """Return the sheets of a workbook but that of the settings.

    Raises
    ------
    InstanceError
        When it cannot be read.
    """
    book = _open_workbook(file)
    names = [name for name in book.sheetnames if name not in SETTINGS_SHEETS]
    book.close()
    return names


def _open_workbook(file: Path, *, stored_values: bool = False) -> Any:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (
        BadZipFile,
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        OSError,
        ParseError,
    )
    try:
        with warnings.catch_warnings():
            # It tells of drop-down lists and styles that it does not keep; none are needed.
            warnings.simplefilter("ignore")
            return load_workbook(file, read_only=True, data_only=stored_values)
    except broken:
        raise _unreadable(file.name, "cannot be read as .xlsx workbook") from None


def _read_sheet(source: Source, book: Any) -> RawTable:
    rows = _sheet_rows(source, book)
    if not rows or all(value is None for value in rows[0]):
        raise _unreadable(source.place, "is empty: must have a row of column names")
    header = ["" if value is None else str(value) for value in rows[0]]
    columns = [np.array(column, dtype=object) for column in zip(*rows[1:], strict=True)]
    return _without_blanks(source.place, header, columns, len(rows) - 1)


def _sheet_rows(source: Source, book: Any) -> list[tuple[object, ...]]:
    """Return all rows of a sheet, equally long; formulas give the values stored with them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = _padded(book[source.layer])
        formulas = [
            (i, j)
            for i, row in enumerate(rows)
            for j, value in enumerate(row)
            if isinstance(value, str) and value.startswith("=")
        ]
        if not formulas:
            return rows
        stored = _open_workbook(source.file, stored_values=True)
        values = _padded(stored[source.layer])
        stored.close()
    lost = [(i, j) for i, j in formulas if values[i][j] is None]
    if lost:
        findings = name_some(
            np.arange(len(lost)),
            lambda k: Finding(
                place=source.place,
                row=lost[k][0] + 1,
                column=str(values[0][lost[k][1]] or ""),
                value=f'"{rows[lost[k][0]][lost[k][1]]}"',
                rule="formula without a stored value",
                remedy="open and save the workbook in Excel, or paste values",
            ),
        )
        raise InstanceError(source.place, findings)
    return values


def _padded(sheet: Any) -> list[tuple[object, ...]]:
    if not hasattr(sheet, "reset_dimensions"):
        return []  # a sheet that is a chart
    sheet.reset_dimensions()  # what files state of it may be wrong
    rows: list[tuple[object, ...]] = list(sheet.iter_rows(values_only=True))
    width = max((len(row) for row in rows), default=0)
    return [row + (None,) * (width - len(row)) for row in rows]


def _without_blanks(
    place: str, header: Sequence[str], columns: Sequence[NDArray[Any]], count: int
) -> RawTable:
    """Return a table without its blank rows, and without blank columns that have no name.

    Raises
    ------
    InstanceError
        When a column with content has no name.
    """
    filled = [_filled(column) for column in columns]
    kept = np.any(filled, axis=0) if filled else np.zeros(count, dtype=bool)
    names = [name.strip() for name in header]
    findings = [
        Finding(place=place, row=1, rule=f"column {i + 1} has content but no name")
        for i, name in enumerate(names)
        if not name and columns and filled[i].any()
    ]
    if findings:
        raise InstanceError(place, findings)
    columns = columns or [np.empty(0, dtype=object) for _ in names]
    return RawTable(
        place=place,
        header=tuple(name for name in names if name),
        cells=tuple(c[kept] for name, c in zip(names, columns, strict=True) if name),
        rows=np.flatnonzero(kept) + 2,
    )


def _filled(column: NDArray[Any]) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = ~pd.isna(column)
    return known if column.dtype.kind == "f" else known & (column != "")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
