"""SQL of single cameras."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Camera


def find_camera(session: Session, named: str | UUID, *, lock: bool = False) -> Camera | None:
    """Return a camera by its id, its 20-digit code or its reference in the source."""
    if isinstance(named, UUID):
        condition = Camera.id == named
    else:
        condition = sa.or_(Camera.gb28181_id == named, Camera.source_ref == named)
    statement = sa.select(Camera).where(condition).order_by(Camera.fid).limit(1)
    if lock:
        statement = statement.with_for_update()
    return session.scalars(statement).first()
