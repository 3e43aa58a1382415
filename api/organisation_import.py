"""Tables of the organisation and the catalogue as files: a job whose result lists what was loaded and what was not."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, UploadFile

from api.deps import Work
from api.incident_import import read_mapping
from api.jobs import JobAnswer
from services import jobs
from services.ingest import table_jobs
from services.ingest.uploads import UPLOAD_MB, sent_name

router = APIRouter(prefix="/api/v1/organisation", tags=["organisation"])
What = Literal[
    "units", "staff", "assignments", "shifts", "post-counts", "catalogue", "lead-units", "area-classes"
]  # fmt: skip


@router.post("/import/{what}", status_code=202, operation_id="import_table")
def import_table(  # noqa: PLR0913, PLR0917 - one parameter for each field of the form
    work: Work,
    what: What,
    file: Annotated[UploadFile, File(description="CSV or XLSX, of a catalogue also JSON, at most 50 MB.")],
    territory: Annotated[UUID | None, Form()] = None,
    crs: Annotated[
        str | None,
        Form(max_length=40, description="Of coordinates of offices: wgs84, cgcs2000, gcj02, bd09 or EPSG:n."),
    ] = None,
    mapping: Annotated[str, Form(max_length=4000, description="JSON object: field to column.")] = "{}",
    timezone: Annotated[str | None, Form(max_length=60, description="Of times without an offset.")] = None,
    sheet: Annotated[str | None, Form(max_length=120)] = None,
    skip_rejected: Annotated[bool, Form(description="Save the good rows although others are refused.")] = False,
    dry_run: Annotated[bool, Form(description="Check everything, save nothing.")] = False,
) -> JobAnswer:
    """Load units, a roster, posts, shifts, counts of posts, a catalogue, who leads, or classes of areas."""
    asked = {
        "territory": territory, "crs": crs, "mapping": read_mapping(mapping), "timezone": timezone, "sheet": sheet,
        "skip_rejected": skip_rejected, "dry_run": dry_run,
    }  # fmt: skip
    content = file.file.read(UPLOAD_MB * 2**20 + 1)
    args = table_jobs.import_job(work, what, file.filename, content, asked)
    return JobAnswer.of(jobs.start_job(work, "table-import", args, file=(sent_name(file.filename), content)))
