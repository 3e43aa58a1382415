"""Staffing of a plan: a head for each grid, and which grids have none."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Work

router = APIRouter(prefix="/api/v1/plans", tags=["staff"])


class HeadsIn(BaseModel):
    """How heads are given."""

    model_config = ConfigDict(extra="forbid")

    max_grids: Annotated[int, Field(ge=1, le=1000, description="Grids that one head may hold.")] = 4


class RuleOut(BaseModel):
    """A rule that the roster can't meet."""

    rule: str
    lacking: int
    grids: list[str]


class HeadsOut(BaseModel):
    """Who heads the grids of a plan now; `vacancies` are codes of grids without a head."""

    model_config = ConfigDict(from_attributes=True)

    grids: int
    heads: int
    deputies: int
    kept: int
    most_grids: int
    vacancies: list[str]
    violations: list[RuleOut]


@router.post("/{plan_id}/heads", operation_id="assign_plan_heads")
def assign_plan_heads(work: Work, plan_id: UUID, how: HeadsIn | None = None) -> HeadsOut:
    """Give each grid one head from its own village, near and evenly; name what can't be filled."""
    from services import staff  # noqa: PLC0415 - brings in the engines, which reading plans does not need

    report = staff.assign_heads(work, plan_id, max_grids=(how or HeadsIn()).max_grids)
    return HeadsOut.model_validate(report)
