"""SQL of camera states in the past: what was noted of whom in a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns

# the end of a period is not in it, but a moment is both its ends
_PERIODS = sa.text("""
select camera_id, online, networked, serviceable, lower(period) as low, upper(period) as high
from camera_status
where camera_id = any(cast(:ids as uuid[]))
  and period && tstzrange(:begins, :ends, case when cast(:begins as timestamptz) = :ends then '[]' else '[)' end)
order by camera_id, lower(period)
""")
_MARK = sa.text("""
select count(*) || ' ' || coalesce(sum(hashtextextended(id::text, 0)), 0) from camera_status
where period && tstzrange(:begins, :ends, case when cast(:begins as timestamptz) = :ends then '[]' else '[)' end)
""")
_NOTED = sa.text("select distinct camera_id from camera_status where camera_id = any(cast(:ids as uuid[]))")


def read_periods(session: Session, cameras: Sequence[UUID], begins_at: datetime, ends_at: datetime) -> Columns:
    """Return what was noted of cameras in a period (or at a moment, when both ends are equal), in order of time."""
    values = {"ids": list(cameras), "begins": begins_at, "ends": ends_at}
    return read_columns(session, _PERIODS.bindparams(**values))


def cameras_noted(session: Session, cameras: Sequence[UUID]) -> list[UUID]:
    """Return those of some cameras that have any history."""
    return list(session.scalars(_NOTED, {"ids": list(cameras)}))


def mark_of(session: Session, begins_at: datetime, ends_at: datetime) -> str:
    """Return a text that is another one when anything else is noted of a period; what is noted is never changed."""
    return str(session.scalar(_MARK, {"begins": begins_at, "ends": ends_at}))
