"""SQL of single cameras."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from store.database.models import Camera, CameraStatus


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


def note_status(session: Session, camera_id: UUID, *, online: bool, at: datetime) -> None:
    """Begin a period online or offline; the one until now ends."""
    session.execute(
        sa.update(CameraStatus)
        .where(CameraStatus.camera_id == camera_id, sa.func.upper_inf(CameraStatus.period))
        .values(period=sa.func.tstzrange(sa.func.lower(CameraStatus.period), at, "[)"))
    )
    session.add(CameraStatus(camera_id=camera_id, online=online, period=Range(at, None)))
    session.flush()
