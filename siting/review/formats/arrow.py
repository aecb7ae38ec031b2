"""Layers as columns of declared types, so that every format gets the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.review.layers.layer import Layer

if TYPE_CHECKING:
    import pyarrow as pa


def write_layer(
    layer: Layer,
    path: Path,
    *,
    driver: str,
    crs: str,
    name: str = "",
    dataset_options: dict[str, str] | None = None,
    layer_options: dict[str, str] | None = None,
) -> None:
    """Write a layer with GDAL, into a new file or beside the layers that a file has.

    Parameters
    ----------
    driver
        As GDAL calls the format.
    crs
        Of the layer's coordinates.
    name
        Of the layer in the file; its own where empty.
    """
    import pyogrio

    more: dict[str, Any] = {}
    if layer.shape:
        more = {"geometry_name": "geometry", "geometry_type": layer.shape, "crs": crs}
    pyogrio.write_arrow(
        arrow_table(layer),
        path,
        layer=name or layer.name,
        driver=driver,
        append=path.exists(),
        dataset_options=dataset_options,
        layer_options=layer_options,
        **more,
    )


def arrow_table(layer: Layer) -> pa.Table:
    """Return the rows of a layer with its shapes as WKB."""
    import pyarrow as pa
    import shapely

    frame = layer.table
    columns = {
        str(name): _column(frame[name], layer.kinds.get(str(name), ""))
        for name in frame.columns.drop("geometry", errors="ignore")
    }
    if layer.shape:
        shapes = pd.Series(frame["geometry"]).to_numpy(object)
        columns["geometry"] = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    return pa.table(columns)


def _column(column: pd.Series[Any], kind: str) -> pa.Array:
    import pyarrow as pa

    if kind == "day":
        return pa.array([None if pd.isna(day) else day for day in column], pa.date32())
    if kind == "time":
        return pa.array([None if pd.isna(day) else day for day in column], pa.timestamp("ms"))
    if pd.api.types.is_bool_dtype(column):
        return pa.array(column.astype(bool).tolist(), pa.bool_())
    if pd.api.types.is_integer_dtype(column):
        return pa.array([None if pd.isna(v) else int(v) for v in column], pa.int32())
    if pd.api.types.is_float_dtype(column):
        return pa.array([None if pd.isna(v) else float(v) for v in column], pa.float64())
    texts = [None if value is None or pd.isna(value) else str(value) for value in column]
    return pa.array(texts, pa.string())
