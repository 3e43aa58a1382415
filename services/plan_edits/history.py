"""Undo, redo, and the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.plan_edits.answer import EditAnswer
from services.plan_edits.places import placed
from services.plan_edits.refusals import NothingToUndoError, UndoBlockedError
from services.plan_edits.run import finish
from services.plan_edits.save import Change, LogLine, announce
from services.plan_edits.scene import OpenPlan, open_plan, read_images
from services.plan_edits.sight import beyond_of, only_got_a_vertex
from store.database import edit_log as log_sql
from store.database import plan_edits as sql
from store.database import plans as plan_sql
from store.database.actor import AreaLimitedError
from store.database.models import Edit
from store.database.plan_edits import Image
from store.database.work import UnitOfWork

#: Says nothing about what a grid is: counts its changes.
_COUNTERS = frozenset({"revision"})


@dataclass(frozen=True, slots=True)
class EditRow:
    """A line of the log."""

    seq: int
    kind: str
    at: datetime
    author: str | None
    mine: bool
    state: str
    undoes: int | None
    grids: list[UUID]
    request: dict[str, Any]


def undo(work: UnitOfWork, plan_id: UUID) -> EditAnswer:
    """Take back the caller's latest edit of a draft, whenever and wherever it was made.

    Raises
    ------
    NothingToUndoError
    UndoBlockedError
        Somebody else has edited the same grids since; ``by`` says who and when.
    """
    return _step(work, plan_id, "undo")


def redo(work: UnitOfWork, plan_id: UUID) -> EditAnswer:
    """Do the caller's latest undone edit again; a new edit in between forgets what could be redone."""
    return _step(work, plan_id, "redo")


def edit_log(work: UnitOfWork, plan_id: UUID, *, before: int | None = None, limit: int = 100) -> list[EditRow]:
    """Return the log of a plan, newest first: to an account of some areas, its own edits and those wholly there."""
    plan_sql.get_plan(work.session, plan_id)
    me = work.actor.account_id
    rows = log_sql.list_edits(work.session, plan_id, before, limit)
    if work.actor.is_limited:
        with work.everywhere():
            own = log_sql.list_edits(work.session, plan_id, before, limit, author=me)
        rows = sorted({row.seq: row for row in (*rows, *own)}.values(), key=lambda row: -row.seq)[:limit]
    beyond = beyond_of(work, {grid for row in rows for grid in row.grids})
    return [
        EditRow(
            row.seq,
            row.kind,
            row.at,
            row.author,
            row.author_id == me,
            row.state,
            row.undoes,
            [grid for grid in row.grids if grid not in beyond],
            row.request,
        )
        for row in rows
    ]


def replay(work: UnitOfWork, plan_id: UUID, start: dict[UUID, Image]) -> dict[UUID, Image]:
    """Apply the log of a plan to the states of its grids when it was made; return the states that come out.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    start : dict of UUID to dict
        As `read_images` gave them before the first edit.
    """
    state = dict(start)
    for row in log_sql.whole_log(work.session, plan_id):
        for grid in row.before:
            state.pop(UUID(grid))
        state.update({UUID(grid): image for grid, image in row.after.items()})
    return state


def _step(work: UnitOfWork, plan_id: UUID, kind: str) -> EditAnswer:
    work.actor.require("planner")
    with placed(work, plan_id):
        return _stepped(work, open_plan(work, plan_id), back=kind == "undo")


def _stepped(work: UnitOfWork, plan: OpenPlan, *, back: bool) -> EditAnswer:
    plan_id, kind = plan.id, "undo" if back else "redo"
    with work.everywhere():
        edit = log_sql.own_edit(work.session, plan_id, work.actor.account_id, "live" if back else "undone")
    if edit is None:
        raise NothingToUndoError(f"You have no edit of this plan to {kind}.", plan=str(plan_id))
    now, then = (edit.after, edit.before) if back else (edit.before, edit.after)
    beyond = beyond_of(work, edit.grids)
    if not only_got_a_vertex(_by_id(now), _by_id(then), beyond, plan.srid):
        raise AreaLimitedError(
            "The edit was made outside the areas that your account has now.", seq=edit.seq, area=work.actor.area_path
        )
    with work.everywhere():
        # edits of these grids wait from here on, so what is compared below is what will be replaced
        sql.lock_versions(work.session, plan_id, edit.grids)
        present = read_images(work, plan_id, edit.grids)
    _refuse_changed(work, edit, now, present)
    revision = 1 + max(int(image["revision"]) for image in (*now.values(), *then.values(), *present.values()))
    target = {grid: {**image, "revision": revision} for grid, image in _by_id(then).items()}
    change = Change(present, target, [], beyond)
    with work.everywhere():
        log_sql.set_state(work.session, plan_id, edit.seq, "undone" if back else "live")
    answer = finish(work, plan, change, LogLine(kind, {"kind": edit.kind}, undoes=edit.seq))
    announce(work, plan, change)
    return answer


def _by_id(images: dict[str, Image]) -> dict[UUID, Image]:
    return {UUID(grid): image for grid, image in images.items()}


def _refuse_changed(work: UnitOfWork, edit: Edit, expected: dict[str, Image], present: dict[UUID, Image]) -> None:
    """Refuse when the grids are not what the edit (or its undo) left: somebody else's later edit touched them."""
    same = {grid: _content(image) for grid, image in expected.items()}
    if same == {str(grid): _content(image) for grid, image in present.items()}:
        return
    others = [
        {"seq": row.seq, "kind": row.kind, "author": row.author, "at": row.at.isoformat()}
        for row in log_sql.later_edits(work.session, edit.plan_id, edit.seq, edit.grids)
        if row.author_id != edit.author_id
    ]
    raise UndoBlockedError(
        "Somebody else has edited the same grids since; talk to them, or edit by hand.",
        seq=edit.seq,
        kind=edit.kind,
        grids=[str(grid) for grid in edit.grids if grid not in beyond_of(work, edit.grids)],
        by=others[-5:],
    )


def _content(image: Image) -> Image:
    return {name: image.get(name) for name in (*sql.STATE, "atoms") if name not in _COUNTERS}
