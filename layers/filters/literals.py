"""Constants of a filter: geometry in a declared reference system, moments and spans of time."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from typing import Any, Final

import orjson
import shapely

from gis.crs import STORAGE_SRID, axes_are_swapped, transform
from gis.validity import fault_place
from layers.filters.model import InvalidFilterError

MOST_VERTICES: Final = 2000
_HAIR: Final = 1e-9
"""Degrees by which a border of the earth may be missed when a reference system is left for another."""


def geometry_of(told: dict[str, Any], srid: int, *, lon_first: bool) -> shapely.Geometry:
    """Read a GeoJSON geometry or a box.

    Parameters
    ----------
    told : dict
        As `cql2` writes it: ``type`` and ``coordinates``, or ``bbox``.
    srid : int
        Reference system of the coordinates.
    lon_first : bool
        Whether they are in the order x, y although the reference system says otherwise (CRS84).

    Returns
    -------
    Geometry
        EPSG:4326, x = longitude.

    Raises
    ------
    InvalidFilterError
    """
    if "bbox" in told:
        return box_of(told["bbox"], srid, lon_first=lon_first)
    try:
        given = shapely.from_geojson(orjson.dumps(told))
    except (shapely.GEOSException, TypeError, ValueError, RecursionError):
        raise InvalidFilterError("A geometry of the filter is no GeoJSON or WKT geometry.") from None
    if shapely.is_empty(given):
        raise InvalidFilterError("A geometry of the filter is empty.")
    given = shapely.force_2d(given)
    xy = shapely.get_coordinates(given)
    if len(xy) > MOST_VERTICES or not all(map(math.isfinite, xy.ravel())):
        raise InvalidFilterError(f"A geometry of a filter has at most {MOST_VERTICES} vertices, all of finite numbers.")
    if not given.is_valid:
        reason = str(shapely.is_valid_reason(given))
        raise InvalidFilterError(
            f"A geometry of the filter is not valid: {reason.partition('[')[0]}.", place=fault_place(reason)
        )
    return _to_storage(given, srid, lon_first=lon_first)


def box_of(numbers: object, srid: int, *, lon_first: bool) -> shapely.Geometry:
    """Build the ground of a bounding box of four or six numbers, its sides as straight as they are in `srid`.

    A box of degrees whose west is east of its east lies across the antimeridian and is two polygons.

    Raises
    ------
    InvalidFilterError

    Examples
    --------
    >>> box_of([24, 60, 25, 61], 4326, lon_first=True).bounds
    (24.0, 60.0, 25.0, 61.0)
    >>> box_of([170, -10, -170, 10], 4326, lon_first=True).geom_type
    'MultiPolygon'
    """
    if not (isinstance(numbers, list) and len(numbers) in (4, 6) and all(_is_number(each) for each in numbers)):
        raise InvalidFilterError("A box is four finite numbers (or six, with heights): low corner, high corner.")
    half = len(numbers) // 2
    low, high = [float(n) for n in numbers[:2]], [float(n) for n in numbers[half : half + 2]]
    if not lon_first and axes_are_swapped(srid):
        low, high = low[::-1], high[::-1]
    degrees = lon_first or srid in (STORAGE_SRID, 4490)
    if low[1] > high[1] or (low[0] > high[0] and not degrees):
        raise InvalidFilterError("The box is inverted: its first corner is the low one.")
    if degrees:
        if max(abs(low[0]), abs(high[0])) > 180 or max(abs(low[1]), abs(high[1])) > 90:
            raise InvalidFilterError("The box is outside the earth.")
        return _degrees_box(low[0], low[1], high[0], high[1])
    # 16 points to a side: a straight side of a projected box is bent in degrees
    around = shapely.segmentize(
        shapely.box(low[0], low[1], high[0], high[1]), max((high[0] - low[0]) / 16, (high[1] - low[1]) / 16, 1e-6)
    )
    return _to_storage(around, srid, lon_first=True)


def _degrees_box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])


def _to_storage(given: shapely.Geometry, srid: int, *, lon_first: bool) -> shapely.Geometry:
    if not lon_first and axes_are_swapped(srid):
        given = shapely.transform(given, lambda xy: xy[:, ::-1])
    moved: shapely.Geometry = given if srid == STORAGE_SRID else transform(given, srid, STORAGE_SRID)
    lon, lat = abs(shapely.get_coordinates(moved)).max(axis=0)
    # no number at all is not within, either
    if not (lon <= 180 + _HAIR and lat <= 90 + _HAIR):
        raise InvalidFilterError("Coordinates lie outside of where their reference system holds.", crs=f"EPSG:{srid}")
    return moved


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def moment_of(text: object) -> datetime:
    """Read an RFC 3339 moment, or a day, which is the moment that it begins (UTC).

    Raises
    ------
    InvalidFilterError

    Examples
    --------
    >>> moment_of("2026-01-31").isoformat()
    '2026-01-31T00:00:00+00:00'
    """
    if not isinstance(text, str):
        raise InvalidFilterError("A moment is a text such as 2026-01-31T08:00:00Z.")
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidFilterError(f"'{text[:60]}' is no moment such as 2026-01-31T08:00:00Z, and no day.") from None
