"""Plans side by side, what publishing would change, handover sheets, and counting today's doors."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from api.deps import IfMatch, Work
from api.plan_edit_bodies import CheckProblemOut
from services.access import record

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# a sheet carries its own style and nothing that runs
SHEET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"


class PlanRef(BaseModel):
    """A plan by name."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    status: str
    revision: int
    effective_on: date | None


class ShareOut(BaseModel):
    """A part that came from, or went to, another grid; shares are parts of the old grid."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    kind: Literal["keep", "rename", "renumber", "merge", "split", "transfer"]
    households: int
    area_m2: float
    area_share: float
    household_share: float


class GridDiffOut(BaseModel):
    """A grid in two plans."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    name: str
    status: Literal["kept", "changed", "split", "merged", "renumbered", "new", "gone"]
    households_before: int | None
    households_after: int | None
    area_before_m2: float | None
    area_after_m2: float | None
    renamed: bool
    came_from: list[ShareOut]
    went_to: list[ShareOut]


class DiffSummary(BaseModel):
    """Counts of grids by status, and what moved or is in no grid any more."""

    kept: int
    changed: int
    split: int
    merged: int
    renumbered: int
    new: int
    gone: int
    households_moved: int
    area_moved_m2: float
    households_lost: int
    area_lost_m2: float


class DiffOut(BaseModel):
    """Two plans side by side; `ground` is what changed its grid, as GeoJSON, when asked for."""

    old: PlanRef
    new: PlanRef
    summary: DiffSummary
    grids: list[GridDiffOut]
    ground: dict[str, Any] | None


class HeadRef(BaseModel):
    """Who heads a grid."""

    work_no: str
    name: str


class GridWithHead(BaseModel):
    """A grid and its head."""

    id: UUID
    code: str
    name: str
    head: HeadRef | None


class MoveOut(BaseModel):
    """What moves from one grid to another."""

    from_: GridWithHead
    to: GridWithHead
    kind: str
    households: int
    area_m2: float
    cases: int
    cameras: int
    head_changes: bool

    model_config = ConfigDict(
        alias_generator=lambda name: name.rstrip("_"), populate_by_name=True, serialize_by_alias=True
    )


class GridName(BaseModel):
    """A grid by code and name."""

    id: UUID
    code: str
    name: str = ""


class HeadChange(BaseModel):
    """A grid whose head becomes another; None is nobody, or no such grid."""

    grid: GridName
    status: str
    before: HeadRef | None
    after: HeadRef | None


class MovedCase(BaseModel):
    """An open case whose grid becomes another."""

    no: str
    item: str
    severity: str
    from_: GridName | None
    to: GridName | None

    model_config = MoveOut.model_config


class MovedCamera(BaseModel):
    """A camera whose grid becomes another."""

    id: UUID
    name: str
    from_: GridName | None
    to: GridName | None

    model_config = MoveOut.model_config


class CheckLine(BaseModel):
    """A line of the checklist; `place` of an open point is a grid code, a lon/lat pair, or nothing."""

    kind: Literal["boundary", "head", "responsibilities", "review", "ground", "comments", "notes"]
    ok: bool
    blocking: bool
    text_en: str
    text_zh: str
    count: int
    open: list[CheckProblemOut]


class ImpactOut(BaseModel):
    """What publishing would change, and what is open before it."""

    plan: PlanRef
    before: PlanRef | None
    totals: dict[str, float]
    moves: list[MoveOut]
    heads: list[HeadChange]
    cases: list[MovedCase]
    cameras: list[MovedCamera]
    checklist: list[CheckLine]
    ready: bool


class LineageOut(BaseModel):
    """Which part of an old grid or area went where."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    from_id: UUID
    from_code: str
    to_id: UUID
    to_code: str
    area_share: float
    household_share: float
    area_m2: float
    households: int
    effective_at: datetime


class RefreshOut(BaseModel):
    """What today's doors changed in a draft."""

    model_config = ConfigDict(from_attributes=True)

    atoms_changed: int
    grids_changed: int
    households_before: int
    households_after: int
    dwellings_before: int
    dwellings_after: int
    grids: list[dict[str, Any]]
    left_band: list[str]
    entered_band: list[str]
    outside: dict[str, Any]


@router.get("/{plan_id}/diff/{other_id}", operation_id="diff_plans")
def diff_plans(
    work: Work,
    plan_id: UUID,
    other_id: UUID,
    geometry: Annotated[bool, Query(description="Add the ground that changed its grid.")] = False,
) -> DiffOut:
    """Compare a plan (old) with another (new) of the same territory."""
    from services.plan_life import comparing  # noqa: PLC0415 - brings in the engines, which reading plans does not need

    found = comparing.compare(work, plan_id, other_id)
    return DiffOut(
        old=PlanRef.model_validate(found.old),
        new=PlanRef.model_validate(found.new),
        summary=DiffSummary(**found.summary),
        grids=[GridDiffOut.model_validate(grid) for grid in found.grids],
        ground=comparing.moved_ground(found) if geometry else None,
    )


@router.get("/{plan_id}/impact", operation_id="get_plan_impact", response_model=ImpactOut)
def get_plan_impact(
    work: Work,
    plan_id: UUID,
    format: Annotated[Literal["json", "xlsx"], Query(description="A workbook to take away.")] = "json",  # noqa: A002 - its name in the contract
    lang: Literal["en", "zh"] = "en",
) -> ImpactOut | Response:
    """Return what publishing a plan would change, with the checklist that it has to pass."""
    from services.plan_life import impact, impact_sheet  # noqa: PLC0415 - as above

    if format == "xlsx":
        work.actor.require("export")
        record(work, "export", f"/api/v1/plans/{plan_id}/impact")
    found = impact.impact(work, plan_id)
    if format == "xlsx":
        return _attachment(impact_sheet.workbook(found, lang=lang), XLSX, "gridward-impact.xlsx")
    return ImpactOut.model_validate(found)


@router.get("/{plan_id}/lineage", operation_id="list_plan_lineage")
def list_plan_lineage(work: Work, plan_id: UUID) -> dict[Literal["lineage"], list[LineageOut]]:
    """Return what became of the grids of the plan before this one."""
    from services.plan_life import asof  # noqa: PLC0415 - as above

    return {"lineage": [LineageOut.model_validate(row) for row in asof.plan_lineage(work, plan_id)]}


@router.get("/{plan_id}/handover/{grid}", operation_id="get_handover_sheet", response_class=Response)
def get_handover_sheet(work: Work, plan_id: UUID, grid: str, lang: Literal["en", "zh"] = "en") -> Response:
    """Return the printable handover sheet of a grid (id or code): map, figures, lists, signatures and seal."""
    from services.plan_life import handover  # noqa: PLC0415 - as above

    page = handover.sheet(work, plan_id, grid, lang=lang)
    return Response(
        page,
        media_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": SHEET_POLICY, "Content-Disposition": "inline"},
    )


@router.post("/{plan_id}/refresh-atoms", operation_id="refresh_plan_atoms")
def refresh_plan_atoms(work: Work, plan_id: UUID, revision: IfMatch) -> RefreshOut:
    """Count today's doors into a draft's atoms and renew its figures."""
    from services.plan_life import refreshing  # noqa: PLC0415 - as above

    return RefreshOut.model_validate(refreshing.refresh_atoms(work, plan_id, expected=revision))


def _attachment(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
