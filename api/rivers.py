"""Water plans: their reaches, and the named rivers with the chiefs they need at each level."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from api.deps import Work
from api.plans import HeadOut, PlanOut
from services import rivers

router = APIRouter(prefix="/api/v1", tags=["rivers"])
Box = tuple[float, float, float, float]


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class LandShareOut(_Out):
    """How much of a reach lies in a land grid."""

    id: UUID
    code: str
    length_m: float
    share: float


class AreaShareOut(_Out):
    """How much of a reach or river lies in an area."""

    id: UUID
    code: str
    kind: str
    name: str
    length_m: float
    share: float


class ReachOut(_Out):
    """A reach of a water plan; `deviation` is a signed fraction of the length asked for, `code` its grid's too."""

    id: UUID
    fid: int
    plan_id: UUID
    grid_id: UUID
    code: str
    river: str
    area_code: str
    area_name: str
    length_m: float
    deviation: float
    stub: bool
    fits: bool
    unfit_reason: Literal["", "short-water", "uneven-water", "unbalanced"]
    strip_m2: float
    exclave: bool
    head: HeadOut | None
    land_grids: list[LandShareOut]
    bbox: Box


class ReachFullOut(ReachOut):
    """A reach with the areas of every level that it passes, the highest level first."""

    areas: list[AreaShareOut]


class PlanReachesOut(_Out):
    """A water plan with its reaches, in code order."""

    plan: PlanOut
    target_m: float
    tolerance: float
    reaches: list[ReachOut]


class PersonOut(BaseModel):
    """Who holds a post."""

    work_no: str
    name: str


class ChiefPostOut(_Out):
    """A river chief's post in an area; nobody holds it where `holders` is empty."""

    post: Literal["county_river_chief", "town_river_chief", "village_river_chief"]
    level: Literal["county", "town", "village"]
    area: AreaShareOut
    holders: list[PersonOut]


class RiverOut(_Out):
    """A named river with its posts, the highest level first."""

    name: str
    length_m: float
    reaches: int
    posts: list[ChiefPostOut]


class PlanRiversOut(_Out):
    """The named rivers of a water plan, the longest first."""

    plan: PlanOut
    rivers: list[RiverOut]
    unnamed_m: float
    unnamed_reaches: int
    posts: int
    filled: int


@router.get("/plans/{plan_id}/reaches", operation_id="list_plan_reaches")
def list_plan_reaches(work: Work, plan_id: UUID) -> PlanReachesOut:
    """Return a water plan's reaches with their wardens and the land grids they pass."""
    return PlanReachesOut.model_validate(rivers.plan_reaches(work, plan_id))


@router.get("/plans/{plan_id}/rivers", operation_id="list_plan_rivers")
def list_plan_rivers(work: Work, plan_id: UUID) -> PlanRiversOut:
    """Return which areas each named river passes at every level, and the river chiefs it needs there."""
    return PlanRiversOut.model_validate(rivers.plan_rivers(work, plan_id))


@router.get("/reaches/{reach_id}", operation_id="get_reach")
def get_reach(work: Work, reach_id: UUID) -> dict[Literal["reach"], ReachFullOut]:
    """Return one reach with the areas of every level that it passes."""
    reach, areas = rivers.get_reach(work, reach_id)
    shown = ReachOut.model_validate(reach).model_dump()
    return {"reach": ReachFullOut(**shown, areas=[AreaShareOut.model_validate(area) for area in areas])}
