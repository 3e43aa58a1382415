"""The steps of a change set of areas before it is published: submit, approve, send back, recall, delete; comments."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import shapely

from gis.errors import ConflictError, NotFoundError
from services.plan_life.review import Review, Step, StepView, required_text
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


def _take(work: UnitOfWork, change_set_id: UUID) -> ChangeSet:
    return sql.get_set(work.session, change_set_id, lock=True)


def _view(work: UnitOfWork, change_set_id: UUID) -> dict[str, Any]:
    from services.plan_life.area_changes import get_change  # noqa: PLC0415 - that builds on this

    return asdict(get_change(work, change_set_id))


def _record(work: UnitOfWork, change: ChangeSet, step: Step) -> None:
    row = ChangeStep(
        change_set_id=change.id,
        action=step.action,
        actor_id=step.actor_id,
        note=step.note,
        facts=step.facts,
        at=step.at,
    )
    sql.add_step(work.session, row)
    told = {"change_set": str(change.id), "action": step.action, "status": change.status}
    work.announce("area-change", told, change.territory_id)


REVIEW: Final = Review(
    noun="change set",
    field="change_set",
    drawers=("planner", "system_administrator"),
    wrong=WrongChangeStateError,
    take=_take,
    view=_view,
    record=_record,
)
locked, note_step, require_second_person = REVIEW.locked, REVIEW.note_step, REVIEW.require_second_person
submit, approve, send_back, recall = REVIEW.submit, REVIEW.approve, REVIEW.send_back, REVIEW.recall


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
    words = required_text(text)
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
