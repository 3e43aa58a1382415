"""What units and offices do with the tasks of a case: report in, do, sign, rate, call off."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from casework.case import ActionRefused
from casework.chain import step_digest
from casework.notices import told_of_task
from casework.states import step_content
from casework.tasks import take
from gis.errors import InvalidInputError, NotFoundError, StaleRevisionError
from services import incident_views, notifications
from services.cases.act import Acted, announced, text_digest
from services.cases.asked import Asked
from services.cases.standing import Standing, standing_of
from store.database import case_tasks as task_sql
from store.database import cases as sql
from store.database.cases import StepRow
from store.database.work import UnitOfWork

_STAMPS: Final = {"report_in": "reported_in_at", "done": "done_at", "sign": "signed_at"}


def act_on_task(
    work: UnitOfWork, no: str, task_id: UUID, action: str, asked: Asked, *, revision: int, now: datetime
) -> Acted:
    """Move one task on; the case keeps its state and its history gets a row.

    Parameters
    ----------
    work : UnitOfWork
    no : str
    task_id : UUID
    action : str
        ``report_in``, ``done``, ``sign``, ``rate`` or ``cancel``.
    asked : Asked
        `score` for a rating; `reason` and `text` as for a step of the machine.
    revision : int
        Revision of the case that the caller saw.
    now : datetime

    Raises
    ------
    ActionRefused
        The task is of another unit, or has no such step now.
    StaleRevisionError
        The case was changed since.
    """
    at = standing_of(work, no, now=now.astimezone(UTC), lock=True)
    if at.row.revision != revision:
        raise StaleRevisionError(
            "The case was changed since you read it; look at the present version first.",
            current=incident_views.view_of(at.row, work.actor.account_id),
        )
    task = next((each for each in at.tasks if each.id == task_id), None)
    if task is None:
        raise NotFoundError("There is no such task of this case.", task=str(task_id))
    state = take(
        task.kind, task.state, action, roles=at.actor.roles, own_unit=at.own_unit(task.unit_id),
        rated=task.score is not None,
    )  # fmt: skip
    facts: dict[str, Any] = {"task": str(task_id), "kind": task.kind, "task_state": state}
    values: dict[str, Any] = {"state": state}
    if action in _STAMPS:
        values[_STAMPS[action]] = at.now
    if action == "rate":
        values["score"] = facts["score"] = _score(asked)
    task_sql.change(work.session, task_id, values)
    note(work, at, f"task_{action}", facts, asked)
    unit = str(task.unit_id) if task.unit_id else None
    told = told_of_task(task.kind, action, unit=unit, lead=at.case.unit)
    notifications.tell_step(work, at.row, f"task_{action}", told, {"kind": task.kind})
    return announced(work, at, f"task_{action}")


def _score(asked: Asked) -> int:
    if asked.score is None:
        raise ActionRefused("missing", "A rating needs: score.", action="rate", what="score")
    if not 1 <= asked.score <= 5:
        raise InvalidInputError("A score is 1 to 5.", field="score")
    return asked.score


def note(work: UnitOfWork, at: Standing, action: str, facts: dict[str, Any], asked: Asked) -> None:
    """Add a row to the history of a case that leaves its state as it is, and raise its revision."""
    reason, text = asked.masked_reason(), asked.masked_text()
    salt = secrets.token_hex(16) if reason or text else None
    if salt is not None:
        facts = facts | {"text_sha256": text_digest(salt, reason, text)}
    state = str(at.case.state)
    content = step_content(
        at.case.seq + 1, action, from_state=state, to_state=state, actor_id=at.actor.id, at=at.now, facts=facts
    )
    digest = step_digest(at.case.prev, content)
    sql.change(work.session, at.key, {})
    sql.add_step(
        work.session,
        at.key,
        StepRow(
            at.case.seq + 1, action, state, state, at.actor.id, facts, at.now, at.case.prev, digest, reason, text, salt
        ),
    )
