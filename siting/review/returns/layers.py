"""The review layer of a FileGDB or a Shapefile."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from siting.errors import InstanceError
from siting.review.fields import LAYER
from siting.review.returns.checks import Spot
from siting.review.returns.returned import Return, make_return

_DBF_HEADER, _DBF_FIELD, _DBF_END = 32, 32, 0x0D
_DBF_LANGUAGE = 29
"""Byte of a .dbf that may state its code page."""

_SHAPEFILE_TEXT_BYTES = 254
_ASCII = 0x80


def read_filegdb(path: Path, file: str) -> Return:
    """Return the review layer of a FileGDB.

    Raises
    ------
    InstanceError
        When it cannot be read or has no such layer.
    """
    import pyogrio

    spot = Spot(file=file)
    try:
        there = [str(name) for name, _ in pyogrio.list_layers(path)]
    except pyogrio.errors.DataSourceError:
        raise _damaged(spot) from None
    layer = next((name for name in there if name.lower() == LAYER), "")
    if not layer:
        finding = spot.about("no_layer", layer=LAYER, there=", ".join(there) or "-")
        raise InstanceError(file, [finding])
    return _read(path, Spot(file=file, layer=layer), layer=layer)


def read_shapefile(path: Path, file: str, encoding: str | None) -> Return:
    """Return a Shapefile as a review layer, its short names put back.

    Raises
    ------
    InstanceError
        When it cannot be read, or its text is in no stated encoding.
    """
    spot = Spot(file=file)
    dbf, cpg = path.with_suffix(".dbf").read_bytes(), path.with_suffix(".cpg")
    if not encoding and not cpg.exists() and _beyond_ascii(dbf) and not dbf[_DBF_LANGUAGE]:
        raise InstanceError(file, [spot.about("encoding_unknown")])
    try:
        return _read(path, spot, encoding=encoding, text_bytes=_SHAPEFILE_TEXT_BYTES)
    except (UnicodeDecodeError, LookupError):
        stated = encoding or (
            cpg.read_text("ascii", "replace").strip() if cpg.exists() else "UTF-8"
        )
        raise InstanceError(file, [spot.about("encoding_wrong", encoding=stated)]) from None


def _beyond_ascii(dbf: bytes) -> bool:
    """Whether names of fields or cells of a .dbf hold anything but ASCII."""
    names = _DBF_HEADER
    while names < len(dbf) and dbf[names] != _DBF_END:
        if any(byte >= _ASCII for byte in dbf[names : names + 11]):
            return True
        names += _DBF_FIELD
    return any(byte >= _ASCII for byte in dbf[names:])


def _read(
    path: Path,
    spot: Spot,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    text_bytes: int | None = None,
) -> Return:
    import pyogrio
    import shapely

    try:
        with warnings.catch_warnings(record=True):
            # Of cells that do not fit their field; they come as empty ones, which is found.
            warnings.simplefilter("always")
            meta, fids, shapes, cells = pyogrio.raw.read(
                path, layer=layer, encoding=encoding, return_fids=True
            )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError):
        raise _damaged(spot) from None
    return make_return(
        spot,
        [str(name) for name in meta["fields"]],
        [column.tolist() if column.dtype.kind != "M" else _days(column) for column in cells],
        [f"fid {fid}" for fid in fids],
        shapes=None if shapes is None else shapely.from_wkb(shapes).tolist(),
        crs=str(meta["crs"] or ""),
        text_bytes=text_bytes,
    )


def _days(column: Any) -> list[Any]:
    """Return dates as such, None where there is none."""
    return list(column.astype("datetime64[s]").astype(object))


def _damaged(spot: Spot) -> InstanceError:
    what = ("cannot be read as a layer", "无法作为图层读取")
    return InstanceError(spot.file, [spot.about("damaged", what=what)])
