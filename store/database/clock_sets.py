"""SQL of many clocks at once: those of the next cases, and what they are reckoned to anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, copy_rows, read_columns

STAGED: Final = (
    "id", "calendar_id", "limits", "measure", "total_us", "spent_us", "since", "soon_at", "due_at", "far_at",
    "provisional", "fired", "round", "next_at",
)  # fmt: skip
"""What is written of a clock; moments are microseconds since 1970."""
_MOMENTS: Final = frozenset({"since", "soon_at", "due_at", "far_at", "next_at"})
_FIRST: Final = (date(1, 1, 1), 0)
# clocks of a case are beside each other in this order, and so are cases: whole pages are read and written, not rows
# from all over, and each case is written once
_NEXT = sa.text("""
select c.month, c.incident_id from clock c join incident i on i.month = c.month and i.id = c.incident_id
where c.ended_at is null and i.territory_id = :territory and (c.month, c.incident_id) > (:month, :id)
group by c.month, c.incident_id order by c.month, c.incident_id limit :most
""")
_CASES = "unnest(cast(:months as date[]), cast(:ids as bigint[])) w(month, id)"
# cases first, as each step of a case does before it touches clocks
_LOCK = sa.text(f"""
select 1 from incident i join {_CASES} on i.month = w.month and i.id = w.id
order by i.month, i.id for no key update of i
""")  # noqa: S608 - a constant
_RUNNING = sa.text(f"""
select c.id, c.month, c.incident_id, c.kind, c.seq, c.state, c.cycle, c.limits::text as limits, c.measure, c.total_us,
       c.spent_us, c.fired, c.round, nullif(c.history, '[]') as history,
       (extract(epoch from c.started_at) * 1000000)::bigint as started_us,
       (extract(epoch from c.due_at) * 1000000)::bigint as due_us, i.item_code, i.area_code
from {_CASES} join clock c on c.month = w.month and c.incident_id = w.id and c.ended_at is null
join incident i on i.month = c.month and i.id = c.incident_id
order by c.month, c.incident_id, c.kind, c.seq for update of c
""")  # noqa: S608 - a constant
_STAGE = sa.text("""
create temp table if not exists clock_stage (
    id uuid, calendar_id uuid, limits jsonb, measure text, total_us bigint, spent_us bigint, since bigint,
    soon_at bigint, due_at bigint, far_at bigint, provisional boolean, fired int, round int, next_at bigint
) on commit drop
""")
_AT = {name: f"timestamptz 'epoch' + s.{name} * interval '1 microsecond'" for name in _MOMENTS}
_CHANGE = sa.text(
    "update clock c set "  # noqa: S608 - constants
    + ", ".join(f"{name} = {_AT.get(name, f's.{name}')}" for name in STAGED[1:])
    + " from clock_stage s where c.id = s.id"
)
_NOTE = sa.text(f"""
insert into clock_reckoning (clock_id, seq, reason, calendar_id, limits, total_us, due_at, provisional, at)
select s.id, 1 + coalesce((select max(r.seq) from clock_reckoning r where r.clock_id = s.id), 0), :reason,
       s.calendar_id, s.limits, s.total_us, {_AT["due_at"]}, s.provisional, :now
from clock_stage s
""")  # noqa: S608 - constants
_TELL = sa.text("""
update incident i set due_at = c.due_at, soon_at = c.soon_at
from (select o.month, o.incident_id, min(o.due_at) filter (where o.since is not null) as due_at,
             min(o.soon_at) filter (where o.since is not null) as soon_at
      from (select distinct x.month, x.incident_id from clock_stage s join clock x on x.id = s.id) w
      join clock o on o.month = w.month and o.incident_id = w.incident_id
      where o.ended_at is null and o.kind in ('stage', 'total') group by 1, 2) c
where i.month = c.month and i.id = c.incident_id and (i.due_at, i.soon_at) is distinct from (c.due_at, c.soon_at)
""")


def next_cases(
    session: Session, territory_id: UUID, after: tuple[date, int] | None, most: int
) -> list[tuple[date, int]]:
    """Return month and id of a territory's next cases with open clocks, in order."""
    month, incident_id = after or _FIRST
    values = {"territory": territory_id, "month": month, "id": incident_id, "most": most}
    return [(row.month, int(row.incident_id)) for row in session.execute(_NEXT, values)]


def running(session: Session, cases: Sequence[tuple[date, int]]) -> Columns:
    """Lock some cases and their open clocks and return these as columns, those of a case beside each other."""
    keys = {"months": [month for month, _ in cases], "ids": [incident_id for _, incident_id in cases]}
    session.execute(_LOCK, keys)
    return read_columns(session, _RUNNING.bindparams(**keys))


def rewrite(session: Session, rows: Sequence[tuple[Any, ...]], reason: str, now: datetime) -> int:
    """Bring many clocks up to date at once, note the new results, and tell the incidents.

    Parameters
    ----------
    session : Session
    rows : sequence of tuple
        Values of `STAGED`, limits as JSON.
    reason : str
    now : datetime

    Returns
    -------
    int
        How many.
    """
    if not rows:
        return 0
    session.execute(_STAGE)
    session.execute(sa.text("truncate clock_stage"))
    copy_rows(session, "clock_stage", STAGED, rows)
    session.execute(sa.text("analyze clock_stage"))
    # before the clocks are written: of those the lock is held, so that noting them needs no other
    session.execute(_NOTE, {"reason": reason, "now": now})
    session.execute(_CHANGE)
    session.execute(_TELL)
    return len(rows)
