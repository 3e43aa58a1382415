"""The life of a plan: review with comments, publishing today or on a day to come, history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.deps import IfMatch, Work, if_match, settings_of
from api.plans import PlanOut
from services import plan_views
from services.plan_life import states
from services.plan_life.review import NOTE_LENGTH
from services.settings import Settings
from store.database.work import UnitOfWork

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
SettingsOf = Annotated[Settings, Depends(settings_of)]
PlanAnswer = dict[Literal["plan"], PlanOut]


class Note(BaseModel):
    """A remark that goes with a step; may be left out."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=NOTE_LENGTH)] = ""


class Reason(BaseModel):
    """Why a step is taken."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=NOTE_LENGTH)]


class PublicationIn(BaseModel):
    """What a plan is published on."""

    model_config = ConfigDict(extra="forbid")

    basis: Annotated[str, Field(max_length=500, description="Decision, minutes or order.")]
    effective_on: Annotated[
        date | None, Field(description="Day it takes effect: past, today (also when left out) or to come.")
    ] = None


class StepOut(BaseModel):
    """One step in the life of a plan."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    action: str
    actor: str | None
    note: str
    facts: dict[str, Any]
    at: datetime


class GridRef(BaseModel):
    """A grid that something is pinned to."""

    id: UUID
    code: str


class CommentOut(BaseModel):
    """A remark on a plan; answers carry the id of the first remark of their thread in `reply_to`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    grid: GridRef | None
    point: tuple[float, float] | None
    reply_to: UUID | None
    author: str | None
    text: str
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    revision: int


class CommentIn(BaseModel):
    """A remark to pin to a grid, a place, or both, or an answer to one."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=NOTE_LENGTH)]
    grid: UUID | None = None
    point: Annotated[
        tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]] | None,
        Field(description="Longitude, latitude."),
    ] = None
    reply_to: UUID | None = None


async def maybe_if_match(
    header: Annotated[str | None, Header(alias="If-Match", description="Revision that was seen, such as 7.")] = None,
) -> int | None:
    """Return the revision of a change that may, but need not, say what it is based on."""
    return None if header is None else await if_match(header)


MaybeIfMatch = Annotated[int | None, Depends(maybe_if_match)]


def _answer(work: UnitOfWork, plan_id: UUID) -> PlanAnswer:
    work.session.flush()
    return {"plan": PlanOut.model_validate(plan_views.get_plan(work, plan_id))}


@router.post("/{plan_id}/submit", operation_id="submit_plan")
def submit_plan(work: Work, plan_id: UUID, revision: IfMatch, note: Note | None = None) -> PlanAnswer:
    """Send a draft to review."""
    states.submit(work, plan_id, expected=revision, note=note.note if note else "")
    return _answer(work, plan_id)


@router.post("/{plan_id}/recall", operation_id="recall_plan")
def recall_plan(work: Work, plan_id: UUID, revision: IfMatch, note: Note | None = None) -> PlanAnswer:
    """Take a plan out of review again, to work on it."""
    states.recall(work, plan_id, expected=revision, note=note.note if note else "")
    return _answer(work, plan_id)


@router.post("/{plan_id}/approve", operation_id="approve_plan")
def approve_plan(
    work: Work, plan_id: UUID, revision: IfMatch, settings: SettingsOf, note: Note | None = None
) -> PlanAnswer:
    """Approve a plan in review; another person than its author."""
    states.approve(
        work,
        plan_id,
        expected=revision,
        note=note.note if note else "",
        single_person=settings.access.publish_alone,
    )
    return _answer(work, plan_id)


@router.post("/{plan_id}/send-back", operation_id="send_back_plan")
def send_back_plan(work: Work, plan_id: UUID, revision: IfMatch, why: Reason, settings: SettingsOf) -> PlanAnswer:
    """Send a plan back to its author with a reason; it is a draft again."""
    alone = settings.access.publish_alone
    states.send_back(work, plan_id, expected=revision, reason=why.reason, single_person=alone)
    return _answer(work, plan_id)


@router.post("/{plan_id}/publish", operation_id="publish_plan")
def publish_plan(
    work: Work, plan_id: UUID, publication: PublicationIn, settings: SettingsOf, revision: MaybeIfMatch
) -> PlanAnswer:
    """Publish a plan in review: a second person, on a written basis; with a day to come it is scheduled."""
    from services.plan_life import publishing  # noqa: PLC0415 - brings in the engines, which reading plans does not need

    asked = publishing.Publication(
        basis=publication.basis,
        effective_on=publication.effective_on,
        single_person=settings.access.publish_alone,
        time_zone=settings.cases.time_zone,
        expected=revision,
    )
    publishing.publish(work, plan_id, asked)
    return _answer(work, plan_id)


@router.post("/{plan_id}/withdraw", operation_id="withdraw_plan")
def withdraw_plan(work: Work, plan_id: UUID, revision: IfMatch, why: Reason) -> PlanAnswer:
    """Take back a plan that waits for its day; it is in review again."""
    from services.plan_life import publishing  # noqa: PLC0415 - as above

    publishing.withdraw(work, plan_id, expected=revision, reason=why.reason)
    return _answer(work, plan_id)


@router.post("/{plan_id}/retire", operation_id="retire_plan")
def retire_plan(work: Work, plan_id: UUID, revision: IfMatch, why: Reason, settings: SettingsOf) -> PlanAnswer:
    """End a published plan without a successor."""
    from services.plan_life import publishing  # noqa: PLC0415 - as above

    alone = settings.access.publish_alone
    publishing.retire(work, plan_id, expected=revision, reason=why.reason, single_person=alone)
    return _answer(work, plan_id)


@router.delete("/{plan_id}", status_code=204, operation_id="delete_plan")
def delete_plan(work: Work, plan_id: UUID, revision: IfMatch) -> Response:
    """Delete a draft; what was ever in force stays."""
    states.delete(work, plan_id, expected=revision)
    return Response(status_code=204)


@router.get("/{plan_id}/history", operation_id="list_plan_history")
def list_plan_history(work: Work, plan_id: UUID) -> dict[Literal["steps"], list[StepOut]]:
    """Return what happened to a plan, first to last."""
    return {"steps": [StepOut.model_validate(step) for step in states.history(work, plan_id)]}


@router.get("/{plan_id}/comments", operation_id="list_plan_comments")
def list_plan_comments(work: Work, plan_id: UUID) -> dict[Literal["comments"], list[CommentOut]]:
    """Return the comments on a plan with their answers, oldest first."""
    return {"comments": [CommentOut.model_validate(comment) for comment in states.comments(work, plan_id)]}


@router.post("/{plan_id}/comments", status_code=201, operation_id="add_plan_comment")
def add_plan_comment(work: Work, plan_id: UUID, comment: CommentIn) -> dict[Literal["comment"], CommentOut]:
    """Pin a remark to a grid or a place, or answer one."""
    made = states.add_comment(
        work, plan_id, comment.text, grid_id=comment.grid, point=comment.point, reply_to=comment.reply_to
    )
    return {"comment": CommentOut.model_validate(made)}


@router.post("/{plan_id}/comments/{comment_id}/resolve", operation_id="resolve_plan_comment")
def resolve_plan_comment(
    work: Work, plan_id: UUID, comment_id: UUID, revision: MaybeIfMatch
) -> dict[Literal["comment"], CommentOut]:
    """Mark a thread as settled."""
    done = states.settle_comment(work, plan_id, comment_id, resolved=True, expected=revision)
    return {"comment": CommentOut.model_validate(done)}


@router.post("/{plan_id}/comments/{comment_id}/reopen", operation_id="reopen_plan_comment")
def reopen_plan_comment(
    work: Work, plan_id: UUID, comment_id: UUID, revision: MaybeIfMatch
) -> dict[Literal["comment"], CommentOut]:
    """Open a settled thread again."""
    done = states.settle_comment(work, plan_id, comment_id, resolved=False, expected=revision)
    return {"comment": CommentOut.model_validate(done)}
