"""Edit features: add, replace, change and remove, by the rules of what they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
import shapely

from gis.errors import InvalidInputError, NotFoundError, StaleRevisionError
from layers.fields import field_of
from services.features import cameras, grids, places, zones
from services.features.bodies import PLAIN, FeatureBody, read_body
from services.features.reading import Crs, read_feature, visible_fields
from services.layers import Look
from store.database import feature_edits as sql
from store.database.work import UnitOfWork

SAME_PLACE: Final = 6e-8
"""Degrees; coordinates are told with seven digits, and what comes back unchanged must not move anything."""


@dataclass(frozen=True, slots=True)
class Editor:
    """How features of one collection are edited.

    Attributes
    ----------
    roles : tuple of str
        Who may.
    kinds : tuple of str
        Geometry types that will do.
    defaults : dict
        Value of each editable attribute that a new feature does not bring.
    create : callable or None
        (work, body, territory, now) → id of the new feature.
    change : callable
        (work, fid, body, revision, now) → its id, which may be another one afterwards.
    remove : callable or None
        (work, fid, now).
    fixed : bool
        Any geometry is refused, even the present one.
    """

    roles: tuple[str, ...]
    kinds: tuple[str, ...]
    defaults: dict[str, Any]
    create: Callable[[UnitOfWork, FeatureBody, UUID | None, datetime], int] | None
    change: Callable[[UnitOfWork, int, FeatureBody, int, datetime], int]
    remove: Callable[[UnitOfWork, int, datetime], None] | None
    fixed: bool = False


_POINT: Final = ("Point",)
_GROUND: Final = ("Polygon", "MultiPolygon")

EDITORS: Final[dict[str, Editor]] = {
    "cameras": Editor(cameras.ROLES, _POINT, cameras.DEFAULTS, cameras.create, cameras.change, cameras.remove),
    "key_places": Editor(
        places.KEY_PLACE_ROLES,
        _POINT,
        {"kind": "", "name": "", "weight": 1.0},
        places.create_key_place,
        places.change_key_place,
        places.remove_key_place,
    ),
    "facilities": Editor(
        places.FACILITY_ROLES,
        _POINT,
        {"kind": "", "name": ""},
        places.create_facility,
        places.change_facility,
        places.remove_facility,
    ),
    "privacy_zones": Editor(zones.ROLES, _GROUND, {"kind": "", "reason": ""}, zones.create, zones.change, zones.remove),
    "grids": Editor(grids.ROLES, _GROUND, {}, None, grids.change, None, fixed=True),
}
"""By collection."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which feature, as whom it was seen: the collection, its id, the revision seen, and the look it was seen in."""

    collection: str
    fid: int
    revision: int
    look: Look


def add_feature(work: UnitOfWork, collection: str, raw: bytes, *, look: Look, now: datetime, crs: Crs = PLAIN) -> int:
    """Add a feature; returns its id.

    Raises
    ------
    InvalidInputError
        An attribute is missing, unknown, read-only or out of range.
    InvalidGeometryError
        The geometry will not do.
    """
    editor = EDITORS[collection]
    work.actor.require(*editor.roles)
    fields = visible_fields(work.actor, collection)
    body = read_body(raw, fields, editor.kinds, crs)
    if body.geometry is None:
        raise InvalidInputError("A new feature needs a geometry.", field="geometry")
    given = {name: value for name, value in body.properties.items() if value is not None}
    for name in given:
        _refuse_read_only(work, collection, name)
    for each in fields:
        if each.required and not str(given.get(each.name) or "").strip():
            raise InvalidInputError(f"A new feature needs '{each.name}'.", field=each.name)
    assert editor.create is not None  # noqa: S101 - there is no route to a collection without
    return editor.create(work, FeatureBody(body.geometry, {**editor.defaults, **given}), look.territory, now)


def change_feature(
    work: UnitOfWork, place: Place, raw: bytes, *, now: datetime, crs: Crs = PLAIN, whole: bool = False
) -> int:
    """Change a feature; returns its id, which may be another one afterwards.

    Parameters
    ----------
    work : UnitOfWork
    place : Place
    raw : bytes
        GeoJSON: what is to be another, or with `whole` all of it.
    now : datetime
    crs : Crs
        Of the coordinates.
    whole : bool
        What is left out gets its default.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the present feature rides along in ``current``.
    """
    editor = EDITORS[place.collection]
    work.actor.require(*editor.roles)
    fields = visible_fields(work.actor, place.collection)
    before = _fresh(work, place)
    body = read_body(raw, fields, editor.kinds, crs)
    changes = dict(body.properties)
    for name, value in body.properties.items():
        found = field_of(fields, name)
        if found is not None and not found.editable:
            if value != before["properties"][name]:
                _refuse_read_only(work, place.collection, name)
            del changes[name]
    if whole:
        if body.geometry is None:
            raise InvalidInputError("A whole feature needs a geometry.", field="geometry")
        known = {each.name for each in fields if each.editable}
        changes = {**{name: value for name, value in editor.defaults.items() if name in known}, **changes}
    changes = {
        name: editor.defaults.get(name) if value is None else value
        for name, value in changes.items()
        if value != before["properties"][name]
    }
    geometry = body.geometry
    if geometry is not None and not editor.fixed and _is_where_it_was(before, geometry):
        geometry = None
    if not changes and geometry is None:
        return place.fid
    return editor.change(work, place.fid, FeatureBody(geometry, changes), place.revision, now)


def remove_feature(work: UnitOfWork, place: Place, *, now: datetime) -> None:
    """Remove a feature.

    Raises
    ------
    StaleRevisionError
        Somebody changed it since the caller read it.
    """
    editor = EDITORS[place.collection]
    work.actor.require(*editor.roles)
    _fresh(work, place)
    assert editor.remove is not None  # noqa: S101 - there is no route to a collection without
    editor.remove(work, place.fid, now)


def _fresh(work: UnitOfWork, place: Place) -> dict[str, Any]:
    """Return the feature as it is, held against others who would change it."""
    revision = sql.lock_revision(work.session, place.collection, place.fid)
    if revision is None:
        raise NotFoundError(f"'{place.collection}' has no feature {place.fid}.", feature=place.fid)
    text, _ = read_feature(work, place.collection, place.fid, look=place.look)
    present: dict[str, Any] = orjson.loads(text)
    if revision != place.revision:
        raise StaleRevisionError(
            "The feature was changed since you read it; look at the present version first.", current=present
        )
    return present


def _is_where_it_was(before: dict[str, Any], geometry: shapely.Geometry) -> bool:
    was = shapely.get_parts(shapely.normalize(shapely.from_geojson(orjson.dumps(before["geometry"]))))
    wanted = shapely.get_parts(shapely.normalize(geometry))
    return len(was) == len(wanted) and bool(shapely.equals_exact(was, wanted, SAME_PLACE).all())


def _refuse_read_only(work: UnitOfWork, collection: str, name: str) -> None:
    found = field_of(visible_fields(work.actor, collection), name)
    if found is not None and not found.editable:
        raise InvalidInputError(f"'{name}' follows from other things and can't be written.", field=name)
