"""Privacy zones as features."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
import shapely

from services import privacy_zones
from services.features.bodies import FeatureBody
from services.features.ground import territory_of
from store.database import feature_edits as sql
from store.database.models import PrivacyZone
from store.database.work import UnitOfWork

ROLES: Final = ("planner", "analyst", "camera_administrator")


def create(work: UnitOfWork, body: FeatureBody, territory: UUID | None, _now: datetime) -> int:
    """Set up a zone; returns its feature number."""
    assert body.geometry is not None  # noqa: S101 - the caller checked
    place = territory_of(work, body.geometry, territory)
    told = body.properties
    made = privacy_zones.add_zone(
        work, kind=told["kind"], reason=told["reason"], geometry=_geojson(body.geometry), territory=place.id
    )
    return work.session.get_one(PrivacyZone, made["id"]).fid


def change(work: UnitOfWork, fid: int, body: FeatureBody, revision: int, _now: datetime) -> int:
    """Change a zone; returns its feature number."""
    zone = sql.row_of(work.session, PrivacyZone, fid)
    changes: dict[str, Any] = dict(body.properties)
    if body.geometry is not None:
        changes["geometry"] = _geojson(body.geometry)
    privacy_zones.change_zone(work, zone.id, changes, revision=revision)
    return fid


def remove(work: UnitOfWork, fid: int, _now: datetime) -> None:
    """Remove a zone."""
    zone = sql.row_of(work.session, PrivacyZone, fid)
    privacy_zones.remove_zone(work, zone.id, revision=zone.revision)


def _geojson(shape: shapely.Geometry) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(shapely.to_geojson(shape))
    return told
