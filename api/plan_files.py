"""Plans as files: export in five formats, import of drawn grids."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from api.deps import Work
from api.jobs import STARTED, JobAnswer, RespondAsync
from api.plans import Kind
from services import jobs
from services.plan_life import downloads

router = APIRouter(prefix="/api/v1", tags=["plans"])
Upload = Annotated[
    UploadFile,
    File(description="GeoJSON, GeoPackage, a Shapefile in a .zip, or CSV with a column wkt; at most 50 MB."),
]
Crs = Annotated[str | None, Form(max_length=40, description="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")]


class ImportOut(BaseModel):
    """What an import did, or would do."""

    model_config = ConfigDict(from_attributes=True)

    plan_id: UUID | None
    file: str
    grids: int
    atoms: int
    households: int
    codes_kept: int
    codes_given: int
    changes: list[dict[str, Any]]
    corners_added: int
    crossing: list[dict[str, Any]]
    outside: dict[str, int]
    warnings: list[str]
    dry_run: bool


@router.get("/plans/{plan_id}/export", operation_id="export_plan", response_class=Response)
def export_plan(
    work: Work,
    plan_id: UUID,
    format: Annotated[  # noqa: A002 - its name in the contract
        Literal["gpkg", "geojson", "shp", "csv", "pmtiles"],
        Query(description="shp comes as a .zip; pmtiles are vector tiles for use without a network."),
    ] = "gpkg",
) -> Response:
    """Return the grids of a plan with their codes as text and coordinates of 9 decimals."""
    ending, kind = downloads.FORMATS[format]
    content = downloads.export_bytes(work, plan_id, format)
    headers = {"Content-Disposition": f'attachment; filename="gridward-grids{ending}"'}
    return Response(content, media_type=kind, headers=headers)


@router.post("/plans/import", status_code=201, operation_id="import_plan", response_model=ImportOut, responses=STARTED)
def import_plan(  # noqa: PLR0913, PLR0917 - one parameter for each field of the form
    work: Work,
    respond_async: RespondAsync,
    file: Upload,
    territory: Annotated[UUID | None, Form()] = None,
    kind: Annotated[Kind, Form()] = "household",
    name: Annotated[str | None, Form(max_length=120)] = None,
    crs: Crs = None,
    code_column: Annotated[str | None, Form(max_length=120, description="Column of the codes.")] = None,
    name_column: Annotated[str | None, Form(max_length=120, description="Column of the names.")] = None,
    repair: Annotated[bool, Form(description="Mend borders that do not meet.")] = False,
    tolerance_m: Annotated[float, Form(ge=0, le=100)] = 0.5,
    overlap: Annotated[Literal["border", "first", "smaller"], Form()] = "border",
    dry_run: Annotated[bool, Form(description="Report only.")] = False,
) -> Response:
    """Import drawn grids as a draft; 200 with the report after a dry run.

    What takes long, or was asked for with ``Prefer: respond-async``, is a job whose result is the same report.
    """
    from services.plan_life import import_jobs, importing  # noqa: PLC0415 - brings in the engines

    asked = importing.ImportOptions(kind, name, repair, tolerance_m, overlap)
    mapping = {field: column for field, column in (("code", code_column), ("name", name_column)) if column}
    content = file.file.read(downloads.UPLOAD_MB * 2**20 + 1)
    if respond_async or import_jobs.takes_long(work, len(content), territory):
        args = import_jobs.import_job(
            work, file.filename, content, asked, territory=territory, crs=crs, mapping=mapping, dry_run=dry_run
        )
        view = jobs.start_job(work, "plan-import", args, file=(file.filename or "", content))
        return JSONResponse(JobAnswer.of(view).model_dump(mode="json"), 202)
    with downloads.uploaded(file.filename, content) as path:
        report = importing.import_plan(
            work, path, asked, territory=territory, crs=crs, mapping=mapping, dry_run=dry_run
        )
    return JSONResponse(ImportOut.model_validate(report).model_dump(mode="json"), 200 if dry_run else 201)
