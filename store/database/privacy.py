"""Queries on rows that name a person in office."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Assignment, Staff


def find_staff(session: Session, work_no: str) -> Staff | None:
    """Return the member of staff with this work number."""
    return session.scalar(sa.select(Staff).where(Staff.work_no == work_no))


def is_assigned(session: Session, staff_id: UUID) -> bool:
    """Whether a member of staff answers for anything now or later."""
    ahead = sa.func.coalesce(sa.func.upper(Assignment.valid), sa.text("'infinity'")) > sa.func.now()
    return bool(session.scalar(sa.select(sa.exists().where(Assignment.staff_id == staff_id, ahead))))
