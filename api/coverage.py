"""Coverage: the newest figures of a plan, and computing them again."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Work
from api.jobs import JobAnswer, JobOut
from services import coverage_views, jobs

router = APIRouter(prefix="/api/v1/coverage", tags=["coverage"])


class RunOut(BaseModel):
    """One computation."""

    id: UUID
    plan_id: UUID
    at: str
    seconds: float
    spec: dict[str, Any]


class CoverageGridOut(BaseModel):
    """Figures of one grid: metres; `_upper` counts cameras of unknown heading as full circles."""

    grid_id: UUID
    fid: int
    code: str
    name: str
    street_m: float
    seen_m: float
    seen_m_upper: float
    k2_m: float
    unseen_m: float
    places: int
    places_seen: int
    places_seen_upper: int
    cameras: int
    online: int
    gap_score: float
    incidents: int
    reasons: list[dict[str, Any]]


class CoverageOut(BaseModel):
    """The newest run of a plan, worst grids first."""

    run: RunOut
    summary: dict[str, Any]
    grids: list[CoverageGridOut]


class NeedsIn(BaseModel):
    """What ought to be seen."""

    model_config = ConfigDict(extra="forbid")

    street_folds: Annotated[int, Field(ge=1, le=3)] = 1
    count: Literal["online", "all"] = "online"
    assumed_hfov: Annotated[float, Field(gt=0, le=360)] = 60.0


class RunRequest(BaseModel):
    """Which plan to compute."""

    model_config = ConfigDict(extra="forbid")

    plan: UUID
    needs: NeedsIn | None = None


class RunStarted(BaseModel):
    """A job, or the finished run of equal inputs."""

    job: JobOut | None = None
    run: RunOut | None = None


@router.get("", operation_id="get_coverage")
def get_coverage(
    work: Work, plan: Annotated[UUID | None, Query(description="Plan; the one in use when left out.")] = None
) -> CoverageOut:
    """Return the figures of the newest run."""
    return CoverageOut.model_validate(coverage_views.newest(work, plan))


@router.post("/runs", status_code=202, operation_id="start_coverage_run", response_model_exclude_none=True)
def start_run(work: Work, asked: RunRequest, response: Response) -> RunStarted:
    """Start a computation; equal inputs return the finished one at once."""
    work.actor.require("analyst", "planner", "camera_administrator")
    needs = asked.needs.model_dump() if asked.needs is not None else {}
    known = coverage_views.finished(work, asked.plan, needs)
    if known is not None:
        response.status_code = 200
        return RunStarted(run=RunOut.model_validate(known))
    view = jobs.start_job(work, "coverage", {"plan": str(asked.plan), "needs": needs})
    return RunStarted(job=JobAnswer.of(view).job)
