"""What came back, read alike from every format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from siting.review.fields import LAYER
from siting.review.returns.copying import safe_copy
from siting.review.returns.geojson import read_geojson
from siting.review.returns.geopackage import read_geopackage
from siting.review.returns.layers import read_filegdb, read_shapefile
from siting.review.returns.returned import Return, make_return
from siting.review.returns.sheets import read_csv, read_workbook

__all__ = ["Return", "layer_in", "make_return", "read_return"]


def read_return(path: Path, *, crs: str | None = None, encoding: str | None = None) -> Return:
    """Return what a file says, from a safe copy of it.

    Parameters
    ----------
    path
        A file, a FileGDB, or a folder of Shapefiles or GeoJSON as they are exported.
    crs
        Of its points, in place of what it states.
    encoding
        Of the text of a Shapefile, in place of what its .cpg states.

    Raises
    ------
    InstanceError
        When it cannot be copied or read.
    """
    path = layer_in(path)
    with safe_copy(path) as copy:
        match copy.suffix.lower():
            case ".gpkg":
                returned = read_geopackage(copy, path.name)
            case ".gdb":
                returned = read_filegdb(copy, path.name)
            case ".shp":
                returned = read_shapefile(copy, path.name, encoding)
            case ".geojson" | ".json":
                returned = read_geojson(copy, path.name)
            case ".xlsx":
                returned = read_workbook(copy, path.name)
            case _:
                returned = read_csv(copy, path.name)
    return replace(returned, crs=crs) if crs and returned.has_shapes else returned


def layer_in(path: Path) -> Path:
    """Return the review layer of a folder with one file per layer; other paths stay."""
    if path.is_dir():
        for suffix in (".shp", ".geojson"):
            if (path / f"{LAYER}{suffix}").exists():
                return path / f"{LAYER}{suffix}"
    return path
