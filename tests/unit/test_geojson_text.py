"""Geometries of a page written as GeoJSON, beside what shapely reads of the same."""

from __future__ import annotations

import json
import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.geojson_text import fill_geometries

pytestmark = pytest.mark.kernel
# degrees with no more digits than are written, so that what comes back is equal
PLACES = st.tuples(st.integers(-1_790_000_000, 1_790_000_000), st.integers(-890_000_000, 890_000_000))
METRES = st.tuples(st.floats(-2e7, 2e7), st.floats(-2e7, 2e7))


@pytest.fixture(scope="module", autouse=True)
def loaded():
    """Compiled code is read from the disk at the first call, which hypothesis would take for slow."""
    fill_geometries(b"", b"", 7)


def degrees(shape):
    return shapely.transform(shape, lambda xy: xy / 10**7)


def lines(places):
    return st.lists(places, min_size=2, max_size=6).map(shapely.LineString)


def boxes(places):
    """Polygons of a ring either way, some with a hole either way."""

    def box(corner, side, turned, holed):
        x, y = corner
        shell = [(x, y), (x + 10 * side, y), (x + 10 * side, y + 10 * side), (x, y + 10 * side)]
        hole = [(x + side * a, y + side * b) for a, b in ((2, 2), (6, 2), (4, 6))]
        return shapely.Polygon(shell[::-1] if turned else shell, [hole[::-1] if turned else hole] if holed else [])

    return st.builds(box, places, st.integers(1, 10**6), st.booleans(), st.booleans()).map(degrees)


def shapes(places):
    points, rows = places.map(shapely.Point).map(degrees), lines(places).map(degrees)
    single = st.one_of(points, rows, boxes(places))
    many = st.one_of(
        st.lists(points, min_size=1, max_size=4).map(shapely.MultiPoint),
        st.lists(rows, min_size=1, max_size=3).map(shapely.MultiLineString),
        st.lists(boxes(places), min_size=1, max_size=3).map(shapely.MultiPolygon),
    )
    empty = st.sampled_from(["POINT EMPTY", "LINESTRING EMPTY", "POLYGON EMPTY", "MULTIPOLYGON EMPTY"]).map(
        shapely.from_wkt
    )
    collected = st.lists(st.one_of(single, many), max_size=3).map(shapely.GeometryCollection)
    return st.one_of(single, many, empty, collected)


def written(shape, digits=7, **options):
    return json.loads(fill_geometries(b"\x01", wkb(shape), digits, **options))


def wkb(shape):
    return shapely.to_wkb(shape, byte_order=1)


@given(shapes(PLACES))
def test_shapes_are_those_given(shape):
    told = shapely.from_geojson(json.dumps(written(shape)))
    assert shapely.normalize(told) == shapely.normalize(shape)


@given(boxes(PLACES))
def test_rings_are_wound_as_the_standard_has_them(shape):
    outer, *inner = written(shape)["coordinates"]
    assert shapely.LinearRing(outer).is_ccw
    assert not any(shapely.LinearRing(ring).is_ccw for ring in inner)


@given(METRES)
def test_metres_are_rounded_to_millimetres_and_swapped(place):
    told = written(shapely.Point(place), 3, swapped=True)["coordinates"]
    assert told == pytest.approx(place[::-1], abs=5.1e-4)
    assert written(shapely.Point(place), 3)["coordinates"] == told[::-1]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0"), (-0.0, "0"), (-4e-8, "0"), (1e-7, "0.0000001"), (-1.5, "-1.5"), (100.0, "100"),
        (120.05, "120.05"), (179.99999999, "180"), (9.9999999, "9.9999999"), (math.inf, "null"),
    ],
)  # fmt: skip
def test_numbers_have_no_digit_too_many(value, told):
    text = fill_geometries(b"\x01", wkb(shapely.Point(value, 10.0)), 7)
    assert text == b'{"type":"Point","coordinates":[' + told.encode() + b",10]}"


def test_each_mark_is_one_geometry_and_text_stays():
    text = '{"a":"村\\u0001","g":\x01},{"g":null},{"g":\x01}'.encode()
    told = fill_geometries(text, wkb(shapely.Point(1, 2)) + wkb(shapely.Point(3, 4)), 7)
    found = json.loads(b"[" + told + b"]")
    assert found[0]["a"] == "村\x01"
    assert [each["g"] and each["g"]["coordinates"] for each in found] == [[1, 2], None, [3, 4]]
    assert fill_geometries(b"", b"", 7) == b""


@pytest.mark.parametrize(
    ("text", "binary"),
    [
        (b"\x01", b""),
        (b"", wkb(shapely.Point(1, 2))),
        (b"\x01", wkb(shapely.Point(1, 2)) * 2),
        (b"\x01\x01", wkb(shapely.Point(1, 2))),
        (b"\x01", shapely.to_wkb(shapely.Point(1, 2), byte_order=0)),
        (b"\x01", shapely.to_wkb(shapely.Point(1, 2, 3), byte_order=1, output_dimension=3)),
    ],
)
def test_what_does_not_fit_is_refused(text, binary):
    with pytest.raises(ValueError, match="do not fit"):
        fill_geometries(text, binary, 7)
