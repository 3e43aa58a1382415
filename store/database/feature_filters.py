"""Checked filters as SQL: constants of `layer_sources`, bind parameters, and nothing else.

A comparison of place is always ``geom && shape AND st_…``: the first half is what an index can answer, also under row
security.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, assert_never

import shapely
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from layers.filters.model import (
    Among,
    Between,
    Compare,
    Filter,
    Flag,
    Folded,
    IsNull,
    Join,
    Like,
    Not,
    Property,
    Scalar,
    Span,
    Spatial,
    Temporal,
    Value,
)
from store.database.layer_sources import LayerSource
from store.types import ShapelyGeometry

Clause = sa.ColumnElement[bool]
_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_ACCENTS: Final = "[\u0300-\u036f]"
_FIRST: Final[sa.ColumnElement[Any]] = sa.literal_column("'-infinity'::timestamptz")
_LAST: Final[sa.ColumnElement[Any]] = sa.literal_column("'infinity'::timestamptz")
Moments = tuple[Any, Any, Any, Any]
_TEMPORAL: Final[dict[str, Callable[[Any, Any, Any, Any], Clause]]] = {
    "after": lambda a, _b, _c, d: a > d,
    "before": lambda _a, b, c, _d: b < c,
    "contains": lambda a, b, c, d: sa.and_(a < c, b > d),
    "disjoint": lambda a, b, c, d: sa.or_(a > d, b < c),
    "during": lambda a, b, c, d: sa.and_(a > c, b < d),
    "equals": lambda a, b, c, d: sa.and_(a == c, b == d),
    "finishedby": lambda a, b, c, d: sa.and_(a < c, b == d),
    "finishes": lambda a, b, c, d: sa.and_(a > c, b == d),
    "intersects": lambda a, b, c, d: sa.and_(a <= d, b >= c),
    "meets": lambda _a, b, c, _d: b == c,
    "metby": lambda a, _b, _c, d: a == d,
    "overlappedby": lambda a, b, c, d: sa.and_(a > c, a < d, b > d),
    "overlaps": lambda a, b, c, d: sa.and_(a < c, b > c, b < d),
    "startedby": lambda a, b, c, d: sa.and_(a == c, b > d),
    "starts": lambda a, b, c, d: sa.and_(a == c, b < d),
}


def clause_of(wanted: Filter, source: LayerSource) -> Clause:  # noqa: C901, PLR0911 - one case for each kind of filter
    """Return a checked filter as a condition on the rows of a collection."""
    match wanted:
        case Join():
            join = sa.and_ if wanted.op == "and" else sa.or_
            return join(*(clause_of(each, source) for each in wanted.of)).self_group()
        case Not():
            return sa.not_(clause_of(wanted.of, source).self_group())
        case Compare():
            return _clause(_COMPARE[wanted.op](_scalar(wanted.left, source), _scalar(wanted.right, source)))
        case Like():
            return _clause(_scalar(wanted.of, source).op("like", is_comparison=True)(_scalar(wanted.pattern, source)))
        case Between():
            of, low, high = (_scalar(each, source) for each in (wanted.of, wanted.low, wanted.high))
            return sa.and_(of >= low, of <= high).self_group()
        case Among():
            of = _scalar(wanted.of, source)
            return sa.or_(*(of == _scalar(each, source) for each in wanted.values)).self_group()
        case IsNull():
            asked = place_of(source) if wanted.of is None else _scalar(wanted.of, source)
            return _clause(asked.is_(None))
        case Spatial():
            return _spatial(wanted, source)
        case Temporal():
            ends = (*_ends(wanted.left, source), *_ends(wanted.right, source))
            return _TEMPORAL[wanted.op](*ends).self_group()
        case Flag():
            return _clause(_scalar(wanted.of, source))
        case _:
            assert_never(wanted)


def place_of(source: LayerSource) -> sa.ColumnElement[Any]:
    """Return the geometry of a collection's rows, EPSG:4326."""
    return sa.literal_column(f"({source.geom})")


def touches_shape(source: LayerSource, shape: sa.ColumnElement[Any]) -> Clause:
    """Return the condition that a row's geometry meets a shape in EPSG:4326."""
    return _meets(place_of(source), shape, "st_intersects")


def shape_literal(shape: shapely.Geometry) -> sa.ColumnElement[Any]:
    """Bind a shape in EPSG:4326."""
    return sa.literal(shape, ShapelyGeometry())


def _clause(made: Any) -> Clause:  # noqa: ANN401 - what SQLAlchemy's operators are typed as
    clause: Clause = made.self_group()
    return clause


def _scalar(given: Scalar, source: LayerSource) -> sa.ColumnElement[Any]:
    match given:
        case Property():
            return sa.literal_column(f"({source.attributes[given.field.name]})", _TYPES[given.field.kind])
        case Value():
            return _literal(given.value)
        case Folded():
            of = _scalar(given.of, source)
            if given.by == "casei":
                return sa.func.lower(of)
            plain = sa.func.normalize(of, sa.literal_column("NFD"))
            return sa.func.normalize(
                sa.func.regexp_replace(plain, _ACCENTS, "", "g"), sa.literal_column("NFC"), type_=sa.Text
            )
        case _:
            assert_never(given)


_TYPES: Final[dict[str, sa.types.TypeEngine[Any]]] = {
    "string": sa.Text(), "integer": sa.BigInteger(), "number": sa.Double(), "boolean": sa.Boolean(),
    "timestamp": pg.TIMESTAMP(timezone=True),
}  # fmt: skip


def _literal(value: str | float | datetime) -> sa.ColumnElement[Any]:
    if isinstance(value, bool):
        return sa.literal(value, sa.Boolean)
    if isinstance(value, int):
        return sa.literal(value, sa.BigInteger)
    if isinstance(value, float):
        return sa.literal(value, sa.Double)
    if isinstance(value, datetime):
        return sa.literal(value, pg.TIMESTAMP(timezone=True))
    return sa.literal(value, sa.Text)


def _ends(span: Span, source: LayerSource) -> tuple[Any, Any]:
    return (
        _FIRST if span.start is None else _scalar(span.start, source),
        _LAST if span.end is None else _scalar(span.end, source),
    )


def _spatial(wanted: Spatial, source: LayerSource) -> Clause:
    left, right = (place_of(source) if each is None else shape_literal(each) for each in (wanted.left, wanted.right))
    if wanted.op == "disjoint":
        return sa.not_(_meets(left, right, "st_intersects"))
    return _meets(left, right, f"st_{wanted.op}")


def _meets(left: sa.ColumnElement[Any], right: sa.ColumnElement[Any], test: str) -> Clause:
    boxes = left.op("&&", is_comparison=True)(right)
    return sa.and_(boxes, getattr(sa.func, test)(left, right)).self_group()
