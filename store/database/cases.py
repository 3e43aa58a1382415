"""SQL of the life of a case: its row and history as one step changes them, and the people and units around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Incident, IncidentTransition, Staff, TransitionText, Unit
from store.database.together import Question

Key = tuple[date, int]


@dataclass(frozen=True, slots=True)
class StepRow:
    """One transition to add, with the text beside it."""

    seq: int
    action: str
    from_state: str | None
    to_state: str
    actor_id: UUID | None
    facts: Mapping[str, Any]
    at: datetime
    prev: str
    digest: str
    reason: str | None = None
    words: str | None = None
    salt: str | None = None
    from_public: bool = False


def change(session: Session, key: Key, values: Mapping[str, Any]) -> None:
    """Write columns of an incident and raise its revision; the caller holds its lock."""
    session.execute(
        sa.update(Incident)
        .where(Incident.month == key[0], Incident.id == key[1])
        .values(**values, revision=Incident.revision + 1)
        .execution_options(synchronize_session=False)
    )


def add_step(session: Session, key: Key, step: StepRow) -> None:
    """Add a transition, and its text if it has one."""
    session.execute(
        sa.insert(IncidentTransition).values(
            month=key[0], incident_id=key[1], seq=step.seq, action=step.action, from_state=step.from_state,
            to_state=step.to_state, actor_id=step.actor_id, facts=dict(step.facts), at=step.at, prev=step.prev,
            digest=step.digest,
        )
    )  # fmt: skip
    if step.salt is not None:
        session.execute(
            sa.insert(TransitionText).values(
                month=key[0], incident_id=key[1], seq=step.seq, reason=step.reason, words=step.words, salt=step.salt,
                from_public=step.from_public,
            )
        )  # fmt: skip


_STEPS = sa.text("""
select t.seq, t.action, t.from_state, t.to_state, t.actor_id, t.facts, t.at, t.prev, t.digest, x.reason, x.words,
       x.salt, x.erased_at, a.display as actor_name
from transition t
left join transition_text x on (x.month, x.incident_id, x.seq) = (t.month, t.incident_id, t.seq)
left join account a on a.id = t.actor_id
where t.month = :month and t.incident_id = :id order by t.seq
""")


def steps_question(key: Key) -> Question:
    """Return the question for every transition of a case with its text, first to last."""
    return _STEPS, {"month": key[0], "id": key[1]}


def steps(session: Session, key: Key) -> list[sa.Row[Any]]:
    """Return every transition of a case with its text, first to last."""
    return list(session.execute(*steps_question(key)))


def erase_texts(session: Session, key: Key, *, now: datetime, public_only: bool = True) -> int:
    """Erase texts beside the chain; their digests stay, salted and so worth nothing."""
    statement = sa.update(TransitionText).where(
        TransitionText.month == key[0], TransitionText.incident_id == key[1], TransitionText.erased_at.is_(None)
    )
    if public_only:
        statement = statement.where(TransitionText.from_public)
    done = session.execute(
        statement.values(reason=None, words=None, salt=None, erased_at=now)
        .returning(TransitionText.seq)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


@dataclass(frozen=True, slots=True)
class Post:
    """What an account acts as: its unit (its own or its member of staff's) and that member of staff."""

    unit_id: UUID | None = None
    staff_id: UUID | None = None


_POST = sa.text("""
select coalesce(a.unit_id, s.unit_id) as unit_id, a.staff_id
from account a left join staff s on s.id = a.staff_id where a.id = :account
""")


def post_question(account_id: UUID | None) -> Question:
    """Return the question for the row of what an account acts as; `post_from` reads its answer."""
    return _POST, {"account": account_id}


def post_from(rows: Sequence[Any]) -> Post:
    """Return what an account acts as; nothing without a row."""
    return Post(rows[0].unit_id, rows[0].staff_id) if rows else Post()


def post_of(session: Session, account_id: UUID | None) -> Post:
    """Return what an account acts as."""
    return Post() if account_id is None else post_from(session.execute(*post_question(account_id)).all())


_ANSWERS_HERE = sa.text("""
select exists (
    select from assignment s
    left join area a on a.id = s.area_id
    left join grid_version v on v.grid_id = s.grid_id
    where s.staff_id = :staff and s.valid @> cast(:now as timestamptz)
      and (v.id in (:grid_version, :alt_grid_version)
           or a.area_code = :area or a.area_code % 1000000 = 0 and a.area_code = :area / 1000000 * 1000000
           or a.area_code % 1000 = 0 and a.area_code = :area / 1000 * 1000)
)
""")


def answers_here(
    session: Session, staff_id: UUID, *, versions: tuple[UUID | None, UUID | None], area_code: int, now: datetime
) -> bool:
    """Whether a member of staff is assigned to a grid that an incident lies in, or to an area around it."""
    values = {
        "staff": staff_id, "grid_version": versions[0], "alt_grid_version": versions[1], "area": area_code, "now": now,
    }  # fmt: skip
    return bool(session.scalar(_ANSWERS_HERE, values))


_HOLDERS = sa.text("""
select a.id, a.name, a.display,
       (select count(*) from task t where t.account_id = a.id and t.state in ('asked', 'reported_in', 'done')) as load
from account a
where a.disabled_at is null and a.locked_at is null and a.id <> all(cast(:apart as uuid[]))
  and exists (
    select from scope s where s.account_id = a.id and s.role = :role and s.valid @> cast(:now as timestamptz)
      and (s.area_path is null or exists (
        select from area r where (r.path = s.area_path or starts_with(r.path, s.area_path || '.'))
          and r.valid @> current_date and :area between r.area_code and r.area_code + case
            when r.area_code % 1000000 = 0 then 999999 when r.area_code % 1000 = 0 then 999 else 0 end)))
order by load, a.name limit 100
""")


def holders_of(
    session: Session, role: str, area_code: int, *, apart: Sequence[UUID], now: datetime
) -> list[sa.Row[Any]]:
    """Return accounts that hold a role where an incident lies, whoever has the least to do first."""
    values = {"role": role, "area": area_code, "apart": list(apart), "now": now}
    return list(session.execute(_HOLDERS, values))


def units_named(session: Session, territory_id: UUID, names: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """Return units (id, code, name) of a territory by id or code, keyed by what they were asked as."""
    rows = session.execute(
        sa.text(
            "select n.name as asked, u.id, u.code, u.name from unnest(cast(:names as text[])) n(name)"
            " join unit u on (u.code = n.name or u.id::text = n.name) and u.territory_id = :territory"
        ),
        {"names": list(names), "territory": territory_id},
    )
    return {row.asked: row for row in rows}


def staff_named(session: Session, territory_id: UUID, name: str) -> sa.Row[Any] | None:
    """Return id and unit of a member of staff in office by work number or id."""
    return session.execute(
        sa.text(
            "select id, unit_id from staff where territory_id = :territory and active"
            " and (work_no = :name or id::text = :name)"
        ),
        {"territory": territory_id, "name": name},
    ).first()


_LINKED = sa.text("""
select i.no, i.item, i.item_code, i.state, i.severity, i.channel, i.reported_at, i.revision from incident i
where i.master_id = :id order by i.reported_at, i.id limit 500
""")


def linked_question(incident_id: int) -> Question:
    """Return the question for the duplicates of a case."""
    return _LINKED, {"id": incident_id}


def key_of(session: Session, no: str) -> Key | None:
    """Return month and id of an incident by its number, whoever asks."""
    row = session.execute(sa.text("select month, incident_id from intake_key where no = :no"), {"no": no}).first()
    return None if row is None else (row.month, row.incident_id)


def unit_anywhere(session: Session, name: str | None) -> UUID | None:
    """Return the id of a unit by code or id, in whatever territory."""
    if name is None:
        return None
    return session.scalar(sa.select(Unit.id).where(sa.or_(Unit.code == name, sa.cast(Unit.id, sa.String) == name)))


def staff_anywhere(session: Session, name: str | None) -> UUID | None:
    """Return the id of a member of staff in office by work number or id, in whatever territory."""
    if name is None:
        return None
    named = sa.or_(Staff.work_no == name, sa.cast(Staff.id, sa.String) == name)
    return session.scalar(sa.select(Staff.id).where(Staff.active, named))
