"""Buildings that appear or go: coverage follows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Work
from services import buildings

router = APIRouter(prefix="/api/v1/buildings", tags=["cameras"])


class BuildingIn(BaseModel):
    """A footprint."""

    model_config = ConfigDict(extra="forbid")

    geometry: Annotated[dict[str, Any], Field(description="GeoJSON Polygon or MultiPolygon, EPSG:4326.")]
    kind: Annotated[str, Field(max_length=60, description="As in OpenStreetMap, such as apartments.")] = "yes"
    height_m: float | None = None
    territory: UUID | None = None


class BuildingOut(BaseModel):
    """A building as it is stored; `fid` is its number on the map."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    fid: int
    kind: str
    height_m: float | None


class BuildingAnswer(BaseModel):
    """One building."""

    building: BuildingOut


@router.post("", status_code=201, operation_id="add_building")
def add_building(work: Work, asked: BuildingIn) -> BuildingAnswer:
    """Put up a building; cameras behind it see less from now on."""
    view = buildings.add_building(
        work,
        asked.geometry,
        kind=asked.kind,
        height_m=asked.height_m,
        territory=asked.territory,
        now=datetime.now(UTC),
    )
    return BuildingAnswer(building=BuildingOut.model_validate(view))


@router.delete("/{fid}", status_code=204, operation_id="remove_building")
def remove_building(work: Work, fid: int) -> None:
    """Take a building away; cameras behind it see further from now on."""
    buildings.remove_building(work, fid, now=datetime.now(UTC))
