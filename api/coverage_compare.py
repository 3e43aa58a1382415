"""Two coverage runs side by side."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.coverage import SettingsOf
from api.coverage_bodies import NeedsIn, RunOut
from api.deps import Work
from api.jobs import JobAnswer, JobOut
from services import coverage_compare, coverage_views, jobs

router = APIRouter(prefix="/api/v1/coverage/compare", tags=["coverage"])
Seen = Literal["yes", "no", "maybe"]


class FigureChangeOut(BaseModel):
    """A figure of everything together."""

    figure: str
    a: float | None
    b: float | None
    change: float | None


class PairOut(BaseModel):
    """Figures of both sides; null where a side has no such grid or area."""

    code: str
    seen_share_a: float | None
    seen_share_b: float | None
    change: float | None
    street_m_a: float | None
    street_m_b: float | None
    seen_m_a: float | None
    seen_m_b: float | None
    seen_m_upper_a: float | None
    seen_m_upper_b: float | None
    places_a: float | None
    places_b: float | None
    places_seen_a: float | None
    places_seen_b: float | None
    places_seen_upper_a: float | None
    places_seen_upper_b: float | None
    gap_score_a: float | None
    gap_score_b: float | None
    gap_score_least_a: float | None
    gap_score_least_b: float | None


class GridPairOut(PairOut):
    """A grid on both sides."""

    name: str
    grid_id_a: UUID | None
    grid_id_b: UUID | None


class AreaPairOut(PairOut):
    """An area on both sides."""

    kind: str
    name: str


class PlaceChangeOut(BaseModel):
    """A key place that one run sees and the other doesn't."""

    model_config = ConfigDict(populate_by_name=True)

    id: UUID
    kind: str
    name: str
    was: Seen
    now: Annotated[Seen, Field(alias="is")]
    share_a: float
    share_b: float
    lon: float
    lat: float


class ComparisonOut(BaseModel):
    """Changes from run `a` to run `b`; grids with the largest change first."""

    a: RunOut
    b: RunOut
    same_grids: bool
    summary: list[FigureChangeOut]
    grids: list[GridPairOut]
    areas: list[AreaPairOut]
    places: list[PlaceChangeOut]


class SideIn(BaseModel):
    """A run, or a plan and what is asked of it."""

    model_config = ConfigDict(extra="forbid")

    run: UUID | None = None
    plan: UUID | None = None
    needs: NeedsIn | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> SideIn:
        if (self.run is None) == (self.plan is None):
            raise ValueError("give a run, or a plan")
        return self

    def args(self, time_zone: str) -> dict[str, Any]:
        """Return the side as a job's argument."""
        needs = self.needs.spec(time_zone) if self.needs is not None else {}
        return {"run": str(self.run)} if self.run is not None else {"plan": str(self.plan), "needs": needs}


class CompareIn(BaseModel):
    """What to set beside each other."""

    model_config = ConfigDict(extra="forbid")

    a: SideIn
    b: SideIn


class CompareStarted(BaseModel):
    """A job that computes what is missing, or the comparison."""

    job: JobOut | None = None
    comparison: ComparisonOut | None = None


@router.get("", operation_id="compare_coverage")
def compare(
    work: Work,
    a: Annotated[UUID, Query(description="Run to compare from.")],
    b: Annotated[UUID, Query(description="Run to compare to.")],
) -> ComparisonOut:
    """Set two finished runs beside each other."""
    return ComparisonOut.model_validate(coverage_compare.compare(work, a, b))


@router.post("", status_code=202, operation_id="start_coverage_comparison", response_model_exclude_none=True)
def start(work: Work, settings: SettingsOf, asked: CompareIn, response: Response) -> CompareStarted:
    """Compare two runs, plans, days or months; what was not computed before is left to a job."""
    work.actor.require("analyst", "planner", "camera_administrator")
    sides = [side.args(settings.cases.time_zone) for side in (asked.a, asked.b)]
    known = [_finished(work, side) for side in sides]
    if known[0] is not None and known[1] is not None:
        response.status_code = 200
        found = coverage_compare.compare(work, known[0], known[1])
        return CompareStarted(comparison=ComparisonOut.model_validate(found))
    view = jobs.start_job(work, "coverage-compare", {"a": sides[0], "b": sides[1]})
    return CompareStarted(job=JobAnswer.of(view).job)


def _finished(work: Work, side: dict[str, Any]) -> UUID | None:
    if "run" in side:
        return UUID(side["run"])
    known = coverage_views.finished(work, UUID(side["plan"]), side["needs"])
    return known["id"] if known is not None else None
