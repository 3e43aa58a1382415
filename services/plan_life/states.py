"""The steps of a plan before it is published: submit, approve, send back, withdraw, retire, delete; its comments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import shapely

from gis.errors import ConflictError, InvalidInputError, NotFoundError, StaleRevisionError
from services import plan_views
from services.plan_check_words import problem
from store.database import grids as grid_sql
from store.database import plan_life as sql
from store.database import plans as plan_sql
from store.database.models import Comment, Plan, PlanStep
from store.database.work import UnitOfWork

NOTE_LENGTH = 2000


class NotReadyError(ConflictError):
    """A plan can't be published yet; the open points ride along in ``open``."""

    code = "plan-not-ready"


class WrongStateError(ConflictError):
    """The plan is not in the state that this step starts from."""

    code = "wrong-plan-state"


class SecondPersonError(NotReadyError):
    """The step needs somebody else than the plan's author."""

    code = "second-person"


@dataclass(frozen=True, slots=True)
class StepView:
    """One step in the life of a plan."""

    id: UUID
    action: str
    actor: str | None
    note: str
    facts: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentView:
    """A remark on a plan; `point` in EPSG:4326."""

    id: UUID
    grid: dict[str, Any] | None
    point: tuple[float, float] | None
    reply_to: UUID | None
    author: str | None
    text: str
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    revision: int


def locked(work: UnitOfWork, plan_id: UUID, expected: int | None, *states: str) -> Plan:
    """Return a plan to change: in one of `states`, and as the caller saw it.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    expected : int or None
        Revision that the caller saw; None skips the question.
    *states : str
        Where the step may start.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the plan as it is rides along in ``current``.
    WrongStateError
        The plan is in another state.
    """
    plan = plan_sql.get_plan(work.session, plan_id, lock=True)
    if expected is not None and expected != plan.revision:
        raise StaleRevisionError(
            "The plan was changed since you read it; look at the present version first.",
            current=plan_views.get_plan(work, plan_id),
        )
    if plan.status not in states:
        wanted = " or ".join(states)
        raise WrongStateError(
            f"The plan is {plan.status}; this needs one that is {wanted}.",
            plan=str(plan_id),
            status=plan.status,
            wanted=list(states),
        )
    return plan


def note_step(
    work: UnitOfWork, plan: Plan, action: str, note: str = "", *, at: datetime, facts: dict[str, Any] | None = None
) -> None:
    """Put a step on record, raise the plan's revision and tell whoever looks at it."""
    plan.revision += 1
    step = PlanStep(plan_id=plan.id, action=action, actor_id=work.actor.account_id, note=note, facts=facts or {}, at=at)
    sql.add_step(work.session, step)
    work.announce("plan", {"plan": str(plan.id), "action": action, "status": plan.status}, plan.territory_id)


def submit(work: UnitOfWork, plan_id: UUID, *, expected: int, note: str = "", now: datetime | None = None) -> Plan:
    """Send a draft to review; its grids stay as they are until it is sent back."""
    work.actor.require("planner")
    moment = now or datetime.now(UTC)
    plan = locked(work, plan_id, expected, "draft")
    plan.status, plan.submitted_at, plan.approved_at, plan.approver_id = "review", moment, None, None
    note_step(work, plan, "submit", _text(note, "note"), at=moment)
    return plan


def approve(
    work: UnitOfWork,
    plan_id: UUID,
    *,
    expected: int,
    note: str = "",
    single_person: bool = False,
    now: datetime | None = None,
) -> Plan:
    """Approve a plan in review: another person than its author.

    Raises
    ------
    SecondPersonError
        The author tries.
    """
    work.actor.require("planner", "reviewer")
    moment = now or datetime.now(UTC)
    plan = locked(work, plan_id, expected, "review")
    require_second_person(work, plan, "approves", single_person=single_person)
    plan.approved_at, plan.approver_id = moment, work.actor.account_id
    note_step(work, plan, "approve", _text(note, "note"), at=moment)
    return plan


def send_back(
    work: UnitOfWork,
    plan_id: UUID,
    *,
    expected: int,
    reason: str,
    single_person: bool = False,
    now: datetime | None = None,
) -> Plan:
    """Send a plan in review back to its author with a reason; it is a draft again."""
    work.actor.require("planner", "reviewer")
    moment = now or datetime.now(UTC)
    told = required_reason(reason)
    plan = locked(work, plan_id, expected, "review")
    require_second_person(work, plan, "sends back", single_person=single_person)
    plan.status, plan.submitted_at, plan.approved_at, plan.approver_id = "draft", None, None, None
    note_step(work, plan, "send_back", told, at=moment)
    return plan


def recall(work: UnitOfWork, plan_id: UUID, *, expected: int, note: str = "", now: datetime | None = None) -> Plan:
    """Take a plan out of review again, to work on it: its author, or another planner."""
    work.actor.require("planner")
    moment = now or datetime.now(UTC)
    plan = locked(work, plan_id, expected, "review")
    plan.status, plan.submitted_at, plan.approved_at, plan.approver_id = "draft", None, None, None
    note_step(work, plan, "recall", _text(note, "note"), at=moment)
    return plan


def delete(work: UnitOfWork, plan_id: UUID, *, expected: int) -> None:
    """Delete a draft with its grids; nothing that was ever in force can be deleted.

    Raises
    ------
    ConflictError
        Incidents were reported in its grids (before there was a published plan).
    """
    work.actor.require("planner")
    plan = locked(work, plan_id, expected, "draft")
    cases = sql.cases_of(work.session, plan_id)
    if cases:
        raise ConflictError(
            f"{cases} incidents were reported in the grids of this draft, so it stays. Publish a plan first.",
            plan=str(plan_id),
            incidents=cases,
        )
    territory = plan.territory_id
    work.session.expunge(plan)
    sql.delete_draft(work.session, plan_id)
    for layer in ("grids", "grid_labels", "atoms"):
        work.touch(layer, territory)
    work.announce("plan", {"plan": str(plan_id), "action": "delete", "status": "deleted"}, territory)


def history(work: UnitOfWork, plan_id: UUID) -> list[StepView]:
    """Return what happened to a plan, first to last."""
    plan_sql.get_plan(work.session, plan_id)
    return [
        StepView(row.id, row.action, row.actor, row.note, row.facts, row.at)
        for row in sql.list_steps(work.session, plan_id)
    ]


def comments(work: UnitOfWork, plan_id: UUID) -> list[CommentView]:
    """Return the comments on a plan, oldest first."""
    plan_sql.get_plan(work.session, plan_id)
    return [_comment_view(row) for row in sql.list_comments(work.session, plan_id)]


def add_comment(
    work: UnitOfWork,
    plan_id: UUID,
    text: str,
    *,
    grid_id: UUID | None = None,
    point: tuple[float, float] | None = None,
    reply_to: UUID | None = None,
) -> CommentView:
    """Pin a remark to a grid, a place or both, or answer one.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    text : str
    grid_id : UUID or None
        A grid of this plan.
    point : tuple of float or None
        Longitude, latitude.
    reply_to : UUID or None
        The remark that this answers; an answer to an answer joins its thread.
    """
    work.actor.require("planner", "reviewer", "analyst")
    plan = plan_sql.get_plan(work.session, plan_id)
    if plan.status == "retired":
        raise WrongStateError("The plan is retired; it is history now.", plan=str(plan_id), status=plan.status)
    words = _text(text, "text")
    if not words:
        raise InvalidInputError("A comment needs words.", field="text")
    if grid_id is not None and grid_sql.find_version(work.session, grid_id, plan_id) is None:
        raise NotFoundError("There is no such grid in this plan.", grid=str(grid_id), plan=str(plan_id))
    first = None
    if reply_to is not None:
        parent = sql.get_comment(work.session, plan_id, reply_to)
        first = parent.reply_to_id or parent.id
    comment = Comment(
        plan_id=plan_id,
        grid_id=grid_id,
        reply_to_id=first,
        author_id=work.actor.account_id,
        text=words,
        point=None if point is None else shapely.Point(point),
    )
    work.session.add(comment)
    work.session.flush()
    work.announce("comment", {"plan": str(plan_id), "comment": str(comment.id)}, plan.territory_id)
    return _one_comment(work, plan_id, comment.id)


def settle_comment(
    work: UnitOfWork,
    plan_id: UUID,
    comment_id: UUID,
    *,
    resolved: bool,
    expected: int | None = None,
    now: datetime | None = None,
) -> CommentView:
    """Resolve a thread, or open it again.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster.
    ConflictError
        It is an answer: threads are resolved at their first remark.
    """
    work.actor.require("planner", "reviewer", "analyst")
    comment = sql.get_comment(work.session, plan_id, comment_id, lock=True)
    if comment.reply_to_id is not None:
        raise ConflictError("An answer is settled with its thread.", thread=str(comment.reply_to_id))
    if expected is not None and expected != comment.revision:
        raise StaleRevisionError(
            "The comment was changed since you read it.", current=_one_comment(work, plan_id, comment_id)
        )
    if (comment.resolved_at is not None) != resolved:
        comment.resolved_at = (now or datetime.now(UTC)) if resolved else None
        comment.resolved_by_id = work.actor.account_id if resolved else None
        comment.revision += 1
        work.session.flush()
        territory = plan_sql.get_plan(work.session, plan_id).territory_id
        work.announce("comment", {"plan": str(plan_id), "comment": str(comment_id)}, territory)
    return _one_comment(work, plan_id, comment_id)


def require_second_person(work: UnitOfWork, plan: Plan, does: str, *, single_person: bool) -> None:
    """Refuse the author of a plan, unless the office has one planner only."""
    if not single_person and plan.author_id is not None and plan.author_id == work.actor.account_id:
        raise SecondPersonError(
            f"A second person {does}: its author may not.", open=[problem("second-person", None)], plan=str(plan.id)
        )


def _one_comment(work: UnitOfWork, plan_id: UUID, comment_id: UUID) -> CommentView:
    return _comment_view(sql.list_comments(work.session, plan_id, comment_id)[0])


def _comment_view(row: Any) -> CommentView:  # noqa: ANN401 - a database row
    return CommentView(
        row.id,
        None if row.grid_id is None else {"id": row.grid_id, "code": row.grid_code},
        None if row.lon is None else (row.lon, row.lat),
        row.reply_to_id,
        row.author,
        row.text,
        row.created_at,
        row.resolved_at,
        row.resolved_by,
        row.revision,
    )


def _text(words: str, field: str) -> str:
    told = words.strip()
    if len(told) > NOTE_LENGTH:
        raise InvalidInputError(f"At most {NOTE_LENGTH} characters.", field=field)
    return told


def required_reason(words: str) -> str:
    """Return why, trimmed; refuse nothing said."""
    told = _text(words, "reason")
    if not told:
        raise InvalidInputError("Say why.", field="reason")
    return told
