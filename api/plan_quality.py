"""The quality report of a plan, and the limits it is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Wired, Work
from api.locate import Graphs

if TYPE_CHECKING:
    from services.plan_quality import Parts

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
Verdict = Literal["none", "ok", "watch", "bad"]


class Words(BaseModel):
    """The same words in English and Chinese."""

    en: str
    zh: str


class QualityPlanOut(BaseModel):
    """The plan reported on."""

    id: UUID
    name: str
    kind: str
    revision: int


class QualityFigureOut(BaseModel):
    """A figure with its limits: good up to (or from) `ok`, to be watched up to `watch`, bad beyond."""

    id: str
    principle: Literal["population", "service", "resources", "functions", "ground"]
    unit: Literal["share", "min", "count", "number", "m", "m2", "km2"]
    better: Literal["more", "less"] | None
    ok: float | None
    watch: float | None
    own: bool
    title: Words
    note: Words


class QualityPrincipleOut(BaseModel):
    """One of the four principles: the plan's verdict, and how many grids have which."""

    id: Literal["population", "service", "resources", "functions"]
    verdict: Verdict
    ok: int
    watch: int
    bad: int


class QualityTotalOut(BaseModel):
    """A figure of the whole plan, and how many grids have which verdict; sums are judged by their mean per grid."""

    value: float | None
    verdict: Verdict
    ok: int
    watch: int
    bad: int


class QualityHistogramOut(BaseModel):
    """Grids by size: `counts` between neighbouring `edges`."""

    edges: list[float]
    counts: list[int]


class QualityOutsideOut(BaseModel):
    """A grid outside its band of households (or metres of its reach); `beyond` is negative below it."""

    code: str
    households: int
    size: float
    low: float | None
    high: float | None
    beyond: float
    reason: Words


class QualityGridOut(BaseModel):
    """Figures and verdicts of one grid; `walk_from` says where the head's walk was taken to begin.

    `size`, `low` and `high` are in the report's `measure`.
    """

    id: UUID
    fid: int
    code: str
    name: str
    area_name: str
    households: int
    size: float
    low: float | None
    high: float | None
    walk_from: Literal["head", "staff", "households", "label"]
    values: dict[str, float | None]
    verdicts: dict[str, Verdict]
    principles: dict[str, Verdict]
    verdict: Verdict


class QualityOut(BaseModel):
    """A plan by the four principles."""

    plan: QualityPlanOut
    measure: Literal["households", "metres"]
    figures: list[QualityFigureOut]
    principles: list[QualityPrincipleOut]
    totals: dict[str, QualityTotalOut]
    histogram: QualityHistogramOut
    outside: list[QualityOutsideOut]
    grids: list[QualityGridOut]
    without_coverage_run: bool


class LimitIn(BaseModel):
    """Limits of one figure."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    ok: Annotated[float, Field(ge=0)]
    watch: Annotated[float, Field(ge=0)]


class LimitsIn(BaseModel):
    """Limits by figure; figures that are left out get the usual limits again."""

    model_config = ConfigDict(extra="forbid")

    limits: Annotated[dict[str, LimitIn], Field(max_length=40)]


async def quality_parts(wired: Wired, graphs: Graphs) -> Parts:
    """Return what the process keeps between two reports."""
    from services.plan_quality import Parts, QualityCache  # noqa: PLC0415 - brings in the engines

    cache: Any = wired.parts.setdefault("plan_quality", QualityCache())
    return Parts(graphs, cache)


KeptParts = Annotated[Any, Depends(quality_parts)]


@router.get("/{plan_id}/quality", operation_id="get_plan_quality")
def get_plan_quality(
    work: Work,
    plan_id: UUID,
    parts: KeptParts,
    limit: Annotated[
        list[str], Query(max_length=40, description="Limits for this answer only, as FIGURE=OK:WATCH.")
    ] = [],  # noqa: B006 - FastAPI copies it
) -> QualityOut:
    """Return what a plan is worth by the four principles, grid by grid and as a whole."""
    from services import plan_quality  # noqa: PLC0415

    limits = dict(plan_quality.parse_limit(each) for each in limit)
    return QualityOut.model_validate(plan_quality.report_quality(work, plan_id, limits=limits, parts=parts))


@router.put("/{plan_id}/quality/limits", operation_id="set_quality_limits")
def set_quality_limits(work: Work, plan_id: UUID, wanted: LimitsIn, parts: KeptParts) -> QualityOut:
    """Make limits the territory's own for grids of the plan's kind, and return the report judged by them."""
    from services import plan_quality  # noqa: PLC0415

    plan_quality.set_limits(work, plan_id, {name: (each.ok, each.watch) for name, each in wanted.limits.items()})
    return QualityOut.model_validate(plan_quality.report_quality(work, plan_id, parts=parts))
