"""Facilities and staff posts: which units have one, and who can walk to one."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.deps import Work
from api.locate import Graphs
from services import facilities

router = APIRouter(prefix="/api/v1/coverage/facilities", tags=["coverage"])
Of = Annotated[Literal["facility", "post"], Query(description="Facilities, or posts of staff.")]
Kind = Annotated[str | None, Query(max_length=80, description="Only this kind.")]
Minutes = Annotated[float, Query(gt=0, le=120, description="Longest walk.")]
Pace = Annotated[float, Query(ge=10, le=500, description="Metres a minute.")]


class FacilityKindOut(BaseModel):
    """A kind: units that have one, and households within the walk of one."""

    kind: str
    count: int
    units: int
    units_with: int
    units_share: float
    households: float
    households_within: float
    share: float | None
    median_min: float | None


class FacilityAreaOut(BaseModel):
    """An area, all kinds together."""

    id: UUID
    code: str
    kind: str
    name: str
    parent_id: UUID | None
    count: int
    households: float
    households_within: float
    share: float | None


class UnreachedOut(BaseModel):
    """A grid with households out of reach of every kind."""

    grid_id: UUID
    code: str
    name: str
    households: float


class FacilitiesOut(BaseModel):
    """Coverage by facilities or posts."""

    of: str
    minutes: float
    pace_m_per_min: float
    kinds: list[FacilityKindOut]
    areas: list[FacilityAreaOut]
    unreached: list[UnreachedOut]
    definitions: dict[str, str]


class WalkReachOut(BaseModel):
    """Streets within the walk, and the posts."""

    minutes: float
    geometry: dict[str, Any]
    posts: list[dict[str, Any]]


@router.get("", operation_id="get_facility_coverage")
def get_coverage(
    work: Work,
    graphs: Graphs,
    *,
    plan: UUID,
    of: Of = "facility",
    kind: Kind = None,
    minutes: Minutes = facilities.MINUTES,
    pace: Pace = facilities.PACE,
) -> FacilitiesOut:
    """Return which villages have one, and the households within the walk along streets."""
    found = facilities.coverage_of(work, plan, graphs, of=of, kind=kind, minutes=minutes, pace=pace)
    return FacilitiesOut.model_validate(found)


@router.get("/reach", operation_id="get_facility_reach")
def get_reach(
    work: Work,
    graphs: Graphs,
    *,
    plan: UUID,
    of: Of = "facility",
    kind: Kind = None,
    minutes: Minutes = facilities.MINUTES,
    pace: Pace = facilities.PACE,
) -> WalkReachOut:
    """Return the streets from which one is reached within the walk."""
    return WalkReachOut.model_validate(
        facilities.reach_of(work, plan, graphs, of=of, kind=kind, minutes=minutes, pace=pace)
    )
