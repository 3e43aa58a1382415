"""SQL of single grids: what one looks like now, and changing its name or lock."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import GridVersion, Plan

Box = tuple[float, float, float, float]


def find_version(
    session: Session, grid_id: UUID, plan_id: UUID | None = None, *, lock: bool = False
) -> GridVersion | None:
    """Return a grid's version: of `plan_id`, else of the published plan, else of the newest one; retired ones last."""
    statement = (
        sa.select(GridVersion)
        .join(Plan, Plan.id == GridVersion.plan_id)
        .where(GridVersion.grid_id == grid_id)
        .order_by(
            sa.and_(Plan.status == "scheduled", Plan.effective_at <= sa.func.now()).desc(),
            (Plan.status == "published").desc(),
            (Plan.status == "retired").asc(),
            Plan.created_at.desc(),
        )
        .limit(1)
    )
    if plan_id is not None:
        statement = statement.where(GridVersion.plan_id == plan_id)
    if lock:
        statement = statement.with_for_update(of=GridVersion)
    return session.scalars(statement).first()


def box_of(session: Session, version_id: UUID) -> Box:
    """Return west, south, east, north of a grid version in EPSG:4326."""
    box = sa.func.box2d(GridVersion.geom)
    row = session.execute(
        sa.select(sa.func.ST_XMin(box), sa.func.ST_YMin(box), sa.func.ST_XMax(box), sa.func.ST_YMax(box)).where(
            GridVersion.id == version_id
        )
    ).one()
    return (row[0], row[1], row[2], row[3])
