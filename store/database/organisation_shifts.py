"""SQL of shifts: single ones, those that patterns write out, and absences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Absence, Shift, ShiftPattern

Period = tuple[datetime, datetime]

_SHIFTS = sa.text("""
select h.id, h.staff_id, s.work_no, s.name, s.post, a.name as area_name, lower(h.period) as since,
       upper(h.period) as until, h.pattern_id,
       exists (select from absence b where b.staff_id = h.staff_id and b.period && h.period) as absent
from shifts_within(cast(:since as timestamptz), cast(:until as timestamptz)) as k(id)
join shift h on h.id = k.id join staff s on s.id = h.staff_id left join area a on a.id = s.area_id
where s.territory_id = :territory and (cast(:staff as uuid) is null or s.id = :staff)
order by lower(h.period), s.work_no, h.id limit :limit
""")


def list_shifts(
    session: Session,
    territory_id: UUID,
    period: Period,
    staff_id: UUID | None = None,
    *,
    limit: int = 5000,
) -> list[dict[str, Any]]:
    """Return the shifts that lie at least partly within a period, in the order of their beginnings."""
    values = {
        "territory": territory_id, "since": period[0], "until": period[1], "staff": staff_id, "limit": limit,
    }  # fmt: skip
    return [dict(row) for row in session.execute(_SHIFTS, values).mappings()]


def add_shifts(session: Session, rows: Sequence[tuple[UUID, datetime, datetime, UUID | None]]) -> int:
    """Write shifts (staff, from, to, pattern); one that is there already is left alone. Returns how many are new."""
    if not rows:
        return 0
    statement = sa.text("""
        with wanted as (
            select distinct on (t.staff_id, t.since, t.until) t.staff_id, tstzrange(t.since, t.until, '[)') as period,
                   t.pattern_id
            from unnest(cast(:staff as uuid[]), cast(:since as timestamptz[]), cast(:until as timestamptz[]),
                        cast(:pattern as uuid[])) t(staff_id, since, until, pattern_id)
        ), done as (
            insert into shift (staff_id, period, pattern_id)
            select w.staff_id, w.period, w.pattern_id from wanted w
            where not exists (select from shift h where h.staff_id = w.staff_id and h.period = w.period)
            returning 1
        )
        select count(*) from done
    """)
    staff, since, until, pattern = (list(column) for column in zip(*rows, strict=True))
    values = {"staff": staff, "since": since, "until": until, "pattern": pattern}
    return int(session.scalar(statement, values) or 0)


def find_shift(session: Session, shift_id: UUID) -> Shift | None:
    """Return a shift by id."""
    return session.scalars(sa.select(Shift).where(Shift.id == shift_id)).first()


def find_pattern(session: Session, pattern_id: UUID) -> ShiftPattern | None:
    """Return a pattern by id."""
    return session.scalars(sa.select(ShiftPattern).where(ShiftPattern.id == pattern_id)).first()


def find_absence(session: Session, absence_id: UUID) -> Absence | None:
    """Return an absence by id."""
    return session.scalars(sa.select(Absence).where(Absence.id == absence_id)).first()


def patterns_of(session: Session, staff_id: UUID) -> list[ShiftPattern]:
    """Return the patterns of one member of staff, the newest first."""
    statement = sa.select(ShiftPattern).where(ShiftPattern.staff_id == staff_id)
    return list(session.scalars(statement.order_by(ShiftPattern.first_day.desc(), ShiftPattern.id)))
