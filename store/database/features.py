"""SQL of features: pages of a collection as GeoJSON text, built in the database, and which of them are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
from store.database.tiles import View
from store.types import STORAGE_SRID

Box = tuple[float, float, float, float]

DEGREE_DIGITS: Final = 7
METRE_DIGITS: Final = 3
_TYPES: Final[dict[str, sa.types.TypeEngine[Any]]] = {
    "string": sa.Text(), "integer": sa.BigInteger(), "number": sa.Double(), "boolean": sa.Boolean(),
    "timestamp": pg.TIMESTAMP(timezone=True),
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
    """Features as GeoJSON texts joined by commas, how many there are, and where the next page begins (None: nowhere).

    `revision` is that of the only feature, where one was asked for and it can be edited.
    """

    features: str
    count: int
    following: Cursor | None
    revision: int | None


def read_page(session: Session, collection: str, view: View, query: FeatureQuery) -> Page:
    """Return features of a collection in the order asked for."""
    statement, values = page_statement(collection, view, query)
    row = session.execute(statement, values).one()
    following = None
    found = int(row.found)
    if found > query.limit:
        fid, *keys = orjson.loads(row.last)
        following = Cursor(fid, tuple(keys))
    return Page(row.features or "", min(found, query.limit), following, row.revision)


def page_statement(collection: str, view: View, query: FeatureQuery) -> tuple[sa.Select[Any], dict[str, Any]]:
    """Build the one statement that reads a page, and the values of the binds in `layer_sources`."""
    source = SOURCES[collection]
    tables, conditions, values = _where(source, view, query)
    keys = [_key(source, each) for each in query.order]
    names = [each.name for each in (FIELDS[collection] if query.fields is None else query.fields)]
    columns: list[sa.ColumnElement[Any]] = [sa.literal_column(source.fid).label("fid")]
    columns += [sa.literal_column(source.attributes[name]).label(name) for name in names]
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
        .limit(sa.literal(query.limit + 1, sa.BigInteger))
        .cte("m")
        .prefix_with("materialized", dialect="postgresql")
    )
    return _written(chosen, names, query, len(keys)), values


def _written(chosen: sa.CTE, names: list[str], query: FeatureQuery, keys: int) -> sa.Select[Any]:
    """Write the rows of `chosen` as GeoJSON, all in one text: a thousand rows apiece cost more than the text."""
    numbered = sa.select(sa.func.row_number().over().label("n"), *chosen.c).subquery("r")
    told = [part for name in names for part in (sa.literal_column(f"'{name}'"), numbered.c[name])]
    place = sa.func.coalesce(_geojson(numbered, query.crs), "null") if query.geometry else sa.literal_column("'null'")
    feature = sa.func.concat(
        sa.literal_column("'{\"type\":\"Feature\",\"id\":'"), numbered.c.fid,
        sa.literal_column("',\"geometry\":'"), place,
        sa.literal_column("',\"properties\":'"), sa.func.json_build_object(*told),
        sa.literal_column("'}'"),
    )  # fmt: skip
    limit = sa.literal(query.limit, sa.BigInteger)
    last = sa.cast(sa.func.json_build_array(numbered.c.fid, *(numbered.c[f"_key{k}"] for k in range(keys))), sa.Text)
    joined: Any = pg.aggregate_order_by(sa.literal_column("','"), numbered.c.n)
    return sa.select(
        sa.func.string_agg(feature, joined).filter(numbered.c.n <= limit).label("features"),
        sa.func.count().label("found"),
        sa.func.max(last).filter(numbered.c.n == limit).label("last"),
        sa.func.max(numbered.c["_revision"]).label("revision"),
    ).select_from(numbered)


def _drawn(source: LayerSource, crs: OutputCrs) -> sa.ColumnElement[Any]:
    place = place_of(source)
    return place if crs.srid == STORAGE_SRID else sa.func.st_transform(place, sa.literal(crs.srid, sa.Integer))


def _geojson(numbered: sa.Subquery, crs: OutputCrs) -> sa.ColumnElement[Any]:
    """Write a geometry with rings as RFC 7946 wants them; options 0: never a ``crs`` member."""
    place: sa.ColumnElement[Any] = numbered.c["_geom"]
    wound = sa.case((sa.func.st_dimension(place) == 2, sa.func.st_forcepolygonccw(place)), else_=place)
    turned = sa.func.st_flipcoordinates(wound) if crs.swapped else wound
    return sa.func.st_asgeojson(
        turned, sa.literal_column(str(DEGREE_DIGITS if crs.degrees else METRE_DIGITS)), sa.literal_column("0")
    )


def _where(source: LayerSource, view: View, query: FeatureQuery) -> tuple[str, list[Any], dict[str, Any]]:
    tables, scope = source.tables, source.scope
    values: dict[str, Any] = {"scope": view.scope_of(source), "runs": list(view.runs)}
    if source.dated is not None and (query.since is not None or query.until is not None):
        values |= {"since": query.since, "until": query.until, "places": list(view.territories)}
        # whoever held a post at the end of that time
        values["at"] = query.until or query.since
        tables = tables.replace("now()", "cast(:at as timestamptz)")
        scope = source.dated + (f" and {scope}" if query.plan_named and source.follows == "plan" else "")
    conditions: list[Any] = [sa.text(scope)]
    if query.shape is not None:
        conditions.append(touches_shape(source, query.shape))
    if query.fid is not None:
        conditions.append(sa.literal_column(source.fid) == sa.literal(query.fid, sa.BigInteger))
    if source.moment is not None:
        moment = sa.literal_column(source.moment, pg.TIMESTAMP(timezone=True))
        conditions += [moment >= query.since] if query.since is not None else []
        conditions += [moment <= query.until] if query.until is not None else []
    conditions += [clause_of(each, source) for each in query.wanted]
    return tables, conditions, {name: value for name, value in values.items() if f":{name}" in f"{tables} {scope}"}


def _key(source: LayerSource, key: SortKey) -> sa.ColumnElement[Any]:
    return sa.literal_column(f"({source.attributes[key.field.name]})", _TYPES[key.field.kind])


def _ordered(key: sa.ColumnElement[Any], wish: SortKey) -> sa.ColumnElement[Any]:
    return (key.desc() if wish.descending else key.asc()).nulls_last()


def _behind(source: LayerSource, query: FeatureQuery, keys: list[sa.ColumnElement[Any]]) -> sa.ColumnElement[bool]:
    """Return the condition that a row comes after the cursor: behind it in the first key that differs."""
    assert query.after is not None  # noqa: S101 - the caller asked
    behind: sa.ColumnElement[bool] = sa.literal_column(source.fid) > sa.literal(query.after.fid, sa.BigInteger)
    for key, wish, value in reversed(list(zip(keys, query.order, query.after.values, strict=True))):
        if value is None:  # only others without a value come after
            behind = sa.and_(key.is_(None), behind)
            continue
        last = sa.literal(value, _TYPES[wish.field.kind])
        further = key < last if wish.descending else key > last
        behind = sa.or_(further, key.is_(None), sa.and_(key == last, behind))
    return behind.self_group()


def read_extent(session: Session, collection: str, view: View) -> Box | None:
    """Return west, south, east, north of all features of a collection in EPSG:4326, or None without any."""
    source = SOURCES[collection]
    values: dict[str, Any] = {"scope": view.scope_of(source)}
    if ":runs" in source.tables:
        values["runs"] = list(view.runs)
    statement = sa.text(
        f"select st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e) from "  # noqa: S608 - constants of this package
        f"(select st_extent({source.geom}) as e from {source.tables} where {source.scope}) x where e is not null"
    )
    row = session.execute(statement, values).first()
    return None if row is None else (row[0], row[1], row[2], row[3])


def metric_srids(session: Session, territories: tuple[UUID, ...]) -> list[int]:
    """Return the metric systems of territories, each once."""
    statement = sa.text("select distinct metric_srid from territory where id = any(:ids) order by 1")
    return list(session.scalars(statement, {"ids": list(territories)}))
