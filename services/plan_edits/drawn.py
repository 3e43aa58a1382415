"""Drawn shapes as they come in: bounded, finite, in lon/lat; then in the metric CRS on the 1 cm grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.errors import InvalidGeometryError
from gis.validity import fault_place
from services.plan_edits.refusals import TooManyVerticesError

__all__ = ["MOST_VERTICES", "read_line", "read_point", "read_polygon"]

#: More than any hand draws in a browser, few enough to be cut in a moment.
MOST_VERTICES = 10_000
MOST_HOLES = 100


def read_line(coordinates: Sequence[Any]) -> shapely.LineString:
    """Read the coordinates of a GeoJSON LineString.

    Returns
    -------
    LineString, EPSG:4326

    Raises
    ------
    TooManyVerticesError, InvalidGeometryError
    """
    xy = _positions(coordinates, "line")
    if len(xy) < 2:
        raise InvalidGeometryError("A line has at least two vertices.", field="line", place=_first(xy))
    return shapely.LineString(xy)


def read_polygon(coordinates: Sequence[Any]) -> shapely.Polygon:
    """Read the coordinates of a GeoJSON Polygon.

    Returns
    -------
    Polygon, EPSG:4326

    Raises
    ------
    TooManyVerticesError, InvalidGeometryError
    """
    if not coordinates or len(coordinates) > MOST_HOLES:
        raise InvalidGeometryError(f"A polygon has one outline and at most {MOST_HOLES} holes.", field="polygon")
    rings = [_positions(ring, "polygon") for ring in coordinates]
    for ring in rings:
        if len(ring) < 4 or not np.array_equal(ring[0], ring[-1]):
            raise InvalidGeometryError(
                "A ring of a polygon has at least four vertices and ends where it began.",
                field="polygon",
                place=_first(ring),
            )
    polygon = shapely.Polygon(rings[0], rings[1:])
    if not shapely.is_valid(polygon):
        reason = str(shapely.is_valid_reason(polygon))
        raise InvalidGeometryError(
            f"The polygon is not simple: {reason.partition('[')[0].strip().lower()}.",
            field="polygon",
            place=_place_in(reason) or _first(rings[0]),
        )
    return polygon


def read_point(coordinates: Sequence[float], srid: int) -> tuple[float, float]:
    """Return a lon/lat position in the metric CRS."""
    xy = _positions([coordinates], "vertex")
    point = to_metric(shapely.Point(xy[0]), srid)
    return float(point.x), float(point.y)


def _positions(values: Sequence[Any], field: str) -> npt.NDArray[np.float64]:
    if not isinstance(values, (list, tuple)):
        raise InvalidGeometryError("Positions are pairs of longitude and latitude.", field=field)
    if len(values) > MOST_VERTICES:
        place = values[0][:2] if isinstance(values[0], (list, tuple)) else None
        raise TooManyVerticesError(
            f"The shape has {len(values)} vertices, {MOST_VERTICES} are the most; draw it simpler.",
            field=field,
            vertices=len(values),
            place=place,
        )
    try:
        xy = np.array([[float(position[0]), float(position[1])] for position in values], dtype=np.float64)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise InvalidGeometryError("Positions are pairs of longitude and latitude.", field=field) from error
    xy = xy.reshape(-1, 2)
    inside = np.isfinite(xy).all(axis=1) & (np.abs(xy) <= (180.0, 90.0)).all(axis=1)
    if not inside.all():
        raise InvalidGeometryError(
            "A position lies outside the earth: longitude -180 to 180, latitude -90 to 90.",
            field=field,
            vertex=int(np.argmin(inside)),
        )
    return xy


def _first(xy: npt.NDArray[np.float64]) -> list[float] | None:
    return [float(value) for value in xy[0]] if len(xy) else None


def _place_in(reason: str) -> list[float] | None:
    place = fault_place(reason)
    return None if place is None else list(place)
