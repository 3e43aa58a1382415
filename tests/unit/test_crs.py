"""One place reprojects: round trips, the cm grid, the two shifted datums, doubts about declared systems."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis import crs
from gis.crs_doubts import doubt_coordinates, zone_srid
from gis.errors import UnknownCrsError

MAINLAND = st.tuples(st.floats(80, 130), st.floats(20, 50))
METRES = 111_320.0


def test_gcj02_of_a_known_place_is_as_published():
    shifted = crs.wgs84_to_gcj02([[116.404, 39.915]])
    assert np.allclose(shifted, [[116.41024449916938, 39.91640428150164]], atol=1e-9)


@given(MAINLAND)
def test_gcj02_and_bd09_are_undone_to_below_a_millimetre(place):
    point = np.array([place])
    gcj = crs.wgs84_to_gcj02(point)
    assert np.abs(crs.gcj02_to_wgs84(gcj) - point).max() * METRES < 1e-3
    bd = crs.gcj02_to_bd09(gcj)
    assert np.abs(crs.gcj02_to_wgs84(crs.bd09_to_gcj02(bd)) - point).max() * METRES < 1e-3


@given(MAINLAND)
def test_gcj02_moves_mainland_points_by_less_than_a_kilometre(place):
    point = np.array([place])
    away = np.abs(crs.wgs84_to_gcj02(point) - point).max() * METRES
    assert away < 1000
    assert (away > 0) == bool(crs.in_mainland_china(point)[0])


@pytest.mark.parametrize(
    ("name", "lonlat"),
    [
        ("Hong Kong", (114.16, 22.28)),
        ("Macao", (113.545, 22.19)),
        ("Taipei", (121.56, 25.03)),
        ("Hsinchu", (121.0, 24.79)),
        ("Kinmen", (118.35, 24.44)),
        ("Hanoi", (105.85, 21.03)),
        ("Seoul", (127.0, 37.5)),
        ("Ulaanbaatar", (106.9, 47.9)),
        ("Helsinki", (24.94, 60.17)),
    ],
)
def test_points_outside_the_mainland_are_never_shifted(name, lonlat):
    point = np.array([lonlat])
    for change in (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84, crs.gcj02_to_bd09, crs.bd09_to_gcj02):
        assert np.array_equal(change(point), point), name


@pytest.mark.parametrize(
    "lonlat", [(114.123, 22.545), (118.08, 24.45), (124.39, 40.13), (75.99, 39.47), (109.5, 18.25), (119.94, 47.17)]
)
def test_border_and_coast_cities_of_the_mainland_are_shifted(lonlat):
    assert crs.in_mainland_china([lonlat])[0]


@given(st.floats(24.0, 27.0), st.floats(59.0, 61.0))
def test_metric_round_trip_stays_on_the_centimetre_grid(lon, lat):
    metric = crs.to_metric(shapely.Point(lon, lat), 32635)
    again = crs.to_metric(crs.to_lonlat(metric, 32635), 32635)
    assert shapely.equals_identical(metric, again)
    x = metric.x * 100
    assert abs(x - round(x)) < 1e-6


def test_shared_border_stays_shared_in_the_metric_crs():
    west = shapely.Polygon([(25, 60), (25.01, 60), (25.0123456, 60.0051), (25.01, 60.01), (25, 60.01)])
    east = shapely.Polygon([(25.01, 60), (25.02, 60), (25.02, 60.01), (25.01, 60.01), (25.0123456, 60.0051)])
    metric = crs.to_metric(np.array([west, east]), 32635)
    assert shapely.coverage_is_valid(metric)


def test_declared_systems_are_read_and_unknown_ones_refused():
    assert crs.parse_declared_crs("CGCS2000") == crs.CGCS2000
    assert crs.parse_declared_crs("EPSG:4490") == crs.CGCS2000
    assert crs.parse_declared_crs("epsg:4547").srid == 4547
    for nonsense in ("", None, "mars", "EPSG:999999"):
        with pytest.raises(UnknownCrsError):
            crs.parse_declared_crs(nonsense)


def test_projected_points_come_back_to_where_they_were():
    lonlat = np.array([[114.2, 30.5], [114.9, 31.2]])
    for srid in (4547, 4526, 3857):
        declared = crs.parse_declared_crs(f"EPSG:{srid}")
        projected = crs.transform_xy(lonlat, 4326, srid)
        assert np.abs(crs.xy_to_wgs84(projected, declared) - lonlat).max() * METRES < 0.01


def test_utm_zone_is_suggested_on_both_hemispheres_and_at_the_edge():
    assert crs.suggest_metric_srid((9.4, 47.0, 9.7, 47.3)) == 32632
    assert crs.suggest_metric_srid((-70.0, -34.0, -69.0, -33.0)) == 32719
    assert crs.suggest_metric_srid((179.0, 10.0, 180.0, 11.0)) == 32660
    assert crs.suggest_metric_srid((0.0, 85.0, 1.0, 86.0)) == 5041
    assert crs.suggest_metric_srid((0.0, -86.0, 1.0, -85.0)) == 5042


@pytest.mark.parametrize("srid", [4513, 4527, 4533, 4491, 4498, 4501])
def test_zone_prefixes_name_the_system_they_belong_to(srid):
    import pyproj

    area = pyproj.CRS.from_epsg(srid).area_of_use
    lon = (area.west + area.east) / 2
    xy = crs.transform_xy([[lon, 35.0]], 4326, srid)
    assert zone_srid(int(xy[0, 0] // 1_000_000)) == srid
    assert doubt_coordinates(xy, crs.parse_declared_crs(f"EPSG:{srid}")) is None


def test_zone_prefixed_eastings_under_another_name_are_asked_about():
    xy = crs.transform_xy([[117.1, 30.1], [117.2, 30.2]], 4326, 4527)
    for declared in ("EPSG:4547", "wgs84"):
        doubt = doubt_coordinates(xy, crs.parse_declared_crs(declared))
        assert (doubt.code, doubt.suggestion) == ("zone-prefix", "EPSG:4527")
    swapped = doubt_coordinates(xy[:, ::-1], crs.parse_declared_crs("EPSG:4527"))
    assert (swapped.code, swapped.suggestion) == ("swapped-axes", "swap")


def test_swapped_degrees_are_seen_by_range_or_by_the_known_place():
    wgs84 = crs.parse_declared_crs("wgs84")
    assert doubt_coordinates([[31.2, 121.5], [31.3, 121.4]], wgs84).suggestion == "swap"
    near = (24.9, 60.1, 25.0, 60.2)
    assert doubt_coordinates([[60.15, 24.95]], wgs84) is None
    assert doubt_coordinates([[60.15, 24.95]], wgs84, near=near).suggestion == "swap"
    assert doubt_coordinates([[24.95, 60.15]], wgs84, near=near) is None


def test_metres_called_degrees_and_degrees_called_metres_are_asked_about():
    assert doubt_coordinates([[385_000.0, 6_671_000.0]], crs.parse_declared_crs("wgs84")).code == "projected"
    assert doubt_coordinates([[24.95, 60.15]], crs.parse_declared_crs("EPSG:32635")).code == "degrees"
    assert doubt_coordinates([[200.0, 95.0]], crs.parse_declared_crs("wgs84")).code == "outside-earth"
    assert doubt_coordinates(np.empty((0, 2)), crs.parse_declared_crs("wgs84")) is None


def test_stated_wkt_is_identified():
    import pyproj

    assert crs.identify_srid(pyproj.CRS.from_epsg(4547).to_wkt("WKT1_ESRI")) == 4547
    assert crs.identify_srid("nonsense") is None


def test_geometries_of_every_declared_system_come_into_storage():
    true = shapely.Polygon([(117.2, 30.1), (117.3, 30.1), (117.3, 30.2)])
    gcj = shapely.transform(true, crs.wgs84_to_gcj02)
    bd = shapely.transform(gcj, crs.gcj02_to_bd09)
    projected = crs.transform(true, 4326, 4527)
    for given_geometry, name in (
        (true, "wgs84"),
        (true, "EPSG:4490"),
        (gcj, "gcj02"),
        (bd, "bd09"),
        (projected, "4527"),
    ):
        declared = crs.parse_declared_crs(name)
        landed = crs.to_wgs84(given_geometry, declared)
        away = np.abs(shapely.get_coordinates(landed) - shapely.get_coordinates(true)).max()
        assert away * METRES < 0.01, name
        xy = crs.xy_to_wgs84(shapely.get_coordinates(given_geometry), declared)
        assert np.allclose(xy, shapely.get_coordinates(landed))
    assert crs.GCJ02.is_lonlat
    assert not crs.parse_declared_crs("EPSG:4527").is_lonlat
    assert crs.transform(true, 4326, 4326) is true


def test_empty_input_stays_empty():
    for change in (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84, crs.gcj02_to_bd09, crs.bd09_to_gcj02):
        assert change(np.empty((0, 2))).shape == (0, 2)
    assert crs.transform_xy(np.empty((0, 2)), 4326, 32635).shape == (0, 2)


def test_one_stray_row_does_not_silence_a_doubt():
    xy = crs.transform_xy([[117.1 + row / 1000, 30.1] for row in range(30)], 4326, 4527)
    strays = np.vstack([xy, [[0.0, 0.0]]])
    for declared in ("EPSG:4547", "wgs84"):
        doubt = doubt_coordinates(strays, crs.parse_declared_crs(declared))
        assert (doubt.code, doubt.suggestion) == ("zone-prefix", "EPSG:4527")
    assert doubt_coordinates(strays[:, ::-1], crs.parse_declared_crs("EPSG:4527")).suggestion == "swap"
    assert doubt_coordinates(strays, crs.parse_declared_crs("EPSG:4527")) is None
    degrees = np.vstack([np.tile([24.95, 60.15], (30, 1)), [[385_000.0, 6_671_000.0]]])
    assert doubt_coordinates(degrees, crs.parse_declared_crs("EPSG:32635")).code == "degrees"


def test_two_zones_in_one_file_name_none():
    xy = np.vstack(
        [crs.transform_xy([[117.1, 30.1]] * 5, 4326, 4527), crs.transform_xy([[120.1, 30.1]] * 5, 4326, 4528)]
    )
    assert doubt_coordinates(xy, crs.parse_declared_crs("EPSG:4547")) is None
