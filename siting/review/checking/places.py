"""Where sites lie in a return: where they lay when they were exported, in the CRS that it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import Finding
from siting.geo import (
    SHIFTED_DATUMS,
    WGS84,
    BoolArray,
    CrsError,
    Datum,
    FloatArray,
    crs_name,
    from_wgs84,
    to_lonlat,
    to_wgs84,
    transform,
)
from siting.review.checking.rows import Row, sensitive_buildings

if TYPE_CHECKING:
    from siting.instance.instance import Instance
    from siting.review.returns import Return

MOVED_M = 0.01
"""A site that lies farther than this from where it was exported was moved."""

_FAR_OFF_M = 1e5
_SHOWN = 60
"""Letters of a reference system that are shown; WKT is long."""

_DATUM_WITHIN_M = 1.0
_DATUM_NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def check_places(rows: Sequence[Row], returned: Return, instance: Instance) -> list[Finding]:
    """Return what is wrong with the points of rows that were exported.

    Sites of a public edition have none where the instance calls them sensitive.
    """
    if not returned.has_shapes:
        return []
    if not returned.crs:
        return [returned.spot.about("no_crs")]
    try:
        crs_name(returned.crs)
    except CrsError as error:
        value = returned.crs[:_SHOWN]
        return [returned.spot.about("bad_crs", value=value, what=str(error))]
    findings: list[Finding] = []
    sensitive = sensitive_buildings(instance)
    buildings = instance.buildings.set_index("building_id")
    placed: list[Row] = []
    for row in rows:
        shape = returned.table["geometry"].iloc[row.position]
        if shape is None or shape.is_empty:
            if not (row.added or row.key[0] in sensitive):
                findings.append(row.spot.about("no_shape"))
        elif _points_of(shape) != 1:
            findings.append(row.spot.about("not_point", kind=shape.geom_type))
        elif not row.added:
            placed.append(row)
    if not placed:
        return findings
    shapes = [returned.table["geometry"].iloc[row.position].centroid for row in placed]
    xy = np.array([(point.x, point.y) for point in shapes])
    own = buildings.loc[[row.key[0] for row in placed], ["x", "y"]].to_numpy(float)
    return findings + list(_moved(placed, xy, own, returned=returned, instance=instance))


def _points_of(shape: object) -> int:
    """Return of how many points a shape is; 0 where it is no points."""
    kind = getattr(shape, "geom_type", "")
    if kind == "Point":
        return 1
    return len(getattr(shape, "geoms", ())) if kind == "MultiPoint" else 0


def _moved(
    rows: Sequence[Row], xy: FloatArray, own: FloatArray, *, returned: Return, instance: Instance
) -> Iterator[Finding]:
    """Yield where points lie elsewhere; one finding where the reason is one for the whole layer.

    Parameters
    ----------
    xy, own
        Points as they came back and as the instance has them, each in its own CRS, shape (n, 2).
    """
    stated, right = returned.crs, instance.settings.crs
    try:
        apart = _apart(xy, own, stated, right)
    except CrsError as error:
        if _fits(np.hypot(*(xy - own).T)):
            yield returned.spot.about("wrong_crs", stated=stated[:_SHOWN], right=right)
        else:
            yield returned.spot.about("bad_crs", value=stated[:_SHOWN], what=str(error))
        return
    far = ~(apart <= MOVED_M)
    if _all_but_few(far):
        whole = _one_reason(xy, own, stated, right)
        if whole:
            check, said = whole
            yield returned.spot.about(check, **said)
            return
    for row, metres in zip(rows, apart, strict=True):
        if not metres <= MOVED_M:
            yield row.spot.about("moved", metres=_metres(metres))


def _apart(xy: FloatArray, own: FloatArray, stated: str, right: str) -> FloatArray:
    """Return how far points are from where they were, metres."""
    datum = _shifted_by(stated)
    if datum:
        lon, lat = to_wgs84(xy[:, 0], xy[:, 1], datum)
        east, north = transform(lon, lat, WGS84, right)
    else:
        east, north = transform(xy[:, 0], xy[:, 1], stated, right)
    return np.asarray(np.hypot(east - own[:, 0], north - own[:, 1]))


def _shifted_by(crs: str) -> Datum:
    """Return the datum of map services that a reference system was exported in; "" for none."""
    return next((datum for datum in SHIFTED_DATUMS if _DATUM_NAMES[datum] in crs), "")


def _all_but_few(marked: BoolArray) -> bool:
    return bool(marked.sum() > marked.size / 2)


def _one_reason(
    xy: FloatArray, own: FloatArray, stated: str, right: str
) -> tuple[str, dict[str, str]] | None:
    """Return the check that explains why most points lie elsewhere, and what it says."""
    if _fits(np.hypot(*(xy - own).T)):
        return "wrong_crs", {"stated": stated[:_SHOWN], "right": right}
    lon, lat = to_lonlat(own[:, 0], own[:, 1], right)
    if _fits(_degrees_apart_m(xy, lon, lat)):
        return "wrong_crs", {"stated": stated[:_SHOWN], "right": WGS84}
    if _fits(np.hypot(*(xy[:, ::-1] - own).T)) or _fits(_apart(xy[:, ::-1], own, stated, right)):
        return "swapped", {}
    if _shifted_by(stated):
        return None
    east, north = to_lonlat(xy[:, 0], xy[:, 1], stated)
    for datum in SHIFTED_DATUMS:
        found = _degrees_apart_m(np.column_stack([east, north]), *from_wgs84(lon, lat, datum))
        if _fits(found, _DATUM_WITHIN_M):
            return "shifted_datum", {"datum": _DATUM_NAMES[datum]}
    return None


def _fits(apart: FloatArray, within_m: float = MOVED_M) -> bool:
    return _all_but_few(apart <= within_m)


def _degrees_apart_m(xy: FloatArray, lon: FloatArray, lat: FloatArray) -> FloatArray:
    per_degree = 111_320.0
    east = (xy[:, 0] - lon) * np.cos(np.radians(lat))
    return np.asarray(np.hypot(east, xy[:, 1] - lat) * per_degree)


def _metres(metres: float) -> str:
    if not metres <= _FAR_OFF_M:
        return "more than 100 000"
    return f"{metres:.2f}" if metres < 1 else f"{metres:.1f}"
