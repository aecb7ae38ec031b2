import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting import geo

XICHENG = (116.37, 39.91)
BEIJING_1954 = "EPSG:2436"
LOCAL_GRID = (
    "+proj=tmerc +lon_0=116.35 +x_0=500000 +y_0=300000 +ellps=krass "
    "+towgs84={shift} +units=m +type=crs"
)

in_the_north_east = st.floats(75.0, 134.0), st.floats(18.0, 53.0)


# Reference systems


@pytest.mark.parametrize(
    ("crs", "reason"),
    [
        ("EPSG:4326", "is not projected"),
        ("EPSG:4490", "is not projected"),
        ("EPSG:3857", "lengths grow with latitude"),
        ("EPSG:3395", "lengths grow with latitude"),
        ("EPSG:2248", "counts in US survey foot"),
        ("Xicheng", "no coordinate reference system"),
        ("EPSG:999999", "no coordinate reference system"),
    ],
)
def test_systems_that_cannot_measure_are_refused_with_the_reason(crs, reason):
    with pytest.raises(geo.CrsError, match=reason):
        geo.check_metric(crs)


@pytest.mark.parametrize(
    "crs", ["EPSG:4548", "EPSG:4527", "EPSG:32618", "EPSG:3067", LOCAL_GRID.format(shift="0,0,0")]
)
def test_metric_systems_pass(crs):
    geo.check_metric(crs)


@pytest.mark.parametrize("meridian", range(75, 136, 3))
def test_suggestion_in_china_has_the_nearest_third_meridian(meridian):
    """On its central meridian a 3-degree zone has the false easting 500 000."""
    for lon in (meridian - 1.4, meridian, meridian + 1.4):
        crs = geo.suggest_crs([lon], [35.0])
        geo.check_metric(crs)
        easting, _ = geo.project(meridian, 35.0, crs)
        assert easting == pytest.approx(500_000, abs=0.001)


@pytest.mark.parametrize(
    ("lon", "lat", "crs"),
    [
        (24.94, 60.17, "EPSG:32635"),
        (-76.61, 39.29, "EPSG:32618"),
        (-51.2, -30.05, "EPSG:32722"),
        (180.0, 10.0, "EPSG:32601"),
    ],
)
def test_suggestion_elsewhere_is_utm(lon, lat, crs):
    """Zone = floor((lon + 180) / 6) + 1; 326 north, 327 south of the equator."""
    assert geo.suggest_crs([lon, np.nan], [lat, np.nan]) == crs


def test_names_and_wkt():
    assert geo.crs_name("EPSG:4548") == "CGCS2000 / 3-degree Gauss-Kruger CM 117E"
    assert geo.crs_name(geo.crs_wkt("EPSG:4548")) == geo.crs_name("EPSG:4548")


# Transformation


def test_x_is_easting_and_y_is_northing():
    """A degree of the meridian is 111.0 km; of the parallel, times the cosine of the latitude."""
    lon, lat = XICHENG
    x, y = geo.project([lon, lon + 0.01, lon], [lat, lat, lat + 0.01], "EPSG:4548")
    assert x[1] - x[0] == pytest.approx(1113.2 * np.cos(np.radians(lat)), rel=0.003)
    assert y[2] - y[0] == pytest.approx(1110.2, rel=0.003)
    assert abs(y[1] - y[0]) < 10
    assert geo.to_lonlat(x, y, "EPSG:4548") == pytest.approx(
        np.array([[lon, lon + 0.01, lon], [lat, lat, lat + 0.01]]), abs=1e-9
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("EPSG:4214", "EPSG:4490"),
        ("EPSG:4610", "EPSG:4490"),
        ("EPSG:4326", BEIJING_1954),
        (BEIJING_1954, "EPSG:4548"),
        ("EPSG:2384", "EPSG:4548"),
    ],
)
def test_a_datum_shift_that_nobody_knows_is_refused(source, target):
    with pytest.raises(geo.CrsError, match="no transformation within 5 m is known"):
        geo.transform(*XICHENG, source, target)


def test_wgs84_and_cgcs2000_agree():
    assert geo.transform(*XICHENG, "EPSG:4326", "EPSG:4490") == pytest.approx(XICHENG, abs=1e-9)


def test_a_shift_given_by_the_user_is_applied():
    """A geocentric shift of 100 m along the earth's axis moves northing by 100 m x cos(lat).

    Easting moves by the grid's convergence only, 77 m x sin(0.013 degrees) = 0.02 m.
    """
    x0, y0 = geo.project(*XICHENG, LOCAL_GRID.format(shift="0,0,0"))
    x, y = geo.project(*XICHENG, LOCAL_GRID.format(shift="0,0,100"))
    assert x - x0 == pytest.approx(0, abs=0.03)
    assert y - y0 == pytest.approx(-100 * np.cos(np.radians(XICHENG[1])), abs=0.1)


def test_a_point_that_cannot_be_projected_is_inf():
    x, _ = geo.project([116.37, 400.0], [39.91, 100.0], "EPSG:4548")
    assert np.isfinite(x).tolist() == [True, False]


# What numbers look like


def test_degrees_are_told_from_metres():
    """Row by row: degrees, degrees exchanged, metres, and a hand-drawn town of whole metres."""
    x = [116.37, 39.91, 446_131.1, 100.0, np.nan]
    y = [39.91, 116.37, 4_419_726.0, 50.0, 1.5]
    assert geo.looks_like_degrees(x, y).tolist() == [True, True, False, False, False]


def test_swapped_axes_and_the_area_of_a_system():
    x, y = geo.project(*XICHENG, "EPSG:4548")
    given = np.array([x, y, 0.0]), np.array([y, x, 0.0])
    assert geo.within_area(*given, "EPSG:4548").tolist() == [True, False, False]
    assert geo.looks_swapped(*given, "EPSG:4548").tolist() == [False, True, False]
    assert geo.within_area(*given, BEIJING_1954).tolist() == [True, False, False]
    assert geo.within_area(0.0, 0.0, LOCAL_GRID.format(shift="0,0,0"))


@pytest.mark.parametrize(("zone", "meridian"), [(25, 75), (39, 117), (45, 135)])
def test_three_degree_zone_in_the_easting(zone, meridian):
    crs = geo.zoned_crs([zone * 1e6 + 448_000])
    easting, _ = geo.project(meridian, 40.0, crs)
    assert easting == pytest.approx(zone * 1e6 + 500_000, abs=0.001)


@pytest.mark.parametrize(("zone", "meridian"), [(13, 75), (20, 117), (23, 135)])
def test_six_degree_zone_in_the_easting(zone, meridian):
    crs = geo.zoned_crs([zone * 1e6 + 448_000])
    easting, _ = geo.project(meridian, 40.0, crs)
    assert easting == pytest.approx(zone * 1e6 + 500_000, abs=0.001)


@pytest.mark.parametrize("x", [[], [np.nan], [448_000.0], [116.4], [12_957_588.0], [46.5e6]])
def test_no_zone_in_the_easting(x):
    assert geo.zoned_crs(x) == ""


# Shifted datums


def test_shift_agrees_with_published_values():
    """Results printed in the test of the JavaScript library wandergis/coordtransform."""
    assert geo.from_wgs84(116.404, 39.915, "gcj02") == pytest.approx(
        (116.41024449916938, 39.91640428150164), abs=1e-12
    )
    assert geo.from_wgs84(116.404, 39.915, "bd09") == pytest.approx(
        (116.41662724378733, 39.922699552216216), abs=1e-12
    )


@given(lon=in_the_north_east[0], lat=in_the_north_east[1])
def test_shift_is_undone_to_a_millimetre(lon, lat):
    """1e-8 degrees are 1.1 mm."""
    for datum in ("gcj02", "bd09"):
        back = geo.to_wgs84(*geo.from_wgs84(lon, lat, datum), datum)
        assert np.abs(np.array(back) - (lon, lat)).max() < 5e-9


def test_no_shift_without_a_datum_or_abroad():
    assert geo.from_wgs84(116.4, 39.9, "") == (116.4, 39.9)
    assert geo.from_wgs84(24.94, 60.17, "gcj02") == (24.94, 60.17)
    assert geo.in_china([116.4, 24.94], [39.9, 60.17]).tolist() == [True, False]


@pytest.mark.parametrize("datum", ["", "gcj02", "bd09"])
def test_addresses_tell_their_datum(datum):
    """120 addresses 8 m north of streets 2 km apart; both shifts move them by 140 m and more."""
    rng = np.random.default_rng(5)
    x = rng.uniform(444_000, 450_000, 120)
    y = 4_418_000 + 2000 * rng.integers(0, 3, 120) + 8.0
    lon, lat = geo.from_wgs84(*geo.to_lonlat(x, y, "EPSG:4548"), datum)

    def street_m(lon, lat):
        _, y = geo.project(lon, lat, "EPSG:4548")
        return np.abs((y - 4_418_000 + 1000) % 2000 - 1000)

    evidence = geo.shift_evidence(lon, lat, street_m)
    assert evidence[datum] == pytest.approx(8, abs=0.01)
    assert geo.likely_datum(evidence) == datum


def test_centres_of_blocks_are_no_evidence():
    """Centres of blocks of 300 m are 150 m from any street, and any shift brings them nearer."""
    middle = np.arange(444_150.0, 450_000, 300)
    x, y = (axis.ravel() for axis in np.meshgrid(middle, middle + 3_974_000))
    lon, lat = geo.to_lonlat(x, y, "EPSG:4548")

    def street_m(lon, lat):
        x, y = geo.project(lon, lat, "EPSG:4548")
        return np.minimum(
            *(np.abs((axis - 444_000 + 150) % 300 - 150) for axis in (x, y - 3_974_000))
        )

    evidence = geo.shift_evidence(lon, lat, street_m)
    assert evidence[""] == pytest.approx(150, abs=0.01)
    assert evidence["gcj02"] < evidence[""] / 2
    assert geo.likely_datum(evidence) == ""


@pytest.mark.parametrize(
    "evidence",
    [
        {"": 22.0, "gcj02": 12.0, "bd09": 21.0, "control": 30.0},
        {"": 8.0, "gcj02": 3.5, "bd09": 9.0, "control": 30.0},
        {"": 30.0, "gcj02": 21.0, "bd09": 9.0, "control": 17.0},
    ],
)
def test_weak_evidence_speaks_for_nothing(evidence):
    assert geo.likely_datum(evidence) == ""
