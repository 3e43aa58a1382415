"""Photos: sent before or with a report, shown, blurred."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, Header, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.deps import Idempotent, Work
from services import media as service
from services.media import PixelBox

router = APIRouter(prefix="/api/v1/media", tags=["incidents"])
Stage = Literal["before", "after", "other"]


class MediaOut(BaseModel):
    """A photo; `url` gives the picture, with ``?size=thumb`` a small one."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    stage: Stage
    width: int
    height: int
    url: str
    created_at: datetime
    blurred: bool


class BoxIn(BaseModel):
    """A box of the full picture, in pixels from its upper left corner."""

    model_config = ConfigDict(extra="forbid")

    x: Annotated[int, Field(ge=-20_000, le=20_000)]
    y: Annotated[int, Field(ge=-20_000, le=20_000)]
    width: Annotated[int, Field(ge=1, le=40_000)]
    height: Annotated[int, Field(ge=1, le=40_000)]


class BlurIn(BaseModel):
    """What to make unrecognisable."""

    model_config = ConfigDict(extra="forbid")

    boxes: Annotated[list[BoxIn], Field(min_length=1, max_length=service.MOST_BOXES)]


@router.post("", status_code=201, operation_id="send_media", response_model=MediaOut)
def send_media(
    work: Work,
    file: Annotated[UploadFile, File(description="JPEG, PNG or WebP, at most 20 MB.")],
    stage: Annotated[Stage, Form()] = "other",
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Any unique text (a UUID); a repeat gets the first answer."),
    ] = None,
) -> Response:
    """Keep a photo for a report that names it within two days; place, time and maker in it are thrown away."""
    content = file.file.read()
    once = None
    if key is not None:
        digest = hashlib.sha256(content).hexdigest()
        once = Idempotent(key, f"{stage} {digest}".encode(), "POST /api/v1/media")

    def take() -> tuple[int, MediaOut]:
        return 201, MediaOut.model_validate(service.take_in(work, content, stage=stage))

    if once is not None:
        return once.respond(work, take)
    status, body = take()
    return Response(body.model_dump_json(), status, media_type="application/json")


@router.get("/{media_id}", operation_id="get_media", response_class=Response)
def get_media(work: Work, request: Request, media_id: UUID, size: Literal["full", "thumb"] = "full") -> Response:
    """Return the picture as JPEG."""
    content, version = service.picture(work, media_id, size)
    etag = f'"{hashlib.sha256(version.encode()).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Content-Disposition": "inline"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="image/jpeg", headers=headers)


@router.post("/{media_id}/blur", operation_id="blur_media")
def blur_media(work: Work, media_id: UUID, asked: BlurIn) -> MediaOut:
    """Replace boxes of a photo by a few plain cells; the picture before is not kept."""
    boxes = [PixelBox(each.x, each.y, each.width, each.height) for each in asked.boxes]
    return MediaOut.model_validate(service.blur_photo(work, media_id, boxes, now=datetime.now(UTC)))
