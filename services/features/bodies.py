"""A GeoJSON feature that a client sends: its geometry in EPSG:4326, and its attributes checked by name and type."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson
import shapely

from gis.crs import axes_are_swapped, transform
from gis.errors import InvalidGeometryError, InvalidInputError
from gis.validity import accept
from layers.fields import Field, Fields, field_of
from services.features.reading import CRS84, Crs
from store.types import STORAGE_SRID

LONGEST_TEXT: Final = 500
LARGEST_WHOLE: Final = 2**31 - 1
_EARTH: Final = (-180.0, -90.0, 180.0, 90.0)
PLAIN: Final = Crs(CRS84, STORAGE_SRID, lon_first=True)


@dataclass(frozen=True, slots=True)
class FeatureBody:
    """What was sent; `geometry` is None where none was."""

    geometry: shapely.Geometry | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


def read_body(raw: bytes, fields: Fields, kinds: tuple[str, ...], crs: Crs = PLAIN) -> FeatureBody:
    """Read a feature, or the part of one that is to be changed.

    Parameters
    ----------
    raw : bytes
        GeoJSON, whatever the content type said.
    fields : tuple of Field
        Attributes that the actor knows of.
    kinds : tuple of str
        Geometry types that will do.
    crs : Crs
        Of the coordinates.

    Raises
    ------
    InvalidInputError
        It is no feature, or an attribute is unknown or of another type.
    InvalidGeometryError
        The geometry will not do; ``place`` says where.
    """
    told = orjson.loads(raw)
    if not isinstance(told, dict) or told.get("type", "Feature") != "Feature":
        raise InvalidInputError("Send one GeoJSON Feature.", field="type")
    properties = told.get("properties") or {}
    if not isinstance(properties, dict):
        raise InvalidInputError("'properties' is an object.", field="properties")
    geometry = told.get("geometry")
    return FeatureBody(
        None if geometry is None else _shape(geometry, kinds, crs),
        {name: _checked(fields, name, value) for name, value in properties.items()},
    )


def _shape(told: object, kinds: tuple[str, ...], crs: Crs) -> shapely.Geometry:
    if not isinstance(told, dict):
        raise InvalidGeometryError("'geometry' is no GeoJSON geometry.", field="geometry")
    try:
        drawn = shapely.force_2d(shapely.from_geojson(orjson.dumps(told)))
    except (shapely.GEOSException, TypeError, ValueError, RecursionError):
        raise InvalidGeometryError("'geometry' is no GeoJSON geometry.", field="geometry") from None
    if not crs.lon_first and axes_are_swapped(crs.srid):
        drawn = shapely.transform(drawn, lambda xy: xy[:, ::-1])
    if crs.srid != STORAGE_SRID:
        drawn = transform(drawn, crs.srid, STORAGE_SRID)
    checked: shapely.Geometry = accept(np.array([drawn]), kinds=kinds, bounds=_EARTH, metric=False)[0]
    return checked


def _checked(fields: Fields, name: str, value: object) -> Any:  # noqa: ANN401 - a value of the field's kind
    found = field_of(fields, name)
    if found is None:
        known = [each.name for each in fields]
        raise InvalidInputError(
            f"There is no attribute '{name[:60]}'; there are: {', '.join(known)}.", field=name[:60], known=known
        )
    if value is not None and not _fits(found, value):
        wanted = " or ".join(found.values) if found.values and isinstance(value, str) else f"a {found.kind}"
        raise InvalidInputError(f"'{name}' is {wanted}.", field=name)
    return value


def _fits(found: Field, value: object) -> bool:
    match found.kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE
        case "number":
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return number and math.isfinite(value) and abs(value) < 1e15  # type: ignore[arg-type]
        case _:
            text = isinstance(value, str) and len(value) <= LONGEST_TEXT and "\x00" not in value
            return text and (not found.values or not found.editable or value in found.values)
