"""Territories and their administrative areas."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.deps import Work
from api.moments import Day
from services import territories

router = APIRouter(prefix="/api/v1", tags=["territories"])
Box = tuple[float, float, float, float]


class TerritoryOut(BaseModel):
    """A territory; `bbox` is west, south, east, north in degrees."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    bbox: Box
    metric_srid: int
    attribution: str
    plan_id: UUID | None
    demo: bool


class Territories(BaseModel):
    """Every territory."""

    territories: list[TerritoryOut]


class AreaOut(BaseModel):
    """An administrative area."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    kind: str
    name: str
    parent_id: UUID | None
    bbox: Box


class Areas(BaseModel):
    """Areas, parents before children."""

    areas: list[AreaOut]


@router.get("/territories", operation_id="list_territories")
def list_territories(work: Work) -> Territories:
    """Return every territory with the plan in use."""
    return Territories(territories=[TerritoryOut.model_validate(each) for each in territories.list_territories(work)])


@router.get("/areas", operation_id="list_areas")
def list_areas(
    work: Work,
    territory: UUID | None = None,
    at: Annotated[Day | None, Query(description="Day on which they were, or will be, valid; today without it.")] = None,
) -> Areas:
    """Return the areas valid on a day."""
    return Areas(areas=[AreaOut.model_validate(each) for each in territories.list_areas(work, territory, at)])
