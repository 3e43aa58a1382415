"""Filters are read or refused, never anything else: whatever is sent, the parser's process survives."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.catalogue import COLLECTIONS
from layers.fields import FIELDS, PLACE, field_of, fields_of, schema_of
from layers.filters import model
from layers.filters.literals import MOST_VERTICES, box_of, geometry_of, moment_of
from layers.filters.model import InvalidFilterError, Value
from layers.filters.reading import DEEPEST, LONGEST, Ground, read_filter

GRIDS = Ground(FIELDS["grids"])
INCIDENTS = Ground(FIELDS["incidents"])
WORDS = [
    "households", "name", "exclave", "geometry", "1", "-1", "1.5", "'x'", "''''", "(", ")", ",", "=", "<>", "<", " AND ", " OR ",
    " NOT ", " IN ", " LIKE ", " BETWEEN ", " IS NULL", "S_INTERSECTS(", "POINT(1 2)", "BBOX(1,2,3,4)", "CASEI(", "DATE('2026-01-01')",
    "INTERVAL('..','..')", "T_AFTER(", "true", "NULL", "\\", "%", "-", "+", "^", "'", '"', "网格", "\u202e", "POLYGON((", "pg_sleep(9)",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join) | st.text(max_size=60))
def test_text_is_a_filter_or_is_refused(text):
    try:
        found = read_filter(text, "cql2-text", GRIDS)
    except InvalidFilterError:
        return
    assert type(found).__module__ == model.__name__


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=4)
    | st.sampled_from([{"property": "households"}, {"property": "geometry"}, {"date": "2026-01-01"}, {"bbox": [1, 2, 3, 4]}]),
    lambda inner: st.lists(inner, max_size=3)
    | st.fixed_dictionaries({"op": st.sampled_from(["and", "or", "not", "=", "<", "in", "like", "between", "isNull", "casei",
                                                    "s_intersects", "t_after", "x"]), "args": st.lists(inner, max_size=3)})
    | st.dictionaries(st.sampled_from(["property", "interval", "timestamp", "type", "coordinates", "bbox"]), inner, max_size=2),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(_JSON)
def test_json_is_a_filter_or_is_refused(told):
    try:
        found = read_filter(json.dumps(told), "cql2-json", GRIDS)
    except InvalidFilterError:
        return
    assert type(found).__module__ == model.__name__


def test_nothing_within_the_bounds_ends_the_process():
    """In a process and thread of its own, as deep as the bounds let it be: the parser recurses and has no bound itself."""
    code = """
import random, threading
from layers.fields import FIELDS
from layers.filters.model import InvalidFilterError
from layers.filters.reading import Ground, read_filter
grids = Ground(FIELDS["grids"])
deep = ["a=" + "(" * 39 + "1" + ("=1" * 9 + ")") * 39, ("- " * 9 + "(") * 40 + "1" + ")" * 40, "a=(1)" + "=(1)" * 2000,
        ("not " + "- " * 8 + "(") * 40 + "1" + ")" * 40, "a like " * 1000 + "b", "a in (1)" + " in (1)" * 1100,
        "a=" * 4000 + "1", "- " * 4000 + "1", "a=" + "1+" * 4000 + "1", "not " * 2000 + "true", "(" * 4000 + "1"]
parts = ["a", "1", "(", ")", "=", " and ", " or ", " not ", "-", "+", ",", " in ", " like ", "f(", "^", "casei(", "'", '"', "[", "{"]
for seed in range(300):
    draw = random.Random(seed)
    some = draw.sample(parts, draw.randint(1, 4))
    deep.append("".join(draw.choice(some) for _ in range(4000))[:8000])
def run():
    for text in deep:
        try:
            read_filter(text, "cql2-text", grids)
        except InvalidFilterError:
            pass
    print("alive")
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "alive"), ran.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x" * (LONGEST + 1), "at most"), ("网" * 3000, "at most"), ("name = '\x00'", "can't be stored"),
        ("name = '\ud800'", "can't be stored"), ("(" * (DEEPEST + 1), "nested"), ("NOT " * 41 + "exclave", "nested"),
        ("households = 1 = 1" + " = 1" * 10, "nested"), ("secret = 1", "no property 'secret'"), ("name", "not true or false"),
        ("name = = 5", "is not cql2-text"), ("households", "not true or false"), ("casei(5) = 'a'", "number can't be used"),
        ("name LIKE 5", "compared with a number"), ("exclave BETWEEN true AND false", "boolean can't be used"),
        ("name IN ('a', 5)", "compared with a number"), ("5 IS NULL", "asks about a property"), ("pg_sleep(1)", "no operator"),
        ("households = f(1)", "no function"), ("households = POINT(1 2)", "is wanted in a comparison"),
        ("S_WITHIN(name, POINT(1 2))", "take the property"), ("S_WITHIN(geometry, 1)", "take geometries"),
        ("households = NULL", "IS NULL"), ("name = DATE('2026-13-01')", "no moment"),
    ],
)  # fmt: skip
def test_refusals_say_why(text, says):
    with pytest.raises(InvalidFilterError, match=says):
        read_filter(text, "cql2-text", GRIDS)


def test_a_filter_may_be_as_deep_as_the_bound():
    text = "(" * DEEPEST + "households = 1" + ")" * DEEPEST
    assert isinstance(read_filter(text, "cql2-text", GRIDS), model.Compare)
    assert isinstance(read_filter("name = '(((" + "(" * 60 + "'", "cql2-text", GRIDS), model.Compare)


def test_numbers_are_whole_where_they_can_be():
    found = read_filter("households IN (1, 1.5, 9007199254740993)", "cql2-text", GRIDS)
    assert [value.value for value in found.values] == [1, 1.5, 9007199254740992.0]


def test_time_is_read_as_spans_in_utc():
    found = read_filter("T_DURING(reported_at, INTERVAL('2026-01-01T00:00:00+08:00', '..'))", "cql2-text", INCIDENTS)
    assert found.right.start.value.isoformat() == "2025-12-31T16:00:00+00:00"
    assert found.right.end is None
    assert found.left.start == found.left.end
    told = {"op": "t_after", "args": [{"property": "reported_at"}, "2026-01-01"]}
    assert read_filter(json.dumps(told), "cql2-json", INCIDENTS).right.start == Value(
        moment_of("2026-01-01"), "timestamp"
    )
    for bad in ("0001-01-01T00:00:00+23:59", "soon", "2026-02-30", 5, None):
        with pytest.raises(InvalidFilterError):
            moment_of(bad)
    for text in ("T_AFTER(item, DATE('2026-01-01'))", "T_DURING(reported_at, INTERVAL('2026-02-01','2026-01-01'))"):
        with pytest.raises(InvalidFilterError):
            read_filter(text, "cql2-text", INCIDENTS)


def test_boxes_and_shapes_come_to_longitude_first():
    assert box_of([60, 24, 61, 25], 4326, lon_first=False).bounds == (24, 60, 25, 61)
    assert box_of([24, 60, 0, 25, 61, 9], 4326, lon_first=True).bounds == (24, 60, 25, 61)
    around = box_of([170, -10, -170, 10], 4490, lon_first=True)
    assert [part.bounds for part in around.geoms] == [(170, -10, 180, 10), (-180, -10, -170, 10)]
    projected = box_of([0, 0, 100_000, 100_000], 3857, lon_first=False)
    assert projected.bounds == pytest.approx((0, 0, 0.898315, 0.898283), abs=1e-5)
    assert shapely.get_num_coordinates(projected) > 60
    for bad in (
        [1, 2, 3],
        [1, 2, 3, "4"],
        [1, 5, 3, 4],
        [1, 2, 3, float("nan")],
        [-181, 0, 1, 1],
        [True, 0, 1, 1],
        None,
        [1, 2, 3, 10**400],
    ):
        with pytest.raises(InvalidFilterError):
            box_of(bad, 4326, lon_first=True)
    with pytest.raises(InvalidFilterError):
        box_of([5, 0, 1, 1], 3857, lon_first=False)
    moved = geometry_of({"type": "Point", "coordinates": [60, 24, 5]}, 4326, lon_first=False)
    assert moved.wkt == "POINT (24 60)"
    ring = shapely.Point(0, 0).buffer(1, quad_segs=MOST_VERTICES)
    for bad in (
        json.loads(shapely.to_geojson(ring)), {"type": "Point", "coordinates": []}, {"type": "Point"},
        {"type": "LineString", "coordinates": [[1, 1]]}, {"type": "Point", "coordinates": [1e300, 1e300]},
    ):  # fmt: skip
        with pytest.raises(InvalidFilterError):
            geometry_of(bad, 32635, lon_first=False)


@pytest.mark.parametrize("spec", COLLECTIONS, ids=lambda spec: spec.id)
def test_every_collection_describes_its_fields(spec):
    told = schema_of(spec, FIELDS[spec.id], "http://x", queryables=False)
    assert set(told["properties"]) == {PLACE, *(each.name for each in FIELDS[spec.id])}
    for each in FIELDS[spec.id]:
        assert told["properties"][each.name].get("readOnly", False) != each.editable
    assert "required" not in schema_of(spec, FIELDS[spec.id], "http://x", queryables=True)
    assert field_of(FIELDS[spec.id], "no such field") is None
    assert not any(each.network for each in fields_of(spec.id, network=False))
