"""Foreign tables become an instance, as a mapping file says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import Finding, InstanceError, nearest
from siting.geo import CrsError, project, to_wgs84, transform
from siting.instance.adopt.adoption import Adoption, Part, Taken, check_free, join_parts
from siting.instance.adopt.columns import make_column, take_rows
from siting.instance.adopt.mapping import Expression, Mapping, Scalar, Source, read_mapping
from siting.instance.settings import Settings
from siting.instance.tables import DEGREES, TABLES, Table
from siting.instance.writing import write_instance

log = logging.getLogger(__name__)

_DEGREES = tuple(column.name for column in DEGREES)


def adopt_tables(mapping: Path, data: Path, out: Path) -> Adoption:
    """Turn foreign tables into an instance.

    Parameters
    ----------
    mapping
        A mapping file, or the name of one that comes with the package (``baltimore.toml``).
    data
        Folder that the file names of the mapping are relative to.
    out
        Folder of the instance; must not exist or be empty.

    Raises
    ------
    InstanceError
        With everything that is wrong in the mapping, or else in the data it names, or else in
        the instance they make.
    """
    check_free(out)
    content = read_mapping(mapping, Mapping)
    parts, found = map_parts(content, data, mapping.name)
    if any(finding.severity == "error" for finding in found):
        raise InstanceError(str(mapping), found)
    instance, findings = join_parts(content.instance, parts, out)
    write_instance(instance, out)
    log.info("%s: written", out)
    return Adoption(
        folder=out,
        instance=instance,
        taken=tuple(part.taken for pieces in parts.values() for part in pieces),
        computed=tuple(computations(content)),
        findings=(*found, *findings),
    )


def map_parts(
    content: Mapping, data: Path, place: str
) -> tuple[dict[str, list[Part]], list[Finding]]:
    """Make the tables that a mapping describes.

    Parameters
    ----------
    content
        The mapping.
    data
        Folder that its file names are relative to.
    place
        Its name in findings.

    Returns
    -------
    tuple
        Parts by table, and everything found wrong, in the terms of the mapping or its files.
    """
    parts: dict[str, list[Part]] = {}
    found: list[Finding] = []
    for name, sources in content.tables.items():
        for number, source in enumerate(sources):
            at = (place, f"tables.{name}[{number}]")
            part, faults = _from_file(TABLES[name], source, data, content.instance, at)
            found += faults
            if part is not None:
                parts.setdefault(name, []).append(part)
    for name, rows in content.rows.items():
        if rows:
            parts.setdefault(name, []).append(_written_out(name, rows, place))
            for number, row in enumerate(rows):
                found += _unknown(TABLES[name], list(row), place, f"rows.{name}[{number}]")
    return parts, found


def computations(content: Mapping) -> Iterator[str]:
    """Yield every number that the mapping sets or changes: factors, constants, value maps."""
    for table, sources in content.tables.items():
        for source in sources:
            for name, expression in source.columns.items():
                said = _computation(expression)
                if said:
                    yield f"{table}.{name} = {said} ({source.file})"


def _computation(expression: Expression) -> str:
    origin = expression.column or expression.text or " + ".join(expression.sum)
    if _is_number(expression.value):
        return f"{expression.value}"
    if any(_is_number(value) for value in expression.map.values()):
        origin += " {" + ", ".join(f"{k}: {v}" for k, v in expression.map.items()) + "}"
    elif expression.factor is None and not expression.sum:
        return ""
    return origin if expression.factor is None else f"{origin} x {expression.factor:g}"


def _is_number(value: Scalar | None) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _from_file(
    table: Table, source: Source, data: Path, settings: Settings, at: tuple[str, str]
) -> tuple[Part | None, list[Finding]]:
    """Return the rows of one source, None where its file cannot be read, and what is wrong."""
    found = list(_unknown(table, list(source.columns), at[0], f"{at[1]}.columns"))
    rows = take_rows(source, data, settings.crs, at, found)
    if rows is None:
        return None, found
    frame = pd.DataFrame(
        {
            name: make_column(rows, name, expression, numeric=_numeric(table, name))
            for name, expression in source.columns.items()
        },
        index=rows.cells.index,
    )
    try:
        frame = _in_metres(frame, source, settings)
    except CrsError as error:
        found.append(Finding(place=at[0], column=f"{at[1]}.crs", rule=str(error)))
    part = Part(
        frame=frame,
        origins=tuple((source.file, int(i) + 2, f"{table.name}.") for i in frame.index),
        taken=Taken(table=table.name, place=source.file, read=rows.read, kept=len(frame)),
    )
    return part, found


def _written_out(table: str, rows: tuple[dict[str, Scalar], ...], place: str) -> Part:
    return Part(
        frame=pd.DataFrame(list(rows), dtype=object),
        origins=tuple((place, None, f"rows.{table}[{i}].") for i in range(len(rows))),
        taken=Taken(table=table, place=place, read=len(rows), kept=len(rows)),
    )


def _unknown(table: Table, names: list[str], place: str, section: str) -> Iterator[Finding]:
    known = [column.name for column in table.columns]
    degrees = _DEGREES if table.column("x") else ()
    for name in names:
        if table.column(name) is None and name not in degrees:
            yield Finding(
                place=place,
                column=f"{section}.{name}",
                rule=f"table {table.name} has no such column",
                remedy=nearest(name, [*known, *degrees]),
            )


def _numeric(table: Table, name: str) -> bool:
    column = table.column(name)
    return name in _DEGREES or (column is not None and column.type in ("number", "integer"))


def _in_metres(frame: pd.DataFrame, source: Source, settings: Settings) -> pd.DataFrame:
    """Bring lon and lat, or x and y of another CRS, into the CRS of the instance."""
    if set(_DEGREES) <= set(frame.columns):
        east, north = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
        lon, lat = to_wgs84(east, north, settings.datum)
        x, y = project(lon, lat, settings.crs)
        frame = frame.drop(columns=list(_DEGREES))
    elif source.crs and {"x", "y"} <= set(frame.columns):
        east, north = frame["x"].to_numpy(float), frame["y"].to_numpy(float)
        x, y = transform(east, north, source.crs, settings.crs)
    else:
        return frame
    known = np.isfinite(east) & np.isfinite(north)
    return frame.assign(
        x=np.where(known, np.round(x, 2), np.nan), y=np.where(known, np.round(y, 2), np.nan)
    )
