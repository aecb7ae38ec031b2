"""Layers in the coordinates that reviewers work in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siting.geo import WGS84, Datum, from_wgs84, shifted_crs, transform
from siting.review.layers.layer import Layer


def crs_of(crs: str, datum: Datum) -> str:
    """Return the reference system that files state; map services' coordinates have their own."""
    return shifted_crs(datum) if datum else crs


def moved(
    layers: Mapping[str, Layer], source: str, target: str, datum: Datum = ""
) -> dict[str, Layer]:
    """Return layers with all shapes in another reference system.

    Parameters
    ----------
    source, target
        Of the layers as they are and as they shall be.
    datum
        Where given, shapes become lon and lat shifted as the map services of this datum do, and
        `target` does not count.

    Raises
    ------
    CrsError
        When there is no way to `target` that is known to be within some metres.
    """
    import geopandas as gpd
    import shapely

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        end = WGS84 if datum else target
        x, y = transform(points[:, 0], points[:, 1], source, end)
        return np.column_stack(from_wgs84(x, y, datum))

    if source == target and not datum:
        return dict(layers)
    stated = crs_of(target, datum)
    changed = {}
    for name, layer in layers.items():
        changed[name] = layer
        if layer.shape:
            shapes = shapely.transform(layer.table["geometry"].to_numpy(object), move)
            table = gpd.GeoDataFrame(
                layer.table.drop(columns="geometry"), geometry=shapes, crs=stated
            )
            changed[name] = replace(layer, table=table[list(layer.table.columns)])
    return changed
