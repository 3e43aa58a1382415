"""Past reports as a file: a job whose result lists what was loaded and what was not."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, File, Form, UploadFile

from api.deps import Work
from api.jobs import JobAnswer
from gis.errors import InvalidInputError
from services import jobs
from services.ingest import incident_jobs
from services.ingest.uploads import UPLOAD_MB, sent_name

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


@router.post("/import", status_code=202, operation_id="import_incidents")
def import_incidents(  # noqa: PLR0913, PLR0917 - one parameter for each field of the form
    work: Work,
    file: Annotated[UploadFile, File(description="CSV (also .csv.gz) or XLSX, at most 50 MB.")],
    territory: Annotated[UUID | None, Form()] = None,
    crs: Annotated[str | None, Form(max_length=40, description="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")] = None,
    mapping: Annotated[str, Form(max_length=4000, description="JSON object: field to column.")] = "{}",
    items: Annotated[
        str, Form(max_length=60_000, description="JSON object: words of the file to codes of the catalogue.")
    ] = "{}",
    timezone: Annotated[str | None, Form(max_length=60, description="Of times without an offset.")] = None,
    sheet: Annotated[str | None, Form(max_length=120)] = None,
    skip_rejected: Annotated[bool, Form(description="Save the good rows although others are refused.")] = False,
    fix_swapped: Annotated[bool, Form(description="Turn rows round whose coordinates changed places.")] = False,
    swap_axes: Annotated[bool, Form(description="The first coordinate is the latitude.")] = False,
    dry_run: Annotated[bool, Form(description="Check everything, save nothing.")] = False,
) -> JobAnswer:
    """Load past reports; each row needs a key of its own, so sending the file again adds nothing."""
    asked = {
        "territory": territory, "crs": crs, "mapping": read_mapping(mapping), "timezone": timezone, "sheet": sheet,
        "skip_rejected": skip_rejected, "fix_swapped": fix_swapped, "swap_axes": swap_axes, "dry_run": dry_run,
        "items": read_mapping(items, "items"),
    }  # fmt: skip
    content = file.file.read(UPLOAD_MB * 2**20 + 1)
    args = incident_jobs.import_job(work, file.filename, content, asked)
    return JobAnswer.of(jobs.start_job(work, "incident-import", args, file=(sent_name(file.filename), content)))


def read_mapping(text: str, field: str = "mapping") -> dict[str, str]:
    """Read which column holds which field, or which words mean which item."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise InvalidInputError(f'\'{field}\' is a JSON object such as {{"key": "CaseNo"}}.', field=field)
    return found
