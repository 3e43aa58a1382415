"""The steps of a plan before it is published: submit, approve, send back, withdraw, retire, delete; its comments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import shapely

from gis.errors import ConflictError, NotFoundError, StaleRevisionError
from services import plan_views
from services.plan_life.review import Review, Step, StepView, required_text
from store.database import grids as grid_sql
from store.database import plan_life as sql
from store.database import plans as plan_sql
from store.database.models import Comment, Plan, PlanStep
from store.database.work import UnitOfWork


class WrongStateError(ConflictError):
    """The plan is not in the state that this step starts from."""

    code = "wrong-plan-state"


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


def _take(work: UnitOfWork, plan_id: UUID) -> Plan:
    return plan_sql.get_plan(work.session, plan_id, lock=True)


def _record(work: UnitOfWork, plan: Plan, step: Step) -> None:
    row = PlanStep(
        plan_id=plan.id, action=step.action, actor_id=step.actor_id, note=step.note, facts=step.facts, at=step.at
    )
    sql.add_step(work.session, row)
    told = {"plan": str(plan.id), "action": step.action, "status": plan.status}
    work.announce("plan", told, plan.territory_id)


REVIEW: Final = Review(
    noun="plan",
    field="plan",
    drawers=("planner",),
    wrong=WrongStateError,
    take=_take,
    view=plan_views.get_plan,
    record=_record,
)
locked, note_step, require_second_person = REVIEW.locked, REVIEW.note_step, REVIEW.require_second_person
submit, approve, send_back, recall = REVIEW.submit, REVIEW.approve, REVIEW.send_back, REVIEW.recall


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
    """Return what happened to a plan, first to last.

    An account of some areas reads who took which step when and on what basis; remarks and sums of a step are about
    ground that it does not see.
    """
    plan = plan_sql.get_plan(work.session, plan_id)
    steps = [
        StepView(row.id, row.action, row.actor, row.note, row.facts, row.at)
        for row in sql.list_steps(work.session, plan_id)
    ]
    if not work.actor.is_limited:
        return steps
    return [replace(step, note=step.note if step.note == plan.basis else "", facts={}) for step in steps]


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
    words = required_text(text)
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
