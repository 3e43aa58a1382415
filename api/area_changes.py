"""Change sets of areas: drawn, reviewed, published by a second person, today or on a day to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import JSONResponse, Response

from api.area_change_bodies import (
    AreaActionIn,
    AreaActionsIn,
    AreaChangeMade,
    AreaChangeOut,
    AreaCommentIn,
    AreaCommentOut,
    AreaDraftIn,
    AreaPublicationIn,
    AreaShapes,
    WholeAreaChangeOut,
)
from api.deps import IfMatch, Work
from api.plan_files import Crs, Upload
from api.plan_life import MaybeIfMatch, Note, Reason, SettingsOf, StepOut
from services.plan_life import downloads
from store.database.work import UnitOfWork

router = APIRouter(prefix="/api/v1/area-changes", tags=["areas"])
AreaKinds = Annotated[
    str | None,
    Form(
        max_length=100,
        description="Kinds of the areas that end, such as `village,town`; those of the new areas with `same`, or"
        " without it in a new draft.",
    ),
]
DryRun = Annotated[bool, Form(description="Report only.")]
ChangeAnswer = dict[Literal["change"], AreaChangeOut]


def _answer(work: UnitOfWork, change_set_id: UUID) -> ChangeAnswer:
    from services.plan_life import area_changes  # noqa: PLC0415 - brings in the engines

    work.session.flush()
    return {"change": AreaChangeOut.model_validate(area_changes.get_change(work, change_set_id))}


@router.get("", operation_id="list_area_changes")
def list_area_changes(work: Work, territory: UUID | None = None) -> dict[Literal["changes"], list[AreaChangeOut]]:
    """Return the decisions that change areas, newest first."""
    from services.plan_life import area_changes  # noqa: PLC0415 - as above

    return {"changes": [AreaChangeOut.model_validate(row) for row in area_changes.list_sets(work, territory)]}


@router.post("", status_code=201, operation_id="draft_area_change", response_model=AreaChangeMade)
def draft_area_change(  # noqa: PLR0913, PLR0917 - one parameter for each field of the form
    work: Work,
    settings: SettingsOf,
    file: Upload,
    name: Annotated[str, Form(max_length=200)],
    effective_on: Annotated[date | None, Form(description="First day of the new boundaries, if known.")] = None,
    territory: Annotated[UUID | None, Form()] = None,
    basis: Annotated[str, Form(max_length=500)] = "",
    replaces: AreaKinds = None,
    crs: Crs = None,
    dry_run: DryRun = False,
) -> Response:
    """Keep new boundaries of areas as a draft and tell what they would do; 200 with the report after a dry run."""
    from services.plan_life import area_changes  # noqa: PLC0415 - as above

    decision = area_changes.Decision(name, effective_on, basis, replaces)
    with downloads.uploaded(file.filename, file.file.read(downloads.UPLOAD_MB * 2**20 + 1)) as path:
        zone = settings.cases.time_zone
        report, made = area_changes.draft_areas(
            work, path, decision, territory=territory, crs=crs, dry_run=dry_run, time_zone=zone
        )
    return _made(report, made, revision=None if made is None else 1)


@router.put("/{change_set_id}/areas", operation_id="redraw_area_change", response_model=AreaChangeMade)
def redraw_area_change(  # noqa: PLR0917 - as above
    work: Work,
    settings: SettingsOf,
    change_set_id: UUID,
    revision: IfMatch,
    file: Upload,
    replaces: AreaKinds = None,
    crs: Crs = None,
    dry_run: DryRun = False,
) -> Response:
    """Put other boundaries into a draft."""
    from services.plan_life import area_changes  # noqa: PLC0415 - as above

    with downloads.uploaded(file.filename, file.file.read(downloads.UPLOAD_MB * 2**20 + 1)) as path:
        zone = settings.cases.time_zone
        report = area_changes.redraw_areas(
            work, change_set_id, path, expected=revision, replaces=replaces, crs=crs, dry_run=dry_run, time_zone=zone
        )
    return _made(report, None if dry_run else change_set_id, revision=None if dry_run else revision + 1, status=200)


@router.post("/drawn", status_code=201, operation_id="draw_area_change", response_model=AreaChangeMade)
def draw_area_change(work: Work, settings: SettingsOf, given: AreaDraftIn) -> Response:
    """Merge, split, rename or renumber areas, or move ground, as a draft; 200 with the report after a dry run."""
    from services.plan_life import area_changes, area_drawing  # noqa: PLC0415 - as above

    decision = area_changes.Decision(given.name, given.effective_on, given.basis)
    report, made = area_drawing.draft_actions(
        work,
        _actions(given.actions),
        decision,
        territory=given.territory,
        dry_run=given.dry_run,
        time_zone=settings.cases.time_zone,
    )
    return _made(report, made, revision=None if made is None else 1)


@router.put("/{change_set_id}/actions", operation_id="redraw_area_actions", response_model=AreaChangeMade)
def redraw_area_actions(
    work: Work, settings: SettingsOf, change_set_id: UUID, revision: IfMatch, given: AreaActionsIn
) -> Response:
    """Draw a draft anew by other actions on the present areas."""
    from services.plan_life import area_drawing  # noqa: PLC0415 - as above

    report = area_drawing.redraw_actions(
        work,
        change_set_id,
        _actions(given.actions),
        expected=revision,
        dry_run=given.dry_run,
        time_zone=settings.cases.time_zone,
    )
    kept = not given.dry_run
    return _made(report, change_set_id if kept else None, revision=revision + 1 if kept else None, status=200)


def _actions(given: Sequence[AreaActionIn]) -> list[Any]:
    from services.plan_life.area_drawing import Action  # noqa: PLC0415 - as above

    return [Action(each.kind, tuple(each.areas), each.code, each.name, each.drawn) for each in given]


def _made(report: Any, made: UUID | None, *, revision: int | None, status: int = 201) -> Response:  # noqa: ANN401 - imported late
    answer = AreaChangeMade(
        id=made,
        status=None if made is None else "draft",
        revision=revision,
        counts=report.counts,
        warnings=report.warnings,
        dry_run=report.dry_run,
    )
    return JSONResponse(answer.model_dump(mode="json"), 200 if made is None else status)


@router.get("/{change_set_id}", operation_id="get_area_change")
def get_area_change(work: Work, change_set_id: UUID) -> WholeAreaChangeOut:
    """Return a change set with its areas, what it does or would do, and what becomes of the areas before it."""
    from services.plan_life import area_changes  # noqa: PLC0415 - as above

    return WholeAreaChangeOut.model_validate(area_changes.whole_change(work, change_set_id))


@router.get("/{change_set_id}/shapes", operation_id="get_area_change_shapes")
def get_area_change_shapes(work: Work, change_set_id: UUID) -> AreaShapes:
    """Return the areas before and after a change set as GeoJSON."""
    from services.plan_life import area_changes  # noqa: PLC0415 - as above

    return AreaShapes.model_validate(area_changes.shapes_of(work, change_set_id))


@router.delete("/{change_set_id}", status_code=204, operation_id="delete_area_change")
def delete_area_change(work: Work, change_set_id: UUID, revision: IfMatch) -> Response:
    """Delete a draft; what was ever published stays."""
    from services.plan_life import area_states  # noqa: PLC0415 - as above

    area_states.delete(work, change_set_id, expected=revision)
    return Response(status_code=204)


@router.post("/{change_set_id}/submit", operation_id="submit_area_change")
def submit_area_change(work: Work, change_set_id: UUID, revision: IfMatch, note: Note | None = None) -> ChangeAnswer:
    """Send a draft to review."""
    from services.plan_life import area_states  # noqa: PLC0415 - as above

    area_states.submit(work, change_set_id, expected=revision, note=note.note if note else "")
    return _answer(work, change_set_id)


@router.post("/{change_set_id}/recall", operation_id="recall_area_change")
def recall_area_change(work: Work, change_set_id: UUID, revision: IfMatch, note: Note | None = None) -> ChangeAnswer:
    """Take a change set out of review again, to draw it anew."""
    from services.plan_life import area_states  # noqa: PLC0415 - as above

    area_states.recall(work, change_set_id, expected=revision, note=note.note if note else "")
    return _answer(work, change_set_id)


@router.post("/{change_set_id}/approve", operation_id="approve_area_change")
def approve_area_change(
    work: Work, change_set_id: UUID, revision: IfMatch, settings: SettingsOf, note: Note | None = None
) -> ChangeAnswer:
    """Approve a change set in review; another person than its author."""
    from services.plan_life import area_states  # noqa: PLC0415 - as above

    alone, told = settings.access.publish_alone, note.note if note else ""
    area_states.approve(work, change_set_id, expected=revision, note=told, single_person=alone)
    return _answer(work, change_set_id)


@router.post("/{change_set_id}/send-back", operation_id="send_back_area_change")
def send_back_area_change(
    work: Work, change_set_id: UUID, revision: IfMatch, why: Reason, settings: SettingsOf
) -> ChangeAnswer:
    """Send a change set back to its author with a reason; it is a draft again."""
    from services.plan_life import area_states  # noqa: PLC0415 - as above

    alone = settings.access.publish_alone
    area_states.send_back(work, change_set_id, expected=revision, reason=why.reason, single_person=alone)
    return _answer(work, change_set_id)


@router.post("/{change_set_id}/publish", operation_id="publish_area_change")
def publish_area_change(
    work: Work, change_set_id: UUID, publication: AreaPublicationIn, settings: SettingsOf, revision: MaybeIfMatch
) -> ChangeAnswer:
    """Publish a change set in review: a second person, on a written basis; with a day to come it is scheduled."""
    from services.plan_life import area_publishing  # noqa: PLC0415 - as above
    from services.plan_life.publishing import Publication  # noqa: PLC0415 - as above

    asked = Publication(
        basis=publication.basis,
        effective_on=publication.effective_on,
        single_person=settings.access.publish_alone,
        time_zone=settings.cases.time_zone,
        expected=revision,
    )
    area_publishing.publish(work, change_set_id, asked)
    return _answer(work, change_set_id)


@router.post("/{change_set_id}/withdraw", operation_id="withdraw_area_change")
def withdraw_area_change(
    work: Work, change_set_id: UUID, revision: IfMatch, why: Reason, settings: SettingsOf
) -> ChangeAnswer:
    """Take back a change set that waits for its day; it is in review again."""
    from services.plan_life import area_publishing  # noqa: PLC0415 - as above

    zone = settings.cases.time_zone
    area_publishing.withdraw(work, change_set_id, expected=revision, reason=why.reason, time_zone=zone)
    return _answer(work, change_set_id)


@router.get("/{change_set_id}/history", operation_id="list_area_change_history")
def list_area_change_history(work: Work, change_set_id: UUID) -> dict[Literal["steps"], list[StepOut]]:
    """Return what happened to a change set, first to last."""
    from services.plan_life import area_states  # noqa: PLC0415 - as above

    return {"steps": [StepOut.model_validate(step) for step in area_states.history(work, change_set_id)]}


@router.get("/{change_set_id}/comments", operation_id="list_area_change_comments")
def list_area_change_comments(work: Work, change_set_id: UUID) -> dict[Literal["comments"], list[AreaCommentOut]]:
    """Return the comments on a change set, oldest first."""
    from services.plan_life import area_states  # noqa: PLC0415 - as above

    return {"comments": [AreaCommentOut.model_validate(each) for each in area_states.comments(work, change_set_id)]}


@router.post("/{change_set_id}/comments", status_code=201, operation_id="add_area_change_comment")
def add_area_change_comment(
    work: Work, change_set_id: UUID, comment: AreaCommentIn
) -> dict[Literal["comment"], AreaCommentOut]:
    """Pin a remark to an area of a change set, or to a place."""
    from services.plan_life import area_states  # noqa: PLC0415 - as above

    made = area_states.add_comment(work, change_set_id, comment.text, area_code=comment.area_code, point=comment.point)
    return {"comment": AreaCommentOut.model_validate(made)}
