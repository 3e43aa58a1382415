"""What is asked of items: place, time, filter, order, selection, page. What makes no sense is a 400, never ignored."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, cast, get_args

import orjson
import shapely
from fastapi import Request

from api.problems import BadRequestError
from layers.fields import Field, Fields, field_of
from layers.filters.literals import box_of, moment_of
from layers.filters.model import Compare, Filter, InvalidFilterError, Property, Value
from layers.filters.reading import Ground, Language, read_filter
from services.features.reading import CRS84, Crs, Cursor, FeatureQuery, OutputCrs, SortKey, output_in

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 10_000
MOST_SORT_KEYS: Final = 5
COMMON: Final = ("f", "plan", "territory")
ITEMS: Final = (
    "bbox", "bbox-crs", "limit", "cursor", "datetime", "crs", "filter", "filter-lang", "filter-crs", "sortby",
    "properties", "skipGeometry", *COMMON,
)  # fmt: skip
LARGEST_ID: Final = 2**63 - 1
DEFAULT_CRS: Final = Crs(CRS84, 4326, lon_first=True)
Systems = Callable[[], list[Crs]]
_LANGUAGES: Final = get_args(Language)


def parameters_of(fields: Fields) -> tuple[str, ...]:
    """Return the parameters that the items of a collection take, its queryables among them."""
    return (*ITEMS, *(each.name for each in fields))


def requested_query(request: Request, fields: Fields, systems: Systems) -> tuple[FeatureQuery, Crs]:
    """Read everything that is asked of a page of features, and the reference system it is wanted in.

    Raises
    ------
    BadRequestError, InvalidFilterError
    """
    since, until = requested_interval(request)
    order = requested_order(request, fields)
    crs = requested_crs(request, "crs", systems)
    query = FeatureQuery(
        requested_limit(request),
        after=requested_cursor(request, order),
        shape=requested_shape(request, systems),
        since=since,
        until=until,
        wanted=requested_filters(request, fields, systems),
        order=order,
        fields=requested_properties(request, fields),
        geometry=not _flag(request, "skipGeometry"),
        crs=output_of(crs),
    )
    return query, crs


def output_of(crs: Crs) -> OutputCrs:
    """Return how coordinates are written in a reference system."""
    return OutputCrs() if crs == DEFAULT_CRS else output_in(crs)


def requested_crs(request: Request, name: str, systems: Systems) -> Crs:
    """Read the address of a reference system; without one it is CRS84.

    Raises
    ------
    BadRequestError
    """
    text = request.query_params.get(name)
    return DEFAULT_CRS if text is None else crs_named(text, name, systems)


def crs_named(text: str, name: str, systems: Systems) -> Crs:
    """Find a reference system by its address."""
    if text == CRS84:
        return DEFAULT_CRS
    known = systems()
    found = next((each for each in known if each.uri == text), None)
    if found is None:
        uris = [each.uri for each in known]
        raise BadRequestError(f"'{name}' is one of {', '.join(uris)}.", parameter=name, known=uris)
    return found


def requested_limit(request: Request, default: int = LIMIT_DEFAULT) -> int:
    """Read ``limit``: a whole number from 1; what is above the maximum is the maximum."""
    text = request.query_params.get("limit")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) >= 1):
        raise BadRequestError(f"'limit' is a whole number from 1 to {LIMIT_MAX}, not '{text[:60]}'.", parameter="limit")
    return min(int(text), LIMIT_MAX)


def requested_cursor(request: Request, order: tuple[SortKey, ...]) -> Cursor | None:
    """Read ``cursor``, the feature after which the page begins."""
    text = request.query_params.get("cursor")
    if text is None:
        return None
    if not order:
        if text.isascii() and text.isdigit() and int(text[:20]) <= LARGEST_ID:
            return Cursor(int(text))
        raise _bad_cursor()
    try:
        told = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii")))
    except (ValueError, binascii.Error):
        raise _bad_cursor() from None
    if not (isinstance(told, list) and len(told) == len(order) + 1 and _fits("integer", told[0])):
        raise _bad_cursor()
    kinds = [each.field.kind for each in order]
    if not all(value is None or _fits(kind, value) for kind, value in zip(kinds, told[1:], strict=True)):
        raise _bad_cursor()
    values = [
        moment_of(value) if kind == "timestamp" and value is not None else value
        for kind, value in zip(kinds, told[1:], strict=True)
    ]
    return Cursor(told[0], tuple(values))


def cursor_text(cursor: Cursor) -> str:
    """Write a cursor for a ``next`` link."""
    if not cursor.values:
        return str(cursor.fid)
    return base64.urlsafe_b64encode(orjson.dumps([cursor.fid, *cursor.values])).decode()


def _bad_cursor() -> BadRequestError:
    return BadRequestError("'cursor' is taken from a `next` link, not made up.", parameter="cursor")


def _fits(kind: str, value: object) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    return isinstance(value, str) and "\x00" not in value


def requested_shape(request: Request, systems: Systems) -> shapely.Geometry | None:
    """Read ``bbox`` in ``bbox-crs``: four numbers, or six whose heights are ignored.

    Raises
    ------
    BadRequestError
    """
    text = request.query_params.get("bbox")
    crs = requested_crs(request, "bbox-crs", systems)
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadRequestError("'bbox' is four numbers: west,south,east,north.", parameter="bbox") from error
    if not all(map(math.isfinite, numbers)):
        raise BadRequestError("'bbox' is four finite numbers: west,south,east,north.", parameter="bbox")
    try:
        return box_of(numbers, crs.srid, lon_first=crs.lon_first)
    except InvalidFilterError as error:
        raise BadRequestError(f"'bbox': {error.message}", parameter="bbox") from error


def requested_interval(request: Request) -> tuple[datetime | None, datetime | None]:
    """Read ``datetime``: an instant, or two separated by a slash where ``..`` or nothing is open."""
    text = request.query_params.get("datetime")
    if text is None:
        return None, None
    start, slash, end = text.partition("/")
    if not slash:
        moment = _instant(text)
        return moment, moment
    since, until = (None if part in ("", "..") else _instant(part) for part in (start, end))
    if (since is None and until is None) or (since is not None and until is not None and since > until):
        raise BadRequestError("'datetime' is an instant, or start/end with the start first.", parameter="datetime")
    return since, until


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequestError(
            "'datetime' is an RFC 3339 instant such as 2026-01-31T08:00:00Z, or two with a slash.", parameter="datetime"
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def requested_filters(request: Request, fields: Fields, systems: Systems) -> tuple[Filter, ...]:
    """Read ``filter`` with its language and reference system, and the plain parameters of the queryables.

    Raises
    ------
    BadRequestError, InvalidFilterError
    """
    language = request.query_params.get("filter-lang", "cql2-text")
    if language not in _LANGUAGES:
        raise BadRequestError(f"'filter-lang' is one of {', '.join(_LANGUAGES)}.", parameter="filter-lang")
    crs = requested_crs(request, "filter-crs", systems)
    wanted: list[Filter] = []
    text = request.query_params.get("filter")
    if text is not None:
        ground = Ground(fields, crs.srid, crs.lon_first)
        wanted.append(read_filter(text, cast("Language", language), ground))
    for each in fields:
        value = request.query_params.get(each.name)
        if value is not None:
            prop = Property(each)
            wanted.append(Compare("=", prop, Value(_value(each, value), prop.kind)))
    return tuple(wanted)


def _value(field: Field, text: str) -> Any:  # noqa: ANN401 - a value of the field's kind
    try:
        if field.kind == "integer" and len(text) < 20:
            return int(text)
        if field.kind == "number" and math.isfinite(float(text)):
            return float(text)
        if field.kind == "boolean" and text in ("true", "false"):
            return text == "true"
        if field.kind == "timestamp":
            return moment_of(text)
    except (ValueError, InvalidFilterError):
        pass
    if field.kind == "string" and "\x00" not in text:
        return text
    raise BadRequestError(f"'{field.name}' is a {field.kind}, not '{text[:60]}'.", parameter=field.name)


def requested_order(request: Request, fields: Fields) -> tuple[SortKey, ...]:
    """Read ``sortby``: names separated by commas, each with an optional sign; a minus is from the top down."""
    text = request.query_params.get("sortby")
    if text is None:
        return ()
    keys = []
    for part in text.split(","):
        # a plus sign that nobody escaped arrives as a space
        name = part.lstrip("+- ")
        if len(part) - len(name) > 1:
            raise BadRequestError(f"'sortby' is name,-name, not '{text[:60]}'.", parameter="sortby")
        keys.append(SortKey(_known_field(fields, name, "sortby"), descending=part.startswith("-")))
    names = [each.field.name for each in keys]
    if len(keys) > MOST_SORT_KEYS or len(set(names)) < len(names):
        raise BadRequestError(f"'sortby' takes up to {MOST_SORT_KEYS} different names.", parameter="sortby")
    return tuple(keys)


def requested_properties(request: Request, fields: Fields) -> Fields:
    """Read ``properties``: names separated by commas; empty is none at all, and without it all are told."""
    text = request.query_params.get("properties")
    if text is None:
        return fields
    names = [name.strip() for name in text.split(",")] if text.strip() else []
    wanted = {_known_field(fields, name, "properties") for name in names}
    return tuple(each for each in fields if each in wanted)


def _known_field(fields: Fields, name: str, parameter: str) -> Field:
    found = field_of(fields, name)
    if found is None:
        known = [each.name for each in fields]
        raise BadRequestError(
            f"There is no property '{name[:60]}'; there are: {', '.join(known)}.",
            parameter=parameter,
            known=known,
        )
    return found


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "false")
    if text not in ("true", "false"):
        raise BadRequestError(f"'{name}' is true or false, not '{text[:60]}'.", parameter=name)
    return text == "true"
