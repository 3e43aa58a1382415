"""SQL of the tasks of a case: asked of a unit or an account, moved on, called off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.cases import Key
from store.database.models import CaseTask
from store.database.together import Question

_TASKS = sa.text("""
select t.id, t.kind, t.state, t.cycle, t.unit_id, u.code as unit_code, u.name as unit_name, t.account_id,
       a.display as account_name, t.asked_by, t.asked_at, t.report_in_by, t.due_at, t.reported_in_at, t.done_at,
       t.signed_at, t.deadlocked_at, t.score
from task t left join unit u on u.id = t.unit_id left join account a on a.id = t.account_id
where t.month = :month and t.incident_id = :incident order by t.asked_at, t.id
""")


def tasks_question(key: Key) -> Question:
    """Return the question for every task of a case, in the order they were asked."""
    return _TASKS, {"month": key[0], "incident": key[1]}


def add(session: Session, key: Key, rows: Sequence[Mapping[str, Any]]) -> None:
    """Ask for tasks."""
    if rows:
        session.execute(sa.insert(CaseTask), [{"month": key[0], "incident_id": key[1], **row} for row in rows])


def change(session: Session, task_id: UUID, values: Mapping[str, Any]) -> None:
    """Write columns of a task."""
    session.execute(
        sa.update(CaseTask).where(CaseTask.id == task_id).values(**values).execution_options(synchronize_session=False)
    )


def move(
    session: Session, key: Key, kinds: Sequence[str], *, sources: Sequence[str], values: Mapping[str, Any]
) -> None:
    """Write columns of all tasks of some kinds that are in one of some states."""
    session.execute(
        sa.update(CaseTask)
        .where(
            CaseTask.month == key[0], CaseTask.incident_id == key[1], CaseTask.kind.in_(kinds),
            CaseTask.state.in_(sources),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


_DEADLOCKED = sa.text("""
select distinct k.no, t.month, t.incident_id from task t join intake_key k on k.incident_id = t.incident_id
where t.kind = 'joint_call' and t.state in ('asked', 'reported_in') and t.deadlocked_at is null and t.due_at < :now
order by t.month, t.incident_id limit :most
""")


def deadlocked(session: Session, now: datetime, most: int) -> list[str]:
    """Return numbers of cases with a joint call that nobody settled in time."""
    return [row.no for row in session.execute(_DEADLOCKED, {"now": now, "most": most})]


def mark_deadlocked(session: Session, key: Key, now: datetime) -> bool:
    """Note that the joint calls of a case go up, so that they go up once; False when that was noted before."""
    marked = session.execute(
        sa.update(CaseTask)
        .where(
            CaseTask.month == key[0], CaseTask.incident_id == key[1], CaseTask.kind == "joint_call",
            CaseTask.state.in_(("asked", "reported_in")), CaseTask.due_at < now, CaseTask.deadlocked_at.is_(None),
        )
        .values(deadlocked_at=now)
        .returning(CaseTask.month)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return marked.first() is not None
