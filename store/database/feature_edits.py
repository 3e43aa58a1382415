"""SQL of edited features: their rows by number, held for a change, and the territory that a place lies in."""

from __future__ import annotations

from typing import Any, Final, TypeVar
from uuid import UUID

import shapely
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Camera, Facility, Gap, GridVersion, KeyPlace, PrivacyZone, Territory
from store.types import ShapelyGeometry

MODELS: Final[dict[str, Any]] = {
    "cameras": Camera,
    "key_places": KeyPlace,
    "facilities": Facility,
    "privacy_zones": PrivacyZone,
    "grids": GridVersion,
}
Row = TypeVar("Row", Camera, Facility, KeyPlace, PrivacyZone, GridVersion)


def lock_revision(session: Session, collection: str, fid: int) -> int | None:
    """Return the revision of a feature and keep others from changing it until the end; None without such a feature."""
    model = MODELS[collection]
    statement = sa.select(model.revision).where(model.fid == fid)
    if collection != "grids":  # the editor of grids locks them in an order of its own
        statement = statement.with_for_update()
    return session.scalars(statement).first()


def row_of(session: Session, model: type[Row], fid: int) -> Row:
    """Return the row of a feature that is there."""
    return session.scalars(sa.select(model).where(model.fid == fid)).one()


def release_gaps(session: Session, key_place_id: UUID) -> None:
    """Let the gaps of a key place stand by themselves: they are history, and live figures count them as they go."""
    session.execute(sa.update(Gap).where(Gap.key_place_id == key_place_id).values(key_place_id=None))


def territory_at(session: Session, shape: shapely.Geometry) -> Territory | None:
    """Return the territory whose ground meets a shape in EPSG:4326; the oldest where several do."""
    place = sa.literal(shape, ShapelyGeometry())
    statement = (
        sa.select(Territory)
        .where(Territory.outline.op("&&", is_comparison=True)(place), sa.func.st_intersects(Territory.outline, place))
        .order_by(Territory.created_at, Territory.id)
        .limit(1)
    )
    return session.scalars(statement).first()


def version_with_code(session: Session, plan_id: UUID, code: str) -> int:
    """Return the feature number of the grid that has a code in a plan."""
    statement = sa.text(
        "select v.fid from grid_version v join grid g on g.id = v.grid_id where v.plan_id = :plan and g.code = :code"
    )
    return int(session.execute(statement, {"plan": plan_id, "code": code}).scalar_one())
