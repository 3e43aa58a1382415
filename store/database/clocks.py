"""SQL of clocks: those of a case, what they were reckoned to, the sweep, and what is still to be seen to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import CaseClock, CaseLimit, ClockReckoning
from store.database.together import Question

CLOCK_COLUMNS = (
    "id", "month", "incident_id", "kind", "seq", "state", "cycle", "owes", "limits", "calendar_id", "measure",
    "total_us", "spent_us", "started_at", "since", "soon_at", "due_at", "far_at", "provisional", "next_at",
)  # fmt: skip

_CASE = sa.text("""
select month, id, no, territory_id, area_code, item, item_code, severity, urgent, cycle, state, review_on, unit_id
from incident where month = :month and id = :id
""")
_INCIDENT_DUE = sa.text("""
update incident i set due_at = c.due_at, soon_at = c.soon_at
from (select min(due_at) filter (where since is not null) as due_at,
             min(soon_at) filter (where since is not null) as soon_at
      from clock where month = :month and incident_id = :id and ended_at is null and kind in ('stage', 'total')) c
where i.month = :month and i.id = :id and (i.due_at, i.soon_at) is distinct from (c.due_at, c.soon_at)
""")
_OF = sa.text("""
select c.month, c.incident_id, c.kind, c.seq, c.state, c.started_at, c.since, c.due_at, c.soon_at, c.measure,
       c.total_us, c.spent_us, c.calendar_id, c.provisional, c.limits, c.owes, e.earlier
from clock c join unnest(cast(:months as date[]), cast(:ids as bigint[])) w(month, id)
  on c.month = w.month and c.incident_id = w.id
-- what another calendar or rule put something else in the place of
left join lateral (
    select jsonb_agg(jsonb_build_object('due_at', r.was, 'reason', r.reason, 'at', r.at) order by r.seq) as earlier
    from (select n.seq, n.reason, n.at, n.due_at, lag(n.due_at) over (order by n.seq) as was
          from clock_reckoning n where n.clock_id = c.id) r
    where r.reason in ('calendar', 'rule') and r.was <> r.due_at
) e on true
where c.ended_at is null order by c.incident_id, c.kind, c.seq
""")

# one statement a batch: locked clocks are another sweeper's, and what has fired once can't again. A case that somebody
# is just taking a step on is left for the next time: the step locks the case first and then its clocks, and so waits.
# After a gap each share that was passed is an event of its own, so that a case goes up as often as it would have;
# people are told once, of the highest share: whom a lower one tells the higher one tells too
_SWEEP = sa.text("""
with due as (
    select c.id, c.month, c.incident_id, c.kind, c.state, c.seq, c.owes, c.round, c.fired, c.soon_at, c.due_at,
           c.far_at,
           case when c.far_at <= :now then 150 when c.due_at <= :now then 100 else 80 end as percent
    from clock c join incident i on i.month = c.month and i.id = c.incident_id
    where c.ended_at is null and c.next_at <= :now
    order by c.next_at limit :most for update of c skip locked for key share of i skip locked
), fired as (
    insert into clock_event (clock_id, round, percent, reached_at, fired_at, acted_at, outcome)
    select d.id, d.round, p.percent, p.at, :now, case when w.acts then null else cast(:now as timestamptz) end,
           case when w.acts then '' else 'told' end
    from due d
    cross join lateral (values (80, d.soon_at), (100, d.due_at), (150, d.far_at)) p(percent, at)
    cross join lateral (select d.kind in ('stage', 'total') and p.percent >= 100
                               or d.kind = 'review' and p.percent = 100 as acts) w
    where p.percent > d.fired and p.at <= :now
    on conflict (clock_id, round, percent) do nothing
    returning clock_id, percent
), moved as (
    update clock c set fired = d.percent,
           next_at = case d.percent when 80 then c.due_at when 100 then c.far_at end
    from due d where c.id = d.id
), told as (
    insert into notification (territory_id, kind, role, unit_id, month, incident_id, facts)
    select i.territory_id, 'clock', r.role, case when r.role = 'handling_unit' then i.unit_id end, d.month,
           d.incident_id, jsonb_build_object('no', i.no, 'item', i.item, 'item_code', i.item_code, 'state', d.state,
                                             'clock', d.kind, 'phase', d.seq, 'percent', d.percent,
                                             'due_at', d.due_at)
    from due d
    join fired f on f.clock_id = d.id and f.percent = d.percent
    join incident i on i.month = d.month and i.id = d.incident_id
    cross join lateral (select distinct role from (values (d.owes, true), ('shift_leader', d.percent >= 100),
                                                          ('supervisor', d.percent >= 150)) v(role, told)
                        where told) r
)
select d.id, d.kind, d.percent, i.no, i.territory_id,
       (d.id, d.percent) in (select clock_id, percent from fired) as fresh
from due d join incident i on i.month = d.month and i.id = d.incident_id
""")
_FROZEN = sa.text("""
select distinct on (f.month, f.incident_id, f.cycle) f.month, f.incident_id, f.cycle, f.seq, f.limits
from case_limit f
join unnest(cast(:months as date[]), cast(:ids as bigint[]), cast(:cycles as int[])) w(month, id, cycle)
  on f.month = w.month and f.incident_id = w.id and f.cycle = w.cycle
order by f.month, f.incident_id, f.cycle, f.seq desc
""")
_OPEN_EVENTS = sa.text("""
select e.id from clock_event e join clock c on c.id = e.clock_id
where e.acted_at is null order by e.reached_at, c.kind, c.seq, e.percent, e.id
""")
_OPEN_EVENT = sa.text("""
select e.id, e.percent, c.kind, c.ended_at, c.since, i.no
from clock_event e join clock c on c.id = e.clock_id
join incident i on i.month = c.month and i.id = c.incident_id
where e.id = :id and e.acted_at is null for update of e skip locked
""")
_OPEN = sa.text("""
select count(*) from (
    select from clock c join incident i on i.month = c.month and i.id = c.incident_id
    where c.ended_at is null and i.territory_id = :territory limit :most) x
""")


def read_case(session: Session, month: date, incident_id: int) -> Any:  # noqa: ANN401 - a row
    """Return what the clocks must know of a case."""
    return session.execute(_CASE, {"month": month, "id": incident_id}).one()


def open_clocks(session: Session, month: date, incident_id: int) -> Sequence[CaseClock]:
    """Return the clocks of a case that have not ended, locked."""
    statement = (
        sa.select(CaseClock)
        .where(CaseClock.month == month, CaseClock.incident_id == incident_id, CaseClock.ended_at.is_(None))
        .order_by(CaseClock.kind, CaseClock.seq)
        .with_for_update()
    )
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def add_clock(session: Session, values: Mapping[str, Any]) -> UUID:
    """Add a clock; return its id."""
    row = CaseClock(**values)
    session.add(row)
    session.flush()
    return row.id


def change_clock(session: Session, clock_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a clock."""
    session.execute(sa.update(CaseClock).where(CaseClock.id == clock_id).values(**values))


def end_clocks(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """End some clocks."""
    if ids:
        session.execute(sa.update(CaseClock).where(CaseClock.id.in_(ids)).values(ended_at=now, next_at=None))


def add_reckoning(session: Session, clock_id: UUID, values: Mapping[str, Any]) -> None:
    """Write down what a clock was reckoned to, beside all results before."""
    seq = sa.select(sa.func.coalesce(sa.func.max(ClockReckoning.seq), 0) + 1).where(ClockReckoning.clock_id == clock_id)
    session.execute(sa.insert(ClockReckoning).values(clock_id=clock_id, seq=seq.scalar_subquery(), **values))


def reckonings(session: Session, month: date, incident_id: int) -> Sequence[Any]:
    """Return every result of a case's clocks in order."""
    statement = (
        sa.select(
            CaseClock.kind, CaseClock.seq.label("phase"), CaseClock.state, ClockReckoning.seq, ClockReckoning.reason,
            ClockReckoning.due_at, ClockReckoning.provisional, ClockReckoning.limits, ClockReckoning.at,
        )
        .join(CaseClock, CaseClock.id == ClockReckoning.clock_id)
        .where(CaseClock.month == month, CaseClock.incident_id == incident_id)
        .order_by(CaseClock.started_at, CaseClock.kind, CaseClock.seq, ClockReckoning.seq)
    )  # fmt: skip
    return session.execute(statement).mappings().all()


def tell_incident(session: Session, month: date, incident_id: int) -> None:
    """Write the earliest running limit of a case beside its row, where lists are sorted by it."""
    session.execute(_INCIDENT_DUE, {"month": month, "id": incident_id})


def clocks_question(keys: Sequence[tuple[date, int]]) -> Question:
    """Return the question for the clocks of some cases (month, id) that have not ended."""
    return _OF, {"months": [month for month, _ in keys], "ids": [incident_id for _, incident_id in keys]}


def frozen_limits(session: Session, month: date, incident_id: int, cycle: int) -> Any:  # noqa: ANN401 - a row, or None
    """Return the limits that a case goes by in a cycle, or None."""
    statement = (
        sa.select(CaseLimit.catalogue_id, CaseLimit.item_code, CaseLimit.area_class, CaseLimit.limits, CaseLimit.seq)
        .where(CaseLimit.month == month, CaseLimit.incident_id == incident_id, CaseLimit.cycle == cycle)
        .order_by(CaseLimit.seq.desc())
        .limit(1)
    )
    return session.execute(statement).first()


def frozen_of(session: Session, keys: Sequence[tuple[date, int, int]]) -> dict[tuple[date, int, int], Any]:
    """Return limits and number of the last row that froze each case (month, id, cycle); none where nothing did."""
    months, ids, cycles = zip(*keys, strict=True) if keys else ((), (), ())
    rows = session.execute(_FROZEN, {"months": list(months), "ids": list(ids), "cycles": list(cycles)})
    return {(row.month, int(row.incident_id), int(row.cycle)): row for row in rows}


def freeze(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down the limits that cases go by."""
    if rows:
        session.execute(sa.insert(CaseLimit), list(rows))


def sweep(session: Session, now: datetime, most: int) -> Sequence[Any]:
    """Fire what is due and return it; rows of another sweeper are left to it."""
    return session.execute(_SWEEP, {"now": now, "most": most}).all()


def open_events(session: Session) -> Sequence[int]:
    """Return the ids of the events that nobody saw to yet, in the order in which the shares were reached."""
    return session.scalars(_OPEN_EVENTS).all()


def open_event(session: Session, event_id: int) -> Any:  # noqa: ANN401 - a row, or None
    """Return an event, locked; None when somebody sees to it or has done so."""
    return session.execute(_OPEN_EVENT, {"id": event_id}).first()


def set_calendar(session: Session, ids: Sequence[UUID], calendar: UUID | None) -> None:
    """Have some open clocks count on a calendar from now on."""
    session.execute(
        sa.text(
            "update clock set calendar_id = :calendar where id = any(:ids) and ended_at is null"
            " and calendar_id is distinct from :calendar"
        ),
        {"calendar": calendar, "ids": list(ids)},
    )


def close_event(session: Session, event_id: int, outcome: str, now: datetime) -> None:
    """Write down what came of an event."""
    session.execute(
        sa.text("update clock_event set acted_at = :now, outcome = :outcome where id = :id"),
        {"id": event_id, "outcome": outcome[:200], "now": now},
    )


def open_count(session: Session, territory_id: UUID, most: int | None = None) -> int:
    """Count the open clocks of a territory, up to `most`."""
    return int(session.scalar(_OPEN, {"territory": territory_id, "most": most}) or 0)
