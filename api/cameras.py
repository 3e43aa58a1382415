"""Single cameras: what is known of one, and changing it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.deps import IfMatch, Work
from api.moments import Moment
from services import camera_status, cameras
from services.camera_history import State
from services.camera_status import MOST_STATUSES, Status
from services.cameras import CameraView

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])


class CameraOut(BaseModel):
    """A camera as a map object: angles in degrees clockwise from north, lengths in metres."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    fid: int
    gb28181_id: str | None
    ref: str | None
    kind: Literal["fixed", "ptz", "dome", "unknown"]
    owner: str
    purpose: str
    mount: str
    azimuth: float | None
    hfov: float | None
    max_range: float
    height_m: float | None
    ptz: bool
    dome: bool
    indoor: bool
    networked: bool
    online: bool
    serviceable: bool
    lon: float
    lat: float
    demo: bool
    revision: int


class CameraAnswer(BaseModel):
    """One camera."""

    camera: CameraOut


class CameraChange(BaseModel):
    """What to change; null makes an angle or the height unknown again."""

    model_config = ConfigDict(extra="forbid")

    azimuth: float | None = None
    hfov: float | None = None
    max_range: float | None = None
    height_m: float | None = None
    ptz: StrictBool | None = None
    dome: StrictBool | None = None
    indoor: StrictBool | None = None
    networked: StrictBool | None = None
    online: StrictBool | None = None
    serviceable: StrictBool | None = None
    lon: float | None = None
    lat: float | None = None
    owner: Annotated[str | None, Field(max_length=200)] = None
    purpose: Annotated[str | None, Field(max_length=200)] = None


class StatusIn(BaseModel):
    """What is told of one camera at one moment; what is left out is not said."""

    model_config = ConfigDict(extra="forbid")

    camera: Annotated[str, Field(min_length=1, max_length=200, description="20-digit code, reference or id.")]
    at: Moment
    online: StrictBool | None = None
    networked: StrictBool | None = None
    serviceable: StrictBool | None = None


class StatusBatch(BaseModel):
    """Messages in any order."""

    model_config = ConfigDict(extra="forbid")

    statuses: Annotated[list[StatusIn], Field(min_length=1, max_length=MOST_STATUSES)]


class UnknownCamera(BaseModel):
    """A message about a camera that nobody knows; rows count from 0."""

    row: int
    camera: str


class RefusedStatus(UnknownCamera):
    """A message that can't be taken."""

    reason: Literal["ambiguous", "in-the-future", "says-nothing"]


class StatusAnswer(BaseModel):
    """What a batch did: messages taken, those of them that were late, and cameras whose present state changed."""

    accepted: int
    late: int
    changed: int
    unknown: list[UnknownCamera]
    refused: list[RefusedStatus]


def _answer(view: CameraView, response: Response) -> CameraAnswer:
    response.headers["ETag"] = f'"{view.revision}"'
    return CameraAnswer(camera=CameraOut.model_validate(view))


@router.post("/status", operation_id="take_camera_statuses")
def take_statuses(work: Work, batch: StatusBatch) -> StatusAnswer:
    """Take states of thousands of cameras; a late one is kept as history, a repeated one changes nothing."""
    statuses = [
        Status(told.camera, told.at, State(told.online, told.networked, told.serviceable)) for told in batch.statuses
    ]
    report = camera_status.take_statuses(work, statuses, now=datetime.now(UTC))
    return StatusAnswer(
        accepted=report.accepted,
        late=report.late,
        changed=len(report.changed),
        unknown=[UnknownCamera(row=row, camera=camera) for row, camera in report.unknown],
        refused=[
            RefusedStatus.model_validate({"row": row, "camera": camera, "reason": reason})
            for row, camera, reason in report.refused
        ],
    )


@router.get("/{camera:path}", operation_id="get_camera")
def get_camera(work: Work, response: Response, camera: str) -> CameraAnswer:
    """Return a camera by id, 20-digit code or reference."""
    return _answer(cameras.get_camera(work, camera), response)


@router.patch("/{camera:path}", operation_id="change_camera")
def change_camera(work: Work, response: Response, camera: str, change: CameraChange, revision: IfMatch) -> CameraAnswer:
    """Change a camera; 412 with the present version when somebody else was faster."""
    changes = change.model_dump(include=change.model_fields_set)
    view = cameras.change_camera(work, camera, changes, revision=revision, now=datetime.now(UTC))
    return _answer(view, response)
