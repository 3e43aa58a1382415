"""Editing a draft: split, merge, move borders, hand over, draw, lock, rename, recode, improve, undo, redo, the log.

Every edit carries the revisions that its caller saw and an Idempotency-Key, and answers all that it touched: a page has
nothing to fetch again. Figures of grids are those of the database; ``totals.parents`` has the means that deviations of
the untouched grids of a village follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import OneTime, Work
from api.jobs import STARTED, JobAnswer, RespondAsync
from api.plan_edit_bodies import (
    AtomsOut,
    BorderMove,
    CheckOut,
    DraftIn,
    EditAnswerOut,
    EditLog,
    EditRowOut,
    Improvement,
    Lock,
    Merge,
    NewGrid,
    Reassignment,
    Recode,
    Rename,
    Split,
)
from api.plans import PlanOut
from gis.errors import InvalidInputError
from services import jobs, plan_views
from services import plan_edits as service
from services.plan_edits import EditAnswer

router = APIRouter(prefix="/api/v1/plans", tags=["plan edits"])

Answer = dict[int | str, dict[str, Any]]
EDITED: Answer = {200: {"model": EditAnswerOut, "description": "What the edit touched, as it is now."}}


def _once(once: OneTime, work: Work, edit: Callable[[], EditAnswer]) -> Response:
    return once.respond(work, lambda: (200, EditAnswerOut.of(edit())))


@router.post("/{plan_id}/draft", status_code=201, operation_id="draft_plan")
def draft_plan(work: Work, plan_id: UUID, draft: DraftIn | None = None) -> dict[Literal["plan"], PlanOut]:
    """Copy a plan into a draft that can be edited, with the same grid identities."""
    asked = draft or DraftIn()
    made = service.make_draft(work, plan_id, name=asked.name, as_seen=asked.as_seen)
    return {"plan": PlanOut.model_validate(plan_views.get_plan(work, made))}


@router.post("/{plan_id}/grids/{grid_id}/split", operation_id="split_grid", responses=EDITED)
def split_grid(work: Work, once: OneTime, plan_id: UUID, grid_id: UUID, body: Split) -> Response:
    """Split a grid along a line; the part with most households keeps identity and code."""
    line = body.line.coordinates if body.line else []
    return _once(
        once,
        work,
        lambda: service.split_grid(work, plan_id, grid_id, line, body.wish(), many=body.many, name=body.name),
    )


@router.post("/{plan_id}/grids/merge", operation_id="merge_grids", responses=EDITED)
def merge_grids(work: Work, once: OneTime, plan_id: UUID, body: Merge) -> Response:
    """Merge grids of one village that touch; the one with most households keeps identity and code."""
    return _once(once, work, lambda: service.merge_grids(work, plan_id, body.grids, body.wish()))


@router.post("/{plan_id}/borders/move", operation_id="move_border", responses=EDITED)
def move_border(work: Work, once: OneTime, plan_id: UUID, body: BorderMove) -> Response:
    """Move a shared border once, for both sides: to a line, or one vertex of it (a node of three grids too)."""
    if body.line is not None and body.vertex is not None:
        with service.placed(work, plan_id, body.grids):
            raise InvalidInputError("Send either `line` or `vertex`.", field="line")
    if body.vertex is not None:
        start, end = list(body.vertex.start), list(body.vertex.to)
        return _once(once, work, lambda: service.move_vertex(work, plan_id, body.grids, start, end, body.wish()))
    line = body.line.coordinates if body.line else []
    return _once(once, work, lambda: service.move_border(work, plan_id, body.grids, line, body.wish()))


@router.post("/{plan_id}/reassign", operation_id="reassign_ground", responses=EDITED)
def reassign_ground(work: Work, once: OneTime, plan_id: UUID, body: Reassignment) -> Response:
    """Hand atoms (brush), or the ground under a polygon (lasso), to another grid of the same village."""
    rings = body.polygon.coordinates if body.polygon else None
    return _once(
        once,
        work,
        lambda: service.reassign(work, plan_id, body.to, body.wish(), atoms=body.atoms, polygon=rings, cut=body.cut),
    )


@router.post("/{plan_id}/grids", operation_id="draw_grid", responses=EDITED)
def draw_grid(work: Work, once: OneTime, plan_id: UUID, body: NewGrid) -> Response:
    """Draw a new grid; it takes its ground from the grids below."""
    rings = body.polygon.coordinates
    return _once(once, work, lambda: service.draw_grid(work, plan_id, rings, body.wish(), name=body.name))


@router.post("/{plan_id}/grids/{grid_id}/lock", operation_id="lock_grid", responses=EDITED)
def lock_grid(work: Work, once: OneTime, plan_id: UUID, grid_id: UUID, body: Lock) -> Response:
    """Lock a grid against moves of its border, or unlock it."""
    return _once(once, work, lambda: service.lock_grid(work, plan_id, grid_id, body.wish(), locked=body.locked))


@router.post("/{plan_id}/grids/{grid_id}/rename", operation_id="rename_grid", responses=EDITED)
def rename_grid(work: Work, once: OneTime, plan_id: UUID, grid_id: UUID, body: Rename) -> Response:
    """Give a grid another name."""
    return _once(once, work, lambda: service.rename_grid(work, plan_id, grid_id, body.wish(), name=body.name))


@router.post("/{plan_id}/grids/{grid_id}/recode", operation_id="recode_grid", responses=EDITED)
def recode_grid(work: Work, once: OneTime, plan_id: UUID, grid_id: UUID, body: Recode) -> Response:
    """Give a grid another code: a new identity in the same place, since a code is never reused."""
    return _once(once, work, lambda: service.recode_grid(work, plan_id, grid_id, body.wish(), code=body.code))


@router.post("/{plan_id}/improve", operation_id="improve_grids", responses=EDITED | STARTED)
def improve_grids(work: Work, once: OneTime, respond_async: RespondAsync, plan_id: UUID, body: Improvement) -> Response:
    """Balance some grids among each other, each neighbourhood by itself; locked ones stay. `preview` shows it first.

    What takes long, or was asked for with ``Prefer: respond-async``, is a job whose result is the same answer.
    """
    wish = body.wish()

    def edit() -> tuple[int, Any]:
        if not respond_async and not service.takes_long(work, plan_id, body.grids):
            answer = service.improve(work, plan_id, body.grids, wish, tolerance=body.tolerance, seed=body.seed)
            return 200, EditAnswerOut.of(answer)
        args = service.improvement_job(work, plan_id, body.grids, wish, tolerance=body.tolerance, seed=body.seed)
        return 202, JobAnswer.of(jobs.start_job(work, "improve", args))

    return once.respond(work, edit)


@router.post("/{plan_id}/undo", operation_id="undo_edit", responses=EDITED)
def undo_edit(work: Work, once: OneTime, plan_id: UUID) -> Response:
    """Take back one's own latest edit, of earlier sessions too; 409 when another edited the same grids since."""
    return _once(once, work, lambda: service.undo(work, plan_id))


@router.post("/{plan_id}/redo", operation_id="redo_edit", responses=EDITED)
def redo_edit(work: Work, once: OneTime, plan_id: UUID) -> Response:
    """Do one's own latest undone edit again."""
    return _once(once, work, lambda: service.redo(work, plan_id))


@router.get("/{plan_id}/edits", operation_id="list_edits")
def list_edits(
    work: Work,
    plan_id: UUID,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EditLog:
    """Return the log of a plan, newest first."""
    rows = service.edit_log(work, plan_id, before=before, limit=limit)
    return EditLog(
        edits=[EditRowOut.model_validate(row) for row in rows], next=rows[-1].seq if len(rows) == limit else None
    )


@router.get("/{plan_id}/check", operation_id="check_plan")
def check_plan(work: Work, plan_id: UUID) -> CheckOut:
    """Prove a plan again from what is stored: every fault with its place, and what is missing for publishing."""
    from services import plans  # noqa: PLC0415 - brings in the engines, which reading plans does not need

    return CheckOut.model_validate(plans.check_plan(work, plan_id))


@router.get("/{plan_id}/atoms", operation_id="list_plan_atoms")
def list_plan_atoms(
    work: Work,
    plan_id: UUID,
    grids: Annotated[str | None, Query(max_length=8000, description="Grid ids, joined by commas.")] = None,
) -> AtomsOut:
    """Return the atoms of some grids: what figures that follow the hand are computed from."""
    return AtomsOut.model_validate(service.plan_atoms(work, plan_id, _ids(grids)))


def _ids(text: str | None) -> list[UUID] | None:
    if text is None:
        return None
    try:
        return [UUID(part) for part in text.split(",") if part]
    except ValueError as error:
        raise InvalidInputError("`grids` holds grid ids joined by commas.", field="grids") from error
