"""Change sets of areas: drawn, reviewed, published by a second person, today or on a day to come."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from api.deps import IfMatch, Work
from api.plan_files import Crs, Upload
from api.plan_life import MaybeIfMatch, Note, Reason, SettingsOf, StepOut
from services.plan_life import downloads, states
from store.database.work import UnitOfWork

router = APIRouter(prefix="/api/v1/area-changes", tags=["areas"])
AreaKind = Annotated[str | None, Form(max_length=20, description="Kind of the areas that end.")]
DryRun = Annotated[bool, Form(description="Report only.")]


class AreaChangeOut(BaseModel):
    """A decision that changes areas, and where it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    territory_id: UUID
    name: str
    basis: str
    status: Literal["draft", "review", "scheduled", "published", "retired"]
    replaces: str | None
    file: str
    effective_on: date | None
    author: str | None
    approver: str | None
    created_at: datetime
    submitted_at: datetime | None
    approved_at: datetime | None
    published_at: datetime | None
    retired_at: datetime | None
    settled: bool
    figures: dict[str, Any]
    revision: int


class DrawnAreaOut(BaseModel):
    """An area of a change set; `area_id` once it is published."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    kind: str
    name: str
    area_id: UUID | None
    bbox: tuple[float, float, float, float]


class EndedAreaOut(BaseModel):
    """An area that ends on the day."""

    id: UUID
    code: str
    name: str


class AreaLineageOut(BaseModel):
    """Which part of an area goes where; shares are of the area that ends."""

    kind: str
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    area_share: float
    household_share: float
    area_m2: float
    households: int


class WholeAreaChangeOut(BaseModel):
    """A change set with what it does (or would do) on a day."""

    model_config = ConfigDict(from_attributes=True)

    change: AreaChangeOut
    on: date | None
    warnings: list[str]
    areas: list[DrawnAreaOut]
    ended: list[EndedAreaOut]
    lineage: list[AreaLineageOut]


class AreaChangeMade(BaseModel):
    """What a change set would do; `id` is empty after a dry run."""

    id: UUID | None
    status: Literal["draft"] | None
    revision: int | None
    counts: dict[str, int]
    warnings: list[str]
    dry_run: bool


class AreaPublicationIn(BaseModel):
    """What a change set is published on; what is left out is as in the draft."""

    model_config = ConfigDict(extra="forbid")

    basis: Annotated[str, Field(max_length=500, description="Decision, minutes or order.")] = ""
    effective_on: Annotated[
        date | None, Field(description="First day of the new boundaries: past, today or to come.")
    ] = None


class AreaCommentOut(BaseModel):
    """A remark on a change set."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    author: str | None
    text: str
    area_code: str | None
    point: tuple[float, float] | None
    created_at: datetime


class AreaCommentIn(BaseModel):
    """A remark to pin to an area of a change set, a place, or both."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=states.NOTE_LENGTH)]
    area_code: Annotated[str | None, Field(max_length=40)] = None
    point: Annotated[
        tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]] | None,
        Field(description="Longitude, latitude."),
    ] = None


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
    file: Upload,
    name: Annotated[str, Form(max_length=200)],
    effective_on: Annotated[date | None, Form(description="First day of the new boundaries, if known.")] = None,
    territory: Annotated[UUID | None, Form()] = None,
    basis: Annotated[str, Form(max_length=500)] = "",
    replaces: AreaKind = None,
    crs: Crs = None,
    dry_run: DryRun = False,
) -> Response:
    """Keep new boundaries of areas as a draft and tell what they would do; 200 with the report after a dry run."""
    from services.plan_life import area_changes  # noqa: PLC0415 - as above

    decision = area_changes.Decision(name, effective_on, basis, replaces)
    with downloads.uploaded(file.filename, file.file.read(downloads.UPLOAD_MB * 2**20 + 1)) as path:
        report, made = area_changes.draft_areas(work, path, decision, territory=territory, crs=crs, dry_run=dry_run)
    return _made(report, made, revision=None if made is None else 1)


@router.put("/{change_set_id}/areas", operation_id="redraw_area_change", response_model=AreaChangeMade)
def redraw_area_change(
    work: Work, change_set_id: UUID, revision: IfMatch, file: Upload, crs: Crs = None, dry_run: DryRun = False
) -> Response:
    """Put other boundaries into a draft."""
    from services.plan_life import area_changes  # noqa: PLC0415 - as above

    with downloads.uploaded(file.filename, file.file.read(downloads.UPLOAD_MB * 2**20 + 1)) as path:
        report = area_changes.redraw_areas(work, change_set_id, path, expected=revision, crs=crs, dry_run=dry_run)
    return _made(report, None if dry_run else change_set_id, revision=None if dry_run else revision + 1, status=200)


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
        expected=revision,
    )
    area_publishing.publish(work, change_set_id, asked)
    return _answer(work, change_set_id)


@router.post("/{change_set_id}/withdraw", operation_id="withdraw_area_change")
def withdraw_area_change(work: Work, change_set_id: UUID, revision: IfMatch, why: Reason) -> ChangeAnswer:
    """Take back a change set that waits for its day; it is in review again."""
    from services.plan_life import area_publishing  # noqa: PLC0415 - as above

    area_publishing.withdraw(work, change_set_id, expected=revision, reason=why.reason)
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
