"""The steps of a change set of areas before it is published: submit, approve, send back, recall, delete; comments."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import shapely

from gis.errors import ConflictError, InvalidInputError, NotFoundError, StaleRevisionError
from services.plan_check_words import problem
from services.plan_life.states import NOTE_LENGTH, SecondPersonError, StepView, required_reason
from store.database import area_changes as sql
from store.database.models import ChangeComment, ChangeSet, ChangeStep
from store.database.work import UnitOfWork


class WrongChangeStateError(ConflictError):
    """The change set is not in the state that this step starts from."""

    code = "wrong-change-state"


@dataclass(frozen=True, slots=True)
class ChangeCommentView:
    """A remark on a change set; `point` in EPSG:4326."""

    id: UUID
    author: str | None
    text: str
    area_code: str | None
    point: tuple[float, float] | None
    created_at: datetime


def locked(work: UnitOfWork, change_set_id: UUID, expected: int | None, *states: str) -> ChangeSet:
    """Return a change set to change: in one of `states`, and as the caller saw it.

    Parameters
    ----------
    work : UnitOfWork
    change_set_id : UUID
    expected : int or None
        Revision that the caller saw; None skips the question.
    *states : str
        Where the step may start.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the change set as it is rides along in ``current``.
    WrongChangeStateError
        It is in another state.
    """
    change = sql.get_set(work.session, change_set_id, lock=True)
    if expected is not None and expected != change.revision:
        from services.plan_life.area_changes import get_change  # noqa: PLC0415 - that builds on this

        raise StaleRevisionError(
            "The change set was changed since you read it; look at the present version first.",
            current=asdict(get_change(work, change_set_id)),
        )
    if change.status not in states:
        raise WrongChangeStateError(
            f"The change set is {change.status}; this needs one that is {' or '.join(states)}.",
            change_set=str(change_set_id),
            status=change.status,
            wanted=list(states),
        )
    return change


def note_step(
    work: UnitOfWork,
    change: ChangeSet,
    action: str,
    note: str = "",
    *,
    at: datetime,
    facts: dict[str, Any] | None = None,
    by_timer: bool = False,
) -> None:
    """Put a step on record, raise the revision and tell whoever looks at it."""
    change.revision += 1
    actor = None if by_timer else work.actor.account_id
    step = ChangeStep(change_set_id=change.id, action=action, actor_id=actor, note=note, facts=facts or {}, at=at)
    sql.add_step(work.session, step)
    told = {"change_set": str(change.id), "action": action, "status": change.status}
    work.announce("area-change", told, change.territory_id)


def submit(
    work: UnitOfWork, change_set_id: UUID, *, expected: int | None, note: str = "", now: datetime | None = None
) -> ChangeSet:
    """Send a draft to review; its areas stay as drawn until it is sent back."""
    work.actor.require("planner", "system_administrator")
    moment = now or datetime.now(UTC)
    change = locked(work, change_set_id, expected, "draft")
    change.status, change.submitted_at, change.approved_at, change.approver_id = "review", moment, None, None
    note_step(work, change, "submit", _text(note, "note"), at=moment)
    return change


def approve(
    work: UnitOfWork,
    change_set_id: UUID,
    *,
    expected: int | None,
    note: str = "",
    single_person: bool = False,
    now: datetime | None = None,
) -> ChangeSet:
    """Approve a change set in review: another person than its author."""
    work.actor.require("planner", "reviewer")
    moment = now or datetime.now(UTC)
    change = locked(work, change_set_id, expected, "review")
    require_second_person(work, change, "approves", single_person=single_person)
    change.approved_at, change.approver_id = moment, work.actor.account_id
    note_step(work, change, "approve", _text(note, "note"), at=moment)
    return change


def send_back(
    work: UnitOfWork,
    change_set_id: UUID,
    *,
    expected: int | None,
    reason: str,
    single_person: bool = False,
    now: datetime | None = None,
) -> ChangeSet:
    """Send a change set in review back to its author with a reason; it is a draft again."""
    work.actor.require("planner", "reviewer")
    moment = now or datetime.now(UTC)
    told = required_reason(reason)
    change = locked(work, change_set_id, expected, "review")
    require_second_person(work, change, "sends back", single_person=single_person)
    change.status, change.submitted_at, change.approved_at, change.approver_id = "draft", None, None, None
    note_step(work, change, "send_back", told, at=moment)
    return change


def recall(
    work: UnitOfWork, change_set_id: UUID, *, expected: int | None, note: str = "", now: datetime | None = None
) -> ChangeSet:
    """Take a change set out of review again, to draw it anew: its author, or another planner."""
    work.actor.require("planner", "system_administrator")
    moment = now or datetime.now(UTC)
    change = locked(work, change_set_id, expected, "review")
    change.status, change.submitted_at, change.approved_at, change.approver_id = "draft", None, None, None
    note_step(work, change, "recall", _text(note, "note"), at=moment)
    return change


def delete(work: UnitOfWork, change_set_id: UUID, *, expected: int | None) -> None:
    """Delete a draft; what was ever published stays."""
    work.actor.require("planner", "system_administrator")
    change = locked(work, change_set_id, expected, "draft")
    territory = change.territory_id
    work.session.expunge(change)
    sql.delete_set(work.session, change_set_id)
    told = {"change_set": str(change_set_id), "action": "delete", "status": "deleted"}
    work.announce("area-change", told, territory)


def history(work: UnitOfWork, change_set_id: UUID) -> list[StepView]:
    """Return what happened to a change set, first to last."""
    sql.get_set(work.session, change_set_id)
    return [
        StepView(row.id, row.action, row.actor, row.note, row.facts, row.at)
        for row in sql.list_steps(work.session, change_set_id)
    ]


def comments(work: UnitOfWork, change_set_id: UUID) -> list[ChangeCommentView]:
    """Return the comments on a change set, oldest first."""
    sql.get_set(work.session, change_set_id)
    return [
        ChangeCommentView(
            row.id, row.author, row.text, row.area_code, None if row.lon is None else (row.lon, row.lat),
            row.created_at,
        )
        for row in sql.list_comments(work.session, change_set_id)
    ]  # fmt: skip


def add_comment(
    work: UnitOfWork,
    change_set_id: UUID,
    text: str,
    *,
    area_code: str | None = None,
    point: tuple[float, float] | None = None,
) -> ChangeCommentView:
    """Pin a remark to an area of a change set, a place or both.

    Parameters
    ----------
    work : UnitOfWork
    change_set_id : UUID
    text : str
    area_code : str or None
        Of an area that begins or ends by it.
    point : tuple of float or None
        Longitude, latitude.
    """
    work.actor.require("planner", "reviewer", "analyst")
    change = sql.get_set(work.session, change_set_id)
    if change.status == "retired":
        raise WrongChangeStateError(
            "The change set is retired; it is history now.", change_set=str(change_set_id), status=change.status
        )
    words = _text(text, "text")
    if not words:
        raise InvalidInputError("A comment needs words.", field="text")
    if area_code is not None:
        known = {row.code for row in sql.list_drafted(work.session, change_set_id)}
        known |= {area["code"] for area in change.report.get("ended", [])}
        if area_code not in known:
            raise NotFoundError("The change set has no such area.", area=area_code, change_set=str(change_set_id))
    place = None if point is None else shapely.Point(point)
    comment = ChangeComment(
        change_set_id=change_set_id, author_id=work.actor.account_id, text=words, area_code=area_code, point=place
    )
    work.session.add(comment)
    work.session.flush()
    work.announce("comment", {"change_set": str(change_set_id), "comment": str(comment.id)}, change.territory_id)
    return next(view for view in comments(work, change_set_id) if view.id == comment.id)


def require_second_person(work: UnitOfWork, change: ChangeSet, does: str, *, single_person: bool) -> None:
    """Refuse the author of a change set, unless the office has one planner only."""
    if not single_person and change.author_id is not None and change.author_id == work.actor.account_id:
        raise second_person(does, change_set=str(change.id))


def second_person(does: str, **fields: object) -> SecondPersonError:
    """Return the refusal of a step that needs another person."""
    told = f"A second person {does}: its author may not."
    return SecondPersonError(told, open=[problem("second-person", None)], **fields)


def _text(words: str, field: str) -> str:
    told = words.strip()
    if len(told) > NOTE_LENGTH:
        raise InvalidInputError(f"At most {NOTE_LENGTH} characters.", field=field)
    return told
