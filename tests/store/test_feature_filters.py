"""Filters and pages of features on a real database: what they choose, in which order, and how they are written."""

from __future__ import annotations

import json

import pytest
import shapely

from layers.fields import FIELDS, field_of
from layers.filters.reading import Ground, read_filter
from store.database import features as sql
from store.database.actor import Actor
from store.database.features import Cursor, FeatureQuery, OutputCrs
from store.database.tiles import read_view
from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def SortKey(name, *, descending=False):  # noqa: N802 - reads as what it makes
    return sql.SortKey(field_of(FIELDS["grids"], name), descending)


def page(database, collection="grids", **query):
    with database.work(Actor.system()) as work:
        view = read_view(work.session)
        return sql.read_page(work.session, collection, view, FeatureQuery(**{"limit": 100, **query}))


def features(database, collection="grids", **query):
    return json.loads(f"[{page(database, collection, **query).features.decode()}]")


def numbers(database, text, collection="grids", ground=None, name="number"):
    wanted = read_filter(text, "cql2-text", ground or Ground(FIELDS[collection]))
    return [each["properties"][name] for each in features(database, collection, wanted=(wanted,))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("households = 48", "1"), ("households <> 48", "23456"), ("households < 50", "12"), ("households <= 50", "123"),
        ("households > 52.5", "6"), ("49 < households", "3456"), ("households BETWEEN 49 AND 51", "234"),
        ("households NOT BETWEEN 49 AND 51", "156"), ("number IN ('1', '6', 'x')", "16"),
        ("number NOT IN ('1', '6')", "2345"), ("name LIKE 'Grid%'", "123456"), ("name LIKE '%3'", "3"),
        ("name LIKE 'grid 3'", ""), ("CASEI(name) LIKE CASEI('GRID 3')", "3"), ("CASEI(name) = 'grid 4'", "4"),
        ("name LIKE 'Grid _'", "123456"), ("name LIKE 'Grid \\_'", ""), ("head IS NULL", "346"),
        ("head IS NOT NULL", "125"), ("ACCENTI(head) = 'Head1 员'", "1"), ("exclave", ""), ("NOT exclave", "123456"),
        ("exclave = false", "123456"), ("deviation > 0 AND households > 52", "6"), ("number = '1' OR number = '2'", "12"),
        ("NOT (number = '1' OR number = '2')", "3456"), ("true", "123456"), ("false", ""), ("name = code", ""),
        ("geometry IS NULL", ""), ("head = 'x' OR head IS NULL", "346"), ("NOT head = 'x'", "125"),
        ("households = 1e30", ""), ("households > 3000000000", ""), ("1 = 1", "123456"),
    ],
)  # fmt: skip
def test_cql2_filter_chooses_grids(database, town, text, found):
    assert "".join(numbers(database, text)) == found


def box(*metres):
    (west, south), (east, north) = lonlat(*metres[:2]), lonlat(*metres[2:])
    return f"BBOX({west},{south},{east},{north})"


@pytest.mark.parametrize(
    ("function", "found"),
    [
        ("S_INTERSECTS(geometry, {small})", "1"), ("S_DISJOINT(geometry, {small})", "23456"),
        ("S_CONTAINS(geometry, {small})", "1"), ("S_WITHIN(geometry, {small})", ""),
        ("S_WITHIN(geometry, {left})", "1"), ("S_INTERSECTS({small}, geometry)", "1"),
        ("S_WITHIN({small}, geometry)", "1"), ("S_OVERLAPS(geometry, {left})", "245"), ("S_TOUCHES(geometry, {small})", ""),
        ("S_CROSSES(geometry, LINESTRING({line}))", "12"), ("S_EQUALS(geometry, {small})", ""),
        ("S_INTERSECTS({small}, {left})", "123456"), ("S_DISJOINT({small}, {left})", ""),
        ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT({point})))", "1"), ("S_INTERSECTS(geometry, POINT({point}))", "1"),
    ],
)  # fmt: skip
def test_cql2_spatial_functions(database, town, function, found):
    line = ",".join(f"{x} {y}" for x, y in (lonlat(-50, 100), lonlat(300, 100)))
    point = " ".join(map(str, lonlat(30, 30)))
    text = function.format(small=box(20, 20, 60, 60), left=box(-20, -20, 250, 210), line=line, point=point)
    assert "".join(numbers(database, text)) == found


def test_features_are_written_in_the_system_asked_for(database, town):
    lon, lat = features(database, "key_places", limit=1)[0]["geometry"]["coordinates"]
    for crs, expected in (
        (OutputCrs(4326, swapped=True), (lat, lon)),
        (OutputCrs(4490, swapped=True), (lat, lon)),
        (OutputCrs(32635, degrees=False), (385150.0, 6671100.0)),
    ):
        told = features(database, "key_places", limit=1, crs=crs)[0]["geometry"]
        assert set(told) == {"type", "coordinates"}
        assert told["coordinates"] == pytest.approx(expected, abs=1e-7 if crs.degrees else 1e-3)


def test_pages_in_an_order_hold_every_feature_once(database, town):
    for order in (
        (SortKey("head"),), (SortKey("head", descending=True),), (SortKey("exclave"), SortKey("households", descending=True)),
        (SortKey("head", descending=True), SortKey("name")),
    ):  # fmt: skip
        whole = [each["id"] for each in features(database, order=order)]
        assert len(whole) == 6
        walked, after = [], None
        while True:
            found = page(database, order=order, limit=2, after=after)
            walked += [each["id"] for each in json.loads(f"[{found.features.decode()}]")]
            after = found.following
            if after is None:
                break
        assert walked == whole


def test_order_puts_what_has_no_value_last(database, town):
    heads = [each["properties"]["head"] for each in features(database, order=(SortKey("head"),))]
    assert heads == ["Head1 员", "Head2 员", "Head2 员", None, None, None]
    heads = [each["properties"]["head"] for each in features(database, order=(SortKey("head", descending=True),))]
    assert heads == ["Head2 员", "Head2 员", "Head1 员", None, None, None]


def test_only_what_is_asked_for_is_told(database, town):
    told = features(
        database, fields=tuple(field_of(FIELDS["grids"], name) for name in ("code", "name")), geometry=False, limit=1
    )[0]
    assert told["geometry"] is None
    assert set(told["properties"]) == {"code", "name"}
    assert features(database, fields=(), limit=1)[0]["properties"] == {}


def test_a_shape_chooses_what_it_meets(database, town):
    (west, south), (east, north) = lonlat(20, 20), lonlat(60, 60)
    found = features(database, shape=shapely.box(west, south, east, north))
    assert [each["properties"]["number"] for each in found] == ["1"]
    assert page(database, after=Cursor(10**15)).features == b""
