"""Single cameras: what is known of one, and changing it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import IfMatch, Work
from services import cameras
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
    online: bool
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
    ptz: bool | None = None
    dome: bool | None = None
    indoor: bool | None = None
    online: bool | None = None
    owner: Annotated[str | None, Field(max_length=200)] = None
    purpose: Annotated[str | None, Field(max_length=200)] = None


def _answer(view: CameraView, response: Response) -> CameraAnswer:
    response.headers["ETag"] = f'"{view.revision}"'
    return CameraAnswer(camera=CameraOut.model_validate(view))


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
