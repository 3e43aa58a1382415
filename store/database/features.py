"""SQL of features: pages of a collection as GeoJSON text, and which features are asked for.

The database writes the attributes; the geometries come from it in binary, and `layers.geojson_text` writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from layers.fields import FIELDS, Field, Fields
from layers.filters.model import Filter
from store.database.feature_filters import clause_of, place_of, touches_shape
from store.database.layer_sources import SOURCES, LayerSource
from store.database.read_lane import Question
from store.database.tiles import View
from store.types import STORAGE_SRID, ShapelyGeometry

Box = tuple[float, float, float, float]
Came = tuple[bytes | None, ...]
"""What `page_statement` brought, as it came."""

DEGREE_DIGITS: Final = 7
METRE_DIGITS: Final = 3
LARGE_PAGE: Final = 2**20
"""Bytes of text and geometries: about two milliseconds of writing."""
_MARK: Final = "chr(1)"
"""Stands for a geometry in the text of a page: `layers.geojson_text.MARK`."""
_LIMIT: Final = sa.bindparam("limit", type_=sa.BigInteger)
_TIME: Final = pg.TIMESTAMP(timezone=True)
_SOME_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SOME_SHAPE: Final = shapely.Point(0, 0)
_TYPES: Final[dict[str, sa.types.TypeEngine[Any]]] = {
    "string": sa.Text(), "integer": sa.BigInteger(), "number": sa.Double(), "boolean": sa.Boolean(),
    "timestamp": _TIME,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutputCrs:
    """How coordinates are written.

    Attributes
    ----------
    srid : int
        EPSG code.
    swapped : bool
        Northing (latitude) first.
    degrees : bool
        Decides how many digits are worth writing.
    """

    srid: int = STORAGE_SRID
    swapped: bool = False
    degrees: bool = True


@dataclass(frozen=True, slots=True)
class SortKey:
    """One step of an order; what has no value comes last either way."""

    field: Field
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last feature of a page: its id, and its values of the sort keys as JSON values."""

    fid: int
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureQuery:
    """What is asked of the features of a collection.

    Attributes
    ----------
    limit : int
    after : Cursor or None
        Only features behind this one in the order.
    shape : Geometry or None
        Only features that meet it, EPSG:4326.
    since, until : datetime or None
        For collections with a moment, or whose features are valid for a time.
    fid : int or None
        One feature only.
    plan_named : bool
        Of the features of another time only those of the view's plan.
    wanted : tuple of Filter
        All must hold.
    order : tuple of SortKey
        Then by id.
    fields : tuple of Field or None
        Attributes to tell; None is all.
    geometry : bool
        Whether to tell the geometry.
    crs : OutputCrs
    """

    limit: int
    after: Cursor | None = None
    shape: shapely.Geometry | None = None
    since: datetime | None = None
    until: datetime | None = None
    fid: int | None = None
    plan_named: bool = False
    wanted: tuple[Filter, ...] = ()
    order: tuple[SortKey, ...] = ()
    fields: Fields | None = None
    geometry: bool = True
    crs: OutputCrs = OutputCrs()


@dataclass(frozen=True, slots=True)
class Page:
    """Features as GeoJSON texts joined by commas (UTF-8), how many, and where the next page begins (None: nowhere).

    `revision` is that of the only feature, where one was asked for and it can be edited.
    """

    features: bytes
    count: int
    following: Cursor | None
    revision: int | None


def read_page(session: Session, collection: str, view: View, query: FeatureQuery) -> Page:
    """Return features of a collection in the order asked for."""
    row = session.execute(_page(collection, query), _values(collection, view, query)).one()
    features = _drawn_in((row.features or "").encode(), row.places, query)
    return Page(features, *_ends(query, row.found, row.last), row.revision)


def page_statement(collection: str, view: View, query: FeatureQuery) -> Question:
    """Return the statement that reads a page, and its values, for the lane of quick reads.

    The statement is the same object for all queries of one form, so that its text is made once: building it costs as
    much as reading a small page. Filters have no end of forms; a query with any is read by `read_page`.
    """
    assert not query.wanted  # noqa: S101 - the caller asked
    after = query.after and Cursor(0, tuple(value is not None or None for value in query.after.values))
    form = replace(
        query, limit=1, after=after, shape=query.shape and _SOME_SHAPE, since=query.since and _SOME_TIME,
        until=query.until and _SOME_TIME, fid=None if query.fid is None else 0,
    )  # fmt: skip
    return _page_of_form(collection, form), _values(collection, view, query)


def page_in(came: Came, query: FeatureQuery) -> tuple[bytes, int, Cursor | None]:
    """Return the features that `page_statement` found, how many, and where the next page begins."""
    [features, places, number, last, _] = came
    return _drawn_in(features or b"", places, query), *_ends(query, int.from_bytes(number or b""), last)


def is_large(came: Came) -> bool:
    """Whether `page_in` takes longer than a moment."""
    return sum(len(each or b"") for each in came[:2]) > LARGE_PAGE


def _drawn_in(features: bytes, places: bytes | None, query: FeatureQuery) -> bytes:
    if places is None:
        return features
    from layers.geojson_text import fill_geometries  # noqa: PLC0415 - brings in compiled kernels

    digits = DEGREE_DIGITS if query.crs.degrees else METRE_DIGITS
    return fill_geometries(features, places, digits, swapped=query.crs.swapped)


def _ends(query: FeatureQuery, found: int, last: str | bytes | None) -> tuple[int, Cursor | None]:
    if found <= query.limit:
        return found, None
    fid, *keys = orjson.loads(last or b"")
    return query.limit, Cursor(fid, tuple(keys))


@lru_cache(maxsize=512)
def _page_of_form(collection: str, form: FeatureQuery) -> sa.Select[Any]:
    return _page(collection, form)


def _page(collection: str, query: FeatureQuery) -> sa.Select[Any]:
    """Build the one statement that reads a page; every value but those of filters is a bind of `_values`."""
    source = SOURCES[collection]
    tables, conditions = _where(source, query)
    keys = [_key(source, each) for each in query.order]
    fields = FIELDS[collection] if query.fields is None else query.fields
    names = [each.name for each in fields]
    columns: list[sa.ColumnElement[Any]] = [sa.literal_column(source.fid).label("fid")]
    columns += [_told(source, each) for each in fields]
    if query.geometry:
        columns.append(_drawn(source, query.crs).label("_geom"))
    columns += [key.label(f"_key{k}") for k, key in enumerate(keys)]
    columns.append(sa.literal_column(source.changed or "null::bigint").label("_revision"))
    if query.after is not None:
        conditions.append(_behind(source, query, keys))
    ordered = [_ordered(key, each) for key, each in zip(keys, query.order, strict=True)]
    # materialized: the limit must not talk the planner into walking the ids of the whole table through a small box
    chosen = (
        sa.select(*columns)
        .select_from(sa.text(tables))
        .where(*conditions)
        .order_by(*ordered, sa.literal_column(source.fid))
        .limit(_LIMIT + sa.literal_column("1"))
        .cte("m")
        .prefix_with("materialized", dialect="postgresql")
    )
    return _written(chosen, names, query, len(keys))


def _written(chosen: sa.CTE, names: list[str], query: FeatureQuery, keys: int) -> sa.Select[Any]:
    """Write the rows of `chosen` as GeoJSON, all in one text: a thousand rows apiece cost more than the text."""
    numbered = sa.select(sa.func.row_number().over().label("n"), *chosen.c).subquery("r")
    told = [part for name in names for part in (sa.literal_column(f"'{name}'"), numbered.c[name])]
    null: sa.ColumnElement[Any] = sa.literal_column("'null'")
    shape: sa.ColumnElement[Any] = numbered.c["_geom"] if query.geometry else sa.null()
    place = sa.case((shape.is_(None), null), else_=sa.literal_column(_MARK)) if query.geometry else null
    feature = sa.func.concat(
        sa.literal_column("'{\"type\":\"Feature\",\"id\":'"), numbered.c.fid,
        sa.literal_column("',\"geometry\":'"), place,
        sa.literal_column("',\"properties\":'"), sa.func.json_build_object(*told),
        sa.literal_column("'}'"),
    )  # fmt: skip
    last = sa.cast(sa.func.json_build_array(numbered.c.fid, *(numbered.c[f"_key{k}"] for k in range(keys))), sa.Text)
    binary = sa.func.st_asbinary(shape, sa.literal_column("'NDR'")) if query.geometry else sa.literal_column("null")
    # rows come in their order: sorting them once more for each text took 3 of 14 ms of a page of a thousand
    shown = numbered.c.n <= _LIMIT
    comma: sa.ColumnElement[Any] = sa.literal_column("','")
    nothing: sa.ColumnElement[Any] = sa.literal_column("''::bytea")
    return sa.select(
        sa.func.string_agg(feature, comma).filter(shown).label("features"),
        sa.func.string_agg(sa.cast(binary, sa.LargeBinary), nothing).filter(shown).label("places"),
        sa.func.count().label("found"),
        sa.func.max(last).filter(numbered.c.n == _LIMIT).label("last"),
        sa.func.max(numbered.c["_revision"]).label("revision"),
    ).select_from(numbered)


def _told(source: LayerSource, field: Field) -> sa.ColumnElement[Any]:
    """Return an attribute as features tell it.

    Numbers are written with a decimal point even where they are whole: GDAL and QGIS take the type of a column from the
    first features, and would cut 0.7 to 0 where those hold 1. The way by text keeps all digits, so that a number
    that was told finds its feature; a plain cast to numeric keeps fifteen.
    """
    value = source.attributes[field.name]
    return sa.literal_column(f"({value})::text::numeric + 0.0" if field.kind == "number" else value).label(field.name)


def _drawn(source: LayerSource, crs: OutputCrs) -> sa.ColumnElement[Any]:
    place = place_of(source)
    return place if crs.srid == STORAGE_SRID else sa.func.st_transform(place, sa.literal(crs.srid, sa.Integer))


def _where(source: LayerSource, query: FeatureQuery) -> tuple[str, list[Any]]:
    tables, scope = source.tables, source.scope
    if source.dated is not None and (query.since is not None or query.until is not None):
        # whoever held a post at the end of that time
        tables = tables.replace("now()", "cast(:at as timestamptz)")
        scope = source.dated + (f" and {scope}" if query.plan_named and source.follows == "plan" else "")
    conditions: list[Any] = [sa.text(scope)]
    if query.shape is not None:
        conditions.append(touches_shape(source, sa.bindparam("shape", type_=ShapelyGeometry())))
    if query.fid is not None:
        conditions.append(sa.literal_column(source.fid) == sa.bindparam("fid", type_=sa.BigInteger))
    if source.moment is not None:
        moment = sa.literal_column(source.moment, _TIME)
        conditions += [moment >= sa.bindparam("since", type_=_TIME)] if query.since is not None else []
        conditions += [moment <= sa.bindparam("until", type_=_TIME)] if query.until is not None else []
    conditions += [clause_of(each, source) for each in query.wanted]
    return tables, conditions


def _values(collection: str, view: View, query: FeatureQuery) -> dict[str, Any]:
    """Return the values of `_page`; some of them are not in every statement."""
    source = SOURCES[collection]
    values: dict[str, Any] = {"limit": query.limit, "scope": view.scope_of(source), "runs": list(view.runs)}
    if query.since is not None or query.until is not None:
        values |= {"since": query.since, "until": query.until, "at": query.until or query.since}
        values["places"] = list(view.territories)
    if query.shape is not None:
        values["shape"] = query.shape
    if query.fid is not None:
        values["fid"] = query.fid
    if query.after is not None:
        values["after"] = query.after.fid
        values |= {f"after{k}": value for k, value in enumerate(query.after.values)}
    return values


def _key(source: LayerSource, key: SortKey) -> sa.ColumnElement[Any]:
    return sa.literal_column(f"({source.attributes[key.field.name]})", _TYPES[key.field.kind])


def _ordered(key: sa.ColumnElement[Any], wish: SortKey) -> sa.ColumnElement[Any]:
    return (key.desc() if wish.descending else key.asc()).nulls_last()


def _behind(source: LayerSource, query: FeatureQuery, keys: list[sa.ColumnElement[Any]]) -> sa.ColumnElement[bool]:
    """Return the condition that a row comes after the cursor: behind it in the first key that differs."""
    assert query.after is not None  # noqa: S101 - the caller asked
    after = sa.bindparam("after", type_=sa.BigInteger)
    behind: sa.ColumnElement[bool] = sa.literal_column(source.fid) > after
    for k, (key, wish, value) in reversed(list(enumerate(zip(keys, query.order, query.after.values, strict=True)))):
        if value is None:  # only others without a value come after
            behind = sa.and_(key.is_(None), behind)
            continue
        last = sa.bindparam(f"after{k}", type_=_TYPES[wish.field.kind])
        further = key < last if wish.descending else key > last
        behind = sa.or_(further, key.is_(None), sa.and_(key == last, behind))
    return behind.self_group()


def read_extents(session: Session, collections: Sequence[str], view: View) -> dict[str, Box | None]:
    """Return west, south, east, north of all features of collections in EPSG:4326, None without any; one statement."""
    parts: list[str] = []
    values: dict[str, Any] = {"runs": list(view.runs)}
    for k, name in enumerate(collections):
        source = SOURCES[name]
        values[f"scope{k}"] = view.scope_of(source)
        scope = source.scope.replace(":scope", f":scope{k}")
        parts.append(f"select {k} as k, st_extent({source.geom}) as e from {source.tables} where {scope}")  # noqa: S608
    statement = "select k, st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e) from ({}) x where e is not null"
    asked = sa.text(statement.format(" union all ".join(parts)))
    named = {name: value for name, value in values.items() if name in asked.compile().params}
    found: dict[str, Box | None] = dict.fromkeys(collections)
    for k, *box in session.execute(asked, named):
        found[collections[k]] = (box[0], box[1], box[2], box[3])
    return found


def metric_srids(session: Session, territories: tuple[UUID, ...]) -> list[int]:
    """Return the metric systems of territories, each once."""
    statement = sa.text("select distinct metric_srid from territory where id = any(:ids) order by 1")
    return list(session.scalars(statement, {"ids": list(territories)}))
