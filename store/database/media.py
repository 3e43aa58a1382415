"""SQL of photos: kept beside their report, so that one backup, one transaction and one row security hold for both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import IntakeKey, Media, MediaContent
from store.database.together import Question
from store.media import Photo

_MINE = sa.text("""
select id, month, incident_id, stage from media where id = any(:ids) order by created_at, id for update
""")
_ATTACH = sa.text("""
update media set month = :month, incident_id = :incident, stage = coalesce(cast(:stage as text), stage)
where id = any(:ids) and incident_id is null and account_id is not distinct from cast(:account as uuid)
""")
_LIST = sa.text("""
select id, stage, width, height, created_at, blurred_at from media
where month = :month and incident_id = :incident order by created_at, id
""")


def add(session: Session, photo: Photo, *, stage: str, account_id: UUID | None) -> Media:
    """Keep a photo that belongs to no report yet."""
    row = Media(stage=stage, width=photo.width, height=photo.height, account_id=account_id)
    session.add(row)
    session.flush()
    _keep(session, row.id, photo)
    return row


def _keep(session: Session, media_id: UUID, photo: Photo) -> None:
    rows = [{"media_id": media_id, "size": size, "content": getattr(photo, size)} for size in ("full", "thumb")]
    session.execute(sa.insert(MediaContent), rows)


def get(session: Session, media_id: UUID, *, lock: bool = False) -> Media | None:
    """Return a photo without its picture."""
    statement = sa.select(Media).where(Media.id == media_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def content(session: Session, media_id: UUID, size: str) -> bytes | None:
    """Return the picture of a photo in one size."""
    statement = sa.select(MediaContent.content).where(MediaContent.media_id == media_id, MediaContent.size == size)
    found: bytes | None = session.scalar(statement)
    return found


def replace(session: Session, row: Media, photo: Photo, *, at: datetime) -> None:
    """Put another picture in the place of a photo's; the old one is gone."""
    session.execute(sa.delete(MediaContent).where(MediaContent.media_id == row.id))
    _keep(session, row.id, photo)
    row.width, row.height, row.blurred_at = photo.width, photo.height, at
    session.flush()


def attach(
    session: Session, ids: Sequence[UUID], *, month: date, incident_id: int, stage: str | None, account_id: UUID | None
) -> int:
    """Give loose photos of an account to a report; return how many there were."""
    values = {"ids": list(ids), "month": month, "incident": incident_id, "stage": stage, "account": account_id}
    return int(getattr(session.execute(_ATTACH, values), "rowcount", 0))


def by_ids(session: Session, ids: Sequence[UUID]) -> list[sa.Row[Any]]:
    """Return photos with the report that they belong to, locked."""
    return list(session.execute(_MINE, {"ids": list(ids)}))


def of_incident_question(month: date, incident_id: int) -> Question:
    """Return the question for the photos of a report, first to last."""
    return _LIST, {"month": month, "incident": incident_id}


def delete_of_incident(session: Session, month: date, incident_id: int) -> int:
    """Delete the photos of a report."""
    statement = sa.delete(Media).where(Media.month == month, Media.incident_id == incident_id)
    return int(getattr(session.execute(statement), "rowcount", 0))


def delete_loose(session: Session, before: datetime) -> int:
    """Delete photos that no report came for."""
    statement = sa.delete(Media).where(Media.incident_id.is_(None), Media.created_at < before)
    return int(getattr(session.execute(statement), "rowcount", 0))


def incident_no(session: Session, incident_id: int) -> str | None:
    """Return the number of a report."""
    found: str | None = session.scalar(sa.select(IntakeKey.no).where(IntakeKey.incident_id == incident_id))
    return found
