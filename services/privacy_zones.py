"""Privacy zones: ground that no proposal may look at, each with its kind and a written reason."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import numpy as np
import orjson
import shapely

from gis.crs import to_lonlat, to_metric
from gis.errors import InvalidGeometryError, InvalidInputError, NotFoundError, StaleRevisionError
from gis.validity import accept
from services.coverage_views import geojson
from store.database import privacy_zones as sql
from store.database.models import PrivacyZone, Territory
from store.database.partition import find_territory
from store.database.work import UnitOfWork

KINDS: Final = ("dwelling", "yard", "school", "dormitory", "hospital", "bath", "hotel", "worship", "other")
LEAST_REASON: Final = 5
_ROLES: Final = ("planner", "analyst", "camera_administrator")


def list_zones(work: UnitOfWork, territory: UUID | str | None = None) -> list[dict[str, Any]]:
    """Return the zones of a territory, newest first, with how many cameras look in today."""
    place = find_territory(work.session, territory)
    return [_told(row) for row in sql.list_zones(work.session, place.id)]


def get_zone(work: UnitOfWork, zone_id: UUID) -> dict[str, Any]:
    """Return a zone with the cameras that look in.

    Raises
    ------
    NotFoundError
        There is no such zone.
    """
    zone = _find(work, zone_id)
    told = _told(sql.list_zones(work.session, zone.territory_id, zone.id)[0])
    return {**told, "looking_in": sql.cameras_looking_in(work.session, zone.id)}


def add_zone(
    work: UnitOfWork, *, kind: str, reason: str, geometry: dict[str, Any], territory: UUID | str | None = None
) -> dict[str, Any]:
    """Set up a zone.

    Parameters
    ----------
    work : UnitOfWork
    kind : str
        One of `KINDS`.
    reason : str
        Why nobody may look there, in a sentence.
    geometry : dict
        GeoJSON Polygon or MultiPolygon, EPSG:4326.
    territory : UUID or str, optional

    Raises
    ------
    InvalidInputError
        Another kind, or no reason.
    InvalidGeometryError
        The shape is no ground in the territory.
    """
    work.actor.require(*_ROLES)
    place = find_territory(work.session, territory)
    zone = PrivacyZone(
        territory_id=place.id,
        kind=_kind(kind),
        reason=_reason(reason),
        geom=_ground(geometry, place),
        author_id=work.actor.account_id,
    )
    work.session.add(zone)
    work.session.flush()
    _announce(work, zone)
    return get_zone(work, zone.id)


def change_zone(work: UnitOfWork, zone_id: UUID, changes: dict[str, Any], *, revision: int) -> dict[str, Any]:
    """Change the kind, reason or geometry of a zone.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the present version rides along in ``current``.
    """
    work.actor.require(*_ROLES)
    zone = _fresh(work, zone_id, revision)
    place = work.session.get_one(Territory, zone.territory_id)
    _announce(work, zone)
    if "kind" in changes:
        zone.kind = _kind(changes["kind"])
    if "reason" in changes:
        zone.reason = _reason(changes["reason"])
    if "geometry" in changes:
        zone.geom = _ground(changes["geometry"], place)
    zone.revision += 1
    work.session.flush()
    _announce(work, zone)
    return get_zone(work, zone_id)


def remove_zone(work: UnitOfWork, zone_id: UUID, *, revision: int) -> None:
    """Remove a zone.

    Raises
    ------
    StaleRevisionError
        Somebody changed it since the caller read it.
    """
    work.actor.require(*_ROLES)
    zone = _fresh(work, zone_id, revision)
    _announce(work, zone)
    work.session.delete(zone)
    work.session.flush()


def _find(work: UnitOfWork, zone_id: UUID, *, lock: bool = False) -> PrivacyZone:
    zone = sql.find_zone(work.session, zone_id, lock=lock)
    if zone is None:
        raise NotFoundError("There is no such privacy zone.", zone=str(zone_id))
    return zone


def _fresh(work: UnitOfWork, zone_id: UUID, revision: int) -> PrivacyZone:
    zone = _find(work, zone_id, lock=True)
    if zone.revision != revision:
        raise StaleRevisionError(
            "The zone was changed since you read it; look at the present version first.",
            current=get_zone(work, zone_id),
        )
    return zone


def _announce(work: UnitOfWork, zone: PrivacyZone) -> None:
    work.touch("privacy_zones", zone.territory_id, zone.geom.bounds)


def _kind(value: object) -> str:
    if value not in KINDS:
        raise InvalidInputError(f"A privacy zone is one of {', '.join(KINDS)}.", field="kind")
    return str(value)


def _reason(value: object) -> str:
    words = str(value or "").strip()
    if len(words) < LEAST_REASON:
        raise InvalidInputError(
            f"Write down why nobody may look there, in {LEAST_REASON} characters or more.", field="reason"
        )
    return words


def _ground(geometry: dict[str, Any], place: Territory) -> shapely.MultiPolygon:
    """Check a drawn shape, bring it onto the grid of centimetres, and return it as stored."""
    try:
        drawn = shapely.from_geojson(orjson.dumps(geometry))
    except (shapely.GEOSException, TypeError, ValueError):
        raise InvalidGeometryError("'geometry' is no GeoJSON Polygon or MultiPolygon.", field="geometry") from None
    drawn = accept(np.array([drawn]), bounds=(-180.0, -90.0, 180.0, 90.0), metric=False)[0]
    if not shapely.intersects(drawn, place.outline):
        raise InvalidGeometryError("The zone lies outside the territory.", field="geometry")
    ground = to_lonlat(accept(np.array([to_metric(drawn, place.metric_srid)]))[0], place.metric_srid)
    return ground if ground.geom_type == "MultiPolygon" else shapely.MultiPolygon([ground])


def _told(row: dict[str, Any]) -> dict[str, Any]:
    shape = shapely.from_wkb(bytes(row.pop("geom")))
    return {**row, "geometry": geojson(shape)}
