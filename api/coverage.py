"""Coverage: figures of runs, and computing them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from api.compress import accepted_coding
from api.coverage_bodies import (
    AreasOut,
    CostsIn,
    CostsOut,
    CoverageOut,
    GapsOut,
    LevelsOut,
    PlacesOut,
    RedundantOut,
    RunOut,
    RunRequest,
    RunsOut,
    RunStarted,
)
from api.deps import Wired, Work, settings_of
from api.jobs import JobAnswer
from api.ogc_parameters import known_tags
from services import coverage_views as views
from services import jobs
from services.settings import Settings
from services.tiles import TileCache

router = APIRouter(prefix="/api/v1/coverage", tags=["coverage"])
SettingsOf = Annotated[Settings, Depends(settings_of)]
PlanQuery = Annotated[UUID | None, Query(description="Plan; the one in use when left out.")]
GEOJSON = "application/geo+json"
PRIVATE_UNTIL_CHANGED = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Authorization, Cookie"}
RunQuery = Annotated[UUID | None, Query(description="Run; the plan's newest when left out.")]


@router.get("", operation_id="get_coverage")
def get_coverage(work: Work, plan: PlanQuery = None, run: RunQuery = None) -> CoverageOut:
    """Return the figures of a run."""
    return CoverageOut.model_validate(views.newest(work, plan, run))


@router.get("/levels", operation_id="list_coverage_levels")
def levels() -> LevelsOut:
    """Return the levels of detail that can be asked for."""
    return LevelsOut.model_validate(views.levels())


@router.get("/runs", operation_id="list_coverage_runs")
def list_runs(
    work: Work, plan: UUID, limit: Annotated[int, Query(ge=1, le=200, description="How many.")] = 20
) -> RunsOut:
    """Return the runs of a plan, newest first."""
    return RunsOut.model_validate({"runs": views.runs(work, plan, limit)})


@router.post("/runs", status_code=202, operation_id="start_coverage_run", response_model_exclude_none=True)
def start_run(work: Work, settings: SettingsOf, asked: RunRequest, response: Response) -> RunStarted:
    """Start a computation; equal inputs return the finished one at once."""
    work.actor.require("analyst", "planner", "camera_administrator")
    needs = asked.needs.spec(settings.cases.time_zone) if asked.needs is not None else {}
    known = views.finished(work, asked.plan, needs)
    if known is not None:
        response.status_code = 200
        return RunStarted(run=RunOut.model_validate(known))
    view = jobs.start_job(work, "coverage", {"plan": str(asked.plan), "needs": needs})
    return RunStarted(job=JobAnswer.of(view).job)


@router.get(
    "/runs/{run}/sheds",
    operation_id="get_coverage_sheds",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}, 304: {"description": "Still true."}},
)
def get_sheds(request: Request, wired: Wired, work: Work, run: UUID) -> Response:
    """Return what the cameras see by the question of a run, for a map.

    Those of the newest answer to the standing question are a map layer, too. For others they are cast from the
    register as it is now: ``as_then`` tells whether that is what the figures rest on. ``unknown`` is what a camera of
    unknown heading may see; ``share`` is the part of the time in which the camera counts, 0 where it never does.
    """
    from services.coverage_sheds import sheds_for_map  # noqa: PLC0415 - brings in compiled kernels

    cache: TileCache = wired.parts.setdefault("run-sheds", TileCache(wired.settings.http.tile_cache_mb * 2**20))
    coding = accepted_coding(request.headers.get("accept-encoding", ""))
    found = sheds_for_map(work, cache, run, coding=coding, known_tags=known_tags(request))
    headers = {"ETag": f'W/"{found.tag}"', **PRIVATE_UNTIL_CHANGED}
    if found.body is None:
        return Response(status_code=304, headers=headers)
    if found.coding is not None:
        headers["Content-Encoding"] = found.coding
    return Response(found.body, media_type=GEOJSON, headers=headers)


@router.get("/gaps", operation_id="list_coverage_gaps")
def list_gaps(
    work: Work,
    plan: PlanQuery = None,
    run: RunQuery = None,
    grid: Annotated[UUID | None, Query(description="Only in this grid.")] = None,
    kind: Annotated[Literal["street", "key_place"] | None, Query(description="Only of this kind.")] = None,
    limit: Annotated[int, Query(ge=1, le=5000, description="How many, the worst first.")] = 200,
) -> GapsOut:
    """Return the gaps of a run with their shapes and reasons."""
    found = views.run_of(work, run, plan)
    rows = views.gaps(work, found, grid=grid, kind=kind, limit=limit)
    return GapsOut.model_validate({"run": views.run_facts(found), "gaps": rows})


@router.get("/places", operation_id="list_coverage_places")
def list_places(work: Work, plan: PlanQuery = None, run: RunQuery = None) -> PlacesOut:
    """Return the key places of a run with whether each is seen."""
    found = views.run_of(work, run, plan)
    return PlacesOut.model_validate({"run": views.run_facts(found), "places": views.places(work, found)})


@router.get("/areas", operation_id="list_coverage_areas")
def list_areas(work: Work, plan: PlanQuery = None, run: RunQuery = None) -> AreasOut:
    """Return the figures of villages, towns and the county, with rates against targets and costs."""
    return AreasOut.model_validate(views.areas(work, views.run_of(work, run, plan)))


@router.get("/redundant", operation_id="list_redundant_cameras")
def list_redundant(
    work: Work,
    plan: PlanQuery = None,
    limit: Annotated[int, Query(ge=1, le=5000, description="Longest list.")] = 50,
) -> RedundantOut:
    """Return cameras that could go, or be turned, with no loss of what is seen."""
    from services.coverage_redundant import redundant  # noqa: PLC0415 - brings in compiled kernels

    return RedundantOut.model_validate(redundant(work, plan, limit=limit))


TerritoryQuery = Annotated[UUID | None, Query(description="Territory; may be left out where only one is loaded.")]


@router.get("/costs", operation_id="get_camera_costs")
def get_costs(work: Work, territory: TerritoryQuery = None) -> CostsOut:
    """Return what a camera of each kind costs."""
    return CostsOut.model_validate({"costs": views.costs(work, territory)})


@router.put("/costs", operation_id="set_camera_costs")
def set_costs(work: Work, asked: CostsIn, territory: TerritoryQuery = None) -> CostsOut:
    """Put other prices in the place of those that hold."""
    rows = [cost.model_dump() for cost in asked.costs]
    return CostsOut.model_validate({"costs": views.replace_costs(work, rows, territory)})
