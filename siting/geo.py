"""Coordinates: reference systems, datums and metres; the only user of pyproj.

Everywhere x is easting and y is northing, lon comes before lat, and lon and lat are degrees of
WGS 84. A reference system is text: an EPSG code (``EPSG:4548``), WKT or PROJ text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.exceptions import CRSError as UnknownCrs
from pyproj.exceptions import ProjError

from siting.errors import SitingError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Datum = Literal["", "gcj02", "bd09"]

WGS84 = "EPSG:4326"

SHIFTED_DATUMS: tuple[Datum, ...] = ("gcj02", "bd09")
"""Coordinates of Chinese map services, shifted against WGS 84 by 500 to 1400 m."""

WORST_ACCURACY_M = 5.0
"""A change of datum that may be farther off than this is refused."""

_SAME_WITHIN_CENTIMETRES = {
    "World Geodetic System 1984",
    "World Geodetic System 1984 ensemble",
    "China 2000",
}
_AREA_MARGIN_DEG = 2.0
_MOST_LON, _MOST_LAT = 180, 90
_CHINA = (73.0, 17.0, 136.0, 54.0)
_SHIFTED = (72.004, 0.8293, 137.8347, 55.8271)
_KRASSOVSKY_A_M = 6378245.0
_KRASSOVSKY_E2 = 0.00669342162296594323
_BD09_WAVE = np.pi * 3000.0 / 180.0


class CrsError(SitingError):
    """A reference system that is unknown, cannot measure, or cannot be reached safely."""


# Reference systems


@lru_cache(maxsize=64)
def _read(crs: str) -> CRS:
    try:
        return CRS.from_user_input(crs)
    except UnknownCrs:
        message = f'"{crs}" is no coordinate reference system; give an EPSG code or WKT'
        raise CrsError(message) from None


def check_metric(crs: str) -> None:
    """Make sure that lengths may be measured in a reference system.

    Raises
    ------
    CrsError
        When `crs` is unknown, not projected, not in metres, or a Mercator map, whose lengths are
        too long (1.30 times in Beijing).
    """
    system = _read(crs)
    name = f'"{crs}" ({system.name})'
    if not system.is_projected:
        example = "such as EPSG:4548 around Beijing or a UTM zone"
        message = f"{name} is not projected; choose one in metres, {example}"
        raise CrsError(message)
    units = {axis.unit_name for axis in system.axis_info}
    if any(axis.unit_conversion_factor != 1.0 for axis in system.axis_info):
        message = f"{name} counts in {', '.join(sorted(units))}; choose one in metres"
        raise CrsError(message)
    operation = system.coordinate_operation
    method = operation.method_name if operation is not None else ""
    if "Mercator" in method and not method.startswith(("Transverse", "Hotine", "Oblique")):
        message = (
            f"{name} is a Mercator map: its lengths grow with latitude (1.30 times in Beijing); "
            "choose a projection for the town"
        )
        raise CrsError(message)


def suggest_crs(lon: ArrayLike, lat: ArrayLike) -> str:
    """Return a metric reference system for points: CGCS2000 3-degree in China, else UTM.

    China is a box that holds it; a neighbour within the box is measured as well by the same grid.
    """
    east = float(np.nanmedian(np.asarray(lon, float)))
    north = float(np.nanmedian(np.asarray(lat, float)))
    if bool(_inside(east, north, _CHINA)):
        return f"EPSG:{4534 + round((east - 75) / 3)}"
    zone = int((east + 180) // 6) % 60 + 1
    return f"EPSG:{(32600 if north >= 0 else 32700) + zone}"


def crs_name(crs: str) -> str:
    """Return the name of a reference system, such as ``CGCS2000 / 3-degree ... CM 117E``."""
    return str(_read(crs).name)


def crs_wkt(crs: str) -> str:
    """Return a reference system as WKT2, for files that state it in full."""
    return str(_read(crs).to_wkt())


def epsg_code(crs: str) -> int | None:
    """Return the EPSG code of a reference system; None where EPSG has none exactly like it."""
    code = _read(crs).to_epsg(min_confidence=100)
    return None if code is None else int(code)


def is_geographic(crs: str) -> bool:
    """Whether coordinates of a reference system are degrees of lon and lat."""
    return bool(_read(crs).is_geographic)


def axis_names(crs: str) -> tuple[str, str]:
    """Return the headers of the two columns of coordinates, the first being x."""
    if is_geographic(crs):
        return "lon_deg", "lat_deg"
    return "easting_x_m", "northing_y_m"


# Transformation


def transform(
    x: ArrayLike, y: ArrayLike, source: str, target: str
) -> tuple[FloatArray, FloatArray]:
    """Turn coordinates of one reference system into another.

    A point that cannot be transformed comes back as inf.

    Raises
    ------
    CrsError
        When the two stand on different datums and no transformation within `WORST_ACCURACY_M` is
        known between them, so that the shift would silently be left out.
    """
    east, north = _transformer(source, target).transform(
        np.asarray(x, float), np.asarray(y, float), errcheck=False
    )
    return np.asarray(east, float), np.asarray(north, float)


def project(lon: ArrayLike, lat: ArrayLike, crs: str) -> tuple[FloatArray, FloatArray]:
    """Return easting and northing of lon and lat in `crs`; see `transform`."""
    return transform(lon, lat, WGS84, crs)


def to_lonlat(x: ArrayLike, y: ArrayLike, crs: str) -> tuple[FloatArray, FloatArray]:
    """Return lon and lat of easting and northing in `crs`; see `transform`."""
    return transform(x, y, crs, WGS84)


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Transformer:
    start, end = _read(source), _read(target)
    if start.is_bound or end.is_bound or _agree(start, end):
        return Transformer.from_crs(start, end, always_xy=True)
    area = end.area_of_use or start.area_of_use
    try:
        return Transformer.from_crs(
            start,
            end,
            always_xy=True,
            area_of_interest=AreaOfInterest(*area.bounds) if area else None,
            accuracy=WORST_ACCURACY_M,
            allow_ballpark=False,
        )
    except ProjError:
        message = (
            f"no transformation within {WORST_ACCURACY_M:g} m is known from {start.name} "
            f"({_datum(start)}) to {end.name} ({_datum(end)}); leaving out the shift between the "
            "datums would displace everything by tens of metres. Give coordinates of the other "
            "datum, or a reference system with its shift (WKT BOUNDCRS or PROJ +towgs84)"
        )
        raise CrsError(message) from None


def _datum(system: CRS) -> str:
    geodetic = system.geodetic_crs
    datum = geodetic.datum if geodetic is not None else system.datum
    return datum.name if datum is not None else "no datum"


def _agree(start: CRS, end: CRS) -> bool:
    return {_datum(start), _datum(end)} <= _SAME_WITHIN_CENTIMETRES


# What numbers look like


def looks_like_degrees(x: ArrayLike, y: ArrayLike) -> BoolArray:
    """Tell which points are degrees, in either order, where metres are expected.

    Degrees are small and not whole: whole numbers near the origin are taken as metres.
    """
    a, b = np.asarray(x, float), np.asarray(y, float)
    less, more = np.sort([np.abs(a), np.abs(b)], axis=0)
    whole = (a % 1 == 0) & (b % 1 == 0)
    return np.asarray((more <= _MOST_LON) & (less <= _MOST_LAT) & ~whole)


def within_area(x: ArrayLike, y: ArrayLike, crs: str) -> BoolArray:
    """Tell which points of `crs` lie where it is meant to be used, give or take 2 degrees.

    All do where that area or the way to it is not known.
    """
    a, b = np.asarray(x, float), np.asarray(y, float)
    system = _read(crs)
    geodetic = system.geodetic_crs
    if system.area_of_use is None or geodetic is None:
        return np.asarray(np.isfinite(a) & np.isfinite(b))
    west, south, east, north = system.area_of_use.bounds
    lon, lat = transform(a, b, crs, geodetic.to_wkt())
    if west > east:
        lon, east = np.where(lon < 0, lon + 360, lon), east + 360
    margin = _AREA_MARGIN_DEG
    return _inside(lon, lat, (west - margin, south - margin, east + margin, north + margin))


def looks_swapped(x: ArrayLike, y: ArrayLike, crs: str) -> BoolArray:
    """Tell which points fit the area of `crs` only with their two coordinates exchanged.

    Chinese survey tables put northing first and call it X.
    """
    return np.asarray(~within_area(x, y, crs) & within_area(y, x, crs))


def zoned_crs(x: ArrayLike) -> str:
    """Return the CGCS2000 system whose zone number leads these eastings; empty where none does.

    39 448 000 is 448 000 in the 3-degree zone 39, ``EPSG:4527``; zones 13 to 23 are 6-degree.
    """
    values = np.asarray(x, float)
    values = values[np.isfinite(values)]
    zone = int(np.median(values) // 1e6) if values.size else 0
    codes = {**{25 + i: 4513 + i for i in range(21)}, **{13 + i: 4491 + i for i in range(11)}}
    return f"EPSG:{codes[zone]}" if zone in codes else ""


def _inside(lon: ArrayLike, lat: ArrayLike, box: tuple[float, float, float, float]) -> BoolArray:
    west, south, east, north = box
    a, b = np.asarray(lon, float), np.asarray(lat, float)
    return np.asarray((a >= west) & (a <= east) & (b >= south) & (b <= north))


# Shifted datums of Chinese map services


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[FloatArray, FloatArray]:
    """Shift lon and lat as the map services of `datum` do; "" changes nothing.

    GCJ-02 is left alone outside the box in which the services shift. The formulas are the ones
    published by reverse engineering; they agree with the services within a few metres.
    """
    a, b = np.asarray(lon, float), np.asarray(lat, float)
    if datum == "":
        return a, b
    a, b = _gcj02(a, b)
    return (a, b) if datum == "gcj02" else _bd09(a, b)


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[FloatArray, FloatArray]:
    """Undo `from_wgs84`, to less than a millimetre; "" changes nothing.

    The shift changes by less than 2 % of the way moved, so each round of correcting a guess by
    its remaining error gains two digits.
    """
    a, b = np.asarray(lon, float), np.asarray(lat, float)
    guess_a, guess_b = a, b
    for _ in range(12):
        shifted_a, shifted_b = from_wgs84(guess_a, guess_b, datum)
        guess_a, guess_b = guess_a + (a - shifted_a), guess_b + (b - shifted_b)
    return guess_a, guess_b


def _gcj02(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    x, y = lon - 105.0, lat - 35.0
    pi = np.pi
    ripple = 20.0 * np.sin(6 * pi * x) + 20.0 * np.sin(2 * pi * x)
    east_m = (
        300.0 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
        + (ripple + 20.0 * np.sin(pi * x) + 40.0 * np.sin(pi * x / 3)) * 2 / 3
        + (150.0 * np.sin(pi * x / 12) + 300.0 * np.sin(pi * x / 30)) * 2 / 3
    )  # fmt: skip
    north_m = (
        -100.0 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
        + (ripple + 20.0 * np.sin(pi * y) + 40.0 * np.sin(pi * y / 3)) * 2 / 3
        + (160.0 * np.sin(pi * y / 12) + 320.0 * np.sin(pi * y / 30)) * 2 / 3
    )  # fmt: skip
    latitude = np.radians(lat)
    bulge = 1 - _KRASSOVSKY_E2 * np.sin(latitude) ** 2
    normal_m = _KRASSOVSKY_A_M / np.sqrt(bulge)
    meridional_m = normal_m * (1 - _KRASSOVSKY_E2) / bulge
    shifts = _inside(lon, lat, _SHIFTED)
    return (
        lon + np.where(shifts, np.degrees(east_m / (normal_m * np.cos(latitude))), 0.0),
        lat + np.where(shifts, np.degrees(north_m / meridional_m), 0.0),
    )


def _bd09(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD09_WAVE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD09_WAVE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def shifted_crs(datum: Datum) -> str:
    """Return the reference system of shifted lon and lat, as WKT.

    No reader knows a way from it to another: nobody takes shifted coordinates for true ones.
    """
    name = {"gcj02": "GCJ-02", "bd09": "BD-09"}[datum]
    return (
        f'GEOGCRS["{name}, lon and lat shifted against WGS 84",DATUM["{name}",'
        'ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],'
        'PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],CS[ellipsoidal,2],'
        'AXIS["geodetic longitude (Lon)",east,ORDER[1],ANGLEUNIT["degree",0.0174532925199433]],'
        'AXIS["geodetic latitude (Lat)",north,ORDER[2],ANGLEUNIT["degree",0.0174532925199433]]]'
    )


def shift_evidence(
    lon: ArrayLike, lat: ArrayLike, street_m: Callable[[FloatArray, FloatArray], FloatArray]
) -> dict[str, float]:
    """Return how far points are from their street if their lon and lat are of each datum.

    Parameters
    ----------
    lon, lat
        Points as given, degrees, shape (n,).
    street_m
        Distance from lon and lat of WGS 84 to the nearest street, metres.

    Returns
    -------
    dict
        Median distance in metres as given (""), with GCJ-02 (``gcj02``) and BD-09 (``bd09``)
        undone, and the least after moves as long in other directions (``control``). Addresses
        lie close to their street, so the right datum has the least; the centres of blocks lie far
        from any, and every move brings them nearer.
    """
    a, b = np.asarray(lon, float), np.asarray(lat, float)

    def median_m(east: FloatArray, north: FloatArray) -> float:
        return float(np.median(street_m(a + east, b + north)))

    evidence, controls = {"": median_m(0 * a, 0 * b)}, []
    for datum in SHIFTED_DATUMS:
        true_a, true_b = to_wgs84(a, b, datum)
        east, north = true_a - a, true_b - b
        evidence[datum] = median_m(east, north)
        controls += [median_m(-east, -north), median_m(-north, east), median_m(north, -east)]
    return {**evidence, "control": min(controls)}


def likely_datum(evidence: dict[str, float]) -> Datum:
    """Return the shifted datum that `shift_evidence` speaks for; "" without clear evidence.

    Clear is less than half the distance as given and of every control, and at least 5 m less.
    """
    best = min(SHIFTED_DATUMS, key=lambda datum: evidence[datum])
    rival = min(evidence[""], evidence["control"])
    return best if evidence[best] < min(rival / 2, rival - 5) else ""


def in_china(lon: ArrayLike, lat: ArrayLike) -> BoolArray:
    """Tell which points lie in a box that holds China."""
    return _inside(lon, lat, _CHINA)
