"""Privacy zones: ground that no proposed camera may look at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import IfMatch, Work
from services import privacy_zones

router = APIRouter(prefix="/api/v1/privacy-zones", tags=["coverage"])
Kind = Literal["dwelling", "yard", "school", "dormitory", "hospital", "bath", "hotel", "worship", "other"]


class ZoneOut(BaseModel):
    """A zone, and how many cameras of today look in."""

    id: UUID
    kind: Kind
    reason: str
    geometry: dict[str, Any]
    area_m2: float
    cameras: int
    author: str | None
    created_at: datetime
    revision: int


class LookerOut(BaseModel):
    """A camera whose view reaches into the zone; `assumed` when its heading is unknown."""

    id: UUID
    ref: str
    overlap_m2: float
    assumed: bool


class OneZoneOut(ZoneOut):
    """A zone with the cameras that look in."""

    looking_in: list[LookerOut]


class ZoneAnswer(BaseModel):
    """One zone."""

    zone: OneZoneOut


class ZonesOut(BaseModel):
    """The zones of a territory, newest first."""

    zones: list[ZoneOut]
    kinds: list[str]


class ZoneIn(BaseModel):
    """A zone to set up; geometry is a GeoJSON Polygon or MultiPolygon."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    geometry: dict[str, Any]
    territory: UUID | None = None


class ZoneChange(BaseModel):
    """What to change."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind | None = None
    reason: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    geometry: dict[str, Any] | None = None


@router.get("", operation_id="list_privacy_zones")
def list_zones(
    work: Work,
    territory: Annotated[UUID | None, Query(description="May be left out where only one is loaded.")] = None,
) -> ZonesOut:
    """Return the zones of a territory."""
    found = privacy_zones.list_zones(work, territory)
    return ZonesOut.model_validate({"zones": found, "kinds": list(privacy_zones.KINDS)})


@router.post("", status_code=201, operation_id="add_privacy_zone")
def add_zone(work: Work, response: Response, asked: ZoneIn) -> ZoneAnswer:
    """Set up a zone."""
    found = privacy_zones.add_zone(
        work, kind=asked.kind, reason=asked.reason, geometry=asked.geometry, territory=asked.territory
    )
    return _answer(found, response)


@router.get("/{zone}", operation_id="get_privacy_zone")
def get_zone(work: Work, response: Response, zone: UUID) -> ZoneAnswer:
    """Return a zone with the cameras that look in."""
    return _answer(privacy_zones.get_zone(work, zone), response)


@router.patch("/{zone}", operation_id="change_privacy_zone")
def change_zone(work: Work, response: Response, zone: UUID, change: ZoneChange, revision: IfMatch) -> ZoneAnswer:
    """Change a zone; 412 with the present version when somebody else was faster."""
    changes = {name: value for name, value in change.model_dump(exclude_unset=True).items() if value is not None}
    return _answer(privacy_zones.change_zone(work, zone, changes, revision=revision), response)


@router.delete("/{zone}", status_code=204, operation_id="remove_privacy_zone")
def remove_zone(work: Work, zone: UUID, revision: IfMatch) -> None:
    """Remove a zone."""
    privacy_zones.remove_zone(work, zone, revision=revision)


def _answer(found: dict[str, Any], response: Response) -> ZoneAnswer:
    response.headers["ETag"] = f'"{found["revision"]}"'
    return ZoneAnswer.model_validate({"zone": found})
