"""Filters as SQL choose what the same filters choose when they are evaluated one feature at a time in Python."""

from __future__ import annotations

import json
import operator
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from functools import reduce

import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from layers.fields import FIELDS
from layers.filters import model
from layers.filters.model import (
    Among,
    Between,
    Compare,
    Flag,
    Folded,
    IsNull,
    Join,
    Like,
    Not,
    Property,
    Span,
    Spatial,
    Temporal,
    Value,
)
from store.database import features as sql
from store.database.actor import Actor
from store.database.features import FeatureQuery
from store.database.models import Incident
from store.database.tiles import read_view
from tests.api.town import build_town, lonlat

GRIDS = [
    field
    for field in FIELDS["grids"]
    if field.name in ("number", "name", "households", "deviation", "exclave", "head", "area_m2")
]
INCIDENTS = [field for field in FIELDS["incidents"] if field.name in ("no", "item", "severity", "reported_at")]
COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
START = datetime(2026, 3, 1, tzinfo=UTC)


# --- the same filters, one feature at a time; None is "unknown", as in SQL


def scalar(told, row):
    if isinstance(told, Property):
        value = row["properties"][told.field.name]
        return datetime.fromisoformat(value) if told.field.kind == "timestamp" and value is not None else value
    if isinstance(told, Value):
        return told.value
    of = scalar(told.of, row)
    if of is None:
        return None
    if told.by == "casei":
        return of.lower()
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", of)))


def both(test, *values):
    return None if any(value is None for value in values) else test(*values)


def like(text, pattern):
    parts = re.split(r"(\\.|%|_)", pattern)
    regex = "".join(
        ".*" if part == "%" else "." if part == "_" else re.escape(part.removeprefix("\\")) for part in parts
    )
    return re.fullmatch(regex, text, re.DOTALL) is not None


def negated(value):
    return None if value is None else not value


def joined(op, values):
    decisive = op == "or"
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def ends(span, row):
    low, high = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return (low if span.start is None else scalar(span.start, row)), (
        high if span.end is None else scalar(span.end, row)
    )


TEMPORAL = {
    "after": lambda a, _b, _c, d: a > d, "before": lambda _a, b, c, _d: b < c, "disjoint": lambda a, b, c, d: a > d or b < c,
    "intersects": lambda a, b, c, d: not (a > d or b < c), "equals": lambda a, b, c, d: (a, b) == (c, d),
    "during": lambda a, b, c, d: c < a and b < d, "contains": lambda a, b, c, d: a < c and d < b,
    "starts": lambda a, b, c, d: a == c and b < d, "startedby": lambda a, b, c, d: a == c and b > d,
    "finishes": lambda a, b, c, d: a > c and b == d, "finishedby": lambda a, b, c, d: a < c and b == d,
    "meets": lambda _a, b, c, _d: b == c, "metby": lambda a, _b, _c, d: a == d,
    "overlaps": lambda a, b, c, d: a < c < b < d, "overlappedby": lambda a, b, c, d: c < a < d < b,
}  # fmt: skip


def holds(told, row):  # noqa: C901, PLR0911 - one case for each kind of filter
    match told:
        case Compare():
            return both(COMPARE[told.op], scalar(told.left, row), scalar(told.right, row))
        case Between():
            return both(
                lambda of, low, high: low <= of <= high, *(scalar(each, row) for each in (told.of, told.low, told.high))
            )
        case Among():
            return joined("or", [both(operator.eq, scalar(told.of, row), scalar(each, row)) for each in told.values])
        case Like():
            return both(like, scalar(told.of, row), scalar(told.pattern, row))
        case IsNull():
            return (row["geometry"] if told.of is None else scalar(told.of, row)) is None
        case Flag():
            return scalar(told.of, row)
        case Not():
            return negated(holds(told.of, row))
        case Join():
            return joined(told.op, [holds(each, row) for each in told.of])
        case Temporal():
            return TEMPORAL[told.op](*ends(told.left, row), *ends(told.right, row))
        case Spatial():
            left, right = (shape(row["geometry"]) if each is None else each for each in (told.left, told.right))
            return bool(getattr(shapely, told.op)(left, right))
    raise AssertionError(told)


# --- filters of every kind


def of_kind(fields, *kinds):
    return st.sampled_from([Property(field) for field in fields if Property(field).kind in kinds])


NUMBERS = st.sampled_from([48, 50, 51.5, 0, -0.04, 0.02, 40000, -1, 1e30]).map(lambda value: Value(value, "number"))
WORDS = ["1", "3", "Grid 1", "grid 2", "GRID 6", "Head1 员", "Grïd 3", "", "a'b", "%", "\\"]
TEXTS = st.sampled_from(WORDS).map(lambda value: Value(value, "string"))
PATTERNS = st.sampled_from(["%", "Grid%", "g_id%", "_", "%员", "", "Gri\\d 1", "%\\%%", "GRID %"])
MOMENTS = st.integers(0, 6).map(lambda hours: Value(START + timedelta(hours=hours), "timestamp"))


def text_of(fields):
    plain = of_kind(fields, "string") | TEXTS
    return plain | st.builds(Folded, st.sampled_from(["casei", "accenti"]), plain)


def square(x, y, wide):
    return shapely.box(*lonlat(x, y), *lonlat(x + wide, y + wide))


SHAPES = st.builds(
    square,
    st.sampled_from([-95, 7, 111, 215, 430]),
    st.sampled_from([-88, 13, 120, 240]),
    st.sampled_from([17, 90, 350, 700]),
)


def leaves(fields):
    number, text = of_kind(fields, "number") | NUMBERS, text_of(fields)
    kinds = [
        st.builds(Compare, st.sampled_from(list(COMPARE)), text, text),
        st.builds(lambda of, values: Among(of, tuple(values)), text, st.lists(text, min_size=1, max_size=3)),
        st.builds(Like, text, PATTERNS.map(lambda pattern: Value(pattern, "string"))),
        st.builds(IsNull, of_kind(fields, "string", "number", "boolean", "timestamp") | st.none()),
        st.builds(lambda value: Flag(Value(value, "boolean")), st.booleans()),
        st.builds(
            Spatial,
            st.sampled_from(["intersects", "disjoint", "within", "contains", "overlaps"]),
            st.none() | SHAPES,
            st.none() | SHAPES,
        ),
    ]
    if any(Property(field).kind == "number" for field in fields):
        kinds += [
            st.builds(Compare, st.sampled_from(list(COMPARE)), number, number),
            st.builds(Between, number, number, number),
            st.builds(Flag, of_kind(fields, "boolean")),
        ]
    if any(field.kind == "timestamp" for field in fields):
        moment = of_kind(fields, "timestamp") | MOMENTS
        span = (
            moment.map(lambda each: Span(each, each))
            | st.tuples(MOMENTS, MOMENTS).map(lambda pair: Span(*sorted(pair, key=lambda each: each.value)))
            | st.builds(Span, st.none(), MOMENTS)
            | st.builds(Span, MOMENTS, st.none())
        )
        kinds += [
            st.builds(Compare, st.sampled_from(list(COMPARE)), moment, moment),
            st.builds(Temporal, st.sampled_from(list(TEMPORAL)), span, span),
        ]
    return st.one_of(kinds)


def filters(fields):
    return st.recursive(
        leaves(fields),
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(
                lambda op, parts: Join(op, tuple(parts)),
                st.sampled_from(["and", "or"]),
                st.lists(inner, min_size=1, max_size=3),
            )
        ),
        max_leaves=6,
    )


@pytest.fixture(scope="module")
def town(database):
    town = build_town(database)
    with database.work(Actor.system()) as work:
        work.session.execute(sa.text("select ensure_incident_month('2026-03-01')"))
        for k in range(5):
            place = shapely.Point(lonlat(30 + 120 * k, 60 + 40 * k))
            work.session.add(
                Incident(
                    month=date(2026, 3, 1), id=k + 1, territory_id=town.territory, no=f"2026-{k}", item=WORDS[k],
                    severity=["minor", "major"][k % 2], channel="app", reported_at=START + timedelta(hours=k),
                    point=place, locate_method="point", area_code=990101001001, town_code=990101001, county_code=990101,
                )
            )  # fmt: skip
    return town


def chosen(database, collection, wanted):
    with database.work(Actor.system()) as work:
        query = FeatureQuery(100, wanted=wanted)
        page = sql.read_page(work.session, collection, read_view(work.session), query)
        return json.loads(f"[{page.features.decode()}]")


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(wanted=filters(GRIDS))
def test_filters_on_grids_agree(database, town, wanted):
    rows = chosen(database, "grids", ())
    assert len(rows) == 6
    expected = [row["id"] for row in rows if holds(wanted, row)]
    assert [row["id"] for row in chosen(database, "grids", (wanted,))] == expected


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(wanted=filters(INCIDENTS))
def test_filters_on_moments_agree(database, town, wanted):
    rows = chosen(database, "incidents", ())
    assert len(rows) == 5
    expected = [row["id"] for row in rows if holds(wanted, row)]
    assert [row["id"] for row in chosen(database, "incidents", (wanted,))] == expected


def test_every_kind_of_filter_is_drawn():
    kinds = {Compare, Like, Between, Among, IsNull, Spatial, Temporal, Flag, Not, Join}
    assert kinds == set(model.Filter.__args__)
    assert reduce(operator.or_, [{name} for name in TEMPORAL]) == set(model.TemporalOp.__args__)
