"""Writing an instance so that reading it gives the same content again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.files import find_files
from siting.instance.formats import SETTINGS_SHEETS
from siting.instance.given import plain_number
from siting.instance.instance import Instance
from siting.instance.settings import Settings
from siting.instance.settings_file import FILE, HEADERS, settings_text, sheet_rows
from siting.instance.tables import TABLES, Column, Table

FileFormat = Literal["csv", "parquet", "gpkg", "xlsx"]

GEOPACKAGE = "tables.gpkg"
"""File of all tables in the format ``gpkg``."""

_GPKG_VERSION = "1.3"


def write_instance(
    instance: Instance, path: str | Path, *, file_format: FileFormat = "csv"
) -> Path:
    """Write settings, and the tables that have rows; columns without any content are left out.

    Parameters
    ----------
    path
        A folder, or for ``xlsx`` the workbook. Files of the same names are replaced.
    file_format
        ``csv`` (UTF-8 with BOM), ``parquet``, ``gpkg`` (one `GEOPACKAGE`, points and shapes as
        geometry), or ``xlsx`` (a sheet per table and one for the settings).

    Returns
    -------
    Path
        What `read_instance` reads again, with the same `Instance.content_hash`.

    Raises
    ------
    FileExistsError
        When the folder holds other tables, which would be read with these.
    ValueError
        When a sheet cannot hold a table, or a workbook is not named ``.xlsx``.
    """
    path = Path(path)
    frames = {name: _filled(frame) for name, frame in instance.tables.items() if len(frame)}
    if file_format == "xlsx":
        _write_workbook(path, instance.settings, frames)
        return path
    path.mkdir(parents=True, exist_ok=True)
    single = file_format == "gpkg"
    _refuse_others(path, {GEOPACKAGE} if single else {f"{n}.{file_format}" for n in frames})
    if single:
        _write_geopackage(path / GEOPACKAGE, instance.settings.crs, frames)
    for name, frame in frames.items():
        if file_format == "csv":
            text = _as_text(TABLES[name], frame)
            text.to_csv(path / f"{name}.csv", index=False, encoding="utf-8-sig")
        elif file_format == "parquet":
            frame.to_parquet(path / f"{name}.parquet", index=False)
    (path / FILE).write_text(settings_text(instance.settings), encoding="utf-8")
    return path


def _filled(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out columns that say nothing."""
    empty = (frame.isna() | frame.eq("")).all()
    return frame.loc[:, ~empty]


def _refuse_others(folder: Path, written: set[str]) -> None:
    files = find_files(folder, {}, FILE)
    others = {s.file.name for s in files.sources.values()} | {f.name for f in files.extracts}
    if others - written:
        message = f"{folder} holds other tables: {', '.join(sorted(others - written))}"
        raise FileExistsError(message)


def _declared(table: Table, name: str) -> Column:
    column = table.column(name)
    if column is None:
        message = f"table {table.name} has no column {name}"
        raise ValueError(message)
    return column


def _as_text(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table as the text of its cells."""
    return pd.DataFrame({n: _column_text(_declared(table, n), frame[n]) for n in frame})


def _column_text(column: Column, cells: pd.Series) -> pd.Series:
    said: Callable[[Any], str] = str
    if column.type in {"number", "integer"}:
        said = plain_number
    elif column.type == "boolean":
        said = lambda value: "true" if value else "false"  # noqa: E731
    texts = ["" if missing else said(v) for v, missing in zip(cells, cells.isna(), strict=True)]
    return pd.Series(texts, dtype=object)


def _write_geopackage(file: Path, crs: str, frames: Mapping[str, pd.DataFrame]) -> None:
    import pyogrio
    import shapely

    file.unlink(missing_ok=True)
    for name, frame in frames.items():
        shapes, kind = None, None
        if {"x", "y"} <= set(frame):
            shapes, kind = shapely.points(frame[["x", "y"]].to_numpy(float)), "Point"
            frame = frame.drop(columns=["x", "y"])  # noqa: PLW2901
        elif "geometry" in frame:
            texts = frame["geometry"].to_numpy(object)
            shapes = shapely.from_wkt(np.where(texts == "", None, texts))
            kinds = {shape.geom_type for shape in shapes if shape is not None}
            kind = kinds.pop() if len(kinds) == 1 else "Unknown"
            frame = frame.drop(columns="geometry")  # noqa: PLW2901
        fields = [_field(_declared(TABLES[name], column), frame[column]) for column in frame]
        pyogrio.raw.write(
            file,
            geometry=None if shapes is None else shapely.to_wkb(shapes),
            field_data=[values for values, _ in fields],
            fields=np.array(list(frame.columns), dtype=object),
            field_mask=[mask for _, mask in fields],
            layer=name,
            driver="GPKG",
            geometry_type=kind,
            crs=None if shapes is None else crs,
            dataset_options={"VERSION": _GPKG_VERSION},
        )


def _field(column: Column, cells: pd.Series) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return the values of a field and which of them are unknown."""
    missing = cells.isna().to_numpy(bool)
    if column.type in {"number", "integer"}:
        return cells.to_numpy(float), missing
    if column.type == "boolean":
        return np.where(missing, False, cells.to_numpy(object)).astype(bool), missing
    return cells.astype(object).where(~missing, None).to_numpy(object), None


def _write_workbook(file: Path, settings: Settings, frames: Mapping[str, pd.DataFrame]) -> None:
    from xlsxwriter import Workbook

    if file.suffix.lower() != ".xlsx":
        message = f"{file} must be named .xlsx"
        raise ValueError(message)
    file.parent.mkdir(parents=True, exist_ok=True)
    with Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(SETTINGS_SHEETS[0])
        header = [min(names) for names in HEADERS]
        for row, cells in enumerate([header, *sheet_rows(settings)]):
            for column, value in enumerate(cells):
                write_cell(sheet, row, column, value)
        for name, frame in frames.items():
            sheet = book.add_worksheet(name)
            cells = frame.astype(object).where(frame.notna(), None)
            for row, values in enumerate([tuple(frame), *cells.itertuples(index=False)]):
                for column, value in enumerate(values):
                    write_cell(sheet, row, column, value)


def write_cell(sheet: Any, row: int, column: int, value: object) -> None:
    """Write one cell of a workbook, so that reading it gives the same value.

    Raises
    ------
    ValueError
        When the sheet or the cell cannot hold it.
    """
    if value is None or value == "":
        return
    if isinstance(value, (bool, np.bool_)):
        refused = sheet.write_boolean(row, column, bool(value))
    elif isinstance(value, (int, float)) and float(f"{value:.16G}") == value:
        refused = sheet.write_number(row, column, value)
    else:  # a workbook keeps 16 digits of a number, its text all of them
        text = value if isinstance(value, str) else plain_number(float(str(value)))
        refused = sheet.write_string(row, column, text)
    if refused:
        message = (
            f"a sheet cannot hold row {row + 1}, column {column + 1} of {sheet.get_name()}: it is "
            "too long; write another format"
        )
        raise ValueError(message)
