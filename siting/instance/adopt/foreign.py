"""Foreign tables and map layers, read as text."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from siting.errors import Finding, InstanceError, nearest
from siting.geo import transform
from siting.instance.adopt.mapping import File
from siting.instance.formats import decode

_LAYERS = (".gpkg", ".geojson", ".shp")


def read_foreign(file: File, data: Path, crs: str) -> pd.DataFrame:
    """Read a foreign table with every cell as text and empty cells missing.

    A map layer is brought into `crs` and gains the columns ``geometry`` (WKT), ``geometry_x`` and
    ``geometry_y`` (a point inside the shape), ``geometry_m`` (length) and ``geometry_m2`` (area).

    Parameters
    ----------
    file
        Which file, and how it is written.
    data
        Folder that file names are relative to.
    crs
        CRS of the instance.

    Raises
    ------
    InstanceError
        When the file is missing, is of no known kind or cannot be read as what its name says.
    """
    name, _, sheet = file.file.partition("#")
    path = data / name
    if not path.is_file():
        there = [str(p.relative_to(data)) for p in data.rglob("*") if p.is_file()]
        finding = Finding(place=name, rule=f"no such file in {data}", remedy=nearest(name, there))
        raise InstanceError(name, [finding])
    suffix = path.suffix.lower()
    try:
        if suffix in (".csv", ".txt"):
            content = path.read_bytes()
            text = content.decode(file.encoding) if file.encoding else decode(content, name)
            rows = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False, sep=file.delimiter)
        elif suffix == ".parquet":
            rows = pd.read_parquet(path)
        elif suffix == ".xlsx":
            rows = pd.read_excel(path, sheet_name=sheet or 0, dtype=object)
        elif suffix in _LAYERS:
            rows = _read_layer(path, sheet, crs)
        else:
            kinds = ", ".join([".csv", ".txt", ".parquet", ".xlsx", *_LAYERS])
            raise InstanceError(name, [Finding(place=name, rule=f"must be one of {kinds}")])
    except (ValueError, LookupError, OSError, BadZipFile, RuntimeError) as error:
        finding = Finding(place=name, rule=f"cannot be read: {error}")
        raise InstanceError(name, [finding]) from error
    rows.columns = [str(column).strip() for column in rows.columns]
    cells = rows.map(as_text).astype(object)
    return cells.mask(cells.isin(["", *file.missing]))


def as_text(value: object) -> str:
    """Return one text for one value, whatever type a file format gave it; empty for none."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return ""
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value).strip()


def _read_layer(path: Path, layer: str, crs: str) -> pd.DataFrame:
    import geopandas
    import shapely

    frame = geopandas.read_file(path, layer=layer or None)
    if frame.crs is None:
        raise ValueError("the layer does not say its CRS")
    source = frame.crs.to_wkt()
    shapes = shapely.transform(
        frame.geometry.to_numpy(),
        lambda points: np.column_stack(transform(points[:, 0], points[:, 1], source, crs)),
    )
    inside = shapely.point_on_surface(shapes)
    rows = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return rows.assign(
        geometry=shapely.to_wkt(shapes, rounding_precision=2),
        geometry_x=shapely.get_x(inside),
        geometry_y=shapely.get_y(inside),
        geometry_m=shapely.length(shapes),
        geometry_m2=shapely.area(shapes),
    )
